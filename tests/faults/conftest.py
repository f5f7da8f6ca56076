"""What the faults share: the seed, and a place for their figures."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from tests.edges.faulty_node import FaultyNode, faulty_node
from tests.faults import figures
from tests.faults.proxy import mannerly
from tests.faults.reckoning import Outcome
from tests.faults.site import Site, site
from tests.faults.storm import seed


@pytest.fixture
def chance() -> random.Random:
    """Everything that a fault leaves to chance, from one seed that is printed."""
    return random.Random(seed())


@pytest.fixture
def told(record_property: Callable[[str, object], None]) -> Callable[[Outcome], None]:
    """Hand an outcome to the table at the end of the run."""

    def tell(outcome: Outcome) -> None:
        print(figures.table([figures.row(outcome)]))
        record_property(figures.PROPERTY, figures.row(outcome))

    return tell


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, FaultyNode]]:
    folder = tmp_path_factory.mktemp("site")
    with site(folder, servers=0, RESEND_AFTER_SECONDS="1") as made, faulty_node(made.chain.url) as node:
        server = made.add(LEDGER_RPC_URL=node.url)
        server.start()
        server.await_live()
        yield made, node


@pytest.fixture
def between(_shared: tuple[Site, FaultyNode]) -> Iterator[tuple[Site, FaultyNode]]:
    """A site whose one server reaches the node through another that may misbehave. Tests share it and what is in its
    history; whatever they did to it is undone.
    """
    made, node = _shared
    yield made, node
    node.rule = mannerly
    made.chain.start()
    made.chain.automine(True)
    made.servers[0].start()
    made.servers[0].await_live()
