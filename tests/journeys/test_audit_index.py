"""An audit and the index of subjects: a log that signs the right root and leaves an entry out of the index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import EntryKind
from ledger.core.history.subjects import attestation_subject, describe
from ledger.core.verification.verdict import Status
from ledger.edges.store import Store
from ledger.journeys.audit.audit import Audited, Scope, audit
from ledger.journeys.checkpoint import publish_checkpoint
from ledger.journeys.follow import Follower
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.journeys.auditing import by_name, checkpoint, hiding, trust_of, with_notes


@pytest.fixture(scope="module")
def revoked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalLedger, bytes]]:
    """A house with an attestation that was revoked, and its id."""
    with houses.house(tmp_path_factory.mktemp("audit-index")) as house:
        (declaration,) = houses.anchored(house)
        id_ = houses.attest(house, [declaration.id(house.chain.origin)])
        houses.revoke(house, id_)
        houses.anchored(house)
        yield house, id_


def audited(house: LocalLedger, store: Store) -> Audited:
    return audit(house.chain, Scope(store=store, trust=trust_of(house)))


def test_the_signed_index_is_that_of_the_entries(revoked: tuple[LocalLedger, bytes], tmp_path: Path) -> None:
    house, _ = revoked
    store = Store.open(f"sqlite:///{tmp_path / 'honest.sqlite'}", house.chain.origin)
    follower = Follower(house.chain, store)
    history = follower.refresh()
    note = publish_checkpoint(follower, store, house.log_key, 1_790_000_000)
    made = audited(house, store)
    assert made.report.good
    assert made.report.index == hex_text(follower.index.root(history, history.size))
    assert note is not None
    assert note.checkpoint.index == follower.index.root(history, history.size)
    store.close()


def test_an_entry_that_the_index_leaves_out_is_named(
    revoked: tuple[LocalLedger, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With both sides: both roots, the subject, and its entries as they are and as the log says."""
    house, id_ = revoked
    store = hiding(house, f"sqlite:///{tmp_path / 'lying.sqlite'}", monkeypatch, EntryKind.REVOKED)
    made = audited(house, store)
    assert not made.report.good
    finding = by_name(made)["store checkpoints"]
    assert finding.status is Status.INVALID
    assert describe(attestation_subject(id_)) in finding.words
    attested, end = (
        next(entry.entry.number for entry in store.entries.read() if entry.entry.kind is kind)
        for kind in (EntryKind.ATTESTED, EntryKind.REVOKED)
    )
    signed = store.checkpoints.newest()
    assert signed is not None
    true = house.follower.index.root(house.follower.refresh(), signed.checkpoint.size)
    assert finding.expected == f"{hex_text(true)} with entries {attested}, {end}"
    assert finding.found == f"{hex_text(signed.checkpoint.index)} with entry {attested}"
    assert finding.number == end
    store.close()


def test_a_subject_that_the_log_invented_is_named_by_its_key(
    revoked: tuple[LocalLedger, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, _ = revoked
    store = hiding(house, f"sqlite:///{tmp_path / 'other.sqlite'}", monkeypatch, EntryKind.ATTESTER_AUTHORISED)
    finding = by_name(audited(house, store))["store checkpoints"]
    assert "the first subject that differs is attester 0x" in finding.words
    assert finding.found.endswith("with no entry")
    store.index_pages.cut(0)
    finding = by_name(audited(house, store))["store checkpoints"]
    assert finding.status is Status.INVALID
    assert finding.words.count("has another index of subjects than these entries") == 1
    assert "subject that differs" not in finding.words, "without the pages nobody can say which"
    store.close()


def test_given_checkpoints_that_differ_in_the_index_alone(revoked: tuple[LocalLedger, bytes]) -> None:
    house, _ = revoked
    true = checkpoint(house, 6)
    other = checkpoint(house, 6, index=bytes(32))
    made = with_notes(house, other)
    finding = by_name(made)["checkpoint file 0"]
    assert finding.status is Status.INVALID
    assert (finding.expected, finding.found) == (hex_text(true.checkpoint.index), hex_text(bytes(32)))
    finding = by_name(with_notes(house, true, other))["checkpoints agree"]
    assert finding.status is Status.INVALID
    assert "about the index of the same entries" in finding.words
    assert finding.expected == f"{hex_text(true.checkpoint.index)} (file 0)"
    assert replace(true, signatures=()).checkpoint.root == other.checkpoint.root
