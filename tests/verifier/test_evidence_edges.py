"""Evidence, trust roots and policies at the edge of what the documents permit, judged alike by all verifiers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_abi import encode

from ledger.testing.world import ORIGIN, PLANT, START
from tests.conformance.parts import attested, policy, requirement, spelled
from tests.verifier.alike import alike
from tests.verifier.both import Asked

MADE = attested()
EVIDENCE, TRUST = MADE.evidence().to_bytes(), MADE.world.trust.to_bytes()
NOTE: str = json.loads(EVIDENCE)["checkpoint"]
ASKED = Asked(EVIDENCE, None, TRUST, policy(), None, MADE.world.now)
WHOLE = [0, 1, 65_535, 65_536, 2**53 - 1, 2**53, 2**64 - 1, 2**64, -1, 1.0, True, None, "1"]


def agreed(asked: Iterable[Asked]) -> None:
    """All verifiers give each the same answer, and not all are refused as malformed, nor none."""
    outcomes = set()
    for item in asked:
        found = alike(item)
        outcomes.add(found[0] == "MALFORMED")
    assert outcomes == {True, False}


def evidence(change: Callable[[dict[str, Any]], Any]) -> Asked:
    value = json.loads(EVIDENCE)
    change(value)
    return ASKED._replace(evidence=spelled(value))


def with_member(value: Any, *path: Any) -> Asked:
    def change(holder: Any) -> None:
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = value

    return evidence(change)


def test_numbers() -> None:
    agreed(with_member(value, "declaration", "document_type") for value in WHOLE)
    agreed(with_member(value, "inclusions", 0, name) for name in ("size", "index") for value in WHOLE)


def test_bytes() -> None:
    agreed(with_member("0x" + "11" * size, "declaration", "party") for size in (0, 19, 20, 21, 84, 128, 129))
    agreed(with_member("0x" + "11" * size, "declaration", "digest") for size in (31, 32, 33))
    agreed(
        with_member(text, "signature")
        for text in ("0x", "0xaa", "0xAA", "0xa", "aa", "0Xaa", "0xaa\n", "0x" + "11" * 1025)
    )
    agreed(with_member(["0x" + "00" * 32] * count, "inclusions", 0, "proof") for count in (0, 64, 65))


def test_origins() -> None:
    chains = ["0", "1", "01", "-1", str(2**256 - 1), str(2**256), "1_0", "\u0661", ""]
    agreed(with_member(f"eip155:{chain}:0x{'00' * 20}:{'00' * 32}", "origin") for chain in chains)
    agreed(with_member(text, "origin") for text in (str(ORIGIN), str(ORIGIN).upper(), str(ORIGIN) + "0", f" {ORIGIN}"))


def test_checkpoints() -> None:
    head, _, tail = NOTE.partition("\n\n")
    origin, _, root, index = head.split("\n")
    sizes = ["0", "1", "01", "-1", "+1", "1_0", "\u0661", "", str(10**19 - 1), str(10**19), str(2**64)]
    agreed(with_member(f"{origin}\n{size}\n{root}\n{index}\n\n{tail}", "checkpoint") for size in sizes)
    roots = [root, root[:-1], root + "\n", "AA==", root.replace("=", ""), root + "="]
    agreed(with_member(f"{origin}\n1\n{item}\n{index}\n\n{tail}", "checkpoint") for item in roots)
    indexes = [index, index[:-1], index + "\n", f"{index}=", f" {index}", index.replace("/1 ", "/1"), "", root]
    indexes += [index.replace("/1", "/2"), index.replace("t", "T"), f"{index}\n{index}"]
    indexes += ["trade-ledger/index/1 AA==", "trade-ledger/index/1 "]
    agreed(with_member(f"{origin}\n1\n{root}\n{item}\n\n{tail}", "checkpoint") for item in indexes)
    blob = base64.b64encode(bytes(68)).decode()
    names = [
        "a",
        "a" * 200,
        "a" * 201,
        "\u00e9",
        "a\u00a0b",
        "a\u200bb",
        "a\x01b",
        "a\x7fb",
        "a\x85b",
        "\ud800",
        "a+b",
        "a b",
        "",
    ]
    agreed(with_member(f"{NOTE}\u2014 {name} {blob}\n", "checkpoint") for name in names)
    blobs = [base64.b64encode(bytes(size)).decode() for size in (0, 4, 5, 1000)]
    agreed(
        with_member(f"{NOTE}\u2014 x {item}\n", "checkpoint") for item in [*blobs, blob[:-1], blob + " ", blob + "\n"]
    )
    agreed(with_member(NOTE + f"\u2014 x {blob}\n" * count, "checkpoint") for count in (1, 600, 800))
    agreed(
        with_member(text, "checkpoint") for text in (NOTE, NOTE[:-1], NOTE + "\n", head + "\n\n", head + "\n", "", 1)
    )


# ------------------------------------------------------------------------------------------------------------- entries

ENDORSED = "(bytes,bytes)[]"
RESOLUTION: dict[int, list[str]] = {
    0: ["bytes[]", "uint16", "uint64", ENDORSED],
    1: ["bytes16", "string", "bytes2", "string", "uint64", ENDORSED],
    2: ["bytes16", "uint64", ENDORSED],
    5: ["bytes", "uint64", ENDORSED],
    6: ["bytes", "uint40", "uint64", ENDORSED],
    7: ["bytes16", "uint16", "uint40", "uint40", "uint64", ENDORSED],
    9: ["bytes32", "uint64"],
    10: ["(bytes16,uint16,uint16,bytes32,uint40,uint40,bytes32,uint64,bytes32)", "bytes", "bytes"],
    12: ["(bytes,bytes32,uint16,bytes32)", "(bytes32,uint16,bytes32)", "bytes"],
}
ADDRESS, AGENCY, ANY = b"\x11" * 20, b"NZ-MPI".ljust(16, b"\0"), b"\x01" * 32


def entry(kind: int, *values: Any, number: int = 3, time: int = START) -> bytes:
    return number.to_bytes(8) + bytes([kind]) + time.to_bytes(8) + encode(RESOLUTION[kind], values)


def shown(*entries: bytes) -> Asked:
    """The evidence with these entries and no other; that they are in no checkpoint is a check, not a defect of form."""
    return evidence(lambda value: value.update(entries=[{"bytes": "0x" + item.hex(), "proof": []} for item in entries]))


def test_entry_bytes() -> None:
    good = entry(9, ANY, 3)
    agreed(map(shown, [good, good[:-1], good + bytes(32), good[:17], good[:16], b"", good[:8] + b"\x0d" + good[9:]]))
    agreed(shown(entry(9, ANY, 3, time=time)) for time in (0, 2**40 - 1, 2**40, 2**64 - 1))
    agreed([*(shown(entry(9, ANY, 3, number=number)) for number in (0, 2**53, 2**64 - 1)), shown(good, good)])


def test_councils() -> None:
    members = [bytes([number]) * 20 for number in range(1, 34)]
    agreed(shown(entry(0, members[:count], 1, 0, [], number=0)) for count in (0, 1, 32, 33))
    agreed(shown(entry(0, [b"\x11" * size], 1, 0, [], number=0)) for size in (19, 20, 52, 128, 129))
    thresholds = [shown(entry(0, members[:2], threshold, 0, [], number=0)) for threshold in (0, 2, 3, 65_535)]
    agreed([*thresholds, shown(entry(0, members[:1] * 2, 1, 0, [], number=0))])


def test_endorsements() -> None:
    """Their number and lengths are no matter of form: what cannot be a signature is judged as none."""
    pairs = [(b"\x11" * signer, bytes(signature)) for signer in (0, 20, 1000) for signature in (0, 65, 1025, 3000)]
    wrong = entry(2, AGENCY, 1, [(ADDRESS, b"")])
    changed = [wrong[:-1] + b"\x01", wrong[:48] + b"\xff" + wrong[49:]]
    agreed([*(shown(entry(2, AGENCY, 1, [pair] * 3)) for pair in pairs), *map(shown, changed)])


def test_agencies() -> None:
    codes = [b"", b"A", b"nz", b"NZ MPI", b"A" * 16, b"-", b"A\0B", b"NZ_", b"\xff", b"1"]
    agreed(shown(entry(1, code.ljust(16, b"\0"), "x", b"NZ", "u", 1, [])) for code in codes)
    agreed(shown(entry(1, AGENCY, "x", code, "u", 1, [])) for code in (b"NZ", b"nz", b"N\0", b"N1", b"ZZ"))
    names = ["", "x", "x" * 128, "x" * 129, "\u00e9" * 64, "\u00e9" * 65, "\0", "\ufffe"]
    agreed(shown(entry(1, AGENCY, name, b"NZ", "u", 1, [])) for name in names)
    agreed(shown(entry(1, AGENCY, "x", b"NZ", uri, 1, [])) for uri in ("", "x" * 256, "x" * 257))
    not_utf8 = entry(1, AGENCY, "zzz", b"NZ", "u", 1, [])
    agreed(shown(not_utf8.replace(b"zzz", by)) for by in (b"yyy", b"\xff\xfe\xfd", b"\xed\xa0\x80"))


def test_what_the_contract_refuses_is_no_matter_of_form() -> None:
    def attestation(
        *, root: bytes = ANY, size: int = 1, times: tuple[int, int] = (5, 9), code: bytes = AGENCY
    ) -> Asked:
        return shown(entry(10, (code, 851, 1, ANY, *times, root, size, ANY), b"\x11" * 19, bytes(1025)))

    periods = [shown(entry(7, AGENCY, 851, *period, 1, [])) for period in ((0, 0), (6, 5), (2**40 - 1, 2**40 - 1))]
    anchors = [shown(entry(9, ANY, 0)), shown(entry(9, bytes(32), 1))]
    dates = [shown(entry(6, ADDRESS, since, 1, [])) for since in (0, START + 10**6)]
    sets = [attestation(root=bytes(32)), attestation(size=0), attestation(times=(9, 9)), attestation(code=bytes(16))]
    withdrawn = [shown(entry(12, (party, ANY, 1, ANY), (ANY, 1, ANY), bytes(5))) for party in (ADDRESS, b"\x11" * 19)]
    agreed([*periods, *anchors, *dates, *sets, *withdrawn, shown(entry(5, b"", 1, []))])


def test_an_attestation_in_two_entries() -> None:
    """No honest history has it."""
    said = (AGENCY, 851, 1, ANY, 1, 2**40 - 1, *MADE.batch[:2], ANY)
    first, second = (entry(10, said, PLANT.signer, bytes(65), number=number) for number in (3, 4))
    later = entry(10, said, PLANT.signer, bytes(65), number=4, time=START + 10**9)
    agreed([shown(first, second), shown(first, later), shown(first, first)])


# ------------------------------------------------------------------------------------------------ trust root and policy


def point(number: int) -> bytes:
    """An Ed25519 public key, 32 bytes: keys that are no point of full order are malformed."""
    return Ed25519PrivateKey.from_private_bytes(number.to_bytes(32)).public_key().public_bytes_raw()


def vkey(name: str, type_: int = 4, key: bytes = point(0)) -> str:
    id_ = sha256(name.encode() + b"\n" + bytes([type_]) + key).hexdigest()[:8]
    return f"{name}+{id_}+{base64.b64encode(bytes([type_]) + key).decode()}"


def log_key(key: object, up_to: object = None) -> dict[str, Any]:
    return {"key": key, "up_to": up_to}


def trust(**members: Any) -> Asked:
    return ASKED._replace(trust=json.dumps(json.loads(TRUST) | members).encode())


def demand(**members: Any) -> Asked:
    return ASKED._replace(policy=policy(**members))


def test_trust_roots() -> None:
    agreed(trust(threshold=value) for value in [*WHOLE, 2, 3])
    log, one = json.loads(TRUST)["log_keys"][0]["key"], json.loads(TRUST)["witnesses"][0]
    key = point(1)
    pairs = [
        [one],
        [one, one],
        [log],
        [vkey("x"), vkey("x", key=key)],
        [vkey("x"), vkey("y")],
        [vkey("x"), vkey("y", key=key)],
    ]
    odd = [
        [vkey("x", key=bytes(32))],
        [vkey("x", key=key[:31])],
        [vkey("x", type_=5)],
        [one.replace("+", "+0", 1)],
        [one.upper()],
        {},
        [1],
        one,
    ]
    agreed(trust(witnesses=value, threshold=0) for value in [*pairs, *odd])
    many = [vkey(f"w{number}", key=point(number)) for number in range(65)]
    agreed(trust(witnesses=many[:count]) for count in (64, 65))
    names = ["a" * 200, "a" * 201, "\u00e9", "a b", "a\x7f", "a\x01", "", "\u00a0", "\u200b"]
    agreed(trust(witnesses=[vkey(name)], threshold=0) for name in names)
    agreed(trust(log_keys=[log_key(value)]) for value in (log, one, log.replace("eip155", "eip156"), 1))
    name, later = json.loads(TRUST)["origin"], point(2)
    other = vkey(name, type_=1, key=later)
    agreed(trust(log_keys=[log_key(log, value)]) for value in [*WHOLE, 10, 11, 2**63])
    sizes = [(before, after) for before in (3, 12, None) for after in (3, 12, None)]
    for first, second in ((log, other), (other, log)):
        agreed(trust(log_keys=[log_key(first, before), log_key(second, after)]) for before, after in sizes)
    keys = [log_key(vkey(name, type_=1, key=point(number)), 1) for number in range(64)]
    own = log_key(log)
    lists = [[], {}, log, [log], [log_key(log, 99)] * 2, [*keys[1:], own], [*keys, own], [own | {"more": 1}], [{}]]
    agreed(trust(log_keys=value) for value in lists)


@pytest.mark.parametrize("name", ["trust", "policy"])
def test_spellings(name: str) -> None:
    content = getattr(ASKED, name)
    value = json.loads(content)
    spellings = [content, b"\xef\xbb\xbf" + content, b" \n" + content + b"\t\r\n", b"\v" + content, b" ", b"[]"]
    spellings += [
        content.decode().encode("utf-16"),
        b'{"ledger":"",' + content.strip()[1:],
        json.dumps(value | {"x": 1}).encode(),
    ]
    spellings += [json.dumps({key: value[key] for key in value if key != gone}).encode() for gone in value]
    spellings += [content.ljust(size) for size in (2**20, 2**20 + 1)]
    agreed(ASKED._replace(**{name: spelling}) for spelling in spellings)


def test_policies() -> None:
    agreed(demand(allow_skipped=value) for value in (True, False, 1, None, "true"))
    agreed(demand(clock_tolerance=value) for value in [*WHOLE, 86_400, 86_401])
    agreed(demand(max_age=value) for value in WHOLE)
    agreed(demand(witnesses=value) for value in WHOLE)
    agreed(demand(require=value) for value in ([], [requirement()] * 100, [{}], {}, "", [requirement() | {"x": 1}]))
    agreed(demand(require=[requirement() | {"kind": value}]) for value in WHOLE)
    agreed(demand(require=[requirement() | {"outcomes": value}]) for value in ([], [1, 1], [65_536], [True], 1, ["1"]))
    places = ([], ["NZ", "NZ"], ["nz"], ["N1"], ["NZL"], ["ZZ"], "NZ", [1])
    agreed(demand(require=[requirement() | {"jurisdictions": value}]) for value in places)
