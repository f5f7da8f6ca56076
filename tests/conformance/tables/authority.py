"""With what authority: histories that the contract could not have written.

Log and witnesses may be bought, signatures not.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ledger.core.statements.member_types import NO_END
from ledger.core.statements.resolutions import (
    AgencySuspension,
    AttesterCompromise,
    AttesterRetirement,
    CouncilChange,
    MandateGrant,
    MandateWithdrawal,
)
from ledger.testing.world import COUNCIL, CUSTOMS, PLANT
from tests.conformance.parts import (
    BAD,
    CARD,
    MEMBER,
    NAME,
    OPEN,
    THIEF,
    Shipment,
    attest_anyhow,
    case,
    enact_anyhow,
    everything,
    policy,
    requirement,
    shipment,
    unruly,
    without,
)
from tests.conformance.tables.histories import (
    KINDS,
    Elsewhere,
    afterwards,
    another_beginning,
    another_beginning_attested,
    attested_begun_anew,
    council_of_cards,
    elsewhere,
    endorsed,
    endorsed_and_suspended,
    endorsed_anyhow,
    endorsed_later,
    enrolment,
    foreign_officer,
    granted,
    high_s,
    high_s_p256,
    mandate_by,
    mandated_begun_anew,
    meddled,
    of_customs,
    old_council,
    other_council,
    others_undone,
    party,
    party_begun_anew,
    party_card,
    party_elsewhere,
    party_without_key,
    refounded,
    regranted,
    revoked_elsewhere,
    stolen_council,
    stolen_elsewhere,
    undone,
    unordered,
    wallet_and_key,
    wallet_and_wrong_card,
    wallet_seats_a_council,
    withdrawn_elsewhere,
)


def forgeries() -> None:
    """Histories that the contract could not have written: log and witnesses may be bought, signatures not."""

    def forged(name: str, about: str, build: Callable[[Shipment], Any], *failed: str, threshold: int = 1) -> None:
        made = shipment(threshold=threshold)
        build(made)
        case(f"{name}_fail", about, made, evidence=everything(made), exit=BAD, failed=failed)

    def undecided(name: str, about: str, build: Callable[[Shipment], Any], *failed: str, **more: Any) -> None:
        """Only the contract could say whether a wallet contract accepted a signature."""
        made = shipment()
        build(made)
        more = {"exit": OPEN, "evidence": everything(made)} | more
        case(f"{name}_fail", about, made, failed=failed, **more)

    signature, authority, other = f"{NAME} signature", f"{NAME} authority", "NZ-MPI 861 authority"
    forged(
        "council_that_the_log_invented",
        "the log's key and both witnesses sign a whole history of another council under the true origin",
        other_council,
        "origin",
        authority,
    )
    invented = elsewhere()
    case(
        "history_that_the_log_invented_fail", "the same under an origin of its own, which is consistent in itself",
        invented, trust=shipment().world.trust.to_bytes(), exit=BAD, failed=("origin", "checkpoint"),
    )  # fmt: skip
    forged(
        "attestation_by_a_thief",
        "a key that the council never authorised",
        lambda m: attest_anyhow(m, THIEF),
        authority,
    )
    undecided(
        "attestation_signed_by_another",
        "an officer's name, a thief's signature, or that of a wallet contract at the officer's address",
        lambda m: attest_anyhow(m, PLANT, THIEF),
        signature,
    )
    undecided(
        "attestation_with_high_s",
        "the other signature, without the rule of low s",
        lambda m: attest_anyhow(m, PLANT, change=high_s),
        signature,
    )
    undecided(
        "attestation_with_v_0",
        "v is 0 or 1",
        lambda m: attest_anyhow(m, PLANT, change=lambda s: s[:64] + bytes([s[64] - 27])),
        signature,
    )
    undecided(
        "attestation_with_short_signature",
        "64 bytes, without v",
        lambda m: attest_anyhow(m, PLANT, change=lambda s: s[:64]),
        signature,
    )
    forged(
        "attestation_with_high_s_on_p256",
        "high s by a P-256 key",
        lambda m: attest_anyhow(m, CARD, change=high_s_p256),
        signature,
    )
    forged(
        "attestation_by_der_on_p256",
        "a P-256 signature of 65 bytes",
        lambda m: attest_anyhow(m, CARD, change=lambda s: s + b"\0"),
        signature,
    )
    undecided(
        "attestation_by_another_verifier",
        "a card under another verifier, which nobody authorised",
        lambda m: attest_anyhow(m, Elsewhere),
        signature,
        authority,
        exit=BAD,
        undecided=(signature,),
    )
    undecided(
        "attestation_by_an_authorised_verifier",
        "a card under another verifier, which the council authorised",
        foreign_officer,
        signature,
    )
    undecided(
        "attestation_with_longest_signature",
        "1,024 bytes, which a wallet contract may have accepted",
        lambda m: attest_anyhow(m, PLANT, change=lambda s: bytes(1024)),
        signature,
    )
    forged(
        "attestation_with_a_signature_too_long",
        "1,025 bytes, which the contract takes from nobody",
        lambda m: attest_anyhow(m, PLANT, change=lambda s: bytes(1025)),
        signature,
    )
    by_wallet = partial(attest_anyhow, officer=PLANT, hand=THIEF)
    wanted = {"jurisdictions": ("NZ",), "outcomes": (1,)}
    undecided(
        "attestation_by_a_wallet_demanded", "the policy demands what only a wallet contract may have signed", by_wallet,
        signature, "policy", policy=policy(require=[requirement(**wanted)]),
    )  # fmt: skip
    for what, demanded in [
        ("kind", requirement(861)),
        ("outcome", requirement(outcomes=(8,))),
        ("jurisdiction", requirement(jurisdictions=("NL",))),
    ]:
        undecided(
            f"attestation_by_a_wallet_of_another_{what}", f"the policy demands another {what}, whoever signed", by_wallet,
            signature, "policy", exit=BAD, undecided=(signature,), policy=policy(require=[demanded]),
        )  # fmt: skip
    undecided(
        "attestation_by_a_wallet_refused", "the policy refuses what only a wallet contract may have signed", by_wallet,
        signature, "refusal", policy=policy(refuse=[{"kind": 851, "outcomes": [1]}]),
    )  # fmt: skip
    undecided(
        "attestation_by_a_wallet_and_by_a_key", "another attester of the agency signed the same", wallet_and_key,
        signature, policy=policy(require=[requirement(**wanted)]),
    )  # fmt: skip
    undecided(
        "resolution_by_a_wallet", "a wallet contract of the council may have endorsed a mandate", endorsed_anyhow, other
    )
    undecided(
        "resolution_by_a_wallet_demanded", "the policy demands what that mandate is for", endorsed_anyhow,
        other, "policy", policy=policy(require=[requirement(861)]),
    )  # fmt: skip
    undecided(
        "council_change_by_a_wallet", "a wallet contract may have endorsed a council, which granted a mandate",
        wallet_seats_a_council, other,
    )  # fmt: skip
    undecided(
        "resolution_by_a_wallet_and_a_suspension", "a wallet contract may have granted, and a key suspended",
        endorsed_and_suspended, other, exit=BAD,
    )  # fmt: skip
    undecided(
        "resolution_by_a_wallet_and_no_card", "a wallet contract may have endorsed, a card did not",
        wallet_and_wrong_card, other, exit=BAD,
    )  # fmt: skip
    forged(
        "attestation_without_mandate", "a kind outside the mandate", lambda m: attest_anyhow(m, PLANT, kind=861), other
    )
    forged(
        "attestation_for_another_agency",
        "a customs officer in another's name",
        lambda m: attest_anyhow(m, CUSTOMS),
        authority,
    )
    forged("attestation_after_retirement", "a key retired before", undone(AttesterRetirement, PLANT.signer), authority)
    forged("attestation_during_suspension", "an agency suspended before", undone(AgencySuspension, "NZ-MPI"), authority)
    forged(
        "attestation_after_withdrawn_mandate",
        "a mandate withdrawn before",
        undone(MandateWithdrawal, "NZ-MPI", 851),
        authority,
    )
    forged("resolution_by_a_stranger", "a mandate by one who is not in the council", mandate_by(THIEF), other)
    forged("resolution_below_the_quorum", "two must sign, one did", mandate_by(COUNCIL), other, threshold=2)
    forged(
        "resolution_signed_twice_by_one",
        "two must sign, one did twice",
        mandate_by(COUNCIL, COUNCIL),
        other,
        threshold=2,
    )
    forged("resolution_endorsed_out_of_order", "endorsements not ascending", unordered, other, threshold=2)
    forged("council_change_by_a_stranger", "a council that nobody seated", stolen_council, authority)
    forged("council_of_before", "a resolution by the council of before a change", old_council, other)
    compromised, in_force = f"{NAME} compromise", f"{NAME} in force"
    grant = MandateGrant
    now = shipment().world.now
    for name, about, build, failed in [
        ("enrolled_by_nobody_before", "the agency was enrolled only afterwards", afterwards(KINDS.AGENCY_ENROLLED), ["entries"]),
        ("authorised_only_afterwards", "the key was authorised only afterwards", afterwards(KINDS.ATTESTER_AUTHORISED), ["entries"]),
        ("mandated_only_afterwards", "the mandate was granted only afterwards", afterwards(KINDS.MANDATE_GRANTED), ["entries"]),
        ("mandate_not_begun", "the mandate begins a second after", granted(grant, now + 61, NO_END), [other]),
        ("mandate_over", "the mandate ended with the second before", granted(grant, 0, now + 60), [other]),
        ("mandate_of_another_agency", "the mandate is another agency's", of_customs, [other]),
        ("attestation_after_retirement_of_a_card", "a card retired before", undone(AttesterRetirement, CARD.signer, officer=CARD), [authority]),
        ("declared_compromised_before", "the key was declared compromised before, from a date long after",
            undone(AttesterCompromise, PLANT.signer, now + 86_400), [authority]),
        ("declared_compromised_from_before", "declared compromised before, from a date before",
            undone(AttesterCompromise, PLANT.signer, now - 600), [authority, compromised, in_force]),
        ("resolution_without_signatures", "nobody signed", mandate_by(), [other]),
        ("first_council_with_a_number", "the first council says that it was decided upon", refounded(number=1), ["origin", "entries"]),
        ("first_council_endorsed", "the first council was endorsed by itself", refounded(endorsed=True), ["origin", authority]),
        ("first_entry_no_council", "entry 0 is an enrolment", refounded(resolution=enrolment), ["origin", authority]),
        ("first_council_of_another_beginning", "entry 0 of a chain begun a second earlier", another_beginning_attested, ["origin", authority]),
        ("another_beginning_without_attestation", "entry 0 of a chain begun a second earlier, and nothing attested", another_beginning, ["origin"]),
        ("party_signature_of_another_beginning", "declared for a chain begun anew", party_begun_anew, ["declaration"]),
        ("party_signature_with_high_s", "the party's other signature", party(high_s), ["declaration"]),
        ("party_signature_with_v_0", "the party's v is 0 or 1", party(lambda s: s[:64] + bytes([s[64] - 27])), ["declaration"]),
        ("party_signature_empty", "the party did not sign", party(lambda s: b""), ["declaration"]),
        ("party_signature_of_zeros", "r and s are 0", party(lambda s: bytes(64) + b"\x1b"), ["declaration"]),
        ("party_signature_too_long", "1,025 bytes", party(lambda s: bytes(1025)), ["declaration"]),
        ("party_signature_with_a_byte_more", "a byte after v", party(lambda s: s + b"\0"), ["declaration"]),
        ("party_wallet_contract", "a party is a key: no wallet contract is asked", party_without_key(b"\x77" * 20), ["declaration"]),
        ("party_under_another_verifier", "a card under a verifier that is not the contract's", party_without_key(Elsewhere.signer), ["declaration"]),
        ("party_with_half_a_key", "the contract's verifier and 32 bytes", party_without_key(CARD.signer[:52]), ["declaration"]),
        ("party_with_a_key_and_more", "the contract's verifier, a key and a byte", party_without_key(CARD.signer + b"\0"), ["declaration"]),
        ("party_signature_of_another_chain", "signed for the contract on another chain", party_elsewhere, ["declaration"]),
    ]:  # fmt: skip
        forged(name, about, build, *failed)
    undecided(
        "attestation_of_another_beginning", "signed for a chain begun anew at the same contract, or by a wallet",
        attested_begun_anew, signature,
    )  # fmt: skip
    undecided(
        "resolution_of_another_beginning", "a mandate endorsed for a chain begun anew, or by a wallet",
        mandated_begun_anew, other,
    )  # fmt: skip
    undecided("resolution_with_high_s", "the other s", endorsed(lambda s: [high_s(s[0])]), other)
    undecided(
        "resolution_with_a_wrong_signature_more", "a quorum signed, and somebody wrote nonsense beside, or a wallet",
        endorsed(lambda s: [s[0], bytes(65)]), other,
    )  # fmt: skip
    for name, about, build in [
        ("mandate_of_one_second", "the mandate holds in that very second", granted(grant, now + 60, now + 61)),
        ("mandate_withdrawn_and_granted_anew", "withdrawn, then granted anew", regranted),
        ("resolution_about_others_by_a_stranger", "a stranger suspended another agency: that is of no subject in question", meddled),
        ("others_suspended_and_retired", "what happened to others does not matter", others_undone),
        ("resolution_by_the_whole_council", "more signed than had to", mandate_by(COUNCIL, MEMBER)),
        ("council_of_cards", "a council of one P-256 card", council_of_cards),
        ("party_with_a_card", "a party whose card holds a P-256 key", party_card),
        ("attestation_of_another_declaration_revoked", "a revocation of an attestation that is not there", revoked_elsewhere),
        ("withdrawal_of_another_declaration", "somebody else's withdrawal", withdrawn_elsewhere),
        ("resolution_by_a_wallet_afterwards", "a wallet contract may have endorsed a resolution after the attestation", endorsed_later),
        ("compromise_of_another_officer", "another officer's key was stolen long ago", stolen_elsewhere),
    ]:  # fmt: skip
        made = shipment()
        build(made)
        case(name, about, made, evidence=everything(made))
    twice = shipment()
    twice.attest()
    unruly(twice, twice.world.history.attestations[next(iter(twice.world.history.attestations))].attested)
    case(
        "attestation_written_twice",
        "one attestation in two entries has one row of checks",
        twice,
        evidence=everything(twice),
    )
    enact_anyhow(twice, [COUNCIL], AttesterCompromise, PLANT.signer, twice.world.entries[-1].time)
    case(
        "attestation_written_twice_and_compromised_between_fail", "the later of two entries is the one that counts", twice,
        evidence=everything(twice), exit=BAD, failed=(compromised, in_force),
    )  # fmt: skip
    seated = shipment()
    enact_anyhow(seated, [COUNCIL], CouncilChange, (THIEF.signer,), 1)
    mandate_by(THIEF)(seated)
    case("council_of_others", "another council, seated by the one before, decides", seated, evidence=everything(seated))
    unshown = without(everything(seated), seated.world.entries[-3].number)
    case(
        "council_change_not_shown_fail", "the same, and the entry that seated it is left out", seated,
        evidence=unshown, exit=BAD, failed=(other, "complete"),
    )  # fmt: skip
