"""Changes of evidence, documents, trust roots and policies, none of which a verifier may take for the original.

A change is *accepted* when the verdict is as good as without it: no check that was VALID is anything else, and the
outcome is GOOD. What is harmless by nature is not made: white space in files that people edit, a trust root or policy
that demands less, lines of unknown keys in a checkpoint, which signed-note bids to ignore, and the order of its lines.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from ledger.core.document import Format, disclose, redact
from ledger.core.evidence.reading import read_evidence
from ledger.core.statements.resolutions import CouncilChange, MandateGrant
from ledger.core.verification.verdict import Conclusion, Status, Verdict
from ledger.errors import LedgerError, Malformed
from ledger.journeys.verify import VerificationRequest, verify_offline
from ledger.testing.world import COUNCIL, PLANT
from tests.conformance.parts import (
    CARD,
    CERTIFICATE,
    INVOICE,
    MEMBER,
    SCAN,
    Shipment,
    policy,
    requirement,
    shipment,
)
from tests.verifier.both import Asked


class Base(NamedTuple):
    """A question whose answer is GOOD, in which every byte matters; ``valid``: names of the checks that are VALID."""

    name: str
    files: dict[str, bytes]
    at: int
    valid: frozenset[str]


class Mutant(NamedTuple):
    """One changed file of a base."""

    base: Base
    kind: str
    file: str
    content: bytes


def judge(files: dict[str, bytes], at: int) -> Verdict:
    """The verdict on files as a verifier holds them; Malformed where one is none."""
    held = VerificationRequest.read(files["evidence"], files.get("document"), files["trust"], files["policy"])
    return verify_offline(held, at)


def bases() -> list[Base]:
    """Three formats of documents, an officer with a card, a council that changed: each entry shown is needed."""

    def changed_council(made: Shipment) -> None:
        made.world.enact(CouncilChange, (MEMBER.signer,), 1)
        made.world.council = [MEMBER]
        made.world.enact(MandateGrant, "NZ-MPI", 861, 0, 2_000_000_000)
        made.attest(kind=861)

    def kept(name: str) -> bool:
        return name in ("json", "council")

    plans: list[tuple[str, bytes, Format, int, Callable[[Shipment], Any]]] = [
        ("json", CERTIFICATE, Format.JSON, 851, lambda made: made.attest(PLANT)),
        ("xml", INVOICE, Format.XML, 851, lambda made: made.attest(CARD)),
        ("opaque", SCAN, Format.OPAQUE, 851, lambda made: made.attest(PLANT)),
        ("council", CERTIFICATE, Format.JSON, 861, changed_council),
    ]
    found = []
    for name, content, format_, kind, attest in plans:
        made = shipment(content, format_, threshold=2)
        made.world.council = [COUNCIL, MEMBER]
        attest(made)
        whole = redact(made.document, [])
        shown = disclose(made.document, {"json": ["$.goods"], "council": []}[name]) if kept(name) else whole
        files = {
            "evidence": made.evidence(shown).to_bytes(),
            "trust": made.world.trust.to_bytes(),
            "policy": policy(max_age=1000, require=[requirement(kind, ("NZ",), (1,))]),
        }
        if name != "xml":
            files["document"] = (made.document if name == "opaque" else whole).to_bytes()
        at = made.world.now
        verdict = judge(files, at)
        assert verdict.conclusion is Conclusion.GOOD, verdict
        valid = frozenset(check.name for check in verdict.checks if check.status is Status.VALID)
        found.append(Base(name, files, at, valid))
    return found


def accepted(mutant: Mutant) -> bool:
    """Whether the verdict is as good as without the change. Any error but Malformed is the caller's to hear of."""
    try:
        verdict = judge({**mutant.base.files, mutant.file: mutant.content}, mutant.base.at)
    except Malformed:
        return False
    valid = {check.name for check in verdict.checks if check.status is Status.VALID and check.decisive}
    if verdict.conclusion is not Conclusion.GOOD or not mutant.base.valid <= valid:
        return False
    return mutant.file != "evidence" or not _only_more_lines(mutant)


def _only_more_lines(mutant: Mutant) -> bool:
    """Whether nothing but signature lines came to the checkpoint."""
    was, found = read_evidence(mutant.base.files["evidence"]), read_evidence(mutant.content)
    lines = found.checkpoint.signatures
    same = replace(found, checkpoint=was.checkpoint) == was and found.checkpoint.checkpoint == was.checkpoint.checkpoint
    return same and set(was.checkpoint.signatures) <= set(lines)


def outcome(mutant: Mutant) -> str:
    """How the change was met: the outcome of the verdict, MALFORMED, ACCEPTED, or the error that should not be."""
    try:
        verdict = judge({**mutant.base.files, mutant.file: mutant.content}, mutant.base.at)
    except Malformed:
        return "MALFORMED"
    except (LedgerError, Exception) as error:
        return f"CRASHED {type(error).__name__}"
    if accepted(mutant):
        return "ACCEPTED"
    return "NOTICED" if verdict.conclusion is Conclusion.GOOD else verdict.conclusion.name


def asked(mutant: Mutant) -> Asked:
    """The question that its files are."""
    files = {**mutant.base.files, mutant.file: mutant.content}
    return Asked(files["evidence"], files.get("document"), files["trust"], files["policy"], None, mutant.base.at)


def mutants(chance: random.Random, starts: list[Base]) -> Iterator[Mutant]:
    """Without end: a file of a base with one change, never the file itself."""
    while True:
        base = chance.choice(starts)
        kind, make = chance.choice(_KINDS)
        made = make(chance, base, starts)
        if made is not None and base.files.get(made[0]) not in (None, made[1]):
            yield Mutant(base, kind, *made)


Made = tuple[str, bytes] | None
_SPACE = b" \t\r\n"


def _strict(chance: random.Random, base: Base) -> str:
    """A file of which every byte matters."""
    return chance.choice([name for name in ("evidence", "evidence", "document") if name in base.files])


def _flip(chance: random.Random, base: Base, _: list[Base]) -> Made:
    file = _strict(chance, base)
    data = bytearray(base.files[file])
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return file, bytes(data)


def _byte(chance: random.Random, base: Base, _: list[Base]) -> Made:
    file = _strict(chance, base)
    data = bytearray(base.files[file])
    at = chance.randrange(len(data))
    action = chance.randrange(4)
    if action == 0:
        del data[at : at + chance.choice([1, 1, 2, 64, 1000])]
    elif action == 1:
        data[at:at] = chance.randbytes(chance.choice([1, 1, 2, 64]))
    elif action == 2:
        data[at] = chance.choice(string.printable.encode())
    else:
        end = min(len(data), at + chance.randrange(1, 200))
        data[at:at] = data[at:end]
    return file, bytes(data)


def _cut(chance: random.Random, base: Base, _: list[Base]) -> Made:
    file = chance.choice(sorted(base.files))
    data = base.files[file].rstrip(_SPACE)
    return file, data[: chance.randrange(len(data))]


def _spliced(chance: random.Random, base: Base, starts: list[Base]) -> Made:
    """Evidence or document of another question; where no document is given, other evidence is simply good."""
    other = chance.choice(starts)
    file = chance.choice(["evidence", "document"])
    return (file, other.files[file]) if "document" in base.files and file in other.files else None


def _structured(chance: random.Random, base: Base, starts: list[Base]) -> Made:
    """One change to the evidence's JSON, in canonical form again."""
    value = json.loads(base.files["evidence"])
    holders = [holder for holder in _holders(value) if holder]
    holder = chance.choice(holders)
    key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    action = chance.randrange(5)
    if action == 0:
        del holder[key]
    elif action == 1:
        holder[key] = _other(chance, holder[key])
    elif action == 2 and isinstance(holder, list):
        holder.insert(chance.randrange(len(holder) + 1), holder[key])
    elif action == 3:
        donor = chance.choice([item for item in _holders(json.loads(chance.choice(starts).files["evidence"])) if item])
        holder[key] = chance.choice(list(donor.values()) if isinstance(donor, dict) else donor)
    elif isinstance(holder, list):
        other = chance.randrange(len(holder))
        holder[key], holder[other] = holder[other], holder[key]
    return "evidence", json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _holders(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from _holders(item)


def _other(chance: random.Random, value: Any) -> Any:
    """Another value of the same type, close by; or of another type."""
    if chance.randrange(8) == 0:
        return chance.choice([None, True, 0, -1, 1.5, "", [], {}, [value]])
    if isinstance(value, str) and value:
        at = chance.randrange(len(value))
        alphabet = string.hexdigits if value.startswith("0x") else string.printable
        return value[:at] + chance.choice(alphabet) + value[at + 1 :]
    if type(value) is int:
        return value + chance.choice([-1, 1, 2, 8, 1 << 32, -(1 << 63)])
    return [value]


def _path(chance: random.Random, base: Base, _: list[Base]) -> Made:
    """A proof that is longer, shorter, in another order, or of another size or index."""
    value = json.loads(base.files["evidence"])
    proven = chance.choice([*value["inclusions"], *value["entries"]])
    proof, action = proven["proof"], chance.randrange(5)
    if action == 0 and proof:
        proof.pop(chance.randrange(len(proof)))
    elif action == 1:
        proof.insert(chance.randrange(len(proof) + 1), "0x" + chance.randbytes(32).hex())
    elif action == 2:
        chance.shuffle(proof)
    elif action == 3 and "size" in proven:
        member = chance.choice(["index", "size"])
        proven[member] = max(0, proven[member] + chance.choice([-2, -1, 1, 2, 1 << chance.randrange(3, 60)]))
    elif proof:
        at = chance.randrange(len(proof))
        proof[at] = "0x" + (int(proof[at], 16) ^ 1 << chance.randrange(256)).to_bytes(32).hex()
    return "evidence", json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _note(chance: random.Random, base: Base, _: list[Base]) -> Made:
    """The checkpoint: a line dropped, a size, root, key or signature changed."""
    value = json.loads(base.files["evidence"])
    lines = value["checkpoint"].split("\n")
    at = chance.choice([0, 1, 2, 3, 5, 6, 7])
    if chance.randrange(4) == 0:
        del lines[at]
    elif at == 1:
        lines[1] = str(max(0, int(lines[1]) + chance.choice([-1, 1, 7])))
    else:
        head, _, blob = lines[at].rpartition(" ")
        if chance.randrange(4) == 0 or not blob.endswith("="):
            place = chance.randrange(len(lines[at]))
            lines[at] = lines[at][:place] + chance.choice(string.ascii_letters) + lines[at][place + 1 :]
        else:
            data = bytearray(base64.b64decode(blob))
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            lines[at] = (
                f"{head} {base64.b64encode(data).decode()}".lstrip() if head else base64.b64encode(data).decode()
            )
    value["checkpoint"] = "\n".join(lines)
    return "evidence", json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _trust(chance: random.Random, base: Base, _: list[Base]) -> Made:
    """A trust root of others, or none."""
    value = json.loads(base.files["trust"])
    action = chance.randrange(6)
    if action == 0:
        value.pop(chance.choice(sorted(value)))
    elif action == 1:
        value[chance.choice(["comment", "threshold ", "Origin"])] = 1
    elif action == 2:
        value["threshold"] += chance.randrange(1, 9)
    elif action == 3:
        value["witnesses"].pop(chance.randrange(len(value["witnesses"])))
    elif action == 4:
        at = chance.randrange(len(value["witnesses"]))
        value["witnesses"][at] = _other(chance, value["witnesses"][at])
    else:
        member = chance.choice(["log_keys", "origin", "ledger", "witnesses"])
        value[member] = _other(chance, value[member])
    return _edited(base, "trust", value)


def _policy(chance: random.Random, base: Base, _: list[Base]) -> Made:
    """A policy that demands more or other, or none."""
    value = json.loads(base.files["policy"])
    wanted = value["require"][0]
    action = chance.randrange(8)
    if action == 0:
        value.pop(chance.choice(sorted(value)))
    elif action == 1:
        value[chance.choice(["comment", "Require", "max-age"])] = None
    elif action == 2:
        wanted["kind"] += chance.choice([-1, 1, 9, 1 << 16])
    elif action == 3:
        wanted["jurisdictions"] = [chance.choice(["NL", "nz", "", 7, None, "NZL"])]
    elif action == 4:
        wanted["outcomes"] = [chance.choice([0, 2, 8, -1, "1", 1 << 16])]
    elif action == 5:
        value["witnesses"] = chance.choice([3, 9, -1, "2", True, 2.0])
    elif action == 6:
        value["max_age"] = chance.choice([-1, -60, "1000", True, 1.5])
    else:
        member = chance.choice(["allow_skipped", "clock_tolerance", "require", "ledger"])
        value[member] = chance.choice([1.5, "x", -1, {}, 86_401, [{}]])
    return _edited(base, "policy", value)


def _edited(base: Base, file: str, value: Any) -> Made:
    """A file in which white space and order are free: None where it says the same."""
    return None if value == json.loads(base.files[file]) else (file, json.dumps(value).encode())


_KINDS: list[tuple[str, Callable[[random.Random, Base, list[Base]], Made]]] = [
    ("bit flipped", _flip),
    ("bytes changed", _byte),
    ("file cut", _cut),
    ("file of another", _spliced),
    ("member changed", _structured),
    ("proof changed", _path),
    ("checkpoint changed", _note),
    ("trust root changed", _trust),
    ("policy changed", _policy),
]
