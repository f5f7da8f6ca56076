"""What else a policy demands: attestations that are not in force, and fields that are shown.

Steps 19 and 20 of docs/evidence-format.md; each function is one step.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.core.document.patterns import unmatched
from ledger.core.statements.code_lists import outcomes_of
from ledger.core.verification.attestations import Candidate
from ledger.core.verification.context import Verification
from ledger.core.verification.intact import Opened
from ledger.core.verification.policy import Refusal
from ledger.core.verification.wording import Param

_NAMED = 3  # patterns that a check names


def check_refusal(verification: Verification, refused: Refusal, candidates: Sequence[Candidate]) -> None:
    """Step 19, for one item of the policy. The index shows that there is none."""
    outcomes = list(refused.outcomes) or sorted(outcomes_of(refused.kind).adverse)
    said: dict[str, Param | bytes] = {"kind": refused.kind, "outcomes": outcomes}
    among = frozenset(outcomes)
    found = [
        candidate for candidate in candidates if candidate.said.kind == refused.kind and candidate.said.outcome in among
    ]
    if any(candidate.known for candidate in found):
        verification.add("refusal.in_force", **said)
    elif found:
        verification.add("refusal.undecided", **said)
    elif verification.all_known:
        verification.add("refusal.none", **said, **verification.as_of)
    else:
        verification.add("refusal.none_shown", **said, **verification.as_of)


def check_shown(verification: Verification, document: Opened | None) -> None:
    """Step 20, where the policy says what must be shown. ``document``: what shows fields that fit the digest."""
    patterns, most = verification.policy.show, verification.policy.max_hidden
    if not patterns and most is None:
        return
    if document is None:
        verification.add("shown.nothing")
        return
    shown, hidden = len(document.field_hashes), len(document.hidden)
    if missing := unmatched(document.field_hashes, document.format, patterns):
        more = len(missing) - _NAMED
        verification.add("shown.missing", patterns=missing[:_NAMED], more=more if more > 0 else None)
    elif most is not None and hidden > most:
        verification.add("shown.too_few", shown=shown, hidden=hidden, allowed=most)
    else:
        verification.add("shown.enough", shown=shown, hidden=hidden)
