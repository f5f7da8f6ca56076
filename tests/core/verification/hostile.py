"""Evidence that somebody makes to be as expensive as its size permits, in a history of his own.

Whoever brings his own trust root signs what he likes: his council, his log and his index are right, so every check goes
on to the next. Each kind of evidence has much of something.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache, reduce
from hashlib import sha256

from ledger.core.document import Format, redact, wrap
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Attested, Enacted, Endorsement, Revoked
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.resolutions import (
    AgencyReinstatement,
    AgencySuspension,
    AttesterCompromise,
    MandateGrant,
    MandateWithdrawal,
    Resolution,
)
from ledger.core.statements.revocation import Revocation
from ledger.core.tree.merkle import leaf_hash, node_hash, root_of_hashes
from ledger.testing.world import COUNCIL, PLANT
from tests.conformance.parts import Shipment, attested, everything, shipment, spelled, statement, unruly

_FIRST = 64  # how many of a kind are made, to see how large they are


def _enact(made: Shipment, said: Resolution) -> None:
    said = replace(said, number=len(made.world.entries))
    unruly(made, Enacted(said, (Endorsement(COUNCIL.signer, COUNCIL.sign(said.id(made.world.origin))),)))


def _attest(made: Shipment, number: int, **more: object) -> bytes:
    said = statement(made, salt=sha256(number.to_bytes(8)).digest(), **more)
    id_ = said.id(made.world.origin)
    unruly(made, Attested(said, PLANT.signer, PLANT.sign(id_)))
    return id_


def _revoke(made: Shipment, attestation: bytes) -> None:
    said = Revocation(attestation, ZERO, 41)
    unruly(made, Revoked(said, PLANT.signer, PLANT.sign(said.id(made.world.origin))))


def _resolutions(count: int) -> bytes:
    """As many resolutions about one agency as attestations by it, in turns."""
    made, others = shipment(), [AgencySuspension("NZ-MPI", 0), AgencyReinstatement("NZ-MPI", 0)]
    for number in range(count // 2):
        _enact(made, others[number % 2])
        _attest(made, number)
    return everything(made)


def _mandates(count: int) -> bytes:
    """Grants that overlap, and cover nothing that is attested after them."""
    made = shipment()
    _enact(made, MandateWithdrawal("NZ-MPI", 851, 0))
    for _ in range(count // 2):
        begin = made.world.now + (1 << 30)
        _enact(made, MandateGrant("NZ-MPI", 851, begin, NO_END, 0))
    for number in range(count // 2):
        _attest(made, number)
    return everything(made)


def _revocations(count: int) -> bytes:
    """Attestations, each revoked, and resolutions before them that each revocation rests on."""
    made = shipment()
    for _ in range(count // 3):
        _enact(made, AgencyReinstatement("NZ-MPI", 0))
    for id_ in [_attest(made, number, outcome=4) for number in range(count // 3)]:
        _revoke(made, id_)
    return everything(made)


def _revocations_of_one(count: int) -> bytes:
    """One attestation, revoked again and again."""
    made = shipment()
    id_ = _attest(made, 0)
    for _ in range(count):
        _revoke(made, id_)
    return everything(made)


def _compromises(count: int) -> bytes:
    """A key declared compromised as often as it attests, from later and later."""
    made = shipment()
    for number in range(count // 2):
        _attest(made, number)
    for number in range(count // 2):
        _enact(made, AttesterCompromise(PLANT.signer, made.world.now + number, 0))
    return everything(made)


def _sets(count: int) -> bytes:
    """Sets that the declaration is in, each attested."""
    made = shipment()
    for number in range(count // 2):
        ids = [made.id, DeclarationId(sha256(number.to_bytes(8)).digest())]
        made.sets.append((root_of_hashes([leaf_hash(id_) for id_ in ids]), 2, ids))
        _attest(made, number, root=made.sets[-1][0], size=2)
    return everything(made)


def _paths(count: int) -> bytes:
    """Inclusions whose paths are as long as a path may be, each with an attestation."""
    made = attested()
    for number in range(count // 2):
        _attest(made, number)
    value = json.loads(everything(made))
    for number in range(count // 2):
        path = [sha256(bytes([step]) + number.to_bytes(8)).digest() for step in range(52)]
        root = reduce(node_hash, path, leaf_hash(made.id))
        proof = [hex_text(hash_) for hash_ in path]
        value["inclusions"].append({"index": 0, "proof": proof, "root": hex_text(root), "size": 1 << 52})
    return spelled(value)


def _steps(count: int) -> bytes:
    """Lists for many subjects, and steps and hashes that lead nowhere."""
    made = shipment()
    for number in range(count // 4):
        _attest(made, number)
    value = json.loads(everything(made))
    value["index"]["steps"] = "n" * min(1 << 16, 16 * count)
    value["index"]["lists"] += [[]] * count
    return spelled(value)


def _document(count: int) -> bytes:
    """A document of many fields, all of which the evidence discloses."""
    content = json.dumps({f"field {number}": "x" * 100 for number in range(count)}).encode()
    made = attested(content=content)
    document = wrap(content, Format.JSON, sha256(b"seed of a sample").digest())
    return made.evidence(redact(document, ["$['field 0']"])).to_bytes()


KINDS: dict[str, Callable[[int], bytes]] = {
    "resolutions": _resolutions,
    "mandates": _mandates,
    "revocations": _revocations,
    "revocations of one": _revocations_of_one,
    "compromises": _compromises,
    "sets": _sets,
    "paths": _paths,
    "steps": _steps,
    "document": _document,
}


@cache
def _bytes_each(kind: str) -> float:
    small, large = (len(KINDS[kind](count)) for count in (_FIRST, 3 * _FIRST))
    return (large - small) / (2 * _FIRST)


def hostile(kind: str, size: int) -> bytes:
    """Evidence of some ``size`` bytes that has much of one kind."""
    return KINDS[kind](round(size / _bytes_each(kind)))


TRUST = shipment().world.trust.to_bytes()
