"""Each row of docs/vocabulary.md names a file that exists, and a name that this file defines."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import typer

from ledger.cli import app

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "vocabulary.md"
_LINK = re.compile(r"\[[^\]]+\]\(\.\./([^)]+)\)")
_SOLIDITY = re.compile(
    r"^\s*(?:abstract )?(?:contract|interface|library|struct|enum|event|error|function) (\w+)", re.MULTILINE
)


class Word(NamedTuple):
    """A row of a table of words: the word, the file that defines it, and the name there (``Class.member`` allowed)."""

    word: str
    file: str
    name: str


class Command(NamedTuple):
    """A row of the table of commands. ``journey`` is None if no journey has the command's name."""

    command: str
    file: str
    journey: str | None


def rows(*head: str) -> Iterator[list[str]]:
    """The cells of each row of the tables with these column heads."""
    wanted = False
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            wanted = False
        elif cells[1:] == list(head):
            wanted = True
        elif wanted and not set(cells[0]) <= set("-:"):
            yield cells


def path_of(cell: str) -> str:
    link = _LINK.fullmatch(cell)
    assert link is not None, f"not a link to a file of this repository: {cell}"
    return link[1]


WORDS = [Word(word, path_of(file), name.strip("`")) for word, _, file, name in rows("meaning", "file", "name")]
STATEMENTS = ["declaration", "withdrawal", "attestation", "revocation", "posting", "sign-in"]
COMMANDS = [
    Command(command.strip("`").removeprefix("ledger "), path_of(file), None if journey == "none" else path_of(journey))
    for command, _, file, journey in rows("does", "command file", "journey file")
]


def names_in(file: Path) -> set[str]:
    """What a file defines: classes with their members, functions and values of Python; names of Solidity; headings."""
    text = file.read_text()
    if file.suffix == ".sol":
        return set(_SOLIDITY.findall(text))
    if file.suffix == ".md":
        return set(re.findall(r"^#+ (.+)$", text, re.MULTILINE))
    names = set()
    for item in ast.parse(text).body:
        for name in defined(item):
            names.add(name)
            if isinstance(item, ast.ClassDef):
                names |= {f"{name}.{member}" for inner in item.body for member in defined(inner)}
    return names


def defined(item: ast.stmt) -> list[str]:
    match item:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


@pytest.mark.parametrize("row", WORDS, ids=lambda row: row.word)
def test_a_word_is_defined_where_the_page_says(row: Word) -> None:
    assert (ROOT / row.file).is_file(), f"docs/vocabulary.md, {row.word}: there is no file {row.file}"
    assert row.name in names_in(ROOT / row.file), (
        f"docs/vocabulary.md, {row.word}: {row.file} does not define {row.name}"
    )


@pytest.mark.parametrize("row", WORDS, ids=lambda row: row.word)
def test_a_newcomer_finds_the_word_in_the_name_or_in_the_path(row: Word) -> None:
    stem = re.split("[ -]", row.word)[0].removesuffix("e").removesuffix("er")
    assert stem in f"{row.file} {row.name}".lower(), f"docs/vocabulary.md, {row.word}: neither path nor name shows it"


@pytest.mark.parametrize("word", STATEMENTS)
def test_a_statement_has_a_file_of_its_name(word: str) -> None:
    (row,) = [row for row in WORDS if row.word == word]
    assert row.file == f"ledger/core/statements/{word.replace('-', '_')}.py"


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.command)
def test_a_command_has_its_files(row: Command) -> None:
    name = "import_" if row.command == "import" else row.command.replace("-", "_")
    assert row.file == f"ledger/cli/{name}.py", (
        f"docs/vocabulary.md: the file of `ledger {row.command}` has another name"
    )
    expected = [f"ledger/journeys/{name}.py", f"ledger/journeys/{name}/{name}.py"]
    found = next((path for path in expected if (ROOT / path).is_file()), None)
    assert row.journey == found, f"docs/vocabulary.md, ledger {row.command}: the journey is {found}"
    assert (ROOT / row.file).is_file(), f"docs/vocabulary.md, ledger {row.command}: there is no file {row.file}"


def test_every_command_has_one_row() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert sorted(row.command for row in COMMANDS) == sorted(commands)


def test_each_word_has_one_row() -> None:
    words = [row.word for row in WORDS]
    assert len(words) > 60
    assert [word for word in words if words.count(word) > 1] == []
