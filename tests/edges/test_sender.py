"""Transactions without a node: which bytes are signed, and by which library."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, cast

import pytest
from eth_account import Account
from eth_keys.backends import CoinCurveECCBackend, get_backend

from ledger.core.anchoring.fees import GasFees
from ledger.core.encoding.keccak import keccak
from ledger.core.statements.signature import Algorithm
from ledger.edges.chain.node import Node
from ledger.edges.chain.sender import ChainLimits, Prepared, Sender
from ledger.edges.keys.keystore import SigningKey
from ledger.errors import Malformed

GWEI = 10**9
TO = bytes(range(1, 21))
RELAYER = SigningKey(Algorithm.SECP256K1, sha256(b"relayer").digest())

# Made by another encoder: pyrlp over the field list of EIP-1559, signed by libsecp256k1.
ANCHOR = bytes.fromhex(
    "02f8b2827a6907843b9aca0084b2d05e008301d4c0940102030405060708090a0b0c0d0e0f101112131480b844" + "00" * 68 +
    "c001a0f4da4af37d62efb4cca66d6720616680e83553d27640a2ea8af3c93b2535f3fb"
    "a0352af26e7f11c687e9805a223c61830b067381beeae3617e45bace25bc186cad"
)  # fmt: skip
CREATION = bytes.fromhex(
    "02f8a001808080832dc6c08080b850" + "6080" * 40 +
    "c080a06e0390f0acc833a3adc656884de7cfc7345ba32bb8d9092403c4e9d32860ab88"
    "a00a91f938dafee328bdbb618ca1280cc73815dcfa5c29d8205184c17881b68024"
)  # fmt: skip
LARGE_NUMBERS = bytes.fromhex(
    "02f86f871fffffffffffff860100000000000101825208940102030405060708090a0b0c0d0e0f10111213148080"
    "c080a06f8c00c94453edcdbda606ede17ece118f63361f783d6c9e008779ee3a22eaf0"
    "a02ea48f7a86274589d5b79deb9826d71e7d4bba5ffce962ac3dc040630ec23fa4"
)


def prepared(
    chain_id: int, to: bytes | None, data: bytes, gas: int, nonce: int, fees: GasFees, relayer: SigningKey = RELAYER
) -> Prepared:
    return Sender(cast(Node, None), chain_id, ChainLimits()).prepare(to, data, gas, nonce, fees, relayer)


@pytest.mark.parametrize(
    ("arguments", "raw"),
    [
        ((31337, TO, bytes(68), 120_000, 7, GasFees(GWEI, 3 * GWEI)), ANCHOR),
        ((1, None, b"\x60\x80" * 40, 3_000_000, 0, GasFees(0, 0)), CREATION),
        (((1 << 53) - 1, TO, b"", 21_000, 1 << 40, GasFees(1, 1)), LARGE_NUMBERS),
    ],
    ids=["a call", "a creation, everything else 0", "large numbers, no data"],
)
def test_a_transaction_has_the_bytes_of_the_vector(arguments: Any, raw: bytes) -> None:
    made = prepared(*arguments)
    assert made.raw.hex() == raw.hex()
    assert made.tx_hash == "0x" + keccak(raw).hex()
    assert Account.recover_transaction(made.raw).lower() == "0x" + RELAYER.address.hex()


@pytest.mark.parametrize(
    ("nonce", "tx_hash"),
    [
        (29, "0x20ec60799c5362ba64be067d42521cb155fe50373ce4c074ff42d42275f4b4b8"),  # s of 31 bytes, odd y
        (415, "0x0e27b8a18f76e3d3dcc45e0e93f6479109b14ff1dabd3a6f6a5593519e923751"),  # s of 31 bytes, even y
        (548, "0x0f8154e01e9171e208b1945d98998055973d9db6c37073db1e6b68ec5f4ab294"),  # r of 31 bytes
        (1247, "0xf22d2ff732779729f28c0cc416679d3286e22982f4c3ac1520e8fd7bd014fa4f"),  # r of 30 bytes
    ],
)
def test_numbers_of_a_signature_are_written_without_leading_zeros(nonce: int, tx_hash: str) -> None:
    made = prepared(31337, TO, b"\x01\x02\x03\x04", 21_000, nonce, GasFees(GWEI, 3 * GWEI))
    assert made.tx_hash == tx_hash


@pytest.mark.parametrize("algorithm", [Algorithm.P256, Algorithm.ED25519])
def test_only_secp256k1_signs_transactions(algorithm: Algorithm) -> None:
    key = SigningKey(algorithm, b"\x01" * 32)
    with pytest.raises(Malformed, match=f"only secp256k1 signs transactions; this key is {algorithm.value}"):
        prepared(1, TO, b"", 21_000, 0, GasFees(1, 1), key)


def test_eth_account_signs_with_libsecp256k1() -> None:
    """Without coincurve it falls back to Python, silently, and signs ten times slower."""
    assert isinstance(get_backend(), CoinCurveECCBackend)
