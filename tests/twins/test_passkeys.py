"""Twins: passkeys. A browser's passkey speaks on a real chain, and the contract answers every case of the vectors."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from web3 import HTTPProvider, Web3

from ledger import artifact
from ledger.core.encoding.ids import Signer
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import ZERO
from ledger.core.statements.origin import Origin
from ledger.core.statements.resolutions import AttesterAuthorisation
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.signature import verify_signature
from ledger.core.statements.withdrawal import Withdrawal
from ledger.edges.chain import calls
from ledger.errors import SignatureMismatch, VerificationFailed
from ledger.journeys.attest import relay_attestation
from ledger.journeys.revoke import relay_revocation
from ledger.journeys.withdraw import relay_withdrawal
from ledger.testing.local_ledger import LocalLedger
from tests import browser, houses, passkey_vectors
from tests.passkey_vectors import PAGE, SITE, Case, create_passkey, sign
from tests.twins.verifiers import FORKS, Verifier, on_each_fork

ATTEST_GAS = 115_000  # with the precompile of EIP-7951

needs_chromium = pytest.mark.skipif(browser.PROGRAM is None, reason=f"chromium is missing: {browser.INSTALL}")


@pytest.fixture(scope="module", params=FORKS)
def forked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLedger]:
    yield from on_each_fork(request, tmp_path_factory)


def test_contract_and_core_answer_each_case(forked: LocalLedger) -> None:
    origin = forked.chain.origin
    verifier = Verifier(forked, origin.webauthn_verifier)
    cases = passkey_vectors.load()
    assert {case.by for case in cases} == {"browser", "key", "change"}
    for case in cases:
        assert verifier.accepts(case.key, case.digest, case.signature) is case.accepted, case.name
        assert core_accepts(origin, case) is case.accepted, case.name


def test_the_browser_signed_ids_of_statements() -> None:
    """Under the domain of today: a change of ids needs new assertions, which only a browser makes."""
    signed = {case.digest for case in passkey_vectors.load() if case.by == "browser"}
    assert signed == set(passkey_vectors.IDS.values())


def core_accepts(origin: Origin, case: Case) -> bool:
    try:
        verify_signature(origin, Signer(origin.webauthn_verifier + case.key), case.digest, case.signature)
    except VerificationFailed:
        return False
    return True


def test_the_verifier_follows_from_the_origin(house: LocalLedger) -> None:
    web3 = Web3(HTTPProvider(house.devchain.url))
    address = Web3.to_checksum_address(house.chain.origin.contract)
    contract = web3.eth.contract(address=address, abi=list(artifact.load().abi))
    assert bytes.fromhex(contract.functions.webAuthnVerifier().call()[2:]) == house.chain.origin.webauthn_verifier


@needs_chromium
def test_passkeys_of_a_browser_speak(house: LocalLedger) -> None:
    """An officer attests and revokes, and a trader withdraws. Neither has any other key."""
    origin = house.chain.origin
    with browser.Browser({SITE + "/": PAGE}) as page:
        page.open(SITE + "/")
        page.authenticator()
        officer, trader = create_passkey(page), create_passkey(page)
        speaks = Signer(origin.webauthn_verifier + officer.key)
        houses.enact(house, AttesterAuthorisation, speaks, houses.MPI)
        houses.attest(house, [secrets.token_bytes(32)])

        declaration = Declaration(Signer(origin.webauthn_verifier + trader.key), secrets.token_bytes(32), 380)
        id_ = declaration.id(origin)
        made, _ = houses.attestation(house, [id_])
        relayed = relay_attestation(house.relay, made, speaks, sign(page, officer, made.id(origin)))
        assert relayed.receipt is not None
        assert relayed.receipt.gas_used <= ATTEST_GAS
        revocation = Revocation(made.id(origin), ZERO, 41)
        relay_revocation(house.relay, revocation, speaks, sign(page, officer, revocation.id(origin)))

        withdrawal = Withdrawal(id_, 1, ZERO)
        signature = sign(page, officer, withdrawal.id(origin))
        with pytest.raises(SignatureMismatch):
            house.chain.submit(calls.withdraw(declaration, withdrawal, signature), house.key("relayer"))
        relay_withdrawal(house.relay, declaration, withdrawal, sign(page, trader, withdrawal.id(origin)))

    with house.follower.fresh_history() as history:
        assert made.id(origin) in history.attestations
        assert history.standing(made.id(origin), id_, history.last_time)[0].value == "revoked"
        assert id_ in history.withdrawals
