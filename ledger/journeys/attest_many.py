"""Attest many: check a set of declarations before it is signed, and split it where one attestation cannot hold it.

Nothing is signed unless every member may be attested: so an officer signs once, for a set that he knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ledger.core.encoding.ids import DeclarationId, Digest, Root
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.inclusion import set_of
from ledger.core.history.standing import Standing
from ledger.core.relaying.rules import MOST_MEMBERS
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.code_lists import check_outcome, is_adverse, outcome_in_words
from ledger.core.statements.detail import detail_of_notices
from ledger.core.statements.member_types import ZERO
from ledger.edges.keys.keystore import SigningKey
from ledger.errors import Malformed, NotAttestable
from ledger.journeys.service import AttestationView, DeclarationView, LedgerService, Recorded
from ledger.journeys.side_by_side import side_by_side

_TOLD = 20
_STANDING = frozenset({Standing.IN_FORCE.value, Standing.NOT_YET_VALID.value, Standing.NOT_YET.value})


@dataclass(frozen=True, slots=True)
class Words:
    """What an agency is to say of each member of a set, but for the members and their notices.

    ``kind`` and ``outcome`` by UNCL; ``valid_from`` and ``valid_until``: seconds.
    """

    agency: str
    kind: int
    outcome: int
    valid_from: int
    valid_until: int


@dataclass(frozen=True, slots=True)
class Group:
    """What one attestation is to be about: declarations in order, and a notice for each, or none."""

    members: tuple[DeclarationId, ...]
    notices: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True)
class AttestedGroup:
    """An attestation that is in the history."""

    group: Group
    attestation: Attestation
    recorded: Recorded


def split(
    words: Words, ids: Sequence[DeclarationId], notices: Sequence[Digest] = (), most: int = MOST_MEMBERS
) -> list[Group]:
    """The attestations that say this of all of these declarations, in order.

    One, unless the outcome is adverse, which is about one declaration each; or there are more than ``most``.

    :raises Malformed: notices are given, and not one for each.
    """
    if notices and len(notices) != len(ids):
        raise Malformed(f"{len(notices)} digests for {len(ids)} declarations: give one for each, in order", "detail")
    size = 1 if is_adverse(words.kind, words.outcome) else most
    return [
        Group(tuple(ids[start : start + size]), tuple(notices[start : start + size]))
        for start in range(0, len(ids), size)
    ]


def check_set(
    words: Words,
    ids: Sequence[DeclarationId],
    views: Sequence[DeclarationView | None],
    places: Mapping[DeclarationId, str],
    *,
    again: bool = False,
    elsewhere: bool = False,
) -> None:
    """Check that an agency may attest all of these: declared, anchored, not withdrawn, not attested by it already.

    :param views: where each stands; None for one that is not known. ``places``: where each was named, in words.
    :param again: whether it may say the same kind of thing a second time. ``elsewhere``: whether it may say it of what
        is not known here.
    :raises NotAttestable: some may not be; the message names each and says why.
    """
    problems = []
    for id_, view in zip(ids, views, strict=True):
        problem = _problem(words, view, again, elsewhere)
        if problem is not None:
            where = places.get(id_, "")
            problems.append(f"{where}{': ' if where else ''}{hex_text(id_)} {problem}")
    if problems:
        told = problems[:_TOLD]
        if len(problems) > _TOLD:
            told.append(f"and {len(problems) - _TOLD} more")
        raise NotAttestable(len(problems), len(ids), "\n  ".join(told))


def attested_already(words: Words, view: DeclarationView) -> AttestationView | None:
    """What the agency says of a declaration under this kind, and has neither revoked nor let expire, or None."""
    for one in view.attestations:
        said = one.attestation
        if (said.agency, said.kind) == (words.agency, words.kind) and one.standing in _STANDING:
            return one
    return None


def check_words(words: Words) -> None:
    """Malformed if nobody can say this of any declaration: a member does not fit a statement, or the outcome is not in
    the list of the kind, or is adverse and ends by itself.
    """
    made = Attestation(
        words.agency, words.kind, words.outcome, ZERO, words.valid_from, words.valid_until, Root(ZERO), 1, ZERO
    )
    made.struct_hash()  # the code of the agency and the times fit a statement
    check_outcome(made)


def attest_groups(
    service: LedgerService, words: Words, groups: Sequence[Group], officer: SigningKey, salts: Iterator[bytes]
) -> Iterator[AttestedGroup]:
    """Sign one attestation for each group and bring it into the history; yields each when it is there.

    :param salts: 32 random bytes for each.
    :raises LedgerError: what the service raises; those that were yielded before stay in the history.
    """
    origin = service.origin
    signer = officer.signer(origin)
    made = []
    for group in groups:
        root, size = set_of(group.members)
        statement = Attestation(
            words.agency, words.kind, words.outcome, detail_of_notices(group.notices), words.valid_from,
            words.valid_until, root, size, next(salts),
        )  # fmt: skip
        made.append((group, statement, officer.sign(statement.id(origin))))

    def attest(mine: LedgerService, item: tuple[Group, Attestation, bytes]) -> AttestedGroup:
        group, statement, signature = item
        return AttestedGroup(group, statement, mine.attest(statement, signer, signature, group.members))

    yield from side_by_side(service, made, attest)


def _problem(words: Words, view: DeclarationView | None, again: bool, elsewhere: bool) -> str | None:
    """Why a declaration may not be attested; None if it may."""
    if view is None or view.declaration is None:
        return None if elsewhere else "is not declared here, or you may not read it"
    if view.withdrawn is not None:
        return f"was withdrawn by its party (entry {view.withdrawn.entry})"
    if view.state not in ("anchored", "final"):
        return "is not anchored yet: try again shortly"
    known = None if again else attested_already(words, view)
    if known is None:
        return None
    said = outcome_in_words(known.attestation.kind, known.attestation.outcome)
    return (
        f'is attested by {words.agency} already, as "{said}" ({hex_text(known.id)}): revoke that first, or give --again'
    )
