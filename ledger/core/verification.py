"""Verification: numbered checks that lead to a verdict.

Without a replayed history (offline) the evidence is held against the trust root's keys; absence cannot be shown then,
and "not revoked" is SKIPPED with words. With a history (online) the same function answers from fresh facts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ledger.core import codec as co
from ledger.core import entry as en
from ledger.core import history as hs
from ledger.core.authority import authority_of, compromised_from
from ledger.core.document import digest_of
from ledger.core.evidence import Evidence, Place, contents
from ledger.core.merkle import leaf_hash, root_of_hashes, verify_inclusion
from ledger.core.policy import Policy, TrustRoot
from ledger.core.signature import WalletUndecided, verify_signature
from ledger.core.verdict import Check, Question, Status, Verdict, when
from ledger.errors import LedgerError, VerificationFailed

REMEDY_WALLET = "if it is a wallet contract, only its chain can say: verify online"


class Opened(Protocol):
    """An opened document, wrapped or redacted: its digest, and by path the leaf hash of each field it shows."""

    @property
    def digest(self) -> bytes: ...

    @property
    def leaf_hashes(self) -> Mapping[str, bytes]: ...


WalletCheck = Callable[[bytes, bytes, bytes], None]


def verify(
    evidence: Evidence,
    *,
    at: int,
    document: Opened | None = None,
    trust: TrustRoot | None = None,
    policy: Policy | None = None,
    history: hs.History | None = None,
    wallets: WalletCheck | None = None,
) -> Verdict:
    """Decide about one document as at ``at`` (seconds since 1970).

    ``history`` is the replayed chain, for a verdict with fresh facts; ``wallets(signer, digest, signature)`` asks the
    chain about an ERC-1271 signature and raises VerificationFailed for no.

    :raises Malformed: an entry in the evidence is no encoding of its kind.
    """
    run = _Run(evidence, at, trust, policy or Policy(), history, wallets)
    run.document(document)
    run.declaration()
    run.batch()
    run.checkpoint()
    run.entries()
    run.anchored()
    run.withdrawal()
    run.attestations()
    run.requirements()
    return Verdict(run.id, at, tuple(run.checks), run.policy, tuple(run.attested_by))


@dataclass(slots=True)
class _Judged:
    attested: en.Attested
    jurisdiction: str
    in_force: bool


@dataclass(slots=True)
class _Run:
    """One verification under way; each method is one step and adds its checks."""

    evidence: Evidence
    at: int
    trust: TrustRoot | None
    policy: Policy
    history: hs.History | None
    wallets: WalletCheck | None
    checks: list[Check] = field(default_factory=list)
    attested_by: list[str] = field(default_factory=list)
    judged: list[_Judged] = field(default_factory=list)
    known: list[tuple[hs.Mark, en.Content]] = field(init=False)

    def __post_init__(self) -> None:
        self.known = contents(self.evidence.entries)

    @property
    def id(self) -> bytes:
        return self.evidence.declaration.id(self.evidence.origin)

    def add(self, name: str, question: Question, status: Status, words: str, decisive: bool = True) -> None:
        self.checks.append(Check(len(self.checks) + 1, name, question, status, words, decisive))

    def attempt(self, name: str, question: Question, good: str, check: Callable[[], object]) -> bool:
        """Run a check that raises to say no."""
        try:
            check()
        except LedgerError as error:
            self.add(name, question, Status.INVALID, str(error))
            return False
        self.add(name, question, Status.VALID, good)
        return True

    def document(self, document: Opened | None) -> None:
        digest, leaves = self.evidence.declaration.digest, self.evidence.leaves
        listed = None
        if leaves is not None:
            if digest_of(leaves.format, leaves.hashes) == digest:
                listed = set(leaves.hashes)
            else:
                words = "the list of field hashes in the evidence does not lead to the declared digest"
                self.add("field hashes", Question.INTACT, Status.INVALID, words)
        if document is None:
            self.add("document", Question.INTACT, Status.SKIPPED, "no document given: only its digest is proven")
        elif document.digest == digest:
            self.add(
                "document", Question.INTACT, Status.VALID, f"the document has the declared digest 0x{digest.hex()}"
            )
        else:
            changed = [path for path, hash_ in document.leaf_hashes.items() if listed and hash_ not in listed]
            words = f"the document is not the one declared: its digest is 0x{document.digest.hex()}"
            if changed:
                more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
                words += f"; changed: {', '.join(path or 'the content' for path in changed[:3])}{more}"
            elif listed:
                words += "; every field shown is as declared, so a field was removed or added"
            self.add("document", Question.INTACT, Status.INVALID, words)

    def declaration(self) -> None:
        party = self.evidence.declaration.party
        self.attempt(
            "declaration",
            Question.AUTHORITY,
            f"declared and signed by the party 0x{party.hex()}",
            lambda: self.signature(party, self.id, self.evidence.signature),
        )

    def batch(self) -> None:
        place = self.evidence.places[0]
        self.attempt(
            "batch",
            Question.INTACT,
            f"number {place.index} of {place.size} declarations under batch root 0x{place.root.hex()}",
            lambda: verify_inclusion(leaf_hash(self.id), place.index, place.size, place.proof, place.root),
        )

    def checkpoint(self) -> None:
        note, origin = self.evidence.checkpoint, self.evidence.origin
        if note.checkpoint.origin != origin:
            self.add(
                "origin",
                Question.INTACT,
                Status.INVALID,
                f"the checkpoint is of another history: {note.checkpoint.origin}",
            )
        believed = self.trust.origin if self.trust else self.history.origin if self.history else None
        if believed is None:
            words = "no trust root given and no chain asked: nothing says whether this history is real"
            self.add("origin", Question.INTACT, Status.ERROR, words)
        else:
            same = Status.VALID if believed == origin else Status.INVALID
            words = f"history {origin}" if same is Status.VALID else f"evidence of {origin}, but {believed} is trusted"
            self.add("origin", Question.INTACT, same, words)
        size = note.checkpoint.size
        if self.trust is not None:
            key = self.trust.log_key
            words = f"the history of {size} entries is signed by {key.name} (key {key.id.hex()})"
            self.attempt("checkpoint", Question.INTACT, words, lambda: note.verify(key))
        if self.history is not None:
            self.attempt(
                "checkpoint on chain",
                Question.INTACT,
                f"the chain's first {size} entries have the checkpoint's root",
                lambda: self.compare_root(self.history),
            )

    def compare_root(self, history: hs.History | None) -> None:
        note = self.evidence.checkpoint.checkpoint
        assert history is not None
        if note.size > history.size:
            raise VerificationFailed(f"the checkpoint has {note.size} entries, the chain has {history.size}")
        if root_of_hashes(history.hashes[: note.size]) != note.root:
            raise VerificationFailed(f"the chain's first {note.size} entries have another root than the checkpoint")

    def entries(self) -> None:
        note = self.evidence.checkpoint.checkpoint
        wrong = []
        for item in self.evidence.entries:
            try:
                verify_inclusion(item.entry.hash, item.entry.number, note.size, item.proof, note.root)
            except VerificationFailed as error:
                wrong.append(f"entry {item.entry.number}: {error}")
        if wrong:
            self.add("entries", Question.INTACT, Status.INVALID, "; ".join(wrong[:3]))
        else:
            words = f"all {len(self.evidence.entries)} entries shown are in the checkpoint"
            self.add("entries", Question.INTACT, Status.VALID, words)

    def anchored(self) -> None:
        place = self.evidence.places[0]
        wanted = en.Anchored(place.root, place.size)
        marks = [mark for mark, content in self.known if content == wanted]
        if not marks:
            self.add("anchor", Question.INTACT, Status.INVALID, "no entry anchors this batch root and size")
        elif marks[0].time > self.at:
            words = f"anchored by entry {marks[0].number} only at {when(marks[0].time)}"
            self.add("anchor", Question.IN_FORCE, Status.INVALID, words)
        else:
            words = f"anchored by entry {marks[0].number} at {when(marks[0].time)}"
            self.add("anchor", Question.INTACT, Status.VALID, words)
        latest = self.evidence.entries[-1].entry if self.evidence.entries else None
        if self.policy.max_age is not None and self.history is None:
            fresh = latest is not None and self.at - latest.time <= self.policy.max_age
            status = Status.VALID if fresh else Status.INVALID
            self.add("freshness", Question.IN_FORCE, status, f"{self.as_of}; the policy allows {self.policy.max_age} s")

    def withdrawal(self) -> None:
        found = [
            (mark, content.withdrawal)
            for mark, content in self.known
            if isinstance(content, en.Withdrawn) and content.withdrawal.declaration == self.id and mark.time <= self.at
        ]
        if self.history is not None and self.id in self.history.withdrawals:
            mark, withdrawn = self.history.withdrawals[self.id]
            found = [(mark, withdrawn.withdrawal)] if mark.time <= self.at else []
        if found:
            mark, withdrawal = found[0]
            words = f"withdrawn by entry {mark.number} at {when(mark.time)}, reason {withdrawal.reason}"
            if withdrawal.replacement != co.ZERO:
                words += f", replaced by 0x{withdrawal.replacement.hex()}"
            self.add("withdrawal", Question.IN_FORCE, Status.INVALID, words)
        elif self.history is None:
            self.add("withdrawal", Question.IN_FORCE, Status.SKIPPED, f"no withdrawal shown, {self.as_of}")
        else:
            self.add("withdrawal", Question.IN_FORCE, Status.VALID, f"not withdrawn, {self.as_of}")

    def attestations(self) -> None:
        known = {
            content.attestation.id(self.evidence.origin): hs.Recorded(mark, content)
            for mark, content in self.known
            if isinstance(content, en.Attested)
        }
        places = {(place.root, place.size): place for place in self.evidence.places}
        if self.history is not None:
            history = self.history
            known = {id_: history.attestations[id_] for id_ in history.attestations_of(places)} | {
                id_: recorded for id_, recorded in known.items() if id_ not in history.attestations
            }
        verdicts = [(id_, recorded, *self.standing(id_, recorded)) for id_, recorded in known.items()]
        alive = {_group(recorded) for _, recorded, standing, _ in verdicts if standing is hs.Standing.IN_FORCE}
        for id_, recorded, standing, mark in verdicts:
            attestation = recorded.attested.attestation
            name = f"{attestation.agency} {attestation.kind}"
            decisive = standing is hs.Standing.IN_FORCE or _group(recorded) not in alive
            self.force(name, standing, mark, decisive)
            if decisive:
                self.authority(name, id_, recorded, places, standing is hs.Standing.IN_FORCE)

    def standing(self, id_: bytes, recorded: hs.Recorded) -> tuple[hs.Standing, hs.Mark]:
        if self.history is not None:
            standing, mark = self.history.standing(id_, self.id, self.at)
            return standing, mark or recorded.mark
        revocations = [
            hs.Revocations(mark, content)
            for mark, content in self.known
            if isinstance(content, en.Revoked)
            and content.revocation.attestation == id_
            and content.revocation.member in (co.ZERO, self.id)
        ]
        compromised = compromised_from(recorded.attested.signer, self.known)
        return hs.standing(recorded, revocations, compromised, self.at)

    def force(self, name: str, standing: hs.Standing, mark: hs.Mark, decisive: bool) -> None:
        entry = f"entry {mark.number} at {when(mark.time)}"
        if standing is not hs.Standing.IN_FORCE:
            words = f"{standing.value} ({entry})"
            self.add(f"{name} in force", Question.IN_FORCE, Status.INVALID, words, decisive)
        elif self.history is None:
            words = f"attested by {entry}; no revocation shown, {self.as_of}"
            self.add(f"{name} in force", Question.IN_FORCE, Status.SKIPPED, words)
        else:
            self.add(
                f"{name} in force", Question.IN_FORCE, Status.VALID, f"attested by {entry}; not revoked, {self.as_of}"
            )

    def authority(
        self, name: str, id_: bytes, recorded: hs.Recorded, places: Mapping[tuple[bytes, int], Place], in_force: bool
    ) -> None:
        attested, attestation = recorded.attested, recorded.attested.attestation
        place = places.get((attestation.root, attestation.size))
        if place is None:
            words = "the declaration is not shown to be in the attested set"
            self.add(f"{name} set", Question.AUTHORITY, Status.INVALID, words)
            return
        self.attempt(
            f"{name} set",
            Question.AUTHORITY,
            f"the attestation is about this declaration, number {place.index} of {place.size}",
            lambda: verify_inclusion(leaf_hash(self.id), place.index, place.size, place.proof, place.root),
        )
        self.attempt(
            f"{name} signature",
            Question.AUTHORITY,
            f"signed by the attester 0x{attested.signer.hex()}",
            lambda: self.signature(attested.signer, id_, attested.signature),
        )
        try:
            if self.history is not None and id_ in self.history.attestations:
                agency = self.history.agencies.agency(attestation.agency)
                shown = "held, by replay of the whole history"
            else:
                found = authority_of(attested, recorded.mark, self.known, self.evidence.origin, self.signature)
                agency = found.agency
                shown = (
                    f"enrolled by entry {found.enrolled.number}, key authorised by {found.authorised.number}, "
                    f"mandate granted by {found.mandated.number}"
                )
        except VerificationFailed as error:
            self.add(f"{name} authority", Question.AUTHORITY, Status.INVALID, str(error))
            return
        words = f"{agency.name} ({agency.jurisdiction}): {shown}"
        self.add(f"{name} authority", Question.AUTHORITY, Status.VALID, words)
        self.judged.append(_Judged(attested, agency.jurisdiction, in_force))
        if in_force:
            self.attested_by.append(
                f"{agency.name} ({agency.jurisdiction}), kind {attestation.kind}, outcome {attestation.outcome}"
            )

    def requirements(self) -> None:
        for wanted in self.policy.require:
            fits = any(
                judged.in_force
                and judged.attested.attestation.kind == wanted.kind
                and (not wanted.jurisdictions or judged.jurisdiction in wanted.jurisdictions)
                and (not wanted.outcomes or judged.attested.attestation.outcome in wanted.outcomes)
                for judged in self.judged
            )
            words = (
                f"the policy demands an attestation of {wanted}: {'there is one' if fits else 'there is none in force'}"
            )
            self.add("policy", Question.AUTHORITY, Status.VALID if fits else Status.INVALID, words)

    def signature(self, signer: bytes, digest: bytes, signature: bytes) -> None:
        """Check a signature here, and for an address whose key did not sign, on chain if there is one."""
        try:
            verify_signature(self.evidence.origin, signer, digest, signature)
        except WalletUndecided as error:
            if self.wallets is None:
                raise VerificationFailed(f"{error}; {REMEDY_WALLET}") from None
            self.wallets(signer, digest, signature)

    @property
    def as_of(self) -> str:
        """Up to where the facts reach."""
        if self.history is not None:
            return f"as of entry {self.history.size - 1}, {when(self.history.last_time)}"
        size = self.evidence.checkpoint.checkpoint.size
        latest = self.evidence.entries[-1].entry if self.evidence.entries else None
        known = f", {when(latest.time)}" if latest is not None and latest.number == size - 1 else ""
        return f"as of entry {size - 1}{known}"


def _group(recorded: hs.Recorded) -> tuple[str, int]:
    attestation = recorded.attested.attestation
    return attestation.agency, attestation.kind
