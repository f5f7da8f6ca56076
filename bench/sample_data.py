"""The data that the bench works on: a customs declaration as JSON, and the evidence of that document."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import NoteKey, signed
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.document import Format, wrap
from ledger.core.encoding.ids import Digest
from ledger.core.evidence.assembly import assemble
from ledger.core.evidence.evidence import ProvenEntry
from ledger.core.evidence.inclusion import BatchTree
from ledger.core.history.entry import Anchored, Attested, Content, Enacted, Endorsement, Entry, encode_payload, kind_of
from ledger.core.history.history import History
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.resolutions import (
    AgencyEnrolment,
    AttesterAuthorisation,
    CouncilChange,
    MandateGrant,
    Resolution,
)
from ledger.core.tree.merkle import leaf_hash, root
from ledger.testing.world import ORIGIN, Key, index_of

START = 1_790_000_000
BATCH = 1_000
AGENCY, KIND = "NZ-MPI", 851
HIDDEN = ("consignor", "invoice")
"""The members that the redacted copy hides."""


def document() -> bytes:
    """A customs declaration of about 2 KB and 80 fields. OpenAttestation's schema demands ``issuers``."""
    party = {"name": "Kauri Orchards Ltd", "street": "14 Quay Street", "city": "Tauranga", "country": "NZ"}
    line: dict[str, object] = {
        "description": "Fresh kiwifruit, green",
        "hs6": "081050",
        "origin": "NZ",
        "packages": 240,
        "gross mass": 960.5,
    }
    value = {
        "issuers": [
            {
                "name": "Kauri Orchards Ltd",
                "documentStore": "0x5fbdb2315678afecb367f032d93f642f64180aa3",
                "identityProof": {"type": "DNS-TXT", "location": "kauri.example"},
            }
        ],
        "id": "NZ-2026-0004711",
        "type": 830,
        "consignor": party | {"identifier": "NZ9429000000001"},
        "consignee": party | {"name": "Vruchten BV", "city": "Rotterdam", "country": "NL"},
        "invoice": {"number": "INV-88213", "currency": "EUR", "amount": 48210.75, "terms": "FOB", "paid": False},
        "transport": {"mode": 1, "vessel": "Rangitata", "voyage": "118N", "loaded": "NZTRG", "discharged": "NLRTM"},
        "lines": [line | {"number": n, "net mass": 900.25 + n, "value": 4821.5 * n} for n in range(1, 8)],
    }  # fmt: skip
    return json.dumps(value, indent=1).encode()


@dataclass(frozen=True, slots=True)
class VerifierFiles:
    """The contents of a verifier's three files: evidence, wrapped document, trust root."""

    evidence: bytes
    wrapped: bytes
    trust: bytes


def verifier_files() -> VerifierFiles:
    """Make the evidence of the document in a batch of 1,000, with one attestation about the whole batch.

    Every verification checks six signatures: those of declaration and attestation, three of the council, and the log's
    on the checkpoint.
    """
    council, trader, officer = Key("council"), Key("trader"), Key("officer")
    history = History(ORIGIN)
    entries: list[Entry] = []

    def append(content: Content) -> None:
        entry = Entry(len(entries), kind_of(content), START + 60 * len(entries), encode_payload(content))
        history.apply(entry)
        entries.append(entry)

    def enact(resolution: Resolution) -> None:
        append(Enacted(resolution, (Endorsement(council.signer, council.sign(resolution.id(ORIGIN))),)))

    append(Enacted(CouncilChange((council.signer,), 1, 0), ()))
    enact(AgencyEnrolment(AGENCY, "Ministry for Primary Industries", "NZ", "https://mpi.example", 1))
    enact(MandateGrant(AGENCY, KIND, 0, NO_END, 2))
    enact(AttesterAuthorisation(officer.signer, AGENCY, 3))
    wrapped = wrap(document(), Format.JSON, sha256(b"seed").digest())
    declarations = [
        Declaration(trader.signer, Digest(sha256(str(number).encode()).digest()), 830) for number in range(BATCH)
    ]
    declarations[BATCH // 2] = mine = Declaration(trader.signer, wrapped.digest, 830)
    ids = [item.id(ORIGIN) for item in declarations]
    append(Anchored(root(ids), BATCH))
    attestation = Attestation(AGENCY, KIND, 1, ZERO, START, NO_END, root(ids), BATCH, leaf_hash(b"salt"))
    append(Attested(attestation, officer.signer, officer.sign(attestation.id(ORIGIN))))

    log = Ed25519PrivateKey.from_private_bytes(sha256(b"log").digest())
    log_key = NoteKey(str(ORIGIN), log.public_key().public_bytes_raw())
    index = index_of(entries, ORIGIN)
    checkpoint = Checkpoint(ORIGIN, history.size, history.log.root(), index.root(history.size))
    note = signed(checkpoint, log_key, log.sign(checkpoint.text.encode()))
    evidence = assemble(
        history, note, mine, trader.sign(mine.id(ORIGIN)), [BatchTree(ids).inclusion(mine.id(ORIGIN))],
        lambda number: ProvenEntry(entries[number], tuple(history.log.inclusion(number))),
        lambda keys: index.prove(keys, history.size),
    )  # fmt: skip
    return VerifierFiles(evidence.to_bytes(), wrapped.to_bytes(), TrustRoot.of(ORIGIN, log_key).to_bytes())
