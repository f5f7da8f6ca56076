"""Checkpoints that a trust root must not accept, each with one defect, for the tests of everything that asks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import NoteKey, SignedNote, signed
from ledger.core.statements.origin import Origin
from ledger.testing.world import Witness

WRONG_ORIGIN = "wrong origin"
WRONG_KEY = "wrong key"
BAD_SIGNATURE = "bad log signature"
NOT_SIGNED = "missing log signature"
TOO_FEW = "too few cosignatures"
BAD_COSIGNATURE = "bad cosignature"

DEFECTS = {
    WRONG_ORIGIN: "the checkpoint is of eip155:5:0x1+:1+, but eip155:.* is trusted",
    WRONG_KEY: "not signed by eip155:",
    BAD_SIGNATURE: "the signature of eip155:.* does not fit",
    NOT_SIGNED: "not signed by eip155:",
    TOO_FEW: "cosigned by 0 of 1 known witnesses; 1 are demanded",
    BAD_COSIGNATURE: "the signature of {witness} does not fit",
}
"""Each defect, and a pattern of the message with which a trust root of one witness refuses it."""

_STRANGER = Ed25519PrivateKey.from_private_bytes(sha256(b"a stranger's log key").digest())


def words_of(defect: str, witness: Witness) -> str:
    """The pattern of a defect's message."""
    return DEFECTS[defect].format(witness=witness.name)


def spoiled(
    defect: str, checkpoint: Checkpoint, log: NoteKey, sign: Callable[[bytes], bytes], witness: Witness, time: int
) -> SignedNote:
    """The checkpoint, signed by the log and cosigned by ``witness`` at ``time`` (seconds), but for one defect.

    :param sign: makes a signature with the log's secret key.
    """
    if defect == WRONG_ORIGIN:
        # The trusted log's key under its own name: only the origin tells that this is another history.
        checkpoint = replace(checkpoint, origin=Origin(5, b"\x11" * 20, b"\x11" * 32))
    note = signed(checkpoint, log, sign(checkpoint.text.encode()))
    if defect == WRONG_KEY:
        stranger = NoteKey(log.name, _STRANGER.public_key().public_bytes_raw())
        note = signed(checkpoint, stranger, _STRANGER.sign(checkpoint.text.encode()))
    elif defect == BAD_SIGNATURE:
        note = signed(checkpoint, log, _STRANGER.sign(checkpoint.text.encode()))
    elif defect == NOT_SIGNED:
        note = replace(note, signatures=())
    if defect == TOO_FEW:
        return note
    note = witness.cosign(note, time)
    if defect == BAD_COSIGNATURE:
        *others, (name, id_, line) = note.signatures
        note = replace(note, signatures=(*others, (name, id_, line[:-1] + bytes([line[-1] ^ 1]))))
    return note
