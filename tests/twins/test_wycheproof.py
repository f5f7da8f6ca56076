"""Contract and core agree on each of Project Wycheproof's P-256 signatures, on nodes with and without the precompile.

The contract's verifier asks the precompile of EIP-7951 and computes the curve itself where a chain has none.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from web3 import HTTPProvider, Web3

from ledger.core.statements.signature import P256_N, p256_signer, verify_signature
from ledger.edges.devchain import anvil
from ledger.errors import VerificationFailed
from ledger.testing.local_ledger import LocalLedger
from tests.fetched.wycheproof import Vector, ecdsa, lowered

ERC7913 = [
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
ACCEPTED, REFUSED = bytes.fromhex("024ad318"), b"\xff" * 4
PRECOMPILE = "0x0000000000000000000000000000000000000100"


@pytest.fixture(scope="module", params=["osaka", "prague"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLedger]:
    """A chain by the rules of a fork: Osaka has the precompile, Prague has none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(anvil, "HARDFORK", request.param)
        made = LocalLedger(tmp_path_factory.mktemp(request.param))
        made.devchain.start()
        made.deploy()
        try:
            yield made
        finally:
            made.devchain.stop()


def test_p256(house: LocalLedger, request: pytest.FixtureRequest) -> None:
    web3 = Web3(HTTPProvider(house.devchain.url))
    address = Web3.to_checksum_address(house.chain.origin.p256_verifier)
    contract = web3.eth.contract(address=address, abi=ERC7913)
    vectors = ecdsa("secp256r1_sha256_p1363")
    taken = 0
    for vector in vectors:
        for signature in {vector.signature, lowered(vector.signature, P256_N)}:
            said = contract.functions.verify(vector.key[1:], vector.signed, signature).call()
            assert said == (ACCEPTED if core_takes(house, vector, signature) else REFUSED), vector.about
            taken += said == ACCEPTED
    assert (len(vectors), taken) == (262, 173)


def core_takes(house: LocalLedger, vector: Vector, signature: bytes) -> bool:
    origin = house.chain.origin
    try:
        verify_signature(origin, p256_signer(origin, vector.key), vector.signed, signature)
    except VerificationFailed:
        return False
    return True


def test_the_forks_differ_in_the_precompile(house: LocalLedger, request: pytest.FixtureRequest) -> None:
    """Else both runs would try the same code of the contract."""
    vector = next(vector for vector in ecdsa("secp256r1_sha256_p1363") if vector.valid)
    web3 = Web3(HTTPProvider(house.devchain.url))
    said = web3.eth.call({"to": PRECOMPILE, "data": vector.signed + vector.signature + vector.key[1:]})
    assert bool(said) is (request.node.callspec.params["house"] == "osaka")
