"""Postings: evidence carries one only as the newest entry of its checkpoint, and nothing is judged by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.core.history.entry import Posted
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.posting import BALANCE_CONFIRMATION, Posting
from ledger.core.statements.resolutions import MandateGrant
from ledger.core.tree.merkle import leaf_hash
from ledger.testing.world import PLANT
from tests.conformance.parts import (
    BAD,
    BROKEN,
    NAME,
    THIEF,
    Shipment,
    attested,
    case,
    edited,
    everything,
    policy,
    requirement,
    shipment,
    unruly,
)

SHEET = b"\x07" * 32


def postings() -> None:
    """As the newest entry, by whom it may be and however it is made."""
    demanded = policy(require=[requirement()])
    for name, about, of in [
        ("posts_ours", "a posting on a line of ours", _our),
        ("posts_another", "a posting on a line of somebody else's certificate", _another),
    ]:
        made = attested()
        _post(made, *of(made))
        case(f"newest_{name}", f"ours is attested; the newest entry is {about}", made, policy=demanded)
    made.world.witnesses.clear()
    last = made.world.history.last_time
    for seconds, failed in [(3600, ()), (3601, ("freshness",))]:
        case(
            "posting_dates_the_evidence" + ("_fail" if failed else ""), "a posting counts by its time", made,
            policy=policy(max_age=3600), at=last + seconds, exit=BAD if failed else 0, failed=failed,
        )  # fmt: skip

    made = shipment()
    made.world.revoke(made.attest(), PLANT)
    _post(made, *_another(made))
    case(
        "posting_after_the_revocation_fail", "a posting does not stand in for a revoked attestation", made,
        exit=BAD, failed=(f"{NAME} in force",),
    )  # fmt: skip
    made = shipment()
    _post(made, _another(made)[0], made.id)
    case(
        "posting_and_no_attestation_fail", "a posting about ours meets no policy that demands an attestation", made,
        policy=demanded, exit=BAD, failed=("policy",),
    )  # fmt: skip

    # Nobody looks at who posted, with what authority, and from which sheet.
    for name, about, write in [
        ("by_a_thief", "a thief posted", lambda m: _post_anyhow(m, THIEF)),
        ("without_a_mandate", "an officer posted without a mandate to", lambda m: _post_anyhow(m, PLANT)),
        ("to_no_sheet", "a posting that moves nothing", lambda m: _post_anyhow(m, PLANT, to=ZERO)),
        ("without_a_signature", "nobody signed the posting", lambda m: _post_anyhow(m, PLANT, change=lambda s: b"")),
        ("of_nothing_attested", "the attestation is not there", lambda m: _post_anyhow(m, PLANT, attestation=SHEET)),
    ]:  # fmt: skip
        made = attested()
        write(made)
        case(f"posting_{name}", about, made, evidence=everything(made), policy=demanded)

    made = attested()
    _post(made, *_our(made))
    for name, about, place, word, failed in [
        ("to_another_sheet", "another sheet than was posted", 5, b"\x09" * 32, ("entries",)),
        ("of_another_line", "another line than was posted", 3, (9).to_bytes(32), ("entries",)),
        ("of_a_line_of_33_bits", "a line of 33 bits", 3, (1 << 32).to_bytes(32), ()),
        ("by_no_agency", "no agency code", 0, ZERO, ()),
    ]:
        case(
            f"posting_{name}_fail", about, made,
            evidence=edited(_set_word(place, word), made), exit=BAD if failed else BROKEN, failed=failed,
        )  # fmt: skip


def _our(made: Shipment) -> tuple[bytes, bytes]:
    """The attestation about ours, and our declaration."""
    return next(iter(made.world.history.attestations)), made.id


def _another(made: Shipment) -> tuple[bytes, bytes]:
    """An attestation about somebody else's declaration, and that declaration."""
    declared = made.world.declare(b"\xc8" * 32)[0].id(made.world.origin)
    return made.world.attest("NZ-MPI", 851, leaf_hash(declared), 1, PLANT), declared


def _post(made: Shipment, attestation: bytes, member: bytes) -> None:
    """The plant agency opens a line."""
    made.world.enact(MandateGrant, "NZ-MPI", BALANCE_CONFIRMATION, 0, NO_END)
    made.world.post(attestation, member, 1, SHEET, "NZ-MPI", PLANT)


def _post_anyhow(
    made: Shipment,
    hand: Any,
    attestation: bytes | None = None,
    to: bytes = SHEET,
    change: Callable[[bytes], bytes] = bytes,
) -> None:
    said = Posting("NZ-MPI", attestation or _our(made)[0], made.id, 1, ZERO, to)
    unruly(made, Posted(said, hand.signer, change(hand.sign(said.id(made.world.origin)))))


def _set_word(place: int, word: bytes) -> Callable[[Any], Any]:
    """Another word of the newest entry's payload, counted from 0."""

    def change(value: Any) -> None:
        entry, at = value["entries"][-1], 2 + 2 * (17 + 32 * place)
        entry["bytes"] = entry["bytes"][:at] + word.hex() + entry["bytes"][at + 64 :]

    return change
