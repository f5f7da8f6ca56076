"""Removals from evidence, and what nobody may win by one.

Lawful histories are made by chance, and the honest evidence of each, be its verdict GOOD or not. Then entries, pairs of
entries, lists, numbers, steps, hashes, inclusions, signature lines and members are taken out. After that,

- no agency says what it did not say before,
- the policy has no demand met that was not met before, and
- no adverse word is gone, unless the verdict says that something is left out, or that the entries are not proven.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from itertools import combinations
from typing import Any, NamedTuple

from ledger.core.history.entry import Entry
from ledger.core.statements.code_lists import outcomes_of
from ledger.core.tree.merkle import leaf_hash
from ledger.errors import LedgerError
from ledger.testing.world import CUSTOMS
from tests.conformance.parts import policy, requirement, spelled
from tests.verifier.both import Asked, Found, by_itself, by_ledger
from tests.verifier.browser import by_browser, is_installed
from tests.verifier.worlds import KINDS, Chance

DEMANDS = ("policy", "refusal", "freshness", "since", "shown", "witnesses")
LEFT_OUT = {"complete", "checkpoint", "entries"}
REQUIRED = [requirement(kind, (), outcomes) for kind in KINDS.values() for outcomes in [(), (1,), (4,)]]
REFUSED = [{"kind": kind, "outcomes": outcomes} for kind in KINDS.values() for outcomes in [[], [1], [8]]]


class Removal(NamedTuple):
    """What was taken out, in words, and the evidence that is left."""

    kind: str
    evidence: bytes


def question(seed: int) -> Asked:
    """A lawful history by chance with holds, and a policy that demands and refuses some of what agencies may say."""
    chance = Chance(seed)
    chance.world.witnesses = chance.world.witnesses[:2]
    for _ in range(chance.random.randrange(1, 10)):
        chance.lawful()
        if chance.likely(15):
            adverse = chance.one_of(sorted(outcomes_of(KINDS["NZ-CUSTOMS"]).adverse))
            alone = (leaf_hash(chance.made.id), 1)
            with suppress(LedgerError):  # what the rules refuse is not written
                chance.attested.append(chance.world.attest("NZ-CUSTOMS", 132, *alone, CUSTOMS, outcome=adverse))
    document = chance.copy() if chance.likely(30) else None
    demands = policy(
        allow_skipped=chance.likely(50),
        max_age=chance.one_of([None, 100, 10**6]),
        max_hidden=chance.one_of([None, 1]),
        require=chance.random.sample(REQUIRED, chance.one_of([0, 0, 1, 2])),
        refuse=chance.random.sample(REFUSED, chance.one_of([0, 0, 1, 3])),
    )
    given = chance.one_of([None, chance.made.document.to_bytes()])
    at = chance.one_of([None, None, None, chance.world.now - 100])
    evidence = chance.made.evidence(document).to_bytes()
    return Asked(evidence, given, chance.world.trust.to_bytes(), demands, at, chance.world.now)


def removals(evidence: bytes) -> Iterator[Removal]:
    """Everything that can be taken out of evidence, one thing or two at a time."""
    plain = json.loads(evidence)
    count = len(plain["entries"])
    for size in (1, 2):
        for places in combinations(range(count), size):
            yield Removal(f"{size} entries", spelled(_without_entries(plain, places)))
            value = _without_entries(plain, places)
            gone = {_number(plain["entries"][place]) for place in places}
            value["index"]["lists"] = [
                [item for item in items if item not in gone] for items in value["index"]["lists"]
            ]
            yield Removal(f"{size} entries with their numbers", spelled(value))
    yield from _of_the_index(plain)
    for place in range(len(plain["inclusions"])):
        value = json.loads(evidence)
        gone_set = value["inclusions"].pop(place)
        yield Removal("an inclusion", spelled(value))
        value["entries"] = [item for item in value["entries"] if gone_set["root"][2:] not in item["bytes"]]
        yield Removal("an inclusion with all that names its root", spelled(value))
    text, _, lines = plain["checkpoint"].partition("\n\n")
    signatures = lines[:-1].split("\n")
    for place in range(len(signatures)):
        left = [*signatures[:place], *signatures[place + 1 :]]
        yield Removal("a signature line", spelled(plain | {"checkpoint": "\n".join([text, "", *left, ""])}))
    for name in plain:
        yield Removal("a member", spelled({key: value for key, value in plain.items() if key != name}))
    yield Removal("the document", spelled(plain | {"document": None}))
    yield Removal("all entries", spelled(plain | {"entries": []}))


def _of_the_index(plain: dict[str, Any]) -> Iterator[Removal]:
    index = plain["index"]

    def with_index(**members: Any) -> bytes:
        return spelled(plain | {"index": index | members})

    for place, numbers in enumerate(index["lists"]):
        before, after = index["lists"][:place], index["lists"][place + 1 :]
        yield Removal("a list", with_index(lists=[*before, *after]))
        yield Removal("the numbers of a list", with_index(lists=[*before, [], *after]))
        for number in numbers:
            left = [item for item in numbers if item != number]
            yield Removal("a number", with_index(lists=[*before, left, *after]))
    for place in range(len(index["steps"])):
        yield Removal("a step", with_index(steps=index["steps"][:place] + index["steps"][place + 1 :]))
    hashes = base64.b64decode(index["hashes"])
    for at in range(0, len(hashes), 32):
        yield Removal("a hash", with_index(hashes=base64.b64encode(hashes[:at] + hashes[at + 32 :]).decode()))
    yield Removal("the whole index", with_index(hashes="", lists=[], steps=""))


def _without_entries(plain: dict[str, Any], places: tuple[int, ...]) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(json.dumps(plain))
    value["entries"] = [item for place, item in enumerate(value["entries"]) if place not in places]
    return value


def _number(item: dict[str, Any]) -> int:
    return Entry.from_data(bytes.fromhex(item["bytes"][2:])).number


def won(before: Found, after: Found) -> str | None:
    """What somebody won by a removal, in words; None where it is nothing."""
    if after.conclusion == "MALFORMED":
        return None
    told = any(row[0] in LEFT_OUT and row[2] == "INVALID" for row in after.checks)
    if after.conclusion == "GOOD" and (told or before.conclusion != "GOOD"):
        return f"GOOD in the place of {before.conclusion}"
    if more := _words(after, adverse=False) - _words(before, adverse=False):
        return f"an agency's word more: {sorted(more)}"
    for name in DEMANDS:
        pairs = zip(_statuses(before, name), _statuses(after, name), strict=False)
        if any(one != "VALID" and other == "VALID" for one, other in pairs) and not (told and name != "policy"):
            return f"a demand more is met: {name}"
    if not told and (fewer := _words(before, adverse=True) - _words(after, adverse=True)):
        return f"an adverse word less: {sorted(fewer)}"
    return None


def _words(found: Found, adverse: bool) -> set[tuple[Any, ...]]:
    said = found.said["attested_by"]
    return {(word["agency"], word["kind"], word["outcome"]) for word in said if word["adverse"] == adverse}


def _statuses(found: Found, name: str) -> list[str]:
    return [row[2] for row in found.checks if row[0] == name]


def tried(asked: Asked, twice: bool = False) -> Iterator[tuple[Removal, Found, str | None]]:
    """Each removal from the evidence of a question, the verdict after it, and what was won.

    :param twice: ask the other verifiers too, whose answer must be the same: the one that stands alone, and the
        browser's where it is installed.
    """
    before = by_ledger(asked)
    others = [by_itself, by_browser] if is_installed() else [by_itself]
    for removal in removals(asked.evidence):
        again = asked._replace(evidence=removal.evidence)
        after = by_ledger(again)
        wrong = won(before, after)
        if twice and wrong is None and any(other(again) != after for other in others):
            wrong = "the verifiers differ"
        yield removal, after, wrong


def seeds_of(first: int) -> Iterator[int]:
    """Seeds of questions, always the same from a first number on."""
    chance = random.Random(first)
    while True:
        yield chance.randrange(2**32)
