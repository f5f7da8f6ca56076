"""``ledger verify``: the verdict, for people and for machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.comparison import print_comparison
from ledger.cli.files import BESIDE, EVIDENCE, POLICY, name_of, read_as, read_trusts
from ledger.cli.inputs import Json, exact_moment, now
from ledger.cli.output import Styled, print_line, short, show, table
from ledger.cli.terminal import open_app
from ledger.cli.verify_folder import verify_all
from ledger.core.document import open_beside
from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import when
from ledger.core.verification.cache import VerificationCache
from ledger.core.verification.policy import read_policy
from ledger.core.verification.verdict import Conclusion, Question, Status, Verdict
from ledger.journeys.verify import VerificationRequest, compared, verify_offline, verify_online

_LOOK_SECONDS = 5.0  # how old a look at the chain may be for the files of a folder
COLOURS = {Status.VALID: "green", Status.INVALID: "bold red", Status.SKIPPED: "yellow", Status.ERROR: "magenta"}
LINE_COLOURS = {Conclusion.GOOD: "green", Conclusion.NOT_GOOD: "red", Conclusion.UNDECIDED: "magenta"}
CONCLUSIONS = {
    Conclusion.GOOD: ("GOOD", "all that could be checked holds"),
    Conclusion.NOT_GOOD: ("NOT GOOD", "a check said no"),
    Conclusion.UNDECIDED: ("UNDECIDED", "something that is demanded could not be known"),
}


def verify(
    evidence: Annotated[
        Path,
        typer.Argument(help="The evidence file, or a PDF that carries it; - for standard input; or a folder of them."),
    ],
    document: Annotated[
        Path | None,
        typer.Option(
            "--document",
            "-d",
            help="The document: wrapped, redacted, or the plain file; with a folder of evidence, a folder of them.",
        ),
    ] = None,
    trust: Annotated[Path | None, typer.Option("--trust", "-t", help="Trust root, or a folder of them.")] = None,
    policy: Annotated[Path | None, typer.Option("--policy", "-p", help="Policy file.")] = None,
    online: Annotated[bool, typer.Option(help="Ask the chain for fresh facts; else the network stays off.")] = False,
    at: Annotated[str | None, typer.Option(help="Give the verdict of this time, e.g. 2026-11-22T10:00:00Z.")] = None,
    clock: Annotated[str | None, typer.Option(help="This verifier's clock, if not the computer's. Same form.")] = None,
    as_json: Json = False,
) -> None:
    """Verify a document: is it intact, issued and in force, and by whom?

    With the plain file (`-d invoice.xml`) it says field by field whether the file is as declared. Only what the
    evidence discloses is proven: where it hides fields the answer is undecided, and says which file to ask for.

    In a folder, each piece of evidence is verified with the document there that has its digest, whatever its name.

    Exit 0 good, 1 not good, 2 malformed, 3 undecided; of a folder the worst, in this order: 1, 2, 3, 0.

    Example: `ledger verify invoice.evidence.json -d invoice.redacted --trust trust.json`

    Example: `ledger verify invoice.evidence.json -d invoice.xml --trust trust.json`

    Example: `ledger verify evidence/ -d declared/ --trust trust.json`
    """
    asked_at, clock_now = exact_moment(at, "--at"), exact_moment(clock, "--clock")
    time = now() if clock_now is None else clock_now
    trusted = None if trust is None else read_trusts(trust)
    demanded = None if policy is None else read_as(POLICY, policy, read_policy)
    if evidence.is_dir():
        judge = _judge(online, time, asked_at)
        raise typer.Exit(verify_all(evidence, document, judge, trusted, demanded, as_json))
    read = read_as(EVIDENCE, evidence, VerificationRequest.read)
    disclosed = read.evidence.document
    held = replace(
        read,
        document=None if document is None else read_as(BESIDE, document, lambda data: open_beside(data, disclosed)),
        trust=trusted,
        policy=demanded,
    )
    if online:
        verdict = verify_online(held, time, lambda: open_app().follower, at=asked_at)
    else:
        verdict = verify_offline(held, time, asked_at)
    value = verdict.to_json()
    comparison = compared(held)
    if comparison is not None:
        value["comparison"] = comparison.to_json()
    if held.pages is not None:
        value["proves_pages"] = any(check.code == "pages.declared" for check in verdict.checks)

    def human() -> None:
        print_verdict(verdict)
        if comparison is not None and document is not None:
            print_comparison(name_of(document), comparison)
        if value.get("proves_pages") is False:
            print_line(Styled("The pages of this PDF are not proven", "yellow"))

    show(as_json, value, human)
    raise typer.Exit(verdict.conclusion.value)


def _judge(online: bool, clock: int, at: int | None) -> Callable[[VerificationRequest], Verdict]:
    """Reaches verdicts about many files: with one cache, and one look at the chain."""
    cache = VerificationCache()
    if not online:
        return lambda held: verify_offline(held, clock, at, cache)
    app = open_app()
    return lambda held: verify_online(held, clock, lambda: app.follower, _LOOK_SECONDS, cache, at)


def print_verdict(verdict: Verdict) -> None:
    """The verdict: its first line, then tables."""
    style = f"bold {LINE_COLOURS[verdict.conclusion]}"
    print_line(Styled(verdict.first_line, style))
    title = f"Declaration {hex_text(verdict.declaration)}\nas at {when(verdict.at)}"
    rows = [
        (
            check.step,
            Styled(check.status.value + ("" if check.decisive else " (does not count)"), COLOURS[check.status]),
            check.name,
            short(check.detail),
        )
        for check in verdict.checks
    ]
    table(title, ("step", "", "check", "finding"), rows)
    answers = [(question.value, _status(verdict.answer(question))) for question in Question]
    table("Three questions", ("question", "answer"), answers)
    if verdict.fields is not None:
        print_line(f"Of the document, {verdict.fields.shown} fields are shown and {verdict.fields.hidden} are hidden")
    word, meaning = CONCLUSIONS[verdict.conclusion]
    print_line(Styled(word, style), f": {meaning}")


def _status(status: Status) -> Styled:
    return Styled(status.value, COLOURS[status])
