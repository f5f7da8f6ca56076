"""Evidence of a running house while agencies attest, revoke and withdraw others: by API, CLI, export and import."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from api.services import open_services
from ledger.cli import main
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.reading import read_evidence
from ledger.core.history.entry import EntryKind
from ledger.core.statements.resolutions import AgencyEnrolment
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.withdrawal import Withdrawal
from ledger.edges.export.layout import evidence_path
from ledger.journeys.withdraw import relay_withdrawal
from ledger.settings import Settings
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.verifier.both import Asked, alone, by_itself, by_ledger

BATCHES, IN_A_BATCH = 5, 30
Ledger = Callable[..., Any]


class Busy(NamedTuple):
    """A house with declarations of ours, and what others write. ``ours`` never changes hands."""

    house: LocalLedger
    ours: list[bytes]
    moves: dict[str, Callable[[], object]]


class Held(NamedTuple):
    """A piece of evidence, and who made it."""

    door: str
    data: bytes

    @property
    def newest(self) -> EntryKind:
        return read_evidence(self.data).entries[-1].entry.kind


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    with houses.house(tmp_path_factory.mktemp("busy") / "house") as house:
        house.key("log", Algorithm.ED25519)
        ours = []
        for number in range(BATCHES):
            ids = [item.id(house.chain.origin) for item in houses.anchored(house, IN_A_BATCH)]
            ours += ids
            if number % 2 == 0:
                houses.attest(house, ids)
            houses.attest(house, ids[:1], houses.CUSTOMS)
        theirs = houses.anchored(house, 8)
        yield Busy(house, ours, _moves(house, theirs))


def _moves(house: LocalLedger, theirs: list[Any]) -> dict[str, Callable[[], object]]:
    ids = [item.id(house.chain.origin) for item in theirs]
    waiting, trader = list(theirs), house.key("trader")

    def withdraw() -> None:
        declaration = waiting.pop()
        withdrawal = Withdrawal(declaration.id(house.chain.origin), 5, bytes(32))
        relay_withdrawal(house.relay, declaration, withdrawal, trader.sign(withdrawal.id(house.chain.origin)))

    def enrol() -> None:
        code = f"X{house.follower.refresh().size}"
        houses.enact(house, AgencyEnrolment, code, "Another agency", "AU", "https://x.example")

    return {
        "attests": lambda: houses.attest(house, ids[:4]),
        "attests one": lambda: houses.attest(house, ids[:1], houses.CUSTOMS),
        "revokes": lambda: houses.revoke(house, houses.attest(house, ids[:5])),
        "revokes one": lambda: houses.revoke(house, houses.attest(house, ids[:5]), member=ids[0]),
        "posts": lambda: houses.post(house, houses.attest(house, ids[:1]), ids[0], bytes(32), b"\x07" * 32),
        "withdraws": withdraw,
        "anchors": lambda: houses.anchored(house, 2),
        "enrols": enrol,
    }


NEWEST = {
    EntryKind.ATTESTED, EntryKind.REVOKED, EntryKind.POSTED, EntryKind.WITHDRAWN, EntryKind.ANCHORED,
    EntryKind.AGENCY_ENROLLED,
}  # fmt: skip


@pytest.fixture
def ledger(busy: Busy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ledger:
    """``ledger WORDS --json``, over the house or over another folder."""
    for name, value in {
        "RPC_URL": busy.house.devchain.url,
        "ORIGIN": str(busy.house.chain.origin),
        "KEYSTORE_DIR": str(busy.house.folder / "keys"),
        "PASSPHRASE_FILE": str(busy.house.passphrase_file),
        "LOG_KEY": "log",
    }.items():
        monkeypatch.setenv(f"LEDGER_{name}", value)

    def run(*words: object, folder: Path = busy.house.folder) -> Any:
        monkeypatch.setenv("LEDGER_STATE_DIR", str(folder))
        monkeypatch.setattr(sys, "argv", ["ledger", *map(str, words), "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert not ended.value.code, (words, captured.out, captured.err)
        return json.loads(captured.out)

    return run


def by_api(busy: Busy) -> Iterator[Held]:
    """All of ours, some after each write; a look at the chain serves for a second, so the newest is waited for."""
    settings = Settings(
        rpc_url=busy.house.devchain.url,
        origin=str(busy.house.chain.origin),
        state_dir=busy.house.folder,
        passphrase_file=busy.house.passphrase_file,
        log_key="log",
    )
    waiting = list(busy.ours)
    portion = -(-len(waiting) // len(busy.moves))
    with TestClient(create_app(open_services(settings))) as client:

        def evidence(id_: bytes) -> bytes:
            row = busy.house.store.declarations.get(id_)
            digest = hex_text(row.declaration.digest)
            answer = client.get(f"/v1/declarations/{hex_text(id_)}/evidence?digest={digest}")
            assert answer.status_code == 200, answer.text
            return answer.content

        for write in busy.moves.values():
            write()
            size = busy.house.follower.refresh().size
            while read_evidence(evidence(busy.ours[0])).checkpoint.checkpoint.size < size:
                time.sleep(0.1)
            for _ in range(min(portion, len(waiting))):
                yield Held("api", evidence(waiting.pop()))


def by_command(busy: Busy, ledger: Ledger, folder: Path) -> Iterator[Held]:
    for number, write in enumerate(busy.moves.values()):
        write()
        file = folder / f"{number}.json"
        ledger("evidence", hex_text(busy.ours[7 * number]), "-o", file)
        yield Held("cli", file.read_bytes())


def by_export(busy: Busy, ledger: Ledger, folder: Path) -> Iterator[Held]:
    """Each of ours, from exports that were made right after an attestation and after a revocation of others."""
    for name in ("attests", "revokes one"):
        busy.moves[name]()
        ledger("export", folder / name)
        for id_ in busy.ours:
            yield Held("export", (folder / name / evidence_path(id_)).read_bytes())


def by_import(busy: Busy, ledger: Ledger, folder: Path) -> Iterator[Held]:
    """A successor's store: from an export and the chain, while others go on writing."""
    ledger("export", folder / "export")
    ledger("import", folder / "export", folder=folder / "successor")
    for number, name in enumerate(["attests", "withdraws"]):
        busy.moves[name]()
        file = folder / f"successor-{number}.json"
        ledger("evidence", hex_text(busy.ours[number]), "-o", file, folder=folder / "successor")
        yield Held("import", file.read_bytes())


def test_evidence_is_good_through_every_door(
    busy: Busy, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone, "recover_address", lru_cache(None)(alone.recover_address))  # 5 ms each
    monkeypatch.setattr(alone, "ed25519_fits", lru_cache(None)(alone.ed25519_fits))
    ledger("trust", "-o", tmp_path / "trust.json")
    trust, at = (tmp_path / "trust.json").read_bytes(), int(time.time()) + 3600
    newest: dict[str, set[EntryKind]] = {}
    for held in [
        *by_api(busy),
        *by_command(busy, ledger, tmp_path),
        *by_export(busy, ledger, tmp_path),
        *by_import(busy, ledger, tmp_path),
    ]:
        asked = Asked(held.data, None, trust, None, None, at)
        found = by_ledger(asked)
        assert (found[0], by_itself(asked)) == ("GOOD", found), (held.door, held.newest)
        newest.setdefault(held.door, set()).add(held.newest)
    assert newest["api"] == newest["cli"] == NEWEST
    assert newest["export"] == {EntryKind.ATTESTED, EntryKind.REVOKED}
    assert newest["import"] == {EntryKind.ATTESTED, EntryKind.WITHDRAWN}


def test_the_commands_agree_on_it(busy: Busy, ledger: Ledger, tmp_path: Path) -> None:
    """Attest another, make evidence, verify: offline, online, and when a store is rebuilt from the evidence."""
    ledger("trust", "-o", tmp_path / "trust.json")
    for name in ("attests", "attests one"):
        busy.moves[name]()
        ledger("evidence", hex_text(busy.ours[0]), "-o", tmp_path / "held.json")
        for more in ([], ["--online"]):
            verdict = ledger("verify", tmp_path / "held.json", "-t", tmp_path / "trust.json", *more)
            assert verdict["conclusion"] == "GOOD"
            assert {check["name"].split()[0] for check in verdict["checks"] if check["step"] > 10} >= {"NZ-MPI"}
    rebuilt = ledger("rebuild", tmp_path / "held.json", folder=tmp_path / "rebuilt")
    assert rebuilt["refused"] == []
