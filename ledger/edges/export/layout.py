"""Where each file of an export lies. docs/exit.md explains the folders."""

from __future__ import annotations

from ledger.core.encoding.reading import hex_text


def members_path(folder: str, root: bytes, size: int) -> str:
    """Where the ids of a batch or set lie: one a line, in order."""
    return f"{folder}/{hex_text(root)}-{size}.txt"


def evidence_path(id_: bytes) -> str:
    """Where the evidence of a declaration lies."""
    return f"evidence/{hex_text(id_)}.json"


def document_path(digest: bytes) -> str:
    """Where a wrapped document lies."""
    return f"documents/{hex_text(digest)}.wrapped"


def part_path(folder: str, number: int) -> str:
    """Where a part of a long list lies."""
    return f"{folder}/{number:06}.jsonl"
