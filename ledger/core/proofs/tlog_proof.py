"""Proofs that an entry is in the history, in the format of C2SP tlog-proof: https://c2sp.org/tlog-proof.

A proof is made from evidence and proves one entry, whose bytes are in a file beside it. The proof of the entry that
anchors a batch has the declaration's membership as extra data, which is not signed but checked. docs/exports.md.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from ledger.core.checkpoints.note import MAX_NOTE, SignedNote
from ledger.core.checkpoints.trust import Cosignature, TrustRoot
from ledger.core.encoding import cbor
from ledger.core.encoding.reading import read_base64
from ledger.core.evidence.evidence import Evidence
from ledger.core.history.entry import Entry
from ledger.core.proofs.membership import Membership, anchor_of
from ledger.core.tree.merkle import HASH_SIZE, MAX_PROOF_HASHES, verify_inclusion
from ledger.errors import Malformed, VerificationFailed

HEADER = "c2sp.org/tlog-proof@v1"
MAX_EXTRA_BYTES = 8 * 1024
MAX_PROOF_FILE_BYTES = MAX_NOTE + 2 * MAX_EXTRA_BYTES
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")
_WHERE = "tlog-proof"


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof has shown: an entry of the history, a checkpoint that includes it, and the declaration it is about.

    ``cosigned``: the cosignature of every witness of the trust root that cosigned. ``membership`` is None if the proof
    is about the entry alone.
    """

    entry: Entry
    checkpoint: SignedNote
    cosigned: tuple[Cosignature, ...]
    membership: Membership | None


@dataclass(frozen=True, slots=True)
class TlogProof:
    """The proof of entry ``index``: its RFC 9162 path, the checkpoint with all its signatures, and extra data."""

    index: int
    path: tuple[bytes, ...]
    note: SignedNote
    extra: bytes | None = None

    @classmethod
    def of(cls, evidence: Evidence, number: int | None = None) -> TlogProof:
        """The proof of entry ``number`` of the evidence; if not given, of the entry that anchors the batch.

        :raises Malformed: the evidence does not show that entry.
        :raises VerificationFailed: it does not show the entry that anchors the batch.
        """
        anchor = anchor_of(evidence)
        number = anchor.entry.number if number is None else number
        shown = {item.entry.number: item for item in evidence.entries}
        if number not in shown:
            raise Malformed(f"the evidence shows entries {', '.join(map(str, shown))}, and not {number}", "entry")
        extra = cbor.encode(Membership.of(evidence).to_cbor()) if number == anchor.entry.number else None
        return cls(number, shown[number].proof, evidence.checkpoint, extra)

    def to_bytes(self) -> bytes:
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(hash_).decode() for hash_ in self.path]
        return ("\n".join(lines) + f"\n\n{self.note}").encode()

    @classmethod
    def parse(cls, data: bytes) -> TlogProof:
        """Read a proof strictly; Malformed names the line. Nothing is verified."""
        if len(data) > MAX_PROOF_FILE_BYTES:
            raise Malformed(f"must have at most {MAX_PROOF_FILE_BYTES} bytes, not {len(data)}", _WHERE)
        try:
            head, separator, note = data.decode().partition("\n\n")
        except UnicodeDecodeError:
            raise Malformed("is not UTF-8", _WHERE) from None
        first, *lines = head.split("\n")
        if not separator or first != HEADER:
            raise Malformed(f'must begin with the line "{HEADER}" and have an empty line before its checkpoint', _WHERE)
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = read_base64(lines.pop(0)[6:], f"{_WHERE} extra")
            if len(extra) > MAX_EXTRA_BYTES:
                raise Malformed(f"must have at most {MAX_EXTRA_BYTES} bytes", f"{_WHERE} extra")
        index = _INDEX.fullmatch(lines.pop(0)) if lines else None
        if index is None:
            raise Malformed('must have a line "index" with a number', _WHERE)
        if len(lines) > MAX_PROOF_HASHES:
            raise Malformed(f"must have at most {MAX_PROOF_HASHES} hashes", _WHERE)
        path = tuple(
            read_base64(line, f"{_WHERE} hash {number}", HASH_SIZE) for number, line in enumerate(lines, start=1)
        )
        return cls(int(index[1]), path, SignedNote.parse(note), extra)

    def verify(self, data: bytes, trust: TrustRoot) -> Proven:
        """Check that ``data`` is entry ``index`` of the trusted history, and check the membership in ``extra``.

        :raises Malformed: ``data`` is not an entry, or ``extra`` is not a membership.
        :raises VerificationFailed: the entry, index, size, root, key or origin is another one, or too few witnesses
            cosigned.
        """
        cosigned = trust.verify(self.note)
        entry, checkpoint = Entry.from_data(data), self.note.checkpoint
        if entry.number != self.index:
            raise VerificationFailed(f"the proof is of entry {self.index}, the bytes are of entry {entry.number}")
        verify_inclusion(entry.hash, self.index, checkpoint.size, self.path, checkpoint.root)
        membership = None
        if self.extra is not None:
            membership = Membership.from_cbor(cbor.decode(self.extra, MAX_EXTRA_BYTES), "extra")
            membership.verify(trust.origin, entry)
        return Proven(entry, self.note, cosigned, membership)
