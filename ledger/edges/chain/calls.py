"""Calls to the contract and its answers in ABI encoding; contract errors become classes of the same name. Pure.

The functions here make a ``Call`` from statements of the core. Each is named after what its call does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from eth_abi.exceptions import DecodingError

from ledger import artifact, errors
from ledger.core.encoding.ids import Root, Signer
from ledger.core.encoding.keccak import keccak
from ledger.core.history.entry import Endorsement
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import ADDRESS_SIZE
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
from ledger.errors import HistoryBroken, Refused, Reverted

SELECTOR_SIZE = 4
WORD_SIZE = 32
_SOLIDITY_ERROR = keccak(b"Error(string)")[:SELECTOR_SIZE]
_SOLIDITY_PANIC = keccak(b"Panic(uint256)")[:SELECTOR_SIZE]
# Codes: zero-padded bytesN in the contract, text everywhere else.
_CODE_TYPES = ("bytes2", "bytes16")
ENACTING = {
    CouncilChange: "changeCouncil",
    AgencyEnrolment: "enrolAgency",
    AgencySuspension: "suspendAgency",
    AgencyReinstatement: "reinstateAgency",
    AttesterAuthorisation: "authoriseAttester",
    AttesterRetirement: "retireAttester",
    AttesterCompromise: "declareCompromised",
    MandateGrant: "grantMandate",
    MandateWithdrawal: "withdrawMandate",
}


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the contract and its arguments, as eth-abi takes them."""

    function: str
    arguments: tuple[Any, ...]

    @property
    def data(self) -> bytes:
        """Calldata: selector and encoded arguments."""
        selector, types, _ = _functions()[self.function]
        return selector + bytes(abi_encode(types, self.arguments))

    def answer(self, data: bytes) -> tuple[Any, ...]:
        """Decode what the function returned; HistoryBroken if this contract could not have returned it."""
        try:
            return tuple(abi_decode(_functions()[self.function][2], data))
        except (DecodingError, OverflowError):
            raise HistoryBroken(
                f"the contract's answer to {self.function} cannot be read", expected="ABI encoding", found=data.hex()
            ) from None


def anchor(root: Root, size: int) -> Call:
    """Anchor a batch: RFC 9162 root over the declarations' ids, and their number."""
    return Call("anchor", (root, size))


def attest(attestation: Attestation, signer: Signer, signature: bytes) -> Call:
    """Carry an attestation signed by ``signer`` (ERC-7913)."""
    return Call("attest", (attestation.abi_values(), signer, signature))


def revoke(revocation: Revocation, signer: Signer, signature: bytes) -> Call:
    """Carry a revocation signed by ``signer`` (ERC-7913)."""
    return Call("revoke", (revocation.abi_values(), signer, signature))


def withdraw(declaration: Declaration, withdrawal: Withdrawal, signature: bytes) -> Call:
    """Carry a withdrawal signed by the declaration's party."""
    return Call("withdraw", (declaration.abi_values(), withdrawal.abi_values(), signature))


def post(posting: Posting, signer: Signer, signature: bytes) -> Call:
    """Carry a posting signed by ``signer`` (ERC-7913)."""
    return Call("post", (posting.abi_values(), signer, signature))


def enact(resolution: Resolution, endorsements: Sequence[Endorsement]) -> Call:
    """Carry a council resolution; ``endorsements`` ascend by keccak256 of their signers."""
    return Call(ENACTING[type(resolution)], (*resolution.abi_values(), [tuple(each) for each in endorsements]))


def question_of_wallet(signer: Signer, digest: bytes, signature: bytes) -> tuple[bytes, bytes, bytes]:
    """Whom to ask whether ``signer`` accepts a signature, with which calldata, and the word that says that it does.

    An address is asked as a wallet (ERC-1271), else the verifier that the signer names (ERC-7913).
    """
    verifier, key = signer[:ADDRESS_SIZE], signer[ADDRESS_SIZE:]
    if key:
        selector = keccak(b"verify(bytes,bytes32,bytes)")[:SELECTOR_SIZE]
        data = abi_encode(["bytes", "bytes32", "bytes"], [key, digest, signature])
    else:
        selector = keccak(b"isValidSignature(bytes32,bytes)")[:SELECTOR_SIZE]
        data = abi_encode(["bytes32", "bytes"], [digest, signature])
    return verifier, selector + bytes(data), selector.ljust(WORD_SIZE, b"\x00")


def creation_data(members: Sequence[bytes], threshold: int) -> bytes:
    """The data of a transaction that deploys the shipped artifact with its first council."""
    return artifact.load().bytecode + bytes(abi_encode(["bytes[]", "uint16"], [list(members), threshold]))


def refusal_of(revert_data: bytes) -> Refused:
    """The contract error in ``revert_data`` as an instance of the class of the same name.

    Agency and country codes become text. An error that is not the contract's becomes ``Reverted``.
    """
    selector, encoded = revert_data[:SELECTOR_SIZE], revert_data[SELECTOR_SIZE:]
    try:
        if selector == _SOLIDITY_ERROR:
            return Reverted(abi_decode(["string"], encoded)[0])
        if selector == _SOLIDITY_PANIC:
            return Reverted(f"panic 0x{abi_decode(['uint256'], encoded)[0]:02x}")
        name, types = _contract_errors()[selector]
        values = abi_decode(types, encoded)
    except (KeyError, DecodingError, OverflowError):
        return Reverted("0x" + revert_data.hex() if revert_data else "without data")
    refusal: type[Refused] = getattr(errors, name, Reverted)
    if refusal is Reverted:
        return Reverted(name)
    return refusal(*(_plain(type_, value) for type_, value in zip(types, values, strict=True)))


def _plain(type_: str, value: Any) -> Any:
    if type_ in _CODE_TYPES:
        return value.rstrip(b"\x00").decode("ascii", "backslashreplace")
    return value


@cache
def _functions() -> Mapping[str, tuple[bytes, list[str], list[str]]]:
    """Function name -> (selector, input types, output types)."""
    return {
        item["name"]: (_selector(item), _types(item["inputs"]), _types(item["outputs"]))
        for item in artifact.load().abi
        if item["type"] == "function"
    }


@cache
def _contract_errors() -> Mapping[bytes, tuple[str, list[str]]]:
    """Selector -> (error name, types)."""
    return {
        _selector(item): (item["name"], _types(item["inputs"]))
        for item in artifact.load().abi
        if item["type"] == "error"
    }


def _selector(item: Mapping[str, Any]) -> bytes:
    return keccak(f"{item['name']}({','.join(_types(item['inputs']))})".encode("ascii"))[:SELECTOR_SIZE]


def _types(parameters: Sequence[Mapping[str, Any]]) -> list[str]:
    """Canonical types; a struct is the tuple of its members."""
    return [
        f"({','.join(_types(item['components']))}){item['type'].removeprefix('tuple')}"
        if item["type"].startswith("tuple")
        else str(item["type"])
        for item in parameters
    ]
