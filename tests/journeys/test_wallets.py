"""Wallet contracts as attesters, on a real chain: what they did in the past is not judged by what they are today.

Three wallets attest: one changes its owner, one is made, used and destroyed in one transaction (EIP-6780), one is an
account's delegation that is taken back (EIP-7702). Strangers try the same as parties, and the contract refuses.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from api.services import open_services
from ledger.cli import main
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Endorsement
from ledger.core.statements.resolutions import AttesterAuthorisation, CouncilChange
from ledger.core.statements.signature import Algorithm
from ledger.core.verification.verdict import Conclusion, Status, Verdict
from ledger.edges.chain import calls
from ledger.edges.chain.contract import Chain
from ledger.edges.replay_memory import DiskMemory
from ledger.edges.store import Store
from ledger.errors import Source, Unavailable
from ledger.journeys.attest import relay_attestation
from ledger.journeys.audit.audit import Scope, audit
from ledger.journeys.checkpoint import note_key
from ledger.journeys.evidence import evidence_of
from ledger.journeys.export import PublicKeys, export_ledger
from ledger.journeys.follow import Follower
from ledger.journeys.import_ import import_ledger
from ledger.journeys.rebuild import rebuild
from ledger.journeys.relay import Relay
from ledger.journeys.verify import VerificationRequest, verify_offline, verify_online
from ledger.settings import Settings
from ledger.testing.local_ledger import LIMITS, LocalLedger
from ledger.testing.world import Key
from tests import houses
from tests.edges.authorities import rpc, wallet_code
from tests.edges.faulty_node import Reply, faulty_node
from tests.edges.short_lived import ShortLivedWallet, delegate
from tests.journeys.auditing import by_name
from tests.witnesses import witness_of

SOLD, SOLD_TO = b"\x66" * 20, b"\x67" * 20
WALLET = b"\x77" * 20
OWNER = Key("owner of wallets")
DELEGATED = Key("an account that was delegated")
SHORT_LIVED = ShortLivedWallet(OWNER.signer)
POLICY = {
    "ledger": "trade-ledger/policy/2",
    "allow_skipped": True,
    "clock_tolerance": 15,
    "max_age": None,
    "max_hidden": None,
    "refuse": [],
    "show": [],
    "require": [{"kind": 851, "jurisdictions": ["NZ"], "outcomes": []}],
    "witnesses": None,
}
KINDS = ("sold", "short-lived", "delegated")


def now() -> int:
    return int(time.time())


@dataclass
class Attested:
    """A house with a declaration for each kind of wallet, attested by it; ids, evidence and entry numbers by kind."""

    house: LocalLedger
    ids: dict[str, bytes] = field(default_factory=dict)
    evidence: dict[str, bytes] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def trust(self) -> TrustRoot:
        origin = self.house.chain.origin
        return TrustRoot.of(origin, note_key(origin, self.house.log_key))

    def asked(self, kind: str) -> VerificationRequest:
        return VerificationRequest.read(self.evidence[kind], None, self.trust.to_bytes(), json.dumps(POLICY).encode())


def set_code(house: LocalLedger, address: bytes, code: bytes) -> None:
    rpc(house.devchain.url, "anvil_setCode", hex_text(address), hex_text(code))


@pytest.fixture(scope="module")
def attested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attested]:
    with houses.house(tmp_path_factory.mktemp("wallets") / "house") as house:
        house.key("log", Algorithm.ED25519)
        made, chain, origin = Attested(house), house.chain, house.chain.origin
        signers = {"sold": SOLD, "short-lived": SHORT_LIVED.address, "delegated": DELEGATED.signer}
        set_code(house, SOLD, wallet_code(OWNER.signer))
        set_code(house, WALLET, wallet_code(OWNER.signer))
        for kind, signer in signers.items():
            houses.enact(house, AttesterAuthorisation, signer, houses.MPI)
            (declared,) = houses.anchored(house)
            made.ids[kind] = declared.id(origin)
            attestation, _ = houses.attestation(house, [made.ids[kind]])
            signature = OWNER.sign(attestation.id(origin))
            made.numbers[kind] = chain.head()[0]
            if kind == "short-lived":
                done = SHORT_LIVED.transact(
                    house.devchain, origin.contract, calls.attest(attestation, signer, signature)
                )
                assert done == attestation.id(origin)
                continue
            if kind == "delegated":
                delegate(house.devchain, DELEGATED, WALLET)
            relay_attestation(house.relay, attestation, signer, signature)
        set_code(house, SOLD, wallet_code(SOLD_TO))
        delegate(house.devchain, DELEGATED, bytes(20))
        for kind, id_ in made.ids.items():
            made.evidence[kind] = evidence_of(id_, house.store, house.follower, house.log_key, now()).to_bytes()
        yield made


@contextmanager
def silent_about_wallets(house: LocalLedger) -> Iterator[str]:
    """The address of a node that answers everything but what is asked of any wallet: then the line goes dead."""
    wallets = {hex_text(one) for one in (SOLD, WALLET, SHORT_LIVED.address, DELEGATED.signer)}

    def rule(method: str, params: list[Any]) -> Reply | None:
        asked = params[0] if params else None
        to = asked.get("to") if isinstance(asked, dict) else asked
        is_about_a_wallet = isinstance(to, str) and to.lower() in wallets
        return Reply(dead=True) if method in {"eth_getCode", "eth_call"} and is_about_a_wallet else None

    with faulty_node(house.devchain.url) as faulty:
        faulty.rule = rule
        yield faulty.url


def connected(house: LocalLedger, url: str) -> Chain:
    return Chain.connect(url, house.chain.origin, LIMITS)


def found(verdict: Verdict) -> dict[str, tuple[str, Status]]:
    return {check.name: (check.code, check.status) for check in verdict.checks}


# -------------------------------------------------------------------------------- every place that looks at the past


def test_the_wallets_are_not_what_they_were(attested: Attested) -> None:
    url = attested.house.devchain.url
    for address in (SHORT_LIVED.address, DELEGATED.signer):
        assert rpc(url, "eth_getCode", hex_text(address), "latest") == "0x"


def test_an_audit_is_good_and_says_which_signatures_the_contract_judged(attested: Attested) -> None:
    with silent_about_wallets(attested.house) as url:
        audited = audit(connected(attested.house, url), Scope(store=attested.house.store, trust=attested.trust))
    assert audited.report.good, audited.report.findings
    finding = by_name(audited)["wallets"]
    assert finding.status is Status.SKIPPED
    named = ", ".join(str(attested.numbers[kind]) for kind in KINDS)
    assert f"3 signatures by wallet contracts or foreign verifiers, in entries {named}: the contract accepted" in (
        finding.words
    )
    assert "the wallets cannot be asked about the past" in finding.words
    assert {item.status for item in audited.report.findings if item.name != "wallets"} == {Status.VALID}
    with_keys = by_name(audited)["replay"].words
    assert f"and {audited.report.signatures} signatures were checked" in with_keys
    counted = sum(count for kind, count in audited.report.kinds.items() if kind.name != "ANCHORED")
    assert audited.report.signatures == counted - 1 - 3, "all but the first council's and the wallets'"


def test_where_the_code_is_another_nobody_says_that_the_contract_accepted(
    attested: Attested, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(*_: object) -> None:
        raise Unavailable("the node does not give the code", source=Source.CHAIN)

    monkeypatch.setattr(Chain, "check_code", other)
    words = by_name(audit(attested.house.chain, Scope()))["wallets"].words
    assert "code and head do not both match, so nothing says whether the contract accepted them" in words


@pytest.mark.parametrize("kind", KINDS)
def test_online_the_contract_accepted_it_then(attested: Attested, kind: str) -> None:
    with silent_about_wallets(attested.house) as url:
        chain = connected(attested.house, url)
        verdict = verify_online(attested.asked(kind), now(), lambda: Follower(chain, attested.house.store))
    assert verdict.conclusion is Conclusion.GOOD, verdict
    assert found(verdict)["NZ-MPI 851 signature"] == ("signature.contract_accepted", Status.SKIPPED)
    assert found(verdict)["NZ-MPI 851 authority"] == ("authority.replayed", Status.VALID)
    assert found(verdict)["policy"] == ("policy.met", Status.VALID)


@pytest.mark.parametrize("kind", KINDS)
def test_offline_nobody_can_say(attested: Attested, kind: str, tmp_path: Path) -> None:
    verdict = verify_offline(attested.asked(kind), now())
    assert verdict.conclusion is Conclusion.UNDECIDED
    wrong = {
        name: code for name, (code, status) in found(verdict).items() if status not in (Status.VALID, Status.SKIPPED)
    }
    assert wrong == {"NZ-MPI 851 signature": "signature.only_contract", "policy": "policy.undecided"}
    files = {"e": attested.evidence[kind], "t": attested.trust.to_bytes(), "p": json.dumps(POLICY).encode()}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    words = ["verifier/verify.py", f"{tmp_path}/e", "--trust", f"{tmp_path}/t", "--policy", f"{tmp_path}/p", "--json"]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    alone = {check["name"]: check["code"] for check in json.loads(done.stdout)["checks"]}
    assert (done.returncode, alone) == (3, {name: code for name, (code, _) in found(verdict).items()})


def test_commands(
    attested: Attested, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "e.json").write_bytes(attested.evidence["short-lived"])
    monkeypatch.setenv("LEDGER_ORIGIN", str(attested.house.chain.origin))
    monkeypatch.setenv("LEDGER_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("LEDGER_RPC_URL", attested.house.devchain.url)

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        monkeypatch.setattr(sys, "argv", ["ledger", *words, "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), json.loads(capsys.readouterr().out)

    code, verdict = run("verify", str(tmp_path / "e.json"), "--online")
    assert (code, verdict["conclusion"]) == (0, "GOOD")
    code, report = run("audit")
    assert (code, report["good"], report["first_difference"]) == (0, True, None)
    assert [item["status"] for item in report["findings"] if item["name"] == "wallets"] == ["SKIPPED"]


def test_over_http(attested: Attested, tmp_path: Path) -> None:
    house = attested.house
    origin = house.chain.origin
    settings = Settings(
        rpc_url=house.devchain.url, origin=str(origin), state_dir=tmp_path,
        keystore_dir=house.folder / "keys", passphrase_file=house.passphrase_file,
    )  # fmt: skip
    with TestClient(create_app(open_services(settings))) as client:
        for kind in KINDS:
            asked = {"evidence": json.loads(attested.evidence[kind]), "policy": POLICY}
            answer = client.post("/v1/verifications", json=asked).json()
            assert answer["conclusion"] == "GOOD", answer
            assert "signature.contract_accepted" in {check["code"] for check in answer["checks"]}
            answer = client.post("/v1/verifications", json=asked | {"online": False}).json()
            assert answer["conclusion"] == "UNDECIDED", answer


def test_a_store_is_rebuilt_and_a_witness_cosigns(attested: Attested, tmp_path: Path) -> None:
    house, files = attested.house, [(f"{kind}.json", attested.evidence[kind]) for kind in KINDS]
    with silent_about_wallets(house) as node:
        chain = connected(house, node)
        store = Store.open(f"sqlite:///{tmp_path / 'new.sqlite'}", chain.origin)
        done = rebuild(store, Follower(chain, store), files, attested.trust, now())
        store.close()
        assert (done.restored, done.refused) == (3, ())
        witness = witness_of("kiwi.example", attested.trust, tmp_path / "witness", chain)
        note = VerificationRequest.read(attested.evidence["delegated"]).evidence.checkpoint
        cosigned = witness.add_checkpoint(f"old 0\n\n{note}".encode(), now())
        assert cosigned.checkpoint == note.checkpoint


def test_an_import_asks_no_chain_and_says_so(
    attested: Attested, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with attested.house.follower.fresh_history() as history:
        export_ledger(tmp_path / "export", attested.house.store, history, PublicKeys(attested.trust))

    def into(name: str, accept_wallets: bool) -> int:
        url = f"sqlite:///{tmp_path / name}"
        return import_ledger(tmp_path / "export", url, now(), attested.trust, accept_wallets=accept_wallets).wallets

    first = f"entry {attested.numbers['sold']}: not signed by the key of {hex_text(SOLD)}"
    with pytest.raises(Unavailable, match=f"^{first}.*An import asks no chain: --accept-wallets"):
        into("no.sqlite", accept_wallets=False)
    assert not (tmp_path / "no.sqlite").exists()
    assert into("yes.sqlite", accept_wallets=True) == 3

    def full(*_: object) -> None:
        raise Unavailable("the disk is full", source=Source.DISK)

    monkeypatch.setattr(DiskMemory, "keep", full)
    with pytest.raises(Unavailable, match="disk is full"):
        into("full.sqlite", accept_wallets=True)


def test_a_relay_does_not_refuse_what_it_cannot_ask_about(attested: Attested) -> None:
    house = attested.house

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


def test_a_wallet_of_one_transaction_in_the_council(attested: Attested, tmp_path: Path) -> None:
    """The council's own: an audit afterwards is good, and a verdict says what the contract judged."""
    with houses.house(tmp_path / "house") as house:
        house.key("log", Algorithm.ED25519)
        member = ShortLivedWallet(Key("a member").signer)
        houses.enact(house, CouncilChange, (member.address,), 1)
        origin = house.chain.origin
        number = house.follower.refresh().agencies.resolutions + 1
        resolution = AttesterAuthorisation(Key("officer").signer, houses.MPI, number)
        signature = Key("a member").sign(resolution.id(origin))
        call = calls.enact(resolution, [Endorsement(member.address, signature)])
        member.transact(house.devchain, origin.contract, call)
        (declared,) = houses.anchored(house)
        id_ = declared.id(origin)
        houses.attest(house, [id_])
        report = audit(house.chain, Scope(store=house.store)).report
        assert report.good, report.findings
        made = evidence_of(id_, house.store, house.follower, house.log_key, now()).to_bytes()
        asked = VerificationRequest.read(made, None, TrustRoot.of(origin, note_key(origin, house.log_key)).to_bytes())
        online, offline = verify_online(asked, now(), lambda: house.follower), verify_offline(asked, now())
        assert (online.conclusion, offline.conclusion) == (Conclusion.GOOD, Conclusion.GOOD)
