"""Exports for tests: a world whose history two witnesses cosigned, and every way to get an export of it wrong.

A case is a file with what its reader believes. Each wrong one has one defect; other programs are held to the same ones.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from typing import Any

from ledger.core.checkpoints.note import NoteKey, SignedNote
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding import cbor
from ledger.core.evidence.evidence import Evidence
from ledger.core.proofs import scitt
from ledger.core.proofs.cose import CWT_CLAIMS, ISSUER, SUBJECT, Sign1, Unsigned
from ledger.core.proofs.membership import Membership
from ledger.core.proofs.scitt import TransparentStatement
from ledger.core.proofs.tlog_proof import TlogProof
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import Algorithm
from ledger.core.tree.merkle import verify_inclusion
from ledger.edges.keys.keystore import SigningKey
from ledger.errors import VerificationFailed
from ledger.journeys.proof import name_receipt_key, transparent_statement
from ledger.testing.world import ORIGIN, PLANT, START, Witness, World
from tests.bad_checkpoints import spoiled

WITNESSES = [Witness("harbour.example/w"), Witness("bank.example/w")]
OTHER_ORIGIN = Origin(31337, bytes(20), bytes(32))


def key(name: str, algorithm: Algorithm = Algorithm.P256) -> SigningKey:
    """A key made from its name, so that every run has the same."""
    return SigningKey(algorithm, sha256(name.encode()).digest())


LOG, RECEIPTS, CARD = key("log", Algorithm.ED25519), key("receipts"), key("card")
STRANGER, OTHER_LOG = key("stranger"), key("another log", Algorithm.ED25519)


@dataclass(frozen=True)
class Card:
    """A party whose key is P-256."""

    held: SigningKey

    @property
    def signer(self) -> bytes:
        return self.held.signer(ORIGIN)

    def sign(self, digest: bytes) -> bytes:
        return self.held.sign(digest)


@cache
def world() -> tuple[World, tuple[Evidence, ...]]:
    """A history of six entries; entry 4 anchors five declarations, the last of them by a party with a card."""
    made = World(witnesses=WITNESSES)
    made.enrol("NZ-MPI", "NZ", [851], PLANT)
    parties: list[Any] = [{}, {}, {}, {}, {"party": Card(CARD)}]
    declared = [made.declare(bytes([number]) * 32, **party) for number, party in enumerate(parties)]
    batch = made.anchor([declaration for declaration, _ in declared])
    made.attest("NZ-MPI", 851, *batch[:2], PLANT)
    return made, tuple(made.evidence(*item, batch) for item in declared)


def evidence(number: int = 3) -> Evidence:
    return world()[1][number]


def entry(number: int) -> bytes:
    """The bytes of an entry."""
    return world()[0].entries[number].data


def trust(origin: Origin = ORIGIN, log: SigningKey = LOG) -> TrustRoot:
    """What a reader believes: both witnesses must have cosigned."""
    return TrustRoot.of(origin, NoteKey(str(origin), log.public_key), tuple(item.key for item in WITNESSES), 2)


def bad_checkpoint(defect: str) -> SignedNote:
    """The checkpoint of the evidence with one defect; ``trust_in_one`` refuses it."""
    checkpoint = evidence().checkpoint.checkpoint
    return spoiled(defect, checkpoint, trust().log_key, LOG.sign_note, WITNESSES[0], START)


def trust_in_one() -> TrustRoot:
    """A reader who knows and demands the first witness alone."""
    return replace(trust(), witnesses=(WITNESSES[0].key,), threshold=1)


@dataclass(frozen=True)
class Case:
    """A tlog-proof with the entry's bytes, or a statement; and what its reader believes."""

    file: bytes
    believed: TrustRoot
    entry: bytes = b""


# --- tlog-proof


def _proof(**changes: Any) -> bytes:
    return replace(TlogProof.of(evidence()), **changes).to_bytes()


def _flipped(data: bytes, place: int = -1) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


def _without_cosignature() -> Evidence:
    note = evidence().checkpoint
    return replace(evidence(), checkpoint=replace(note, signatures=note.signatures[:-1]))


def _with_forged_cosignature() -> Evidence:
    note = evidence().checkpoint
    name, id_, signature = note.signatures[-1]
    return replace(
        evidence(), checkpoint=replace(note, signatures=(*note.signatures[:-1], (name, id_, _flipped(signature))))
    )


def proof_cases() -> dict[str, Case]:
    """The good one first."""
    good = TlogProof.of(evidence())
    file, believed, data = good.to_bytes(), trust(), entry(4)
    note, checkpoint = good.note, good.note.checkpoint
    return {
        "good": Case(file, believed, data),
        "leaf": Case(file, believed, _flipped(data)),
        "leaf of another entry": Case(file, believed, entry(5)),
        "index": Case(_proof(index=3), believed, data),
        "index beyond the size": Case(_proof(index=6), believed, data),
        "size": Case(_proof(note=replace(note, checkpoint=replace(checkpoint, size=4)), index=2), believed, data),
        "root": Case(
            _proof(note=replace(note, checkpoint=replace(checkpoint, root=_flipped(checkpoint.root)))), believed, data
        ),
        "path": Case(_proof(path=(_flipped(good.path[0]), *good.path[1:])), believed, data),
        "path too long": Case(_proof(path=(*good.path, good.path[-1])), believed, data),
        "path too short": Case(_proof(path=good.path[:-1]), believed, data),
        "log key": Case(file, trust(log=OTHER_LOG), data),
        "origin believed": Case(file, trust(origin=OTHER_ORIGIN), data),
        "origin stated": Case(
            _proof(note=replace(note, checkpoint=replace(checkpoint, origin=OTHER_ORIGIN))), believed, data
        ),
        "subjects: another index": Case(_proof(note=_with_another_index()), believed, data),
        "cosignature missing": Case(_proof(note=_without_cosignature().checkpoint), believed, data),
        "cosignature forged": Case(_proof(note=_with_forged_cosignature().checkpoint), believed, data),
        "extra with another place": Case(
            _proof(extra=cbor.encode(replace(Membership.of(evidence()), index=2).to_cbor())), believed, data
        ),
    }


# --- SCITT


def receipt_of(statement: bytes) -> Sign1:
    return TransparentStatement.parse(statement).receipt


def with_receipt(statement: bytes, receipt: Sign1) -> bytes:
    """The statement with another receipt, its own signature untouched."""
    return replace(_sign1(statement), unprotected={scitt.RECEIPTS: [receipt.to_bytes()]}).to_bytes()


def relabelled(statement: bytes, size: int, index: int) -> bytes:
    """The same receipt with another size and index in its unprotected proof."""
    path = list(TransparentStatement.parse(statement).path)
    proof = cbor.encode([size, index, path])  # type: ignore[list-item]
    return with_receipt(statement, replace(receipt_of(statement), unprotected={scitt.VDP: {scitt.INCLUSION: [proof]}}))


def aliases() -> list[tuple[int, int]]:
    """All other sizes and indices up to 64 under which the path of entry 4 leads to the very same root."""
    proof = TlogProof.of(evidence())
    hash_, root = world()[0].entries[4].hash, proof.note.checkpoint.root
    found = []
    for size in range(1, 65):
        for index in range(size):
            try:
                verify_inclusion(hash_, index, size, proof.path, root)
            except VerificationFailed:
                continue
            found.append((size, index))
    return [name for name in found if name != (6, 4)]


def issued_anew(change: Callable[[Unsigned], Unsigned], issuer: SigningKey = RECEIPTS) -> bytes:
    """A statement that its issuer signed, but about something else; the receipt stays."""
    good = _sign1(statement_of())
    unsigned = change(scitt.statement_to_sign(evidence(), issuer.public_key))
    return unsigned.signed(issuer.sign(unsigned.digest), good.unprotected).to_bytes()


def receipt_anew(change: Callable[[dict[Any, Any]], dict[Any, Any]], signer: SigningKey | None = None) -> bytes:
    """A receipt with other protected headers; with its old signature unless somebody signs."""
    receipt = receipt_of(statement_of())
    protected = change(dict(receipt.protected))
    signature = receipt.signature
    if signer is not None:
        signature = signer.sign(Unsigned(protected, evidence().checkpoint.checkpoint.root).digest)
    return with_receipt(statement_of(), replace(receipt, protected=protected, signature=signature))


@cache
def statement_of(number: int = 3) -> bytes:
    return transparent_statement(evidence(number), LOG, RECEIPTS)


def unchecked_statement(
    about: Evidence, log: SigningKey = LOG, receipts: SigningKey = RECEIPTS, issuer: SigningKey = RECEIPTS
) -> bytes:
    """As ``transparent_statement`` makes it, but let out without a look whether it holds."""
    receipt = scitt.receipt_to_sign(about, name_receipt_key(about, log, receipts))
    statement = scitt.statement_to_sign(about, issuer.public_key)
    return scitt.transparent_statement(
        about, statement, issuer.sign(statement.digest), receipt, receipts.sign(receipt.digest)
    )


def _sign1(statement: bytes) -> Sign1:
    return Sign1.parse(statement, scitt.MAX_STATEMENT_BYTES, "statement")


def _details(**changes: Any) -> Callable[[dict[Any, Any]], dict[Any, Any]]:
    return lambda headers: headers | {scitt.OURS: headers[scitt.OURS] | changes}


def _claims(headers: dict[Any, Any], **changes: Any) -> dict[Any, Any]:
    labels = {"issuer": ISSUER, "subject": SUBJECT}
    claims = headers[CWT_CLAIMS] | {labels[name]: value for name, value in changes.items()}
    return headers | {CWT_CLAIMS: claims}


def _with_another_index() -> SignedNote:
    note = evidence().checkpoint
    return replace(note, checkpoint=replace(note.checkpoint, index=_flipped(note.checkpoint.index)))


def statement_cases() -> dict[str, Case]:
    """The good one first. What other verifiers cannot see is in ``UNSEEN_IN_A_RECEIPT``."""
    good, believed = statement_of(), trust()
    alias = aliases()[0]
    return {
        "good": Case(good, believed),
        "leaf": Case(replace(_sign1(good), payload=_flipped(entry(4))).to_bytes(), believed),
        "leaf, issued anew": Case(issued_anew(lambda item: replace(item, payload=entry(5))), believed),
        "index": Case(relabelled(good, 6, 3), believed),
        "size": Case(relabelled(good, 7, 4), believed),
        "receipt's signature": Case(
            with_receipt(good, replace(receipt_of(good), signature=receipt_of(statement_of(2)).signature)), believed
        ),
        "statement's signature": Case(
            replace(_sign1(good), signature=_sign1(statement_of(2)).signature).to_bytes(), believed
        ),
        "receipt key": Case(unchecked_statement(evidence(), log=OTHER_LOG, receipts=STRANGER), believed),
        "issuer": Case(issued_anew(lambda item: item, STRANGER), believed),
        "origin in the receipt": Case(
            receipt_anew(lambda headers: _claims(headers, issuer=str(OTHER_ORIGIN))), believed
        ),
        "size in the receipt": Case(receipt_anew(_details(size=alias[0])), believed),
        "index in the receipt": Case(receipt_anew(_details(index=alias[1])), believed),
        "relabelled": Case(relabelled(good, *alias), believed),
        "relabelled and signed so": Case(
            relabelled(receipt_anew(_details(size=alias[0], index=alias[1]), RECEIPTS), *alias), believed
        ),
        "origin believed": Case(good, trust(origin=OTHER_ORIGIN)),
        "log key": Case(unchecked_statement(evidence(), log=OTHER_LOG), believed),
        "subjects: another index": Case(
            unchecked_statement(replace(evidence(), checkpoint=_with_another_index())), believed
        ),
        "cosignature missing": Case(unchecked_statement(_without_cosignature()), believed),
        "cosignature forged": Case(unchecked_statement(_with_forged_cosignature()), believed),
        "receipt of another declaration": Case(with_receipt(good, receipt_of(statement_of(2))), believed),
        "subject": Case(
            issued_anew(lambda item: replace(item, protected=_claims(dict(item.protected), subject="0x" + "00" * 32))),
            believed,
        ),
        "place in the batch": Case(
            issued_anew(lambda item: replace(item, protected=_elsewhere(dict(item.protected)))), believed
        ),
    }


def _elsewhere(headers: dict[Any, Any]) -> dict[Any, Any]:
    ours = headers[scitt.OURS]
    return headers | {scitt.OURS: ours | {"membership": ours["membership"] | {"index": 2}}}


UNSEEN_IN_A_RECEIPT = {
    "relabelled",
    "relabelled and signed so",
    "origin believed",
    "log key",
    "subjects: another index",
    "cosignature missing",
    "cosignature forged",
    "receipt of another declaration",
    "subject",
    "place in the batch",
}
"""What a verifier of receipts that knows nothing of the ledger cannot see, by its nature. docs/exports.md says so."""


def text(data: bytes) -> str:
    """Base64, for other programs' JSON."""
    return base64.b64encode(data).decode()
