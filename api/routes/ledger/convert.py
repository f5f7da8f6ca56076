"""Core values from request shapes and answer shapes from core values, for more than one route."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from api import schemas as shapes
from api.schemas import (
    AgencySaid,
    Attestation,
    AttestationStanding,
    DeclarationState,
    InboxItem,
    LineResult,
    Posting,
    PostingResult,
    Relayed,
    SignedDeclaration,
    WithdrawalResult,
)
from ledger.core.encoding.ids import DeclarationId, Digest, Signer
from ledger.core.encoding.json_text import parse_json
from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.core.history.history import RecordedPosting
from ledger.core.statements.code_lists import is_adverse, outcome_in_words, type_in_words
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature_forms import canonical_signature
from ledger.errors import Malformed, UnknownDeclaration
from ledger.journeys import relay
from ledger.journeys.receive import Received
from ledger.journeys.status import AttestationStatus, DeclarationStatus

Moment = Annotated[
    str,
    Field(
        max_length=40,
        description="Seconds since 1970, or ISO 8601 with a zone",
        examples=["1795000000", "2026-11-22T10:00:00Z"],
    ),
]


def to_hash(text: str) -> bytes:
    """32 bytes from a path parameter that matched its pattern."""
    return hex_bytes(text, "id")


def received_of(body: SignedDeclaration, origin: Origin) -> Received:
    """A request's body, whose shape is checked, as a statement with its id, and its signature in the one form."""
    given = body.declaration
    declaration = Declaration(
        Signer(_bytes(given.party)),
        Digest(_bytes(given.digest)),
        given.document_type,
        DeclarationId(_bytes(given.replaces)),
    )
    id_ = declaration.id(origin)
    return Received(id_, declaration, canonical_signature(declaration.party, id_, _bytes(body.signature)))


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


def state_of(status: DeclarationStatus) -> DeclarationState:
    """Where a declaration stands; UnknownDeclaration if only the history knows of it."""
    return DeclarationState(**_state(status))


def item_of(status: DeclarationStatus, at: int) -> InboxItem:
    """A declaration of an inbox at ``at`` (seconds)."""
    shown = _state(status)
    return InboxItem(
        **shown,
        type_in_words=type_in_words(shown["declaration"].document_type),
        age_seconds=max(0, at - shown["received_at"]),
        said=[said_of(one) for one in status.attestations],
    )


def said_of(status: AttestationStatus) -> AgencySaid:
    """What an agency said, in words."""
    said = status.attested.attestation
    return AgencySaid(
        agency=said.agency,
        kind=said.kind,
        kind_in_words=type_in_words(said.kind),
        outcome=said.outcome,
        outcome_in_words=outcome_in_words(said.kind, said.outcome),
        adverse=is_adverse(said.kind, said.outcome),
        standing=status.standing.value,
        attestation=hex_text(status.id),
    )


def seconds_of(text: str | None, where: str) -> int | None:
    """A time of a request in seconds; Malformed, naming the parameter, if it is none."""
    if text is None:
        return None
    try:
        parsed = int(text) if text.isdecimal() else int(_with_zone(text).timestamp())
    except (ValueError, OverflowError):
        parsed = -1
    if not 0 <= parsed < 1 << 40:
        raise Malformed("a time is a number of seconds since 1970, or looks like 2026-11-22T10:00:00Z", where)
    return parsed


def _with_zone(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError(text)
    return parsed


def _state(status: DeclarationStatus) -> dict[str, Any]:
    if status.declaration is None or status.state is None or status.received_at is None:
        raise UnknownDeclaration(status.id)  # only the history knows of it
    batch = status.batch
    return {
        "id": hex_text(status.id),
        "state": status.state,
        "received_at": status.received_at,
        "declaration": shapes.Declaration.model_validate(status.declaration.to_json()),
        "batch_root": hex_text(batch.root) if batch else None,
        "batch_size": batch.size if batch else None,
        "entry_number": batch.entry_number if batch else None,
        "entry_time": batch.entry_time if batch else None,
        "withdrawn_by_entry": status.withdrawn[0].number if status.withdrawn else None,
        "withdrawn": _ended(status),
        "attestations": [standing_of(one) for one in status.attestations],
    }


def _ended(status: DeclarationStatus) -> WithdrawalResult | None:
    if status.withdrawn is None:
        return None
    entry, said = status.withdrawn
    return WithdrawalResult(
        entry_number=entry.number,
        time=entry.time,
        reason=said.withdrawal.reason,
        replacement=hex_text(said.withdrawal.replacement),
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
