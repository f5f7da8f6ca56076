"""Verification: the steps of docs/evidence-format.md, "The checks", in its order and under its numbers.

Offline, evidence is held against the trust root's keys, and it shows that nothing is left out as of the checkpoint.
What came since is not known then, and the check "since" says so. Online, the same steps run over the replayed history.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.trust_folder import TrustRoots
from ledger.core.document import Plain
from ledger.core.evidence.evidence import Evidence
from ledger.core.history.history import History
from ledger.core.statements.member_types import ZERO
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import verify_party_signature
from ledger.core.verification.attestations import (
    Candidate,
    attestations_in_question,
    check_attester,
    check_authority,
    check_compromise,
    check_in_force,
    check_requirement,
    check_revocation,
    check_set,
)
from ledger.core.verification.budget import UNLIMITED, Budget
from ledger.core.verification.cache import VerificationCache
from ledger.core.verification.context import Verification
from ledger.core.verification.demands import check_refusal, check_shown
from ledger.core.verification.facts import Facts, Replayed, Shown
from ledger.core.verification.intact import (
    Opened,
    Pages,
    check_anchor,
    check_batch,
    check_checkpoint,
    check_complete,
    check_disclosure,
    check_document,
    check_entries,
    check_origin,
    check_pages,
    check_sets,
    check_witnesses,
)
from ledger.core.verification.limits import VerificationLimits
from ledger.core.verification.policy import VerificationPolicy
from ledger.core.verification.snapshot import Snapshot, Wanted
from ledger.core.verification.verdict import AgencyWord, FieldCounts, Status, Verdict, is_proven
from ledger.errors import DefiniteNo

AskedHistory = Callable[[Wanted], Snapshot]
"""Takes out of a replayed history what a verdict asks for."""


def verify(
    evidence: Evidence,
    *,
    clock: int,
    at: int | None = None,
    document: Opened | Plain | None = None,
    pages: Pages | None = None,
    trust: TrustRoot | TrustRoots | None = None,
    policy: VerificationPolicy | None = None,
    history: History | AskedHistory | None = None,
    cache: VerificationCache | None = None,
    budget: Budget = UNLIMITED,
    limits: VerificationLimits | None = None,
) -> Verdict:
    """Decide about one document. Times are seconds since 1970.

    :param clock: the verifier's clock. What witnesses signed after it counts for nothing.
    :param at: the time that is judged; None for that of the clock.
    :param document: what is held beside the evidence: wrapped, redacted or plain; else the original of ``pages``.
    :param pages: the PDF that carries the evidence; None where it came in none.
    :param trust: the trust root of this history, or those of several, of which the origin chooses one.
    :param history: the replayed chain, or how it is asked, for a verdict with fresh facts; None offline.
    :param cache: one for all verifications of somebody who verifies much.
    :param budget: may end the verification by an error of its own, which this function raises.
    :param limits: how much evidence is judged; None for any.
    :raises Malformed: the payload of an entry in the evidence is no encoding of its kind; or it exceeds ``limits``.
    """
    if limits is not None:
        limits.check_entries(evidence)
    shown = Shown.of(evidence, cache, budget)
    if limits is not None:
        limits.check_attestations(shown)
    replayed: Snapshot | None = None
    if history is not None:
        replayed = Snapshot.of(history, shown.wanted) if isinstance(history, History) else history(shown.wanted)
    facts: Facts = shown if replayed is None else Replayed(replayed, shown)
    elsewhere: tuple[Origin, ...] = ()
    if isinstance(trust, TrustRoots):
        held, trust = trust, trust.of(evidence.origin)
        elsewhere = () if trust else tuple(held.by_origin)
    policy = policy or VerificationPolicy()
    verification = Verification(evidence, at, clock, trust, policy, facts, replayed, elsewhere, budget)

    # A chain of another history cannot say anything about this one: the verdict says that, and nothing else.
    if replayed is not None and replayed.origin != evidence.origin:
        verification.add("origin.another_chain", origin=str(evidence.origin), found=str(replayed.origin))
        return verdict_of(verification)

    # Is it intact?
    # (1) What the evidence discloses is of the declared document.
    disclosed = check_disclosure(verification)
    # (2) The document that was given is the declared one, or its changed fields are named.
    fields = check_document(verification, document or (pages.original if pages else None), disclosed)
    # (3) The declaration is in its batch,
    check_batch(verification)
    # (4) and in every other set of which the evidence has an inclusion.
    check_sets(verification)
    # (5) Evidence, checkpoint and trust root are of one history.
    check_origin(verification)
    # (6) The log signed the checkpoint. With a chain at hand, it is the chain's too.
    check_checkpoint(verification, cache)
    # (7) As many known witnesses as are demanded cosigned it.
    check_witnesses(verification)
    # (8) Every entry shown is in the checkpoint.
    check_entries(verification)
    # (22) They are all the entries about it: nothing is left out.
    check_complete(verification)
    # (9) An entry anchored the batch in time.
    check_anchor(verification)
    # What is not of the history that is trusted says nothing: no signature of it is checked.
    counts = None if fields is None else FieldCounts(len(fields.field_hashes), len(fields.hidden))
    if not is_proven(verification.checks):
        return verdict_of(verification, fields=counts)

    # By whom?
    # (10) The party signed the declaration.
    check_declaration(verification)

    # Is it in force?
    # (11) The evidence is as recent as the policy demands.
    check_freshness(verification)
    # (23) What came after its last entry is known.
    check_since(verification)
    # (12) The party has not withdrawn the declaration.
    check_withdrawal(verification)

    # (13) to (17) Which attestations of the declaration are in force, and made with authority?
    candidates = check_attestations(verification)

    # (18) The attestations that the policy demands are among them.
    # While something is left out, no favourable word counts: it may be a revocation.
    counting = candidates if verification.all_known else []
    for requirement in verification.policy.require:
        check_requirement(verification, requirement, counting)
    # (19) No attestation that the policy refuses is in force.
    for refusal in verification.policy.refuse:
        check_refusal(verification, refusal, candidates)
    # (20) The fields that the policy demands are shown, and not too many are hidden.
    check_shown(verification, fields)
    # (21) The pages of the PDF in which the evidence came are the declared document, or nothing is said of them.
    check_pages(verification, pages)

    # What agencies say stands in the verdict's first line: an adverse word even where nobody could judge it.
    words = [item.word for item in candidates if item.word.adverse or (item.known and verification.all_known)]
    return verdict_of(verification, sorted(words, key=lambda word: not word.adverse), counts)


def verify_nothing(evidence: Evidence, found: str, *, clock: int, at: int | None = None) -> Verdict:
    """The verdict where the chain that was asked has another history: it says that, and nothing else.

    :param found: that history, or what the chain has in its place, in words.
    """
    verification = Verification(evidence, at, clock, None, VerificationPolicy(), Shown.of(evidence, None))
    verification.add("origin.another_chain", origin=str(evidence.origin), found=found)
    return verdict_of(verification)


def verdict_of(
    verification: Verification, words: Sequence[AgencyWord] = (), fields: FieldCounts | None = None
) -> Verdict:
    """The verdict that the checks so far make, with what agencies say and how many fields were shown."""
    type_, checks = verification.evidence.declaration.document_type, tuple(verification.checks)
    at, clock, policy = verification.at, verification.clock, verification.policy
    return Verdict(verification.id, type_, at, clock, checks, policy, tuple(words), fields)


def check_attestations(verification: Verification) -> list[Candidate]:
    """Steps 13 to 17, for each attestation about the declaration. Returns those in force that no check refused."""
    inclusions = {inclusion.name: inclusion for inclusion in verification.evidence.inclusions}
    candidates = []
    for attestation in attestations_in_question(verification):
        # (13) The attestation is in force. Or it was revoked, and by its agency.
        check_in_force(verification, attestation)
        for revocation in attestation.revocations:
            check_revocation(verification, attestation, revocation)
        if not attestation.decisive:
            continue
        # (14) If its key was stolen, it was made before.
        check_compromise(verification, attestation)
        # (15) The declaration is in the attested set. Otherwise the attestation says nothing about it.
        if check_set(verification, attestation, inclusions) is not Status.VALID:
            continue
        # (16) The attester signed it,
        signed = check_attester(verification, attestation)
        # (17) and had the authority: the council enrolled, authorised and mandated before.
        empowered, agency = check_authority(verification, attestation)
        if attestation.in_force and agency is not None and signed is not Status.INVALID:
            known = Status.ERROR not in (signed, empowered)
            candidates.append(Candidate(attestation.said, agency, known))
    return candidates


def check_declaration(verification: Verification) -> None:
    """Step 10. A party is a key, and nobody's contract is asked."""
    evidence = verification.evidence
    party = evidence.declaration.party
    verification.budget.spend(signatures=1)
    try:
        verify_party_signature(evidence.origin, party, evidence.id, evidence.signature)
    except DefiniteNo as error:
        verification.add("declaration.not_signed", signer=party, reason=str(error))
    else:
        verification.add_signed("declaration", "", party, evidence.id, evidence.signature)


def check_freshness(verification: Verification) -> None:
    """Step 11, where the policy asks and the facts are not fresh by themselves."""
    longest, entries = verification.policy.max_age, verification.evidence.entries
    if longest is None or verification.facts.replayed:
        return
    times = [*(item.entry.time for item in entries[-1:]), *verification.cosigned[-1:]]
    fresh = bool(entries) and verification.at - max(times) <= longest
    verification.fresh = fresh
    verification.add("freshness.recent" if fresh else "freshness.stale", allowed=longest, **verification.as_of)


def check_since(verification: Verification) -> None:
    """Step 23. Who says how old evidence may be accepts what came since; nobody else knows it offline."""
    if verification.facts.replayed:
        verification.add("since.replayed", **verification.as_of)
    elif verification.fresh:
        verification.add("since.recent", **verification.as_of)
    else:
        verification.add("since.not_known", **verification.as_of)


def check_withdrawal(verification: Verification) -> None:
    """Step 12."""
    found = verification.facts.withdrawal()
    if found is None or found[0].time > verification.at:
        code = "withdrawal.none" if verification.all_known else "withdrawal.none_shown"
        verification.add(code, **verification.as_of)
        return
    entry, withdrawn = found
    written, withdrawal = {"entry": entry.number, "time": entry.time}, withdrawn.withdrawal
    if not verification.facts.replayed:  # a replay has judged the signatures of the whole history
        origin, party = verification.evidence.origin, verification.evidence.declaration.party
        verification.budget.spend(signatures=1)
        try:
            verify_party_signature(origin, party, withdrawal.id(origin), withdrawn.signature)
        except DefiniteNo as error:
            verification.add("withdrawal.not_signed", **written, signer=party, reason=str(error))
            return
    replacement = None if withdrawal.replacement == ZERO else withdrawal.replacement
    verification.add("withdrawal.withdrawn", **written, reason_code=withdrawal.reason, replacement=replacement)
