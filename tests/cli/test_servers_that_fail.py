"""Servers that die, lie, change, dawdle or say too much: nothing is doubled, lost or signed for the wrong history."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.ids import Digest
from ledger.core.encoding.reading import hex_bytes
from ledger.core.verification.verdict import Conclusion
from ledger.edges import server_api
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.server_api import ServerApi
from ledger.journeys import server_service
from ledger.journeys.checkpoint import note_key
from ledger.testing.world import World
from tests.cli.traders import Trader
from tests.faults.site import Site, site
from tests.witnesses import Reply, answering_requests

FILES = 300
WORLD, OTHER = World(), World(start=1_700_000_000)
ONES = "0x" + "11" * 32


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture
def trader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Trader:
    return Trader(tmp_path / "trader", monkeypatch, capsys)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long, and groups are small."""
    monkeypatch.setattr(server_api, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(server_service, "GROUP", 40)
    monkeypatch.setattr(server_service, "_PAUSE", 0.01)


def test_a_server_dies_in_the_middle_and_the_command_is_started_again(
    trader: Trader, running: Site, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (server,), house = running.servers, running.house
    url, origin = f"http://127.0.0.1:{server.port}", house.chain.origin
    (trader.folder / "trust.json").write_bytes(TrustRoot.of(origin, note_key(origin, house.log_key)).to_bytes())
    for number in range(FILES):
        trader.file(f"in/{number:03}.json", b'{"invoice": %d}' % number)
    before = {row.id for row in house.store.declarations.each()}
    declare = ServerApi.declare
    count = 0

    def dying(api: ServerApi, lines: list[bytes]) -> list[dict[str, Any]]:
        nonlocal count
        count += 1
        if count == 4:  # it takes these in, and dies before it can say so
            declare(api, lines)
            server.kill()
        return declare(api, lines)

    words = ("declare", "in", "-t", "380", "-k", "trader", "--api", url, "--trust", "trust.json")
    with monkeypatch.context() as patched:
        patched.setattr(ServerApi, "declare", dying)
        code, printed, errors = trader(*words)
    assert (code, printed) == (3, "")
    assert f"120 of {FILES} files are declared" in errors
    assert "start the same command again" in errors
    server.start()
    server.await_live()
    done = trader.json(*words)
    assert [item["new"] for item in done["declarations"]] == [False] * 160 + [True] * (FILES - 160)
    ids = {hex_bytes(item["id"], "id") for item in done["declarations"]}
    assert len(ids) == FILES, "none is lost"
    assert {row.id for row in house.store.declarations.each()} - before == ids, "none is doubled"
    for item in done["declarations"][::60]:
        trader.json("evidence", item["id"], "-o", "e.json", "-d", item["wrapped"], "--disclose-all")
        assert trader.json("verify", "e.json", "-t", "trust.json")["conclusion"] == Conclusion.GOOD.name


def test_an_interruption_says_how_far_it_came(
    trader: Trader, running: Site, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (server,), house = running.servers, running.house
    url, origin = f"http://127.0.0.1:{server.port}", house.chain.origin
    (trader.folder / "trust.json").write_bytes(TrustRoot.of(origin, note_key(origin, house.log_key)).to_bytes())
    for number in range(100):
        trader.file(f"in/{number:03}.json", b'{"bill": %d}' % number)
    words = (
        "declare", "in", "-t", "705", "-k", "trader", "--api", url, "--trust", "trust.json", "--no-anchor",
    )  # fmt: skip
    declare, asked = ServerApi.declare, iter(range(9))

    def interrupted(api: ServerApi, lines: list[bytes]) -> list[dict[str, Any]]:
        if next(asked) == 1:
            raise KeyboardInterrupt
        return declare(api, lines)

    with monkeypatch.context() as patched:
        patched.setattr(ServerApi, "declare", interrupted)
        code, printed, errors = trader(*words)
    assert (code != 0, printed, "Interrupted; 40 of 100 files are declared" in errors) == (True, "", True), errors
    assert [item["new"] for item in trader.json(*words)["declarations"]] == [False] * 40 + [True] * 60
    assert "Nothing is new" in trader(*words)[1]


class Faulty:
    """A server that answers by path; what it is told is kept."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[bytes], Reply]] = {"/v1/history": lambda _: self.history(WORLD)}
        self.asked: list[tuple[str, bytes, dict[str, str]]] = []
        self.url = ""

    @staticmethod
    def history(world: World) -> Reply:
        said = {
            "origin": str(world.origin), "size": 1, "head": ONES, "root": ONES, "checkpoint": None,
            "log_key": str(world.log_key),
        }  # fmt: skip
        return 200, {}, json.dumps(said).encode()

    def answer(self, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        self.asked.append((path, body, headers))
        reply = self.answers.get(path.partition("?")[0])
        return (404, {}, b"") if reply is None else reply(body)


@pytest.fixture
def faulty() -> Iterator[Faulty]:
    made = Faulty()
    with answering_requests(made.answer) as made.url:
        yield made


@pytest.fixture
def believing(trader: Trader, faulty: Faulty, hurried: None) -> Trader:
    """A trader who has the trust root of the history that the server says it is about."""
    (trader.folder / "trust.json").write_bytes(WORLD.trust.to_bytes())
    trader.file("invoice.json", b'{"total": "S3CR3T"}')
    return trader


def declaring(trader: Trader, faulty: Faulty, *more: str) -> tuple[int, str, str]:
    return trader(
        "declare", "invoice.json", "-t", "380", "-k", "trader", "--api", faulty.url, "--trust", "trust.json", *more
    )


def told(status: int, kind: str, detail: str, **headers: str) -> Callable[[bytes], Reply]:
    body = json.dumps({"type": f"urn:trade-ledger:{kind}", "status": status, "detail": detail}).encode()
    return lambda _: (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.parametrize(
    "answer",
    [b"", b"[]", b"null", b"{}", b'{"line": 2, "status": 202}', b'{"line": 1, "status": 202}\n{"line": 2}',
     b'{"line": 1, "status": 202, "id": "%b"}' % ONES.encode(), b'{"line": 1, "status": 202}', b"\xff\x1b[31m",
     b'{"line": 1, "status": 202, "status": 500}', b'{"line": 1, "status": true}'],
)  # fmt: skip
def test_nonsense_is_no_receipt(believing: Trader, faulty: Faulty, answer: bytes) -> None:
    faulty.answers["/v1/declarations/bulk"] = lambda _: (200, {}, answer)
    code, printed, errors = declaring(believing, faulty, "--no-anchor")
    assert (code, printed) == (3, "")
    assert "0 of 1 files are declared" in errors
    assert "\x1b" not in errors


def test_a_server_that_says_too_much(believing: Trader, faulty: Faulty) -> None:
    faulty.answers["/v1/declarations/bulk"] = lambda _: (200, {}, b"x" * (1 << 20))
    code, _, errors = declaring(believing, faulty)
    assert (code, "answered with more than" in errors) == (3, True)


def test_a_server_that_does_not_answer_in_time(
    believing: Trader, faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = threading.Event()
    monkeypatch.setattr(server_api, "TIMEOUT_SECONDS", 0.1)

    def dawdle(_: bytes) -> Reply:
        late.wait(5)
        return 200, {}, b""

    faulty.answers["/v1/declarations/bulk"] = dawdle
    code, _, errors = declaring(believing, faulty)
    late.set()
    assert (code, "did not answer within 0.1 s" in errors) == (3, True)
    assert len([path for path, *_ in faulty.asked if path.endswith("bulk")]) == 5, "not for ever"


def test_words_of_a_server_are_harmless(believing: Trader, faulty: Faulty) -> None:
    faulty.answers["/v1/declarations/bulk"] = told(
        503, "Unavailable", "wait\x1b[2J\nfor it" + "x" * 10_000, Retry_After="0"
    )
    code, printed, errors = declaring(believing, faulty)
    assert code == 3
    assert "wait [2J for it" in printed + errors
    assert "\x1b" not in printed + errors
    assert len(errors) < 5_000


def test_retry_after_is_heeded_and_has_an_end(
    believing: Trader, faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("ledger.edges.server_api.time.sleep", waits.append)
    faulty.answers["/v1/declarations/bulk"] = told(503, "Unavailable", "the queue is full", Retry_After="7")
    assert declaring(believing, faulty)[0] == 3
    assert waits == [7.0] * 4
    waits.clear()
    faulty.answers["/v1/declarations/bulk"] = told(429, "OverQuota", "enough for this hour", Retry_After="3600")
    code, _, errors = declaring(believing, faulty)
    assert (code, waits, "enough for this hour" in errors) == (3, [], True)


def test_a_server_that_takes_small_bodies_gets_small_ones(believing: Trader, faulty: Faulty) -> None:
    for number in range(30):
        believing.file(f"in/{number}.json", b'{"number": %d}' % number)

    def small(body: bytes) -> Reply:
        lines = body.splitlines()
        if len(lines) > 4:
            return told(413, "TooLarge", "a body has at most 4 lines")(body)
        ids = [_id(line) for line in lines]
        answers = [{"line": place, "status": 202, "id": id_} for place, id_ in enumerate(ids, start=1)]
        return 200, {}, b"\n".join(json.dumps(answer).encode() for answer in answers)

    faulty.answers["/v1/declarations/bulk"] = small
    words = ("-t", "380", "-k", "trader", "--api", faulty.url, "--trust", "trust.json", "--no-anchor")
    assert len(believing.json("declare", "in", *words)["declarations"]) == 30


def test_lines_that_cannot_be_stored_now_are_sent_again(believing: Trader, faulty: Faulty) -> None:
    for number in range(30):
        believing.file(f"in/{number:02}.json", b'{"number": %d}' % number)
    sizes: list[int] = []
    ends = True

    def busy(body: bytes) -> Reply:
        """Takes every other line; refuses the first of the first request for good."""
        lines = body.splitlines()
        answers: list[dict[str, Any]] = [
            {"line": place, "status": 202, "id": _id(line)}
            if place % 2 == 0 or (ends and len(lines) < 5)
            else {"line": place, "status": 503, "type": "urn:trade-ledger:Unavailable", "detail": "the queue is full"}
            for place, line in enumerate(lines, start=1)
        ]
        if not sizes:
            kind = "urn:trade-ledger:PartyKeyMismatch"
            answers[0] = {"line": 1, "status": 403, "type": kind, "detail": "it did not sign"}
        sizes.append(len(lines))
        return 200, {}, b"\n".join(json.dumps(answer).encode() for answer in answers)

    faulty.answers["/v1/declarations/bulk"] = busy
    words = ("declare", "in", "-t", "380", "-k", "trader", "--api", faulty.url, "--trust", "trust.json", "--no-anchor")
    done = believing.json(*words, code=2)
    assert [(item["file"], item["error"]) for item in done["rejected"]] == [("00.json", "it did not sign")]
    assert [item["file"] for item in done["declarations"]] == [f"{number:02}.json" for number in range(1, 30)]
    assert sizes == [30, 14, 7, 4]
    ends = False
    code, _, errors = believing(*words)
    assert (code, "the queue is full" in errors) == (3, True)


def _id(line: bytes) -> str:
    from ledger.core.statements.declaration import Declaration

    return "0x" + Declaration.from_json(json.loads(line)["declaration"]).id(WORLD.origin).hex()


@pytest.fixture
def signatures(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What keys have signed."""
    signed: list[bytes] = []
    sign = SigningKey.sign
    monkeypatch.setattr(SigningKey, "sign", lambda key, digest: (signed.append(digest), sign(key, digest))[1])
    return signed


def test_nothing_is_signed_for_another_history(believing: Trader, faulty: Faulty, signatures: list[bytes]) -> None:
    faulty.answers["/v1/history"] = lambda _: faulty.history(OTHER)
    code, _, errors = declaring(believing, faulty)
    assert (code, signatures, "is trusted" in errors) == (1, [], True)
    assert [path for path, *_ in faulty.asked] == ["/v1/history"]


def test_nothing_is_signed_for_a_history_that_changed(
    believing: Trader, faulty: Faulty, signatures: list[bytes]
) -> None:
    faulty.answers["/v1/declarations/bulk"] = lambda body: (
        200, {}, json.dumps({"line": 1, "status": 202, "id": _id(body.splitlines()[0])}).encode()
    )  # fmt: skip
    assert declaring(believing, faulty, "--no-anchor")[0] == 0
    signatures.clear()
    faulty.answers["/v1/history"] = lambda _: faulty.history(OTHER)
    for words in (
        ["declare", "invoice.json", "-t", "380", "-k", "trader"],
        ["attest", ONES, "--agency", "NZ-MPI", "--kind", "851", "-k", "trader"],
        ["post", ONES, "--member", ONES, "--line", "1", "--agency", "NZ-MPI", "--to", ONES, "-k", "trader"],
    ):
        code, _, errors = believing(*words, "--api", faulty.url)
        assert (code, signatures) == (1, []), words
        assert "another history" in errors


def test_a_server_that_nobody_believes_gets_no_signature(
    believing: Trader, faulty: Faulty, signatures: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [False, True]
    monkeypatch.setattr("typer.confirm", lambda *_, **__: answers.pop(0))
    words = ("declare", "invoice.json", "-t", "380", "-k", "trader", "--api", faulty.url, "--no-anchor")
    code, _, errors = believing(*words)
    assert (code, signatures, answers) == (2, [], [True])
    assert "0x" + WORLD.origin.salt.hex() in errors
    faulty.answers["/v1/declarations/bulk"] = lambda body: (
        200, {}, json.dumps({"line": 1, "status": 202, "id": _id(body.splitlines()[0])}).encode()
    )  # fmt: skip
    assert believing(*words)[0] == 0
    assert believing(*words)[0] == 0, "it does not ask again"


def test_evidence_of_another_declaration_is_not_written(believing: Trader, faulty: Faulty) -> None:
    digest = b"\7" * 32
    declaration, signature = WORLD.declare(digest)  # type: ignore[arg-type]
    batch = WORLD.anchor([declaration])
    made = WORLD.evidence(declaration, signature, batch).to_bytes()
    id_ = "0x" + declaration.id(WORLD.origin).hex()
    words = ("-o", "e.json", "--digest", "0x" + digest.hex(), "--api", faulty.url)
    faulty.answers[f"/v1/declarations/{id_}/evidence"] = lambda _: (200, {}, made)
    assert believing("evidence", id_, *words)[0] == 0
    (believing.folder / "e.json").unlink()
    faulty.answers[f"/v1/declarations/{ONES}/evidence"] = lambda _: (200, {}, made)
    code, _, errors = believing("evidence", ONES, *words)
    assert (code, "another declaration" in errors) == (1, True)
    faulty.answers[f"/v1/declarations/{id_}/evidence"] = lambda _: (200, {}, made[:-10])
    code, _, errors = believing("evidence", id_, *words)
    assert (code, "cannot be read" in errors) == (3, True)
    spoiled = made.replace(signature.hex().encode(), signature[:-2].hex().encode() + b"ffff")
    assert spoiled != made
    faulty.answers[f"/v1/declarations/{id_}/evidence"] = lambda _: (200, {}, spoiled)
    code, _, errors = believing("evidence", id_, *words)
    assert (code, "does not hold" in errors) == (1, True)
    assert not (believing.folder / "e.json").exists()


@pytest.mark.parametrize(
    ("status", "headers", "body", "code"),
    [
        (302, {"Location": "http://elsewhere.example/"}, b"", 3),
        (404, {}, b"<html>not here</html>", 3),
        (403, {}, b"<html>the proxy says no</html>", 3),
        (401, {}, b"", 3),
        (500, {}, b"", 3),
        (403, {}, b'{"type": "urn:trade-ledger:Novel", "detail": "a reason of tomorrow"}', 1),
        (403, {}, b'{"type": "urn:trade-ledger:MandateMissing", "detail": "no", "values": {"agency": [1]}}', 1),
        (403, {}, b'{"type": "urn:trade-ledger:LedgerError", "detail": "no"}', 1),
        (422, {}, b'{"type": "urn:trade-ledger:Malformed", "detail": "agency: is none"}', 2),
    ],
)
def test_statuses_of_statements(
    believing: Trader, faulty: Faulty, status: int, headers: dict[str, str], body: bytes, code: int
) -> None:
    faulty.answers["/v1/attestations"] = lambda _: (status, headers, body)
    declaration, _ = WORLD.declare(Digest(b"\x09" * 32))
    id_ = "0x" + declaration.id(WORLD.origin).hex()
    stands = {"id": id_, "state": "final", "received_at": 1, "declaration": declaration.to_json(), "attestations": []}
    known = json.dumps({"declarations": [stands]}).encode()
    faulty.answers["/v1/declarations/states"] = lambda _: (200, {}, known)
    words = ("attest", id_, "--agency", "NZ-MPI", "--kind", "851", "-k", "trader", "--api", faulty.url)
    found, _, errors = believing(*words, "--trust", "trust.json")
    assert found == code, errors
    assert "Traceback" not in errors
