"""Origin: the name of one history, and its EIP-712 domain.

Twin of ``contracts/Domain.sol``. docs/formats.md section 3 and docs/adr/0012.
"""

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


SALT_SIZE = 32


_DOMAIN_TYPE = type_hash(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
)


_DOMAIN_PREFIX = _DOMAIN_TYPE + keccak(DOMAIN_NAME.encode()) + keccak(DOMAIN_VERSION.encode())


@dataclass(frozen=True)
class Origin:
    """The name of one history: chain id (EIP-155), contract address (20 bytes) and the hash of entry 0 (32 bytes).

    ``salt`` is that hash. It names the beginning: a chain that begins anew, and has its contract at the same address
    again, has another origin.
    """

    chain_id: int
    contract: bytes
    salt: bytes

    def __post_init__(self) -> None:
        sizes = len(self.contract), len(self.salt)
        if sizes != (ADDRESS_SIZE, SALT_SIZE) or not 0 < self.chain_id < 1 << 256:
            raise Malformed("an origin is a positive chain id, a 20-byte contract address and a 32-byte salt")

    @cached_property
    def separator(self) -> bytes:
        """The EIP-712 domain separator, which is also the head before the first entry."""
        return keccak(_DOMAIN_PREFIX + uint_word(self.chain_id) + self.contract.rjust(32, b"\x00") + self.salt)

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
        """CAIP-10 account id of the contract, a colon, and the salt in hex: ``eip155:31337:0x5fbd…:9f2c…``."""
        return f"eip155:{self.chain_id}:0x{self.contract.hex()}:{self.salt.hex()}"

    @classmethod
    def parse(cls, text: str) -> Origin:
        """Read what ``str`` prints, in lower case; Malformed for anything else."""
        match = fullmatch(r"eip155:([1-9][0-9]{0,77}):0x([0-9a-f]{40}):([0-9a-f]{64})", text)
        if match is None:
            raise Malformed(
                'an origin looks like "eip155:31337:0x", 40 lower-case hex digits, a colon, and 64 more digits'
            )
        return cls(int(match[1]), bytes.fromhex(match[2]), bytes.fromhex(match[3]))
