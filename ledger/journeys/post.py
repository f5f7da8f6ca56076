"""Post: relay an agency's signed posting, which moves a line of a certificate from one sheet to the next."""

from __future__ import annotations

from ledger.core.encoding.ids import LineName, Signer
from ledger.core.history.entry import Posted
from ledger.core.history.history import History, RecordedPosting
from ledger.core.statements.posting import Posting
from ledger.errors import AttestationUnknown, SheetStale
from ledger.journeys.relay import Relay, Relayed, relayed


def relay_posting(relay: Relay, posting: Posting, signer: Signer, signature: bytes) -> Relayed:
    """Relay a posting. Relaying the same one again is no error, also if others have moved the line on since.

    :raises Malformed: the member is not in the attestation's set; it is not checked where the set is not known.
    :raises SheetStale: another posting came first; ``current`` is the sheet from which a new one must move.
    :raises NotRelayed: the relayer does not pay for it.
    :raises Refused: the contract forbids it.
    """
    receipt = None
    try:
        receipt = relay.submit(Posted(posting, signer, signature))
    except SheetStale:
        if relay.find(None, lambda history: _recorded(history, posting)) is None:
            raise
    recorded = relay.find(receipt, lambda history: _recorded(history, posting))
    return relayed(posting.id(relay.chain.origin), recorded and recorded.entry, receipt)


def _recorded(history: History, posting: Posting) -> RecordedPosting | None:
    """The latest: the same posting can be made again when the line is back at the same sheet."""
    found = history.postings.get(posting.line_name, ())
    return next((item for item in reversed(found) if item.posted.posting == posting), None)


def postings_of(line: LineName, history: History) -> list[RecordedPosting]:
    """All postings of a certificate's line, in the order of the history; none if no agency has opened it.

    :raises AttestationUnknown: the history does not have the attestation.
    """
    if line.attestation not in history.attestations:
        raise AttestationUnknown(line.attestation)
    return list(history.postings.get(line, ()))
