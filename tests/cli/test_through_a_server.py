"""A trader without a chain: the same commands over a server's API, from an empty folder with a keystore."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.document import read_wrapped
from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.core.statements.signature import Algorithm
from ledger.journeys.checkpoint import note_key
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.cli.traders import Trader, Wire, wire
from tests.faults.site import Site, free_port, site
from tests.houses import MPI

INVOICE = b'<Invoice xmlns="urn:x"><ID>S3CR3T-42</ID><PayableAmount currencyID="EUR">100.00</PayableAmount></Invoice>'
AMENDED = INVOICE.replace(b"100.00", b"90.00")
ZEROS, ONES = "0x" + "00" * 32, "0x" + "11" * 32


@dataclass
class Served:
    """A site whose one server is reached over a wire."""

    site: Site
    wire: Wire
    url: str
    trust: TrustRoot

    @property
    def house(self) -> LocalLedger:
        return self.site.house


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with wire(port) as made, site(tmp_path_factory.mktemp("site"), SITE=url) as running:
        made.leads_to(running.servers[0].port)
        origin = running.house.chain.origin
        yield Served(running, made, url, TrustRoot.of(origin, note_key(origin, running.house.log_key)))


@pytest.fixture
def trader(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Trader:
    made = Trader(tmp_path / "trader", monkeypatch, capsys)
    (made.folder / "trust.json").write_bytes(served.trust.to_bytes())
    return made


def first(trader: Trader, served: Served, data: bytes = INVOICE, *more: str) -> str:
    """A document of the trader's, declared at the server; the id."""
    file = trader.file("invoice.xml", data)
    done = trader.json(
        "declare", file, "-t", "380", "-k", "trader", "--api", served.url, "--trust", "trust.json", *more
    )
    (item,) = done["declarations"]
    return str(item["id"])


def officer(trader: Trader, served: Served, name: str = "plant-officer") -> None:
    """Copies an officer's key of the house to this machine."""
    trader.folder.joinpath("passphrase").write_text(served.house.passphrase_file.read_text())
    shutil.copy(served.house.folder / "keys" / f"{name}.json", trader.state / "keys")


def test_without_a_server_and_without_a_chain_the_two_ways_are_said(trader: Trader) -> None:
    for words in (
        ["status", ONES], ["status"], ["history"], ["evidence", ONES, "-o", "e.json"],
        ["declare", trader.file("a.json", b"{}"), "-t", "380", "-k", "trader"],
        ["attest", ONES, "--agency", MPI, "--kind", "851", "-k", "trader"],
        ["revoke", ONES, "-k", "trader"], ["withdraw", ONES, "-k", "trader"],
    ):  # fmt: skip
        code, _, errors = trader(*words)
        assert code == 2, words
        for way in ("--api URL", "LEDGER_API", "ledger login", "ledger deploy", "LEDGER_RPC_URL"):
            assert way in errors, words
    assert not (trader.state / "ledger.sqlite").exists()


def test_the_whole_job_of_a_trader(trader: Trader, served: Served) -> None:
    id_ = first(trader, served)
    # From now on the server is known, and needs no option; nor does what was declared here need a session.
    status = trader.json("status", id_)
    assert (status["state"], status["waits"], status["attestations"]) == ("final", None, [])
    assert "no statement by anybody yet" in trader("status", id_)[1]
    assert not list((trader.state / "servers").glob("*.header")), "no session was needed"
    again = trader.json("declare", "invoice.xml", "-t", "380", "-k", "trader")
    assert [(item["id"], item["new"]) for item in again["declarations"]] == [(id_, False)]
    second = trader.file("second.xml", AMENDED)
    done = trader.json("declare", second, "-t", "380", "-k", "trader", "--replaces", id_)
    other = done["declarations"][0]["id"]
    assert trader.json("status", other)["replaces"] == id_
    withdrawn = trader.json("withdraw", id_, "-k", "trader", "--replacement", other)
    told = trader.json("status", id_)["withdrawn"]
    assert (told["entry"], told["replacement"], told["reason_in_words"]) == (withdrawn["entry"], other, "replaced")

    evidence = trader.json(
        "evidence", other, "-o", "e.json", "--document", "declared/second.xml.wrapped", "--disclose", "//PayableAmount"
    )
    assert evidence["fields_disclosed"] >= 1
    verdict = trader.json("verify", "e.json", "--trust", "trust.json")
    assert verdict["conclusion"] == "GOOD"
    page = trader.json("history", "--last", "3")
    assert page["entries"] == trader.json("history", "--last", "3", "--api", served.url)["entries"]
    assert page["entries"][-1]["number"] == page["size"] - 1
    assert trader.json("history", str(withdrawn["entry"]))["entries"][0]["kind"] == "withdrawn"
    assert trader.json("status")["service"] == served.url
    assert {path.name for path in trader.state.iterdir()} == {"keys", "servers"}, "no store, no origin"


def test_neither_contents_nor_keys_travel(trader: Trader, served: Served) -> None:
    begin = len(served.wire.sent)
    id_ = first(trader, served)
    trader.json("evidence", id_, "-o", "e.json", "-d", "declared/invoice.xml.wrapped", "--disclose-all")
    trader.json("login", served.url, "-k", "trader")
    trader.json("withdraw", id_, "-k", "trader")
    sent = bytes(served.wire.sent[begin:])
    assert id_.encode() in sent, "the wire is listened to"
    wrapped = (trader.folder / "declared" / "invoice.xml.wrapped").read_bytes()
    seed = wrapped.split(b" ", 1)[1].split(b"\n")[0]
    key = json.loads((trader.state / "keys" / "trader.json").read_bytes())
    ciphertext = {name.lower(): part for name, part in key.items()}["crypto"]["ciphertext"]
    for secret in (b"S3CR3T-42", b"100.00", b"PayableAmount", b"invoice.xml", seed, ciphertext.encode()):
        assert secret not in sent


def test_officers_attest_revoke_and_post_without_a_chain(trader: Trader, served: Served) -> None:
    id_ = first(trader, served)
    officer(trader, served)
    attested = trader.json("attest", id_, "--agency", MPI, "--kind", "851", "-k", "plant-officer")
    assert attested["says"] == "phytosanitary certificate, accepted"
    assert (
        served.house.follower.refresh().attestations[hex_bytes(attested["id"], "id")].entry.number == attested["entry"]
    )
    shown = trader.json("status", attested["id"])
    assert (shown["standing"], shown["decided_by_entry"]) == ("in force", attested["entry"])
    assert [one["standing"] for one in trader.json("status", id_)["attestations"]] == ["in force"]
    houses.posting(served.house, b"\1" * 32, b"\2" * 32, bytes(32), b"\3" * 32)  # the agency's mandate to post
    post = ["post", attested["id"], "--member", id_, "--line", "1", "--agency", MPI, "-k", "plant-officer"]
    assert trader.json(*post, "--to", ONES)["entry"] > attested["entry"]
    stale = trader.json(*post, "--to", "0x" + "22" * 32, code=1)
    assert (stale["error"], stale["values"]["current"]) == ("SheetStale", ONES)
    revoked = trader.json("revoke", attested["id"], "-k", "plant-officer", "--reason", "42")
    shown = trader.json("status", attested["id"])
    assert (shown["standing"], shown["decided_by_entry"]) == ("revoked", revoked["entry"])


REFUSALS: list[tuple[list[str], int, str, str]] = [
    (["attest", "ID", "--agency", MPI, "--kind", "132", "-k", "plant-officer"], 1, "MandateMissing", "no mandate"),
    (["attest", "ID", "--agency", "XX", "--kind", "851", "-k", "plant-officer"], 1, "AgencyUnknown", "enrolled"),
    (["attest", ONES, "--agency", MPI, "--kind", "851", "-k", "plant-officer"], 1, "NotAttestable", "not declared"),
    (
        ["attest", ONES, "--elsewhere", "--agency", MPI, "--kind", "851", "-k", "plant-officer"],
        1, "SetNotKnown", "not known here",
    ),
    (["attest", "ID", "--agency", MPI, "--kind", "851", "-k", "trader"], 1, "AttesterUnknown", "not an attester"),
    (["revoke", ONES, "-k", "plant-officer"], 1, "AttestationUnknown", "not in the history"),
    (["withdraw", "ID", "-k", "plant-officer"], 1, "PartyKeyMismatch", "did not sign"),
    (["withdraw", ONES, "-k", "trader"], 1, "UnknownDeclaration", "there is no declaration"),
    (["withdraw", "ID", "-k", "trader", "--replacement", ONES], 1, "UnknownDeclaration", "there is no declaration"),
    (["declare", "FILE", "-t", "380", "-k", "trader", "--replaces", ONES], 1, "UnknownDeclaration", "there is"),
    (["status", ONES], 1, "UnknownDeclaration", "there is no declaration"),
    (["status", "ID", "--digest", ONES], 1, "UnknownDeclaration", "there is no declaration"),
    (["evidence", "ID", "-o", "e.json", "-d", "OTHER"], 2, "Malformed", "not the document of this declaration"),
    (["history", "9999999"], 2, "Malformed", "the history has the entries"),
]  # fmt: skip


def test_what_a_server_refuses_is_said_as_by_the_own_node(trader: Trader, served: Served) -> None:
    """All on one machine, as a server lets an address sign in ten times in a minute."""
    id_ = first(trader, served)
    key = trader.keystore.load("trader", "of a test")
    officer(trader, served)
    (trader.state / "keys" / "trader.json").unlink()
    secret = served.house.passphrase_file.read_text().strip()
    trader.keystore.import_key("trader", key.algorithm, key._key.secret, secret)  # type: ignore[union-attr]
    trader.json("wrap", trader.file("other.xml", AMENDED))
    given = {"ID": id_, "FILE": trader.file("third.xml", AMENDED), "OTHER": "other.xml.wrapped"}
    for words, code, error, said in REFUSALS:
        found = trader.json(*[given.get(word, word) for word in words], code=code)
        assert (found["error"], said in found["message"]) == (error, True), (words, found)
        if error == "SetNotKnown":
            assert found["relay_yourself"]["to"] == "0x" + served.house.chain.origin.contract.hex()


def test_a_session_of_another_key_is_not_used(trader: Trader, served: Served) -> None:
    """Who has two keys on one machine reads with each what that key may."""
    id_ = first(trader, served)
    (notes,) = (trader.state / "servers").glob("*.declared")
    notes.unlink()
    trader.keystore.create("another", Algorithm.SECP256K1, "of a test")
    trader.keystore.create("card", Algorithm.P256, "of a test")
    trader.json("login", served.url, "-k", "another")
    assert trader.json("status", id_, code=1)["error"] == "UnknownDeclaration"
    assert trader.json("status", id_, "-k", "trader")["state"] == "final"
    assert trader.json("status", id_, "-k", "card", code=1)["error"] == "UnknownDeclaration"
    (known,) = (trader.state / "servers").glob("*.json")
    kept = known.read_bytes()
    assert trader.json("status", id_, "-k", "card", code=1)["error"] == "UnknownDeclaration"
    assert known.read_bytes() == kept, "the session of a card is found again"
    assert trader.json("status", id_, "-k", "nobody", code=2)["message"].startswith("key nobody")


def test_a_server_that_takes_statements_only_from_who_signed_in(trader: Trader, tmp_path: Path) -> None:
    with site(tmp_path / "closed", WRITES_NEED_SESSION="yes") as closed:
        origin, port = closed.house.chain.origin, closed.servers[0].port
        root = TrustRoot.of(origin, note_key(origin, closed.house.log_key))
        (trader.folder / "closed.json").write_bytes(root.to_bytes())
        file = trader.file("invoice.xml", INVOICE)
        words = ("--api", f"http://127.0.0.1:{port}", "--trust", "closed.json", "-k", "trader")
        id_ = trader.json("declare", file, "-t", "380", *words)["declarations"][0]["id"]
        assert trader.json("withdraw", id_, *words)["entry"] > 0


def test_which_service_is_asked(trader: Trader, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    first(trader, served)
    assert trader.json("status")["service"] == served.url, "the one that is known"
    monkeypatch.setenv("LEDGER_API", "http://127.0.0.1:1")
    assert "127.0.0.1:1" in trader("status")[2], "the setting comes first"
    assert trader.json("status", "--api", served.url)["service"] == served.url, "and the option before it"
    monkeypatch.delenv("LEDGER_API")
    monkeypatch.setenv("LEDGER_ORIGIN", str(served.house.chain.origin))
    assert trader.json("status")["service"] == "here", "one's own ledger comes before a server that is only known"
    code, _, errors = trader("status", "--trust", "trust.json")
    assert (code, "goes with a server's API" in errors) == (2, True)
    monkeypatch.delenv("LEDGER_ORIGIN")
    (trader.state / "ledger.sqlite").unlink()
    (known,) = (trader.state / "servers").glob("*.json")
    other = json.loads(known.read_text()) | {"url": "https://ledger.example"}
    (known.parent / "https_ledger.example.json").write_text(json.dumps(other))
    code, _, errors = trader("status")
    assert (code, served.url in errors, "https://ledger.example" in errors) == (2, True, True)
    (known.parent / "broken.json").write_text("{")
    assert trader.json("status", "--api", served.url)["service"] == served.url


def test_without_no_anchor_it_waits_and_with_it_says_that_nothing_is_anchored(trader: Trader, served: Served) -> None:
    file = trader.file("invoice.xml", INVOICE)
    words = ("declare", file, "-t", "380", "-k", "trader", "--api", served.url, "--trust", "trust.json")
    code, printed, errors = trader(*words, "--no-anchor")
    assert code == 0, errors
    assert "Nothing is anchored" in printed
    assert f"waits at {served.url}" in " ".join(printed.split())
    code, printed, errors = trader(*words)
    assert (code, "anchored them" in printed) == (0, True), (printed, errors)


def test_a_session_shows_what_was_declared_elsewhere_from_here(trader: Trader, served: Served) -> None:
    id_ = first(trader, served)
    (notes,) = (trader.state / "servers").glob("*.declared")
    notes.unlink()
    assert trader.json("status", id_, code=1)["error"] == "NotSignedIn"
    digest = hex_text(read_wrapped((trader.folder / "declared" / "invoice.xml.wrapped").read_bytes()).digest)
    assert trader.json("status", id_, "--digest", digest)["state"] == "final"
    assert trader.json("status", id_, "--key", "trader")["state"] == "final", "it signs in"
    assert trader.json("status", id_)["state"] == "final", "the session is kept"
    assert trader.json("evidence", id_, "-o", "e.json")["entries"] > 0


def test_the_trust_root_of_a_server_is_what_was_believed(
    trader: Trader, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())  # nobody is there to confirm it
    code, _, said = trader("trust", "-o", "made.json", "--api", served.url)
    assert (code, "was not confirmed" in said) == (2, True), said
    assert not (trader.folder / "made.json").exists()
    first(trader, served)  # believed by a trust root from now on
    trader.json("trust", "-o", "made.json", "--api", served.url)
    assert (trader.folder / "made.json").read_bytes() == served.trust.to_bytes()
