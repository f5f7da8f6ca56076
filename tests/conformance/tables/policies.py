"""What a policy demands."""

from __future__ import annotations

import json
from typing import Any

from tests.conformance.parts import (
    BAD,
    BROKEN,
    GOOD,
    OPEN,
    attested,
    case,
    policy,
    requirement,
)


def policies() -> None:
    made = attested()
    last = made.world.history.last_time
    cosigned = made.world.now

    def asked(name: str, about: str, code: int, *failed: str, at: int = made.world.now, **members: Any) -> None:
        content = policy(**{key: item for key, item in members.items() if item is not ...})
        if ... in members.values():
            value = json.loads(content)
            for key in [key for key, item in members.items() if item is ...]:
                value.pop(key)
            content = json.dumps(value).encode()
        full = f"policy_{name}" + ("_fail" if code else "")
        case(full, about, made, policy=content, at=at, exit=code, failed=failed)

    asked("met", "kind, jurisdiction and outcome as demanded", GOOD, require=[requirement(851, ("NL", "NZ"), (1, 2))])
    asked("kind", "another kind is demanded", BAD, "policy", require=[requirement(861)])
    asked("jurisdiction", "another jurisdiction is demanded", BAD, "policy", require=[requirement(851, ("NL",))])
    asked("outcome", "another outcome is demanded", BAD, "policy", require=[requirement(851, (), (8,))])
    asked("one_of_two", "two are demanded, one is there", BAD, "policy", require=[requirement(851), requirement(132)])
    asked("skipped_refused", "nothing may be unknown", OPEN, allow_skipped=False)
    asked("more_witnesses", "three are demanded, the trust root has two", BAD, "witnesses", witnesses=3)
    asked("fewer_witnesses_does_not_lower", "the trust root's two still count", GOOD, witnesses=0)
    asked("fresh", "as old as it may be, by the witnesses' time", GOOD, at=cosigned + 3600, max_age=3600)
    asked("stale", "a second older than it may be", BAD, "freshness", at=cosigned + 3601, max_age=3600)
    asked("max_age_negative", "an age below nothing", BROKEN, max_age=-1)
    asked("max_age_true", "true for a number", BROKEN, max_age=True)
    asked("tolerance_beyond_a_day", "a tolerance of more than a day", BROKEN, clock_tolerance=86_401)
    asked("kind_as_text", "a kind in quotes", BROKEN, require=[requirement("851")])  # type: ignore[arg-type]
    asked("jurisdiction_lower_case", "a jurisdiction that is none", BROKEN, require=[requirement(851, ("nz",))])
    asked("member_missing", "no witnesses member", BROKEN, witnesses=...)
    asked("member_unknown", "a member that the format has not", BROKEN, comment="fine")
    lonely = attested()
    lonely.world.witnesses.clear()
    evidence, trust = lonely.evidence().to_bytes(), lonely.world.trust.to_bytes()
    for name, seconds, code in [("fresh_by_the_last_entry", 3600, GOOD), ("stale_by_the_last_entry_fail", 3601, BAD)]:
        case(
            f"policy_{name}",
            "no witness vouches for a later time",
            lonely,
            evidence=evidence,
            trust=trust,
            at=last + seconds,
            policy=policy(max_age=3600),
            exit=code,
            failed=("freshness",) if code else (),
        )
    case("policy_not_json_fail", "a policy that is no JSON", made, policy=b"{", exit=BROKEN)
