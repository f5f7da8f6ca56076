"""Where two readers of the pages once differed, or readers are known to: times, curves, orders, spellings."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ledger.core.checkpoints.note import SignedNote, cosigned_text
from ledger.core.history.entry import Anchored, Enacted, Endorsement, EntryKind
from ledger.core.statements.member_types import NO_END
from ledger.core.statements.resolutions import CouncilChange, MandateGrant
from ledger.testing.world import COUNCIL, PLANT, Witness
from tests.conformance.parts import (
    BAD,
    BROKEN,
    EMU,
    GOOD,
    MEMBER,
    MOA,
    Shipment,
    attest_anyhow,
    attested,
    case,
    edited,
    enact_anyhow,
    everything,
    shipment,
    unruly,
)
from tests.differential.keys import beyond_order, with_neutral_r


def twins() -> None:
    cosignatures()
    orders()
    moments()
    names()


def cosignatures() -> None:
    """Lines of the log and of a witness that some Ed25519 readers take."""
    made = attested()
    note = made.evidence().checkpoint
    text, now = note.checkpoint.text.encode(), made.world.now

    def with_line(name: str, about: str, place: int, blob: bytes, code: int, *failed: str) -> None:
        lines = [*note.signatures]
        lines[place] = (*lines[place][:2], blob)
        changed = str(SignedNote(note.checkpoint, tuple(lines)))
        evidence = edited(lambda value: value.update(checkpoint=changed))
        case(f"{name}_fail" if code else name, about, made, evidence=evidence, exit=code, failed=failed)

    for title, time in [("0", 0), ("beyond_63_bits", 1 << 63), ("of_64_ones", (1 << 64) - 1)]:
        blob = time.to_bytes(8) + EMU.secret.sign(cosigned_text(note.checkpoint, time))
        with_line(f"witness_time_{title}", f"cosigned at the second {time}", 2, blob, BAD, "witnesses")
    signature = note.signatures[0][2]
    with_line(
        "checkpoint_signature_beyond_the_order",
        "S + L in the place of S",
        0,
        beyond_order(signature),
        BAD,
        "checkpoint",
    )
    log = Witness("log")  # its key is made from this name, as a witness's is
    assert log.key.public_key == made.world.log_key.public_key
    neutral = with_neutral_r(log, text)
    with_line("checkpoint_signature_with_neutral_r", "R is the neutral point", 0, neutral, BAD, "checkpoint")
    cosigned = note.signatures[2][2]
    with_line(
        "witness_signature_beyond_the_order", "S + L in the place of S", 2, cosigned[:8] + beyond_order(cosigned[8:]),
        BAD, "witnesses",
    )  # fmt: skip
    neutral = now.to_bytes(8) + with_neutral_r(EMU, cosigned_text(note.checkpoint, now))
    with_line("witness_signature_with_neutral_r", "R is the neutral point", 2, neutral, BAD, "witnesses")


def orders() -> None:
    """Entries and resolutions that go back, periods without length, councils whose threshold is none."""

    def written(name: str, about: str, build: Callable[[Shipment], Any], code: int, *failed: str, **more: Any) -> None:
        made = shipment()
        build(made)
        case(f"{name}_fail" if code else name, about, made, evidence=everything(made), exit=code, failed=failed, **more)

    def back(made: Shipment) -> None:
        attest_anyhow(made, PLANT)
        made.world.now -= 61
        unruly(made, Anchored(b"\x07" * 32, 1))

    def together(made: Shipment) -> None:
        attest_anyhow(made, PLANT)
        made.world.now -= 60
        unruly(made, Anchored(b"\x07" * 32, 1))

    def anchored_late(made: Shipment) -> None:
        place = next(item for item in made.world.entries if item.kind == 9)
        made.world.entries[place.number] = replace(place, time=made.world.now + 10_000)
        unruly(made, Anchored(*made.batch[:2]))

    def withdrawn_late(made: Shipment) -> None:
        made.world.withdraw(made.declared[0])
        last = made.world.entries[-1]
        made.world.entries[-1] = replace(last, time=made.world.now + 10_000)
        unruly(made, last.content)

    written("entries_in_one_second", "two entries of one time, as of one block", together, GOOD)
    written("entry_of_an_earlier_time", "an entry a second before the one before it", back, BAD, "entries")
    written(
        "anchored_again_at_an_earlier_time", "the first anchor is of a later time than the second; the earlier time counts",
        anchored_late, BAD, "entries",
    )  # fmt: skip
    written(
        "withdrawn_again_at_an_earlier_time", "the first withdrawal is still to come, the second has been",
        withdrawn_late, BAD, "entries",
    )  # fmt: skip

    def replayed(made: Shipment) -> None:
        enacted = next(item for item in made.world.entries if item.kind == 1)
        unruly(made, enacted.content)
        attest_anyhow(made, PLANT)

    def numbered(number: int) -> Callable[[Shipment], None]:
        def build(made: Shipment) -> None:
            said = MandateGrant("NZ-MPI", 851, 0, NO_END, number)
            unruly(made, Enacted(said, (Endorsement(COUNCIL.signer, COUNCIL.sign(said.id(made.world.origin))),)))
            attest_anyhow(made, PLANT)

        return build

    shown = shipment()
    last = next(  # of those that are shown: those about the agency, its key and its mandate
        item.content.resolution.number for item in shown.world.entries if item.kind == EntryKind.ATTESTER_AUTHORISED
    )
    written("resolution_replayed", "a resolution of the council, written once more", replayed, BAD, "entries")
    written("resolution_number_twice", "two resolutions of one number", numbered(last), BAD, "entries")
    written("resolution_number_back", "a resolution of a lower number", numbered(last - 1), BAD, "entries")
    written("resolution_number_left_out", "a resolution between two is not shown", numbered(99), GOOD)

    def seated(threshold: int, *hands: Any) -> Callable[[Shipment], None]:
        def build(made: Shipment) -> None:
            enact_anyhow(made, [COUNCIL], CouncilChange, (MEMBER.signer,), threshold)
            enact_anyhow(made, list(hands), MandateGrant, "NZ-MPI", 861, 0, NO_END)
            attest_anyhow(made, PLANT, kind=861)

        return build

    other = "NZ-MPI 861 authority"
    written("council_of_threshold_0", "a council that carries all with nothing", seated(0), BAD, other)
    written(
        "council_of_threshold_0_endorsed",
        "a council of threshold 0, and a member endorsed",
        seated(0, MEMBER),
        BAD,
        other,
    )
    written("council_of_threshold_beyond_it", "a threshold of two for a council of one", seated(2, MEMBER), BAD, other)

    def mandated(begin: int, end: int) -> Callable[[Shipment], None]:
        def build(made: Shipment) -> None:
            now = made.world.now + 60  # of the attestation
            enact_anyhow(made, [COUNCIL], MandateGrant, "NZ-MPI", 861, now + begin, now + end)
            attest_anyhow(made, PLANT, kind=861)

        return build

    written("mandate_of_no_length", "a mandate from a second until the same second", mandated(0, 0), BAD, other)
    written("mandate_that_ends_before_it_begins", "a mandate until before its beginning", mandated(0, -1), BAD, other)


def moments() -> None:
    """Spellings of the time of the verdict, one of which is permitted."""
    made = attested()
    for name, text in [
        ("without_zone", "2026-11-22T10:00:00"),
        ("with_an_offset", "2026-11-22T10:00:00+00:00"),
        ("with_a_negative_zero", "2026-11-22T10:00:00-00:00"),
        ("with_a_fraction", "2026-11-22T10:00:00.0Z"),
        ("with_a_comma", "2026-11-22T10:00:00,5Z"),
        ("with_a_lower_case_z", "2026-11-22T10:00:00z"),
        ("with_a_lower_case_t", "2026-11-22t10:00:00Z"),
        ("with_a_space_for_t", "2026-11-22 10:00:00Z"),
        ("with_a_space_before", " 2026-11-22T10:00:00Z"),
        ("with_a_space_behind", "2026-11-22T10:00:00Z "),
        ("with_a_newline_behind", "2026-11-22T10:00:00Z\n"),
        ("without_seconds", "2026-11-22T10:00Z"),
        ("without_hyphens", "20261122T100000Z"),
        ("of_one_digit", "2026-1-2T1:2:3Z"),
        ("in_other_digits", "202\u0666-11-22T10:00:00Z"),
        ("in_wide_digits", "\uff12026-11-22T10:00:00Z"),
        ("of_a_leap_second", "2016-12-31T23:59:60Z"),
        ("of_hour_24", "2026-11-22T24:00:00Z"),
        ("of_a_day_that_is_not", "2026-02-29T10:00:00Z"),
        ("of_month_13", "2026-13-01T10:00:00Z"),
        ("of_year_0", "0000-01-01T00:00:00Z"),
        ("of_before_1970", "1969-12-31T23:59:59Z"),
        ("of_year_10000", "10000-01-01T00:00:00Z"),
        ("with_a_sign", "+2026-11-22T10:00:00Z"),
        ("of_a_week", "2026-W47-7T10:00:00Z"),
        ("in_seconds", "1790000000"),
        ("as_a_day", "2026-11-22"),
        ("as_now", "now"),
    ]:
        case(f"time_{name}_fail", f"a time spelled {text!r}", made, exit=BROKEN, spelled_at=text)
    case("time_on_a_leap_day", "the 29th of February of a leap year", made, spelled_at="2028-02-29T23:59:59Z")
    case("time_of_the_last_second", "the last second of the year 9999", made, spelled_at="9999-12-31T23:59:59Z")


def names() -> None:
    """Lines of the checkpoint by somebody unknown: nobody looks at what was signed, but the line has its form."""
    made = attested()
    note = str(made.evidence().checkpoint)
    blob = base64.b64encode(MOA.key.id + bytes(72)).decode()

    def with_line(title: str, about: str, line: str, code: int) -> None:
        evidence = edited(lambda value: value.update(checkpoint=f"{note}\u2014 {line}\n"))
        name = f"checkpoint_line_{title}" + ("_fail" if code else "")
        case(name, about, made, evidence=evidence, exit=code)

    for title, name, code in [
        ("name_of_letters_and_signs", "gr\u00f6\u00dfe/\U0001f95d=-_.:", GOOD),
        ("name_of_200", "x" * 200, GOOD),
        ("name_of_201", "x" * 201, BROKEN),
        ("name_with_a_no_break_space", "a\u00a0b", BROKEN),
        ("name_with_a_next_line", "a\u0085b", BROKEN),
        ("name_with_a_line_separator", "a\u2028b", BROKEN),
        ("name_with_an_ideographic_space", "a\u3000b", BROKEN),
        ("name_with_a_zero_width_space", "a\u200bb", GOOD),
        ("name_with_a_delete", "a\x7fb", GOOD),
        ("name_with_a_separator_below_space", "a\x1cb", BROKEN),
    ]:
        with_line(title, "a name of somebody unknown", f"{name} {blob}", code)
    short = base64.b64encode(bytes(5)).decode()
    with_line("of_five_bytes", "a key id and one byte", f"moa.example {short}", GOOD)
    with_line(
        "of_four_bytes", "a key id, and no signature", f"moa.example {base64.b64encode(bytes(4)).decode()}", BROKEN
    )
    with_line("with_stray_bits", "base64 whose last letter has bits too many", f"moa.example {short[:-2]}B=", BROKEN)
    with_line("in_base64url", "the other alphabet of base64", f"moa.example {'_' * 8}", BROKEN)
    with_line("without_padding", "base64 without its padding", f"moa.example {short.rstrip('=')}", BROKEN)
