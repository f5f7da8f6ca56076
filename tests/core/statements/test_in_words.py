"""What a statement says in words: every type has them, and no member of it is left out but the random ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.statements.attestation import Attestation
from ledger.core.statements.in_words import facts_of, notes_of, sentence_of
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.posting import Posting
from ledger.core.statements.resolutions import AgencyEnrolment, CouncilChange, MandateGrant
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.sign_in import SignIn
from ledger.core.statements.statement import Statement
from ledger.core.statements.withdrawal import Withdrawal
from tests.core.statements.test_statement import STATEMENTS

ATTESTATION = Attestation("NZ-MPI", 851, 1, ZERO, 1_795_824_000, NO_END, b"\x05" * 32, 1, b"\x06" * 32)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (ATTESTATION, "NZ-MPI attests: phytosanitary certificate, accepted."),
        (SignIn("https://portal.example", b"\1" * 20, ZERO, 0), "Let me in at https://portal.example."),
        (Withdrawal(b"\1" * 32, 5), "I withdraw my declaration: replaced."),
        (Revocation(b"\1" * 32, ZERO, 42), "My agency revokes its attestation: in error."),
        (Posting("NZ-MPI", b"\1" * 32, b"\2" * 32, 3, ZERO, b"\4" * 32), "NZ-MPI opens line 3 of a certificate."),
        (
            Posting("NZ-MPI", b"\1" * 32, b"\2" * 32, 3, b"\3" * 32, b"\4" * 32),
            "NZ-MPI moves line 3 of a certificate to its next sheet.",
        ),
        (AgencyEnrolment("NZ-MPI", "Plant\nhealth", "NZ", "x", 1), "The council enrols the agency Plant\\nhealth."),
        (
            MandateGrant("NZ-MPI", 851, 0, NO_END, 4),
            "The council lets the agency NZ-MPI attest: phytosanitary certificate.",
        ),
    ],
)
def test_sentences(statement: Statement, sentence: str) -> None:
    assert sentence_of(statement) == sentence


def test_the_facts_of_an_attestation() -> None:
    assert facts_of(ATTESTATION) == [
        ("Agency", "NZ-MPI"),
        ("What is attested", "phytosanitary certificate (851)"),
        ("Outcome", "accepted (1)"),
        ("Fingerprint of the agency's own document", "none"),
        ("In force from", "28 November 2026, 00:00 UTC"),
        ("In force until", "no end"),
        ("Fingerprint of the list of declarations", "0x" + "05" * 32),
        ("About", "one document"),
    ]


def test_a_list_has_a_fact_for_each_item() -> None:
    values = [fact.value for fact in facts_of(CouncilChange((b"\1" * 20, b"\2" * 20), 2, 7))]
    assert values == ["0x" + "01" * 20, "0x" + "02" * 20, "2", "7"]


def test_what_cannot_be_undone_is_said() -> None:
    assert notes_of(Revocation(b"\1" * 32)) == ["This cannot be undone."]
    assert notes_of(ATTESTATION) == []


@given(some.data())
def test_every_statement_has_words_for_all_that_is_not_random(data: some.DataObject) -> None:
    kind = data.draw(some.sampled_from(sorted(STATEMENTS, key=lambda one: one.PRIMARY_TYPE)))
    statement: Statement = data.draw(STATEMENTS[kind])
    said = " ".join(fact.value for fact in facts_of(statement))
    assert sentence_of(statement).endswith(".")
    for name, value in statement.to_json().items():
        if (
            isinstance(value, str)
            and name not in ("salt", "nonce", "name", "uri", "site")
            and value != "0x" + "00" * 32
        ):
            assert value in said
