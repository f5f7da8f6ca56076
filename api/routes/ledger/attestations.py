"""Attestations, revocations, withdrawals, postings: relayed as their signers signed them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api.kit.capacity import Kind, of_kind
from api.kit.errors import documented
from api.kit.idempotency import DOCUMENTED, Idempotent
from api.routes.ledger.convert import line_of, relayed, standing_of, to_hash
from api.schemas import (
    AttestationStanding,
    Hash,
    LineResult,
    Relayed,
    SignedAttestation,
    SignedPosting,
    SignedRevocation,
    SignedWithdrawal,
)
from api.services import Injected
from ledger.core.encoding.ids import AttestationId, DeclarationId, LineName, Signer
from ledger.core.encoding.reading import hex_bytes
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.posting import Posting
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.withdrawal import Withdrawal
from ledger.journeys.attest import relay_attestation
from ledger.journeys.post import postings_of, relay_posting
from ledger.journeys.revoke import relay_revocation
from ledger.journeys.status import attestation_status
from ledger.journeys.withdraw import relay_withdrawal

router = APIRouter(prefix="/v1", tags=["statements"], route_class=Idempotent)
REPEATED: dict[int | str, dict[str, Any]] = {200: {"model": Relayed, "description": "It was in the history before"}}


@router.post(
    "/attestations",
    status_code=201,
    summary="Relay an attestation",
    responses=REPEATED | documented(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=DOCUMENTED,
)
@of_kind(Kind.RELAYING, 201)
def attest(body: SignedAttestation, services: Injected, response: Response) -> Relayed:
    """Carry an agency's signed attestation to the contract, which checks attester, agency, mandate and time.

    This server pays if the set is a batch that is anchored, or if all `members` were declared here: send them, also for
    a set of one. What it does not pay for, and what is over its budgets (429), comes back with `relay_yourself`.
    """
    done = relay_attestation(
        services.relay,
        Attestation.from_json(body.attestation.model_dump()),
        Signer(hex_bytes(body.signer, "signer")),
        hex_bytes(body.signature, "signature"),
        [DeclarationId(hex_bytes(member, "members")) for member in body.members],
    )
    response.status_code = 201 if done.receipt else 200
    return relayed(done)


@router.get("/attestations/{id}", summary="One attestation", responses=documented(404, 422, 503))
@of_kind(Kind.LOOKS)
def get_attestation(id: Hash, services: Injected) -> AttestationStanding:  # noqa: A002 (the path's word)
    """An attestation and whether it is in force now, for its whole set."""
    with services.app.follower.fresh_history() as history:
        return standing_of(attestation_status(AttestationId(to_hash(id)), history, services.clock()))


@router.post(
    "/revocations",
    status_code=201,
    summary="Relay a revocation",
    responses=REPEATED | documented(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=DOCUMENTED,
)
@of_kind(Kind.RELAYING, 201)
def revoke(body: SignedRevocation, services: Injected, response: Response) -> Relayed:
    """End an attestation, or one member of its set, from now on and forever."""
    done = relay_revocation(
        services.relay,
        Revocation.from_json(body.revocation.model_dump()),
        Signer(hex_bytes(body.signer, "signer")),
        hex_bytes(body.signature, "signature"),
    )
    response.status_code = 201 if done.receipt else 200
    return relayed(done)


@router.post(
    "/withdrawals",
    status_code=201,
    summary="Relay a withdrawal",
    responses=REPEATED | documented(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=DOCUMENTED,
)
@of_kind(Kind.RELAYING, 201)
def withdraw(body: SignedWithdrawal, services: Injected, response: Response) -> Relayed:
    """End a declaration by its party's word, naming the declaration that replaces it, or none.

    This server pays if the declaration is anchored here, within its budgets; else `relay_yourself` says how to.
    """
    done = relay_withdrawal(
        services.relay,
        Declaration.from_json(body.declaration.model_dump()),
        Withdrawal.from_json(body.withdrawal.model_dump()),
        hex_bytes(body.signature, "signature"),
    )
    response.status_code = 201 if done.receipt else 200
    return relayed(done)


@router.post(
    "/postings",
    status_code=201,
    summary="Relay a posting",
    responses=REPEATED | documented(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=DOCUMENTED,
)
@of_kind(Kind.RELAYING, 201)
def post(body: SignedPosting, services: Injected, response: Response) -> Relayed:
    """Move a line of a certificate to its next sheet. 409 if another posting came first: it says the present sheet."""
    done = relay_posting(
        services.relay,
        Posting.from_json(body.posting.model_dump(by_alias=True)),
        Signer(hex_bytes(body.signer, "signer")),
        hex_bytes(body.signature, "signature"),
    )
    response.status_code = 201 if done.receipt else 200
    return relayed(done)


@router.get(
    "/attestations/{id}/lines/{member}/{line}",
    summary="The present sheet of a certificate's line",
    responses=documented(404, 422, 503),
)
@of_kind(Kind.LOOKS)
def get_line(
    id: Hash,  # noqa: A002 (the path's word)
    member: Hash,
    line: Annotated[int, Path(ge=0, lt=1 << 32)],
    services: Injected,
) -> LineResult:
    """The sheet from which the next posting must move, by hash: the ledger does not know what is on a sheet."""
    name = LineName(AttestationId(to_hash(id)), DeclarationId(to_hash(member)), line)
    with services.app.follower.fresh_history() as history:
        return line_of(postings_of(name, history))
