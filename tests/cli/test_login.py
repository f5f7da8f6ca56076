"""``ledger login`` and ``ledger logout``: nothing is signed for a server that is not believed, and no key leaves."""

from __future__ import annotations

import json
import shutil
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
import uvicorn

from api.main import create_app
from api.services import open_services
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.signature import Algorithm
from ledger.edges.keys.keystore import SigningKey
from ledger.errors import Malformed
from ledger.journeys.checkpoint import note_key
from ledger.journeys.login import site_of
from ledger.settings import Settings
from tests import houses
from tests.cli.test_cli import Shell, shell
from tests.faults.node import until
from tests.witnesses import answering

__all__ = ["shell"]


@contextmanager
def server(shell: Shell, **settings: Any) -> Iterator[str]:
    """A server over the house's store at an address that it knows as its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    house = shell.house
    given = house.settings.model_dump(exclude_unset=True) | {"origin": str(house.chain.origin), "api_port": port}
    app = create_app(open_services(Settings(**(given | settings))))
    running = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = Thread(target=running.run, daemon=True)
    thread.start()
    assert until(lambda: running.started, 20)
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(20)


@pytest.fixture
def trust(shell: Shell, tmp_path: Path) -> Path:
    file = tmp_path / "trust.json"
    shell.json("trust", "-o", str(file))
    return file


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What the person at the terminal will answer; a question beyond these fails the test."""
    left: list[bool] = []

    def confirm(*_: object, **__: object) -> bool:
        return left.pop(0)

    monkeypatch.setattr("typer.confirm", confirm)
    return left


def folder(shell: Shell) -> Path:
    return shell.house.folder / "servers"


@pytest.fixture(autouse=True)
def _nothing_known(shell: Shell) -> None:
    shutil.rmtree(folder(shell), ignore_errors=True)


def listed(shown: Path, url: str) -> int:
    """The status that another program gets, which sends the header in the file."""
    name, _, value = shown.read_text().strip().partition(": ")
    return requests.get(f"{url}/v1/declarations", headers={name: value}, timeout=20).status_code


def test_login_with_a_trust_root_and_logout(shell: Shell, trust: Path, answers: list[bool]) -> None:
    with server(shell) as url:
        opened = shell.json("login", url, "--key", "plant-officer", "--trust", str(trust))
        assert (opened["roles"], opened["agency"]) == (["party", "officer"], houses.MPI)
        assert "session" not in opened, "it is in the file alone"
        header = Path(opened["header_file"])
        assert header.parent == folder(shell)
        assert listed(header, url) == 200
        kept = header.read_bytes()
        assert shell.json("logout", url) == {"server": url, "signed_out": True}
        assert not header.exists()
        assert shell.json("logout", url)["signed_out"] is False
        header.write_bytes(kept)
        assert listed(header, url) == 401, "it ended at the server too"


def test_only_the_owner_reads_the_files_and_no_key_is_in_them(shell: Shell, trust: Path) -> None:
    with server(shell) as url:
        shell.json("login", url, "--key", "trader", "--trust", str(trust))
        shell.json("login", url, "--key", "trader", "--trust", str(trust))
    files = list(folder(shell).iterdir())
    assert sorted(file.suffix for file in files) == [".header", ".json"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(folder(shell).stat().st_mode) == 0o700
    (profile,) = [json.loads(file.read_text()) for file in files if file.suffix == ".json"]
    assert set(profile) == {"url", "origin", "log_key", "signer", "session", "ends_at"}


def test_the_first_login_asks_and_later_ones_remember(shell: Shell, answers: list[bool]) -> None:
    with server(shell) as url:
        answers += [False]
        code, printed, errors = shell("login", url, "--key", "trader")
        assert (code, answers) == (2, [])
        origin = shell.house.chain.origin
        key = hex_text(shell.house.log_key.public_key)
        for shown in (str(origin.chain_id), hex_text(origin.contract), hex_text(origin.salt), key):
            assert shown in printed + errors
        assert not folder(shell).exists(), "nothing was signed"
        answers += [True]
        assert shell("login", url, "--key", "trader")[0] == 0
        assert shell("login", url, "--key", "trader")[0] == 0, "it does not ask again"
        shell("logout", url)
        assert shell("login", url, "--key", "trader")[0] == 0, "what was believed is kept"


def test_nobody_is_there_to_be_asked(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(shell) as url, Path("/dev/null").open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        code, printed, errors = shell("login", url, "--key", "trader")
    assert (code, "--trust" in printed + errors) == (2, True)


@pytest.fixture
def unsigned(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often a key has signed."""
    signed: list[bytes] = []
    sign = SigningKey.sign
    monkeypatch.setattr(SigningKey, "sign", lambda key, digest: (signed.append(digest), sign(key, digest))[1])
    return lambda: len(signed)


def test_a_server_of_another_history_gets_no_signature(
    shell: Shell, trust: Path, tmp_path: Path, unsigned: Callable[[], int], answers: list[bool]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with server(shell) as url, houses.house(other) as elsewhere:
        elsewhere.key("log", Algorithm.ED25519)
        mistaken = tmp_path / "mistaken.json"
        mistaken.write_bytes(
            TrustRoot.of(elsewhere.chain.origin, note_key(elsewhere.chain.origin, elsewhere.log_key)).to_bytes()
        )
        before = unsigned()
        code, printed, errors = shell("login", url, "--key", "trader", "--trust", str(mistaken))
        assert (code, "is trusted" in " ".join((printed + errors).split())) == (1, True)
        same = shell.house.chain.origin
        mistaken.write_bytes(TrustRoot.of(same, note_key(same, elsewhere.log_key)).to_bytes())
        code, printed, errors = shell("login", url, "--key", "trader", "--trust", str(mistaken))
        assert (code, unsigned()) == (1, before)


def test_a_server_that_changed_its_history_is_refused_later(
    shell: Shell, trust: Path, unsigned: Callable[[], int], answers: list[bool]
) -> None:
    with server(shell) as url:
        shell.json("login", url, "--key", "trader", "--trust", str(trust))
        (file,) = folder(shell).glob("*.json")
        value = json.loads(file.read_text())
        for name, changed in (("origin", value["origin"][:-1] + "0"), ("log_key", None)):
            file.write_text(json.dumps(value | {name: changed}))
            before = unsigned()
            code, printed, errors = shell("login", url, "--key", "trader")
            assert (code, unsigned(), answers) == (1, before, [])
            assert "than at the last login" in " ".join((printed + errors).split())
        assert shell("login", url, "--key", "trader", "--trust", str(trust))[0] == 0


def test_a_server_that_is_called_otherwise_gets_no_signature(
    shell: Shell, trust: Path, unsigned: Callable[[], int]
) -> None:
    """A man in the middle could pass a sign-in on: the statement names the address that its signer knows."""
    with server(shell, site="https://ledger.example") as url:
        before = unsigned()
        code, printed, errors = shell("login", url, "--key", "trader", "--trust", str(trust))
    assert (code, unsigned()) == (2, before)
    assert "the server calls itself" in " ".join((printed + errors).split())


@pytest.mark.parametrize(
    "reply", [(200, {}, b"[]"), (200, {}, b"{}"), (500, {}, b"\x1b[31mred"), (302, {"Location": "/"}, b"")]
)
def test_what_is_no_ledger(shell: Shell, trust: Path, reply: tuple[int, dict[str, str], bytes]) -> None:
    with answering(lambda _: reply) as url:
        code, printed, errors = shell("login", url, "--key", "trader", "--trust", str(trust))
    assert (code, "\x1b[31mred" in printed + errors) == (3, False)


@pytest.mark.parametrize(
    "url",
    ["ledger.example", "ftp://ledger.example", "https://", "https://user@ledger.example", "https://ledger.example/path",
     "https://ledger.example?q", "https://ledger.example:x", ""],
)  # fmt: skip
def test_addresses_that_are_no_site(url: str) -> None:
    with pytest.raises(Malformed):
        site_of(url)


def test_a_site_is_scheme_host_and_port() -> None:
    assert site_of("HTTPS://Ledger.Example/") == "https://ledger.example"
    assert site_of("http://[::1]:8080") == "http://[::1]:8080"
