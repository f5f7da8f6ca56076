"""Entries: the numbered facts of a history, their bytes, and what their payloads say. docs/formats.md section 5."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any, NamedTuple, assert_never

from eth_abi.abi import encode as abi_encode

from ledger.core.encoding.abi import AbiList, AbiTuple
from ledger.core.encoding.ids import Root, Signer
from ledger.core.encoding.keccak import keccak
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.eip712 import left_word
from ledger.core.statements.origin import Origin
from ledger.core.statements.posting import Posting
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
from ledger.core.statements.withdrawal import Withdrawal
from ledger.core.tree.merkle import leaf_hash
from ledger.errors import HistoryBroken, Malformed


class EntryKind(IntEnum):
    """The kinds of entries, numbered as on chain. docs/adding-an-entry-kind.md lists what a new kind touches."""

    COUNCIL_CHANGED = 0
    AGENCY_ENROLLED = 1
    AGENCY_SUSPENDED = 2
    AGENCY_REINSTATED = 3
    ATTESTER_AUTHORISED = 4
    ATTESTER_RETIRED = 5
    ATTESTER_COMPROMISED = 6
    MANDATE_GRANTED = 7
    MANDATE_WITHDRAWN = 8
    ANCHORED = 9
    ATTESTED = 10
    REVOKED = 11
    WITHDRAWN = 12
    POSTED = 13


_KIND_OF_NUMBER = {int(kind): kind for kind in EntryKind}
RESOLUTION_OF: dict[EntryKind, type[Resolution]] = {
    EntryKind.COUNCIL_CHANGED: CouncilChange,
    EntryKind.AGENCY_ENROLLED: AgencyEnrolment,
    EntryKind.AGENCY_SUSPENDED: AgencySuspension,
    EntryKind.AGENCY_REINSTATED: AgencyReinstatement,
    EntryKind.ATTESTER_AUTHORISED: AttesterAuthorisation,
    EntryKind.ATTESTER_RETIRED: AttesterRetirement,
    EntryKind.ATTESTER_COMPROMISED: AttesterCompromise,
    EntryKind.MANDATE_GRANTED: MandateGrant,
    EntryKind.MANDATE_WITHDRAWN: MandateWithdrawal,
}
_KIND_OF_RESOLUTION = {resolution: kind for kind, resolution in RESOLUTION_OF.items()}


@dataclass(frozen=True)  # without slots, for the content that is kept once read
class Entry:
    """One numbered fact: number from 0, kind, block time in seconds, ABI-encoded payload."""

    number: int
    kind: EntryKind
    time: int
    payload: bytes

    @property
    def data(self) -> bytes:
        """number (8) ‖ kind (1) ‖ time (8) ‖ payload: the leaf data of the history's tree."""
        return self.number.to_bytes(8, "big") + bytes((self.kind,)) + self.time.to_bytes(8, "big") + self.payload

    @property
    def hash(self) -> bytes:
        return leaf_hash(self.data)

    @cached_property
    def content(self) -> Content:
        """What the payload says, read once; Malformed where it is not the standard encoding of its kind."""
        return decode_payload(self.kind, self.payload)

    def topic(self, origin: Origin) -> bytes:
        """The topic (32 bytes) under which the contract of ``origin`` logs it; Malformed as for ``content``."""
        known: tuple[Origin, bytes] | None = self.__dict__.get("_topic")
        if known is None or known[0] is not origin:
            known = self.__dict__["_topic"] = origin, topic_of(self.content, origin)
        return known[1]

    def check_beginning(self, origin: Origin) -> None:
        """Check that entry 0 is the one that the origin names: its hash is the salt. Nothing for later entries.

        :raises HistoryBroken: it is the beginning of another history.
        """
        if self.number == 0 and self.hash != origin.salt:
            raise HistoryBroken(
                "entry 0 is of another beginning than the origin names", expected=hex_text(origin.salt),
                found=hex_text(self.hash), number=0,
            )  # fmt: skip

    @classmethod
    def from_data(cls, data: bytes) -> Entry:
        """Read entry bytes; Malformed when too short or of an unknown kind."""
        if len(data) < 17 or data[8] not in _KIND_OF_NUMBER or data[9:12] != bytes(3):
            raise Malformed("entry bytes are number (8), kind (1, known), time (8, below 2^40) and payload")
        return cls(int.from_bytes(data[:8]), _KIND_OF_NUMBER[data[8]], int.from_bytes(data[9:17]), data[17:])


class Endorsement(NamedTuple):
    """One council member's signature on a resolution."""

    signer: Signer
    signature: bytes


@dataclass(frozen=True, slots=True)
class Enacted:
    """A resolution of the council, with the signatures that carried it."""

    resolution: Resolution
    endorsements: tuple[Endorsement, ...]


@dataclass(frozen=True, slots=True)
class Anchored:
    """A batch root and the number of its declarations."""

    root: Root
    size: int


@dataclass(frozen=True, slots=True)
class Attested:
    attestation: Attestation
    signer: Signer
    signature: bytes


@dataclass(frozen=True, slots=True)
class Revoked:
    revocation: Revocation
    signer: Signer
    signature: bytes


@dataclass(frozen=True, slots=True)
class Withdrawn:
    declaration: Declaration
    withdrawal: Withdrawal
    signature: bytes


@dataclass(frozen=True, slots=True)
class Posted:
    posting: Posting
    signer: Signer
    signature: bytes


Content = Enacted | Anchored | Attested | Revoked | Withdrawn | Posted
PAYLOADS: dict[EntryKind, AbiTuple] = {
    **{
        kind: AbiTuple(*resolution.abi_types(), AbiList(AbiTuple("bytes", "bytes")))
        for kind, resolution in RESOLUTION_OF.items()
    },
    EntryKind.ANCHORED: AbiTuple("bytes32", "uint64"),
    EntryKind.ATTESTED: AbiTuple(AbiTuple(*Attestation.abi_types()), "bytes", "bytes"),
    EntryKind.REVOKED: AbiTuple(AbiTuple(*Revocation.abi_types()), "bytes", "bytes"),
    EntryKind.WITHDRAWN: AbiTuple(AbiTuple(*Declaration.abi_types()), AbiTuple(*Withdrawal.abi_types()), "bytes"),
    EntryKind.POSTED: AbiTuple(AbiTuple(*Posting.abi_types()), "bytes", "bytes"),
}


def kind_of(content: Content) -> EntryKind:
    """The kind of the entry that carries ``content``."""
    match content:
        case Enacted(resolution=resolution):
            return _KIND_OF_RESOLUTION[type(resolution)]
        case Anchored():
            return EntryKind.ANCHORED
        case Attested():
            return EntryKind.ATTESTED
        case Revoked():
            return EntryKind.REVOKED
        case Withdrawn():
            return EntryKind.WITHDRAWN
        case Posted():
            return EntryKind.POSTED


def encode_payload(content: Content) -> bytes:
    """The standard ABI encoding of an entry's content, as the contract writes it."""
    values: list[Any]
    match content:
        case Enacted(resolution, endorsements):
            values = [*resolution.abi_values(), list(endorsements)]
        case Anchored(root, size):
            values = [root, size]
        case Attested(attestation, signer, signature):
            values = [attestation.abi_values(), signer, signature]
        case Revoked(revocation, signer, signature):
            values = [revocation.abi_values(), signer, signature]
        case Withdrawn(declaration, withdrawal, signature):
            values = [declaration.abi_values(), withdrawal.abi_values(), signature]
        case Posted(posting, signer, signature):
            values = [posting.abi_values(), signer, signature]
        case _:
            assert_never(content)
    return bytes(abi_encode(PAYLOADS[kind_of(content)].types, values))


def decode_payload(kind: EntryKind, payload: bytes) -> Content:
    """Read a payload strictly: one encoding for one content; Malformed for any other bytes."""
    try:
        values = PAYLOADS[kind].decode(payload)
    except Malformed as error:
        raise Malformed(f"payload is not the standard ABI encoding of {kind.name}: {error.what}") from None
    match kind:
        case EntryKind.ANCHORED:
            return Anchored(*values)
        case EntryKind.ATTESTED:
            return Attested(Attestation.from_abi(values[0]), values[1], values[2])
        case EntryKind.REVOKED:
            return Revoked(Revocation.from_abi(values[0]), values[1], values[2])
        case EntryKind.WITHDRAWN:
            return Withdrawn(Declaration.from_abi(values[0]), Withdrawal.from_abi(values[1]), values[2])
        case EntryKind.POSTED:
            return Posted(Posting.from_abi(values[0]), values[1], values[2])
        case _:
            *members, endorsements = values
            signed = tuple(Endorsement(signer, signature) for signer, signature in endorsements)
            return Enacted(RESOLUTION_OF[kind].from_abi(members), signed)


def topic_of(content: Content, origin: Origin) -> bytes:
    """The 32-byte topic under which the contract's log can be searched for this entry."""
    match content:
        case Enacted(resolution=resolution):
            return _topic_of_resolution(resolution, origin)
        case Anchored(root=root):
            return root
        case Attested(attestation=attestation):
            return attestation.id(origin)
        case Revoked(revocation=revocation):
            return revocation.attestation
        case Withdrawn(withdrawal=withdrawal):
            return withdrawal.declaration
        case Posted(posting=posting):
            return posting.member


def _topic_of_resolution(resolution: Resolution, origin: Origin) -> bytes:
    match resolution:
        case CouncilChange():
            return resolution.id(origin)
        case AttesterAuthorisation() | AttesterRetirement() | AttesterCompromise():
            return keccak(resolution.attester)
        case AgencyEnrolment() | AgencySuspension() | AgencyReinstatement() | MandateGrant() | MandateWithdrawal():
            return left_word(resolution.agency.encode("ascii"))
        case _:
            assert_never(resolution)
