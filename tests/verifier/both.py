"""The two verifiers under one question: the ledger's own, and the one that stands alone, loaded by its path."""

from __future__ import annotations

import importlib.util
import json
import sys
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from ledger.core.verification.cache import VerificationCache
from ledger.core.verification.verdict import Verdict
from ledger.errors import Malformed
from ledger.journeys.verify import VerificationRequest, verify_offline

FILE = Path(__file__).parents[2] / "verifier" / "verify.py"
Row = tuple[str, str, str, bool, int, str]
"""Of a check: name, question, status, whether it is decisive, step and code."""
BESIDE = ("first_line", "declaration", "at", "clock", "questions", "attested_by", "fields")


class Found(NamedTuple):
    """What a verifier finds: the conclusion, or MALFORMED; the checks; what else the verdict says, by its names."""

    conclusion: str
    checks: list[Row]
    said: dict[str, Any]

    @classmethod
    def of(cls, verdict: dict[str, Any]) -> Found:
        """What is compared of a verdict's JSON: all but the English of its checks."""
        rows = [_row(check) for check in verdict["checks"]]
        return cls(verdict["conclusion"], rows, {name: verdict[name] for name in BESIDE})


MALFORMED = Found("MALFORMED", [], {})


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
    at: int | None
    clock: int


def asked_in(folder: Path) -> Asked:
    """The question of a conformance case."""
    said = json.loads((folder / "case.json").read_bytes())
    files = [folder / name for name in ("evidence.json", "document", "trust.json", "policy.json")]
    contents = [file.read_bytes() if file.exists() else None for file in files]
    at, clock = (None if said[name] is None else seconds(said[name]) for name in ("at", "clock"))
    return Asked(contents[0] or b"", *contents[1:], at, clock or 0)


def seconds(text: str) -> int:
    """A time in ISO 8601, as seconds since 1970."""
    return int(datetime.fromisoformat(text).timestamp())


def ledger_verdict(asked: Asked, cache: VerificationCache | None = None) -> Verdict:
    """The ledger's verdict; Malformed where there is none."""
    held = VerificationRequest.read(asked.evidence, asked.document, asked.trust, asked.policy)
    return verify_offline(held, asked.clock, asked.at, cache)


def by_ledger(asked: Asked, cache: VerificationCache | None = None) -> Found:
    try:
        verdict = ledger_verdict(asked, cache)
    except Malformed:
        return MALFORMED
    return Found.of(verdict.to_json())


def cut(evidence: bytes) -> tuple[bytes, Any]:
    """The evidence, and for the stand-alone verifier the PDF in which it came; None where it came in none."""
    if not evidence.startswith(b"%PDF-"):
        return evidence, None
    evidence, original = alone.cut_pdf(evidence)
    return evidence, alone.Pdf(original and alone.read_document(original))


def by_itself(asked: Asked) -> Found:
    try:
        evidence, pdf = cut(asked.evidence)
        read = alone.read_evidence(evidence)
        verdict = alone.Verifier(
            read,
            asked.at,
            asked.clock,
            None if asked.document is None else alone.read_beside(asked.document, read.document),
            asked.trust and alone.read_trust(asked.trust),
            alone.read_policy(asked.policy) if asked.policy else alone.Policy(),
            pdf,
        ).run()
    except alone.Malformed:
        return MALFORMED
    return Found.of(verdict)


def _row(check: dict[str, Any]) -> Row:
    return tuple(check[name] for name in ("name", "question", "status", "decisive", "step", "code"))  # type: ignore[return-value]
