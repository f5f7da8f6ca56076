"""Make the vectors of document digests: ``python -m tests.digest_vectors``. The same files every time.

``digests.json`` has documents with their fields, written by hand; this fills in field hashes and digest. The file
``wrong_digests.json`` has what a wrong reading of docs/formats.md section 2 makes of the first of these documents: the
bytes that it hashes last, and the digest. Nothing here calls the ledger.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent / "vectors" / "document"


class Parts(NamedTuple):
    """What the hash of a field is made of."""

    prefix: bytes
    salt: bytes
    length: bytes
    path: bytes
    type: bytes
    value: bytes


def parts_of(case: dict[str, Any]) -> list[Parts]:
    """The parts of each field's hash, in the order of the document."""
    seed, made = bytes.fromhex(case["seed"]), []
    for path, type_, text in case["fields"]:
        value = bytes.fromhex(text) if type_ == "x" else text.encode()
        salt = sha256(seed + path.encode()).digest()[:16]
        made.append(Parts(b"\x02", salt, len(path.encode()).to_bytes(4, "big"), path.encode(), type_.encode(), value))
    return made


def hashed(parts: Sequence[Parts], change: Callable[[Parts], Sequence[bytes]] = lambda item: item) -> list[bytes]:
    return [sha256(b"".join(change(item))).digest() for item in parts]


def header(*lines: object) -> bytes:
    return b"".join(f"{line}\n".encode() for line in ("trade-ledger/document/1", *lines))


def right(format_: str, hashes: Sequence[bytes]) -> bytes:
    """The bytes whose SHA-256 is the digest."""
    return header(format_, len(hashes)) + b"".join(sorted(hashes))


def wrong(case: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Each wrong reading, and the bytes whose SHA-256 it takes for the digest."""
    parts = parts_of(case)
    hashes = sorted(hashed(parts))
    count, joined = len(hashes), b"".join(hashes)
    yield "the hashes are in the order of the document", header("json", count) + b"".join(hashed(parts))
    yield "the hashes descend", header("json", count) + b"".join(reversed(hashes))
    yield "the hashes are written in hexadecimal", header("json", count) + joined.hex().encode()
    yield "a hash stands twice and counts once", header("json", count) + hashes[0] + joined
    yield "a hash stands twice and counts twice", header("json", count + 1) + hashes[0] + joined
    yield "a hash is missing but counts", header("json", count) + joined[32:]
    yield "the count is one too low", header("json", count - 1) + joined
    yield "the count is one too high", header("json", count + 1) + joined
    yield "the count has a leading zero", header("json", f"0{count}") + joined
    yield "the count has eight bytes", header("json") + count.to_bytes(8, "big") + joined
    yield "the count is missing", header("json") + joined
    yield "the header has no last line feed", header("json", count)[:-1] + joined
    yield "the format is another", header("xml", count) + joined
    yield "the format is missing", header(count) + joined
    yield "the header is missing", joined
    yield "the whole begins with 0x00, as a leaf of RFC 9162", b"\0" + right("json", hashes)
    yield "the digest is hashed once more", sha256(right("json", hashes)).digest()
    leaves = [sha256(b"\0" + header("json", count)).digest(), *hashes]
    yield "the hashes are leaves of a tree of RFC 9162", _last_node(leaves)
    changes: list[tuple[str, Callable[[Parts], Sequence[bytes]]]] = [
        ("a field has no prefix", lambda item: item[1:]),
        ("a field has the prefix 0x00, as a leaf of RFC 9162", lambda item: (b"\0", *item[1:])),
        ("the length of a path is missing", lambda item: item._replace(length=b"")),
        ("the length of a path is little-endian", lambda item: item._replace(length=item.length[::-1])),
        ("the length of a path is of its characters", _by_characters),
        ("the type is missing", lambda item: item._replace(type=b"")),
        ("the type comes before the path", lambda item: (*item[:2], item.type, item.length, item.path, item.value)),
        ("the salt is missing", lambda item: item._replace(salt=b"")),
        ("the salt is the other half of its hash", lambda item: item._replace(salt=_whole_salt(case, item)[16:])),
        ("the salt is the whole hash", lambda item: item._replace(salt=_whole_salt(case, item))),
        ("the salt does not depend on the path", lambda item: item._replace(salt=parts[0].salt)),
    ]
    for name, change in changes:
        yield name, right("json", hashed(parts, change))


def _whole_salt(case: dict[str, Any], item: Parts) -> bytes:
    return sha256(bytes.fromhex(case["seed"]) + item.path).digest()


def _by_characters(item: Parts) -> Parts:
    return item._replace(length=len(item.path.decode()).to_bytes(4, "big"))


def _last_node(hashes: list[bytes]) -> bytes:
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return b"\1" + _root(hashes[:split]) + _root(hashes[split:])


def _root(hashes: list[bytes]) -> bytes:
    return hashes[0] if len(hashes) == 1 else sha256(_last_node(hashes)).digest()


def main() -> int:
    file = FOLDER / "digests.json"
    cases = json.loads(file.read_text("utf-8"))
    for case in cases:
        hashes = hashed(parts_of(case))
        case["field_hashes"] = {path: hash_.hex() for (path, _, _), hash_ in zip(case["fields"], hashes, strict=True)}
        case["digest"] = sha256(right(case["format"], hashes)).hexdigest()
    _write(file, cases)
    found = [
        {"name": name, "document": cases[0]["name"], "hashed": data.hex(), "digest": sha256(data).hexdigest()}
        for name, data in wrong(cases[0])
    ]
    _write(FOLDER / "wrong_digests.json", found)
    sys.stdout.write(f"{len(cases)} digests, {len(found)} wrong ones\n")
    return 0


def _write(file: Path, cases: list[dict[str, Any]]) -> None:
    file.write_text(json.dumps(cases, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
