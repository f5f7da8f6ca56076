"""The contract's two ERC-7913 verifiers, asked directly, on nodes with and without the P-256 precompile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from web3 import HTTPProvider, Web3

from ledger.edges.devchain import anvil
from ledger.testing.local_ledger import LocalLedger

PRECOMPILE = "0x0000000000000000000000000000000000000100"
FORKS = ["osaka", "prague"]  # Osaka has the precompile of EIP-7951, Prague has none
_ERC7913 = [
    {
        "type": "function",
        "name": "verify",
        "stateMutability": "view",
        "inputs": [
            {"name": "key", "type": "bytes"},
            {"name": "hash", "type": "bytes32"},
            {"name": "signature", "type": "bytes"},
        ],
        "outputs": [{"name": "", "type": "bytes4"}],
    }
]
_ACCEPTED, _REFUSED = bytes.fromhex("024ad318"), b"\xff" * 4


class Verifier:
    """A verifier contract at an address (20 bytes)."""

    def __init__(self, house: LocalLedger, address: bytes) -> None:
        web3 = Web3(HTTPProvider(house.devchain.url))
        self._contract = web3.eth.contract(address=Web3.to_checksum_address(address), abi=_ERC7913)

    def accepts(self, key: bytes, digest: bytes, signature: bytes) -> bool:
        """Its answer, which is one of two values."""
        said = self._contract.functions.verify(key, digest, signature).call()
        assert said in (_ACCEPTED, _REFUSED)
        return bool(said == _ACCEPTED)


def on_each_fork(request: pytest.FixtureRequest, factory: pytest.TempPathFactory) -> Iterator[LocalLedger]:
    """The body of a fixture ``house`` with the parameters ``FORKS``: a chain by the rules of a fork."""
    made = LocalLedger(factory.mktemp(request.param))
    with pytest.MonkeyPatch.context() as patch:  # only while this chain starts: other chains have their own fork
        patch.setattr(anvil, "HARDFORK", request.param)
        made.devchain.start()
    made.deploy()
    try:
        yield made
    finally:
        made.devchain.stop()
