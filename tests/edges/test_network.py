"""The chain's edge with nodes that refuse, delay, lose and make things up."""

from __future__ import annotations

import logging
import time

import pytest
from eth_account import Account

from ledger import errors
from ledger.core.encoding.keccak import keccak
from ledger.edges.chain import calls
from ledger.edges.chain.contract import Chain
from ledger.edges.chain.sender import ChainLimits
from ledger.edges.devchain.anvil import DevChain
from ledger.edges.keys.keystore import SigningKey
from tests.conftest import key_of
from tests.contract_views import anchored
from tests.edges.authorities import rpc
from tests.edges.faulty_node import FaultyNode, Reply, faulty_node

ROOT = keccak(b"batch")
GWEI = 10**9


def through(
    faulty: FaultyNode,
    chain: Chain,
    *,
    confirmations: int = 1,
    max_fee_per_gas: int | None = None,
    timeout: float = 5,
    patience: float = 5,
) -> Chain:
    """The same contract through a node with faults."""
    limits = ChainLimits(confirmations, max_fee_per_gas, timeout, patience)
    return Chain.connect(faulty.url, chain.origin, limits)


# ------------------------------------------------------------------------------------------------ a node that is away


def test_a_node_that_is_away_is_unavailable(deployed: Chain) -> None:
    with faulty_node("http://127.0.0.1:1") as faulty:
        url = faulty.url
    with pytest.raises(errors.Unavailable, match=rf"{url} cannot be reached: is it running\?"):
        Chain.connect(url, deployed.origin.contract)


def test_no_error_and_no_log_shows_the_credentials_in_an_address(
    deployed: Chain, devchain: DevChain, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with faulty_node(devchain.url, "/v2/s3cr3tkey") as faulty:
        away = Chain.connect(faulty.url, deployed.origin.contract)
        faulty.rule = lambda method, params: Reply(body=b"no", status=401)
        with pytest.raises(errors.Unavailable) as refused:
            away.head()
        url = faulty.url
    with pytest.raises(errors.Unavailable) as gone:
        away.head()
    with pytest.raises(errors.Unavailable) as never:
        Chain.connect(url.replace("//", "//user:s3cr3tkey@"), deployed.origin.contract)
    assert "HTTP 401" in str(refused.value)
    for caught in (refused, gone, never):
        assert "127.0.0.1" in str(caught.value)
        assert "s3cr3tkey" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
    assert "s3cr3tkey" not in caplog.text


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8545", "ftp://host", "http://", "http://host:port", "file:///etc/passwd"]
)
def test_an_address_that_is_none_is_malformed(url: str) -> None:
    with pytest.raises(errors.Malformed, match="http://127"):
        Chain.connect(url, b"\x11" * 20)


def test_a_slow_node_is_unavailable_in_time(deployed: Chain, devchain: DevChain) -> None:
    with faulty_node(devchain.url) as faulty:
        slow = through(faulty, deployed, timeout=0.2)
        faulty.rule = lambda method, params: Reply(after=0.8)
        with pytest.raises(errors.Unavailable, match=r"did not answer within 0\.2 s"):
            slow.head()


@pytest.mark.parametrize(
    "body", [b"<html>502</html>", b"[]", b'"x"', b"{}", b'{"jsonrpc": "2.0", "id": 0}', b"\xff\xfe"]
)
def test_what_is_no_node_is_said_to_be_none(deployed: Chain, devchain: DevChain, body: bytes) -> None:
    with faulty_node(devchain.url) as faulty:
        chain = through(faulty, deployed)
        faulty.rule = lambda method, params: Reply(body=body)
        with pytest.raises(errors.Unavailable, match="JSON-RPC|says"):
            chain.head()


@pytest.mark.parametrize(
    "error",
    [
        {"code": -32005, "message": "rate limit"},
        {"code": -32000, "message": "rate limit", "data": None},
        {"code": -32000, "message": "rate limit", "data": {"see": "plans"}},
    ],
)
def test_a_refusal_of_the_node_is_no_refusal_of_the_contract(
    deployed: Chain, devchain: DevChain, relayer: SigningKey, error: dict[str, object]
) -> None:
    with faulty_node(devchain.url) as faulty:
        chain = through(faulty, deployed)
        faulty.rule = lambda method, params: Reply(error=error)
        with pytest.raises(errors.Unavailable, match="says: .*rate limit"):
            chain.submit(calls.anchor(ROOT, 1), relayer)


def test_a_connection_that_died_meanwhile_is_made_again(deployed: Chain, devchain: DevChain) -> None:
    with faulty_node(devchain.url) as faulty:
        chain = through(faulty, deployed)
        lost: list[str] = []

        def lose_the_first(method: str, params: list[object]) -> Reply | None:
            lost.append(method)
            return Reply(dead=True) if len(lost) == 1 else None

        faulty.rule = lose_the_first
        assert chain.head() == deployed.head()


def test_a_contract_that_vanished_is_missing(deployed: Chain, devchain: DevChain) -> None:
    with faulty_node(devchain.url) as faulty:
        chain = through(faulty, deployed)
        faulty.rule = lambda method, params: Reply(result="0x") if method == "eth_call" else None
        with pytest.raises(errors.ContractMissing):
            chain.head()


def test_an_answer_that_the_contract_never_gives_is_found(deployed: Chain, devchain: DevChain) -> None:
    with faulty_node(devchain.url) as faulty:
        chain = through(faulty, deployed)
        faulty.rule = lambda method, params: Reply(result="0x" + "ff" * 32) if method == "eth_call" else None
        with pytest.raises(errors.HistoryBroken, match="answer to numberOfEntries cannot be read"):
            chain.head()


# ------------------------------------------------------------------------------------------------------ reading logs


def test_ranges_shrink_until_the_node_takes_them(chain: Chain, devchain: DevChain, relayer: SigningKey) -> None:
    for number in range(1, 6):
        chain.submit(calls.anchor(ROOT, number), relayer)
        rpc(devchain.url, "anvil_mine", hex(40))
    expected = list(chain.entries(0))
    with faulty_node(devchain.url) as faulty:
        narrow = through(faulty, chain)

        def at_most_ten(method: str, params: list[dict[str, str]]) -> Reply | None:
            if method == "eth_getLogs" and int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) >= 10:
                return Reply(error={"code": -32602, "message": "eth_getLogs is limited to a 10 blocks range"})
            return None

        faulty.rule = at_most_ten
        told: list[tuple[int, int]] = []
        begin, end = expected[0].block_number, expected[-1].block_number
        assert list(narrow.entries(begin, end, lambda done, of: told.append((done, of)))) == expected
        assert told[-1] == (end - begin + 1, end - begin + 1)
        assert told == sorted(told)


def test_one_range_is_asked_for_ahead(chain: Chain, devchain: DevChain, relayer: SigningKey) -> None:
    """While the entries of one are taken, and not more: what is asked for lies in memory."""
    chain.submit(calls.anchor(ROOT, 9), relayer)
    rpc(devchain.url, "anvil_mine", hex(2_500))
    first = next(iter(chain.entries(0))).block_number
    with faulty_node(devchain.url) as faulty:
        entries = through(faulty, chain).entries(first)
        next(entries)
        deadline = time.monotonic() + 30
        while len(asked_for_logs(faulty)) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)
        assert len(asked_for_logs(faulty)) == 2
        entries.close()  # what was asked for ahead is dropped
        assert not list(entries)


def test_ranges_grow_over_empty_stretches(deployed: Chain, devchain: DevChain) -> None:
    with faulty_node(devchain.url) as faulty:
        chain = through(faulty, deployed)
        faulty.rule = lambda method, params: Reply(result=[]) if method == "eth_getLogs" else None
        assert list(chain.entries(0, 20_000_000)) == []
        ranges = [(int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)) for params in asked_for_logs(faulty)]
    assert [begin for begin, _ in ranges] == [0, *(end + 1 for _, end in ranges[:-1])]
    assert ranges[-1][1] == 20_000_000
    assert len(ranges) < 10


def asked_for_logs(faulty: FaultyNode) -> list[list[dict[str, str]]]:
    return [params for method, params in faulty.asked if method == "eth_getLogs"]


def test_a_node_that_refuses_a_single_block_is_unavailable(deployed: Chain, devchain: DevChain) -> None:
    with faulty_node(devchain.url) as faulty:
        chain = through(faulty, deployed)
        faulty.rule = lambda method, params: Reply(error={"code": 1, "message": "no"}) if "Logs" in method else None
        with pytest.raises(errors.Unavailable, match="says: no"):
            list(chain.entries(0))
        assert faulty.count("eth_getLogs") < 30


def test_a_log_of_another_contract_is_not_taken(chain: Chain, deployed: Chain, devchain: DevChain) -> None:
    with faulty_node(devchain.url) as faulty:
        lying = through(faulty, deployed)
        logs = rpc(devchain.url, "eth_getLogs", {"fromBlock": "0x0", "address": "0x" + chain.origin.contract.hex()})
        faulty.rule = lambda method, params: Reply(result=logs) if method == "eth_getLogs" else None
        with pytest.raises(errors.HistoryBroken, match="not asked for"):
            list(lying.entries(0))


# --------------------------------------------------------------------------------------------------------- sending


def test_an_answer_lost_after_sending_does_not_send_twice(
    chain: Chain, devchain: DevChain, relayer: SigningKey
) -> None:
    with faulty_node(devchain.url) as faulty:
        flaky = through(faulty, chain)
        lost: list[str] = []

        def lose_the_answer(method: str, params: list[object]) -> Reply | None:
            if method == "eth_sendRawTransaction" and not lost:
                lost.append(method)
                return Reply(pass_on=True, dead=True)
            return None

        faulty.rule = lose_the_answer
        receipt = flaky.submit(calls.anchor(ROOT, 1), relayer)
    assert [entry.number for entry in receipt.entries] == [1]
    assert chain.head()[0] == 2
    assert faulty.count("eth_sendRawTransaction") == 2


def test_a_nonce_taken_by_another_process_is_taken_anew(chain: Chain, devchain: DevChain, relayer: SigningKey) -> None:
    stolen: list[int] = []

    def steal(method: str, params: list[object]) -> None:
        if method == "eth_sendRawTransaction" and not stolen:
            account = Account.from_key(keccak(b"relayer"))
            stolen.append(int(rpc(devchain.url, "eth_getTransactionCount", account.address, "pending"), 16))
            transfer = {
                "to": "0x" + "55" * 20, "value": 1, "gas": 21_000, "nonce": stolen[0], "chainId": 31337,
                "maxFeePerGas": 10 * GWEI, "maxPriorityFeePerGas": GWEI,
            }  # fmt: skip
            rpc(devchain.url, "eth_sendRawTransaction", "0x" + account.sign_transaction(transfer).raw_transaction.hex())

    with faulty_node(devchain.url) as faulty:
        ours = through(faulty, chain)
        faulty.rule = steal
        receipt = ours.submit(calls.anchor(ROOT, 1), relayer)
    assert len(stolen) == 1
    sent = rpc(devchain.url, "eth_getTransactionByHash", receipt.tx_hash)
    assert int(sent["nonce"], 16) == stolen[0] + 1


def test_who_was_faster_is_named_after_the_fact(chain: Chain, devchain: DevChain, relayer: SigningKey) -> None:
    """The simulation is told a lie, so that the transaction is mined and fails."""
    with faulty_node(devchain.url) as faulty:
        deceived = through(faulty, chain)

        def all_is_well(method: str, params: list[object]) -> Reply | None:
            if method == "eth_estimateGas":
                return Reply(result=hex(100_000))
            return Reply(result="0x") if method == "eth_call" and params[1] == "pending" else None

        faulty.rule = all_is_well
        with pytest.raises(errors.SetMalformed):
            deceived.submit(calls.anchor(ROOT, 0), relayer)
        assert faulty.count("eth_sendRawTransaction") == 1


def test_a_failure_that_would_pass_now_says_so(chain: Chain, devchain: DevChain, relayer: SigningKey) -> None:
    with faulty_node(devchain.url) as faulty:
        starved = through(faulty, chain)
        faulty.rule = lambda method, params: Reply(result=hex(25_000)) if method == "eth_estimateGas" else None
        with pytest.raises(errors.Unavailable, match="failed in block .* would pass now"):
            starved.submit(calls.anchor(ROOT, 1), relayer)


def test_the_reason_is_found_also_where_estimates_hide_it(
    chain: Chain, devchain: DevChain, relayer: SigningKey
) -> None:
    with faulty_node(devchain.url) as faulty:
        terse = through(faulty, chain)
        bare = {"code": 3, "message": "execution reverted"}
        faulty.rule = lambda method, params: Reply(error=bare) if method == "eth_estimateGas" else None
        with pytest.raises(errors.SetMalformed):
            terse.submit(calls.anchor(ROOT, 0), relayer)


def test_more_gas_than_a_transaction_may_have_is_refused(chain: Chain, devchain: DevChain, relayer: SigningKey) -> None:
    with faulty_node(devchain.url) as faulty:
        greedy = through(faulty, chain)
        faulty.rule = lambda method, params: Reply(result=hex(1 << 25)) if method == "eth_estimateGas" else None
        with pytest.raises(errors.GasTooHigh, match="EIP-7825"):
            greedy.submit(calls.anchor(ROOT, 1), relayer)


def test_a_relayer_without_money_is_told_what_it_needs(chain: Chain, devchain: DevChain) -> None:
    poor = key_of("poor")
    devchain.fund(poor.address, 5)
    with pytest.raises(errors.Unavailable, match=rf"0x{poor.address.hex()} has 5 wei, and that is not enough"):
        chain.submit(calls.anchor(ROOT, 1), poor)


def test_the_price_limit_is_kept(chain: Chain, devchain: DevChain, relayer: SigningKey) -> None:
    with faulty_node(devchain.url) as faulty:
        capped = through(faulty, chain, max_fee_per_gas=7 * GWEI)
        rpc(devchain.url, "anvil_setNextBlockBaseFeePerGas", hex(5 * GWEI))
        rpc(devchain.url, "evm_mine")
        receipt = capped.submit(calls.anchor(ROOT, 1), relayer)
        sent = rpc(devchain.url, "eth_getTransactionByHash", receipt.tx_hash)
        assert int(sent["maxFeePerGas"], 16) <= 7 * GWEI
        assert receipt.effective_gas_price <= 7 * GWEI
        block = rpc(devchain.url, "eth_getBlockByNumber", "latest", False) | {"baseFeePerGas": hex(8 * GWEI)}
        faulty.rule = lambda method, params: Reply(result=block) if method == "eth_getBlockByNumber" else None
        with pytest.raises(errors.Unavailable, match="costs 8 gwei, the limit is 7 gwei"):
            capped.submit(calls.anchor(ROOT, 2), relayer)
    assert anchored(chain, ROOT, 2) is None


def test_confirmations_are_waited_for(chain: Chain, devchain: DevChain, relayer: SigningKey) -> None:
    with faulty_node(devchain.url) as faulty:
        patient = through(faulty, chain, confirmations=3)

        def time_passes(method: str, params: list[object]) -> None:
            if method == "eth_getTransactionReceipt":
                rpc(devchain.url, "anvil_mine", "0x1")

        faulty.rule = time_passes
        receipt = patient.submit(calls.anchor(ROOT, 1), relayer)
    assert int(rpc(devchain.url, "eth_blockNumber"), 16) >= receipt.block_number + 2


def test_what_is_not_confirmed_in_time_is_unavailable_and_named(
    chain: Chain, devchain: DevChain, relayer: SigningKey
) -> None:
    with faulty_node(devchain.url) as faulty:
        hasty = through(faulty, chain, confirmations=3, patience=0.1)
        with pytest.raises(
            errors.Unavailable, match=r"transaction 0x[0-9a-f]{64} was sent, but after 0\.1 s it does not have 3"
        ):
            hasty.submit(calls.anchor(ROOT, 1), relayer)
    assert anchored(chain, ROOT, 1) is not None


def test_a_node_that_goes_away_while_waiting_is_waited_for(
    chain: Chain, devchain: DevChain, relayer: SigningKey
) -> None:
    with faulty_node(devchain.url) as faulty:
        patient = through(faulty, chain)
        until = [0.0]

        def away_for_a_moment(method: str, params: list[object]) -> Reply | None:
            if method == "eth_getTransactionReceipt":
                until[0] = until[0] or time.monotonic() + 0.3
            return Reply(body=b"", status=502) if time.monotonic() < until[0] else None

        faulty.rule = away_for_a_moment
        assert patient.submit(calls.anchor(ROOT, 1), relayer).entries


@pytest.mark.parametrize("change", [{"confirmations": 0}, {"rpc_timeout": 0.0}, {"confirmation_timeout": -1.0}])
def test_limits_that_make_no_sense_are_malformed(change: dict[str, float]) -> None:
    with pytest.raises(errors.Malformed, match="confirmations"):
        ChainLimits(**change)  # type: ignore[arg-type]
