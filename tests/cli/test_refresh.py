"""``ledger evidence --refresh``: fresh evidence from the file alone, through a server's public API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from api.main import create_app
from api.services import open_services
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.reading import read_evidence
from ledger.core.evidence.renewal import Renewal
from tests import houses
from tests.cli.test_cli import INVOICE, Shell, shell
from tests.witnesses import Reply, answering, serving

__all__ = ["shell"]


class Holder:
    """One who holds evidence of a declared, attested document, with one field of it disclosed."""

    def __init__(self, shell: Shell, folder: Path) -> None:
        self.shell, self.file, self.trust = shell, folder / "invoice.evidence.json", folder / "trust.json"
        document = folder / "invoice.xml"
        document.write_bytes(INVOICE)
        done = shell.json("declare", str(document), "--type", "380", "--key", "trader", "-o", str(folder / "out"))
        self.id = done["declarations"][0]["id"]
        words = ("--agency", "NZ-MPI", "--kind", "851", "--key", "plant-officer")
        self.attestation = shell.json("attest", self.id, *words)["id"]
        wrapped = str(folder / "out" / "invoice.xml.wrapped")
        shell.json("evidence", self.id, "-o", str(self.file), "--document", wrapped, "--disclose", "//ID")
        shell.json("trust", "-o", str(self.trust))

    @property
    def held(self) -> Evidence:
        return read_evidence(self.file.read_bytes())

    def refresh(self, url: str, *words: str) -> tuple[int, str]:
        """Exit code and what is said, one line. With a failure, the file and its folder must be as they were."""
        before, around = self.file.read_bytes(), sorted(self.file.parent.iterdir())
        code, printed, errors = self.shell("evidence", "--refresh", str(self.file), url, *words)
        if code:
            assert self.file.read_bytes() == before
        assert sorted(self.file.parent.iterdir()) == around
        return code, " ".join((printed + errors).split())

    def verdict(self, code: int = 0) -> Any:
        return self.shell.json("verify", str(self.file), "--trust", str(self.trust), code=code)


@pytest.fixture
def holder(shell: Shell, tmp_path: Path) -> Holder:
    return Holder(shell, tmp_path)


@contextmanager
def server(holder: Holder, **settings: Any) -> Iterator[str]:
    """A server over the house's store, or another one, on a free port."""
    house = holder.shell.house
    given = house.settings.model_dump(exclude_unset=True) | {"origin": str(house.chain.origin)} | settings
    with serving(create_app(open_services(type(house.settings)(**given)))) as url:
        yield url


def test_it_is_the_same_declaration_under_a_newer_checkpoint(holder: Holder) -> None:
    old = holder.held
    houses.anchored(holder.shell.house)  # before the server looks at the chain first
    with server(holder) as url:
        assert holder.refresh(url, "--trust", str(holder.trust))[0] == 0
    new = holder.held
    assert (new.origin, new.declaration, new.signature) == (old.origin, old.declaration, old.signature)
    assert new.checkpoint.checkpoint.size > old.checkpoint.checkpoint.size
    assert new.document == old.document
    assert old.document is not None, "what was disclosed stays disclosed"
    assert holder.verdict()["conclusion"] == "GOOD"


def test_it_brings_what_happened_since(holder: Holder) -> None:
    assert holder.verdict()["conclusion"] == "GOOD"
    holder.shell.json("revoke", holder.attestation, "--key", "plant-officer")
    assert holder.verdict()["conclusion"] == "GOOD", "the old file does not know"
    with server(holder) as url:
        assert holder.refresh(url)[0] == 0
    codes = {check["code"] for check in holder.verdict(code=1)["checks"]}
    assert "in_force.revoked" in codes


def test_a_server_that_never_had_the_declaration(holder: Holder, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Its store is empty but for the chain: the file has what it takes."""
    url = f"sqlite:///{tmp_path_factory.mktemp('elsewhere') / 'ledger.sqlite'}"
    with server(holder, store_url=url) as address:
        assert holder.refresh(address, "--trust", str(holder.trust))[0] == 0
    assert holder.verdict()["conclusion"] == "GOOD"
    assert [word["agency"] for word in holder.verdict()["attested_by"]] == ["NZ-MPI"]


def test_into_another_file(holder: Holder, tmp_path: Path) -> None:
    before = holder.file.read_bytes()
    with server(holder) as url:
        shell = holder.shell.json("evidence", "--refresh", str(holder.file), url, "-o", str(tmp_path / "fresh.json"))
    assert holder.file.read_bytes() == before
    assert shell["checkpoint_size_before"] == holder.held.checkpoint.checkpoint.size
    assert read_evidence((tmp_path / "fresh.json").read_bytes()).id == holder.held.id


def test_nothing_of_the_document_is_sent(holder: Holder) -> None:
    sent: list[bytes] = []

    def listen(body: bytes) -> Reply:
        sent.append(body)
        return 503, {}, b"{}"

    with answering(listen) as url:
        assert holder.refresh(url)[0] == 3
    assert json.loads(sent[0]).keys() == {"declaration", "inclusions", "origin", "signature"}
    assert b"42" in holder.file.read_bytes()
    assert sent[0] == Renewal.of(holder.held).to_bytes()


Change = Callable[[Evidence], bytes]


def _older(evidence: Evidence) -> bytes:
    note = evidence.checkpoint
    smaller = replace(note.checkpoint, size=note.checkpoint.size - 1)
    return replace(evidence, checkpoint=replace(note, checkpoint=smaller)).to_bytes()


def _other_root(evidence: Evidence) -> bytes:
    note = evidence.checkpoint
    other = replace(note.checkpoint, root=b"\x01" * 32)  # type: ignore[arg-type]
    return replace(evidence, checkpoint=replace(note, checkpoint=other)).to_bytes()


def _other_index(evidence: Evidence) -> bytes:
    note = evidence.checkpoint
    other = replace(note.checkpoint, index=b"\x01" * 32)  # type: ignore[arg-type]
    return replace(evidence, checkpoint=replace(note, checkpoint=other)).to_bytes()


def _other_entry(evidence: Evidence) -> bytes:
    *others, last = evidence.entries
    later = replace(last, entry=replace(last.entry, time=last.entry.time + 1))
    return replace(evidence, entries=(*others, later)).to_bytes()


def _proof_that_does_not_hold(evidence: Evidence) -> bytes:
    first, *others = evidence.entries
    return replace(evidence, entries=(replace(first, proof=(bytes(32),)), *others)).to_bytes()


def _inclusion_lost(evidence: Evidence) -> bytes:
    inclusion = replace(evidence.inclusions[0], size=evidence.inclusions[0].size + 1)
    return replace(evidence, inclusions=(inclusion,)).to_bytes()


LIES: list[tuple[Change, str]] = [
    (lambda evidence: b"", "the answer is no evidence"),
    (lambda evidence: evidence.to_bytes()[:-1], "the answer is no evidence"),
    (lambda evidence: replace(evidence, origin=replace(evidence.origin, chain_id=1)).to_bytes(), "of another history"),
    (
        lambda evidence: replace(evidence, declaration=replace(evidence.declaration, document_type=851)).to_bytes(),
        "of another declaration",
    ),
    (lambda evidence: replace(evidence, signature=bytes(65)).to_bytes(), "of another declaration"),
    (_older, "the answer is older"),
    (_other_root, "two histories of"),
    (_other_index, "two indexes of the same"),
    (_other_entry, "two entries"),
    (_inclusion_lost, "the answer lacks the inclusion"),
    (_proof_that_does_not_hold, "the answer does not hold: entries"),
]


@pytest.mark.parametrize(("lie", "words"), LIES, ids=[words for _, words in LIES])
def test_a_server_that_lies_changes_no_file(holder: Holder, lie: Change, words: str) -> None:
    made = lie(replace(holder.held, document=None))
    with answering(lambda _: (200, {"Content-Type": "application/json"}, made)) as url:
        code, said = holder.refresh(url)
    assert code == 1
    assert words in said


def test_a_checkpoint_of_another_key(holder: Holder) -> None:
    """Only a trust root can tell; with one, the command does."""
    note = holder.held.checkpoint
    forged = replace(holder.held, checkpoint=replace(note, signatures=((*note.signatures[0][:2], bytes(64)),)))
    with answering(lambda _: (200, {}, replace(forged, document=None).to_bytes())) as url:
        assert "does not hold: checkpoint" in holder.refresh(url, "--trust", str(holder.trust))[1]
        assert holder.refresh(url)[0] == 0


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ((503, {}, b'{"detail": "the store is away"}'), "HTTP 503: the store is away"),
        ((404, {}, b"<html>"), "HTTP 404"),
        ((200, {"Content-Length": "100"}, b"{}"), "cannot be reached"),
    ],
)
def test_a_server_that_gives_nothing(holder: Holder, reply: Reply, words: str) -> None:
    with answering(lambda _: reply) as url:
        code, said = holder.refresh(url)
    assert (code, words in said) == (3, True), said
    assert holder.refresh("http://127.0.0.1:1")[0] == 3


def test_a_disk_that_fails(holder: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with server(holder) as url:
        monkeypatch.setattr(Path, "replace", fail)
        code, said = holder.refresh(url)
    assert (code, "No space left" in said) == (3, True), said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--refresh", "FILE", "http://127.0.0.1:1", "--disclose-all"), "does not go with --document"),
        (("0x" + "00" * 32, "--trust", "FILE", "-o", "x"), "goes with a server's API"),
        (("0x" + "00" * 32,), "--output: is missing"),
        (("--refresh", "NONE", "http://127.0.0.1:1"), "cannot be read"),
        (("--refresh", "TRUST", "http://127.0.0.1:1"), "cannot be read as evidence"),
    ],
)
def test_what_is_asked_wrongly(holder: Holder, words: tuple[str, ...], said: str) -> None:
    names = {"FILE": str(holder.file), "NONE": str(holder.file) + ".none", "TRUST": str(holder.trust)}
    code, printed, errors = holder.shell("evidence", *(names.get(word, word) for word in words))
    assert (code, said in " ".join((printed + errors).split())) == (2, True), printed + errors


def test_the_api_says_what_is_wrong_with_a_request(holder: Holder) -> None:
    asked = json.loads(Renewal.of(holder.held).to_bytes())
    (inclusion,) = asked["inclusions"][:1]
    wrong = [
        (asked | {"inclusions": []}, 422),
        (asked | {"inclusions": [inclusion | {"index": 1, "size": 2}]}, 422),
        (asked | {"inclusions": [inclusion] * 65}, 422),
        (asked | {"origin": asked["origin"].replace(":31337:", ":1:")}, 422),
        (asked | {"more": 1}, 422),
        (asked | {"signature": "0x" + bytes(65).hex()}, 403),
        (asked | {"declaration": asked["declaration"] | {"document_type": 851}}, 403),
    ]
    with server(holder) as url:
        for body, status in wrong:
            answer = requests.post(f"{url}/v1/evidence", json=body, timeout=10)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), body
        assert requests.post(f"{url}/v1/evidence", json=asked, timeout=10).status_code == 200
