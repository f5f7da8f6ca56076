"""A node that serves a synthetic history (``bench.synthetic_history``) by JSON-RPC, on a free port of loopback.

It answers the calls of an audit, and refuses more than 10,000 logs at once, as hosted nodes do.

    python -m bench.synthetic_node FILE SIZE      print its address, and serve until it is stopped
"""

from __future__ import annotations

import json
import sys
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any

from bench.synthetic_history import ENTRIES_A_BLOCK, read
from ledger import artifact
from ledger.core.encoding.keccak import keccak
from ledger.core.tree.merkle import leaf_hash, node_hash
from ledger.edges.chain.calls import Call
from ledger.edges.chain.events import ENTRY_TOPIC
from ledger.testing.world import ORIGIN

MAX_LOGS = 10_000
_HEADER = 17  # bytes of an entry before its payload


class SyntheticNode:
    """The node's data and answers. Entries begin in block 1."""

    def __init__(self, file: Path, size: int) -> None:
        self._size = size
        self._latest = 1 + (size - 1) // ENTRIES_A_BLOCK
        self._block_offsets = [0]
        self._source, self._lock = file.open("rb"), Lock()
        head, offset = ORIGIN.separator, 0
        for number, (topic, data) in enumerate(read(file, size), start=1):
            head = node_hash(head, leaf_hash(data))
            offset += 4 + len(topic) + len(data)
            if number % ENTRIES_A_BLOCK == 0 or number == size:
                self._block_offsets.append(offset)
        self._head = head

    @cached_property
    def _code(self) -> str:
        return "0x" + artifact.load().code_at(ORIGIN).hex()

    def answer(self, method: str, params: list[Any]) -> str:
        """The result as JSON text.

        :raises ValueError: the node does not know the method, or the call asks for too many logs.
        """
        match method:
            case "eth_chainId":
                return json.dumps(hex(ORIGIN.chain_id))
            case "eth_getCode":
                return json.dumps(self._code)
            case "eth_getBlockByNumber":
                number = self._latest if params[0] == "latest" else int(params[0], 16)
                return json.dumps({"number": hex(number), "hash": _block_hash(number), "timestamp": "0x1"})
            case "eth_call":
                call_data = params[0]["data"]
                asks_size = call_data == "0x" + Call("numberOfEntries", ()).data.hex()
                found = self._size.to_bytes(32) if asks_size else self._head
                return json.dumps("0x" + found.hex())
            case "eth_getLogs":
                return self._logs(int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16))
        raise ValueError(f"this node does not know {method}")

    def _logs(self, first: int, last: int) -> str:
        first, last = max(first, 1), min(last, self._latest)
        if (last - first + 1) * ENTRIES_A_BLOCK > MAX_LOGS:
            raise ValueError(f"query returned more than {MAX_LOGS} results")
        logs: list[str] = []
        for block in range(first, last + 1):
            begin, end = self._block_offsets[block - 1], self._block_offsets[block]
            with self._lock:
                self._source.seek(begin)
                records, at = self._source.read(end - begin), 0
            while at < len(records):
                length = int.from_bytes(records[at : at + 4])
                record = records[at + 4 : at + 4 + length]
                logs.append(_log(record[:32], record[32:], block, len(logs)))
                at += 4 + length
        return f"[{','.join(logs)}]"


def _block_hash(block: int) -> str:
    return f"0x{block:064x}"


def _log(topic: bytes, data: bytes, block: int, index: int) -> str:
    """The JSON text of a log. It encodes (uint64, bytes) itself, because eth-abi would take longer than the audit."""
    payload = data[_HEADER:]
    encoded = data[9:17].rjust(32, b"\0") + (64).to_bytes(32) + len(payload).to_bytes(32) + payload
    encoded += bytes(-len(payload) % 32)
    number, kind = data[:8].hex().rjust(64, "0"), data[8:9].hex().rjust(64, "0")
    return (
        f'{{"address":"0x{ORIGIN.contract.hex()}","blockHash":"{_block_hash(block)}","blockNumber":"{block:#x}",'
        f'"data":"0x{encoded.hex()}","logIndex":"{index:#x}","removed":false,'
        f'"topics":["0x{ENTRY_TOPIC.hex()}","0x{number}","0x{kind}","0x{topic.hex()}"],'
        f'"transactionHash":"0x{keccak(data[:8]).hex()}","transactionIndex":"0x0"}}'
    )


def main(file: Path, size: int) -> None:
    """Serve until the process is stopped."""
    node = SyntheticNode(file, size)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                member = f'"result":{node.answer(request["method"], request["params"])}'
            except ValueError as error:
                member = f'"error":{json.dumps({"code": -32005, "message": str(error)})}'
            body = f'{{"jsonrpc":"2.0","id":{request["id"]},{member}}}'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
