"""Codes by name: what people write, what they mistype, and what stands for several."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ledger.core.statements import code_names
from ledger.core.statements.code_lists import DOCUMENT_TYPES, outcomes_of
from ledger.core.statements.code_names import (
    is_document_type,
    outcome_named,
    revocation_reason_named,
    type_called,
    type_named,
    withdrawal_reason_named,
)
from ledger.errors import Malformed

PUBLISHED = Path(__file__).parents[4] / "shared" / "data" / "codelists" / "uncl1001_document_name.csv"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("380", 380),
        (" 380 ", 380),
        ("7", 7),
        ("9001", 9001),
        ("invoice", 380),
        ("Commercial Invoice", 380),
        ("COMMERCIAL-INVOICE", 380),
        ("commercial_invoice", 380),
        ("pro-forma invoice", 325),
        ("phytosanitary", 851),
        ("phyto", 851),
        ("packing", 271),
        ("Bill of Lading", 705),
        ("b/l", 705),
        ("AWB", 740),
        ("cmr", 730),
        ("eur.1", 954),
        ("certificate of origin", 861),
        ("import license", 911),
        ("customs clearance", 132),
    ],
)
def test_a_document_type_is_named_by_code_or_by_name(text: str, code: int) -> None:
    assert type_named(text) == code


@pytest.mark.parametrize("code", DOCUMENT_TYPES)
def test_each_type_that_has_words_is_named_by_them(code: int) -> None:
    assert is_document_type(code)
    assert type_named(DOCUMENT_TYPES[code].upper()) == code


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("invioce", r'--type: no document type is called "invioce"; the nearest: .*380 commercial invoice'),
        ("bill of landing", "the nearest: 705 bill of lading"),
        ("waybil", "the nearest|could be"),
        ("xyzzy", 'no document type is called "xyzzy"; docs/formats.md lists'),
        ("", "no document type is called"),
        ("3800", r"3800 is not in UNCL 1001 \(document name\); the nearest: 380 commercial invoice"),
        ("492", "492 is not in UNCL 1001"),
        ("0", "0 is not in"),
        ("9" * 5000, "is not in"),
        ("٣٨٠", "no document type is called"),
        ("-380", "no document type is called"),
        ("inspection", "could be 293 inspection report, 856 inspection certificate: give the code"),
        ("certificate", r"could be 1 certificate of analysis, .*, …: give the code"),
    ],
)
def test_what_is_unknown_or_ambiguous_is_refused_with_the_nearest(text: str, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        type_named(text, "--type")


def test_an_outcome_is_of_the_list_of_its_kind() -> None:
    assert outcome_named(132, "goods released") == outcome_named(132, "released") == outcome_named(132, "4") == 4
    assert outcome_named(851, "accepted") == 1
    assert outcome_named(851, "provisional") == 29
    assert outcome_named(965, "provisional") == 115
    with pytest.raises(Malformed, match=r"--outcome: 52 is not in UNCL 1373 \(document status, codes 1 to 51\)"):
        outcome_named(851, "52", "--outcome")
    with pytest.raises(
        Malformed, match=r'no outcome of kind 132 .* is called "relaesed"; the nearest: 4 goods released'
    ):
        outcome_named(132, "relaesed")


def test_reasons_have_lists_of_their_own() -> None:
    assert revocation_reason_named("in error") == revocation_reason_named("error") == 42
    assert revocation_reason_named("validity revoked") == 41
    assert withdrawal_reason_named("replaced") == withdrawal_reason_named("replacement") == 5
    assert withdrawal_reason_named("cancelled") == withdrawal_reason_named("1") == 1
    for unknown in ("74", "0", "sold"):
        with pytest.raises(Malformed, match="--reason"):
            withdrawal_reason_named(unknown, "--reason")


def test_the_names_that_people_use_lead_to_codes_with_words() -> None:
    names = {**code_names._TYPE_NAMES, **code_names.CALLED}
    assert set(names.values()) <= set(DOCUMENT_TYPES)
    assert set(code_names._INDICATOR_NAMES.values()) <= set(outcomes_of(132).words)
    assert set(code_names._STATUS_NAMES.values()) <= set(outcomes_of(851).words)


def test_the_codes_are_those_that_were_published() -> None:
    if not PUBLISHED.exists():
        pytest.skip("needs ../shared/data/codelists, which is not part of this repository")
    with PUBLISHED.open(encoding="utf-8") as file:
        codes = {int(row["code"]) for row in csv.DictReader(file) if row["code"].isdigit()}
    assert {code for code in range(1, 9000) if is_document_type(code)} == codes


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        ("CommercialInvoiceCredential", 380),
        ("MexicoEInvoiceCredential", 380),
        ("BILL_OF_LADING_BIMCO", 705),
        ("bill-of-lading-context", 705),
        ("IATAAirWaybillCredential", 740),
        ("USMCACertificationOfOrigin", 861),
        ("PackingList", 271),
        ("invoice", 380),
        ("MillTestReportCredential", 4),
        ("InvoiceReminder", None),
        ("BillOfLadingRequest", None),
        ("PackingListResponse", None),
        ("ApplicationForPackingList", None),
        ("Organization", None),
        ("", None),
        ("_", None),
        ("x" * 10_000, None),
    ],
)
def test_an_identifier_names_a_type_or_surely_none(identifier: str, code: int | None) -> None:
    assert type_called(identifier) == code
