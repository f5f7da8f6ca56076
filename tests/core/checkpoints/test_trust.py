"""A trust root accepts the log's checkpoint with enough cosignatures, and says what is wrong with any other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.core.checkpoints.note import SignedNote
from ledger.core.checkpoints.trust import Cosignature, TooFewCosignatures, TrustRoot, majority
from ledger.errors import VerificationFailed
from ledger.testing.world import START, Witness, World
from tests.bad_checkpoints import BAD_COSIGNATURE, DEFECTS, TOO_FEW, spoiled, words_of

ONE, TWO, UNKNOWN = Witness("witness.example/one"), Witness("witness.example/two"), Witness("unknown.example")
WORLD = World(witnesses=[ONE])


def bad(defect: str) -> SignedNote:
    return spoiled(defect, WORLD.checkpoint().checkpoint, WORLD.log_key, WORLD.log.sign, ONE, START)


def trusting(*witnesses: Witness, threshold: int) -> TrustRoot:
    return replace(WORLD.trust, witnesses=tuple(item.key for item in witnesses), threshold=threshold)


def test_it_returns_who_cosigned_and_when() -> None:
    note = ONE.cosign(World().checkpoint(), START + 5)
    assert trusting(TWO, ONE, threshold=1).verify(note) == (Cosignature(ONE.key, START + 5),)
    both = TWO.cosign(note, START + 9)
    assert trusting(TWO, ONE, threshold=2).verify(both) == (
        Cosignature(TWO.key, START + 9),
        Cosignature(ONE.key, START + 5),
    )


@pytest.mark.parametrize("defect", DEFECTS)
def test_one_defect(defect: str) -> None:
    with pytest.raises(VerificationFailed, match=words_of(defect, ONE)):
        WORLD.trust.verify(bad(defect))


@pytest.mark.parametrize("defect", DEFECTS)
def test_the_logs_part_alone(defect: str) -> None:
    """``verify_log`` says nothing about witnesses."""
    if defect in {TOO_FEW, BAD_COSIGNATURE}:
        WORLD.trust.verify_log(bad(defect))
    else:
        with pytest.raises(VerificationFailed, match=words_of(defect, ONE)):
            WORLD.trust.verify_log(bad(defect))


def test_a_witness_counts_once_however_often_it_cosigned() -> None:
    note = ONE.cosign(ONE.cosign(World().checkpoint(), START), START + 60)
    with pytest.raises(TooFewCosignatures, match="cosigned by 1 of 2 known witnesses; 2 are demanded"):
        trusting(ONE, TWO, threshold=2).verify(note)


def test_unknown_witnesses_neither_count_nor_harm() -> None:
    note = UNKNOWN.cosign(World().checkpoint(), START)
    *others, (name, id_, _) = note.signatures
    nonsense = replace(note, signatures=(*others, (name, id_, bytes(72))))
    assert trusting(ONE, threshold=0).verify(nonsense) == ()
    with pytest.raises(TooFewCosignatures, match="cosigned by 0 of 1 known witnesses; 1 are demanded"):
        trusting(ONE, threshold=1).verify(note)


def test_a_bad_line_of_a_known_witness_is_refused_where_none_is_demanded() -> None:
    with pytest.raises(VerificationFailed, match=words_of(BAD_COSIGNATURE, ONE)):
        trusting(ONE, threshold=0).cosignatures(bad(BAD_COSIGNATURE))


def test_more_cosignatures_may_be_demanded_than_the_threshold() -> None:
    with pytest.raises(TooFewCosignatures, match="cosigned by 1 of 1 known witnesses; 2 are demanded"):
        WORLD.trust.cosignatures(WORLD.checkpoint(), 2)


def test_a_majority_is_more_than_half() -> None:
    assert [majority(witnesses) for witnesses in range(6)] == [0, 1, 2, 2, 3, 3]
