"""The statements that are signed: declaration, withdrawal, attestation, revocation and the council's decisions.

Each is a frozen dataclass whose fields carry their EIP-712 member types; the struct hash, the JSON form, the message
for a wallet and the ABI value all follow from that one table, so they cannot drift apart. ``docs/formats.md`` section 3
is the specification. Ids, digests and roots are 32 bytes, signers ERC-7913 bytes, times seconds since 1970 (UTC).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

from ledger.core.signature import check_signer
from ledger.core.typed_data import Origin, bytes_word, left_word, list_word, struct_hash, type_hash, uint_word
from ledger.errors import Malformed

ZERO = bytes(32)
NO_END = (1 << 40) - 1
MAX_COUNCIL = 32
MAX_NAME = 128
MAX_URI = 256
_AGENCY = re.compile(r"[A-Z0-9-]{1,16}")
_JURISDICTION = re.compile(r"[A-Z]{2}")
_HEX = re.compile(r"0x(?:[0-9a-f]{2})*")


@dataclass(frozen=True, slots=True)
class _Codec:
    """How one EIP-712 member type is checked, hashed, printed and read."""

    abi: str
    word: Callable[[Any], bytes]
    check: Callable[[Any, str], None]
    to_json: Callable[[Any], Any]
    from_json: Callable[[Any, str], Any]
    to_abi: Callable[[Any], Any]
    from_abi: Callable[[Any], Any]


def hex_text(value: bytes) -> str:
    """Lower-case hex with ``0x``, the only spelling that is read."""
    return "0x" + value.hex()


def hex_bytes(value: object, where: str) -> bytes:
    """Read lower-case hex with ``0x``; Malformed, naming ``where``, for anything else."""
    if not isinstance(value, str) or _HEX.fullmatch(value) is None:
        raise Malformed("must be lower-case hex with 0x and an even number of digits", where)
    return bytes.fromhex(value[2:])


def _same(value: Any) -> Any:
    return value


def _no_check(value: Any, where: str) -> None:
    """Members whose shape their reader already guarantees."""


def _uint(bits: int) -> _Codec:
    def check(value: Any, where: str) -> None:
        if type(value) is not int or not 0 <= value < 1 << bits:
            raise Malformed(f"must be a whole number from 0 to 2^{bits} - 1", where)

    def read(value: Any, where: str) -> int:
        check(value, where)
        return int(value)

    return _Codec(f"uint{bits}", uint_word, check, _same, read, _same, _same)


def _check_hash(value: Any, where: str) -> None:
    if not isinstance(value, bytes) or len(value) != 32:
        raise Malformed("must be 32 bytes", where)


def _check_text(longest: int) -> Callable[[Any, str], None]:
    def check(value: Any, where: str) -> None:
        if not isinstance(value, str) or not 0 < len(value.encode("utf-8", "replace")) <= longest:
            raise Malformed(f"must be text of 1 to {longest} bytes of UTF-8", where)
        if any(0xD800 <= ord(character) <= 0xDFFF for character in value):
            raise Malformed("contains a lone surrogate", where)

    return check


def _text(longest: int) -> _Codec:
    check = _check_text(longest)

    def read(value: Any, where: str) -> str:
        check(value, where)
        return str(value)

    return _Codec("string", lambda text: bytes_word(text.encode()), check, _same, read, _same, _same)


def _code(size: int, pattern: re.Pattern[str], advice: str) -> _Codec:
    def check(value: Any, where: str) -> None:
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            raise Malformed(advice, where)

    def read(value: Any, where: str) -> str:
        check(value, where)
        return str(value)

    def from_abi(value: bytes) -> str:
        text = value.rstrip(b"\x00").decode("ascii", "replace")
        check(text, f"bytes{size} on chain")
        return text

    return _Codec(
        f"bytes{size}",
        lambda text: left_word(text.encode("ascii")),
        check,
        _same,
        read,
        lambda text: text.encode("ascii").ljust(size, b"\x00"),
        from_abi,
    )


def _check_members(value: Any, where: str) -> None:
    if not isinstance(value, tuple) or not 0 < len(value) <= MAX_COUNCIL:
        raise Malformed(f"must be a list of 1 to {MAX_COUNCIL} signers", where)
    if len(set(value)) != len(value):
        raise Malformed("names a signer twice", where)
    for number, signer in enumerate(value):
        check_signer(signer, f"{where}[{number}]")


def _read_members(value: Any, where: str) -> tuple[bytes, ...]:
    if not isinstance(value, list):
        raise Malformed("must be a list of signers", where)
    return tuple(hex_bytes(item, f"{where}[{number}]") for number, item in enumerate(value))


_AGENCY_CODEC = _code(16, _AGENCY, 'an agency code is 1 to 16 of A-Z, 0-9 and "-", e.g. NZ-MPI')
_JURISDICTION_CODEC = _code(2, _JURISDICTION, "a jurisdiction is an ISO 3166-1 alpha-2 code, e.g. NZ")
_HASH_CODEC = _Codec("bytes32", _same, _check_hash, hex_text, hex_bytes, _same, bytes)
_SIGNER_CODEC = _Codec("bytes", bytes_word, check_signer, hex_text, hex_bytes, _same, bytes)
_MEMBERS_CODEC = _Codec(
    "bytes[]",
    list_word,
    _check_members,
    lambda members: [hex_text(member) for member in members],
    _read_members,
    list,
    lambda members: tuple(bytes(member) for member in members),
)
_UINT16, _UINT40, _UINT64 = _uint(16), _uint(40), _uint(64)


def _member(codec: _Codec, name: str = "", **options: Any) -> Any:
    """A dataclass field with its codec; ``name`` where EIP-712 spells it otherwise than snake case."""
    return field(metadata={"codec": codec, "name": name}, **options)


@dataclass(frozen=True, slots=True)
class Statement:
    """Base of all statements; subclasses only list their members."""

    PRIMARY_TYPE: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for attribute, _, codec in _members(type(self)):
            codec.check(getattr(self, attribute), attribute)

    def struct_hash(self) -> bytes:
        """hashStruct of EIP-712, 32 bytes."""
        words = [codec.word(getattr(self, attribute)) for attribute, _, codec in _members(type(self))]
        return struct_hash(_type_hash(type(self)), *words)

    def id(self, origin: Origin) -> bytes:
        """The EIP-712 digest under this origin: what is signed, and the statement's name."""
        return origin.digest(self.struct_hash())

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: hex for bytes, numbers for numbers, in member order."""
        return {attribute: codec.to_json(getattr(self, attribute)) for attribute, _, codec in _members(type(self))}

    @classmethod
    def from_json(cls, value: object, where: str = "") -> Self:
        """Read what ``to_json`` prints, strictly: every member, no other. Malformed names the member."""
        where = where or cls.PRIMARY_TYPE[0].lower() + cls.PRIMARY_TYPE[1:]
        return cls(
            **{
                attribute: codec.from_json(item, f"{where}.{attribute}")
                for (attribute, _, codec), item in zip(
                    _members(cls), read_object(value, [name for name, _, _ in _members(cls)], where), strict=True
                )
            }
        )

    def typed_message(self, origin: Origin) -> dict[str, Any]:
        """The whole message as ``eth_signTypedData_v4`` takes it, for wallets and generic EIP-712 libraries."""
        return {
            "types": {
                "EIP712Domain": [
                    {"name": "name", "type": "string"},
                    {"name": "version", "type": "string"},
                    {"name": "chainId", "type": "uint256"},
                    {"name": "verifyingContract", "type": "address"},
                ],
                self.PRIMARY_TYPE: [{"name": name, "type": codec.abi} for _, name, codec in _members(type(self))],
            },
            "primaryType": self.PRIMARY_TYPE,
            "domain": origin.domain(),
            "message": {name: _wallet_value(codec, getattr(self, at)) for at, name, codec in _members(type(self))},
        }

    def abi_values(self) -> tuple[Any, ...]:
        """Members as eth-abi takes them, in order."""
        return tuple(codec.to_abi(getattr(self, attribute)) for attribute, _, codec in _members(type(self)))

    @classmethod
    def abi_types(cls) -> list[str]:
        return [codec.abi for _, _, codec in _members(cls)]

    @classmethod
    def from_abi(cls, values: Sequence[Any]) -> Self:
        """Build from decoded ABI values; Malformed where a member is out of its range."""
        return cls(
            **{name: codec.from_abi(value) for (name, _, codec), value in zip(_members(cls), values, strict=True)}
        )

    @classmethod
    def encoded_type(cls) -> str:
        """encodeType of EIP-712."""
        return f"{cls.PRIMARY_TYPE}({','.join(f'{codec.abi} {name}' for _, name, codec in _members(cls))})"


def read_object(value: object, names: Sequence[str], where: str) -> list[Any]:
    """The values of exactly ``names`` of a JSON object, in that order; Malformed names what is missing or unknown."""
    if not isinstance(value, Mapping):
        raise Malformed("must be an object", where)
    for name in names:
        if name not in value:
            raise Malformed(f'"{name}" is missing', where)
    for name in value:
        if name not in names:
            raise Malformed(f'"{str(name)[:40]}" is not a member; known are {", ".join(names)}', where)
    return [value[name] for name in names]


_Members = tuple[tuple[str, str, _Codec], ...]
_MEMBERS: dict[type[Statement], _Members] = {}
_TYPE_HASHES: dict[type[Statement], bytes] = {}


def _members(cls: type[Statement]) -> _Members:
    """(attribute, EIP-712 name, codec) of every member, in order; worked out once a class."""
    if cls not in _MEMBERS:
        _MEMBERS[cls] = tuple(
            (item.name, item.metadata["name"] or _camel(item.name), item.metadata["codec"])
            for item in fields(cls)
            if "codec" in item.metadata
        )
    return _MEMBERS[cls]


def _type_hash(cls: type[Statement]) -> bytes:
    if cls not in _TYPE_HASHES:
        _TYPE_HASHES[cls] = type_hash(cls.encoded_type())
    return _TYPE_HASHES[cls]


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _wallet_value(codec: _Codec, value: Any) -> Any:
    abi = codec.to_abi(value)
    if isinstance(abi, bytes):
        return hex_text(abi)
    if isinstance(abi, list):
        return [hex_text(item) for item in abi]
    return abi


@dataclass(frozen=True, slots=True)
class Declaration(Statement):
    """A party's words: this digest, of this document type (UNCL 1001), is mine, replacing that one (or zero)."""

    PRIMARY_TYPE: ClassVar[str] = "Declaration"
    party: bytes = _member(_SIGNER_CODEC)
    digest: bytes = _member(_HASH_CODEC)
    document_type: int = _member(_UINT16)
    replaces: bytes = _member(_HASH_CODEC, default=ZERO)


@dataclass(frozen=True, slots=True)
class Withdrawal(Statement):
    """The party ends its declaration; reason by UNCL 1225, replacement is a declaration id or zero."""

    PRIMARY_TYPE: ClassVar[str] = "Withdrawal"
    declaration: bytes = _member(_HASH_CODEC)
    reason: int = _member(_UINT16)
    replacement: bytes = _member(_HASH_CODEC, default=ZERO)


@dataclass(frozen=True, slots=True)
class Attestation(Statement):
    """An agency's words about a set of declarations, named by RFC 9162 root and size."""

    PRIMARY_TYPE: ClassVar[str] = "Attestation"
    agency: str = _member(_AGENCY_CODEC)
    kind: int = _member(_UINT16)
    outcome: int = _member(_UINT16)
    detail: bytes = _member(_HASH_CODEC)
    valid_from: int = _member(_UINT40)
    valid_until: int = _member(_UINT40)
    root: bytes = _member(_HASH_CODEC)
    size: int = _member(_UINT64)
    salt: bytes = _member(_HASH_CODEC)


@dataclass(frozen=True, slots=True)
class Revocation(Statement):
    """Ends an attestation, or one member of its set (a declaration id; zero is the whole set). Reason by UNCL 1373."""

    PRIMARY_TYPE: ClassVar[str] = "Revocation"
    attestation: bytes = _member(_HASH_CODEC)
    member: bytes = _member(_HASH_CODEC, default=ZERO)
    reason: int = _member(_UINT16, default=41)


@dataclass(frozen=True, slots=True)
class Decision(Statement):
    """Base of what the council decides; ``decision`` is the number of this decision, the first signed one being 1."""

    @property
    def number(self) -> int:
        return int(getattr(self, "decision"))  # noqa: B009 (declared by every subclass, last as in EIP-712)


@dataclass(frozen=True, slots=True)
class CouncilChange(Decision):
    """New members (ERC-7913 signers) and threshold."""

    PRIMARY_TYPE: ClassVar[str] = "CouncilChange"
    members: tuple[bytes, ...] = _member(_MEMBERS_CODEC)
    threshold: int = _member(_UINT16)
    decision: int = _member(_UINT64)


@dataclass(frozen=True, slots=True)
class AgencyEnrolment(Decision):
    PRIMARY_TYPE: ClassVar[str] = "AgencyEnrolment"
    agency: str = _member(_AGENCY_CODEC)
    name: str = _member(_text(MAX_NAME))
    jurisdiction: str = _member(_JURISDICTION_CODEC)
    uri: str = _member(_text(MAX_URI))
    decision: int = _member(_UINT64)


@dataclass(frozen=True, slots=True)
class AgencySuspension(Decision):
    PRIMARY_TYPE: ClassVar[str] = "AgencySuspension"
    agency: str = _member(_AGENCY_CODEC)
    decision: int = _member(_UINT64)


@dataclass(frozen=True, slots=True)
class AgencyReinstatement(Decision):
    PRIMARY_TYPE: ClassVar[str] = "AgencyReinstatement"
    agency: str = _member(_AGENCY_CODEC)
    decision: int = _member(_UINT64)


@dataclass(frozen=True, slots=True)
class AttesterAuthorisation(Decision):
    PRIMARY_TYPE: ClassVar[str] = "AttesterAuthorisation"
    attester: bytes = _member(_SIGNER_CODEC)
    agency: str = _member(_AGENCY_CODEC)
    decision: int = _member(_UINT64)


@dataclass(frozen=True, slots=True)
class AttesterRetirement(Decision):
    PRIMARY_TYPE: ClassVar[str] = "AttesterRetirement"
    attester: bytes = _member(_SIGNER_CODEC)
    decision: int = _member(_UINT64)


@dataclass(frozen=True, slots=True)
class AttesterCompromise(Decision):
    """From ``since`` on, which may lie in the past, the attester's word counts for nothing."""

    PRIMARY_TYPE: ClassVar[str] = "AttesterCompromise"
    attester: bytes = _member(_SIGNER_CODEC)
    since: int = _member(_UINT40)
    decision: int = _member(_UINT64)


@dataclass(frozen=True, slots=True)
class MandateGrant(Decision):
    """The agency may make attestations of ``kind`` (UNCL 1001) in [``from_``, ``until``)."""

    PRIMARY_TYPE: ClassVar[str] = "MandateGrant"
    agency: str = _member(_AGENCY_CODEC)
    kind: int = _member(_UINT16)
    from_: int = _member(_UINT40, "from")
    until: int = _member(_UINT40)
    decision: int = _member(_UINT64)


@dataclass(frozen=True, slots=True)
class MandateWithdrawal(Decision):
    PRIMARY_TYPE: ClassVar[str] = "MandateWithdrawal"
    agency: str = _member(_AGENCY_CODEC)
    kind: int = _member(_UINT16)
    decision: int = _member(_UINT64)


# Placed at its number, this is the kind of the entry that the decision makes (docs/formats.md section 5).
DECISIONS: tuple[type[Decision], ...] = (
    CouncilChange,
    AgencyEnrolment,
    AgencySuspension,
    AgencyReinstatement,
    AttesterAuthorisation,
    AttesterRetirement,
    AttesterCompromise,
    MandateGrant,
    MandateWithdrawal,
)
