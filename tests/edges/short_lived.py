"""What a stranger can do in one transaction: make a wallet contract, use and destroy it; and delegate by EIP-7702.

SELFDESTRUCT removes code only in the transaction that created it (EIP-6780). That is enough: afterwards nothing is at
the wallet's address that anybody could ask.
"""

from __future__ import annotations

import time
from typing import Any

from eth_account import Account

from ledger.core.encoding.keccak import keccak
from ledger.core.encoding.reading import hex_text
from ledger.edges.chain.calls import Call
from ledger.edges.devchain.anvil import CHAIN_ID, DevChain
from ledger.testing.world import Key
from tests.edges.authorities import rpc, wallet_code

CREATE2 = bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c")
"""The deterministic deployment proxy, which anvil has from its first block. It takes salt ‖ init code."""

_SALT = bytes(32)
_GWEI = 10**9


class ShortLivedWallet:
    """An ERC-1271 wallet of ``owner`` (20 bytes) whose address is known before it exists."""

    def __init__(self, owner: bytes) -> None:
        accepts = wallet_code(owner)
        # Without calldata it destroys itself: calldatasize iszero jumpi … jumpdest caller selfdestruct.
        runtime = b"\x36\x15\x60" + bytes([5 + len(accepts)]) + b"\x57" + accepts + b"\x5b\x33\xff"
        # Returns what follows after these 9 bytes: dup1 codecopy return.
        init_code = b"\x60" + bytes([len(runtime)]) + b"\x80\x60\x09\x5f\x39\x5f\xf3" + runtime
        self.address = keccak(b"\xff" + CREATE2 + _SALT + keccak(init_code))[12:]
        self._creation = _SALT + init_code

    def transact(self, devchain: DevChain, contract: bytes, call: Call) -> bytes:
        """Create the wallet, call the contract once and destroy the wallet, all in one transaction.

        Returns what the call returned, or the data with which it reverted.
        """
        url = devchain.url
        made = create(devchain, self._program(contract, call.data))["contractAddress"]
        assert rpc(url, "eth_getCode", hex_text(self.address), "latest") == "0x", "the wallet is still there"
        return bytes.fromhex(rpc(url, "eth_getCode", made, "latest")[2:])[1:]

    def _program(self, contract: bytes, data: bytes) -> bytes:
        """Init code of a contract whose code is a zero byte (EIP-3541) and the result of the call."""
        first, second = len(self._creation).to_bytes(2), len(data).to_bytes(2)
        begin = b"".join(
            [
                b"\x5f\x5f\x61" + first + b"\x5f\x5f\x73" + CREATE2 + b"\x5a\xf1\x50",  # call with the first data
                b"\x5f\x5f\x61" + second + b"\x61" + first + b"\x5f\x73" + contract + b"\x5a\xf1\x50",  # the second
                b"\x5f\x5f\x53\x3d\x80\x5f\x60\x01\x3e",  # mstore8(0, 0), returndatacopy(1, 0, returndatasize)
                b"\x5f\x5f\x5f\x5f\x5f\x73" + self.address + b"\x5a\xf1\x50",  # call without data
                b"\x60\x01\x01\x5f\xf3",  # return(0, returndatasize + 1)
            ]
        )
        both = self._creation + data
        copying = b"\x61" + len(both).to_bytes(2) + b"\x61" + (8 + len(begin)).to_bytes(2) + b"\x5f\x39"
        return copying + begin + both


def create(devchain: DevChain, init_code: bytes) -> Any:
    """The receipt of a transaction by a stranger that creates a contract."""
    sponsor = Key("a stranger who pays")
    return _send(devchain, sponsor, {"data": hex_text(init_code), "gas": 5_000_000, "value": 0})


def delegate(devchain: DevChain, account: Key, target: bytes) -> None:
    """Let the code of ``account`` be that of ``target`` (EIP-7702), or take that back with the zero address."""
    sponsor, url = Key("a stranger who pays"), devchain.url
    nonce = int(rpc(url, "eth_getTransactionCount", hex_text(account.signer), "latest"), 16)
    authorised = Account.from_key(account.secret).sign_authorization(
        {"chainId": CHAIN_ID, "address": hex_text(target), "nonce": nonce}
    )
    whole = {"to": Account.from_key(account.secret).address, "gas": 200_000, "value": 0, "data": "0x"}
    _send(devchain, sponsor, whole | {"authorizationList": [authorised]})
    expected = "0x" if target == bytes(20) else "0xef0100" + target.hex()
    assert rpc(url, "eth_getCode", hex_text(account.signer), "latest") == expected


def _send(devchain: DevChain, key: Key, members: dict[str, Any]) -> Any:
    url = devchain.url
    devchain.fund(key.signer, 10**20)
    nonce = int(rpc(url, "eth_getTransactionCount", hex_text(key.signer), "latest"), 16)
    whole = members | {
        "type": 4 if "authorizationList" in members else 2, "chainId": CHAIN_ID, "nonce": nonce,
        "maxFeePerGas": 100 * _GWEI, "maxPriorityFeePerGas": _GWEI,
    }  # fmt: skip
    signed = Account.sign_transaction(whole, key.secret)
    hash_ = rpc(url, "eth_sendRawTransaction", hex_text(bytes(signed.raw_transaction)))
    while (receipt := rpc(url, "eth_getTransactionReceipt", hash_)) is None:
        time.sleep(0.05)
    assert receipt["status"] == "0x1"
    return receipt
