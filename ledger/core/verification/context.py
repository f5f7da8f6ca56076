"""One verification under way: what is held, what was asked, and the checks so far. Each step adds its own."""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.ids import DeclarationId, SetName, Signer
from ledger.core.evidence.evidence import Evidence
from ledger.core.statements.origin import Origin
from ledger.core.statements.passkey import Assertion
from ledger.core.statements.signer import is_passkey
from ledger.core.verification.budget import UNLIMITED, Budget
from ledger.core.verification.codes import make_check
from ledger.core.verification.facts import Facts
from ledger.core.verification.policy import VerificationPolicy
from ledger.core.verification.snapshot import Snapshot
from ledger.core.verification.verdict import Check, Status
from ledger.core.verification.wording import Param


@dataclass(slots=True)
class Verification:
    """``asked_at``: the time that is judged; None for that of ``clock``, the verifier's clock.

    ``history``: what the replayed chain says, where there is one.
    ``elsewhere``: the histories of which trust roots are held, if none is of this one.
    ``complete``: whether the evidence is shown to leave nothing out; ``fresh``: whether it is as recent as demanded.
    ``cosigned``: the latest times of as many cosignatures as are demanded, newest first. All times in seconds.
    ``inclusions``: by set, why the declaration is not shown to be in it; None where it is.
    """

    evidence: Evidence
    asked_at: int | None
    clock: int
    trust: TrustRoot | None
    policy: VerificationPolicy
    facts: Facts
    history: Snapshot | None = None
    elsewhere: tuple[Origin, ...] = ()
    budget: Budget = UNLIMITED
    complete: bool = False
    fresh: bool = False
    cosigned: tuple[int, ...] = ()
    inclusions: dict[SetName, str | None] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)

    @property
    def at(self) -> int:
        """The time that is judged."""
        return self.clock if self.asked_at is None else self.asked_at

    @property
    def all_known(self) -> bool:
        """Whether what these facts do not have is not there, as of their last entry."""
        return self.facts.replayed or self.complete

    @property
    def id(self) -> DeclarationId:
        """Of the declaration, 32 bytes."""
        return self.evidence.id

    def add(self, code: str, about: str = "", decisive: bool = True, /, **params: Param | bytes) -> Status:
        """Add what a step found, by its code; ``about`` names the attestation, where it is about one."""
        check = make_check(code, about, decisive, params)
        self.checks.append(check)
        return check.status

    def add_signed(self, step: str, about: str, signer: Signer, digest: bytes, signature: bytes) -> Status:
        """Add that ``signer`` signed ``digest``, as the finding of ``step``; the signature must have been checked."""
        if is_passkey(self.evidence.origin, signer):
            made = Assertion.read(signature, digest)
            code = "signed_by_cloud_passkey" if made.may_be_copied else "signed_by_passkey"
            return self.add(f"{step}.{code}", about, signer=signer, site=made.site)
        return self.add(f"{step}.signed", about, signer=signer)

    @property
    def as_of(self) -> dict[str, Param | bytes]:
        """The *as of* parameters of a check: the last entry of the facts, and which cosignatures vouch for it."""
        seen = self.cosigned if not self.facts.replayed else ()
        return {
            "last_entry": self.facts.as_of.entry,
            "last_time": self.facts.as_of.time,
            "witnesses": len(seen) or None,
            "witnessed_until": seen[-1] if seen else None,
        }
