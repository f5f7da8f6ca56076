"""Refresh: renew evidence from the file, through the public API of a server. No account, no key and no chain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.trust_folder import TrustRoots
from ledger.core.encoding.json_text import parse_json
from ledger.core.encoding.text import harmless
from ledger.core.evidence.evidence import MAX_EVIDENCE_BYTES, Evidence
from ledger.core.evidence.reading import read_evidence
from ledger.core.evidence.renewal import Renewal, check_renewed
from ledger.core.verification.verdict import Question, Status
from ledger.core.verification.verify import verify
from ledger.edges.web import Response, Web
from ledger.edges.whole_file import replace_file
from ledger.errors import Malformed, Source, Unavailable, VerificationFailed

PATH = "/v1/evidence"
TIMEOUT_SECONDS = 60.0


class Refreshed(NamedTuple):
    """The evidence that was there, and the fresh one."""

    old: Evidence
    new: Evidence


def refresh_evidence(
    old: Evidence, url: str, clock: int, trust: TrustRoot | TrustRoots | None = None, proxy: str | None = None
) -> Evidence:
    """Fresh evidence of the same declaration, checked as far as this is possible without a chain.

    What the old evidence disclosed of the document is not sent; it stands in the fresh evidence too.

    :param clock: the time now, in seconds.
    :param trust: checks who signed; without it nobody does.
    :param proxy: address of the proxy to ask through; None: none.
    :raises Unavailable: the server does not answer, or not with evidence.
    :raises VerificationFailed: the answer is not of this declaration, is older, leaves something out, or does not hold.
    :raises HistoryBroken: the answer shows another history than the old evidence.
    """
    answer = Web(url, TIMEOUT_SECONDS, Source.LOG, proxy).post(
        PATH, Renewal.of(old).to_bytes(), MAX_EVIDENCE_BYTES, "application/json"
    )
    if answer.status != 200:
        raise Unavailable(f"{url} gave no evidence: HTTP {answer.status}{_detail(answer)}", source=Source.LOG)
    try:
        made = read_evidence(answer.body)
    except Malformed as error:
        raise VerificationFailed(f"the answer is no evidence: {error}") from None
    check_renewed(old, made)
    made = replace(made, document=old.document)
    for check in verify(made, clock=clock, trust=trust).checks:
        if check.status is Status.INVALID and (check.question is Question.INTACT or check.name == "declaration"):
            raise VerificationFailed(f"the answer does not hold: {check.name}: {check.detail}")
    return made


def refresh_file(
    file: Path,
    output: Path,
    url: str,
    clock: int,
    trust: TrustRoot | TrustRoots | None = None,
    proxy: str | None = None,
) -> Refreshed:
    """Renew the evidence in ``file``, and write it to ``output``, which may be the same file.

    The old file stays as it is until the fresh evidence is whole and checked. Raises as ``refresh_evidence`` does.
    """
    try:
        old = read_evidence(file.read_bytes())
    except OSError as error:
        raise Malformed(f"cannot be read: {error.strerror}", str(file)) from None
    except Malformed as error:
        raise Malformed(f"cannot be read as evidence: {error}", str(file)) from None
    made = refresh_evidence(old, url, clock, trust, proxy)
    replace_file(output, made.to_bytes())
    return Refreshed(old, made)


def _detail(answer: Response) -> str:
    """What the server says of it, made harmless; empty if it says nothing that can be read."""
    try:
        value = parse_json(answer.body)
    except Malformed:
        return ""
    detail = value.get("detail") if isinstance(value, dict) else None
    if not isinstance(detail, str):
        return ""
    return f": {harmless(detail)}"
