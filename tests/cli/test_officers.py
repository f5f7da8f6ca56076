"""An officer with many: the inbox, sets from lists and filters, revocations; by a real server and by an own store."""

from __future__ import annotations

import io
import json
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.withdrawal import Withdrawal
from ledger.journeys.checkpoint import note_key
from ledger.journeys.withdraw import relay_withdrawal
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.cli.traders import Trader, wire
from tests.faults.node import until
from tests.faults.site import Site, free_port, site
from tests.houses import CUSTOMS, MPI

UNKNOWN = "0x" + "ab" * 32
MANY = 500


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """A site, and the address under which its one server is reached."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with wire(port) as made, site(tmp_path_factory.mktemp("site"), SITE=url) as running:
        made.leads_to(running.servers[0].port)
        yield running, url


@dataclass
class Desk:
    """An officer's machine, and the house whose server he asks, or over whose store he works himself."""

    officer: Trader
    house: LocalLedger
    service: tuple[str, ...]
    code: str = MPI
    kind: str = "851"

    def declared(self, count: int, document_type: int = 380) -> list[str]:
        """Declarations in one anchored batch, in its order."""
        made = [houses.declaration(self.house, document_type=document_type)[0] for _ in range(count)]
        trader, origin = self.house.key("trader"), self.house.chain.origin
        signed = [(one, trader.sign(one.id(origin))) for one in made]
        self.house.store.declarations.add(signed, origin, int(time.time()))
        self.house.anchorer.run(10_000, int(time.time()))
        return sorted(hex_text(one.id(origin)) for one in made)

    def run(self, *words: str) -> tuple[int, str, str]:
        return self.officer(*words, *self.service)

    def json(self, *words: str, code: int = 0) -> Any:
        return self.officer.json(*words, *self.service, code=code)

    def inbox(self, *words: str) -> list[str]:
        code, printed, errors = self.run("inbox", "--agency", self.code, "--ids", "--limit", "10000", *words)
        assert code == 0, errors
        return printed.split()

    def attest(self, *words: str) -> tuple[int, str, str]:
        return self.run("attest", *words, "--agency", self.code, "--kind", self.kind)

    def attested(self, *words: str) -> Any:
        return self.json("attest", *words, "--agency", self.code, "--kind", self.kind)


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the officer's session is kept: an address may sign in ten times a minute."""
    return tmp_path_factory.mktemp("sessions")


@pytest.fixture(params=["server", "own"])
def desk(
    request: pytest.FixtureRequest,
    served: tuple[Site, str],
    sessions: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Desk]:
    running, url = served
    house = running.house
    officer = Trader(tmp_path / "officer", monkeypatch, capsys)
    officer.folder.joinpath("passphrase").write_text(house.passphrase_file.read_text())
    names = ["plant-officer", "customs-officer", *(["relayer", "anchor", "log"] if request.param == "own" else [])]
    for name in names:
        shutil.copy(house.folder / "keys" / f"{name}.json", officer.state / "keys")
    if request.param == "own":
        for name, value in house.environment(state_dir=officer.state, keystore_dir=officer.state / "keys").items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("LEDGER_STORE_URL", f"sqlite:///{house.folder / 'ledger.sqlite'}")
        yield Desk(officer, house, ("--key", "plant-officer"))
        return
    (officer.state / "servers").symlink_to(sessions)
    origin = house.chain.origin
    trust = TrustRoot.of(origin, note_key(origin, house.log_key))
    (officer.folder / "trust.json").write_bytes(trust.to_bytes())
    yield Desk(officer, house, ("--key", "plant-officer", "--api", url, "--trust", "trust.json"))


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """What stands on standard input, which is no terminal."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


# ------------------------------------------------------------------------------------------------------------ the inbox


def test_an_inbox_is_a_table_of_80_columns(desk: Desk) -> None:
    ids = desk.declared(2)
    houses.attest(desk.house, [bytes.fromhex(ids[1][2:])], CUSTOMS)
    code, printed, errors = desk.run("inbox", "--agency", MPI)
    assert code == 0, errors
    lines = printed.splitlines()
    assert all(len(line) <= 80 for line in lines), printed
    assert lines[1].split() == ["type", "age", "others", "said", "id"]
    (row,) = [line for line in lines if ids[1][:14] in line]
    assert "commercial invoice" in row
    assert "NZ-CUSTOMS: accepted" in row
    value = desk.json("inbox", "--agency", MPI)
    item = next(item for item in value["inbox"] if item["id"] == ids[1])
    assert item["said"][0]["kind_in_words"] == "customs clearance notice"
    assert (item["type_in_words"], item["state"], value["more"]) == ("commercial invoice", "final", False)


def test_filters_and_limits_of_an_inbox(desk: Desk) -> None:
    before = desk.inbox()
    ids = desk.declared(3, document_type=271)
    assert desk.inbox() == before + ids
    assert desk.inbox("--type", "packing list")[-3:] == ids
    assert desk.inbox("--type", "271", "--since", "2100-01-01T00:00:00Z") == []
    code, printed, errors = desk.run("inbox", "--agency", MPI, "--ids", "--limit", "2")
    assert (code, len(printed.split())) == (0, 2)
    assert "and more: these are the oldest 2" in errors
    code, printed, _ = desk.run("inbox", "--agency", MPI, "--type", "court judgment")
    assert (code, printed) == (0, "Nothing of this is in the inbox of NZ-MPI\n")
    code, _, errors = desk.run("inbox", "--agency", MPI, "--kind", "132")
    assert (code, "has no mandate for kind 132" in errors) == (1, True), errors
    code, _, errors = desk.run("inbox", "--agency", "NZ-NOBODY")
    assert code == 1, errors


def test_the_inbox_of_another_agency_is_not_shown_by_a_server(desk: Desk) -> None:
    code, _, errors = desk.run("inbox", "--agency", CUSTOMS)
    if "--api" in desk.service:
        assert (code, "the inbox of NZ-CUSTOMS is for its attesters" in errors) == (1, True), errors
    else:
        assert code == 0, "who has the store reads it"


# -------------------------------------------------------------------------------------------------------- attest many


def test_five_hundred_are_attested_with_one_signature(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = desk.declared(MANY)
    before = desk.house.follower.refresh().size
    assert until(lambda: ids[-1] in desk.inbox("--type", "invoice"), 20), (
        "the server reads the new entry a moment later"
    )
    assert desk.inbox("--type", "invoice")[-MANY:] == ids
    typed(monkeypatch, "\n".join(ids))
    done = desk.attested("-")
    assert (done["declarations"], len(done["attestations"])) == (MANY, 1)
    assert desk.house.follower.refresh().size == before + 1
    assert set(desk.inbox()).isdisjoint(ids)
    shown = desk.json("status", ids[7])
    assert [one["id"] for one in shown["attestations"]] == [done["id"]]


def test_a_set_from_lists_and_files(desk: Desk) -> None:
    ids = desk.declared(6)
    listed = desk.officer.file("today.csv", f"type;id\n380;{ids[0]}\n380;{ids[1]}\n".encode())
    done = desk.attested(ids[2], "--from", listed)
    members = [bytes.fromhex(id_[2:]) for id_ in (ids[2], ids[0], ids[1])]
    recorded = desk.house.follower.refresh().attestations[bytes.fromhex(done["id"][2:])].attested.attestation  # type: ignore[index]
    assert desk.house.store.sets.members(recorded.root, recorded.size) == members
    code, printed, errors = desk.run("evidence", ids[3], "-o", str(desk.officer.folder / "lists" / "e.json"))
    assert code == 0, (printed, errors)
    files = desk.officer.file("lists/files.txt", b"e.json\n" + ids[4].encode() + b"\n")
    assert desk.attested("--from", files)["declarations"] == 2
    assert desk.attested(ids[5][:12])["declarations"] == 1, "a short id of the inbox"
    assert set(desk.inbox()).isdisjoint(ids)


def test_what_may_not_be_attested_is_named_and_nothing_is_signed(desk: Desk) -> None:
    good, withdrawn, attested = desk.declared(3)
    houses.attest(desk.house, [bytes.fromhex(attested[2:])])
    row = desk.house.store.declarations.get(bytes.fromhex(withdrawn[2:]))  # type: ignore[arg-type]
    assert row is not None
    end = Withdrawal(row.id, 1, bytes(32))  # type: ignore[arg-type]
    relay_withdrawal(
        desk.house.relay, row.declaration, end, desk.house.key("trader").sign(end.id(desk.house.chain.origin))
    )
    before = desk.house.follower.refresh().size
    listed = desk.officer.file("ids.txt", "\n".join([good, withdrawn, "", UNKNOWN, attested]).encode())
    code, _, errors = desk.attest("--from", listed)
    assert code == 1
    for words in (
        "3 of 4 cannot be attested, so nothing was signed",
        f"ids.txt line 2: {withdrawn} was withdrawn by its party",
        f"ids.txt line 4: {UNKNOWN} is not declared here, or you may not read it",
        f'ids.txt line 5: {attested} is attested by NZ-MPI already, as "accepted"',
        "or give --again",
    ):
        assert words in errors, errors
    problem = desk.officer.json("attest", "--from", listed, "--agency", MPI, "--kind", "851", *desk.service, code=1)
    assert (problem["error"], problem["values"]["refused"]) == ("NotAttestable", 3)
    assert desk.house.follower.refresh().size == before
    assert desk.attested(attested, "--again")["declarations"] == 1
    done = desk.attested(good, attested, "--skip-attested")
    assert done["declarations"] == 1
    assert desk.attested(good, "--skip-attested")["attestations"] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{id}\n{id}\n", "is named twice: list line 1 and list line 2"),
        ("{id}\nhello\n", "list line 2: hello is no id (0x and 64 hex digits"),
        ("0xffffffffff\n", "list line 1: no declaration in the inbox of NZ-MPI begin with 0xffffffffff"),
        ("type;name\n380;x\n", "list: has no column id or declaration"),
        ("", "list: has no id: give one a line"),
    ],
)
def test_what_is_wrong_with_a_list_is_said(desk: Desk, text: str, words: str) -> None:
    (id_,) = desk.declared(1)
    desk.officer.file("list", text.format(id=id_).encode())
    code, _, errors = desk.attest("--from", "list")
    assert (code, words in errors) == (2, True), errors


def test_filters_choose_what_is_attested_and_it_is_said_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = desk.declared(3, document_type=705)
    typed(monkeypatch, "")
    code, _, errors = desk.attest("--where", "type=705")
    assert code == 2
    assert 'NZ-MPI attests 3 declarations as "phytosanitary certificate, accepted", with 1 attestation' in errors
    assert "3 × bill of lading" in errors
    assert "give --yes" in errors
    assert set(ids) <= set(desk.inbox())
    assert desk.attested("--where", "type=bill of lading", "--yes")["declarations"] == 3
    code, _, errors = desk.attest("--where", "type=705", "--yes")
    assert (code, "the inbox of NZ-MPI has nothing of this" in errors) == (2, True), errors
    for given, words in (
        (["--where", "colour=red"], "is all, or one of type=…, since=…, until=…"),
        (["--where", "type=380", "--where", "type=271"], "type is given twice"),
        (["--where", "all", ids[0]], "goes without ids and lists"),
        ([], "give ids, --from FILE, or --where FILTER"),
        (["-", "--from", "-"], "standard input: is named twice"),
    ):
        code, _, errors = desk.attest(*given)
        assert (code, words in errors) == (2, True), errors


def test_a_set_that_is_too_large_is_split_and_that_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = desk.declared(5)
    typed(monkeypatch, "")
    code, _, errors = desk.attest(*ids, "--set-size", "2")
    assert (code, "with 3 attestations (a set has 2 at most)" in errors) == (2, True), errors
    done = desk.attested(*ids, "--set-size", "2", "--yes")
    assert [one["declarations"] for one in done["attestations"]] == [2, 2, 1]
    assert set(desk.inbox()).isdisjoint(ids)


def test_holds_and_releases_of_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.code, desk.kind = CUSTOMS, "132"
    desk.service = ("--key", "customs-officer", *desk.service[2:])
    ids = desk.declared(3)
    typed(monkeypatch, "")
    held = ["--outcome", "goods detained"]
    code, _, errors = desk.attest(*ids, *held)
    assert code == 2
    assert "with 3 attestations (an adverse outcome is about one declaration each)" in errors
    done = desk.attested(*ids, *held, "--yes")
    assert [one["declarations"] for one in done["attestations"]] == [1, 1, 1]
    code, _, errors = desk.attest(*ids, "--outcome", "goods released")
    assert (code, 'is attested by NZ-CUSTOMS already, as "goods detained"' in errors) == (1, True), errors
    desk.officer.file("holds.json", json.dumps(done).encode())
    ended = desk.json("revoke", "--from", "holds.json", "--yes")
    assert len(ended["revocations"]) == 3
    assert set(desk.inbox("--kind", "132")) >= set(ids)
    assert desk.attested(*ids, "--outcome", "goods released")["says"] == "customs clearance notice, goods released"


# --------------------------------------------------------------------------------------------------------- revoke many


def test_revoking_one_of_a_set_says_that_the_others_stand(desk: Desk) -> None:
    ids = desk.declared(3)
    made = desk.attested(*ids)["id"]
    code, printed, errors = desk.run("revoke", made, "--member", ids[1])
    assert code == 0, errors
    assert f"2 of 3: {ids[0]}, {ids[2]}" in printed
    value = desk.json("revoke", made, "--member", ids[0])
    assert (value["stands_for"], value["stands"]) == ([ids[2]], f"1 of 3: {ids[2]}")
    for member, words in (
        (ids[0], f"is revoked already for {ids[0]}"),
        (UNKNOWN, f"is not about {UNKNOWN}: its set has 3, and that is none of them"),
    ):
        before = desk.house.follower.refresh().size
        code, _, errors = desk.run("revoke", made, "--member", member)
        assert (code, words in errors) == (1, True), errors
        assert desk.house.follower.refresh().size == before
    value = desk.json("revoke", made)
    assert value["stands"] == "nobody: it has ended for all"
    code, _, errors = desk.run("revoke", made, "--yes")
    assert (code, "is revoked already" in errors) == (1, True), errors
    assert set(ids) <= set(desk.inbox())


def test_revocations_from_a_list(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = desk.declared(4)
    together, alone = desk.attested(*ids[:3])["id"], desk.attested(ids[3])["id"]
    typed(monkeypatch, f"attestation,member\n{together},{ids[0]}\n{together},{ids[2]}\n{alone},\n")
    code, printed, errors = desk.run("revoke", "-", "--yes")
    assert code == 0, errors
    assert 'revokes 3 times, as "validity revoked": 1 whole attestation, 2 single members' in errors
    assert f"1 of 3: {ids[1]}" in printed
    assert set(desk.inbox()) & set(ids) == {ids[0], ids[2], ids[3]}
    typed(monkeypatch, f"{together} {ids[1]}\n{alone}\n{UNKNOWN}\n")
    code, _, errors = desk.run("revoke", "-", "--yes")
    assert code == 1
    assert "2 of 3 cannot be revoked, so nothing was signed" in errors
    assert f"standard input line 2: {alone} is revoked already" in errors
    assert f"standard input line 3: {UNKNOWN} is not in the history" in errors
    code, _, errors = desk.run("revoke", together, alone, "--member", ids[1])
    assert (code, "--member: goes with one attestation" in errors) == (2, True), errors
