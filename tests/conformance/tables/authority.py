"""Histories that the contract could not have written: log and witnesses may be bought, signatures not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.core import codec as co
from ledger.core import entry as en
from ledger.core import statement as st
from ledger.core.signature import P256_N, SECP256K1_N
from ledger.core.typed_data import keccak
from tests.conformance.parts import (
    BAD,
    CARD,
    MEMBER,
    NAME,
    THIEF,
    Shipment,
    attest_anyhow,
    case,
    decide_anyhow,
    everything,
    shipment,
    unruly,
)
from tests.world import COUNCIL, CUSTOMS, ORIGIN, PLANT


def _mandate_by(*hands: Any) -> Callable[[Shipment], None]:
    def build(made: Shipment) -> None:
        decide_anyhow(made, list(hands), st.MandateGrant, "NZ-MPI", 861, 0, co.NO_END)
        attest_anyhow(made, PLANT, kind=861)

    return build


def _stolen_council(made: Shipment) -> None:
    decide_anyhow(made, [THIEF], st.CouncilChange, (THIEF.signer,), 1)
    attest_anyhow(made, PLANT)


def _old_council(made: Shipment) -> None:
    decide_anyhow(made, [COUNCIL], st.CouncilChange, (MEMBER.signer,), 1)
    _mandate_by(COUNCIL)(made)


def _undone(kind: type[st.Decision], *members: object) -> Callable[[Shipment], None]:
    def build(made: Shipment) -> None:
        decide_anyhow(made, [COUNCIL], kind, *members)
        attest_anyhow(made, PLANT)

    return build


def _unordered(made: Shipment) -> None:
    said = st.MandateGrant(
        "NZ-MPI", 861, 0, co.NO_END, decision=sum(e.kind < en.EntryKind.ANCHORED for e in made.world.entries)
    )
    hands = sorted([COUNCIL, MEMBER], key=lambda hand: keccak(hand.signer), reverse=True)
    unruly(made, en.Enacted(said, tuple(en.Endorsement(hand.signer, hand.sign(said.id(ORIGIN))) for hand in hands)))
    attest_anyhow(made, PLANT, kind=861)


class _Elsewhere:
    """The officer's card under a verifier that is not the contract's."""

    signer = bytes(20) + CARD.signer[20:]
    sign = staticmethod(CARD.sign)


def _high_s(signature: bytes) -> bytes:
    s = SECP256K1_N - int.from_bytes(signature[32:64])
    return signature[:32] + s.to_bytes(32) + bytes([55 - signature[64]])


def _high_s_p256(signature: bytes) -> bytes:
    return signature[:32] + (P256_N - int.from_bytes(signature[32:])).to_bytes(32)


def forgeries() -> None:
    """Histories that the contract could not have written: log and witnesses may be bought, signatures not."""

    def forged(name: str, about: str, build: Callable[[Shipment], Any], *failed: str, threshold: int = 1) -> None:
        made = shipment(threshold=threshold)
        build(made)
        case(f"{name}_fail", about, made, evidence=everything(made), exit=BAD, failed=failed)

    signature, authority, other = f"{NAME} signature", f"{NAME} authority", "NZ-MPI 861 authority"
    forged(
        "attestation_by_a_thief",
        "a key that the council never authorised",
        lambda m: attest_anyhow(m, THIEF),
        authority,
    )
    forged(
        "attestation_signed_by_another",
        "an officer's name, a thief's signature",
        lambda m: attest_anyhow(m, PLANT, THIEF),
        signature,
    )
    forged(
        "attestation_with_high_s",
        "the other signature, without the rule of low s",
        lambda m: attest_anyhow(m, PLANT, change=_high_s),
        signature,
    )
    forged(
        "attestation_with_v_0",
        "v is 0 or 1",
        lambda m: attest_anyhow(m, PLANT, change=lambda s: s[:64] + bytes([s[64] - 27])),
        signature,
    )
    forged(
        "attestation_with_short_signature",
        "64 bytes, without v",
        lambda m: attest_anyhow(m, PLANT, change=lambda s: s[:64]),
        signature,
    )
    forged(
        "attestation_with_high_s_on_p256",
        "high s by a P-256 key",
        lambda m: attest_anyhow(m, CARD, change=_high_s_p256),
        signature,
    )
    forged(
        "attestation_by_der_on_p256",
        "a P-256 signature of 65 bytes",
        lambda m: attest_anyhow(m, CARD, change=lambda s: s + b"\0"),
        signature,
    )
    forged(
        "attestation_by_another_verifier",
        "a card under another verifier",
        lambda m: attest_anyhow(m, _Elsewhere),
        signature,
        authority,
    )
    forged(
        "attestation_without_mandate", "a kind outside the mandate", lambda m: attest_anyhow(m, PLANT, kind=861), other
    )
    forged(
        "attestation_for_another_agency",
        "a customs officer in another's name",
        lambda m: attest_anyhow(m, CUSTOMS),
        authority,
    )
    forged(
        "attestation_after_retirement", "a key retired before", _undone(st.AttesterRetirement, PLANT.signer), authority
    )
    forged(
        "attestation_during_suspension", "an agency suspended before", _undone(st.AgencySuspension, "NZ-MPI"), authority
    )
    forged(
        "attestation_after_withdrawn_mandate",
        "a mandate withdrawn before",
        _undone(st.MandateWithdrawal, "NZ-MPI", 851),
        authority,
    )
    forged("decision_by_a_stranger", "a mandate by one who is not in the council", _mandate_by(THIEF), other)
    forged("decision_below_the_quorum", "two must sign, one did", _mandate_by(COUNCIL), other, threshold=2)
    forged(
        "decision_signed_twice_by_one",
        "two must sign, one did twice",
        _mandate_by(COUNCIL, COUNCIL),
        other,
        threshold=2,
    )
    forged("decision_endorsed_out_of_order", "endorsements not ascending", _unordered, other, threshold=2)
    forged("council_change_by_a_stranger", "a council that nobody seated", _stolen_council, authority)
    forged("council_of_before", "a decision by the council of before a change", _old_council, other)
