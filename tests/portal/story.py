"""What has happened on the served portal: three agencies, and documents in each state that a person can meet."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from ledger.core.document import Wrapped, sniff, wrap
from ledger.core.encoding.ids import AttestationId, DeclarationId
from ledger.core.evidence.inclusion import set_of
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.withdrawal import Withdrawal
from ledger.journeys.attest import relay_attestation
from ledger.journeys.withdraw import relay_withdrawal
from ledger.testing.local_ledger import LocalLedger
from tests import houses

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
ACCEPTED, RELEASED, DETAINED, REPLACED = 1, 4, 7, 5


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration of the story, with its document as its party keeps it."""

    id: DeclarationId
    declaration: Declaration
    wrapped: Wrapped


@dataclass(frozen=True, slots=True)
class Story:
    """Who declared what, by name of the document; and what agencies said, by the same names."""

    declared: dict[str, Declared]
    attestations: dict[str, AttestationId]

    def page(self, name: str) -> str:
        """The address of a declaration's page, for one who has the document's digest."""
        one = self.declared[name]
        return f"/portal/declarations/0x{one.id.hex()}?digest=0x{one.declaration.digest.hex()}"


def told(house: LocalLedger) -> Story:
    """Make it happen: ``invoice`` is released, ``certificate`` accepted, ``revoked`` accepted and revoked, ``detained``
    held, ``old`` withdrawn and replaced by ``invoice``, and ``packing`` waits.
    """
    house.key("log", Algorithm.ED25519)
    invoice = _read("avocado/commercial-invoice-corrected.xml")
    declared = {
        "old": _declare(house, _read("avocado/commercial-invoice.xml"), 380),
        "invoice": _declare(house, invoice, 380),
        "certificate": _declare(house, b'{"certificate": {"number": "NZ-2026-0077", "goods": "avocado"}}', 851),
        "revoked": _declare(house, b'{"certificate": {"number": "NZ-2026-0042", "goods": "kiwi"}}', 851),
        "detained": _declare(house, b'{"packages": 12, "goods": "roses"}', 271),
    }
    _anchor(house, list(declared.values()))
    attestations = {
        "invoice": _attest(house, declared["invoice"].id, houses.CUSTOMS, 132, RELEASED),
        "certificate": _attest(house, declared["certificate"].id, houses.MPI, 851, ACCEPTED),
        "revoked": _attest(house, declared["revoked"].id, houses.MPI, 851, ACCEPTED),
        "detained": _attest(house, declared["detained"].id, houses.CUSTOMS, 132, DETAINED),
    }
    houses.revoke(house, attestations["revoked"])
    trader, old = house.key("trader"), declared["old"]
    statement = Withdrawal(old.id, REPLACED, declared["invoice"].id)
    relay_withdrawal(house.relay, old.declaration, statement, trader.sign(statement.id(house.chain.origin)))
    declared["packing"] = _declare(house, _read("avocado/packing-list.json"), 271)
    _store(house, [declared["packing"]])
    return Story(declared, attestations)


def _read(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def _declare(house: LocalLedger, data: bytes, document_type: int) -> Declared:
    wrapped = wrap(data, sniff(data), secrets.token_bytes(32))
    declaration = Declaration(house.key("trader").address, wrapped.digest, document_type)
    return Declared(DeclarationId(declaration.id(house.chain.origin)), declaration, wrapped)


def _store(house: LocalLedger, declared: list[Declared]) -> None:
    trader, origin = house.key("trader"), house.chain.origin
    house.store.declarations.add([(one.declaration, trader.sign(one.id)) for one in declared], origin, int(time.time()))


def _anchor(house: LocalLedger, declared: list[Declared]) -> None:
    _store(house, declared)
    house.anchorer.run(10_000, int(time.time()))


def _attest(house: LocalLedger, id_: DeclarationId, code: str, kind: int, outcome: int) -> AttestationId:
    root, size = set_of([id_])
    said = Attestation(code, kind, outcome, ZERO, int(time.time()) - 60, NO_END, root, size, secrets.token_bytes(32))
    officer, name = house.key(houses.OFFICERS[code][0]), AttestationId(said.id(house.chain.origin))
    relay_attestation(house.relay, said, officer.address, officer.sign(name), ())
    return name
