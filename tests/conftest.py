"""Fixtures for tests that need a chain, one anvil a session, on a free port, and contracts deployed on it; or a server
of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.core.encoding.keccak import keccak
from ledger.core.statements.signature import Algorithm
from ledger.edges.chain.contract import Chain, deploy
from ledger.edges.chain.sender import ChainLimits
from ledger.edges.devchain.anvil import DevChain
from ledger.edges.keys.keystore import SigningKey
from ledger.testing import postgres
from ledger.testing.local_ledger import LocalLedger
from tests import houses, skips
from tests.faults.figures import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]  # a hook, for which pytest looks here only

PLENTY = 10**24
LIMITS = ChainLimits(rpc_timeout=5, confirmation_timeout=10)


def pytest_configure(config: pytest.Config) -> None:
    """CI says which tests may skip."""
    skips.install(config)


def key_of(name: str, algorithm: Algorithm = Algorithm.SECP256K1) -> SigningKey:
    """A key made from a name, so that every run has the same."""
    return SigningKey(algorithm, keccak(name.encode()))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL that syncs nothing, for what is not about durability."""
    with postgres.server(durable=False) as made:
        yield made


@pytest.fixture(scope="session")
def devchain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevChain]:
    """A running embedded chain with an empty history."""
    chain = DevChain(tmp_path_factory.mktemp("chain"))
    chain.start()
    yield chain
    chain.stop()


@pytest.fixture(scope="session")
def relayer(devchain: DevChain) -> SigningKey:
    """A key with plenty of coins."""
    key = key_of("relayer")
    devchain.fund(key.address, PLENTY)
    return key


@pytest.fixture(scope="session")
def council() -> SigningKey:
    """The key of a council of one."""
    return key_of("council")


@pytest.fixture(scope="session")
def deployed(devchain: DevChain, relayer: SigningKey, council: SigningKey) -> Chain:
    """A contract that the session shares: tests leave it as they like, and expect nothing of its size."""
    return _deployed(devchain, relayer, council)


@pytest.fixture
def chain(devchain: DevChain, relayer: SigningKey, council: SigningKey) -> Chain:
    """A contract of the test's own, with entry 0 and no more."""
    return _deployed(devchain, relayer, council)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLedger]:
    """A consortium of its own for each module: chain, keys, contract, three agencies."""
    with houses.house(tmp_path_factory.mktemp("house")) as made:
        yield made


def _deployed(devchain: DevChain, relayer: SigningKey, council: SigningKey) -> Chain:
    origin, _ = deploy(devchain.url, [council.address], 1, relayer, LIMITS)
    return Chain.connect(devchain.url, origin, LIMITS)
