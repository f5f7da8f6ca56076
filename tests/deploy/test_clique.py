"""Several validators that seal, die, part and meet again: every 202 ends in the history once, and all agree on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.errors import Unavailable
from scripts.clique import Validator
from scripts.clique.genesis import extra_data
from scripts.clique.geth import built
from tests.deploy.consortium import CONFIRMATIONS, Consortium, Server

SIZE = 4


@pytest.fixture
def consortium(tmp_path: Path) -> Iterator[Consortium]:
    try:
        built()
    except Unavailable as error:
        pytest.skip(str(error))
    made = Consortium.make(tmp_path)
    yield made
    made.network.stop()


def ends_well(server: Server, *validators: int) -> None:
    """All that was ever accepted is final and anchored once; live validators agree; two of them tell one history."""
    consortium = server.consortium
    found = server.wait_for(consortium.accepted, "final")
    consortium.network.wait_for("agreement", consortium.network.agreed, 60)
    batches = {item["entry_number"]: item["batch_size"] for item in found.values()}
    assert len(set(consortium.accepted)) == sum(batches.values()) == len(found)
    report = consortium.audit(*validators)
    assert report["kinds"]["anchored"] == len(batches)


def test_the_first_block_names_the_sealers_in_order() -> None:
    one, other = b"\x11" * 20, b"\x22" * 20
    assert extra_data([other, one]) == bytes(32) + one + other + bytes(65)
    for bad in ([], [b"\x11" * 19], [one, one]):
        with pytest.raises(ValueError, match="each once"):
            extra_data(bad)


def test_every_202_ends_once_whatever_becomes_of_the_validators(consortium: Consortium) -> None:
    """One network, and one thing after the other: what was accepted earlier must stand through all that follows."""
    network = consortium.network
    for happening in (they_take_turns, one_dies_that_nobody_asks, one_dies_that_we_ask, ours_is_cut_off):
        happening(consortium)
        network.heal()
        network.start()
        network.wait_for("all in step", network.agreed, 90)


def they_take_turns(consortium: Consortium) -> None:
    network = consortium.network
    network.wait_for("all connections", lambda: all(len(v.peers()) == SIZE - 1 for v in network.validators), 60)
    begun = network.validators[0].block()
    assert begun is not None
    network.wait_for_block(begun[0] + 2 * SIZE)
    sealers = {
        network.validators[1].ask("clique_getSigner", hex(number)) for number in range(begun[0], begun[0] + 2 * SIZE)
    }
    assert len(sealers) > SIZE // 2  # each may seal one block in three
    assert sealers <= {f"0x{validator.sealer.hex()}" for validator in network.validators}


def one_dies_that_nobody_asks(consortium: Consortium) -> None:
    with consortium.served(0) as server:
        server.declare(100)
        consortium.network.kill(2)
        server.declare(100)
        ends_well(server, 0, 1)
        consortium.network.start(2)
        consortium.network.wait_for("all in step", consortium.network.agreed, 60)
        consortium.audit(2, 0)


def one_dies_that_we_ask(consortium: Consortium) -> None:
    """What was accepted while no chain was there is anchored through another validator after a restart."""
    with consortium.served(1) as server:
        before = server.declare(100)
        server.wait_for(before, "batched", "sent", "anchored", "final")
        consortium.network.kill(1)
        server.declare(100)
    with consortium.served(3) as server:
        server.declare(100)
        ends_well(server, 3, 0)


def ours_is_cut_off(consortium: Consortium) -> None:
    """Alone it seals one block that the others never see. What it anchored there is taken back, and anchored again."""
    network = consortium.network
    alone, other = network.validators[:2]
    with consortium.served(0) as server:
        alone.stop_sealing()  # so that its turn is still to come when it is cut off
        begun = latest(other)
        network.wait_for_block(begun + SIZE)
        network.partition([0])
        # Fewer than ``batches_in_flight``: nothing is sealed, so that of more the last would wait to be sent.
        lost = server.declare(10)
        server.wait_for(lost, "sent")
        alone.start_sealing()
        server.wait_for(lost, "anchored")
        number, sealed = alone.block() or (0, "")
        network.wait_for("others", lambda: latest(other) > number + CONFIRMATIONS, 60)
        assert other.block(number) != (number, sealed) == alone.block(number)
        assert latest(alone) == number
        found = server.states()
        assert {found[id_]["state"] for id_ in lost} == {"anchored"}
        network.heal()
        network.wait_for("reunion", network.agreed, 90)
        assert alone.block(number) == other.block(number)
        ends_well(server, 0, 3)


def latest(validator: Validator) -> int:
    """Number of its latest block."""
    return (validator.block() or (0, ""))[0]
