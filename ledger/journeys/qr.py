"""QR codes of links to evidence, for print: as squares, or as an image."""

from __future__ import annotations

from io import BytesIO
from typing import Literal

import segno

from ledger.core.evidence.link import EvidenceLink
from ledger.core.evidence.pdf.page import Modules

Image = Literal["svg", "png"]
_CORRECTION = "m"  # a code of this level is read with 15 % of it spoilt
_PIXELS = 10  # a module of a PNG: a link's code of 53 modules is printed at 300 dpi as 45 mm
_MILLIMETRES = 0.85  # a module of an SVG


def modules(link: EvidenceLink) -> Modules:
    """The code's squares, without the light border of 4 that it needs around it."""
    return [[bool(module) for module in row] for row in _code(link).matrix]


def image(link: EvidenceLink, kind: Image) -> bytes:
    """The code as an image with its border; equal links get equal bytes."""
    made, code = BytesIO(), _code(link)
    if kind == "svg":
        code.save(made, kind="svg", scale=_MILLIMETRES, unit="mm", xmldecl=True, title="Evidence of a trade document")
    else:
        code.save(made, kind="png", scale=_PIXELS)
    return made.getvalue()


def _code(link: EvidenceLink) -> segno.QRCode:
    return segno.make_qr(str(link), error=_CORRECTION, mode="byte", boost_error=False)
