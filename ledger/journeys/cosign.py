"""Cosign: ask the witnesses of a log for their signatures on its newest checkpoint, and keep what they give.

Anchoring and publishing never wait for them. A witness that is away, refuses or answers nonsense is named in the log
and in ``states``. It is left alone for a while, and then asked about the newest checkpoint.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock, Thread

from ledger.core.checkpoints.note import SignedNote
from ledger.edges.store import Store
from ledger.edges.witness_http import TIMEOUT_SECONDS, NotNow, SeenAnother, WitnessClient
from ledger.errors import DefiniteNo, Source, Unavailable, VerificationFailed
from ledger.journeys.follow import Follower

log = logging.getLogger(__name__)

PAUSE_SECONDS = 15
LONGEST_PAUSE_SECONDS = 300
CLOCKS_APART_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class WitnessState:
    """One witness: the size that it cosigned last (0: none since the start), and what is wrong with it, if anything."""

    name: str
    cosigned: int
    problem: str


@dataclass(slots=True)
class _Asked:
    """One witness and what is remembered of it. The lock is held while it is asked."""

    client: WitnessClient
    lock: Lock = field(default_factory=Lock)
    seen: int = 0
    cosigned: int = 0
    not_before: int = 0
    problem: str = ""


class Witnesses:
    """The witnesses of one log. Safe to use from threads; each witness is asked one thing at a time."""

    def __init__(
        self,
        clients: Sequence[WitnessClient],
        store: Store,
        patience: float = 2 * TIMEOUT_SECONDS + 1,
        longest_pause: int = LONGEST_PAUSE_SECONDS,
    ) -> None:
        """
        :param patience: seconds that ``cosign`` waits for all of them together.
        :param longest_pause: seconds for which one that did not cosign is left alone, at most.
        """
        self._asked = [_Asked(client) for client in clients]
        self._store = store
        self._patience = patience
        self.longest_pause = longest_pause

    def cosign_newest(self, follower: Follower, at: int) -> None:
        """Ask for what is missing on the newest checkpoint that was published, if anything is."""
        newest = self._store.checkpoints.newest() if self._asked else None
        if newest is not None:
            self.cosign(newest, follower, at)

    def cosign(self, note: SignedNote, follower: Follower, at: int) -> SignedNote:
        """Ask every witness whose line is missing on ``note``, all at once; returns the published note then.

        A witness that fails raises nothing. Nobody is asked about entries that ``follower`` has not read yet: another
        server of this store published them, and the next round asks. The caller must not hold ``follower``'s history
        still: other threads read it.

        :param at: the time now in seconds.
        """
        missing = [asked for asked in self._asked if not note.names(asked.client.key) and at >= asked.not_before]
        if missing and not _is_read(note, follower):
            return note
        threads = [Thread(target=self._ask, args=(asked, note, follower, at), daemon=True) for asked in missing]
        for thread in threads:
            thread.start()
        ends = time.monotonic() + self._patience
        for thread in threads:
            thread.join(max(0.0, ends - time.monotonic()))
        published = self._store.checkpoints.get(note.checkpoint.size) if missing else None
        return note if published is None else note.with_signatures(published)

    def lines_on(self, note: SignedNote) -> int:
        """How many of them cosigned ``note``."""
        return sum(note.names(asked.client.key) for asked in self._asked)

    def states(self) -> list[WitnessState]:
        """The state of each, in the order of the witnesses file."""
        return [WitnessState(asked.client.key.name, asked.cosigned, asked.problem) for asked in self._asked]

    def _ask(self, asked: _Asked, note: SignedNote, follower: Follower, at: int) -> None:
        size, name = note.checkpoint.size, asked.client.key.name
        if not asked.lock.acquire(timeout=self._patience):
            return  # still busy with an earlier question
        try:
            # The thread that held the lock before may have got the signature, or found that there is none.
            if asked.cosigned >= size or asked.seen > size or at < asked.not_before:
                return
            self._store.checkpoints.add_signatures(self._signature(asked, note, follower, at))
            asked.seen = asked.cosigned = size
            if asked.problem:
                log.warning("witness %s cosigns again", name)
            asked.problem = ""
        except (DefiniteNo, Unavailable) as error:
            # Where our own history does not have the checkpoint, the witness is not at fault: it is asked again soon.
            is_ours = isinstance(error, Unavailable) and error.source is Source.CHAIN
            wanted = error.seconds if isinstance(error, NotNow) else 1 if is_ours else PAUSE_SECONDS
            asked.not_before = at + min(max(wanted, 1), self.longest_pause)
            if str(error) != asked.problem:  # once, not at every try
                log.warning("witness %s did not cosign %d entries: %s", name, size, error)
            asked.problem = str(error)
        except Exception:
            asked.not_before, asked.problem = at + PAUSE_SECONDS, "something went wrong here: see the log"
            log.exception("asking witness %s failed", name)
        finally:
            asked.lock.release()

    def _signature(self, asked: _Asked, note: SignedNote, follower: Follower, at: int) -> SignedNote:
        for _ in range(2):
            try:
                made = asked.client.add_checkpoint(asked.seen, _proof(note, asked.seen, follower), note)
            except SeenAnother as error:
                if error.size > note.checkpoint.size:
                    raise Unavailable(
                        f"it has seen {error.size} entries already, more than were published", source=Source.WITNESS
                    ) from None
                asked.seen = error.size
                continue
            apart = abs(made.cosigned_at(asked.client.key) - at)
            if apart > CLOCKS_APART_SECONDS:
                raise VerificationFailed(f"its clock and this one are {apart} seconds apart")
            return made
        raise Unavailable("it said twice that it has seen another size", source=Source.WITNESS)


def _is_read(note: SignedNote, follower: Follower) -> bool:
    with follower.known_history() as history:
        return history.size >= note.checkpoint.size


def _proof(note: SignedNote, seen: int, follower: Follower) -> list[bytes]:
    checkpoint = note.checkpoint
    with follower.known_history() as history:
        if checkpoint.size > history.size or history.log.root(checkpoint.size) != checkpoint.root:
            raise Unavailable("the checkpoint is older than a reorganisation of the chain", source=Source.CHAIN)
        return history.log.consistency(seen, checkpoint.size) if seen else []
