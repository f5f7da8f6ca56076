"""The sample documents are listed and readable, of one mind within a consignment, and speak codes that exist."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from ledger.core.document import Format, sniff, wrap
from scripts.sample_pdfs import draw
from tests.sample_documents import (
    AGENCIES,
    CONSIGNMENTS,
    DATA,
    FILES,
    INDEX,
    NOT_DOCUMENTS,
    REPLACED,
    SAMPLES,
    TYPES,
    UTF16_MARK,
    at,
    each,
    files,
    found,
    local,
    segments,
    text,
    total,
    tree,
)

with_code_lists = pytest.mark.skipif(
    not (DATA / "codelists").is_dir(), reason="there are no code lists at ../shared/data/codelists"
)


# ------------------------------------------------------------------------------------------------ index and forms


def test_index_lists_every_file_and_every_listed_file_exists() -> None:
    on_disk = {p.relative_to(SAMPLES).as_posix() for p in SAMPLES.rglob("*") if p.is_file()} - NOT_DOCUMENTS
    assert sorted(FILES) == sorted(on_disk)
    assert set(FILES) >= REPLACED


def test_there_are_enough_documents_of_enough_types_and_forms() -> None:
    assert len(FILES) >= 14
    assert len(set(TYPES.values())) >= 7
    assert {Path(file).suffix for file in FILES} == {".json", ".xml", ".pdf", ".edi"}


@pytest.mark.parametrize("file", FILES)
def test_each_document_wraps_in_the_form_that_its_name_says(file: str) -> None:
    data = (SAMPLES / file).read_bytes()
    form = {".json": Format.JSON, ".xml": Format.XML}.get(Path(file).suffix, Format.OPAQUE)
    assert sniff(data, file) is form
    assert (len(wrap(data, form, bytes(32)).fields) == 1) == (form is Format.OPAQUE)


def test_other_encodings_than_utf8_are_among_them() -> None:
    assert [file for file in FILES if (SAMPLES / file).read_bytes().startswith(UTF16_MARK)]
    with pytest.raises(UnicodeDecodeError):
        (SAMPLES / "machine-parts/commercial-invoice.edi").read_bytes().decode("utf-8")


def test_pdfs_are_drawn_again_to_the_byte() -> None:
    drawn = draw()
    assert sorted(drawn) == sorted(file for file in FILES if file.endswith(".pdf"))
    for name, data in drawn.items():
        assert (SAMPLES / name).read_bytes() == data, f"{name} is stale: run python -m scripts.sample_pdfs"


def test_each_agency_has_a_mandate_for_what_it_attests() -> None:
    kinds = {agency["agency"]: agency["kinds"] for agency in AGENCIES}
    assert kinds.keys() == {entry["agency"] for entry in INDEX} - {None}
    for entry in INDEX:
        if entry["agency"] is not None:
            assert re.fullmatch(r"[A-Z]{2}-[A-Z0-9-]{1,13}", entry["agency"])
            assert (132 if entry["type"] in {830, 929} else entry["type"]) in kinds[entry["agency"]], entry["file"]


@pytest.mark.parametrize("file", FILES)
def test_nobody_real_can_be_written_to(file: str) -> None:
    for domain in re.findall(r"@([\w.-]+\.\w+)", text(file)):
        assert domain.endswith(".example"), domain


# ------------------------------------------------------------------------------- of one mind within a consignment

FACTS = {
    "consignment": ("uniqueConsignmentReference", "customsReferences/values", "UCR/ID", "Shipment/ID",
                    "SPSConsignment/ID", "RFF/UCN"),
    "total": ("LegalMonetaryTotal/PayableAmount", "totals/payable", "Declaration/InvoiceAmount", "MOA/9"),
    "packages": ("totals/packages", "totals/pieces", "Consignment/TotalPackagesQuantity",
                 "Declaration/TotalPackageQuantity"),
    "gross mass": ("totals/grossMassKg", "Shipment/GrossWeightMeasure", "Declaration/TotalGrossMassMeasure",
                   "IncludedSPSTradeLineItem/GrossWeightMeasure"),
    "net mass": ("totals/netMassKg", "Shipment/NetWeightMeasure", "IncludedSPSTradeLineItem/NetWeightMeasure"),
    "container": ("containerNumber", "equipmentReference", "TransportEquipment/ID", "UtilizedSPSTransportEquipment/ID"),
    "seal": ("equipment/seal", "seals/number", "Seal/ID", "AffixedSPSSeal/ID"),
}  # fmt: skip
COMMODITY = (
    "hsCode", "HSCodes", "ItemClassificationCode", "Classification/ID", "RequiredCustomsID",
    "ApplicableSPSClassification/ClassCode", "PIA/5",
)  # fmt: skip
OWN_NUMBER = (
    "/documentNumber", "/airWaybillNumber", "/transportDocumentReference", "Invoice/ID", "PackingList/ID",
    "Declaration/FunctionalReferenceID", "SPSExchangedDocument/ID", "BGM/380",
)  # fmt: skip
OWN_TYPE = ("/documentType", "InvoiceTypeCode", "Declaration/TypeCode", "SPSExchangedDocument/TypeCode")
OWN_DATE = (
    "/issueDate", "/executedOn", "Invoice/IssueDate", "PackingList/IssueDate", "IssueDateTime/DateTimeString",
    "DTM/137",
)  # fmt: skip
REFERRING = {"AdditionalDocument", "PreviousDocument", "DocumentReference", "InvoiceDocumentReference",
             "AdditionalDocumentReference", "ReferenceSPSReferencedDocument"}  # fmt: skip


def own_number(file: str) -> str:
    if file.endswith(".pdf"):
        return str(re.findall(r"\(No\. (\S+)\) Tj", text(file))[0])
    return found(file, *OWN_NUMBER)[0]


def issued(file: str) -> date:
    digits = found(file, *OWN_DATE)[0].replace("-", "")
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))


def citations(file: str) -> Iterator[tuple[int, str]]:
    """UNCL 1001 type and number of each document that this one refers to."""
    if file.endswith(".edi"):
        yield from ((705, number) for number in found(file, "RFF/BM"))
    elif file.endswith(".json"):
        references = tree(file).get("references", [])
        yield from ((r["type"], r["number"]) for r in references if isinstance(r["type"], int))
    elif file.endswith(".xml"):
        yield from (
            (380, at(invoice, "ID"))
            for invoice in each(file, "Invoice")
            if invoice is not tree(file) and invoice.find("{*}IssueDateTime") is not None
        )
        for element in tree(file).iter():
            kinds = [child.text for child in element if local(child) in {"TypeCode", "DocumentTypeCode"}]
            if local(element) in REFERRING and kinds:
                yield int(str(kinds[0])), at(element, "ID")


def facts(file: str) -> dict[str, Any]:
    """What this document states of what FACTS names; a document states a fact once or in one voice."""
    stated: dict[str, set[Any]] = {name: set(found(file, *paths)) for name, paths in FACTS.items()}
    stated["commodities"] = {frozenset(v for v in found(file, *COMMODITY) if re.fullmatch(r"\d{6}", v))} - {frozenset()}
    if TYPES[file] == 705:
        boxes = tree(file)["utilizedTransportEquipments"]
        stated["gross mass"] = {str(sum(box["cargoGrossWeight"]["value"] for box in boxes))}
        stated["packages"] = {str(total(file, "numberOfPackages"))}
        stated["net mass"] = {str(total(file, "cargoNetWeight/value"))}
    if TYPES[file] in {830, 929}:
        stated["net mass"] = {str(total(file, "NetNetWeightMeasure"))}
    if file.endswith(".edi"):
        stated["gross mass"] = {found(file, "MEA/WT")[-1]}
        stated["packages"] = {segment[1] for segment in segments(file) if segment[0] == "PAC"}
    for name in ("total", "packages", "gross mass", "net mass"):
        stated[name] = {Decimal(value) for value in stated[name]}
    for name, values in stated.items():
        assert len(values) <= 1, f"{file} contradicts itself on {name}: {values}"
    return {name: values.pop() for name, values in stated.items() if values}


@pytest.mark.parametrize("consignment", CONSIGNMENTS)
def test_documents_of_a_consignment_agree(consignment: str) -> None:
    voices: dict[str, dict[Any, list[str]]] = defaultdict(lambda: defaultdict(list))
    for file in FILES:
        if file.startswith(f"{consignment}/") and file not in REPLACED and not file.endswith(".pdf"):
            for name, value in facts(file).items():
                voices[name][value].append(file)
    for name, values in voices.items():
        assert len(values) == 1, f"{name}: {dict(values)}"
    assert {"consignment", "total", "packages", "gross mass", "net mass", "commodities"} <= voices.keys()
    for name, values in voices.items():
        assert len(next(iter(values.values()))) >= 2, f"only one document of {consignment} states its {name}"


@pytest.mark.parametrize("file", files(".pdf", 856, 861))
def test_certificates_on_paper_repeat_the_packing_list(file: str) -> None:
    told = facts("avocado/packing-list.json")
    spaced = {f"{told[name]:,}".replace(",", " ") for name in ("gross mass", "net mass")}
    for value in {told["container"], told["seal"], told["consignment"], *told["commodities"], *spaced}:
        assert value in text(file), value


@pytest.mark.parametrize("entry", INDEX, ids=FILES)
def test_each_document_bears_the_type_number_and_date_of_its_story(entry: dict[str, Any]) -> None:
    file = entry["file"]
    assert own_number(file) in entry["title"]
    if not file.endswith(".pdf"):
        assert {int(code) for code in found(file, *OWN_TYPE)} <= {entry["type"]}
        assert date(2026, 10, 1) <= issued(file) <= date(2026, 11, 30)


@pytest.mark.parametrize("file", [file for file in FILES if not file.endswith(".pdf")])
def test_what_a_document_cites_exists_and_is_not_replaced(file: str) -> None:
    folder = file.partition("/")[0]
    replaces = next(entry["replaces"] for entry in INDEX if entry["file"] == file)
    # An invoice that is replaced was in order until then: what it cites must exist, whoever cites it must not.
    current = {
        (TYPES[f], own_number(f)) for f in FILES if f.startswith(folder) and (f not in REPLACED or f == replaces)
    }
    cited = set(citations(file))
    assert cited <= current
    if replaces:
        assert (TYPES[replaces], own_number(replaces)) in cited
        assert issued(replaces) < issued(file)


def test_every_consignment_is_tied_together_by_citations() -> None:
    cited = {number for file in FILES for _, number in citations(file)}
    for consignment in CONSIGNMENTS:
        assert len({own_number(f) for f in FILES if f.startswith(consignment)} & cited) >= 3


# ------------------------------------------------------------------------------------------------------- code lists

CODES = {
    "uncl1001_document_name.csv": (
        "documentType", "InvoiceTypeCode", "DocumentTypeCode", "Declaration/TypeCode", "AdditionalDocument/TypeCode",
        "PreviousDocument/TypeCode", "SPSExchangedDocument/TypeCode", "ReferenceSPSReferencedDocument/TypeCode",
    ),
    "currencycode.csv": ("@currencyID", "currency", "currencyCode", "DocumentCurrencyCode", "CurrencyTypeCode"),
    "countryidentificationcode.csv": (
        "countryCode", "CountryCode", "countryOfOrigin", "CountryID", "IdentificationCode", "ExportCountry/ID",
        "ExportSPSCountry/ID", "ImportSPSCountry/ID", "OriginSPSCountry/ID", "RegistrationNationalityCode",
        "ResponsibleCountryCode",
    ),
    "packagingtypecode.csv": (
        "packageType", "packageCode", "Packaging/TypeCode", "PhysicalSPSPackage/TypeCode", "PackagingTypeCode",
    ),
    "unitofmeasurecode.csv": ("@unitCode", "unitCode", "unit", "temperatureUnit"),
    "transportmodecode.csv": ("modeCode", "ModeCode"),
    "uncl5153_duty_tax_type.csv": ("DutyTaxFee/TypeCode",),
    "uncl5025_monetary_amount_type.csv": ("ChargesTypeCode",),
    "hs.csv": COMMODITY,
}  # fmt: skip
PLACES = (
    "UNLocationCode", "portOfLoading", "portOfDischarge", "placeCode", "departureLocation", "destinationLocation",
    "LoadingLocation/ID", "GoodsLocation/ID", "LocationID", "DeliveryLocation/ID", "IssueSPSLocation/ID",
    "UnloadingBaseportSPSLocation/ID", "LOC/1", "LOC/9", "LOC/11",
)  # fmt: skip


@cache
def code_list(name: str) -> frozenset[str]:
    with (DATA / "codelists" / name).open(encoding="utf-8") as lines:
        if name == "unlocode.csv":
            return frozenset(row[1] + row[2] for row in csv.reader(lines))
        return frozenset(row["hscode" if name == "hs.csv" else "code"] for row in csv.DictReader(lines))


@with_code_lists
@pytest.mark.parametrize("name", CODES)
def test_codes_are_in_their_lists(name: str) -> None:
    used = {value for file in FILES for value in found(file, *CODES[name])} - {"HS"}
    assert used
    assert used <= code_list(name)


@with_code_lists
def test_places_have_un_locodes() -> None:
    used = {value for file in FILES for value in found(file, *PLACES)} - {"139", "6"}
    assert len(used) >= 5
    assert used <= code_list("unlocode.csv")


@with_code_lists
def test_types_roles_and_kinds_are_codes() -> None:
    assert {str(t) for t in TYPES.values()} | {str(k) for a in AGENCIES for k in a["kinds"]} <= code_list(
        "uncl1001_document_name.csv"
    )
    assert {a["jurisdiction"] for a in AGENCIES} <= code_list("countryidentificationcode.csv")
    assert all(a["agency"].startswith(a["jurisdiction"]) for a in AGENCIES)


@with_code_lists
@pytest.mark.parametrize("file", files(".xml", 830, 929))
def test_declarations_use_elements_of_the_wco_data_model(file: str) -> None:
    with (DATA / "wco_dm36_elements.csv").open(encoding="utf-8") as lines:
        known = {row["path"] for row in csv.DictReader(lines)} | {"Declaration"}

    def paths(element: Element, above: str) -> Iterator[str]:
        if "Declaration_DS" not in element.tag:  # the data type inside a date
            path = f"{above}/{local(element)}".lstrip("/")
            yield path
            for child in element:
                yield from paths(child, path)

    (declaration,) = each(file, "Declaration")
    assert set(paths(declaration, "")) <= known
