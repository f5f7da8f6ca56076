"""Codes of checks: the page lists them all, each is made by somebody, and their English comes from one table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from ledger.core.encoding.ids import IndexRoot
from ledger.core.history.history import History
from ledger.core.statements.declaration import Declaration
from ledger.core.verification.codes import CODES, STEPS
from ledger.core.verification.policy import Refusal, Requirement, VerificationPolicy
from ledger.core.verification.verdict import Check, Verdict
from ledger.core.verification.verify import verify
from ledger.testing.world import ORIGIN, PLANT, Key, World
from tests.conformance import run
from tests.core.verification.samples import sampled, with_index
from tests.core.verification.test_nobody_could_say import Wallet, attested_by
from tests.verifier.both import alone, asked_in, ledger_verdict

PAGE = Path(__file__).parents[3] / "docs" / "evidence-format.md"
ROW = re.compile(r"^\| (\d+) \| `([a-z_]+\.[a-z_]+)` \| ([A-Z]+) \| [^|]+ \| ([^|]*)\|$", re.MULTILINE)
AS_OF = "`last_entry`, `last_time`, `witnesses`, `witnessed_until`"


@cache
def offline() -> list[Check]:
    """The checks of all conformance cases that have a verdict."""
    folders = [folder for folder in run.cases() if json.loads((folder / "case.json").read_bytes())["exit"] != 2]
    return [check for folder in folders for check in ledger_verdict(asked_in(folder)).checks]


def online() -> Iterator[Verdict]:
    """Verdicts with a chain at hand."""
    sample = sampled()
    yield sample.verdict(online=True, policy=VerificationPolicy(refuse=(Refusal(851),)))
    yield sample.verdict(history=with_index(sample, sample.evidence().checkpoint.checkpoint.index))
    yield sample.verdict(history=with_index(sample, IndexRoot(bytes(32))))
    yield sample.verdict(history=World().history)
    revoked = sampled()
    revoked.world.revoke(revoked.plant, PLANT)
    yield revoked.verdict(online=True)
    beside = World()
    while beside.history.size < sample.world.history.size:
        beside.anchor([Declaration(PLANT.signer, bytes([beside.history.size]) * 32, 380)])
    yield sample.verdict(history=beside.history)
    demanded = VerificationPolicy(require=(Requirement(861),), refuse=(Refusal(861, (1,)),))
    wallet = Wallet("a wallet")
    for officer, councillor in [(wallet, Key("b")), (PLANT, wallet)]:
        world, declared, batch = attested_by(officer, councillor)
        yield verify(world.evidence(*declared, batch), clock=world.now, trust=world.trust, history=world.history)
        yield verify(world.evidence(*declared, batch), clock=world.now, trust=world.trust, policy=demanded)
    world, declared, batch = attested_by(wallet, Key("b"))
    world.revoke(next(iter(world.history.attestations)), wallet)
    for history in (None, world.history):
        yield verify(world.evidence(*declared, batch), clock=world.now, trust=world.trust, history=history)
    elsewhere = History(replace(ORIGIN, chain_id=1))
    yield verify(sample.evidence(), clock=sample.world.now, trust=sample.world.trust, history=elsewhere)


@cache
def produced() -> list[Check]:
    return [*offline(), *(check for verdict in online() for check in verdict.checks)]


def on_the_page() -> dict[str, tuple[int, str, frozenset[str]]]:
    """Step, status and parameters by code."""
    rows = ROW.findall(PAGE.read_text())
    found = {
        code: (int(step), status, frozenset(re.findall(r"`(\w+)`", params.replace("*as of*", AS_OF))))
        for step, code, status, params in rows
    }
    assert len(found) == len(rows), "a code stands there twice"
    return found


def test_the_page_lists_exactly_the_codes_of_the_table() -> None:
    ours = {code: (STEPS[code.partition(".")[0]].number, item.status.value) for code, item in CODES.items()}
    assert {code: (step, status) for code, (step, status, _) in on_the_page().items()} == ours


def test_every_code_is_made_with_the_parameters_of_the_page() -> None:
    made = {(check.code, frozenset(check.params)) for check in produced()}
    assert made == {(code, params) for code, (_, _, params) in on_the_page().items()}


def test_step_and_status_follow_from_the_code() -> None:
    page = on_the_page()
    assert {(check.code, check.step, check.status.value) for check in produced()} == {
        (code, step, status) for code, (step, status, _) in page.items()
    }


def test_the_english_is_made_from_code_and_parameters() -> None:
    for check in produced():
        assert check.detail == CODES[check.code].words.fill(check.params)
        plain = re.sub(r"(?<=[/@])\{[^{}]*\}", "", check.detail)  # a path of XML has namespaces in braces
        assert not re.search(r"[{}]|\bNone\b|\[\]|  ", plain), check.detail
        assert json.loads(json.dumps(check.to_json())) == check.to_json()


@pytest.mark.parametrize("code", CODES)
def test_a_parameter_that_is_missing_is_no_silent_gap(code: str) -> None:
    if "{" in CODES[code].words.text:
        with pytest.raises(KeyError):
            CODES[code].words.fill({})


def test_the_stand_alone_verifier_knows_exactly_the_codes_of_a_verdict_without_a_chain() -> None:
    assert {check.code: check.status.value for check in offline()} == alone.CODES
    assert set(alone.STEPS.items()) == {
        (name, (step.number, step.question.name.lower())) for name, step in STEPS.items() if "chain" not in name
    }
