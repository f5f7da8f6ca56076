"""Draw the PDF certificates among the samples, with the same bytes on every machine.

Quantities, names and numbers come from the consignment's own packing list, bill of lading and corrected invoice, so a
certificate cannot disagree with them. This file adds only what no other document has: the certificate's number,
findings and signatory. The bytes are stable because reportlab runs in invariant mode (fixed date and id), nothing is
compressed (builds of zlib differ) and the fonts are the standard 14, not embedded.

    python -m scripts.sample_pdfs            write samples/avocado/*.pdf
    python -m scripts.sample_pdfs --check    exit 1 if a file on disk differs
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from reportlab.lib.colors import Color, HexColor, black, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
WIDTH, HEIGHT = A4
LEFT, RIGHT = 20 * mm, WIDTH - 20 * mm
LEADING = 1.3  # line height over font size


@dataclass(frozen=True, slots=True)
class Consignment:
    """The data of the consignment's other documents that the certificates repeat."""

    packing: Mapping[str, Any]
    lading: Mapping[str, Any]
    invoice_number: str
    invoice_date: date

    @classmethod
    def read(cls, folder: Path) -> Consignment:
        """Read the consignment from the documents in ``folder``.

        :raises OSError: a document is missing.
        :raises KeyError: a document lacks a member.
        """
        invoice = ET.parse(folder / "commercial-invoice-corrected.xml").getroot()  # noqa: S314 (our own file)
        return cls(
            packing=json.loads((folder / "packing-list.json").read_text("utf-8")),
            lading=json.loads((folder / "bill-of-lading.json").read_text("utf-8")),
            invoice_number=invoice.findtext(f"{CBC}ID", ""),
            invoice_date=date.fromisoformat(invoice.findtext(f"{CBC}IssueDate", "")),
        )

    def party(self, role: str) -> list[str]:
        """Name and address lines of the ``exporter`` or the ``importer``."""
        party = self.packing[role]
        address = party["address"]
        country = {"NZ": "New Zealand", "NL": "Netherlands"}[address["countryCode"]]
        return [party["name"], address["street"], f"{address['city']} {address['postcode']}", country]

    def goods(self) -> list[list[str]]:
        """One row per item: number, description, HS code, packages, net and gross mass in kilograms."""
        return [
            [
                str(item["itemNumber"]),
                item["description"],
                item["hsCode"],
                f"{_number(item['packages'])} cartons",
                _number(item["netMassKg"]),
                _number(item["grossMassKg"]),
            ]
            for item in self.packing["items"]
        ]

    def totals(self) -> list[str]:
        """The closing row of :meth:`goods`."""
        totals = self.packing["totals"]
        packages = f"{_number(totals['packages'])} cartons on {totals['pallets']} pallets"
        return ["", "Total", "", packages, _number(totals["netMassKg"]), _number(totals["grossMassKg"])]

    def carriage(self) -> list[str]:
        """Vessel, ports, bill of lading and container, a line each."""
        transports = self.lading["transports"]
        voyage = transports["vesselVoyages"][0]
        box = self.packing["equipment"][0]
        return [
            f"By sea, {voyage['vesselName']}, voyage {voyage['carrierExportVoyageNumber']}",
            f"{_port(transports['portOfLoading'])} to {_port(transports['portOfDischarge'])}",
            f"Bill of lading {self.lading['transportDocumentReference']}",
            f"Container {box['containerNumber']}, seal {box['seal']}",
        ]


class Sheet:
    """One A4 certificate, drawn from top to bottom. The next row begins at ``y``, in points."""

    def __init__(self, title: str, author: str, accent: str) -> None:
        self._bytes = io.BytesIO()
        self._canvas = Canvas(self._bytes, pagesize=A4, pageCompression=0, invariant=1)
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)
        self._canvas.setSubject("Sample document with invented data")
        self._accent = HexColor(accent)
        self.y = HEIGHT - 18 * mm

    def heading(self, issuer: str, place: str, title: str, number: str) -> None:
        """Draw the coloured band with issuer, title and the certificate's number."""
        canvas = self._canvas
        canvas.setFillColor(self._accent)
        canvas.rect(0, HEIGHT - 40 * mm, WIDTH, 40 * mm, stroke=0, fill=1)
        self._line(LEFT, HEIGHT - 17 * mm, issuer, 11, bold=True, colour=white)
        self._line(LEFT, HEIGHT - 22 * mm, place, 8.5, colour=white)
        self._line(LEFT, HEIGHT - 34 * mm, title.upper(), 19, bold=True, colour=white)
        canvas.setFont("Helvetica-Bold", 11)
        canvas.drawRightString(RIGHT, HEIGHT - 33.5 * mm, f"No. {number}")
        self.y = HEIGHT - 46 * mm

    def boxes(self, *boxes: tuple[str, Sequence[str]]) -> None:
        """Draw labelled boxes side by side, each ``(label, lines)``. All get the height of the highest."""
        width = (RIGHT - LEFT) / len(boxes)
        wrapped = [[part for line in lines for part in self._split(line, 9.5, width - 6 * mm)] for _, lines in boxes]
        height = 9 * mm + max(map(len, wrapped)) * 9.5 * LEADING
        for column, ((label, _), lines) in enumerate(zip(boxes, wrapped, strict=True)):
            x = LEFT + column * width
            self._frame(x, self.y - height, width, height)
            self._line(x + 3 * mm, self.y - 4.5 * mm, label, 7, colour=self._accent, bold=True)
            for row, line in enumerate(lines):
                self._line(x + 3 * mm, self.y - 9 * mm - row * 9.5 * LEADING, line, 9.5)
        self.y -= height

    def table(self, header: Sequence[str], widths: Sequence[float], rows: Sequence[Sequence[str]]) -> None:
        """Draw a ruled table with ``widths`` in millimetres. The last row is the total and is emphasised."""
        self._row(header, widths, 7.5, bold=True, fill=self._accent, colour=white)
        for number, row in enumerate(rows):
            last = number == len(rows) - 1
            self._row(row, widths, 9, bold=last, fill=HexColor("#EEF1F4") if last else None, colour=black)

    def text(self, text: str, size: float = 9.5, *, above: float = 4) -> None:
        """Draw a paragraph across the page, ``above`` millimetres below the previous row."""
        self.y -= above * mm
        for line in self._split(text, size, RIGHT - LEFT):
            self.y -= size * LEADING
            self._line(LEFT, self.y, line, size)

    def signature(self, place_and_date: str, name: str, office: str, seal: str) -> None:
        """Draw place, date and signatory on the left, and a round seal on the right."""
        self.y -= 32 * mm
        canvas = self._canvas
        canvas.setStrokeColor(black)
        canvas.setLineWidth(0.6)
        canvas.line(LEFT, self.y, LEFT + 80 * mm, self.y)
        self._line(LEFT, self.y + 9 * mm, place_and_date, 9.5)
        canvas.setFont("Times-Italic", 17)
        canvas.setFillColor(HexColor("#1B2A6B"))
        canvas.drawString(LEFT + 4 * mm, self.y + 2 * mm, name)
        self._line(LEFT, self.y - 4.5 * mm, name, 9, bold=True)
        self._line(LEFT, self.y - 9 * mm, office, 8.5)
        x, y = RIGHT - 24 * mm, self.y + 4 * mm
        canvas.setStrokeColor(self._accent)
        canvas.setFillColor(self._accent)
        canvas.setLineWidth(1.4)
        canvas.circle(x, y, 17 * mm)
        canvas.setLineWidth(0.5)
        canvas.circle(x, y, 15 * mm)
        words = seal.split("|")
        for row, word in enumerate(words):
            canvas.setFont("Helvetica-Bold", 8)
            canvas.drawCentredString(x, y + (len(words) / 2 - row) * 10.5 - 8, word)

    def finish(self) -> bytes:
        """Draw the watermark and the note that this is a sample, and return the file."""
        canvas = self._canvas
        canvas.saveState()
        canvas.translate(WIDTH / 2, HEIGHT / 2 - 35 * mm)
        canvas.rotate(45)
        canvas.setFont("Helvetica-Bold", 88)
        canvas.setFillColor(Color(0.55, 0.58, 0.62, alpha=0.13))
        canvas.drawCentredString(0, 0, "SPECIMEN")
        canvas.restoreState()
        note = "Sample document: companies, people, numbers and cargo are invented; no such certificate was issued."
        canvas.setFont("Helvetica", 7.5)
        canvas.setFillColor(HexColor("#5A6470"))
        canvas.drawCentredString(WIDTH / 2, 12 * mm, note)
        canvas.save()
        return self._bytes.getvalue()

    def _row(
        self,
        cells: Sequence[str],
        widths: Sequence[float],
        size: float,
        *,
        bold: bool,
        fill: Color | None,
        colour: Color,
    ) -> None:
        columns = [
            self._split(cell, size, width * mm - 4 * mm, bold=bold) for cell, width in zip(cells, widths, strict=True)
        ]
        height = max(map(len, columns)) * size * LEADING + 3 * mm
        x = LEFT
        for lines, width in zip(columns, widths, strict=True):
            self._frame(x, self.y - height, width * mm, height, fill)
            for number, line in enumerate(lines):
                self._line(x + 2 * mm, self.y - 1.2 * mm - size - number * size * LEADING, line, size, bold, colour)
            x += width * mm
        self.y -= height

    def _frame(self, x: float, y: float, width: float, height: float, fill: Color | None = None) -> None:
        self._canvas.setStrokeColor(HexColor("#9AA5B1"))
        self._canvas.setLineWidth(0.5)
        if fill is not None:
            self._canvas.setFillColor(fill)
        self._canvas.rect(x, y, width, height, stroke=1, fill=0 if fill is None else 1)

    def _line(self, x: float, y: float, text: str, size: float, bold: bool = False, colour: Color = black) -> None:
        self._canvas.setFont("Helvetica-Bold" if bold else "Helvetica", size)
        self._canvas.setFillColor(colour)
        self._canvas.drawString(x, y, text)

    def _split(self, text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
        lines: list[str] = simpleSplit(text, "Helvetica-Bold" if bold else "Helvetica", size, width)
        return lines or [""]


def certificate_of_origin(consignment: Consignment) -> bytes:
    """UNCL 1001 type 861, non-preferential, as a chamber of commerce issues it for a documentary credit."""
    sheet = Sheet("Certificate of origin KCC-CO-26-00912", "Kaimai Chamber of Commerce", "#1F4E5F")
    sheet.heading("Kaimai Chamber of Commerce", "Tauranga, New Zealand", "Certificate of origin", "KCC-CO-26-00912")
    sheet.boxes(("1  CONSIGNOR", consignment.party("exporter")), ("2  CONSIGNEE", consignment.party("importer")))
    sheet.boxes(("3  COUNTRY OF ORIGIN", ["New Zealand"]), ("4  MEANS OF TRANSPORT", consignment.carriage()))
    sheet.boxes(("5  REFERENCES", _references(consignment)))
    _goods(sheet, consignment)
    sheet.text(
        "The undersigned authority certifies, on the evidence supplied by the consignor, that the goods described "
        "above originate in New Zealand. They were grown, harvested and packed in the Bay of Plenty and are wholly "
        "obtained there within the meaning of the rules on non-preferential origin.",
        above=6,
    )
    sheet.text(
        "This certificate does not give a right to tariff preference; the exporter's statement on origin stands on the "
        f"commercial invoice {consignment.invoice_number}."
    )
    sheet.signature(
        "Tauranga, 7 October 2026",
        "Hinewai Kaimanawa",
        "Certifying officer, Kaimai Chamber of Commerce",
        "KAIMAI|CHAMBER|OF COMMERCE",
    )
    return sheet.finish()


def inspection_certificate(consignment: Consignment) -> bytes:
    """UNCL 1001 type 856: a surveyor's findings on quality and temperature while the container was loaded."""
    box = consignment.packing["equipment"][0]
    oxygen, carbon_dioxide = (box["controlledAtmosphere"][gas] for gas in ("oxygenPercent", "carbonDioxidePercent"))
    atmosphere = f"Set at {box['setTemperatureCelsius']} \xb0C, O2 {oxygen} %, CO2 {carbon_dioxide} %"
    sheet = Sheet("Inspection certificate SCPS-26-5561", "Southern Cross Produce Surveys Limited", "#4A3B6B")
    sheet.heading(
        "Southern Cross Produce Surveys Limited",
        "Mount Maunganui, New Zealand",
        "Inspection certificate",
        "SCPS-26-5561",
    )
    sheet.boxes(("INSPECTED FOR", consignment.party("exporter")), ("BUYER", consignment.party("importer")))
    sheet.boxes(
        ("PLACE AND DATE OF INSPECTION", ["Packhouse FBR-PH-1, Katikati", "Monday 5 October 2026, 07:30 to 10:45"]),
        ("CONTAINER", [f"{box['containerNumber']}, type {box['isoSizeType']}, seal {box['seal']}", atmosphere]),
    )
    sheet.boxes(("REFERENCES", _references(consignment)))
    _goods(sheet, consignment)
    sheet.y -= 5 * mm
    sheet.table(
        ["Finding (sample of 80 cartons, 4 from each pallet)", "Requirement", "Found", "Result"],
        [70, 48, 30, 22],
        [
            ["Pulp temperature", "4.5 to 6.0 \xb0C", "4.9 to 5.6 \xb0C", "conforms"],
            ["Dry matter, mean of 30 fruits", "at least 24.0 %", "26.3 %", "conforms"],
            ["Firmness, mean of 30 fruits", "at least 85 (0 to 100)", "93", "conforms"],
            ["Defects outside class I tolerance", "at most 10 % by number", "2.1 %", "conforms"],
            ["Decay, insects, foreign matter", "none", "none", "conforms"],
            ["Overall", "UNECE FFV-42, class I", "class I", "conforms"],
        ],
    )
    sheet.text(
        "The packages were counted, sampled and weighed in our presence; the container was clean, dry, odour-free and "
        "pre-cooled, and was sealed in our presence. Findings hold for the time and place of inspection.",
        above=5,
    )
    sheet.signature("Katikati, 5 October 2026", "Tobias Fernside", "Senior surveyor", "SOUTHERN|CROSS PRODUCE|SURVEYS")
    return sheet.finish()


DRAWN: Mapping[str, Callable[[Consignment], bytes]] = {
    "avocado/certificate-of-origin.pdf": certificate_of_origin,
    "avocado/inspection-certificate.pdf": inspection_certificate,
}


def draw(samples: Path = SAMPLES) -> dict[str, bytes]:
    """The bytes of every PDF among the samples, by path relative to ``samples``. Nothing is written."""
    return {name: drawing(Consignment.read((samples / name).parent)) for name, drawing in DRAWN.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Draw the PDF certificates among the samples.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file on disk differs")
    check = parser.parse_args(arguments).check
    stale = {n: data for n, data in draw().items() if not (SAMPLES / n).exists() or (SAMPLES / n).read_bytes() != data}
    for name, data in stale.items():
        if check:
            print(f"samples/{name} differs from what scripts/sample_pdfs.py draws", file=sys.stderr)
        else:
            (SAMPLES / name).write_bytes(data)
    return 1 if check and stale else 0


def _goods(sheet: Sheet, consignment: Consignment) -> None:
    header = ["Item", "Description of goods", "HS code", "Number and kind of packages", "Net kg", "Gross kg"]
    sheet.table(header, [12, 62, 18, 38, 20, 20], [*consignment.goods(), consignment.totals()])


def _references(consignment: Consignment) -> list[str]:
    packing = consignment.packing
    order = next(r["number"] for r in packing["references"] if r["type"] == "orderNumber")
    issued = f"{consignment.invoice_date.day} {consignment.invoice_date:%B %Y}"
    return [
        f"Invoice {consignment.invoice_number} of {issued}; packing list {packing['documentNumber']}; order {order}",
        f"Unique consignment reference {packing['uniqueConsignmentReference']}",
        f"Marks: {packing['shippingMarks']}",
    ]


def _number(value: float) -> str:
    """Separate thousands by a space (ISO 80000-1): 21320 -> 21 320."""
    return f"{value:,}".replace(",", " ")


def _port(location: Mapping[str, str]) -> str:
    return f"{location['locationName']} ({location['UNLocationCode']})"


if __name__ == "__main__":
    sys.exit(main())
