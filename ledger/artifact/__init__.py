"""The compiled contract, shipped with the package: ABI, bytecode, and how it was compiled.

``TradeLedger.json`` is written by ``scripts/artifact.py``; a test compiles the same sources a second way. An installed
package therefore needs no compiler, and ``code_at`` says to the byte which code an origin must have.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ledger.core.statements.eip712 import uint_word
from ledger.core.statements.origin import Origin

WORD = 32


@dataclass(frozen=True, slots=True)
class Artifact:
    """What ``TradeLedger.json`` holds.

    ``bytecode`` creates the contract (constructor arguments follow it), ``deployed_bytecode`` is what then runs, with
    zero words where ``immutables`` (name to offsets in bytes) stand. ``sources`` maps each file to the SHA-256 of its
    text; ``settings`` are solc's, without the output selection.
    """

    contract_name: str
    abi: Sequence[Mapping[str, Any]]
    bytecode: bytes
    deployed_bytecode: bytes
    immutables: Mapping[str, Sequence[int]]
    compiler_version: str
    settings: Mapping[str, Any]
    sources: Mapping[str, str]

    def code_at(self, origin: Origin) -> bytes:
        """The whole code that this contract has at ``origin``: the immutables follow from the origin alone."""
        values = {
            "_salt": origin.salt,
            "_separator": origin.separator,
            "_chainId": uint_word(origin.chain_id),
            "p256Verifier": origin.p256_verifier.rjust(WORD, b"\x00"),
            "webAuthnVerifier": origin.webauthn_verifier.rjust(WORD, b"\x00"),
        }
        code = bytearray(self.deployed_bytecode)
        for name, offsets in self.immutables.items():
            for offset in offsets:
                code[offset : offset + WORD] = values[name]
        return bytes(code)


@cache
def load() -> Artifact:
    """The shipped artifact, read once."""
    return parse(text())


def text() -> str:
    """The shipped artifact as it lies in the package."""
    return files(__name__).joinpath("TradeLedger.json").read_text(encoding="utf-8")


def parse(written: str) -> Artifact:
    """Read the text of an artifact; KeyError or ValueError where it is none (it ships with this package)."""
    raw = json.loads(written)
    return Artifact(
        contract_name=raw["contractName"],
        abi=raw["abi"],
        bytecode=bytes.fromhex(raw["bytecode"].removeprefix("0x")),
        deployed_bytecode=bytes.fromhex(raw["deployedBytecode"].removeprefix("0x")),
        immutables=raw["immutables"],
        compiler_version=raw["compiler"]["version"],
        settings=raw["compiler"]["settings"],
        sources=raw["sources"],
    )
