"""The contract itself writes ``tests/vectors/entries``: the same calls at the same times make the same bytes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.core.history.entry import (
    Anchored,
    Attested,
    Content,
    Enacted,
    EntryKind,
    Revoked,
    Withdrawn,
    decode_payload,
)
from ledger.core.statements.statement import CouncilChange
from ledger.edges.chain import calls, contract
from ledger.edges.devchain.anvil import DevChain, _rpc
from tests import entry_vectors
from tests.conftest import LIMITS, PLENTY, key_of

VECTORS = entry_vectors.load()


@pytest.fixture
def own_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevChain]:
    """Nobody else's: its clock is set, and the first deployment by its only sender has the vectors' address."""
    made = DevChain(tmp_path_factory.mktemp("vectors"))
    made.start()
    yield made
    made.stop()


def call_of(content: Content) -> calls.Call:
    match content:
        case Enacted(resolution, endorsements):
            return calls.enact(resolution, endorsements)
        case Anchored(root, size):
            return calls.anchor(root, size)
        case Attested(attestation, signer, signature):
            return calls.attest(attestation, signer, signature)
        case Revoked(revocation, signer, signature):
            return calls.revoke(revocation, signer, signature)
        case Withdrawn(declaration, withdrawal, signature):
            return calls.withdraw(declaration, withdrawal, signature)


def test_the_contract_writes_the_vectors(own_chain: DevChain) -> None:
    sender = key_of("entry vectors")
    own_chain.fund(sender.address, PLENTY)
    _rpc(own_chain.url, "evm_setTime", VECTORS[0].time)  # back, if need be
    _rpc(own_chain.url, "evm_setNextBlockTimestamp", VECTORS[0].time)
    first = decode_payload(EntryKind.COUNCIL_CHANGED, VECTORS[0].payload)
    assert isinstance(first, Enacted)
    assert isinstance(first.resolution, CouncilChange)
    origin, receipt = contract.deploy(
        own_chain.url, first.resolution.members, first.resolution.threshold, sender, LIMITS
    )
    assert str(origin) == VECTORS[0].origin
    ledger = contract.Chain.connect(own_chain.url, origin.contract, origin.chain_id, LIMITS)
    for vector in VECTORS:
        if vector.number:  # entry 0 is the deployment's
            content = decode_payload(EntryKind(vector.kind), vector.payload)
            _rpc(own_chain.url, "evm_setNextBlockTimestamp", vector.time)
            receipt = ledger.submit(call_of(content), sender)
        assert [entry.data for entry in receipt.entries] == [vector.entry], vector.about
        assert ledger.head()[:2] == (vector.number + 1, vector.head), vector.about
    assert [logged.entry.data for logged in ledger.entries(0)] == [vector.entry for vector in VECTORS]
