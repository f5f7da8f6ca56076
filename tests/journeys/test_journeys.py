"""The stories on a real chain: anchor once whatever happens, attest, revoke, withdraw, evidence, verdict, audit."""

from __future__ import annotations

import base64
import logging
import secrets
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import signed
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.resolutions import AttesterAuthorisation, AttesterRetirement
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.withdrawal import Withdrawal
from ledger.core.tree.index_page import Bucket
from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from ledger.core.verification import verify as judging
from ledger.core.verification.context import Verification
from ledger.core.verification.verdict import Conclusion
from ledger.core.verification.verify import check_declaration
from ledger.edges.chain import calls
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import Store
from ledger.errors import (
    AgencyMismatch,
    AttesterNotActive,
    MandateMissing,
    NotAnchoredYet,
    SignatureMismatch,
    Source,
    Unavailable,
    UnknownDeclaration,
)
from ledger.journeys.anchor import Anchorer
from ledger.journeys.attest import relay_attestation
from ledger.journeys.audit.audit import Scope, audit
from ledger.journeys.checkpoint import note_key, publish_checkpoint
from ledger.journeys.evidence import evidence_of
from ledger.journeys.follow import Follower
from ledger.journeys.verify import VerificationRequest, verify_offline, verify_online
from ledger.journeys.withdraw import relay_withdrawal
from ledger.testing.local_ledger import LocalLedger
from tests import houses


def now() -> int:
    return int(time.time())


def question(house: LocalLedger, declaration: Declaration) -> VerificationRequest:
    id_ = declaration.id(house.chain.origin)
    made = evidence_of(id_, house.store, house.follower, house.log_key, now())
    trust = TrustRoot.of(house.chain.origin, note_key(house.chain.origin, house.log_key))
    return VerificationRequest.read(made.to_bytes(), trust=trust.to_bytes())


def outcomes(house: LocalLedger, declaration: Declaration) -> tuple[Conclusion, Conclusion]:
    """Offline and online."""
    held = question(house, declaration)
    online = verify_online(held, now(), lambda: house.follower)
    return verify_offline(held, now()).conclusion, online.conclusion


def test_one_batch_for_all_and_the_verdict_is_good(house: LocalLedger) -> None:
    first, second, third = houses.anchored(house, 3)
    ids = [item.id(house.chain.origin) for item in (first, second, third)]
    rows = [house.store.declarations.get(id_) for id_ in ids]
    assert {row.batch_id for row in rows if row} == {rows[0].batch_id}  # type: ignore[union-attr]
    houses.attest(house, house.store.batches.declaration_ids(rows[0].batch_id), houses.CUSTOMS)  # type: ignore[union-attr, arg-type]
    houses.attest(house, [ids[1]])
    assert outcomes(house, second) == (Conclusion.GOOD, Conclusion.GOOD)
    verdict = verify_online(question(house, second), now(), lambda: house.follower)
    assert len(verdict.attested_by) == 2
    assert len(verify_offline(question(house, first), now()).attested_by) == 1


def test_nobody_waits_for_a_verdict(house: LocalLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a verdict with fresh facts is reached, the history is read and moves on."""
    (first,) = houses.anchored(house)
    held, sizes = question(house, first), []

    def meanwhile(declaration: Verification) -> None:
        houses.anchored(house)
        sizes.append((declaration.facts.as_of.entry, house.follower.refresh().size - 1))
        check_declaration(declaration)

    def slow(declaration: Verification) -> None:
        with ThreadPoolExecutor(1) as others:
            others.submit(meanwhile, declaration).result(timeout=30)

    monkeypatch.setattr(judging, "check_declaration", slow)
    assert verify_online(held, now(), lambda: house.follower).conclusion is Conclusion.GOOD
    ((judged, present),) = sizes
    assert present > judged


def test_online_the_index_is_compared_while_it_is_kept(house: LocalLedger) -> None:
    """It is made for nobody who asks: neither where the store has none, nor for an older size."""
    (declared,) = houses.anchored(house)
    held = question(house, declared)

    def found() -> str:
        checks = verify_online(held, now(), lambda: house.follower).checks
        return next(check.code for check in checks if check.name == "checkpoint on chain")

    assert found() == "checkpoint_on_chain.same"
    (kept,) = [kept for kept in house.store.index_pages.kept() if kept.size == held.evidence.checkpoint.checkpoint.size]
    house.store.index_pages.cut(kept.size - 1)
    before = house.store.index_pages.kept()
    assert found() == "checkpoint_on_chain.same_root"
    assert house.store.index_pages.kept() == before
    house.store.index_pages.write(before[-1].size if before else 0, kept.of, [("", Bucket(()))])
    assert found() == "checkpoint_on_chain.another_index"
    house.store.index_pages.cut(kept.size - 1)


def test_revoked_set_member_and_withdrawn(house: LocalLedger) -> None:
    first, second = houses.anchored(house, 2)
    ids = [item.id(house.chain.origin) for item in (first, second)]
    attestation = houses.attest(house, ids)
    houses.revoke(house, attestation, member=ids[0])
    assert outcomes(house, first) == (Conclusion.NOT_GOOD, Conclusion.NOT_GOOD)
    assert outcomes(house, second) == (Conclusion.GOOD, Conclusion.GOOD)
    trader = house.key("trader")
    withdrawal = Withdrawal(ids[1], 5, ids[0])
    signature = trader.sign(withdrawal.id(house.chain.origin))
    done = relay_withdrawal(house.relay, second, withdrawal, signature)
    assert relay_withdrawal(house.relay, second, withdrawal, signature).number == done.number
    assert outcomes(house, second) == (Conclusion.NOT_GOOD, Conclusion.NOT_GOOD)


def test_repeats_are_no_error_and_make_no_entry(house: LocalLedger) -> None:
    (declared,) = houses.anchored(house)
    id_ = declared.id(house.chain.origin)
    made, officer = houses.attestation(house, [id_])
    signature = officer.sign(made.id(house.chain.origin))
    first = relay_attestation(house.relay, made, officer.address, signature)
    again = relay_attestation(house.relay, made, officer.address, signature)
    assert (again.number, again.receipt) == (first.number, None)
    revoked = houses.revoke(house, made.id(house.chain.origin))
    assert houses.revoke(house, made.id(house.chain.origin)).number == revoked.number
    size = house.follower.refresh().size
    root = root_of_hashes([leaf_hash(id_)])
    assert house.chain.submit(calls.anchor(root, 1), house.key("relayer")).entries == ()
    assert house.follower.refresh().size == size


def test_two_agencies_attest_the_same_set_in_parallel(house: LocalLedger) -> None:
    declared = houses.anchored(house, 4)
    ids = [item.id(house.chain.origin) for item in declared]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda code: houses.attest(house, ids, code), [houses.MPI, houses.CUSTOMS]))
    assert len(set(done)) == 2
    with house.follower.fresh_history() as history:
        assert [history.standing(id_, ids[2], now())[0].value for id_ in done] == ["in force", "in force"]


def test_the_contract_refuses_by_name(house: LocalLedger) -> None:
    (declared,) = houses.anchored(house)
    id_ = declared.id(house.chain.origin)
    with pytest.raises(MandateMissing):
        houses.attest(house, [id_], houses.MPI, kind=132)
    made, officer = houses.attestation(house, [id_])
    with pytest.raises(SignatureMismatch):
        relay_attestation(house.relay, made, officer.address, houses.declaration(house)[1])
    other, customs = house.key("customs-officer"), replace(made, agency=houses.MPI)
    with pytest.raises(AgencyMismatch):
        relay_attestation(house.relay, customs, other.address, other.sign(customs.id(house.chain.origin)))


def test_an_attester_retired_between_signing_and_relaying(house: LocalLedger) -> None:
    (declared,) = houses.anchored(house)
    made, _ = houses.attestation(house, [declared.id(house.chain.origin)])
    leaver = house.key("leaving-officer")
    houses.enact(house, AttesterAuthorisation, leaver.address, houses.MPI)
    signature = leaver.sign(made.id(house.chain.origin))
    houses.enact(house, AttesterRetirement, leaver.address)
    with pytest.raises(AttesterNotActive):
        relay_attestation(house.relay, made, leaver.address, signature)


def test_anchoring_resumes_at_every_place_it_can_stop(house: LocalLedger) -> None:
    """Formed but not sent; sent but not noted; a second anchorer anchored the same root before."""
    store, relayer = house.store, house.key("relayer")
    for sent_by_somebody in (False, True):
        made = [houses.declaration(house) for _ in range(2)]
        store.declarations.add(made, house.chain.origin, now())
        ids = store.declarations.pending_ids(10)
        batch = store.batches.form(root_of_hashes([leaf_hash(id_) for id_ in ids]), ids, now())
        if sent_by_somebody:
            house.chain.submit(calls.anchor(batch.root, batch.size), relayer)
        size, _, _ = house.chain.head()
        reports = house.anchorer.run(100, now())
        assert [report.batch.root for report in reports] == [batch.root]
        assert (reports[0].receipt is None) is sent_by_somebody
        assert house.follower.refresh().size == size + (0 if sent_by_somebody else 1)
        assert {store.declarations.get(id_).state for id_ in ids} == {"final"}  # type: ignore[union-attr]


@pytest.mark.parametrize("moment", ["before it reads them", "after it read them"])
@pytest.mark.parametrize("count", [2, 3])
def test_another_process_is_faster_with_the_same_declarations(
    count: int, moment: str, house: LocalLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it put into a batch is waited for, what it left is anchored beside it, and no batch is empty."""
    store, asked = house.store, []
    real = store.declarations.pending_ids
    made = [houses.declaration(house) for _ in range(3)]
    store.declarations.add(made, house.chain.origin, now())

    def overtaken(most: int) -> list[bytes]:
        ids = real(most)
        if not asked:
            store.batches.form(root_of_hashes([leaf_hash(id_) for id_ in ids[:count]]), ids[:count], now())
            ids = real(most) if moment == "before it reads them" else ids
        asked.append(ids)
        return ids

    monkeypatch.setattr(store.declarations, "pending_ids", overtaken)
    reports = house.anchorer.run(100, now())
    assert sorted(report.batch.size for report in reports) == ([1, 2] if count == 2 else [3])
    ids = [declared.id(house.chain.origin) for declared, _ in made]
    assert {store.declarations.get(id_).state for id_ in ids} == {"final"}  # type: ignore[union-attr]
    if moment == "after it read them":
        assert [len(some) for some in asked] == ([3, 1] if count == 2 else [3])
    else:
        assert [len(some) for some in asked] == ([1] if count == 2 else [0])


def test_evidence_of_what_is_unknown_or_waits(house: LocalLedger) -> None:
    with pytest.raises(UnknownDeclaration):
        evidence_of(bytes(32), house.store, house.follower, house.log_key, now())
    made, signature = houses.declaration(house)
    house.store.declarations.add([(made, signature)], house.chain.origin, now())
    with pytest.raises(NotAnchoredYet):
        evidence_of(made.id(house.chain.origin), house.store, house.follower, house.log_key, now())
    house.anchorer.publish(now())  # a checkpoint of before
    reader = Anchorer(house.chain, house.store, house.follower, house.key("relayer"), None, house.app.chain_limits)
    reader.run(10, now())
    with pytest.raises(Unavailable, match="newest checkpoint covers"):
        evidence_of(made.id(house.chain.origin), house.store, house.follower, None, now())
    house.anchorer.publish(now())
    assert evidence_of(made.id(house.chain.origin), house.store, house.follower, None, now())


def test_evidence_where_nobody_ever_signed(house: LocalLedger, tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'unsigned.sqlite'}", house.chain.origin)
    follower = Follower(house.chain, store)
    made, signature = houses.declaration(house)
    store.declarations.add([(made, signature)], house.chain.origin, now())
    Anchorer(house.chain, store, follower, house.key("relayer"), None, house.app.chain_limits).run(10, now())
    with pytest.raises(Unavailable, match="log_key"):
        evidence_of(made.id(house.chain.origin), store, follower, None, now())


def test_a_lost_index_is_rebuilt_from_the_chain(house: LocalLedger, tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/other.sqlite", house.chain.origin)
    rebuilt = Follower(house.chain, store).refresh()
    known = house.follower.refresh()
    assert (rebuilt.size, rebuilt.head) == (known.size, known.head)
    assert audit(house.chain, Scope(store=store)).report.good


def test_a_wrong_index_heals_from_the_chain(house: LocalLedger, tmp_path: Path) -> None:
    """Entries changed, lost at the end, or of blocks that a reorganisation dropped: the chain is read again."""
    known = house.follower.refresh()
    for number, change in enumerate(
        [
            "UPDATE entries SET payload = x'00' WHERE number = 4",
            "UPDATE entries SET time = time + 1 WHERE number = 4",
            "DELETE FROM entries WHERE number > 3",
            "UPDATE entries SET block_hash = '0x" + "00" * 32 + "' WHERE number > 3",
        ]
    ):
        copy = tmp_path / f"{number}.sqlite"
        Follower(house.chain, Store.open(f"sqlite:///{copy}", house.chain.origin)).refresh()
        with closing(sqlite3.connect(copy)) as damaged:
            damaged.execute(change)
            damaged.commit()
        store = Store.open(f"sqlite:///{copy}", house.chain.origin)
        assert Follower(house.chain, store).refresh().head == known.head, change
        assert audit(house.chain, Scope(store=store)).report.good, change


def test_a_node_lost_on_the_way_leaves_nothing_behind(house: LocalLedger, tmp_path: Path) -> None:
    class Broken:
        """The chain, but its log ends in the middle of reading."""

        def __getattr__(self, name: str) -> object:
            return getattr(house.chain, name)

        def entries(self, *arguments: int) -> Iterator[object]:
            for number, logged in enumerate(house.chain.entries(*arguments)):
                if number == 3:
                    raise Unavailable("the node went away", source=Source.CHAIN)
                yield logged

    store = Store.open(f"sqlite:///{tmp_path / 'lost.sqlite'}", house.chain.origin)
    follower = Follower(Broken(), store)  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(Unavailable):
            follower.refresh()
    assert Follower(house.chain, store).refresh().head == house.follower.refresh().head


def test_a_secret_is_in_no_file_and_no_word(house: LocalLedger, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = sha256(b"a secret to look for").digest()
    passphrase = house.passphrase_file.read_text().strip()
    house.keystore.import_key("known", Algorithm.SECP256K1, secret.hex().encode(), passphrase)
    key = house.key("known")
    made = Declaration(key.address, secrets.token_bytes(32), 380)
    house.store.declarations.add([(made, key.sign(made.id(house.chain.origin)))], house.chain.origin, now())
    house.anchorer.run(10, now())
    with pytest.raises(SignatureMismatch) as caught:
        house.chain.submit(calls.withdraw(made, Withdrawal(made.id(house.chain.origin), 1), bytes(65)), key)
    places = [path.read_bytes() for path in house.folder.rglob("*") if path.is_file()]
    places += [caplog.text.encode(), repr(key).encode(), str(caught.value).encode()]
    for spelled in (secret, secret.hex().encode(), secret.hex().upper().encode(), base64.b64encode(secret)):
        assert not any(spelled in place for place in places)


def signed_elsewhere(house: LocalLedger, path: Path, size: int, root: bytes, key: SigningKey) -> Store:
    """A store in which a checkpoint is signed, of this history or of another."""
    store = Store.open(f"sqlite:///{path}", house.chain.origin)
    checkpoint = Checkpoint(house.chain.origin, size, root, bytes(32))
    note = signed(checkpoint, note_key(house.chain.origin, key), key.sign_note(checkpoint.text.encode()))
    store.checkpoints.save(note, now())
    return store


@pytest.mark.parametrize("earlier", [0, 1])
def test_what_contradicts_an_earlier_checkpoint_is_never_signed(
    house: LocalLedger, tmp_path: Path, earlier: int
) -> None:
    size = house.follower.refresh().size
    store = signed_elsewhere(house, tmp_path / "s.sqlite", size - earlier, bytes(32), house.log_key)
    for _ in range(2):
        with pytest.raises(Unavailable, match="took back what was signed"):
            publish_checkpoint(house.follower, store, house.log_key, now())
        houses.anchored(house)
        house.follower.refresh()
    assert len(list(store.checkpoints.each())) == 1


def test_a_new_log_key_begins_anew(house: LocalLedger, tmp_path: Path) -> None:
    """The way on after a reorganisation deeper than the confirmations: another key, for which nobody was told lies."""
    size = house.follower.refresh().size
    store = signed_elsewhere(house, tmp_path / "s.sqlite", size - 1, bytes(32), house.key("log-2", Algorithm.ED25519))
    assert publish_checkpoint(house.follower, store, house.log_key, now()) is not None


def test_a_new_log_key_does_not_overwrite_what_the_old_one_signed(house: LocalLedger, tmp_path: Path) -> None:
    """The new history often has as many entries as the old one had: evidence waits for the next, and does not break."""
    size = house.follower.refresh().size
    store = signed_elsewhere(house, tmp_path / "s.sqlite", size, bytes(32), house.key("log-2", Algorithm.ED25519))
    with pytest.raises(Unavailable, match="an earlier key of this log signed another root"):
        publish_checkpoint(house.follower, store, house.log_key, now())
    houses.anchored(house)
    house.follower.refresh()
    note = publish_checkpoint(house.follower, store, house.log_key, now())
    assert note is not None
    assert note.checkpoint.size > size
    assert len(list(store.checkpoints.each())) == 2


def test_a_process_that_lags_signs_nothing_new(house: LocalLedger, tmp_path: Path) -> None:
    history = house.follower.refresh()
    store = signed_elsewhere(house, tmp_path / "s.sqlite", history.size + 7, bytes(32), house.log_key)
    assert publish_checkpoint(house.follower, store, house.log_key, now()) is None
    size = history.size - 1
    index = house.follower.index.root(history, size)
    checkpoint = Checkpoint(history.origin, size, history.log.root(size), index)
    key = note_key(history.origin, house.log_key)
    note = signed(checkpoint, key, house.log_key.sign_note(checkpoint.text.encode()))
    store.checkpoints.save(note, now())
    assert publish_checkpoint(house.follower, store, house.log_key, now()) == note


def test_a_refused_attestation_leaves_no_set_behind(house: LocalLedger) -> None:
    ids = [secrets.token_bytes(32) for _ in range(3)]
    with pytest.raises(MandateMissing):
        houses.attest(house, ids, houses.MPI, kind=132)
    assert house.store.sets.names_of(ids[0]) == []
    houses.attest(house, ids)
    (name,) = house.store.sets.names_of(ids[0])
    assert house.store.sets.members(*name) == ids
