"""Settings: from environment and file, checked at start, with messages that name variable and range but no value."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.config import load_settings
from ledger.errors import Malformed
from scripts.settings_page import render


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_defaults() -> None:
    settings = load_settings()
    assert settings.store_url_or_default() == "sqlite:///state/ledger.sqlite"
    assert settings.keystore_dir == Path("state/keys")
    assert settings.chain_limits().max_fee_per_gas is None


def test_file_and_environment(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "ledger.toml").write_text('api_port = 9000\nstate_dir = "here"\nmax_fee_per_gas_gwei = 2\n')
    monkeypatch.setenv("LEDGER_API_PORT", "9001")
    settings = load_settings()
    assert (settings.api_port, settings.state_dir) == (9001, Path("here"))
    assert settings.chain_limits().max_fee_per_gas == 2 * 10**9
    (elsewhere / "other.toml").write_text("api_port = 9002\n")
    monkeypatch.delenv("LEDGER_API_PORT")
    monkeypatch.setenv("LEDGER_CONFIG", str(elsewhere / "other.toml"))
    assert load_settings().api_port == 9002


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("API_PORT", "0", "greater than or equal to 1"),
        ("API_PORT", "many", "valid integer"),
        ("CONTRACT", "0x12", "match pattern"),
        ("ANCHOR_BATCH_SIZE", "1000001", "less than or equal to 1000000"),
        ("CONFIRMATIONS", "0", "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(f"LEDGER_{name}", value)
    with pytest.raises(Malformed) as caught:
        load_settings()
    assert f"LEDGER_{name}" in str(caught.value)
    assert said in str(caught.value)


def test_unknown_names_and_broken_files_are_told(elsewhere: Path) -> None:
    (elsewhere / "ledger.toml").write_text("colour = 1\n")
    with pytest.raises(Malformed, match="LEDGER_COLOUR"):
        load_settings()
    (elsewhere / "ledger.toml").write_text("api_port = \n")
    with pytest.raises(Malformed, match="ledger.toml"):
        load_settings()


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_PASSPHRASE", "open sesame")
    assert "sesame" not in repr(load_settings())


def test_the_page_names_every_setting() -> None:
    page = render()
    assert "| `LEDGER_API_PORT` | `8080` | 1 to 65535 |" in page
    assert "LEDGER_RPC_URL" in page
