"""Where a verdict ends: what is not of the history that is trusted says nothing. docs/evidence-format.md, "The checks"."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ledger.core.document import redact
from ledger.core.statements.resolutions import AgencySuspension
from tests.conformance.parts import (
    BAD,
    BROKEN,
    GOOD,
    NAME,
    THIEF,
    Shipment,
    attest_anyhow,
    attested,
    case,
    edited,
    everything,
    policy,
    requirement,
    shipment,
    unruly,
)
from tests.conformance.tables.adverse import CERTIFICATE, HOLD, held


def ending() -> None:
    def unsigned(value: dict[str, Any]) -> None:
        text, _, lines = value["checkpoint"].partition("\n\n")
        value["checkpoint"] = text + "\n\n" + lines.split("\n", 1)[1]

    def another_proof(value: dict[str, Any]) -> None:
        proof = value["entries"][-1]["proof"]
        proof[0] = "0x" + "ab" * 32

    hold, _ = held()
    hold.attest()
    for step, change in (("checkpoint", unsigned), ("entries", another_proof)):
        case(
            f"ending_at_{step}_fail", "neither a favourable nor an adverse word is told of it", hold,
            evidence=edited(change, hold), exit=BAD, failed=(step,), said=[],
        )  # fmt: skip
        case(
            f"ending_at_{step}_and_demanded_fail", "no demand is looked at", hold, evidence=edited(change, hold),
            exit=BAD, failed=(step,), said=[],
            policy=policy(require=[requirement()], refuse=[{"kind": 132, "outcomes": []}], max_age=1, show=["$.none"]),
        )  # fmt: skip

    forged = shipment()
    attest_anyhow(forged, THIEF)
    signed_by_nobody = everything(forged)
    case("ending_nowhere_fail", "proven, and signed by a thief", forged, evidence=signed_by_nobody, exit=BAD,
         failed=(f"{NAME} authority",))  # fmt: skip

    def nothing_signed(value: dict[str, Any]) -> None:
        unsigned(value)
        value["signature"] = "0x"

    case(
        "ending_before_the_party_fail", "nobody signed the declaration either, which is not looked at", hold,
        evidence=edited(nothing_signed, hold), exit=BAD, failed=("checkpoint",), said=[],
    )  # fmt: skip
    case(
        "ending_with_a_document_fail", "the document is judged before", hold, evidence=edited(unsigned, hold),
        document=replace(hold.document, seed=b"\x07" * 32).to_bytes(), exit=BAD, failed=("checkpoint", "document"),
        said=[],
    )  # fmt: skip
    case(
        "ending_with_fields_shown_fail", "the numbers of fields are told", hold,
        evidence=edited(unsigned, hold, document=redact(hold.document, [])), exit=BAD, failed=("checkpoint",), said=[],
    )  # fmt: skip

    def goes_back(made: Shipment) -> None:
        made.world.now -= 600
        unruly(made, replace(made.world.entries[1].content, resolution=AgencySuspension("NZ-MPI", 99)))

    late = attested()
    goes_back(late)
    case(
        "ending_at_a_time_that_goes_back_fail", "a suspension that nobody endorsed is not looked at", late,
        evidence=everything(late), at=late.world.now + 600, clock=late.world.now + 600, exit=BAD, failed=("entries",),
        said=[],
    )  # fmt: skip
    late.world.now += 600

    # What does not end a verdict: the entries are proven.
    few = edited(lambda value: value.update(checkpoint=value["checkpoint"].rsplit("\n", 2)[0] + "\n"), hold)
    case("ending_not_for_a_witness_fail", "a witness too few, and the words are told", hold, evidence=few, exit=BAD,
         failed=("witnesses",), said=[HOLD, CERTIFICATE])  # fmt: skip

    items = [requirement(kind, (), (1,)) for kind in range(65)]
    refused = [{"kind": kind, "outcomes": [1]} for kind in range(65)]
    case("policy_refuses_64", "as many as a policy may have", hold, policy=policy(refuse=refused[:64]), exit=GOOD)
    case("policy_refuses_65_fail", "one more", hold, policy=policy(refuse=refused), exit=BROKEN)
    case("policy_demands_64", "as many as a policy may have, all of them met", hold,
         policy=policy(require=[requirement()] * 64), exit=GOOD)  # fmt: skip
    case("policy_demands_65_fail", "one more", hold, policy=policy(require=items), exit=BROKEN)
