"""The app: each part is opened when it is first needed, once, and closed by the app that opened it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from api.services import Services
from ledger.app import App
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.signer import checksummed
from ledger.edges.chain.contract import Chain
from ledger.edges.keys.keystore import Keystore
from ledger.edges.store import Store
from ledger.errors import HistoryBroken, LedgerError, Malformed, Source, Unavailable
from ledger.settings import Settings
from tests.edges.stored import ORIGIN, add

NOWHERE = "http://127.0.0.1:1"
PASSPHRASE = "open sesame"


def settings(folder: Path, **more: object) -> Settings:
    values = {"state_dir": folder, "rpc_url": NOWHERE, "contract": f"0x{ORIGIN.contract.hex()}"} | more
    return Settings(**values)  # type: ignore[arg-type]


def unasked() -> Chain:
    """A chain that was never asked anything."""
    return Chain.unchecked(NOWHERE, ORIGIN)


def away() -> Chain:
    raise Unavailable("there is no node", source=Source.CHAIN)


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'ledger.sqlite'}"


def test_nothing_is_opened_before_it_is_needed(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with App(settings(folder), lambda _: pytest.fail("nobody is asked")) as app:
        assert app.has_relayer is False
        assert app.has_store is False
        assert not folder.exists()


def test_a_part_is_opened_once_for_all_threads(tmp_path: Path) -> None:
    connected, gate = [], threading.Barrier(8)

    def connect() -> Chain:
        connected.append(1)
        return unasked()

    with App(settings(tmp_path), origin=ORIGIN, connect=connect) as app, ThreadPoolExecutor(8) as pool:

        def ask(_: int) -> tuple[int, int]:
            gate.wait(10)
            return id(app.follower), id(app.prover)

        assert len(set(pool.map(ask, range(8)))) == 1
    assert connected == [1]


def test_a_chain_that_was_away_is_asked_again(tmp_path: Path) -> None:
    answers: list[Callable[[], Chain]] = [away, away, unasked]

    def connect() -> Chain:
        return answers.pop(0)()

    with App(settings(tmp_path), origin=ORIGIN, connect=connect) as app:
        for _ in range(2):
            with pytest.raises(Unavailable):
                _ = app.chain
        assert app.chain is app.chain


def test_it_closes_the_store_that_it_opened_and_no_other(tmp_path: Path) -> None:
    with App(settings(tmp_path), origin=ORIGIN) as app:
        add(app.store, [1])
        opened = app.store
    assert opened.database.engine.pool.checkedin() == 0  # type: ignore[attr-defined]
    given = Store.open(url(tmp_path), ORIGIN)
    with App(settings(tmp_path), origin=ORIGIN, store=given) as app:
        assert app.store is given
        assert given.declarations.pending().total == 1
    assert given.database.engine.pool.checkedin() > 0  # type: ignore[attr-defined]
    given.close()


def test_the_stored_history_is_used_where_the_chain_is_away(tmp_path: Path) -> None:
    Store.open(url(tmp_path), ORIGIN).close()
    said: list[LedgerError] = []
    with App(settings(tmp_path), connect=away) as app:
        other = app.use_stored_history(said.append)
        assert [str(error) for error in said] == ["there is no node"]
        assert other is not app
        assert other.origin == ORIGIN
        with other.follower.known_history() as history:
            assert history.size == 0
        with pytest.raises(Unavailable, match="there is no node"):
            _ = app.chain  # this one has not changed


def test_the_stored_history_is_used_where_no_contract_is_set(tmp_path: Path) -> None:
    Store.open(url(tmp_path), ORIGIN).close()
    said: list[LedgerError] = []
    with App(settings(tmp_path, contract=None)) as app:
        assert app.use_stored_history(said.append).origin == ORIGIN
    assert isinstance(said[0], Malformed)


def test_without_a_store_the_chains_error_stands(tmp_path: Path) -> None:
    with App(settings(tmp_path), connect=away) as app, pytest.raises(Unavailable, match="there is no node"):
        app.use_stored_history(lambda error: pytest.fail(str(error)))


def test_a_chain_that_answers_is_used(tmp_path: Path) -> None:
    with App(settings(tmp_path), connect=unasked) as app:
        assert app.use_stored_history(lambda error: pytest.fail(str(error))) is app


def test_nobody_waits_to_save_gas_that_is_free(tmp_path: Path) -> None:
    for fee, longest in ((None, 120), (1, 120), (0, 1)):
        app = App(settings(tmp_path, anchor_max_age_seconds=1, max_fee_per_gas_gwei=fee))
        assert (app.pace.shortest, app.pace.longest) == (1, longest), fee


def test_the_settings_name_the_origin_without_a_chain(tmp_path: Path) -> None:
    for contract in (None, f"0x{ORIGIN.contract.hex().upper()}"):
        with App(settings(tmp_path, origin=str(ORIGIN), contract=contract), connect=away) as app:
            assert app.origin == ORIGIN
            assert app.store.origin == ORIGIN
    with App(settings(tmp_path), connect=away) as app, pytest.raises(Unavailable):
        _ = app.origin


def test_a_store_of_another_history_is_not_opened(tmp_path: Path) -> None:
    Store.open(url(tmp_path), ORIGIN).close()
    for other in (replace(ORIGIN, chain_id=1), replace(ORIGIN, salt=bytes(32))):
        with App(settings(tmp_path, origin=str(other))) as app, pytest.raises(HistoryBroken, match="another history"):
            _ = app.store


def test_settings_that_name_two_contracts_are_malformed(tmp_path: Path) -> None:
    two = settings(tmp_path, origin=str(ORIGIN), contract="0x" + "11" * 20)
    with App(two) as app, pytest.raises(Malformed, match="name two contracts"):
        _ = app.origin


def test_the_origin_is_noted_for_later_commands(tmp_path: Path) -> None:
    unset = settings(tmp_path / "state", contract=None)
    with App(unset) as app, pytest.raises(Malformed, match="no contract is set"):
        _ = app.origin
    with App(unset) as app:
        app.note_origin(ORIGIN)
    with App(unset, connect=away) as app:
        assert app.origin == ORIGIN
        app.origin_file.write_text("0x1234\n")
    with App(unset) as app, pytest.raises(Malformed, match="state/origin: an origin looks like"):
        _ = app.origin
    with App(settings(tmp_path / "state"), connect=away) as app, pytest.raises(Unavailable):
        _ = app.origin  # the settings name a contract, so the note does not count


def test_keys_are_opened_by_the_passphrase_of_the_settings_or_of_a_person(tmp_path: Path) -> None:
    Keystore(tmp_path / "keys", light=True).create("relayer", Algorithm.SECP256K1, PASSPHRASE)
    asked: list[str] = []

    def ask(words: str) -> str:
        asked.append(words)
        return PASSPHRASE

    with App(settings(tmp_path), ask) as app:
        assert app.has_relayer
        assert app.relayer is app.relayer
        app.key("relayer")
        assert asked == ["Passphrase of the keystore: "], "asked once"
        assert app.log_key is None
    with App(settings(tmp_path, passphrase=PASSPHRASE), lambda _: pytest.fail("nobody is asked")) as app:
        assert app.relayer.address
    with App(settings(tmp_path)) as app, pytest.raises(Malformed, match="LEDGER_PASSPHRASE_FILE"):
        _ = app.relayer


def test_a_log_key_that_is_set_and_not_there_is_said(tmp_path: Path) -> None:
    with App(settings(tmp_path, log_key="log", passphrase=PASSPHRASE), origin=ORIGIN) as app:
        with pytest.raises(Malformed, match="key log"):
            _ = app.log_key
        with pytest.raises(Malformed, match="key log"):
            Services(app)  # a server does not start then


def test_what_a_witness_lacks_is_said_without_a_passphrase(tmp_path: Path) -> None:
    def nobody(words: str) -> str:
        pytest.fail(f"asked: {words}")

    with App(settings(tmp_path), nobody) as app, pytest.raises(Malformed, match="LEDGER_WITNESS_NAME"):
        _ = app.witness_key
    named = settings(tmp_path, witness_name="witness.example", trust_file=tmp_path / "trust.json")
    keys = Keystore(tmp_path / "keys", light=True)
    with App(named, nobody) as app, pytest.raises(Malformed, match="no such key"):
        _ = app.witness_key
    keys.create("witness", Algorithm.P256, PASSPHRASE)
    with App(named, nobody) as app, pytest.raises(Malformed, match="Ed25519"):
        _ = app.witness_key
    with App(named, nobody) as app, pytest.raises(Malformed, match=r"trust\.json: cannot be read"):
        app.witness()


def test_the_contract_in_any_case_and_with_a_wrong_checksum(tmp_path: Path) -> None:
    plain = f"0x{ORIGIN.contract.hex()}"
    for spelled in (checksummed(ORIGIN.contract), "0x" + ORIGIN.contract.hex().upper()):
        with App(settings(tmp_path, origin=str(ORIGIN), contract=spelled)) as app:
            assert app.known_origin == ORIGIN
    wrong = "0x" + checksummed(ORIGIN.contract)[2:].swapcase()
    assert wrong.lower() == plain
    with (
        App(settings(tmp_path, origin=str(ORIGIN), contract=wrong)) as app,
        pytest.raises(Malformed, match="LEDGER_CONTRACT: the capitals"),
    ):
        _ = app.known_origin
