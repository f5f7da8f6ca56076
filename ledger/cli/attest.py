"""``ledger attest``: sign an attestation of one or many declarations as an agency's officer, and relay it."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from ledger.cli.chosen import Chosen, From, Yes, agree, choose, choose_where, listed_words
from ledger.cli.inputs import Api, Json, KeyName, ServerTrust, identifier, moment, outcome_code, type_code
from ledger.cli.output import bar, facts, lines, say, show
from ledger.cli.terminal import open_app, open_service
from ledger.core.encoding.ids import Digest
from ledger.core.encoding.reading import hex_text
from ledger.core.relaying.rules import MOST_MEMBERS
from ledger.core.statements.code_lists import is_adverse, outcome_in_words, type_in_words
from ledger.core.statements.member_types import NO_END
from ledger.errors import LedgerError, Malformed
from ledger.journeys.attest_many import (
    AttestedGroup,
    Group,
    Words,
    attest_groups,
    attested_already,
    check_set,
    check_words,
    split,
)
from ledger.journeys.service import DeclarationView, Recorded


def show_recorded(title: str, done: Recorded, as_json: bool, more: Mapping[str, str] | None = None) -> None:
    """Show a statement that is in the history."""
    value: dict[str, Any] = {"id": hex_text(done.id), "entry": done.entry, **(more or {}), **done.transaction}
    show(as_json, value, lambda: facts(title, value))


def attest(
    agency: Annotated[str, typer.Option(help="Agency code that the key speaks for.")],
    kind: Annotated[str, typer.Option(help='What is attested: UNCL 1001 code or name, e.g. 851 or "phytosanitary".')],
    key: KeyName,
    declaration: Annotated[
        list[str] | None,
        typer.Argument(help="Declaration ids, or files of evidence; several in order make one set. - is a list."),
    ] = None,
    from_: From = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILTER",
            help="All of the agency's inbox for this kind that is let through: type=invoice, since=TIME, until=TIME; "
            "or all. Says how many there are, and asks.",
        ),
    ] = None,
    outcome: Annotated[
        str,
        typer.Option(help="Code or name of the kind's list, UNCL 1373, 4405 or 7365, e.g. 1 or accepted."),
    ] = "1",
    detail: Annotated[
        list[str] | None,
        typer.Option(help="Digest of the agency's own document; for several declarations once for each, in order."),
    ] = None,
    valid_from: Annotated[str | None, typer.Option(help="Begin of validity; now if not given.")] = None,
    valid_until: Annotated[str | None, typer.Option(help="End of validity; none if not given.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also what the agency has attested under this kind already.")
    ] = False,
    skip_attested: Annotated[
        bool, typer.Option("--skip-attested", help="Leave out what the agency has attested under this kind already.")
    ] = False,
    elsewhere: Annotated[
        bool,
        typer.Option("--elsewhere", help="Also what is not declared here: nothing of it can be checked."),
    ] = False,
    set_size: Annotated[
        int, typer.Option(min=1, max=MOST_MEMBERS, help="Most declarations of one attestation; more are split.")
    ] = MOST_MEMBERS,
    yes: Yes = False,
    api: Api = None,
    trust: ServerTrust = None,
    as_json: Json = False,
) -> None:
    """Attest declarations as an agency's officer: one signature and one entry for a set, however many are in it.

    Nothing is signed unless each of them is declared, anchored, not withdrawn, and not attested by the agency under
    this kind. An adverse outcome, such as 7 goods detained, has no end, and is about one declaration: for several,
    each gets an attestation of its own. Goods are released by kind 132 with the outcome "goods released".

    Example: `ledger attest 0x… --agency NZ-MPI --kind 851 --key officer`

    Example: `ledger attest --from list.csv --agency NZ-CUSTOMS --kind 132 --outcome "goods released" --key officer`

    Example: `ledger attest --where type=invoice --agency NZ-MPI --kind 851 --key officer --api https://ledger.example`
    """
    kind_code = type_code(kind, "--kind")
    words = Words(
        agency,
        kind_code,
        outcome_code(kind_code, outcome),
        moment(valid_from) if valid_from else 0,
        NO_END if valid_until is None else moment(valid_until),
    )
    check_words(words)
    if again and skip_attested:
        raise Malformed("goes without --skip-attested", "--again")
    notices = [Digest(identifier(text, "detail")) for text in detail or ()]
    app = open_app()
    service = open_service(app, api, trust=trust, key=key)
    _ = app.keystore.info(key)
    if where and (declaration or from_):
        raise Malformed("goes without ids and lists: it takes them from the inbox", "--where")
    if where:
        chosen = choose_where(where, service, agency, kind_code)
    else:
        listed = listed_words(declaration or (), from_)
        if not listed:
            raise Malformed("give ids, --from FILE, or --where FILTER", "declaration")
        chosen = choose(listed, from_, service, agency)
    groups = split(words, chosen.ids, notices, set_size)
    _ = service.origin  # believed before anything is asked
    views = service.declarations(chosen.ids)
    if skip_attested:
        chosen, views = _without_attested(words, chosen, views)
        if not chosen.ids:
            say(f"all of them are attested by {agency} already: nothing was signed")
            show(as_json, {"declarations": 0, "attestations": []}, lambda: None)
            return
        if notices and len(views) < len(notices):
            raise Malformed(
                "goes without --detail where some are left out: give the digests of the others", "--skip-attested"
            )
        groups = split(words, chosen.ids, notices, set_size)
    check_set(words, chosen.ids, views, chosen.places, again=again, elsewhere=elsewhere)
    says = f"{type_in_words(kind_code)}, {outcome_in_words(kind_code, words.outcome)}"
    if where or len(groups) > 1:
        agree(_announced(words, says, views, groups), yes)
    officer = app.key(key)
    done: list[AttestedGroup] = []
    with bar() as progress:
        task = progress.add_task("attesting", total=len(groups))
        salts = iter(lambda: secrets.token_bytes(32), b"")
        try:
            for item in attest_groups(service, words, groups, officer, salts):
                done.append(item)
                progress.advance(task)
        except LedgerError:
            if done:
                say(
                    f"at least {len(done)} of {len(groups)} attestations are in the history: start the same command "
                    "again with --skip-attested, and it goes on"
                )
            raise
    _show(done, says, len(chosen.ids), as_json)


def _without_attested(
    words: Words, chosen: Chosen, views: Sequence[DeclarationView | None]
) -> tuple[Chosen, list[DeclarationView | None]]:
    left = [
        (id_, view)
        for id_, view in zip(chosen.ids, views, strict=True)
        if view is None or attested_already(words, view) is None
    ]
    if len(left) < len(chosen.ids):
        say(f"{len(chosen.ids) - len(left)} of {len(chosen.ids)} are attested by {words.agency} already: left out")
    return Chosen([id_ for id_, _ in left], chosen.places), [view for _, view in left]


def _announced(words: Words, says: str, views: Sequence[DeclarationView | None], groups: Sequence[Group]) -> str:
    """What is about to be signed, in words."""
    types = Counter(
        type_in_words(view.declaration.document_type)
        for view in views
        if view is not None and view.declaration is not None
    )
    counted = ", ".join(f"{count} × {name}" for name, count in types.most_common())
    how = "1 attestation"
    if len(groups) > 1:
        why = (
            "an adverse outcome is about one declaration each"
            if is_adverse(words.kind, words.outcome)
            else f"a set has {len(groups[0].members)} at most"
        )
        how = f"{len(groups)} attestations ({why})"
    plural = "" if len(views) == 1 else "s"
    return f'{words.agency} attests {len(views)} declaration{plural} as "{says}", with {how}: {counted}'


def _show(done: Sequence[AttestedGroup], says: str, count: int, as_json: bool) -> None:
    shown = [
        {
            "id": hex_text(item.recorded.id),
            "entry": item.recorded.entry,
            "says": says,
            "declarations": len(item.group.members),
            **item.recorded.transaction,
        }
        for item in done
    ]
    if len(shown) == 1:
        value = shown[0]
        show(as_json, value | {"attestations": shown}, lambda: facts("Attested", value))
        return
    rows = [(item["entry"], item["declarations"], item["id"]) for item in shown]
    title = f"Attested {count} declarations as {says}"
    show(
        as_json,
        {"says": says, "declarations": count, "attestations": shown},
        lambda: lines(title, ("entry", "declarations", "attestation id"), rows),
    )
