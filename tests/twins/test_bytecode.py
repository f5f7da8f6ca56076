"""One source, three compilations, one bytecode: Hardhat's, py-solc-x's, and the artifact that is shipped."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

from ledger.artifact import load, parse
from ledger.core.statements.origin import Origin
from scripts import artifact as writer
from scripts.compile_solcx import ROOT, Compiled, compile_contract, same, sources

CODE_SIZE_LIMIT = 24_576  # EIP-170
CODE_SIZE_SPARE = 1_024  # room for a repair, and for a compiler that needs more bytes

needs_node = pytest.mark.skipif(
    not (ROOT / "node_modules" / "solc").is_dir(), reason="the Node parts are not installed: run make setup"
)


@pytest.fixture(scope="module", autouse=True)
def _node_on_path() -> None:
    """The environment's own node, also where the environment is not activated."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return compile_contract(dict(load().settings))


@needs_node
def test_py_solc_x_compiles_the_shipped_bytecode(compiled: Compiled) -> None:
    shipped = load()
    assert compiled.bytecode.hex() == shipped.bytecode.hex()
    assert compiled.deployed_bytecode.hex() == shipped.deployed_bytecode.hex()
    assert compiled.abi == shipped.abi
    assert same(compiled, shipped)


@needs_node
def test_hardhat_builds_the_shipped_artifact() -> None:
    assert writer.render(writer.built()) == writer.TARGET.read_text(encoding="utf-8")


@needs_node
def test_another_setting_is_another_bytecode(compiled: Compiled) -> None:
    """The comparison above would notice. (With the optimizer off the sources do not compile at all.)"""
    other = compile_contract({**load().settings, "optimizer": {"enabled": True, "runs": 1}})
    assert other.bytecode != compiled.bytecode
    assert not same(other, load())


@needs_node
def test_sources_are_the_shipped_ones() -> None:
    assert load().sources == {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sources().items()}


def test_settings_of_the_artifact() -> None:
    """What is set in a file is not always what the compiler was told; so the shipped artifact itself is asked."""
    shipped = load()
    assert shipped.compiler_version == "0.8.37+commit.f401782d"
    assert shipped.settings == {
        "evmVersion": "cancun",
        "metadata": {"bytecodeHash": "none"},
        "optimizer": {"enabled": True, "runs": 200},
    }


def test_fits_the_code_size_limit_with_room_to_spare() -> None:
    assert 0 < len(load().deployed_bytecode) <= CODE_SIZE_LIMIT - CODE_SIZE_SPARE


def test_code_of_an_origin_differs_in_its_immutables_only() -> None:
    shipped = load()
    here = shipped.code_at(Origin(31337, b"\x11" * 20, b"\x11" * 32))
    there = shipped.code_at(Origin(1, b"\x22" * 20, b"\x22" * 32))
    assert len(here) == len(there) == len(shipped.deployed_bytecode)
    places = {offset + i for offsets in shipped.immutables.values() for offset in offsets for i in range(32)}
    template = enumerate(shipped.deployed_bytecode)
    assert all(here[i] == there[i] == byte for i, byte in template if i not in places)
    assert here != there


def test_an_unknown_immutable_is_no_artifact_of_ours() -> None:
    raw = json.loads(writer.TARGET.read_text(encoding="utf-8"))
    raw["immutables"]["_owner"] = [0]
    with pytest.raises(KeyError, match="_owner"):
        parse(json.dumps(raw)).code_at(Origin(1, bytes(20), bytes(32)))
