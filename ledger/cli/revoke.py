"""``ledger revoke``: end attestations, or single members of their sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from ledger.cli.chosen import From, Yes, agree, listed_words
from ledger.cli.inputs import Api, Json, KeyName, ServerTrust, identifier, revocation_reason_code
from ledger.cli.output import bar, facts, lines, say, show
from ledger.cli.terminal import open_app, open_service
from ledger.core.encoding.id_lists import Listed
from ledger.core.encoding.ids import AttestationId, DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.code_lists import DOCUMENT_STATUS
from ledger.errors import LedgerError, Malformed
from ledger.journeys.revoke_many import End, Ended, check_ends, revoke_ends

_COLUMNS = ("attestation", "id")
_TOLD = 5  # members that are named


def revoke(
    key: KeyName,
    attestation: Annotated[
        list[str] | None, typer.Argument(help="Attestation ids; - is a list from standard input.")
    ] = None,
    from_: From = None,
    member: Annotated[
        list[str] | None,
        typer.Option(help="A declaration of the attestation's set, once for each; the whole set if not given."),
    ] = None,
    reason: Annotated[str, typer.Option(help="UNCL 1373 code or name: 41 validity revoked, 42 in error.")] = "41",
    yes: Yes = False,
    api: Api = None,
    trust: ServerTrust = None,
    as_json: Json = False,
) -> None:
    """Revoke attestations forever, each as a whole or for one member of its set: then it stands on for the others.

    A list has an attestation id a line, or an attestation and a member; a table has the columns attestation and member.
    Nothing is signed unless all of it can be revoked.

    Example: `ledger revoke 0x… --key officer --reason 42`

    Example: `ledger revoke 0x… --member 0x… --member 0x… --key officer --reason "in error"`

    Example: `ledger revoke --from list.csv --yes --key officer`
    """
    code = revocation_reason_code(reason)
    listed = listed_words(attestation or (), from_, _COLUMNS)
    if not listed:
        raise Malformed("give ids, or --from FILE", "attestation")
    ends = _ends(listed, [DeclarationId(identifier(text, "member")) for text in member or ()])
    app = open_app()
    service = open_service(app, api, trust=trust, key=key)
    _ = app.keystore.info(key)
    _ = service.origin  # believed before anything is asked
    known = check_ends(service, ends)
    if len(ends) > 1:
        agree(f'revokes {len(ends)} times, as "{DOCUMENT_STATUS.in_words(code)}": {_counted(ends)}', yes)
    officer = app.key(key)
    done: list[Ended] = []
    with bar() as progress:
        task = progress.add_task("revoking", total=len(ends))
        try:
            for item in revoke_ends(service, ends, known, code, officer):
                done.append(item)
                progress.advance(task)
        except LedgerError:
            if done:
                say(f"at least {len(done)} of {len(ends)} revocations are in the history, the first of the list")
            raise
    _show(done, as_json)


def _ends(listed: Sequence[Listed], members: Sequence[DeclarationId]) -> list[End]:
    found = []
    for item in listed:
        first, _, second = item.text.partition(" ")
        given = second.strip() or item.row.get("member", "")
        where = item.where or "attestation"
        id_ = AttestationId(identifier(first, where))
        found.append(End(id_, DeclarationId(identifier(given, where)) if given else None, item.where))
    if not members:
        return found
    if len(found) != 1 or found[0].member is not None:
        raise Malformed(
            "goes with one attestation: for several, give a list with the columns attestation and member", "--member"
        )
    return [End(found[0].attestation, one) for one in members]


def _counted(ends: Sequence[End]) -> str:
    whole = sum(end.member is None for end in ends)
    single = len(ends) - whole
    parts = [(whole, "whole attestation"), (single, "single member")]
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in parts if count)


def _show(done: Sequence[Ended], as_json: bool) -> None:
    shown = [_item(item) for item in done]
    if len(shown) == 1:
        value = {name: part for name, part in shown[0].items() if name != "stands_for" and part is not None}
        show(as_json, shown[0], lambda: facts("Revoked", value))
        return
    rows = [(item["entry"], item["stands"], item["attestation"]) for item in shown]
    show(
        as_json,
        {"revocations": shown},
        lambda: lines(f"Revoked {len(shown)} times", ("entry", "stands on for", "attestation id"), rows),
    )


def _item(done: Ended) -> dict[str, Any]:
    return {
        "id": hex_text(done.recorded.id),
        "entry": done.recorded.entry,
        "attestation": hex_text(done.end.attestation),
        "member": None if done.end.member is None else hex_text(done.end.member),
        "stands": _stands(done),
        "stands_for": None if done.members is None else [hex_text(one) for one in done.members],
        **done.recorded.transaction,
    }


def _stands(done: Ended) -> str:
    """For whom the attestation stands on, in words."""
    if not done.left:
        return "nobody: it has ended for all" if done.size > 1 else "nobody"
    words = f"{done.left} of {done.size}"
    if done.members is None:
        return f"{words}, whose ids are not known here"
    named = ", ".join(hex_text(one) for one in done.members[:_TOLD])
    return f"{words}: {named}{' …' if len(done.members) > _TOLD else ''}"
