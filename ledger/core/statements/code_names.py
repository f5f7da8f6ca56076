"""Codes by name: what somebody writes for a document type, an outcome or a reason, as the code of its list.

>>> type_named("invoice"), type_named("phytosanitary"), type_named("861")
(380, 851, 861)
>>> outcome_named(132, "goods released")
4
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from ledger.core.statements.code_lists import (
    DOCUMENT_STATUS,
    DOCUMENT_TYPES,
    WITHDRAWAL_REASONS,
    OutcomeList,
    outcomes_of,
    type_in_words,
)
from ledger.errors import Malformed

Ranges = tuple[tuple[int, int], ...]

# The codes of UNCL 1001 in UN/EDIFACT D.24A, from and to, and our own.
TYPE_CODES: Ranges = (
    (1, 491), (493, 507), (520, 539), (550, 554), (575, 589), (610, 610), (621, 661), (700, 799), (810, 879),
    (890, 917), (925, 927), (929, 941), (948, 948), (950, 955), (960, 966), (970, 972), (974, 979), (990, 991),
    (995, 996), (998, 998), (9001, 9003),
)  # fmt: skip

# Names that people use beside the words of the list.
_TYPE_NAMES: Mapping[str, int] = {
    "invoice": 380,
    "pro forma invoice": 325,
    "pro forma": 325,
    "proforma": 325,
    "order": 220,
    "po": 105,
    "dispatch advice": 351,
    "dispatch note": 351,
    "delivery docket": 270,
    "letter of credit": 465,
    "bol": 705,
    "bl": 705,
    "b l": 705,
    "seawaybill": 710,
    "awb": 740,
    "hawb": 703,
    "mawb": 741,
    "cmr": 730,
    "cim": 720,
    "vgm": 749,
    "sad": 960,
    "tir": 952,
    "ata": 955,
    "atr": 18,
    "eur1": 954,
    "eur 1": 954,
    "gsp form a": 865,
    "form a": 865,
    "phyto": 851,
    "phytosanitary": 851,
    "export license": 811,
    "import license": 911,
    "import permit": 911,
    "export permit": 811,
    "customs release": 132,
    "customs clearance": 132,
    "manifest": 785,
    "cites permit": 626,
}
_STATUS_NAMES: Mapping[str, int] = {"revoked": 41, "error": 42, "suspended": 40}
_INDICATOR_NAMES: Mapping[str, int] = {"released": 4, "release": 4, "detained": 7, "hold": 7, "examination": 5}
_REASON_NAMES: Mapping[str, int] = {"cancellation": 1, "cancel": 1, "replacement": 5, "replace": 5}

_SHORTEST_BEGINNING = 3  # characters of a word that may stand for the whole word
_SHOWN = 8
_LONGEST_CODE = 9


@dataclass(frozen=True, slots=True)
class _Codes:
    """A code list as it is asked: what its codes are, which there are, their words, and other names of them."""

    what: str
    source: str
    ranges: Ranges
    words: Mapping[int, str]
    names: Mapping[str, int] = field(default_factory=dict)

    def __contains__(self, code: int) -> bool:
        return any(first <= code <= last for first, last in self.ranges)

    def code(self, text: str, where: str) -> int:
        """The code that a number or a name stands for; Malformed names the nearest ones."""
        if text.isascii() and text.strip().isdigit():
            return self._checked(text.strip(), where)
        asked = _words_of(text)
        named = {" ".join(_words_of(words)): code for code, words in self.words.items()} | dict(self.names)
        found = named.get(" ".join(asked))
        if found is not None:
            return found
        fitting = sorted(code for code, words in self.words.items() if asked and _fits(asked, _words_of(words)))
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            more = ", …" if len(fitting) > _SHOWN else ""
            listed = ", ".join(map(self._shown, fitting[:_SHOWN]))
            raise Malformed(f'"{text}" could be {listed}{more}: give the code', where)
        near = dict.fromkeys(named[name] for name in get_close_matches(" ".join(asked), named, n=3))
        raise Malformed(f'no {self.what} is called "{text}"{self._advice(near)}', where)

    def _checked(self, text: str, where: str) -> int:
        code = int(text) if len(text) <= _LONGEST_CODE else -1
        if code not in self:
            shown = {str(known): known for known in self.words}
            near = dict.fromkeys(shown[name] for name in get_close_matches(text, shown, n=3))
            raise Malformed(f"{text} is not in {self.source}{self._advice(near)}", where)
        return code

    def _advice(self, near: Mapping[int, object]) -> str:
        if near:
            return f"; the nearest: {', '.join(map(self._shown, near))}"
        return '; docs/formats.md lists codes and names in "Code lists"'

    def _shown(self, code: int) -> str:
        return f"{code} {self.words[code]}"


def _words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold().replace("_", " "))


def _fits(asked: list[str], words: list[str]) -> bool:
    """Whether each word that was asked for is one of the words, or the beginning of one."""
    return all(
        any(word == one or (len(one) >= _SHORTEST_BEGINNING and word.startswith(one)) for word in words)
        for one in asked
    )


_TYPES = _Codes("document type", "UNCL 1001 (document name)", TYPE_CODES, DOCUMENT_TYPES, _TYPE_NAMES)
_REVOCATION_REASONS = _Codes(
    "reason of a revocation",
    "UNCL 1373 (document status)",
    ((1, DOCUMENT_STATUS.last),),
    DOCUMENT_STATUS.words,
    _STATUS_NAMES,
)
_WITHDRAWAL_REASONS = _Codes(
    "reason of a withdrawal", "UNCL 1225 (message function)", ((1, 73),), WITHDRAWAL_REASONS, _REASON_NAMES
)


def type_named(text: str, where: str = "type") -> int:
    """The UNCL 1001 code of a document type or a kind, by code or by name, e.g. 380 for "commercial invoice".

    A name may be shortened as long as it stands for one code: "phytosanitary", "certificate of orig".

    :param where: what the error speaks of, such as the option.
    :raises Malformed: no code of the list, a name of none, or of several; the message has the nearest.
    """
    return _TYPES.code(text, where)


def outcome_named(kind: int, text: str, where: str = "outcome") -> int:
    """The code of an outcome in the list of its kind, by code or by name; see :func:`type_named`."""
    outcomes = outcomes_of(kind)
    names = {1373: _STATUS_NAMES, 7365: _INDICATOR_NAMES}.get(outcomes.number, {})
    what = f"outcome of kind {kind} ({type_in_words(kind)})"
    codes = _Codes(what, _source(outcomes, kind), ((1, outcomes.last),), outcomes.words, names)
    return codes.code(text, where)


def revocation_reason_named(text: str, where: str = "reason") -> int:
    """The UNCL 1373 code of why an attestation ends, e.g. 42 for "in error"; see :func:`type_named`."""
    return _REVOCATION_REASONS.code(text, where)


def withdrawal_reason_named(text: str, where: str = "reason") -> int:
    """The UNCL 1225 code of why a declaration ends, e.g. 5 for "replaced"; see :func:`type_named`."""
    return _WITHDRAWAL_REASONS.code(text, where)


def _source(outcomes: OutcomeList, kind: int) -> str:
    return (
        f"UNCL {outcomes.number} ({outcomes.name}, codes 1 to {outcomes.last}), "
        f"from which the outcomes of kind {kind} ({type_in_words(kind)}) come"
    )


# What identifiers have around the name of a document, and what makes them name something about it.
AROUND = frozenset({"credential", "data", "document", "message", "record", "sample", "schema", "type"})
ABOUT = frozenset(
    {
        "acknowledgement", "acknowledgment", "amendment", "application", "batch", "cancel", "cancellation", "draft",
        "error", "event", "item", "line", "list", "notification", "query", "reminder", "report", "request",
        "response", "status", "template", "update",
    }
)  # fmt: skip
ENDINGS = frozenset({"invoice", "waybill"})
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LONGEST_NAME = 120


def is_document_type(code: int) -> bool:
    """Whether this is a code of UNCL 1001, or one of our own."""
    return code in _TYPES


def type_called(identifier: str) -> int | None:
    """The document type that an identifier names, e.g. 705 for ``BILL_OF_LADING_BIMCO``; None if it names none surely.

    ``CommercialInvoiceCredential`` names an invoice, ``InvoiceReminder`` does not.
    """
    words = _words_of(_HUMPS.sub(" ", identifier[:_LONGEST_NAME]))
    while words and (words[-1] in AROUND or re.fullmatch(r"v?\d+", words[-1])):
        words.pop()
    name = " ".join(words)
    if name in CALLED:
        return CALLED[name]
    ends = [known for known in CALLED if (" " in known or known in ENDINGS) and name.endswith(f" {known}")]
    begins = [known for known in CALLED if " " in known and name.startswith(f"{known} ")]
    longest = max(ends or begins, key=len, default=None)
    if longest is None or not ABOUT.isdisjoint(name.replace(longest, "").split()):
        return None
    return CALLED[longest]


CALLED: Mapping[str, int] = {
    **{" ".join(_words_of(words)): code for code, words in DOCUMENT_TYPES.items()},
    **_TYPE_NAMES,
    "certification of origin": 861,
    "freight manifest": 786,
    "master bill of lading": 704,
}
