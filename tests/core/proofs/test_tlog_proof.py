"""C2SP tlog-proof: exact printing, strict reading, and every wrong part refused with its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.proofs.membership import Membership
from ledger.core.proofs.tlog_proof import MAX_PROOF_FILE_BYTES, TlogProof
from ledger.errors import LedgerError, Malformed, VerificationFailed
from tests import exports
from tests.bad_checkpoints import DEFECTS as BAD_CHECKPOINTS
from tests.bad_checkpoints import words_of

FILE = TlogProof.of(exports.evidence()).to_bytes()

WORDS = {
    "leaf": "another root",
    "leaf of another entry": "the proof is of entry 4, the bytes are of entry 5",
    "index": "the proof is of entry 3, the bytes are of entry 4",
    "index beyond the size": "the proof is of entry 6",
    "size": "the signature of eip155:31337:.* does not fit",
    "root": "the signature of eip155:31337:.* does not fit",
    "path": "another root",
    "path too long": "too long",
    "path too short": "too short",
    "log key": "not signed by eip155:31337",
    "origin believed": "is trusted",
    "origin stated": "is trusted",
    "cosignature missing": "cosigned by 1 of 2 known witnesses; 2 are demanded",
    "subjects: another index": "the signature of eip155:31337:.* does not fit",
    "cosignature forged": "the signature of bank.example/w does not fit",
    "extra with another place": "the declaration is not in the batch of entry 4",
}


def test_what_it_proves() -> None:
    proof = TlogProof.of(exports.evidence())
    proven = proof.verify(exports.entry(4), exports.trust())
    assert (proof.index, proven.entry.number, proven.checkpoint.checkpoint.size) == (4, 4, 6)
    assert [item.witness.name for item in proven.cosigned] == ["harbour.example/w", "bank.example/w"]
    assert proven.membership == Membership.of(exports.evidence())


@pytest.mark.parametrize("number", [0, 1, 2, 3, 5])
def test_any_other_entry_of_the_evidence(number: int) -> None:
    proof = TlogProof.of(exports.evidence(), number)
    assert proof.extra is None
    assert proof.verify(exports.entry(number), exports.trust()).entry.number == number


def test_an_entry_that_the_evidence_does_not_show() -> None:
    with pytest.raises(Malformed, match="shows entries 0, 1, 2, 3, 4, 5, and not 6"):
        TlogProof.of(exports.evidence(), 6)


def test_evidence_without_its_anchor() -> None:
    made = exports.evidence()
    with pytest.raises(VerificationFailed, match="no entry of the evidence anchors"):
        TlogProof.of(replace(made, entries=made.entries[:4]))


def test_a_history_of_one_entry_needs_no_path() -> None:
    assert b"index 0\n\neip155:" in TlogProof(0, (), exports.evidence().checkpoint).to_bytes()


def test_what_is_printed_is_read() -> None:
    assert TlogProof.parse(FILE) == TlogProof.of(exports.evidence())
    assert TlogProof.parse(FILE).to_bytes() == FILE


@pytest.mark.parametrize("name", [name for name in exports.proof_cases() if name != "good"])
def test_one_wrong_part(name: str) -> None:
    case = exports.proof_cases()[name]
    with pytest.raises(VerificationFailed, match=WORDS[name]):
        TlogProof.parse(case.file).verify(case.entry, case.believed)


@pytest.mark.parametrize("defect", BAD_CHECKPOINTS)
def test_a_checkpoint_that_the_trust_root_refuses(defect: str) -> None:
    proof = replace(TlogProof.of(exports.evidence()), note=exports.bad_checkpoint(defect))
    with pytest.raises(VerificationFailed, match=words_of(defect, exports.WITNESSES[0])):
        proof.verify(exports.entry(4), exports.trust_in_one())


DEFECTS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "must begin with the line"),
    "another version": (lambda file: file.replace(b"@v1", b"@v2"), "must begin with the line"),
    "no index": (
        lambda file: b"\n".join(line for line in file.split(b"\n") if b"index" not in line),
        'must have a line "index"',
    ),
    "index with a zero before it": (lambda file: file.replace(b"index 4", b"index 04"), 'must have a line "index"'),
    "index with a sign": (lambda file: file.replace(b"index 4", b"index +4"), 'must have a line "index"'),
    "index before extra": (lambda file: file.replace(b"extra ", b"index 1\nextra ", 1), "not base64"),
    "two extras": (lambda file: file.replace(b"extra ", b"extra aaaa\nextra ", 1), 'must have a line "index"'),
    "a hash too short": (
        lambda file: file.replace(b"index 4\n", b"index 4\naaaa\n"),
        "hash 1: must be 32 bytes in base64, not 3",
    ),
    "hash in another spelling": (lambda file: file.replace(b"=\n\n", b"\n\n", 1), "base64"),
    "too many hashes": (lambda file: file.replace(b"index 4\n", b"index 4\n" + b"aaaa\n" * 65), "at most 64 hashes"),
    "no checkpoint": (lambda file: file.partition(b"\n\n")[0], "empty line"),
    "CRLF": (lambda file: file.replace(b"\n", b"\r\n"), "must begin with the line"),
    "not UTF-8": (lambda file: b"\xff" + file, "not UTF-8"),
    "too large": (lambda _: b" " * (MAX_PROOF_FILE_BYTES + 1), "at most"),
    "extra too large": (lambda file: file.replace(b"extra ", b"extra " + b"aaaa" * 2731), "at most 8192 bytes"),
    "nothing after the checkpoint": (lambda file: file + b"\n", "is not a signature line"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_one_defect(name: str) -> None:
    spoil, words = DEFECTS[name]
    with pytest.raises(Malformed, match=words):
        TlogProof.parse(spoil(FILE))


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (b"\xff", "CBOR"),
        (b"\xa0", '"declaration" is missing'),
        (b"\x80", "must be an object"),
    ],
    ids=["not CBOR", "no member", "no map"],
)
def test_extra_that_is_no_membership(extra: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        replace(TlogProof.of(exports.evidence()), extra=extra).verify(exports.entry(4), exports.trust())


def test_extra_on_an_entry_that_anchors_nothing() -> None:
    proof = replace(TlogProof.of(exports.evidence(), 5), extra=TlogProof.of(exports.evidence()).extra)
    with pytest.raises(VerificationFailed, match="entry 5 does not anchor a batch"):
        proof.verify(exports.entry(5), exports.trust())


@given(some.integers(0, 8 * len(FILE) - 1))
def test_no_changed_bit_is_accepted(bit: int) -> None:
    changed = bytearray(FILE)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(LedgerError):
        TlogProof.parse(bytes(changed)).verify(exports.entry(4), exports.trust())


@given(some.integers(0, 8 * len(exports.entry(4)) - 1))
def test_no_changed_bit_of_the_entry_is_accepted(bit: int) -> None:
    changed = bytearray(exports.entry(4))
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(LedgerError):
        TlogProof.parse(FILE).verify(bytes(changed), exports.trust())
