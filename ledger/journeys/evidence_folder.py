"""Evidence of all files that a map knows: one file each, made side by side where a server is asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from ledger.core.document import Redacted, Wrapped, disclose, open_document
from ledger.core.document.file_names import WRAPPED
from ledger.core.encoding.ids import DeclarationId, Digest
from ledger.core.evidence.evidence import Evidence
from ledger.edges.whole_file import replace_file
from ledger.errors import DefiniteNo, LedgerError, Malformed, NotAnchoredYet, Source, Unavailable
from ledger.journeys.file_map import MappedFile
from ledger.journeys.verify_folder import EVIDENCE

_FAILURES = 5  # one after the other, until nobody is asked any more

Make = Callable[[DeclarationId, Redacted | None, Digest], Evidence]
"""Makes the evidence of one declaration, with what is shown of its document, whose digest this is."""


@dataclass(frozen=True, slots=True)
class MadeEvidence:
    """The evidence of one file, and where it was written; or why there is none.

    ``entries``: how many entries it shows. ``checkpoint_size``: entries of the history that its checkpoint covers.
    ``without_document``: why it has less of the wrapped document than was asked for; empty if it has all of it.
    """

    file: MappedFile
    path: Path
    entries: int = 0
    checkpoint_size: int = 0
    error: LedgerError | None = None
    without_document: str = ""


def make_evidence(
    files: Sequence[MappedFile],
    declared: Path,
    output: Path,
    makers: Sequence[Make],
    show: Callable[[Wrapped | Redacted], Redacted],
) -> Iterator[MadeEvidence]:
    """Write the evidence of each file into ``output``, in the order of ``files``; what is written is whole.

    :param declared: the folder with the wrapped documents.
    :param show: what is shown of a document that is opened, e.g. nothing but the salted hashes of its fields.
    :param makers: as many are made at once as there are of these; each makes one at a time.
    :raises Unavailable: several in a row were not to be had: nobody answered, or they wait for their batch and each
        makes a server wait; what was yielded is written.
    """

    idle: SimpleQueue[Make] = SimpleQueue()
    for make in makers:
        idle.put(make)

    def one(file: MappedFile) -> MadeEvidence:
        path = output / (file.wrapped.removesuffix(WRAPPED) + EVIDENCE)
        try:
            shown, lacks = _shown(declared / file.wrapped, show)
            maker = idle.get()
            try:
                made = maker(file.id, shown, file.digest)
            finally:
                idle.put(maker)
            replace_file(path, made.to_bytes(), is_made_again=True)
            return MadeEvidence(file, path, len(made.entries), made.checkpoint.checkpoint.size, None, lacks)
        except (DefiniteNo, Unavailable) as error:
            return MadeEvidence(file, path, error=error)

    failed = 0
    with ThreadPoolExecutor(len(makers), "evidence") as pool:
        waiting: deque[Future[MadeEvidence]] = deque()
        left = iter(files)
        for file in left:
            waiting.append(pool.submit(one, file))
            if len(waiting) >= 2 * len(makers):
                break
        while waiting:
            done = waiting.popleft().result()
            failed = failed + 1 if isinstance(done.error, Unavailable | NotAnchoredYet) else 0
            is_waiting = isinstance(done.error, NotAnchoredYet)
            if failed >= _FAILURES and done.error is not None and not (is_waiting and len(makers) == 1):
                for item in waiting:
                    item.cancel()
                raise done.error if not is_waiting else Unavailable(f"{done.error}", source=Source.LOG)
            yield done
            following = next(left, None)
            if following is not None:
                waiting.append(pool.submit(one, following))


def _shown(path: Path, show: Callable[[Wrapped | Redacted], Redacted]) -> tuple[Redacted | None, str]:
    try:
        opened = open_document(path.read_bytes())
    except OSError as error:
        return None, f"{path} cannot be read: {error.strerror}"
    except Malformed as error:
        return None, f"{path} cannot be read as a wrapped document: {error}"
    try:
        return show(opened), ""
    except Malformed as error:  # such as a pattern that matches nothing in this one
        return disclose(opened, []), f"nothing of it is disclosed: {error}"
