"""Intact? The checks that the document, its place, the checkpoint and the entries fit together, bit by bit.

docs/evidence-format.md, checks 1 to 9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ledger.core.evidence.inclusion import Place
from ledger.core.tree.merkle import leaf_hash, verify_inclusion
from ledger.core.verification.context import Run
from ledger.core.verification.verdict import Question, Status, when
from ledger.errors import VerificationFailed


class Opened(Protocol):
    """An opened document, wrapped or redacted: its digest, and by path the leaf hash of each field it shows."""

    @property
    def digest(self) -> bytes: ...

    @property
    def leaf_hashes(self) -> Mapping[str, bytes]: ...


def check_intact(run: Run, document: Opened | None) -> None:
    """All checks of the first question; ``document`` is the one given beside the evidence."""
    disclosed = _disclosure(run)
    _document(run, document, disclosed)
    _places(run)
    _origin(run)
    _checkpoint(run)
    _witnesses(run)
    _entries(run)
    _anchor(run)


def _disclosure(run: Run) -> frozenset[bytes]:
    """The leaf hashes of all fields of the declared document, by the evidence; empty where it does not list them."""
    shown = run.evidence.document
    if shown is None:
        return frozenset()
    count = len(shown.fields) + len(shown.hidden)
    if shown.digest == run.evidence.declaration.digest:
        words = f"the evidence discloses {len(shown.fields)} of {count} fields of the declared document"
        run.add("disclosure", Question.INTACT, Status.VALID, words)
        return frozenset([*shown.leaf_hashes.values(), *shown.hidden])
    words = f"the evidence discloses another document than the one declared: its digest is 0x{shown.digest.hex()}"
    run.add("disclosure", Question.INTACT, Status.INVALID, words)
    return frozenset()


def _document(run: Run, given: Opened | None, disclosed: frozenset[bytes]) -> None:
    digest, shown = run.evidence.declaration.digest, run.evidence.document
    document = given or (shown if shown is not None and shown.fields else None)
    if document is None:
        run.add("document", Question.INTACT, Status.SKIPPED, "no document given: only its digest is proven")
        return
    if document.digest == digest:
        words = f"the document has the declared digest 0x{digest.hex()}"
        run.add("document", Question.INTACT, Status.VALID, words)
        return
    words = f"the document is not the one declared: its digest is 0x{document.digest.hex()}"
    if disclosed:
        changed = [path for path, hash_ in document.leaf_hashes.items() if hash_ not in disclosed]
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        words += (
            f"; changed: {', '.join(path or 'the content' for path in changed[:3])}{more}"
            if changed
            else "; every field shown is as declared, so a field was removed or added"
        )
    run.add("document", Question.INTACT, Status.INVALID, words)


def _places(run: Run) -> None:
    batch, *sets = run.evidence.places
    words = f"number {batch.index} of {batch.size} declarations under batch root 0x{batch.root.hex()}"
    run.attempt("batch", Question.INTACT, words, lambda: _check_places(run, [batch]))
    if sets:
        words = f"and in {len(sets)} more attested set{'s' if len(sets) > 1 else ''}"
        run.attempt("sets", Question.INTACT, words, lambda: _check_places(run, sets))


def _check_places(run: Run, places: Sequence[Place]) -> None:
    for place in places:
        verify_place(run.id, place)


def verify_place(id_: bytes, place: Place) -> None:
    """Check the proof that a declaration stands in a batch or set; VerificationFailed where it does not hold."""
    verify_inclusion(leaf_hash(id_), place.index, place.size, place.proof, place.root)


def _origin(run: Run) -> None:
    ours, noted = run.evidence.origin, run.evidence.checkpoint.checkpoint.origin
    believed = run.trust.origin if run.trust else run.history.origin if run.history else None
    if noted != ours:
        words = f"the checkpoint is of another history: {noted}"
        run.add("origin", Question.INTACT, Status.INVALID, words)
    elif believed is None:
        words = "no trust root given and no chain asked: nothing says whether this history is real"
        run.add("origin", Question.INTACT, Status.ERROR, words)
    elif believed != ours:
        words = f"evidence of {ours}, but {believed} is trusted"
        run.add("origin", Question.INTACT, Status.INVALID, words)
    else:
        run.add("origin", Question.INTACT, Status.VALID, f"history {ours}")


def _checkpoint(run: Run) -> None:
    note, history = run.evidence.checkpoint, run.history
    size, root = note.checkpoint.size, note.checkpoint.root
    if run.trust is not None:
        key = run.trust.log_key
        words = f"the history of {size} entries is signed by {key.name} (key {key.id.hex()})"
        run.attempt("checkpoint", Question.INTACT, words, lambda: note.verify(key))
    if history is None:
        return
    words = f"the chain's first {size} entries have the checkpoint's root"
    if size > history.size:
        words = f"the checkpoint has {size} entries, the chain has {history.size}"
    elif history.log.root(size) != root:
        words = f"the chain's first {size} entries have another root than the checkpoint"
    else:
        run.add("checkpoint on chain", Question.INTACT, Status.VALID, words)
        return
    run.add("checkpoint on chain", Question.INTACT, Status.INVALID, words)


def _witnesses(run: Run) -> None:
    """Count distinct witnesses of the trust root; ``cosigned`` keeps the latest times of as many as are demanded."""
    known, threshold = (run.trust.witnesses, run.trust.threshold) if run.trust else ((), 0)
    demanded = max(threshold, run.policy.witnesses or 0)
    if demanded == 0:
        return
    note = run.evidence.checkpoint
    times: list[int] = []
    try:
        for key in known:
            if note.names(key):
                times.append(note.cosigned_at(key))
    except VerificationFailed as error:
        run.add("witnesses", Question.INTACT, Status.INVALID, str(error))
        return
    words = f"cosigned by {len(times)} of {len(known)} known witnesses; {demanded} are demanded"
    if len(times) < demanded:
        run.add("witnesses", Question.INTACT, Status.INVALID, words)
        return
    run.cosigned = tuple(sorted(times, reverse=True)[:demanded])
    words += f", and as many had cosigned at {when(run.cosigned[-1])}"
    run.add("witnesses", Question.INTACT, Status.VALID, words)


def _entries(run: Run) -> None:
    note = run.evidence.checkpoint.checkpoint
    wrong = []
    for item in run.evidence.entries:
        try:
            verify_inclusion(item.entry.hash, item.entry.number, note.size, item.proof, note.root)
        except VerificationFailed as error:
            wrong.append(f"entry {item.entry.number}: {error}")
    if wrong:
        run.add("entries", Question.INTACT, Status.INVALID, "; ".join(wrong[:3]))
    else:
        words = f"all {len(run.evidence.entries)} entries shown are in the checkpoint"
        run.add("entries", Question.INTACT, Status.VALID, words)


def _anchor(run: Run) -> None:
    batch = run.evidence.places[0]
    marks = run.facts.anchors(batch.root, batch.size)
    if not marks:
        words, status = "no entry anchors this batch root and size", Status.INVALID
    elif marks[0].time > run.at:
        words = f"anchored by entry {marks[0].number} only at {when(marks[0].time)}"
        status = Status.INVALID
    else:
        words, status = f"anchored by entry {marks[0].number} at {when(marks[0].time)}", Status.VALID
    run.add("anchor", Question.INTACT, status, words)
