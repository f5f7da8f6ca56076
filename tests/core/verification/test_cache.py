"""The cache of one who verifies much: it saves work and changes no verdict; the core itself remembers nothing."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest

import ledger.core
from ledger.core.checkpoints.log_keys import LogKey
from ledger.core.checkpoints.note import NoteKey, SignedNote
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.history.entry import decode_payload
from ledger.core.verification import cache as module
from ledger.core.verification.cache import MAX_PAYLOAD, VerificationCache
from ledger.core.verification.verify import verify
from ledger.testing.world import PLANT
from tests.conformance import run
from tests.core.verification.samples import sampled
from tests.core.verification.test_nobody_could_say import Wallet, attested_by
from tests.verifier.both import asked_in, ledger_verdict

CORE = Path(ledger.core.__path__[0])


def test_verdicts_are_the_same_with_one_cache_for_all() -> None:
    shared = VerificationCache()
    folders = [folder for folder in run.cases() if "authority" in folder.name or "resolution" in folder.name]
    assert len(folders) > 10
    for folder in [*folders, *folders]:
        if json.loads((folder / "case.json").read_bytes())["exit"] != run.MALFORMED:
            asked = asked_in(folder)
            assert ledger_verdict(asked, shared) == ledger_verdict(asked)


def test_payloads_and_quorums_are_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    check_quorum = module.check_quorum
    monkeypatch.setattr(module, "decode_payload", lambda *given: (done.append("payload"), decode_payload(*given))[1])
    monkeypatch.setattr(module, "check_quorum", lambda *given: (done.append("quorum"), check_quorum(*given))[1])
    sample, shared = sampled(), VerificationCache()
    evidence, trust = sample.evidence(), sample.world.trust
    first = verify(evidence, clock=sample.world.now, trust=trust, cache=shared)
    assert (done.count("payload"), done.count("quorum")) == (len(evidence.entries), 6)
    done.clear()
    assert verify(evidence, clock=sample.world.now, trust=trust, cache=shared) == first
    assert done == []


def test_what_nobody_can_say_stays_undecided_with_a_cache() -> None:
    """Offline and online have one cache, and each keeps its own answer."""
    world, declared, batch = attested_by(PLANT, Wallet("a wallet of the council"))
    evidence, shared = world.evidence(*declared, batch), VerificationCache()
    for history, conclusion in [(None, "UNDECIDED"), (world.history, "GOOD"), (None, "UNDECIDED")]:
        found = verify(evidence, clock=world.now, trust=world.trust, history=history, cache=shared)
        assert found.conclusion.name == conclusion


def test_a_checkpoint_is_checked_once_for_a_trust_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another size up to which the key counts, another line or another text is another question."""
    asked: list[bytes] = []
    check = NoteKey.verify
    monkeypatch.setattr(NoteKey, "verify", lambda *given: (asked.append(given[2]), check(*given))[1])
    sample, shared = sampled(), VerificationCache()
    evidence, trust = sample.evidence(), sample.world.trust
    note = evidence.checkpoint
    ended = replace(trust, log_keys=(LogKey(trust.log_key, note.checkpoint.size - 1),))
    (name, id_, signature) = note.signatures[0]
    forged = replace(note, signatures=(*note.signatures, (name, id_, signature[:-1] + b"!")))
    longer = replace(note, checkpoint=replace(note.checkpoint, size=note.checkpoint.size + 1))

    def codes(trust: TrustRoot, note: SignedNote) -> list[str]:
        found = verify(replace(evidence, checkpoint=note), clock=sample.world.now, trust=trust, cache=shared)
        return [check.code for check in found.checks if check.code.startswith("checkpoint.")]

    for _ in range(3):
        assert codes(trust, note) == ["checkpoint.signed"]
    assert len(asked) == 1
    for _ in range(2):
        assert codes(ended, note) == ["checkpoint.key_ended"]
        assert codes(trust, forged) == ["checkpoint.not_signed"]
        assert codes(trust, longer) == ["checkpoint.not_signed"]


def test_large_payloads_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    monkeypatch.setattr(module, "decode_payload", lambda _, payload: done.append(len(payload)))
    shared = VerificationCache()
    kind = sampled().world.entries[0].kind
    for _ in range(2):
        for size in (MAX_PAYLOAD, MAX_PAYLOAD + 1):
            shared.decode(kind, bytes(size))
    assert sorted(done) == [MAX_PAYLOAD, MAX_PAYLOAD + 1, MAX_PAYLOAD + 1]


def test_no_module_of_the_core_keeps_a_cache() -> None:
    """Only what an instance holds is remembered, so that tests and servers do not share it by accident."""

    def remembers(node: ast.AST) -> bool:
        return any(
            isinstance(part, ast.Name) and part.id in {"lru_cache", "cache"} and isinstance(part.ctx, ast.Load)
            for part in ast.walk(node)
        )

    found = []
    for file in CORE.rglob("*.py"):
        for item in ast.parse(file.read_bytes()).body:
            kept = item.value if isinstance(item, ast.Assign | ast.AnnAssign) else None
            decorators = item.decorator_list if isinstance(item, ast.FunctionDef | ast.ClassDef) else []
            if any(node is not None and remembers(node) for node in (kept, *decorators)):
                found.append(f"{file.relative_to(CORE)}:{item.lineno}")
    assert found == []
    assert remembers(ast.parse("lru_cache(8)(read)"))
