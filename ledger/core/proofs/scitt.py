"""A declaration as a SCITT Transparent Statement (RFC 9943) with a COSE Receipt of the history (RFC 9942).

The payload of the Signed Statement is the entry that anchors the batch; its headers contain the declaration's
membership in that batch. The receipt proves that the entry is a leaf of the history's tree (RFC9162_SHA256).

A COSE receipt signs the root only. Size and index are in an unprotected proof, and can be changed to others that lead
to the same root. So our receipt repeats both, with the origin and the cosigned checkpoint, in its signed headers.
docs/exports.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.core.checkpoints.note import SignedNote
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding import cbor
from ledger.core.encoding.ids import Signer
from ledger.core.encoding.reading import hex_bytes, hex_text, read_count, read_object, read_string
from ledger.core.evidence.evidence import Evidence
from ledger.core.history.entry import Entry
from ledger.core.proofs import cose
from ledger.core.proofs.cose import ALGORITHM, CONTENT_TYPE, CWT_CLAIMS, ES256, ISSUER, KEY_ID, SUBJECT, Sign1, Unsigned
from ledger.core.proofs.membership import Membership, anchor_of, read_path
from ledger.core.proofs.receipt_key import NamedReceiptKey
from ledger.core.proofs.tlog_proof import Proven
from ledger.core.statements.origin import ADDRESS_SIZE, Origin
from ledger.core.statements.signer import p256_signer
from ledger.core.tree.merkle import verify_inclusion
from ledger.errors import Malformed, VerificationFailed

RECEIPTS, VDS, VDP = 394, 395, 396
RFC9162_SHA256 = 1
INCLUSION = -1
OURS = -71_000  # below -65536 labels are for private use (RFC 9052 section 1.4)
ENTRY_TYPE = "application/vnd.trade-ledger.entry"
MAX_STATEMENT_BYTES = 256 * 1024
MAX_PROOF_BYTES = 4 * 1024
_STATEMENT, _RECEIPT = "statement", "receipt"


def receipt_to_sign(evidence: Evidence, key: NamedReceiptKey) -> Unsigned:
    """What the receipt key signs: the history with this root contains the entry that anchors this declaration.

    :raises VerificationFailed: the evidence does not show the entry that anchors the batch.
    """
    checkpoint = evidence.checkpoint.checkpoint
    details: dict[int | str, cbor.Value] = {
        "checkpoint": str(evidence.checkpoint),
        "index": anchor_of(evidence).entry.number,
        "key": str(key),
        "size": checkpoint.size,
    }
    protected: dict[int | str, cbor.Value] = {
        ALGORITHM: ES256,
        KEY_ID: cose.thumbprint(key.key.point),
        CWT_CLAIMS: {ISSUER: str(evidence.origin), SUBJECT: _subject(evidence)},
        VDS: RFC9162_SHA256,
        OURS: details,
    }
    return Unsigned(protected, checkpoint.root)


def statement_to_sign(evidence: Evidence, issuer: bytes) -> Unsigned:
    """What the issuer, a P-256 key (65 bytes, uncompressed), signs: this entry anchors this declaration.

    :raises VerificationFailed: the evidence does not show the entry that anchors the batch.
    """
    protected: dict[int | str, cbor.Value] = {
        ALGORITHM: ES256,
        CONTENT_TYPE: ENTRY_TYPE,
        KEY_ID: cose.thumbprint(issuer),
        CWT_CLAIMS: {ISSUER: hex_text(p256_signer(evidence.origin, issuer)), SUBJECT: _subject(evidence)},
        OURS: {"membership": Membership.of(evidence).to_cbor(), "origin": str(evidence.origin)},
    }
    return Unsigned(protected, anchor_of(evidence).entry.data)


def transparent_statement(
    evidence: Evidence, statement: Unsigned, signature: bytes, receipt: Unsigned, receipt_signature: bytes
) -> bytes:
    """The file of the Transparent Statement: the signed statement with the signed receipt in its headers."""
    anchor = anchor_of(evidence)
    proof = cbor.encode([evidence.checkpoint.checkpoint.size, anchor.entry.number, list(anchor.proof)])
    made = receipt.signed(receipt_signature, {VDP: {INCLUSION: [proof]}}, detached=True)
    return statement.signed(signature, {RECEIPTS: [made.to_bytes()]}).to_bytes()


@dataclass(frozen=True, slots=True)
class TransparentStatement:
    """A Transparent Statement that was read and not yet verified.

    ``size``, ``index`` and ``path`` are the unprotected proof; ``signed_size`` and ``signed_index`` are in the signed
    headers of the receipt.
    """

    statement: Sign1
    receipt: Sign1
    origin: Origin
    entry: Entry
    membership: Membership
    issuer: Signer
    subjects: tuple[str, str]
    key: NamedReceiptKey
    note: SignedNote
    signed_size: int
    signed_index: int
    size: int
    index: int
    path: tuple[bytes, ...]

    @classmethod
    def parse(cls, data: bytes) -> TransparentStatement:
        """Read what ``transparent_statement`` returns; Malformed names the part."""
        statement = Sign1.parse(data, MAX_STATEMENT_BYTES, _STATEMENT)
        _, kind, _, claims, ours = _headers(
            statement.protected, (ALGORITHM, CONTENT_TYPE, KEY_ID, CWT_CLAIMS, OURS), _STATEMENT
        )
        if kind != ENTRY_TYPE or statement.payload is None:
            raise Malformed(f"must have a payload of the type {ENTRY_TYPE}", _STATEMENT)
        issuer, subject = _claims(claims, _STATEMENT)
        membership, named = read_object(ours, ["membership", "origin"], f"{_STATEMENT} header {OURS}")
        origin = Origin.parse(read_string(named, f"{_STATEMENT} origin"))
        match _headers(statement.unprotected, (RECEIPTS,), f"{_STATEMENT} (unprotected)"):
            case [[bytes(inner)]]:
                receipt = Sign1.parse(inner, MAX_STATEMENT_BYTES, _RECEIPT)
            case _:
                raise Malformed("must have exactly one receipt", f"{_STATEMENT} header {RECEIPTS}")
        _, _, receipt_claims, vds, details = _headers(
            receipt.protected, (ALGORITHM, KEY_ID, CWT_CLAIMS, VDS, OURS), _RECEIPT
        )
        if vds != RFC9162_SHA256 or receipt.payload is not None:
            raise Malformed("must be of an RFC9162_SHA256 tree, with a detached root", _RECEIPT)
        receipt_issuer, receipt_subject = _claims(receipt_claims, _RECEIPT)
        checkpoint, index, key, size = read_object(
            details, ["checkpoint", "index", "key", "size"], f"{_RECEIPT} header {OURS}"
        )
        note = SignedNote.parse(read_string(checkpoint, f"{_RECEIPT} checkpoint"))
        key = NamedReceiptKey.parse(read_string(key, f"{_RECEIPT} key"))
        for other in (Origin.parse(receipt_issuer), key.key.origin, note.checkpoint.origin):
            if other != origin:
                raise Malformed(f"is of {other}, the statement of {origin}", _RECEIPT)
        return cls(
            statement,
            receipt,
            origin,
            Entry.from_data(statement.payload),
            Membership.from_cbor(membership, f"{_STATEMENT} membership"),
            _signer(issuer, origin),
            (subject, receipt_subject),
            key,
            note,
            read_count(size, f"{_RECEIPT} size"),
            read_count(index, f"{_RECEIPT} index"),
            *_inclusion(receipt.unprotected),
        )

    @property
    def by_party(self) -> bool:
        """Whether the declaration's party issued the statement; otherwise the log did."""
        return self.issuer == self.membership.declaration.party

    def verify(self, trust: TrustRoot) -> Proven:
        """Check signatures, inclusion and membership, and that the proof agrees with what the receipt signs.

        :raises VerificationFailed: names what is wrong: origin, key, checkpoint, witnesses, size, index, entry,
            declaration or issuer.
        """
        if self.origin != trust.origin:
            raise VerificationFailed(f"the statement is of {self.origin}, but {trust.origin} is trusted")
        self.key.verify(trust.log_keys_at(self.note.checkpoint.size))
        cosigned = trust.verify(self.note)
        checkpoint = self.note.checkpoint
        _same("size", self.size, self.signed_size, checkpoint.size)
        _same("index", self.index, self.signed_index, self.entry.number)
        verify_inclusion(self.entry.hash, self.index, self.size, self.path, checkpoint.root)
        _part(_RECEIPT, self.receipt, self.origin, self.key.key.point, checkpoint.root)
        if not self.by_party and self.issuer != self.key.key.signer:
            raise VerificationFailed("the statement is issued neither by the declaration's party nor by the log")
        _part(_STATEMENT, self.statement, self.origin, b"\x04" + self.issuer[ADDRESS_SIZE:], self.entry.data)
        id_ = hex_text(self.membership.declaration.id(self.origin))
        if self.subjects != (id_, id_):
            raise VerificationFailed(f"statement and receipt are about {' and '.join(self.subjects)}, not about {id_}")
        self.membership.verify(self.origin, self.entry)
        return Proven(self.entry, self.note, cosigned, self.membership)


def _same(what: str, shown: int, signed: int, true: int) -> None:
    if not shown == signed == true:
        raise VerificationFailed(f"relabelled: the proof says {what} {shown}, the receipt signs {signed}, it is {true}")


def _part(name: str, message: Sign1, origin: Origin, point: bytes, payload: bytes) -> None:
    try:
        message.verify(origin, point, payload)
    except VerificationFailed as error:
        raise VerificationFailed(f"{name}: {error}") from None


def _subject(evidence: Evidence) -> str:
    return hex_text(evidence.id)


def _headers(headers: Mapping[int | str, cbor.Value], labels: tuple[int, ...], where: str) -> list[cbor.Value]:
    if set(headers) != set(labels):
        raise Malformed(f"must have exactly the headers {', '.join(map(str, labels))}", where)
    return [headers[label] for label in labels]


def _claims(value: cbor.Value, where: str) -> tuple[str, str]:
    if isinstance(value, dict) and set(value) == {ISSUER, SUBJECT}:
        issuer, subject = value[ISSUER], value[SUBJECT]
        if isinstance(issuer, str) and isinstance(subject, str):
            return issuer, subject
    raise Malformed("must have exactly the claims issuer (1) and subject (2)", where)


def _inclusion(headers: Mapping[int | str, cbor.Value]) -> tuple[int, int, tuple[bytes, ...]]:
    where = f"{_RECEIPT} header {VDP}"
    match _headers(headers, (VDP,), f"{_RECEIPT} (unprotected)"):
        case [dict(proofs)] if set(proofs) == {INCLUSION}:
            match proofs[INCLUSION]:
                case [bytes(data)]:
                    match cbor.decode(data, MAX_PROOF_BYTES):
                        case [size, index, path]:
                            return read_count(size, where), read_count(index, where), read_path(path, where)
    raise Malformed("must have exactly one inclusion proof: size, index and path", where)


def _signer(issuer: str, origin: Origin) -> Signer:
    signer = Signer(hex_bytes(issuer, f"{_STATEMENT} issuer"))
    if len(signer) != ADDRESS_SIZE + cose.POINT_SIZE - 1 or signer[:ADDRESS_SIZE] != origin.p256_verifier:
        raise Malformed("must be a P-256 signer under the contract of its origin", f"{_STATEMENT} issuer")
    return signer
