"""Core values from request shapes and answer shapes from core values, for more than one route."""

from __future__ import annotations

from collections.abc import Sequence

from api.schemas import (
    Attestation,
    AttestationStanding,
    LineResult,
    Posting,
    PostingResult,
    Relayed,
    SignedDeclaration,
)
from ledger.core.encoding.ids import DeclarationId, Digest, Signer
from ledger.core.encoding.json_text import parse_json
from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.core.history.history import RecordedPosting
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.journeys import relay
from ledger.journeys.receive import Received
from ledger.journeys.status import AttestationStatus


def to_hash(text: str) -> bytes:
    """32 bytes from a path parameter that matched its pattern."""
    return hex_bytes(text, "id")


def received_of(body: SignedDeclaration, origin: Origin) -> Received:
    """A request's body, whose shape is checked, as a statement with its id."""
    given = body.declaration
    declaration = Declaration(
        Signer(_bytes(given.party)),
        Digest(_bytes(given.digest)),
        given.document_type,
        DeclarationId(_bytes(given.replaces)),
    )
    return Received(declaration.id(origin), declaration, _bytes(body.signature))


def refuse_repeated_names(raw: bytes) -> None:
    """Malformed if an object of a JSON text has two members of one name.

    pydantic takes the last of them, and another program might take the first.
    """
    parse_json(raw)


def standing_of(status: AttestationStatus) -> AttestationStanding:
    """An attestation and its standing."""
    return AttestationStanding(
        id=hex_text(status.id),
        entry_number=status.entry.number,
        standing=status.standing.value,
        attestation=Attestation.model_validate(status.attested.attestation.to_json()),
        signer=hex_text(status.attested.signer),
        decided_by_entry=None if status.decided_by is None else status.decided_by.number,
    )


def line_of(postings: Sequence[RecordedPosting]) -> LineResult:
    """A certificate's line by all of its postings, in order."""
    if not postings:
        return LineResult(sheet=None, latest=None)
    entry, posted = postings[-1]
    latest = PostingResult(
        entry_number=entry.number,
        posting=Posting.model_validate(posted.posting.to_json()),
        signer=hex_text(posted.signer),
    )
    return LineResult(sheet=hex_text(posted.posting.to), latest=latest)


def relayed(done: relay.Relayed) -> Relayed:
    """A relayed statement."""
    return Relayed(
        id=hex_text(done.id),
        entry_number=done.number,
        transaction=done.receipt.tx_hash if done.receipt else None,
        gas=done.receipt.gas_used if done.receipt else None,
    )


def _bytes(text: str) -> bytes:
    """Hex whose form is checked already."""
    return bytes.fromhex(text[2:])
