"""Declare: wrap files, sign their declarations, keep them in the store; resumed after interruption, never doubled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.core.document import DEFAULT_LIMITS, Format, Wrapped, read_wrapped, sniff, wrap
from ledger.core.encoding.ids import DeclarationId
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.origin import Origin
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import Store
from ledger.errors import DefiniteNo, LedgerError, Malformed, Source, Unavailable

WRAPPED = ".wrapped"
_GROUP, _GROUP_SECONDS = 100, 1.0  # files stored in one commit, and how long the first of them waits for the others


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


def declare_files(
    sources: Sequence[DocumentFile],
    folder: Path,
    key: SigningKey,
    origin: Origin,
    store: Store,
    at: int,
    seed: Callable[[], bytes],
) -> Iterator[Declared | Rejected]:
    """Wrap each file into ``folder``, sign and store its declaration; yields in the order of ``sources``.

    Many declarations are stored in one commit. What is yielded is on disk. A wrapped copy that exists already and holds
    the same bytes is used again with its seed, so an interrupted run that is started again makes the same declarations,
    and the store knows those that it has.

    :param at: time now, seconds since 1970. ``seed``: gives 32 random bytes.
    """
    group: list[_Signed | Rejected] = []
    stored_at = time.monotonic()
    for source in sources:
        group.append(_sign(source, folder, key, origin, seed))
        if len(group) == _GROUP or time.monotonic() - stored_at >= _GROUP_SECONDS:
            yield from _store(group, origin, store, at)
            group, stored_at = [], time.monotonic()
    yield from _store(group, origin, store, at)


@dataclass(frozen=True, slots=True)
class _Signed:
    """A declaration that is signed and not stored yet."""

    source: DocumentFile
    wrapped: Path
    declaration: Declaration
    signature: bytes


def _sign(
    source: DocumentFile, folder: Path, key: SigningKey, origin: Origin, seed: Callable[[], bytes]
) -> _Signed | Rejected:
    try:
        wrapped, path = _wrapped(source, folder, seed)
    except (DefiniteNo, Unavailable) as error:
        return Rejected(source, error)
    declaration = Declaration(key.signer(origin), wrapped.digest, source.document_type, source.replaces)
    return _Signed(source, path, declaration, key.sign(declaration.id(origin)))


def _store(group: Sequence[_Signed | Rejected], origin: Origin, store: Store, at: int) -> Iterator[Declared | Rejected]:
    """Store the declarations of a group in one commit."""
    signed = [(item.declaration, item.signature) for item in group if isinstance(item, _Signed)]
    stored = iter(store.declarations.add(signed, origin, at) if signed else ())
    for item in group:
        if isinstance(item, Rejected):
            yield item
        else:
            id_, is_new = next(stored)
            yield Declared(item.source, item.wrapped, item.declaration, id_, is_new)


def _read_earlier(path: Path) -> Wrapped:
    """The wrapped document of an earlier run."""
    try:
        return read_wrapped(path.read_bytes())
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
    if path.exists():
        known = _read_earlier(path)
        if known.data == data and source.format in (None, known.format):
            return known, path
        if known.data == data:
            raise Malformed(f"{path} holds it as {known.format}: choose another output folder", source.name)
        raise Malformed(f"{path} holds another document of this name: choose another output folder", source.name)
    wrapped = wrap_as(data, source.name, source.format, seed())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Renamed into place, so that an interruption leaves no half-written copy.
        part = path.with_name(path.name + ".part")
        part.write_bytes(wrapped.to_bytes())
        part.replace(path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}", source=Source.DISK) from None
    return wrapped, path
