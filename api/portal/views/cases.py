"""A case: one document, or several, and an officer's decision about them. The decision is signed in the browser."""

from __future__ import annotations

from typing import Annotated, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import StringConstraints

from api import spellings
from api.auth.reads import read_list
from api.kit.capacity import Kind, of_kind
from api.portal.answers import Answer, answer_of
from api.portal.facts import Facts
from api.portal.office import CASES, MOST_TOGETHER, kinds_of, officer_of
from api.portal.phrases import Phrases, short
from api.portal.reading import known
from api.portal.render import PageRoute, render, words_for
from api.portal.signing import to_sign
from api.portal.words import Words
from api.services import Injected
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.core.evidence.inclusion import set_of
from ledger.core.statements import code_lists
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.origin import Origin
from ledger.errors import UnknownDeclaration
from ledger.journeys.attestable import Hindrance, attested_as, hindrance_of
from ledger.journeys.status import DeclarationStatus, statuses_of

router = APIRouter(include_in_schema=False, route_class=PageRoute)

Id = Annotated[str, StringConstraints(pattern=spellings.HASH)]
Ids = Annotated[list[Id], Query(max_length=MOST_TOGETHER)]
Code = Annotated[str, Query(pattern=r"^[0-9]{0,5}$")]


class Case(NamedTuple):
    """A document to decide about, in words.

    ``hindrance``: why the agency cannot attest it now, empty if it can; ``attested``: by which attestation of its own
    it has done so.
    """

    id: str
    short: str
    digest: str
    what: str
    party: str
    party_key: str
    since: str
    age: str
    replaces: str
    answers: list[Answer]
    hindrance: str
    attested: str


@router.get(CASES)
@of_kind(Kind.LOOKS)
def cases(request: Request, services: Injected, id: Ids = [], kind: Code = "", again: bool = False) -> Response:  # noqa: A002, B006 (the query's word; FastAPI copies it)
    """The documents, what others said about them, and the form of the decision.

    ``again``: whether the agency wants to say the same kind of thing a second time.
    """
    officer, (words, _), at = officer_of(request, services), words_for(request), services.clock()
    names = [DeclarationId(hex_bytes(text, "id")) for text in dict.fromkeys(id)]
    with known(services) as (history, as_of):
        statuses = _statuses(names, statuses_of(names, services.store, history, at, officer.session.rights.may_read))
        kinds = kinds_of(history.agencies.agency(officer.agency), at)
        chosen = _kind(kind, kinds, statuses)
        facts = Facts(words, history.agencies, services.origin)
        shown = [_case(one, officer.agency, chosen, again, facts, words, services.origin, at) for one in statuses]
        agency = facts.agency(officer.agency)
    read_list(officer.session.rights, {"cases": len(names)}, len(shown))
    ready = [
        one.declaration for one, case in zip(statuses, shown, strict=True) if one.declaration and not case.hindrance
    ]
    values = {
        "agency": agency,
        "cases": shown,
        "left_out": [case for case in shown if case.hindrance],
        "kinds": [(code, Phrases(words).type(code)) for code in kinds],
        "kind": chosen,
        "decision": _decision(ready, services.origin) if ready and chosen is not None else None,
        "outcomes": [] if chosen is None else _outcomes(chosen, len(ready), words),
        "attested_again": urlencode([("id", one.id) for one in shown] + [("kind", chosen or ""), ("again", "true")]),
        "at": at,
        "agency_code": officer.agency,
        "signer": hex_text(officer.session.rights.signer),
        "as_of": as_of,
        **to_sign(services),
    }
    return render(request, "cases.html", values, session=officer.session)


def _statuses(names: list[DeclarationId], found: list[DeclarationStatus | None]) -> list[DeclarationStatus]:
    for name, one in zip(names, found, strict=True):
        if one is None:
            raise UnknownDeclaration(name)
    return [one for one in found if one is not None]


def _kind(asked: str, kinds: list[int], statuses: list[DeclarationStatus]) -> int | None:
    """Under which kind the agency decides: what is asked for, else that of the documents, else the first mandate."""
    if asked and int(asked) in kinds:
        return int(asked)
    types = {one.declaration.document_type for one in statuses if one.declaration is not None}
    own = [code for code in kinds if types == {code}]
    return next(iter([*own, *kinds]), None)


def _case(
    found: DeclarationStatus, agency: str, kind: int | None, again: bool, facts: Facts, words: Words, origin: Origin,
    at: int,
) -> Case:  # fmt: skip
    declaration, phrases, received = found.declaration, Phrases(words), found.received_at or at
    assert declaration is not None, "what the store has says what was declared"
    hindrance = None if kind is None else hindrance_of(found, agency, kind)
    attested = None if kind is None else attested_as(found, agency, kind)
    if again and hindrance is Hindrance.ATTESTED:
        hindrance = None
    return Case(
        hex_text(found.id),
        short(found.id),
        hex_text(declaration.digest),
        phrases.type(declaration.document_type),
        phrases.key(declaration.party, origin),
        hex_text(declaration.party),
        words.time(received),
        words.span(at - received),
        "" if declaration.replaces == NO_DECLARATION else hex_text(declaration.replaces),
        [answer_of(one, facts, words) for one in found.attestations],
        "" if hindrance is None else _hindered(hindrance, words),
        "" if attested is None else hex_text(attested),
    )


def _hindered(hindrance: Hindrance, words: Words) -> str:
    match hindrance:
        case Hindrance.WITHDRAWN:
            return words.say("Its party withdrew it.")
        case Hindrance.NOT_ENTERED:
            return words.say("It is not entered in the history yet. That takes some minutes.")
        case Hindrance.ATTESTED:
            return words.say("Your agency has attested this already.")


def _decision(declared: list[Declaration], origin: Origin) -> dict[str, object]:
    """What the script needs to name the set that the attestation is about."""
    ids = [DeclarationId(one.id(origin)) for one in declared]
    root, size = set_of(ids)
    return {
        "root": hex_text(root),
        "size": size,
        "members": [hex_text(id_) for id_ in ids],
        "declarations": [one.to_json() for one in declared],
    }


def _outcomes(kind: int, size: int, words: Words) -> list[tuple[int, str, bool]]:
    """What can be said: code, words, and whether it is adverse, which can be said of one document at a time only."""
    known_codes = code_lists.outcomes_of(kind)
    phrases = Phrases(words)
    return [
        (code, phrases.outcome(kind, code), code in known_codes.adverse)
        for code in known_codes.words
        if size == 1 or code not in known_codes.adverse
    ]
