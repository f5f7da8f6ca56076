"""Anchor: pending declarations become batches, transactions, entries and a checkpoint. Resumes wherever it stopped.

``core.anchoring`` decides what to do; the store is the only memory. Each step is durable before the next begins.
Whether a batch is anchored is read from the history, so each is anchored once, whichever process dies.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Container, Sequence
from dataclasses import dataclass

from ledger.core.anchoring.batches import Batch, Offer, offers, rest
from ledger.core.anchoring.interval import Pace, wait
from ledger.core.checkpoints.note import SignedNote
from ledger.core.encoding.ids import SetName
from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from ledger.edges.chain import calls
from ledger.edges.chain.contract import Chain, TransactionReceipt
from ledger.edges.chain.node import NodeRefused
from ledger.edges.chain.sender import ChainLimits, NonceTaken
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import Store
from ledger.errors import BatchedElsewhere, Refused, Source, Unavailable
from ledger.journeys.checkpoint import publish_checkpoint
from ledger.journeys.follow import Follower
from ledger.journeys.progress import Progress, no_progress

log = logging.getLogger(__name__)

_SHORTEST_POLL, _LONGEST_POLL = 0.01, 0.5
WEI_PER_GWEI = 10**9


@dataclass(frozen=True, slots=True)
class AnchorReport:
    """A batch that is anchored. ``receipt``: None if another process sent the transaction, or nobody asked for it."""

    batch: Batch
    receipt: TransactionReceipt | None


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did and saw.

    ``formed``: batches formed. ``sent``: transactions given to the node, ``replaced`` of them in place of a stuck one.
    ``refused``: how many batches the node refused. ``anchored`` and ``final``: batches that have become so.
    """

    formed: tuple[Batch, ...] = ()
    sent: int = 0
    replaced: int = 0
    refused: int = 0
    anchored: tuple[AnchorReport, ...] = ()
    final: tuple[Batch, ...] = ()

    @property
    def moved(self) -> bool:
        """Whether any batch came to another state."""
        return bool(self.formed or self.sent or self.anchored or self.final)


class Anchorer:
    """Forms and sends batches. Two are harmless but wasteful; ``Leadership`` elects one."""

    def __init__(
        self,
        chain: Chain,
        store: Store,
        follower: Follower,
        relayer: SigningKey,
        log_key: SigningKey | None,
        limits: ChainLimits,
    ) -> None:
        """:param relayer: signs and pays for the transactions."""
        self._chain = chain
        self._store = store
        self._follower = follower
        self._log_key = log_key
        self._limits = limits
        self._handover = _Handover(chain, store, follower, relayer, limits)
        self._watched: set[int] = set()  # batches not known to be anchored when last looked at

    def step(self, max_size: int, max_age: int | None, at: int, pace: Pace | None = None) -> Round:
        """One round, which waits for nothing: see what happened, form the batches that are due, send.

        :param max_size: declarations in a batch, at most.
        :param max_age: seconds until a batch is formed of fewer; None: no batch is formed.
        :param at: the time now in seconds.
        :param pace: how much longer a small batch waits, the more was spent; without it, never longer.
        :raises Unavailable: chain or store are away, gas costs too much, or the relayer has no money. What was done
            stays done, and the next round goes on.
        """
        self._watched.update(batch.id for batch in self._store.batches.unfinished())
        history = self._follower.refresh()
        for batch in self._store.batches.unfinished():
            entry = history.anchors.get(SetName(batch.root, batch.size))
            if entry is not None:
                self._store.batches.mark_anchored(batch.id, entry.number, entry.time)
        anchored = self._anchored()
        final = self._store.batches.mark_final(self._follower.confirmed)
        formed = self._form_due(max_size, max_age, at, pace) if max_age is not None else []
        self._watched.update(batch.id for batch in formed)
        sent, replaced, refused = self._handover.send(at) if self._watched else (0, 0, 0)
        return Round(tuple(formed), sent, replaced, refused, tuple(anchored), tuple(final))

    def run(self, max_size: int, at: int, progress: Progress = no_progress) -> list[AnchorReport]:
        """Anchor all that is pending now in batches of ``max_size``, wait until it is final, and publish a checkpoint.

        Batches left over are finished as well. What is declared meanwhile is left to the next run.

        :raises Unavailable: nothing moved for as long as ``ChainLimits.confirmation_timeout``; the next run goes on.
        """
        begun = moved = time.monotonic()
        pending, _ = self._store.declarations.pending()
        mine = {batch.id for batch in self._store.batches.unfinished()}
        reports: list[AnchorReport] = []
        pause = _SHORTEST_POLL
        while True:
            now = time.monotonic()
            done = self.step(max_size, 0 if pending > 0 else None, at + int(now - begun))
            pending -= sum(batch.size for batch in done.formed)
            mine.update(batch.id for batch in done.formed)
            reports += done.anchored
            if done.moved:
                moved, pause = now, _SHORTEST_POLL
                progress(len(reports), max(len(reports), len(mine)))
            if pending > 0 and self._store.declarations.pending().total == 0:
                pending = 0  # another process took some: its batches count as well
                mine.update(batch.id for batch in self._store.batches.unfinished())
            known = [batch for id_ in mine if (batch := self._store.batches.get(id_)) is not None]
            left = [batch for batch in known if batch.state != "final"]
            if not left and pending <= 0:
                break
            if now - moved > self._limits.confirmation_timeout:
                raise Unavailable(_why(left, self._chain.confirmations), source=Source.CHAIN)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_POLL)
        if mine:
            self.publish(at + int(time.monotonic() - begun))
        return reports

    def publish(self, at: int, fresh: bool = True) -> SignedNote | None:
        """Sign and store a checkpoint of the history as it stands; None without a log key or without news.

        :param fresh: False: as of the latest refresh, without asking the chain.
        """
        if fresh:
            self._follower.refresh()
        return publish_checkpoint(self._follower, self._store, self._log_key, at)

    def _anchored(self) -> list[AnchorReport]:
        """Batches that were watched and are anchored now, whichever process saw it."""
        reports = []
        for id_ in sorted(self._watched):
            batch = self._store.batches.get(id_)
            if batch is None or not batch.is_open:
                self._watched.discard(id_)
                if batch is not None:
                    reports.append(self._report(batch))
        self._handover.forget_all_but(self._watched)
        return reports

    def _report(self, batch: Batch) -> AnchorReport:
        receipt = self._handover.receipt(batch)
        if receipt is not None:
            fees = -(-receipt.gas_used * receipt.effective_gas_price // WEI_PER_GWEI)
            self._store.batches.mark_paid(batch.id, receipt.gas_used, fees)
        return AnchorReport(batch, receipt)

    def _form_due(self, max_size: int, max_age: int, at: int, pace: Pace | None) -> list[Batch]:
        formed: list[Batch] = []
        while len(self._watched) + len(formed) < self._limits.in_flight:
            count, oldest = self._store.declarations.pending()
            # If the clock was put back, nobody waits until it has caught up.
            if oldest is None or (count < max_size and 0 <= at - oldest < max_age):
                break
            if pace is not None and count < max_size:
                longer = wait(pace, self._store.batches.spent(pace.full_size, at), count)
                if 0 <= at - oldest < longer:
                    break
            ids = self._store.declarations.pending_ids(max_size)
            try:
                formed.append(self._store.batches.form(root_of_hashes([leaf_hash(id_) for id_ in ids]), ids, at))
            except BatchedElsewhere:  # what is left is looked at in the next round
                break
        return formed


class _Handover:
    """Gives transactions for batches to the node, and remembers those that this process gave."""

    def __init__(
        self, chain: Chain, store: Store, follower: Follower, relayer: SigningKey, limits: ChainLimits
    ) -> None:
        self._chain = chain
        self._store = store
        self._follower = follower
        self._relayer = relayer
        self._limits = limits
        self._offered: dict[str, int] = {}  # transactions by hash, and their batch

    def send(self, at: int) -> tuple[int, int, int]:
        """Give the node the transactions that are due; returns (sent, replaced, refused)."""
        sender, sent, replaced, refused = self._chain.sender, 0, 0, 0
        with self._store.leadership.sending(self._relayer.address):
            self._store.batches.set_relayer(self._relayer.address)
            account = sender.account(self._relayer.address, self._follower.block)
            fees = sender.fees()
            again = True
            while again:
                again = False
                waiting = self._store.batches.unfinished()
                for offer in offers(waiting, account, fees, self._limits.rules, at, self._offered):
                    is_new = offer.batch.nonce != offer.nonce
                    if self._hand_over(offer, at, is_new):
                        sent, replaced = sent + 1, replaced + (not is_new)
                    elif is_new:
                        # It used no nonce, so those after it are numbered anew.
                        refused, again = refused + 1, True
                        break
        return sent, replaced, refused

    def _hand_over(self, offer: Offer, at: int, is_new: bool) -> bool:
        """Note a transaction, then give it to the node. Whether the node has it."""
        batch, call = offer.batch, calls.anchor(offer.batch.root, offer.batch.size)
        sender, contract = self._chain.sender, self._chain.origin.contract
        try:
            gas = sender.gas(contract, call.data, self._relayer.address)
            prepared = sender.prepare(contract, call.data, gas, offer.nonce, offer.fees, self._relayer)
            noted = prepared.tx_hash, offer.nonce, offer.fees.tip, offer.fees.most, at
            if not self._store.batches.mark_sent(batch.id, *noted):
                return True  # anchored meanwhile
            sender.hand_over(prepared, self._relayer.address)
        except (NodeRefused, Refused) as error:
            if is_new:
                # If another process took the nonce, the batch is not at fault: it takes the next nonce soon.
                retry_at = at + (1 if isinstance(error, NonceTaken) else rest(batch.tries))
                said = error.message if isinstance(error, NodeRefused) else str(error)  # without its address
                self._store.batches.mark_refused(batch.id, said, retry_at)
                log.warning("batch %d is not sent: %s", batch.id, error)
            return False
        self._offered[prepared.tx_hash] = batch.id
        return True

    def receipt(self, batch: Batch) -> TransactionReceipt | None:
        """The receipt of an anchored batch; None if this process did not send it, or the node does not answer."""
        assert batch.entry_number is not None
        try:
            tx_hash = self._store.entries.by_number(batch.entry_number).tx_hash
            return self._chain.receipt(tx_hash) if tx_hash in self._offered else None
        except (KeyError, Unavailable):  # a receipt only says what was spent
            return None

    def forget_all_but(self, batches: Container[int]) -> None:
        """Forget the transactions of other batches."""
        self._offered = {tx_hash: id_ for tx_hash, id_ in self._offered.items() if id_ in batches}


def _why(left: Sequence[Batch], confirmations: int) -> str:
    for batch in left:
        if batch.problem is not None:
            return f"batch {batch.id} is not sent: {batch.problem}"
    for batch in left:
        if batch.is_open:
            return f"batch {batch.id}, transaction {batch.tx_hash}, is not in the history yet; it may still be mined"
    return f"{len(left)} batches are anchored, but do not have {confirmations} confirmation(s) yet"
