"""Intact? Steps 1 to 9, each test under the number of its step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.core.checkpoints.log_keys import LogKey
from ledger.core.checkpoints.note import signed
from ledger.core.document import Format, Redacted, Wrapped, disclose, wrap
from ledger.core.encoding.ids import IndexRoot
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.reading import read_evidence
from ledger.core.history.entry import EntryKind
from ledger.core.verification.policy import VerificationPolicy
from ledger.core.verification.verdict import Check, Conclusion
from ledger.core.verification.verify import verify
from ledger.testing.world import ORIGIN, Witness, World
from tests.core.verification.samples import WITNESSES, Sample, attested_in, check, code, failing, offline, with_index


def test_step_01_what_the_evidence_discloses_is_the_document(sample: Sample) -> None:
    document = wrap(b'{"goods":"kiwifruit","net":1000}', Format.JSON, bytes(32))
    declared = sample.world.declare(document.digest)
    batch = sample.world.anchor([declared[0]])
    trust, at = sample.world.trust, sample.world.now

    def found(disclosed: Redacted, given: Wrapped | None = None) -> tuple[Check, Check]:
        held = read_evidence(sample.world.evidence(*declared, batch, document=disclosed).to_bytes())
        first, second, *_ = verify(held, clock=at, document=given, trust=trust).checks
        return first, second

    for paths, count, of_the_document in [([], 0, "document.not_given"), (["$.goods"], 1, "document.declared")]:
        first, second = found(disclose(document, paths))
        assert (first.code, first.params) == ("disclosure.declared", {"shown": count, "fields": 2})
        assert second.code == of_the_document
    changed = wrap(b'{"goods":"kiwifruit","net":1001}', Format.JSON, bytes(32))
    _, second = found(disclose(document, []), changed)
    assert (second.code, second.params["paths"], second.params["more"]) == ("document.changed", ["$['net']"], None)
    assert second.detail.endswith("; changed: $['net']")
    first, second = found(disclose(changed, ["$.net"]))
    assert (first.code, second.code) == ("disclosure.another", "document.another")


def test_step_02_another_document(sample: Sample) -> None:
    verdict = sample.verdict(document=wrap(b'{"total":1}', Format.JSON, bytes(32)))
    assert code(verdict, "document") == "document.another"
    assert verdict.conclusion is Conclusion.NOT_GOOD


def test_step_02_a_field_that_was_added_or_removed(sample: Sample) -> None:
    document = wrap(b'{"goods":"kiwifruit","net":1000}', Format.JSON, bytes(32))
    declared = sample.world.declare(document.digest)
    held = sample.world.evidence(*declared, sample.world.anchor([declared[0]]), document=disclose(document, []))
    less = wrap(b'{"goods":"kiwifruit"}', Format.JSON, bytes(32))
    found = verify(held, clock=sample.world.now, document=less, trust=sample.world.trust)
    assert code(found, "document") == "document.fields_differ"


def test_step_02_names_three_of_many_changed_fields(sample: Sample) -> None:
    document = wrap(b'{"a":1,"b":1,"c":1,"d":1,"e":1}', Format.JSON, bytes(32))
    declared = sample.world.declare(document.digest)
    held = sample.world.evidence(*declared, sample.world.anchor([declared[0]]), document=disclose(document, []))
    other = wrap(b'{"a":2,"b":2,"c":2,"d":2,"e":1}', Format.JSON, bytes(32))
    found = check(verify(held, clock=sample.world.now, document=other, trust=sample.world.trust), "document")
    assert (found.code, len(found.params["paths"]), found.params["more"]) == ("document.changed", 3, 1)  # type: ignore[arg-type]
    assert found.detail.endswith(" and 1 more")


def test_step_03_the_batch_is_another(sample: Sample) -> None:
    held = sample.evidence()
    batch = replace(held.inclusions[0], index=held.inclusions[0].index - 1)
    found = offline(sample.world, replace(held, inclusions=(batch,)))
    assert code(found, "batch") == "batch.not_included"
    assert check(found, "batch").params["index"] == batch.index


def test_step_04_every_further_place_must_hold(sample: Sample) -> None:
    alone = replace(sample.evidence().inclusions[0], root=bytes(32), size=1, index=0, proof=())
    held = sample.evidence()
    found = offline(sample.world, replace(held, inclusions=(*held.inclusions, alone)))
    assert failing(found) == ["sets", "complete"]
    assert check(found, "sets").params["root"] == "0x" + bytes(32).hex()
    assert "sets" not in [item.name for item in offline(sample.world, held).checks]


def test_step_05_nothing_is_trusted_without_trust_root_or_chain(sample: Sample) -> None:
    verdict = verify(sample.evidence(), clock=sample.world.now)
    assert verdict.conclusion is Conclusion.UNDECIDED
    assert code(verdict, "origin") == "origin.nothing_trusted"


def test_step_05_a_checkpoint_of_another_origin_by_the_same_key(world: World) -> None:
    held = attested_in(world)
    for origin in (replace(ORIGIN, chain_id=1), replace(ORIGIN, salt=bytes(32))):
        other = replace(held.checkpoint.checkpoint, origin=origin)
        note = signed(other, world.log_key, world.log.sign(other.text.encode()))
        assert failing(offline(world, replace(held, checkpoint=note))) == ["origin"]


def test_step_05_entry_0_of_another_beginning(sample: Sample) -> None:
    """The log may sign it: who names the origin names entry 0."""
    held = sample.evidence()
    first, *others = held.entries
    later = replace(first, entry=replace(first.entry, time=first.entry.time + 1))
    verdict = offline(sample.world, replace(held, entries=(later, *others)))
    assert code(verdict, "origin") == "origin.another_beginning"
    assert check(verdict, "origin").params["found"] == hex_text(later.entry.hash)
    assert code(verdict, "entries") == "entries.not_included", "nothing of it is looked at any further"
    without = verify(replace(held, entries=(later, *others)), clock=sample.world.now)
    assert code(without, "origin") == "origin.another_beginning", "also where nothing is trusted"
    hidden = offline(sample.world, replace(held, entries=tuple(others)))
    assert code(hidden, "origin") == "origin.trusted"
    assert code(hidden, "NZ-MPI 851 authority") == "authority.no_first_council"


def test_step_06_another_log_key_or_origin_is_refused(sample: Sample) -> None:
    another_key = replace(sample.world.log_key, public_key=Witness("another.example").key.public_key)
    stranger = replace(sample.world.trust, log_keys=(LogKey(another_key),))
    assert code(sample.verdict(trust=stranger), "checkpoint") == "checkpoint.not_signed"
    origin = replace(sample.world.trust.origin, chain_id=1)
    log_key = replace(sample.world.log_key, name=str(origin))
    elsewhere = replace(sample.world.trust, origin=origin, log_keys=(LogKey(log_key),))
    assert code(sample.verdict(trust=elsewhere), "origin") == "origin.another_trusted"


def test_step_06_a_chain_behind_or_beside_the_checkpoint_is_told(sample: Sample) -> None:
    behind = World()
    assert code(sample.verdict(online=True), "checkpoint on chain") == "checkpoint_on_chain.same_root"
    found = check(sample.verdict(history=behind.history), "checkpoint on chain")
    assert (found.code, found.params["found"], found.step) == ("checkpoint_on_chain.longer", 1, 6)
    beside = World()
    while beside.history.size < sample.world.history.size:
        beside.anchor([beside.declare(bytes([beside.history.size]) * 32)[0]])
    assert code(sample.verdict(history=beside.history), "checkpoint on chain") == "checkpoint_on_chain.another"


def test_step_06_the_index_is_compared_where_the_chains_is_known(sample: Sample) -> None:
    signed = sample.evidence().checkpoint.checkpoint.index
    verdict = sample.verdict(history=with_index(sample, signed))
    assert (code(verdict, "checkpoint on chain"), verdict.conclusion) == ("checkpoint_on_chain.same", Conclusion.GOOD)
    verdict = sample.verdict(history=with_index(sample, IndexRoot(bytes(32))))
    found = check(verdict, "checkpoint on chain")
    assert (found.code, verdict.conclusion) == ("checkpoint_on_chain.another_index", Conclusion.NOT_GOOD)
    assert (found.params["found"], found.params["signed"]) == (hex_text(bytes(32)), hex_text(signed))


@pytest.mark.parametrize("threshold", [1, 2, 3])
@pytest.mark.parametrize("cosigned", [0, 1, 2, 3])
def test_step_07_as_many_witnesses_as_the_threshold_must_have_cosigned(
    sample: Sample, cosigned: int, threshold: int
) -> None:
    verdict = sample.cosigned(cosigned, threshold)
    enough = cosigned >= threshold
    assert code(verdict, "witnesses") == ("witnesses.enough" if enough else "witnesses.too_few")
    assert (verdict.conclusion is Conclusion.GOOD) == enough


def test_step_07_a_policy_raises_the_threshold_and_cannot_lower_it(sample: Sample) -> None:
    assert sample.cosigned(1, 1, VerificationPolicy(witnesses=2)).conclusion is Conclusion.NOT_GOOD
    assert sample.cosigned(1, 2, VerificationPolicy(witnesses=0)).conclusion is Conclusion.NOT_GOOD
    assert sample.cosigned(2, 0, VerificationPolicy(witnesses=2)).conclusion is Conclusion.GOOD
    assert code(sample.verdict(policy=VerificationPolicy(witnesses=1)), "witnesses") == "witnesses.too_few"
    assert "witnesses" not in [item.name for item in sample.cosigned(3, 0).checks]


def test_step_07_a_cosignature_that_does_not_fit_refuses_the_note(sample: Sample) -> None:
    held = sample.evidence()
    note = WITNESSES[1].cosign(WITNESSES[0].cosign(held.checkpoint, sample.world.now), sample.world.now)
    name, id_, blob = note.signatures[-1]
    forged = replace(note, signatures=(*note.signatures[:-1], (name, id_, blob[:-1] + bytes([blob[-1] ^ 1]))))
    trust = replace(sample.world.trust, witnesses=tuple(item.key for item in WITNESSES), threshold=1)
    found = check(verify(replace(held, checkpoint=forged), clock=sample.world.now, trust=trust), "witnesses")
    assert found.code == "witnesses.wrong_line"
    assert "emu.example" in found.detail


def test_step_08_an_entry_that_is_not_in_the_checkpoint(world: World) -> None:
    held = attested_in(world)
    last = held.entries[-1]
    later = replace(last, entry=replace(last.entry, time=last.entry.time + 1))
    found = offline(world, replace(held, entries=(*held.entries[:-1], later)))
    assert failing(found) == ["entries"]
    assert check(found, "entries").params == {"numbers": [last.entry.number], "more": None}


def test_step_09_before_it_was_anchored(world: World) -> None:
    held = attested_in(world)
    anchored = next(item.entry.time for item in held.entries if item.entry.kind is EntryKind.ANCHORED)
    assert code(offline(world, held, at=anchored - 1), "anchor") == "anchor.later"
    assert code(offline(world, held, at=anchored), "anchor") == "anchor.anchored"
    rest = tuple(item for item in held.entries if item.entry.kind is not EntryKind.ANCHORED)
    assert code(offline(world, replace(held, entries=rest)), "anchor") == "anchor.none"
