"""One attestation: what it says, about which documents, how it stands; and its agency's officers can revoke it here."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Path, Query, Request, Response

from api import spellings
from api.auth.reads import read_list
from api.kit.capacity import Kind, of_kind
from api.portal.answers import answer_of
from api.portal.facts import Facts
from api.portal.office import officer_of
from api.portal.phrases import Phrases, short
from api.portal.reading import known
from api.portal.render import PageRoute, render, words_for
from api.portal.signing import to_sign
from api.portal.words import Words
from api.services import Injected, Services
from ledger.core.encoding.ids import AttestationId, DeclarationId
from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.core.history.history import History
from ledger.core.history.standing import Standing
from ledger.core.statements.code_lists import is_adverse
from ledger.core.statements.member_types import NO_DECLARATION, ZERO
from ledger.errors import AttestationUnknown
from ledger.journeys.members import MembersPage, members_of
from ledger.journeys.status import AttestationStatus, attestation_status, statuses_of

router = APIRouter(include_in_schema=False, route_class=PageRoute)
A_PAGE = 50
REASONS = (41, 42, 40, 39)
"""Why an officer revokes, by UNCL 1373: revoked, in error, suspended, on hold."""

Id = Annotated[str, Path(pattern=spellings.HASH)]


class MemberInWords(NamedTuple):
    """A document that the attestation is about. ``revoked_by``: the entry that revokes it for this one, or None."""

    id: str
    short: str
    what: str
    revoked_by: int | None


@router.get("/portal/attestations/{id}")
@of_kind(Kind.LOOKS)
def attestation(
    id: Id,  # noqa: A002 (the path's word)
    request: Request,
    services: Injected,
    start: Annotated[int, Query(ge=0, lt=1 << 63)] = 0,
    member: Annotated[str, Query(pattern=f"^$|{spellings.HASH}")] = "",
) -> Response:
    """For officers. ``start``: index of the first member shown; ``member``: for which one alone it is to be revoked."""
    officer, (words, _), at = officer_of(request, services), words_for(request), services.clock()
    name = AttestationId(hex_bytes(id, "id"))
    with known(services) as (history, as_of):
        found = _found(name, history, services, at)
        said = found.attested.attestation
        page = members_of(name, services.store, history, start, A_PAGE)
        facts = Facts(words, history.agencies, services.origin)
        members = _members(page, services, history, words, at)
        about = _about(found, DeclarationId(hex_bytes(member, "member")) if member else None, services, history, at)
    read_list(officer.session.rights, {"members": id}, len(members))
    phrases = Phrases(words)
    values = {
        "attestation": answer_of(found, facts, words),
        "size": said.size,
        "detail": "" if said.detail == ZERO else hex_text(said.detail),
        "key": phrases.key(found.attested.signer, services.origin),
        "signer_key": hex_text(found.attested.signer),
        "members": members,
        "next_start": page.next_index,
        "start": start,
        "adverse": is_adverse(said.kind, said.outcome),
        "can_revoke": said.agency == officer.agency and found.standing is not Standing.REVOKED,
        "revoked_by": found.decided_by.number if found.standing is Standing.REVOKED and found.decided_by else None,
        "only": next((one for one in members if one.id == member), None) if member else None,
        "member": member or hex_text(NO_DECLARATION),
        "about": about,
        "reasons": [(code, phrases.reason(code)) for code in REASONS],
        "signer": hex_text(officer.session.rights.signer),
        "as_of": as_of,
        **to_sign(services),
    }
    return render(request, "attestation.html", values, session=officer.session)


def _found(id_: AttestationId, history: History, services: Services, at: int) -> AttestationStatus:
    """Where it stands. One that was handed in a moment ago may not be known yet to this process: it looks again."""
    try:
        return attestation_status(id_, history, at)
    except AttestationUnknown:
        services.app.follower.refresh()
        return attestation_status(id_, history, at)


def _members(page: MembersPage, services: Services, history: History, words: Words, at: int) -> list[MemberInWords]:
    """The members that are known here, those that this server does not have with no type."""
    phrases = Phrases(words)
    statuses = statuses_of([one.id for one in page.members], services.store, history, at)
    types = [None if one is None or one.declaration is None else one.declaration.document_type for one in statuses]
    return [
        MemberInWords(hex_text(one.id), short(one.id), "" if type_ is None else phrases.type(type_), one.revoked_by)
        for one, type_ in zip(page.members, types, strict=True)
    ]


def _about(
    found: AttestationStatus, member: DeclarationId | None, services: Services, history: History, at: int
) -> dict[str, Any]:
    """What the signing page is told of the revocation: the attestation, and the declarations that it ends for."""
    said = found.attested.attestation
    about: dict[str, Any] = {"attestation": said.to_json()}
    ids = [member] if member is not None else None
    if ids is None and said.size <= A_PAGE:
        page = members_of(AttestationId(found.id), services.store, history, 0, A_PAGE)
        ids = [one.id for one in page.members] if len(page.members) == said.size else None
    if ids is None:
        return about
    declared = [None if one is None else one.declaration for one in statuses_of(ids, services.store, history, at)]
    if all(declared):
        about["declarations"] = [one.to_json() for one in declared if one is not None]
    return about
