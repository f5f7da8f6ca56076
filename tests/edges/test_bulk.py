"""What an audit keeps on disk and checks in bulk, against the plain way: one dictionary, one signature at a time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.history.entry import Anchored, Attested, Revoked, Withdrawn
from ledger.core.history.history import Remembered
from ledger.core.history.replay import Mark
from ledger.core.statements.statement import Attestation, Declaration, Revocation, Withdrawal
from ledger.edges import replay_memory
from ledger.edges.replay_memory import Spill
from ledger.edges.signature_pool import SignatureChecks, Signed
from ledger.errors import HistoryBroken
from ledger.testing.world import CUSTOMS, ORIGIN, PLANT, TRADER

names = some.sampled_from([bytes([number]) * 32 for number in range(4)])
contents = some.one_of(
    some.builds(Anchored, names, some.integers(1, 3)),
    some.builds(
        lambda id_, agency: (id_, Attested(Attestation(agency, 1, 1, id_, 0, 9, id_, 1, id_), b"", b"")),
        names,
        some.sampled_from(["NZ-MPI", "NZ-CUSTOMS"]),
    ),
    some.builds(lambda id_, member: Revoked(Revocation(id_, member), b"", b""), names, names | some.just(bytes(32))),
    some.builds(
        lambda id_: Withdrawn(Declaration(b"\x01" * 20, id_, 1), Withdrawal(id_, 1), b""),
        names,
    ),
)


@pytest.mark.parametrize("recent", [1, 3, 10_000])
@given(kept=some.lists(contents, max_size=30))
def test_the_disk_answers_as_a_dictionary_does(recent: int, kept: list[object]) -> None:
    plain = Remembered()
    with pytest.MonkeyPatch.context() as patch, Spill() as disk:
        patch.setattr(replay_memory, "_RECENT", recent)
        for number, item in enumerate(kept):
            topic, content = item if isinstance(item, tuple) else (_topic(item), item)
            if _known(plain, topic, content):
                continue  # the replay asks first and keeps nothing twice
            for memory in (plain, disk):
                memory.keep(Mark(number, 7), topic, content)
        for one in [bytes([number]) * 32 for number in range(5)]:
            assert disk.attested(one) == plain.attested(one)
            assert disk.withdrawn(one) == plain.withdrawn(one)
            for size in range(4):
                assert disk.anchored(one, size) == plain.anchored(one, size)
            for member in [bytes(32), *(bytes([number]) * 32 for number in range(4))]:
                assert disk.revoked(one, member) == plain.revoked(one, member)


def _topic(content: object) -> bytes:
    match content:
        case Anchored(root):
            return root
        case Revoked(revocation):
            return revocation.attestation
        case Withdrawn(_, withdrawal):
            return withdrawal.declaration
    raise AssertionError(content)


def _known(memory: Remembered, topic: bytes, content: object) -> bool:
    match content:
        case Anchored(root, size):
            return memory.anchored(root, size) is not None
        case Attested():
            return memory.attested(topic) is not None
        case Revoked(revocation):
            return memory.revoked(topic, revocation.member)
    return memory.withdrawn(topic) is not None


ONE = Signed(0, 5, PLANT.signer, bytes(32), PLANT.sign(bytes(32)))
# A P-256 signer of this origin: no wallet could take what its key did not sign.
FORGED = Signed(0, 5, ORIGIN.p256_verifier + bytes(64), bytes(32), bytes(64))


def checked(portion: list[Signed], undecided: Callable[[Signed], None] = lambda signed: None) -> int:
    with SignatureChecks(ORIGIN, undecided, 2) as checks:
        for signed in portion:
            checks.add(signed)
        checks.finish()
        return checks.count


def numbered(size: int, *forged: int) -> list[Signed]:
    return [(FORGED if number in forged else ONE)._replace(number=number) for number in range(size)]


@pytest.mark.parametrize("size", [0, 1, 2_000, 4_100])
def test_good_signatures_pass(size: int) -> None:
    assert checked(numbered(size)) == size


@pytest.mark.parametrize(("size", "forged"), [(10, (7, 3)), (4_100, (4_050, 1_999)), (6_500, (2_500, 5_000, 6_400))])
def test_the_first_that_does_not_fit_is_named(size: int, forged: tuple[int, ...]) -> None:
    with pytest.raises(HistoryBroken, match="a signature does not fit") as caught:
        checked(numbered(size, *forged))
    assert caught.value.number == min(forged)


def test_what_was_found_is_found_again_and_nothing_later() -> None:
    with SignatureChecks(ORIGIN, lambda signed: None, 2) as checks:
        with suppress(HistoryBroken):
            for signed in numbered(8_500, 2_500, 4_500, 8_400):
                checks.add(signed)
        for _ in range(2):
            with pytest.raises(HistoryBroken) as caught:
                checks.finish()
            assert caught.value.number == 2_500


def test_what_only_the_chain_can_decide_is_handed_on_in_order() -> None:
    portion = numbered(4_100)
    for number in (17, 2_500, 4_099):
        portion[number] = portion[number]._replace(signer=CUSTOMS.signer if number != 17 else TRADER.signer)
    found: list[int] = []
    checked(portion, lambda signed: found.append(signed.number))
    assert found == [17, 2_500, 4_099]
