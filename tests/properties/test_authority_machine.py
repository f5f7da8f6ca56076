"""Who could say what, when: the history against a naive model that scans a plain list of facts for every question.

Two properties after whatever happened: every past question (who might attest, what was in force) is answered alike, and
a verdict as at a past time is the verdict that evidence of that time would have had, but for compromise.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ledger.core.history.standing import Standing
from ledger.core.statements.member_types import ZERO
from ledger.core.statements.resolutions import (
    AgencyEnrolment,
    AgencyReinstatement,
    AgencySuspension,
    AttesterAuthorisation,
    AttesterCompromise,
    AttesterRetirement,
    CouncilChange,
    MandateGrant,
    MandateWithdrawal,
)
from ledger.core.verification.verdict import Verdict
from ledger.core.verification.verify import verify
from ledger.errors import HistoryBroken
from ledger.testing.world import COUNCIL, ORIGIN, Key, World
from tests.past_authority import may_attest

AGENCIES = {"NZ-MPI": "NZ", "NL-NVWA": "NL"}
OFFICERS = [Key(f"officer {number}") for number in range(4)]
KINDS = [851, 861]
MEMBERS = [COUNCIL, Key("second member"), Key("third member")]
SPAN = some.sampled_from([400, 90, 0, 60, 1, -1, -60, -61, -400])


class Model:
    """What happened, in order: (time, what, …). Every question is a scan of the whole list."""

    def __init__(self) -> None:
        self.facts: list[tuple[Any, ...]] = []

    def those(self, what: str, *about: Any, until: float = float("inf")) -> list[tuple[Any, ...]]:
        return [f for f in self.facts if f[1] == what and f[2 : 2 + len(about)] == about and f[0] <= until]

    def enrolled(self, code: str, at: float = float("inf")) -> bool:
        return bool(self.those("enrol", code, until=at))

    def suspended(self, code: str, at: float = float("inf")) -> bool:
        moves = [f for f in self.facts if f[1] in ("suspend", "reinstate") and f[2] == code and f[0] <= at]
        return bool(moves) and moves[-1][1] == "suspend"

    def agency_of(self, officer: bytes) -> str | None:
        found = self.those("authorise", officer)
        return found[0][3] if found else None

    def retired(self, officer: bytes, at: float = float("inf")) -> bool:
        return bool(self.those("retire", officer, until=at))

    def compromised_from(self, officer: bytes) -> int | None:
        return min((f[3] for f in self.those("compromise", officer)), default=None)

    def mandated(self, code: str, kind: int, at: int, known_at: float = float("inf")) -> bool:
        """A period covers ``at``, and no withdrawal between its grant and ``at`` ended it."""
        for granted, _, _, _, begin, end in self.those("grant", code, kind, until=known_at):
            ends = [f[0] for f in self.those("withdraw mandate", code, kind, until=known_at) if f[0] >= granted]
            if begin <= at < min([end, *ends]):
                return True
        return False

    def open_mandate(self, code: str, kind: int, at: int) -> int:
        """When the latest period for this kind ends, as far as is known at ``at``; 0 for none."""
        grants = self.those("grant", code, kind)
        if not grants:
            return 0
        granted, *_, end = grants[-1]
        ends = [f[0] for f in self.those("withdraw mandate", code, kind) if f[0] >= granted and f[0] < end]
        return min([end, *ends])

    def speaks(self, officer: bytes) -> bool:
        code = self.agency_of(officer)
        known = code is not None and not self.retired(officer) and self.compromised_from(officer) is None
        return known and not self.suspended(str(code))

    def may_attest(self, officer: bytes, kind: int, at: int) -> bool:
        code, since = self.agency_of(officer), self.compromised_from(officer)
        if code is None or not self.those("authorise", officer, until=at) or self.retired(officer, at):
            return False
        if since is not None and since <= at:
            return False
        return self.enrolled(code, at) and not self.suspended(code, at) and self.mandated(code, kind, at)

    def standing(self, id_: bytes, member: bytes, at: int) -> Standing:
        found = self.those("attest", id_)
        if not found:
            return Standing.UNKNOWN
        made, _, _, officer, begin, end = found[0]
        since = self.compromised_from(officer)
        if made > at:
            return Standing.NOT_YET
        if self.those("revoke", id_, ZERO, until=at) or self.those("revoke", id_, member, until=at):
            return Standing.REVOKED
        if since is not None and made >= since:
            return Standing.COMPROMISED
        if at < begin:
            return Standing.NOT_YET_VALID
        return Standing.EXPIRED if at >= end else Standing.IN_FORCE


class Machine(RuleBasedStateMachine):
    """Moves at random; each is accepted by the history exactly if the model says so."""

    @initialize()
    def begin(self) -> None:
        self.world, self.model = World(), Model()
        self.document = b"\x0d" * 32
        self.declared = self.world.declare(self.document, 851)
        other = self.world.declare(b"\x0e" * 32)[0]
        self.batch = self.world.anchor([other, self.declared[0]])
        self.id = self.declared[0].id(ORIGIN)
        self.attested: list[bytes] = []
        self.enrol("NZ-MPI")
        for officer in OFFICERS[:2]:
            self.authorise(officer, "NZ-MPI")
        self.grant("NZ-MPI", 851, 0, 400)

    def move(self, allowed: bool, *fact: Any) -> bool:
        """Write a resolution if the history lets us; both must say the same."""
        kind, *members = fact[1]
        now = self.world.now
        try:
            self.world.enact(kind, *members)
            done = True
        except HistoryBroken:
            done = False
        assert done == allowed, (fact, done)
        if done:
            self.model.facts.append((now, fact[0], *fact[2]))
        return done

    @rule(code=some.sampled_from(sorted(AGENCIES)))
    def enrol(self, code: str) -> None:
        statement = (AgencyEnrolment, code, "An agency", AGENCIES[code], "https://agency.example")
        self.move(not self.model.enrolled(code), "enrol", statement, (code,))

    @rule(code=some.sampled_from(sorted(AGENCIES)))
    def suspend(self, code: str) -> None:
        allowed = self.model.enrolled(code) and not self.model.suspended(code)
        self.move(allowed, "suspend", (AgencySuspension, code), (code,))

    @rule(code=some.sampled_from(sorted(AGENCIES)))
    def reinstate(self, code: str) -> None:
        self.move(self.model.suspended(code), "reinstate", (AgencyReinstatement, code), (code,))

    @rule(officer=some.sampled_from(OFFICERS), code=some.sampled_from(sorted(AGENCIES)))
    def authorise(self, officer: Key, code: str) -> None:
        allowed = self.model.enrolled(code) and self.model.agency_of(officer.signer) is None
        self.move(allowed, "authorise", (AttesterAuthorisation, officer.signer, code), (officer.signer, code))

    @rule(officer=some.sampled_from(OFFICERS))
    def retire(self, officer: Key) -> None:
        allowed = self.model.agency_of(officer.signer) is not None and not self.model.retired(officer.signer)
        self.move(allowed, "retire", (AttesterRetirement, officer.signer), (officer.signer,))

    @rule(officer=some.sampled_from(OFFICERS), back=some.integers(0, 4), off=some.sampled_from([0, 0, -1, 1, 1000]))
    def compromise(self, officer: Key, back: int, off: int) -> None:
        since, known = self.second(back, off), self.model.compromised_from(officer.signer)
        allowed = self.model.agency_of(officer.signer) is not None and since <= self.world.now
        allowed = allowed and (known is None or since < known)
        statement = (AttesterCompromise, officer.signer, since)
        self.move(allowed, "compromise", statement, (officer.signer, since))

    @rule(code=some.sampled_from(sorted(AGENCIES)), kind=some.sampled_from(KINDS), begin=SPAN, length=SPAN)
    def grant(self, code: str, kind: int, begin: int, length: int) -> None:
        now = self.world.now
        from_ = now + begin if begin else 0
        first = from_ or now
        until = first + length * 50
        fits = first >= now and until > first >= self.model.open_mandate(code, kind, now)
        statement = (MandateGrant, code, kind, from_, until)
        self.move(self.model.enrolled(code) and fits, "grant", statement, (code, kind, first, until))

    @rule(code=some.sampled_from(sorted(AGENCIES)), kind=some.sampled_from(KINDS))
    def withdraw_mandate(self, code: str, kind: int) -> None:
        allowed = self.model.enrolled(code) and self.model.open_mandate(code, kind, self.world.now) > self.world.now
        self.move(allowed, "withdraw mandate", (MandateWithdrawal, code, kind), (code, kind))

    @rule(size=some.integers(1, 3), threshold=some.integers(1, 3))
    def change_council(self, size: int, threshold: int) -> None:
        if threshold > size:
            return
        members = MEMBERS[:size]
        self.move(True, "council", (CouncilChange, tuple(key.signer for key in members), threshold), ())
        self.world.council, self.world.threshold = members, threshold

    @rule(
        officer=some.sampled_from(OFFICERS[:3]),
        stray=some.sampled_from([None, None, None, *AGENCIES]),
        kind=some.sampled_from([851, 851, 861]),
        length=SPAN,
    )
    def attest(self, officer: Key, stray: str | None, kind: int, length: int) -> None:
        """Mostly in the name of the officer's own agency."""
        code = stray or self.model.agency_of(officer.signer) or "NZ-MPI"
        now, until = self.world.now, self.world.now + length * 4
        signer = officer.signer
        allowed = self.model.agency_of(signer) == code and self.model.speaks(signer) and until > now
        allowed = allowed and self.model.mandated(code, kind, now)
        try:
            id_ = self.world.attest(code, kind, *self.batch[:2], officer, until=max(until, 0))
        except HistoryBroken:
            assert not allowed
            return
        assert allowed
        self.attested.append(id_)
        begin = self.world.history.attestations[id_].attested.attestation.valid_from
        self.model.facts.append((now, "attest", id_, signer, begin, until))

    @rule(officer=some.sampled_from(OFFICERS[:2]), length=some.sampled_from([400, 90]))
    def attest_as_is_due(self, officer: Key, length: int) -> None:
        """What offices do most of the day."""
        self.attest(officer, None, 851, length)

    @precondition(lambda self: self.attested)
    @rule(officer=some.sampled_from(OFFICERS[:3]), which=some.integers(0, 50), member=some.booleans())
    def revoke(self, officer: Key, which: int, member: bool) -> None:
        id_, now = self.attested[which % len(self.attested)], self.world.now
        about = self.id if member else ZERO
        author = self.model.agency_of(self.model.those("attest", id_)[0][3])
        known = self.model.those("revoke", id_, ZERO) or self.model.those("revoke", id_, about)
        allowed = self.model.speaks(officer.signer) and self.model.agency_of(officer.signer) == author and not known
        try:
            self.world.revoke(id_, officer, about)
        except HistoryBroken:
            assert not allowed
            return
        assert allowed
        self.model.facts.append((now, "revoke", id_, about))

    @rule()
    def withdraw(self) -> None:
        if not self.model.those("withdraw"):
            self.model.facts.append((self.world.now, "withdraw"))
            self.world.withdraw(self.declared[0])

    @rule(seconds=some.sampled_from([1, 30, 300, 900]))
    def wait(self, seconds: int) -> None:
        self.world.now += seconds

    def second(self, back: int, off: int) -> int:
        """A second at or beside which something happened: where the rules turn."""
        return self.world.entries[-1 - back % len(self.world.entries)].time + off

    @rule(back=some.integers(0, 9), off=some.sampled_from([0, -1, 1]))
    def ask_about_the_past(self, back: int, off: int) -> None:
        history, at = self.world.history, self.second(back, off)
        for officer in OFFICERS:
            for kind in KINDS:
                said = may_attest(history.agencies, officer.signer, kind, at)
                assert said == self.model.may_attest(officer.signer, kind, at), (officer, kind, at)
        for id_ in self.attested:
            for member in (ZERO, self.id, b"\x01" * 32):
                assert history.standing(id_, member, at)[0] is self.model.standing(id_, member, at)

    @rule(entries=some.integers(1, 8))
    def judge_as_then(self, entries: int) -> None:
        """The verdict as at the end of a past entry's second, by evidence of today and of then."""
        if any(fact[1] == "compromise" for fact in self.model.facts):
            return
        count = max(len(self.world.entries) - entries, 2)
        at = self.world.entries[count - 1].time
        before = World()
        before.log, before.log_key = self.world.log, self.world.log_key
        before.history, before.entries = type(before.history)(ORIGIN), []
        for entry in self.world.entries:
            if entry.time <= at:
                before.history.apply(entry)
                before.entries.append(entry)
        now, then = (_decisive(self.judged(world, at)) for world in (self.world, before))
        assert now == then

    def judged(self, world: World, at: int) -> Verdict:
        document = SimpleNamespace(digest=self.document, field_hashes={}, hidden=())
        held = world.evidence(*self.declared, self.batch)
        return verify(held, clock=at, document=document, trust=world.trust)


def _decisive(verdict: Verdict) -> tuple[Any, ...]:
    checks = [(check.name, check.status) for check in verdict.checks if check.decisive]
    return verdict.conclusion, checks, verdict.attested_by


Machine.TestCase.settings = settings(
    max_examples=250, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAuthority = Machine.TestCase
