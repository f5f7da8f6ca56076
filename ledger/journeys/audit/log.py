"""The one pass over the first node's log: replay every rule, and compare each entry with all other sources."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ledger.core.encoding.ids import Signer
from ledger.core.history.entry import EntryKind
from ledger.core.history.replay import Memory, Replay
from ledger.core.tree.tiles import Frontier
from ledger.edges.chain.contract import Chain
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.signature_pool import SignatureChecks, Signed
from ledger.errors import HistoryBroken, Malformed
from ledger.journeys.audit.blocks import BlockHeads
from ledger.journeys.audit.checkpoints import GivenCheckpoints, StoredCheckpoints
from ledger.journeys.audit.index import AuditedIndex
from ledger.journeys.audit.lockstep import OtherNodeLog, StoredEntries, out_of_place
from ledger.journeys.audit.wallets import WalletSignatures
from ledger.journeys.progress import Progress

OtherSource = OtherNodeLog | StoredEntries
Checkpoints = GivenCheckpoints | StoredCheckpoints
_ENTRIES_A_REPORT = 500


class LogPass:
    """Reads the log of blocks ``first_block`` to ``last_block`` once. Memory does not grow with the history.

    ``kinds``: how many entries of each kind were replayed. ``heads``: the head by the log, at blocks on the way.
    """

    def __init__(
        self,
        chain: Chain,
        first_block: int,
        last_block: int,
        memory: Memory,
        index: AuditedIndex,
        wallets: WalletSignatures,
    ) -> None:
        self._chain = chain
        self._first_block = first_block
        self._last_block = last_block
        self.signatures = SignatureChecks(chain.origin, wallets.note)
        self.replay = Replay(chain.origin, memory, Frontier(), self._sign)
        self.index = index
        self.heads = BlockHeads(chain, first_block)
        self.kinds: dict[EntryKind, int] = {}

    def check_beginning(self) -> None:
        """Malformed if there are entries before the first block."""
        first = self._first_block
        before = next(self._chain.entries(0, first - 1), None) if first > 0 else None
        if before is not None:
            raise Malformed(
                f"is after the block of an entry, {before.block_number}: begin with the block of entry 0 or before",
                "from",
            )

    def read(
        self, sources: Sequence[OtherSource], checkpoints: Sequence[Checkpoints], size: int, progress: Progress
    ) -> str:
        """Make the pass; returns what it showed, in words.

        :param size: how many entries the contract states; used for ``progress`` only.
        :raises HistoryBroken: the first entry that breaks a rule, or a signature before it that does not fit.
        """
        with self.signatures, _no_collections():
            try:
                self._replay_all(self._chain.entries(self._first_block, self._last_block), sources, checkpoints, size,
                                 progress)  # fmt: skip
            except HistoryBroken:
                self.signatures.finish()
                raise
            self.signatures.finish()
        return f"{self.replay.size} entries keep every rule, and {self.signatures.count} signatures were checked"

    def _replay_all(
        self,
        logs: Iterator[LoggedEntry],
        sources: Sequence[OtherSource],
        checkpoints: Sequence[Checkpoints],
        size: int,
        progress: Progress,
    ) -> None:
        replay, heads, kinds = self.replay, self.heads, self.kinds
        due = self._compare_checkpoints(checkpoints)
        for logged in logs:
            for source in sources:
                source.compare(logged)
            entry = logged.entry
            if entry.number != replay.size:
                raise out_of_place("the node", replay.size, logged, next(logs, None))
            heads.pass_block(logged.block_number, replay.size, replay.head)
            replay.apply(entry)
            self.index.take(entry)
            kinds[entry.kind] = kinds.get(entry.kind, 0) + 1
            if replay.size == due:
                due = self._compare_checkpoints(checkpoints)
            if replay.size % _ENTRIES_A_REPORT == 0:
                progress(replay.size, size)
        progress(replay.size, size)

    def _compare_checkpoints(self, checkpoints: Sequence[Checkpoints]) -> int:
        """Compare the checkpoints of the present size, if any; returns the next size that has some, or -1."""
        for each in checkpoints:
            if each.next_size == self.replay.size:
                each.compare(self.replay, self.index)
        return min((each.next_size for each in checkpoints if each.next_size >= 0), default=-1)

    def _sign(self, number: int, signer: Signer, digest: bytes, signature: bytes, *, is_party: bool = False) -> None:
        self.signatures.add(Signed(number, signer, digest, signature, is_party))


@contextmanager
def _no_collections() -> Iterator[None]:
    """Do not look for cycles among the millions of small objects of a long pass: it takes a tenth of the time.

    The pass makes no cycles, so memory stays flat.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
