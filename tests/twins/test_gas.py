"""What transactions cost, by their receipts: the bars hold whatever the size, and cost a document falls with volume."""

from __future__ import annotations

import random
import secrets
import time
from typing import Any

import pytest
from web3 import HTTPProvider, Web3

from ledger import artifact
from ledger.core.evidence.inclusion import set_of
from ledger.core.statements.member_types import NO_END
from ledger.core.tree.merkle import Tree, leaf_hash
from ledger.edges.chain import calls
from ledger.journeys.attest import relay_attestation
from ledger.testing.local_ledger import LocalLedger
from tests import houses

ANCHOR_GAS, ATTEST_GAS, REVOKE_GAS, INCLUSION_GAS = 60_000, 100_000, 60_000, 25_000


@pytest.mark.parametrize("size", [1, 100, 10_000, 1_000_000, (1 << 64) - 1])
def test_anchor(house: LocalLedger, size: int) -> None:
    house.chain.submit(calls.anchor(secrets.token_bytes(32), 1), house.key("relayer"))
    receipt = house.chain.submit(calls.anchor(secrets.token_bytes(32), size), house.key("relayer"))
    assert receipt.gas_used <= ANCHOR_GAS


def test_attest_a_green_lane_of_ten_thousand_and_revoke_it(house: LocalLedger) -> None:
    ids = [secrets.token_bytes(32) for _ in range(10_000)]
    houses.attest(house, [secrets.token_bytes(32)])
    made, officer = houses.attestation(house, ids)
    before = house.follower.refresh().size
    relayed = relay_attestation(house.relay, made, officer.address, officer.sign(made.id(house.chain.origin)), ids)
    assert relayed.receipt is not None
    assert relayed.receipt.gas_used <= ATTEST_GAS
    assert house.follower.refresh().size == before + 1
    with house.follower.fresh_history() as history:
        for member in random.sample(ids, 5):
            assert history.standing(made.id(house.chain.origin), member, int(time.time()))[0].value == "in force"
    receipt = houses.revoke(house, made.id(house.chain.origin)).receipt
    assert receipt is not None
    assert receipt.gas_used <= REVOKE_GAS


def test_inclusion_proof_in_ten_thousand(house: LocalLedger) -> None:
    """Gas of a transaction that proves a declaration on chain, above one that asks the same without a proof."""
    ids = [secrets.token_bytes(32) for _ in range(10_000)]
    tree = Tree(leaf_hash(id_) for id_ in ids)
    alone = secrets.token_bytes(32)
    relayer = house.key("relayer")
    house.chain.submit(calls.anchor(tree.root, len(ids)), relayer)
    house.chain.submit(calls.anchor(leaf_hash(alone), 1), relayer)
    web3 = Web3(HTTPProvider(house.devchain.url))
    address = Web3.to_checksum_address("0x" + house.chain.origin.contract.hex())
    contract: Any = web3.eth.contract(address=address, abi=list(artifact.load().abi))
    base = contract.functions.declarationAnchored(alone, 0, leaf_hash(alone), 1, []).estimate_gas()
    for index in (0, 5_000, 9_999):
        proof = tree.inclusion(index)
        asked = contract.functions.declarationAnchored(ids[index], index, tree.root, len(ids), proof)
        assert asked.estimate_gas() - base <= INCLUSION_GAS


def test_a_hundred_signatures_arrive_in_any_order(house: LocalLedger) -> None:
    origin, statements = house.chain.origin, []
    for _ in range(100):
        made, officer = houses.attestation(house, [secrets.token_bytes(32)])
        statements.append((made, officer.address, officer.sign(made.id(origin))))
    random.Random(1).shuffle(statements)
    for statement in statements:
        relay_attestation(house.relay, *statement)
    with house.follower.fresh_history() as history:
        assert all(made.id(origin) in history.attestations for made, _, _ in statements)


def test_deployed_settings_are_the_optimised_ones() -> None:
    assert artifact.load().settings["optimizer"]["enabled"] is True


def test_one_declaration_is_a_set_of_one() -> None:
    id_ = secrets.token_bytes(32)
    assert set_of([id_]) == (leaf_hash(id_), 1)
    assert NO_END == (1 << 40) - 1
