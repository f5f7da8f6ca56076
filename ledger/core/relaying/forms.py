"""The signatures of a statement that came in: each in its one form, and what is wrong with those that are refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from ledger.core.encoding.ids import Signer
from ledger.core.history.entry import Attested, Enacted, Posted, Revoked, Withdrawn
from ledger.core.relaying.rules import Statement
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature_forms import canonical_signature, check_slips


def statement_id(statement: Statement, origin: Origin) -> bytes:
    """The EIP-712 digest that was signed, 32 bytes."""
    match statement:
        case Attested(attestation):
            return attestation.id(origin)
        case Revoked(revocation):
            return revocation.id(origin)
        case Withdrawn(withdrawal=withdrawal):
            return withdrawal.id(origin)
        case Posted(posting):
            return posting.id(origin)
        case Enacted(resolution):
            return resolution.id(origin)
        case _:
            assert_never(statement)


def in_one_form(statement: Statement, origin: Origin) -> Statement:
    """The statement with each signature in the form that is relayed (``canonical_signature``)."""
    id_ = statement_id(statement, origin)

    def plain(signer: Signer, signature: bytes) -> bytes:
        return canonical_signature(signer, id_, signature)

    match statement:
        case Attested() | Revoked() | Posted():
            return replace(statement, signature=plain(statement.signer, statement.signature))
        case Withdrawn():
            return replace(statement, signature=plain(statement.declaration.party, statement.signature))
        case Enacted():
            signed = [item._replace(signature=plain(item.signer, item.signature)) for item in statement.endorsements]
            return replace(statement, endorsements=tuple(signed))
        case _:
            assert_never(statement)


def check_forms(statement: Statement, origin: Origin) -> None:
    """Say what is wrong with a statement of which a signature was refused, if it is its form (``check_slips``).

    :raises Malformed: a signer's own key made the signature, in another form or over other bytes.
    """
    id_ = statement_id(statement, origin)
    for signer, signature in _signatures(statement):
        check_slips(origin, signer, id_, signature, is_party=isinstance(statement, Withdrawn))


def _signatures(statement: Statement) -> Iterator[tuple[Signer, bytes]]:
    match statement:
        case Attested() | Revoked() | Posted():
            yield statement.signer, statement.signature
        case Withdrawn():
            yield statement.declaration.party, statement.signature
        case Enacted():
            yield from ((item.signer, item.signature) for item in statement.endorsements)
