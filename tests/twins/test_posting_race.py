"""Sixteen relayers of four agencies race for one line of a certificate, and share no store.

Each wants 100 of the 1,000 that the line permits. The contract takes one posting from each sheet. A relayer that came
second gets ``SheetStale`` and begins again from the present sheet. So nothing is overdrawn, and nothing is lost.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

import pytest

from ledger.core.encoding.ids import AttestationId, DeclarationId, LineName
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.posting import Posting
from ledger.core.statements.resolutions import AgencyEnrolment, AttesterAuthorisation, MandateGrant
from ledger.core.statements.signature import Algorithm
from ledger.edges.chain import calls
from ledger.edges.chain.calls import Call
from ledger.edges.chain.contract import Chain
from ledger.edges.devchain.anvil import _rpc
from ledger.edges.keys.keystore import SigningKey
from ledger.errors import SheetStale
from ledger.testing.local_ledger import LIMITS, LocalLedger
from tests import houses

RELAYERS, WANTED, PERMITTED, LINE = 16, 100, 1_000, 1
BALANCE = 182  # UNCL 1001: balance confirmation, the mandate of those who post
PLENTY = 10**20


class Sheet(NamedTuple):
    """What a line permits, and which relayer wrote off how much, in order."""

    permitted: int
    written_off: tuple[tuple[int, int], ...] = ()

    @property
    def left(self) -> int:
        return self.permitted - sum(quantity for _, quantity in self.written_off)

    def less(self, relayer: int, quantity: int) -> Sheet:
        return Sheet(self.permitted, (*self.written_off, (relayer, quantity)))


class Sheets:
    """The sheets that the agencies show each other, by their hash. The chain has only the hashes."""

    def __init__(self) -> None:
        self._published: dict[bytes, Sheet] = {}

    def publish(self, sheet: Sheet) -> bytes:
        hash_ = sha256(secrets.token_bytes(16) + repr(sheet).encode()).digest()
        self._published[hash_] = sheet
        return hash_

    def __getitem__(self, hash_: bytes) -> Sheet:
        return self._published[hash_]


@dataclass(frozen=True)
class Certificate:
    """An attestation about one declaration."""

    attestation: AttestationId
    member: DeclarationId

    @property
    def line_name(self) -> LineName:
        return LineName(self.attestation, self.member, LINE)


class Relayer(NamedTuple):
    """An account that pays, and the officer whose postings it carries."""

    number: int
    account: SigningKey
    agency: str
    officer: SigningKey


class Outcome(NamedTuple):
    """Whether a relayer's posting was recorded, and how often it came second."""

    posted: bool
    stale: int


def new_key() -> SigningKey:
    return SigningKey(Algorithm.SECP256K1, secrets.token_bytes(32))


@pytest.fixture
def officers(house: LocalLedger) -> dict[str, SigningKey]:
    """Four agencies that may post; the first one issues the certificate."""
    made = {code: house.key(name) for code, (name, _) in houses.OFFICERS.items()}
    made["NZ-FOOD"] = new_key()
    houses.enact(house, AgencyEnrolment, "NZ-FOOD", "Food safety", "NZ", "https://food.example")
    houses.enact(house, AttesterAuthorisation, made["NZ-FOOD"].address, "NZ-FOOD")
    for code in made:
        houses.enact(house, MandateGrant, code, BALANCE, 0, NO_END)
    return made


@pytest.fixture
def slow_blocks(house: LocalLedger) -> Iterator[None]:
    """A block each second, so that many transactions wait for the same one."""
    _rpc(house.devchain.url, "evm_setAutomine", False)
    _rpc(house.devchain.url, "evm_setIntervalMining", 1)
    yield
    _rpc(house.devchain.url, "evm_setIntervalMining", 0)
    _rpc(house.devchain.url, "evm_setAutomine", True)


def post(chain: Chain, relayer: Relayer, certificate: Certificate, from_: bytes, to: bytes) -> None:
    posting = Posting(relayer.agency, certificate.attestation, certificate.member, LINE, from_, to)
    signature = relayer.officer.sign(posting.id(chain.origin))
    chain.submit(calls.post(posting, relayer.officer.address, signature), relayer.account)


def present_sheet(chain: Chain, certificate: Certificate) -> bytes:
    (hash_,) = chain.query(Call("sheet", certificate.line_name))
    return bytes(hash_)


def write_off(house: LocalLedger, relayer: Relayer, certificate: Certificate, sheets: Sheets) -> Outcome:
    """Try until the posting is recorded, or the line has too little left."""
    chain = Chain.connect(house.devchain.url, house.chain.origin.contract, None, LIMITS)
    stale = 0
    while True:
        present = present_sheet(chain, certificate)
        if sheets[present].left < WANTED:
            return Outcome(False, stale)
        to = sheets.publish(sheets[present].less(relayer.number, WANTED))
        try:
            post(chain, relayer, certificate, present, to)
        except SheetStale:
            stale += 1
        else:
            return Outcome(True, stale)


def test_no_relayer_overdraws_a_line(house: LocalLedger, officers: dict[str, SigningKey], slow_blocks: None) -> None:
    member = DeclarationId(secrets.token_bytes(32))
    certificate = Certificate(AttestationId(houses.attest(house, [member])), member)
    sheets, codes = Sheets(), list(officers)
    opening = sheets.publish(Sheet(PERMITTED))
    post(house.chain, Relayer(-1, house.key("relayer"), houses.MPI, officers[houses.MPI]), certificate, ZERO, opening)
    relayers = [
        Relayer(number, new_key(), codes[number % 4], officers[codes[number % 4]]) for number in range(RELAYERS)
    ]
    for relayer in relayers:
        house.devchain.fund(relayer.account.address, PLENTY)

    with ThreadPoolExecutor(RELAYERS) as pool:
        outcomes = list(pool.map(lambda relayer: write_off(house, relayer, certificate, sheets), relayers))

    # Ten of sixteen find enough, and the losers of each block were told the present sheet.
    winners = {relayer.number for relayer, outcome in zip(relayers, outcomes, strict=True) if outcome.posted}
    assert len(winners) == PERMITTED // WANTED
    assert sum(outcome.stale for outcome in outcomes) > 0
    last = sheets[present_sheet(house.chain, certificate)]
    assert last.left == 0
    assert {number for number, _ in last.written_off} == winners
    assert len(last.written_off) == len(winners)

    # The history says the same: one line of sheets, from the opening to the last. The core replays all of it.
    history = house.follower.refresh()
    postings = [item.posted.posting for item in history.postings[certificate.line_name]]
    assert len(postings) == 1 + len(winners)
    assert [posting.from_ for posting in postings] == [ZERO, *(posting.to for posting in postings[:-1])]
    assert {posting.agency for posting in postings} <= set(officers)
    assert sheets[history.sheet(certificate.line_name)] == last
    assert (history.size, history.head) == house.chain.head()[:2]
