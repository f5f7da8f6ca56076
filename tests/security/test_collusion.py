"""Who colludes, and what they can forge offline: each cell of the table in SECURITY.md, by both verifiers.

Where they can, the test shows how, so that nobody takes the danger for smaller than it is.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ledger.core.history.entry import Anchored, Revoked
from ledger.core.statements.member_types import NO_END
from ledger.core.statements.resolutions import (
    AgencyEnrolment,
    AgencyReinstatement,
    AgencySuspension,
    AttesterAuthorisation,
    AttesterCompromise,
    MandateGrant,
)
from ledger.core.statements.revocation import Revocation
from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from ledger.testing.world import COUNCIL, CUSTOMS, PLANT, TRADER, Witness
from tests.conformance.parts import (
    EMU,
    KIWI,
    MOA,
    SECOND,
    THIEF,
    Shipment,
    attest_anyhow,
    enact_anyhow,
    everything,
    policy,
    requirement,
    shipment,
    spelled,
    unruly,
    without,
)
from tests.conformance.tables.histories import elsewhere
from tests.security.forging import (
    ENOUGH,
    INVENTIONS,
    NOBODY,
    TOO_FEW,
    WORDS,
    Said,
    asked,
    attested,
    in_the_name_of_a_party,
    without_first_entry,
)
from tests.verifier.both import alone

DAY = 86_400
HELD = policy(max_age=DAY, require=[requirement(jurisdictions=("NZ",))])
AUTHORITY = {
    "origin.another_beginning",
    "origin.another_trusted",
    "authority.other_first_entry",
    "authority.no_first_council",
    "authority.no_quorum",
    "authority.not_authorised",
    "entries.resolutions_go_back",
}


def built(build: Callable[[Shipment], Any]) -> Shipment:
    made = shipment()
    build(made)
    return made


def is_bad(said: Said, *codes: str) -> bool:
    return said.conclusion == "NOT_GOOD" and bool(said.codes & set(codes))


def revoked(made: Shipment, attestation: bytes, by: Any = PLANT) -> None:
    said = Revocation(attestation, bytes(32), 41)  # type: ignore[arg-type]
    unruly(made, Revoked(said, by.signer, by.sign(said.id(made.world.origin))))


# --------------------------------------------------------------------------- the log's key, with and without witnesses


def invents_nothing(witnesses: Sequence[Witness], demanded: int) -> None:
    for build in (*INVENTIONS, without_first_entry):
        assert is_bad(asked(built(build), witnesses, demanded), *AUTHORITY), build.__name__
    assert is_bad(asked(elsewhere(), witnesses, demanded), "origin.another_trusted"), "under an origin of its own"
    assert asked(attested(), witnesses, demanded).conclusion == "GOOD", "the true history under the same signatures"


def says_nothing_for_others(witnesses: Sequence[Witness], demanded: int) -> None:
    for build in WORDS:
        said = asked(built(build), witnesses, demanded)
        assert said.conclusion != "GOOD", build.__name__
        assert said.codes & {"signature.only_contract", "signature.not_signed", "authority.not_authorised"}


def dated(made: Shipment, back: int) -> None:
    """The history as if it had been written ``back`` seconds earlier. Entry 0 stays: the origin pins its time too."""
    first, *others = made.world.entries
    made.world.entries[:] = [first, *(replace(entry, time=max(first.time, entry.time - back)) for entry in others)]


def hides(witnesses: Sequence[Witness], demanded: int) -> None:
    """A revocation, by leaving its entry out of the history that is signed."""
    told = attested()
    (attestation,) = told.world.history.attestations
    revoked(told, attestation)
    assert is_bad(asked(told, witnesses, demanded), "in_force.revoked")
    assert asked(attested(), witnesses, demanded).conclusion == "GOOD"


def signs_for_no_party(witnesses: Sequence[Witness], demanded: int, hand: Any = THIEF) -> None:
    assert is_bad(asked(in_the_name_of_a_party(hand), witnesses, demanded), "declaration.not_signed")
    assert asked(in_the_name_of_a_party(TRADER), witnesses, demanded).conclusion == "GOOD"


def test_log_key_invents_no_authority() -> None:
    invents_nothing(NOBODY, 0)


def test_log_key_says_nothing_for_an_agency() -> None:
    says_nothing_for_others(NOBODY, 0)


def test_log_key_dates_falsely() -> None:
    """A certificate as if it were older than it is; and old evidence that looks fresh, by an entry of today."""
    made = attested()
    before = made.world.entries[-1].time - 60
    assert is_bad(asked(made, NOBODY, 0, at=before), "policy.not_met")
    dated(made, 300)
    assert asked(made, NOBODY, 0, at=before).conclusion == "GOOD"
    late = made.world.now + 30 * DAY
    assert is_bad(asked(made, NOBODY, 0, policy=HELD, clock=late), "freshness.stale")
    made.world.now = late
    unruly(made, Anchored(b"\x09" * 32, 1))  # type: ignore[arg-type]
    assert asked(made, NOBODY, 0, policy=HELD, clock=late).conclusion == "GOOD"


def test_log_key_hides_a_status() -> None:
    hides(NOBODY, 0)


def test_log_key_signs_for_no_party() -> None:
    signs_for_no_party(NOBODY, 0)


def too_few(made: Shipment, **more: Any) -> Said:
    said = asked(made, TOO_FEW, 2, **more)
    assert is_bad(said, "witnesses.too_few")
    return said


def test_log_and_too_few_witnesses_invent_no_authority() -> None:
    for build in (*INVENTIONS, without_first_entry):
        assert too_few(built(build)).codes & AUTHORITY


def test_log_and_too_few_witnesses_say_nothing_for_an_agency() -> None:
    for build in WORDS:
        too_few(built(build))


def test_log_and_too_few_witnesses_date_nothing_falsely() -> None:
    made = attested()
    before = made.world.entries[-1].time - 60
    dated(made, 300)
    too_few(made, at=before)


def test_log_and_too_few_witnesses_hide_no_status() -> None:
    too_few(attested())
    # One of them, counted under two lines or with a key of the log, is still too few.
    twice = asked(attested(), (KIWI, KIWI), 2)
    assert is_bad(twice, "witnesses.too_few")


def test_log_and_too_few_witnesses_sign_for_no_party() -> None:
    assert "declaration.not_signed" in too_few(in_the_name_of_a_party(THIEF)).codes


def test_log_and_enough_witnesses_invent_no_authority() -> None:
    invents_nothing(ENOUGH, 2)
    invents_nothing((KIWI, EMU, MOA), 3)


def test_log_and_enough_witnesses_say_nothing_for_an_agency() -> None:
    says_nothing_for_others(ENOUGH, 2)


def test_log_and_enough_witnesses_date_falsely() -> None:
    made = attested()
    before = made.world.entries[-1].time - 60
    dated(made, 300)
    assert asked(made, ENOUGH, 2, at=before).conclusion == "GOOD"
    late = made.world.now + 30 * DAY
    assert is_bad(asked(made, ENOUGH, 2, policy=HELD, clock=late), "freshness.stale")
    made.world.now = late  # the time at which both cosign, says their signature
    assert asked(made, ENOUGH, 2, policy=HELD, clock=late).conclusion == "GOOD"
    made.world.now = late + 2 * DAY
    assert is_bad(asked(made, ENOUGH, 2, policy=HELD, clock=late), "witnesses.too_few"), "no time of the future counts"


def test_log_and_enough_witnesses_hide_a_status() -> None:
    hides(ENOUGH, 2)


def test_log_and_enough_witnesses_sign_for_no_party() -> None:
    signs_for_no_party(ENOUGH, 2)


# ------------------------------------------------------------------------------------------------------ the council


def test_council_quorum_gives_authority() -> None:
    """To whom it likes, and in the open: the resolutions are entries, and the evidence shows them."""
    made = shipment()
    enact_anyhow(made, [COUNCIL], AgencyEnrolment, "NZ-FAKE", "Agency", "NZ", "https://fake.example")
    enact_anyhow(made, [COUNCIL], MandateGrant, "NZ-FAKE", 851, 0, NO_END)
    enact_anyhow(made, [COUNCIL], AttesterAuthorisation, THIEF.signer, "NZ-FAKE")
    made.world.history = type(made.world.history)(made.world.origin)
    for entry in made.world.entries:
        made.world.history.apply(entry)
    made.world.attest("NZ-FAKE", 851, *made.batch[:2], THIEF)
    assert asked(made, ENOUGH).conclusion == "GOOD"


def test_council_quorum_speaks_for_an_agency() -> None:
    """It authorises a key of its own for the agency; the entry stays, with the resolution's number."""
    made = shipment()
    enact_anyhow(made, [COUNCIL], AttesterAuthorisation, THIEF.signer, "NZ-MPI")
    attest_anyhow(made, THIEF)
    assert asked(made, ENOUGH).conclusion == "GOOD"
    assert is_bad(asked(built(lambda made: attest_anyhow(made, THIEF)), ENOUGH), "authority.not_authorised")


def test_council_quorum_dates_nothing_back() -> None:
    """The contract gives an entry its time. What the council grants for the past does not make a word older."""
    made = shipment()
    enact_anyhow(made, [COUNCIL], AttesterAuthorisation, THIEF.signer, "NZ-MPI")
    before = made.world.entries[-1].time
    attest_anyhow(made, THIEF)
    assert is_bad(asked(made, ENOUGH, at=before), "policy.not_met")
    assert asked(made, ENOUGH).conclusion == "GOOD"


def test_council_quorum_hides_no_status_and_ends_words() -> None:
    """No resolution undoes a revocation. But the council ends what a key said, from a date that it names."""
    made = attested()
    (attestation,) = made.world.history.attestations
    revoked(made, attestation)
    enact_anyhow(made, [COUNCIL], AgencySuspension, "NZ-MPI")
    enact_anyhow(made, [COUNCIL], AgencyReinstatement, "NZ-MPI")
    assert is_bad(asked(made, ENOUGH), "in_force.revoked")
    ended = attested()
    enact_anyhow(ended, [COUNCIL], AttesterCompromise, PLANT.signer, ended.world.entries[-1].time)
    assert is_bad(asked(ended, ENOUGH), "in_force.compromised")


def test_council_quorum_signs_for_no_party() -> None:
    signs_for_no_party(ENOUGH, 2, COUNCIL)


# ------------------------------------------------------------------------------------------------- an attester's thief


def test_thief_of_an_attester_gives_no_authority() -> None:
    made = shipment()
    enact_anyhow(made, [PLANT], AttesterAuthorisation, THIEF.signer, "NZ-MPI")
    attest_anyhow(made, THIEF)
    assert is_bad(asked(made, ENOUGH), "authority.no_quorum")


def test_thief_of_an_attester_speaks_for_its_agency_until_the_council_says_so() -> None:
    """The thief has the officer's key. Once the theft is declared from a date, nothing after it is in force."""
    made = shipment()
    stolen = made.world.now
    made.world.now += 3_600
    attest_anyhow(made, PLANT)
    assert asked(made, ENOUGH).conclusion == "GOOD"
    enact_anyhow(made, [COUNCIL], AttesterCompromise, PLANT.signer, stolen)
    assert is_bad(asked(made, ENOUGH), "in_force.compromised")


def test_thief_of_an_attester_dates_nothing_back() -> None:
    """What is said to be valid since last year was not said last year."""
    made = shipment()
    before = made.world.entries[-1].time
    made.attest()
    assert is_bad(asked(made, ENOUGH, at=before), "policy.not_met")


def test_thief_of_an_attester_lifts_a_hold_until_the_council_says_so() -> None:
    """A hold that the thief revoked looks lifted. Once the theft is declared, nobody can say that it was lifted."""
    made = shipment()
    attestation = made.world.attest("NZ-CUSTOMS", 132, *_alone(made), CUSTOMS, outcome=25)
    nothing = policy()
    stolen = made.world.now
    made.world.now += 3_600
    revoked(made, attestation, CUSTOMS)
    assert asked(made, ENOUGH, policy=nothing).conclusion == "GOOD"
    enact_anyhow(made, [COUNCIL], AttesterCompromise, CUSTOMS.signer, stolen)
    said = asked(made, ENOUGH, policy=nothing)
    assert (said.conclusion, said.codes) == ("UNDECIDED", {"in_force.revocation_in_doubt"})


def test_thief_of_an_attester_signs_for_no_party() -> None:
    signs_for_no_party(ENOUGH, 2, PLANT)


# -------------------------------------------------------------------------------------------------------- validators


def test_validators_invent_no_authority() -> None:
    """Their nodes may take a resolution without a quorum, and others may sign it: a verifier counts endorsements."""
    invents_nothing(ENOUGH, 2)


def test_validators_say_nothing_for_an_agency() -> None:
    says_nothing_for_others(ENOUGH, 2)


def test_validators_date_falsely() -> None:
    """They choose the times of blocks. Log and witnesses are honest, and sign what the chain says."""
    made = attested()
    before = made.world.entries[-1].time - 60
    dated(made, 300)
    assert asked(made, ENOUGH, 2, at=before).conclusion == "GOOD"
    late = attested()
    late.world.entries[-1] = replace(late.world.entries[-1], time=late.world.entries[0].time)
    assert is_bad(asked(late, ENOUGH, 2), "entries.times_go_back"), "but they cannot let times go back"


def test_validators_hide_a_status() -> None:
    """They keep the revocation out of every block. Everybody else is honest, and no entry says it."""
    hides(ENOUGH, 2)


def test_validators_sign_for_no_party() -> None:
    signs_for_no_party(ENOUGH, 2)


# ----------------------------------------------------------------------------------------------- the holder of evidence


def test_holder_invents_no_authority() -> None:
    """An entry of one's own is in no checkpoint that the log signed."""
    made = attested()
    for build in INVENTIONS:
        invented = json.loads(everything(built(build)))["entries"]
        said = asked(made, ENOUGH, change=lambda evidence, shown=invented: _with(evidence, entries=shown))  # type: ignore[misc]
        assert is_bad(said, "entries.not_included"), build.__name__


def test_holder_says_nothing_for_an_agency() -> None:
    """The outcome, the agency or the signature in an entry: each is part of what was hashed."""
    made = attested()
    for old, new in ((b"NZ-MPI", b"NZ-MPJ"), (PLANT.signer, SECOND.signer)):
        said = asked(made, ENOUGH, change=lambda evidence, old=old, new=new: _last_entry(evidence, old, new))  # type: ignore[misc]
        assert is_bad(said, "entries.not_included")


def test_holder_dates_nothing_falsely() -> None:
    """Neither an entry's time nor a cosignature's can be changed by one who has neither key."""
    made = attested()
    entry = made.world.entries[-1]
    earlier = replace(entry, time=entry.time - 60)
    said = asked(made, ENOUGH, change=lambda evidence: _last_entry(evidence, entry.data, earlier.data))
    assert is_bad(said, "entries.not_included")
    time = made.world.now
    assert is_bad(asked(made, ENOUGH, change=lambda evidence: _cosigned_later(evidence, time)), "witnesses.wrong_line")


def test_holder_hides_no_status() -> None:
    """A withdrawal, a revocation, a hold and a stolen key: each removal is named, also with its number in the index."""
    for undo in (
        lambda made: made.world.withdraw(made.declared[0]),
        lambda made: made.world.revoke(next(iter(made.world.history.attestations)), PLANT),
        lambda made: made.world.attest("NZ-CUSTOMS", 132, *_alone(made), CUSTOMS, outcome=7),
        lambda made: made.world.enact(AttesterCompromise, PLANT.signer, made.world.now - DAY),
    ):
        made = attested()
        undo(made)
        hidden = made.world.entries[-1].number
        made.world.anchor([made.world.declare(b"\x0b" * 32)[0]])
        said = asked(made, ENOUGH, change=lambda evidence, hidden=hidden: without(evidence, hidden))  # type: ignore[misc]
        assert is_bad(said, "complete.not_shown")
        said = asked(made, ENOUGH, change=lambda evidence, hidden=hidden: _unlisted(evidence, hidden))  # type: ignore[misc]
        assert said.conclusion == "NOT_GOOD"
        assert said.codes & {"complete.not_proven", "complete.another_index"}


def test_holder_hides_a_larger_set() -> None:
    """The evidence without a set is honest, too; the words about that set are gone with it."""
    made = attested()
    ids = [made.id, made.batch[2][0]]
    root = root_of_hashes([leaf_hash(id_) for id_ in ids])
    id_ = made.world.attest("NZ-CUSTOMS", 132, root, 2, CUSTOMS, outcome=4)
    whole = asked(replace(made, sets=[(root, 2, ids)]), ENOUGH)
    hidden = asked(made, ENOUGH)
    assert (whole.conclusion, hidden.conclusion) == ("GOOD", "GOOD")
    assert hidden.words < whole.words
    revoked(made, id_, CUSTOMS)
    assert is_bad(asked(replace(made, sets=[(root, 2, ids)]), ENOUGH), "in_force.revoked")
    assert asked(made, ENOUGH) == hidden, "a revoked word is gone, too, and no word is won"


def test_holder_changes_no_document_and_signs_for_no_party() -> None:
    made = attested()
    other = made.document.to_bytes().replace(b"4800", b"4900")
    assert is_bad(asked(made, ENOUGH, document=other), "document.another")
    signs_for_no_party(ENOUGH, 2)


def _alone(made: Shipment) -> tuple[Any, int]:
    return alone.leaf_hash(made.id), 1


def _unlisted(evidence: bytes, number: int) -> bytes:
    """Evidence without an entry, and without its number in the lists of the index."""
    value = json.loads(without(evidence, number))
    value["index"]["lists"] = [[item for item in items if item != number] for items in value["index"]["lists"]]
    return spelled(value)


def _with(evidence: bytes, **members: Any) -> bytes:
    return spelled(json.loads(evidence) | members)


def _last_entry(evidence: bytes, old: bytes, new: bytes) -> bytes:
    head, separator, tail = evidence.rpartition(old.hex().encode())
    assert separator
    return head + new.hex().encode() + tail


def _cosigned_later(evidence: bytes, time: int) -> bytes:
    value = json.loads(evidence)
    lines = value["checkpoint"].split("\n")
    number = next(number for number, line in enumerate(lines) if "kiwi.example" in line)
    *words, blob = lines[number].split(" ")
    data = base64.b64decode(blob)
    later = data[:4] + (time + DAY).to_bytes(8) + data[12:]
    lines[number] = " ".join([*words, base64.b64encode(later).decode()])
    value["checkpoint"] = "\n".join(lines)
    return spelled(value)
