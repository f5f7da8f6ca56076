"""The manifest and the list of files: read back as printed, in one spelling, and no path leads out of the export."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.edges.export.manifest import Counts, ExportManifest, Files, read_manifest, read_sum_line, sum_line
from ledger.errors import Malformed
from ledger.testing.world import ORIGIN

numbers, hashes = some.integers(0, (1 << 53) - 1), some.binary(min_size=32, max_size=32)
manifests = some.builds(
    ExportManifest, some.just(ORIGIN), numbers, hashes, hashes, numbers, some.builds(Counts, *[numbers] * 6),
    some.builds(Files, numbers, numbers, hashes),
)  # fmt: skip
SAMPLE = ExportManifest(ORIGIN, 7, bytes(32), bytes(32), 6, Counts(1, 2, 3, 4, 5, 6), Files(9, 99, bytes(32)))


@given(manifests)
def test_a_manifest_is_read_back(manifest: ExportManifest) -> None:
    assert read_manifest(manifest.to_bytes()) == manifest


@pytest.mark.parametrize(
    "change",
    [
        {"ledger": "trade-ledger/export/2"}, {"origin": 1}, {"origin": "eip155:1:0x"}, {"size": -1}, {"size": True},
        {"size": 1.0}, {"size": 1 << 53}, {"head": "0x00"}, {"root": "0X" + "00" * 32}, {"counts": []}, {"counts": {}},
        {"files": None}, {"files": {"list": "SHA256SUMS"}}, {"more": 1},
    ],
    ids=str,
)  # fmt: skip
def test_another_shape_is_refused_by_name(change: dict[str, object]) -> None:
    value = json.loads(SAMPLE.to_bytes()) | change
    with pytest.raises(Malformed, match=r"manifest\.json"):
        read_manifest(json.dumps(value, indent=2).encode() + b"\n")


@pytest.mark.parametrize("data", [b"", b"[]", b"{", SAMPLE.to_bytes()[:-1], SAMPLE.to_bytes() + b"\n", b"[" * 70_000])
def test_another_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed, match=r"manifest\.json"):
        read_manifest(data)


@given(hashes, some.from_regex(r"\A[a-z0-9][a-zA-Z0-9_.-]{0,9}(/[A-Z_][a-z.]{0,9}){0,3}\Z"))
def test_a_line_of_the_list_is_read_back(digest: bytes, path: str) -> None:
    assert read_sum_line(sum_line(digest, path), "line 1") == (digest, path)


@given(some.binary(max_size=100))
def test_any_other_line_is_refused_or_is_one(line: bytes) -> None:
    try:
        digest, path = read_sum_line(line, "line 1")
    except Malformed:
        return
    assert sum_line(digest, path) == line
