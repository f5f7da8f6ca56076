"""``ledger council``: resolutions of the council, signed here or passed from hand to hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.deploy import signer_of
from ledger.cli.desk import Desk
from ledger.cli.inputs import Json, moment, read_file, write_file
from ledger.cli.output import facts, lines, out, receipt_json, show
from ledger.core.encoding.reading import hex_bytes, hex_text, read_object
from ledger.core.history.entry import Endorsement
from ledger.core.statements.members import NO_END
from ledger.core.statements.statement import (
    RESOLUTIONS,
    AgencyEnrolment,
    AgencyReinstatement,
    AgencySuspension,
    AttesterAuthorisation,
    AttesterCompromise,
    AttesterRetirement,
    CouncilChange,
    MandateGrant,
    MandateWithdrawal,
    Resolution,
)
from ledger.errors import Malformed

council = typer.Typer(no_args_is_help=True, help="Decide: enrol agencies, authorise attesters, grant mandates.")
FORMAT = "trade-ledger/resolution/1"

Sign = Annotated[list[str] | None, typer.Option("--key", "-k", help="Council key that signs now; repeat for more.")]
Out = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write the resolution to a file for others to sign, do not send.")
]
Code = Annotated[str, typer.Argument(help="Agency code, e.g. NZ-MPI.")]
Attester = Annotated[str, typer.Argument(help="Key name, or 0x signer bytes (ERC-7913).")]


def _enact(kind: type[Resolution], members: list[Any], keys: Sign, output: Out, as_json: bool) -> None:
    """Make the next resolution, sign it with the given keys, and send it or write it down."""
    desk = Desk()
    resolution = kind(*members, resolution=desk.relay.next_resolution())  # type: ignore[call-arg]
    endorsements = [_endorse(desk, resolution, name) for name in keys or []]
    if output is not None:
        write_file(output, _print(resolution, endorsements))
        value = {"file": str(output), "resolution": resolution.number, "endorsements": len(endorsements)}
        show(as_json, value, lambda: out.print(f"resolution {resolution.number} written to {output}, "
                                               f"{len(endorsements)} signatures"))  # fmt: skip
        return
    _send(desk, resolution, endorsements, as_json)


def _send(desk: Desk, resolution: Resolution, endorsements: list[Endorsement], as_json: bool) -> None:
    done = desk.relay.enact(resolution, endorsements)
    value = {
        "resolution": resolution.number,
        "kind": resolution.PRIMARY_TYPE,
        "entry": done.number,
        **(receipt_json(done.receipt) or {}),
    }
    show(as_json, value, lambda: facts("Decided", value))


def _endorse(desk: Desk, resolution: Resolution, name: str) -> Endorsement:
    key = desk.key(name)
    return Endorsement(key.signer(desk.origin), key.sign(resolution.id(desk.origin)))


def _print(resolution: Resolution, endorsements: list[Endorsement]) -> bytes:
    value = {
        "ledger": FORMAT,
        "kind": resolution.PRIMARY_TYPE,
        "resolution": resolution.to_json(),
        "endorsements": [
            {"signer": hex_text(item.signer), "signature": hex_text(item.signature)} for item in endorsements
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def _read(path: Path) -> tuple[Resolution, list[Endorsement]]:
    try:
        value = json.loads(read_file(path))
    except ValueError:
        raise Malformed("no JSON", str(path)) from None
    resolution, endorsements, kind, format_ = read_object(
        value, ["resolution", "endorsements", "kind", "ledger"], str(path)
    )
    known = {cls.PRIMARY_TYPE: cls for cls in RESOLUTIONS}
    if format_ != FORMAT or kind not in known:
        raise Malformed(f'not of the format "{FORMAT}"', str(path))
    signed = [read_object(item, ["signer", "signature"], "endorsement") for item in endorsements]
    return known[kind].from_json(resolution), [
        Endorsement(hex_bytes(signer, "signer"), hex_bytes(signature, "signature")) for signer, signature in signed
    ]


@council.command("show")
def show_council(as_json: Json = False) -> None:
    """Show the council: members, threshold, resolutions made.

    Example: `ledger council show`
    """
    agencies = Desk().follower.refresh().agencies
    members = [hex_text(member) for member in agencies.members]
    value = {"members": members, "threshold": agencies.threshold, "resolutions": agencies.resolutions}
    title = f"Council: {agencies.threshold} of {len(members)} decide; {agencies.resolutions} resolutions"
    show(as_json, value, lambda: lines(title, ("member",), [[member] for member in members]))


@council.command()
def sign(file: Path, key: Annotated[str, typer.Option("--key", "-k", help="Council key that signs.")]) -> None:
    """Sign a resolution that somebody wrote to a file; the signature is added to the file.

    Example: `ledger council sign resolution.json --key second-member`
    """
    desk = Desk()
    resolution, endorsements = _read(file)
    made = _endorse(desk, resolution, key)
    others = [item for item in endorsements if item.signer != made.signer]
    write_file(file, _print(resolution, [*others, made]))
    out.print(f"resolution {resolution.number} ({resolution.PRIMARY_TYPE}) now has {len(others) + 1} signatures")


@council.command()
def submit(file: Path, as_json: Json = False) -> None:
    """Relay a resolution with the signatures gathered in its file. Anyone may.

    Example: `ledger council submit resolution.json`
    """
    resolution, endorsements = _read(file)
    _send(Desk(), resolution, endorsements, as_json)


@council.command()
def change(
    member: Annotated[list[str], typer.Option("--member", "-m", help="New member: key name or 0x signer; repeat.")],
    threshold: Annotated[int, typer.Option(help="How many of them decide.")],
    keys: Sign = None,
    output: Out = None,
    as_json: Json = False,
) -> None:
    """Seat another council.

    Example: `ledger council change -m first -m second -m third --threshold 2 --key council`
    """
    desk = Desk()
    members = tuple(signer_of(desk, name) for name in member)
    _enact(CouncilChange, [members, threshold], keys, output, as_json)


@council.command()
def enrol(
    code: Code,
    name: Annotated[str, typer.Option(help="Full name of the agency.")],
    jurisdiction: Annotated[str, typer.Option(help="ISO 3166-1 alpha-2 code.")],
    uri: Annotated[str, typer.Option(help="Where the agency describes itself.")],
    keys: Sign = None,
    output: Out = None,
    as_json: Json = False,
) -> None:
    """Enrol an agency.

    Example: `ledger council enrol NZ-MPI --name "Plant Health" --jurisdiction NZ --uri https://example.org -k council`
    """
    _enact(AgencyEnrolment, [code, name, jurisdiction, uri], keys, output, as_json)


@council.command()
def suspend(code: Code, keys: Sign = None, output: Out = None, as_json: Json = False) -> None:
    """Suspend an agency: it can attest nothing until reinstated; what it attested stays.

    Example: `ledger council suspend NZ-MPI -k council`
    """
    _enact(AgencySuspension, [code], keys, output, as_json)


@council.command()
def reinstate(code: Code, keys: Sign = None, output: Out = None, as_json: Json = False) -> None:
    """Reinstate a suspended agency.

    Example: `ledger council reinstate NZ-MPI -k council`
    """
    _enact(AgencyReinstatement, [code], keys, output, as_json)


@council.command()
def authorise(attester: Attester, code: Code, keys: Sign = None, output: Out = None, as_json: Json = False) -> None:
    """Authorise a key to speak for an agency.

    Example: `ledger council authorise officer NZ-MPI -k council`
    """
    _enact(AttesterAuthorisation, [signer_of(Desk(), attester), code], keys, output, as_json)


@council.command()
def retire(attester: Attester, keys: Sign = None, output: Out = None, as_json: Json = False) -> None:
    """Retire a key; what it attested before stays in force.

    Example: `ledger council retire officer -k council`
    """
    _enact(AttesterRetirement, [signer_of(Desk(), attester)], keys, output, as_json)


@council.command()
def compromise(
    attester: Attester,
    since: Annotated[str, typer.Option(help="From when on its word counts for nothing, e.g. 2026-11-01T00:00:00Z.")],
    keys: Sign = None,
    output: Out = None,
    as_json: Json = False,
) -> None:
    """Declare a key compromised from a date that may lie in the past.

    Example: `ledger council compromise officer --since 2026-11-01T00:00:00Z -k council`
    """
    _enact(AttesterCompromise, [signer_of(Desk(), attester), moment(since)], keys, output, as_json)


@council.command()
def grant(
    code: Code,
    kind: Annotated[int, typer.Argument(help="UNCL 1001 code, e.g. 851 phytosanitary certificate.")],
    from_: Annotated[str | None, typer.Option("--from", help="Begin; now if not given.")] = None,
    until: Annotated[str | None, typer.Option(help="End; none if not given.")] = None,
    keys: Sign = None,
    output: Out = None,
    as_json: Json = False,
) -> None:
    """Grant an agency a mandate for one kind of attestation.

    Example: `ledger council grant NZ-MPI 851 -k council`
    """
    begin = 0 if from_ is None else moment(from_)
    end = NO_END if until is None else moment(until)
    _enact(MandateGrant, [code, kind, begin, end], keys, output, as_json)


@council.command("withdraw-mandate")
def withdraw_mandate(
    code: Code,
    kind: Annotated[int, typer.Argument(help="UNCL 1001 code of the mandate.")],
    keys: Sign = None,
    output: Out = None,
    as_json: Json = False,
) -> None:
    """End an agency's mandate for one kind now.

    Example: `ledger council withdraw-mandate NZ-MPI 851 -k council`
    """
    _enact(MandateWithdrawal, [code, kind], keys, output, as_json)
