#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A verifier that stands alone: this one file, Python 3.9 or later, nothing to install, no network.

    python verify.py EVIDENCE [--document FILE] [--trust FILE] [--policy FILE] [--at 2026-11-22T10:00:00Z]
                     [--clock TIME] [--json]

EVIDENCE is a file of evidence, or a PDF that carries it. Exit code 0 GOOD, 1 NOT_GOOD, 3 UNDECIDED, 2 a file is
malformed or missing. Licence: Apache-2.0.

A verdict proves that this document, to the last field, was declared by the holder of this key; that the declaration
was in the history when its anchor was written; and that these agencies said what they said while they had the
authority. It does not prove that what the document says is true, that a key belongs to whom its name says, or that
nothing was revoked after the checkpoint. It stands on the trust root: get that another way than the evidence.

Written from three documents of the trade document ledger, formats.md, evidence-format.md and pdf.md, in their
order; the headings below name their sections. It must work when that ledger is gone, so it has nothing from it.
Slow where slow is simple: cryptography is in plain Python, some 5 ms a signature, so the largest evidence that the
format permits takes about two minutes. No secret is ever handled here, hence none of it runs in constant time.

    hashes, signatures                 formats.md section 1, and 3 and 6 for their forms
    strict JSON, documents, redaction  formats.md section 2
    statements, entries, checkpoints   formats.md sections 3, 5, 6 and 7
    the files, the checks, the program evidence-format.md, with what a PDF carries (pdf.md) between
"""

from __future__ import annotations

import argparse
import base64
import datetime
import hashlib
import json
import math
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from heapq import heappop, heappush
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Optional
from xml.parsers import expat

MIB = 1024 * 1024
ZERO = bytes(32)


class Malformed(Exception):
    """A file is not what it must be; nothing is decided."""


class Failed(Exception):
    """A check says no."""


class OnlyContract(Exception):
    """No key known here signed; only the contract could say whether a wallet contract accepted the signature."""


def ascending(items: Sequence[Any]) -> bool:
    """Each greater than the one before, hence none twice."""
    return all(left < right for left, right in zip(items, items[1:]))


# ------------------------------------------------------------------------------ hashes: formats.md section 1, FIPS 202


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


_ROUNDS = [
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
    0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
    0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
]  # fmt: skip
_MASK = (1 << 64) - 1


def _turn(word: int, by: int) -> int:
    return ((word << by) | (word >> (64 - by))) & _MASK if by else word


def _keccak_f(lanes: list[list[int]]) -> list[list[int]]:
    """Keccak-f[1600], FIPS 202 section 3.2; lanes[x][y]."""
    for constant in _ROUNDS:
        parity = [lanes[x][0] ^ lanes[x][1] ^ lanes[x][2] ^ lanes[x][3] ^ lanes[x][4] for x in range(5)]
        theta = [parity[(x + 4) % 5] ^ _turn(parity[(x + 1) % 5], 1) for x in range(5)]
        lanes = [[lane ^ theta[x] for lane in lanes[x]] for x in range(5)]
        x, y, current = 1, 0, lanes[1][0]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, lanes[x][y] = lanes[x][y], _turn(current, (step + 1) * (step + 2) // 2 % 64)
        rows = [[lanes[x][y] for x in range(5)] for y in range(5)]
        for y in range(5):
            for x in range(5):
                lanes[x][y] = rows[y][x] ^ (~rows[y][(x + 1) % 5] & rows[y][(x + 2) % 5])
        lanes[0][0] ^= constant
    return lanes


def keccak(data: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it: SHA-3's permutation, with the padding from before SHA-3 became a standard."""
    rate = 136
    padded = bytearray(data) + b"\x01" + bytes(rate - 1 - len(data) % rate)
    padded[-1] |= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for begin in range(0, len(padded), rate):
        for index in range(rate // 8):
            word = int.from_bytes(padded[begin + 8 * index : begin + 8 * index + 8], "little")
            lanes[index % 5][index // 5] ^= word
        lanes = _keccak_f(lanes)
    return b"".join(lanes[index % 5][index // 5].to_bytes(8, "little") for index in range(4))


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data)


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """RFC 9162 section 2.1.3.2, strictly."""
    if index >= size:
        raise Failed(f"index {index} does not exist in a tree of size {size}")
    node, last, hash_ = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise Failed("the inclusion path is too long")
        if node & 1 or node == last:
            hash_ = sha256(b"\x01" + sibling + hash_)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            hash_ = sha256(b"\x01" + hash_ + sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise Failed("the inclusion path is too short")
    if hash_ != root:
        raise Failed("the inclusion path leads to another root")


# ------------------------------------------------------------ signatures: SEC 1 (secp256k1, P-256), RFC 8032 (Ed25519)

Point = Optional[tuple[int, int]]


class Curve:
    """y^2 = x^3 + ax + b over the integers modulo p, with base point G of order n. Jacobian coordinates inside."""

    def __init__(self, p: int, a: int, b: int, n: int, g: tuple[int, int]) -> None:
        self.p, self.a, self.b, self.n, self.g = p, a, b, n, g

    def holds(self, x: int, y: int) -> bool:
        return 0 <= x < self.p and 0 <= y < self.p and (y * y - x * x * x - self.a * x - self.b) % self.p == 0

    def _double(self, point: tuple[int, int, int]) -> tuple[int, int, int]:
        x, y, z = point
        p = self.p
        if not y or not z:
            return (1, 1, 0)
        square = y * y % p
        s, m = 4 * x * square % p, (3 * x * x + self.a * pow(z, 4, p)) % p
        nx = (m * m - 2 * s) % p
        return nx, (m * (s - nx) - 8 * square * square) % p, 2 * y * z % p

    def _add(self, left: tuple[int, int, int], right: tuple[int, int, int]) -> tuple[int, int, int]:
        p = self.p
        if not left[2]:
            return right
        if not right[2]:
            return left
        z1, z2 = left[2] * left[2] % p, right[2] * right[2] % p
        u1, u2 = left[0] * z2 % p, right[0] * z1 % p
        s1, s2 = left[1] * z2 * right[2] % p, right[1] * z1 * left[2] % p
        if u1 == u2:
            return self._double(left) if s1 == s2 else (1, 1, 0)
        h, r = u2 - u1, s2 - s1
        h2 = h * h % p
        h3, v = h * h2 % p, u1 * h2 % p
        x = (r * r - h3 - 2 * v) % p
        return x, (r * (v - x) - s1 * h3) % p, h * left[2] * right[2] % p

    def sum_of(self, k1: int, k2: int, point: tuple[int, int]) -> Point:
        """k1 G + k2 point; None is the point at infinity."""
        both = self._add((*self.g, 1), (*point, 1))
        table = {(1, 0): (*self.g, 1), (0, 1): (*point, 1), (1, 1): both}
        found = (1, 1, 0)
        for bit in range(max(k1.bit_length(), k2.bit_length()) - 1, -1, -1):
            found = self._double(found)
            pair = (k1 >> bit & 1, k2 >> bit & 1)
            if pair != (0, 0):
                found = self._add(found, table[pair])
        if not found[2]:
            return None
        inverse = pow(found[2], -1, self.p)
        return found[0] * inverse**2 % self.p, found[1] * inverse**3 % self.p


SECP256K1 = Curve(
    2**256 - 2**32 - 977, 0, 7, 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8),
)  # fmt: skip
P256 = Curve(
    2**256 - 2**224 + 2**192 + 2**96 - 1, -3, 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5),
)  # fmt: skip


def recover_address(digest: bytes, signature: bytes) -> bytes | None:
    """The address whose key signed (SEC 1 section 4.1.6), or None: not r ‖ s ‖ v of 65 bytes, low s, v 27 or 28."""
    curve = SECP256K1
    if len(signature) != 65 or signature[64] not in (27, 28):
        return None
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    if not (0 < r < curve.n and 0 < s <= curve.n // 2):
        return None
    square = (pow(r, 3, curve.p) + 7) % curve.p
    y = pow(square, (curve.p + 1) // 4, curve.p)
    if y * y % curve.p != square:
        return None
    if y & 1 != signature[64] - 27:
        y = curve.p - y
    inverse, e = pow(r, -1, curve.n), int.from_bytes(digest, "big")
    key = curve.sum_of(-e * inverse % curve.n, s * inverse % curve.n, (r, y))
    if key is None:
        return None
    return keccak(key[0].to_bytes(32, "big") + key[1].to_bytes(32, "big"))[12:]


def check_p256(point: bytes, digest: bytes, signature: bytes) -> None:
    """ECDSA (FIPS 186-5 section 6.4.2) over a digest; r ‖ s of 64 bytes, low s."""
    curve = P256
    x, y = int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or not (0 < r < curve.n and 0 < s <= curve.n // 2) or not curve.holds(x, y):
        raise Failed("not signed by this P-256 key in the permitted form")
    inverse = pow(s, -1, curve.n)
    found = curve.sum_of(int.from_bytes(digest, "big") * inverse % curve.n, r * inverse % curve.n, (x, y))
    if found is None or found[0] % curve.n != r:
        raise Failed("not signed by this P-256 key")


class Assertion(NamedTuple):
    """A passkey's signature: r ‖ s, and the authenticator data and client data of a WebAuthn assertion."""

    signature: bytes
    authenticator: bytes
    client: bytes

    @property
    def in_cloud(self) -> bool:
        """Whether the key may be kept in its owner's cloud account."""
        return bool(self.authenticator[32] & 0x08)

    @property
    def site(self) -> str:
        """Where the browser says that it was made, for reading only; empty where it says nothing printable."""
        found = re.match(rb'"([!#-\[\]-~]+)"', self.client[90:])
        return found[1].decode() if found else ""


def read_assertion(digest: bytes, signature: bytes) -> Assertion:
    """r ‖ s ‖ length (1) ‖ authenticator data (37 to 255) ‖ client data, about this digest and by a verified person."""
    size = signature[64] if len(signature) > 64 else 0
    made = Assertion(signature[:64], signature[65 : 65 + size], signature[65 + size :])
    if size < 37 or len(made.authenticator) < size:
        raise Failed("the passkey's signature does not have the one form that is permitted")
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=")
    if not made.client.startswith(b'{"type":"webauthn.get","challenge":"' + challenge + b'","origin":"'):
        raise Failed("the passkey signed something else")
    present, verified, eligible, backed_up, new_key, extended = (
        bool(made.authenticator[32] & bit) for bit in (0x01, 0x04, 0x08, 0x10, 0x40, 0x80)
    )
    if not (present and verified):
        raise Failed("the passkey did not verify the person")
    if new_key or (extended and size == 37) or (backed_up and not eligible):
        raise Failed("the passkey's flags are none of a signature")
    return made


def check_passkey(point: bytes, digest: bytes, signature: bytes) -> None:
    """W3C Web Authentication level 2, section 7.2, as far as formats.md section 3 asks."""
    made = read_assertion(digest, signature)
    check_p256(point, sha256(made.authenticator + sha256(made.client)), made.signature)


_Q = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _Q) % _Q
_ROOT = pow(2, (_Q - 1) // 4, _Q)
Extended = tuple[int, int, int, int]


def _ed_add(a: Extended, b: Extended) -> Extended:
    """RFC 8032 section 5.1.4."""
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % _Q, (a[1] + a[0]) * (b[1] + b[0]) % _Q
    c, d = 2 * a[3] * b[3] * _D % _Q, 2 * a[2] * b[2] % _Q
    e, f, g, h = t - s, d - c, d + c, t + s
    return e * f % _Q, g * h % _Q, f * g % _Q, e * h % _Q


def _ed_times(scalar: int, point: Extended) -> Extended:
    found: Extended = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            found = _ed_add(found, point)
        point, scalar = _ed_add(point, point), scalar >> 1
    return found


def _ed_point(data: bytes) -> Extended | None:
    """The curve point that 32 bytes encode (RFC 8032 section 5.1.3); None if they encode none."""
    y, sign = int.from_bytes(data, "little") & ((1 << 255) - 1), data[31] >> 7
    if y >= _Q:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _Q) % _Q
    x = pow(square, (_Q + 3) // 8, _Q)
    if (x * x - square) % _Q:
        x = x * _ROOT % _Q
    if (x * x - square) % _Q or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _Q - x
    return x, y, 1, x * y % _Q


def _full_order(data: bytes) -> bool:
    """Whether this is the one encoding of a point, and eight times the point is not the neutral one."""
    point = _ed_point(data)
    x, y, z, _ = _ed_times(8, point) if point else (0, 1, 1, 0)
    return x % _Q != 0 or (y - z) % _Q != 0


def ed25519_fits(key: bytes, message: bytes, signature: bytes) -> bool:
    """RFC 8032 section 5.1.7, without cofactor, as OpenSSL and Go do; R not of small order, as the Web demands."""
    if len(signature) != 64 or not _full_order(signature[:32]):
        return False
    public, s = _ed_point(key), int.from_bytes(signature[32:], "little")
    if public is None or s >= _L:
        return False
    y = 4 * pow(5, -1, _Q) % _Q
    base = _ed_point(y.to_bytes(32, "little"))
    assert base is not None
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _L
    x, y, z, _ = _ed_add(_ed_times(s, base), _ed_times(k, (_Q - public[0], public[1], 1, _Q - public[3])))
    inverse = pow(z, -1, _Q)
    x, y = x * inverse % _Q, y * inverse % _Q
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# --------------------------------------------------------------- strict JSON: RFC 8259, RFC 7493, formats.md section 2

MAX_DEPTH, MAX_FIELDS, MAX_PATHS = 100, 100_000, 64 * MIB
SAFE_INTEGER = 2**53 - 1
_NONCHARACTER = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF))
    + "]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_STRUCTURE = re.compile(r'\\.|["\[\]{},]', re.DOTALL)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed("a name that its object has already")
    return members


def _integer(text: str) -> int | float:
    # Length first: Python refuses to convert integers of thousands of digits.
    return int(text) if len(text) <= 17 and abs(int(text)) <= SAFE_INTEGER else _double(text)


def _double(text: str) -> float:
    """The double of a number, if its RFC 8785 text has the same decimal value."""
    number = float(text)
    if math.isinf(number) or _aligned(text) != _aligned(number_text(number)):
        raise Malformed("a number that changes when it is read as a double: it should be a string")
    return number


def _aligned(text: str) -> str:
    """The decimal value of a number without its sign, in one spelling: 0.digits times ten to some power."""
    mantissa, _, exponent = text.lower().lstrip("-").partition("e")
    point = (mantissa + ".").index(".")
    digits = mantissa.replace(".", "")
    exact = digits.lstrip("0")
    if not exact:
        return "0"
    power = re.sub("^([+-]?)0+(?=.)", r"\1", exponent) or "0"
    if len(power) > 11:  # no text is so long that its digits could make up for such an exponent
        return f"beyond {power}"
    return f"{exact.rstrip('0')}e{point - (len(digits) - len(exact)) + int(power)}"


def _no_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is no JSON")


def parse_json(data: bytes, depth: int, count: int, noncharacters: bool = False) -> Any:
    """An I-JSON value with at most so many levels and scalars; an empty container counts as one of each."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None
    # Before decoding, which recurses and allocates. What is well-formed holds one scalar more than commas.
    level = commas = 0
    inside = False
    for match in _STRUCTURE.finditer(text):
        mark = match[0]
        if mark == '"':
            inside = not inside
        elif inside:
            continue
        elif mark in ("[", "{"):
            level += 1
            if level > depth:
                raise Malformed(f"over the depth limit of {depth} levels")
        elif mark in ("]", "}"):
            level -= 1
        elif mark == ",":
            commas += 1
            if commas >= count:
                raise Malformed(f"over the limit of {count} values")
    try:
        value = json.loads(
            text, object_pairs_hook=_members, parse_int=_integer, parse_float=_double, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise Malformed(f"no JSON: {str(error)[:80]}") from None
    for string in _strings(value):
        if _SURROGATE.search(string) or (not noncharacters and _NONCHARACTER.search(string)):
            raise Malformed("a string with a lone surrogate or a noncharacter")
    return value


def _strings(value: Any) -> Iterator[str]:
    """All strings in a JSON value, names too."""
    open_ = [value]
    while open_:
        item = open_.pop()
        if isinstance(item, dict):
            open_.extend(item)
            open_.extend(item.values())
        elif isinstance(item, list):
            open_.extend(item)
        elif isinstance(item, str):
            yield item


def number_text(value: float) -> str:
    """RFC 8785 section 3.2.2.3: as ECMAScript prints a number. Python finds the same shortest digits."""
    if value == 0:
        return "0"
    sign, rest = ("-", repr(-float(value))) if value < 0 else ("", repr(float(value)))
    mantissa, _, exponent = rest.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    tail = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return sign + digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + tail


# ------------------------------------------------------------------------------------- documents: formats.md section 2


class Document(NamedTuple):
    """A document as far as it is shown: its digest, and hash and salt of each field by path."""

    digest: bytes
    shown: dict[str, bytes]
    hidden: tuple[bytes, ...]
    format: str
    salts: dict[str, bytes]


class Plain(NamedTuple):
    """A plain file: type and value of each field by path, read in the format of what the evidence discloses."""

    fields: dict[str, list[Any]]


Field = tuple[str, str, bytes]


def field_hash(salt: bytes, path: str, type_: str, value: bytes) -> bytes:
    encoded = path.encode()
    return sha256(b"\x02" + salt + len(encoded).to_bytes(4, "big") + encoded + type_.encode() + value)


def digest_of(format_: str, hashes: Sequence[bytes]) -> bytes:
    header = f"trade-ledger/document/1\n{format_}\n{len(hashes)}\n".encode()
    return sha256(header + b"".join(sorted(hashes)))


_SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "'": "\\'", "\\": "\\\\"}


def _step(key: Any) -> str:
    """One step of a normalized path, RFC 9535 section 2.7."""
    if isinstance(key, int):
        return f"[{key}]"
    escaped = re.sub(r"['\\\x00-\x1f]", lambda m: _SHORT.get(m[0]) or f"\\u{ord(m[0]):04x}", key)
    return f"['{escaped}']"


def json_fields(data: bytes) -> Iterator[Field]:
    if len(data) > 16 * MIB:
        raise Malformed("over the limit of 16 MiB for a structured document")
    mark = b"\xef\xbb\xbf"
    value = parse_json(data[3:] if data.startswith(mark) else data, MAX_DEPTH, MAX_FIELDS)
    budget, open_ = MAX_PATHS, [("$", value)]
    while open_:
        path, value = open_.pop()
        if isinstance(value, (dict, list)) and value:
            budget -= len(path) * len(value) if path != "$" else 0
            if budget < 0:
                raise Malformed(f"over the limit of {MAX_PATHS} characters for all paths together")
            items = value.items() if isinstance(value, dict) else enumerate(value)
            open_.extend((path + _step(key), item) for key, item in items)
        elif isinstance(value, (dict, list)):
            yield path, "o" if isinstance(value, dict) else "a", b""
        elif isinstance(value, str):
            yield path, "s", value.encode()
        elif value is None:
            yield path, "z", b""
        elif isinstance(value, bool):
            yield path, "b", b"true" if value else b"false"
        else:
            yield path, "n", number_text(value).encode()


_SEPARATOR = "\x01"  # joins namespace and local name; no XML document can hold it
_XML = "http://www.w3.org/XML/1998/namespace"
_XSI_TYPE = "http://www.w3.org/2001/XMLSchema-instance" + _SEPARATOR + "type"
_WHITE = " \t\r\n"
_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NCNAME = rf"[{_START}][{_START}\-.0-9\u00b7\u0300-\u036f\u203f-\u2040]*"  # XML 1.0, fifth edition, without the colon


@lru_cache(maxsize=4096)
def _is_name(local: str) -> bool:
    """A name that the fourth edition of XML 1.0, which expat follows, permits as well as the fifth."""
    if not re.fullmatch(_NCNAME, local):
        return False
    try:
        expat.ParserCreate().Parse(f"<{local}/>", True)
    except expat.ExpatError:
        return False
    return True


class XmlReader:
    """Numbers children, joins character data into runs, and drops what is not bound."""

    def __init__(self, encoding: str) -> None:
        self.fields: list[Field] = []
        self.encoding, self.budget = encoding, MAX_PATHS
        self.path, self.children, self.preserve = "", 0, False
        self.around: list[tuple[str, int, bool]] = []
        self.run: list[tuple[str, str]] = []  # what stands between two tags: kinds and, for text, the text itself
        self.namespaces: dict[str | None, list[str | None]] = {}
        parser = expat.ParserCreate("UTF-8", _SEPARATOR)
        self.parser = parser
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.XmlDeclHandler = self.declaration
        parser.StartDoctypeDeclHandler = self.doctype
        parser.StartNamespaceDeclHandler = lambda prefix, uri: self.namespaces.setdefault(prefix, []).append(uri)
        parser.EndNamespaceDeclHandler = lambda prefix: self.namespaces[prefix].pop()
        parser.StartElementHandler = self.open
        parser.EndElementHandler = self.close
        parser.CharacterDataHandler = lambda text: self.run.append(("text", text))
        parser.CommentHandler = lambda _text: self.run.append(("comment", ""))
        parser.StartCdataSectionHandler = lambda: self.run.append(("[", ""))
        parser.EndCdataSectionHandler = lambda: self.run.append(("]", ""))
        parser.ProcessingInstructionHandler = self.instruction

    def declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        named = (encoding or self.encoding).upper()
        if version != "1.0" or ("UTF-8" if named == "UTF8" else named) not in (self.encoding, self.encoding[:6]):
            raise Malformed(
                "the XML declaration names a version other than 1.0, or an encoding other than that of the bytes"
            )

    def doctype(self, *_: object) -> None:
        raise Malformed("a document type declaration, which is refused with all entities")

    def open(self, name: str, attributes: list[str]) -> None:
        self.end_run()
        self.around.append((self.path, self.children + 1, self.preserve))
        if len(self.around) > MAX_DEPTH:
            raise Malformed(f"over the depth limit of {MAX_DEPTH} levels")
        self.path, self.children = f"{self.path}/{self.expanded(name)}[{self.children + 1}]", 0
        self.spend(len(self.path) * (1 + len(attributes) // 2))
        for attribute, value in zip(attributes[::2], attributes[1::2]):
            if attribute == _XSI_TYPE:
                value = self.resolved(value)
            elif attribute == f"{_XML}{_SEPARATOR}space" and value in ("preserve", "default"):
                self.preserve = value == "preserve"
            self.add(f"{self.path}/@{self.expanded(attribute)}", "t", value)

    def close(self, _name: str) -> None:
        self.end_run()
        if not self.children:
            self.add(self.path, "e", "")
        self.path, self.children, self.preserve = self.around.pop()

    def end_run(self) -> None:
        text, kinds = "".join(text for _, text in self.run), [kind for kind, _ in self.run]
        self.run.clear()
        if text and (self.preserve or text.strip(_WHITE)):
            # Some readers take only what stands before the first border. One CDATA section may hold all of the text.
            inner = kinds[1:-1] if kinds[0] == "[" and kinds[-1] == "]" else kinds
            if any(kind != "text" for kind in inner):
                raise Malformed("a comment, instruction or CDATA border inside or beside text")
            self.children += 1
            self.spend(len(self.path))
            self.add(f"{self.path}/text()[{self.children}]", "t", text)

    def instruction(self, target: str, data: str) -> None:
        self.run.append(("instruction", ""))
        self.children += 1
        self.spend(len(self.path))
        self.add(f"{self.path}/processing-instruction('{target}')[{self.children}]", "p", data)

    def add(self, path: str, type_: str, value: str) -> None:
        if len(self.fields) >= MAX_FIELDS:
            raise Malformed(f"over the limit of {MAX_FIELDS} fields")
        self.fields.append((path, type_, value.encode()))

    def spend(self, characters: int) -> None:
        self.budget -= characters
        if self.budget < 0:
            raise Malformed(f"over the limit of {MAX_PATHS} characters for all paths together")

    def expanded(self, name: str) -> str:
        namespace, _, local = name.rpartition(_SEPARATOR)
        if "{" in namespace or "}" in namespace:
            raise Malformed("a namespace name with a brace")
        return f"{{{namespace}}}{local}" if namespace else local

    def resolved(self, value: str) -> str:
        """The QName of an xsi:type as {namespace}local."""
        prefix, colon, local = value.strip(_WHITE).rpartition(":")
        namespace = (self.namespaces.get(prefix if colon else None) or [_XML if prefix == "xml" else None])[-1]
        if not _is_name(local) or (colon and namespace is None):
            raise Malformed("an xsi:type that is no name with a declared prefix")
        return self.expanded(f"{namespace}{_SEPARATOR}{local}" if namespace else local)


def xml_fields(data: bytes) -> list[Field]:
    if len(data) > 16 * MIB:
        raise Malformed("over the limit of 16 MiB for a structured document")
    marks = {b"\xef\xbb\xbf": "UTF-8", b"\xff\xfe": "UTF-16LE", b"\xfe\xff": "UTF-16BE"}
    mark = next((mark for mark in marks if data.startswith(mark)), b"")
    encoding = marks.get(mark) or {b"<\0": "UTF-16LE", b"\0<": "UTF-16BE"}.get(data[:2], "UTF-8")
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        raise Malformed(f"not {encoding}") from None
    if text.startswith("\ufeff"):
        raise Malformed("a second byte order mark")
    if "\0" in text:  # at the beginning, expat would take it for a sign of UTF-16
        raise Malformed("not well-formed XML: U+0000")
    reader = XmlReader(encoding)
    try:
        reader.parser.Parse(text, True)
    except expat.ExpatError as error:
        raise Malformed(f"not well-formed XML: line {error.lineno}, column {error.offset + 1}") from None
    return reader.fields


def fields_of(format_: str, content: bytes) -> list[Field]:
    """The fields of a document, in its order."""
    if format_ != "opaque":
        return list(json_fields(content)) if format_ == "json" else xml_fields(content)
    if len(content) > 64 * MIB:
        raise Malformed("over the limit of 64 MiB for an opaque document")
    return [("", "x", content)]


def read_wrapped(data: bytes) -> Document:
    header = re.match(rb"ledger/(json|xml|opaque)/1 ([A-Za-z0-9_-]{43})\n", data)
    if header is None:
        raise Malformed("neither a wrapped nor a redacted document")
    seed = base64.urlsafe_b64decode(header[2] + b"=")
    if base64.urlsafe_b64encode(seed).rstrip(b"=") != header[2]:
        raise Malformed("the seed is no base64url of 32 bytes in its one spelling")
    format_, content = header[1].decode(), data[header.end() :]
    fields = fields_of(format_, content)
    salts = {path: sha256(seed + path.encode())[:16] for path, _, _ in fields}
    shown = {path: field_hash(salts[path], path, type_, value) for path, type_, value in fields}
    return Document(digest_of(format_, list(shown.values())), shown, (), format_, salts)


# ----------------------------------------------------------------------- redacted documents: formats.md section 2, end

_JSON_STEP = re.compile(
    r"\[(?:(0|[1-9][0-9]{0,8})|'([^'\\\x00-\x1f]*(?:\\(?:[btnfr'\\]|u00(?:0[0-7bef]|1[0-9a-f]))[^'\\\x00-\x1f]*)*)')\]"
)
_XML_STEP = re.compile(
    rf"/(?:(?:(?:\{{[^{{}}]+\}})?({_NCNAME})|(text\(\))|(processing-instruction\('({_NCNAME})'\)))\[([1-9][0-9]{{0,8}})\]"
    rf"|(@(?:\{{[^{{}}]+\}})?({_NCNAME})))"
)
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _is_number(text: str) -> bool:
    if not re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-][0-9]+)?", text) or len(text) > 400:
        return False
    return math.isfinite(float(text)) and number_text(float(text)) == text


_VALUES: dict[str, dict[str, Callable[[str], bool]]] = {
    "json": {
        "s": lambda text: not _NONCHARACTER.search(text),
        "n": _is_number,
        "b": lambda text: text in ("true", "false"),
        "z": lambda text: not text,
        "o": lambda text: not text,
        "a": lambda text: not text,
    },
    "xml": {
        "t": lambda text: not _NOT_XML.search(text),
        "e": lambda text: not text,
        "p": lambda text: not _NOT_XML.search(text) and "?>" not in text and text.lstrip(_WHITE) == text,
    },
    "opaque": {"x": lambda text: True},
}


class Node:
    """A node of the document as far as the shown paths tell."""

    def __init__(self) -> None:
        self.inside: dict[str, Node] = {}
        self.numbered: dict[int, str] = {}
        self.leaf = False


def _steps(format_: str, path: str) -> list[tuple[str, str, int]]:
    """(step, kind, number) of a path; kinds: member, item, element, text, instruction, attribute."""
    if format_ == "opaque" or (format_ == "json" and path == "$"):
        if path not in ("", "$") or (format_ == "opaque") != (path == ""):
            raise Malformed("is not the path of a field of this format")
        return []
    pattern, at = (_JSON_STEP, 1) if format_ == "json" else (_XML_STEP, 0)
    found: list[tuple[str, str, int]] = []
    if not path or (format_ == "json" and path[0] != "$"):
        raise Malformed("is not the path of a field of this format")
    while at < len(path):
        match = pattern.match(path, at)
        if match is None:
            raise Malformed("is not the path of a field of this format")
        if format_ == "json":
            found.append((match[0], "member" if match[1] is None else "item", int(match[1] or 0)))
        elif match[6]:
            found.append((match[0], "attribute", 0))
        else:
            found.append((match[0], "text" if match[2] else "instruction" if match[3] else "element", int(match[5])))
        if format_ == "xml" and not match[2] and not _is_name(match[1] or match[4] or match[7]):
            raise Malformed("a name in a path that not every reader of XML permits")
        at = match.end()
    return found


def check_shape(format_: str, fields: Sequence[tuple[str, str, str]], hidden: int) -> None:
    """Could the shown fields stand together in one document that has so many hidden ones more?"""
    root, places = Node(), []
    places.append(root)
    for path, type_, text in fields:
        place, steps = root, _steps(format_, path)
        depth = sum(kind in ("member", "item", "element") for _, kind, _ in steps) + (type_ in ("o", "a"))
        if depth > MAX_DEPTH:
            raise Malformed(f"over the depth limit of {MAX_DEPTH} levels")
        for step, kind, number in steps:
            if step not in place.inside:
                _check_new(place, step, kind, number)
                place.inside[step] = Node()
                places.append(place.inside[step])
            place = place.inside[step]
        if format_ == "xml":
            end = steps[-1][1]
            if type_ != {"element": "e", "instruction": "p"}.get(end, "t") or (end == "text" and not text):
                raise Malformed("a field of another type than its path asks for")
            if any(kind != "element" for _, kind, _ in steps[:-1]):
                raise Malformed("a path through something that is no element")
        place.leaf = True
    if format_ == "xml":
        tops = [re.match(r"/(?!text\(\)|processing-instruction\(|@)", step) is not None for step in root.inside]
        if any(step.startswith(("/text()", "/@")) for step in root.inside) or sum(tops) > 1:
            raise Malformed("an XML document has one root element")
        if not any(tops) and not hidden:
            raise Malformed("an XML document has a root element")
    elif root.leaf and hidden:
        raise Malformed("a document whose one field is shown cannot hide more")
    first = 0 if format_ == "json" else 1
    gaps = sum(max(place.numbered) - first + 1 - len(place.numbered) for place in places if place.numbered)
    if gaps > hidden:
        raise Malformed("the shown paths leave more places open than the hidden fields can fill")


def _check_new(place: Node, step: str, kind: str, number: int) -> None:
    if kind == "attribute":
        return
    if place.leaf:
        raise Malformed("a path that leads into a scalar or an empty container")
    if place.numbered if kind == "member" else kind == "item" and place.inside and not place.numbered:
        raise Malformed("an object by one path and an array by another")
    if kind == "member":
        return
    if place.numbered.setdefault(number, step) != step:
        raise Malformed("two children at one position")
    neighbours = [place.numbered.get(number - 1, ""), place.numbered.get(number + 1, "")]
    apart = {"text": ("/text()", "/processing-instruction("), "instruction": ("/text()",)}.get(kind)
    if apart and any(other.startswith(apart) for other in neighbours):
        raise Malformed("a text right beside another, which would be one, or beside an instruction")


def read_redacted(data: bytes) -> Document:
    if len(data) > 128 * MIB:
        raise Malformed("over the limit of 128 MiB for a redacted document")
    value = parse_json(data, 3, 5 * MAX_FIELDS + 2, noncharacters=True)
    if not isinstance(value, dict) or sorted(value) != ["fields", "format", "hidden", "ledger"]:
        raise Malformed("a redacted document has the members fields, format, hidden and ledger, and no other")
    if value["ledger"] != "trade-ledger/redacted/1" or value["format"] not in ("json", "xml", "opaque"):
        raise Malformed("another version or format of a redacted document")
    if not isinstance(value["fields"], list) or not isinstance(value["hidden"], list):
        raise Malformed("fields and hidden must be lists")
    format_ = value["format"]
    shown: dict[str, bytes] = {}
    for item in value["fields"]:
        if not isinstance(item, list) or len(item) != 4 or not all(isinstance(part, str) for part in item):
            raise Malformed("a field is a list of four strings")
        path, type_, text, salt = item
        if type_ not in _VALUES[format_] or not _VALUES[format_][type_](text) or not re.fullmatch("[0-9a-f]{32}", salt):
            raise Malformed("no type, value or salt of a field")
        content = _base64(text) if type_ == "x" else text.encode()
        shown[path] = field_hash(bytes.fromhex(salt), path, type_, content)
    if not ascending(list(shown)) or len(shown) != len(value["fields"]):
        raise Malformed("paths must ascend")
    if not all(isinstance(item, str) and re.fullmatch("[0-9a-f]{64}", item) for item in value["hidden"]):
        raise Malformed("hidden must be hashes of 64 hexadecimal digits")
    hidden = tuple(bytes.fromhex(item) for item in value["hidden"])
    if not ascending(hidden) or not set(hidden).isdisjoint(shown.values()):
        raise Malformed("hidden hashes must ascend, and hide nothing that is shown")
    if not 0 < len(shown) + len(hidden) <= MAX_FIELDS:
        raise Malformed(f"a document has 1 to {MAX_FIELDS} fields")
    check_shape(format_, [tuple(item[:3]) for item in value["fields"]], len(hidden))
    if json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() + b"\n" != data:
        raise Malformed("not the canonical bytes of a redacted document")
    salts = {item[0]: bytes.fromhex(item[3]) for item in value["fields"]}
    return Document(digest_of(format_, [*shown.values(), *hidden]), shown, hidden, format_, salts)


# --------------------------------------------------------------------------- patterns: formats.md section 2, "Patterns"


class NamedStep(NamedTuple):
    """A step of a path, or of a pattern, where an empty kind, an absent name or number zero fits any."""

    kind: str
    namespace: str | None
    name: str | None
    number: int


_JSON_PATTERN = re.compile(
    r"(?:(?P<deep>\.\.)|\.(?!\[))?(?:\[(?:(?P<item>0|[1-9][0-9]{0,8})|(?P<any>\*)|'(?P<single>(?:[^'\\]|\\.)*)'"
    r'|"(?P<double>(?:[^"\\]|\\.)*)")\]'
    r"|(?<=\.)(?:(?P<every>\*)|(?P<name>[^.\[\]*'\"\s][^.\[\]*'\"]*)))"
)
_XML_PATTERN = re.compile(
    rf"(?:(?P<deep>//)|/)(?:(?P<text>text\(\))|(?P<instruction>processing-instruction\((?:'(?P<target>{_NCNAME})')?\))"
    rf"|(?P<at>@)?(?:\{{(?P<namespace>[^{{}}]*)\}})?(?P<local>{_NCNAME}|\*))(?:\[(?P<number>[1-9][0-9]{{0,8}})\])?"
)


def _unquoted(text: str, single: bool) -> str:
    """A name in quotes, with the escapes of JSON; in single quotes these are escaped, and double ones are not."""
    if single:
        if re.search(r'(?:^|[^\\])(?:\\\\)*\\"', text):
            raise Malformed("a name in a pattern with an unknown escape")
        text = text.replace("\\'", "'").replace('"', '\\"')
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        raise Malformed("a name in a pattern with an unknown escape") from None


def read_pattern(format_: str, pattern: str) -> list[tuple[bool, NamedStep]]:
    """The tests of a pattern; of each whether steps may be passed over before it."""
    if format_ == "opaque":
        if pattern not in ("", "*"):
            raise Malformed("a pattern for an opaque document is empty or *")
        return []
    token, at = (_JSON_PATTERN, 1) if format_ == "json" else (_XML_PATTERN, 0)
    if not pattern.startswith("$" if format_ == "json" else "/"):
        raise Malformed("a pattern begins with $ for JSON, and with / for XML")
    found = []
    while at < len(pattern):
        match = token.match(pattern, at)
        if match is None:
            raise Malformed("no pattern of a path")
        given = match.groupdict()
        found.append((given["deep"] is not None, _json_test(given) if format_ == "json" else _xml_test(given)))
        at = match.end()
    return found


def _json_test(given: dict[str, str | None]) -> NamedStep:
    if given["item"] is not None:
        return NamedStep("item", None, None, int(given["item"]) + 1)  # an index, from one, as zero fits any
    if given["any"] or given["every"]:
        return NamedStep("", None, None, 0)
    quoted = given["single"] if given["single"] is not None else given["double"]
    name = given["name"] if quoted is None else _unquoted(quoted, given["single"] is not None)
    return NamedStep("member", None, name, 0)


def _xml_test(given: dict[str, str | None]) -> NamedStep:
    number, local, namespace = int(given["number"] or 0), given["local"], given["namespace"]
    if given["text"]:
        return NamedStep("text", None, None, number)
    for name in (given["target"], local):
        if name not in (None, "*") and not _is_name(str(name)):
            raise Malformed("a pattern has a name that some readers of XML refuse")
    if given["instruction"]:
        return NamedStep("instruction", None, given["target"], number)
    kind = "attribute" if given["at"] else "" if local == "*" and namespace is None else "element"
    return NamedStep(kind, namespace, None if local == "*" else local, number)


def named_steps(format_: str, path: str) -> Iterator[NamedStep]:
    for step, kind, number in _steps(format_, path):
        if kind == "member":
            yield NamedStep(kind, None, _unquoted(step[2:-2], True), 0)
        elif kind == "item":
            yield NamedStep(kind, None, None, number + 1)
        elif kind == "text":
            yield NamedStep(kind, "", "", number)
        elif kind == "instruction":
            yield NamedStep(kind, "", step.split("'")[1], number)
        else:
            namespace, _, rest = step.lstrip("/@")[1:].rpartition("}") if "{" in step else ("", "", step.lstrip("/@"))
            yield NamedStep(kind, namespace, rest.partition("[")[0], number)


def _fits(test: NamedStep, step: NamedStep) -> bool:
    return (
        test.kind in ("", step.kind)
        and test.namespace in (None, step.namespace)
        and test.name in (None, step.name)
        and test.number in (0, step.number)
    )


def pattern_matches(tests: Sequence[tuple[bool, NamedStep]], steps: Sequence[NamedStep]) -> bool:
    """Whether a pattern leads to a field, or to something around it."""
    places = {0}  # numbers of tests that may come next
    for step in steps:
        if len(tests) in places:
            return True
        after = {place for place in places if tests[place][0]}
        after |= {place + 1 for place in places if _fits(tests[place][1], step)}
        places = after
    return len(tests) in places


def not_shown(document: Document, patterns: Sequence[str]) -> list[str]:
    """The patterns that match no field that a document shows; one for another format matches none."""
    fields = [list(named_steps(document.format, path)) for path in document.shown] if patterns else []
    missing = []
    for pattern in patterns:
        try:
            tests = read_pattern(document.format, pattern)
        except Malformed:
            missing.append(pattern)
        else:
            if not any(pattern_matches(tests, steps) for steps in fields):
                missing.append(pattern)
    return missing


def read_document(data: bytes) -> Document:
    return read_redacted(data) if data.startswith(b"{") else read_wrapped(data)


def read_beside(data: bytes, disclosed: Document | None) -> Document | Plain:
    """The document beside evidence, by evidence-format.md, "The plain file": wrapped, redacted or plain."""
    begin = data[3:] if data.startswith(b"\xef\xbb\xbf") else data
    named = begin.lstrip(b" \t\r\n").startswith(b"{") and b'"trade-ledger/' in data
    if named or data.startswith((b"ledger/", b'{"fields":')):
        return read_document(data)
    return Plain({} if disclosed is None else {path: said for path, *said in fields_of(disclosed.format, data)})


def _base64(text: str) -> bytes:
    """RFC 4648 section 4 in its one spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Malformed("is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise Malformed("is not the one permitted spelling of its bytes in base64")
    return data


# ------------------------------------------------------------- statements: formats.md section 3, EIP-712, Solidity ABI

NO_END = (1 << 40) - 1
ATTESTATION = (
    "Attestation(bytes16 agency,uint16 kind,uint16 outcome,bytes32 detail,uint40 validFrom,uint40 validUntil,"
    "bytes32 root,uint64 size,bytes32 salt)"
)
DECLARATION = "Declaration(bytes party,bytes32 digest,uint16 documentType,bytes32 replaces)"
WITHDRAWAL = "Withdrawal(bytes32 declaration,uint16 reason,bytes32 replacement)"
REVOCATION = "Revocation(bytes32 attestation,bytes32 member,uint16 reason)"
POSTING = "Posting(bytes16 agency,bytes32 attestation,bytes32 member,uint32 line,bytes32 from,bytes32 to)"
SIGN_IN = "SignIn(string site,bytes signer,bytes32 nonce,uint40 time)"
# Kinds of entries, numbered as in formats.md section 5.
COUNCIL_CHANGED, ENROLLED, SUSPENDED, REINSTATED, AUTHORISED, RETIRED, COMPROMISED, MANDATED, UNMANDATED = range(9)
ANCHORED, ATTESTED, REVOKED, WITHDRAWN, POSTED = range(9, 14)
# The council's resolutions, by the kind of entry that each makes.
RESOLUTIONS = {
    COUNCIL_CHANGED: "CouncilChange(bytes[] members,uint16 threshold,uint64 resolution)",
    ENROLLED: "AgencyEnrolment(bytes16 agency,string name,bytes2 jurisdiction,string uri,uint64 resolution)",
    SUSPENDED: "AgencySuspension(bytes16 agency,uint64 resolution)",
    REINSTATED: "AgencyReinstatement(bytes16 agency,uint64 resolution)",
    AUTHORISED: "AttesterAuthorisation(bytes attester,bytes16 agency,uint64 resolution)",
    RETIRED: "AttesterRetirement(bytes attester,uint64 resolution)",
    COMPROMISED: "AttesterCompromise(bytes attester,uint40 since,uint64 resolution)",
    MANDATED: "MandateGrant(bytes16 agency,uint16 kind,uint40 from,uint40 until,uint64 resolution)",
    UNMANDATED: "MandateWithdrawal(bytes16 agency,uint16 kind,uint64 resolution)",
}


@lru_cache(maxsize=64)
def members_of(encoded: str) -> list[tuple[str, str]]:
    """(type, name) of the members in an EIP-712 encodeType."""
    found = []
    for item in encoded[encoded.index("(") + 1 : -1].split(","):
        type_, _, name = item.partition(" ")
        found.append((type_, name))
    return found


@lru_cache(maxsize=64)
def _type_hash(encoded: str) -> bytes:
    return keccak(encoded.encode())


def _word(type_: str, value: Any) -> bytes:
    """encodeData of one member."""
    if type_ == "bytes[]":
        return keccak(b"".join(keccak(item) for item in value))
    if type_ in ("bytes", "string"):
        return keccak(value)
    return value.to_bytes(32, "big") if type_.startswith("uint") else bytes(value).ljust(32, b"\0")


@lru_cache(maxsize=16)
def _domain(origin: Origin) -> bytes:
    """The EIP-712 domain separator: why a signature made for one history is worth nothing in another."""
    domain = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
    return keccak(
        keccak(domain)
        + keccak(b"TradeLedger")
        + keccak(b"1")
        + origin.chain.to_bytes(32, "big")
        + origin.contract.rjust(32, b"\0")
        + origin.salt
    )


class Origin(NamedTuple):
    """The history: chain id, contract address, and the hash of entry 0."""

    chain: int
    contract: bytes
    salt: bytes

    @classmethod
    def parse(cls, text: Any) -> Origin:
        pattern = r"eip155:([1-9][0-9]{0,77}):0x([0-9a-f]{40}):([0-9a-f]{64})"
        match = re.fullmatch(pattern, text if isinstance(text, str) else "")
        if match is None or int(match[1]) >= 1 << 256:
            raise Malformed('an origin looks like "eip155:31337:0x", 40 lower-case digits, a colon, and 64 more')
        return cls(int(match[1]), bytes.fromhex(match[2]), bytes.fromhex(match[3]))

    def __str__(self) -> str:
        return f"eip155:{self.chain}:0x{self.contract.hex()}:{self.salt.hex()}"

    def id(self, encoded: str, values: dict[str, Any]) -> bytes:
        """The id of a statement: its EIP-712 digest."""
        words = b"".join(_word(type_, values[name]) for type_, name in members_of(encoded))
        return keccak(b"\x19\x01" + _domain(self) + keccak(_type_hash(encoded) + words))

    def is_passkey(self, signer: bytes) -> bool:
        """Whether a signer is verifier ‖ x ‖ y with the second verifier that the contract deployed."""
        return len(signer) == 84 and signer[:20] == keccak(b"\xd6\x94" + self.contract + b"\x02")[12:]

    def check_signature(self, signer: bytes, digest: bytes, signature: bytes) -> None:
        """Signers are ERC-7913: an address, or verifier ‖ x ‖ y with a verifier that the contract deployed."""
        if len(signature) > 1024:
            raise Failed("a signature has at most 1,024 bytes")
        if len(signer) == 20:
            if recover_address(digest, signature) != signer:
                raise OnlyContract(
                    f"not signed by the key of 0x{signer.hex()}; if it is a wallet, only the contract knew"
                )
        elif len(signer) == 84 and signer[:20] == keccak(b"\xd6\x94" + self.contract + b"\x01")[12:]:
            check_p256(signer[20:], digest, signature)
        elif self.is_passkey(signer):
            check_passkey(signer[20:], digest, signature)
        else:
            raise OnlyContract("the signer names a foreign verifier; what that accepted, only the contract knew")

    def check_party(self, party: bytes, digest: bytes, signature: bytes) -> None:
        """A party is a key: no contract is asked, so what no key signed is not signed."""
        try:
            self.check_signature(party, digest, signature)
        except OnlyContract as error:
            raise Failed(str(error)) from None


def check_sign_in(origin: Origin, said: dict[str, Any], signature: bytes) -> None:
    """Formats.md section 3, "Signing in". It is no entry, and no evidence has it; a site judges the other members."""
    origin.check_signature(said["signer"], origin.id(SIGN_IN, said), signature)


def check_value(type_: str, name: str, value: Any) -> None:
    """Limits of formats.md section 3 on the members of statements."""
    if name in ("agency", "jurisdiction"):
        pattern = rb"[A-Z0-9-]{1,16}\0*" if name == "agency" else rb"[A-Z]{2}"
        if re.fullmatch(pattern, value) is None:
            raise Malformed(f"no {name} code")
    elif type_ == "string":
        if not 0 < len(value) <= (128 if name == "name" else 256):
            raise Malformed(f"{name} has too many bytes or none")
        value.decode("utf-8")
    elif type_ == "bytes" and not 20 <= len(value) <= 128:
        raise Malformed(f"{name} is no signer: 20 to 128 bytes")
    elif type_ == "bytes[]":
        if not 0 < len(value) <= 32 or len(set(value)) != len(value):
            raise Malformed("a council has 1 to 32 members, none twice")
        for item in value:
            check_value("bytes", name, item)


def _parts(type_: str) -> list[str]:
    return type_[1:-1].split(",")


def _is_dynamic(type_: str) -> bool:
    return (
        type_ in ("bytes", "string")
        or type_.endswith("[]")
        or (type_[0] == "(" and any(map(_is_dynamic, _parts(type_))))
    )


def abi_read(types: Sequence[str], data: bytes, begin: int = 0) -> tuple[list[Any], int]:
    """Read what Solidity's ``abi.encode`` writes: values, and where they end.

    Standard is one order: first all that has a fixed size, with an offset in place of what has not; then the latter, in
    order and without gaps. Offsets are therefore only compared: no data is read twice, whatever they say.
    """
    width = sum(32 * (1 if _is_dynamic(item) or item[0] != "(" else len(_parts(item))) for item in types)
    values, at, end = [], begin, begin + width
    for type_ in types:
        if _is_dynamic(type_):
            if _abi_number(data, at, 256) != end - begin:
                raise Malformed("not the standard ABI encoding")
            value, end = _abi_dynamic(type_, data, end)
            at += 32
        elif type_[0] == "(":
            value, at = abi_read(_parts(type_), data, at)
        elif type_.startswith("uint"):
            value, at = _abi_number(data, at, int(type_[4:])), at + 32
        else:
            value, at = _abi_bytes(data, at, int(type_[5:])), at + 32
        values.append(value)
    return values, end


def _abi_dynamic(type_: str, data: bytes, at: int) -> tuple[Any, int]:
    if type_[0] == "(" and not type_.endswith("[]"):
        return abi_read(_parts(type_), data, at)
    size, at = _abi_number(data, at, 64), at + 32
    if size > len(data):
        raise Malformed("the ABI encoding ends too early")
    if type_.endswith("[]"):
        return abi_read([type_[:-2]] * size, data, at)
    return _abi_bytes(data, at, size), at + size + -size % 32


def _abi_number(data: bytes, at: int, bits: int) -> int:
    number = int.from_bytes(_abi_bytes(data, at, 32), "big")
    if number >> bits:
        raise Malformed(f"a number beyond {bits} bits")
    return number


def _abi_bytes(data: bytes, at: int, size: int) -> bytes:
    """So many bytes, followed by zeros up to a multiple of 32."""
    padded = data[at : at + size + -size % 32]
    if len(padded) < size + -size % 32 or any(padded[size:]):
        raise Malformed("the ABI encoding ends too early, or is not padded with zeros")
    return padded[:size]


# ------------------------------------------------------------------ code lists: formats.md section 3, "Code lists"

DOCUMENT_TYPES = {  # UNCL 1001, and from 9000 on codes of the ledger's own
    1: "certificate of analysis", 2: "certificate of conformity", 3: "certificate of quality", 4: "test report",
    12: "mill certificate", 14: "weight certificate", 18: "movement certificate A.TR.1", 44: "transport status report",
    45: "transport status request", 85: "customs manifest", 98: "arrival information", 101: "registration document",
    105: "purchase order", 132: "customs clearance notice", 149: "basic agreement", 182: "balance confirmation",
    220: "order", 230: "purchase order change", 231: "purchase order response", 267: "fumigation certificate",
    270: "delivery note", 271: "packing list", 293: "inspection report", 301: "response to registration",
    310: "quotation", 311: "request for quotation", 315: "contract", 325: "proforma invoice", 335: "booking request",
    340: "shipping instructions", 351: "despatch advice", 370: "advice of distribution of documents",
    380: "commercial invoice", 381: "credit note", 383: "debit note", 384: "corrected invoice",
    386: "prepayment invoice", 388: "tax invoice", 389: "self-billed invoice", 465: "documentary credit",
    481: "remittance advice", 490: "bill of exchange", 491: "promissory note", 520: "insurance certificate",
    530: "insurance policy", 610: "forwarding instructions", 626: "CITES certificate", 632: "goods receipt",
    636: "health certificate", 640: "delivery order", 657: "phytosanitary re-export certificate", 658: "bayplan",
    661: "declaration of conformity", 700: "waybill", 703: "house waybill", 704: "master bill of lading",
    705: "bill of lading", 710: "sea waybill", 714: "house bill of lading", 720: "rail consignment note",
    730: "road consignment note", 740: "air waybill", 741: "master air waybill", 749: "verified gross mass",
    760: "multimodal transport document", 770: "booking confirmation", 780: "freight invoice", 781: "arrival notice",
    785: "cargo manifest", 786: "freight manifest", 811: "export licence", 830: "export declaration",
    848: "legal action", 851: "phytosanitary certificate", 852: "sanitary certificate", 853: "veterinary certificate",
    854: "court judgment", 856: "inspection certificate", 861: "certificate of origin", 862: "declaration of origin",
    864: "preference certificate of origin", 865: "certificate of origin form GSP", 867: "introductory letter",
    869: "exclusive brokerage mandate", 870: "consular invoice", 878: "AEO certificate of security and safety",
    879: "AEO certificate of conformity", 890: "dangerous goods declaration", 891: "AEO certificate, full",
    911: "import licence", 929: "import declaration", 932: "customs delivery note", 933: "cargo declaration, arrival",
    934: "value declaration", 935: "customs invoice", 940: "tax demand", 950: "transit declaration", 952: "TIR carnet",
    954: "movement certificate EUR.1", 955: "ATA carnet", 960: "single administrative document",
    961: "general response of customs", 962: "document response of customs", 963: "error response of customs",
    965: "tax calculation of customs", 9001: "advance ruling", 9002: "administrative appeal",
    9003: "decision on an administrative appeal",
}  # fmt: skip


class OutcomeList(NamedTuple):
    """A list of outcomes by its UNCL number: words, and the adverse codes."""

    number: int
    words: dict[int, str]
    adverse: frozenset[int]


DOCUMENT_STATUS = OutcomeList(1373, {
    1: "accepted", 3: "conditionally accepted", 8: "rejected", 29: "provisional", 39: "on hold",
    40: "validity suspended", 41: "validity revoked", 42: "in error", 43: "received", 44: "accepted with warnings",
    46: "under query", 50: "rejected, no further processing",
}, frozenset({8}))  # fmt: skip
STATUS_DESCRIPTION = OutcomeList(4405, {
    1: "to be done", 4: "final", 14: "uncollected funds", 36: "revised", 39: "approved", 41: "rejected",
    67: "preliminary", 89: "dismissed", 95: "unchanged", 101: "set aside", 115: "provisional", 125: "adjusted",
    159: "conformant", 160: "not conformant",
}, frozenset({1, 14, 160}))  # fmt: skip
PROCESSING_INDICATOR = OutcomeList(7365, {
    1: "accepted", 2: "rejected with comment", 3: "rejected without comment", 4: "goods released",
    5: "goods required for examination", 6: "documents to be produced", 7: "goods detained",
    8: "goods may move under customs transfer", 9: "accepted, awaiting the arrival of the goods",
    15: "correction approved", 16: "correction not approved", 17: "message received", 22: "export",
    25: "prohibited or restricted goods", 30: "not processed until the sender acts", 38: "manual procedures",
    83: "execution pending", 103: "cancellation pending", 104: "too late to cancel",
    122: "cannot be cancelled, already executed", 129: "cancellation executed",
}, frozenset({2, 5, 6, 7, 16, 25, 30, 104, 122, 129}))  # fmt: skip
OUTCOMES_OF = {
    **dict.fromkeys((132, 932, 961, 962, 963), PROCESSING_INDICATOR),
    **dict.fromkeys((293, 854, 965, 9003), STATUS_DESCRIPTION),
}


WITHDRAWAL_REASONS = {1: "cancelled", 5: "replaced"}  # UNCL 1225


def type_in_words(document_type: int) -> str:
    return DOCUMENT_TYPES.get(document_type, f"document of type {document_type} (UNCL 1001)")


def outcomes_of(kind: int) -> OutcomeList:
    return OUTCOMES_OF.get(kind, DOCUMENT_STATUS)


def outcome_in_words(kind: int, outcome: int) -> str:
    listed = outcomes_of(kind)
    return listed.words.get(outcome, f"code {outcome} of UNCL {listed.number}")


def is_adverse(kind: int, outcome: int) -> bool:
    return outcome in outcomes_of(kind).adverse


# --------------------------------------------------------------------------------------- entries: formats.md section 5


class Entry(NamedTuple):
    """One numbered fact. ``said``: the members of its statement; ``signed``: signer and signature, or endorsements."""

    number: int
    kind: int
    time: int
    leaf: bytes
    said: dict[str, Any]
    signed: Any


def _tuple(encoded: str) -> str:
    return f"({','.join(type_ for type_, _ in members_of(encoded))})"


def read_entry(data: bytes) -> Entry:
    if len(data) < 17 or data[8] > POSTED or data[9:12] != bytes(3):
        raise Malformed("entry bytes are number (8), kind (1, known), time (8, below 2^40) and payload")
    number, kind = int.from_bytes(data[:8], "big"), data[8]
    time_, payload, leaf = int.from_bytes(data[9:17], "big"), data[17:], leaf_hash(data)
    statements: list[str] = []
    if kind in RESOLUTIONS:
        types = [type_ for type_, _ in members_of(RESOLUTIONS[kind])] + ["(bytes,bytes)[]"]
    elif kind == ANCHORED:
        types = ["bytes32", "uint64"]
    else:
        statements = {
            ATTESTED: [ATTESTATION],
            REVOKED: [REVOCATION],
            WITHDRAWN: [DECLARATION, WITHDRAWAL],
            POSTED: [POSTING],
        }[kind]
        types = [*map(_tuple, statements), *(["bytes"] if kind == WITHDRAWN else ["bytes", "bytes"])]
    values, end = abi_read(types, payload)
    if end != len(payload):
        raise Malformed(f"entry {number}: bytes after the payload")
    said: dict[str, Any] = {}
    if kind in RESOLUTIONS:
        said, signed = _named(RESOLUTIONS[kind], values), values[-1]
    elif kind == ANCHORED:
        said, signed = {"root": values[0], "size": values[1]}, None
    else:
        for statement, part in zip(statements, values):
            said[statement[: statement.index("(")]] = _named(statement, part)
        signed = values[len(statements) :]
    return Entry(number, kind, time_, leaf, said, signed)


def _named(encoded: str, values: Sequence[Any]) -> dict[str, Any]:
    said = {}
    for (type_, name), value in zip(members_of(encoded), values):
        try:
            check_value(type_, name, value)
        except UnicodeDecodeError:
            raise Malformed(f"{name} is not UTF-8") from None
        said[name] = value
    return said


# ----------------------------------------------------------------------------------- the index: formats.md section 7


def subject_key(type_: int, *parts: bytes) -> bytes:
    return sha256(b"trade-ledger/subject/1\n" + bytes([type_]) + b"".join(parts))


def subject_keys(entry: Entry, origin: Origin) -> list[bytes]:
    """The keys of what an entry is about."""
    kind, said = entry.kind, entry.said
    if kind == COUNCIL_CHANGED:
        keys = [subject_key(1)]
    elif kind in (ENROLLED, SUSPENDED, REINSTATED):
        keys = [subject_key(2, said["agency"])]
    elif kind in (AUTHORISED, RETIRED, COMPROMISED):
        keys = [subject_key(3, said["attester"])]
    elif kind in (MANDATED, UNMANDATED):
        keys = [subject_key(4, said["agency"], said["kind"].to_bytes(2, "big"))]
    elif kind in (ANCHORED, ATTESTED):
        made = said if kind == ANCHORED else said["Attestation"]
        keys = [subject_key(6, origin.id(ATTESTATION, made))] if kind == ATTESTED else []
        keys.append(subject_key(5, made["root"], made["size"].to_bytes(8, "big")))
    elif kind == REVOKED:
        ended = said["Revocation"]
        one = ended["member"] != ZERO
        keys = [subject_key(7, ended["attestation"], ended["member"]) if one else subject_key(6, ended["attestation"])]
    elif kind == WITHDRAWN:
        keys = [subject_key(8, said["Withdrawal"]["declaration"])]
    else:
        moved = said["Posting"]
        keys = [subject_key(9, moved["attestation"], moved["member"], moved["line"].to_bytes(4, "big"))]
    return keys


class Index(NamedTuple):
    """The lists of some subjects, and the tree around them."""

    hashes: list[bytes]
    lists: list[list[int]]
    steps: str


def read_index(value: Any) -> Index:
    value = _object(value, ["hashes", "lists", "steps"], "index")
    words, steps = value["hashes"], value["steps"]
    data = _base64(words) if isinstance(words, str) else b"?"
    if len(data) % 32:
        raise Malformed("the hashes of the index are not base64 of 32 bytes each")
    if not isinstance(steps, str) or len(steps) > 65_536 or not re.fullmatch("[emon]*", steps):
        raise Malformed("the steps of the index are at most 65,536 letters e, m, o and n")
    lists = [_list(item, "a list of the index") for item in _list(value["lists"], "the lists of the index")]
    for numbers in lists:
        for number in numbers:
            _whole(number, (1 << 64) - 1, "a number in the index")
        if not ascending(numbers):
            raise Malformed("a list of the index does not ascend")
    return Index([data[at : at + 32] for at in range(0, len(data), 32)], lists, steps)


def index_root(index: Index, keys: Sequence[bytes]) -> bytes:
    """The root of the index in which these ascending keys have these lists; Failed if there is no such index."""
    if len(index.lists) != len(keys):
        raise Failed(f"{len(index.lists)} lists for {len(keys)} subjects")
    steps, hashes = iter(index.steps), iter(index.hashes)

    def next_hash() -> bytes:
        hash_ = next(hashes, None)
        if hash_ is None:
            raise Failed("too few hashes in the index")
        return hash_

    def subtree(prefix: str, asked: list[tuple[str, bytes, list[int]]]) -> tuple[bytes, bool]:
        """Its hash, and whether it is known to be one leaf. ``asked``: bits, key and list of each key under it."""
        if not asked:
            return next_hash(), False
        step, found = next(steps, None), [(key, numbers) for _, key, numbers in asked if numbers]
        if step is None:
            raise Failed("too few steps in the index")
        if step == "n":
            depth = len(prefix)
            if depth == 256:
                raise Failed("a node of the index below the last bit of a key")
            left, left_is_leaf = subtree(prefix + "0", [item for item in asked if item[0][depth] == "0"])
            right, right_is_leaf = subtree(prefix + "1", [item for item in asked if item[0][depth] == "1"])
            if (left == ZERO and (right == ZERO or right_is_leaf)) or (right == ZERO and left_is_leaf):
                raise Failed("a node of the index with fewer than two keys")
            return sha256(b"\x01" + left + right), False
        if len(found) != (1 if step == "m" else 0):
            raise Failed(f"{len(found)} lists with entries where the index has the step {step}")
        if step == "e":
            return ZERO, False
        if step == "o":
            key, value = next_hash(), next_hash()
            if not _bits(key).startswith(prefix) or any(key == item[1] for item in asked):
                raise Failed("another key of the index is not where it may be")
            return sha256(b"\x00" + key + value), True
        key, numbers = found[0]
        value = sha256(b"\x02" + b"".join(number.to_bytes(8, "big") for number in [len(numbers), *numbers]))
        return sha256(b"\x00" + key + value), True

    root, _ = subtree("", [(_bits(key), key, numbers) for key, numbers in zip(keys, index.lists)])
    if next(steps, None) is not None or next(hashes, None) is not None:
        raise Failed("steps or hashes of the index are left over")
    return root


def _bits(key: bytes) -> str:
    return f"{int.from_bytes(key, 'big'):0256b}"


# ----------------------------------------------------------------------------------- checkpoints: formats.md section 6


class NoteKey(NamedTuple):
    """A verifier key: type 1 signs checkpoints, type 4 cosigns them."""

    name: str
    type: int
    key: bytes

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.key)[:4]

    @classmethod
    def parse(cls, text: Any) -> NoteKey:
        parts = text.split("+", 2) if isinstance(text, str) else []
        if len(parts) != 3 or re.fullmatch(r"[^\s+\x00-\x1f]{1,200}", parts[0]) is None:
            raise Malformed("a verifier key looks like name+id+key")
        key = _base64(parts[2])
        if len(key) != 33 or key[0] not in (1, 4):
            raise Malformed("a verifier key of another type than 0x01 and 0x04")
        if not _full_order(key[1:]):
            raise Malformed("a verifier key is the one encoding of a point that is not of small order")
        made = cls(parts[0], key[0], key[1:])
        if parts[1] != made.id.hex():
            raise Malformed("the verifier key's id does not follow from its name and key")
        return made


class Note(NamedTuple):
    """A checkpoint with its signature lines: (name, id, signature)."""

    origin: Origin
    size: int
    root: bytes
    index_root: bytes
    text: str
    lines: tuple[tuple[str, bytes, bytes], ...]

    def by(self, key: NoteKey) -> list[bytes]:
        return [signature for name, id_, signature in self.lines if (name, id_) == (key.name, key.id)]


def read_note(note: str) -> Note:
    text, separator, tail = note.partition("\n\n")
    lines = text.split("\n")
    if len(note) > 65_536 or not separator or len(lines) != 4 or not tail.endswith("\n"):
        raise Malformed("a checkpoint is four lines, an empty line, and signature lines, at most 65,536 characters")
    if re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]) is None or len(_base64(lines[2])) != 32:
        raise Malformed("the checkpoint's size or root is none")
    if not lines[3].startswith("trade-ledger/index/1 ") or len(_base64(lines[3][21:])) != 32:
        raise Malformed("the checkpoint's last line is not that of the index")
    signatures = []
    for line in tail[:-1].split("\n"):
        match = re.fullmatch(r"\u2014 ([^\s+\x00-\x1f]{1,200}) (\S+)", line)
        blob = _base64(match[2]) if match else b""
        if match is None or len(blob) < 5:
            raise Malformed("a line of the checkpoint is no signature")
        signatures.append((match[1], blob[:4], blob[4:]))
    return Note(
        Origin.parse(lines[0]), int(lines[1]), _base64(lines[2]), _base64(lines[3][21:]), text + "\n", tuple(signatures)
    )


def log_signed(note: Note, key: NoteKey) -> bool | None:
    """Whether each line of this log key fits; None if it has no line."""
    lines = note.by(key)
    return all(ed25519_fits(key.key, note.text.encode(), line) for line in lines) if lines else None


def cosigned_at(note: Note, key: NoteKey) -> list[int]:
    """When this witness cosigned, in seconds, each time; empty if it did not."""
    times = []
    for line in note.by(key):
        time_ = int.from_bytes(line[:8], "big")
        signed = f"cosignature/v1\ntime {time_}\n{note.text}".encode()
        if len(line) != 72 or not 0 < time_ < 1 << 63 or not ed25519_fits(key.key, signed, line[8:]):
            raise Failed(f"the cosignature of {key.name} does not fit")
        times.append(time_)
    return times


# ------------------------------------------------------------ the three files: evidence-format.md, sections 1, 2 and 3


class Trust(NamedTuple):
    origin: Origin
    log_keys: tuple[tuple[NoteKey, int | None], ...]
    witnesses: tuple[NoteKey, ...]
    threshold: int


class Policy(NamedTuple):
    require: tuple[dict[str, Any], ...] = ()
    max_age: int | None = None
    witnesses: int | None = None
    clock_tolerance: int = 15
    allow_skipped: bool = True
    show: tuple[str, ...] = ()
    max_hidden: int | None = None
    refuse: tuple[dict[str, Any], ...] = ()


class SetInclusion(NamedTuple):
    """Where the declaration stands: number ``at`` of ``size`` under ``root``."""

    root: bytes
    size: int
    at: int
    proof: tuple[bytes, ...]


class Evidence(NamedTuple):
    origin: Origin
    declaration: dict[str, Any]
    signature: bytes
    inclusions: tuple[SetInclusion, ...]
    entries: tuple[tuple[Entry, tuple[bytes, ...]], ...]
    proof: Index
    note: Note
    document: Document | None

    @property
    def id(self) -> bytes:
        return self.origin.id(DECLARATION, self.declaration)


def _object(value: Any, names: Sequence[str], what: str) -> dict[str, Any]:
    if not isinstance(value, dict) or sorted(value) != sorted(names):
        raise Malformed(f"{what} must have exactly the members {', '.join(sorted(names))}")
    return value


def _whole(value: Any, most: int, what: str, least: int = 0) -> int:
    if type(value) is not int or not least <= value <= most:
        raise Malformed(f"{what} must be a whole number from {least} to {most}")
    return value


def _hex(value: Any, what: str, size: int | None = None) -> bytes:
    if not isinstance(value, str) or re.fullmatch("0x(?:[0-9a-f]{2})*", value) is None:
        raise Malformed(f"{what} must be lower-case hexadecimal with 0x")
    data = bytes.fromhex(value[2:])
    if size is not None and len(data) != size:
        raise Malformed(f"{what} must be {size} bytes")
    return data


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise Malformed(f"{what} must be a list")
    return value


def _proof(value: Any, what: str) -> tuple[bytes, ...]:
    if len(_list(value, what)) > 64:
        raise Malformed(f"{what} must have at most 64 hashes")
    return tuple(_hex(item, what, 32) for item in value)


def read_evidence(data: bytes) -> Evidence:
    if len(data) > 16 * MIB:
        raise Malformed("evidence has at most 16 MiB")
    value = parse_json(data, 8, 1_000_000)
    if not isinstance(value, dict) or value.get("ledger") != "trade-ledger/evidence/2":
        raise Malformed('not of the format "trade-ledger/evidence/2"')
    if json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n" != data:
        raise Malformed("not in canonical form: names sorted, no white space, ASCII, one newline at the end")
    names = ["checkpoint", "declaration", "document", "entries", "index", "ledger", "origin", "inclusions", "signature"]
    value = _object(value, names, "evidence")
    said = _object(value["declaration"], ["digest", "document_type", "party", "replaces"], "declaration")
    declaration = {
        "party": _hex(said["party"], "party"),
        "digest": _hex(said["digest"], "digest", 32),
        "documentType": _whole(said["document_type"], 0xFFFF, "document_type"),
        "replaces": _hex(said["replaces"], "replaces", 32),
    }
    check_value("bytes", "party", declaration["party"])
    inclusions = []
    for item in _list(value["inclusions"], "inclusions"):
        item = _object(item, ["index", "proof", "root", "size"], "an inclusion")
        size, index = _whole(item["size"], 2**64 - 1, "size"), _whole(item["index"], 2**64 - 1, "index")
        inclusions.append(SetInclusion(_hex(item["root"], "root", 32), size, index, _proof(item["proof"], "proof")))
    if not inclusions or len({(inclusion.root, inclusion.size) for inclusion in inclusions}) != len(inclusions):
        raise Malformed("inclusions must name the batch, and no set twice")
    entries = []
    for item in _list(value["entries"], "entries"):
        item = _object(item, ["bytes", "proof"], "an entry")
        entries.append((read_entry(_hex(item["bytes"], "bytes")), _proof(item["proof"], "proof")))
    numbers = [entry.number for entry, _ in entries]
    if not ascending(numbers):
        raise Malformed("entries must ascend by number")
    if not isinstance(value["checkpoint"], str):
        raise Malformed("checkpoint must be text")
    document = None
    if value["document"] is not None:
        printed = json.dumps(value["document"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        document = read_redacted(printed.encode() + b"\n")
    origin, signature = Origin.parse(value["origin"]), _hex(value["signature"], "signature")
    proof, note = read_index(value["index"]), read_note(value["checkpoint"])
    return Evidence(origin, declaration, signature, tuple(inclusions), tuple(entries), proof, note, document)


def _settings(data: bytes, format_: str, names: Sequence[str]) -> dict[str, Any]:
    if len(data) > MIB:
        raise Malformed("a trust root or policy has at most 1 MiB")
    mark = b"\xef\xbb\xbf"  # people edit these files, and some editors begin them so
    value = parse_json(data[3:] if data.startswith(mark) else data, 8, MAX_FIELDS)
    if not isinstance(value, dict) or value.get("ledger") != format_:
        raise Malformed(f'not of the format "{format_}"')
    return _object(value, names, format_)


def read_trust(data: bytes) -> Trust:
    members = ["ledger", "log_keys", "origin", "threshold", "witnesses"]
    value = _settings(data, "trade-ledger/trust-root/2", members)
    origin, log_keys = Origin.parse(value["origin"]), tuple(_log_keys(value["log_keys"]))
    witnesses = tuple(NoteKey.parse(item) for item in _list(value["witnesses"], "witnesses"))
    if any(key.type != 1 or key.name != str(origin) for key, _ in log_keys):
        raise Malformed("log_keys must be of type 0x01 and named after the origin")
    if len(witnesses) > 64 or any(witness.type != 4 for witness in witnesses):
        raise Malformed("witnesses must be at most 64 keys of type 0x04")
    if len({item.name for item in witnesses}) < len(witnesses) or len({item.key for item in witnesses}) < len(
        witnesses
    ):
        raise Malformed("witnesses must not name a witness twice")
    if {item.key for item in witnesses} & {key.key for key, _ in log_keys}:
        raise Malformed("witnesses must not have a key of the log")
    return Trust(origin, log_keys, witnesses, _whole(value["threshold"], len(witnesses), "threshold"))


def choose_trust(trusts: dict[str, Trust], origin: Origin) -> tuple[Trust | None, tuple[str, ...]]:
    """Of a folder's trust roots, by the names of their files: that of this origin; or none, and the origins of all."""
    if not 0 < len(trusts) <= 1_000:
        raise Malformed(f"a folder has from 1 to 1,000 trust roots, in files that end in .json, not {len(trusts)}")
    files: dict[str, str] = {}
    for name, trust in sorted(trusts.items()):
        if str(trust.origin) in files:
            raise Malformed(f"{files[str(trust.origin)]} and {name} are trust roots of one history, {trust.origin}")
        files[str(trust.origin)] = name
    chosen = next((trust for trust in trusts.values() if trust.origin == origin), None)
    return chosen, () if chosen else tuple(sorted(files))


def _log_keys(value: Any) -> list[tuple[NoteKey, int | None]]:
    found: list[tuple[NoteKey, int | None]] = []
    least = 0
    for item in _list(value, "log_keys"):
        up_to = _object(item, ["key", "up_to"], "a log key")["up_to"]
        size = SAFE_INTEGER if up_to is None else _whole(up_to, SAFE_INTEGER, "up_to")
        if found and (found[-1][1] is None or size < least):
            raise Malformed("the up_to of log_keys must not descend, and only the last may be null")
        found.append((NoteKey.parse(item["key"]), up_to))
        least = size
    if not 0 < len(found) <= 64 or len({key.id for key, _ in found}) < len(found):
        raise Malformed("log_keys must be from 1 to 64 keys, and no two with the same key id")
    return found


def read_policy(data: bytes) -> Policy:
    names = ["allow_skipped", "clock_tolerance", "ledger", "max_age", "max_hidden", "refuse", "require", "show"]
    value = _settings(data, "trade-ledger/policy/2", [*names, "witnesses"])
    if not isinstance(value["allow_skipped"], bool):
        raise Malformed("allow_skipped must be true or false")
    require = []
    for item in _list(value["require"], "require"):
        item = _object(item, ["jurisdictions", "kind", "outcomes"], "a requirement")
        _whole(item["kind"], 0xFFFF, "kind")
        for code in _list(item["jurisdictions"], "jurisdictions"):
            if not isinstance(code, str) or re.fullmatch("[A-Z]{2}", code) is None:
                raise Malformed("a jurisdiction is an ISO 3166-1 alpha-2 code")
        for outcome in _list(item["outcomes"], "outcomes"):
            _whole(outcome, 0xFFFF, "an outcome")
        require.append(item)
    refuse = []
    for item in _list(value["refuse"], "refuse"):
        item = _object(item, ["kind", "outcomes"], "a refusal")
        _whole(item["kind"], 0xFFFF, "kind")
        for outcome in _list(item["outcomes"], "outcomes"):
            _whole(outcome, 0xFFFF, "an outcome")
        refuse.append(item)
    if len(require) > 64 or len(refuse) > 64:
        raise Malformed("require and refuse have at most 64 items each")
    show = _list(value["show"], "show")
    if len(show) > 16 or not all(isinstance(item, str) and len(item) <= 256 for item in show):
        raise Malformed("show must be at most 16 patterns of at most 256 characters")
    for pattern in show:
        if pattern not in ("", "*"):
            read_pattern("xml" if pattern.startswith("/") else "json", pattern)
    age, witnesses, hidden = value["max_age"], value["witnesses"], value["max_hidden"]
    return Policy(
        tuple(require),
        None if age is None else _whole(age, SAFE_INTEGER, "max_age"),
        None if witnesses is None else _whole(witnesses, SAFE_INTEGER, "witnesses"),
        _whole(value["clock_tolerance"], 86_400, "clock_tolerance"),
        value["allow_skipped"],
        tuple(show),
        None if hidden is None else _whole(hidden, SAFE_INTEGER, "max_hidden"),
        tuple(refuse),
    )


# -------------------------------------------------------------------------------------- the checks: evidence-format.md

VALID, INVALID, SKIPPED, ERROR = "VALID", "INVALID", "SKIPPED", "ERROR"
INTACT, IN_FORCE, AUTHORITY = "intact", "in_force", "authority"

# The steps by the first part of a code; and the codes of an offline verifier, each with the status of its check.
STEPS = {
    "disclosure": (1, INTACT),
    "document": (2, INTACT),
    "batch": (3, INTACT),
    "sets": (4, INTACT),
    "origin": (5, INTACT),
    "checkpoint": (6, INTACT),
    "witnesses": (7, INTACT),
    "entries": (8, INTACT),
    "anchor": (9, INTACT),
    "declaration": (10, AUTHORITY),
    "freshness": (11, IN_FORCE),
    "withdrawal": (12, IN_FORCE),
    "in_force": (13, IN_FORCE),
    "revocation": (13, IN_FORCE),
    "compromise": (14, IN_FORCE),
    "set": (15, AUTHORITY),
    "signature": (16, AUTHORITY),
    "authority": (17, AUTHORITY),
    "policy": (18, AUTHORITY),
    "refusal": (19, IN_FORCE),
    "shown": (20, INTACT),
    "pages": (21, INTACT),
    "complete": (22, INTACT),
    "since": (23, IN_FORCE),
}
CODES = {
    "disclosure.declared": VALID, "disclosure.another": INVALID,
    "document.declared": VALID, "document.not_given": SKIPPED, "document.another": INVALID,
    "document.changed": INVALID, "document.fields_differ": INVALID,
    "document.plain_same": VALID, "document.plain_in_part": ERROR, "document.plain_differs": INVALID,
    "document.plain_not_compared": ERROR,
    "batch.included": VALID, "batch.not_included": INVALID,
    "sets.included": VALID, "sets.not_included": INVALID,
    "origin.trusted": VALID, "origin.checkpoint_of_another": INVALID, "origin.another_trusted": INVALID,
    "origin.another_beginning": INVALID, "origin.nothing_trusted": ERROR,
    "checkpoint.signed": VALID, "checkpoint.not_signed": INVALID,
    "checkpoint.key_ended": INVALID,
    "witnesses.enough": VALID, "witnesses.too_few": INVALID, "witnesses.wrong_line": INVALID,
    "entries.included": VALID, "entries.not_included": INVALID, "entries.times_go_back": INVALID,
    "entries.resolutions_go_back": INVALID,
    "complete.all_shown": VALID, "complete.not_shown": INVALID, "complete.not_listed": INVALID,
    "complete.not_proven": INVALID, "complete.another_index": INVALID,
    "anchor.anchored": VALID, "anchor.later": INVALID, "anchor.clock_behind": ERROR, "anchor.none": INVALID,
    "declaration.signed": VALID, "declaration.signed_by_passkey": VALID, "declaration.signed_by_cloud_passkey": VALID,
    "declaration.not_signed": INVALID,
    "freshness.recent": VALID, "freshness.stale": INVALID,
    "since.recent": VALID, "since.not_known": SKIPPED,
    "withdrawal.none": VALID, "withdrawal.none_shown": SKIPPED,
    "withdrawal.withdrawn": INVALID, "withdrawal.not_signed": INVALID,
    "in_force.not_revoked": VALID, "in_force.no_revocation_shown": SKIPPED,
    "in_force.revoked": INVALID, "in_force.revocation_in_doubt": ERROR,
    "in_force.compromised": INVALID, "in_force.before_validity": INVALID, "in_force.expired": INVALID,
    "in_force.not_yet_attested": INVALID, "in_force.lifted": INVALID,
    "revocation.shown": VALID, "revocation.not_signed": INVALID, "revocation.only_contract": ERROR,
    "revocation.not_empowered": INVALID,
    "compromise.safe": VALID, "compromise.unsafe": INVALID, "compromise.undecidable": ERROR,
    "set.included": VALID, "set.not_included": INVALID,
    "signature.signed": VALID, "signature.signed_by_passkey": VALID, "signature.signed_by_cloud_passkey": VALID,
    "signature.not_signed": INVALID, "signature.only_contract": ERROR,
    "authority.shown": VALID, "authority.no_first_council": INVALID, "authority.other_first_entry": INVALID,
    "authority.no_quorum": INVALID, "authority.not_enrolled": INVALID, "authority.not_authorised": INVALID,
    "authority.no_mandate": INVALID, "authority.suspended": INVALID, "authority.attester_ended": INVALID,
    "authority.only_contract": ERROR,
    "policy.met": VALID, "policy.not_met": INVALID, "policy.undecided": ERROR,
    "refusal.in_force": INVALID, "refusal.undecided": ERROR, "refusal.none": VALID,
    "refusal.none_shown": SKIPPED,
    "pages.declared": VALID, "pages.another": INVALID, "pages.not_proven": SKIPPED,
    "shown.enough": VALID, "shown.nothing": INVALID, "shown.missing": INVALID, "shown.too_few": INVALID,
}  # fmt: skip


def when(at: int) -> str:
    if at > 253_402_300_799:
        return f"second {at}"
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


Power = tuple[str, str]
"""Name and jurisdiction of an agency for which somebody could speak."""


class NotEmpowered(Failed):
    """An attestation lacks authority; ``code`` says why."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


class Mandate:
    """The grants of one mandate. Times that are asked for do not go back, by check 8."""

    def __init__(self) -> None:
        self.to_begin: list[tuple[int, int]] = []  # a heap: begin and end of each
        self.until = 0  # the latest end of those that have begun

    def covers(self, at: int) -> bool:
        while self.to_begin and self.to_begin[0][0] <= at:
            self.until = max(self.until, heappop(self.to_begin)[1])
        return at < self.until


class Register:
    """Who may speak for which agency about what, after the resolutions so far."""

    def __init__(self) -> None:
        self.agencies: dict[bytes, Power] = {}
        self.suspended: set[bytes] = set()
        self.authorised: set[tuple[bytes, bytes]] = set()  # attester and agency
        self.ended: set[bytes] = set()
        self.mandates: dict[tuple[bytes, int], Mandate] = {}

    def apply(self, entry: Entry) -> None:
        its, kind = entry.said, entry.kind
        if kind == ENROLLED:
            self.agencies[its["agency"]] = its["name"].decode(), its["jurisdiction"].decode()
        elif kind == SUSPENDED:
            self.suspended.add(its["agency"])
        elif kind == REINSTATED:
            self.suspended.discard(its["agency"])
        elif kind == AUTHORISED:
            self.authorised.add((its["attester"], its["agency"]))
        elif kind in (RETIRED, COMPROMISED):
            self.ended.add(its["attester"])
        elif kind == MANDATED:
            mandate = self.mandates.setdefault((its["agency"], its["kind"]), Mandate())
            heappush(mandate.to_begin, (its["from"] or entry.time, its["until"]))
        elif kind == UNMANDATED:
            self.mandates.pop((its["agency"], its["kind"]), None)

    def power(self, at: Entry, agency: bytes, kind: int | None) -> Power | NotEmpowered:
        """Name and jurisdiction of the agency, if the signer of this entry speaks for it now; else what it lacks."""
        signer = at.signed[0]
        mandate = None if kind is None else self.mandates.get((agency, kind))
        for fails, code, words in [
            (agency not in self.agencies, "not_enrolled", "no entry shows that the agency was enrolled"),
            ((signer, agency) not in self.authorised, "not_authorised", "no entry shows that it authorised this key"),
            (
                kind is not None and (mandate is None or not mandate.covers(at.time)),
                "no_mandate",
                "no entry shows a mandate for this kind then",
            ),
            (agency in self.suspended, "suspended", "the agency was suspended before it attested"),
            (signer in self.ended, "attester_ended", "the attester was retired or compromised before it attested"),
        ]:
            if fails:
                return NotEmpowered(f"authority.{code}", words)
        return self.agencies[agency]


class Pdf(NamedTuple):
    """The PDF that carries the evidence; ``original``: what it was before, where it was itself declared."""

    original: Document | None


class Verifier:
    """One verification; the methods are the checks, by their numbers in evidence-format.md."""

    def __init__(
        self,
        evidence: Evidence,
        at: int | None,
        clock: int,
        document: Document | Plain | None,
        trust: Trust | None,
        policy: Policy,
        pdf: Pdf | None = None,
        elsewhere: Sequence[str] = (),
    ) -> None:
        self.evidence, self.trust, self.policy, self.pdf = evidence, trust, policy, pdf
        self.elsewhere = elsewhere  # the histories of which trust roots are held, if none is of this one
        self.given = document or (pdf.original if pdf else None)
        self.at, self.clock, self.at_the_clock = clock if at is None else at, clock, at is None
        self.id, self.entries = evidence.id, [entry for entry, _ in evidence.entries]
        self.checks: list[dict[str, Any]] = []
        self.fits: Document | None = None  # the document that shows fields of the declared one
        # What agencies say: what is in force with authority, and whether every signature could be judged.
        self.judged: list[tuple[dict[str, Any], bool]] = []
        self.cosigned: list[int] = []
        self.all_shown = False  # whether the evidence is shown to leave nothing out
        self.recent = False  # whether it is as recent as the policy demands
        self.revoked: dict[bytes, list[Entry]] = {}  # by attestation: what ends it for this declaration
        self.compromised: dict[bytes, int] = {}  # from when, by attester; the earliest date counts
        for entry in self.entries:
            if entry.kind == REVOKED and entry.said["Revocation"]["member"] in (ZERO, self.id):
                self.revoked.setdefault(entry.said["Revocation"]["attestation"], []).append(entry)
            elif entry.kind == COMPROMISED:
                attester, since = entry.said["attester"], entry.said["since"]
                self.compromised[attester] = min(since, self.compromised.get(attester, since))
        # Sets about the declaration: those of its inclusions, and the set of one, whose root is the leaf itself.
        alone = SetInclusion(leaf_hash(self.id), 1, 0, ())
        self.sets = {(inclusion.root, inclusion.size): inclusion for inclusion in (alone, *evidence.inclusions)}
        # Attestations about it, with their ids. A lawless log may repeat an id.
        self.attested = [
            (evidence.origin.id(ATTESTATION, entry.said["Attestation"]), entry)
            for entry in self.entries
            if entry.kind == ATTESTED and _set(entry) in self.sets
        ]
        self.undecided: tuple[int, str] | None = None  # the first resolution that a wallet contract endorsed, and why
        self.found: dict[tuple[bytes, int], str] = {}  # by set: why the declaration is not shown to be in it
        self.powers: dict[int, Power | NotEmpowered] = {}  # by entry: what its signer could say there, see authorities
        last, size = self.entries[-1:], evidence.note.size
        self.as_of = f"as of entry {size - 1}" + (
            f", {when(last[0].time)}" if last and last[0].number == size - 1 else ""
        )

    def run(self) -> dict[str, Any]:
        self.document()
        self.inclusions()
        self.log()
        self.witnesses()
        self.included()
        self.complete()
        self.anchored()
        if self.proven():
            self.declared()
            self.fresh()
            self.since()
            self.withdrawn()
            self.attestations()
            self.requirements()
            self.refusals()
            self.fields()
            self.pages()
        questions = {name: self._answer(name) for name in (INTACT, IN_FORCE, AUTHORITY)}
        found = set(questions.values())
        conclusion = "GOOD"
        if INVALID in found:
            conclusion = "NOT_GOOD"
        elif ERROR in found or (SKIPPED in found and not self.policy.allow_skipped):
            conclusion = "UNDECIDED"
        said = [word for word, known in self.judged if word["adverse"] or (known and self.all_shown)]
        said.sort(key=lambda word: not word["adverse"])
        return {
            "first_line": self.first_line(conclusion, said),
            "declaration": "0x" + self.id.hex(),
            "at": self.at,
            "clock": self.clock,
            "conclusion": conclusion,
            "questions": questions,
            "attested_by": said,
            "fields": None if self.fits is None else {"shown": len(self.fits.shown), "hidden": len(self.fits.hidden)},
            "checks": self.checks,
        }

    def proven(self) -> bool:
        """Whether checkpoint and entries are of the history that is trusted. If not, nothing else is looked at."""
        return not any(check["step"] in (6, 8) and check["status"] == INVALID for check in self.checks)

    def first_line(self, conclusion: str, said: Sequence[dict[str, Any]]) -> str:
        """Conclusion, document type, and which agencies spoke, adverse words first."""
        type_ = self.evidence.declaration["documentType"]
        document, begin = f"{type_in_words(type_)} (type {type_})", conclusion.replace("_", " ")
        if not self.proven():
            return f"{begin}, for the entries shown are not proven: {document}"
        if not self.all_shown:
            begin += ", and something is left out"
        elif not said:
            return f"{begin}, without any agency's word: {document}"
        but = ", with an ADVERSE word in force" if said and said[0]["adverse"] else ""
        return ". ".join([f"{begin}{but}: {document}", *dict.fromkeys(word["words"] for word in said)])

    def _answer(self, question: str) -> str:
        found = {check["status"] for check in self.checks if check["question"] == question and check["decisive"]}
        if not found:
            return SKIPPED
        return next((status for status in (INVALID, ERROR, SKIPPED) if status in found), VALID)

    def add(self, code: str, words: str, about: str = "", decisive: bool = True) -> bool:
        """Add what a step found; whether it is VALID. ``about``: agency and kind, where it is about an attestation."""
        prefix, status = code.partition(".")[0], CODES[code]
        number, question = STEPS[prefix]
        name = f"{about} {prefix}".lstrip().replace("_", " ")
        self.checks.append(
            {"step": number, "name": name, "question": question, "status": status, "decisive": decisive,
             "code": code, "words": words}
        )  # fmt: skip
        return status == VALID

    def signed(self, step: str, about: str, signer: bytes, digest: bytes, signature: bytes) -> str:
        """Add whether a signer signed a digest; the status of that check."""
        origin, code, words = self.evidence.origin, "signed", f"signed by 0x{signer.hex()}"
        check = origin.check_party if step == "declaration" else origin.check_signature
        try:
            check(signer, digest, signature)
        except OnlyContract as error:
            code, words = "only_contract", str(error)
        except Failed as error:
            code, words = "not_signed", str(error)
        else:
            if self.evidence.origin.is_passkey(signer):
                made = read_assertion(digest, signature)
                code = "signed_by_cloud_passkey" if made.in_cloud else "signed_by_passkey"
                kept = "; the key may be kept in the owner's cloud account" if made.in_cloud else ""
                words = f"signed by the passkey 0x{signer.hex()}" + (f" at {made.site}" if made.site else "") + kept
        self.add(f"{step}.{code}", words, about)
        return CODES[f"{step}.{code}"]

    def document(self) -> None:
        """Checks 1 and 2."""
        shown, digest, known = self.evidence.document, self.evidence.declaration["digest"], None
        if shown is not None:
            fits = shown.digest == digest
            count = f"{len(shown.shown)} of {len(shown.shown) + len(shown.hidden)} fields"
            known = {*shown.shown.values(), *shown.hidden} if fits else None
            words = f"the evidence discloses {count}" + ("" if fits else " of another document than the one declared")
            self.add("disclosure.declared" if fits else "disclosure.another", words)
        self.fits = shown if known else None
        if isinstance(self.given, Plain):
            self.plain(self.given)
            return
        document = self.given or (shown if shown and shown.shown else None)
        if document is not None:
            self.fits = document if document.digest == digest else None
        if document is None:
            self.add("document.not_given", "no document given: only its digest is proven")
        elif document.digest == digest:
            count = f"{len(document.shown)} fields are shown, {len(document.hidden)} hidden"
            self.add("document.declared", f"the document has the declared digest 0x{digest.hex()}: {count}")
        else:
            changed = [path or "the content" for path, hash_ in document.shown.items() if known and hash_ not in known]
            words = f"the document is not the one declared{'; changed: ' if changed else ''}{', '.join(changed[:3])}"
            self.add(f"document.{'changed' if changed else 'fields_differ' if known else 'another'}", words)

    def plain(self, file: Plain) -> None:
        """Check 2 for a plain file: ``fits`` is what the evidence discloses of the declared document."""
        declared = self.fits
        if declared is None:
            self.add("document.plain_not_compared", "the evidence discloses nothing to compare the plain file with")
            return
        changed = [] if declared.hidden else sorted(file.fields.keys() - declared.shown.keys())
        for path, hash_ in declared.shown.items():
            if path not in file.fields or field_hash(declared.salts[path], path, *file.fields[path]) != hash_:
                changed.append(path)
        size, count = len(file.fields), len(declared.shown) + len(declared.hidden)
        if changed or size != count:
            words = ", ".join(path or "the content" for path in sorted(changed)[:3])
            words = f"the plain file has {size} fields, the declared document {count}; other, missing or added: {words}"
            self.add("document.plain_differs", words)
            self.fits = None
        elif not declared.shown:
            self.add("document.plain_not_compared", "the evidence discloses no field to compare the plain file with")
        elif declared.hidden:
            words = f"{len(declared.shown)} fields are the same, and {len(declared.hidden)} cannot be compared"
            self.add("document.plain_in_part", words)
        else:
            self.add("document.plain_same", f"the plain file has the {size} fields of the declared document")

    def inclusions(self) -> None:
        """Checks 3 and 4."""
        batch, *sets = self.evidence.inclusions
        self.included_at("batch", batch)
        wrong = [failed for failed in map(self.failure, sets) if failed]
        if wrong:
            self.add("sets.not_included", wrong[0])
        elif sets:
            self.add("sets.included", f"and in {len(sets)} more sets")

    def included_at(self, step: str, inclusion: SetInclusion, about: str = "") -> bool:
        failed = self.failure(inclusion)
        words = failed or f"number {inclusion.at} of {inclusion.size} under 0x{inclusion.root.hex()}"
        return self.add(f"{step}.not_included" if failed else f"{step}.included", words, about)

    def failure(self, inclusion: SetInclusion) -> str:
        """Why the proof of an inclusion does not hold; empty where it does. The proof of a set is followed once."""
        name = inclusion.root, inclusion.size
        if name not in self.found:
            self.found[name] = ""
            try:
                check_inclusion(leaf_hash(self.id), inclusion.at, inclusion.size, inclusion.proof, inclusion.root)
            except Failed as error:
                self.found[name] = f"number {inclusion.at} of {inclusion.size} under 0x{inclusion.root.hex()}: {error}"
        return self.found[name]

    def log(self) -> None:
        """Checks 5 and 6."""
        note, trust, ours = self.evidence.note, self.trust, self.evidence.origin
        first = next((entry.leaf for entry in self.entries if entry.number == 0), ours.salt)
        if note.origin != ours:
            self.add("origin.checkpoint_of_another", f"the checkpoint is of another history: {note.origin}")
        elif self.elsewhere or (trust is not None and trust.origin != ours):
            trusted = " or ".join(self.elsewhere) or str(trust and trust.origin)
            self.add("origin.another_trusted", f"evidence of {ours}, but only {trusted} is trusted")
        elif first != ours.salt:
            words = f"entry 0 is not the one that the origin {ours} names: its hash is 0x{first.hex()}"
            self.add("origin.another_beginning", words)
        elif trust is None:
            self.add("origin.nothing_trusted", "no trust root given: nothing says whether this history is real")
        else:
            self.add("origin.trusted", f"history {ours}")
        if trust is not None:
            counting = [key for key, up_to in trust.log_keys if up_to is None or note.size <= up_to]
            answers = [answer for answer in (log_signed(note, key) for key in counting) if answer is not None]
            ended = [key for key, _ in trust.log_keys if key not in counting and log_signed(note, key)]
            of = f"the checkpoint of {note.size} entries is"
            if answers and all(answers):
                self.add("checkpoint.signed", f"{of} signed by {trust.origin}")
            elif ended and not answers:
                self.add("checkpoint.key_ended", f"{of} signed with a log key that does not count at this size")
            else:
                self.add("checkpoint.not_signed", f"{of} not signed by {trust.origin} with a log key that counts")

    def witnesses(self) -> None:
        """Check 7."""
        known, threshold = (self.trust.witnesses, self.trust.threshold) if self.trust else ((), 0)
        demanded = max(threshold, self.policy.witnesses or 0)
        if not demanded:
            return
        try:
            found = [cosigned_at(self.evidence.note, key) for key in known]
        except Failed as error:
            self.add("witnesses.wrong_line", str(error))
            return
        until = self.clock + self.policy.clock_tolerance  # a cosignature of the verifier's future counts for nothing
        counting = [[time_ for time_ in times if time_ <= until] for times in found]
        times = sorted((max(times) for times in counting if times), reverse=True)
        words = f"cosigned by {len(times)} of {len(known)} known witnesses; {demanded} are demanded"
        if self.add("witnesses.enough" if len(times) >= demanded else "witnesses.too_few", words):
            self.cosigned = times[:demanded]

    def included(self) -> None:
        """Check 8."""
        note = self.evidence.note
        wrong = []
        for entry, proof in self.evidence.entries:
            try:
                check_inclusion(entry.leaf, entry.number, note.size, proof, note.root)
            except Failed as error:
                wrong.append(f"entry {entry.number}: {error}")
        numbers = [entry.said["resolution"] for entry in self.entries if entry.kind in RESOLUTIONS]
        if wrong:
            self.add("entries.not_included", "; ".join(wrong[:3]))
        elif any(left.time > right.time for left, right in zip(self.entries, self.entries[1:])):
            self.add("entries.times_go_back", "an entry is of an earlier time than the one shown before it")
        elif not ascending(numbers):
            self.add("entries.resolutions_go_back", "a resolution has no higher number than the one shown before it")
        else:
            self.add("entries.included", f"all {len(self.entries)} entries shown are in the checkpoint")

    def complete(self) -> None:
        """Check 22."""
        index, note = self.evidence.proof, self.evidence.note
        shown, listed = {entry.number for entry in self.entries}, {number for item in index.lists for number in item}
        if missing := sorted(listed - shown):
            self.add("complete.not_shown", f"left out: entries {', '.join(map(str, missing[:3]))}")
            return
        if others := sorted(shown - listed - {note.size - 1}):
            self.add("complete.not_listed", f"shown and about nothing in question: {', '.join(map(str, others[:3]))}")
            return
        try:
            root = index_root(index, sorted(self.keys_in_question()))
        except Failed as error:
            self.add("complete.not_proven", str(error))
            return
        if root != note.index_root:
            self.add("complete.another_index", f"the lists lead to another index, 0x{root.hex()}")
            return
        self.all_shown = self.add("complete.all_shown", f"the {len(shown)} entries shown are all there are")

    def keys_in_question(self) -> set[bytes]:
        """The keys of the subjects of which all entries must be shown; types 1 to 8 of formats.md section 7."""
        origin = self.evidence.origin
        found = {subject_key(1), subject_key(8, self.id)}
        found |= {subject_key(5, root, size.to_bytes(8, "big")) for root, size in self.sets}
        for id_, entry in self.attested:
            agency, kind = entry.said["Attestation"]["agency"], entry.said["Attestation"]["kind"]
            found |= {subject_key(6, id_), subject_key(7, id_, self.id), subject_key(3, entry.signed[0])}
            found |= {subject_key(2, agency), subject_key(4, agency, kind.to_bytes(2, "big"))}
        revoked = [entry for entry in self.entries if entry.kind == REVOKED]
        return found | {subject_key(3, entry.signed[0]) for entry in revoked if subject_keys(entry, origin)[0] in found}

    def anchored(self) -> None:
        """Check 9."""
        batch = self.evidence.inclusions[0]
        wanted = {"root": batch.root, "size": batch.size}
        anchors = [entry for entry in self.entries if entry.kind == ANCHORED and entry.said == wanted]
        first = min(anchors, key=lambda entry: entry.time, default=None)
        if first is None:
            self.add("anchor.none", "no entry anchors it")
        else:
            words = f"anchored by entry {first.number} at {when(first.time)}"
            if first.time <= self.at:
                self.add("anchor.anchored", words)
            elif self.at_the_clock:
                self.add("anchor.clock_behind", f"{words}, later than this verifier's clock, which is behind")
            else:
                self.add("anchor.later", words)

    def declared(self) -> None:
        """Check 10."""
        self.signed("declaration", "", self.evidence.declaration["party"], self.id, self.evidence.signature)

    def fresh(self) -> None:
        """Check 11."""
        longest = self.policy.max_age
        if longest is None:
            return
        vouched = [entry.time for entry in self.entries[-1:]] + self.cosigned[-1:]
        fresh = bool(self.entries) and self.at - max(vouched) <= longest
        words = f"{self.as_of}; the policy allows {longest} s"
        self.recent = self.add("freshness.recent" if fresh else "freshness.stale", words)

    def since(self) -> None:
        """Check 23."""
        if self.recent:
            self.add("since.recent", f"as recent as the policy demands, {self.as_of}")
        else:
            self.add("since.not_known", f"what came later is not known: {self.as_of}")

    def withdrawn(self) -> None:
        """Check 12."""
        for entry in self.entries:
            if entry.kind == WITHDRAWN and entry.said["Withdrawal"]["declaration"] == self.id and entry.time <= self.at:
                reason = entry.said["Withdrawal"]["reason"]
                why = WITHDRAWAL_REASONS.get(reason, f"code {reason} of UNCL 1225")
                words = f"withdrawn by entry {entry.number} at {when(entry.time)}, {why} ({reason})"
                party, id_ = (
                    self.evidence.declaration["party"],
                    self.evidence.origin.id(WITHDRAWAL, entry.said["Withdrawal"]),
                )
                try:
                    self.evidence.origin.check_party(party, id_, entry.signed[0])
                except Failed as error:
                    self.add("withdrawal.not_signed", f"{words}, and not signed by the party: {error}")
                else:
                    self.add("withdrawal.withdrawn", words)
                return
        if self.all_shown:
            self.add("withdrawal.none", f"not withdrawn, {self.as_of}")
        else:
            self.add("withdrawal.none_shown", f"no withdrawal shown, {self.as_of}")

    def attestations(self) -> None:
        """Checks 13 to 17, for each attestation about the declaration; what is about others is not judged."""
        found = dict(self.attested)
        self.powers = dict(self.authorities())
        standings = {id_: self.standing(id_, entry) for id_, entry in found.items()}
        alive = {_group(entry) for id_, entry in found.items() if standings[id_] == "in_force"}
        for id_, entry in found.items():
            standing, name = standings[id_], "{} {}".format(*_group(entry)[:2])
            in_force, ended_by = standing == "in_force", self.revocations(id_)
            doubtful = standing == "revoked" and all(map(self.doubtful, ended_by))
            stood_in = not in_force and _group(entry) in alive
            lifted = standing == "revoked" and not doubtful and is_adverse(*_group(entry)[1:])
            decisive = standing != "not_yet_attested" and not stood_in and not lifted
            code = "lifted" if lifted else "revocation_in_doubt" if doubtful else standing
            self.in_force(name, entry, code, decisive)
            if standing == "revoked" and not stood_in:
                for revocation in ended_by:
                    self.revocation(name, revocation)
            if decisive:
                self.compromise(name, entry)
                self.authority(name, id_, entry, in_force)

    def in_force(self, name: str, entry: Entry, found: str, decisive: bool) -> None:
        """Check 13."""
        words = f"{found.replace('_', ' ')} (entry {entry.number} at {when(entry.time)})"
        if found == "in_force":
            found, words = "no_revocation_shown", "no revocation shown"
            if self.all_shown:
                found, words = "not_revoked", "not revoked"
            words = f"attested by entry {entry.number} at {when(entry.time)}; {words}, {self.as_of}"
        elif found == "revocation_in_doubt":
            words = "revoked with a key declared compromised from before: ask the agency whether it was theirs"
        self.add(f"in_force.{found}", f"{outcome_in_words(*_group(entry)[1:])}: {words}", name, decisive)

    def revocation(self, name: str, revoked: Entry) -> None:
        """Check 13, for a revocation that ends an attestation: the agency's key signed it, and spoke for it then."""
        signer, signature = revoked.signed
        words = f"entry {revoked.number} at {when(revoked.time)}"
        try:
            id_ = self.evidence.origin.id(REVOCATION, revoked.said["Revocation"])
            undecided = self.undecided if self.undecided is not None and self.undecided[0] < revoked.number else None
            try:
                self.evidence.origin.check_signature(signer, id_, signature)
            except OnlyContract as error:  # what is wrong for certain outweighs it
                undecided = revoked.number, str(error)
            self.power_of(revoked)
            if undecided is not None:
                raise OnlyContract("entry {}: {}".format(*undecided))
        except OnlyContract as error:
            self.add("revocation.only_contract", f"{words}: {error}", name)
        except NotEmpowered as error:
            self.add("revocation.not_empowered", f"the key could not revoke it, {words}: {error}", name)
        except Failed as error:
            self.add("revocation.not_signed", f"{words}: {error}", name)
        else:
            self.add("revocation.shown", f"revoked by 0x{signer.hex()} of the agency, {words}", name)

    def revocations(self, attestation: bytes) -> list[Entry]:
        """Revocations of an attestation, whole or for this declaration, that count at the time of the verdict."""
        return [entry for entry in self.revoked.get(attestation, []) if entry.time <= self.at]

    def doubtful(self, revocation: Entry) -> bool:
        since = self.compromised.get(revocation.signed[0])
        return since is not None and revocation.time + self.policy.clock_tolerance >= since

    def standing(self, id_: bytes, entry: Entry) -> str:
        said, since = entry.said["Attestation"], self.compromised.get(entry.signed[0])
        if entry.time > self.at:
            return "not_yet_attested"
        if self.revocations(id_):
            return "revoked"
        if since is not None and entry.time >= since:
            return "compromised"
        if self.at < said["validFrom"]:
            return "before_validity"
        return "expired" if self.at >= said["validUntil"] else "in_force"

    def compromise(self, name: str, entry: Entry) -> None:
        """Check 14."""
        since = self.compromised.get(entry.signed[0])
        if since is None:
            return
        grade = "undecidable"
        if entry.time >= since:
            grade = "unsafe"
        elif entry.time + self.policy.clock_tolerance < since:
            grade = "safe"
        words = f"{grade}: the key is declared compromised from {when(since)}, the entry is of {when(entry.time)}"
        self.add(f"compromise.{grade}", words, name)

    def authority(self, name: str, id_: bytes, entry: Entry, in_force: bool) -> None:
        """Checks 15 to 17."""
        signer, signature = entry.signed
        if not self.included_at("set", self.sets[_set(entry)], name):
            return
        signed = self.signed("signature", name, signer, id_, signature)
        try:
            title, jurisdiction = self.power_of(entry)
        except NotEmpowered as error:
            self.add(error.code, str(error), name)
            return
        undecided = self.undecided if self.undecided is not None and self.undecided[0] < entry.number else None
        if undecided is not None:
            self.add("authority.only_contract", "entry {}: {}".format(*undecided), name)
        else:
            self.add("authority.shown", "enrolled, authorised and mandated by the council", name)
        if in_force and signed != INVALID:
            agency, kind, outcome = _group(entry)
            words = f"{type_in_words(kind)}: {outcome_in_words(kind, outcome)}"
            word = {
                "agency": agency, "name": title, "jurisdiction": jurisdiction, "kind": kind, "outcome": outcome,
                "adverse": is_adverse(kind, outcome),
                "words": f"{one_line(title)} ({agency}, {jurisdiction}) says {words}",
            }  # fmt: skip
            self.judged.append((word, signed == VALID and undecided is None))

    def power_of(self, entry: Entry) -> Power:
        """Name and jurisdiction of the agency for which the signer of an entry could speak there; else NotEmpowered."""
        found = self.powers[entry.number]
        if isinstance(found, NotEmpowered):
            raise NotEmpowered(found.code, str(found))
        return found

    def authorities(self) -> Iterator[tuple[int, Power | NotEmpowered]]:
        """The power behind each attestation and revocation in question, by its entry: one pass over the entries.

        Each resolution on the way must have the quorum of its time, whatever it is about.
        """
        asked: dict[int, tuple[bytes, int | None]] = {}  # agency and kind; a revocation needs no mandate
        agencies = {}
        for id_, entry in self.attested:
            said = entry.said["Attestation"]
            asked[entry.number], agencies[id_] = (said["agency"], said["kind"]), said["agency"]
        for id_, agency in agencies.items():
            asked.update((revoked.number, (agency, None)) for revoked in self.revoked.get(id_, []))
        last, register, lacks = max(asked, default=0), Register(), None
        council: dict[str, Any] | None = None
        for entry in self.entries:
            if entry.number > last:
                break
            if entry.number in asked:
                yield entry.number, lacks or register.power(entry, *asked[entry.number])
            elif entry.kind in RESOLUTIONS and lacks is None:
                try:
                    self.check_resolution(entry, council)
                except NotEmpowered as error:
                    lacks = error
                else:
                    register.apply(entry)
                    council = entry.said if entry.kind == COUNCIL_CHANGED else council

    def check_resolution(self, entry: Entry, council: dict[str, Any] | None) -> None:
        if entry.number == 0:
            if entry.leaf != self.evidence.origin.salt:
                raise NotEmpowered("authority.other_first_entry", "entry 0 is not the one that the origin names")
        elif council is None:
            raise NotEmpowered("authority.no_first_council", "entry 0, the first council, is not shown")
        else:
            try:
                self.check_quorum(entry, council)
            except Failed as error:
                raise NotEmpowered("authority.no_quorum", f"entry {entry.number}: {error}") from None
            except OnlyContract as error:
                self.undecided = self.undecided or (entry.number, str(error))

    def check_quorum(self, entry: Entry, council: dict[str, Any]) -> None:
        order = [keccak(signer) for signer, _ in entry.signed]
        if not 0 < council["threshold"] <= len(order) or not ascending(order):
            raise Failed("it lacks the council's quorum")
        id_, undecided = self.evidence.origin.id(RESOLUTIONS[entry.kind], entry.said), None
        for signer, signature in entry.signed:
            if signer not in council["members"]:
                raise Failed("it is signed by one who is not in the council")
            try:
                self.evidence.origin.check_signature(signer, id_, signature)
            except OnlyContract as error:  # what is wrong for certain outweighs it
                undecided = undecided or error
        if undecided is not None:
            raise undecided

    def requirements(self) -> None:
        """Check 18."""
        for wanted in self.policy.require:
            jurisdictions, outcomes = set(wanted["jurisdictions"]), set(wanted["outcomes"])
            fitting = [
                known
                for word, known in self.judged
                if word["kind"] == wanted["kind"]
                and (not jurisdictions or word["jurisdiction"] in jurisdictions)
                and (word["outcome"] in outcomes if outcomes else not word["adverse"])
            ]
            code, found = "not_met", "there is none in force"
            if fitting and self.all_shown:
                code, found = ("met", "there is one") if any(fitting) else ("undecided", "nobody can say if it counts")
            self.add(
                f"policy.{code}", f"the policy demands a {type_in_words(wanted['kind'])} ({wanted['kind']}): {found}"
            )

    def refusals(self) -> None:
        """Check 19."""
        for refused in self.policy.refuse:
            kind: int = refused["kind"]
            outcomes: list[int] = refused["outcomes"] or sorted(outcomes_of(refused["kind"]).adverse)
            among = set(outcomes)
            found = [known for word, known in self.judged if word["kind"] == kind and word["outcome"] in among]
            words = (
                f"the policy refuses a {type_in_words(kind)} ({kind}) with outcome {' or '.join(map(str, outcomes))}"
            )
            code, said = ("none", "in force") if self.all_shown else ("none_shown", "shown")
            said = f"none is {said}, {self.as_of}"
            if found:
                code, said = "undecided", "nobody can say if the one that is there counts"
            if any(found):
                code, said = "in_force", "one is in force"
            self.add(f"refusal.{code}", f"{words}: {said}")

    def fields(self) -> None:
        """Check 20."""
        show, most, document = self.policy.show, self.policy.max_hidden, self.fits
        if not show and most is None:
            return
        if document is None:
            self.add("shown.nothing", "the policy demands fields, and no document with the declared digest shows any")
            return
        missing, count = not_shown(document, show), f"{len(document.shown)} shown and {len(document.hidden)} hidden"
        if missing:
            self.add("shown.missing", f"the policy demands fields that are not shown: {', '.join(missing[:3])}")
        elif most is not None and len(document.hidden) > most:
            self.add("shown.too_few", f"{count}; the policy allows {most} hidden fields")
        else:
            self.add("shown.enough", f"what the policy demands is shown: {count}")

    def pages(self) -> None:
        """Check 21."""
        if self.pdf is None:
            return
        if self.pdf.original is None:
            self.add("pages.not_proven", "the PDF only carries the evidence: its pages are not proven")
        elif self.pdf.original.digest == self.evidence.declaration["digest"]:
            self.add("pages.declared", "the PDF, as it was before evidence was attached, is the declared document")
        else:
            self.add("pages.another", "the PDF, as it was before evidence was attached, is another document")


def _set(entry: Entry) -> tuple[bytes, int]:
    said = entry.said["Attestation"]
    return said["root"], said["size"]


def _group(entry: Entry) -> tuple[str, int, int]:
    """Agency, kind and outcome: attestations of one group stand in for each other."""
    said = entry.said["Attestation"]
    return said["agency"].rstrip(b"\0").decode(), said["kind"], said["outcome"]


# ------------------------------------------------------------------------------------------ evidence in a PDF: pdf.md

_NUMBER = rb"(0|[1-9][0-9]{0,7})"
_PDF_END = re.compile(
    rb"\n%ledger/pdf/1 " + rb" ".join([_NUMBER] * 3) + rb"(?: " + _NUMBER + rb" " + _NUMBER + rb")?"
    rb"\nstartxref\n" + _NUMBER + rb"\n%%EOF\n\Z"
)  # fmt: skip
_NOTE = re.compile(rb"(ledger/opaque/1 [A-Za-z0-9_-]{43}\n)" + _NUMBER + rb"\n")


PDF_NOTICE = (
    "Of a PDF, only the original or the data in the evidence is proven, not what was added to its pages. "
    "Look at the original, which --original writes, and not at the PDF."
)


def cut_pdf(data: bytes) -> tuple[bytes, bytes | None]:
    """Evidence that a PDF carries and, where the PDF itself was declared, the original as a wrapped document.

    The original is the beginning of the file. What follows, pages perhaps, is not looked at and nothing is said of it.
    """
    if len(data) > 64 * MIB:
        raise Malformed("a PDF has at most 64 MiB")
    end = _PDF_END.search(data, max(0, len(data) - 200))
    if end is None:
        changed = re.search(rb"[\r\n]%ledger/pdf/1 ", data)
        raise Malformed("the PDF was changed after it was given evidence" if changed else "the PDF carries no evidence")
    length, at, size, note_at, note_size = (int(item or 0) for item in end.groups()[:5])
    if not 0 < length <= at or at + size > end.start() or note_at + note_size > end.start():
        raise Malformed("what the PDF carries is not where it says")
    evidence = data[at : at + size]
    if end[4] is None:
        return evidence, None
    note = _NOTE.fullmatch(data[note_at : note_at + note_size])
    if note is None or int(note[2]) != length or note_at < length:
        raise Malformed("ledger-document.txt has two lines: the header of the wrapped document, and its length")
    return evidence, note[1] + data[:length]


# ------------------------------------------------------------------------------------- the program: evidence-format.md


def _bytes(path: str) -> bytes:
    limit = 128 * MIB + 1  # the largest file there is, and one more to see that it is larger
    try:
        with Path(path).open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise Malformed(f"{path}: {error.strerror}") from None


def _read(path: str, data: bytes, reader: Callable[[bytes], Any]) -> Any:
    try:
        return reader(data)
    except Malformed as error:
        raise Malformed(f"{path}: {error}") from None


def _file(path: str | None, reader: Callable[[bytes], Any]) -> Any:
    return None if path is None else _read(path, _bytes(path), reader)


def _trust(path: str | None, origin: Origin) -> tuple[Trust | None, tuple[str, ...]]:
    """The trust root of the file; of a folder, that of the origin, or none and the origins of all there are."""
    if path is None or not Path(path).is_dir():
        return _file(path, read_trust), ()
    try:
        files = sorted(item for item in Path(path).iterdir() if item.is_file())
    except OSError as error:
        raise Malformed(f"{path}: {error.strerror}") from None
    wanted = [file for file in files if file.name.endswith(".json") and not file.name.startswith(".")]
    return choose_trust({file.name: _file(str(file), read_trust) for file in wanted}, origin)


def _moment(text: str | None, option: str) -> int | None:
    """Seconds since 1970 of a time in its one form; None if there is none."""
    if text is None:
        return None
    seconds = -1
    if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", text):
        with suppress(ValueError):
            parsed = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
            seconds = int(parsed.replace(tzinfo=datetime.timezone.utc).timestamp())
    if seconds < 0:
        raise Malformed(f"{option}: a time looks like 2026-11-22T10:00:00Z")
    return seconds


def decide(given: argparse.Namespace) -> dict[str, Any]:
    """The verdict on the files that were named; Malformed if there can be none."""
    at, clock = _moment(given.at, "--at"), _moment(given.clock, "--clock")
    first, wrapped = _bytes(given.evidence), None
    data = first
    if first.startswith(b"%PDF-"):
        data, wrapped = _read(given.evidence, first, cut_pdf)
    evidence = _read(given.evidence, data, read_evidence)
    document = _file(given.document, lambda data: read_beside(data, evidence.document))
    pdf = None if data is first else Pdf(None if wrapped is None else read_document(wrapped))
    (trust, elsewhere), policy = _trust(given.trust, evidence.origin), _file(given.policy, read_policy) or Policy()
    now = int(time.time()) if clock is None else clock
    verdict = Verifier(evidence, at, now, document, trust, policy, pdf, elsewhere).run()
    if data is not first:
        verdict["notice"] = PDF_NOTICE
    if given.original is not None:
        if wrapped is None:
            raise Malformed("--original: the evidence is in no PDF that was itself declared")
        try:
            with Path(given.original).open("xb") as file:  # never over what is there
                file.write(wrapped[wrapped.index(b"\n") + 1 :])
        except OSError as error:
            raise Malformed(f"--original {given.original}: {error.strerror}") from None
    return verdict


def in_words(verdict: dict[str, Any]) -> str:
    """The verdict for people. What a document holds must not steer their terminal, so it is printed harmlessly."""
    lines = [verdict["first_line"], f"Declaration {verdict['declaration']} as at {when(verdict['at'])}", ""]
    for check in verdict["checks"]:
        note = "" if check["decisive"] else " (does not count)"
        lines.append(f"{check['step']:3}  {check['status']:7}{note}  {check['name']}: {check['words']}")
    lines += ["", *(f"{question:10} {answer}" for question, answer in verdict["questions"].items())]
    if verdict["fields"] is not None:
        lines.append("{shown} fields are shown, {hidden} hidden".format(**verdict["fields"]))
    lines += [verdict["conclusion"], *([verdict["notice"]] if "notice" in verdict else [])]
    return "\n".join(map(printable, lines))


def one_line(text: str) -> str:
    """Text of others with all that does not print, such as a line end, as escapes."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def printable(text: str) -> str:
    """The text with all that does not print, or that this terminal does not have, as escapes."""
    coding = getattr(sys.stdout, "encoding", None) or "ascii"
    return one_line(text).encode(coding, "backslashreplace").decode(coding)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verify evidence of a trade document, with nothing but this file.")
    parser.add_argument("evidence", help="evidence, or a PDF that carries it")
    parser.add_argument("--document", "-d", help="the document: wrapped, redacted or plain")
    parser.add_argument("--trust", "-t", help="trust root, or a folder of them")
    parser.add_argument("--policy", "-p", help="policy")
    parser.add_argument("--at", help="decide as at this time, e.g. 2026-11-22T10:00:00Z; else now")
    parser.add_argument("--clock", help="this verifier's clock, if not the computer's; same form")
    parser.add_argument("--original", help="where to write the original of a PDF, without what was attached")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(words)
    try:
        verdict = decide(given)
    except Malformed as error:
        return _no_verdict(given.json, f"malformed: {error}")
    except Exception as error:  # not Python's own exit code for a crash, which is 1, NOT_GOOD
        return _no_verdict(given.json, f"this verifier failed, and decided nothing: {type(error).__name__}: {error}")
    say(json.dumps(verdict) if given.json else in_words(verdict))
    return {"GOOD": 0, "NOT_GOOD": 1, "UNDECIDED": 3}[verdict["conclusion"]]


def _no_verdict(as_json: bool, words: str) -> int:
    say(json.dumps({"error": words}) if as_json else printable(words))
    return 2


def say(text: str) -> None:
    """Print. A reader that went away, or a disk that is full, changes no exit code."""
    try:
        print(text, flush=True)
    except (OSError, ValueError):
        with suppress(OSError, ValueError):  # else Python would write it again when it ends, and exit with 120
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
