"""A resolution file is read as it is printed, whatever white space people leave in it; anything else is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger.core.history.entry import Endorsement
from ledger.core.history.resolution_file import ResolutionFile, read_resolution_file
from ledger.core.statements.resolutions import AgencyEnrolment, CouncilChange, MandateGrant
from ledger.errors import Malformed

FIRST, SECOND = b"\x01" * 20, b"\x02" * 84
MADE = ResolutionFile(
    AgencyEnrolment("NZ-MPI", "Manatū Ahu Matua", "NZ", "https://www.mpi.govt.nz", 7),
    (Endorsement(FIRST, b"\x03" * 65), Endorsement(SECOND, b"\x04" * 64)),
)


@pytest.mark.parametrize(
    "made",
    [MADE, ResolutionFile(CouncilChange((FIRST, SECOND), 2, 1)), ResolutionFile(MandateGrant("NZ-MPI", 851, 0, 9, 3))],
)
def test_it_is_read_as_it_is_printed(made: ResolutionFile) -> None:
    assert read_resolution_file(made.to_bytes()) == made
    assert read_resolution_file(json.dumps(json.loads(made.to_bytes())).encode()) == made


def test_a_signer_signs_once() -> None:
    again = MADE.with_endorsement(Endorsement(FIRST, b"\x05" * 65))
    assert [item.signature[:1] for item in again.endorsements] == [b"\x04", b"\x05"]
    third = MADE.with_endorsement(Endorsement(b"\x06" * 20, b"\x07" * 65))
    assert len(third.endorsements) == 3


Change = Callable[[dict[str, Any]], object]
DEFECTS: dict[str, tuple[Change, str]] = {
    "another format": (lambda value: value.update(ledger="trade-ledger/resolution/2"), "not of the format"),
    "a member more": (lambda value: value.update(comment="urgent"), '"comment" is not a member'),
    "a member less": (lambda value: value.pop("endorsements"), '"endorsements" is missing'),
    "an unknown kind": (lambda value: value.update(kind="Declaration"), "kind: must be one of CouncilChange, "),
    "a kind that is no text": (lambda value: value.update(kind=["AgencyEnrolment"]), "kind: must be text"),
    "members of another kind": (lambda value: value.update(kind="AgencySuspension"), "resolution: "),
    "a wrong member": (lambda value: value["resolution"].update(jurisdiction="nz"), "resolution.jurisdiction: "),
    "a number as text": (lambda value: value["resolution"].update(number="7"), "resolution.number: must be"),
    "endorsements that are no list": (lambda value: value.update(endorsements={}), "endorsements: must be a list"),
    "too many endorsements": (lambda value: value.update(endorsements=[{}] * 33), "at most 32 endorsements, not 33"),
    "an endorsement without signature": (lambda value: value["endorsements"][1].pop("signature"), "endorsements[1]: "),
    "a signature that is not hex": (
        lambda value: value["endorsements"][0].update(signature="0xZZ"),
        "endorsements[0].signature: must be lower-case hex",
    ),
    "a signer twice": (
        lambda value: value["endorsements"][1].update(signer=value["endorsements"][0]["signer"]),
        "endorsements: names a signer twice",
    ),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_one_defect(name: str) -> None:
    change, words = DEFECTS[name]
    value = json.loads(MADE.to_bytes())
    change(value)
    with pytest.raises(Malformed) as caught:
        read_resolution_file(json.dumps(value).encode())
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the text ends where a value is expected"),
        (b"[]", "not of the format"),
        (b"{", "the text ends where a name"),
        (MADE.to_bytes().replace(b"{", b'{"kind": "CouncilChange",', 1), "a name that this object already has"),
        (b"\xff" + MADE.to_bytes(), "this byte is not UTF-8"),
    ],
)
def test_what_is_not_strict_json(data: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read_resolution_file(data)
