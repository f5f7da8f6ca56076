"""Entries about somebody else. Evidence carries the newest entry of its checkpoint, whatever that is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.core.history.entry import Attested, Revoked
from ledger.core.statements.member_types import ZERO
from ledger.core.statements.resolutions import AgencySuspension, AttesterCompromise, CouncilChange
from ledger.core.statements.revocation import Revocation
from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from ledger.testing.world import CUSTOMS, PLANT
from tests.conformance.parts import (
    BAD,
    GOOD,
    MEMBER,
    NAME,
    SECOND,
    THIEF,
    Shipment,
    attest_anyhow,
    attested,
    case,
    edited,
    enact_anyhow,
    everything,
    policy,
    requirement,
    shipment,
    statement,
    unruly,
)

STRANGERS = [bytes([number]) * 32 for number in range(200, 203)]


def others() -> None:
    demanded = policy(require=[requirement()])

    def newest(name: str, about: str, write: Callable[[Shipment], Any]) -> None:
        made = attested()
        write(made)
        case(f"newest_{name}", f"ours is attested; the newest entry is {about}", made, policy=demanded)

    newest("attests_another", "an attestation about a batch of others", _attest_others)
    newest("attests_another_alone", "an attestation about another declaration alone", _attest_another)
    newest("revokes_another", "the revocation of an attestation about others", lambda m: _revoke_others(m, ZERO))
    newest("revokes_one_of_others", "a revocation for one of others", lambda m: _revoke_others(m, STRANGERS[0]))
    newest("withdraws_another", "somebody else's withdrawal", lambda m: m.world.withdraw(_strangers(m)[0]))
    newest("anchors_another", "the anchor of another batch", lambda m: m.world.anchor(_strangers(m)))
    newest("suspends_another", "another agency's suspension", lambda m: m.world.enact(AgencySuspension, "NZ-CUSTOMS"))
    newest(
        "compromises_another", "the compromise of another agency's key",
        lambda m: m.world.enact(AttesterCompromise, CUSTOMS.signer, m.world.now - 600),
    )  # fmt: skip
    newest(
        "changes_the_council",
        "a change of the council",
        lambda m: m.world.enact(CouncilChange, (MEMBER.signer,), 1),
    )

    made = shipment()
    _attest_others(made)
    case("only_others_attested", "the newest entry attests others; nobody attested ours", made)
    case(
        "only_others_attested_and_demanded_fail", "an attestation about others meets no policy", made,
        policy=demanded, exit=BAD, failed=("policy",),
    )  # fmt: skip
    case(
        "revoked_and_others_attested_fail", "an attestation about others does not stand in for the revoked one",
        revoked := _revoked_ours(), exit=BAD, failed=(f"{NAME} in force",),
    )  # fmt: skip
    assert revoked.world.entries[-1].kind == made.world.entries[-1].kind

    # Nobody looks at what is about others: whoever may have written it, and however.
    for name, about, write in [
        ("attested_by_a_thief", "a thief attested others", _thief_attests_others),
        ("attestation_revoked_by_a_thief", "a thief revoked an attestation about others", _thief_revokes_others),
    ]:
        made = attested()
        write(made)
        case(f"others_{name}", about, made, evidence=everything(made), policy=demanded)
    made = attested()
    enact_anyhow(made, [THIEF], AgencySuspension, "NZ-CUSTOMS")
    attest_anyhow(made, SECOND)
    case(
        "others_suspended_by_a_thief", "a thief suspended another agency: that is of no subject in question", made,
        evidence=everything(made),
    )  # fmt: skip

    made = attested()
    enact_anyhow(made, [THIEF], AgencySuspension, "NZ-CUSTOMS")
    case("newest_suspends_another_by_a_thief", "the newest entry is about others", made, evidence=everything(made))

    made = attested()
    made.world.witnesses.clear()
    _attest_others(made)
    last = made.world.history.last_time
    for seconds, code in [(3600, GOOD), (3601, BAD)]:
        case(
            "others_date_the_evidence" + ("_fail" if code else ""), "an entry about others counts by its time", made,
            policy=policy(max_age=3600), at=last + seconds, exit=code, failed=("freshness",) if code else (),
        )  # fmt: skip
    case(
        "others_entry_changed_fail", "an entry about others counts by its inclusion", made,
        evidence=edited(_change_last, made), exit=BAD, failed=("entries",),
    )  # fmt: skip


def _strangers(made: Shipment) -> list[Any]:
    return [made.world.declare(digest)[0] for digest in STRANGERS]


def _set_of_others(made: Shipment) -> tuple[bytes, int]:
    ids = [declaration.id(made.world.origin) for declaration in _strangers(made)]
    return root_of_hashes([leaf_hash(id_) for id_ in ids]), len(ids)


def _attest_others(made: Shipment) -> bytes:
    return made.world.attest("NZ-MPI", 851, *_set_of_others(made), PLANT)


def _attest_another(made: Shipment) -> bytes:
    alone = leaf_hash(_strangers(made)[0].id(made.world.origin))
    return made.world.attest("NZ-CUSTOMS", 132, alone, 1, CUSTOMS)


def _revoke_others(made: Shipment, member: bytes) -> None:
    made.world.revoke(_attest_others(made), PLANT, member)


def _revoked_ours() -> Shipment:
    made = shipment()
    made.world.revoke(made.attest(), PLANT)
    _attest_others(made)
    return made


def _thief_attests_others(made: Shipment) -> None:
    root, size = _set_of_others(made)
    said = statement(made, root=root, size=size)
    unruly(made, Attested(said, THIEF.signer, THIEF.sign(said.id(made.world.origin))))


def _thief_revokes_others(made: Shipment) -> None:
    said = Revocation(_attest_others(made), ZERO, 41)
    unruly(made, Revoked(said, THIEF.signer, THIEF.sign(said.id(made.world.origin))))


def _change_last(value: Any) -> None:
    """Another salt in the newest entry, which is the ninth word of the payload."""
    entry = value["entries"][-1]
    salt = 2 + 2 * (17 + 8 * 32)
    entry["bytes"] = entry["bytes"][:salt] + "00" * 32 + entry["bytes"][salt + 64 :]
