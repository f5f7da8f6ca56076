"""Declare: wrap files, sign their declarations, hand them in; resumed after interruption, never doubled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from ledger.core.document import DEFAULT_LIMITS, Format, Wrapped, read_wrapped, sniff, wrap
from ledger.core.encoding.ids import DeclarationId
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.origin import Origin
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import Store
from ledger.errors import DefiniteNo, LedgerError, Malformed, Source, Unavailable
from ledger.journeys.receive import Received, Stored

WRAPPED = ".wrapped"
GROUP = 100  # files stored in one commit
_GROUP_SECONDS = 1.0  # how long the first file of a group waits for the others


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A file to declare, its name relative to what was asked for, and its document type (UNCL 1001).

    ``format``: how its bytes become fields; None for what its name or its first character says.
    """

    path: Path
    name: str
    document_type: int
    replaces: DeclarationId = NO_DECLARATION
    format: Format | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """A file that is declared: where its wrapped copy lies, and whether this run did it."""

    source: DocumentFile
    wrapped: Path
    declaration: Declaration
    id: DeclarationId
    is_new: bool


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
    sources: Sequence[DocumentFile], folder: Path, key: SigningKey, intake: Intake, seed: Callable[[], bytes]
) -> Iterator[Declared | Rejected]:
    """Wrap each file into ``folder``, sign its declaration and hand it in; yields in the order of ``sources``.

    Many declarations are handed in at once, and while they are, the next ones are wrapped and signed. What is yielded
    as Declared is durable. A wrapped copy that exists already and holds the same bytes is used again with its seed, so
    an interrupted run that is started again makes the same declarations, and those that are known stay as they are.

    :param seed: gives 32 random bytes.
    :raises Unavailable: nothing can be taken in any more; what was yielded stays.
    """
    groups = _signed_groups(sources, folder, key, intake, seed)
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


class _HandedIn(NamedTuple):
    """A group, and what becomes of the declarations in it."""

    group: Sequence[_Signed | Rejected]
    outcomes: Future[Sequence[Stored | LedgerError]]


def _signed_groups(
    sources: Sequence[DocumentFile], folder: Path, key: SigningKey, intake: Intake, seed: Callable[[], bytes]
) -> Iterator[list[_Signed | Rejected]]:
    group: list[_Signed | Rejected] = []
    origin, most, begun = intake.origin, intake.group, time.monotonic()
    for source in sources:
        group.append(_sign(source, folder, key, origin, seed))
        if len(group) == most or time.monotonic() - begun >= _GROUP_SECONDS:
            yield group
            group, begun = [], time.monotonic()
    if group:
        yield group


def _sign(
    source: DocumentFile, folder: Path, key: SigningKey, origin: Origin, seed: Callable[[], bytes]
) -> _Signed | Rejected:
    try:
        wrapped, path = _wrapped(source, folder, seed)
    except (DefiniteNo, Unavailable) as error:
        return Rejected(source, error)
    declaration = Declaration(key.signer(origin), wrapped.digest, source.document_type, source.replaces)
    id_ = declaration.id(origin)
    return _Signed(source, path, Received(id_, declaration, key.sign(id_)))


def _told(handed_in: _HandedIn) -> Iterator[Declared | Rejected]:
    """Wait until a group is taken in, and say what became of each file."""
    outcomes = iter(handed_in.outcomes.result())
    for item in handed_in.group:
        if isinstance(item, Rejected):
            yield item
            continue
        outcome, (id_, declaration, _) = next(outcomes), item.received
        if isinstance(outcome, Stored):
            yield Declared(item.source, item.wrapped, declaration, id_, outcome.is_new)
        else:
            yield Rejected(item.source, outcome)


def _read_earlier(path: Path) -> Wrapped | None:
    """The wrapped document of an earlier run; None if there is none."""
    try:
        return read_wrapped(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Malformed(
            f"cannot be read: {error.strerror}; move it away, or choose another output folder", str(path)
        ) from None
    except Malformed as error:
        raise Malformed(
            f"cannot be read as a wrapped document: {error}; move it away, or choose another output folder", str(path)
        ) from None


def _wrapped(source: DocumentFile, folder: Path, seed: Callable[[], bytes]) -> tuple[Wrapped, Path]:
    try:
        data = source.path.read_bytes()
    except OSError as error:
        raise Malformed(f"cannot be read: {error.strerror}", source.name) from None
    path = folder / (source.name + WRAPPED)
    if (known := _read_earlier(path)) is not None:
        if known.data == data and source.format in (None, known.format):
            return known, path
        if known.data == data:
            raise Malformed(f"{path} holds it as {known.format}: choose another output folder", source.name)
        raise Malformed(f"{path} holds another document of this name: choose another output folder", source.name)
    wrapped = wrap_as(data, source.name, source.format, seed())
    try:
        # Renamed into place, so that an interruption leaves no half-written copy.
        part = path.with_name(path.name + ".part")
        try:
            part.write_bytes(wrapped.to_bytes())
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(wrapped.to_bytes())
        part.replace(path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}", source=Source.DISK) from None
    return wrapped, path
