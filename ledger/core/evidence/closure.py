"""The closure: of which subjects evidence must show all entries, so that nothing that bears on it is left out.

docs/evidence-format.md, "Which entries are there". It follows from the declaration, its inclusions and the entries
shown, so every verifier computes the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from ledger.core.encoding.ids import AttestationId, DeclarationId, SetName, Subject
from ledger.core.history.entry import Attested, Revoked
from ledger.core.history.subjects import (
    COUNCIL,
    agency_subject,
    attestation_subject,
    attester_subject,
    declaration_subject,
    mandate_subject,
    member_subject,
    revocation_subject,
    set_subject,
)


def subjects_about(
    id_: DeclarationId,
    sets: Iterable[SetName],
    attested: Iterable[tuple[AttestationId, Attested]],
    revoked: Iterable[Revoked],
) -> set[Subject]:
    """The subjects of which evidence about a declaration must show all entries.

    :param sets: of its inclusions, and the set of one (``sets_about``).
    :param attested: attestations about these sets, with their ids.
    :param revoked: revocations; those of another attestation, or for another member, do not count.
    """
    subjects = {COUNCIL, declaration_subject(id_), *map(set_subject, sets)}
    for attestation, content in attested:
        said = content.attestation
        subjects |= {
            attestation_subject(attestation),
            member_subject(attestation, id_),
            attester_subject(content.signer),
            agency_subject(said.agency),
            mandate_subject(said.agency, said.kind),
        }
    ended = [item for item in revoked if revocation_subject(item.revocation) in subjects]
    return subjects | {attester_subject(item.signer) for item in ended}
