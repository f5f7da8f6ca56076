"""What every statement has: a hash, an id, a JSON form and an ABI value.

Each statement is a frozen dataclass whose fields carry their EIP-712 member types. The struct hash, the JSON form, the
message for a wallet and the ABI value are all computed from these fields, so they cannot contradict each other.
``docs/formats.md`` section 3 is the specification. Ids, digests and roots are 32 bytes, signers ERC-7913 bytes, times
seconds since 1970 (UTC).

The statements have a file each: ``declaration``, ``withdrawal``, ``attestation``, ``revocation``, ``posting``,
``sign_in``; the council's are in ``resolutions``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, ClassVar, Self

from ledger.core.encoding.reading import read_object
from ledger.core.statements.eip712 import struct_hash, type_hash
from ledger.core.statements.member_types import Codec
from ledger.core.statements.origin import Origin


def member_of(codec: Codec, name: str = "", **options: Any) -> Any:
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
    """(attribute, EIP-712 name, codec) of every member, in order; worked out once for each class."""
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
