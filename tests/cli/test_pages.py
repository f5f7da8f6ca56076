"""Commands that the pages tell people to type are there, with the options that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from ledger.cli import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_INLINE = re.compile(r"`(?:LEDGER_\w+=\S+ )?(ledger [a-z][^`\n]*)`")
_TYPED = re.compile(r"^(?:    |\$ )?(?:LEDGER_\w+=\S+ )*(ledger [a-z].*?)(?:\s+#.*)?$", re.MULTILINE)


def commands(page: Path) -> Iterator[str]:
    text = page.read_text()
    yield from _INLINE.findall(text)
    for block in re.findall(r"```\w*\n(.*?)```|((?:^    .*\n)+)", text, re.MULTILINE | re.DOTALL):
        yield from _TYPED.findall("".join(block))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_says_to_type_can_be_typed(page: Path) -> None:
    for line in commands(page):
        command: Any = typer.main.get_command(app)
        words = line.split()[1:]
        while words and hasattr(command, "commands"):
            name = words.pop(0)
            if not re.fullmatch(r"[a-z-]+", name):
                break
            assert name in command.commands, f"{page.name}: {line}"
            command = command.commands[name]
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {
            "--help"
        }
        named = [word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)]
        assert set(named) <= known, f"{page.name}: {line}: {set(named) - known}"


def test_pages_do_say_what_to_type() -> None:
    assert sum(1 for page in PAGES for _ in commands(page)) > 40
