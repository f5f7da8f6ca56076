"""What a node may do wrong, as rules for ``tests.edges.faulty_node``, in front of a real one."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

from ledger.core.history.entry import EntryKind
from tests.edges.faulty_node import Reply
from tests.faults.node import ask
from tests.faults.proxy import Rule

Log = dict[str, Any]


def number_of(log: Log) -> int:
    """Number of the entry that a log carries."""
    return int(log["topics"][1], 16)


def logs_changed(change: Callable[[list[Log]], list[Log]]) -> Rule:
    """The logs, after a change."""

    def alter(body: bytes) -> bytes:
        answer = json.loads(body)
        if isinstance(answer.get("result"), list):
            answer["result"] = change(answer["result"])
        return json.dumps(answer).encode()

    return lambda method, params: Reply(pass_on=True, alter=alter) if method == "eth_getLogs" else None


def without(first: int, places: slice) -> Rule:
    """The logs without some of the entries from number ``first`` on, and no error."""

    def change(logs: list[Log]) -> list[Log]:
        new = [log for log in logs if number_of(log) >= first]
        gone = {number_of(log) for log in new[places]}
        return [log for log in logs if number_of(log) not in gone]

    return logs_changed(change)


def late_logs(url: str) -> Rule:
    """The newest block has no logs yet."""

    def rule(method: str, params: list[Any]) -> Reply | None:
        if method != "eth_getLogs":
            return None
        newest = int(ask(url, "eth_blockNumber"), 16)
        wanted = params[0] | {"toBlock": hex(min(int(params[0]["toBlock"], 16), newest - 1))}
        if int(wanted["fromBlock"], 16) > int(wanted["toBlock"], 16):
            return Reply(result=[])
        return Reply(result=ask(url, method, wanted))

    return rule


def behind(url: str, blocks: int, every: int = 1) -> Rule:
    """``latest`` is some blocks ago, at every so many questions: as behind a balancer over nodes that are not level."""
    asked = itertools.count()

    def rule(method: str, params: list[Any]) -> Reply | None:
        if "latest" not in params or next(asked) % every:
            return None
        old = hex(max(0, int(ask(url, "eth_blockNumber"), 16) - blocks))
        return Reply(result=ask(url, method, *(old if item == "latest" else item for item in params)))

    return rule


def pending(reply: Reply | None, url: str = "") -> Rule:
    """What is pending is answered so; None: as what is latest."""

    def rule(method: str, params: list[Any]) -> Reply | None:
        if params[-1:] != ["pending"]:
            return None
        return reply or Reply(result=ask(url, method, *params[:-1], "latest"))

    return rule


def state_missing() -> Rule:
    """The node has the block and not its state."""
    error = {"code": -32000, "message": "header not found"}
    return lambda method, params: Reply(error=error) if method == "eth_call" and params[1] != "pending" else None


def first_send_refused(words: str) -> Rule:
    """The first transaction is refused in these words."""
    left = [words]

    def rule(method: str, params: list[Any]) -> Reply | None:
        if method == "eth_sendRawTransaction" and left:
            return Reply(error={"code": -32000, "message": left.pop()})
        return None

    return rule


def head_changed(selector: bytes) -> Rule:
    """The contract states another head."""
    data = "0x" + selector.hex()
    return lambda method, params: (
        Reply(result="0x" + "5b" * 32) if method == "eth_call" and params[0]["data"] == data else None
    )


def log_made_up(number: int) -> Rule:
    """The root that entry ``number`` anchors is another: by its own rules the log could be so."""

    def change(logs: list[Log]) -> list[Log]:
        return [forged(log) if number_of(log) >= number else log for log in logs]

    def forged(log: Log) -> Log:
        *others, root = log["topics"]
        if int(others[2], 16) != EntryKind.ANCHORED:
            return log
        return log | {"topics": [*others, "0x5b" + root[4:]], "data": log["data"].replace(root[2:], "5b" + root[4:])}

    return logs_changed(change)
