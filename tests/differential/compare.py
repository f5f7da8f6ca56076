"""The verifiers beside each other: how a question or a document is read by each, and where they differ.

The ledger's own and the one that stands alone always; the browser's where it is asked for, since it takes longer.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from ledger.core.document import open_document
from ledger.core.verification.cache import VerificationCache
from ledger.errors import Malformed
from tests.differential.mutations import mutated
from tests.differential.sealed import Sealed, in_a_pdf
from tests.verifier import both
from tests.verifier.both import Asked, Found, alone
from tests.verifier.browser import by_browser, read_by_browser

CRASHED = "CRASHED"


class Question(NamedTuple):
    """A question, the seed that makes it, and the answers to it; ``browser`` is None where it was not asked."""

    seed: str
    asked: Asked
    ledger: Found
    alone: Found
    browser: Found | None = None

    @property
    def differs(self) -> bool:
        others = [self.alone] if self.browser is None else [self.alone, self.browser]
        return any(other != self.ledger for other in others) or self.ledger.conclusion.startswith(CRASHED)

    @property
    def outcome(self) -> str:
        return self.ledger.conclusion

    @property
    def codes(self) -> set[str]:
        return {row[-1] for row in self.ledger.checks}

    @property
    def difference(self) -> str:
        """What the first difference is, in one line."""
        ours, theirs, name = self.ledger, self.alone, "alone"
        if ours == theirs and self.browser is not None:
            theirs, name = self.browser, "browser"
        conclusions = f"ledger {ours.conclusion}, {name} {theirs.conclusion}"
        if ours.conclusion != theirs.conclusion and "MALFORMED" in (ours.conclusion, theirs.conclusion):
            return f"{conclusions}: {why(self.asked)}"
        pairs = zip(_items(ours), _items(theirs), strict=False)
        first = next((f"{one} and {other}" for one, other in pairs if one != other), "")
        return f"{conclusions}: {first or 'one has more checks'}"


def _items(found: Found) -> list[object]:
    return [*found.checks, *found.said.items()]


@lru_cache(2)
def _history(seed: str) -> Sealed:
    return Sealed(seed)


def asked_by(seed: str) -> Asked:
    """The question of a seed such as ``7-12``: number 12 about history 7.

    A fifth of all have a damaged file, and a tenth have their evidence in a PDF.
    """
    asked = _history(seed.partition("-")[0]).asked(seed)
    chance = random.Random(f"damage {seed}")
    asked = mutated(chance, asked) if chance.randrange(5) == 0 else asked
    return in_a_pdf(chance, asked) if chance.randrange(10) == 0 else asked


def seeds(first: str, count: int) -> Iterator[str]:
    """``count`` seeds, of which ten in a row are of one history: its signatures are then checked only once."""
    return (f"{first}.{number // 10}-{number % 10}" for number in range(count))


def compare(seed: str, cache: VerificationCache | None = None, in_browser: bool = False) -> Question:
    return judged(seed, asked_by(seed), cache, in_browser)


def judged(seed: str, asked: Asked, cache: VerificationCache | None = None, in_browser: bool = False) -> Question:
    ledger, alone = _answer(lambda: both.by_ledger(asked, cache)), _answer(lambda: both.by_itself(asked))
    return Question(seed, asked, ledger, alone, _answer(lambda: by_browser(asked)) if in_browser else None)


def _answer(by: Callable[[], Found]) -> Found:
    try:
        return by()
    except Exception as error:  # neither verifier may break, whatever it is given
        return Found(f"{CRASHED} {type(error).__name__}: {error}", [], {})


def why(asked: Asked) -> str:
    """What each verifier says of files that it does not read."""
    readers: dict[str, Callable[[], object]] = {
        "ledger": lambda: both.ledger_verdict(asked),
        "alone": lambda: [
            read := alone.read_evidence(both.cut(asked.evidence)[0]),
            None if asked.document is None else alone.read_beside(asked.document, read.document),
            asked.trust and alone.read_trust(asked.trust),
            asked.policy and alone.read_policy(asked.policy),
        ],
    }
    said = []
    for name, read in readers.items():
        try:
            read()
        except Exception as error:
            said.append(f"{name}: {type(error).__name__} {error}")
    return "; ".join(said)


class Reading(NamedTuple):
    """How one verifier reads a document: its digest and the leaf hash of each shown field, or why it does not."""

    digest: bytes | None
    fields: dict[str, bytes]
    reason: str = ""


def read_by_ledger(data: bytes) -> Reading:
    try:
        document = open_document(data)
    except Malformed as error:
        return Reading(None, {}, str(error))
    return Reading(document.digest, dict(document.field_hashes))


def read_alone(data: bytes) -> Reading:
    try:
        document = alone.read_document(data)
    except alone.Malformed as error:
        return Reading(None, {}, str(error))
    return Reading(document.digest, document.shown)


def read_in_browser(data: bytes) -> Reading:
    return Reading(*read_by_browser(data), "refused")


def reads_differ(data: bytes, in_browser: bool = False) -> str | None:
    """How the verifiers read a wrapped or redacted document differently; None where they do not."""
    readers = {"alone": read_alone, **({"browser": read_in_browser} if in_browser else {})}
    try:
        ours = read_by_ledger(data)
        found = [_differ(ours, name, read(data)) for name, read in readers.items()]
    except Exception as error:
        return f"{CRASHED} {type(error).__name__}: {error}"
    return next(filter(None, found), None)


def _differ(ours: Reading, name: str, theirs: Reading) -> str | None:
    if ours[:2] == theirs[:2]:
        return None
    if ours.digest is None or theirs.digest is None:
        return f"ledger: {ours.reason or 'read'}; {name}: {theirs.reason or 'read'}"
    paths = [path for path in {**ours.fields, **theirs.fields} if ours.fields.get(path) != theirs.fields.get(path)]
    return f"fields differ: {paths[:3]}"


# ------------------------------------------------------------------------------------------------------------- speed


@contextmanager
def remembering(module: ModuleType = alone) -> Iterator[None]:
    """Let the stand-alone verifier remember signatures and hashes that it has worked out; histories begin alike.

    Only functions whose result depends on nothing but their arguments. It takes 5 ms for a signature otherwise.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ("keccak", "recover_address", "check_p256", "ed25519_fits", "_full_order"):
            patch.setattr(module, name, _remembered(getattr(module, name)))
        yield


def _remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    @lru_cache(100_000)
    def outcome(*arguments: Any) -> tuple[Any, Exception | None]:
        try:
            return function(*arguments), None
        except alone.Failed as error:
            return None, error

    @wraps(function)
    def remembered(*arguments: Any) -> Any:
        result, error = outcome(*arguments)
        if error is not None:
            raise type(error)(*error.args)
        return result

    return remembered
