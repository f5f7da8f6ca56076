"""The store is lost: what chain and holders' evidence show is there again, and the rest is named."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ledger.core.checkpoints.note import SignedNote, signed
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.inclusion import set_of
from ledger.core.evidence.pdf import embed
from ledger.core.evidence.reading import evidence_from_value, read_evidence
from ledger.core.history.subjects import subject_key
from ledger.core.statements.signature import Algorithm
from ledger.core.tree.merkle import leaf_hash, node_hash
from ledger.core.verification.facts import Shown
from ledger.core.verification.verdict import AgencyWord, Conclusion
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import Store
from ledger.errors import HistoryBroken, VerificationFailed
from ledger.journeys.checkpoint import note_key
from ledger.journeys.evidence import evidence_of
from ledger.journeys.rebuild import Gap, rebuild
from ledger.journeys.verify import VerificationRequest, verify_offline
from ledger.testing.local_ledger import LocalLedger
from ledger.testing.world import ORIGIN, Witness
from tests import houses
from tests.bad_checkpoints import BAD_SIGNATURE, DEFECTS, NOT_SIGNED, TOO_FEW, WRONG_ORIGIN, spoiled, words_of
from tests.journeys.exits import killed_after
from tests.journeys.rebuilding import Anew, FilledHouse, altered, anew, everything, fill, now, standing


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledHouse]:
    with houses.house(tmp_path_factory.mktemp("lost")) as house:
        yield fill(house)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'anew.sqlite'}"


@pytest.fixture
def fresh(filled: FilledHouse, url: str) -> Iterator[Anew]:
    with anew(filled.house, url) as made:
        yield made


def gap(filled: FilledHouse, number: int, known: int) -> Gap:
    batch = filled.batches[number]
    root, size, entry, _ = filled.seen[batch[0]]["batch"]
    return Gap(root, size, entry, known)


def test_with_all_evidence_all_is_as_before(filled: FilledHouse, fresh: Anew) -> None:
    done = fresh.rebuild(*filled.files(filled.anchored), trust=filled.trust)
    assert (done.refused, done.missing, done.missing_members) == ((), (), ())
    assert (done.restored, done.batches, done.sets, done.pending) == (9, 3, 4, 0)
    assert done.size == filled.house.follower.refresh().size
    for id_ in filled.anchored:
        assert standing(fresh.store, fresh.follower, id_) == filled.seen[id_]
        assert fresh.evidence(id_).to_bytes() == filled.evidence[id_]
    assert fresh.store.sets.members(*set_of(filled.attested)) == list(filled.attested)
    assert list(fresh.store.inclusions.each()) == []
    assert [batch.state for batch in fresh.store.batches.each()] == ["final"] * 3
    audited = fresh.audit()
    assert audited.report.good, audited.report.to_json()


def test_when_it_was_received_is_when_it_was_anchored(filled: FilledHouse, fresh: Anew) -> None:
    fresh.rebuild(*filled.files(filled.anchored), trust=filled.trust)
    for id_ in filled.anchored:
        row = fresh.store.declarations.get(id_)
        assert row is not None
        assert row.received_at == filled.seen[id_]["batch"][3]


def test_what_waited_is_not_there_and_can_be_declared_again(filled: FilledHouse, fresh: Anew) -> None:
    fresh.rebuild(*filled.files(filled.anchored), trust=filled.trust)
    assert [fresh.store.declarations.get(id_) for id_ in filled.pending] == [None, None]
    kept = filled.house.store.declarations.get(filled.pending[0])
    assert kept is not None
    again = fresh.store.declarations.add([(kept.declaration, kept.signature)], filled.house.chain.origin, now())
    assert again == [(filled.pending[0], True)]


def test_with_some_evidence_the_rest_is_named(filled: FilledHouse, fresh: Anew) -> None:
    """Two of five, none of three, the one of one; two members of a set of four."""
    some = [filled.batches[0][1], filled.batches[0][2], filled.batches[2][0]]
    done = fresh.rebuild(*filled.files(some), trust=filled.trust)
    assert (done.restored, done.refused) == (3, ())
    assert done.missing == (gap(filled, 0, 2), gap(filled, 1, 0))
    name = set_of(filled.attested)
    assert [(item.root, item.size, item.known) for item in done.missing_members if item.size > 1] == [(*name, 2)]
    assert [(item.root, item.known) for item in done.missing_members if item.size == 1] == [
        (leaf_hash(filled.batches[0][0]), 0)
    ]
    for id_ in some:
        assert standing(fresh.store, fresh.follower, id_) == filled.seen[id_]
        assert fresh.evidence(id_).to_bytes() == filled.evidence[id_]
    for id_ in set(filled.anchored) - set(some):
        assert fresh.store.declarations.get(id_) is None
    audited = fresh.audit()
    assert audited.report.good
    words = {finding.name: finding.words for finding in audited.report.findings}
    assert "of 1 not all declarations are known" in words["store batches"]
    assert words["store inclusions"].startswith("4 inclusions")


def test_without_evidence_the_entries_are_there_and_every_batch_is_named(filled: FilledHouse, fresh: Anew) -> None:
    done = fresh.rebuild(trust=None)
    assert done.missing == tuple(gap(filled, number, 0) for number in range(3))
    assert (done.size, list(fresh.store.batches.each())) == (filled.house.follower.refresh().size, [])
    assert fresh.audit().report.good


def test_the_same_again_changes_nothing(filled: FilledHouse, fresh: Anew) -> None:
    some = filled.files(filled.anchored[:4])
    first = fresh.rebuild(*some, trust=filled.trust)
    before = everything(fresh.store)
    second = fresh.rebuild(*some, *some, trust=filled.trust)
    assert everything(fresh.store) == before
    assert (first.restored, first.checkpoints, second.restored, second.checkpoints, second.known) == (4, 1, 0, 0, 8)
    assert second.missing == first.missing


def test_more_evidence_completes_it(filled: FilledHouse, fresh: Anew) -> None:
    for id_ in filled.anchored:
        assert fresh.rebuild(*filled.files([id_]), trust=filled.trust).restored == 1
    assert list(fresh.store.inclusions.each()) == []
    assert {id_: fresh.evidence(id_).to_bytes() for id_ in filled.anchored} == filled.evidence


def test_restored_evidence_is_good_offline(filled: FilledHouse, fresh: Anew) -> None:
    id_ = filled.batches[1][1]
    fresh.rebuild(*filled.files([id_]), trust=filled.trust)
    question = VerificationRequest.read(fresh.evidence(id_).to_bytes(), None, filled.trust.to_bytes())
    verdict = verify_offline(question, now())
    assert (verdict.conclusion, verdict.attested_by) == (
        Conclusion.GOOD,
        (AgencyWord("NZ-CUSTOMS", "Agency NZ-CUSTOMS", "NZ", 132, 1),),
    )


def test_a_batch_known_in_part_survives_a_reorganisation(filled: FilledHouse, fresh: Anew) -> None:
    """Its entry goes and comes back; nothing is sent in vain, and what is known of it still stands."""
    id_ = filled.batches[0][3]
    fresh.rebuild(*filled.files([id_]), trust=filled.trust)
    fresh.store.entries.truncate(filled.seen[id_]["batch"][2])
    row = fresh.store.declarations.get(id_)
    assert row is not None
    assert row.state == "sent"
    size = fresh.follower.refresh().size
    assert fresh.anchorer().run(100, now()) == []
    assert fresh.follower.refresh().size == size
    assert standing(fresh.store, fresh.follower, id_)["batch"] == filled.seen[id_]["batch"]


def test_members_that_an_agency_brings_complete_a_batch(filled: FilledHouse, fresh: Anew) -> None:
    """An agency that attests the whole batch names its members: then evidence needs no kept inclusion any more."""
    id_, other = filled.batches[0][3], filled.batches[0][0]
    fresh.rebuild(*filled.files([id_]), trust=filled.trust)
    fresh.store.sets.save(*set_of(filled.batches[0]), filled.batches[0])
    done = fresh.rebuild(trust=filled.trust)
    assert gap(filled, 0, 1) not in done.missing
    assert list(fresh.store.inclusions.each()) == []
    assert fresh.evidence(id_).to_bytes() == filled.evidence[id_]
    assert fresh.rebuild(*filled.files([other]), trust=filled.trust).restored == 1
    assert fresh.evidence(other).inclusions[0] == read_evidence(filled.evidence[other]).inclusions[0]


# ------------------------------------------------------------------------------------------------------------ refused


def swapped_note(**changes: Any) -> Callable[[dict[str, Any]], None]:
    """A checkpoint signed by a stranger under the log's name."""
    stranger = SigningKey(Algorithm.ED25519, b"\x07" * 32)

    def change(value: dict[str, Any]) -> None:
        checkpoint = replace(SignedNote.parse(value["checkpoint"]).checkpoint, **changes)
        note = signed(checkpoint, note_key(checkpoint.origin, stranger), stranger.sign_note(checkpoint.text.encode()))
        value["checkpoint"] = str(note)

    return change


def of_another_batch(filled: FilledHouse) -> Callable[[dict[str, Any]], None]:
    other = json.loads(filled.evidence[filled.batches[1][0]])
    return lambda value: value.update(inclusions=other["inclusions"])


def never_anchored(filled: FilledHouse) -> Callable[[dict[str, Any]], None]:
    """A batch of one that leads to its root, and that nobody anchored."""

    def change(value: dict[str, Any]) -> None:
        id_ = filled.batches[0][0]
        value["inclusions"] = [{"index": 0, "proof": [], "root": hex_text(leaf_hash(id_)), "size": 1}]

    return change


FORGERIES: dict[str, tuple[Callable[[FilledHouse], bytes], str]] = {
    "no evidence": (lambda filled: b"{}\n", "not of the format"),
    "nothing": (lambda filled: b"", "the text ends where a value is expected"),
    "another signature": (
        lambda filled: altered(
            filled.evidence[filled.batches[0][0]],
            lambda value: value.update(signature=json.loads(filled.evidence[filled.batches[0][1]])["signature"]),
        ),
        "declaration: ",
    ),
    "another digest": (
        lambda filled: altered(
            filled.evidence[filled.batches[0][0]],
            lambda value: value["declaration"].update(digest=hex_text(bytes(31) + b"\x01")),
        ),
        "batch: ",
    ),
    "another index": (
        lambda filled: altered(
            filled.evidence[filled.batches[0][0]], lambda value: value["inclusions"][0].update(index=1)
        ),
        "batch: ",
    ),
    "the inclusions of another": (
        lambda filled: altered(filled.evidence[filled.batches[0][0]], of_another_batch(filled)),
        "batch: ",
    ),
    "a set it is not in": (
        lambda filled: altered(
            filled.evidence[filled.batches[0][3]],
            lambda value: value["inclusions"].append(
                json.loads(filled.evidence[filled.batches[0][0]])["inclusions"][1]
            ),
        ),
        "sets: ",
    ),
    "a batch that was never anchored": (
        lambda filled: altered(filled.evidence[filled.batches[0][0]], never_anchored(filled)),
        "complete: that nothing is left out is not proven",
    ),
    "a stranger's checkpoint": (
        lambda filled: altered(filled.evidence[filled.batches[0][0]], swapped_note()),
        "checkpoint: the checkpoint is not signed by",
    ),
    "another root": (
        lambda filled: altered(filled.evidence[filled.batches[0][0]], swapped_note(root=bytes(32))),
        "checkpoint: |checkpoint on chain: ",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_evidence_is_refused_by_name_and_changes_nothing(filled: FilledHouse, fresh: Anew, name: str) -> None:
    forge, words = FORGERIES[name]
    fresh.rebuild(*filled.files([filled.batches[2][0]]), trust=filled.trust)
    before = everything(fresh.store)
    good = filled.files([filled.batches[1][2]])
    done = fresh.rebuild((f"{name}.json", forge(filled)), trust=filled.trust)
    ((file, why),) = done.refused
    assert file == f"{name}.json"
    assert any(word in why for word in words.split("|")), why
    assert everything(fresh.store) == before
    done = fresh.rebuild(("first.json", forge(filled)), *good, ("last.json", forge(filled)), trust=filled.trust)
    assert ([file for file, _ in done.refused], done.restored) == (["first.json", "last.json"], 1)


def test_every_changed_byte_is_refused(filled: FilledHouse, fresh: Anew) -> None:
    """At places all over the file; most are no evidence any more, and those that are do not hold."""
    data = filled.evidence[filled.batches[0][0]]
    fresh.rebuild(trust=filled.trust)
    before = everything(fresh.store)
    spoiled = [data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :] for place in range(3, len(data) - 1, 97)]
    done = fresh.rebuild(*((str(number), item) for number, item in enumerate(spoiled)), trust=filled.trust)
    assert len(done.refused) == len(spoiled) > 50
    assert everything(fresh.store) == before


def test_a_place_that_is_attested_by_nobody_is_not_kept(filled: FilledHouse, fresh: Anew) -> None:
    """A true inclusion in a set of the holder's own making does not fill the store: nothing proves its subject."""
    id_ = filled.batches[0][3]
    pair = node_hash(leaf_hash(id_), bytes(32))
    made = altered(
        filled.evidence[id_],
        lambda value: value["inclusions"].append(
            {"index": 0, "proof": [hex_text(bytes(32))], "root": hex_text(pair), "size": 2}
        ),
    )
    done = fresh.rebuild(("mine.json", made), trust=filled.trust)
    ((file, why),) = done.refused
    assert (file, why.partition(":")[0]) == ("mine.json", "complete")
    assert list(fresh.store.inclusions.each()) == []


def test_evidence_of_another_history_is_refused(filled: FilledHouse, fresh: Anew, tmp_path: Path) -> None:
    other = LocalLedger(tmp_path / "other", filled.house.port)
    other.__dict__["devchain"] = filled.house.devchain
    other.deploy()
    (declared,) = houses.anchored(other)
    id_ = declared.id(other.chain.origin)
    foreign = evidence_of(id_, other.store, other.follower, other.log_key, now()).to_bytes()
    before = everything(fresh.store)
    done = fresh.rebuild(("foreign.json", foreign), trust=filled.trust)
    ((file, why),) = done.refused
    assert (file, str(other.chain.origin) in why) == ("foreign.json", True)
    assert everything(fresh.store) == before
    other.store.close()


def test_a_store_of_another_history_is_not_touched(filled: FilledHouse, url: str) -> None:
    Store.open(url, ORIGIN).close()
    with pytest.raises(HistoryBroken, match="of another history"), anew(filled.house, url):
        pass


# -------------------------------------------------------------------------------------------- trust, and what else


def test_without_trust_the_chain_alone_vouches_and_no_checkpoint_is_kept(filled: FilledHouse, fresh: Anew) -> None:
    done = fresh.rebuild(*filled.files(filled.anchored), trust=None)
    assert (done.restored, done.checkpoints, list(fresh.store.checkpoints.each())) == (9, 0, [])
    for id_ in filled.anchored:
        assert standing(fresh.store, fresh.follower, id_) == filled.seen[id_]


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_checkpoint_that_the_trust_root_refuses(filled: FilledHouse, fresh: Anew, defect: str) -> None:
    """Cosignatures alone are not demanded: the chain has the entries."""
    witness, id_ = Witness("witness.example"), filled.batches[0][0]
    trust = replace(filled.trust, witnesses=(witness.key,), threshold=1)
    log = filled.house.log_key

    def spoil(value: dict[str, Any]) -> None:
        checkpoint = SignedNote.parse(value["checkpoint"]).checkpoint
        value["checkpoint"] = str(spoiled(defect, checkpoint, trust.log_key, log.sign_note, witness, now()))

    before = everything(fresh.store)
    done = fresh.rebuild(("mine.json", altered(filled.evidence[id_], spoil)), trust=trust)
    if defect == TOO_FEW:
        assert (done.refused, done.restored, done.checkpoints) == ((), 1, 1)
        return
    ((_, why),) = done.refused
    of_the_verdict = {
        WRONG_ORIGIN: "the checkpoint is of another history",
        BAD_SIGNATURE: "the checkpoint is not signed by",
        NOT_SIGNED: "the checkpoint is not signed by",
    }
    words = of_the_verdict.get(defect) or words_of(defect, witness)
    assert re.search(words, why), why
    assert everything(fresh.store) == before


def test_a_witness_that_is_demanded_elsewhere_is_not_demanded_here(filled: FilledHouse, fresh: Anew) -> None:
    """The chain itself is asked. But a line under a known witness's name must fit."""
    witness = Witness("witness.example")
    trust = TrustRoot.of(filled.trust.origin, filled.trust.log_key, (witness.key,), 1)
    good, bad = filled.batches[0][0], filled.batches[0][1]

    def cosign(value: dict[str, Any]) -> None:
        note = SignedNote.parse(value["checkpoint"])
        value["checkpoint"] = str(witness.cosign(note, now())) + "\u2014 nobody.example AAAAAAAA\n"

    def spoil(value: dict[str, Any]) -> None:
        cosign(value)
        note = SignedNote.parse(value["checkpoint"])
        lines = [(name, id_, made[:-1] + bytes([made[-1] ^ 1])) if name == "witness.example" else (name, id_, made)
                 for name, id_, made in note.signatures]  # fmt: skip
        value["checkpoint"] = str(replace(note, signatures=tuple(lines)))

    done = fresh.rebuild(
        ("spoiled.json", altered(filled.evidence[bad], spoil)),
        ("plain.json", filled.evidence[good]),
        ("cosigned.json", altered(filled.evidence[bad], cosign)),
        trust=trust,
    )
    assert ([file for file, _ in done.refused], done.restored, done.checkpoints) == (["spoiled.json"], 2, 1)
    (note,) = fresh.store.checkpoints.each()
    assert [name for name, _, _ in note.signatures] == [trust.log_key.name, "witness.example"]


def test_a_checkpoint_with_another_index_is_not_stored(filled: FilledHouse, fresh: Anew) -> None:
    """By that index its evidence is whole. The declaration is anchored; the checkpoint is refused, and said to be."""
    good, bad = (batch[0] for batch in filled.batches[:2])
    log, origin = filled.house.log_key, filled.house.chain.origin
    forged: list[bytes] = []

    def change(value: dict[str, Any]) -> None:
        evidence = evidence_from_value(value)
        keys, hashes = sorted(map(subject_key, Shown.of(evidence, None).subjects())), evidence.index.hashes
        for at in range(len(hashes)):  # one that is no key of a neighbour
            proof = replace(evidence.index, hashes=(*hashes[:at], bytes(31) + b"\x01", *hashes[at + 1 :]))
            with suppress(VerificationFailed):
                forged.append(proof.root(keys))
                break
        value["index"] = proof.to_json()
        checkpoint = replace(SignedNote.parse(value["checkpoint"]).checkpoint, index=forged[-1])
        key = note_key(origin, log)
        value["checkpoint"] = str(signed(checkpoint, key, log.sign_note(checkpoint.text.encode())))

    done = fresh.rebuild(("forged.json", altered(filled.evidence[bad], change)), trust=filled.trust)
    ((name, why),) = done.refused
    assert (name, done.restored, done.checkpoints) == ("forged.json", 1, 0)
    true = SignedNote.parse(json.loads(filled.evidence[bad])["checkpoint"]).checkpoint.index
    assert why == f"its checkpoint has the index 0x{forged[-1].hex()}, and these entries 0x{true.hex()}"
    assert list(fresh.store.checkpoints.each()) == []
    done = fresh.rebuild(("true.json", filled.evidence[good]), trust=filled.trust)
    assert (done.refused, done.checkpoints) == ((), 1)
    done = fresh.rebuild(("forged.json", altered(filled.evidence[good], change)), trust=filled.trust)
    assert "another checkpoint of size" in done.refused[0][1]


def test_evidence_in_a_pdf(filled: FilledHouse, fresh: Anew) -> None:
    id_ = filled.batches[0][0]
    plain = Path("samples/avocado/inspection-certificate.pdf").read_bytes()
    carrier = embed(plain, filled.evidence[id_])
    assert fresh.rebuild(("certificate.pdf", carrier), trust=filled.trust).restored == 1


def test_an_interrupted_rebuild_goes_on(filled: FilledHouse, url: str) -> None:
    """Killed by the system after so many pieces, again and again; each run keeps what the last one did."""
    files, node = filled.files(filled.anchored), filled.house.devchain.url

    def work(progress: Any) -> None:
        with anew(filled.house, url, node) as made:
            rebuild(made.store, made.follower, files, filled.trust, now(), progress)

    for kept in (1, 4, 7):
        assert killed_after(kept, "evidence", work)
        with anew(filled.house, url) as made:
            assert len(list(made.store.declarations.each())) == kept + 1
    with anew(filled.house, url) as made:
        done = made.rebuild(*files, trust=filled.trust)
        assert (done.restored, done.known, done.missing) == (1, 8, ())
        assert {id_: made.evidence(id_).to_bytes() for id_ in filled.anchored} == filled.evidence
        assert list(made.store.inclusions.each()) == []


def test_a_damaged_inclusion_is_found(filled: FilledHouse, fresh: Anew) -> None:
    """By an audit, and by whoever asks for evidence."""
    id_ = filled.batches[0][0]
    fresh.rebuild(*filled.files([id_]), trust=filled.trust)
    with fresh.store.database.engine.begin() as connection:
        connection.execute(text("UPDATE places SET path = :path"), {"path": bytes(96)})
    with pytest.raises(HistoryBroken, match="do not lead to its root"):
        fresh.evidence(id_)
    assert {finding.name for finding in fresh.audit().report.findings if finding.status.value == "INVALID"} == {
        "store inclusions"
    }
    with fresh.store.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM places"))
    with pytest.raises(HistoryBroken, match="some members are missing"):
        fresh.evidence(id_)
    assert "store batches" in {item.name for item in fresh.audit().report.findings if item.status.value == "INVALID"}
