"""Verify: gather what a verdict needs, offline or online, and let the core decide."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.core.document import Redacted, open_document
from ledger.core.evidence import Evidence, assemble, read_evidence
from ledger.core.intact import Opened
from ledger.core.policy import Policy, TrustRoot, read_policy, read_trust_root
from ledger.core.verdict import Verdict
from ledger.core.verification import verify
from ledger.edges.chain import Chain
from ledger.edges.keys import SigningKey
from ledger.edges.store import Store
from ledger.errors import Malformed, NotAnchoredYet, Unavailable, UnknownDeclaration
from ledger.journeys.anchor import publish_checkpoint
from ledger.journeys.attest import set_of
from ledger.journeys.follow import Follower


@dataclass(frozen=True, slots=True)
class Question:
    """What a verifier holds: evidence, and perhaps the document, a trust root and a policy, as file contents."""

    evidence: bytes
    document: bytes | None = None
    trust: bytes | None = None
    policy: bytes | None = None

    def read(self) -> tuple[Evidence, Opened | None, TrustRoot | None, Policy | None]:
        """All parts, strictly read; Malformed names the first that is not."""
        return (
            read_evidence(self.evidence),
            None if self.document is None else open_document(self.document),
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
    id_: bytes, store: Store, follower: Follower, log_key: SigningKey | None, at: int, document: Redacted | None = None
) -> Evidence:
    """The evidence of a declaration as the history stands now, with what ``document`` discloses of it.

    :raises Malformed: the document is another one, or too large to be disclosed.
    :raises UnknownDeclaration: nobody declared it here.
    :raises NotAnchoredYet: it is accepted and waits for its batch.
    :raises Unavailable: the chain is away, or nobody here may sign a checkpoint.
    """
    row = store.declaration(id_)
    if row is None:
        raise UnknownDeclaration(id_)
    if document is not None and document.digest != row.declaration.digest:
        raise Malformed(f"has the digest 0x{document.digest.hex()}: not the document of this declaration", "document")
    if row.batch_id is None or row.state != "anchored":
        raise NotAnchoredYet(id_)
    batch = store.leaves(row.batch_id)
    with follower.facts() as history:
        note = publish_checkpoint(history, store, log_key, at)
        if note is None:
            raise Unavailable("no key here may sign a checkpoint: set log_key, or take evidence from who can")
        sets = [(*set_of(batch), batch)]
        others = [(*set_of([id_]), [id_]), *store.sets_of(id_)]
        for root, size, members in others:
            if (root, size) not in {(known[0], known[1]) for known in sets} and history.attestations_of([(root, size)]):
                sets.append((root, size, members))
        return assemble(history, note, row.declaration, row.signature, sets, follower.entry, document)
