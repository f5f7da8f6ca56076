"""A witness over HTTP: C2SP tlog-witness from the side of those who ask. https://c2sp.org/tlog-witness"""

from __future__ import annotations

import re
from pathlib import Path

from ledger.core.checkpoints.note import MAX_NOTE, SignedNote
from ledger.core.checkpoints.witnessing import AddCheckpoint, KnownWitness, read_witnesses
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
    """The witness's latest checkpoint has another size than the request said. Never leaves the journeys."""

    def __init__(self, size: int) -> None:
        super().__init__(f"it has seen {size} entries")
        self.size = size


class NotNow(Unavailable):
    """The witness cannot say now; ``seconds`` until it wants to be asked again."""

    def __init__(self, words: str, seconds: int) -> None:
        super().__init__(words, source=Source.WITNESS)
        self.seconds = seconds


class WitnessClient:
    """One witness. It is believed nothing: what it signs is verified with the key that is known beforehand."""

    def __init__(self, witness: KnownWitness, timeout: float = TIMEOUT_SECONDS) -> None:
        """Malformed for a witness whose address is not known."""
        if witness.url is None:
            raise Malformed(f"has no address for {witness.key.name}", "witnesses file")
        self.key = witness.key
        self._web = Web(witness.url, timeout, Source.WITNESS)

    def add_checkpoint(self, old_size: int, proof: list[bytes], note: SignedNote) -> SignedNote:
        """Ask for a cosignature; returns a note with this witness's lines alone.

        :raises SeenAnother: ``old_size`` is not what it last saw.
        :raises NotNow: it says 503, as a witness does whose node is away or behind.
        :raises Unavailable: it does not answer as a witness does.
        :raises VerificationFailed: it refuses, or answers without a cosignature that fits.
        """
        body = AddCheckpoint(old_size, tuple(proof), str(note)).to_bytes()
        answer = self._web.post("/add-checkpoint", body, MAX_NOTE)
        if answer.status != 200:
            raise _refusal(answer)
        try:
            # As the protocol suggests: the answer's lines after the checkpoint's text make a note.
            answered = SignedNote.parse(f"{note.checkpoint.text}\n{answer.body.decode()}")
        except (Malformed, UnicodeDecodeError):
            raise VerificationFailed("it answers with something other than signature lines") from None
        answered.cosigned_at(self.key)
        lines = [line for line in answered.signatures if line[:2] == (self.key.name, self.key.id)]
        return SignedNote(note.checkpoint, tuple(lines))


def clients_of(file: Path | None) -> list[WitnessClient]:
    """Those to ask, by a witnesses file; none without one.

    :raises Malformed: as for ``witnesses_in``; also for a witness without an address.
    """
    return [] if file is None else [WitnessClient(witness) for witness in witnesses_in(file)]


def witnesses_in(file: Path) -> tuple[KnownWitness, ...]:
    """The witnesses of a witnesses file; Malformed where it cannot be read, or a line of it."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed(f"cannot be read: {getattr(error, 'strerror', None) or 'no UTF-8'}", str(file)) from None
    return read_witnesses(text)


def _refusal(answer: Response) -> LedgerError:
    if answer.status == 409 and answer.headers.get("content-type") == _SIZE_TYPE:
        size = _SIZE.fullmatch(answer.body)
        if size is None:
            return Unavailable("it answers 409 without the size of its latest checkpoint", source=Source.WITNESS)
        return SeenAnother(int(size[1]))
    if answer.status == 503:
        wanted = answer.headers.get("retry-after", "")
        return NotNow("it cannot say at the moment", int(wanted) if _RETRY_AFTER.fullmatch(wanted) else 0)
    if answer.status in _REFUSALS:
        return VerificationFailed(_REFUSALS[answer.status])
    return Unavailable(f"it answers with HTTP {answer.status}", source=Source.WITNESS)
