"""One node that hangs, answers what is pending in its own way, does not take hashes, or is behind a proxy."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from ledger import errors
from ledger.core.encoding.keccak import keccak
from ledger.edges.chain import calls
from ledger.edges.chain.circuit import Circuit
from ledger.edges.chain.contract import Chain
from ledger.edges.chain.node import Node
from ledger.edges.chain.rpc import NodeTimeout
from ledger.edges.chain.sender import ChainLimits
from ledger.edges.devchain.anvil import DevChain
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.web import Web
from ledger.errors import Source
from tests.conftest import key_of
from tests.edges.authorities import rpc
from tests.edges.faulty_node import FaultyNode, Reply, faulty_node
from tests.edges.test_network import through
from tests.faults.node import until

ROOT = keccak(b"batch")


# ----------------------------------------------------------------------------------------------- a node that hangs


@pytest.fixture
def asks() -> Iterator[threading.Event]:
    """Set: the one who asks gets an answer. Whatever happens, it gets one in the end."""
    made = threading.Event()
    yield made
    made.set()


def test_a_circuit_is_open_until_the_one_who_asks_has_an_answer(asks: threading.Event) -> None:
    pauses: list[float] = []
    circuit = Circuit(7.0, pauses.append)
    answers: list[str] = []

    def answer() -> bool:
        answers.append(threading.current_thread().name)
        return len(answers) > 3 and asks.wait(10)

    circuit.open(answer)
    circuit.open(answer)  # which changes nothing: one asks already
    assert circuit.is_open
    assert until(lambda: len(answers) == 4, 10)
    assert circuit.is_open
    asks.set()
    assert until(lambda: not circuit.is_open, 10)
    assert pauses == [7.0] * 4
    assert len(set(answers)) == 1


class _Socket:
    """Accepts connections and never answers, until it is told to: what a stopped process looks like."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append(asked["method"])
                outer.answers.wait(20)
                body = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": "0x7a69"}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Write no log."""

        class Server(HTTPServer):
            def handle_error(self, *_: object) -> None:
                """A client that leaves is no error."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def hung_node() -> Iterator[_Socket]:
    made = _Socket()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        made.answers.set()
        made.server.shutdown()
        made.server.server_close()
        thread.join()


def test_a_node_that_hangs_is_waited_for_once_by_all_connections() -> None:
    with hung_node() as hung:
        nodes = [Node(hung.url, 0.3), Node(hung.url, 0.3)]
        with pytest.raises(NodeTimeout, match=r"did not answer within 0\.3 s"):
            nodes[0].chain_id()
        for _ in range(50):
            for node in nodes:
                with pytest.raises(NodeTimeout, match="has not answered since"):
                    node.block()
        assert hung.asked == ["eth_chainId"], "none of the hundred waited, or reached the node"
        hung.answers.set()
        assert until(lambda: _answers(nodes[1]), 10)


def _answers(node: Node) -> bool:
    try:
        return node.chain_id() == 31337
    except errors.Unavailable:
        return False


def test_a_range_of_logs_that_takes_too_long_closes_nothing(deployed: Chain, devchain: DevChain) -> None:
    with faulty_node(devchain.url) as faulty:
        slow = through(faulty, deployed, timeout=0.6)

        def rule(method: str, params: list[dict[str, str]]) -> Reply | None:
            if method == "eth_getLogs" and params[0]["fromBlock"] != params[0]["toBlock"]:
                return Reply(after=1.2)
            return None

        faulty.rule = rule
        entry = next(deployed.entries(0)).block_number  # other tests may have made thousands of blocks
        first, last = max(0, entry - 3), min(entry + 3, deployed.latest().number)
        assert first < last
        assert list(slow.entries(first, last)) == list(deployed.entries(first, last)) != []


def test_an_answer_in_drops_is_too_late() -> None:
    class Dropping(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b" ")
                    stopped.wait(0.05)
            except OSError:
                return

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Write no log."""

    stopped = threading.Event()
    server = HTTPServer(("127.0.0.1", 0), Dropping)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        with pytest.raises(NodeTimeout):
            Node(f"http://127.0.0.1:{server.server_address[1]}", 0.3).chain_id()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# --------------------------------------------------------------------------------------------- what is pending


def _is_pending(params: list[Any]) -> bool:
    return params[-1:] == ["pending"]


PENDING = {
    "an error": Reply(error={"code": -32000, "message": "pending state is not available"}),
    "null": Reply(result=None),
    "another error": Reply(error={"code": -32602, "message": "invalid params"}),
}


@pytest.mark.parametrize("name", [*PENDING, "as latest"])
def test_a_node_without_a_pending_block(name: str, chain: Chain, devchain: DevChain, relayer: SigningKey) -> None:
    with faulty_node(devchain.url) as faulty:
        ours = through(faulty, chain)

        def rule(method: str, params: list[Any]) -> Reply | None:
            if not _is_pending(params):
                return None
            if name != "as latest":
                return PENDING[name]
            return Reply(result=rpc(devchain.url, method, *params[:-1], "latest"))

        faulty.rule = rule
        for size in (1, 2):
            assert ours.submit(calls.anchor(ROOT, size), relayer).entries
    assert chain.head()[0] == 3


def test_with_what_waits_uncounted_the_next_nonces_are_tried(
    chain: Chain, devchain: DevChain, relayer: SigningKey
) -> None:
    """Three transactions of ours wait, and the node counts none of them."""
    with faulty_node(devchain.url) as faulty:
        ours = through(faulty, chain, patience=10)
        node = Node(devchain.url, 5)
        rpc(devchain.url, "evm_setAutomine", False)
        try:
            nonce = node.nonce(relayer.address, "latest")
            for place in range(3):
                fees = chain.sender.fees()
                call = calls.anchor(ROOT, 10 + place)
                made = chain.sender.prepare(chain.origin.contract, call.data, 200_000, nonce + place, fees, relayer)
                chain.sender.hand_over(made, relayer.address)
            faulty.rule = lambda method, params: (
                Reply(result=hex(nonce))
                if method == "eth_getTransactionCount" and _is_pending(params)
                else _mine(devchain, method)
            )
            assert ours.submit(calls.anchor(ROOT, 1), relayer).entries
        finally:
            rpc(devchain.url, "evm_setAutomine", True)
    assert chain.head()[0] == 5


def _mine(devchain: DevChain, method: str) -> None:
    if method == "eth_getTransactionReceipt":
        rpc(devchain.url, "anvil_mine", "0x1")


# ----------------------------------------------------------------------------------------------- words of refusals

TAKEN = [
    "OldNonce, Current nonce: 5, nonce of rejected tx: 4",
    "Transaction nonce is too low. Try incrementing the nonce.",
    "ReplacementNotAllowed",
    "Transaction gas price supplied is too low. There is another transaction with same nonce in the queue. Try "
    "increasing the gas price or incrementing the nonce.",
    "NONCE_TOO_LOW",
]


@pytest.mark.parametrize("words", TAKEN)
def test_a_nonce_that_is_taken_in_other_words(
    words: str, chain: Chain, devchain: DevChain, relayer: SigningKey
) -> None:
    with faulty_node(devchain.url) as faulty:
        ours = through(faulty, chain)
        rule = first_refused(faulty, words)
        with pytest.raises(errors.Unavailable, match="was sent, but after"):  # numbered anew, one too high here
            through(faulty, chain, patience=0.2).submit(calls.anchor(ROOT, 1), relayer)
        assert rule == [words]
        assert faulty.count("eth_sendRawTransaction") == 2
        faulty.rule = lambda method, params: None
        ours.submit(calls.anchor(ROOT, 2), relayer)  # takes the nonce that was left out, so both are mined
    assert until(lambda: chain.head()[0] == 3, 10)


def first_refused(faulty: FaultyNode, words: str) -> list[str]:
    """Refuse the first transaction in these words; the list tells that it was done."""
    said: list[str] = []

    def rule(method: str, params: list[Any]) -> Reply | None:
        if method == "eth_sendRawTransaction" and not said:
            said.append(words)
            return Reply(error={"code": -32000, "message": words})
        return None

    faulty.rule = rule
    return said


def test_a_transaction_that_the_node_has_already_is_sent(chain: Chain, devchain: DevChain, relayer: SigningKey) -> None:
    """Behind a balancer another node than the one that has it may be asked whether it knows it."""
    with faulty_node(devchain.url) as faulty:
        ours = through(faulty, chain)

        def rule(method: str, params: list[Any]) -> Reply | None:
            if method == "eth_sendRawTransaction":
                rpc(devchain.url, method, *params)
                return Reply(error={"code": -32000, "message": "AlreadyKnown"})
            return Reply(result=None) if method == "eth_getTransactionByHash" else None

        faulty.rule = rule
        assert ours.submit(calls.anchor(ROOT, 1), relayer).entries
        assert faulty.count("eth_sendRawTransaction") == 1


@pytest.mark.parametrize("words", ["Upfront cost exceeds account balance", "InsufficientFunds, Account balance: 5"])
@pytest.mark.parametrize("method", ["eth_sendRawTransaction", "eth_estimateGas"])
def test_a_relayer_without_money_in_other_words(words: str, method: str, chain: Chain, devchain: DevChain) -> None:
    poor = key_of("poor in other words")
    devchain.fund(poor.address, 10**18)
    with faulty_node(devchain.url) as faulty:
        ours = through(faulty, chain)
        faulty.rule = lambda asked, params: Reply(error={"code": -32000, "message": words}) if asked == method else None
        with pytest.raises(errors.Unavailable, match=f"has {10**18} wei, and that is not enough"):
            ours.submit(calls.anchor(ROOT, 1), poor)


# ------------------------------------------------------------------------------------------------- one block's state


def test_the_head_is_read_at_one_block_and_no_other(chain: Chain, devchain: DevChain, relayer: SigningKey) -> None:
    with faulty_node(devchain.url) as faulty:
        ours = through(faulty, chain)
        look = ours.look()
        assert (look.size, look.head) == chain.head()[:2]
        asked = [params[1] for method, params in faulty.asked if method == "eth_call"][-2:]
        assert asked == [{"blockHash": look.block.hash, "requireCanonical": True}] * 2


def test_a_node_that_takes_no_hashes_is_asked_by_number(chain: Chain, devchain: DevChain, relayer: SigningKey) -> None:
    with faulty_node(devchain.url) as faulty:
        ours = through(faulty, chain)
        words = "invalid argument 1: json: cannot unmarshal object into Go value of type string"

        def rule(method: str, params: list[Any]) -> Reply | None:
            if method == "eth_call" and isinstance(params[1], dict):
                return Reply(error={"code": -32602, "message": words})
            return None

        faulty.rule = rule
        assert (ours.look().size, ours.look().head) == chain.head()[:2]
        chain.submit(calls.anchor(ROOT, 1), relayer)
        before = len(faulty.asked)
        assert ours.look().size == 2
        assert not any(isinstance(params[1], dict) for _, params in faulty.asked[before:] if len(params) > 1)


def test_a_block_that_moved_while_it_was_read_is_no_state(chain: Chain, devchain: DevChain) -> None:
    """By number, another block's state could be taken for it; so its hash is compared afterwards."""
    with faulty_node(devchain.url) as faulty:
        ours = through(faulty, chain)

        def rule(method: str, params: list[Any]) -> Reply | None:
            if method == "eth_call" and isinstance(params[1], dict):
                return Reply(error={"code": -32602, "message": "invalid params"})
            if method == "eth_getBlockByNumber" and params[0] != "latest":
                return Reply(result=rpc(devchain.url, method, *params) | {"hash": "0x" + "5b" * 32})
            return None

        faulty.rule = rule
        with pytest.raises(errors.NodeLags, match="does not have block"):
            ours.look()


# ------------------------------------------------------------------------------------------------------- proxies


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyNode]:
    """A proxy that the environment names, for every address."""
    with faulty_node("http://127.0.0.1:1") as made:
        made.rule = lambda method, params: Reply(result="0x1")
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, made.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield made


def test_no_proxy_of_the_environment_is_asked_for_a_node(proxy: FaultyNode, deployed: Chain) -> None:
    url = deployed.node_address
    assert Node(url, 5).chain_id() == deployed.origin.chain_id
    assert proxy.asked == []


def test_a_proxy_by_setting_is_and_not_for_this_machine(proxy: FaultyNode, deployed: Chain) -> None:
    assert Node(deployed.node_address, 5, proxy.url).chain_id() == deployed.origin.chain_id
    assert proxy.asked == []
    elsewhere = "http://node.example:8545"
    assert Node(elsewhere, 5, proxy.url).chain_id() == 1
    assert [method for method, _ in proxy.asked] == ["eth_chainId"]
    limits = ChainLimits(proxy=proxy.url)
    with pytest.raises(errors.AnotherHistory, match="found chain 1"):
        Chain.connect(elsewhere, deployed.origin, limits)
    assert "proxy" not in repr(limits)


def test_no_proxy_of_the_environment_is_asked_for_witnesses_and_logs(proxy: FaultyNode, devchain: DevChain) -> None:
    question = b'{"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}'
    straight = Web(devchain.url, 5, Source.WITNESS).post("/", question, 1_000, "application/json")
    assert b"0x7a69" in straight.body
    assert proxy.asked == []
    round_about = Web("http://log.example", 5, Source.WITNESS, proxy.url).post("/", question, 1_000, "application/json")
    assert b'"0x1"' in round_about.body
    assert len(proxy.asked) == 1
