"""Mirror: copy a log as files. Only its checkpoint is believed, and only if the trust root accepts it.

Only entries are fetched; tiles are computed here, which would be needed to check fetched ones anyway, and so are the
pages of the index of subjects. New files are moved into the folder when all entries together lead to the root and the
index of the checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import SignedNote
from ledger.core.checkpoints.trust import Cosignature, TrustRoot
from ledger.core.checkpoints.trust_folder import TrustRoots, trust_root_of
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Entry
from ledger.core.statements.origin import Origin
from ledger.core.tree.index_difference import IndexAt
from ledger.core.tree.index_files import PageName, page_file
from ledger.core.tree.merkle import leaf_hash
from ledger.core.tree.tile_files import MAX_ENTRY, TileName, TileStream, read_bundle
from ledger.core.tree.tiles import TILE_WIDTH
from ledger.edges.mirror_folder import MirrorFolder
from ledger.edges.published_log import CHECKPOINT, TIMEOUT_SECONDS, PublishedLog
from ledger.edges.replay_index import ReplayIndex
from ledger.edges.web import Web
from ledger.errors import HistoryBroken, Malformed, Source, VerificationFailed
from ledger.journeys.index_difference import other_index
from ledger.journeys.progress import Progress, no_progress

INDEX = "index"
MAX_BUNDLE = TILE_WIDTH * (MAX_ENTRY + 2)


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The checkpoint that the folder has now, who cosigned it, and how many entries are new."""

    note: SignedNote
    cosigned: tuple[Cosignature, ...]
    new: int


def mirror_log(
    url: str,
    folder: Path,
    trust: TrustRoot | TrustRoots,
    progress: Progress = no_progress,
    *,
    with_index: bool = True,
    proxy: str | None = None,
) -> Mirrored:
    """Bring ``folder`` up to the newest checkpoint of the log that is served at ``url``; see ``Mirror.run``.

    ``proxy``: address of the proxy to ask through; None: none.
    """
    return Mirror(Web(url, TIMEOUT_SECONDS, Source.LOG, proxy), MirrorFolder(folder), trust, with_index).run(progress)


class Mirror:
    """One log, served at ``web``, and one folder. Of several trust roots, that of the log's history counts.

    ``with_index``: write the pages of the index, too.
    """

    def __init__(self, web: Web, folder: MirrorFolder, trust: TrustRoot | TrustRoots, with_index: bool = True) -> None:
        self._web = web
        self._log = PublishedLog(web)
        self._folder = folder
        self._trust = trust
        self._with_index = with_index

    def run(self, progress: Progress = no_progress) -> Mirrored:
        """Bring the folder up to the log's newest checkpoint. If a run is interrupted, the next one goes on.

        All entries are hashed again, also those that were there before. ``progress`` gets entries read and in all.

        :raises Unavailable: the log does not answer or has published nothing, or a file cannot be written.
        :raises VerificationFailed: the trust root refuses the checkpoint, or the entries are none or do not lead to its
            root; then nothing new is kept.
        :raises HistoryBroken: the folder mirrors another log, or the log shows fewer or other entries than were
            mirrored, or signed another index than these entries have: with both roots, and the first subject that
            differs if the log shows the pages of its index.
        """
        note = self._log.checkpoint()
        trust = trust_root_of(self._trust, note.checkpoint.origin)
        cosigned = trust.verify(note)
        checkpoint, before = note.checkpoint, self._mirrored(trust.origin)
        if before is not None and checkpoint.size < before.size:
            raise HistoryBroken(
                "the log has fewer entries than were mirrored before",
                expected=f"{before.size} or more",
                found=checkpoint.size,
            )
        try:
            with ReplayIndex(checkpoint.origin) as subjects:
                self._copy(checkpoint, before, subjects, progress)
        except (VerificationFailed, HistoryBroken):
            self._folder.discard()
            raise
        self._folder.settle()
        self._folder.finish(CHECKPOINT, str(note).encode())
        self._folder.keep_only(INDEX, str(checkpoint.size) if self._with_index else None)
        return Mirrored(note, cosigned, checkpoint.size - (0 if before is None else before.size))

    def _mirrored(self, origin: Origin) -> Checkpoint | None:
        """The checkpoint that was mirrored before."""
        data = self._folder.read(CHECKPOINT)
        if data is None:
            return None
        checkpoint = SignedNote.parse(data.decode("utf-8", "replace")).checkpoint
        if checkpoint.origin != origin:
            raise HistoryBroken("the folder mirrors another log", expected=origin, found=checkpoint.origin)
        return checkpoint

    def _copy(
        self, checkpoint: Checkpoint, before: Checkpoint | None, subjects: ReplayIndex, progress: Progress
    ) -> None:
        stream, size = TileStream(), checkpoint.size
        wrong: VerificationFailed | HistoryBroken | None = None  # of an entry, if it is the log's at all
        for index in range((size + TILE_WIDTH - 1) // TILE_WIDTH):
            for data in self._entries(TileName(None, index, min(TILE_WIDTH, size - index * TILE_WIDTH))):
                try:
                    if wrong is None:
                        subjects.take(_read(data, stream.size, checkpoint.origin))
                except (VerificationFailed, HistoryBroken) as error:
                    wrong = error
                stream.append(leaf_hash(data))
                if before is not None and stream.size == before.size and stream.root() != before.root:
                    raise HistoryBroken(
                        f"the first {before.size} entries are not those that were mirrored, or a file here was changed",
                        expected=hex_text(before.root), found=hex_text(stream.root()),
                    )  # fmt: skip
            for name, data in stream.full():
                self._folder.put(str(name), data)
            progress(stream.size, size)
        for name, data in stream.partial():
            self._folder.put(str(name), data)
        if stream.root() != checkpoint.root:
            raise VerificationFailed(f"the {size} entries do not lead to the checkpoint's root, or a file was changed")
        if wrong is not None:
            raise wrong
        root = subjects.root(checkpoint.root)
        if root != checkpoint.index:
            ours = IndexAt(subjects.pages, size, root)
            shown = [self._log.pages()]
            raise other_index(ours, checkpoint.index, shown, checkpoint.origin, lambda at: self._entry(at, size))
        if self._with_index:
            self._write_pages(subjects, size)

    def _write_pages(self, subjects: ReplayIndex, size: int) -> None:
        """Stage the pages of the index, unless the folder has these very pages."""

        def files() -> Iterator[tuple[str, bytes]]:
            for prefix, page in subjects.each_page():
                data = page_file(page)
                if data is not None:
                    yield str(PageName(size, prefix)), data

        folder = f"{INDEX}/{size}"
        if not self._folder.holds(folder, files()):
            self._folder.put_folder(folder, files())

    def _entry(self, number: int, size: int) -> Entry:
        """An entry that was copied."""
        index = number // TILE_WIDTH
        bundle = self._entries(TileName(None, index, min(TILE_WIDTH, size - index * TILE_WIDTH)))
        return Entry.from_data(bundle[number % TILE_WIDTH])

    def _entries(self, name: TileName) -> list[bytes]:
        """The entries of a bundle; it is fetched if it is not there."""
        data = self._folder.read(str(name))
        if data is None:
            data = self._web.fetch(f"/{name}", MAX_BUNDLE)
            self._folder.put(str(name), data)
        try:
            entries = read_bundle(data)
        except Malformed as error:
            raise VerificationFailed(f"{name}: {error}") from None
        if len(entries) != name.width:
            raise VerificationFailed(f"{name} holds {len(entries)} entries")
        return entries


def _read(data: bytes, number: int, origin: Origin) -> Entry:
    """The entry of this number in the log; what it says is read, too."""
    try:
        entry = Entry.from_data(data)
        assert entry.content
    except Malformed as error:
        raise VerificationFailed(f"entry {number} of the log is none: {error}") from None
    if entry.number != number:
        raise VerificationFailed(f"entry {number} of the log says that it has the number {entry.number}")
    entry.check_beginning(origin)
    return entry
