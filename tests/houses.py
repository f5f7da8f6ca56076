"""A house for tests: embedded chain on a free port, keys, contract, three agencies; made once a module that asks."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ledger.core.evidence.inclusion import set_of
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.posting import BALANCE_CONFIRMATION, Posting
from ledger.core.statements.resolutions import AgencyEnrolment, AttesterAuthorisation, MandateGrant, Resolution
from ledger.core.statements.revocation import Revocation
from ledger.edges.keys.keystore import SigningKey
from ledger.journeys.attest import relay_attestation
from ledger.journeys.council import draft_resolution, endorse, relay_resolution
from ledger.journeys.post import relay_posting
from ledger.journeys.relay import Relayed
from ledger.journeys.revoke import relay_revocation
from ledger.testing.local_ledger import LocalLedger

MPI, CUSTOMS, CHAMBER = "NZ-MPI", "NZ-CUSTOMS", "NZ-CHAMBER"
OFFICERS = {MPI: ("plant-officer", 851), CUSTOMS: ("customs-officer", 132), CHAMBER: ("chamber-officer", 861)}


@contextmanager
def house(folder: Path) -> Iterator[LocalLedger]:
    """A running house with its agencies enrolled, on one port for good, so that it can be stopped and started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = LocalLedger(folder, port)
    made.devchain.start()
    try:
        made.deploy()
        for code, (officer, kind) in OFFICERS.items():
            enact(made, AgencyEnrolment, code, f"Agency {code}", "NZ", f"https://{code.lower()}.example")
            enact(made, AttesterAuthorisation, made.key(officer).address, code)
            enact(made, MandateGrant, code, kind, 0, NO_END)
        yield made
    finally:
        made.devchain.stop()


def enact(house: LocalLedger, kind: type[Resolution], *members: object) -> Relayed:
    """A resolution of the council of one."""
    council = house.key("council")
    resolution = draft_resolution(house.relay, kind, *members)
    return relay_resolution(house.relay, resolution, [endorse(resolution, council, house.chain.origin)])


def declaration(house: LocalLedger, digest: bytes | None = None, document_type: int = 380) -> tuple[Declaration, bytes]:
    """A declaration by the trader, signed; of a random digest unless given."""
    trader = house.key("trader")
    made = Declaration(trader.address, digest or secrets.token_bytes(32), document_type)
    return made, trader.sign(made.id(house.chain.origin))


def anchored(house: LocalLedger, count: int = 1) -> list[Declaration]:
    """Declarations in one anchored batch."""
    made = [declaration(house) for _ in range(count)]
    house.store.declarations.add(made, house.chain.origin, int(time.time()))
    house.anchorer.run(10_000, int(time.time()))
    return [item for item, _ in made]


def attestation(
    house: LocalLedger, ids: Sequence[bytes], code: str = MPI, kind: int | None = None, until: int = NO_END
) -> tuple[Attestation, SigningKey]:
    """An attestation about a set, and the officer who is to sign it."""
    officer, mandate = OFFICERS[code]
    root, size = set_of(ids)
    salt = secrets.token_bytes(32)
    begin = int(time.time()) - 60
    made = Attestation(code, mandate if kind is None else kind, 1, ZERO, begin, until, root, size, salt)
    return made, house.key(officer)


def attest(house: LocalLedger, ids: Sequence[bytes], code: str = MPI, kind: int | None = None) -> bytes:
    """An attestation in the history; its id."""
    made, officer = attestation(house, ids, code, kind)
    id_ = made.id(house.chain.origin)
    relay_attestation(house.relay, made, officer.address, officer.sign(id_), ids if len(ids) > 1 else ())
    return id_


def revoke(house: LocalLedger, id_: bytes, code: str = MPI, member: bytes = ZERO) -> Relayed:
    """A revocation in the history."""
    officer = house.key(OFFICERS[code][0])
    made = Revocation(id_, member, 41)
    return relay_revocation(house.relay, made, officer.address, officer.sign(made.id(house.chain.origin)))


def posting(
    house: LocalLedger, id_: bytes, member: bytes, from_: bytes, to: bytes, line: int = 1
) -> tuple[Posting, SigningKey]:
    """A posting by the agency, which gets the mandate to post, and the officer who is to sign it."""
    if not house.follower.refresh().agencies.agency(MPI).mandates.get(BALANCE_CONFIRMATION):
        enact(house, MandateGrant, MPI, BALANCE_CONFIRMATION, 0, NO_END)
    return Posting(MPI, id_, member, line, from_, to), house.key(OFFICERS[MPI][0])


def post(house: LocalLedger, id_: bytes, member: bytes, from_: bytes, to: bytes, line: int = 1) -> Relayed:
    """A posting in the history."""
    made, officer = posting(house, id_, member, from_, to, line)
    return relay_posting(house.relay, made, officer.address, officer.sign(made.id(house.chain.origin)))
