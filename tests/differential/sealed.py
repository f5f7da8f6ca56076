"""Sealed histories by chance: the log and its witnesses sign whatever is there, and questions are asked about it.

One seed makes one history, always the same, and a second seed one of the questions about it. How wild they are is drawn
first: of some everything is lawful, and of others any part may be wrong: an authority, a quorum, a time, an order, a
signature, an encoding or a file. ``mutations`` damage files afterwards.
"""

from __future__ import annotations

import base64
import json
import random
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import NoteKey, cosigned_text
from ledger.core.document import Format, Wrapped, disclose, redact, wrap
from ledger.core.encoding.ids import SetName, SubjectKey
from ledger.core.encoding.keccak import keccak
from ledger.core.evidence.closure import subjects_about
from ledger.core.evidence.inclusion import BatchTree, set_of_one
from ledger.core.evidence.pdf import embed
from ledger.core.history.entry import (
    Anchored,
    Attested,
    Content,
    Enacted,
    Endorsement,
    Entry,
    EntryKind,
    Revoked,
    Withdrawn,
    encode_payload,
    kind_of,
)
from ledger.core.history.subjects import subject_key, subjects_of
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.origin import Origin
from ledger.core.statements.resolutions import (
    AgencyEnrolment,
    AgencyReinstatement,
    AgencySuspension,
    AttesterAuthorisation,
    AttesterCompromise,
    AttesterRetirement,
    CouncilChange,
    MandateGrant,
    MandateWithdrawal,
    Resolution,
    make_resolution,
)
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.withdrawal import Withdrawal
from ledger.core.tree.index_page import Item
from ledger.core.tree.index_pages import Indexed, MemoryPages, SubjectIndex
from ledger.core.tree.merkle import Tree, leaf_hash
from ledger.errors import LedgerError, Malformed
from ledger.testing.world import ORIGIN, START, TRADER, Witness, World
from tests.conformance.parts import CARD, CERTIFICATE, INVOICE, policy, requirement
from tests.differential import keys
from tests.differential.keys import COUNCILLORS, EVERYBODY, NOBODY, OFFICERS, STRANGERS, WITNESSES, forged, signed
from tests.passkeys import Passkey
from tests.verifier.both import Asked

WILD = [0, 0, 0.01, 0.03, 0.1, 0.2]
KINDS = [851, 851, 851, 132, 861, 0, 65_535]
OUTCOMES = [1, 1, 4, 5, 7, 8, 16]
DELTAS = [-300, -16, -15, -14, -1, 0, 0, 1, 14, 15, 16, 100]
ODD_TIMES = [0, 1, 2**32, NO_END - 1, NO_END]
ODD_COUNTS = [0, 1, 2**31, 2**53 - 1, 2**53, 2**63 - 1, 2**63, 2**64 - 1]
NAMES = [
    "unknown.example", "a", "x" * 200, "x" * 201, "größe", "\U0001f95d", "a\u00a0b", "a\u0085b", "a\u2028b", "a\u200bb",
    "a\x1cb", "a\x7fb", "a+b", "a b", "", "\u202e", str(ORIGIN), "kiwi.example",
]  # fmt: skip
SELECTORS = {Format.JSON: "$.goods", Format.XML: "/i:Invoice/i:Line", Format.OPAQUE: ""}
PATTERNS = [
    "", "$", "$.goods", "$.goods[*].name", "$['goods'][0]['net mass']", "$..name", "$.*", "$.remarks", "$.goods[0]",
    "/i:Invoice/i:Line", "/i:Invoice", "//i:Price", "/i:Invoice/i:ID/text()", "/i:Invoice/i:Line/@n", "/Invoice",
    "//@currency",
    "/{urn:example:invoice}Invoice[1]/{urn:example:invoice}ID[1]/text()[1]", "/*", "//*",
]  # fmt: skip
NO_PATTERNS = [
    "goods",
    "$.",
    "$[",
    "$['a",
    "$[-1]",
    "$[01]",
    "/",
    "//",
    "/@",
    "i:Invoice",
    "x" * 256,
    "x" * 257,
    "$" + "[0]" * 90,
]
SEED = sha256(b"seed of a document").digest()
PDF = (Path(__file__).parents[1] / "vectors" / "pdf" / "original.pdf").read_bytes()
SMALL = "small.example"
LOG_WORLD = World()
LOG = LOG_WORLD.log_key
LATER_LOG = Witness("later-log-key")
LATER = NoteKey(LOG.name, LATER_LOG.key.public_key)


class Documents(NamedTuple):
    """A document, and others that are nearly it; each opened once. ``plain``: their files, that of the first first."""

    right: Wrapped
    wrong: tuple[Wrapped, ...]
    plain: tuple[bytes, ...]


def _documents(data: bytes, format_: Format, *changes: tuple[bytes, bytes]) -> Documents:
    plain = [data, *(data.replace(*change) for change in changes)]
    right, *others = (wrap(one, format_, SEED) for one in plain)
    others.append(wrap(data, format_, bytes(32)))
    return Documents(right, tuple(others), tuple(plain))


DOCUMENTS = [
    _documents(
        CERTIFICATE, Format.JSON, (b"4800", b"4801"), (b',"treated":true', b""), (b'{"cert', b'{"more":1,"cert')
    ),
    _documents(INVOICE, Format.XML, (b"48384", b"48385"), (b' n="1"', b""), (b"<i:ID>", b"<i:More/><i:ID>")),
    _documents(PDF, Format.OPAQUE, (b"1.4", b"1.6")),
]
BESIDE = [Declaration(TRADER.signer, sha256(bytes([n])).digest(), 380) for n in range(6)]


@lru_cache(20_000)
def _encoded(content: Content) -> bytes:
    return encode_payload(content)


@lru_cache(20_000)
def _id_of(statement: Any, origin: Origin) -> bytes:
    return bytes(statement.id(origin))


def another_chain(origin: str) -> str:
    """The same contract and beginning on chain 1."""
    return origin.replace(":31337:", ":1:")


class Sealed:
    """A history in the making, its checkpoint, and what is made of both: the files of questions."""

    def __init__(self, seed: str) -> None:
        self.seed, self.chance = seed, random.Random(seed)
        self.wild = self.wildness = self.chance.choice(WILD)
        self.now, self.moments = START, [START]
        self.leaves: list[bytes] = []  # the bytes of all entries
        self.numbers = 0  # of resolutions
        self.attested: list[tuple[Attestation, Any]] = []
        self.council: list[Any] = []
        self.threshold = 0
        self.origin = ORIGIN
        self.begin()
        self.document = self.chance.choice(DOCUMENTS)
        self.party = self.chance.choice([TRADER, TRADER, TRADER, CARD, keys.PASSKEY, keys.CLOUD])
        if self.odd(2):
            self.party = self.chance.choice(STRANGERS)
        type_, replaces = self.chance.choice([380, 851, 0, 65_535]), self.chance.choice([ZERO, ZERO, b"\x0c" * 32])
        declared = Declaration(self.party.signer, self.document.right.digest, type_, replaces)
        self.id = self.ident(declared)
        self.declared = declared, self.signature(self.party, self.id)
        self.others = [self.ident(item) for item in BESIDE]
        self.batch = [*self.chance.sample(self.others, self.chance.randrange(6)), self.id]
        self.chance.shuffle(self.batch)
        self.sets = [self.batch]  # lists of ids with ours among them: the evidence may show an inclusion in each
        self.agencies = ["NZ-MPI", *self.chance.sample(["NZ-CUSTOMS", "AU-DAFF"], self.chance.randrange(3))]
        self.history()
        self.size = len(self.leaves)
        if self.odd(0.2):
            self.size = self.chance.randrange(1, self.size + 1)
        self.tree = Tree(leaf_hash(data) for data in self.leaves[: self.size])
        self.contents = self.decoded()
        self.index = SubjectIndex(MemoryPages())
        self.index.advance(self.by_subject(), Indexed(self.size, self.tree.root))
        self.checkpoint = self.note(Checkpoint(self.origin, self.size, self.tree.root, self.index.root(self.size)))

    def ident(self, statement: Any) -> bytes:
        """The id of a statement in this history."""
        return _id_of(statement, self.origin)

    def odd(self, factor: float = 1) -> bool:
        """Whether something goes wrong here."""
        return self.chance.random() < self.wild * factor

    def likely(self, percent: int) -> bool:
        return self.chance.randrange(100) < percent

    def moment(self) -> int:
        """A time at which something may turn: that of an entry or of a member of one, or close to it."""
        return max(0, min(self.chance.choice(self.moments) + self.chance.choice(DELTAS), NO_END))

    # ---------------------------------------------------------------------------------------------------- the entries

    def write(self, content: Content) -> None:
        """One more entry, at the present time."""
        payload, kind, number, time = _encoded(content), int(kind_of(content)), len(self.leaves), self.now
        if self.odd(0.1):
            payload = self.damaged(payload)
        if self.odd(0.1):
            number = self.chance.choice([number + 1, max(0, number - 1), *ODD_COUNTS])
        if self.odd(0.05):
            kind = self.chance.choice([*EntryKind, 13, 14, 255])
        if self.odd(0.3):
            time = self.chance.choice([*ODD_TIMES, self.moment(), 2**40, 2**64 - 1])
        self.moments.append(time)
        self.leaves.append(number.to_bytes(8) + bytes([kind]) + time.to_bytes(8) + payload)
        self.now += self.chance.choice([0, 1, 14, 15, 16, 60, 60, 60, 1000])
        if self.odd(0.5):
            self.now = max(0, self.now - self.chance.choice([1, 60, 61, 1000, 10**6]))

    def damaged(self, payload: bytes) -> bytes:
        """Another encoding, or none: one word changed, dropped, doubled or moved."""
        words = [payload[at : at + 32] for at in range(0, len(payload), 32)]
        at, act = self.chance.randrange(len(words)), self.chance.randrange(6)
        number = int.from_bytes(words[at])
        if act == 0:
            del words[at]
        elif act == 1:
            words.insert(at, words[at])
        elif act == 2:
            words[at] = ((number + self.chance.choice([-32, -1, 1, 32])) % 2**256).to_bytes(32)
        elif act == 3:
            words[at] = self.chance.choice(
                [bytes(32), b"\xff" * 32, bytes(24) + b"\xff" * 8, self.chance.randbytes(32)]
            )
        elif act == 4:
            place = self.chance.randrange(32)
            words[at] = words[at][:place] + self.chance.randbytes(1) + words[at][place + 1 :]
        else:
            other = self.chance.randrange(len(words))
            words[at], words[other] = words[other], words[at]
        return b"".join(words)[: None if not self.likely(10) else -self.chance.randrange(1, 32)]

    def signature(self, hand: Any, digest: bytes) -> bytes:
        if isinstance(hand, Passkey) and self.odd():
            hand = keys.odd_passkey(self.chance, hand)
        made = signed(hand, digest)
        return keys.spoiled(self.chance, made) if self.odd(0.3) else made

    def resolve(self, kind: type[Resolution], *members: Any) -> None:
        self.numbers += 1
        number = self.numbers
        if self.odd(0.3):
            number = self.chance.choice([number - 1, number - 1, number + 1, *ODD_COUNTS])
        if self.odd(0.1):
            self.numbers = max(0, self.numbers - self.chance.randrange(3))
        try:
            resolution = make_resolution(kind, members, max(0, number))
        except Malformed:
            return
        self.write(Enacted(resolution, self.endorsed(self.ident(resolution))))
        if isinstance(resolution, CouncilChange):
            self.council = [next(hand for hand in EVERYBODY if hand.signer == one) for one in resolution.members]
            self.threshold = resolution.threshold

    def endorsed(self, digest: bytes) -> tuple[Endorsement, ...]:
        hands = self.chance.sample(self.council, min(len(self.council), self.threshold))
        if self.odd(0.4):
            one = self.chance.choice(EVERYBODY + NOBODY)
            hands = self.chance.choice([hands[1:], [*hands, one], [one], hands * 2, self.council, []])
        ordered = sorted(hands, key=lambda hand: keccak(hand.signer))
        if self.odd(0.2):
            self.chance.shuffle(ordered)
        return tuple(Endorsement(hand.signer, self.signature(hand, digest)) for hand in ordered)

    def seat(self) -> tuple[tuple[bytes, ...], int]:
        """Members of a council, and its threshold."""
        pool = COUNCILLORS if not self.odd() else EVERYBODY
        members = self.chance.sample(
            pool,
            self.chance.choice([1, 1, 2, 2, 3, min(9, len(pool))])
            if pool is EVERYBODY
            else self.chance.randrange(1, 4),
        )
        threshold = self.chance.randrange(1, len(members) + 1)
        if self.odd(0.5):
            threshold = self.chance.choice([0, len(members) + 1, 65_535])
        return tuple(hand.signer for hand in members), threshold

    # ---------------------------------------------------------------------------------------------------- the history

    def begin(self) -> None:
        """Entry 0, which seats a council and names the origin."""
        members, threshold = self.seat()
        self.council = [next(hand for hand in EVERYBODY if hand.signer == one) for one in members]
        self.threshold = threshold
        first: Content = Enacted(CouncilChange(members, threshold, 0), ())
        if self.odd(0.5) or self.likely(2):
            first = self.chance.choice(
                [
                    Enacted(CouncilChange(members, threshold, 1), ()),
                    Enacted(
                        CouncilChange(members, threshold, 0),
                        self.endorsed(self.ident(CouncilChange(members, threshold, 0))),
                    ),
                    Enacted(AgencySuspension("NZ-MPI", 0), ()),
                    Anchored(sha256(b"another").digest(), 1),
                ]
            )
        self.write(first)
        if not self.odd(0.3):
            self.origin = replace(ORIGIN, salt=leaf_hash(self.leaves[0]))

    def history(self) -> None:
        """Agencies with mandates and officers, the anchor, and what happens then."""
        steps = [(self.enrol, code) for code in self.agencies]
        steps += [(self.grant, code) for code in self.agencies]
        steps += [(self.authorise, code) for code in self.agencies]
        if self.odd():
            self.chance.shuffle(steps)
        for step, code in steps:
            if not self.odd(0.3):
                step(code)
        if not self.odd(0.2):
            self.anchor(self.batch)
        if self.likely(80):
            self.attest()
        events = [
            self.attest, self.attest, self.attest, self.revoke, self.revoke, self.withdraw, self.compromise,
            self.compromise, self.retire, self.suspend, self.reinstate, self.unmandate, self.again, self.change_council,
            self.beside, self.attest_all_the_same, self.attest_all_the_same,
        ]  # fmt: skip
        for _ in range(self.chance.randrange(9)):
            self.chance.choice(events)()

    def agency(self) -> str:
        return self.chance.choice(self.agencies if not self.odd() else [*OFFICERS, "XX-NEW"])

    def officer(self, code: str) -> Any:
        return self.chance.choice(OFFICERS.get(code, EVERYBODY) if not self.odd() else EVERYBODY + NOBODY)

    def enrol(self, code: str) -> None:
        where = code[:2] if not self.odd() else self.chance.choice(["NZ", "AU", "ZZ"])
        name = f"Agency {code}" if not self.odd() else self.chance.choice(["x" * 128, "\u202e\x1b[2J", "größe", "\0"])
        self.resolve(AgencyEnrolment, code, name, where, f"https://{code.lower()}.example")

    def grant(self, code: str) -> None:
        for kind in {851, self.chance.choice(KINDS)}:
            begin, end = 0, NO_END
            if self.odd() or self.likely(10):
                begin = self.chance.choice([0, 1, self.now, self.moment(), self.now + 60, NO_END])
                end = self.chance.choice([begin, begin + 1, max(0, begin - 1), self.moment(), self.now + 100, NO_END])
                self.moments += [begin, end]
            self.resolve(MandateGrant, code, kind, begin, min(end, NO_END))

    def authorise(self, code: str) -> None:
        for officer in self.chance.sample(OFFICERS[code], self.chance.randrange(1, len(OFFICERS[code]) + 1)):
            self.resolve(AttesterAuthorisation, officer.signer, code if not self.odd() else self.agency())

    def anchor(self, ids: list[bytes]) -> None:
        name = BatchTree(ids).name
        size = name.size if not self.odd(0.3) else self.chance.choice([*ODD_COUNTS, name.size + 1])
        self.write(Anchored(name.root, size))

    def attest(self, code: str = "", officer: Any = None, kind: int = 0) -> None:
        code = code or self.agency()
        officer, kind = officer or self.officer(code), kind or self.chance.choice(KINDS)
        ids = self.a_set()
        root, size = BatchTree(ids).name
        begin, end = self.chance.choice([0, START, self.now]), NO_END
        if self.likely(30):
            begin, end = self.chance.choice([begin, self.now + 100]), self.now + self.chance.choice([90, 200, 10**6])
        if self.odd():
            begin, end = self.chance.choice([(9, 3), (0, 0), (NO_END, NO_END), (self.moment(), self.moment())])
            size = self.chance.choice([size, size, *ODD_COUNTS])
        self.moments += [begin, end]
        salt = bytes([self.chance.randrange(3)]) * 32
        said = Attestation(code, kind, self.chance.choice(OUTCOMES), ZERO, begin, min(end, NO_END), root, size, salt)
        self.attested.append((said, officer))
        signature = self.signature(officer, self.ident(said))
        if self.likely(3):
            signature = keys.spoiled(self.chance, signature)
        self.write(Attested(said, officer.signer, signature))

    def attest_all_the_same(self) -> None:
        """An attestation by an agency or officer that has just lost the authority, or may have lost it."""
        code = self.agencies[0]
        officer = self.chance.choice(OFFICERS[code])
        losses: list[tuple[Any, ...]] = [
            (AgencySuspension, code),
            (AttesterRetirement, officer.signer),
            (AttesterCompromise, officer.signer, max(0, self.now + self.chance.choice(DELTAS))),
            (MandateWithdrawal, code, 851),
        ]
        self.resolve(*self.chance.choice(losses))
        self.attest(code, officer, 851)

    def a_set(self) -> list[bytes]:
        """The ids that an attestation is about: the batch, the set of one, a set beside it, or one without us."""
        act = self.chance.randrange(10)
        if act < 5:
            return self.batch
        if act < 7:
            return [self.id]
        others = self.chance.sample(self.others, self.chance.randrange(1, 4))
        if act == 7:
            return others
        self.sets.append([*others, self.id])
        return self.sets[-1]

    def again(self) -> None:
        """The same attestation once more, by the same or another officer; the contract would not have it."""
        if self.attested:
            said, officer = self.chance.choice(self.attested)
            officer = officer if self.likely(60) else self.officer(said.agency)
            self.write(Attested(said, officer.signer, self.signature(officer, self.ident(said))))

    def revoke(self) -> None:
        said, officer = self.chance.choice(self.attested) if self.attested else (None, self.officer("NZ-MPI"))
        if said is not None and self.likely(50):
            officer = self.officer(said.agency)
        which = ZERO if said is None or self.odd() else self.ident(said)
        member = self.chance.choice([ZERO, ZERO, self.id, self.others[0]])
        revocation = Revocation(which, member, self.chance.choice([41, 42, 0, 65_535]))
        signature = self.signature(officer, self.ident(revocation))
        if self.likely(10):
            signature = self.chance.choice([keys.spoiled(self.chance, signature), b""])
        self.write(Revoked(revocation, officer.signer, signature))

    def withdraw(self) -> None:
        if self.likely(50) and not self.odd():
            return  # else most of all questions would be about a declaration that is withdrawn
        declaration, party = self.declared[0], self.party
        if self.likely(50):
            declaration, party = self.chance.choice(BESIDE), TRADER
        which = self.ident(declaration) if not self.odd() else self.chance.choice([self.id, ZERO])
        withdrawal = Withdrawal(which, self.chance.choice([1, 5]), self.chance.choice([ZERO, b"\x0d" * 32, self.id]))
        signature = self.signature(party, self.ident(withdrawal))
        if self.likely(10):
            signature = self.chance.choice([keys.spoiled(self.chance, signature), b""])
        self.write(Withdrawn(declaration, withdrawal, signature))

    def compromise(self) -> None:
        officer = self.chance.choice(self.attested)[1] if self.attested and self.likely(70) else self.officer("NZ-MPI")
        since = self.moment() if not self.odd() else self.chance.choice(ODD_TIMES)
        self.moments.append(since)
        self.resolve(AttesterCompromise, officer.signer, min(since, NO_END))

    def retire(self) -> None:
        self.resolve(AttesterRetirement, self.officer(self.agency()).signer)

    def suspend(self) -> None:
        self.resolve(AgencySuspension, self.agency())

    def reinstate(self) -> None:
        self.resolve(AgencyReinstatement, self.agency())

    def unmandate(self) -> None:
        code = self.agency()
        self.resolve(MandateWithdrawal, code, self.chance.choice(KINDS))
        if self.likely(50) and code in OFFICERS:
            self.grant(code)

    def change_council(self) -> None:
        self.resolve(CouncilChange, *self.seat())

    def beside(self) -> None:
        """Something about somebody else, or what is lawful only once."""
        self.chance.choice(
            [
                lambda: self.anchor([self.chance.choice(self.others)]),
                lambda: self.anchor(self.batch),
                lambda: self.enrol(self.agency()),
                lambda: self.authorise(self.chance.choice(list(OFFICERS))),
                lambda: self.grant(self.agency()),
            ]
        )()

    # ------------------------------------------------------------------------------------------------------ the files

    def evidence(self) -> bytes:
        inclusions = self.inclusions()
        index = self.index.prove(self.keys_in_question(inclusions), self.size)
        shown = sorted({self.size - 1}.union(*index.lists))
        left_out = self.chance.choice([0, 0, 0, 0, 0, 0, 5, 20, 60])
        if left_out and self.likely(30):
            shown = list(range(len(self.leaves)))
        shown = [number for number in shown if not self.likely(left_out)]
        if self.odd(0.2) and shown:
            act = self.chance.randrange(3)
            at = self.chance.randrange(len(shown))
            if act == 0:
                shown.insert(at, shown[at])
            elif act == 1:
                self.chance.shuffle(shown)
            else:
                shown = [number for number in shown if number]
        entries = []
        for number in shown:
            proof = self.tree.inclusion(number) if number < self.size else []
            entries.append({"bytes": _hex(self.leaves[number]), "proof": self.path(list(proof))})
        value = {
            "checkpoint": self.checkpoint,
            "declaration": self.declared[0].to_json(),
            "document": self.disclosed(),
            "entries": entries,
            "inclusions": inclusions,
            "index": self.damaged_index(index.to_json()),
            "ledger": "trade-ledger/evidence/2",
            "origin": self.named_origin(),
            "signature": _hex(self.declared[1]),
        }
        return canonical(value)

    def decoded(self) -> list[Content | None]:
        """What each entry before the checkpoint says; None where its bytes say nothing."""
        found: list[Content | None] = []
        for data in self.leaves[: self.size]:
            try:
                found.append(Entry.from_data(data).content)
            except Malformed:
                found.append(None)
        return found

    def by_subject(self) -> list[Item]:
        """The numbers of all entries about each subject, as a log would have them."""
        changes: dict[SubjectKey, list[int]] = {}
        for number, content in enumerate(self.contents):
            if content is not None:
                entry = Entry(number, kind_of(content), 0, _encoded(content))
                for subject in subjects_of(entry, self.origin):
                    changes.setdefault(subject_key(subject), []).append(number)
        return [Item(key, tuple(changes[key])) for key in sorted(changes)]

    def keys_in_question(self, inclusions: list[dict[str, Any]]) -> list[SubjectKey]:
        """The keys of the subjects of which evidence with these inclusions must show all entries."""
        sets = {set_of_one(self.id)}
        sets |= {
            SetName(bytes.fromhex(item["root"][2:]), item["size"]) for item in inclusions if 0 <= item["size"] < 2**64
        }
        attested = [
            (self.ident(item.attestation), item)
            for item in self.contents
            if isinstance(item, Attested) and SetName(item.attestation.root, item.attestation.size) in sets
        ]
        revoked = [item for item in self.contents if isinstance(item, Revoked)]
        return sorted(map(subject_key, subjects_about(self.id, sets, attested, revoked)))

    def damaged_index(self, index: dict[str, Any]) -> dict[str, Any]:
        """The index proof, now and then changed somewhere."""
        if not self.odd(0.5) and not self.likely(3):
            return index
        lists, steps, hashes = index["lists"], index["steps"], base64.b64decode(index["hashes"])
        act = self.chance.randrange(8)
        at = self.chance.randrange(len(steps))
        if act == 0:
            steps = steps[:at] + self.chance.choice(["", "e", "m", "n", "o", "nn", "x"]) + steps[at + 1 :]
        elif act == 1:
            numbers = self.chance.choice(lists)
            numbers.append(self.chance.choice([0, self.size, self.size - 1, 2**53]))
        elif act == 2:
            numbers = self.chance.choice(lists)
            numbers[:] = numbers[:-1]
        elif act == 3:
            lists.pop(self.chance.randrange(len(lists)))
        elif act == 4:
            self.chance.shuffle(lists)
        elif act == 5 and hashes:
            hashes = hashes[32:]
        elif act == 6:
            hashes = bytes(byte ^ self.chance.choice([0, 0, 1]) for byte in hashes)
        else:
            hashes += self.chance.choice([bytes(32), bytes(31), hashes[:32]])
        return {"hashes": base64.b64encode(hashes).decode(), "lists": lists, "steps": steps}

    def named_origin(self) -> str:
        another = self.odd(0.1) or self.chance.randrange(150) == 0
        return another_chain(str(self.origin)) if another else str(self.origin)

    def inclusions(self) -> list[dict[str, Any]]:
        sets = [self.batch]
        for ids in self.sets[1:]:
            if self.likely(85) and ids not in sets:
                sets.append(ids)
        if self.likely(20) and [self.id] not in sets:
            sets.append([self.id])
        if self.odd(0.2):
            self.chance.shuffle(sets)
        if self.odd(0.1):
            sets.append(self.chance.choice(sets))
        if self.odd(0.1):
            sets.pop()
        found = []
        for ids in sets:
            place = BatchTree(ids).inclusion(self.id)
            index, size, root = place.index, place.size, place.root
            if self.odd(0.2) or self.likely(1):
                index = self.chance.choice([index + 1, index ^ 1, size, *ODD_COUNTS])
            if self.odd(0.1):
                size = self.chance.choice([size + 1, size - 1, *ODD_COUNTS])
            if self.odd(0.1):
                root = sha256(root).digest()
            found.append({"index": index, "proof": self.path(list(place.proof)), "root": _hex(root), "size": size})
        return found

    def path(self, hashes: list[bytes]) -> list[str]:
        """An inclusion path as evidence has it; sometimes too long, too short or of something else."""
        if self.odd(0.1):
            hashes.append(bytes(32))
        if self.odd(0.1) and hashes:
            hashes.pop(self.chance.randrange(len(hashes)))
        if self.odd(0.1):
            self.chance.shuffle(hashes)
        if self.odd(0.02):
            hashes += [bytes(32)] * 63
        return [_hex(item) for item in hashes]

    def disclosed(self) -> Any:
        act = self.chance.randrange(6)
        if act < 3:
            return None
        document = self.document.right if not self.odd() else self.chance.choice(self.document.wrong)
        return self.copy(document, act == 3)

    def copy(self, document: Wrapped, hide_all: bool = False) -> dict[str, Any]:
        if hide_all:
            return disclose(document, []).to_value()
        if self.likely(20):
            return redact(document, []).to_value()
        try:
            return self.chance.choice([disclose, redact])(document, [SELECTORS[document.format]]).to_value()
        except LedgerError:
            return redact(document, []).to_value()

    def given(self) -> bytes | None:
        """The document beside the evidence."""
        act = self.chance.randrange(8)
        if act < 2:
            return None
        if act >= 6:
            return self.chance.choice([self.document.plain[0], *self.chance.choice(DOCUMENTS).plain])
        document = self.document.right if self.likely(90) else self.chance.choice(self.document.wrong)
        if act < 4:
            return document.to_bytes()
        return json.dumps(self.copy(document, act == 4), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    def note(self, checkpoint: Checkpoint) -> str:
        if self.odd(0.1):
            checkpoint = self.chance.choice(
                [
                    replace(checkpoint, root=sha256(b"another root").digest()),
                    replace(checkpoint, index=sha256(b"another index").digest()),
                    replace(checkpoint, size=0),
                    replace(checkpoint, size=10**19 - 1),
                    replace(checkpoint, origin=type(ORIGIN).parse(another_chain(str(self.origin)))),
                ]
            )
        text = checkpoint.text.encode()
        signature = LOG_WORLD.log.sign(text)
        log = replace(LOG, name=str(self.origin))
        lines = [(log.name, log.id, signature)]
        if self.odd(0.2):
            lines = self.chance.choice(
                [
                    [],
                    lines * 2,
                    [(*lines[0][:2], keys.beyond_order(signature))],
                    [(*lines[0][:2], signature[:-1])],
                    [*lines, (*lines[0][:2], bytes(64))],
                    [(log.name, b"\0\0\0\0", signature)],
                ]
            )
        if self.likely(15):
            later = (log.name, replace(LATER, name=log.name).id, LATER_LOG.secret.sign(text))
            lines = [*lines[: self.chance.randrange(2)], later if self.likely(90) else (*later[:2], bytes(64))]
        for witness in WITNESSES:
            for _ in range(self.chance.choice([0, 1, 1, 1, 1, 1, 1, 2])):
                lines.append((witness.name, witness.key.id, self.cosignature(witness, checkpoint)))
        for name, id_, key in self.small_keys():
            lines.append((name, id_, self.now.to_bytes(8) + forged(key, cosigned_text(checkpoint, self.now))))
        if self.odd(0.5):
            lines.append(
                (self.chance.choice(NAMES), self.chance.randbytes(4), self.chance.randbytes(self.chance.randrange(99)))
            )
        if self.odd(0.3):
            self.chance.shuffle(lines)
        return checkpoint.text + "\n" + "".join(f"\u2014 {name} {_base64(id_ + blob)}\n" for name, id_, blob in lines)

    def cosignature(self, witness: Any, checkpoint: Checkpoint) -> bytes:
        time = self.now + self.chance.choice([-500, -60, 0, 0, 5])
        if self.odd(0.5):
            time = self.chance.choice([*ODD_COUNTS, self.moment(), 10**12])
        message = cosigned_text(checkpoint, time)
        signature = witness.secret.sign(message)
        if self.odd(0.2):
            signature = self.chance.choice(
                [
                    keys.beyond_order(signature),
                    keys.with_neutral_r(witness, message),
                    signature[:-1],
                    signature + b"\0",
                    bytes(64),
                    signature[32:] + signature[:32],
                ]
            )
        return max(0, time).to_bytes(8) + signature

    def small_keys(self) -> list[tuple[str, bytes, bytes]]:
        """Keys under which anybody can sign, for a verifier that takes them."""
        if self.wild < 0.1 or not self.likely(20):
            return []
        return [(SMALL, _key_id(SMALL, b"\x04" + self.small_key()), self.small_key())]

    def small_key(self) -> bytes:
        """The one that this history has lines of."""
        return random.Random(self.seed).choice(keys.small_order())

    def trust(self) -> bytes | None:
        if self.likely(10):
            return None
        names = self.chance.sample(WITNESSES, self.chance.randrange(4))
        witnesses = [vkey(item.name, b"\x04", item.key.public_key) for item in names]
        if self.odd(0.3):
            witnesses.append(self.odd_witness())
        threshold = self.chance.randrange(len(witnesses) + 1)
        if self.odd(0.2):
            threshold = self.chance.choice([-1, len(witnesses) + 1, *ODD_COUNTS])
        origin, log = str(self.origin), LOG.public_key
        if self.odd(0.2) or self.likely(1):
            origin = origin.replace(":31337:", ":1:")
        if self.odd(0.2):
            log = WITNESSES[0].key.public_key
        value = {
            "ledger": "trade-ledger/trust-root/2",
            "log_keys": self.log_keys(origin, log),
            "origin": origin,
            "threshold": threshold,
            "witnesses": witnesses,
        }
        return self.spelled(value)

    def log_keys(self, origin: str, log: bytes) -> list[Any]:
        """The log's key, and sometimes another one before or after it; which sizes each signs is mostly a guess."""
        size = self.size
        near = [max(0, size - 1), size, size, size + 1, 2**40]
        keys: list[Any] = [{"key": vkey(origin, b"\x01", log), "up_to": None}]
        if self.likely(15):
            keys[0]["up_to"] = self.chance.choice(near)
        if self.likely(15):
            other = {"key": vkey(origin, b"\x01", LATER.public_key), "up_to": None}
            keys.insert(self.chance.randrange(2), other)
            keys[0]["up_to"] = self.chance.choice(near)
        if self.odd(0.3):
            keys = self.chance.choice([[], keys * 2, keys[::-1], keys[0], [vkey(origin, b"\x01", log)]])
        return keys

    def odd_witness(self) -> str:
        known = WITNESSES[0].key.public_key
        return self.chance.choice(
            [
                vkey(SMALL, b"\x04", self.chance.choice(keys.small_order())),
                vkey(SMALL, b"\x04", self.small_key()),
                vkey("other.example", b"\x04", known),
                vkey("kiwi.example", b"\x04", sha256(b"another").digest()),
                vkey("moa.example", b"\x01", known),
                vkey("moa.example", b"\x06", known),
                vkey("moa.example", b"\x04", known[:-1]),
                vkey(str(self.origin), b"\x04", LOG.public_key),
                *(vkey(name, b"\x04", WITNESSES[2].key.public_key) for name in NAMES),
                vkey("no.point", b"\x04", (2).to_bytes(32, "little")),
                vkey("no.point", b"\x04", b"\xff" * 32),
            ]
        )

    def demands(self) -> bytes | None:
        if self.likely(25):
            return None
        wanted = [
            requirement(
                self.chance.choice(KINDS),
                self.chance.choice([(), ("NZ",), ("AU",), ("NZ", "AU")]),
                self.chance.choice([(), (1,), (4, 8)]),
            )
            for _ in range(self.chance.randrange(3))
        ]
        members: dict[str, Any] = {
            "allow_skipped": self.likely(70),
            "clock_tolerance": self.chance.choice([0, 14, 15, 16, 100, 86_400]),
            "max_age": self.chance.choice([None, None, None, 100, 1000, 10**6]),
            "max_hidden": self.chance.choice([None, None, None, 0, 2, 100]),
            "refuse": [
                {"kind": self.chance.choice(KINDS), "outcomes": self.chance.choice([[], [], [1], [8], [4, 8]])}
                for _ in range(self.chance.choice([0, 0, 1, 2]))
            ],
            "require": wanted,
            "show": [self.pattern() for _ in range(self.chance.choice([0, 0, 0, 1, 2]))],
            "witnesses": self.chance.choice([None, None, None, None, 0, 1, 2, 3]),
        }
        if self.odd(0.2):
            members[self.chance.choice(list(members))] = self.chance.choice(
                [None, True, "1", 1.5, [], {}, *ODD_COUNTS, 86_401]
            )
        return self.spelled(json.loads(policy(**members)))

    def pattern(self) -> str:
        """What names fields, of a document of any format; sometimes of none."""
        if not self.odd(0.5):
            return SELECTORS[self.document.right.format] if self.likely(60) else self.chance.choice(PATTERNS)
        made = self.chance.choice([*PATTERNS, *NO_PATTERNS])
        at = self.chance.randrange(len(made) + 1)
        return made[:at] + self.chance.choice(["", *"*[]'\"/@:.$ (){}0\\"]) + made[at + self.chance.randrange(2) :]

    def spelled(self, value: dict[str, Any]) -> bytes:
        """A file that people edit: white space, order and escapes have no meaning."""
        names = list(value)
        self.chance.shuffle(names)
        text = json.dumps({name: value[name] for name in names}, indent=self.chance.choice([None, 1, 4]))
        mark = b"\xef\xbb\xbf" if self.likely(10) else b""
        return mark + text.encode() + self.chance.choice([b"", b"\n", b" \r\n"])

    def asked(self, seed: str) -> Asked:
        """A question: as at some moment close to where something turns, or now."""
        self.chance = random.Random(seed)
        self.wild = self.chance.choice([0, self.wildness, self.wildness, max(self.wildness, 0.02)])
        at = self.moment() if self.likely(25) else self.now + self.chance.choice([0, 1, 100, 10**5])
        clock = at if self.likely(40) else self.chance.choice([self.now, self.moment(), at + 1, self.now + 10**6])
        asked_at = None if self.likely(20) else at
        return Asked(self.evidence(), self.given(), self.trust(), self.demands(), asked_at, clock)


def in_a_pdf(chance: random.Random, asked: Asked) -> Asked:
    """The evidence of a question in a PDF: one that carries it, or one that is itself the declared document or not.

    It is put there whatever it is. The PDF itself is never damaged: the ledger writes it again and compares, and the
    other verifier cuts it (docs/pdf.md), so they differ over what was added to it.
    """
    documents = DOCUMENTS[-1]
    own = chance.choice([None, documents.right, documents.right, *documents.wrong])
    pdf = embed(PDF, asked.evidence) if own is None else embed(own.data, asked.evidence, own.to_bytes())
    return asked._replace(evidence=pdf)


def vkey(name: str, type_: bytes, key: bytes) -> str:
    """A verifier key as it is spelled, be it one or not."""
    return f"{name}+{_key_id(name, type_ + key).hex()}+{_base64(type_ + key)}"


def _key_id(name: str, key: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + key).digest()[:4]


def canonical(value: Any) -> bytes:
    """Evidence in its one spelling."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
