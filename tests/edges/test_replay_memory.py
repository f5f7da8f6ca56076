"""The replay's memory on disk answers as one in memory does."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies

from ledger.core.encoding.ids import LineName
from ledger.core.history.entry import Anchored, Attested, Posted, Revoked, Withdrawn
from ledger.core.history.history import DictMemory
from ledger.core.history.replay import EntryRef
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.posting import Posting
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.withdrawal import Withdrawal
from ledger.edges import replay_memory
from ledger.edges.replay_memory import DiskMemory

names = strategies.sampled_from([bytes([number]) * 32 for number in range(4)])
contents = strategies.one_of(
    strategies.builds(Anchored, names, strategies.integers(1, 3)),
    strategies.builds(
        lambda id_, agency: (id_, Attested(Attestation(agency, 1, 1, id_, 0, 9, id_, 1, id_), b"", b"")),
        names,
        strategies.sampled_from(["NZ-MPI", "NZ-CUSTOMS"]),
    ),
    strategies.builds(
        lambda id_, member: Revoked(Revocation(id_, member), b"", b""), names, names | strategies.just(bytes(32))
    ),
    strategies.builds(
        lambda id_, member, line, to: Posted(Posting("NZ-MPI", id_, member, line, b"\x09" * 32, to), b"", b""),
        names,
        names,
        strategies.integers(0, 2),
        names,
    ),
    strategies.builds(
        lambda id_: Withdrawn(Declaration(b"\x01" * 20, id_, 1), Withdrawal(id_, 1), b""),
        names,
    ),
)


@pytest.mark.parametrize("recent", [1, 3, 10_000])
@given(kept=strategies.lists(contents, max_size=30))
def test_the_memory_on_disk_answers_as_the_one_in_memory_does(recent: int, kept: list[object]) -> None:
    plain = DictMemory()
    with pytest.MonkeyPatch.context() as patch, DiskMemory() as disk:
        patch.setattr(replay_memory, "_RECENT", recent)
        for number, item in enumerate(kept):
            topic, content = item if isinstance(item, tuple) else (_topic(item), item)
            if _known(plain, topic, content):
                continue  # the replay asks first and keeps nothing twice
            for memory in (plain, disk):
                memory.keep(EntryRef(number, 7), topic, content)
        for one in [bytes([number]) * 32 for number in range(5)]:
            assert disk.attested(one) == plain.attested(one)
            assert disk.withdrawn(one) == plain.withdrawn(one)
            for size in range(4):
                assert disk.anchored(one, size) == plain.anchored(one, size)
            for member in [bytes(32), *(bytes([number]) * 32 for number in range(4))]:
                assert disk.revoked(one, member) == plain.revoked(one, member)
                for line in (LineName(one, member, number) for number in range(3)):
                    assert disk.sheet(line) == plain.sheet(line)


def _topic(content: object) -> bytes:
    match content:
        case Anchored(root):
            return root
        case Revoked(revocation):
            return revocation.attestation
        case Withdrawn(_, withdrawal):
            return withdrawal.declaration
        case Posted(posting):
            return posting.member
    raise AssertionError(content)


def _known(memory: DictMemory, topic: bytes, content: object) -> bool:
    match content:
        case Anchored(root, size):
            return memory.anchored(root, size) is not None
        case Attested():
            return memory.attested(topic) is not None
        case Revoked(revocation):
            return memory.revoked(topic, revocation.member)
        case Posted():
            return False  # a line moves again and again
    return memory.withdrawn(topic) is not None
