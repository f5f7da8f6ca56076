"""Write ``ledger/artifact/TradeLedger.json`` from Hardhat's build. ``--check`` only tells whether it is stale."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "ledger" / "artifact" / "TradeLedger.json"
BUILD = ROOT / "artifacts"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the artifact is stale")
    options = parser.parse_args(arguments)
    text = render(built())
    if options.check:
        if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text:
            return 0
        print(f"{TARGET.relative_to(ROOT)} is stale: run python -m scripts.artifact", file=sys.stderr)
        return 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


def built() -> dict[str, Any]:
    """Build, and return the artifact in the shape that the product ships.

    Hardhat keeps its last build. After a run for coverage that is not the product's, so each call builds.
    """
    subprocess.run(["npx", "hardhat", "build", "--no-tests", "--quiet"], cwd=ROOT, check=True)
    compiled = _read(BUILD / "contracts" / "TradeLedger.sol" / "TradeLedger.json")
    build = _read(BUILD / "build-info" / f"{compiled['buildInfoId']}.json")
    output = _read(BUILD / "build-info" / f"{compiled['buildInfoId']}.output.json")["output"]
    names = {
        node["id"]: node["name"] for node in _nodes(output["sources"]) if node["nodeType"] == "VariableDeclaration"
    }
    settings = {key: build["input"]["settings"][key] for key in ("evmVersion", "metadata", "optimizer")}
    return {
        "abi": compiled["abi"],
        "bytecode": compiled["bytecode"],
        "compiler": {"name": "solc", "settings": settings, "version": build["solcLongVersion"]},
        "contractName": compiled["contractName"],
        "deployedBytecode": compiled["deployedBytecode"],
        "immutables": {
            names[int(id_)]: [place["start"] for place in places]
            for id_, places in compiled["immutableReferences"].items()
        },
        "sources": {
            _source_name(name): hashlib.sha256(build["input"]["sources"][name]["content"].encode()).hexdigest()
            for name in _needed(output["sources"], compiled["inputSourceName"])
        },
    }


def render(artifact: dict[str, Any]) -> str:
    """The artifact as JSON text with sorted keys, two spaces and a final newline, so each artifact has one text."""
    return json.dumps(artifact, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _needed(sources: dict[str, Any], name: str) -> set[str]:
    """The names of the file and of all files that it imports, directly or not."""
    needed: set[str] = set()
    pending = [name]
    while pending:
        file = pending.pop()
        if file not in needed:
            needed.add(file)
            pending += [node["absolutePath"] for node in sources[file]["ast"]["nodes"] if "absolutePath" in node]
    return needed


def _source_name(name: str) -> str:
    """Hardhat's source name as an import spells it: without ``project/``, ``npm/`` and the package version."""
    return re.sub(r"^npm/((?:@[^/]+/)?[^/@]+)@[^/]+/", r"\1/", name.removeprefix("project/"))


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield all AST nodes in ``tree``."""
    if isinstance(tree, dict):
        if "nodeType" in tree and "id" in tree:
            yield tree
        for child in tree.values():
            yield from _nodes(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from _nodes(child)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
