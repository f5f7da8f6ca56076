"""The two verifiers under one question: the ledger's own, and the one that stands alone, loaded by its path."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from ledger.core.checkpoints.trust import read_trust_root
from ledger.core.document import open_document
from ledger.core.evidence.reading import read_evidence
from ledger.core.verification.policy import read_policy
from ledger.core.verification.verify import verify
from ledger.errors import Malformed

FILE = Path(__file__).parents[2] / "verifier" / "verify.py"
Found = tuple[str, list[tuple[str, str, str, bool]]]
"""The outcome, or MALFORMED, and of each check name, question, status, and whether it is decisive."""


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("standalone", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["standalone"] = module
    spec.loader.exec_module(module)
    return module


alone = _load()


class Asked(NamedTuple):
    """A question, as the files that hold it."""

    evidence: bytes
    document: bytes | None
    trust: bytes | None
    policy: bytes | None
    at: int


def by_ledger(asked: Asked) -> Found:
    try:
        verdict = verify(
            read_evidence(asked.evidence),
            at=asked.at,
            document=asked.document and open_document(asked.document),
            trust=asked.trust and read_trust_root(asked.trust),
            policy=asked.policy and read_policy(asked.policy),
        )
    except Malformed:
        return "MALFORMED", []
    rows = [(check.name, check.question.name.lower(), check.status.value, check.decisive) for check in verdict.checks]
    return verdict.conclusion.name, rows


def by_itself(asked: Asked) -> Found:
    try:
        verdict = alone.Verifier(
            alone.read_evidence(asked.evidence),
            asked.at,
            asked.document and alone.read_document(asked.document),
            asked.trust and alone.read_trust(asked.trust),
            alone.read_policy(asked.policy) if asked.policy else alone.Policy(),
        ).run()
    except alone.Malformed:
        return "MALFORMED", []
    rows = [(check["name"], check["question"], check["status"], check["decisive"]) for check in verdict["checks"]]
    return verdict["conclusion"], rows
