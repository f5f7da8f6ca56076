"""A client of witnesses over HTTP (C2SP tlog-witness). https://c2sp.org/tlog-witness"""

from __future__ import annotations

import re
from pathlib import Path

from ledger.core.checkpoints.note import MAX_NOTE, SignedNote
from ledger.core.checkpoints.witness_requests import AddCheckpoint
from ledger.core.checkpoints.witnesses_file import KnownWitness, read_witnesses
from ledger.core.encoding.text import text_of
from ledger.edges.web import Response, Web
from ledger.errors import DefiniteNo, LedgerError, Malformed, Source, Unavailable, VerificationFailed

TIMEOUT_SECONDS = 10.0
_SIZE_TYPE = "text/x.tlog.size"
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
_RETRY_AFTER = re.compile(r"[0-9]{1,4}")
_REFUSALS = {
    400: "it finds the request malformed",
    403: "it does not know the key that signed the checkpoint",
    404: "it does not know this log",
    409: "it cosigned another root for this size",
    422: "the checkpoint is not consistent with what it has seen",
}


class SeenAnother(DefiniteNo):
    """The witness's latest checkpoint has another size than the request said. The journeys handle it."""

    def __init__(self, size: int) -> None:
        super().__init__(f"it has seen {size} entries")
        self.size = size


class NotNow(Unavailable):
    """The witness cannot answer now; it wants to be asked again after ``seconds`` (0: it did not say)."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message, source=Source.WITNESS)
        self.seconds = seconds


class WitnessClient:
    """One witness. Nothing it answers is trusted: its signature is verified with the key known beforehand."""

    def __init__(self, witness: KnownWitness, timeout: float = TIMEOUT_SECONDS, proxy: str | None = None) -> None:
        """Malformed if the witness has no address. ``proxy``: address of the proxy to ask through; None: none."""
        if witness.url is None:
            raise Malformed(f"has no address for {witness.key.name}: write it after the key", "witnesses file")
        self.key = witness.key
        self._web = Web(witness.url, timeout, Source.WITNESS, proxy)

    def add_checkpoint(self, old_size: int, proof: list[bytes], note: SignedNote) -> SignedNote:
        """Ask for a cosignature; returns a note with only this witness's lines.

        :raises SeenAnother: ``old_size`` is not the size that the witness last saw.
        :raises NotNow: the witness answers 503, for example because its node is away or behind.
        :raises Unavailable: the witness does not answer as the protocol says.
        :raises VerificationFailed: the witness refuses, or its cosignature does not fit.
        """
        body = AddCheckpoint(old_size, tuple(proof), str(note)).to_bytes()
        answer = self._web.post("/add-checkpoint", body, MAX_NOTE)
        if answer.status != 200:
            raise _refusal(answer)
        try:
            # The checkpoint's text and the lines of the response make a note, as the protocol suggests.
            answered = SignedNote.parse(f"{note.checkpoint.text}\n{answer.body.decode()}")
        except (Malformed, UnicodeDecodeError):
            raise VerificationFailed("its answer is not signature lines") from None
        answered.cosigned_at(self.key)
        lines = [line for line in answered.signatures if line[:2] == (self.key.name, self.key.id)]
        return SignedNote(note.checkpoint, tuple(lines))


def clients_of(file: Path | None, proxy: str | None = None) -> list[WitnessClient]:
    """A client for each witness of a witnesses file; an empty list without a file.

    :raises Malformed: see ``witnesses_in``; also if a witness has no address.
    """
    if file is None:
        return []
    try:
        return [WitnessClient(witness, proxy=proxy) for witness in witnesses_in(file)]
    except Malformed as error:
        raise Malformed(error.what, str(file)) from None


def witnesses_in(file: Path) -> tuple[KnownWitness, ...]:
    """The witnesses of a witnesses file; Malformed if the file or one of its lines cannot be read."""
    try:
        text = text_of(file.read_bytes())
    except OSError as error:
        raise Malformed(f"cannot be read: {error.strerror}", str(file)) from None
    except Malformed:
        raise Malformed("cannot be read: it is not UTF-8 text", str(file)) from None
    try:
        return read_witnesses(text)
    except Malformed as error:
        raise Malformed(str(error), str(file)) from None


def _refusal(answer: Response) -> LedgerError:
    if answer.status == 409 and answer.headers.get("content-type") == _SIZE_TYPE:
        size = _SIZE.fullmatch(answer.body)
        if size is None:
            return Unavailable("it answers 409 without the size of its latest checkpoint", source=Source.WITNESS)
        return SeenAnother(int(size[1]))
    if answer.status == 503:
        wanted = answer.headers.get("retry-after", "")
        return NotNow("it cannot answer at the moment", int(wanted) if _RETRY_AFTER.fullmatch(wanted) else 0)
    if answer.status in _REFUSALS:
        return VerificationFailed(_REFUSALS[answer.status])
    return Unavailable(f"it answers with HTTP {answer.status}", source=Source.WITNESS)
