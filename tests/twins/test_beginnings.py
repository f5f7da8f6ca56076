"""A chain begun anew, with its contract at the same address: what was signed for the old history counts nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from ledger.core.history.entry import Enacted
from ledger.core.history.history import History
from ledger.core.statements.resolutions import AgencyEnrolment, AttesterAuthorisation, MandateGrant
from ledger.core.verification.verdict import Status
from ledger.edges.chain import calls
from ledger.edges.chain.calls import Call
from ledger.edges.chain.contract import Chain, deploy
from ledger.edges.devchain.anvil import DevChain
from ledger.errors import HistoryBroken, SignatureMismatch
from ledger.journeys.audit.audit import Scope, audit
from tests.conftest import LIMITS, PLENTY, key_of
from tests.edges.authorities import Authorities, rpc

RELAYER, COUNCIL, OFFICER = key_of("relayer"), key_of("council"), key_of("officer")
LATER = 3_600


class Begun(NamedTuple):
    """The same contract before and after its chain was begun anew, and what was sent before."""

    old: Chain
    new: Chain
    resolutions: list[Call]
    attestation: Call


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begun]:
    folder: Path = tmp_path_factory.mktemp("anew")
    own = DevChain(folder / "chain")
    own.start()
    try:
        own.fund(RELAYER.address, PLENTY)
        before = rpc(own.url, "evm_snapshot")
        old = _deployed(own)
        authorities = Authorities(old, COUNCIL, RELAYER)
        authorities.enrol(OFFICER.address)
        said = authorities.attestation("before")
        authorities.attest(said, OFFICER)
        resolutions = [
            calls.enact(entry.content.resolution, entry.content.endorsements)
            for entry in (logged.entry for logged in old.entries(1))
            if isinstance(entry.content, Enacted) and entry.number
        ]
        attestation = calls.attest(said, OFFICER.address, OFFICER.sign(said.id(old.origin)))
        time = int(rpc(own.url, "eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        assert rpc(own.url, "evm_revert", before)
        rpc(own.url, "evm_setNextBlockTimestamp", time + LATER)
        yield Begun(old, _deployed(own), resolutions, attestation)
    finally:
        own.stop()


def _deployed(own: DevChain) -> Chain:
    origin, receipt = deploy(own.url, [COUNCIL.address], 1, RELAYER, LIMITS)
    (first,) = receipt.entries
    assert origin.salt == first.hash
    return Chain.connect(own.url, origin, LIMITS)


def test_only_the_salt_tells_the_origins_apart(begun: Begun) -> None:
    assert begun.new.origin == replace(begun.old.origin, salt=begun.new.origin.salt)
    assert begun.new.origin != begun.old.origin
    assert begun.new.query(Call("eip712Domain", ()))[5] == begun.new.origin.salt


def test_no_old_signature_counts(begun: Begun) -> None:
    """Each resolution is tried where its number is the next; then the officer has the same authority as before."""
    authorities = Authorities(begun.new, COUNCIL, RELAYER)
    assert len(begun.resolutions) == 3
    for old, (kind, *members) in zip(
        begun.resolutions,
        [
            (AgencyEnrolment, "NZ-MPI", "Ministry for Primary Industries", "NZ", "https://mpi.example"),
            (MandateGrant, "NZ-MPI", 851, 0, (1 << 40) - 1),
            (AttesterAuthorisation, OFFICER.address, "NZ-MPI"),
        ],
        strict=True,
    ):
        with pytest.raises(SignatureMismatch):
            begun.new.submit(old, RELAYER)
        authorities.enact(kind, *members)
    with pytest.raises(SignatureMismatch):
        begun.new.submit(begun.attestation, RELAYER)
    authorities.attest(authorities.attestation("after"), OFFICER)
    history = History(begun.new.origin)
    for logged in begun.new.entries(0):
        history.apply(logged.entry)
    assert history.head == begun.new.head()[1]


def test_who_knows_the_old_origin_is_not_led_to_the_new_history(begun: Begun) -> None:
    url = f"http://{begun.new.node_address.removeprefix('http://')}"
    with pytest.raises(HistoryBroken, match="another beginning: its chain was begun anew") as caught:
        Chain.connect(url, begun.old.origin, LIMITS)
    assert caught.value.found == f"entry 0 with the hash 0x{begun.new.origin.salt.hex()}"
    found = {item.name: item for item in audit(begun.old, Scope()).report.findings}
    assert found["code"].status is Status.INVALID
    assert found["replay"].status is Status.INVALID
    assert found["replay"].number == 0
    assert "another beginning" in found["replay"].words
