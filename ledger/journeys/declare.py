"""Declare: wrap files, sign their declarations, hand them in; resumed after interruption, never doubled.

What a file was declared as stands in the map of the output folder (``FileMap``), which is written as the run goes on.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from ledger.core.document import DEFAULT_LIMITS, Format, Wrapped, read_wrapped, sniff, wrap
from ledger.core.document.file_names import WRAPPED
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import one_line
from ledger.core.statements.code_lists import type_in_words
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.origin import Origin
from ledger.core.statements.recognition import own_file, recognise
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import Store
from ledger.edges.whole_file import keep_new_file
from ledger.errors import DefiniteNo, LedgerError, Malformed, Source, Unavailable
from ledger.journeys.file_map import FileMap, MappedFile
from ledger.journeys.folder import LeftOut
from ledger.journeys.receive import Received, Stored

GROUP = 100  # files stored in one commit
_GROUP_SECONDS = 1.0  # how long the first file of a group waits for the others
_WORDS = 80  # characters of a document's own name for itself
_MAP_SECONDS = 5.0  # how old the map of files on the disk is at most


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A file to declare, its name relative to what was asked for, and its document type (UNCL 1001).

    ``document_type``: None for what its content says. ``why``: who says the type, in words.
    ``format``: how its bytes become fields; None for what its name or its first character says.
    ``replaces_file``: the name of the file whose declaration it replaces.
    ``copy``: what its copies are called, without their endings; its own name if empty.
    ``is_found``: it was found in a folder, not named. So a file of the ledger's own is left out, and one that only its
    first character makes look like JSON or XML is taken as opaque.
    """

    path: Path
    name: str
    document_type: int | None
    replaces: DeclarationId = NO_DECLARATION
    format: Format | None = None
    replaces_file: str | None = None
    copy: str = ""
    why: str = ""
    is_found: bool = False


@dataclass(frozen=True, slots=True)
class Declared:
    """A file that is declared: where its wrapped copy lies, and whether this run did it.

    ``why``: who says its type, in words.
    """

    source: DocumentFile
    wrapped: Path
    declaration: Declaration
    id: DeclarationId
    is_new: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file that could not be declared, and why; the others go on."""

    source: DocumentFile
    error: LedgerError


def wrap_as(data: bytes, name: str, format_: Format | None, seed: bytes) -> Wrapped:
    """Wrap a file as what its owner says that it is, or else as what its name or its first character says.

    :raises Malformed: the bytes are not of that format; the message says how to declare them all the same.
    """
    chosen = format_ or sniff(data, name)
    try:
        return wrap(data, chosen, seed)
    except Malformed as error:
        what = error.what
        if chosen is not Format.OPAQUE and len(data) <= DEFAULT_LIMITS.opaque:
            what += "; to declare the bytes as they are, without fields: --format opaque"
        raise Malformed(what, f"{name} {error.where}".rstrip()) from None


class Intake(Protocol):
    """What takes in signed declarations, such as a ``LedgerService``."""

    @property
    def origin(self) -> Origin:
        """The history that they are signed for."""

    @property
    def group(self) -> int:
        """How many it takes at once."""

    def declare(self, signed: Sequence[Received]) -> Sequence[Stored | LedgerError]:
        """Take in some: for each, in order, whether it is new, or why it is not stored. What is Stored is durable."""


@dataclass(frozen=True, slots=True)
class StoreIntake:
    """A store that takes in what was signed here. ``at``: time now, seconds since 1970."""

    store: Store
    origin: Origin
    at: int
    group: int = GROUP

    def declare(self, signed: Sequence[Received]) -> list[Stored | LedgerError]:
        pairs = [(item.declaration, item.signature) for item in signed]
        stored = self.store.declarations.add(pairs, self.origin, self.at) if pairs else []
        return [Stored(id_, is_new) for id_, is_new in stored]


def declare_files(
    sources: Sequence[DocumentFile],
    folder: Path,
    key: SigningKey,
    intake: Intake,
    seed: Callable[[], bytes],
    files: FileMap | None = None,
) -> Iterator[Declared | Rejected | LeftOut]:
    """Wrap each file into ``folder``, sign its declaration and hand it in; yields in the order of ``sources``.

    Many declarations are handed in at once, and while they are, the next ones are wrapped and signed. What is yielded
    as Declared is durable. A wrapped copy that exists already and holds the same bytes is used again with its seed, so
    an interrupted run that is started again makes the same declarations, and those that are known stay as they are.

    :param seed: gives 32 random bytes.
    :param files: the map in ``folder``: says what files were declared as before, and gets those that are declared now.
    :raises Unavailable: nothing can be taken in any more; what was yielded stays.
    """
    told = _declared(sources, _Signer(folder, key, intake.origin, seed, files), intake)
    if files is None:
        yield from told
        return
    written = time.monotonic()
    try:
        for item in told:
            if isinstance(item, Declared):
                files.add(_mapped(item, folder))
            yield item
            if time.monotonic() - written >= _MAP_SECONDS:
                files.write()
                written = time.monotonic()
    finally:
        files.write()


def _mapped(item: Declared, folder: Path) -> MappedFile:
    said = item.declaration
    wrapped = item.wrapped.relative_to(folder).as_posix()
    return MappedFile(item.source.name, wrapped, said.document_type, item.id, said.digest, said.party, said.replaces)


def _declared(
    sources: Sequence[DocumentFile], signer: _Signer, intake: Intake
) -> Iterator[Declared | Rejected | LeftOut]:
    groups = _signed_groups(sources, signer, intake.group)
    handed_in: _HandedIn | None = None
    with ThreadPoolExecutor(1, "handing in") as worker:
        while True:
            try:
                group = next(groups, None)
            except BaseException:
                if handed_in is not None:
                    yield from _told(handed_in)
                raise
            if handed_in is not None:
                yield from _told(handed_in)
            if group is None:
                return
            signed = [item.received for item in group if isinstance(item, _Signed)]
            handed_in = _HandedIn(group, worker.submit(intake.declare, signed))


@dataclass(frozen=True, slots=True)
class _Signed:
    """A declaration that is signed and not handed in yet."""

    source: DocumentFile
    wrapped: Path
    received: Received
    why: str


class _HandedIn(NamedTuple):
    """A group, and what becomes of the declarations in it."""

    group: Sequence[_Signed | Rejected | LeftOut]
    outcomes: Future[Sequence[Stored | LedgerError]]


def _signed_groups(
    sources: Sequence[DocumentFile], signer: _Signer, most: int
) -> Iterator[list[_Signed | Rejected | LeftOut]]:
    group: list[_Signed | Rejected | LeftOut] = []
    begun = time.monotonic()
    for source in sources:
        group.append(signer.sign(source))
        if len(group) == most or time.monotonic() - begun >= _GROUP_SECONDS:
            yield group
            group, begun = [], time.monotonic()
    if group:
        yield group


class _Signer:
    """Wraps and signs one file after the other; knows what those before became."""

    def __init__(
        self, folder: Path, key: SigningKey, origin: Origin, seed: Callable[[], bytes], files: FileMap | None
    ) -> None:
        self._folder = folder
        self._key = key
        self._party = key.signer(origin)
        self._origin = origin
        self._seed = seed
        self._files = files
        self._ids: dict[str, DeclarationId] = {}
        self._there: dict[str, frozenset[str]] = {}

    def sign(self, source: DocumentFile) -> _Signed | Rejected | LeftOut:
        try:
            data = _read(source)
            own = own_file(data)
            if own and source.is_found:
                return LeftOut(source.name, own)
            if own and data.startswith(b"ledger/"):
                raise Malformed(f"is {own}: name the document itself", source.name)
            path = self._folder / ((source.copy or source.name) + WRAPPED)
            wrapped = _earlier(source, path, data) if self._is_there(path) else None
            if wrapped is None:
                self._check_not_lost(source, path)
            before = self._before(source, wrapped)
            kind, why = _type_of(source, data, before)
            replaces = self._replaced(source, before)
            if wrapped is None:
                wrapped = _wrap(source, path, data, self._seed())
        except (DefiniteNo, Unavailable) as error:
            return Rejected(source, error)
        declaration = Declaration(self._party, wrapped.digest, kind, replaces)
        id_ = declaration.id(self._origin)
        self._ids[source.name] = id_
        return _Signed(source, path, Received(id_, declaration, self._key.sign(id_)), why)

    def _is_there(self, path: Path) -> bool:
        """Whether something was at this path when its folder was first looked at; cheaper than to try to open it."""
        folder = str(path.parent)
        if folder not in self._there:
            try:
                self._there[folder] = frozenset(os.listdir(folder))  # noqa: PTH208 - names, not paths
            except (FileNotFoundError, NotADirectoryError):
                self._there[folder] = frozenset()
            except OSError as error:
                raise Malformed(f"cannot be read: {error.strerror}; choose another output folder", folder) from None
        return path.name in self._there[folder]

    def _check_not_lost(self, source: DocumentFile, path: Path) -> None:
        """Refuse to declare a file a second time only because its seed is gone: the map would forget the first."""
        known = None if self._files is None else self._files.get(source.name)
        if known is None or source.replaces_file is not None or source.replaces != NO_DECLARATION:
            return
        if known.party == self._party and self._folder / known.wrapped == path:
            id_ = hex_text(known.id)
            raise Malformed(
                f"was declared before, by {id_}, and {path} is missing, which alone holds the seed: put it back from a "
                f"copy. If it is lost, declare the file as one that replaces the first: --replaces {id_}",
                source.name,
            )

    def _before(self, source: DocumentFile, wrapped: Wrapped | None) -> MappedFile | None:
        """What these bytes were declared as before, under this name and by this party."""
        known = None if self._files is None else self._files.get(source.name)
        if known is None or wrapped is None or (known.digest, known.party) != (wrapped.digest, self._party):
            return None
        return known

    def _replaced(self, source: DocumentFile, before: MappedFile | None) -> DeclarationId:
        """What the declaration replaces: as stated, else as before."""
        name = source.replaces_file
        if name is None:
            return before.replaces if before is not None and source.replaces == NO_DECLARATION else source.replaces
        known = None if self._files is None else self._files.get(name)
        found = self._ids.get(name) or (None if known is None else known.id)
        if found is None:
            raise Malformed(f'replaces "{name}", which is not declared', source.name)
        return found


def _type_of(source: DocumentFile, data: bytes, before: MappedFile | None) -> tuple[int, str]:
    """The type of a document and who says it: somebody, an earlier run, or its content."""
    if before is not None and source.document_type not in (None, before.document_type):
        raise Malformed(
            f"is declared as {before.document_type} {type_in_words(before.document_type)} already, by "
            f"{hex_text(before.id)}: withdraw that, and declare it into another output folder",
            source.name,
        )
    if before is not None:
        return before.document_type, source.why if source.document_type is not None else "as before"
    seen = recognise(data)
    what = one_line(seen.what)[:_WORDS]
    if source.document_type is None:
        if seen.document_type is None:
            raise Malformed(
                f"is of unknown type ({what}): give --type, or a line for it in a --type-from table", source.name
            )
        return seen.document_type, what
    if seen.document_type in (None, source.document_type):
        return source.document_type, source.why
    return source.document_type, f"{source.why}; its content says {seen.document_type} ({what})"


def _told(handed_in: _HandedIn) -> Iterator[Declared | Rejected | LeftOut]:
    """Wait until a group is taken in, and say what became of each file."""
    outcomes = iter(handed_in.outcomes.result())
    for item in handed_in.group:
        if isinstance(item, Rejected | LeftOut):
            yield item
            continue
        outcome, (id_, declaration, _) = next(outcomes), item.received
        if isinstance(outcome, Stored):
            yield Declared(item.source, item.wrapped, declaration, id_, outcome.is_new, item.why)
        else:
            yield Rejected(item.source, outcome)


def _read(source: DocumentFile) -> bytes:
    try:
        return source.path.read_bytes()
    except OSError as error:
        raise Malformed(f"cannot be read: {error.strerror}", source.name) from None


def _earlier(source: DocumentFile, path: Path, data: bytes) -> Wrapped | None:
    """The wrapped document of an earlier run; None if there is none."""
    try:
        wrapped = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Malformed(
            f"cannot be read: {error.strerror}; move it away, or choose another output folder", str(path)
        ) from None
    try:
        known = read_wrapped(wrapped)
    except Malformed as error:
        raise Malformed(
            f"cannot be read as a wrapped document: {error}; move it away, or choose another output folder", str(path)
        ) from None
    if known.data != data:
        raise Malformed(
            f"is not what was declared under this name, which {path} holds: give it another name, or choose another "
            "output folder; --replaces says that it replaces the other", source.name,
        )  # fmt: skip
    if source.format not in (None, known.format):
        raise Malformed(f"{path} holds it as {known.format}: choose another output folder", source.name)
    return known


def _wrapped(source: DocumentFile, data: bytes, seed: bytes) -> Wrapped:
    try:
        return wrap_as(data, source.name, source.format, seed)
    except Malformed:
        is_guess = source.is_found and source.format is None and sniff(b"", source.name) is Format.OPAQUE
        if not is_guess or sniff(data, source.name) is Format.OPAQUE:
            raise
        return wrap_as(data, source.name, Format.OPAQUE, seed)


def _wrap(source: DocumentFile, path: Path, data: bytes, seed: bytes) -> Wrapped:
    """Wrap a file for the first time. Of two runs at once, the one that comes first keeps its seed."""
    wrapped = _wrapped(source, data, seed)
    try:
        if keep_new_file(path, wrapped.to_bytes()):
            return wrapped
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}", source=Source.DISK) from None
    other = _earlier(source, path, data)
    if other is None:
        raise Unavailable(f"{path} is written by somebody else: try again", source=Source.DISK)
    return other
