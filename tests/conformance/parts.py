"""What conformance cases are made of: a history in memory, keys made from names, and the files of a case."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import signed
from ledger.core.document import Format, Redacted, Wrapped, wrap
from ledger.core.encoding.ids import SetName, SubjectKey
from ledger.core.encoding.keccak import keccak
from ledger.core.encoding.text import when
from ledger.core.evidence.closure import subjects_about
from ledger.core.evidence.evidence import Evidence, ProvenEntry
from ledger.core.evidence.inclusion import BatchTree, set_of_one
from ledger.core.history.entry import (
    Attested,
    Content,
    Enacted,
    Endorsement,
    Entry,
    EntryKind,
    Revoked,
    encode_payload,
    kind_of,
)
from ledger.core.history.subjects import subject_key
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.resolutions import AttesterAuthorisation, Resolution, make_resolution
from ledger.core.statements.signature import P256_N
from ledger.core.tree.merkle import Tree
from ledger.testing.world import COUNCIL, CUSTOMS, ORIGIN, PLANT, START, TRADER, Key, Witness, World, index_of

KIWI, EMU, MOA = Witness("kiwi.example"), Witness("emu.example"), Witness("moa.example")
SECOND, MEMBER, THIEF = Key("second plant officer"), Key("second council member"), Key("thief")
CERTIFICATE = (
    b'{"certificate":"NZL2026/TGA/0001","consignee":{"country":"NL","name":"Maasvallei Vers"},'
    b'"goods":[{"cartons":4800,"hs":"080440","name":"Hass avocados","net mass":19200.5}],"treated":true,"remarks":null}'
)
INVOICE = (
    b'<?xml version="1.0"?><i:Invoice xmlns:i="urn:example:invoice"><i:ID>INV-7</i:ID><i:Note>Zespri &amp; co</i:Note>'
    b'<i:Line n="1"><i:Price currency="EUR">48384.00</i:Price></i:Line><?print twice?></i:Invoice>'
)
SCAN = b"%PDF-1.7\n% a scanned page, as bytes\n\xff\xd8\xff\n%%EOF\n"
GOOD, BAD, BROKEN, OPEN = 0, 1, 2, 3
NAME = "NZ-MPI 851"


@dataclass(frozen=True)
class P256Key:
    """An officer whose card holds a P-256 key."""

    name: str

    @property
    def _secret(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(int.from_bytes(sha256(self.name.encode()).digest()), ec.SECP256R1())

    @property
    def signer(self) -> bytes:
        point = self._secret.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return ORIGIN.p256_verifier + point[1:]

    def sign(self, digest: bytes) -> bytes:
        algorithm = ec.ECDSA(Prehashed(SHA256()), deterministic_signing=True)
        r, s = decode_dss_signature(self._secret.sign(digest, algorithm))
        return r.to_bytes(32) + min(s, P256_N - s).to_bytes(32)


CARD = P256Key("officer with a card")


@dataclass
class Shipment:
    """A history in which one declaration stands in a batch of five, and what a case does to it."""

    world: World
    declared: tuple[Declaration, bytes]
    batch: tuple[bytes, int, list[bytes]]
    document: Wrapped
    sets: list[tuple[bytes, int, list[bytes]]] = field(default_factory=list)

    @property
    def id(self) -> bytes:
        return self.declared[0].id(self.world.origin)

    def attest(self, officer: Any = PLANT, code: str = "NZ-MPI", kind: int = 851, **more: Any) -> bytes:
        return self.world.attest(code, kind, *self.batch[:2], officer, **more)

    def evidence(self, document: Redacted | None = None) -> Evidence:
        return self.world.evidence(*self.declared, self.batch, *self.sets, document=document)


def shipment(
    content: bytes = CERTIFICATE,
    format_: Format = Format.JSON,
    threshold: int = 1,
    party: Key = TRADER,
    digest: Callable[[Wrapped], bytes] = lambda document: document.digest,
) -> Shipment:
    """Council of two, two agencies, a batch of five; nothing attested yet. Two witnesses cosign.

    ``digest`` says which digest of the document is declared, for cases in which it is a wrong one.
    """
    world = World([COUNCIL, MEMBER], threshold, [KIWI, EMU])
    world.enrol("NZ-MPI", "NZ", [851], PLANT, SECOND)
    world.enact(AttesterAuthorisation, CARD.signer, "NZ-MPI")
    world.enrol("NZ-CUSTOMS", "NZ", [132], CUSTOMS)
    document = wrap(content, format_, sha256(b"seed of a sample").digest())
    declared = world.declare(digest(document), 851, party)
    others = [world.declare(bytes([number]) * 32)[0] for number in range(1, 5)]
    batch = world.anchor([others[0], others[1], declared[0], others[2], others[3]])
    return Shipment(world, declared, batch, document)


IN_FORCE = {"freshness", "withdrawal", "in force", "revocation", "compromise", "refusal"}
ENDING = {"checkpoint", "entries"}
AUTHORITY = {"declaration", "set", "signature", "authority", "policy"}


@dataclass
class Case:
    """One question and its answer. ``at``: the time that is judged, None where none is given.

    ``failed``: names of the decisive checks that are INVALID or ERROR; ``undecided``: those of them that are ERROR, by
    default all where the exit code says that nobody can decide, else none. ``said``: what agencies say, in the order in
    which the verdict tells it, as agency, kind, outcome and whether it is adverse; None where the case does not ask.
    ``trusts``: a folder of trust roots in the place of one, by the names of its files.
    ``spelled_at``: the time in another spelling than the permitted one.
    """

    about: str
    evidence: bytes
    at: int | None
    clock: int
    exit: int = GOOD
    failed: tuple[str, ...] = ()
    document: bytes | None = None
    trust: bytes | None = None
    trusts: dict[str, bytes] | None = None
    policy: bytes | None = None
    undecided: tuple[str, ...] | None = None
    said: Sequence[tuple[str, int, int, bool]] | None = None
    spelled_at: str | None = None

    @property
    def questions(self) -> dict[str, str]:
        """The answer to each question: its weakest decisive check.

        Offline nobody knows what came later, unless the policy says how old evidence may be; and without a document
        only its digest is proven.
        """
        opened = self.document is not None or b'"document":{"fields":[[' in self.evidence
        if self.evidence.startswith(b"%PDF-"):  # one that only carries evidence does not prove its pages
            opened = b"ledger-document.txt" in self.evidence
        recent = self.policy is not None and json.loads(self.policy).get("max_age") is not None
        known = recent and not {"freshness", "complete"} & set(self.failed)
        answers = {
            "intact": "VALID" if opened else "SKIPPED",
            "in_force": "VALID" if known else "SKIPPED",
            "authority": "VALID",
        }
        open_ = (self.failed if self.exit == OPEN else ()) if self.undecided is None else self.undecided
        for name in sorted(self.failed, key=lambda name: name not in open_):
            kind = re.sub(r"^[A-Z]{2}-\S+ \d+ ", "", name)
            question = "in_force" if kind in IN_FORCE else "authority" if kind in AUTHORITY else "intact"
            answers[question] = "ERROR" if name in open_ else "INVALID"
        if ENDING & set(self.failed):  # the verdict ends, and no other question is asked
            answers |= {"in_force": "SKIPPED", "authority": "SKIPPED"}
        return answers

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        said: dict[str, Any] = {
            "about": self.about,
            "at": self.spelled_at or (None if self.at is None else when(self.at)),
            "clock": when(self.clock),
            "exit": self.exit,
            "failed": sorted(self.failed),
        }
        if self.exit != BROKEN:
            said["questions"] = self.questions
        if self.said is not None:
            names = ("agency", "kind", "outcome", "adverse")
            said["attested_by"] = [dict(zip(names, word, strict=True)) for word in self.said]
        (folder / "case.json").write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n")
        for name, content in [
            ("evidence.json", self.evidence),
            ("document", self.document),
            ("trust.json", self.trust),
            ("policy.json", self.policy),
        ]:
            if content is not None:
                (folder / name).write_bytes(content)
        if self.trusts is not None:
            (folder / "trust").mkdir()
            for name, content in self.trusts.items():
                (folder / "trust" / name).write_bytes(content)


CASES: dict[str, Case] = {}


def case(name: str, about: str, made: Shipment | None = None, **more: Any) -> None:
    """Add a case. From ``made`` come evidence, trust root and times, unless ``more`` gives them."""
    if made is not None:
        more = {"trust": made.world.trust.to_bytes(), "at": made.world.now} | more
        if "evidence" not in more:
            more["evidence"] = made.evidence().to_bytes()
    # A verifier's clock is never before the cosignatures, and never before what it judges, unless the case says so.
    more.setdefault("clock", max(more["at"] or 0, made.world.now if made is not None else 0))
    found = Case(about, **more)
    assert name not in CASES, name
    assert name.endswith("_fail") == (found.exit != GOOD), name
    CASES[name] = found


def spelled(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def edited(change: Callable[[dict[str, Any]], Any], made: Shipment | None = None, **more: Any) -> bytes:
    """Evidence with one change to its JSON, in canonical form again."""
    value = json.loads((made or attested()).evidence(**more).to_bytes())
    change(value)
    return spelled(value)


def attested(**more: Any) -> Shipment:
    made = shipment(**more)
    made.attest()
    return made


def policy(**members: Any) -> bytes:
    value = {
        "ledger": "trade-ledger/policy/2",
        "allow_skipped": True,
        "clock_tolerance": 15,
        "max_age": None,
        "max_hidden": None,
        "refuse": [],
        "require": [],
        "show": [],
        "witnesses": None,
    }
    return json.dumps(value | members).encode()


def requirement(kind: int = 851, jurisdictions: tuple[str, ...] = (), outcomes: tuple[int, ...] = ()) -> dict[str, Any]:
    return {"kind": kind, "jurisdictions": list(jurisdictions), "outcomes": list(outcomes)}


# ---------------------------------------------------------------------------------- histories past the contract's rules


def unruly(made: Shipment, content: Content) -> None:
    """Write an entry that the contract would refuse. From then on ``everything`` makes the evidence."""
    world = made.world
    world.entries.append(Entry(len(world.entries), kind_of(content), world.now, encode_payload(content)))
    world.now += 60


def everything(made: Shipment) -> bytes:
    """Evidence with every entry about it, rules or no rules, signed by the log and both witnesses."""
    world = made.world
    tree = Tree(item.hash for item in world.entries)
    index = index_of(world.entries, world.origin)
    checkpoint = Checkpoint(world.origin, tree.size, tree.root, index.root(tree.size))
    note = signed(checkpoint, world.log_key, world.log.sign(checkpoint.text.encode()))
    for witness in world.witnesses:
        note = witness.cosign(note, world.now)
    inclusions = tuple(BatchTree(ids).inclusion(made.id) for _, _, ids in (made.batch, *made.sets))
    proof = index.prove(keys_in_question(made, world.entries), tree.size)
    numbers = sorted({tree.size - 1}.union(*proof.lists))
    shown = tuple(ProvenEntry(world.entries[number], tuple(tree.inclusion(number))) for number in numbers)
    return Evidence(world.origin, *made.declared, inclusions, shown, proof, note).to_bytes()


def without(evidence: bytes, *numbers: int) -> bytes:
    """Evidence from which somebody has removed some entries."""
    value = json.loads(evidence)
    value["entries"] = [
        item for item in value["entries"] if Entry.from_data(bytes.fromhex(item["bytes"][2:])).number not in numbers
    ]
    return spelled(value)


def keys_in_question(made: Shipment, entries: Sequence[Entry]) -> list[SubjectKey]:
    """The keys of the subjects of which all entries must be shown, if the history has these entries."""
    sets = {set_of_one(made.id), *(SetName(root, size) for root, size, _ in (made.batch, *made.sets))}
    contents = [entry.content for entry in entries]
    attested = [
        (item.attestation.id(made.world.origin), item)
        for item in contents
        if isinstance(item, Attested) and SetName(item.attestation.root, item.attestation.size) in sets
    ]
    revoked = [item for item in contents if isinstance(item, Revoked)]
    return sorted(map(subject_key, subjects_about(made.id, sets, attested, revoked)))


def statement(made: Shipment, kind: int = 851, **more: Any) -> Attestation:
    """What the plant health agency says about the batch."""
    said = Attestation("NZ-MPI", kind, 1, ZERO, START, NO_END, *made.batch[:2], b"\x05" * 32)
    return replace(said, **more)


def attest_anyhow(
    made: Shipment, officer: Any, hand: Any = None, kind: int = 851, change: Callable[[bytes], bytes] = bytes
) -> None:
    """An attestation in the name of ``officer``, by ``hand``, whether or not anybody may."""
    said = statement(made, kind)
    unruly(made, Attested(said, officer.signer, change((hand or officer).sign(said.id(made.world.origin)))))


def enact_anyhow(made: Shipment, hands: list[Any], kind: type[Resolution], *members: object) -> None:
    """A resolution by ``hands``, be they the council or not."""
    number = sum(item.kind < EntryKind.ANCHORED for item in made.world.entries)
    said = make_resolution(kind, members, number)
    ordered = sorted(hands, key=lambda hand: keccak(hand.signer))
    id_ = said.id(made.world.origin)
    unruly(made, Enacted(said, tuple(Endorsement(hand.signer, hand.sign(id_)) for hand in ordered)))
