"""What an agency has not attested yet: found exactly, whatever was attested, revoked, withdrawn or learned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.core.evidence.inclusion import BatchTree, set_of
from ledger.core.evidence.renewal import Renewal
from ledger.core.history.attested import AttestedAs, attested_as
from ledger.core.history.history import History
from ledger.core.statements.resolutions import AttesterCompromise
from ledger.edges.store import Store
from ledger.errors import AgencyUnknown, Malformed, MandateMissing
from ledger.journeys.inbox import Wanted, advance, inbox_of
from ledger.journeys.members import learn_members, members_of
from ledger.testing import postgres
from ledger.testing.world import PLANT, Key, World
from tests.inboxes import CUSTOMS_CODE, MPI, Market


@pytest.fixture(params=["sqlite", "postgresql"])
def market(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Market]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    else:
        made: postgres.Server = request.getfixturevalue("postgres_server")
        url = made.database()
    world = World()
    store = Store.open(url, world.origin)
    yield Market(store, world)
    store.close()


def test_what_is_anchored_and_not_attested_oldest_first(market: Market) -> None:
    first, second = market.anchored(3), market.anchored(2)
    market.declare(1)  # waits for its batch
    assert market.inbox() == first + second
    market.attest(first[:2])
    market.attest([second[0]])
    assert market.inbox() == [first[2], second[1]]
    assert market.inbox(CUSTOMS_CODE) == first + second, "what another agency has to do"


def test_a_whole_batch_is_attested(market: Market) -> None:
    done, left = market.anchored(3), market.anchored(1)
    market.attest(done, saved=False)
    assert market.inbox() == left


def test_what_was_attested_before_it_was_anchored(market: Market) -> None:
    ids = market.declare(3)
    market.attest(ids[:1])
    market.attest(ids[1:])
    market.make_marks()
    market.anchor(ids)
    assert market.inbox() == []


def test_kinds_are_told_apart(market: Market) -> None:
    ids = market.anchored(3)
    market.attest(ids[:2], kind=851)
    market.attest(ids[1:], kind=856)
    assert market.inbox() == []
    assert (market.inbox(kind=851), market.inbox(kind=856)) == ([ids[2]], [ids[0]])
    with pytest.raises(MandateMissing):
        market.inbox(kind=132)
    with pytest.raises(AgencyUnknown):
        market.inbox("NZ-NOBODY")


def test_what_is_revoked_comes_back(market: Market) -> None:
    ids = market.anchored(3)
    together, again = market.attest(ids), market.attest(ids[2:])
    assert market.inbox() == []
    market.revoke(together, ids[1])
    assert market.inbox() == [ids[1]]
    market.revoke(together)
    assert market.inbox() == ids[:2], "the last one has another attestation"
    market.revoke(again)
    assert market.inbox() == ids


def test_what_is_withdrawn_goes(market: Market) -> None:
    ids = market.anchored(2)
    market.withdraw(ids[0])
    assert market.inbox() == ids[1:]
    assert market.all(Wanted(not_attested_by=MPI)) == ids, "a list shows it all the same"


def test_what_a_compromised_attester_said_comes_back(market: Market) -> None:
    ids = market.anchored(2)
    market.attest(ids[:1])
    since = market.world.now
    market.attest(ids[1:])
    assert market.inbox() == []
    market.world.enact(AttesterCompromise, PLANT.signer, since)
    market.keep()
    assert market.inbox() == ids[1:]


def test_lists_by_who_attested(market: Market) -> None:
    invoices, lists = market.anchored(3, at=1_000), market.anchored(3, document_type=271, at=2_000)
    market.attest([invoices[0], lists[0]])
    market.attest([invoices[0], lists[1]], CUSTOMS_CODE)
    assert market.all(Wanted(attested_by=MPI)) == [invoices[0], lists[0]]
    assert market.all(Wanted(attested_by=MPI, not_attested_by=CUSTOMS_CODE)) == [lists[0]]
    assert market.all(Wanted(attested_by=MPI, kind=856)) == []
    assert market.all(Wanted(not_attested_by=MPI, document_type=271)) == lists[1:]
    assert market.all(Wanted(not_attested_by=MPI, document_type=705)) == []
    assert market.all(Wanted(not_attested_by=MPI, since=2_000)) == lists[1:]
    assert market.all(Wanted(not_attested_by=MPI, until=2_000)) == invoices[1:]
    assert market.all(Wanted(not_attested_by=MPI, since=2_001)) == []


def test_lists_of_one_party(market: Market) -> None:
    other = Key("another trader")
    mine, others = market.declare(3), market.declare(2, party=other)
    market.anchor(mine + others)
    market.attest([mine[0], others[0]])
    assert market.all(Wanted(not_attested_by=MPI, party=other.signer), 1) == [others[1]]
    assert sorted(market.all(Wanted(not_attested_by=MPI, party=Key("trader").signer), 1)) == sorted(mine[1:])


def test_lists_of_one_party_need_no_marks(market: Market) -> None:
    mine = market.declare(3)
    market.anchor([*mine, *market.declare(2, party=Key("another trader"))])
    market.attest(mine[:1])
    party = Key("trader").signer
    assert market.store.inbox.made().entries == 0, "no officer has asked yet"
    assert [one.id for one in market.page(Wanted(attested_by=MPI, party=party)).found] == mine[:1]
    assert sorted(one.id for one in market.page(Wanted(not_attested_by=MPI, party=party)).found) == sorted(mine[1:])


def test_a_page_says_what_others_said(market: Market) -> None:
    ids = market.anchored(1)
    market.attest(ids, CUSTOMS_CODE)
    market.make_marks()
    (found,) = market.page(inbox_of(MPI, market.world.history, market.world.now)).found
    (said,) = found.attestations
    assert (said.attested.attestation.agency, said.standing.value) == (CUSTOMS_CODE, "in force")


@pytest.mark.parametrize("cursor", ["", "AAAA", "x" * 11, "-" * 54, "ÿ" * 11, "_" * 11])
def test_a_cursor_of_another_list(market: Market, cursor: str) -> None:
    with pytest.raises(Malformed, match="cursor"):
        market.page(Wanted(not_attested_by=MPI), cursor)


# ----------------------------------------------------------------------------------------------- sets that come later


def test_a_set_of_one_that_was_attested_elsewhere_is_found_by_its_hash(market: Market) -> None:
    ids = market.anchored(2)
    market.make_marks()
    attestation = market.attest(ids[:1], saved=False)
    assert market.inbox() == ids[1:]
    assert market.all(Wanted(attested_by=MPI)) == ids[:1]
    page = members_of(attestation, market.store, market.world.history)
    assert ([one.id for one in page.members], page.size, page.next_index) == (ids[:1], 1, None)


def test_members_that_are_published_later(market: Market) -> None:
    ids = market.anchored(4)
    market.attest(ids[:3], saved=False)
    assert market.inbox() == ids, "nobody here knows who is in the set"
    root, size = set_of(ids[:3])
    market.store.sets.save(root, size, ids[:3])
    assert market.inbox() == ids[3:]
    assert market.all(Wanted(attested_by=MPI)) == ids[:3]


def test_evidence_teaches_who_is_in_a_set(market: Market) -> None:
    ids = market.anchored(4)
    attestation = market.attest(ids[:3], saved=False)
    assert market.inbox() == ids
    tree = BatchTree(ids[:3])
    for place, id_ in enumerate(ids[:3]):
        held = Renewal(market.world.origin, market.declared[id_], b"", (tree.inclusion(id_),))
        assert learn_members(held, market.store, market.world.history) == 1
        assert learn_members(held, market.store, market.world.history) == 0, "it is known now"
        assert market.inbox() == ids[place + 1 :]
        assert market.all(Wanted(attested_by=MPI)) == ids[: place + 1]
    assert market.store.sets.members(*tree.name) == ids[:3], "the set is complete"
    page = members_of(attestation, market.store, market.world.history)
    assert ([one.id for one in page.members], page.size) == (ids[:3], 3)


def test_evidence_of_a_set_that_nobody_attested_teaches_nothing(market: Market) -> None:
    ids = market.anchored(2)
    held = Renewal(market.world.origin, market.declared[ids[0]], b"", (BatchTree(ids[::-1]).inclusion(ids[0]),))
    assert learn_members(held, market.store, market.world.history) == 0
    market.attest(ids[::-1], saved=False)
    strangers = replace(market.declared[ids[0]], document_type=1)
    held = Renewal(market.world.origin, strangers, b"", (BatchTree(ids[::-1]).inclusion(ids[0]),))
    assert learn_members(held, market.store, market.world.history) == 0, "it is not declared here"


# ------------------------------------------------------------------------------------------------------- how it is made


def test_the_marks_are_made_in_steps(market: Market) -> None:
    ids = market.anchored(20)
    market.attest(ids[:13])
    market.revoke(market.attest(ids[5:]), ids[7])
    assert market.make_marks(most=3) > 5
    assert market.inbox() == [id_ for id_ in ids if id_ in ids[13:] and id_ == ids[7]]
    assert market.all(Wanted(attested_by=MPI)) == ids


def test_large_sets_are_looked_at_in_parts(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.journeys.inbox._STEP", 2)
    ids = market.anchored(7)
    market.attest(ids[1:], saved=True)
    market.attest(ids[:1], CUSTOMS_CODE)
    assert market.make_marks(most=2) > 5
    assert market.inbox() == ids[:1]
    assert market.all(Wanted(attested_by=MPI)) == ids[1:]
    assert market.inbox(CUSTOMS_CODE) == ids[1:]


def test_marks_of_another_history_are_made_again(market: Market) -> None:
    """A reorganisation took entries back, and others came in their place."""
    ids = market.anchored(3)
    size = market.world.history.size
    fork = World()
    fork.entries, fork.history = [], History(fork.origin)
    for entry in market.world.entries:
        fork.history.apply(entry)
        fork.entries.append(entry)
    fork.now = market.world.now
    market.attest(ids[:1])
    market.withdraw(ids[1])
    assert market.inbox() == ids[2:]
    market.store.entries.truncate(size)
    market.world = fork
    market.attest(ids[2:])
    market.attest(ids[2:], CUSTOMS_CODE)
    assert market.inbox() == ids[:2]


def test_another_process_is_ahead(market: Market) -> None:
    ids = market.anchored(2)
    behind = market.world.history.size
    market.attest(ids[:1])
    market.make_marks()
    made = market.store.inbox.made()
    assert made.entries > behind
    old = History(market.world.origin)
    for entry in market.world.entries[:behind]:
        old.apply(entry)
    assert advance(market.store, old, behind)
    assert market.store.inbox.made() == made


def test_who_has_attested_by_how_many_entries(market: Market) -> None:
    (id_,) = market.anchored(1)
    before = market.world.history.size
    made = market.attest([id_])
    attested = market.world.history.size
    market.revoke(made)
    sets = [set_of([id_])]
    said = [attested_as(market.world.history, sets, id_, size) for size in (before, attested, None)]
    assert said == [frozenset(), {AttestedAs(MPI, 851)}, frozenset()]
