"""One node over JSON-RPC (web3.py). Whatever goes wrong becomes one of our own errors.

The address of a node may hold credentials (``https://…/v2/KEY``), so errors and logs show only its scheme, host and
port. web3 is imported when a node is first asked, so that commands that work offline start without it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from ledger.errors import DefiniteNo, LedgerError, Malformed, Source, Unavailable

if TYPE_CHECKING:
    from web3.types import BlockIdentifier, TxParams

# At level DEBUG these loggers write whole addresses, credentials included.
_REVEALING_LOGGERS = ("web3", "urllib3")
_LONGEST_MESSAGE = 200


class NodeRefused(Unavailable):
    """The node answered with an error. ``message`` is the node's wording, ``code`` its JSON-RPC code if it gave one."""

    def __init__(self, address: str, message: str, code: int | None = None) -> None:
        shown = message if len(message) <= _LONGEST_MESSAGE else message[:_LONGEST_MESSAGE] + "…"
        super().__init__(f"the node at {address} says: {shown}", source=Source.CHAIN)
        self.message = message
        self.code = code


class NotFound(NodeRefused):
    """The node has no such block or transaction."""


class NodeTimeout(Unavailable):
    """The node did not answer in time."""


class CallReverted(DefiniteNo):
    """A simulated call reverted with ``data``. The edges turn this into a ``Refused``."""

    def __init__(self, data: bytes) -> None:
        super().__init__("0x" + data.hex())
        self.data = data


@dataclass(frozen=True, slots=True)
class Block:
    """The parts of a block used here: number, hash (lower-case hex with ``0x``), time in seconds, base fee in wei."""

    number: int
    hash: str
    time: int
    base_fee: int


class Node:
    """A connection to one JSON-RPC address. ``timeout``: seconds for one request. Safe to use from threads.

    Every method raises ``Unavailable`` if the node cannot be reached or refuses. Other errors are documented.
    """

    def __init__(self, url: str, timeout: float) -> None:
        from requests.exceptions import ConnectionError as CannotConnect
        from web3 import HTTPProvider, Web3
        from web3.providers.rpc.utils import ExceptionRetryConfiguration

        self.address = shown_address(url)
        self._timeout = timeout
        for name in _REVEALING_LOGGERS:
            logger = logging.getLogger(name)
            if logger.level == logging.NOTSET:
                logger.setLevel(logging.INFO)
        # Retry once, because a node that restarted leaves a dead connection in the pool. Sending the same raw
        # transaction twice is harmless.
        retry = ExceptionRetryConfiguration(errors=(CannotConnect,), retries=2, backoff_factor=0.05)
        provider = HTTPProvider(url, request_kwargs={"timeout": timeout}, exception_retry_configuration=retry)
        self._provider = provider
        self._eth = Web3(provider, middleware=[]).eth

    def chain_id(self) -> int:
        with self._asking():
            return int(self._eth.chain_id)

    def block(self, number: BlockIdentifier = "latest") -> Block | None:
        """A block by number or tag; None if the node has no such block.

        Reads the node's JSON itself, because web3 refuses blocks with more than 32 bytes of extraData. Blocks that
        validators sign have more (Clique, IBFT, QBFT).
        """
        with self._asking():
            found = self._plain("eth_getBlockByNumber", [hex(number) if isinstance(number, int) else number, False])
            if found is None:
                return None
            return Block(
                int(found["number"], 16),
                "0x" + bytes.fromhex(found["hash"].removeprefix("0x")).hex(),
                int(found["timestamp"], 16),
                int(found.get("baseFeePerGas", "0x0"), 16),
            )

    def code(self, address: bytes, block: BlockIdentifier = "latest") -> bytes:
        """The code at an address; empty if there is no contract."""
        with self._asking():
            return bytes(self._eth.get_code(_checksum(address), block))

    def balance(self, address: bytes) -> int:
        """Balance of an account in wei."""
        with self._asking():
            return int(self._eth.get_balance(_checksum(address)))

    def call(
        self, to: bytes | None, data: bytes, block: BlockIdentifier = "latest", sender: bytes | None = None
    ) -> bytes:
        """Simulate a call, or the creation of a contract if ``to`` is None.

        :raises CallReverted: with the revert data.
        """
        with self._asking():
            return bytes(self._eth.call(_transaction(to, data, sender), block, ccip_read_enabled=False))

    def estimate(self, to: bytes | None, data: bytes, sender: bytes) -> int:
        """Gas that a transaction needs; CallReverted if it would revert."""
        with self._asking():
            return int(self._eth.estimate_gas(_transaction(to, data, sender), "pending"))

    def logs(self, address: bytes, topic: bytes, first_block: int, last_block: int) -> Sequence[Mapping[str, Any]]:
        """Logs of a contract with this first topic, in order, in a range of blocks (both ends included).

        Returned as the node's JSON: converting a log in web3 takes longer than verifying it in the core.
        """
        wanted = {
            "address": _checksum(address),
            "topics": ["0x" + topic.hex()],
            "fromBlock": hex(first_block),
            "toBlock": hex(last_block),
        }
        with self._asking():
            logs = self._plain("eth_getLogs", [wanted])
            if not isinstance(logs, list) or not all(isinstance(log, dict) for log in logs):
                raise TypeError("not a list of logs")
            return cast(Sequence[Mapping[str, Any]], logs)

    def nonce(self, address: bytes, block: BlockIdentifier) -> int:
        """Number of an account's transactions as of a block; "pending" includes those that are waiting."""
        with self._asking():
            return int(self._eth.get_transaction_count(_checksum(address), block))

    def priority_fee(self) -> int:
        """The tip that the node advises, in wei per gas."""
        with self._asking():
            return int(self._eth.max_priority_fee)

    def send(self, raw: bytes) -> None:
        """Send a signed transaction."""
        with self._asking():
            self._eth.send_raw_transaction(raw)

    def knows(self, tx_hash: str) -> bool:
        """Whether the node has this transaction, waiting or mined."""
        try:
            with self._asking():
                self._eth.get_transaction(cast(Any, tx_hash))
        except NotFound:
            return False
        return True

    def receipt(self, tx_hash: str) -> Mapping[str, Any] | None:
        """A transaction's receipt; None until it is mined."""
        try:
            with self._asking():
                return cast(Mapping[str, Any], self._eth.get_transaction_receipt(cast(Any, tx_hash)))
        except NotFound:
            return None

    def _plain(self, method: str, parameters: list[Any]) -> Any:
        """The ``result`` of a JSON-RPC response, not converted."""
        answer = self._provider.make_request(cast(Any, method), parameters)
        failure = answer.get("error")
        if failure is not None:
            raise _refused(self.address, failure)
        return answer["result"]

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Turn what web3 and requests raise into our errors. ``from None``, because their messages show the address."""
        from requests.exceptions import RequestException, Timeout
        from web3.exceptions import (
            BlockNotFound,
            ContractLogicError,
            TransactionNotFound,
            Web3Exception,
            Web3RPCError,
        )

        try:
            yield
        except (BlockNotFound, TransactionNotFound):
            raise NotFound(self.address, "no such block or transaction") from None
        except Timeout:
            raise NodeTimeout(
                f"the node at {self.address} did not answer within {self._timeout:g} s: try again, or allow more time",
                source=Source.CHAIN,
            ) from None
        except RequestException as error:
            response = getattr(error, "response", None)
            if response is not None:
                raise NodeRefused(self.address, f"HTTP {response.status_code}", response.status_code) from None
            raise Unavailable(
                f"the node at {self.address} cannot be reached: is it running?", source=Source.CHAIN
            ) from None
        except ContractLogicError as error:
            raise self._revert(error.message or "", error.data) from None
        except Web3RPCError as error:
            detail = (error.rpc_response or {}).get("error")
            raise _refused(self.address, detail if isinstance(detail, Mapping) else error.message) from None
        except (Web3Exception, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Unavailable(
                f"the server at {self.address} does not speak JSON-RPC ({type(error).__name__}): check rpc_url",
                source=Source.CHAIN,
            ) from None

    def _revert(self, message: str, data: object) -> LedgerError:
        text = data.split()[-1] if isinstance(data, str) and data else ""
        if text.startswith("0x"):
            return CallReverted(bytes.fromhex(text[2:]))
        # web3 takes every error whose "data" is null or an object for a revert, and adds this prefix to its message.
        if isinstance(data, Mapping):
            message = message.removeprefix("execution reverted: ")
        return CallReverted(b"") if "revert" in message else NodeRefused(self.address, message)


def shown_address(url: str, where: str = "rpc_url") -> str:
    """Scheme, host and port of an address, which may be shown. Malformed, at ``where``, unless it is http or https."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Malformed("must be an address such as http://127.0.0.1:8545", where)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def _refused(address: str, failure: object) -> NodeRefused:
    """Make an error of the ``error`` member of a JSON-RPC response, or of a message."""
    if isinstance(failure, Mapping):
        return NodeRefused(address, str(failure.get("message")), failure.get("code"))
    return NodeRefused(address, str(failure))


def _checksum(address: bytes) -> Any:
    from web3 import Web3

    return Web3.to_checksum_address(address)


def _transaction(to: bytes | None, data: bytes, sender: bytes | None) -> TxParams:
    made: dict[str, Any] = {"data": "0x" + data.hex()}
    if to is not None:
        made["to"] = _checksum(to)
    if sender is not None:
        made["from"] = _checksum(sender)
    return cast("TxParams", made)
