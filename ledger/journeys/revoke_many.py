"""Revoke many: check what is to end before anything is signed, and say what stands on.

The contract knows neither who is in a set nor that a revocation twice says the same; here it is looked up first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ledger.core.encoding.ids import AttestationId, DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.inclusion import set_of_one
from ledger.core.history.standing import Standing
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.revocation import Revocation
from ledger.edges.keys.keystore import SigningKey
from ledger.errors import AttestationUnknown, NotRevocable, NotSignedIn, ReadingForbidden
from ledger.journeys.service import AttestationView, LedgerService, MembersView, Recorded
from ledger.journeys.side_by_side import side_by_side

_TOLD = 20


@dataclass(frozen=True, slots=True)
class End:
    """What is to be revoked: an attestation, whole or for one ``member``. ``where`` it was named, in words."""

    attestation: AttestationId
    member: DeclarationId | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """A revocation that is in the history.

    ``size``: members of the attested set. ``left``: for how many of them the attestation stands on. ``members``: which
    these are; None where not all members of the set are known here.
    """

    end: End
    recorded: Recorded
    size: int
    left: int
    members: tuple[DeclarationId, ...] | None


def check_ends(service: LedgerService, ends: Sequence[End]) -> dict[AttestationId, tuple[AttestationView, MembersView]]:
    """Check that all of these can be revoked; what is known of each attestation.

    :raises AttestationUnknown: there is one only, and it is not in the history.
    :raises NotRevocable: some cannot be; the message names each and says why.
    """
    known: dict[AttestationId, tuple[AttestationView, MembersView] | None] = {}
    problems, seen = [], set()
    for end in ends:
        if end.attestation not in known:
            known[end.attestation] = _look_up(service, end)
        found, named = known[end.attestation], (end.attestation, end.member)
        problem = "is named twice" if named in seen else _problem(end, found)
        seen.add(named)
        if problem is not None:
            problems.append(f"{end.where}{': ' if end.where else ''}{hex_text(end.attestation)} {problem}")
    if len(ends) == 1 and known[ends[0].attestation] is None:
        raise AttestationUnknown(ends[0].attestation)
    if problems:
        told = problems[:_TOLD]
        if len(problems) > _TOLD:
            told.append(f"and {len(problems) - _TOLD} more")
        raise NotRevocable(len(problems), len(ends), "\n  ".join(told))
    return {id_: found for id_, found in known.items() if found is not None}


def revoke_ends(
    service: LedgerService,
    ends: Sequence[End],
    known: dict[AttestationId, tuple[AttestationView, MembersView]],
    reason: int,
    officer: SigningKey,
) -> Iterator[Ended]:
    """Sign a revocation for each and bring it into the history; yields each when it is there.

    :param known: as ``check_ends`` found it. ``reason``: UNCL 1373.
    :raises LedgerError: what the service raises; those that were yielded before stay in the history.
    """
    origin = service.origin
    signer = officer.signer(origin)
    made = []
    for end in ends:
        statement = Revocation(end.attestation, NO_DECLARATION if end.member is None else end.member, reason)
        made.append((statement, officer.sign(statement.id(origin))))

    def revoke(mine: LedgerService, item: tuple[Revocation, bytes]) -> Recorded:
        statement, signature = item
        return mine.revoke(statement, signer, signature)

    over = {id_: set(members.revoked) for id_, (_, members) in known.items()}
    for end, recorded in zip(ends, side_by_side(service, made, revoke), strict=True):
        view, members = known[end.attestation]
        size = view.attestation.size
        if end.member is None:
            yield Ended(end, recorded, size, 0, ())
            continue
        over[end.attestation].add(end.member)
        left = tuple(one for one in members.members if one not in over[end.attestation])
        is_whole = len(members.members) == size
        yield Ended(end, recorded, size, size - len(over[end.attestation]), left if is_whole else None)


def _look_up(service: LedgerService, end: End) -> tuple[AttestationView, MembersView] | None:
    try:
        view = service.attestation(end.attestation)
    except AttestationUnknown:
        return None
    if end.member is None:
        return view, MembersView(view.attestation.size, (), frozenset())
    said = view.attestation
    if said.size == 1:
        is_it = set_of_one(end.member) == (said.root, 1)
        return view, MembersView(1, (end.member,) if is_it else (), frozenset())
    try:
        return view, service.members(end.attestation)
    except (NotSignedIn, ReadingForbidden):  # the service judges by itself
        return view, MembersView(said.size, (), frozenset())


def _problem(end: End, found: tuple[AttestationView, MembersView] | None) -> str | None:
    if found is None:
        return "is not in the history"
    view, members = found
    if view.standing == Standing.REVOKED.value:
        return "is revoked already"
    if end.member is None:
        return None
    if end.member in members.revoked:
        return f"is revoked already for {hex_text(end.member)}"
    is_known = len(members.members) == members.size or members.size == 1
    if is_known and end.member not in members.members:
        return f"is not about {hex_text(end.member)}: its set has {members.size}, and that is none of them"
    return None
