"""Origin: the name of one history, and its EIP-712 domain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from re import fullmatch

from ledger.core.encoding.keccak import keccak
from ledger.core.statements.eip712 import type_hash, uint_word
from ledger.errors import Malformed

DOMAIN_NAME = "TradeLedger"


DOMAIN_VERSION = "1"


ADDRESS_SIZE = 20


_DOMAIN_TYPE = type_hash("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")


_DOMAIN_PREFIX = _DOMAIN_TYPE + keccak(DOMAIN_NAME.encode()) + keccak(DOMAIN_VERSION.encode())


@dataclass(frozen=True)
class Origin:
    """The name of one history: chain id (EIP-155) and contract address (20 bytes)."""

    chain_id: int
    contract: bytes

    def __post_init__(self) -> None:
        if len(self.contract) != ADDRESS_SIZE or not 0 < self.chain_id < 1 << 256:
            raise Malformed("an origin is a positive chain id and a 20-byte contract address")

    @cached_property
    def separator(self) -> bytes:
        """The EIP-712 domain separator, which is also the head before the first entry."""
        return keccak(_DOMAIN_PREFIX + uint_word(self.chain_id) + self.contract.rjust(32, b"\x00"))

    def digest(self, struct: bytes) -> bytes:
        """keccak256(0x1901 ‖ domainSeparator ‖ hashStruct): what is signed, and the statement's id."""
        return keccak(b"\x19\x01" + self.separator + struct)

    @cached_property
    def p256_verifier(self) -> bytes:
        """Address of the ERC-7913 verifier of P-256 keys that the contract's constructor deploys: CREATE with nonce 1.

        keccak256(rlp([contract, 1]))[12:]; the RLP is fixed for a 20-byte address and a one-byte nonce.
        """
        return keccak(b"\xd6\x94" + self.contract + b"\x01")[12:]

    @cached_property
    def webauthn_verifier(self) -> bytes:
        """Address of the ERC-7913 verifier of passkeys, which the constructor deploys second: CREATE with nonce 2."""
        return keccak(b"\xd6\x94" + self.contract + b"\x02")[12:]

    def __str__(self) -> str:
        """CAIP-10 account id, e.g. ``eip155:31337:0x5fbd…``."""
        return f"eip155:{self.chain_id}:0x{self.contract.hex()}"

    @classmethod
    def parse(cls, text: str) -> Origin:
        """Read a CAIP-10 account id in lower case; Malformed for anything else."""
        match = fullmatch(r"eip155:([1-9][0-9]{0,77}):0x([0-9a-f]{40})", text)
        if match is None:
            raise Malformed('an origin looks like "eip155:31337:0x" and 40 lower-case hex digits')
        return cls(int(match[1]), bytes.fromhex(match[2]))
