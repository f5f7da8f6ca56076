"""The service that a command asks: one's own node and store, or the API of a server. Both do and say the same.

``OwnService`` has the first, ``ServerService`` the second. What is signed is signed before: a service gets statements,
never a key, and never a document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ledger.core.anchoring.batches import DeclarationState
from ledger.core.document import Redacted
from ledger.core.document.references import KeptReference
from ledger.core.encoding.ids import AttestationId, DeclarationId, Digest, Root, ShareId, Signer
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.share import NewShare, Share
from ledger.core.history.agencies import Agencies
from ledger.core.history.entry import Entry
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.core.statements.posting import Posting
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.withdrawal import Withdrawal
from ledger.errors import LedgerError
from ledger.journeys.progress import Progress
from ledger.journeys.receive import Received, Stored


@dataclass(frozen=True, slots=True)
class Recorded:
    """A statement that is in the history: its id and its entry.

    ``transaction``: by the names of its parts, what carried it (hash, gas ...); empty if it was there before.
    """

    id: bytes
    entry: int
    transaction: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Anchored:
    """A batch and the entry that anchors it. ``transaction`` as in ``Recorded``; empty if somebody else sent it."""

    root: Root
    size: int
    entry: int | None
    transaction: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AttestationView:
    """An attestation and its standing now. ``decided_by``: the entry that decides it, None where nobody says."""

    id: AttestationId
    entry: int
    standing: str
    attestation: Attestation
    signer: Signer
    decided_by: int | None = None


@dataclass(frozen=True, slots=True)
class WithdrawalView:
    """The end of a declaration: the entry, its time (seconds), the reason (UNCL 1225), the replacement or zeros."""

    entry: int
    time: int
    reason: int
    replacement: DeclarationId


@dataclass(frozen=True, slots=True)
class DeclarationView:
    """Where a declaration stands.

    ``declaration``, ``state`` and ``received_at`` (seconds) are None if only the history knows of it. ``entry`` and
    ``entry_time``: of the entry that anchors it. ``waits``: what it waits for, and for whom, in words; None if for
    nothing.
    """

    id: DeclarationId
    declaration: Declaration | None = None
    state: DeclarationState | None = None
    received_at: int | None = None
    batch_root: Root | None = None
    batch_size: int | None = None
    entry: int | None = None
    entry_time: int | None = None
    waits: str | None = None
    attestations: tuple[AttestationView, ...] = ()
    withdrawn: WithdrawalView | None = None


@dataclass(frozen=True, slots=True)
class InboxQuery:
    """What of an agency's inbox is asked for; all that is not None must hold.

    ``kind``: not attested under this kind (UNCL 1001). ``document_type``: UNCL 1001. ``since`` (inclusive) and
    ``until`` (exclusive): seconds, when it was received.
    """

    agency: str
    kind: int | None = None
    document_type: int | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class InboxView:
    """Some of an inbox, oldest first, and the cursor of the next page; None on the last."""

    found: tuple[DeclarationView, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class MembersView:
    """The members of an attested set of ``size`` that are known, in order; ``revoked``: for which it is revoked."""

    size: int
    members: tuple[DeclarationId, ...]
    revoked: frozenset[DeclarationId]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Entries of a history, in order, with its origin as it is told, its size and head.

    ``agencies``: the register as it is now, None where nobody has replayed it.
    """

    origin: Origin
    size: int
    head: bytes
    entries: tuple[Entry, ...]
    agencies: Agencies | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits at a service: how many declarations for a batch, the oldest for how long (seconds), and for whom.

    ``under_way``: how many are in batches on the way into the history, None where nobody says. ``problems``: what is
    wrong, in words.
    """

    pending: int
    oldest_seconds: int | None
    anchorer: str
    under_way: int | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class References:
    """By what a declaration is found. ``added``: how many of them were not there before."""

    kept: tuple[KeptReference, ...]
    added: int = 0


class LedgerService(Protocol):
    """One history, and what may be done with it. Methods raise ``Refused``, ``Malformed`` or ``Unavailable``.

    ``service.declare([Received(id_, declaration, signature)])`` gives ``[Stored(id_, is_new=True)]``.
    """

    @property
    def name(self) -> str:
        """Where it is: ``here``, or the server's address."""

    @property
    def is_server(self) -> bool:
        """Whether it is somebody's server: contents and keys stay here either way."""

    @property
    def origin(self) -> Origin:
        """The history. A server's is believed when this returns, so a key may sign for it.

        :raises VerificationFailed: the server is about another history than was believed.
        :raises Malformed: nobody believes the server.
        """

    def another(self) -> LedgerService:
        """The same service once more, for another thread; it believes what this one believes."""

    @property
    def group(self) -> int:
        """How many declarations to give at once."""

    def declare(self, signed: Sequence[Received]) -> list[Stored | LedgerError]:
        """Take in signed declarations: for each, in order, whether it is new, or why it is not stored.

        What is Stored is durable. Giving one again changes nothing.
        """

    def anchor(self, declared: Sequence[DeclarationId], progress: Progress) -> list[Anchored]:
        """Anchor what is declared, or wait until it is; the batches, as far as they are known.

        :raises Unavailable: it is not anchored yet. Nothing is lost: it is anchored later.
        """

    def attest(
        self, attestation: Attestation, signer: Signer, signature: bytes, members: Sequence[DeclarationId] = ()
    ) -> Recorded:
        """Bring a signed attestation into the history. ``members``: the declaration ids of its set, in order."""

    def revoke(self, revocation: Revocation, signer: Signer, signature: bytes) -> Recorded:
        """Bring a signed revocation into the history."""

    def withdraw(self, declaration: Declaration, withdrawal: Withdrawal, signature: bytes) -> Recorded:
        """Bring a signed withdrawal of ``declaration`` into the history."""

    def post(self, posting: Posting, signer: Signer, signature: bytes) -> Recorded:
        """Bring a signed posting into the history."""

    def declaration(self, id_: DeclarationId, digest: Digest | None = None) -> DeclarationView:
        """Where a declaration stands. ``digest``: of its document; a server shows it to who has that.

        :raises UnknownDeclaration: it is not known here.
        """

    def declarations(self, ids: Sequence[DeclarationId]) -> list[DeclarationView | None]:
        """Where each of many stands, in order; None for one that is not known here, or that may not be read."""

    def inbox(self, asked: InboxQuery, cursor: str | None = None, limit: int = 500) -> InboxView:
        """What an agency has not attested yet, at most ``limit`` (1 to 1,000) of it; there may be fewer on a page.

        :raises AgencyUnknown: it was never enrolled. MandateMissing: it has no mandate for the kind.
        :raises InboxOfAnother: a server shows it to the agency's attesters alone.
        """

    def find(self, digest: Digest | None = None, reference: str | None = None) -> tuple[DeclarationView, ...]:
        """The declarations of a document, or those whose party disclosed a reference; a server shows those that the key
        may read. At most 1,000, by time of receipt.
        """

    def add_references(self, id_: DeclarationId, copy: bytes) -> References:
        """Have a declaration found by what a redacted copy shows.

        :raises Malformed: it is no redacted copy, or shows no reference.
        :raises CopyOfAnother: it is of another document.
        """

    def references(self, id_: DeclarationId) -> References:
        """By what a declaration is found."""

    def remove_references(self, id_: DeclarationId, number: str | None = None) -> References:
        """Erase one of them, or all; what is left."""

    def add_share(self, new: NewShare) -> Share:
        """Leave a sealed document for who has its link.

        :raises OnlyItsParty: the key is not the declaration's party.
        """

    def shares(self) -> tuple[Share, ...]:
        """The shares of the key that is signed in, newest first; here all of them."""

    def remove_share(self, id_: ShareId) -> None:
        """Remove one of them. Removing what there is not is no error."""

    def members(self, id_: AttestationId) -> MembersView:
        """The declarations that an attestation is about, as far as they are known here.

        :raises AttestationUnknown: it is not in the history.
        :raises ReadingForbidden: a server shows them to officers and auditors alone.
        """

    def attestation(self, id_: AttestationId) -> AttestationView:
        """Where an attestation stands, for its whole set; AttestationUnknown if it is not in the history."""

    def evidence(self, id_: DeclarationId, document: Redacted | None = None, digest: Digest | None = None) -> Evidence:
        """The evidence of a declaration, with what ``document`` discloses. The document does not leave this machine.

        :raises Malformed: it is another document.
        :raises NotAnchoredYet: it waits for its batch.
        """

    def history(self, first: int | None, limit: int) -> HistoryPage:
        """Entries from number ``first`` on, or the latest, at most ``limit``.

        :raises Malformed: the history has no such entry.
        """

    def waiting(self) -> Waiting:
        """What waits, and for whom."""


def attestation_json(view: AttestationView) -> dict[str, Any]:
    """An attestation for machines."""
    return {
        "attestation": hex_text(view.id),
        "entry": view.entry,
        "standing": view.standing,
        "decided_by_entry": view.decided_by,
        **view.attestation.to_json(),
    }
