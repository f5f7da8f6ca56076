"""``ledger council``: resolutions of the council, signed here or passed from hand to hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.app import App
from ledger.cli.files import RESOLUTION, read_as, write_file
from ledger.cli.inputs import Json, moment, type_code
from ledger.cli.output import facts, lines, print_line, report, show
from ledger.cli.terminal import open_app
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Enacted
from ledger.core.history.resolution_file import ResolutionFile, read_resolution_file
from ledger.core.history.sentences import sentence
from ledger.core.statements.member_types import NO_END
from ledger.core.statements.resolutions import (
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
from ledger.journeys.council import draft_resolution, endorse, relay_resolution, signer_under
from ledger.journeys.relay import receipt_json

council = typer.Typer(
    no_args_is_help=True, help="Make the council's resolutions: enrol agencies, authorise attesters, grant mandates."
)

Sign = Annotated[list[str] | None, typer.Option("--key", "-k", help="Council key that signs now; repeat for more.")]
Out = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write the resolution to a file for others to sign, do not send.")
]
Code = Annotated[str, typer.Argument(help="Agency code, e.g. NZ-MPI.")]
Attester = Annotated[str, typer.Argument(help="Key name, or 0x signer bytes (ERC-7913).")]


def _enact(app: App, kind: type[Resolution], members: list[Any], keys: Sign, output: Out, as_json: bool) -> None:
    """Make the next resolution, sign it with the given keys, and send it or write it down."""
    resolution = draft_resolution(app.relay, kind, *members)
    made = ResolutionFile(resolution)
    for name in keys or []:
        made = made.with_endorsement(endorse(resolution, app.key(name), app.origin))
    if output is None:
        _send(app, made, as_json)
        return
    write_file(output, made.to_bytes())
    count = len(made.endorsements)
    value = {"file": str(output), "resolution": resolution.number, "endorsements": count}
    report(output, as_json, "Resolution", value)


def _send(app: App, made: ResolutionFile, as_json: bool) -> None:
    resolution = made.resolution
    done = relay_resolution(app.relay, resolution, made.endorsements)
    value = {
        "resolution": resolution.number,
        "kind": resolution.PRIMARY_TYPE,
        "entry": done.number,
        "says": sentence(Enacted(resolution, tuple(made.endorsements))),
        **(receipt_json(done.receipt) or {}),
    }
    show(as_json, value, lambda: facts("Enacted", value))


def _signer(app: App, name: str) -> bytes:
    return signer_under(app.origin, name, app.keystore)


def _read(path: Path) -> ResolutionFile:
    return read_as(RESOLUTION, path, read_resolution_file)


@council.command("show")
def show_council(as_json: Json = False) -> None:
    """Show the council: members, threshold, resolutions made.

    Example: `ledger council show`
    """
    agencies = open_app().follower.refresh().agencies
    members = [hex_text(member) for member in agencies.members]
    value = {"members": members, "threshold": agencies.threshold, "resolutions": agencies.resolutions}
    title = f"Council: {agencies.threshold} of {len(members)} decide; {agencies.resolutions} resolutions"
    show(as_json, value, lambda: lines(title, ("member",), [[member] for member in members]))


@council.command()
def sign(
    file: Path,
    key: Annotated[str, typer.Option("--key", "-k", help="Council key that signs.")],
    as_json: Json = False,
) -> None:
    """Sign a resolution that somebody wrote to a file; the signature is added to the file.

    Example: `ledger council sign resolution.json --key second-member`
    """
    app = open_app()
    held = _read(file)
    resolution = held.resolution
    made = held.with_endorsement(endorse(resolution, app.key(key), app.origin))
    write_file(file, made.to_bytes())
    count = len(made.endorsements)
    value = {"file": str(file), "resolution": resolution.number, "endorsements": count}
    words = f"resolution {resolution.number} ({resolution.PRIMARY_TYPE}) now has {count} signatures"
    show(as_json, value, lambda: print_line(words))


@council.command()
def submit(file: Path, as_json: Json = False) -> None:
    """Relay a resolution with the signatures gathered in its file. Anyone may.

    Example: `ledger council submit resolution.json`
    """
    _send(open_app(), _read(file), as_json)


@council.command()
def change(
    member: Annotated[list[str], typer.Option("--member", "-m", help="New member: key name or 0x signer; repeat.")],
    threshold: Annotated[int, typer.Option(help="How many of them decide.")],
    keys: Sign = None,
    output: Out = None,
    as_json: Json = False,
) -> None:
    """Replace the council's members and threshold.

    Example: `ledger council change -m first -m second -m third --threshold 2 --key council`
    """
    app = open_app()
    members = tuple(_signer(app, name) for name in member)
    _enact(app, CouncilChange, [members, threshold], keys, output, as_json)


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
    _enact(open_app(), AgencyEnrolment, [code, name, jurisdiction, uri], keys, output, as_json)


@council.command()
def suspend(code: Code, keys: Sign = None, output: Out = None, as_json: Json = False) -> None:
    """Suspend an agency: it cannot attest until reinstated; its attestations stay.

    Example: `ledger council suspend NZ-MPI -k council`
    """
    _enact(open_app(), AgencySuspension, [code], keys, output, as_json)


@council.command()
def reinstate(code: Code, keys: Sign = None, output: Out = None, as_json: Json = False) -> None:
    """Reinstate a suspended agency.

    Example: `ledger council reinstate NZ-MPI -k council`
    """
    _enact(open_app(), AgencyReinstatement, [code], keys, output, as_json)


@council.command()
def authorise(attester: Attester, code: Code, keys: Sign = None, output: Out = None, as_json: Json = False) -> None:
    """Authorise a key to speak for an agency.

    Example: `ledger council authorise officer NZ-MPI -k council`
    """
    app = open_app()
    _enact(app, AttesterAuthorisation, [_signer(app, attester), code], keys, output, as_json)


@council.command()
def retire(attester: Attester, keys: Sign = None, output: Out = None, as_json: Json = False) -> None:
    """Retire a key; what it attested before stays in force.

    Example: `ledger council retire officer -k council`
    """
    app = open_app()
    _enact(app, AttesterRetirement, [_signer(app, attester)], keys, output, as_json)


@council.command()
def compromise(
    attester: Attester,
    since: Annotated[str, typer.Option(help="Time from which the key is not believed, e.g. 2026-11-01T00:00:00Z.")],
    keys: Sign = None,
    output: Out = None,
    as_json: Json = False,
) -> None:
    """Declare a key compromised from a date that may lie in the past.

    Example: `ledger council compromise officer --since 2026-11-01T00:00:00Z -k council`
    """
    app = open_app()
    _enact(app, AttesterCompromise, [_signer(app, attester), moment(since)], keys, output, as_json)


@council.command()
def grant(
    code: Code,
    kind: Annotated[str, typer.Argument(help='UNCL 1001 code or name, e.g. 851 or "phytosanitary certificate".')],
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
    _enact(open_app(), MandateGrant, [code, type_code(kind, "kind"), begin, end], keys, output, as_json)


@council.command("withdraw-mandate")
def withdraw_mandate(
    code: Code,
    kind: Annotated[str, typer.Argument(help="UNCL 1001 code or name of the mandate.")],
    keys: Sign = None,
    output: Out = None,
    as_json: Json = False,
) -> None:
    """End an agency's mandate for one kind now.

    Example: `ledger council withdraw-mandate NZ-MPI 851 -k council`
    """
    _enact(open_app(), MandateWithdrawal, [code, type_code(kind, "kind")], keys, output, as_json)
