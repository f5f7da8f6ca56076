"""Which declarations a command is about: ids, files of evidence, lists, standard input, or what an inbox has."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import EVIDENCE, read_as, read_file
from ledger.cli.inputs import moment, type_code
from ledger.cli.output import say
from ledger.core.encoding.id_lists import Listed, read_id_list
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.errors import Malformed, VerificationFailed
from ledger.journeys.service import DeclarationView, InboxQuery, LedgerService
from ledger.journeys.verify import VerificationRequest

STANDARD_INPUT = "-"
_PAGE = 1_000
_FULL = re.compile(r"0x[0-9a-fA-F]{64}")
_SHORT = re.compile(r"0x[0-9a-fA-F]{8,63}")

From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="List of ids: one a line, a CSV table with a column id, or JSON. A line may name a file of evidence. "
        "- is standard input.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Declarations in order, and where each was named, in words; empty for one that stood on the command line."""

    ids: list[DeclarationId]
    places: dict[DeclarationId, str]


def read_list_file(path: Path, columns: Sequence[str] = ("id", "declaration")) -> list[Listed]:
    """The ids of a list, with where each stands; ``-`` is standard input. Malformed names file and line."""
    if str(path) == STANDARD_INPUT:
        return read_id_list(sys.stdin.buffer.read(), "standard input", columns)
    return read_id_list(read_file(path), str(path), columns)


def listed_words(
    words: Sequence[str], file: Path | None, columns: Sequence[str] = ("id", "declaration")
) -> list[Listed]:
    """What was given on the line and in lists, in order.

    :raises Malformed: standard input is named twice, or a list cannot be read.
    """
    if [*words, str(file)].count(STANDARD_INPUT) > 1:
        raise Malformed("is named twice", "standard input")
    found: list[Listed] = []
    for word in words:
        if word == STANDARD_INPUT:
            found += read_list_file(Path(word), columns)
        else:
            found.append(Listed(word, "", {}))
    return found if file is None else [*found, *read_list_file(file, columns)]


def choose(listed: Sequence[Listed], file: Path | None, service: LedgerService, agency: str) -> Chosen:
    """The declarations that were listed.

    :param file: the list's own file: evidence that it names is looked for in its folder too.
    :param agency: in whose inbox an id is looked up that is not written in full.
    :raises Malformed: something is no id and no file of evidence, or is named twice.
    """
    ids: list[DeclarationId] = []
    places: dict[DeclarationId, str] = {}
    inbox = _Inbox(service, agency)
    folder = Path() if file is None or str(file) == STANDARD_INPUT else file.parent
    for item in listed:
        id_ = _id_of(item, folder, service, inbox)
        if id_ in places:
            where = " and ".join(filter(None, (places[id_], item.where))) or "on the command line"
            raise Malformed(f"is named twice: {where}", hex_text(id_))
        ids.append(id_)
        places[id_] = item.where
    return Chosen(ids, places)


def choose_where(filters: Sequence[str], service: LedgerService, agency: str, kind: int) -> Chosen:
    """All of an inbox that the filters let through: ``all``, or NAME=VALUE with type, since or until.

    :raises Malformed: a filter is none of these; or nothing is left.
    """
    found = [view.id for view in each_of_inbox(service, inbox_query(filters, agency, kind))]
    if not found:
        raise Malformed(f"the inbox of {agency} has nothing of this", f"--where {' '.join(filters)}")
    return Chosen(found, dict.fromkeys(found, ""))


def inbox_query(filters: Sequence[str], agency: str, kind: int | None) -> InboxQuery:
    """The filters of ``--where`` as a question."""
    readers: dict[str, Callable[[str], int]] = {
        "type": lambda text: type_code(text, "--where type"),
        "since": moment,
        "until": moment,
    }
    given: dict[str, int] = {}
    for text in filters:
        name, equals, value = text.partition("=")
        if text == "all":
            continue
        if not equals or name not in readers:
            raise Malformed(f"is all, or one of {', '.join(f'{one}=…' for one in readers)}, not {text}", "--where")
        if name in given:
            raise Malformed(f"{name} is given twice", "--where")
        given[name] = readers[name](value)
    return InboxQuery(agency, kind, given.get("type"), given.get("since"), given.get("until"))


def each_of_inbox(service: LedgerService, asked: InboxQuery, most: int | None = None) -> Iterator[DeclarationView]:
    """All of an inbox, oldest first, page by page; at most ``most``."""
    cursor: str | None = None
    left = most
    while left is None or left > 0:
        page = service.inbox(asked, cursor, _PAGE if left is None else min(left, _PAGE))
        yield from page.found
        cursor = page.next_cursor
        left = None if left is None else left - len(page.found)
        if cursor is None:
            return


def agree(words: str, yes: bool) -> None:
    """Say what is about to be signed, and ask whether it is meant.

    :raises Malformed: it is not, or nobody can be asked.
    """
    for line in words.splitlines():
        say(line)
    if yes:
        return
    if not sys.stdin.isatty():
        raise Malformed("nobody can be asked here, so nothing was signed: give --yes", "--yes")
    try:
        agreed = typer.confirm("Sign?", default=False, err=True)
    except typer.Abort:
        agreed = False
    if not agreed:
        raise Malformed("was not confirmed: nothing was signed", "signature")


class _Inbox:
    """An inbox, read when an id is looked up in it first."""

    def __init__(self, service: LedgerService, agency: str) -> None:
        self._service = service
        self._agency = agency
        self._ids: list[str] | None = None

    def find(self, short: str, where: str) -> DeclarationId:
        if self._ids is None:
            self._ids = [hex_text(view.id) for view in each_of_inbox(self._service, InboxQuery(self._agency))]
        found = [id_ for id_ in self._ids if id_.startswith(short.lower())]
        if len(found) != 1:
            how = "no declaration" if not found else f"{len(found)} declarations"
            raise Malformed(f"{how} in the inbox of {self._agency} begin with {short}: give the whole id", where)
        return DeclarationId(bytes.fromhex(found[0][2:]))


def _id_of(item: Listed, folder: Path, service: LedgerService, inbox: _Inbox) -> DeclarationId:
    text, where = item.text, item.where or "declaration"
    if _FULL.fullmatch(text):
        return DeclarationId(bytes.fromhex(text[2:]))
    if _SHORT.fullmatch(text):
        return inbox.find(text, where)
    path = next((path for path in (folder / text, Path(text)) if path.is_file()), None)
    if path is None:
        raise Malformed(
            f"{text[:80]} is no id (0x and 64 hex digits, or the first 8 or more of one in the inbox), and no file of "
            "evidence is there by this name", where,
        )  # fmt: skip
    evidence = read_as(EVIDENCE, path, VerificationRequest.read).evidence
    if evidence.origin != service.origin:
        raise VerificationFailed(f"{path} is evidence of another history, {evidence.origin}")
    return evidence.id
