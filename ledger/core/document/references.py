"""References by which the trade knows a consignment: the MRN, the transport document, the container.

They are read from the fields that a document shows, so that whoever declared it can have it found by them. Everything
here is about shown fields; a hidden field gives nothing. docs/access.md, "Look-ups", is the page for people.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from ledger.core.document.paths import StepKind, Steps, XmlStep, read_path
from ledger.core.document.redaction import Redacted
from ledger.errors import Malformed

LONGEST_REFERENCE = 35
"""Characters of a reference, as in UN/EDIFACT and the WCO data model (an..35)."""
_SHORTEST = 3
_BETWEEN = re.compile(r"[\s./_-]+")
_REFERENCE = re.compile(rf"[A-Z0-9]{{{_SHORTEST},{LONGEST_REFERENCE}}}")
_CONTAINER = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}")
_MRN = re.compile(r"[0-9]{2}[A-Z]{2}[A-Z0-9]{13}[0-9]")


class ReferenceKind(StrEnum):
    """What a reference is of."""

    MRN = "mrn"
    """A customs declaration: its Movement Reference Number."""
    TRANSPORT_DOCUMENT = "transport_document"
    """A bill of lading or waybill."""
    CONTAINER = "container"
    """A freight container (ISO 6346)."""


class Reference(NamedTuple):
    """A reference in its normal form, see :func:`normal_reference`."""

    kind: ReferenceKind
    number: str


class KeptReference(NamedTuple):
    """A reference by which a declaration is found, and when it was added, in seconds."""

    reference: Reference
    added_at: int


# Names of fields, without what is no letter. "id" alone says nothing, so the name of what it is in comes before it.
_NAMES = {
    **dict.fromkeys(
        ["mrn", "movementreferencenumber", "masterreferencenumber", "customsmrn", "mrnnumber", "declarationmrn"],
        ReferenceKind.MRN,
    ),
    **dict.fromkeys(
        [
            "transportdocumentreference", "transportdocumentnumber", "transportdocumentid",
            "transportcontractdocumentid",
            "billoflading", "billofladingnumber", "billofladingno", "billofladingreference", "billofladingid",
            "masterbillofladingnumber", "housebillofladingnumber", "blnumber", "blno", "bolnumber", "waybillnumber",
            "waybillid", "seawaybillnumber", "airwaybillnumber", "awbnumber", "masterairwaybillnumber",
            "houseairwaybillnumber",
        ],
        ReferenceKind.TRANSPORT_DOCUMENT,
    ),
    **dict.fromkeys(["containernumber", "containerno", "equipmentreference"], ReferenceKind.CONTAINER),
}  # fmt: skip
_TEXTS = frozenset("stn")  # strings of JSON, texts and attributes of XML, numbers of JSON


def normal_reference(text: str) -> str:
    """A reference as it is kept and looked up: capitals and digits, without spaces, hyphens, dots and slashes.

    >>> normal_reference("qqqu 610077-5")
    'QQQU6100775'

    :raises Malformed: it has other characters, fewer than 3, or more than 35.
    """
    made = _BETWEEN.sub("", text).upper()
    if _REFERENCE.fullmatch(made) is None:
        raise Malformed(f"a reference has {_SHORTEST} to {LONGEST_REFERENCE} letters and digits", "reference")
    return made


def references_of(document: Redacted) -> list[Reference]:
    """The references that a document shows, in order, each once.

    A container's number and an MRN are found by their form and check digit wherever they stand; a bill of lading or
    waybill, and an MRN of another form, by the name of its field.
    """
    found: set[Reference] = set()
    for path, type_, value, _ in document.fields:
        if type_ not in _TEXTS:
            continue
        try:
            number = normal_reference(value.decode())
        except Malformed:
            continue
        kind = _by_form(number) or _NAMES.get(_name(read_path(path, document.format)))
        if kind is not None and (kind is not ReferenceKind.CONTAINER or _is_container(number)):
            found.add(Reference(kind, number))
    return sorted(found)


def _by_form(number: str) -> ReferenceKind | None:
    if _is_container(number):
        return ReferenceKind.CONTAINER
    if _MRN.fullmatch(number) is not None and _check_digit(number[:-1]) == number[-1]:
        return ReferenceKind.MRN
    return None


def _is_container(number: str) -> bool:
    return _CONTAINER.fullmatch(number) is not None and _check_digit(number[:-1]) == number[-1]


def _check_digit(text: str) -> str:
    """ISO 6346, annex A: letters count from 10 on without multiples of 11; weights are powers of two."""
    total = sum(_value(letter) << place for place, letter in enumerate(text))
    return str(total % 11 % 10)


def _value(letter: str) -> int:
    if letter.isdigit():
        return int(letter)
    place = ord(letter) - ord("A")
    return 10 + place + (place + 9) // 10


def _name(steps: Steps) -> str:
    """The name of a field without what is no letter; of an ``id`` or ``value``, the name around it comes first."""
    names = [name for name in map(_step_name, steps) if name]
    last = _letters(names[-1:])
    return _letters(names[-2:]) if last in ("id", "identifier", "number", "reference") else last


def _step_name(step: str | int | XmlStep) -> str:
    if isinstance(step, XmlStep):
        return step.local if step.kind in (StepKind.ELEMENT, StepKind.ATTRIBUTE) else ""
    return step if isinstance(step, str) else ""


def _letters(names: Sequence[str]) -> str:
    return "".join(letter for name in names for letter in name.lower() if letter.isascii() and letter.isalpha())
