"""Contract and core agree on each of Project Wycheproof's P-256 signatures, on nodes with and without the precompile.

The contract's verifier asks the precompile of EIP-7951 and computes the curve itself where a chain has none.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from web3 import HTTPProvider, Web3

from ledger.core.statements.signature import P256_N, verify_signature
from ledger.core.statements.signer import p256_signer
from ledger.errors import VerificationFailed
from ledger.testing.local_ledger import LocalLedger
from tests.fetched.wycheproof import Vector, ecdsa, lowered
from tests.twins.verifiers import FORKS, PRECOMPILE, Verifier, on_each_fork


@pytest.fixture(scope="module", params=FORKS)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLedger]:
    yield from on_each_fork(request, tmp_path_factory)


def test_p256(house: LocalLedger, request: pytest.FixtureRequest) -> None:
    verifier = Verifier(house, house.chain.origin.p256_verifier)
    vectors = ecdsa("secp256r1_sha256_p1363")
    taken = 0
    for vector in vectors:
        for signature in {vector.signature, lowered(vector.signature, P256_N)}:
            said = verifier.accepts(vector.key[1:], vector.signed, signature)
            assert said is core_takes(house, vector, signature), vector.about
            taken += said
    assert (len(vectors), taken) == (262, 173)


def core_takes(house: LocalLedger, vector: Vector, signature: bytes) -> bool:
    origin = house.chain.origin
    try:
        verify_signature(origin, p256_signer(origin, vector.key), vector.signed, signature)
    except VerificationFailed:
        return False
    return True


def test_the_forks_differ_in_the_precompile(house: LocalLedger, request: pytest.FixtureRequest) -> None:
    """Else both runs would try the same code of the contract."""
    vector = next(vector for vector in ecdsa("secp256r1_sha256_p1363") if vector.valid)
    web3 = Web3(HTTPProvider(house.devchain.url))
    said = web3.eth.call({"to": PRECOMPILE, "data": vector.signed + vector.signature + vector.key[1:]})
    assert bool(said) is (request.node.callspec.params["house"] == "osaka")
