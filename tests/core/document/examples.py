"""One JSON and one XML document that the tests of wrapping and redaction share."""

from __future__ import annotations

from ledger.core.document import Format, wrap
from tests.core.document.strategies import SEED

INVOICE = wrap(
    b"""{
  "number": "INV-7",
  "buyer": {"name": "Import BV", "country": "NL"},
  "lines": [
    {"sku": "KIWI-33", "net mass": 1200, "price": 12.5},
    {"sku": "AVO-20", "net mass": 800, "price": 31}
  ],
  "O'Neil": true,
  "notes": [],
  "due": null
}
""",
    Format.JSON,
    SEED,
)

CERTIFICATE = wrap(
    b"""<?xml version="1.0" encoding="UTF-8"?>
<c:Certificate xmlns:c="urn:example:certificate" xmlns="urn:example:common">
  <ID schemeID="NZ">851-1</ID>
  <Line><Price currencyID="NZD">12.50</Price><Note/></Line>
  <Line><Price currencyID="EUR">31.00</Price><c:Note>cool &amp; dry</c:Note></Line>
  <?print draft?>
</c:Certificate>
""",
    Format.XML,
    SEED,
)

SCAN = wrap(b"%PDF-1.7\n\x00\xff", Format.OPAQUE, SEED)
