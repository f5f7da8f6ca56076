"""The statements that are signed.

These are declaration, withdrawal, attestation, revocation, posting, sign-in, and the council's resolutions.

Each is a frozen dataclass whose fields carry their EIP-712 member types; the struct hash, the JSON form, the message
for a wallet and the ABI value all follow from that one table, so they cannot drift apart. ``docs/formats.md`` section 3
is the specification. Ids, digests and roots are 32 bytes, signers ERC-7913 bytes, times seconds since 1970 (UTC).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, ClassVar, Self, get_args

from ledger.core.encoding.ids import AttestationId, DeclarationId, Digest, LineName, Root, Signer
from ledger.core.encoding.reading import read_object
from ledger.core.statements.eip712 import struct_hash, type_hash
from ledger.core.statements.members import (
    AGENCY,
    HASH,
    JURISDICTION,
    MAX_NAME,
    MAX_URI,
    MEMBERS,
    NO_DECLARATION,
    SIGNER,
    UINT16,
    UINT32,
    UINT40,
    UINT64,
    Codec,
    text,
)
from ledger.core.statements.origin import Origin


def _member(codec: Codec, name: str = "", **options: Any) -> Any:
    """A dataclass field with its codec; ``name`` where EIP-712 spells it otherwise than snake case."""
    return field(metadata={"codec": codec, "name": name}, **options)


@dataclass(frozen=True, slots=True)
class Statement:
    """Base of all statements; subclasses only list their members."""

    PRIMARY_TYPE: ClassVar[str] = ""

    def __post_init__(self) -> None:
        values = _values(self)
        for (attribute, _, codec), value in zip(_members(type(self)), values, strict=True):
            codec.check(value, attribute)

    def struct_hash(self) -> bytes:
        """hashStruct of EIP-712, 32 bytes."""
        words = [codec.word(value) for (_, _, codec), value in zip(_members(type(self)), _values(self), strict=True)]
        return struct_hash(_type_hash(type(self)), *words)

    def id(self, origin: Origin) -> bytes:
        """The EIP-712 digest under this origin: what is signed, and the statement's name."""
        return origin.digest(self.struct_hash())

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: hex for bytes, numbers for numbers, in member order."""
        return {
            _in_json(attribute): codec.to_json(getattr(self, attribute)) for attribute, _, codec in _members(type(self))
        }

    @classmethod
    def from_json(cls, value: object, where: str = "") -> Self:
        """Read what ``to_json`` prints, strictly: every member, no other. Malformed names the member."""
        where = where or cls.PRIMARY_TYPE[0].lower() + cls.PRIMARY_TYPE[1:]
        names = [_in_json(attribute) for attribute, _, _ in _members(cls)]
        items = zip(_members(cls), names, read_object(value, names, where), strict=True)
        return cls(
            **{attribute: codec.from_json(item, f"{where}.{name}") for (attribute, _, codec), name, item in items}
        )

    def abi_values(self) -> tuple[Any, ...]:
        """Members as eth-abi takes them, in order."""
        return tuple(codec.to_abi(getattr(self, attribute)) for attribute, _, codec in _members(type(self)))

    @classmethod
    def abi_types(cls) -> list[str]:
        return [codec.abi for _, _, codec in _members(cls)]

    @classmethod
    def typed_members(cls) -> list[tuple[str, str]]:
        """(EIP-712 name, type) of the members, in order."""
        return [(name, codec.abi) for _, name, codec in _members(cls)]

    @classmethod
    def from_abi(cls, values: Sequence[Any]) -> Self:
        """Build from decoded ABI values; Malformed where a member is out of its range."""
        return cls(*[codec.from_abi(value) for (_, _, codec), value in zip(_members(cls), values, strict=True)])

    @classmethod
    def encoded_type(cls) -> str:
        """encodeType of EIP-712."""
        return f"{cls.PRIMARY_TYPE}({','.join(f'{codec.abi} {name}' for _, name, codec in _members(cls))})"


_Members = tuple[tuple[str, str, Codec], ...]
_MEMBERS: dict[type[Statement], _Members] = {}
_TYPE_HASHES: dict[type[Statement], bytes] = {}
_GETTERS: dict[type[Statement], Callable[[Statement], tuple[Any, ...]]] = {}  # every statement has two members or more


def _members(cls: type[Statement]) -> _Members:
    """(attribute, EIP-712 name, codec) of every member, in order; worked out once a class."""
    if cls not in _MEMBERS:
        _MEMBERS[cls] = tuple(
            (item.name, item.metadata["name"] or _camel(item.name), item.metadata["codec"])
            for item in fields(cls)
            if "codec" in item.metadata
        )
    return _MEMBERS[cls]


def _values(statement: Statement) -> tuple[Any, ...]:
    """The values of all members, in order."""
    cls = type(statement)
    if cls not in _GETTERS:
        _GETTERS[cls] = attrgetter(*[attribute for attribute, _, _ in _members(cls)])
    return _GETTERS[cls](statement)


def _type_hash(cls: type[Statement]) -> bytes:
    if cls not in _TYPE_HASHES:
        _TYPE_HASHES[cls] = type_hash(cls.encoded_type())
    return _TYPE_HASHES[cls]


def _in_json(attribute: str) -> str:
    """A member's name in JSON: the attribute's, without the line at the end that Python's ``from`` needs."""
    return attribute.rstrip("_")


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


@dataclass(frozen=True, slots=True)
class Declaration(Statement):
    """A party's words: this digest, of this document type (UNCL 1001), is mine, replacing that one (or zero)."""

    PRIMARY_TYPE: ClassVar[str] = "Declaration"
    party: Signer = _member(SIGNER)
    digest: Digest = _member(HASH)
    document_type: int = _member(UINT16)
    replaces: DeclarationId = _member(HASH, default=NO_DECLARATION)

    def id(self, origin: Origin) -> DeclarationId:
        return DeclarationId(origin.digest(self.struct_hash()))


@dataclass(frozen=True, slots=True)
class Withdrawal(Statement):
    """The party ends its declaration; reason by UNCL 1225, replacement is a declaration id or zero."""

    PRIMARY_TYPE: ClassVar[str] = "Withdrawal"
    declaration: DeclarationId = _member(HASH)
    reason: int = _member(UINT16)
    replacement: DeclarationId = _member(HASH, default=NO_DECLARATION)


@dataclass(frozen=True, slots=True)
class Attestation(Statement):
    """An agency's words about a set of declarations, named by RFC 9162 root and size."""

    PRIMARY_TYPE: ClassVar[str] = "Attestation"
    agency: str = _member(AGENCY)
    kind: int = _member(UINT16)
    outcome: int = _member(UINT16)
    detail: bytes = _member(HASH)
    valid_from: int = _member(UINT40)
    valid_until: int = _member(UINT40)
    root: Root = _member(HASH)
    size: int = _member(UINT64)
    salt: bytes = _member(HASH)

    def id(self, origin: Origin) -> AttestationId:
        return AttestationId(origin.digest(self.struct_hash()))


@dataclass(frozen=True, slots=True)
class Revocation(Statement):
    """Ends an attestation, or one member of its set (a declaration id; zero is the whole set). Reason by UNCL 1373."""

    PRIMARY_TYPE: ClassVar[str] = "Revocation"
    attestation: AttestationId = _member(HASH)
    member: DeclarationId = _member(HASH, default=NO_DECLARATION)
    reason: int = _member(UINT16, default=41)


@dataclass(frozen=True, slots=True)
class SignIn(Statement):
    """A signer's words to a site: let me in. ``nonce`` is the site's own; the contract has no use for it.

    Who judges it is ``signature.verify_signature``. Which site, nonce and time (seconds) are taken is the site's rule.
    """

    PRIMARY_TYPE: ClassVar[str] = "SignIn"
    site: str = _member(text(MAX_URI))
    signer: Signer = _member(SIGNER)
    nonce: bytes = _member(HASH)
    time: int = _member(UINT40)


BALANCE_CONFIRMATION = 182
"""UNCL 1001: the kind of mandate that an agency needs to post."""


@dataclass(frozen=True, slots=True)
class Posting(Statement):
    """An agency moves a line of a certificate from one sheet to the next; both are hashes, zero where there is none.

    ``attestation`` issued the certificate, and ``member`` is the certificate's declaration.
    """

    PRIMARY_TYPE: ClassVar[str] = "Posting"
    agency: str = _member(AGENCY)
    attestation: AttestationId = _member(HASH)
    member: DeclarationId = _member(HASH)
    line: int = _member(UINT32)
    from_: bytes = _member(HASH, "from")
    to: bytes = _member(HASH)

    @property
    def line_name(self) -> LineName:
        """The line that it moves."""
        return LineName(self.attestation, self.member, self.line)


# The council's resolutions. Each ends with its running number: 1 for the first that is signed, 0 for the first council.


@dataclass(frozen=True, slots=True)
class CouncilChange(Statement):
    """New members (ERC-7913 signers) and threshold."""

    PRIMARY_TYPE: ClassVar[str] = "CouncilChange"
    members: tuple[Signer, ...] = _member(MEMBERS)
    threshold: int = _member(UINT16)
    number: int = _member(UINT64, "resolution")


@dataclass(frozen=True, slots=True)
class AgencyEnrolment(Statement):
    PRIMARY_TYPE: ClassVar[str] = "AgencyEnrolment"
    agency: str = _member(AGENCY)
    name: str = _member(text(MAX_NAME))
    jurisdiction: str = _member(JURISDICTION)
    uri: str = _member(text(MAX_URI))
    number: int = _member(UINT64, "resolution")


@dataclass(frozen=True, slots=True)
class AgencySuspension(Statement):
    PRIMARY_TYPE: ClassVar[str] = "AgencySuspension"
    agency: str = _member(AGENCY)
    number: int = _member(UINT64, "resolution")


@dataclass(frozen=True, slots=True)
class AgencyReinstatement(Statement):
    PRIMARY_TYPE: ClassVar[str] = "AgencyReinstatement"
    agency: str = _member(AGENCY)
    number: int = _member(UINT64, "resolution")


@dataclass(frozen=True, slots=True)
class AttesterAuthorisation(Statement):
    PRIMARY_TYPE: ClassVar[str] = "AttesterAuthorisation"
    attester: Signer = _member(SIGNER)
    agency: str = _member(AGENCY)
    number: int = _member(UINT64, "resolution")


@dataclass(frozen=True, slots=True)
class AttesterRetirement(Statement):
    PRIMARY_TYPE: ClassVar[str] = "AttesterRetirement"
    attester: Signer = _member(SIGNER)
    number: int = _member(UINT64, "resolution")


@dataclass(frozen=True, slots=True)
class AttesterCompromise(Statement):
    """From ``since`` on, which may lie in the past, the attester's word counts for nothing."""

    PRIMARY_TYPE: ClassVar[str] = "AttesterCompromise"
    attester: Signer = _member(SIGNER)
    since: int = _member(UINT40)
    number: int = _member(UINT64, "resolution")


@dataclass(frozen=True, slots=True)
class MandateGrant(Statement):
    """The agency may make attestations of ``kind`` (UNCL 1001) in [``from_``, ``until``)."""

    PRIMARY_TYPE: ClassVar[str] = "MandateGrant"
    agency: str = _member(AGENCY)
    kind: int = _member(UINT16)
    from_: int = _member(UINT40, "from")
    until: int = _member(UINT40)
    number: int = _member(UINT64, "resolution")


@dataclass(frozen=True, slots=True)
class MandateWithdrawal(Statement):
    PRIMARY_TYPE: ClassVar[str] = "MandateWithdrawal"
    agency: str = _member(AGENCY)
    kind: int = _member(UINT16)
    number: int = _member(UINT64, "resolution")


Resolution = (
    CouncilChange
    | AgencyEnrolment
    | AgencySuspension
    | AgencyReinstatement
    | AttesterAuthorisation
    | AttesterRetirement
    | AttesterCompromise
    | MandateGrant
    | MandateWithdrawal
)
RESOLUTIONS: tuple[type[Resolution], ...] = get_args(Resolution)


def make_resolution(kind: type[Resolution], members: Iterable[Any], number: int) -> Resolution:
    """A resolution of this kind from its members in order, without the number, and its number."""
    make: Callable[..., Resolution] = kind
    return make(*members, number)
