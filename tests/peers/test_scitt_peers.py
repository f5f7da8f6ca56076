"""Our Transparent Statements under verifiers that nobody here wrote: PyPI scitt-cose and npm @transmute/cose.

Both are given the receipt key, and take the statement's payload as the receipt's leaf. What a receipt does not sign
they cannot see: for those cases it is shown that they accept, and that ours refuses.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ledger.core.proofs.cose import Sign1
from ledger.core.proofs.receipt_key import ReceiptKey
from ledger.core.proofs.scitt import MAX_STATEMENT_BYTES, TransparentStatement
from ledger.errors import LedgerError
from ledger.journeys.proof import transparent_statement
from ledger.testing.world import ORIGIN
from tests import exports

CASES = exports.statement_cases()
WRONG = [name for name in CASES if name != "good"]
KEY = ReceiptKey(ORIGIN, exports.RECEIPTS.public_key)
ROOT = Path(__file__).parents[2]


def payload(file: bytes) -> bytes:
    """The leaf, as any reader of COSE finds it."""
    found = Sign1.parse(file, MAX_STATEMENT_BYTES, "statement").payload
    assert found is not None
    return found


def ours(name: str) -> bool:
    try:
        TransparentStatement.parse(CASES[name].file).verify(CASES[name].believed)
    except LedgerError:
        return False
    return True


def scitt_cose(file: bytes) -> Any:
    """The receipt's result under scitt-cose; None where it refuses the statement itself."""
    peer = pytest.importorskip("scitt_cose", reason="scitt-cose is not installed: pip install scitt-cose")
    statement = peer.parse_signed_statement(file, public_key_pem=KEY.pem)
    (receipt,) = peer.extract_receipts(file)
    if statement["signature_verified"] is not True:
        return None
    return peer.verify_receipt(receipt, leaf_entry_hex=statement["payload"].hex(), log_public_key_pem=KEY.pem)


@pytest.fixture(scope="module")
def transmute() -> dict[str, dict[str, str]]:
    """What @transmute/cose says of every case, of statement and receipt: "" is yes."""
    if shutil.which("node") is None or not (ROOT / "node_modules/@transmute/cose").is_dir():
        pytest.skip("@transmute/cose is not installed: make setup")
    point = exports.RECEIPTS.public_key
    jwk = {"kty": "EC", "crv": "P-256", "alg": "ES256", "x": _base64url(point[1:33]), "y": _base64url(point[33:])}
    questions = [
        {"statement": exports.text(case.file), "entry": exports.text(payload(case.file)), "key": jwk}
        for case in CASES.values()
    ]
    command = ["node", "tests/peers/receipts.mjs"]
    run = subprocess.run(command, cwd=ROOT, input=json.dumps(questions).encode(), check=True, capture_output=True)
    return dict(zip(CASES, json.loads(run.stdout), strict=True))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_all_accept() -> None:
    found = scitt_cose(CASES["good"].file)
    assert (found.ok, found.tree_size, found.leaf_index) == (True, 6, 4)
    assert found.issuer == str(ORIGIN)
    assert ours("good")


def test_transmute_accepts(transmute: dict[str, dict[str, str]]) -> None:
    assert (transmute["good"]["statement"], transmute["good"]["receipt"]) == ("", "")


@pytest.mark.parametrize("name", WRONG)
def test_scitt_cose_refuses_what_it_can_see(name: str) -> None:
    found = scitt_cose(CASES[name].file)
    assert (found is not None and found.ok) is (name in exports.UNSEEN_IN_A_RECEIPT)
    assert not ours(name)


@pytest.mark.parametrize("name", WRONG)
def test_transmute_refuses_what_it_can_see(transmute: dict[str, dict[str, str]], name: str) -> None:
    accepted = transmute[name]["statement"] == transmute[name]["receipt"] == ""
    assert accepted is (name in exports.UNSEEN_IN_A_RECEIPT)
    assert not ours(name)


def test_every_relabelled_receipt_is_accepted_by_others_and_refused_by_us() -> None:
    for size, index in exports.aliases():
        file = exports.relabelled(exports.statement_of(), size, index)
        found = scitt_cose(file)
        assert (found.ok, found.tree_size, found.leaf_index) == (True, size, index)
        with pytest.raises(LedgerError, match="relabelled"):
            TransparentStatement.parse(file).verify(exports.trust())


def test_transmute_takes_the_statement_itself_for_the_leaf_when_asked_for_both_at_once(
    transmute: dict[str, dict[str, str]],
) -> None:
    """Its ``receipt.verifier`` hashes the statement without unprotected headers: a log of statements, not entries."""
    assert transmute["good"]["asRegistered"] == "Signature verification failed"


def test_a_statement_by_a_party() -> None:
    file = transparent_statement(exports.evidence(4), exports.LOG, exports.RECEIPTS, exports.CARD)
    peer = pytest.importorskip("scitt_cose", reason="scitt-cose is not installed: pip install scitt-cose")
    card = ReceiptKey(ORIGIN, exports.CARD.public_key)
    parsed = peer.parse_signed_statement(file, public_key_pem=card.pem)
    assert parsed["signature_verified"] is True
    assert parsed["issuer"] == "0x" + exports.CARD.signer(ORIGIN).hex()
    assert parsed["subject"] == "0x" + exports.evidence(4).declaration.id(ORIGIN).hex()
    assert peer.parse_signed_statement(file, public_key_pem=KEY.pem)["signature_verified"] is False
