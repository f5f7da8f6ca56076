"""A witness refuses what it knows to be old, and cosigns nothing that it cannot judge: so its time vouches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import SignedNote, signed
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.witness_requests import AddCheckpoint
from ledger.core.encoding.ids import Root
from ledger.core.tree.subject_index import EMPTY_INDEX
from ledger.edges.chain.contract import Chain
from ledger.edges.chain.sender import ChainLimits
from ledger.edges.store import Store
from ledger.errors import Unavailable
from ledger.journeys.checkpoint import note_key
from ledger.journeys.follow import Follower
from ledger.journeys.witness import GRACE_SECONDS, NotCosigned, Witness, WitnessRefusal
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.edges.authorities import rpc
from tests.witnesses import key_of

MONTH = 30 * 86_400
DEPTH = 3


class Watched:
    """A chain that confirms with three blocks, a log that signs what it likes, and a witness with its own store."""

    def __init__(self, house: LocalLedger, folder: Path) -> None:
        limits = ChainLimits(confirmations=DEPTH, rpc_timeout=5, confirmation_timeout=10)
        self.house = house
        self.chain = Chain.connect(house.devchain.url, house.chain.origin, limits)
        self.store = Store.open(f"sqlite:///{folder / 'witness.sqlite'}", self.chain.origin)
        self.follower = Follower(self.chain, self.store)
        trust = TrustRoot.of(self.chain.origin, note_key(self.chain.origin, house.log_key))
        self.witness = Witness(trust, "witness.example", key_of("witness"), self.store, lambda: self.follower)

    def note(self, size: int) -> SignedNote:
        """What the log publishes of the first ``size`` entries."""
        history = self.follower.refresh()
        index = self.follower.index.root(history, size)
        checkpoint = Checkpoint(history.origin, size, history.log.root(size), index)
        signature = self.house.log_key.sign_note(checkpoint.text.encode())
        return signed(checkpoint, note_key(history.origin, self.house.log_key), signature)

    def ask(self, size: int, at: int) -> int:
        """When the witness says that it cosigned this size; raises what it says otherwise."""
        old = self.store.cosigned.newest().size
        note = self.note(size)
        proof = tuple(self.follower.refresh().log.consistency(old, size)) if old else ()
        made = self.witness.add_checkpoint(AddCheckpoint(old, proof, str(note)).to_bytes(), at)
        return made.cosigned_at(self.witness.key)

    def refused(self, size: int, at: int) -> WitnessRefusal:
        before = self.store.cosigned.newest()
        with pytest.raises(NotCosigned) as found:
            self.ask(size, at)
        assert self.store.cosigned.newest() == before
        return found.value.reason

    def unavailable(self, size: int, at: int) -> str:
        before = self.store.cosigned.newest()
        with pytest.raises(Unavailable) as found:
            self.ask(size, at)
        assert self.store.cosigned.newest() == before
        return str(found.value)

    def mine(self, seconds: int, blocks: int = 1) -> int:
        """Further empty blocks, each ``seconds`` after the one before it; the time of the newest."""
        for _ in range(blocks):
            rpc(self.house.devchain.url, "evm_setNextBlockTimestamp", self.chain.latest().time + seconds)
            rpc(self.house.devchain.url, "anvil_mine", "0x1")
        return self.chain.latest().time

    def write(self) -> int:
        """One entry more; the number of entries then."""
        houses.anchored(self.house)
        return self.follower.refresh().size


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """With a chain of its own, because each test moves its clock."""
    with houses.house(tmp_path / "house") as house:
        yield Watched(house, tmp_path)


def test_a_log_that_withholds(watched: Watched) -> None:
    """It shows the checkpoint of before the newest entry, long after that entry was confirmed."""
    size = watched.write()
    confirmed = watched.mine(10, DEPTH - 1)
    now = watched.mine(GRACE_SECONDS + 1)
    assert watched.ask(size - 1, confirmed + GRACE_SECONDS) == confirmed + GRACE_SECONDS
    assert watched.refused(size - 1, confirmed + GRACE_SECONDS + 1) is WitnessRefusal.WITHHELD
    assert watched.ask(size, now) == now, "the log may show all of it at any time"


def test_the_first_entry_that_is_lacking_counts(watched: Watched) -> None:
    """A newer entry beside the old one does not make the old one young."""
    size = watched.write()
    watched.mine(10, DEPTH - 1)
    watched.mine(GRACE_SECONDS + 1)
    watched.write()
    now = watched.mine(1, DEPTH - 1)
    assert watched.refused(size - 1, now) is WitnessRefusal.WITHHELD
    assert watched.ask(size, now) == now, "the one that is lacking now is young"


def test_an_entry_that_is_not_confirmed_is_nothing_withheld(watched: Watched) -> None:
    """Its block is old, and too few blocks came after it: the log must not sign it either."""
    size = watched.write()
    now = watched.mine(GRACE_SECONDS, DEPTH - 2)
    assert watched.ask(size - 1, now) == now
    assert "has confirmed" in watched.unavailable(size, now)


def test_a_chain_that_confirms_slowly(watched: Watched) -> None:
    """The time counts from the block that confirmed the entry, however old the entry's own block is then."""
    size = watched.write()
    now = watched.mine(GRACE_SECONDS, DEPTH - 1)
    assert watched.ask(size - 1, now) == now


def test_a_witness_that_was_cut_off_and_is_asked_again_after_a_month(watched: Watched) -> None:
    """Its node still answers, and stands still: it cannot say whether there was more, and cosigns nothing."""
    size = watched.write()
    cut_off = watched.mine(1, DEPTH - 1)
    assert watched.ask(size, cut_off) == cut_off
    assert watched.ask(size, cut_off + GRACE_SECONDS) == cut_off + GRACE_SECONDS
    for later in (cut_off + GRACE_SECONDS + 1, cut_off + MONTH):
        assert "is it cut off?" in watched.unavailable(size, later)
    # Its node is back. What it had cosigned is old by now if anything was written meanwhile, and good if nothing was.
    now = watched.mine(MONTH)
    assert watched.ask(size, now) == now
    watched.write()
    confirmed = watched.mine(1, DEPTH - 1)
    later = watched.mine(GRACE_SECONDS + 1)
    assert later > confirmed + GRACE_SECONDS
    assert watched.refused(size, later) is WitnessRefusal.WITHHELD
    assert watched.ask(size + 1, later) == later


def test_a_node_that_stands_still_does_not_hide_a_contradiction(watched: Watched) -> None:
    size = watched.write()
    at = watched.mine(1, DEPTH - 1) + MONTH
    other = Checkpoint(watched.chain.origin, size, Root(bytes(32)), EMPTY_INDEX)
    key = note_key(other.origin, watched.house.log_key)
    note = signed(other, key, watched.house.log_key.sign_note(other.text.encode()))
    with pytest.raises(NotCosigned) as refused:
        watched.witness.add_checkpoint(AddCheckpoint(0, (), str(note)).to_bytes(), at)
    assert refused.value.reason is WitnessRefusal.OTHER_HISTORY
    assert watched.refused(size - 1, at) is WitnessRefusal.WITHHELD, "what it knew then is enough to refuse"
