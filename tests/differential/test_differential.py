"""All verifiers give one answer: to questions about sealed histories, to documents, to every spelling of a time."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from itertools import count
from types import ModuleType
from typing import Any

import pytest

from ledger.cli.inputs import exact_moment
from ledger.core.encoding.text import when
from ledger.core.verification import intact, verify
from ledger.core.verification.cache import VerificationCache
from ledger.errors import Malformed
from tests.differential import compare as compare_module
from tests.differential import deep, documents
from tests.differential.compare import Question, compare, read_by_ledger, reads_differ, remembering, seeds
from tests.verifier import browser
from tests.verifier.both import BESIDE, Found, alone

QUESTIONS, DOCUMENTS, CHUNK = 3_000, 8_000, 500
IN_BROWSER, READ_IN_BROWSER = 300, 1_000
needs_node = pytest.mark.skipif(not browser.is_installed(), reason=browser.MISSING)


@pytest.fixture(autouse=True)
def _remembering() -> Iterator[None]:
    with remembering():
        yield


def differences(questions: Iterator[Question]) -> list[str]:
    return [f"{one.seed}: {one.difference}" for one in questions if one.differs]


@pytest.mark.parametrize("number", range(QUESTIONS // CHUNK))
def test_of_sealed_histories(number: int) -> None:
    """``python -m tests.differential.deep --one SEED`` asks the question of a seed again."""
    cache = VerificationCache()
    asked = (compare(seed, cache if place % 2 else None) for place, seed in enumerate(seeds(f"test.{number}", CHUNK)))
    assert differences(asked) == []


@needs_node
def test_of_sealed_histories_in_the_browser() -> None:
    asked = (compare(seed, in_browser=True) for seed in seeds("browser", IN_BROWSER))
    assert differences(asked) == []


@needs_node
def test_of_documents_in_the_browser() -> None:
    found = deep.papers("browser", READ_IN_BROWSER, browser_every=1)
    assert [(one.seed, one.how) for one in found.different] == []


def test_every_code_of_an_offline_verdict_is_reached() -> None:
    reached: set[str] = set()
    outcomes: set[str] = set()
    for seed in seeds("codes", 20_000):
        question = compare(seed)
        reached |= question.codes
        outcomes.add(question.outcome)
        if reached == alone.CODES.keys() and len(outcomes) == 4:
            break
    assert alone.CODES.keys() - reached == set()
    assert outcomes == {"GOOD", "NOT_GOOD", "UNDECIDED", "MALFORMED"}


def test_one_seed_makes_one_question() -> None:
    first, second = compare("again.3-4"), compare("again.3-4")
    assert first == second
    assert compare("again.3-5").asked != first.asked


@pytest.mark.parametrize("number", range(DOCUMENTS // 4_000))
def test_of_documents(number: int) -> None:
    found = deep.papers(f"test.{number}", 4_000)
    assert [(one.seed, one.how) for one in found.different] == []
    for kind in ("json", "xml", "copy of json", "copy of xml"):
        assert found.outcomes[f"{kind}, read"] > 100
        assert found.outcomes[f"{kind}, refused"] > 100


def test_of_times() -> None:
    """The one spelling, and what is nearly that."""
    chance = random.Random(1)
    read = 0
    for _ in range(20_000):
        text = spelled_time(chance)
        ours, theirs = _time(exact_moment, Malformed, text), _time(alone._moment, alone.Malformed, text)
        assert ours == theirs, text
        assert ours is None or when(ours) == text
        read += ours is not None
    assert 1_000 < read < 19_000


def spelled_time(chance: random.Random) -> str:
    limits = [(1970, 10_000), (1, 13), (1, 29), (0, 24), (0, 60), (0, 60)]
    if chance.randrange(2):
        limits = [(low - chance.choice([0, 0, 1]), high + chance.choice([0, 0, 1, 4])) for low, high in limits]
    numbers = [chance.choice([chance.randrange(low, high), low, high - 1]) for low, high in limits]
    text = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*numbers)
    if chance.randrange(3):
        return text
    at = chance.randrange(len(text) + 1)
    odd = [
        "",
        " ",
        "\n",
        ".5",
        "+00:00",
        "z",
        "t",
        "-",
        "+",
        "\u0661",
        "\uff11",
        "\u2212",
        "0",
        ":",
        "Z",
        chance.choice(string.printable),
    ]
    return text[:at] + chance.choice(odd) + text[at + chance.randrange(2) :]


def _time(read: Any, malformed: type[Exception], text: str) -> int | None:
    try:
        return int(read(text, "--at"))
    except malformed:
        return None


# ------------------------------------------------------------------------------------- a verifier that errs is found


def first_difference(limit: int = 3_000) -> str | None:
    return next((found[0] for seed in seeds("errs", limit) if (found := differences(iter([compare(seed)])))), None)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("check_inclusion", lambda *_: None),
        ("log_signed", lambda *_: True),
        ("ascending", lambda items: list(items) == sorted(items)),
        ("cosigned_at", lambda note, key: next((int.from_bytes(line[:8], "big") for line in note.by(key)), None)),
        ("RESOLUTIONS", dict(list(alone.RESOLUTIONS.items())[:-1])),
    ],
)
def test_a_stand_alone_verifier_that_errs_is_found(name: str, wrong: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone, name, wrong)
    assert first_difference() is not None


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        (intact, "verify_inclusion", lambda *_: None),
        (verify, "check_freshness", lambda verification: None),
        (verify, "check_compromise", lambda verification, one: None),
    ],
)
def test_a_ledger_that_errs_is_found(
    module: ModuleType, name: str, wrong: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, wrong)
    assert first_difference() is not None


@pytest.mark.parametrize("member", BESIDE)
def test_a_verdict_that_says_something_else_is_found(member: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = alone.Verifier.run
    monkeypatch.setattr(alone.Verifier, "run", lambda self: right(self) | {member: "something else"})
    assert f"('{member}', 'something else')" in (first_difference(100) or "")


@needs_node
@pytest.mark.parametrize(("name", "wrong"), [("conclusion", "GOOD"), ("checks", []), ("said", {})])
def test_a_browser_that_errs_is_found(name: str, wrong: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def errs(asked: Any) -> Found:
        return right(asked)._replace(**{name: wrong})

    right = compare_module.by_browser
    monkeypatch.setattr(compare_module, "by_browser", errs)
    asked = (compare(seed, in_browser=True) for seed in seeds("errs", 50))
    assert any("browser" in found for found in differences(asked))


def test_a_crash_of_either_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(alone, "read_evidence", broken)
    assert "CRASHED ZeroDivisionError" in (first_difference(1) or "")


def test_a_reader_of_documents_that_errs_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone, "number_text", lambda value: repr(float(value)))
    assert deep.papers("errs", 500).different != []


def test_most_documents_have_several_fields() -> None:
    sizes = []
    for number in count():
        data = documents.document(random.Random(number))
        found = read_by_ledger(data)
        assert reads_differ(data) is None
        if found.digest is not None:
            sizes.append(len(found.fields))
        if len(sizes) == 500:
            break
    assert sum(size > 2 for size in sizes) > 250
