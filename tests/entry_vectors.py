"""The vectors of "which bytes are the leaf": ``tests/vectors/entries``, one history with an entry of each kind.

``python -m tests.entry_vectors`` writes them anew. The contract itself makes the entries, on an embedded chain of its
own; keys, salts and times are always the same, and so are the files.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ledger.core.encoding.keccak import keccak
from ledger.core.history.entry import (
    Anchored,
    Attested,
    Content,
    Enacted,
    Endorsement,
    Entry,
    EntryKind,
    Posted,
    Revoked,
    Withdrawn,
)
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.origin import Origin
from ledger.core.statements.posting import BALANCE_CONFIRMATION, Posting
from ledger.core.statements.resolutions import (
    AgencyEnrolment,
    AgencyReinstatement,
    AgencySuspension,
    AttesterAuthorisation,
    AttesterCompromise,
    AttesterRetirement,
    CouncilChange,
    MandateGrant,
    MandateWithdrawal,
    Resolution,
)
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.withdrawal import Withdrawal
from ledger.core.tree.merkle import Tree, leaf_hash
from ledger.edges.chain import calls
from ledger.edges.chain.contract import Chain, deploy
from ledger.edges.chain.sender import ChainLimits
from ledger.edges.devchain.anvil import DevChain, _rpc
from ledger.edges.keys.keystore import SigningKey

FOLDER = Path(__file__).parent / "vectors" / "entries"
START = 1_790_000_000
STEP = 61  # seconds from one entry to the next
LIMITS = ChainLimits(rpc_timeout=5, confirmation_timeout=10)
PLENTY = 10**24


@dataclass(frozen=True)
class Vector:
    """One file. Hashes, topic, payload and entry as bytes."""

    about: str
    origin: str
    number: int
    kind: int
    time: int
    topic: bytes
    payload: bytes
    entry: bytes
    leaf_hash: bytes
    head_before: bytes
    head: bytes
    root: bytes

    @property
    def name(self) -> str:
        """Number and kind, as in the file's name."""
        return f"{self.number:02}-{EntryKind(self.kind).name.lower().replace('_', '-')}"


_JSON_NAMES = {"leaf_hash": "leafHash", "head_before": "headBefore"}


def load() -> list[Vector]:
    """All vectors, in the order of their history."""
    return [_read(path) for path in sorted(FOLDER.glob("*.json"))]


def _read(path: Path) -> Vector:
    members = json.loads(path.read_text(encoding="utf-8"))
    about, origin, number, kind, time = (members.pop(name) for name in ("about", "origin", "number", "kind", "time"))
    names = {spelled: name for name, spelled in _JSON_NAMES.items()}
    values = {names.get(name, name): bytes.fromhex(value.removeprefix("0x")) for name, value in members.items()}
    return Vector(about, origin, number, kind, time, **values)


def render(vector: Vector) -> str:
    """The text of a vector's file."""
    members: dict[str, Any] = {
        _JSON_NAMES.get(name, name): "0x" + value.hex() if isinstance(value, bytes) else value
        for name, value in vars(vector).items()
    }
    return json.dumps(members, indent=1, ensure_ascii=False) + "\n"


# ------------------------------------------------------------------------------------------------------- their history


def _key(name: str, algorithm: Algorithm = Algorithm.SECP256K1) -> SigningKey:
    return SigningKey(algorithm, sha256(f"vector {name}".encode()).digest())


MEMBERS = [_key(f"member {number}") for number in (1, 2, 3)]
NEW_MEMBER, TRADER, OFFICER = _key("member 4"), _key("trader"), _key("officer", Algorithm.P256)
FIRST_COUNCIL = CouncilChange(tuple(key.address for key in MEMBERS), 2, 0)
SENDER = SigningKey(Algorithm.SECP256K1, keccak(b"entry vectors"))  # its first deployment has the vectors' address


def _history(origin: Origin) -> Iterator[tuple[str, Content]]:
    """What each entry after the first is about, and its content, in order."""

    def enacted(resolution: Resolution, signers: Sequence[SigningKey] = MEMBERS[:2]) -> Enacted:
        signed = [Endorsement(key.address, key.sign(resolution.id(origin))) for key in signers]
        return Enacted(resolution, tuple(sorted(signed, key=lambda item: keccak(item.signer))))

    agency, kind, officer = "NZ-MPI", 851, OFFICER.signer(origin)
    name, uri = "Ministry for Primary Industries · Manatū Ahu Matua 🥑", "https://www.mpi.govt.nz/"
    yield "name with letters of two, three and four bytes", enacted(AgencyEnrolment(agency, name, "NZ", uri, 1))
    yield "a mandate from now on, without end", enacted(MandateGrant(agency, kind, 0, NO_END, 2))
    yield (
        "an attester with a P-256 key: 84 bytes, not a whole number of words",
        enacted(AttesterAuthorisation(officer, agency, 3)),
    )

    yield "a mandate to post", enacted(MandateGrant(agency, BALANCE_CONFIRMATION, 0, NO_END, 4))

    invoice = Declaration(TRADER.address, sha256(b"invoice").digest(), 380)
    corrected = Declaration(TRADER.address, sha256(b"corrected invoice").digest(), 380, invoice.id(origin))
    batch = [invoice.id(origin), corrected.id(origin)]
    root = Tree(map(leaf_hash, batch)).root
    yield "a batch of two declarations", Anchored(root, len(batch))

    attestation = Attestation(
        agency, kind, 1, sha256(b"certificate").digest(), START, START + 90 * 86_400, root, len(batch),
        sha256(b"salt").digest(),
    )  # fmt: skip
    id_ = attestation.id(origin)
    yield "signed by a P-256 key: 64 bytes", Attested(attestation, officer, OFFICER.sign(id_))
    revocation = Revocation(id_, corrected.id(origin), 41)
    yield "one member of the attested set", Revoked(revocation, officer, OFFICER.sign(revocation.id(origin)))
    opening = Posting(agency, id_, invoice.id(origin), 1, ZERO, sha256(b"sheet").digest())
    yield "a line is opened: from zero", Posted(opening, officer, OFFICER.sign(opening.id(origin)))
    move = Posting(agency, id_, invoice.id(origin), 1, opening.to, sha256(b"next sheet").digest())
    yield "the line moves to its next sheet", Posted(move, officer, OFFICER.sign(move.id(origin)))
    withdrawal = Withdrawal(invoice.id(origin), 5, corrected.id(origin))
    yield (
        "by the party's account key: 65 bytes; replaced by the other declaration",
        Withdrawn(invoice, withdrawal, TRADER.sign(withdrawal.id(origin))),
    )

    yield "the mandate ends", enacted(MandateWithdrawal(agency, kind, 5))
    yield "the attester retires", enacted(AttesterRetirement(officer, 6))
    yield (
        "the attester was compromised from its authorisation on",
        enacted(AttesterCompromise(officer, START + 3 * STEP, 7)),
    )
    yield "all three members sign, one more than needed", enacted(AgencySuspension(agency, 8), MEMBERS)
    yield "the agency is active again", enacted(AgencyReinstatement(agency, 9))
    yield (
        "a new council, endorsed by the old one",
        enacted(CouncilChange((MEMBERS[2].address, NEW_MEMBER.address), 1, 10)),
    )


def _call(content: Content) -> calls.Call:
    match content:
        case Enacted(resolution, endorsements):
            return calls.enact(resolution, endorsements)
        case Anchored(root, size):
            return calls.anchor(root, size)
        case Attested(attestation, signer, signature):
            return calls.attest(attestation, signer, signature)
        case Revoked(revocation, signer, signature):
            return calls.revoke(revocation, signer, signature)
        case Withdrawn(declaration, withdrawal, signature):
            return calls.withdraw(declaration, withdrawal, signature)
        case Posted(posting, signer, signature):
            return calls.post(posting, signer, signature)


# -------------------------------------------------------------------------------------------- written by the contract


def made_by_the_contract(devchain: DevChain) -> list[Vector]:
    """Deploy the contract on a chain of its own, write the history, and read entries and heads back from the chain."""
    devchain.fund(SENDER.address, PLENTY)
    _rpc(devchain.url, "evm_setTime", START)  # the present is later
    _rpc(devchain.url, "evm_setNextBlockTimestamp", START)
    origin, _ = deploy(devchain.url, FIRST_COUNCIL.members, FIRST_COUNCIL.threshold, SENDER, LIMITS)
    chain = Chain.connect(devchain.url, origin, LIMITS)
    about = ["the first council: three members, two decide, no endorsements"]
    heads = [origin.separator, chain.head()[1]]
    for line, content in _history(origin):
        _rpc(devchain.url, "evm_setNextBlockTimestamp", START + len(about) * STEP)
        chain.submit(_call(content), SENDER)
        about.append(line)
        heads.append(chain.head()[1])
    entries = [logged.entry for logged in chain.entries(0)]
    return [_vector(line, origin, entries, heads, number) for number, line in enumerate(about)]


def _vector(about: str, origin: Origin, entries: Sequence[Entry], heads: Sequence[bytes], number: int) -> Vector:
    """``entries`` were read from logs, so their topics are the contract's."""
    entry, root = entries[number], Tree(item.hash for item in entries[: number + 1]).root
    return Vector(
        about, str(origin), number, entry.kind, entry.time, entry.topic(origin), entry.payload, entry.data, entry.hash,
        heads[number], heads[number + 1], root,
    )  # fmt: skip


def main() -> int:
    """Write every file, and remove those of entries that there are no more."""
    with TemporaryDirectory() as folder:
        devchain = DevChain(Path(folder))
        devchain.start()
        try:
            vectors = made_by_the_contract(devchain)
        finally:
            devchain.stop()
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for vector in vectors:
        (FOLDER / f"{vector.name}.json").write_text(render(vector), encoding="utf-8")
    sys.stdout.write(f"{len(vectors)} vectors written to {FOLDER}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
