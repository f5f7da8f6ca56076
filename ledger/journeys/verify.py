"""Verify: gather what a verdict needs, offline or online, and let the core decide."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.core.checkpoints.trust import TrustRoot, read_trust_root
from ledger.core.document import open_document
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.pdf import is_pdf, read_pdf
from ledger.core.evidence.reading import read_evidence
from ledger.core.verification.intact import Opened
from ledger.core.verification.policy import VerificationPolicy, read_policy
from ledger.core.verification.verdict import Verdict
from ledger.core.verification.verify import verify
from ledger.edges.chain.contract import Chain
from ledger.journeys.follow import Follower


@dataclass(frozen=True, slots=True)
class VerificationRequest:
    """What a verifier holds: evidence (or a PDF that carries it), perhaps the document, a trust root and a policy.

    All are file contents.
    """

    evidence: bytes
    document: bytes | None = None
    trust: bytes | None = None
    policy: bytes | None = None

    @property
    def proves_pages(self) -> bool | None:
        """For a PDF: whether it is the document that is proven, or only carries evidence. None for other files."""
        return read_pdf(self.evidence).document is not None if is_pdf(self.evidence) else None

    def read(self) -> tuple[Evidence, Opened | None, TrustRoot | None, VerificationPolicy | None]:
        """All parts, read strictly; Malformed names the first that cannot be read."""
        evidence, document = self.evidence, self.document
        if is_pdf(evidence):
            carried = read_pdf(evidence)
            evidence, document = carried.evidence, carried.document if document is None else document
        return (
            read_evidence(evidence),
            None if document is None else open_document(document),
            None if self.trust is None else read_trust_root(self.trust),
            None if self.policy is None else read_policy(self.policy),
        )


def verify_offline(request: VerificationRequest, at: int) -> Verdict:
    """Decide with the network off, as at ``at`` (seconds)."""
    evidence, document, trust, policy = request.read()
    return verify(evidence, at=at, document=document, trust=trust, policy=policy)


def verify_online(
    request: VerificationRequest, at: int, chain: Chain, follower: Follower, max_age: float = 0.0
) -> Verdict:
    """Decide by the chain's present history, and ask the chain about wallet contracts.

    :param max_age: how old a look at the chain may be, in seconds.
    """
    evidence, document, trust, policy = request.read()
    with follower.fresh_history(max_age=max_age) as history:
        return verify(
            evidence,
            at=at,
            document=document,
            trust=trust,
            policy=policy,
            history=history,
            wallets=chain.wallet_accepts,
        )
