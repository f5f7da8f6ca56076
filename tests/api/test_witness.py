"""The witness over HTTP: every status of C2SP tlog-witness, and what it never does, asked at once or killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Barrier, Event, Semaphore
from typing import Any

import pytest
from httpx import Response
from starlette.testclient import TestClient

from api.witness import LIMITS, create_witness
from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import SignedNote, signed
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.witness_requests import AddCheckpoint
from ledger.edges.store import Store
from ledger.errors import Malformed, Source, Unavailable
from ledger.journeys.checkpoint import note_key
from ledger.journeys.follow import Follower
from ledger.journeys.witness import Witness
from ledger.settings import Settings
from ledger.testing.local_ledger import LocalLedger
from ledger.testing.world import Witness as OtherWitness
from tests import houses
from tests.api.listening import Answer, Caller, listening
from tests.bad_checkpoints import BAD_COSIGNATURE, DEFECTS, TOO_FEW, WRONG_ORIGIN, spoiled
from tests.edges.authorities import rpc
from tests.faults.node import until
from tests.witnesses import key_of, witness_of

NAME = "witness.example/one"


@dataclass
class Watched:
    """A log and its witness, as a stranger meets it."""

    house: LocalLedger
    witness: Witness
    client: TestClient
    store: Store

    def sign(self, checkpoint: Checkpoint) -> SignedNote:
        """Whatever the log's key is made to sign."""
        key = note_key(checkpoint.origin, self.house.log_key)
        return signed(checkpoint, key, self.house.log_key.sign_note(checkpoint.text.encode()))

    def note(self, size: int | None = None) -> SignedNote:
        """The log's checkpoint of ``size`` entries; of all that there are if not given."""
        history = self.house.follower.refresh()
        size = history.size if size is None else size
        return self.sign(
            Checkpoint(history.origin, size, history.log.root(size), self.house.follower.index.root(history, size))
        )

    def proof(self, old: int, note: SignedNote) -> tuple[bytes, ...]:
        return tuple(self.house.follower.refresh().log.consistency(old, note.checkpoint.size)) if old else ()

    def ask(self, note: SignedNote, old: int = 0, proof: tuple[bytes, ...] | None = None) -> Response:
        made = self.proof(old, note) if proof is None else proof
        return self.post(AddCheckpoint(old, made, str(note)).to_bytes())

    def post(self, body: bytes) -> Response:
        answer: Any = self.client.post("/add-checkpoint", content=body)
        return answer

    def cosigned_at(self, note: SignedNote, answer: Response) -> int:
        return SignedNote.parse(f"{note.checkpoint.text}\n{answer.text}").cosigned_at(self.witness.key)


def trust_of(house: LocalLedger) -> TrustRoot:
    return TrustRoot.of(house.chain.origin, note_key(house.chain.origin, house.log_key))


@contextmanager
def served(house: LocalLedger, witness: Witness, store: Store) -> Iterator[Watched]:
    app = create_witness(witness)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Watched(house, witness, client, store)


@pytest.fixture
def watched(house: LocalLedger, tmp_path: Path) -> Iterator[Watched]:
    """A witness that has seen nothing yet, over its own store and follower."""
    store = Store.open(f"sqlite:///{tmp_path / 'witness.sqlite'}", house.chain.origin)
    follower = Follower(house.chain, store)
    witness = Witness(trust_of(house), NAME, key_of(NAME), store, lambda: follower)
    with served(house, witness, store) as made:
        yield made


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLedger]:
    with houses.house(tmp_path_factory.mktemp("house")) as made:
        yield made


def test_it_cosigns_what_follows(watched: Watched) -> None:
    first = watched.note(4)
    answer = watched.ask(first)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert abs(watched.cosigned_at(first, answer) - time.time()) < 60
    assert watched.store.cosigned.newest() == first.checkpoint
    second = watched.note()
    answer = watched.ask(second, 4)
    assert watched.cosigned_at(second, answer)
    assert watched.store.cosigned.newest() == second.checkpoint
    again = watched.ask(second, second.checkpoint.size)
    assert watched.cosigned_at(second, again)


def test_it_says_what_it_saw_last(watched: Watched) -> None:
    note = watched.note()
    assert watched.ask(watched.note(4)).status_code == 200
    for old in (0, 3, 5):
        answer = watched.ask(note, old)
        assert (answer.status_code, answer.headers["content-type"], answer.content) == (
            409, "text/x.tlog.size", b"4\n",
        )  # fmt: skip
    back = watched.ask(watched.note(3), 3)
    assert (back.status_code, back.content) == (409, b"4\n")
    assert watched.ask(note, 4).status_code == 200


def test_it_never_signs_two_roots_for_one_size(watched: Watched) -> None:
    note = watched.note(4)
    other = watched.sign(replace(note.checkpoint, root=bytes(32)))
    assert watched.ask(note).status_code == 200
    answer = watched.ask(other, 4, ())
    assert (answer.status_code, answer.headers["content-type"]) == (409, "text/plain; charset=utf-8")
    assert watched.store.cosigned.newest() == note.checkpoint


def test_it_never_signs_two_indexes_for_one_size(watched: Watched) -> None:
    """The same entries and the same root: only the index tells that the log leaves out something for somebody."""
    note = watched.note(4)
    assert watched.ask(note).status_code == 200
    answer = watched.ask(watched.sign(replace(note.checkpoint, index=bytes(32))), 4, ())
    assert (answer.status_code, answer.text) == (409, "another root or index was cosigned for this size\n")
    assert watched.store.cosigned.newest() == note.checkpoint
    assert watched.ask(note, 4, ()).status_code == 200, "what it cosigned, it cosigns again"


def test_the_entries_have_another_index(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """A witness recomputes the index from its own node: the log's signature and root are right."""
    true = watched.note(5).checkpoint
    for index in (bytes(32), watched.note(4).checkpoint.index, true.root):
        answer = watched.ask(watched.sign(replace(true, index=index)))
        assert (answer.status_code, answer.text) == (422, "these entries have another index of subjects\n")
        assert f"expected 0x{true.index.hex()}, found 0x{index.hex()}" in caplog.text, "both sides are kept"
    assert watched.store.cosigned.newest().size == 0
    assert watched.ask(watched.note(5)).status_code == 200


@pytest.mark.parametrize("defect", ["left out", "too long", "altered", "for nothing"])
def test_a_proof_that_does_not_hold(watched: Watched, defect: str) -> None:
    note = watched.note()
    assert watched.ask(watched.note(4)).status_code == 200
    proof = watched.proof(4, note)
    wrong = {
        "left out": (4, ()),
        "too long": (4, (*proof, bytes(32))),
        "altered": (4, (bytes(32), *proof[1:])),
        "for nothing": (note.checkpoint.size, (bytes(32),)),
    }
    old, path = wrong[defect]
    if defect == "for nothing":
        assert watched.ask(note, 4).status_code == 200
    before = watched.store.cosigned.newest()
    assert watched.ask(note, old, path).status_code == 422
    assert watched.store.cosigned.newest() == before


def test_the_chain_has_another_history(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """Signed by the log and first of its kind, so that no proof can fail: only the witness's own node knows."""
    note = watched.sign(replace(watched.note().checkpoint, root=bytes(32)))
    assert watched.ask(note).status_code == 422
    assert watched.store.cosigned.newest().size == 0
    assert "eip155:" in caplog.text, "what the log signed is kept as proof"


def test_a_log_that_withholds(watched: Watched) -> None:
    """A witness of a grace of one second: entry 4 is older, and so is the newest block soon."""
    follower = watched.house.follower
    strict = Witness(trust_of(watched.house), NAME, key_of(NAME), watched.store, lambda: follower, grace=1)
    with served(watched.house, strict, watched.store) as asked:
        time.sleep(max(0.0, watched.house.chain.latest().time + 2.1 - time.time()))
        answer = asked.ask(watched.note(4))
        assert (answer.status_code, answer.text.startswith("the chain has had further entries")) == (422, True)
        answer = asked.ask(watched.note())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), "its node may be cut off"
        rpc(watched.house.devchain.url, "anvil_mine", "0x1")
        assert asked.ask(watched.note()).status_code == 200


def test_entries_that_its_node_does_not_have_yet(watched: Watched) -> None:
    note = watched.note()
    ahead = watched.sign(replace(note.checkpoint, size=note.checkpoint.size + 1))
    answer = watched.ask(ahead)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert watched.store.cosigned.newest().size == 0


def test_entries_that_are_not_confirmed(watched: Watched, tmp_path: Path) -> None:
    """What a later block may still take back is not cosigned, though the node has it."""
    chain = watched.house.chain
    follower = Follower(chain, watched.store)
    chain.confirmations = 1_000
    try:
        witness = Witness(trust_of(watched.house), NAME, key_of(NAME), watched.store, lambda: follower)
        with served(watched.house, witness, watched.store) as careful:
            assert careful.ask(watched.note()).status_code == 503
    finally:
        chain.confirmations = 1


def test_a_node_that_is_away(watched: Watched) -> None:
    def away() -> Follower:
        raise Unavailable("the node at http://127.0.0.1:1 cannot be reached", source=Source.CHAIN)

    witness = Witness(trust_of(watched.house), NAME, key_of(NAME), watched.store, away)
    with served(watched.house, witness, watched.store) as alone:
        answer = alone.ask(watched.note())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "127.0.0.1" not in answer.text
    assert watched.store.cosigned.newest().size == 0


def test_a_key_that_is_not_the_logs(watched: Watched) -> None:
    note = watched.note()
    stranger = note_key(note.checkpoint.origin, key_of("stranger"))
    signature = key_of("stranger").sign_note(note.checkpoint.text.encode())
    name, id_, blob = note.signatures[0]
    for refused in (
        signed(note.checkpoint, stranger, signature),
        SignedNote(note.checkpoint, ((name, id_, bytes(64)),)),
        # One good line does not help: whoever holds the key did not make the other.
        SignedNote(note.checkpoint, ((name, id_, blob), (name, id_, bytes(64)))),
    ):
        assert watched.ask(refused).status_code == 403
    both = note.with_signatures(signed(note.checkpoint, stranger, signature))
    assert watched.ask(both).status_code == 200, "lines of unknown keys are passed over"


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_checkpoint_that_a_trust_root_refuses(watched: Watched, defect: str) -> None:
    """What other witnesses have signed, or have not, is not asked: none would be the first to cosign."""
    other, log = OtherWitness("witness.example/two"), watched.house.log_key
    trust = replace(trust_of(watched.house), witnesses=(other.key,), threshold=1)
    follower = watched.house.follower
    witness = Witness(trust, NAME, key_of(NAME), watched.store, lambda: follower)
    note = spoiled(defect, watched.note().checkpoint, trust.log_key, log.sign_note, other, int(time.time()))
    status = {WRONG_ORIGIN: 404, TOO_FEW: 200, BAD_COSIGNATURE: 200}.get(defect, 403)
    with served(watched.house, witness, watched.store) as asked:
        assert asked.ask(note, 0, ()).status_code == status
    assert watched.store.cosigned.newest().size == (note.checkpoint.size if status == 200 else 0)


@pytest.mark.parametrize("origin", ["eip155:31337:0x" + "00" * 20, "example.com/behind-the-sofa"])
def test_another_log(watched: Watched, origin: str) -> None:
    note = str(watched.note())
    body = AddCheckpoint(0, (), note.replace(str(watched.house.chain.origin), origin)).to_bytes()
    assert watched.post(body).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        lambda body: b"",
        lambda body: body.replace(b"old 0", b"old 00"),
        lambda body: body.replace(b"old 0", b"old -1"),
        lambda body: body.replace(b"old 0", b"new 0"),
        lambda body: body.replace(b"old 0", b"old  0"),
        lambda body: body.replace(b"old 0", b"old 0 "),
        lambda body: body.replace(b"old 0", b"old 99999999"),
        lambda body: body.replace(b"old 0\n", b"old 0\nAAAA\n"),
        lambda body: body.replace(b"old 0\n", b"old 0\n" + b"A" * 42 + b"B=\n"),
        lambda body: body.replace(b"old 0\n", b"old 0\n" + (b"A" * 43 + b"=\n") * 64),
        lambda body: body.replace(b"\n\n", b"\n", 1),
        lambda body: body[:-1],
        lambda body: body + b"\xff\n",
        lambda body: body.replace(b"\n", b"\r\n"),
        lambda body: body.replace(b"\xe2\x80\x94", b"-"),
    ],
)
def test_a_request_without_its_shape(watched: Watched, change: Any) -> None:
    body = AddCheckpoint(0, (), str(watched.note())).to_bytes()
    answer = watched.post(change(body))
    assert (answer.status_code, answer.text) == (400, "the request is malformed\n")
    assert watched.store.cosigned.newest().size == 0


def test_63_lines_of_proof_have_their_shape(watched: Watched) -> None:
    assert watched.ask(watched.note(), 0, (bytes(32),) * 63).status_code == 422


def test_bodies_are_limited_and_other_paths_are_not_there(watched: Watched) -> None:
    assert watched.post(b"x" * 1_000_000).status_code == 413
    assert watched.client.get("/add-checkpoint").status_code == 405
    assert watched.client.get("/docs").status_code == 404


class Together:
    """A follower whose facts are looked at when all who ask have got there."""

    def __init__(self, follower: Follower, barrier: Barrier) -> None:
        self._follower, self._barrier = follower, barrier
        self.confirmed, self.block_time = follower.confirmed, follower.block_time
        self.confirmed_at, self.index = follower.confirmed_at, follower.index

    @contextmanager
    def fresh_history(self) -> Iterator[Any]:
        self._barrier.wait(10)
        with self._follower.fresh_history() as history:
            yield history


def test_two_at_once_never_make_it_go_back(watched: Watched) -> None:
    """Both have been checked before either is written down: the protocol's own example of what goes wrong."""
    small, large = watched.note(4), watched.note()
    together: Any = Together(watched.house.follower, Barrier(2))
    witness = Witness(trust_of(watched.house), NAME, key_of(NAME), watched.store, lambda: together)
    with served(watched.house, witness, watched.store) as raced, ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(raced.ask, [small, large]))
    won = [note for note, answer in zip((small, large), answers, strict=True) if answer.status_code == 200]
    lost = next(answer for answer in answers if answer.status_code != 200)
    assert len(won) == 1
    assert watched.store.cosigned.newest() == won[0].checkpoint
    assert (lost.status_code, lost.text) == (409, f"{won[0].checkpoint.size}\n")


def test_many_at_once_never_make_it_write_down_two_roots(tmp_path: Path, watched: Watched) -> None:
    """Threads, each through a store of its own over one file, as several processes would."""
    origin, url = watched.house.chain.origin, f"sqlite:///{tmp_path / 'raced.sqlite'}"
    Store.open(url, origin).close()
    stores = [Store.open(url, origin) for _ in range(4)]

    def write(number: int) -> tuple[Checkpoint, bool]:
        checkpoint = Checkpoint(origin, 1 + number // 8, bytes([number]) * 32, bytes(32))
        cosigned = stores[number % 4].cosigned
        return checkpoint, cosigned.record(cosigned.newest().size, checkpoint, 1) == checkpoint

    with ThreadPoolExecutor(8) as pool:
        written = [checkpoint for checkpoint, won in pool.map(write, range(80)) if won]
    assert len({checkpoint.size for checkpoint in written}) == len(written) > 0
    newest = max(written, key=lambda checkpoint: checkpoint.size)
    assert stores[0].cosigned.newest() == newest


def test_killed_before_it_answers_it_has_moved_on(watched: Watched, tmp_path: Path) -> None:
    """Killed with the record on disk and the signature in nobody's hands: asked again, it gives the same checkpoint."""
    note, url = watched.note(), f"sqlite:///{tmp_path / 'killed.sqlite'}"
    request = tmp_path / "request"
    request.write_bytes(AddCheckpoint(0, (), str(note)).to_bytes())
    script = """
        import os, signal, sys
        from ledger.core.checkpoints.trust import read_trust_root
        from ledger.edges.chain.contract import Chain
        from ledger.edges.store import Store
        from ledger.journeys.follow import Follower
        from ledger.journeys.witness import Witness
        from tests.witnesses import key_of

        class Deadly:
            "Kills the process where it would sign."
            def __init__(self, key):
                self.public_key, self._key = key.public_key, key
            def sign_note(self, message):
                if message:
                    os.kill(os.getpid(), signal.SIGKILL)
                return self._key.sign_note(message)

        trust = read_trust_root(open(sys.argv[1], "rb").read())
        chain = Chain.connect(sys.argv[2], trust.origin.contract)
        store = Store.open(sys.argv[3], trust.origin)
        witness = Witness(trust, "w", Deadly(key_of("w")), store, lambda: Follower(chain, store))
        witness.add_checkpoint(open(sys.argv[4], "rb").read(), 1)
    """
    trust = tmp_path / "trust.json"
    trust.write_bytes(trust_of(watched.house).to_bytes())
    words = [sys.executable, "-c", textwrap.dedent(script), trust, watched.house.devchain.url, url, request]
    killed = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    store = Store.open(url, watched.house.chain.origin)
    assert store.cosigned.newest() == note.checkpoint
    witness = Witness(trust_of(watched.house), "w", key_of("w"), store, lambda: Follower(watched.house.chain, store))
    with served(watched.house, witness, store) as again:
        assert again.ask(note).text == f"{note.checkpoint.size}\n"
        assert again.cosigned_at(note, again.ask(note, note.checkpoint.size))
        assert again.ask(again.note(4), 4).status_code == 409


def test_a_witness_has_a_key_of_its_own(watched: Watched) -> None:
    for name, key, words in [
        (NAME, watched.house.log_key, "the log's own key"),
        (NAME, watched.house.key("trader"), "only ed25519"),
        ("two words", key_of(NAME), "without spaces"),
    ]:
        with pytest.raises(Malformed, match=words):
            Witness(trust_of(watched.house), name, key, watched.store, lambda: watched.house.follower)


def test_a_restarted_witness_remembers(watched: Watched, tmp_path: Path) -> None:
    first = witness_of("w2", trust_of(watched.house), tmp_path, watched.house.chain)
    note = watched.note(4)
    first.add_checkpoint(AddCheckpoint(0, (), str(note)).to_bytes(), 1_790_000_000)
    second = witness_of("w2", trust_of(watched.house), tmp_path, watched.house.chain)
    made = second.add_checkpoint(AddCheckpoint(4, (), str(note)).to_bytes(), 1_790_000_060)
    assert made.cosigned_at(second.key) == 1_790_000_060


# -------------------------------------------------------------------------------------------------------- its limits


def test_a_full_witness_says_so_and_every_answer_has_its_headers(watched: Watched) -> None:
    """Requests that wait for its node are few; who comes beyond them is told at once."""
    go_on, begun = Event(), Semaphore(0)

    class Held:
        def add_checkpoint(self, body: bytes, at: int) -> object:
            begun.release()
            assert go_on.wait(20)
            raise Malformed("held")

    settings = Settings(connections_per_client=1_000)
    witness: Any = Held()
    with listening(create_witness(witness, settings=settings)) as port:
        most = LIMITS.threads + LIMITS.waiting

        def ask(number: int) -> Answer:
            with Caller(port, f"127.0.1.{number % 3 + 1}") as caller:
                return caller.ask("/add-checkpoint", "POST", b"x", "text/plain")

        with ThreadPoolExecutor(most + 5) as pool:
            asked = [pool.submit(ask, number) for number in range(most + 5)]
            assert all(begun.acquire(timeout=20) for _ in range(LIMITS.threads))
            assert until(lambda: sum(one.done() for one in asked) == 5, 20)
            with Caller(port) as caller:
                other = [caller.ask(path) for path in ("/nowhere", "/add-checkpoint")]
            go_on.set()
            answers = [one.result(20) for one in asked]
    refused = [answer for answer in answers if answer.status == 503]
    assert [(answer.body, answer.header("retry-after")) for answer in refused] == [
        (b"this witness cannot say at the moment\n", "5")
    ] * 5
    assert [answer.status for answer in other] == [404, 405], "who needs no node is answered meanwhile"
    for answer in (*answers, *other):
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("cache-control") == "no-store"
        assert answer.header("server") is None


def test_a_stranger_may_ask_so_often_and_say_so_much(watched: Watched) -> None:
    witness: Any = watched.witness
    with listening(create_witness(witness, settings=Settings(requests_per_second=1))) as port, Caller(port) as caller:
        assert [caller.ask("/add-checkpoint", "POST", b"x").status for _ in range(4)] == [400, 400, 429, 429]
        assert caller.ask("/add-checkpoint", "POST", b"x" * 100_000).status in (413, 429)
        caller.say(b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000)
        assert b" 431 " in caller.rest().split(b"\r\n")[0]


def test_an_unexpected_error_has_constant_words(watched: Watched) -> None:
    class Broken:
        def add_checkpoint(self, body: bytes, at: int) -> object:
            raise ValueError("a secret")

    broken: Any = Broken()
    with TestClient(create_witness(broken), raise_server_exceptions=False) as client:
        answer = client.post("/add-checkpoint", content=b"x")
    assert (answer.status_code, answer.text) == (500, "an unexpected error\n")
    assert answer.headers["x-content-type-options"] == "nosniff"
