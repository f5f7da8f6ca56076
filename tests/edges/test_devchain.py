"""The embedded chain: it starts, stops, remembers, and says what it cannot do."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ledger.edges.chain import calls
from ledger.edges.chain.contract import Chain, deploy
from ledger.edges.devchain.anvil import CHAIN_ID, SAVE_SECONDS, DevChain
from ledger.edges.devchain.state import StateFiles
from ledger.errors import ContractMissing, Unavailable
from tests.conftest import LIMITS, PLENTY, key_of
from tests.contract_views import anchored
from tests.edges.authorities import rpc

RELAYER = key_of("relayer")
ROOT = b"\x01" * 32


@pytest.fixture
def own(tmp_path: Path) -> Iterator[DevChain]:
    """A chain of the test's own; not started."""
    made = DevChain(tmp_path / "chain")
    yield made
    DevChain(tmp_path / "chain").stop()


def latest(chain: DevChain) -> dict[str, str]:
    block: dict[str, str] = rpc(chain.url, "eth_getBlockByNumber", "latest", False)
    return block


def with_contract(own: DevChain) -> Chain:
    own.start()
    own.fund(RELAYER.address, PLENTY)
    origin, _ = deploy(own.url, [RELAYER.address], 1, RELAYER, LIMITS)
    return Chain.connect(own.url, origin, LIMITS)


def answers(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) == 0


def test_stopping_kills_the_server_itself(own: DevChain) -> None:
    own.start()
    pid, url = own.pid, own.url
    assert pid is not None
    assert answers(url)
    own.stop()
    assert not answers(url)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert own.pid is None
    with pytest.raises(Unavailable, match="not running"):
        _ = own.url


def test_the_same_chain_and_contract_are_there_after_a_stop(own: DevChain) -> None:
    before = with_contract(own)
    receipt = before.submit(calls.anchor(ROOT, 1), RELAYER)
    known, balance = list(before.entries(0)), before.balance(RELAYER.address)
    own.stop()
    own.start()
    after = Chain.connect(own.url, before.origin, LIMITS)
    assert list(after.entries(0)) == known
    assert after.block_hash(receipt.block_number) == receipt.block_hash
    assert after.balance(RELAYER.address) == balance
    assert anchored(after, ROOT, 1) == (1, receipt.entries[0].time)
    assert rpc(own.url, "eth_getTransactionReceipt", receipt.tx_hash)["transactionHash"] == receipt.tx_hash
    again = after.submit(calls.anchor(ROOT, 2), RELAYER)
    assert [entry.number for entry in again.entries] == [2]
    assert again.entries[0].time >= receipt.entries[0].time


def test_a_chain_under_a_running_program_may_stop_and_come_back(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = DevChain(tmp_path, port)
    try:
        chain = with_contract(own)
        own.stop()
        with pytest.raises(Unavailable, match="cannot be reached"):
            chain.head()
        with pytest.raises(Unavailable, match="cannot be reached"):
            chain.submit(calls.anchor(ROOT, 1), RELAYER)
        own.start()
        assert chain.submit(calls.anchor(ROOT, 1), RELAYER).entries[0].number == 1
    finally:
        own.stop()


def test_time_follows_the_clock_and_never_runs_backwards(own: DevChain) -> None:
    own.start()
    rpc(own.url, "evm_increaseTime", 3600)
    rpc(own.url, "evm_mine")
    ahead = int(latest(own)["timestamp"], 16)
    assert ahead >= time.time() + 3500
    own.stop()
    own.start()
    rpc(own.url, "evm_mine")
    assert int(latest(own)["timestamp"], 16) >= ahead


def test_time_after_a_pause_is_the_clocks(own: DevChain) -> None:
    own.start()
    rpc(own.url, "evm_mine")
    own.stop()
    time.sleep(2.1)
    own.start()
    begun = int(time.time())
    rpc(own.url, "evm_mine")
    assert begun <= int(latest(own)["timestamp"], 16) <= time.time()


def test_what_is_older_than_the_saving_interval_survives_kill_9(own: DevChain) -> None:
    chain = with_contract(own)
    chain.submit(calls.anchor(ROOT, 1), RELAYER)
    time.sleep(2 * SAVE_SECONDS + 0.5)
    pid = own.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for_end(own)
    own.start()
    after = Chain.connect(own.url, chain.origin, LIMITS)
    assert anchored(after, ROOT, 1) is not None


def test_what_a_killed_chain_kept_of_old_states_is_removed(own: DevChain) -> None:
    """It is in the chain's own folder, and not in the user's home, where nobody removes it."""
    with_contract(own)
    states = own._folder / "old-states"

    def kept() -> set[Path]:
        return set(states.iterdir()) if states.is_dir() else set()

    for _ in range(10):  # until there are more than it keeps in memory
        rpc(own.url, "anvil_mine", hex(1_000))
        if left := kept():
            break
    assert left
    pid = own.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for_end(own)
    assert left <= kept()
    own.start()
    assert left.isdisjoint(kept())


def test_what_is_younger_may_be_gone_and_the_chain_still_starts(own: DevChain) -> None:
    own.start()
    own.stop()
    chain = with_contract(own)
    pid = own.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for_end(own)
    own.start()
    try:
        assert Chain.connect(own.url, chain.origin, LIMITS).head()[0] == 1
    except ContractMissing:
        assert int(latest(own)["number"], 16) <= 1 + 256, "a start after a kill makes empty blocks"


def wait_for_end(own: DevChain) -> None:
    deadline = time.monotonic() + 10
    while own.pid is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_half_a_state_goes_back_to_the_copy_that_was_made_meanwhile(
    own: DevChain, caplog: pytest.LogCaptureFixture
) -> None:
    chain = with_contract(own)
    chain.submit(calls.anchor(ROOT, 1), RELAYER)
    time.sleep(3 * SAVE_SECONDS + 0.5)
    pid = own.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for_end(own)
    state = own._folder / "state.json"
    half = state.read_bytes()[: state.stat().st_size // 2]
    state.write_bytes(half)  # as if it had been killed in the middle of writing
    own.start()
    assert "its copy was restored" in caplog.text
    after = Chain.connect(own.url, chain.origin, LIMITS)
    assert anchored(after, ROOT, 1) is not None
    assert (own._folder / "state.damaged.json").read_bytes() == half


def test_half_a_state_without_a_copy_is_not_thrown_away(own: DevChain) -> None:
    own._folder.mkdir()
    state = own._folder / "state.json"
    state.write_text('{"block":')
    with pytest.raises(Unavailable, match="damaged and there is no copy"):
        own.start()
    assert state.read_text() == '{"block":'


@pytest.fixture
def files(tmp_path: Path) -> StateFiles:
    return StateFiles(tmp_path)


def test_whole_states_are_copied_and_halves_are_not(files: StateFiles) -> None:
    files.keep()
    assert not files.good.exists()
    for text, copied in (('{"block": 1}', 1), ('{"block"', 1), ("", 1), ('{"block": 2}', 2)):
        files.state.write_text(text)
        files.keep()
        assert json.loads(files.good.read_text()) == {"block": copied}
    assert not list(files.folder.glob("*.part"))


def test_a_state_of_two_moments_is_not_copied_and_goes_back_to_the_copy(own: DevChain, files: StateFiles) -> None:
    """Accounts that know of a transaction that is in no block: anvil wrote them at different times."""
    with_contract(own)
    own.stop()
    state = own._folder / "state.json"
    files.state.write_bytes(state.read_bytes())
    files.keep()
    whole = files.good.read_bytes()
    torn = json.loads(state.read_text())
    assert any(block["transactions"] for block in torn["blocks"])
    torn["blocks"] = [block | {"transactions": []} for block in torn["blocks"]]
    files.state.write_text(json.dumps(torn))
    files.keep()
    assert files.good.read_bytes() == whole
    files.rescue()
    assert files.state.read_bytes() == whole


def test_a_state_that_is_gone_is_found_in_its_copy(files: StateFiles) -> None:
    """Killed between moving the damaged state away and putting the copy in its place."""
    files.good.write_text('{"block": 1}')
    files.rescue()
    assert json.loads(files.state.read_text()) == {"block": 1}


def test_a_state_written_to_while_it_is_read_is_not_taken(files: StateFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    files.state.write_text('{"block": 1}')
    read = Path.read_bytes

    def slow(path: Path) -> bytes:
        data = read(path)
        if path == files.state:
            path.write_text('{"block": 22}')
        return data

    monkeypatch.setattr(Path, "read_bytes", slow)
    files.keep()
    assert not files.good.exists()


def test_a_large_state_is_saved_less_often(files: StateFiles) -> None:
    assert files.interval == SAVE_SECONDS
    with files.state.open("wb") as file:
        file.truncate(50_000_000)
    assert files.interval == SAVE_SECONDS + 10


def test_the_keeper_ends_with_its_chain(own: DevChain) -> None:
    own.start()
    assert own._keeper is not None
    pid = own.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert own._keeper.wait(10) == 0


def test_starting_twice_is_one_chain(own: DevChain) -> None:
    own.start()
    first = own.pid, own.url
    own.start()
    other = DevChain(own._folder)
    other.start()
    assert (own.pid, own.url) == (other.pid, other.url) == first


def test_another_process_starts_it_and_we_stop_it(own: DevChain) -> None:
    program = (
        "import sys; from pathlib import Path; from ledger.edges.devchain.anvil import DevChain;"
        "DevChain(Path(sys.argv[1])).start()"
    )
    subprocess.run([sys.executable, "-c", program, str(own._folder)], check=True)
    url = own.url
    assert rpc(url, "eth_blockNumber") == "0x0"
    own.stop()
    assert not answers(url)


def test_a_start_waits_for_one_that_is_under_way(own: DevChain) -> None:
    own._folder.mkdir()
    with ThreadPoolExecutor(1) as pool:
        with (own._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            starting = pool.submit(own.start)
            with pytest.raises(TimeoutError):
                starting.result(0.5)
            assert own.pid is None
        starting.result(30)
    assert own.pid is not None


def test_processes_at_once_start_one(own: DevChain) -> None:
    program = (
        "import sys; from pathlib import Path; from ledger.edges.devchain.anvil import DevChain;"
        "d = DevChain(Path(sys.argv[1])); d.start(); print(d.pid)"
    )
    command = [sys.executable, "-c", program, str(own._folder)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    pids = {process.communicate(timeout=60)[0].strip() for process in running}
    assert pids == {str(own.pid)}


@pytest.mark.parametrize("stale", ["", "{", '{"pid": 1}', '{"pid": 99999999, "port": 1}', "own pid"])
def test_a_stale_pid_is_no_chain_and_nobody_is_killed(own: DevChain, stale: str) -> None:
    own._folder.mkdir()
    file = own._folder / "process.json"
    file.write_text(json.dumps({"pid": os.getpid(), "port": 1}) if stale == "own pid" else stale)
    assert own.pid is None
    own.stop()
    own.start()
    assert own.pid not in (None, os.getpid())


def test_a_taken_port_is_said_to_be_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        own = DevChain(tmp_path, taken.getsockname()[1])
        with pytest.raises(Unavailable, match="is taken by another program"):
            own.start()
        assert own.pid is None


def test_a_missing_binary_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.edges.devchain.anvil._ROOT", tmp_path)
    with pytest.raises(Unavailable, match="run `make setup`"):
        DevChain(tmp_path / "chain").start()


def test_it_listens_on_loopback_only_and_holds_no_accounts(own: DevChain) -> None:
    own.start()
    assert own.url.startswith("http://127.0.0.1:")
    assert rpc(own.url, "eth_accounts") == []
    assert rpc(own.url, "eth_chainId") == hex(CHAIN_ID)
