"""What the API of a server answers, read into views. Pure functions; ``server_service`` asks for them.

All raise Malformed where an answer is not what a ledger answers. Words of the server are made harmless for a terminal.
"""

from __future__ import annotations

from typing import Any, get_args

from ledger.core.anchoring.batches import DeclarationState
from ledger.core.document.references import KeptReference, Reference, ReferenceKind, normal_reference
from ledger.core.encoding.ids import AttestationId, DeclarationId, Root, ShareId, Signer
from ledger.core.encoding.reading import hex_bytes, read_count, read_hash, read_list, read_string
from ledger.core.encoding.text import harmless
from ledger.core.evidence.share import Share
from ledger.core.history.entry import Entry, EntryKind
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.errors import Malformed
from ledger.journeys.service import AttestationView, DeclarationView, References, Waiting, WithdrawalView


def declaration_view(
    site: str, id_: DeclarationId, value: dict[str, Any], believed: Origin | None = None
) -> DeclarationView:
    """Where the declaration ``id_`` stands at a server.

    :param believed: the history that is believed of the server; the declaration must then have this id in it.
    """
    if read_hash(value.get("id"), "id") != id_:
        raise Malformed("is another declaration's", "id")
    declaration = Declaration.from_json(value.get("declaration"))
    if believed is not None and declaration.id(believed) != id_:
        raise Malformed("is not the declaration of this id", "declaration")
    state: DeclarationState | None = next(
        (name for name in get_args(DeclarationState) if name == value.get("state")), None
    )
    if state is None:
        raise Malformed("is none that this version knows", "state")
    root = value.get("batch_root")
    return DeclarationView(
        id_,
        declaration,
        state,
        read_count(value.get("received_at"), "received_at"),
        None if root is None else Root(read_hash(root, "batch_root")),
        count(value, "batch_size"),
        count(value, "entry_number"),
        count(value, "entry_time"),
        _waits(site, state, value),
        tuple(attestation_view(item) for item in read_list(value.get("attestations"), "attestations")),
        _withdrawal_view(value),
    )


def attestation_view(value: Any) -> AttestationView:
    """An attestation and its standing."""
    item = object_in(value, "attestations")
    return AttestationView(
        AttestationId(read_hash(item.get("id"), "id")),
        read_count(item.get("entry_number"), "entry_number"),
        harmless(read_string(item.get("standing"), "standing"), 60),
        Attestation.from_json(item.get("attestation")),
        Signer(hex_bytes(item.get("signer"), "signer")),
        count(item, "decided_by_entry"),
    )


def entry(value: Any) -> Entry:
    """An entry, whose hash must be the one that is told beside it."""
    item = object_in(value, "entries")
    name = read_string(item.get("kind"), "kind").upper()
    if name not in EntryKind.__members__:
        raise Malformed("is unknown to this version", "kind")
    number, time = read_count(item.get("number"), "number"), read_count(item.get("time"), "time")
    made = Entry(number, EntryKind[name], time, hex_bytes(item.get("payload"), "payload"))
    if made.hash != read_hash(item.get("hash"), "hash"):
        raise Malformed("is not that of the entry", "hash")
    _ = made.content
    return made


def references(value: dict[str, Any]) -> References:
    """The references that a server keeps for a declaration."""
    kept = [
        KeptReference(
            Reference(_kind(item.get("kind")), normal_reference(read_string(item.get("number"), "number"))),
            read_count(item.get("added_at"), "added_at"),
        )
        for item in (object_in(one, "references") for one in read_list(value.get("references"), "references"))
    ]
    return References(tuple(kept), read_count(value.get("added"), "added"))


def share(value: dict[str, Any]) -> Share:
    """A share as a server has it."""
    return Share(
        ShareId(read_hash(value.get("share"), "share")),
        Signer(hex_bytes(read_string(value.get("signer"), "signer"), "signer")),
        DeclarationId(read_hash(value.get("declaration"), "declaration")),
        read_count(value.get("size"), "size"),
        read_count(value.get("made_at"), "made_at"),
        read_count(value.get("until"), "until"),
    )


def waiting(site: str, value: dict[str, Any]) -> Waiting:
    """What waits at a server, by its readiness."""
    oldest, reasons, said = value.get("oldest_pending_seconds"), value.get("reasons"), value.get("anchoring")
    return Waiting(
        read_count(value.get("pending"), "pending"),
        None if oldest is None else read_count(oldest, "oldest_pending_seconds"),
        f"{site} anchors them" if said == "here" else f"they are anchored {harmless(said)}",
        None,
        tuple(
            harmless(item.get("detail"))
            for item in (reasons if isinstance(reasons, list) else [])
            if isinstance(item, dict)
        ),
    )


def count(value: dict[str, Any], name: str) -> int | None:
    """A number that may be missing."""
    given = value.get(name)
    return None if given is None else read_count(given, name)


def object_in(value: Any, where: str) -> dict[str, Any]:
    """An object, by the name of what it is in."""
    if not isinstance(value, dict):
        raise Malformed("must be an object", where)
    return value


def _waits(site: str, state: DeclarationState, value: dict[str, Any]) -> str | None:
    size = value.get("batch_size")
    return {
        "pending": f"at {site} for its anchorer",
        "batched": f"for {site} to send its batch of {size} to the chain",
        "sent": f"for a block: {site} sent its batch of {size} to the chain",
        "anchored": f"for the confirmations that {site} wants",
    }.get(state)


def _withdrawal_view(value: dict[str, Any]) -> WithdrawalView | None:
    given = value.get("withdrawn")
    if given is None:
        return None
    item = object_in(given, "withdrawn")
    return WithdrawalView(
        read_count(item.get("entry_number"), "entry_number"),
        read_count(item.get("time"), "time"),
        read_count(item.get("reason"), "reason"),
        DeclarationId(read_hash(item.get("replacement"), "replacement")),
    )


def _kind(value: object) -> ReferenceKind:
    try:
        return ReferenceKind(str(value))
    except ValueError:
        raise Malformed("is none that this version knows", "kind") from None
