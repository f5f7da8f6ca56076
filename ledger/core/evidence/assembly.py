"""Assembly: the evidence of a declaration, gathered from a replayed history."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ledger.core.checkpoints.note import SignedNote
from ledger.core.document import Redacted
from ledger.core.encoding.ids import SubjectKey
from ledger.core.evidence.closure import subjects_about
from ledger.core.evidence.evidence import Evidence, ProvenEntry
from ledger.core.evidence.inclusion import Inclusion, sets_about
from ledger.core.history.history import History
from ledger.core.history.subjects import subject_key
from ledger.core.statements.declaration import Declaration
from ledger.core.tree.subject_index import IndexProof


def assemble(
    history: History,
    note: SignedNote,
    declaration: Declaration,
    signature: bytes,
    inclusions: Sequence[Inclusion],
    prove: Callable[[int], ProvenEntry],
    prove_index: Callable[[Sequence[SubjectKey]], IndexProof],
    document: Redacted | None = None,
) -> Evidence:
    """Gather the evidence of a declaration from a replayed history.

    The newest entry of the checkpoint dates the evidence. It is carried whatever it is about; a verifier does not judge
    it by what it says of others.

    ``inclusions``: that in its batch first; ``note`` is a checkpoint of this history: what was written
    after it is left out; ``prove`` gives an entry by number with its path in that checkpoint, and ``prove_index`` the
    lists of some subjects, by their ascending keys, with their proof. ValueError where the checkpoint has more entries
    than the history.
    """
    origin, id_, size = history.origin, declaration.id(history.origin), note.checkpoint.size
    if not 0 < size <= history.size:
        raise ValueError("the checkpoint is of another size than the history")
    known = sets_about(id_, inclusions)
    attested, revoked = [], []
    for attestation_id in history.attestations_of(known):
        recorded = history.attestations[attestation_id]
        if recorded.entry.number < size:
            attested.append((attestation_id, recorded.attested))
            ended = history.revocations_of(attestation_id, id_)
            revoked += [item.revoked for item in ended if item.entry.number < size]
    index = prove_index(sorted(map(subject_key, subjects_about(id_, known, attested, revoked))))
    proven = tuple(map(prove, sorted({size - 1}.union(*index.lists))))
    return Evidence(origin, declaration, signature, tuple(inclusions), proven, index, note, document)
