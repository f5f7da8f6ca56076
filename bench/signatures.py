"""Measure typed statements (EIP-712): sign one, and recover its signer. Peer: the EAS SDK, which signs with ethers."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from bench.rows import Bar, Row, RowSpec
from bench.runner import Bench, Measurement
from bench.sample_data import AGENCY, KIND, START
from ledger.core.encoding.ids import Root
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.signature import Algorithm, verify_signature
from ledger.edges.keys.keystore import SigningKey
from ledger.testing.world import ORIGIN, Key

SCRIPT = "eas"
PACKAGE = "@ethereum-attestation-service/eas-sdk"
_PEER = "EAS SDK"
_TEN = Bar(">=", 10)
_OFFICER = Key("officer")


def attestation() -> Attestation:
    """Make a statement from its members. The EAS SDK makes its own each time too."""
    return Attestation(AGENCY, KIND, 1, ZERO, START, NO_END, _ROOT, 1, _SALT)


_ROOT, _SALT = Root(sha256(b"root").digest()), sha256(b"salt").digest()
_SAME = {
    "schema": "0x" + sha256(b"schema").hexdigest(), "refUID": "0x" + _ROOT.hex(), "data": "0x" + _SALT.hex() * 5,
    "key": "0x" + _OFFICER.secret.hex(), "nonce": 7,
    "contract": "0x" + ORIGIN.contract.hex(), "chain": ORIGIN.chain_id, "version": "1.4.0",
}  # fmt: skip


def signing(bench: Bench) -> Iterator[Row]:
    key, eas = SigningKey(Algorithm.SECP256K1, _OFFICER.secret), bench.peer(SCRIPT)
    eas.load("sign", **_SAME)
    spec = RowSpec("sign", "sign a typed attestation", "1/s", _PEER, _TEN)
    yield bench.rates(spec, lambda: key.sign(attestation().id(ORIGIN)), eas.timed("sign"))


def recovering(bench: Bench) -> Iterator[Row]:
    eas, signer, signature = bench.peer(SCRIPT), _OFFICER.signer, _OFFICER.sign(attestation().id(ORIGIN))
    eas.load("recover", **_SAME)

    def ours() -> None:
        verify_signature(ORIGIN, signer, attestation().id(ORIGIN), signature)

    spec = RowSpec("recover", "recover who signed a typed attestation, and compare", "1/s", _PEER, _TEN)
    yield bench.rates(spec, ours, eas.timed("recover"))


MEASUREMENTS = [Measurement(("sign",), 9, signing), Measurement(("recover",), 9, recovering)]
