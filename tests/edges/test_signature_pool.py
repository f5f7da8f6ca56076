"""The pool of signature checks finds what checking one signature at a time finds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from ledger.edges.signature_pool import SignatureChecks, Signed
from ledger.errors import HistoryBroken
from ledger.testing.world import CUSTOMS, ORIGIN, PLANT, TRADER

ONE = Signed(0, PLANT.signer, bytes(32), PLANT.sign(bytes(32)))
# A P-256 signer of this origin: no wallet could take what its key did not sign.
FORGED = Signed(0, ORIGIN.p256_verifier + bytes(64), bytes(32), bytes(64))


def checked(portion: list[Signed], on_wallet: Callable[[int], None] = lambda number: None) -> int:
    with SignatureChecks(ORIGIN, on_wallet, 2) as checks:
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
def test_the_first_signature_that_does_not_fit_is_named(size: int, forged: tuple[int, ...]) -> None:
    with pytest.raises(HistoryBroken, match="a signature does not fit") as caught:
        checked(numbered(size, *forged))
    assert caught.value.number == min(forged)


def test_asking_again_names_the_same_signature_and_no_later_one() -> None:
    with SignatureChecks(ORIGIN, lambda number: None, 2) as checks:
        with suppress(HistoryBroken):
            for signed in numbered(8_500, 2_500, 4_500, 8_400):
                checks.add(signed)
        for _ in range(2):
            with pytest.raises(HistoryBroken) as caught:
                checks.finish()
            assert caught.value.number == 2_500


def test_signatures_that_only_the_contract_could_judge_are_handed_on_in_order() -> None:
    portion = numbered(4_100)
    for number in (17, 2_500, 4_099):
        portion[number] = portion[number]._replace(signer=CUSTOMS.signer if number != 17 else TRADER.signer)
    found: list[int] = []
    assert checked(portion, found.append) == 4_097
    assert found == [17, 2_500, 4_099]


def test_a_party_has_a_key_and_a_long_signature_is_named_too() -> None:
    """What could be a wallet's of an attester does not fit for a party. The contract takes no signature over 1 KiB."""
    for wrong in (
        ONE._replace(number=7, signer=TRADER.signer, is_party=True),
        ONE._replace(number=7, signature=bytes(1_025)),
    ):
        with pytest.raises(HistoryBroken, match="a signature does not fit") as caught:
            checked([*numbered(5), wrong])
        assert caught.value.number == 7
