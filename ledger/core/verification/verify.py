"""Verification: named checks that lead to a verdict. docs/evidence-format.md, "The checks", lists them all.

Offline the evidence is held against the trust root's keys; absence cannot be shown then, and "not revoked" is SKIPPED
with words. With a replayed history (online) the same checks run over fresh facts.
"""

from __future__ import annotations

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.evidence.evidence import Evidence
from ledger.core.history.history import History
from ledger.core.statements.members import ZERO
from ledger.core.verification.attestations import check_attestations
from ledger.core.verification.context import Run, WalletCheck
from ledger.core.verification.facts import Facts, Replayed, Shown
from ledger.core.verification.intact import Opened, check_intact
from ledger.core.verification.policy import VerificationPolicy
from ledger.core.verification.verdict import Question, Status, Verdict, when


def verify(
    evidence: Evidence,
    *,
    at: int,
    document: Opened | None = None,
    trust: TrustRoot | None = None,
    policy: VerificationPolicy | None = None,
    history: History | None = None,
    wallets: WalletCheck | None = None,
) -> Verdict:
    """Decide about one document as at ``at`` (seconds since 1970).

    ``history`` is the replayed chain, for a verdict with fresh facts; ``wallets(signer, digest, signature)`` asks the
    chain about an ERC-1271 signature and raises VerificationFailed for no.

    :raises Malformed: an entry in the evidence is no encoding of its kind.
    """
    shown = Shown.of(evidence)
    facts: Facts = shown if history is None else Replayed(history, shown)
    run = Run(evidence, at, trust, policy or VerificationPolicy(), facts, history, wallets)
    check_intact(run, document)
    _declaration(run)
    _freshness(run)
    _withdrawal(run)
    check_attestations(run)
    return Verdict(run.id, at, tuple(run.checks), run.policy, tuple(run.attested_by))


def _declaration(run: Run) -> None:
    party = run.evidence.declaration.party
    run.attempt(
        "declaration",
        Question.AUTHORITY,
        f"declared and signed by the party 0x{party.hex()}",
        lambda: run.signature(party, run.id, run.evidence.signature),
    )


def _freshness(run: Run) -> None:
    longest = run.policy.max_age
    if longest is None or run.facts.complete:
        return
    entries = run.evidence.entries
    times = [*(item.entry.time for item in entries[-1:]), *run.cosigned[-1:]]
    fresh = bool(entries) and run.at - max(times) <= longest
    words = f"{run.as_of}; the policy allows {longest} s"
    run.add("freshness", Question.IN_FORCE, Status.VALID if fresh else Status.INVALID, words)


def _withdrawal(run: Run) -> None:
    found = run.facts.withdrawal()
    if found is not None and found[0].time <= run.at:
        mark, withdrawal = found
        words = f"withdrawn by entry {mark.number} at {when(mark.time)}, reason {withdrawal.reason}"
        if withdrawal.replacement != ZERO:
            words += f", replaced by 0x{withdrawal.replacement.hex()}"
        run.add("withdrawal", Question.IN_FORCE, Status.INVALID, words)
    elif run.facts.complete:
        run.add("withdrawal", Question.IN_FORCE, Status.VALID, f"not withdrawn, {run.as_of}")
    else:
        run.add("withdrawal", Question.IN_FORCE, Status.SKIPPED, f"no withdrawal shown, {run.as_of}")
