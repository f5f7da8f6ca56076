"""A node that is away while a wallet contract must be asked: nobody can say, which is never a no."""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from api.services import open_services
from ledger.cli import main
from ledger.config import Settings
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.statement import AttesterAuthorisation, Declaration
from ledger.core.verification.verdict import Status
from ledger.edges.chain.contract import Chain
from ledger.edges.replay_memory import DiskMemory
from ledger.edges.store import Store
from ledger.errors import HistoryBroken, Source, Unavailable
from ledger.journeys.attest import relay_attestation
from ledger.journeys.audit.audit import Scope, audit
from ledger.journeys.checkpoint import note_key
from ledger.journeys.evidence import evidence_of
from ledger.journeys.export import PublicKeys, export_ledger
from ledger.journeys.follow import Follower
from ledger.journeys.import_ import import_ledger
from ledger.journeys.rebuild import rebuild
from ledger.journeys.relay import Relay
from ledger.journeys.verify import VerificationRequest, verify_online
from ledger.testing.local_ledger import LIMITS, LocalLedger
from tests import houses
from tests.edges.authorities import rpc, wallet_code
from tests.edges.faulty_node import Reply, faulty_node
from tests.journeys.auditing import by_name

WALLET = b"\x77" * 20
POLICY = {
    "ledger": "trade-ledger/policy/1",
    "allow_skipped": True,
    "clock_tolerance": 15,
    "max_age": None,
    "max_hidden": None,
    "refuse": [],
    "require": [{"kind": 851, "jurisdictions": ["NZ"], "outcomes": []}],
    "show": [],
    "witnesses": None,
}


def now() -> int:
    return int(time.time())


@dataclass(frozen=True)
class FilledHouse:
    """A declaration by a wallet contract, attested by the same wallet as an officer; and its evidence."""

    house: LocalLedger
    id: bytes
    evidence: bytes

    @property
    def trust(self) -> TrustRoot:
        origin = self.house.chain.origin
        return TrustRoot(origin, note_key(origin, self.house.log_key))

    def asked(self) -> VerificationRequest:
        return VerificationRequest.read(self.evidence, None, self.trust.to_bytes(), json.dumps(POLICY).encode())

    def signed(self, digest: bytes) -> tuple[Declaration, bytes]:
        made = Declaration(WALLET, digest, 380)
        return made, self.house.key("owner").sign(made.id(self.house.chain.origin))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledHouse]:
    with houses.house(tmp_path_factory.mktemp("filled") / "house") as house:
        house.key("log", Algorithm.ED25519)
        owner, origin = house.key("owner"), house.chain.origin
        rpc(house.devchain.url, "anvil_setCode", hex_text(WALLET), hex_text(wallet_code(owner.address)))
        houses.enact(house, AttesterAuthorisation, WALLET, houses.MPI)
        made = FilledHouse(house, b"", b"")
        declaration, signature = made.signed(secrets.token_bytes(32))
        id_ = declaration.id(origin)
        house.store.declarations.add([(declaration, signature)], origin, now())
        house.anchorer.run(1, now())
        attestation, _ = houses.attestation(house, [id_])
        relay_attestation(house.relay, attestation, WALLET, owner.sign(attestation.id(origin)))
        evidence = evidence_of(id_, house.store, house.follower, house.log_key, now()).to_bytes()
        yield FilledHouse(house, id_, evidence)


@contextmanager
def silent_about_wallets(house: LocalLedger) -> Iterator[str]:
    """The address of a node that answers everything but what is asked of the wallet: then the line goes dead."""

    def rule(method: str, params: list[Any]) -> Reply | None:
        asked = params[0] if params else None
        to = asked.get("to") if isinstance(asked, dict) else asked
        is_about_the_wallet = isinstance(to, str) and to.lower() == hex_text(WALLET)
        return Reply(dead=True) if method in {"eth_getCode", "eth_call"} and is_about_the_wallet else None

    with faulty_node(house.devchain.url) as faulty:
        faulty.rule = rule
        yield faulty.url


def connected(house: LocalLedger, url: str) -> Chain:
    return Chain.connect(url, house.chain.origin, LIMITS)


def statuses(checks: Any) -> dict[str, Status]:
    return {check.name: check.status for check in checks}


def test_declaration_and_attestation_signature_are_undecided(filled: FilledHouse) -> None:
    names = {"declaration", "NZ-MPI 851 signature", "policy"}
    good = verify_online(filled.asked(), now(), filled.house.chain, filled.house.follower)
    assert good.conclusion.name == "GOOD", good
    with silent_about_wallets(filled.house) as url:
        chain = connected(filled.house, url)
        verdict = verify_online(filled.asked(), now(), chain, Follower(chain, filled.house.store))
    found = statuses(verdict.checks)
    assert {name for name, status in found.items() if status is Status.ERROR} == names
    assert Status.INVALID not in found.values()
    assert (verdict.conclusion.name, verdict.conclusion.value) == ("UNDECIDED", 3)


def test_the_command_exits_with_3(
    filled: FilledHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "e.json").write_bytes(filled.evidence)
    monkeypatch.setenv("LEDGER_CONTRACT", hex_text(filled.house.chain.origin.contract))
    monkeypatch.setenv("LEDGER_STATE_DIR", str(tmp_path / "state"))

    def verify(url: str) -> tuple[int, str]:
        monkeypatch.setenv("LEDGER_RPC_URL", url)
        monkeypatch.setattr(sys, "argv", ["ledger", "verify", str(tmp_path / "e.json"), "--online", "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), json.loads(capsys.readouterr().out)["conclusion"]

    assert verify(filled.house.devchain.url) == (0, "GOOD")
    with silent_about_wallets(filled.house) as url:
        assert verify(url) == (3, "UNDECIDED")


def test_a_store_is_not_rebuilt_without_the_evidence_of_a_wallet(filled: FilledHouse, tmp_path: Path) -> None:
    """It must not be refused, and hence left out, because the node went away."""
    url, files = f"sqlite:///{tmp_path / 'new.sqlite'}", [("mine.json", filled.evidence)]
    store = Store.open(url, filled.house.chain.origin)
    with silent_about_wallets(filled.house) as node:
        chain = connected(filled.house, node)
        with pytest.raises(Unavailable, match="declaration"):
            rebuild(store, chain, Follower(chain, store), files, filled.trust, now())
    done = rebuild(store, filled.house.chain, Follower(filled.house.chain, store), files, filled.trust, now())
    store.close()
    assert (done.restored, done.refused) == (1, ())


def test_an_audit_finds_no_difference_where_a_wallet_cannot_be_asked(filled: FilledHouse) -> None:
    assert audit(filled.house.chain, Scope()).report.good
    with silent_about_wallets(filled.house) as url:
        audited = audit(connected(filled.house, url), Scope())
    found = {name: finding.status for name, finding in by_name(audited).items()}
    assert found["replay"] is Status.ERROR
    assert Status.INVALID not in found.values()


@pytest.mark.parametrize("bulk", [False, True])
def test_a_declaration_by_a_wallet_is_to_be_sent_again(filled: FilledHouse, tmp_path: Path, bulk: bool) -> None:
    origin = filled.house.chain.origin
    declaration, signature = filled.signed(secrets.token_bytes(32))
    body = json.dumps({"declaration": declaration.to_json(), "signature": hex_text(signature)})

    def answer(url: str, folder: Path) -> tuple[int, str]:
        settings = Settings(
            rpc_url=url, origin=str(origin), state_dir=folder,
            keystore_dir=filled.house.folder / "keys", passphrase_file=filled.house.passphrase_file,
            anchor_max_age_seconds=86_400,
        )  # fmt: skip
        folder.mkdir()
        with TestClient(create_app(open_services(settings))) as client:
            place, kind = ("/bulk", "application/x-ndjson") if bulk else ("", "application/json")
            said = client.post(f"/v1/declarations{place}", content=body, headers={"Content-Type": kind})
            found = json.loads(said.content)
            return (found["status"], found.get("type", "")) if bulk else (said.status_code, found.get("type", ""))

    with silent_about_wallets(filled.house) as url:
        assert answer(url, tmp_path / "away") == (503, "urn:trade-ledger:Unavailable")
    assert answer(filled.house.devchain.url, tmp_path / "there") == (202, "")


def test_a_relay_does_not_refuse_what_it_cannot_ask_about(filled: FilledHouse) -> None:
    house = filled.house

    def rule(method: str, params: list[Any]) -> Reply | None:
        return Reply(dead=True) if method in {"eth_call", "eth_estimateGas"} else None

    attestation, officer = houses.attestation(house, [secrets.token_bytes(32)])
    with faulty_node(house.devchain.url) as faulty:
        chain = connected(house, faulty.url)
        faulty.rule = rule
        relay = Relay(chain, house.store, Follower(chain, house.store), house.key("relayer"))
        with pytest.raises(Unavailable):
            relay_attestation(relay, attestation, officer.address, officer.sign(attestation.id(chain.origin)))
    assert attestation.id(house.chain.origin) not in house.follower.refresh().attestations


def test_an_import_says_what_only_the_chain_could_say(
    filled: FilledHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No chain is asked: wallets are counted where they are accepted. A full disk is no difference either."""
    with filled.house.follower.fresh_history() as history:
        export_ledger(tmp_path / "export", filled.house.store, history, PublicKeys(filled.trust))

    def into(name: str, accept_wallets: bool) -> int:
        url = f"sqlite:///{tmp_path / name}"
        return import_ledger(tmp_path / "export", url, now(), filled.trust, accept_wallets=accept_wallets).wallets

    with pytest.raises(HistoryBroken, match="only its chain can tell"):
        into("no.sqlite", accept_wallets=False)
    assert into("yes.sqlite", accept_wallets=True) == 2

    def full(*_: object) -> None:
        raise Unavailable("the disk is full", source=Source.DISK)

    monkeypatch.setattr(DiskMemory, "keep", full)
    with pytest.raises(Unavailable, match="disk is full"):
        into("full.sqlite", accept_wallets=True)
