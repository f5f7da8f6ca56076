"""Whatever was changed in the store, and whatever checkpoint does not fit, is found; only a good audit is cosigned."""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.core.checkpoints.note import KeyType, NoteKey, SignedNote
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.statements.signature import Algorithm
from ledger.core.verification.verdict import Status
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import Store
from ledger.errors import Malformed, VerificationFailed
from ledger.journeys.audit.audit import Audited, Scope, audit
from ledger.journeys.audit.checkpoints import NamedCheckpoint
from ledger.journeys.audit.cosigner import Cosigner
from ledger.journeys.checkpoint import note_key
from ledger.testing.local_ledger import LocalLedger
from ledger.testing.world import START, Witness
from tests.bad_checkpoints import DEFECTS, TOO_FEW, WRONG_ORIGIN, spoiled, words_of
from tests.journeys.auditing import (
    by_name,
    checkpoint,
    different,
    fill,
    other,
    trust_of,
    with_notes,
)


@pytest.fixture(scope="module")
def told(house: LocalLedger) -> LocalLedger:
    return fill(house)


# ----------------------------------------------------------------------------------------------------------- the store

SWAP = (
    "UPDATE declarations SET batch_index = 99 WHERE batch_id = 1 AND batch_index = 0;"
    "UPDATE declarations SET batch_index = 0 WHERE batch_id = 1 AND batch_index = 1;"
    "UPDATE declarations SET batch_index = 1 WHERE batch_id = 1 AND batch_index = 99"
)
MOVED = "UPDATE declarations SET batch_id = 2, batch_index = 7 WHERE batch_id = 1 AND batch_index = 0"
COPIED = (
    "INSERT INTO entries SELECT 1000, kind, topic, time, payload, hash, block_number, block_hash, tx_hash, log_index "
    "FROM entries WHERE number = 3"
)
LATEST = "WHERE size = (SELECT max(size) FROM checkpoints)"
STORE_CHANGES = {
    "row changed": ("UPDATE entries SET time = time + 1 WHERE number = 3", "store entries", "entry 3"),
    "row and its hash changed": (
        "UPDATE entries SET kind = 2, hash = x'00' WHERE number = 3",
        "store entries",
        "entry 3",
    ),
    "row of no kind": ("UPDATE entries SET kind = 99 WHERE number = 3", "store entries", "entry 3"),
    "row of another number": ("UPDATE entries SET number = -1 WHERE number = 3", "store entries", "store"),
    "row in another block": ("UPDATE entries SET block_number = 1 WHERE number = 5", "store entries", "entry 5"),
    "row of another transaction": (
        "UPDATE entries SET tx_hash = block_hash WHERE number = 5",
        "store entries",
        "entry 5",
    ),
    "row under another topic": (
        "UPDATE entries SET topic = zeroblob(32) WHERE number = 5",
        "store entries",
        "entry 5",
    ),
    "row deleted": ("DELETE FROM entries WHERE number = 2", "store entries", "lacks an entry"),
    "last rows deleted": ("DELETE FROM entries WHERE number > 3", "store index", "lacks entries"),
    "row added": (COPIED, "store entries", "store"),
    "declaration changed": ("UPDATE declarations SET document_type = 1", "store declarations", "changed"),
    "signature changed": ("UPDATE declarations SET signature = zeroblob(65)", "store declarations", "signature"),
    "batch leaves swapped": (SWAP, "store batches", "batch 1"),
    "batch leaf moved": (MOVED, "store batches", "batch 1"),
    "batch size changed": ("UPDATE batches SET size = 99 WHERE id = 1", "store batches", "batch 1"),
    "batch in another entry": ("UPDATE batches SET entry_number = 1 WHERE id = 1", "store batches", "batch 1"),
    "batch at another time": ("UPDATE batches SET entry_time = 1 WHERE id = 1", "store batches", "batch 1"),
    "checkpoint root changed": ("UPDATE checkpoints SET root = zeroblob(32)", "store checkpoints", "size or root"),
    "checkpoint size changed": ("UPDATE checkpoints SET size = 1 " + LATEST, "store checkpoints", "size or root"),
    "checkpoint note changed": (
        "UPDATE checkpoints SET note = replace(note, '0', '1')",
        "store checkpoints",
        "changed",
    ),
    "checkpoint size raised": ("UPDATE checkpoints SET size = 9999 " + LATEST, "store checkpoints", "size or root"),
    "attested set added": (
        "INSERT INTO attested_sets (id, root, size) VALUES (77, zeroblob(32), 3)",
        "store sets",
        "attested set",
    ),
}


@pytest.mark.parametrize("case", STORE_CHANGES)
def test_a_store_that_was_changed(told: LocalLedger, tmp_path: Path, case: str) -> None:
    change, name, words = STORE_CHANGES[case]
    audited = audit(told.chain, Scope(store=changed(told, tmp_path, change), trust=trust_of(told)))
    found = different(audited)
    assert name in found, found
    assert words in found[name].words
    assert found[name].expected != found[name].found
    assert by_name(audited)["replay"].status is Status.VALID


def changed(house: LocalLedger, folder: Path, change: str) -> Store:
    """A copy of the house's store, changed behind its back."""
    copy = folder / "changed.sqlite"
    with closing(sqlite3.connect(house.folder / "ledger.sqlite")) as source, closing(sqlite3.connect(copy)) as made:
        source.backup(made)
        before = made.total_changes
        made.executescript(change)
        made.commit()
        assert made.total_changes > before, "the case changes nothing"
    return Store.open(f"sqlite:///{copy}", house.chain.origin)


def test_a_stored_checkpoint_of_more_entries_than_there_are(told: LocalLedger, tmp_path: Path) -> None:
    found = different(audit_with_stored(told, tmp_path, checkpoint(told, 10_000)))
    assert "more entries than the chain" in found["store checkpoints"].words
    assert found["store checkpoints"].found == "10000"


def test_a_stored_checkpoint_that_the_log_did_not_sign(told: LocalLedger, tmp_path: Path) -> None:
    note = checkpoint(told, 2)
    (name, id_, _), *_ = note.signatures
    found = different(audit_with_stored(told, tmp_path, replace(note, signatures=((name, id_, bytes(64)),))))
    assert "the stored checkpoint of 2 entries is wrong" in found["store checkpoints"].words


def audit_with_stored(house: LocalLedger, folder: Path, note: SignedNote) -> Audited:
    """Audit a store that has one checkpoint."""
    store = Store.open(f"sqlite:///{folder / 'checkpoint.sqlite'}", house.chain.origin)
    store.checkpoints.save(note, 1)
    return audit(house.chain, Scope(store=store, trust=trust_of(house)))


def test_a_store_that_is_behind_is_no_difference(told: LocalLedger, tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/new.sqlite", told.chain.origin)
    store.entries.append(list(told.chain.entries(0))[:4])
    audited = audit(told.chain, Scope(store=store))
    assert audited.report.good
    assert "first 4 of" in by_name(audited)["store index"].words


# --------------------------------------------------------------------------------------------------------- checkpoints


def test_checkpoints_of_every_size_are_the_histories(told: LocalLedger) -> None:
    audited = with_notes(told, *(checkpoint(told, size) for size in range(1, told.chain.head()[0] + 1)))
    assert audited.report.good, audited.report.findings


def test_a_checkpoint_of_another_history(told: LocalLedger) -> None:
    found = different(with_notes(told, checkpoint(told, 5), checkpoint(told, 6, b"\x01" * 32)))
    assert set(found) == {"checkpoint file 1"}
    assert "another history: other root for 6 entries" in found["checkpoint file 1"].words
    elsewhere = replace(told.chain.origin, chain_id=5)
    found = different(with_notes(told, checkpoint(told, 6, origin=elsewhere)))
    assert found["checkpoint file 0"].found == str(elsewhere)


def test_a_checkpoint_of_more_entries_than_there_are(told: LocalLedger) -> None:
    found = different(with_notes(told, checkpoint(told, 10_000)))
    assert "more entries than the chain" in found["checkpoint file 0"].words


def test_two_checkpoints_that_disagree(told: LocalLedger) -> None:
    """Both are beyond what the chain has, so only their contradiction can show that the log lies."""
    left, right = checkpoint(told, 9_000, b"\x01" * 32), checkpoint(told, 9_000, b"\x02" * 32)
    found = different(with_notes(told, left, right))
    assert "two checkpoints of 9000 entries disagree" in found["checkpoints agree"].words
    assert "file 0" in found["checkpoints agree"].expected
    assert "file 1" in found["checkpoints agree"].found


def test_a_checkpoint_that_disagrees_with_the_stores(told: LocalLedger) -> None:
    size = next(told.store.checkpoints.each()).checkpoint.size
    found = different(with_notes(told, checkpoint(told, size, b"\x01" * 32), store=told.store))
    assert "the store's" in found["checkpoints agree"].found


def test_a_checkpoint_that_the_log_did_not_sign(told: LocalLedger) -> None:
    note = checkpoint(told, 6)
    name, id_, _ = note.signatures[0]
    found = different(with_notes(told, replace(note, signatures=((name, id_, bytes(64)),))))
    assert "does not fit" in found["checkpoint file 0"].words


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_checkpoint_that_the_trust_root_refuses(told: LocalLedger, defect: str) -> None:
    """Cosignatures alone are not demanded: the replay shows that the root is right."""
    witness = Witness("witness.example")
    known = replace(trust_of(told), witnesses=(witness.key,), threshold=1)
    log = told.log_key
    note = spoiled(defect, checkpoint(told, 6).checkpoint, known.log_key, log.sign_note, witness, START)
    audited = audit(told.chain, Scope(checkpoints=[NamedCheckpoint("seen", note)], trust=known))
    if defect == TOO_FEW:
        assert by_name(audited)["checkpoint seen"].words.endswith("and its index is theirs; signed by the log")
        assert audited.report.good
        return
    finding = different(audited)["checkpoint seen"]
    if defect == WRONG_ORIGIN:
        assert (finding.expected, finding.found) == (str(told.chain.origin), str(note.checkpoint.origin))
    else:
        assert re.search(words_of(defect, witness), finding.words), finding.words


def test_an_audited_checkpoint_names_who_cosigned(told: LocalLedger) -> None:
    witness = Witness("witness.example")
    known = replace(trust_of(told), witnesses=(witness.key,), threshold=1)
    note = witness.cosign(checkpoint(told, 6), START)
    audited = audit(told.chain, Scope(checkpoints=[NamedCheckpoint("seen", note)], trust=known))
    assert by_name(audited)["checkpoint seen"].words.endswith("signed by the log, cosigned by witness.example")


# -------------------------------------------------------------------------------------------------------------- cosign


def cosigner(house: LocalLedger, known: TrustRoot) -> tuple[Cosigner, SigningKey]:
    key = house.key("auditor", Algorithm.ED25519)
    return Cosigner.of("auditor.example", key, known), key


def test_success_ends_as_a_witness_signature(told: LocalLedger) -> None:
    made, key = cosigner(told, trust_of(told))
    at = int(time.time())
    note = made.cosign(with_notes(told, checkpoint(told, 4), checkpoint(told, 7)), at)
    verifier = NoteKey("auditor.example", key.public_key, KeyType.WITNESS)
    again = SignedNote.parse(str(note))
    assert again.checkpoint.size == 7
    assert again.cosigned_at(verifier) == at
    again.verify(note_key(told.chain.origin, told.log_key))


def test_a_difference_or_an_error_is_never_cosigned(told: LocalLedger) -> None:
    made, _ = cosigner(told, trust_of(told))
    away = Scope(
        checkpoints=[NamedCheckpoint("seen", checkpoint(told, 4))],
        trust=trust_of(told),
        other_nodes=[other(told, "http://127.0.0.1:1")],
    )
    for audited in (with_notes(told, checkpoint(told, 4), checkpoint(told, 6, b"\x01" * 32)), audit(told.chain, away)):
        assert audited.newest is not None
        with pytest.raises(VerificationFailed, match="nothing is cosigned"):
            made.cosign(audited, 1)


def test_nothing_to_cosign_or_nobody_to_trust_is_malformed(told: LocalLedger) -> None:
    made, key = cosigner(told, trust_of(told))
    with pytest.raises(Malformed, match="no checkpoint was audited"):
        made.cosign(audit(told.chain, Scope(trust=trust_of(told))), 1)
    with pytest.raises(Malformed, match="log's key is not known"):
        Cosigner.of("auditor.example", key, None)
    with pytest.raises(Malformed, match="a key of the log itself"):
        Cosigner.of("auditor.example", told.log_key, trust_of(told))
    with pytest.raises(Malformed):
        Cosigner.of("auditor.example", told.key("council"), trust_of(told))
