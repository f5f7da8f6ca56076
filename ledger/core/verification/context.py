"""One verification under way: what is held, what was asked, and the checks so far. Each step adds its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.evidence.evidence import Evidence
from ledger.core.history.history import History
from ledger.core.statements.signature import WalletUndecided, verify_signature
from ledger.core.verification.facts import Facts
from ledger.core.verification.policy import VerificationPolicy
from ledger.core.verification.verdict import Check, Question, Status, when
from ledger.errors import DefiniteNo, Unavailable, VerificationFailed

REMEDY_WALLET = "if it is a wallet contract, only its chain can say: verify online"

WalletCheck = Callable[[bytes, bytes, bytes], None]


@dataclass(frozen=True, slots=True)
class Judged:
    """An attestation in force, with authority: what the policy's requirements are held against.

    ``known`` is false where nobody could say whether its signature or authority holds; ``jurisdiction`` is None where
    nobody could say which agency the council enrolled.
    """

    kind: int
    jurisdiction: str | None
    outcome: int
    known: bool = True


@dataclass(slots=True)
class Run:
    """``cosigned``: the latest times of as many cosignatures as are demanded, newest first, in seconds."""

    evidence: Evidence
    at: int
    trust: TrustRoot | None
    policy: VerificationPolicy
    facts: Facts
    history: History | None
    wallets: WalletCheck | None
    checks: list[Check] = field(default_factory=list)
    attested_by: list[str] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)
    cosigned: tuple[int, ...] = ()

    @property
    def id(self) -> bytes:
        return self.evidence.id

    def add(self, name: str, question: Question, status: Status, words: str, decisive: bool = True) -> None:
        self.checks.append(Check(len(self.checks) + 1, name, question, status, words, decisive))

    def attempt(self, name: str, question: Question, good: str, check: Callable[[], object]) -> Status:
        """Run a check that raises to say no, or that nobody could say."""
        try:
            check()
        except DefiniteNo as error:
            status, words = Status.INVALID, str(error)
        except Unavailable as error:
            status, words = Status.ERROR, str(error)
        else:
            status, words = Status.VALID, good
        self.add(name, question, status, words)
        return status

    def signature(self, signer: bytes, digest: bytes, signature: bytes) -> None:
        """Check a signature here, and for an address whose key did not sign, on chain if there is one.

        :raises DefiniteNo: it does not fit. :raises Unavailable: only the chain can say, and it is away.
        """
        try:
            verify_signature(self.evidence.origin, signer, digest, signature)
        except WalletUndecided as error:
            if self.wallets is None:
                raise VerificationFailed(f"{error}; {REMEDY_WALLET}") from None
            self.wallets(signer, digest, signature)

    @property
    def as_of(self) -> str:
        """Up to where the facts reach, and who saw them."""
        seen = f", seen by {len(self.cosigned)} witnesses until {when(self.cosigned[-1])}" if self.cosigned else ""
        return self.facts.as_of + (seen if not self.facts.complete else "")
