"""The pages of the index over HTTP: who has not the store of a log names the subject in which its index is forged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from api.services import open_services
from ledger.app import App
from ledger.core.checkpoints.note import SignedNote
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.witness_requests import AddCheckpoint
from ledger.core.encoding.ids import AttestationId
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import EntryKind
from ledger.core.history.subjects import attestation_subject, describe
from ledger.core.statements.signature import Algorithm
from ledger.core.tree.index_page import page_from_bytes, root_of_page
from ledger.core.verification.verdict import Status
from ledger.edges.mirror_folder import MirrorFolder
from ledger.edges.published_log import PublishedLog
from ledger.edges.store import Store
from ledger.edges.web import Web
from ledger.errors import HistoryBroken, Source
from ledger.journeys.audit.audit import Scope, audit
from ledger.journeys.checkpoint import note_key
from ledger.journeys.follow import Follower
from ledger.journeys.mirror import Mirror
from ledger.journeys.witness import NotCosigned, Witness, WitnessRefusal
from ledger.settings import Settings
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.journeys.auditing import by_name, hiding, trust_of
from tests.witnesses import key_of, serving


@dataclass
class Forged:
    """A log that left a revocation out of the index that it signed, as it is served."""

    house: LocalLedger
    attestation: AttestationId
    note: SignedNote
    settings: Settings
    url: str

    @property
    def numbers(self) -> tuple[int, int]:
        """The numbers of the attestation and of its revocation."""
        made, end = (
            next(item.entry.number for item in self.house.chain.entries(0) if item.entry.kind is kind)
            for kind in (EntryKind.ATTESTED, EntryKind.REVOKED)
        )
        return made, end

    @property
    def words(self) -> str:
        return f"the first subject that differs is {describe(attestation_subject(self.attestation))}"

    @property
    def sides(self) -> tuple[str, str]:
        """Both roots, with both lists."""
        made, end = self.numbers
        true = self.house.follower.index.root(self.house.follower.refresh(), self.note.checkpoint.size)
        return (
            f"{hex_text(true)} with entries {made}, {end}",
            f"{hex_text(self.note.checkpoint.index)} with entry {made}",
        )


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forged]:
    folder = tmp_path_factory.mktemp("forged")
    with houses.house(folder) as house, pytest.MonkeyPatch.context() as patch:
        house.key("log", Algorithm.ED25519)
        (declaration,) = houses.anchored(house)
        id_ = houses.attest(house, [declaration.id(house.chain.origin)])
        houses.revoke(house, id_)
        url = f"sqlite:///{folder / 'forged.sqlite'}"
        store = hiding(house, url, patch, EntryKind.REVOKED)
        note = store.checkpoints.newest()
        assert note is not None
        store.close()
        settings = Settings(
            rpc_url=house.devchain.url, origin=str(house.chain.origin), state_dir=folder, store_url=url,
            passphrase_file=house.passphrase_file, log_key="log", anchor_max_age_seconds=0, poll_interval_seconds=0.1,
        )  # fmt: skip
        with serving(create_app(open_services(settings))) as address:
            yield Forged(house, id_, note, settings, f"{address}/v1/log")


def test_a_page_is_served_as_it_was_signed(forged: Forged) -> None:
    with TestClient(create_app(open_services(forged.settings)), raise_server_exceptions=False) as client:
        size = forged.note.checkpoint.size
        answer = client.get(f"/v1/log/index/{size}/root")
        assert root_of_page(page_from_bytes(answer.content)) == forged.note.checkpoint.index
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"] == "application/octet-stream"
        other_sizes = [f"{other}/root" for other in (0, f"0{size}", size - 1, size + 1, 10**20)]
        other_names = [f"{size}/{name}" for name in ("x", "ROOT", "..%2froot", "0000", "0" * 65)]
        for path in other_sizes + other_names:
            answer = client.get(f"/v1/log/index/{path}")
            assert (path, answer.status_code) == (path, 404)
            assert answer.headers["content-type"] == "application/problem+json"


def test_pages_of_an_index_that_no_checkpoint_names_are_not_served(forged: Forged, tmp_path: Path) -> None:
    """The store keeps an index of a size that nobody signed, and the true one where a forged one was signed."""
    folder = tmp_path / "log"
    folder.mkdir()
    url = f"sqlite:///{folder / 'ledger.sqlite'}"
    origin = forged.house.chain.origin
    store = Store.open(url, origin)
    follower = Follower(forged.house.chain, store)
    history = follower.refresh()
    follower.index.root(history, history.size - 1)
    follower.index.root(history, history.size)
    store.checkpoints.save(forged.note, 1_790_000_000)
    store.close()
    settings = forged.settings.model_copy(update={"store_url": None, "state_dir": folder, "log_key": None})
    with TestClient(create_app(open_services(settings)), raise_server_exceptions=False) as client:
        for size in (history.size - 1, history.size):
            assert client.get(f"/v1/log/index/{size}/root").status_code == 404
        assert client.get(f"/v1/log/checkpoints/{history.size}").text == str(forged.note)
        assert client.get("/v1/log/checkpoint").status_code == 404, "no evidence could be proven under it"


def test_an_audit_without_the_store_names_the_subject(forged: Forged) -> None:
    scope = Scope(trust=trust_of(forged.house), log=PublishedLog.at(forged.url))
    finding = by_name(audit(forged.house.chain, scope))[f"checkpoint of {forged.url.removesuffix('/v1/log')}"]
    assert finding.status is Status.INVALID
    assert forged.words in finding.words
    assert (finding.expected, finding.found) == forged.sides
    assert finding.number == forged.numbers[1]


def test_an_audit_of_a_log_that_is_away(forged: Forged) -> None:
    report = audit(forged.house.chain, Scope(log=PublishedLog.at("http://127.0.0.1:1", 1))).report
    (finding,) = [item for item in report.findings if item.name == "log http://127.0.0.1:1"]
    assert (finding.status, report.good) == (Status.ERROR, False)


def test_a_mirror_names_the_subject(forged: Forged, tmp_path: Path) -> None:
    with pytest.raises(HistoryBroken) as caught:
        Mirror(Web(forged.url, 10, Source.LOG), MirrorFolder(tmp_path / "copy"), trust_of(forged.house)).run()
    assert forged.words in caught.value.what
    assert (caught.value.expected, caught.value.found) == forged.sides
    assert caught.value.number == forged.numbers[1]


class Counted(PublishedLog):
    """Counts how often somebody begins to read the log's pages."""

    times = 0

    def pages(self, patience: float = 30.0) -> object:  # type: ignore[override]
        self.times += 1
        return super().pages(patience)


def witness_of(forged: Forged, folder: Path, published: PublishedLog | None) -> tuple[Witness, Store]:
    origin = forged.house.chain.origin
    store = Store.open(f"sqlite:///{folder / 'witness.sqlite'}", origin)
    follower = Follower(forged.house.chain, store)
    trust = TrustRoot.of(origin, note_key(origin, forged.house.log_key))
    return Witness(trust, "w.example", key_of("w"), store, lambda: follower, 1 << 40, published), store


def refusal(witness: Witness, old: int, note: SignedNote, at: int) -> NotCosigned:
    with pytest.raises(NotCosigned) as refused:
        witness.add_checkpoint(AddCheckpoint(old, (), str(note)).to_bytes(), at)
    return refused.value


def test_a_witness_names_the_subject_and_reads_the_log_once(forged: Forged, tmp_path: Path) -> None:
    at = forged.house.chain.latest().time
    log = Counted(Web(forged.url, 10, Source.LOG))
    witness, store = witness_of(forged, tmp_path, log)
    for _ in range(3):
        refused = refusal(witness, 0, forged.note, at)
        assert refused.reason is WitnessRefusal.OTHER_INDEX
        assert forged.words in str(refused)
        assert all(side in str(refused) for side in forged.sides)
    assert log.times == 1
    store.close()


def test_a_witness_that_cosigned_the_true_index_names_the_subject_too(forged: Forged, tmp_path: Path) -> None:
    witness, store = witness_of(forged, tmp_path, PublishedLog.at(forged.url))
    at = forged.house.chain.latest().time
    refusal(witness, 0, forged.note, at)  # its index is made now
    checkpoint = forged.note.checkpoint
    true = forged.house.follower.index.root(forged.house.follower.refresh(), checkpoint.size)
    store.cosigned.record(0, type(checkpoint)(checkpoint.origin, checkpoint.size, checkpoint.root, true), at)
    refused = refusal(witness, checkpoint.size, forged.note, at)
    assert refused.reason is WitnessRefusal.TWO_ROOTS
    assert forged.words in str(refused)
    store.close()


def test_a_witness_by_its_settings(forged: Forged, tmp_path: Path) -> None:
    trust = tmp_path / "trust.json"
    trust.write_bytes(trust_of(forged.house).to_bytes())
    forged.house.key("witness", Algorithm.ED25519)
    settings = forged.settings.model_copy(
        update={
            "store_url": None, "state_dir": tmp_path, "trust_file": trust, "witness_name": "w.example",
            "log_url": forged.url, "witness_grace_seconds": 1 << 40,
        }
    )  # fmt: skip
    with App(settings) as app:
        assert forged.words in str(refusal(app.witness(), 0, forged.note, forged.house.chain.latest().time))


def test_a_witness_that_knows_no_address_of_the_log(forged: Forged, tmp_path: Path) -> None:
    witness, store = witness_of(forged, tmp_path, None)
    refused = refusal(witness, 0, forged.note, forged.house.chain.latest().time)
    assert "subject that differs" not in str(refused)
    assert hex_text(forged.note.checkpoint.index) in str(refused)
    store.close()
