"""Which key of the log counts at which size, and the operator's file of earlier keys."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.core.checkpoints.log_keys import LogKey, LogKeyEnded, read_earlier_log_keys
from ledger.core.checkpoints.note import NoteKey, SignedNote, signed
from ledger.core.checkpoints.tlog_policy import tlog_policy
from ledger.errors import Malformed, VerificationFailed
from ledger.testing.world import Witness, World

WORLD = World()
OLD = WORLD.log_key
LATER = Witness("later-log-key")
NEW = NoteKey(OLD.name, LATER.key.public_key)
NOTE = WORLD.checkpoint()
SIZE = NOTE.checkpoint.size
BY_NEW = signed(NOTE.checkpoint, NEW, LATER.secret.sign(NOTE.checkpoint.text.encode()))
WRONG = signed(NOTE.checkpoint, NEW, bytes(64))


@pytest.mark.parametrize(
    ("up_to", "note", "by"),
    [
        (SIZE, NOTE, OLD),
        (SIZE, BY_NEW, NEW),
        (SIZE, NOTE.with_signatures(BY_NEW), OLD),
        (SIZE - 1, BY_NEW, NEW),
        (SIZE - 1, NOTE.with_signatures(BY_NEW), NEW),
        (SIZE + 100, NOTE, OLD),
        (SIZE + 100, BY_NEW, NEW),
    ],
)
def test_the_first_key_that_counts_and_signed(up_to: int, note: SignedNote, by: NoteKey) -> None:
    trust = replace(WORLD.trust, log_keys=(LogKey(OLD, up_to), LogKey(NEW)))
    assert trust.verify_log(note) == by


@pytest.mark.parametrize("beside", [None, BY_NEW])
def test_a_key_that_does_not_count_at_this_size(beside: SignedNote | None) -> None:
    """Another key's line does not help it, and the other key must be trusted."""
    note = NOTE if beside is None else NOTE.with_signatures(beside)
    trust = replace(WORLD.trust, log_keys=(LogKey(OLD, SIZE - 1),))
    with pytest.raises(LogKeyEnded, match=f"of {SIZE} entries is signed with the log key .* counts up to {SIZE - 1}"):
        trust.verify(note)


@pytest.mark.parametrize("up_to", [SIZE - 1, SIZE])
def test_a_line_of_a_key_that_counts_must_fit(up_to: int) -> None:
    trust = replace(WORLD.trust, log_keys=(LogKey(OLD, up_to), LogKey(NEW)))
    with pytest.raises(VerificationFailed, match="does not fit"):
        trust.verify(NOTE.with_signatures(WRONG))


def test_a_line_that_does_not_fit_does_not_make_a_key_that_ended() -> None:
    trust = replace(WORLD.trust, log_keys=(LogKey(NEW, 0), LogKey(OLD)))
    with pytest.raises(VerificationFailed, match=f"not signed by .* with the key {OLD.id.hex()}$"):
        trust.verify(WRONG)
    with pytest.raises(VerificationFailed, match="with the key of this size: none counts"):
        replace(trust, log_keys=(LogKey(NEW, 0),)).verify(NOTE)


def test_the_file_of_earlier_keys() -> None:
    text = f"# until the move\n{OLD} 12\n\n  {NEW}\t30 \n"
    assert read_earlier_log_keys(text) == (LogKey(OLD, 12), LogKey(NEW, 30))
    assert read_earlier_log_keys("") == ()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (str(OLD), "line 2: must be a verifier key and the size"),
        (f"{OLD} 12 13", "line 2: must be a verifier key and the size"),
        (f"{OLD} -1", "line 2: must be a verifier key and the size"),
        (f"{OLD} \u0661", "line 2: must be a verifier key and the size"),
        (f"{OLD} 9007199254740992", "line 2: must be a whole number from 0 to 2^53 - 1"),
        (f"{str(OLD)[:-1]} 12", "line 2: is not base64"),
    ],
)
def test_a_defect_in_the_file_of_earlier_keys(line: str, words: str) -> None:
    with pytest.raises(Malformed) as caught:
        read_earlier_log_keys(f"\n{line}\n")
    assert words in str(caught.value)
    with pytest.raises(Malformed, match="at most 65536 characters"):
        read_earlier_log_keys("#" * 65_537)


def test_a_tlog_policy_names_the_key_that_counts_at_any_size() -> None:
    trust = replace(WORLD.trust, log_keys=(LogKey(OLD, 9), LogKey(NEW)))
    assert tlog_policy(trust) == f"log {NEW}\nquorum none\n"
    with pytest.raises(Malformed, match="cannot say up to which"):
        tlog_policy(replace(trust, log_keys=(LogKey(OLD, 9),)))
