"""Members: which declarations an attestation is about, as far as they are known, and for which it is revoked.

Members come with the statement, or with evidence that a holder brings.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.core.encoding.ids import AttestationId, DeclarationId, SetName
from ledger.core.evidence.renewal import Renewal
from ledger.core.history.history import History
from ledger.edges.store import Store
from ledger.errors import AttestationUnknown


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an attested set: its index, and the number of the entry that revokes the attestation for it."""

    index: int
    id: DeclarationId
    revoked_by: int | None


@dataclass(frozen=True, slots=True)
class MembersPage:
    """Known members of a set of ``size``, by index; ``next_index``: where the next page begins, None at the end."""

    size: int
    members: tuple[Member, ...]
    next_index: int | None


def members_of(id_: AttestationId, store: Store, history: History, start: int = 0, limit: int = 1_000) -> MembersPage:
    """The members of an attestation's set from index ``start`` on, those that the store knows.

    :raises AttestationUnknown: it is not recorded.
    """
    if id_ not in history.attestations:
        raise AttestationUnknown(id_)
    said = history.attestations[id_].attested.attestation
    found = store.sets.some_members(SetName(said.root, said.size), start, limit + 1)
    if not found and (said.size, start) == (1, 0):
        alone = store.inbox.alone(said.root)  # its members are stored nowhere: the root is the hash of the only one
        found = [] if alone is None else [(0, alone)]
    members = []
    for index, member in found[:limit]:
        revocations = history.revocations_of(id_, member)
        revoked_by = min((one.entry.number for one in revocations), default=None)
        members.append(Member(index, member, revoked_by))
    return MembersPage(said.size, tuple(members), found[limit][0] if len(found) > limit else None)


def learn_members(held: Renewal, store: Store, history: History) -> int:
    """Keep what evidence shows of attested sets of which the members came with no statement; how much was new.

    :param held: of evidence; its inclusions were checked against their roots. Only what is about a declaration of this
        store, and about a set that an agency attested, is kept.
    """
    known = store.declarations.get_with_sets(held.id)
    if known is None:
        return 0
    new = [
        item
        for item in held.inclusions
        if item.size > 1 and item.name not in known[1] and history.attestations_of([item.name])
    ]
    if new:
        with store.restoring() as restoring:
            for item in new:
                restoring.add_inclusion(held.id, item)
                restoring.complete_set(item.name)
    return len(new)
