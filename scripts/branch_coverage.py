"""Measure branch coverage of the contract: each operand of each condition must have been true and false in some test.

Hardhat counts only lines and statements. This program copies the contract and wraps each operand ``x`` of a condition
into ``_branch7(x)``, a function whose two outcomes are two statements. A statement that Hardhat then reports as
uncovered is an outcome that no test reaches. The program names these outcomes and exits with 1 if there are any.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("contracts", "tests/contracts", "tests/vectors/passkeys.json", "hardhat.config.js", "package.json")
_BLOCK = re.compile(r"\b(if|while|for) \(")
_RETURNED = re.compile(r"\breturn\s+([^;?]*(?:&&|\|\|)[^;?]*);")
_TERNARY = re.compile(r"([\w.]+ (?:==|<) \w+) \?")


@dataclass(slots=True)
class Instrumented:
    """A source with wrapped operands. ``operands`` has each operand with its file and line in the original."""

    text: str
    operands: list[str] = field(default_factory=list)

    def wrap(self, condition: str, where: str) -> str:
        """Wrap each operand of a condition, at any depth of parentheses and negations."""
        parts = re.split(r"(&&|\|\|)", condition) if "(" not in condition else list(_split(condition))
        if len(parts) > 1:
            return "".join(part if part in ("&&", "||") else self.wrap(part, where) for part in parts)
        inner = condition.strip()
        group = re.fullmatch(r"(!?)\((.*)\)", inner, re.DOTALL)
        if group and ("&&" in inner or "||" in inner):
            return f" {group[1]}({self.wrap(group[2], where)}) "
        self.operands.append(f"{where}: {' '.join(inner.split())}")
        return f" _branch{len(self.operands) - 1}({inner}) "


def instrument(name: str, text: str) -> Instrumented:
    """Wrap every operand of every condition of a Solidity source, and append the functions that wrap them."""
    result = Instrumented(text)
    for start, end in sorted(_conditions(text), reverse=True):
        where = f"{name}:{text.count(chr(10), 0, start) + 1}"
        result.text = result.text[:start] + result.wrap(text[start:end], where) + result.text[end:]
    for number in range(len(result.operands)):
        result.text += f"""
function _branch{number}(bool holds) pure returns (bool) {{
    if (holds) {{
        return true;
    }}
    return false;
}}
"""
    return result


def _conditions(text: str) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each condition: of if, while, for and ?:, and of returned expressions with operators."""
    for block in _BLOCK.finditer(text):
        start, end = block.end(), _closing(text, block.end() - 1)
        if block[1] == "for":
            start = text.index(";", start) + 1
            end = text.index(";", start)
        yield start, end
    for pattern in (_RETURNED, _TERNARY):
        for found in pattern.finditer(text):
            yield found.span(1)


def _closing(text: str, opening: int) -> int:
    depth = 0
    for index in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if depth == 0:
            return index
    raise ValueError("parentheses do not close")


def _split(condition: str) -> Iterator[str]:
    """Yield operands and operators of the outermost level."""
    depth, last = 0, 0
    for found in re.finditer(r"[()]|&&|\|\|", condition):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0 and found[0] in ("&&", "||"):
            yield condition[last : found.start()]
            yield found[0]
            last = found.end()
    yield condition[last:]


def uncovered(sources: dict[str, Instrumented], lcov: str) -> list[str]:
    """The outcomes that no test reached, by Hardhat's report on the instrumented sources."""
    missing = []
    for record in lcov.split("end_of_record"):
        name = re.search(r"^SF:(.*)$", record, re.MULTILINE)
        if name is None or name[1] not in sources:
            continue
        source = sources[name[1]]
        hits = dict(re.findall(r"^DA:(\d+),(\d+)$", record, re.MULTILINE))
        lines = source.text.splitlines()
        for number, operand in enumerate(source.operands):
            line = lines.index(f"function _branch{number}(bool holds) pure returns (bool) {{") + 1
            missing += [
                f"{operand} was never {outcome}"
                for outcome, offset in (("true", 2), ("false", 4))
                if int(hits.get(str(line + offset), "0")) == 0
            ]
    return missing


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, copy / name)
        (copy / "node_modules").symlink_to(ROOT / "node_modules")
        sources = {}
        for file in sorted((copy / "contracts").rglob("*.sol")):
            name = file.relative_to(copy).as_posix()
            made = instrument(name, file.read_text(encoding="utf-8"))
            if made.operands:
                sources[name] = made
                file.write_text(made.text, encoding="utf-8")
        # Leave out the gas tests, because gas differs in the copy, and invariants, because other tests must cover them.
        command = ["npx", "hardhat", "test", "solidity", "--coverage", "--grep-exclude", "Gas|invariant"]
        run = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
        if run.returncode:
            print(run.stdout[-4000:] + run.stderr[-4000:], file=sys.stderr)
            return 1
        missing = uncovered(sources, (copy / "coverage" / "lcov.info").read_text(encoding="utf-8"))
    count = sum(len(source.operands) for source in sources.values())
    print("\n".join(missing) or f"branch coverage 100 %: {count} operands of conditions, each true and false")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
