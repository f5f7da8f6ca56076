"""All positive documents of the shared set, if it is there: wrap, declare, one batch, attest, evidence, verify."""

from __future__ import annotations

import csv
import secrets
import time
from pathlib import Path

import pytest

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.document import Wrapped, open_document
from ledger.core.verification.verdict import Conclusion
from ledger.edges.store import Store
from ledger.journeys.anchor import Anchorer
from ledger.journeys.checkpoint import note_key
from ledger.journeys.declare import Declared, DocumentFile, Rejected, StoreIntake, declare_files
from ledger.journeys.evidence import evidence_of
from ledger.journeys.follow import Follower
from ledger.journeys.verify import VerificationRequest, verify_offline
from ledger.testing.local_ledger import LocalLedger
from tests import houses

DOCUMENTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "documents"
pytestmark = pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the shared documents (../shared/data) are not here")


def sources(expect: str) -> list[DocumentFile]:
    with (DOCUMENTS / "INDEX.csv").open(newline="") as index:
        return [
            DocumentFile(DOCUMENTS / row["file"], row["file"], 929)
            for row in csv.DictReader(index)
            if row["expect"] == expect
        ]


def test_every_positive_document_ends_in_a_good_verdict(house: LocalLedger, tmp_path: Path) -> None:
    wanted = sources("positive")
    origin, at = house.chain.origin, int(time.time())
    store = Store.open(f"sqlite:///{tmp_path / 'corpus.sqlite'}", origin)
    follower = Follower(house.chain, store)
    anchorer = Anchorer(house.chain, store, follower, house.key("relayer"), house.log_key, house.app.chain_limits)
    done = list(
        declare_files(
            wanted, tmp_path, house.key("trader"), StoreIntake(store, origin, at), lambda: secrets.token_bytes(32)
        )
    )
    assert [item for item in done if isinstance(item, Rejected)] == []
    (report,) = anchorer.run(len(wanted), at)
    assert report.batch.size == len(wanted) == 531
    ids = store.batches.declaration_ids(report.batch.id)
    houses.attest(house, ids, houses.CUSTOMS)
    trust = TrustRoot.of(origin, note_key(origin, house.log_key)).to_bytes()
    tried = 0
    for item in done:
        assert isinstance(item, Declared)
        evidence = evidence_of(item.id, store, follower, house.log_key, at).to_bytes()
        document = item.wrapped.read_bytes()
        verdict = verify_offline(VerificationRequest.read(evidence, document, trust), int(time.time()))
        assert verdict.conclusion is Conclusion.GOOD, (item.source.name, verdict)
        assert len(verdict.attested_by) == 1
        changed = _changed(document)
        if changed is not None:
            tried += 1
            verdict = verify_offline(VerificationRequest.read(evidence, changed, trust), int(time.time()))
            assert verdict.conclusion is Conclusion.NOT_GOOD, item.source.name
    assert tried > 500


def _changed(document: bytes) -> bytes | None:
    """The wrapped file with one letter of one value changed; None where the document's own bytes show no such place."""
    opened = open_document(document)
    assert isinstance(opened, Wrapped)
    for field in opened.fields:
        for before, after in ((b">", b"<"), (b'"', b'"')):
            # A comment may repeat a value between angle brackets; so only a place that stands once will do.
            if field.value.isalnum() and document.count(spelled := before + field.value + after) == 1:
                other = b"Z" if field.value[:1] != b"Z" else b"Y"
                return document.replace(spelled, before + other + field.value[1:] + after)
    return None


def test_malformed_documents_are_refused_with_line_and_column(house: LocalLedger, tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'negative.sqlite'}", house.chain.origin)
    done = declare_files(
        sources("negative"), tmp_path, house.key("trader"), StoreIntake(store, house.chain.origin, 1), lambda: bytes(32)
    )
    rejected = [item for item in done if isinstance(item, Rejected)]
    assert [item.source.name for item in rejected] == ["dcsa/eblsurrender-api-v3.0.0-request.json"]
    assert "line 11, column 16" in str(rejected[0].error)
