"""Settings: read when asked for, environment before file, and every problem named without repeating a value."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from ledger.app import App
from ledger.core.anchoring.interval import Pace
from ledger.core.relaying.budget import RelayLimits
from ledger.errors import Malformed
from ledger.settings import Settings, describe, load_settings
from scripts import settings_page

HOME = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and no setting in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.upper().startswith("LEDGER_"):
            monkeypatch.delenv(name)
    return tmp_path


def problems() -> list[str]:
    with pytest.raises(Malformed) as caught:
        load_settings()
    return str(caught.value).splitlines()


def test_defaults_need_nothing() -> None:
    settings = load_settings()
    assert settings == Settings()
    assert settings.store_address() == Path("state/ledger.sqlite")
    assert settings.keystore_dir == Path("state/keys")
    assert (settings.api_host, settings.api_port, settings.contract) == ("127.0.0.1", 8080, None)
    limits = App(settings).chain_limits
    assert (limits.confirmations, limits.max_fee_per_gas, limits.rpc_timeout, limits.confirmation_timeout) == (
        1,
        None,
        10.0,
        120.0,
    )


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "ledger.toml").write_text('state_dir = "filed"\napi_port = 9000\nanchor_batch_size = 7\n')
    monkeypatch.setenv("LEDGER_API_PORT", "9001")
    monkeypatch.setenv("LEDGER_ANCHOR_BATCH_SIZE", "")
    settings = load_settings()
    assert (settings.state_dir, settings.api_port, settings.anchor_batch_size) == (Path("filed"), 9001, 7)
    assert settings.keystore_dir == Path("filed/keys")
    other = folder / "other.toml"
    other.write_text("api_port = 9002\n")
    monkeypatch.setenv("LEDGER_CONFIG", str(other))
    monkeypatch.delenv("LEDGER_API_PORT")
    assert (load_settings().api_port, load_settings().state_dir) == (9002, Path("state"))


def test_all_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "rpc_url": "https://node.example/key", "second_rpc_url": "https://other.example/key2",
        "proxy_url": "http://user:secret@proxy.example:3128", "contract": "0x" + "aB" * 20,
        "origin": f"eip155:1:0x{'ab' * 20}:{'0e' * 32}", "api": "https://ledger.example", "state_dir": "/s",
        "store_url": "postgresql+psycopg://ledger:secret@db/ledger", "keystore_dir": "/k", "relayer_key": "payer",
        "anchor_key": "anchors",
        "log_key": "log-2", "earlier_log_keys_file": "/e", "receipt_key": "receipts-2", "witnesses_file": "/w",
        "witness_key": "witness-2", "witness_name": "witness.example", "witness_grace_seconds": "90",
        "trust_file": "/t", "log_url": "https://ledger.example/v1/log", "passphrase": "open sesame",
        "passphrase_file": "/p", "anchor_batch_size": "1000000",
        "anchor_max_age_seconds": "0", "anchor_longest_age_seconds": "300", "anchor_full_size": "50",
        "anchor_small_gas_per_hour": "1000000", "anchor_gas_per_day": "90000000",
        "relay_gas_per_statement": "400000", "relay_gas_per_agency": "1000000", "relay_gas_per_party": "100000",
        "relay_gas_for_parties": "500000", "relay_gas_per_day": "9000000", "relay_fees_per_day_gwei": "70000000",
        "poll_interval_seconds": "0.5", "confirmations": "12",
        "confirmation_timeout_seconds": "600", "resend_after_seconds": "30", "batches_in_flight": "8",
        "max_fee_per_gas_gwei": "0.1", "rpc_timeout_seconds": "2.5",
        "api_host": "::1", "api_port": "1", "api_processes": "4",
            "site": "https://ledger.example", "sign_url": "https://sign.example/page",
            "cors_origins": "https://portal.example http://localhost:5173",
            "operators": "0x" + "ab" * 20, "auditors": f"0x{'cd' * 20} 0x{'ef' * 84}",
            "writes_need_session": "yes", "requests_per_second": "20",
            "trusted_proxies": "10.0.0.1, 10.1.0.0/16", "connections": "500", "connections_per_client": "50",
            "streams_per_client": "3", "declarations_per_hour": "1000", "declaration_bytes_per_hour": "1000000",
            "share_bytes": "1000000", "hsts_seconds": "600",
        "max_body_bytes": "1024", "page_limit": "10", "verification_processes": "3",
        "verification_seconds": "2.5", "verification_memory_bytes": "1073741824", "verification_entries": "300",
        "verification_attestations": "40", "log_level": "debug", "log_format": "json",
        "log_requests": "problems", "backlog_alarm_seconds": "60", "stream_readers": "7",
        "otlp_endpoint": "http://127.0.0.1:4318/v1/traces",
    }  # fmt: skip
    assert list(given) == list(Settings.model_fields)
    for name, value in given.items():
        monkeypatch.setenv(f"LEDGER_{name.upper()}", value)
    settings = load_settings()
    assert settings.store_address() == given["store_url"]
    assert settings.max_fee_per_gas_gwei == Decimal("0.1")
    assert App(settings).chain_limits.max_fee_per_gas == 10**8
    assert App(settings).relay_limits == RelayLimits(10**6, 10**5, 5 * 10**5, 9 * 10**6, 7 * 10**7)
    assert App(settings).pace == Pace(0, 300, 10**6, 50, 9 * 10**7)
    for name in ("rpc_url", "contract", "relayer_key", "log_key", "api_host", "log_level"):
        assert getattr(settings, name) == given[name]
    for secret in ("sesame", "secret", "node.example", "other.example", "proxy.example"):
        assert secret not in repr(settings) + str(settings)


WRONG = [
    ("API_PORT", "0", "must be a whole number from 1 to 65,535, and is another number"),
    ("API_PORT", "http", "must be a whole number from 1 to 65,535, and is text of 4 characters"),
    ("ANCHOR_BATCH_SIZE", "1000001", "must be a whole number from 1 to 1,000,000, and is another number"),
    ("ANCHOR_BATCH_SIZE", "1.5", "must be a whole number from 1 to 1,000,000, and is another number"),
    ("ANCHOR_MAX_AGE_SECONDS", "-1", "must be a whole number from 0 to 86,400, and is another number"),
    ("POLL_INTERVAL_SECONDS", "nan", "must be a number from 0.01 to 3,600, and is another number"),
    ("CONFIRMATIONS", "0", "must be a whole number from 1 to 10,000, and is another number"),
    ("MAX_FEE_PER_GAS_GWEI", "-1", "must be a number from 0 to 1,000,000, and is another number"),
    ("ORIGIN", "eip155:1", "must be `eip155:`, chain id, contract and salt, with colons between, and is text of 8"),
    ("CONTRACT", "0x12", "must be 0x and 40 hex digits, and is text of 4 characters"),
    ("RPC_URL", "ws://node", "must be an address with http:// or https://, and is text of 9 characters"),
    (
        "SITE",
        "http://ledger.example",
        "must be https:// and a host, with a port if need be; or http://localhost, and is",
    ),
    ("SITE", "https://ledger.example/", "must be https:// and a host, with a port if need be; or http://localhost"),
    ("SITE", "https://ledger.example\n", "must be https:// and a host, with a port if need be; or http://localhost"),
    ("OPERATORS", "0x" + "ab" * 19, "must be signers (0x and 40 to 256 hex digits), with a space between, and is text"),
    ("AUDITORS", "0x" + "ab" * 20 + "a", "must be signers (0x and 40 to 256 hex digits), with a space between"),
    ("WRITES_NEED_SESSION", "true", "must be no or yes, and is text of 4 characters"),
    ("STORE_URL", "mysql://u:hunter2@h/x", "must be sqlite:///folder/file or postgresql://user@host/name, and is text"),
    ("STORE_URL", "sqlite:///:memory:", "must be sqlite:///folder/file or postgresql://user@host/name, and is text"),
    ("STORE_URL", "postgresql:ledger", "must be sqlite:///folder/file or postgresql://user@host/name, and is text"),
    ("STORE_URL", "sqlite://", "must be sqlite:///folder/file or postgresql://user@host/name, and is text"),
    ("LOG_KEY", "../log", "must be the name of a key in the keystore, and is text of 6 characters"),
    ("API_HOST", "a b", "must be a host name or an IP address, and is text of 3 characters"),
    ("PAGE_LIMIT", "1001", "must be a whole number from 1 to 1,000, and is another number"),
    ("LOG_LEVEL", "loud", "must be critical, error, warning, info or debug, and is text of 4 characters"),
]


@pytest.mark.parametrize(("name", "value", "words"), WRONG, ids=[f"{name}={value}" for name, value, _ in WRONG])
def test_a_wrong_value_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(f"LEDGER_{name}", value)
    (line,) = problems()
    assert line.startswith(f"LEDGER_{name}: {words}")
    assert "hunter2" not in line


def test_every_problem_has_a_line_and_says_where_it_stands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ledger.toml").write_text(
        'api_port = true\nconfirmations = "many"\nstate_dir = 3\nrpcurl = "hunter2"\nlog_key = []\n'
    )
    monkeypatch.setenv("LEDGER_MAX_BODY_BYTES", "1 MB")
    monkeypatch.setenv("LEDGER_ANCHOR_BATCHSIZE", "5")
    monkeypatch.setenv("LEDGER_FILE", "/of/another/program")
    assert problems() == [
        "ledger.toml: rpcurl is not a setting: did you mean rpc_url?",
        "LEDGER_ANCHOR_BATCHSIZE is not a setting: did you mean LEDGER_ANCHOR_BATCH_SIZE?",
        "state_dir in ledger.toml: must be a path, and is a number",
        "log_key in ledger.toml: must be the name of a key in the keystore, and is a list",
        "confirmations in ledger.toml: must be a whole number from 1 to 10,000, and is text of 4 characters",
        "api_port in ledger.toml: must be a whole number from 1 to 65,535, and is true or false",
        "LEDGER_MAX_BODY_BYTES: must be a whole number from 1,024 to 1,073,741,824, and is text of 4 characters",
    ]


def test_files_that_cannot_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ledger.toml").write_text("api_port = \n")
    assert problems() == ["ledger.toml: is not TOML: Invalid value (at line 1, column 12)"]
    (folder / "ledger.toml").write_bytes(b"\xff")
    assert problems()[0].startswith("ledger.toml: is not TOML")
    monkeypatch.setenv("LEDGER_CONFIG", str(folder))
    assert "cannot be read" in problems()[0]
    monkeypatch.setenv("LEDGER_CONFIG", "nowhere.toml")
    assert problems() == ["LEDGER_CONFIG: names the file nowhere.toml, which does not exist"]


def test_a_value_reads_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ledger.toml").write_text("api_port = 9000\n")
    monkeypatch.setenv("LEDGER_API_HOST", "0.0.0.0")
    settings = Settings(page_limit=5)
    assert (settings.api_port, settings.api_host, settings.page_limit) == (8080, "127.0.0.1", 5)
    with pytest.raises(ValidationError):
        settings.page_limit = 6  # type: ignore[misc]
    with pytest.raises(ValidationError) as caught:
        Settings(rpc_url="ws://hunter2", store_url=SecretStr("mysql://u:hunter2@h/x"))
    assert "hunter2" not in str(caught.value)


def test_nothing_is_read_at_import() -> None:
    environment = os.environ | {"LEDGER_API_PORT": "nonsense", "LEDGER_CONFIG": "nowhere.toml"}
    done = subprocess.run([sys.executable, "-c", "import ledger.settings"], cwd=HOME, env=environment, check=False)
    assert done.returncode == 0


def test_settings_need_no_edge_and_no_database() -> None:
    """Every command reads settings, also those that work offline."""
    script = "import sys, ledger.settings; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=HOME, check=True, capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not {"sqlalchemy", "alembic", "web3", "requests", "eth_abi"} & loaded
    assert {name for name in done.stdout.split() if name.startswith("ledger.")} == {"ledger.settings", "ledger.errors"}


def test_the_page_lists_every_setting_and_is_fresh() -> None:
    page = settings_page.PAGE.read_text(encoding="utf-8")
    assert page == settings_page.render(), "run `make generated`"
    for item in describe():
        assert item.description
        assert f"| `{item.variable}` | `{item.name}` | {item.description} | {item.permitted} | {item.default} |" in page
    assert [item.name for item in describe()] == list(Settings.model_fields)


def test_the_page_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_page, "PAGE", tmp_path / "settings.md")
    assert settings_page.main(check=True) == 1
    assert settings_page.main(check=False) == 0
    assert settings_page.main(check=True) == 0
    settings_page.PAGE.write_text("stale")
    assert settings_page.main(check=True) == 1
