"""Complete: what somebody removes from evidence, and indexes that say otherwise than the checkpoint."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import partial
from typing import Any

from ledger.core.statements.resolutions import AgencySuspension, AttesterCompromise, MandateWithdrawal
from ledger.core.tree.merkle import leaf_hash
from ledger.testing.world import CUSTOMS, PLANT, START
from tests.conformance.parts import (
    BAD,
    BROKEN,
    Shipment,
    attested,
    case,
    edited,
    everything,
    policy,
    spelled,
    without,
)


def complete() -> None:
    _left_out()
    _another_index()
    _malformed()


def _left_out() -> None:
    """One entry is removed. The verdict would be GOOD if nobody looked."""
    for name, about, build in [
        ("withdrawal", "the party's withdrawal", lambda made: made.world.withdraw(made.declared[0])),
        ("revocation", "the agency's revocation", _revoke),
        ("revocation_of_one", "the revocation for this declaration alone", partial(_revoke, whole=False)),
        ("compromise", "the compromise of the attester's key", _compromise),
        ("suspension", "the suspension of the agency", lambda made: made.world.enact(AgencySuspension, "NZ-MPI")),
        ("mandate_withdrawal", "the withdrawal of the mandate",
            lambda made: made.world.enact(MandateWithdrawal, "NZ-MPI", 851)),
        ("hold", "an adverse attestation", _hold),
    ]:  # fmt: skip
        made = attested()
        build(made)
        last = made.world.entries[-1].number
        made.world.anchor([made.world.declare(b"\x0b" * 32)[0]])
        trimmed = without(everything(made), last)
        case(f"{name}_left_out_fail", f"{about} is left out", made, evidence=trimmed, exit=BAD, failed=("complete",))
        value = json.loads(trimmed)
        value["index"]["lists"] = [[item for item in items if item != last] for items in value["index"]["lists"]]
        case(
            f"{name}_unlisted_fail", f"{about} is left out, and its number in the lists", made,
            evidence=spelled(value), exit=BAD, failed=("complete",),
        )  # fmt: skip
        before = _without_the_last(made, last)
        case(
            f"{name}_of_another_index_fail", f"{about} is left out, and the proof is of a history without it", made,
            evidence=before, exit=BAD, failed=("complete",),
        )  # fmt: skip


def _revoke(made: Shipment, whole: bool = True) -> None:
    id_ = next(iter(made.world.history.attestations))
    made.world.revoke(id_, PLANT, *([] if whole else [made.id]))


def _compromise(made: Shipment) -> None:
    made.world.enact(AttesterCompromise, PLANT.signer, START - 3600)


def _hold(made: Shipment) -> None:
    made.world.attest("NZ-CUSTOMS", 132, leaf_hash(made.id), 1, CUSTOMS, outcome=2)


def _without_the_last(made: Shipment, number: int) -> bytes:
    """The evidence, with the index proof of the same history without one entry."""
    lesser = attested()
    lesser.world.anchor([lesser.world.declare(b"\x0b" * 32)[0]])
    value, other = json.loads(without(everything(made), number)), json.loads(everything(lesser))
    value["index"] = other["index"]
    return spelled(value)


def _another_index() -> None:
    made = attested()
    plain = made.evidence().to_bytes()

    def wrong(name: str, about: str, change: Callable[[dict[str, Any]], object], *more: str) -> None:
        value = json.loads(plain)
        change(value["index"])
        case(f"index_{name}_fail", about, made, evidence=spelled(value), exit=BAD, failed=("complete", *more))

    hashes = base64.b64decode(json.loads(plain)["index"]["hashes"])

    def with_hashes(changed: bytes) -> Callable[[dict[str, Any]], object]:
        return lambda index: index.update(hashes=base64.b64encode(changed).decode())

    wrong("hash_changed", "a bit of a hash", with_hashes(bytes([hashes[0] ^ 1]) + hashes[1:]))
    wrong("hash_left_out", "a hash too few", with_hashes(hashes[32:]))
    wrong("hash_more", "a hash too many", with_hashes(hashes + bytes(32)))
    wrong("hashes_exchanged", "two hashes in the other order", with_hashes(hashes[32:64] + hashes[:32] + hashes[64:]))
    wrong("step_left_out", "a step too few", lambda index: index.update(steps=index["steps"][:-1]))
    wrong("step_more", "a step too many", lambda index: index.update(steps=index["steps"] + "e"))
    wrong("no_steps", "no step at all", lambda index: index.update(steps="", hashes=""))
    wrong("all_empty", "an index without subjects", lambda index: index.update(
        steps="e", hashes="", lists=[[] for _ in index["lists"]]
    ))  # fmt: skip
    wrong("list_left_out", "a list too few", lambda index: index["lists"].pop())
    wrong("list_more", "a list too many", lambda index: index["lists"].append([]))
    wrong(
        "number_more", "a list has an entry that is not about its subject", lambda index: index["lists"][0].insert(0, 0)
    )
    wrong(
        "number_of_the_future",
        "a list has an entry that the checkpoint has not",
        lambda index: index["lists"][0].append(99),
    )
    for step in "emno":
        turned = json.loads(plain)["index"]["steps"]
        if (at := next((at for at, letter in enumerate(turned) if letter != step), None)) is not None:
            changed = turned[:at] + step + turned[at + 1 :]
            wrong(
                f"step_{step}_for_another", "another letter", lambda index, changed=changed: index.update(steps=changed)
            )

    # An entry that is of no subject in question, and not the newest.
    other = attested()
    other.world.anchor([other.world.declare(b"\x0b" * 32)[0]])
    shown = other.world.entries[-1].number
    other.world.anchor([other.world.declare(b"\x0c" * 32)[0]])
    value = json.loads(everything(other))
    proof = other.world.prove(shown)
    value["entries"].insert(
        -1, {"bytes": "0x" + proof.entry.data.hex(), "proof": ["0x" + item.hex() for item in proof.proof]}
    )
    case(
        "entry_of_no_subject_in_question_fail", "an entry about others, which is not the newest", other,
        evidence=spelled(value), exit=BAD, failed=("complete",),
    )  # fmt: skip

    held = attested()
    _hold(held)
    last = held.world.entries[-1].number
    held.world.anchor([held.world.declare(b"\x0b" * 32)[0]])
    case(
        "hold_left_out_and_refused_fail", "the policy refuses an adverse attestation, and it is left out", held,
        evidence=without(everything(held), last), policy=policy(refuse=[{"kind": 132, "outcomes": []}]),
        exit=BAD, failed=("complete",),
    )  # fmt: skip

    # A stranger may anchor the set of one: the entry is carried, and nobody judges it.
    anchored = attested()
    anchored.world.anchor([anchored.declared[0]])
    case("set_of_one_anchored_by_a_stranger", "somebody anchored the declaration alone, too", anchored)

    # What the policy says about age decides whether what came since may be unknown.
    for name, age, code in [("known", 3600, {}), ("stale", 0, {"exit": BAD, "failed": ("freshness",)})]:
        quiet = attested()
        quiet.world.witnesses.clear()
        demands = policy(allow_skipped=False, max_age=age)
        case(
            f"since_{name}" + ("_fail" if code else ""), "nothing may be unknown, and the evidence may be so old", quiet,
            policy=demands, document=quiet.document.to_bytes(), **code,
        )  # fmt: skip


def _malformed() -> None:
    def broken(name: str, about: str, change: Callable[[dict[str, Any]], object]) -> None:
        evidence = edited(lambda value: change(value["index"]))
        case(f"index_{name}_fail", about, attested(), evidence=evidence, exit=BROKEN)

    broken("hashes_not_base64", "hashes that are no base64", lambda index: index.update(hashes="(none)"))
    broken("hashes_in_base64url", "the other alphabet", lambda index: index.update(hashes="_" * 43 + "="))
    broken("hashes_without_padding", "31 bytes without padding", lambda index: index.update(hashes="A" * 42))
    broken("hashes_of_31_bytes", "31 bytes", lambda index: index.update(hashes=base64.b64encode(bytes(31)).decode()))
    broken("hashes_not_text", "a list of hashes", lambda index: index.update(hashes=[]))
    broken("step_unknown", "a letter that is no step", lambda index: index.update(steps=index["steps"] + "x"))
    broken("step_in_upper_case", "a step in upper case", lambda index: index.update(steps=index["steps"].upper()))
    broken("steps_too_many", "65,537 steps", lambda index: index.update(steps="n" * 65_537))
    broken("steps_not_text", "a list of steps", lambda index: index.update(steps=list(index["steps"])))
    broken("list_descends", "a list that does not ascend", lambda index: index["lists"].append([2, 1]))
    broken("list_repeats", "a number twice", lambda index: index["lists"].append([2, 2]))
    broken("list_not_a_list", "a number in the place of a list", lambda index: index["lists"].append(1))
    broken("number_negative", "a number below 0", lambda index: index["lists"].append([-1]))
    broken("number_not_whole", "a text in the place of a number", lambda index: index["lists"].append(["1"]))
    broken("lists_not_a_list", "an object of lists", lambda index: index.update(lists={}))
    broken("member_missing", "no steps", lambda index: index.pop("steps"))
    broken("member_unknown", "a member that the index has not", lambda index: index.update(keys=[]))
