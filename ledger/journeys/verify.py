"""Verify: gather what a verdict needs, offline or online, and let the core decide."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from ledger.core.checkpoints.trust import TrustRoot, read_trust_root
from ledger.core.document import Redacted, open_document
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.pdf import is_pdf, read_pdf
from ledger.core.evidence.reading import read_evidence
from ledger.core.verification.intact import Opened
from ledger.core.verification.policy import Policy, read_policy
from ledger.core.verification.verdict import Verdict
from ledger.core.verification.verify import verify
from ledger.edges.chain.contract import Chain
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import DeclarationRow, Store
from ledger.errors import Malformed, Unavailable, UnknownDeclaration
from ledger.journeys.anchor import publish_checkpoint
from ledger.journeys.cosign import Witnesses
from ledger.journeys.follow import Follower
from ledger.journeys.gather import Gatherer, newest_checkpoint, trees

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


def verify_online(question: Question, at: int, chain: Chain, follower: Follower, max_age: float = 0.0) -> Verdict:
    """Decide with the chain's present history, and with the chain's word on wallet contracts.

    :param max_age: seconds for which a look at the chain is good enough.
    """
    evidence, document, trust, policy = question.read()
    with follower.facts(max_age=max_age) as history:
        return verify(
            evidence,
            at=at,
            document=document,
            trust=trust,
            policy=policy,
            history=history,
            wallets=chain.wallet_accepts,
        )


class Prover:
    """Makes the evidence of declarations, for many who ask: one look at the chain and one reading of a batch for all.

    :param log_key: signs the checkpoint where none is there yet; None: takes what others signed.
    :param witnesses: are asked to cosign it.
    :param max_age: seconds for which a look at the chain is good enough.
    """

    def __init__(
        self,
        store: Store,
        follower: Follower,
        log_key: SigningKey | None,
        witnesses: Witnesses | None = None,
        max_age: float = 0.0,
    ) -> None:
        self._store = store
        self._follower = follower
        self._log_key = log_key
        self._witnesses = witnesses
        self._max_age = max_age
        self._members = trees(store)
        self._gatherer: Gatherer | None = None
        self._lock = Lock()
        self._looked_at = -math.inf

    def evidence(self, id_: bytes, at: int, document: Redacted | None = None) -> Evidence:
        """The evidence of a declaration as the history stands now, with what ``document`` discloses of it.

        Where the chain is away, or nobody here may sign, it is as of the newest checkpoint that was signed before.

        :raises Malformed: the document is another one, or too large to be disclosed.
        :raises UnknownDeclaration: nobody declared it here.
        :raises NotAnchoredYet: it is accepted and waits for its batch.
        :raises Unavailable: no checkpoint covers it, and none can be signed.
        """
        found = self._store.declarations.get_with_sets(id_)
        if found is None:
            raise UnknownDeclaration(id_)
        row, sets = found
        if document is not None and document.digest != row.declaration.digest:
            raise Malformed(
                f"has the digest 0x{document.digest.hex()}: not the document of this declaration", "document"
            )
        self._look(at, self._max_age)
        try:
            return self._gather(row, sets, document)
        except Unavailable:
            if not self._look(at, 0.0):
                raise
        return self._gather(row, sets, document)

    def _gather(self, row: DeclarationRow, sets: Sequence[tuple[bytes, int]], document: Redacted | None) -> Evidence:
        with self._follower.facts(fresh=False):  # nothing moves meanwhile
            if self._gatherer is None:
                raise Unavailable("no key here may sign a checkpoint: set log_key, or take evidence from who can")
            return self._gatherer.evidence(row, sets, document)

    def _look(self, at: int, max_age: float) -> bool:
        """See what is new on the chain; whether what was last signed is older than ``max_age`` and was looked at again.

        Who comes while another signs goes on with what was signed before, where anything was.
        """
        signs = self._log_key
        try:
            if self._gatherer is None or self._max_age == 0:
                self._follower.refresh(max_age=self._max_age)
            else:
                self._follower.glance(self._max_age)
        except Unavailable as error:
            log.warning("evidence without the chain: %s", error)
            signs = None  # what the chain does not confirm now is not signed
        if signs is not None and self._follower.looked_at - self._looked_at <= max_age:
            return False
        if self._lock.acquire(blocking=self._gatherer is None or max_age == 0):
            try:
                self._publish(signs, at)
            finally:
                self._lock.release()
        return True

    def _publish(self, signs: SigningKey | None, at: int) -> None:
        """Sign what is new, have it cosigned, and make evidence under it from now on."""
        looked_at = self._follower.looked_at
        try:
            published = publish_checkpoint(self._follower, self._store, signs, at)
        except Unavailable as error:
            log.warning("evidence as of an earlier checkpoint: %s", error)
            published = None
        if published is not None and self._witnesses is not None:
            self._witnesses.cosign(published, self._follower, at)
        with self._follower.facts(fresh=False) as history:
            note = newest_checkpoint(history, self._store)
            if note is None:
                self._gatherer = None
            elif self._gatherer is None or not self._gatherer.is_of(history, note):
                self._gatherer = Gatherer(history, note, self._store, self._members)
        self._looked_at = looked_at if signs is not None else -math.inf


def evidence_of(
    id_: bytes,
    store: Store,
    follower: Follower,
    log_key: SigningKey | None,
    at: int,
    document: Redacted | None = None,
    witnesses: Witnesses | None = None,
) -> Evidence:
    """The evidence of one declaration; see ``Prover.evidence``."""
    return Prover(store, follower, log_key, witnesses).evidence(id_, at, document)
