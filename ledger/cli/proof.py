"""``ledger proof``: exports of evidence that other programs verify, and our own strict check of them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.files import (
    ENTRY,
    EVIDENCE,
    STATEMENT,
    TLOG_PROOF,
    is_standard_output,
    read_as,
    read_file,
    read_trusts,
    write_file,
)
from ledger.cli.inputs import Json
from ledger.cli.output import facts, report, show
from ledger.cli.terminal import open_app
from ledger.core.checkpoints.trust_folder import trust_root_of
from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import when
from ledger.core.evidence.evidence import Evidence
from ledger.core.history.entry import Entry
from ledger.core.proofs.scitt import TransparentStatement
from ledger.core.proofs.tlog_proof import HEADER, Proven, TlogProof
from ledger.errors import Malformed
from ledger.journeys.proof import transparent_statement
from ledger.journeys.verify import VerificationRequest

proof = typer.Typer(no_args_is_help=True, help="Export evidence in formats that other programs verify, and check them.")
TrustOption = Annotated[Path, typer.Option("--trust", "-t", help="Trust root, or a folder of them.")]
OutputOption = Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")]


class ProofFormat(StrEnum):
    """C2SP tlog-proof, or a SCITT Transparent Statement (RFC 9943)."""

    TLOG_PROOF = "tlog-proof"
    SCITT = "scitt"


@proof.command("make")
def make(
    evidence: Annotated[Path, typer.Argument(help="The evidence file, or a PDF that carries it.")],
    format_: Annotated[ProofFormat, typer.Option("--format", "-f", help="The format that the reader's program takes.")],
    output: OutputOption,
    entry: Annotated[
        int | None, typer.Option(help="For a tlog-proof: which entry, if not the one that anchors the batch.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--key", "-k", help="For a statement: the log's receipt key (P-256), if not the one in the settings."
        ),
    ] = None,
    issuer: Annotated[
        str | None,
        typer.Option(help="For a statement: the party's key (P-256), if the party issues it and not the log."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Export evidence. A tlog-proof needs no key, and writes the entry's bytes beside it; a statement is signed.

    Example: `ledger proof make invoice.evidence.json -f tlog-proof -o invoice.tlog-proof`
    """
    read = read_as(EVIDENCE, evidence, VerificationRequest.read).evidence
    if format_ is ProofFormat.TLOG_PROOF:
        value = _write_tlog_proof(read, entry, output)
    elif entry is not None:
        raise Malformed("a statement is about the entry that anchors the batch", "--entry")
    else:
        write_file(output, _statement(read, key, issuer))
        value = {"file": str(output)}
    report(output, as_json, "Exported", value)


@proof.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A .tlog-proof, or a Transparent Statement.")],
    trust: TrustOption,
    entry: Annotated[
        Path | None, typer.Option(help="For a tlog-proof: the entry's bytes, if not beside it with the ending .entry.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a proof, with the network off. Exit 0: it holds; 1: it does not; 2: malformed.

    Example: `ledger proof check invoice.tlog-proof --trust trust.json`
    """
    trusted = read_trusts(trust)
    if read_file(file).startswith(HEADER.encode()):
        read = read_as(TLOG_PROOF, file, TlogProof.parse)
        data = read_as(ENTRY, entry or file.with_suffix(".entry"), Entry.from_data).data
        proven = read.verify(data, trust_root_of(trusted, read.note.checkpoint.origin))
        value: dict[str, Any] = {"format": ProofFormat.TLOG_PROOF.value}
    else:
        statement = read_as(STATEMENT, file, TransparentStatement.parse)
        proven = statement.verify(trust_root_of(trusted, statement.origin))
        value = {"format": ProofFormat.SCITT.value, "issuer": "the party" if statement.by_party else "the log"}
    value |= _proven_json(proven)

    def human() -> None:
        named = {name: item for name, item in value.items() if item is not None}
        named["time"] = when(proven.entry.time)
        named["cosigned"] = (
            ", ".join(f"{item.witness.name} {when(item.time)}" for item in proven.cosigned) or "by no known witness"
        )
        facts("The proof holds", named)

    show(as_json, value, human)


@proof.command("key")
def key_(
    statement: Annotated[Path, typer.Argument(help="A Transparent Statement of the log.")],
    trust: TrustOption,
    output: OutputOption,
    as_json: Json = False,
) -> None:
    """Write the log's receipt key as PEM, for other programs, if a log key of the trust root names it.

    Example: `ledger proof key invoice.scitt --trust trust.json -o receipts.pem`
    """
    named = read_as(STATEMENT, statement, TransparentStatement.parse).key
    believed = trust_root_of(read_trusts(trust), named.key.origin)
    named.verify([key for key, _ in believed.log_keys])
    write_file(output, named.key.pem.encode())
    value = {"file": str(output), "signer": hex_text(named.key.signer)}
    report(output, as_json, "Written", value)


def _write_tlog_proof(evidence: Evidence, number: int | None, output: Path) -> dict[str, object]:
    proof = TlogProof.of(evidence, number)
    if is_standard_output(output):
        raise Malformed("must be a file, for the entry's bytes are written beside it", "--output")
    beside = output.with_suffix(".entry")
    if beside == output:
        raise Malformed("must not end in .entry: the entry's bytes are written to that name", "--output")
    (shown,) = (item for item in evidence.entries if item.entry.number == proof.index)
    write_file(output, proof.to_bytes())
    write_file(beside, shown.entry.data)
    return {"file": str(output), "entry_file": str(beside), "entry": proof.index}


def _statement(evidence: Evidence, key: str | None, issuer: str | None) -> bytes:
    app = open_app()
    key = key or app.settings.receipt_key
    if app.log_key is None:
        raise Malformed(
            "a receipt needs the log's key: set log_key, or ask the log's operator for the statement", "log_key"
        )
    if key is None:
        raise Malformed("name a P-256 key with --key, or set receipt_key: `ledger keys new receipts -a p256`", "--key")
    return transparent_statement(evidence, app.log_key, app.key(key), app.key(issuer) if issuer else None)


def _proven_json(proven: Proven) -> dict[str, Any]:
    membership, checkpoint = proven.membership, proven.checkpoint.checkpoint
    return {
        "origin": str(checkpoint.origin),
        "size": checkpoint.size,
        "root": hex_text(checkpoint.root),
        "entry": proven.entry.number,
        "kind": proven.entry.kind.name,
        "time": proven.entry.time,
        "cosigned": [{"witness": item.witness.name, "time": item.time} for item in proven.cosigned],
        "declaration": membership and hex_text(membership.declaration.id(checkpoint.origin)),
        "digest": membership and hex_text(membership.declaration.digest),
        "party": membership and hex_text(membership.declaration.party),
    }
