"""What pages may weigh, and what nothing in them may do."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATIC, TEMPLATES = ROOT / "api/portal/static", ROOT / "api/portal/templates"
MOST_SCRIPT, MOST_STYLE = 20_000, 8_192
WHEN_NEEDED = {"reader.js": 72_000}
"""Fetched when somebody chooses a document: the readers of the checking page."""
FOR_OURSELVES = re.compile(r"innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function\(")
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)")
ELSEWHERE = re.compile(r"""(?:src|href|action)=["'](?:https?:)?//""")


def test_scripts_and_styles_are_small() -> None:
    scripts = {file.name: len(file.read_bytes()) for file in STATIC.glob("*.js")}
    assert scripts
    assert {name: size for name, size in scripts.items() if size > WHEN_NEEDED.get(name, MOST_SCRIPT)} == {}
    assert len((STATIC / "portal.css").read_bytes()) <= MOST_STYLE


def test_no_script_writes_html() -> None:
    for file in STATIC.glob("*.js"):
        assert FOR_OURSELVES.search(file.read_text()) is None, file


def test_no_template_has_a_script_a_style_or_a_part_from_elsewhere() -> None:
    for file in TEMPLATES.rglob("*.html"):
        text = file.read_text()
        assert INLINE.search(text) is None, file
        assert ELSEWHERE.search(text) is None, file
        assert "|safe" not in text, file
