"""Intact? The checks that document, inclusions, checkpoint and entries fit together, bit by bit.

Steps 1 to 9 of docs/evidence-format.md; each function is one step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ledger.core.checkpoints.log_keys import LogKeyEnded
from ledger.core.checkpoints.trust import Cosignature, TrustRoot
from ledger.core.document import Plain, Redacted
from ledger.core.document.plain import Match, compare
from ledger.core.encoding.ids import Digest
from ledger.core.encoding.limits import Format
from ledger.core.evidence.inclusion import Inclusion
from ledger.core.history.subjects import subject_key
from ledger.core.tree.merkle import leaf_hash, verify_inclusion
from ledger.core.verification.cache import VerificationCache
from ledger.core.verification.context import Verification
from ledger.core.verification.verdict import Status
from ledger.core.verification.wording import Param
from ledger.errors import VerificationFailed

_NAMED = 3  # changed fields, or wrong entries, that a check names


class Opened(Protocol):
    """An opened document, wrapped or redacted: its digest, and by path the hash of each field it shows."""

    @property
    def format(self) -> Format: ...

    @property
    def digest(self) -> Digest: ...

    @property
    def hidden(self) -> tuple[bytes, ...]: ...

    @property
    def field_hashes(self) -> Mapping[str, bytes]: ...


@dataclass(frozen=True, slots=True)
class Pages:
    """The PDF that carries the evidence. ``original``: what it was before, where its seed says that it was declared."""

    original: Opened | None


def check_disclosure(verification: Verification) -> frozenset[bytes]:
    """Step 1. Returns the hashes of all fields of the declared document, none where the evidence lacks them."""
    shown = verification.evidence.document
    if shown is None:
        return frozenset()
    if shown.digest != verification.evidence.declaration.digest:
        verification.add("disclosure.another", digest=shown.digest)
        return frozenset()
    count = len(shown.fields)
    verification.add("disclosure.declared", shown=count, fields=count + len(shown.hidden))
    return frozenset([*shown.field_hashes.values(), *shown.hidden])


def check_document(
    verification: Verification, given: Opened | Plain | None, disclosed: frozenset[bytes]
) -> Opened | None:
    """Step 2. ``given``: the document beside the evidence; ``disclosed``: what step 1 returned.

    Returns the document that shows fields of the declared one: the evidence's where none is given, or a plain one.
    """
    shown = verification.evidence.document
    if isinstance(given, Plain):
        return _check_plain(verification, given, shown if disclosed else None)
    document = given or (shown if shown is not None and shown.fields else None)
    if document is None:
        verification.add("document.not_given")
        return shown if disclosed else None
    elif document.digest == verification.evidence.declaration.digest:
        counts = {"shown": len(document.field_hashes), "hidden": len(document.hidden)}
        verification.add("document.declared", digest=document.digest, **counts)
        return document
    elif not disclosed:
        verification.add("document.another", digest=document.digest)
    elif changed := [path for path, hash_ in document.field_hashes.items() if hash_ not in disclosed]:
        more = len(changed) - _NAMED
        verification.add(
            "document.changed", digest=document.digest, paths=changed[:_NAMED], more=more if more > 0 else None
        )
    else:
        verification.add("document.fields_differ", digest=document.digest)
    return None


def _check_plain(verification: Verification, given: Plain, disclosed: Redacted | None) -> Redacted | None:
    """Step 2 for a plain file. Only what is disclosed is proven: a file that hides more than that is never VALID."""
    if disclosed is None:
        verification.add("document.plain_not_compared")
        return None
    found = compare(disclosed, given)
    counts = {"shown": len(disclosed.fields), "hidden": len(disclosed.hidden)}
    match found.match:
        case Match.SAME:
            verification.add("document.plain_same", **counts)
        case Match.IN_PART:
            verification.add("document.plain_in_part", **counts)
        case Match.NOTHING:
            verification.add("document.plain_not_compared")
        case Match.DIFFERS:
            paths = found.differing
            more = len(paths) - _NAMED
            verification.add(
                "document.plain_differs",
                paths=paths[:_NAMED],
                more=more if more > 0 else None,
                found=found.found,
                declared=found.declared,
            )
            return None
    return disclosed


def check_pages(verification: Verification, pages: Pages | None) -> None:
    """Step 21, where the evidence came in a PDF: whatever document lies beside it, the pages are judged apart."""
    if pages is None:
        return
    if pages.original is None:
        verification.add("pages.not_proven")
    elif pages.original.digest == verification.evidence.declaration.digest:
        verification.add("pages.declared")
    else:
        verification.add("pages.another", digest=pages.original.digest)


def check_batch(verification: Verification) -> None:
    """Step 3."""
    check_inclusion(verification, "batch", verification.evidence.inclusions[0])


def check_sets(verification: Verification) -> None:
    """Step 4."""
    sets = verification.evidence.inclusions[1:]
    if not sets:
        return
    for inclusion in sets:
        if (reason := _failure(verification, inclusion)) is not None:
            verification.add("sets.not_included", **_named(inclusion), reason=reason)
            return
    verification.add("sets.included", count=len(sets))


def check_inclusion(verification: Verification, step: str, inclusion: Inclusion, about: str = "") -> Status:
    """Whether the declaration stands in a batch or set, as the finding of step 3 or 15."""
    reason = _failure(verification, inclusion)
    if reason is None:
        return verification.add(f"{step}.included", about, **_named(inclusion))
    return verification.add(f"{step}.not_included", about, **_named(inclusion), reason=reason)


def _named(inclusion: Inclusion) -> dict[str, Param | bytes]:
    return {"index": inclusion.index, "size": inclusion.size, "root": inclusion.root}


def _failure(verification: Verification, inclusion: Inclusion) -> str | None:
    """Why the proof of an inclusion does not hold; None where it does. The proof of a set is followed once."""
    found, name = verification.inclusions, inclusion.name
    if name not in found:
        verification.budget.spend(hashes=len(inclusion.proof) + 1)
        leaf = leaf_hash(verification.id)
        try:
            verify_inclusion(leaf, inclusion.index, inclusion.size, inclusion.proof, inclusion.root)
        except VerificationFailed as error:
            found[name] = str(error)
        else:
            found[name] = None
    return found[name]


def check_origin(verification: Verification) -> None:
    """Step 5."""
    ours, found = verification.evidence.origin, verification.evidence.checkpoint.checkpoint.origin
    believed = verification.trust or verification.history
    first = next((item.entry.hash for item in verification.evidence.entries if item.entry.number == 0), ours.salt)
    if found != ours:
        verification.add("origin.checkpoint_of_another", origin=str(ours), found=str(found))
    elif verification.elsewhere:
        verification.add("origin.another_trusted", origin=str(ours), trusted=sorted(map(str, verification.elsewhere)))
    elif believed is not None and believed.origin != ours:
        verification.add("origin.another_trusted", origin=str(ours), trusted=[str(believed.origin)])
    elif first != ours.salt:
        verification.add("origin.another_beginning", origin=str(ours), found=first)
    elif believed is None:
        verification.add("origin.nothing_trusted", origin=str(ours))
    else:
        verification.add("origin.trusted", origin=str(ours))


def check_checkpoint(verification: Verification, cache: VerificationCache | None) -> None:
    """Step 6: the log's signature, and where there is a chain, the checkpoint's root and index against it."""
    note = verification.evidence.checkpoint
    if verification.trust is not None:
        trust, size = verification.trust, note.checkpoint.size
        name = str(trust.origin)
        try:
            key = (cache.log_key_of if cache else TrustRoot.log_key_of)(trust, note)
        except LogKeyEnded as error:
            verification.add("checkpoint.key_ended", size=size, name=name, key=error.key.id.hex(), up_to=error.up_to)
        except VerificationFailed:
            counting = [key.id.hex() for key in trust.log_keys_at(size)]
            verification.add("checkpoint.not_signed", name=name, keys=counting)
        else:
            verification.add("checkpoint.signed", size=size, name=name, key=key.id.hex())
    if verification.history is not None:
        size, history = note.checkpoint.size, verification.history
        if size > history.size:
            verification.add("checkpoint_on_chain.longer", size=size, found=history.size)
        elif history.root != note.checkpoint.root:
            verification.add("checkpoint_on_chain.another", size=size)
        elif history.index is None:
            verification.add("checkpoint_on_chain.same_root", size=size)
        elif history.index != note.checkpoint.index:
            verification.add(
                "checkpoint_on_chain.another_index", size=size, found=history.index, signed=note.checkpoint.index
            )
        else:
            verification.add("checkpoint_on_chain.same", size=size)


def check_witnesses(verification: Verification) -> None:
    """Step 7. Distinct witnesses of the trust root count; ``cosigned`` gets the latest times of as many as demanded.

    A cosignature of the verifier's future vouches for nothing: a witness whose clock runs ahead would make old evidence
    look fresh.
    """
    trust = verification.trust
    known, threshold = (len(trust.witnesses), trust.threshold) if trust else (0, 0)
    demanded = max(threshold, verification.policy.witnesses or 0)
    if demanded == 0:
        return
    found: tuple[Cosignature, ...] = ()
    try:
        until = verification.clock + verification.policy.clock_tolerance
        found = trust.cosignatures(verification.evidence.checkpoint, not_after=until) if trust else ()
    except VerificationFailed as error:
        verification.add("witnesses.wrong_line", reason=str(error))
        return
    counts: dict[str, Param | bytes] = {"found": len(found), "known": known, "demanded": demanded}
    if len(found) < demanded:
        named = sum(map(verification.evidence.checkpoint.names, trust.witnesses)) if trust else 0
        verification.add("witnesses.too_few", **counts, later=named - len(found) or None)
        return
    verification.cosigned = tuple(sorted((item.time for item in found), reverse=True)[:demanded])
    verification.add("witnesses.enough", **counts, time=verification.cosigned[-1])


def check_entries(verification: Verification) -> None:
    """Step 8."""
    note, wrong = verification.evidence.checkpoint.checkpoint, []
    for item in verification.evidence.entries:
        verification.budget.spend(hashes=len(item.proof))
        try:
            verify_inclusion(item.entry.hash, item.entry.number, note.size, item.proof, note.root)
        except VerificationFailed:
            wrong.append(item.entry.number)
    if wrong:
        more = len(wrong) - _NAMED
        verification.add("entries.not_included", numbers=wrong[:_NAMED], more=more if more > 0 else None)
    elif (found := verification.facts.disorder()) is not None:
        verification.add(found.code, entry=found.entry)
    else:
        verification.add("entries.included", count=len(verification.evidence.entries))


def check_complete(verification: Verification) -> None:
    """Step 22: every entry about each subject in question is shown, and no other but the checkpoint's last."""
    evidence, checkpoint = verification.evidence, verification.evidence.checkpoint.checkpoint
    shown = {item.entry.number for item in evidence.entries}
    listed = {number for numbers in evidence.index.lists for number in numbers}
    if missing := sorted(listed - shown):
        more = len(missing) - _NAMED
        verification.add("complete.not_shown", numbers=missing[:_NAMED], more=more if more > 0 else None)
        return
    if others := sorted(shown - listed - {checkpoint.size - 1}):
        verification.add("complete.not_listed", numbers=others[:_NAMED], more=max(len(others) - _NAMED, 0) or None)
        return
    subjects = verification.facts.subjects()
    verification.budget.spend(hashes=len(subjects) + len(evidence.index.steps))
    try:
        root = evidence.index.root(sorted(map(subject_key, subjects)))
    except VerificationFailed as error:
        verification.add("complete.not_proven", reason=str(error))
        return
    if root != checkpoint.index:
        verification.add("complete.another_index", found=root, signed=checkpoint.index)
        return
    verification.add("complete.all_shown", entries=len(shown), subjects=len(subjects))
    verification.complete = True


def check_anchor(verification: Verification) -> None:
    """Step 9."""
    batch = verification.evidence.inclusions[0]
    anchors = verification.facts.anchors(batch.root, batch.size)
    if not anchors:
        verification.add("anchor.none", root=batch.root, size=batch.size)
        return
    first = min(anchors, key=lambda entry: entry.time)
    written = {"entry": first.number, "time": first.time}
    if first.time <= verification.at:
        verification.add("anchor.anchored", **written)
    elif verification.asked_at is None:
        verification.add("anchor.clock_behind", **written, clock=verification.clock)
    else:
        verification.add("anchor.later", **written)
