"""Every command that takes a trust root takes a folder of them, of which the history's own counts, by its origin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ledger.core.checkpoints.log_keys import LogKey
from ledger.core.checkpoints.trust import TrustRoot, read_trust_root
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.signature import Algorithm
from tests import houses
from tests.cli.test_cli import Shell, shell
from tests.cli.test_login import server

__all__ = ["shell"]


@dataclass
class Held:
    """A declaration's evidence and proofs, a served log, and two folders of trust roots."""

    shell: Shell
    folder: Path
    url: str

    @property
    def evidence(self) -> str:
        return str(self.folder / "e.json")

    def exported(self) -> str:
        """An export of this history."""
        assert self.shell("export", str(self.folder / "export"))[0] == 0
        return str(self.folder / "export")

    def proof(self, form: str) -> str:
        file = str(self.folder / f"p.{form}")
        assert self.shell("proof", "make", self.evidence, "-f", form, "-o", file)[0] == 0
        return file


def elsewhere(root: TrustRoot) -> TrustRoot:
    """The same keys, for another history."""
    origin = replace(root.origin, chain_id=1)
    return TrustRoot(origin, tuple(LogKey(replace(key, name=str(origin)), up_to) for key, up_to in root.log_keys))


@pytest.fixture
def held(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    shell.house.key("receipts", Algorithm.P256)
    monkeypatch.setenv("LEDGER_RECEIPT_KEY", "receipts")
    (declared,) = houses.anchored(shell.house)
    id_ = hex_text(declared.id(shell.house.chain.origin))
    shell.json("evidence", id_, "-o", str(tmp_path / "e.json"))
    for name in ("right", "wrong"):
        (tmp_path / name).mkdir()
    shell.json("trust", "-o", str(tmp_path / "right" / "own.json"))
    own = read_trust_root((tmp_path / "right" / "own.json").read_bytes())
    for name in ("right", "wrong"):
        (tmp_path / name / "another.json").write_bytes(elsewhere(own).to_bytes())
    with server(shell) as url:
        yield Held(shell, tmp_path, url)


COMMANDS: dict[str, Callable[[Held], list[str]]] = {
    "verify": lambda held: ["verify", held.evidence],
    "audit": lambda held: ["audit"],
    "evidence --refresh": lambda held: ["evidence", "--refresh", held.evidence, held.url],
    "proof check, tlog-proof": lambda held: ["proof", "check", held.proof("tlog-proof")],
    "proof check, scitt": lambda held: ["proof", "check", held.proof("scitt")],
    "proof key": lambda held: ["proof", "key", held.proof("scitt"), "-o", str(held.folder / "key.pem")],
    "mirror": lambda held: ["mirror", f"{held.url}/v1/log", str(held.folder / "mirror")],
    "login": lambda held: ["login", held.url, "--key", "trader"],
    "rebuild": lambda held: ["rebuild", held.evidence],
    "export": lambda held: ["export", str(held.folder / "export")],
    "import": lambda held: ["import", held.exported()],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_right_one_of_a_folder_is_chosen(held: Held, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = COMMANDS[command](held)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: pytest.fail("with a trust root nobody is asked"))
    if command in {"import", "rebuild"}:
        monkeypatch.setenv("LEDGER_STORE_URL", f"sqlite:///{held.folder / 'new.sqlite'}")
    code, printed, errors = held.shell(*words, "--trust", str(held.folder / "wrong"))
    said = " ".join((printed + errors).split())
    assert (code, "trusted" in said) == (1, True), said
    code, printed, errors = held.shell(*words, "--trust", str(held.folder / "right"))
    assert code == 0, printed + errors
