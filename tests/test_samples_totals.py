"""The sample documents add up, line by line and tax by tax, and their check digits are right."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from tests.sample_documents import FILES, TYPES, at, each, files, found, segments, text, total, tree


def iso6346_check_digit(number: str) -> int:
    """Check digit of the first ten characters of a container number (ISO 6346 annex A)."""
    values = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", [n for n in range(10, 39) if n % 11], strict=True))
    weighted = ((values[c] if c.isalpha() else int(c)) << place for place, c in enumerate(number[:10]))
    return sum(weighted) % 11 % 10


def test_container_check_digit_follows_the_published_example() -> None:
    assert iso6346_check_digit("CSQU305438") == 3


def test_container_numbers_vessel_numbers_and_air_waybill_number_check() -> None:
    everything = "\n".join(map(text, FILES))
    containers = set(re.findall(r"\b[A-Z]{3}[UJZ]\d{7}\b", everything))
    assert len(containers) == 2
    for container in containers:
        assert iso6346_check_digit(container) == int(container[10]), container
    vessels = {
        value
        for file in FILES
        for value in found(file, "vesselIMONumber", "ArrivalTransportMeans/ID")
        if value.isdigit()
    }
    assert len(vessels) == 2
    for vessel in vessels:  # IMO resolution A.1117(30): weights 7 to 2
        assert sum(int(d) * w for d, w in zip(vessel, range(7, 1, -1), strict=False)) % 10 == int(vessel[6])
    serial = tree("roses/air-waybill.json")["serialNumber"]
    assert int(serial[:7]) % 7 == int(serial[7])  # IATA resolution 600a


@pytest.mark.parametrize("file", files("invoice.xml", 380) + files("corrected.xml", 380))
def test_ubl_invoices_add_up(file: str) -> None:
    lines = each(file, "InvoiceLine")
    for line in lines:
        price, quantity = Decimal(at(line, "Price/PriceAmount")), Decimal(at(line, "InvoicedQuantity"))
        assert price * quantity == Decimal(at(line, "LineExtensionAmount"))
    goods = sum(Decimal(at(line, "LineExtensionAmount")) for line in lines)
    parts = each(file, "TaxSubtotal")
    rated = (Decimal(at(s, "TaxableAmount")) * Decimal(at(s, "TaxCategory/Percent")) / 100 for s in parts)
    tax = sum(rated, Decimal(0))
    (sums,) = each(file, "LegalMonetaryTotal")
    assert Decimal(at(sums, "LineExtensionAmount")) == Decimal(at(sums, "TaxExclusiveAmount")) == goods
    assert total(file, "TaxTotal/TaxAmount") == tax
    assert Decimal(at(sums, "TaxInclusiveAmount")) == Decimal(at(sums, "PayableAmount")) == goods + tax


def test_json_invoice_adds_up() -> None:
    invoice = tree("roses/commercial-invoice.json")
    for line in invoice["lines"]:
        assert Decimal(line["unitPrice"]) * line["quantity"] == Decimal(line["lineAmount"])
    sums, tax = {k: Decimal(v) for k, v in invoice["totals"].items()}, invoice["tax"]
    assert sums["goods"] == sum(Decimal(line["lineAmount"]) for line in invoice["lines"])
    assert sums["charges"] == sum(Decimal(charge["amount"]) for charge in invoice["charges"])
    assert Decimal(tax["taxableAmount"]) == sums["goods"] + sums["charges"]
    assert Decimal(tax["taxAmount"]) == sums["tax"] == Decimal(tax["taxableAmount"]) * Decimal(tax["ratePercent"]) / 100
    assert sums["payable"] == sums["goods"] + sums["charges"] + sums["tax"]


def test_edifact_invoice_adds_up_and_its_envelope_counts() -> None:
    file = "machine-parts/commercial-invoice.edi"
    quantities = [Decimal(v) for v in found(file, "QTY/47") if v != "PCE"]
    prices, amounts = ([Decimal(v) for v in found(file, name)] for name in ("PRI/AAA", "MOA/203"))
    assert [q * p for q, p in zip(quantities, prices, strict=True)] == amounts
    assert (
        sum(amounts) == total(file, "MOA/79") == total(file, "MOA/125") == total(file, "MOA/9") - total(file, "MOA/124")
    )
    message = segments(file)
    assert message[-2] == ["UNT", str(len(message) - 2), message[1][1]]
    assert message[-1] == ["UNZ", "1", message[0][-1]]
    assert found(file, "CNT/2") == [str(len(amounts))]


def test_air_waybill_adds_up() -> None:
    waybill = tree("roses/air-waybill.json")
    charges = waybill["charges"]
    (rating,) = waybill["ratingDetails"]
    assert Decimal(rating["ratePerKg"]) * rating["chargeableMassKg"] == Decimal(rating["total"])
    assert charges["weightCharge"] == rating["total"]
    assert Decimal(charges["totalPrepaid"]) == Decimal(charges["weightCharge"]) + sum(
        Decimal(c["amount"]) for c in charges["other"]
    )
    volume = sum(d["pieces"] * d["lengthCm"] * d["widthCm"] * d["heightCm"] for d in rating["dimensions"])
    assert rating["volumeCubicMetres"] * 1_000_000 == volume
    assert rating["chargeableMassKg"] == max(rating["grossMassKg"], Decimal(volume) / 6000)
    assert waybill["totals"] == {"pieces": rating["pieces"], "grossMassKg": rating["grossMassKg"]}
    assert waybill["airWaybillNumber"] == f"{waybill['airlinePrefix']}-{waybill['serialNumber']}"


@pytest.mark.parametrize("file", files(".json", 271, 861))
def test_json_lists_of_goods_add_up(file: str) -> None:
    listed = tree(file)
    for name, value in listed["totals"].items():
        assert value == sum(item[name] for item in listed["items"]), name
    for pallet in {"pallets"} & listed.keys():
        for item in listed["items"]:
            on_pallets = [p for p in listed[pallet] if p["itemNumber"] == item["itemNumber"]]
            assert len(on_pallets) == item["pallets"]
            assert sum(p["cartons"] for p in on_pallets) == item["packages"]
            assert sum(p["grossMassKg"] for p in on_pallets) == item["grossMassKg"]
    for box in listed.get("equipment", []):
        assert box["verifiedGrossMassKg"] == box["tareKg"] + listed["totals"]["grossMassKg"]


def test_ubl_packing_list_adds_up() -> None:
    file = "roses/packing-list.xml"
    for whole, part in [
        ("Shipment/GrossWeightMeasure", "GoodsItem/GrossWeightMeasure"),
        ("Shipment/NetWeightMeasure", "GoodsItem/NetWeightMeasure"),
        ("Shipment/TotalGoodsItemQuantity", "GoodsItem/Quantity"),
        ("Consignment/TotalPackagesQuantity", "ContainingPackage/Quantity"),
    ]:
        assert total(file, whole) == total(file, part)


@pytest.mark.parametrize("file", files(".json", 705))
def test_bills_of_lading_add_up(file: str) -> None:
    bill = tree(file)
    for box in bill["utilizedTransportEquipments"]:
        inside = [
            c
            for i in bill["consignmentItems"]
            for c in i["cargoItems"]
            if c["equipmentReference"] == box["equipment"]["equipmentReference"]
        ]
        assert box["cargoGrossWeight"]["value"] == sum(c["cargoGrossWeight"]["value"] for c in inside)
    for charge in bill["charges"]:
        assert charge["currencyAmount"] == charge["unitPrice"] * charge["quantity"]


@pytest.mark.parametrize("file", files(".xml", 830, 929))
def test_customs_declarations_add_up(file: str) -> None:
    items = each(file, "GovernmentAgencyGoodsItem")
    assert total(file, "GoodsItemQuantity") == len(items)
    assert total(file, "InvoiceAmount") == total(file, "ItemChargeAmount")
    assert total(file, "TotalGrossMassMeasure") == total(file, "GrossMassMeasure")
    assert total(file, "TotalPackageQuantity") == total(file, "QuantityQuantity")
    rate = total(file, "RateNumeric") or Decimal(1)
    freight, insurance = total(file, "FreightChargeAmount"), total(file, "OtherChargeDeductionAmount")
    if TYPES[file] == 830:  # statistical value FOB: the CIF price less freight and insurance, at the rate of the day
        assert total(file, "StatisticalValueAmount") == (total(file, "InvoiceAmount") - freight - insurance) * rate
        return
    assert total(file, "CustomsValueAmount") == total(file, "InvoiceAmount") * rate
    taxes = each(file, "DutyTaxFee")
    for tax in taxes:
        due = Decimal(at(tax, "AdValoremTaxBaseAmount")) * Decimal(at(tax, "TaxRateNumeric")) / 100
        assert Decimal(at(tax, "Payment/TaxAssessedAmount")) == due
    bases = {
        kind: sum(Decimal(at(t, "AdValoremTaxBaseAmount")) for t in taxes if at(t, "TypeCode") in kind.split())
        for kind in ("CUD", "VAT GST")
    }
    assert bases["CUD"] == total(file, "CustomsValueAmount")
    assert bases["VAT GST"] == total(file, "CustomsValueAmount") + freight + insurance
