"""One verdict, in a worker process: the body of a request becomes the body of its answer.

``verdicts`` starts the processes. What both sides say to each other is defined here: a head in JSON, then bytes.
"""

from __future__ import annotations

import base64
import binascii
import json
import pickle
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import orjson

from api.kit.process import Ask, JobBudget, TimeSpent, serve
from ledger.core.encoding.canonical_json import MAX_DEPTH, MAX_VALUES
from ledger.core.encoding.ids import DeclarationId, Root, SetName, Signer
from ledger.core.encoding.json_text import parse_json
from ledger.core.encoding.limits import Limits
from ledger.core.encoding.reading import read_bool, read_count, read_optional, read_string
from ledger.core.verification.cache import VerificationCache
from ledger.core.verification.limits import VerificationLimits
from ledger.core.verification.snapshot import Snapshot, Wanted
from ledger.core.verification.verdict import Question, Verdict
from ledger.core.verification.verify import verify_nothing
from ledger.errors import Malformed, Source, Unavailable
from ledger.journeys.verify import VerificationRequest, judge

_MEMBERS = ("evidence", "document", "trust", "policy", "at", "online")
_MAX_TIME = (1 << 40) - 1


@dataclass(frozen=True, slots=True)
class Setup:
    """What holds for all verdicts of a process; see the settings ``verification_…``."""

    entries: int
    attestations: int
    seconds: float
    memory_bytes: int


class Asked(NamedTuple):
    """What is asked beside the body.

    ``clock``: seconds since 1970. ``looked``: whether the chain was looked at just now, so that there are fresh facts
    to ask for. ``elsewhere``: what the chain that was asked has in the place of our history; None if it has ours.
    """

    clock: int
    looked: bool = False
    elsewhere: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict, or why there is none.

    ``body``: the verdict's JSON; empty if there is none. ``conclusion`` and ``questions`` are counted.
    ``malformed``: what is wrong with the body, where, and in which part of it. ``unavailable``: why nobody could
    say.
    All are missing where the chain is to be looked at first.
    """

    body: bytes = b""
    conclusion: str = ""
    questions: Mapping[str, str] | None = None
    malformed: tuple[str, str, str] | None = None
    unavailable: str | None = None

    def to_bytes(self) -> bytes:
        head = [self.conclusion, self.questions, self.malformed, self.unavailable]
        return joined(orjson.dumps(head), self.body)

    @classmethod
    def from_bytes(cls, data: bytes) -> Answer:
        head, body = parted(data)
        conclusion, questions, malformed, unavailable = orjson.loads(head)
        return cls(body, conclusion, questions, malformed and (malformed[0], malformed[1], malformed[2]), unavailable)


def joined(head: bytes, body: bytes) -> bytes:
    """Head and body in one message."""
    return len(head).to_bytes(4) + head + body


def parted(data: bytes) -> tuple[bytes, bytes]:
    """What ``joined`` put together."""
    end = 4 + int.from_bytes(data[:4])
    return data[4:end], data[end:]


def wanted_to_bytes(wanted: Wanted) -> bytes:
    """What a process asks about the history. It was made from what a stranger sent, so it travels as plain JSON."""
    return orjson.dumps(
        {
            "declaration": wanted.declaration.hex(),
            "batch": [wanted.batch.root.hex(), wanted.batch.size],
            "sets": [[name.root.hex(), name.size] for name in wanted.sets],
            "size": wanted.size,
            "signers": [signer.hex() for signer in wanted.signers],
        }
    )


def wanted_from_bytes(data: bytes) -> Wanted:
    """What ``wanted_to_bytes`` made."""
    value = orjson.loads(data)

    def name(item: list[Any]) -> SetName:
        return SetName(Root(bytes.fromhex(item[0])), item[1])

    return Wanted(
        DeclarationId(bytes.fromhex(value["declaration"])),
        name(value["batch"]),
        frozenset(map(name, value["sets"])),
        value["size"],
        frozenset(Signer(bytes.fromhex(item)) for item in value["signers"]),
    )


class Judge:
    """Reads requests and reaches verdicts; remembers what many of them have in common."""

    def __init__(self, setup: Setup) -> None:
        self._limits = VerificationLimits(setup.entries, setup.attestations)
        self._seconds = setup.seconds
        self._cache = VerificationCache()

    def answer(self, job: bytes, budget: JobBudget, ask: Ask) -> bytes:
        """The ``Answer`` to a job: ``Asked`` and the body of a request."""
        head, body = parted(job)
        try:
            found = self._answer(Asked(*orjson.loads(head)), body, budget, ask)
        except Malformed as error:
            found = Answer(malformed=(error.what, error.where, error.part))
        except TimeSpent:
            words = f"this verification takes longer than the {self._seconds:g} s that this server spends on one"
            found = Answer(unavailable=f"{words}: use `ledger verify`")
        except Unavailable as error:
            found = Answer(unavailable=error.public)
        return found.to_bytes()

    def _answer(self, asked: Asked, body: bytes, budget: JobBudget, ask: Ask) -> Answer:
        values = _members(body)
        online = read_bool(values.get("online", True), "online")
        if online and not asked.looked:
            return Answer()
        at = read_optional(lambda value, where: read_count(value, where, _MAX_TIME), values.get("at"), "at")
        encoded = read_optional(read_string, values.get("document"), "document")
        document = None if encoded is None else _base64(encoded)
        held = VerificationRequest.from_values(values["evidence"], document, values.get("trust"), values.get("policy"))
        if online and asked.elsewhere is not None:
            return _told(verify_nothing(held.evidence, asked.elsewhere, clock=asked.clock, at=at))

        def snapshot(wanted: Wanted) -> Snapshot:
            reply = ask(wanted_to_bytes(wanted))
            if not reply:
                raise Unavailable("the history is being read from the chain: try again shortly", source=Source.CHAIN)
            taken: Snapshot = pickle.loads(reply)  # noqa: S301 (from the process that started this one)
            return taken

        verdict = judge(
            held,
            asked.clock,
            at=at,
            history=snapshot if online else None,
            cache=self._cache,
            budget=budget,
            limits=self._limits,
        )
        return _told(verdict)


def _told(verdict: Verdict) -> Answer:
    questions = {question.name.lower(): verdict.answer(question).value.lower() for question in Question}
    return Answer(orjson.dumps(verdict.to_json()), verdict.conclusion.name.lower(), questions)


def _members(body: bytes) -> dict[str, Any]:
    """The body's members, by its text: a model would not notice a repeated name, or a number printed otherwise."""
    values = parse_json(body, Limits(structured=len(body), depth=MAX_DEPTH + 1, fields=MAX_VALUES))
    if not isinstance(values, dict):
        raise Malformed("must be an object", "body")
    for name in values:
        if name not in _MEMBERS:
            raise Malformed(f"has a member that is not known; known are {', '.join(_MEMBERS)}", "body")
    if not isinstance(values.get("evidence"), dict):
        raise Malformed("must be an object", "evidence")
    return values


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("must be base64", "document") from None


def arguments(setup: Setup) -> str:
    """What the command of a process says of its setup."""
    return json.dumps(asdict(setup))


if __name__ == "__main__":
    this = Setup(**json.loads(sys.argv[1]))
    serve(Judge(this).answer, this.seconds, this.memory_bytes)
