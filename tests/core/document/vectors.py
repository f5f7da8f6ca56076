"""The vector files of this part: lists of cases, one defect or one rule each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[2] / "vectors" / "document"


def cases(name: str) -> list[Any]:
    """The cases of ``tests/vectors/document/<name>.json``."""
    return list(json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def content(case: dict[str, str]) -> bytes:
    """The document of a case: its ``text`` in UTF-8, or its bytes in ``hex``."""
    return case["text"].encode() if "text" in case else bytes.fromhex(case["hex"])
