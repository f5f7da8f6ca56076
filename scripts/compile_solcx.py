"""Compile the contract without Hardhat: py-solc-x drives the locked compiler.

``python -m scripts.compile_solcx`` tells whether the result equals the shipped artifact.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solcx import compile_standard

from ledger.artifact import Artifact, load

ROOT = Path(__file__).resolve().parent.parent
COMPILER = ROOT / "scripts" / "solc.mjs"
CONTRACT = "contracts/TradeLedger.sol"
_IMPORT = re.compile(r'^import\s[^"]*"([^"]+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Compiled:
    """Creation code, deployed code and ABI of ``TradeLedger``."""

    bytecode: bytes
    deployed_bytecode: bytes
    abi: list[dict[str, Any]]


def sources(root: Path = ROOT) -> dict[str, str]:
    """The texts of the contract and of all files that it imports, by the names in the imports."""
    found: dict[str, str] = {}
    pending = [CONTRACT]
    while pending:
        name = pending.pop()
        if name in found:
            continue
        file = root / "node_modules" / name if name.startswith("@") else root / name
        found[name] = file.read_text(encoding="utf-8")
        for imported in _IMPORT.findall(found[name]):
            relative = imported.startswith(".")
            pending.append(os.path.normpath(Path(name).parent / imported) if relative else imported)
    return found


def compile_contract(settings: dict[str, Any], root: Path = ROOT) -> Compiled:
    """Compile with these settings of solc (evmVersion, optimizer, metadata); node must be on the PATH."""
    wanted = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]
    output = compile_standard(
        {
            "language": "Solidity",
            "sources": {name: {"content": text} for name, text in sources(root).items()},
            "settings": {**settings, "outputSelection": {CONTRACT: {"TradeLedger": wanted}}},
        },
        solc_binary=COMPILER,
    )
    contract = output["contracts"][CONTRACT]["TradeLedger"]
    return Compiled(
        bytes.fromhex(contract["evm"]["bytecode"]["object"]),
        bytes.fromhex(contract["evm"]["deployedBytecode"]["object"]),
        contract["abi"],
    )


def same(compiled: Compiled, artifact: Artifact) -> bool:
    """Whether the compiled contract equals the shipped one."""
    return (compiled.bytecode, compiled.deployed_bytecode, compiled.abi) == (
        artifact.bytecode,
        artifact.deployed_bytecode,
        artifact.abi,
    )


if __name__ == "__main__":
    shipped = load()
    identical = same(compile_contract(dict(shipped.settings)), shipped)
    print("identical" if identical else "DIFFERENT")
    sys.exit(0 if identical else 1)
