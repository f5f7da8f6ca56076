"""Verify: gather what a verdict needs, offline or online, and let the core decide."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from ledger.core.document import Redacted, open_document
from ledger.core.evidence import Evidence, read_evidence
from ledger.core.intact import Opened
from ledger.core.pdf import is_pdf, read_pdf
from ledger.core.policy import Policy, TrustRoot, read_policy, read_trust_root
from ledger.core.verdict import Verdict
from ledger.core.verification import verify
from ledger.edges.chain import Chain
from ledger.edges.keys import SigningKey
from ledger.edges.store import Store
from ledger.errors import Malformed, Unavailable, UnknownDeclaration
from ledger.journeys.anchor import publish_checkpoint
from ledger.journeys.cosign import Witnesses
from ledger.journeys.follow import Follower
from ledger.journeys.gather import Gatherer, newest_checkpoint

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What a verifier holds: evidence (or a PDF that carries it), perhaps the document, a trust root and a policy.

    All are file contents.
    """

    evidence: bytes
    document: bytes | None = None
    trust: bytes | None = None
    policy: bytes | None = None

    @property
    def proves_pages(self) -> bool | None:
        """Of a PDF: whether it is itself the document in question, or only carries evidence. None for other files."""
        return read_pdf(self.evidence).document is not None if is_pdf(self.evidence) else None

    def read(self) -> tuple[Evidence, Opened | None, TrustRoot | None, Policy | None]:
        """All parts, strictly read; Malformed names the first that is not."""
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


def verify_offline(question: Question, at: int) -> Verdict:
    """Decide with the network off, as at ``at`` (seconds)."""
    evidence, document, trust, policy = question.read()
    return verify(evidence, at=at, document=document, trust=trust, policy=policy)


def verify_online(question: Question, at: int, chain: Chain, follower: Follower) -> Verdict:
    """Decide with the chain's present history, and with the chain's word on wallet contracts."""
    evidence, document, trust, policy = question.read()
    with follower.facts() as history:
        return verify(
            evidence,
            at=at,
            document=document,
            trust=trust,
            policy=policy,
            history=history,
            wallets=chain.wallet_accepts,
        )


def evidence_of(
    id_: bytes,
    store: Store,
    follower: Follower,
    log_key: SigningKey | None,
    at: int,
    document: Redacted | None = None,
    witnesses: Witnesses | None = None,
) -> Evidence:
    """The evidence of a declaration as the history stands now, with what ``document`` discloses of it.

    Its checkpoint carries the cosignatures of those ``witnesses`` that gave one when they were asked.

    Where the chain is away, or nobody here may sign, it is as of the newest checkpoint that was signed before.

    :raises Malformed: the document is another one, or too large to be disclosed.
    :raises UnknownDeclaration: nobody declared it here.
    :raises NotAnchoredYet: it is accepted and waits for its batch.
    :raises Unavailable: no checkpoint covers it, and none can be signed.
    """
    row = store.declaration(id_)
    if row is None:
        raise UnknownDeclaration(id_)
    if document is not None and document.digest != row.declaration.digest:
        raise Malformed(f"has the digest 0x{document.digest.hex()}: not the document of this declaration", "document")
    try:
        follower.refresh()
        signs = log_key
    except Unavailable as error:
        log.warning("evidence without the chain: %s", error)
        signs = None  # what the chain does not confirm now is not signed
    try:
        published = publish_checkpoint(follower, store, signs, at)
    except Unavailable as error:
        log.warning("evidence as of an earlier checkpoint: %s", error)
        published = None
    if published is not None and witnesses is not None:
        witnesses.cosign(published, follower, at)
    with follower.facts(fresh=False) as history:
        note = newest_checkpoint(history, store)
        if note is None:
            raise Unavailable("no key here may sign a checkpoint: set log_key, or take evidence from who can")
        return Gatherer(history, note, store).evidence(row, document)
