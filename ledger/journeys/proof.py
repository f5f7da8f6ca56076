"""Prove to third parties: exports of evidence that other programs verify, signed where their format asks for it."""

from __future__ import annotations

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.evidence.evidence import Evidence
from ledger.core.proofs import scitt
from ledger.core.proofs.receipt_key import NamedReceiptKey, ReceiptKey
from ledger.core.statements.signature import Algorithm
from ledger.edges.keys.keystore import SigningKey
from ledger.errors import Malformed
from ledger.journeys.checkpoint import note_key


def transparent_statement(
    evidence: Evidence, log_key: SigningKey, receipt_key: SigningKey, issuer: SigningKey | None = None
) -> bytes:
    """Evidence as a SCITT Transparent Statement: the receipt signed by ``receipt_key``, which the log key names.

    What was made is verified before it is returned.

    :param issuer: signs the statement; the log itself, with its receipt key, unless given.
    :raises Malformed: a key is not P-256, or the evidence shows an entry that cannot be read.
    :raises VerificationFailed: the evidence does not hold, or another log key signed its checkpoint.
    """
    issuer = issuer or receipt_key
    for key in (receipt_key, issuer):
        if key.algorithm is not Algorithm.P256:
            raise Malformed(f"receipts and statements need p256; this key is {key.algorithm.value}", "key")
    named = name_receipt_key(evidence, log_key, receipt_key)
    receipt = scitt.receipt_to_sign(evidence, named)
    statement = scitt.statement_to_sign(evidence, issuer.public_key)
    made = scitt.transparent_statement(
        evidence, statement, issuer.sign(statement.digest), receipt, receipt_key.sign(receipt.digest)
    )
    trust = TrustRoot.of(evidence.origin, note_key(evidence.origin, log_key))
    scitt.TransparentStatement.parse(made).verify(trust)
    return made


def name_receipt_key(evidence: Evidence, log_key: SigningKey, receipt_key: SigningKey) -> NamedReceiptKey:
    """The receipt key with the log key's signature, which says that it is the log's."""
    key = ReceiptKey(evidence.origin, receipt_key.public_key)
    return NamedReceiptKey(key, note_key(evidence.origin, log_key).id, log_key.sign_note(key.text.encode()))
