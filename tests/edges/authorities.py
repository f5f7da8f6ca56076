"""A council of one, an agency and its officers on a real contract, for tests."""

from __future__ import annotations

import json
import time
import urllib.request
from dataclasses import dataclass
from typing import Any

from ledger.core.encoding.keccak import keccak
from ledger.core.history.entry import Endorsement
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.resolutions import (
    AgencyEnrolment,
    AttesterAuthorisation,
    MandateGrant,
    Resolution,
    make_resolution,
)
from ledger.edges.chain import calls
from ledger.edges.chain.calls import Call
from ledger.edges.chain.contract import Chain, TransactionReceipt
from ledger.edges.keys.keystore import SigningKey

AGENCY = "NZ-MPI"
KIND = 851


def rpc(url: str, method: str, *params: object) -> Any:
    """Ask the node directly, past the code under test."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})) as answer:
        return json.load(answer)["result"]


def now() -> int:
    return int(time.time())


def wallet_code(owner: bytes) -> bytes:
    """Runtime code of an ERC-1271 wallet that accepts its owner's 65-byte signatures.

    ecrecover over calldata (digest, r, s, v), compared with the owner; the magic value where they are equal, zero else.
    """
    return bytes.fromhex(
        "600435600052"  # mstore(0, digest)
        "60a43560f81c602052"  # mstore(32, v)
        "606435604052"  # mstore(64, r)
        "608435606052"  # mstore(96, s)
        "6020608060806000" "60015afa50"  # staticcall(gas, 1, 0, 128, 128, 32)
        "608051" "73" + owner.hex() + "14"  # mload(128) == owner
        "631626ba7e02" "60e01b"  # * magic, shifted to the left
        "60005260206000f3"
    )  # fmt: skip


@dataclass
class Authorities:
    """Enacts the resolutions of a council of one, and sends statements, through ``chain``."""

    chain: Chain
    council: SigningKey
    relayer: SigningKey

    @property
    def next_resolution(self) -> int:
        return int(self.chain.query(Call("resolutions", ()))[0]) + 1

    def enact(self, kind: type[Resolution], *members: object) -> TransactionReceipt:
        resolution = make_resolution(kind, members, self.next_resolution)
        return self.chain.submit(calls.enact(resolution, self.endorse(resolution)), self.relayer)

    def endorse(self, resolution: Resolution, *keys: SigningKey) -> list[Endorsement]:
        id_ = resolution.id(self.chain.origin)
        made = [Endorsement(key.signer(self.chain.origin), key.sign(id_)) for key in keys or (self.council,)]
        return sorted(made, key=lambda endorsement: keccak(endorsement.signer))

    def enrol(self, *officers: bytes) -> None:
        self.enact(AgencyEnrolment, AGENCY, "Ministry for Primary Industries", "NZ", "https://mpi.example")
        self.enact(MandateGrant, AGENCY, KIND, 0, NO_END)
        for officer in officers:
            self.enact(AttesterAuthorisation, officer, AGENCY)

    def attestation(self, salt: str, **changes: Any) -> Attestation:
        """Something that the agency may say now."""
        members = {
            "agency": AGENCY, "kind": KIND, "outcome": 1, "detail": ZERO, "valid_from": now() - 60,
            "valid_until": NO_END, "root": keccak(b"set"), "size": 3, "salt": keccak(salt.encode()),
        }  # fmt: skip
        return Attestation(**members | changes)

    def attest(self, attestation: Attestation, key: SigningKey, signer: bytes | None = None) -> TransactionReceipt:
        id_ = attestation.id(self.chain.origin)
        call = calls.attest(attestation, signer or key.signer(self.chain.origin), key.sign(id_))
        return self.chain.submit(call, self.relayer)
