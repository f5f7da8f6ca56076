"""Faults of a node, by name: each a rule for ``tests.edges.faulty_node``, in front of the real one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Collection
from threading import Lock
from typing import Any

from tests.edges.faulty_node import Reply

Rule = Callable[[str, list[Any]], Reply | None]
SEND = "eth_sendRawTransaction"
_ANYTHING: frozenset[str] = frozenset()


def mannerly(method: str, params: list[Any]) -> Reply | None:
    """The node itself."""
    return None


def late(seconds: float, methods: Collection[str] = _ANYTHING) -> Rule:
    """The right answer, too late or nearly so."""
    return _to(methods, Reply(pass_on=True, after=seconds))


def twice() -> Rule:
    """Every request reaches the node twice, as by a middlebox that repeats; the second answer is what is heard."""
    return _to(_ANYTHING, Reply(pass_on=True, times=2))


def status(code: int, methods: Collection[str] = _ANYTHING) -> Rule:
    """An HTTP error without JSON."""
    return _to(methods, Reply(status=code, body=b"<html>try later</html>"))


def failing(code: int, message: str, methods: Collection[str] = _ANYTHING) -> Rule:
    """A JSON-RPC error."""
    return _to(methods, Reply(error={"code": code, "message": message}))


def cut(methods: Collection[str] = _ANYTHING) -> Rule:
    """The first half of the right answer."""
    return _to(methods, Reply(pass_on=True, alter=lambda body: body[: len(body) // 2]))


def closed(methods: Collection[str] = _ANYTHING) -> Rule:
    """The connection is closed before the request goes anywhere."""
    return _to(methods, Reply(dead=True))


def unanswered(methods: Collection[str] = frozenset({SEND})) -> Rule:
    """The node does what is asked, and its answer never arrives."""
    return _to(methods, Reply(pass_on=True, dead=True))


def swallowed() -> Rule:
    """The node says that it took a transaction, and forgets it."""
    return _to({SEND}, Reply(result="0x" + "ab" * 32))


def chain_id(number: int) -> Rule:
    """The node of another chain."""
    return _to({"eth_chainId"}, Reply(result=hex(number)))


def code(text: str) -> Rule:
    """Other code at every address."""
    return _to({"eth_getCode"}, Reply(result=text))


def receipts_of_others() -> Rule:
    """Whatever receipt is asked for, the first one that ever was: of another transaction, and successful."""
    seen: list[Any] = []

    def alter(body: bytes) -> bytes:
        found = json.loads(body).get("result")
        if found and not seen:
            seen.append(found)
        return _with_result(body, seen[0]) if seen else body

    return _to({"eth_getTransactionReceipt"}, Reply(pass_on=True, alter=alter))


def stale(chance: random.Random) -> Rule:
    """Every other answer is the one of the time before, as from a balancer over nodes that are not level."""
    held: dict[str, Any] = {}
    lock = Lock()

    def rule(method: str, params: list[Any]) -> Reply | None:
        if method == SEND:
            return None
        asked = json.dumps([method, params])

        def alter(body: bytes) -> bytes:
            with lock:
                if asked in held and chance.random() < 0.5:
                    return _with_result(body, held[asked])
                held[asked] = json.loads(body).get("result")
                return body

        return Reply(pass_on=True, alter=alter)

    return rule


def flapping(chance: random.Random, share: float, rules: Collection[Rule]) -> Rule:
    """Faultless but for this share of the requests, which get one of ``rules`` by chance."""
    chosen, lock = list(rules), Lock()

    def rule(method: str, params: list[Any]) -> Reply | None:
        with lock:
            taken = chance.choice(chosen) if chance.random() < share else None
        return None if taken is None else taken(method, params)

    return rule


def _to(methods: Collection[str], reply: Reply) -> Rule:
    """This reply to these methods, or to every method where none is named."""
    return lambda method, params: reply if not methods or method in methods else None


def _with_result(body: bytes, result: object) -> bytes:
    answer = json.loads(body)
    return json.dumps({"jsonrpc": "2.0", "id": answer["id"], "result": result}).encode()
