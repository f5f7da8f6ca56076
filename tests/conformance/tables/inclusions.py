"""Where the declaration stands: batch and attested sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from ledger.testing.world import CUSTOMS
from tests.conformance.parts import (
    BAD,
    Shipment,
    attested,
    case,
    edited,
    policy,
    requirement,
    shipment,
)


def inclusions() -> None:
    made = attested()

    def wrong(name: str, about: str, change: Callable[[dict[str, Any]], Any], *failed: str) -> None:
        case(f"{name}_fail", about, made, evidence=edited(change), exit=BAD, failed=failed)

    def inclusion(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
        return lambda value: change(value["inclusions"][0])

    # The batch is attested too, and whoever does not stand in it is not attested.
    for name, about, change in [
        ("proof_hash_changed", "a bit of the path", lambda p: p["proof"].__setitem__(0, "0x" + "00" * 32)),
        ("proof_too_short", "the last hash is missing", lambda p: p["proof"].pop()),
        ("proof_too_long", "one hash too many", lambda p: p["proof"].append("0x" + "00" * 32)),
        ("proof_reversed", "the path upside down", lambda p: p["proof"].reverse()),
        ("proof_empty", "no path at all", lambda p: p.update(proof=[])),
        ("index_of_another", "the neighbour's index", lambda p: p.update(index=3)),
        ("index_at_size", "an index that the batch has not", lambda p: p.update(index=5)),
        ("index_beyond_size", "an index with the same path in a sloppy verifier", lambda p: p.update(index=2 + 8)),
    ]:
        wrong(f"batch_{name}", about, inclusion(change), "batch", "NZ-MPI 851 set")
    # Under another root or size it is another set, of which nobody attested anything.
    # Index 2 of 6 has a path as long as index 2 of 5, and it leads to the same root: only the anchor tells.
    wrong(
        "batch_size_relabelled",
        "size 6 instead of 5, by the same path to the same root",
        inclusion(lambda p: p.update(size=6)),
        "anchor",
        "complete",
    )
    wrong(
        "batch_root_of_another",
        "a root that nothing anchors",
        inclusion(lambda p: p.update(root="0x" + "ab" * 32)),
        "batch",
        "anchor",
        "complete",
    )
    wrong(
        "batch_size_zero",
        "index 0 of none",
        inclusion(lambda p: p.update(index=0, size=0)),
        "batch",
        "anchor",
        "complete",
    )
    alone = shipment()
    single = alone.world.declare(b"\x77" * 32)
    one = alone.world.anchor([single[0]])
    case("batch_of_one", "a batch of one has an empty path", Shipment(alone.world, single, one, alone.document))
    large = shipment()
    ids = [large.world.declare(number.to_bytes(32))[0] for number in range(1000, 1300)]
    mine = large.world.declare(b"\x78" * 32)
    big = large.world.anchor([*ids, mine[0]])
    case(
        "batch_of_many",
        "the last of 301, where the path is shorter than the others'",
        Shipment(large.world, mine, big, large.document),
    )


def sets() -> None:
    made = shipment()
    others = [made.world.declare(b"\x66" * 32)[0].id(made.world.origin), made.id]
    root = root_of_hashes([leaf_hash(item) for item in others])
    made.world.attest("NZ-CUSTOMS", 132, root, 2, CUSTOMS, outcome=4)
    with_set = replace(made, sets=[(root, 2, others)])
    case("attested_set", "attested in a set of two beside its batch", with_set)
    case("attested_set_of_one", "attested alone", _alone())
    broken = edited(lambda value: value["inclusions"][1]["proof"].__setitem__(0, "0x" + "00" * 32), with_set)
    case(
        "attested_set_proof_changed_fail",
        "a bit of the path in the set",
        with_set,
        evidence=broken,
        exit=BAD,
        failed=("sets", "NZ-CUSTOMS 132 set"),
    )
    lost = edited(lambda value: value["inclusions"].pop(), with_set)
    about = "the inclusion in a set of two is left out: nothing shows that the attestation is about this declaration"
    demanded = policy(require=[requirement(132)])
    case(
        "attested_set_not_shown_fail", f"{about}, and the entries are of no subject in question", with_set,
        evidence=lost, exit=BAD, failed=("complete",),
    )  # fmt: skip
    hidden = replace(with_set, sets=[])
    case(
        "attested_set_hidden", "a set of two is left out with its entries: what an agency says of it is not told", hidden,
        said=[],
    )  # fmt: skip
    case(
        "attested_set_not_shown_and_demanded_fail", f"{about}, and it meets no policy", with_set,
        evidence=lost, policy=demanded, exit=BAD, failed=("policy", "complete"),
    )  # fmt: skip
    single = _alone()
    lost = edited(lambda value: value["inclusions"].pop(), single)
    about = "the inclusion in a set of one is left out, which needs no proof"
    case("attested_set_of_one_not_shown", f"{about}: the attestation counts", single, evidence=lost, policy=demanded)
    revoked = _alone()
    revoked.world.revoke(next(iter(revoked.world.history.attestations)), CUSTOMS)
    case(
        "revoked_set_of_one_not_shown_fail", f"{about}: the revocation counts", revoked,
        evidence=edited(lambda value: value["inclusions"].pop(), revoked), exit=BAD, failed=("NZ-CUSTOMS 132 in force",),
    )  # fmt: skip

    def swapped(value: dict[str, Any]) -> None:
        value["inclusions"].reverse()

    case(
        "attested_set_before_the_batch_fail", "the batch must be first: nothing anchors the other set", with_set,
        evidence=edited(swapped, with_set), exit=BAD, failed=("anchor",),
    )  # fmt: skip
    relabelled = edited(lambda value: value["inclusions"][1].update(index=0), with_set)
    case(
        "attested_set_index_of_another_fail", "the neighbour's index in the set", with_set,
        evidence=relabelled, exit=BAD, failed=("sets", "NZ-CUSTOMS 132 set"),
    )  # fmt: skip
    spare = edited(lambda value: value["inclusions"].append(_single(made)))
    case(
        "inclusion_that_nobody_attested",
        "an inclusion more than is needed, and true",
        made_alone := attested(),
        evidence=spare,
    )
    assert made_alone.id == made.id
    false = edited(lambda value: value["inclusions"].append(_single(made) | {"root": "0x" + "ab" * 32}))
    case(
        "inclusion_that_nobody_attested_wrong_fail", "an inclusion more than is needed, and false", made_alone,
        evidence=false, exit=BAD, failed=("sets", "complete"),
    )  # fmt: skip


def _single(made: Shipment) -> dict[str, Any]:
    """The inclusion of a declaration in a set of its own."""
    return {"index": 0, "proof": [], "root": "0x" + leaf_hash(made.id).hex(), "size": 1}


def _alone() -> Shipment:
    made = shipment()
    root = leaf_hash(made.id)
    made.world.attest("NZ-CUSTOMS", 132, root, 1, CUSTOMS, outcome=4)
    return replace(made, sets=[(root, 1, [made.id])])
