"""What agencies said about a document, in words."""

from __future__ import annotations

from typing import NamedTuple

from api.portal.facts import Facts
from api.portal.phrases import Phrases, Said
from api.portal.words import Words
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.member_types import NO_END
from ledger.journeys.status import AttestationStatus


class Answer(NamedTuple):
    """What one attestation says, and whether that holds now.

    ``agency``: its name and code. ``time``: when it was entered; ``until``: empty if it has no end; both in words.
    """

    id: str
    agency: str
    code: str
    kind: int
    what: str
    outcome: str
    said: Said
    time: str
    begins: str
    until: str
    entry: int


def answer_of(status: AttestationStatus, facts: Facts, words: Words) -> Answer:
    """An attestation in words, with the standing that its status has."""
    said, phrases = status.attested.attestation, Phrases(words)
    return Answer(
        hex_text(status.id),
        facts.agency(said.agency),
        said.agency,
        said.kind,
        phrases.type(said.kind),
        phrases.outcome(said.kind, said.outcome),
        phrases.standing(status.standing, said.kind, said.outcome),
        words.time(status.entry.time),
        words.time(said.valid_from),
        "" if said.valid_until == NO_END else words.time(said.valid_until),
        status.entry.number,
    )
