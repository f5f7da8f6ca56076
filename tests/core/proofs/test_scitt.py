"""Transparent Statements: what they prove, every wrong part refused with its name, and strict reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.encoding import cbor
from ledger.core.proofs import cose, scitt
from ledger.core.proofs.cose import Sign1
from ledger.core.proofs.membership import Membership
from ledger.core.proofs.receipt_key import NamedReceiptKey
from ledger.core.proofs.scitt import TransparentStatement
from ledger.errors import LedgerError, Malformed, VerificationFailed
from ledger.journeys.proof import transparent_statement
from ledger.testing.world import ORIGIN
from tests import exports
from tests.bad_checkpoints import DEFECTS as BAD_CHECKPOINTS
from tests.bad_checkpoints import WRONG_ORIGIN, words_of

WORDS = {
    "leaf": "another root",
    "leaf, issued anew": "the proof says index 4, the receipt signs 4, it is 5",
    "index": "relabelled: the proof says index 3, the receipt signs 4, it is 4",
    "size": "relabelled: the proof says size 7, the receipt signs 6, it is 6",
    "receipt's signature": "receipt: not signed by this P-256 key",
    "statement's signature": "statement: not signed by this P-256 key",
    "receipt key": "the receipt key is signed by another key than the log's",
    "issuer": "issued neither by the declaration's party nor by the log",
    "size in the receipt": "relabelled: the proof says size 6, the receipt signs 4, it is 6",
    "index in the receipt": "relabelled: the proof says index 4, the receipt signs 2, it is 4",
    "relabelled": "relabelled: the proof says size 4, the receipt signs 6, it is 6",
    "relabelled and signed so": "relabelled: the proof says size 4, the receipt signs 4, it is 6",
    "origin believed": "is trusted",
    "log key": "the receipt key is signed by another key than the log's",
    "cosignature missing": "cosigned by 1 of 2 known witnesses; 2 are demanded",
    "subjects: another index": "the signature of eip155:31337:.* does not fit",
    "cosignature forged": "the signature of bank.example/w does not fit",
    "receipt of another declaration": "statement and receipt are about 0x",
    "subject": "statement and receipt are about 0x00",
    "place in the batch": "the declaration is not in the batch of entry 4",
}


def test_what_it_proves() -> None:
    statement = TransparentStatement.parse(exports.statement_of())
    proven = statement.verify(exports.trust())
    assert (proven.entry.data, proven.checkpoint) == (exports.entry(4), exports.evidence().checkpoint)
    assert proven.membership == Membership.of(exports.evidence())
    assert len(proven.cosigned) == 2
    assert not statement.by_party


def test_a_party_with_a_card_issues_its_own() -> None:
    made = transparent_statement(exports.evidence(4), exports.LOG, exports.RECEIPTS, exports.CARD)
    statement = TransparentStatement.parse(made)
    statement.verify(exports.trust())
    assert statement.by_party
    assert statement.issuer == exports.CARD.signer(ORIGIN)


def test_a_card_cannot_issue_for_another_party() -> None:
    with pytest.raises(VerificationFailed, match="issued neither by"):
        transparent_statement(exports.evidence(3), exports.LOG, exports.RECEIPTS, exports.CARD)


def test_only_p256_signs() -> None:
    with pytest.raises(Malformed, match="need p256; this key is ed25519"):
        transparent_statement(exports.evidence(), exports.LOG, exports.LOG)


def test_nothing_is_signed_for_another_logs_checkpoint() -> None:
    with pytest.raises(VerificationFailed, match="not signed by eip155"):
        transparent_statement(exports.evidence(), exports.OTHER_LOG, exports.RECEIPTS)


def test_the_same_evidence_makes_the_same_file() -> None:
    assert transparent_statement(exports.evidence(), exports.LOG, exports.RECEIPTS) == exports.statement_of()


@pytest.mark.parametrize("name", WORDS)
def test_one_wrong_part(name: str) -> None:
    case = exports.statement_cases()[name]
    with pytest.raises(VerificationFailed, match=WORDS[name]):
        TransparentStatement.parse(case.file).verify(case.believed)


def test_every_wrong_part_is_tried() -> None:
    assert set(exports.statement_cases()) == {"good", "origin in the receipt", *WORDS}


def test_a_receipt_of_another_origin_is_no_receipt_of_this_statement() -> None:
    with pytest.raises(Malformed, match="receipt: is of eip155:31337:0x0000"):
        TransparentStatement.parse(exports.statement_cases()["origin in the receipt"].file)


@pytest.mark.parametrize("defect", [defect for defect in BAD_CHECKPOINTS if defect != WRONG_ORIGIN])
def test_a_receipt_whose_checkpoint_the_trust_root_refuses(defect: str) -> None:
    """Signed anew by the log's receipt key, so that the checkpoint alone is wrong."""

    def change(headers: dict[Any, Any]) -> dict[Any, Any]:
        return headers | {scitt.OURS: headers[scitt.OURS] | {"checkpoint": str(exports.bad_checkpoint(defect))}}

    statement = TransparentStatement.parse(exports.receipt_anew(change, exports.RECEIPTS))
    with pytest.raises(VerificationFailed, match=words_of(defect, exports.WITNESSES[0])):
        statement.verify(exports.trust_in_one())


@pytest.mark.parametrize("part", ["checkpoint", "key"])
def test_a_receipt_whose_parts_are_of_another_origin(part: str) -> None:
    receipt = exports.receipt_of(exports.statement_of())
    ours: Any = receipt.protected[scitt.OURS]
    other = ours[part].replace(str(ORIGIN), str(exports.OTHER_ORIGIN))
    with pytest.raises(Malformed, match="receipt: is of eip155:31337:0x0000"):
        TransparentStatement.parse(exports.with_receipt(exports.statement_of(), details(**{part: other})(receipt)))


def test_every_alias_is_refused() -> None:
    aliases = exports.aliases()
    assert aliases
    for size, index in aliases:
        with pytest.raises(VerificationFailed, match="relabelled"):
            TransparentStatement.parse(exports.relabelled(exports.statement_of(), size, index)).verify(exports.trust())


Change = Callable[[Sign1], Sign1]


def protected(**changes: Any) -> Change:
    """Headers by label, in words: ``h3=…`` sets label 3; None removes it."""
    labels = {int(name[1:].replace("m", "-")): value for name, value in changes.items()}
    return lambda message: replace(
        message,
        protected={label: value for label, value in {**message.protected, **labels}.items() if value is not None},
    )


def details(**changes: Any) -> Change:
    return lambda message: replace(
        message,
        protected={**message.protected, scitt.OURS: {**message.protected[scitt.OURS], **changes}},  # type: ignore[dict-item]
    )


def unprotected(headers: dict[Any, Any]) -> Change:
    return lambda message: replace(message, unprotected=headers)


def proof(value: cbor.Value) -> Change:
    return unprotected({scitt.VDP: {scitt.INCLUSION: [cbor.encode(value)]}})


HASH = bytes(32)
STATEMENT_DEFECTS: dict[str, tuple[Change, str]] = {
    "no payload": (lambda message: replace(message, payload=None), "statement: must have a payload"),
    "another content type": (protected(h3="text/plain"), "statement: must have a payload of the type"),
    "a header more": (protected(h99=1), "statement: must have exactly the headers 1, 3, 4, 15, -71000"),
    "a header less": (protected(h4=None), "statement: must have exactly the headers"),
    "claims that are no map": (protected(h15=[]), "statement: must have exactly the claims"),
    "a claim more": (protected(h15={1: "a", 2: "b", 6: 1}), "statement: must have exactly the claims"),
    "an issuer that is no signer": (protected(h15={1: "0x00", 2: "b"}), "statement issuer: must be a P-256 signer"),
    "an issuer that is a name": (protected(h15={1: "ACME", 2: "b"}), "statement issuer: must be lower-case hex"),
    "an issuer under another contract": (
        protected(h15={1: "0x" + "11" * 84, 2: "b"}),
        "statement issuer: must be a P-256 signer",
    ),
    "no receipt": (unprotected({}), "must have exactly the headers 394"),
    "two receipts": (unprotected({394: [b"", b""]}), "must have exactly one receipt"),
    "a receipt that is no message": (unprotected({394: [b"\xa0"]}), "receipt: is not a COSE_Sign1"),
    "a receipt that is cut": (unprotected({394: [b"\xd2\x84\x41"]}), "receipt: CBOR, byte 2: ends too early"),
    "a member more": (details(color=1), '"color" is not a member'),
    "an origin that is none": (details(origin="here"), "an origin looks like"),
    "an origin that is no text": (details(origin=1), "statement origin: must be text"),
    "a payload that is no entry": (lambda message: replace(message, payload=b"entry"), "entry bytes are"),
    "a membership that is none": (details(membership=[]), "statement membership: must be an object"),
}
MEMBERSHIP_DEFECTS: dict[str, tuple[dict[str, Any], str]] = {
    "index": ({"index": -1}, "index: must be a whole number from 0"),
    "path": ({"path": [b""]}, "path: every hash must be 32 bytes"),
    "path too long": ({"path": [HASH] * 65}, "path: must be a list of at most 64 hashes"),
    "signature": ({"signature": "0x"}, "signature: must be bytes"),
    "declaration": ({"declaration": [HASH]}, "declaration: must be a list of party, digest"),
    "document type": ({"declaration": [bytes(20), HASH, 1 << 16, HASH]}, "declaration.document_type: must be a whole"),
}
RECEIPT_DEFECTS: dict[str, tuple[Change, str]] = {
    "another tree": (protected(h395=2), "receipt: must be of an RFC9162_SHA256 tree"),
    "a root attached": (lambda message: replace(message, payload=HASH), "receipt: must be of an RFC9162_SHA256 tree"),
    "a header more": (protected(h2=[scitt.OURS]), "receipt: must have exactly the headers 1, 4, 15, 395, -71000"),
    "no proof": (unprotected({}), "unprotected.: must have exactly the headers 396"),
    "two proofs": (unprotected({396: {-1: [b"", b""]}}), "must have exactly one inclusion proof"),
    "a consistency proof": (unprotected({396: {-2: [b""]}}), "must have exactly one inclusion proof"),
    "a proof that is none": (proof([6, 4]), "must have exactly one inclusion proof"),
    "a negative index": (proof([6, -4, []]), "must be a whole number from 0"),
    "a size of text": (proof(["6", 4, []]), "must be a whole number from 0"),
    "a hash too short": (proof([6, 4, [b""]]), "every hash must be 32 bytes"),
    "a checkpoint that is none": (details(checkpoint=""), "checkpoint: must be 4 lines"),
    "a key that is none": (details(key=""), "receipt key: must be 3 lines"),
    "a size that is none": (details(size=-1), "receipt size: must be a whole number from 0"),
    "an index that is none": (details(index=None), "receipt index: must be a whole number from 0"),
}


def parse(statement: Sign1) -> TransparentStatement:
    return TransparentStatement.parse(statement.to_bytes())


@pytest.mark.parametrize("name", STATEMENT_DEFECTS)
def test_one_defect_of_the_statement(name: str) -> None:
    change, words = STATEMENT_DEFECTS[name]
    with pytest.raises(Malformed, match=words):
        parse(change(TransparentStatement.parse(exports.statement_of()).statement))


@pytest.mark.parametrize("name", MEMBERSHIP_DEFECTS)
def test_one_defect_of_the_membership(name: str) -> None:
    changes, words = MEMBERSHIP_DEFECTS[name]
    statement = TransparentStatement.parse(exports.statement_of()).statement
    ours: Any = statement.protected[scitt.OURS]
    with pytest.raises(Malformed, match=words):
        parse(details(membership={**ours["membership"], **changes})(statement))


@pytest.mark.parametrize("name", RECEIPT_DEFECTS)
def test_one_defect_of_the_receipt(name: str) -> None:
    change, words = RECEIPT_DEFECTS[name]
    receipt = change(exports.receipt_of(exports.statement_of()))
    with pytest.raises(Malformed, match=words):
        TransparentStatement.parse(exports.with_receipt(exports.statement_of(), receipt))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "statement: CBOR, byte 0: ends too early"),
        (b"\xd2\x80", "statement: is not a COSE_Sign1"),
        (cbor.encode(cbor.Tag(18, [b"\x01", {}, None, bytes(64)])), "statement: the protected headers must be a map"),
        (cbor.encode(cbor.Tag(18, [b"\xa0", {}, None, bytes(63)])), "statement: the signature must be 64 bytes"),
        (cbor.encode(cbor.Tag(97, [b"\xa0", {}, None, bytes(64)])), "statement: is not a COSE_Sign1"),
        (bytes(scitt.MAX_STATEMENT_BYTES + 1), "statement: CBOR: must have at most 262144 bytes"),
    ],
    ids=["empty", "no parts", "headers no map", "short signature", "COSE_Mac0", "too large"],
)
def test_what_is_no_message(data: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        TransparentStatement.parse(data)


@pytest.mark.parametrize("header", [{cose.KEY_ID: HASH}, {cose.ALGORITHM: -8}], ids=["key", "algorithm"])
def test_headers_that_name_another_key_or_algorithm(header: dict[int, cbor.Value]) -> None:
    made = exports.receipt_anew(lambda headers: headers | header, exports.RECEIPTS)
    with pytest.raises(VerificationFailed, match="receipt: the headers name another key or algorithm"):
        TransparentStatement.parse(made).verify(exports.trust())


KEY = TransparentStatement.parse(exports.statement_of()).key


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda note: note.replace("/1\n", "/2\n"), 'not of the format "trade-ledger/receipt-key/1"'),
        (lambda note: note + "\n", "receipt key line 6: is not a signature line"),
        (lambda note: note.replace("\n", "\r\n"), "must not contain control characters"),
        (lambda note: note.replace("\n\n", "\n"), "must be 3 lines, an empty line"),
        (lambda note: note.replace("MFkw", "MFkx"), "line 3: must be an uncompressed P-256 key"),
        (lambda note: note.replace("=\n\n", "\n\n"), "line 3: is not base64"),
        (lambda note: note.replace("\u2014 eip155:31337", "\u2014 eip155:31338"), "must have one signature line"),
        (lambda note: note + note.split("\n\n")[1], "must have one signature line"),
    ],
    ids=["version", "more", "control", "no text", "no P-256 key", "base64", "another name", "two signatures"],
)
def test_a_receipt_key_is_read_strictly(spoil: Callable[[str], str], words: str) -> None:
    with pytest.raises(Malformed, match=words):
        NamedReceiptKey.parse(spoil(str(KEY)))


def test_a_receipt_key_that_the_log_key_did_not_name() -> None:
    assert NamedReceiptKey.parse(str(KEY)) == KEY
    other = replace(KEY, key=replace(KEY.key, point=exports.STRANGER.public_key))
    with pytest.raises(VerificationFailed, match="receipt key: the signature of eip155:.* does not fit"):
        other.verify([exports.trust().log_key])


@given(some.integers(0, 8 * len(exports.statement_of()) - 1))
def test_no_changed_bit_is_accepted(bit: int) -> None:
    changed = bytearray(exports.statement_of())
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(LedgerError):
        TransparentStatement.parse(bytes(changed)).verify(exports.trust())


@given(some.integers(0, len(exports.statement_of()) - 1), some.binary(max_size=8), some.integers(0, 8))
def test_no_changed_bytes_are_accepted(place: int, inserted: bytes, removed: int) -> None:
    good = exports.statement_of()
    changed = good[:place] + inserted + good[place + removed :]
    if changed != good:
        with pytest.raises(LedgerError):
            TransparentStatement.parse(changed).verify(exports.trust())
