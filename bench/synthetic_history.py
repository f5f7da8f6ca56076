"""A long synthetic history, with keys made from names, on which the audit is measured. It was never on a chain.

The mix: 60 % anchors; 35 % attestations, one in ten by a P-256 key, the others by secp256k1; 2 % revocations; 2 %
withdrawals; 1 % resolutions of the council that authorise new officers. Another history is of postings. Each entry is
signed as the contract demands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.core.encoding.ids import AttestationId, DeclarationId, Digest, Root
from ledger.core.history.entry import (
    Anchored,
    Attested,
    Content,
    Enacted,
    Endorsement,
    Entry,
    Posted,
    Revoked,
    Withdrawn,
    encode_payload,
    kind_of,
    topic_of,
)
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.posting import BALANCE_CONFIRMATION, Posting
from ledger.core.statements.resolutions import (
    AgencyEnrolment,
    AttesterAuthorisation,
    CouncilChange,
    MandateGrant,
    Resolution,
    make_resolution,
)
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.signature import P256_N
from ledger.core.statements.signer import p256_signer
from ledger.core.statements.withdrawal import Withdrawal
from ledger.testing.world import ORIGIN, Key

START = 1_790_000_000
MIX = "60 % anchors, 35 % attestations (1 in 10 P-256), 2 % revocations, 2 % withdrawals, 1 % resolutions"
ENTRIES_A_BLOCK = 50
LINES = 1_000
_AGENCY, _KIND = "NZ-MPI", 851
_LENGTH_SIZE = 4


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()


class _P256Key:
    """A P-256 key made from a name."""

    def __init__(self, name: str) -> None:
        self._key = ec.derive_private_key(int.from_bytes(_hash(name)) % P256_N, ec.SECP256R1())
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.signer = p256_signer(ORIGIN, point)

    def sign(self, digest: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(digest, ec.ECDSA(Prehashed(SHA256()))))
        return r.to_bytes(32) + min(s, P256_N - s).to_bytes(32)


def contents(size: int) -> Iterator[Content]:
    """Yield the content of ``size`` entries, in order."""
    council, trader, officer, other = (Key(name) for name in ("council", "trader", "officer", "other officer"))
    officer_with_card = _P256Key("officer with a card")
    resolutions = 0

    def enacted(kind: type[Resolution], *members: object) -> Enacted:
        nonlocal resolutions
        resolutions += 1
        return _enacted(council, make_resolution(kind, members, resolutions))

    yield Enacted(CouncilChange((council.signer,), 1, 0), ())
    yield enacted(AgencyEnrolment, _AGENCY, "Ministry for Primary Industries", "NZ", "https://mpi.example")
    yield enacted(MandateGrant, _AGENCY, _KIND, 0, NO_END)
    for key in (officer, other, officer_with_card):
        yield enacted(AttesterAuthorisation, key.signer, _AGENCY)
    revocable: list[AttestationId] = []
    for number in range(6, size):
        share, name = number % 100, _hash(str(number))
        if share < 60:
            yield Anchored(Root(name), 1 + number % 500)
        elif share < 95:
            attestation = Attestation(_AGENCY, _KIND, 1, name, START, NO_END, Root(name), 1 + number % 500, name)
            id_ = attestation.id(ORIGIN)
            attester = officer_with_card if share % 10 == 9 else officer if share % 2 else other
            yield Attested(attestation, attester.signer, attester.sign(id_))
            if share < 62:
                revocable.append(id_)
        elif share < 97 and revocable:
            revocation = Revocation(revocable.pop(), reason=41)
            yield Revoked(revocation, officer.signer, officer.sign(revocation.id(ORIGIN)))
        elif share < 99:
            declaration = Declaration(trader.signer, Digest(name), 380)
            withdrawal = Withdrawal(declaration.id(ORIGIN), 1)
            yield Withdrawn(declaration, withdrawal, trader.sign(withdrawal.id(ORIGIN)))
        else:
            yield enacted(AttesterAuthorisation, name[:20], _AGENCY)


def postings(size: int) -> Iterator[Content]:
    """Yield the content of ``size`` entries: a certificate, then postings that move its ``LINES`` lines in turn."""
    council, officer = Key("council"), Key("officer")
    yield Enacted(CouncilChange((council.signer,), 1, 0), ())
    yield _enacted(council, AgencyEnrolment(_AGENCY, "Ministry for Primary Industries", "NZ", "https://mpi.example", 1))
    yield _enacted(council, MandateGrant(_AGENCY, _KIND, 0, NO_END, 2))
    yield _enacted(council, MandateGrant(_AGENCY, BALANCE_CONFIRMATION, 0, NO_END, 3))
    yield _enacted(council, AttesterAuthorisation(officer.signer, _AGENCY, 4))
    name = _hash("certificate")
    issue = Attestation(_AGENCY, _KIND, 1, name, START, NO_END, Root(name), 1, name)
    yield Attested(issue, officer.signer, officer.sign(issue.id(ORIGIN)))
    sheets = dict.fromkeys(range(LINES), ZERO)
    for number in range(6, size):
        line, sheet = number % LINES, _hash(str(number))
        posting = Posting(_AGENCY, issue.id(ORIGIN), DeclarationId(name), line, sheets[line], sheet)
        sheets[line] = sheet
        yield Posted(posting, officer.signer, officer.sign(posting.id(ORIGIN)))


def _enacted(council: Key, resolution: Resolution) -> Enacted:
    return Enacted(resolution, (Endorsement(council.signer, council.sign(resolution.id(ORIGIN))),))


def entries(size: int, make: Callable[[int], Iterator[Content]] = contents) -> Iterator[Entry]:
    """Yield ``size`` entries: ``ENTRIES_A_BLOCK`` in a block, a block every twelve seconds."""
    for number, content in enumerate(make(size)):
        time = START + number // ENTRIES_A_BLOCK * 12
        yield Entry(number, kind_of(content), time, encode_payload(content))


def history_file(file: Path, size: int, make: Callable[[int], Iterator[Content]] = contents) -> Path:
    """Write the entries into a file unless it exists. A record is its length (4 bytes), topic (32), entry bytes."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        with part.open("wb") as out:
            for entry in entries(size, make):
                data = topic_of(entry.content, ORIGIN) + entry.data
                out.write(len(data).to_bytes(_LENGTH_SIZE) + data)
        part.rename(file)
    return file


def read(file: Path, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield topic and entry bytes of the first ``size`` entries of such a file."""
    with file.open("rb") as source:
        for _ in range(size):
            record = source.read(int.from_bytes(source.read(_LENGTH_SIZE)))
            yield record[:32], record[32:]
