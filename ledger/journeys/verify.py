"""Verify: gather what a verdict needs, offline or online, and let the core decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ledger.core.checkpoints.trust import TrustRoot, read_trust_root, trust_root_from_value
from ledger.core.checkpoints.trust_folder import TrustRoots
from ledger.core.document import Plain, open_beside, open_document
from ledger.core.document.plain import Comparison, compare
from ledger.core.encoding.json_text import Json
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.pdf import is_pdf, read_pdf
from ledger.core.evidence.reading import evidence_from_value, read_evidence
from ledger.core.verification.budget import UNLIMITED, Budget
from ledger.core.verification.cache import VerificationCache
from ledger.core.verification.intact import Opened, Pages
from ledger.core.verification.limits import VerificationLimits
from ledger.core.verification.policy import VerificationPolicy, policy_from_value, read_policy
from ledger.core.verification.verdict import Verdict
from ledger.core.verification.verify import AskedHistory, verify, verify_nothing
from ledger.errors import AnotherHistory, ContractMissing, Malformed
from ledger.journeys.follow import Follower


@dataclass(frozen=True, slots=True)
class VerificationRequest:
    """What a verifier holds, strictly read: evidence, and perhaps the document, trust roots and a policy.

    ``pages``: the PDF that carries the evidence; None if it came in no PDF.
    """

    evidence: Evidence
    document: Opened | Plain | None = None
    trust: TrustRoot | TrustRoots | None = None
    policy: VerificationPolicy | None = None
    pages: Pages | None = None

    @classmethod
    def read(
        cls, evidence: bytes, document: bytes | None = None, trust: bytes | None = None, policy: bytes | None = None
    ) -> VerificationRequest:
        """Read files; ``evidence`` may be a PDF that carries it. Malformed names the first part that is not."""
        pages = None
        if is_pdf(evidence):
            carried = read_pdf(evidence)
            evidence = carried.evidence
            pages = Pages(None if carried.document is None else open_document(carried.document))
        read = read_evidence(evidence)
        return cls(
            read,
            None if document is None else open_beside(document, read.document),
            None if trust is None else read_trust_root(trust),
            None if policy is None else read_policy(policy),
            pages,
        )

    @classmethod
    def from_values(
        cls, evidence: Json, document: bytes | None = None, trust: Json = None, policy: Json = None
    ) -> VerificationRequest:
        """Read JSON values, which come from a strict I-JSON reader, and the bytes of the document.

        Programs parse and print JSON on its way, so its spelling says nothing. Malformed as for ``read``.
        """
        with _reading("evidence"):
            read = evidence_from_value(evidence)
        with _reading("document"):
            opened = None if document is None else open_beside(document, read.document)
        with _reading("trust"):
            root = None if trust is None else trust_root_from_value(trust)
        with _reading("policy"):
            demands = None if policy is None else policy_from_value(policy)
        return cls(read, opened, root, demands)


@contextmanager
def _reading(part: str) -> Iterator[None]:
    """What is malformed inside is this part of the question."""
    try:
        yield
    except Malformed as error:
        error.part = part
        raise


def verify_offline(
    request: VerificationRequest, clock: int, at: int | None = None, cache: VerificationCache | None = None
) -> Verdict:
    """Decide with the network off.

    :param clock: the verifier's clock, in seconds.
    :param at: the time that is judged, in seconds; None for that of the clock.
    :param cache: one for all requests of a server.
    """
    return judge(request, clock, at=at, cache=cache)


def judge(
    request: VerificationRequest,
    clock: int,
    *,
    at: int | None = None,
    history: AskedHistory | None = None,
    cache: VerificationCache | None = None,
    budget: Budget = UNLIMITED,
    limits: VerificationLimits | None = None,
) -> Verdict:
    """The verdict about what was asked; the arguments are those of ``verify`` of the core."""
    return verify(
        request.evidence,
        clock=clock,
        at=at,
        document=request.document,
        pages=request.pages,
        trust=request.trust,
        policy=request.policy,
        history=history,
        cache=cache,
        budget=budget,
        limits=limits,
    )


def verify_online(
    request: VerificationRequest,
    clock: int,
    follower: Callable[[], Follower],
    max_age: float = 0.0,
    cache: VerificationCache | None = None,
    at: int | None = None,
) -> Verdict:
    """Decide by the chain's present history. Evidence of another history cannot be judged by it, and is not.

    Neither is anything if the node does not have the history that the settings name: the verdict says only that.

    :param follower: gives the replayed history; raises AnotherHistory or ContractMissing if the node has another.
    :param clock: the verifier's clock, in seconds.
    :param max_age: how old a look at the chain may be, in seconds.
    :param cache: one for all requests of a server.
    :param at: the time that is judged, in seconds; None for that of the clock.
    """
    try:
        opened = follower()
    except AnotherHistory as error:
        return verify_nothing(request.evidence, str(error.found), clock=clock, at=at)
    except ContractMissing:
        return verify_nothing(request.evidence, "no contract at this address", clock=clock, at=at)
    opened.refresh(max_age=max_age)
    return judge(request, clock, at=at, history=opened.snapshot, cache=cache)


def compared(request: VerificationRequest) -> Comparison | None:
    """A plain document beside what the evidence discloses, field by field; None where there is no such thing.

    It says nothing of the evidence: the verdict does.
    """
    disclosed = request.evidence.document
    if not isinstance(request.document, Plain) or disclosed is None:
        return None
    return compare(disclosed, request.document) if disclosed.digest == request.evidence.declaration.digest else None
