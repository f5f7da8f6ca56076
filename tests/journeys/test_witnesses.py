"""A log and its witnesses: real ones that cosign, one that is away, one with another history, and many that lie."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.core.checkpoints.note import KeyType, NoteKey, SignedNote, cosigned, cosigned_text
from ledger.core.checkpoints.tlog_policy import tlog_policy
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.witness_requests import AddCheckpoint
from ledger.core.checkpoints.witnesses_file import read_witnesses
from ledger.core.statements.declaration import Declaration
from ledger.core.verification.verdict import Conclusion, Status
from ledger.edges.chain import calls
from ledger.edges.chain.contract import Chain, deploy
from ledger.edges.chain.sender import ChainLimits
from ledger.edges.devchain.anvil import DevChain
from ledger.edges.store import Store
from ledger.edges.witness_http import WitnessClient, clients_of
from ledger.errors import Malformed, VerificationFailed
from ledger.journeys.checkpoint import note_key, publish_checkpoint
from ledger.journeys.cosign import PAUSE_SECONDS, Witnesses
from ledger.journeys.evidence import evidence_of
from ledger.journeys.follow import Follower
from ledger.journeys.verify import VerificationRequest, verify_offline
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.conftest import PLENTY
from tests.conftest import key_of as wallet_of
from tests.edges.authorities import rpc
from tests.witnesses import Reply, answering, key_of, witness_of, witnessing

ONE, TWO = "witness.example/one", "witness.example/two"


def now() -> int:
    return int(time.time())


def trust_of(house: LocalLedger, *names: str, threshold: int | None = None) -> TrustRoot:
    keys = tuple(NoteKey(name, key_of(name).public_key, KeyType.WITNESS) for name in names)
    enough = len(keys) if threshold is None else threshold
    return TrustRoot.of(house.chain.origin, note_key(house.chain.origin, house.log_key), keys, enough)


def published(house: LocalLedger) -> SignedNote:
    """A new checkpoint of something new."""
    houses.anchored(house)
    house.follower.refresh()
    note = publish_checkpoint(house.follower, house.store, house.log_key, now())
    assert note is not None
    return note


def verdict(
    house: LocalLedger, declared: Declaration, trust: TrustRoot, witnesses: Witnesses
) -> tuple[Conclusion, Status]:
    """Offline, from evidence made now: the conclusion, and what the check of witnesses said."""
    id_ = declared.id(house.chain.origin)
    made = evidence_of(id_, house.store, house.follower, house.log_key, now(), witnesses=witnesses)
    found = verify_offline(VerificationRequest.read(made.to_bytes(), trust=trust.to_bytes()), now())
    return found.conclusion, next(check.status for check in found.checks if check.name == "witnesses")


@pytest.fixture
def two(house: LocalLedger, tmp_path: Path) -> Iterator[list[WitnessClient]]:
    """Two witnesses, each with a node connection and a store of its own, by a witnesses file."""
    with ExitStack() as stack:
        lines = [
            stack.enter_context(witnessing(witness_of(name.replace("/", "-"), trust_of(house), tmp_path, house.chain)))
            for name in (ONE, TWO)
        ]
        file = tmp_path / "witnesses"
        file.write_text("# ours\n\n" + "\n".join(map(str, lines)) + "\n")
        yield clients_of(file)


def names(*parts: str) -> list[str]:
    return [part.replace("/", "-") for part in parts]


def test_two_witnesses_cosign_and_the_evidence_says_so(house: LocalLedger, two: list[WitnessClient]) -> None:
    witnesses = Witnesses(two, house.store)
    (declared,) = houses.anchored(house)
    trust = trust_of(house, *names(ONE, TWO))
    assert verdict(house, declared, trust, Witnesses([], house.store)) == (Conclusion.NOT_GOOD, Status.INVALID)
    assert verdict(house, declared, trust, witnesses) == (Conclusion.GOOD, Status.VALID)
    kept = house.store.checkpoints.newest()
    assert kept is not None
    kept.verify(trust.log_key)
    assert kept.signatures[0][0] == str(house.chain.origin), "the log's line first"
    assert [kept.cosigned_at(key) > 0 for key in trust.witnesses] == [True, True]
    assert [(state.cosigned, state.problem) for state in witnesses.states()] == [(kept.checkpoint.size, "")] * 2
    # And again as the history grows, each from where the witness stood.
    (later,) = houses.anchored(house)
    assert verdict(house, later, trust, witnesses) == (Conclusion.GOOD, Status.VALID)


def test_a_log_that_was_restarted_asks_what_they_saw(house: LocalLedger, two: list[WitnessClient]) -> None:
    Witnesses(two, house.store).cosign(published(house), house.follower, now())
    note = Witnesses(two, house.store).cosign(published(house), house.follower, now())
    assert [note.names(client.key) for client in two] == [True, True]


def test_what_is_there_is_not_asked_for_again(house: LocalLedger, two: list[WitnessClient]) -> None:
    witnesses = Witnesses(two, house.store)
    note = witnesses.cosign(published(house), house.follower, now())
    assert witnesses.cosign(note, house.follower, now() + 100) == note
    assert Witnesses(two, house.store).cosign(note, house.follower, now() + 100) == note
    assert house.store.checkpoints.get(note.checkpoint.size) == note


def test_nobody_is_asked_about_entries_that_another_server_published(
    house: LocalLedger, two: list[WitnessClient], caplog: pytest.LogCaptureFixture
) -> None:
    behind = Follower(house.chain, house.store)
    behind.refresh()
    note, witnesses = published(house), Witnesses(two, house.store)
    assert witnesses.cosign(note, behind, now()) == note
    assert not caplog.text, "this is no fault of a witness"
    assert [state.problem for state in witnesses.states()] == ["", ""]
    behind.refresh()
    assert witnesses.cosign(note, behind, now()).names(two[1].key), "the next round asks at once"


def test_a_witness_that_is_away_stops_nothing(
    house: LocalLedger, two: list[WitnessClient], caplog: pytest.LogCaptureFixture
) -> None:
    (away,) = read_witnesses(
        f"{NoteKey('away.example', key_of('away.example').public_key, KeyType.WITNESS)} http://127.0.0.1:1"
    )
    witnesses = Witnesses([WitnessClient(away), two[0]], house.store)
    at = now()
    first = witnesses.cosign(published(house), house.follower, at)
    assert [first.names(client.key) for client in (two[0], two[1])] == [True, False]
    state = witnesses.states()[0]
    assert (state.name, state.cosigned) == ("away.example", 0)
    assert "cannot be reached" in state.problem
    second = witnesses.cosign(published(house), house.follower, at + PAUSE_SECONDS)
    assert second.names(two[0].key)
    assert caplog.text.count("away.example did not cosign") == 1, "said once, not at every try"


class Told:
    """A server that answers as told, and what it was asked."""

    def __init__(self, house: LocalLedger) -> None:
        self.house = house
        self.asked: list[AddCheckpoint] = []
        self.reply: Callable[[SignedNote], Reply] = lambda note: (500, {}, b"")
        self.key = NoteKey("told.example", key_of("told.example").public_key, KeyType.WITNESS)

    def __call__(self, body: bytes) -> Reply:
        self.asked.append(AddCheckpoint.parse(body))
        return self.reply(SignedNote.parse(self.asked[-1].note))

    def cosign(self, note: SignedNote, at: int, name: str = "told.example") -> bytes:
        """Its line, made as a witness makes it, with whatever key."""
        signature = key_of(name).sign_note(cosigned_text(note.checkpoint, at))
        return cosigned(note.checkpoint, self.key, at, signature).lines.encode()


@pytest.fixture
def told(house: LocalLedger) -> Iterator[tuple[Told, WitnessClient]]:
    made = Told(house)
    with answering(made) as url:
        (known,) = read_witnesses(f"{made.key} {url}")
        yield made, WitnessClient(known, timeout=1)


@pytest.mark.parametrize("writes", [1, 100])
def test_what_is_signed_while_witnesses_are_asked_takes_no_cosignature_from_evidence(
    house: LocalLedger, writes: int
) -> None:
    """Others write while a witness is asked, once or each time; anchoring signs a newer checkpoint for them."""
    server = Told(house)
    newer: list[SignedNote] = []

    def cosigns(note: SignedNote) -> Reply:
        if len(newer) < writes:
            newer.append(published(house))
        return 200, {}, server.cosign(note, now())

    server.reply = cosigns
    (declared,) = houses.anchored(house)
    id_ = declared.id(house.chain.origin)
    with answering(server) as url:
        (known,) = read_witnesses(f"{server.key} {url}")
        witnesses = Witnesses([WitnessClient(known)], house.store)
        made = evidence_of(id_, house.store, house.follower, house.log_key, now(), witnesses=witnesses)
    assert newer
    assert made.checkpoint.names(server.key)
    assert made.checkpoint.checkpoint.size == newer[0].checkpoint.size, "a newer one is asked about once"


SIZE = {"Content-Type": "text/x.tlog.size"}


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (lambda told, note: (200, {}, b""), "its answer is not signature lines"),
        (lambda told, note: (200, {}, b"\xff\n"), "its answer is not signature lines"),
        (lambda told, note: (200, {}, b"well done\n"), "its answer is not signature lines"),
        (lambda told, note: (200, {}, told.cosign(note, now())[:-1]), "its answer is not signature lines"),
        (lambda told, note: (200, {}, told.cosign(note, now(), "stranger")), "does not fit"),
        (
            lambda told, note: (200, {}, told.cosign(note, now()).replace(b"told.example", b"else.example")),
            "not signed by told.example",
        ),
        (
            lambda told, note: (
                200,
                {},
                told.cosign(SignedNote(replace(note.checkpoint, root=bytes(32)), ()), now()),
            ),
            "does not fit",
        ),
        (lambda told, note: (200, {}, told.cosign(note, 0)), "impossible time"),
        (lambda told, note: (200, {}, told.cosign(note, now() + 1_000_000)), "clock and this one are"),
        (lambda told, note: (200, {}, told.cosign(note, now()) + told.cosign(note, 5, "stranger")), "does not fit"),
        (lambda told, note: (200, {}, b"x" * 1_000_000), "answered with more than"),
        (lambda told, note: (200, {"Content-Encoding": "gzip"}, b"no such thing"), "does not speak HTTP"),
        (lambda told, note: (302, {"Location": "http://127.0.0.1:1/"}, b""), "HTTP 302"),
        (lambda told, note: (400, {}, b""), "malformed"),
        (lambda told, note: (403, {}, b""), "does not know the key"),
        (lambda told, note: (404, {}, b""), "does not know this log"),
        (lambda told, note: (409, {}, b"5\n"), "another root"),
        (lambda told, note: (409, SIZE, b"5"), "without the size of its latest checkpoint"),
        (lambda told, note: (409, SIZE, b"05\n"), "without the size of its latest checkpoint"),
        (lambda told, note: (409, SIZE, b"99999999\n"), "more than were published"),
        (lambda told, note: (409, SIZE, b"%d\n" % (1 + len(told.asked))), "twice that it has seen another size"),
        (lambda told, note: (422, {}, b""), "not consistent"),
        (lambda told, note: (500, {}, b""), "HTTP 500"),
        (lambda told, note: (503, {}, b""), "cannot answer at the moment"),
    ],
)
def test_nothing_that_a_witness_says_is_believed(
    house: LocalLedger, told: tuple[Told, WitnessClient], lie: Callable[[Told, SignedNote], Reply], words: str
) -> None:
    server, client = told
    server.reply = lambda note: lie(server, note)
    witnesses = Witnesses([client], house.store)
    note = published(house)
    assert witnesses.cosign(note, house.follower, now()) == note
    assert house.store.checkpoints.get(note.checkpoint.size) == note
    assert words in witnesses.states()[0].problem


def test_a_client_hands_on_nothing_that_does_not_fit(house: LocalLedger, told: tuple[Told, WitnessClient]) -> None:
    server, client = told
    note = published(house)
    server.reply = lambda note: (200, {}, server.cosign(note, now(), "stranger"))
    with pytest.raises(VerificationFailed, match="does not fit"):
        client.add_checkpoint(0, [], note)
    server.reply = lambda note: (200, {}, server.cosign(note, 5))
    assert client.add_checkpoint(0, [], note).cosigned_at(client.key) == 5


def test_a_line_of_somebody_else_is_not_taken_over(house: LocalLedger, told: tuple[Told, WitnessClient]) -> None:
    server, client = told
    other = NoteKey("other.example", key_of("other.example").public_key, KeyType.WITNESS)

    def reply(note: SignedNote) -> Reply:
        forged = cosigned(note.checkpoint, other, now(), bytes(64)).lines.encode()
        return 200, {}, forged + server.cosign(note, now())

    server.reply = reply
    note = Witnesses([client], house.store).cosign(published(house), house.follower, now())
    assert (note.names(client.key), note.names(other)) == (True, False)


def test_after_a_failure_it_is_left_alone_for_a_while(house: LocalLedger, told: tuple[Told, WitnessClient]) -> None:
    server, client = told
    witnesses, note, at = Witnesses([client], house.store), published(house), now()
    for seconds, asked in [(0, 1), (1, 1), (PAUSE_SECONDS - 1, 1), (PAUSE_SECONDS, 2)]:
        witnesses.cosign_newest(house.follower, at + seconds)
        assert len(server.asked) == asked
    server.reply = lambda note: (503, {"Retry-After": "100"}, b"")
    witnesses.cosign_newest(house.follower, at + 100)
    witnesses.cosign_newest(house.follower, at + 199)
    assert len(server.asked) == 3
    server.reply = lambda note: (200, {}, server.cosign(note, at + 200))
    witnesses.cosign_newest(house.follower, at + 200)
    kept = house.store.checkpoints.get(note.checkpoint.size)
    assert kept is not None
    assert kept.cosigned_at(client.key) == at + 200
    assert witnesses.states()[0].problem == ""


def test_while_our_own_history_lacks_the_checkpoint_no_witness_is_at_fault(
    house: LocalLedger, told: tuple[Told, WitnessClient], tmp_path: Path
) -> None:
    server, client = told
    witnesses, note, at = Witnesses([client], house.store), published(house), now()
    server.reply = lambda note: (200, {}, server.cosign(note, at + 1))
    store = Store.open(f"sqlite:///{tmp_path / 'behind.sqlite'}", house.chain.origin)
    try:
        witnesses.cosign(note, Follower(house.chain, store), at)
    finally:
        store.close()
    assert (server.asked, witnesses.states()[0].cosigned) == ([], 0)
    witnesses.cosign(note, house.follower, at + 1)
    assert witnesses.states()[0].cosigned == note.checkpoint.size


def test_a_witness_that_never_ends_its_answer_holds_up_nobody(
    house: LocalLedger, two: list[WitnessClient], told: tuple[Told, WitnessClient]
) -> None:
    server, client = told
    server.reply = lambda note: (200, {"Content-Length": "1000"}, b"x")
    note = Witnesses([client, two[0]], house.store, patience=0.5).cosign(published(house), house.follower, now())
    assert note.names(two[0].key)


def test_a_checkpoint_of_before_a_reorganisation_is_not_handed_out(
    house: LocalLedger, told: tuple[Told, WitnessClient]
) -> None:
    server, client = told
    note = published(house)
    gone = SignedNote(replace(note.checkpoint, root=bytes(32)), note.signatures)
    witnesses = Witnesses([client], house.store)
    witnesses.cosign(note, house.follower, now())
    asked = len(server.asked)
    witnesses = Witnesses([client], house.store)
    with pytest.raises(VerificationFailed, match="another checkpoint"):
        witnesses.cosign(gone, house.follower, now())
    assert (len(server.asked), "reorganisation" in witnesses.states()[0].problem) == (asked, True)


def test_a_witness_whose_node_has_another_history_refuses(tmp_path: Path) -> None:
    """Two chains with one id, one contract address and one entry 0: the same origin, and two histories of it."""
    relayer, council = wallet_of("a relayer"), wallet_of("a council")
    limits = ChainLimits(rpc_timeout=5, confirmation_timeout=10)
    chains: list[Chain] = []
    beginning = now() + 10
    with ExitStack() as stack:
        for name in ("one", "other"):
            devchain = DevChain(tmp_path / name)
            devchain.start()
            stack.callback(devchain.stop)
            devchain.fund(relayer.address, PLENTY)
            rpc(devchain.url, "evm_setNextBlockTimestamp", beginning)
            origin, _ = deploy(devchain.url, [council.address], 1, relayer, limits)
            chains.append(Chain.connect(devchain.url, origin, limits))
        assert chains[0].origin == chains[1].origin
        log = key_of("log")
        trust = TrustRoot.of(chains[0].origin, note_key(chains[0].origin, log))
        stores = [Store.open(f"sqlite:///{tmp_path / f'{n}.sqlite'}", trust.origin) for n in range(2)]
        follower = Follower(chains[0], stores[0])
        for chain, digest in zip(chains, (b"\x01", b"\x02"), strict=True):
            chain.submit(calls.anchor(digest * 32, 1), relayer)
        follower.refresh()
        note = publish_checkpoint(follower, stores[0], log, now())
        assert note is not None
        lines = [
            stack.enter_context(witnessing(witness_of(name, trust, tmp_path, chain)))
            for name, chain in zip(("honest", "elsewhere"), chains, strict=True)
        ]
        clients = [WitnessClient(known) for known in lines]
        witnesses = Witnesses(clients, stores[0])
        made = witnesses.cosign(note, follower, now())
        assert [made.names(client.key) for client in clients] == [True, False]
        assert "not consistent with what it has seen" in witnesses.states()[1].problem


def test_only_confirmed_entries_are_signed(tmp_path: Path) -> None:
    with houses.house(tmp_path) as house:
        chain = Chain.connect(
            house.devchain.url,
            house.chain.origin,
            ChainLimits(confirmations=3, rpc_timeout=5, confirmation_timeout=10),
        )
        store = Store.open(f"sqlite:///{tmp_path / 'careful.sqlite'}", chain.origin)
        follower = Follower(chain, store)
        size = follower.refresh().size
        note = publish_checkpoint(follower, store, house.log_key, now())
        assert note is not None
        assert note.checkpoint.size == size - 2, "one entry a block here, and the last two blocks may be taken back"
        rpc(house.devchain.url, "anvil_mine", "0x2")
        follower.refresh()
        note = publish_checkpoint(follower, store, house.log_key, now())
        assert note is not None
        assert note.checkpoint.size == size


VKEY = str(NoteKey(ONE, key_of(ONE).public_key, KeyType.WITNESS))
OTHER = str(NoteKey(TWO, key_of(TWO).public_key, KeyType.WITNESS))
SAME_KEY = str(NoteKey(TWO, key_of(ONE).public_key, KeyType.WITNESS))


def test_a_witnesses_file() -> None:
    found = read_witnesses(f"# two\n{VKEY}  http://127.0.0.1:8081/w/\n\n  {OTHER}\t\n#{VKEY}\n")
    assert [(item.key.name, item.url) for item in found] == [(ONE, "http://127.0.0.1:8081/w"), (TWO, None)]
    assert [str(item) for item in found] == [f"{VKEY} http://127.0.0.1:8081/w", OTHER]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x", "line 1: a verifier key looks like"),
        (f"\n{VKEY} ftp://x", "line 2: an address must begin with"),
        (f"{VKEY} http:// x", "line 1: must be a verifier key and at most one address"),
        (f"{VKEY}\n{VKEY}", "line 2: names a witness twice"),
        (f"{VKEY}\n{SAME_KEY}", "line 2: names a witness twice"),
        (VKEY.replace("+", "+0", 1), "line 1: the verifier key's id"),
        (str(NoteKey(ONE, key_of(ONE).public_key)), "line 1: is not a witness's key"),
        ("#" * 70_000, "at most"),
    ],
)
def test_a_witnesses_file_with_a_defect(text: str, words: str) -> None:
    with pytest.raises(Malformed) as caught:
        read_witnesses(text)
    assert words in str(caught.value)


def test_whoever_is_asked_needs_an_address(tmp_path: Path) -> None:
    file = tmp_path / "witnesses"
    file.write_text(VKEY)
    for given, words in [(file, "has no address for witness.example/one"), (tmp_path / "none", "cannot be read")]:
        with pytest.raises(Malformed, match=words):
            clients_of(given)
    assert clients_of(None) == []


def test_the_trust_root_as_a_tlog_policy(house: LocalLedger) -> None:
    trust = trust_of(house, ONE, TWO, threshold=1)
    assert tlog_policy(trust) == (
        f"log {trust.log_key}\nwitness w1 {VKEY}\nwitness w2 {OTHER}\ngroup enough 1 w1 w2\nquorum enough\n"
    )
    assert tlog_policy(trust_of(house)) == f"log {trust.log_key}\nquorum none\n"


def test_a_line_needs_a_published_checkpoint(house: LocalLedger) -> None:
    note = published(house)
    with pytest.raises(KeyError):
        house.store.checkpoints.add_signatures(replace(note, checkpoint=replace(note.checkpoint, size=10**6)))
