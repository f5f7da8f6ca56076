"""The service over one's own node and store: the journeys of this machine, which relays and anchors itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ledger.core.document import Redacted
from ledger.core.document.references import normal_reference
from ledger.core.encoding.ids import AttestationId, DeclarationId, Digest, ShareId, Signer
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.share import NewShare, Share
from ledger.core.history.history import History
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.core.statements.posting import Posting
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.withdrawal import Withdrawal
from ledger.edges.store import Store
from ledger.errors import LedgerError, Source, Unavailable, UnknownDeclaration
from ledger.journeys import references, shares
from ledger.journeys.anchor import Anchorer
from ledger.journeys.attest import relay_attestation
from ledger.journeys.cosign import Witnesses
from ledger.journeys.declare import GROUP, StoreIntake
from ledger.journeys.evidence import Prover
from ledger.journeys.follow import Follower
from ledger.journeys.history import read_entries, read_entry
from ledger.journeys.inbox import Wanted, inbox_of, list_by_agency, look, make_marks, stored_page
from ledger.journeys.members import Member, members_of
from ledger.journeys.post import relay_posting
from ledger.journeys.progress import Progress, no_progress
from ledger.journeys.receive import Received, Stored
from ledger.journeys.relay import Relay, Relayed, receipt_json
from ledger.journeys.revoke import relay_revocation
from ledger.journeys.service import (
    Anchored,
    AttestationView,
    DeclarationView,
    HistoryPage,
    InboxQuery,
    InboxView,
    MembersView,
    Recorded,
    References,
    Waiting,
    WithdrawalView,
)
from ledger.journeys.status import (
    AttestationStatus,
    DeclarationStatus,
    attestation_status,
    declaration_status,
    statuses_of,
)
from ledger.journeys.withdraw import relay_withdrawal

MOST_FOUND = 1_000


@dataclass(frozen=True, slots=True)
class OwnService:
    """See ``LedgerService``. Each part is opened when it is first needed.

    ``anchoring``: the anchorer, the witnesses that cosign what it publishes, and the most declarations in a batch.
    ``confirmations``: how many blocks an entry needs. ``share_bytes``: of all shares together, at most. ``clock``:
    seconds since 1970. ``warn`` is told what is wrong where something can be said all the same.
    """

    open_origin: Callable[[], Origin]
    open_store: Callable[[], Store]
    open_follower: Callable[[], Follower]
    open_relay: Callable[[], Relay]
    open_prover: Callable[[], Prover]
    open_anchoring: Callable[[], tuple[Anchorer, Witnesses, int]]
    confirmations: int
    share_bytes: int
    clock: Callable[[], int]
    warn: Callable[[LedgerError], None]

    @property
    def name(self) -> str:
        return "here"

    @property
    def is_server(self) -> bool:
        return False

    @property
    def origin(self) -> Origin:
        return self.open_origin()

    def another(self) -> OwnService:
        return self  # its parts are safe to use from threads

    @property
    def group(self) -> int:
        return GROUP

    def declare(self, signed: Sequence[Received]) -> list[Stored | LedgerError]:
        return StoreIntake(self.open_store(), self.origin, self.clock()).declare(signed)

    def anchor(self, declared: Sequence[DeclarationId], progress: Progress) -> list[Anchored]:
        anchorer, witnesses, most = self.open_anchoring()
        reports = anchorer.run(most, self.clock(), progress)
        witnesses.cosign_newest(self.open_follower(), self.clock())
        return [
            Anchored(
                report.batch.root, report.batch.size, report.batch.entry_number, receipt_json(report.receipt) or {}
            )
            for report in reports
        ]

    def attest(
        self, attestation: Attestation, signer: Signer, signature: bytes, members: Sequence[DeclarationId] = ()
    ) -> Recorded:
        return _recorded(relay_attestation(self.open_relay(), attestation, signer, signature, members))

    def revoke(self, revocation: Revocation, signer: Signer, signature: bytes) -> Recorded:
        return _recorded(relay_revocation(self.open_relay(), revocation, signer, signature))

    def withdraw(self, declaration: Declaration, withdrawal: Withdrawal, signature: bytes) -> Recorded:
        return _recorded(relay_withdrawal(self.open_relay(), declaration, withdrawal, signature))

    def post(self, posting: Posting, signer: Signer, signature: bytes) -> Recorded:
        return _recorded(relay_posting(self.open_relay(), posting, signer, signature))

    def declaration(self, id_: DeclarationId, digest: Digest | None = None) -> DeclarationView:
        """While the node is away, what the store alone knows."""
        store = self.open_store()
        history: History | None = None
        try:
            history = self.open_follower().refresh()
        except Unavailable as error:
            self.warn(error)
        try:
            return self._declaration_view(declaration_status(id_, store, history, self.clock()))
        except UnknownDeclaration:
            self._check_not_lost(id_)
            raise

    def declarations(self, ids: Sequence[DeclarationId]) -> list[DeclarationView | None]:
        store, history = self.open_store(), self.open_follower().refresh()
        found = statuses_of(ids, store, history, self.clock())
        return [None if one is None else self._declaration_view(one) for one in found]

    def inbox(self, asked: InboxQuery, cursor: str | None = None, limit: int = 500) -> InboxView:
        store, follower, at = self.open_store(), self.open_follower(), self.clock()
        look(follower)
        make_marks(store, follower, no_progress)
        with follower.known_history() as history:
            wanted = replace(
                inbox_of(asked.agency, history, at, asked.kind),
                document_type=asked.document_type,
                since=asked.since,
                until=asked.until,
            )
            page = list_by_agency(store, history, wanted, at, cursor, limit)
        return InboxView(tuple(map(self._declaration_view, page.found)), page.next_cursor)

    def find(self, digest: Digest | None = None, reference: str | None = None) -> tuple[DeclarationView, ...]:
        number = None if reference is None else normal_reference(reference)
        page = stored_page(self.open_store(), Wanted(digest=digest, reference=number), limit=MOST_FOUND)
        return tuple(map(self._declaration_view, page.found))

    def add_references(self, id_: DeclarationId, copy: bytes) -> References:
        made = references.add_references(self.open_store(), id_, references.read_copy(copy), self.clock())
        return References(tuple(made.kept), len(made.new))

    def references(self, id_: DeclarationId) -> References:
        return References(tuple(references.list_references(self.open_store(), id_)))

    def remove_references(self, id_: DeclarationId, number: str | None = None) -> References:
        references.remove_references(self.open_store(), id_, number)
        return self.references(id_)

    def add_share(self, new: NewShare) -> Share:
        return shares.add_share(self.open_store(), new, self.clock(), self.share_bytes)[0]

    def shares(self) -> tuple[Share, ...]:
        return tuple(shares.list_shares(self.open_store(), self.clock()))

    def remove_share(self, id_: ShareId) -> None:
        shares.remove_share(self.open_store(), id_, self.clock())

    def members(self, id_: AttestationId) -> MembersView:
        store, history = self.open_store(), self.open_follower().refresh()
        found: list[Member] = []
        start: int | None = 0
        while start is not None:
            page = members_of(id_, store, history, start)
            found += page.members
            start = page.next_index
        revoked = frozenset(one.id for one in found if one.revoked_by is not None)
        return MembersView(page.size, tuple(one.id for one in found), revoked)

    def attestation(self, id_: AttestationId) -> AttestationView:
        return _attestation_view(attestation_status(id_, self.open_follower().refresh(), self.clock()))

    def evidence(self, id_: DeclarationId, document: Redacted | None = None, digest: Digest | None = None) -> Evidence:
        try:
            return self.open_prover().evidence(id_, self.clock(), document)
        except UnknownDeclaration:
            self._check_not_lost(id_)
            raise

    def _check_not_lost(self, id_: DeclarationId) -> None:
        """A store without any declaration says nothing of one: perhaps another one was meant, or it was lost."""
        store = self.open_store()
        if not store.declarations.page(limit=1)[0]:
            raise Unavailable(
                f"nobody here can say where {hex_text(id_)} stands, for this store has no declaration at all: check "
                "LEDGER_STORE_URL and LEDGER_STATE_DIR. If the store was lost, `ledger rebuild` restores it from the "
                "chain and from evidence",
                source=Source.STORE,
            )

    def history(self, first: int | None, limit: int) -> HistoryPage:
        follower = self.open_follower()
        history = follower.refresh()
        begin = max(0, history.size - limit) if first is None else read_entry(follower, history, first).number
        entries = tuple(read_entries(follower, history, begin, limit))
        return HistoryPage(history.origin, history.size, history.head, entries, history.agencies)

    def waiting(self) -> Waiting:
        stored = self.open_store().status.read()
        age = None if stored.pending_since is None else max(0, self.clock() - stored.pending_since)
        return Waiting(
            stored.pending,
            age,
            "`ledger serve`, or the next `ledger declare`, anchors what waits here",
            sum(state.declarations for state in stored.under_way.values()),
            () if stored.problem is None else (f"the node refuses a batch: {stored.problem}",),
        )

    def _declaration_view(self, status: DeclarationStatus) -> DeclarationView:
        batch, ended = status.batch, None
        if status.withdrawn is not None:
            entry, said = status.withdrawn
            ended = WithdrawalView(entry.number, entry.time, said.withdrawal.reason, said.withdrawal.replacement)
        return DeclarationView(
            status.id,
            status.declaration,
            status.state,
            status.received_at,
            None if batch is None else batch.root,
            None if batch is None else batch.size,
            None if batch is None else batch.entry_number,
            None if batch is None else batch.entry_time,
            self._waits(status),
            tuple(_attestation_view(one) for one in status.attestations),
            ended,
        )

    def _waits(self, status: DeclarationStatus) -> str | None:
        batch = status.batch
        if status.state == "pending":
            return "in this store for a batch: `ledger serve` anchors it, or the next `ledger declare`"
        if batch is None or status.state == "final":
            return None
        if status.state == "batched":
            problem = "" if batch.problem is None else f"; the node refused it: {batch.problem}"
            return f"for `ledger serve`, or the next `ledger declare`, to send its batch of {batch.size}{problem}"
        if status.state == "sent" or batch.entry_number is None:
            return f"for a block: its batch of {batch.size} was sent to the chain, as transaction {batch.tx_hash}"
        try:
            block = self.open_store().entries.by_number(batch.entry_number).block_number + self.confirmations - 1
        except KeyError:
            return f"for its {self.confirmations} confirmations"
        return f"for block {block}, the last of its {self.confirmations} confirmations"


def _attestation_view(status: AttestationStatus) -> AttestationView:
    return AttestationView(
        AttestationId(status.id),
        status.entry.number,
        status.standing.value,
        status.attested.attestation,
        status.attested.signer,
        None if status.decided_by is None else status.decided_by.number,
    )


def _recorded(done: Relayed) -> Recorded:
    return Recorded(done.id, done.number, receipt_json(done.receipt) or {})
