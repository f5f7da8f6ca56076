"""``ledger help``: what is not about one command. The pages are those of ``docs/help``; lists come from the program."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Annotated, NamedTuple

import typer

from ledger.cli.inputs import Json
from ledger.cli.output import facts, print_line, show
from ledger.core.statements.code_lists import (
    DOCUMENT_STATUS,
    DOCUMENT_TYPES,
    PROCESSING_INDICATOR,
    STATUS_DESCRIPTION,
    WITHDRAWAL_REASONS,
    outcomes_of,
)
from ledger.errors import Malformed
from ledger.manual import help_page
from ledger.settings import describe


class Topic(NamedTuple):
    """What a topic is about, and its text."""

    about: str
    text: Callable[[], str]


def _page(name: str) -> Callable[[], str]:
    return lambda: help_page(name)


def _codes() -> str:
    lines = ["# Codes", "", "## Document types and kinds of attestations (UNCL 1001)", ""]
    for code, words in DOCUMENT_TYPES.items():
        lines.append(f"    {code:>4}  {words}; outcomes: UNCL {outcomes_of(code).number}")
    for outcomes in (DOCUMENT_STATUS, STATUS_DESCRIPTION, PROCESSING_INDICATOR):
        lines += ["", f"## Outcomes: UNCL {outcomes.number}, {outcomes.name}", ""]
        for code, words in outcomes.words.items():
            lines.append(f"    {code:>4}  {words}{' (adverse)' if code in outcomes.adverse else ''}")
        lines.append(f"    Other codes from 1 to {outcomes.last} are taken too.")
    lines += [
        "",
        "An adverse outcome holds against the goods or the party: it is about one declaration, without an end.",
    ]
    lines += ["A revocation takes its reason from UNCL 1373: 41, or 42."]
    lines += ["", "## Reasons of a withdrawal (UNCL 1225)", ""]
    lines += [f"    {code:>4}  {words}" for code, words in WITHDRAWAL_REASONS.items()]
    return "\n".join(lines) + "\n"


def _settings() -> str:
    lines = ["# Settings", "", "Each is a variable of the environment, or a key of ledger.toml (or of the file that",
             "LEDGER_CONFIG names). The environment wins.", ""]  # fmt: skip
    for item in describe():
        lines += [item.variable, f"    {item.description}", f"    Permitted: {item.permitted}."]
        lines += [f"    When not set: {item.default}.", ""]
    return "\n".join(lines)


TOPICS = {
    "patterns": Topic("which fields to hide, show or disclose", _page("patterns")),
    "files": Topic("what each file is, and who may have it", _page("files")),
    "passphrases": Topic("keys, wallets and their passphrases", _page("passphrases")),
    "codes": Topic("document types, outcomes and reasons by number", _codes),
    "exit-codes": Topic("what the exit code of a command says", _page("exit-codes")),
    "output": Topic("--json, --plain, colours, terminals, completion", _page("output")),
    "settings": Topic("variables of the environment and keys of ledger.toml", _settings),
}


def _topics(begun: str) -> list[tuple[str, str]]:
    return [(name, topic.about) for name, topic in TOPICS.items() if name.startswith(begun)]


def help_(
    topic: Annotated[
        str | None,
        typer.Argument(help=f"One of {', '.join(TOPICS)}; a list of them if not given.", autocompletion=_topics),
    ] = None,
    as_json: Json = False,
) -> None:
    """Explain what is not about one command: patterns, files, codes, settings. `ledger COMMAND --help` explains one.

    Example: `ledger help patterns`
    """
    if topic is None:
        about = {name: found.about for name, found in TOPICS.items()}
        show(as_json, about, lambda: facts("ledger help TOPIC", about))
        return
    wanted = topic.lower().replace("_", "-")
    if wanted not in TOPICS:
        close = get_close_matches(wanted, TOPICS, 1)
        near = f"did you mean {close[0]}? " if close else ""
        raise Malformed(f"is no topic: {near}There are {', '.join(TOPICS)}", topic)
    text = TOPICS[wanted].text()
    show(as_json, {"topic": wanted, "text": text}, lambda: _print(text))


def _print(text: str) -> None:
    for line in text.splitlines():
        print_line(line)
