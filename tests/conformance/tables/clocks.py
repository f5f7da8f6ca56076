"""Two times: what is judged (``--at``), and the verifier's clock (``--clock``)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from ledger.core.checkpoints.note import SignedNote
from tests.conformance.parts import BAD, EMU, GOOD, KIWI, OPEN, Shipment, attested, case, edited, policy


def clocks() -> None:
    lonely = attested()
    lonely.world.witnesses.clear()
    anchored = lonely.world.entries[-2].time

    def unseen(name: str, about: str, clock: int, code: int, *failed: str, at: int | None = None) -> None:
        case(f"clock_{name}" + ("_fail" if code else ""), about, lonely, at=at, clock=clock, exit=code, failed=failed)

    unseen("at_the_anchor", "no time is given, and the clock shows the second of the anchor", anchored, GOOD)
    unseen("behind_the_anchor", "nobody can say: the verifier's clock is behind", anchored - 1, OPEN, "anchor")
    unseen(
        "behind_the_anchor_and_the_time_given", "a time that is asked for is before the anchor", anchored - 1, BAD,
        "anchor", at=anchored - 1,
    )  # fmt: skip
    unseen("behind_the_anchor_and_a_later_time_given", "the time given is judged", anchored - 1, GOOD, at=anchored)
    unseen("right_and_an_early_time_given", "not anchored then", anchored + 600, BAD, "anchor", at=anchored - 1)

    made = attested()
    cosigned = made.world.now

    def seen(name: str, about: str, clock: int, code: int, *failed: str, **more: Any) -> None:
        full = f"clock_{name}" + ("_fail" if code else "")
        case(full, about, made, **{"at": None, "clock": clock, "exit": code, "failed": failed} | more)

    seen("behind_the_witnesses_by_the_tolerance", "15 s are within the tolerance", cosigned - 15, GOOD)
    seen("behind_the_witnesses", "a cosignature of the future counts for nothing", cosigned - 16, BAD, "witnesses")
    strict, lax = policy(clock_tolerance=0), policy(clock_tolerance=120)
    seen("exact_without_tolerance", "the second of the cosignatures", cosigned, GOOD, policy=strict)
    seen("behind_without_tolerance", "a second before", cosigned - 1, BAD, "witnesses", policy=strict)
    seen("behind_within_a_wide_tolerance", "the policy's tolerance", cosigned - 100, GOOD, policy=lax)
    seen("behind_and_the_time_given", "the time given does not help", cosigned - 16, BAD, "witnesses", at=cosigned)

    late = cosigned + 5_000
    two = _cosigned(made, [(KIWI, cosigned), (EMU, late)])
    seen("before_one_of_two_witnesses", "two are demanded, one counts", cosigned, BAD, "witnesses", evidence=two)
    one = _demanding(made, 1)
    seen("before_one_and_one_is_demanded", "one counts, one is demanded", cosigned, GOOD, evidence=two, trust=one)
    for name, seconds, code in [("fresh", 600, GOOD), ("stale", 601, BAD)]:
        seen(
            f"makes_no_evidence_fresh_{name}", "a witness whose clock is ahead does not vouch", cosigned + seconds, code,
            *(("freshness",) if code else ()), evidence=two, trust=one, policy=policy(max_age=600),
        )  # fmt: skip
    again = _cosigned(made, [(KIWI, cosigned), (KIWI, late), (EMU, cosigned)])
    seen("before_a_second_line_of_a_witness", "its line of before counts", cosigned, GOOD, evidence=again)
    for name, time in [("zero", 0), ("beyond_63_bits", 1 << 63)]:
        impossible = _cosigned(made, [(KIWI, cosigned), (EMU, time)])
        case(f"cosignature_at_time_{name}_fail", "no time of a cosignature", made, evidence=impossible, exit=BAD,
             failed=("witnesses",), trust=one)  # fmt: skip
    last = _cosigned(made, [(KIWI, cosigned), (EMU, (1 << 63) - 1)])
    case("cosignature_at_the_last_time", "it fits, and counts for nothing", made, evidence=last, trust=one)


def _cosigned(made: Shipment, lines: list[tuple[Any, int]]) -> bytes:
    """Evidence whose checkpoint bears these cosignatures instead."""
    note = made.evidence().checkpoint
    note = SignedNote(note.checkpoint, note.signatures[:1])
    for witness, time in lines:
        note = witness.cosign(note, time)
    return edited(lambda value: value.update(checkpoint=str(note)), made)


def _demanding(made: Shipment, threshold: int) -> bytes:
    return json.dumps(json.loads(replace(made.world.trust, threshold=threshold).to_bytes())).encode()
