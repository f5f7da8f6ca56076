"""An operator changes the log key as docs/recovery.md says: old evidence verifies, and witnesses take the new key."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.core.checkpoints.note import SignedNote
from ledger.core.checkpoints.trust import read_trust_root
from ledger.core.checkpoints.witness_requests import AddCheckpoint
from ledger.core.evidence.reading import read_evidence
from ledger.journeys.witness import NotCosigned, WitnessRefusal
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.cli.test_cli import Shell
from tests.witnesses import witness_of


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LocalLedger]:
    """One for each test, because each changes the key of its log."""
    with houses.house(tmp_path / "house") as made:
        yield made


class Operator(Shell):
    """One who changes the key of a log that has handed out evidence and a trust root."""

    def begin(self, folder: Path) -> None:
        self.folder = folder
        self.evidence("old.json")
        self.json("trust", "-o", str(folder / "before.json"))
        self._patch.setenv("LEDGER_EARLIER_LOG_KEYS_FILE", str(folder / "earlier-log-keys.txt"))

    def evidence(self, name: str) -> SignedNote:
        """Evidence of something new in a file; its checkpoint."""
        file = self.folder / f"document-{name}"
        file.write_text(f'{{"name":"{name}"}}')
        done = self.json("declare", str(file), "--type", "380", "--key", "trader", "-o", str(self.folder / "out"))
        return self.again(name, done["declarations"][0]["id"])

    def again(self, name: str, id_: str) -> SignedNote:
        self.json("evidence", id_, "-o", str(self.folder / name))
        return read_evidence((self.folder / name).read_bytes()).checkpoint

    def store(self, file: Path) -> None:
        """Work with this store from now on, which need not exist."""
        self._patch.setenv("LEDGER_STORE_URL", f"sqlite:///{file}")

    def use(self, key: str) -> None:
        self._patch.setenv("LEDGER_LOG_KEY", key)

    def verdict(self, evidence: str, trust: str) -> tuple[int, str]:
        """Exit code, and what step 6 found."""
        files = str(self.folder / evidence), "--trust", str(self.folder / trust)
        code = self("verify", *files)[0]
        checks = self.json("verify", *files, code=code)["checks"]
        return code, next(check["code"] for check in checks if check["step"] == 6)


@pytest.fixture
def operator(
    house: LocalLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Operator:
    made = Operator(house, monkeypatch, capsys)
    made.begin(tmp_path)
    return made


def test_old_evidence_verifies_after_the_change(operator: Operator, tmp_path: Path) -> None:
    size = read_evidence((tmp_path / "old.json").read_bytes()).checkpoint.checkpoint.size
    ended = operator.json("keys", "end", "log")
    assert (ended["up_to"], ended["earlier_keys"]) == (size, 1)
    code, _, errors = operator("trust", "-o", str(tmp_path / "never.json"))
    assert (code, "log_key: has ended" in errors) == (2, True), "the key that ended signs nothing more"
    operator.json("keys", "new", "log-2", "-a", "ed25519")
    operator.use("log-2")
    listed = operator.json("trust", "-o", str(tmp_path / "after.json"))["log_keys"]
    assert [item["up_to"] for item in listed] == [size, None]
    note = operator.evidence("new.json")
    assert note.checkpoint.size > size

    assert operator.verdict("old.json", "before.json") == (0, "checkpoint.signed")
    assert operator.verdict("old.json", "after.json") == (0, "checkpoint.signed")
    assert operator.verdict("new.json", "after.json") == (0, "checkpoint.signed")
    assert operator.verdict("new.json", "before.json") == (1, "checkpoint.not_signed")
    # All checkpoints of the store are good under both keys, and the trust root is the operator's own.
    assert operator.json("audit")["good"] is True
    assert operator.json("audit", "--trust", str(tmp_path / "after.json"))["good"] is True
    assert operator.json("audit", "--trust", str(tmp_path / "before.json"), code=1)["good"] is False


def test_a_thief_of_the_old_key_signs_nothing_more(operator: Operator, tmp_path: Path) -> None:
    operator.json("keys", "end", "log", "--up-to", "3")
    operator.json("keys", "new", "log-2", "-a", "ed25519")
    operator.use("log-2")
    operator.json("trust", "-o", str(tmp_path / "after.json"))
    assert operator.verdict("old.json", "after.json") == (1, "checkpoint.key_ended")


def test_the_size_that_both_keys_know_is_signed_with_both(operator: Operator, tmp_path: Path) -> None:
    """Nothing was written since: evidence as of the same size is good under both trust roots."""
    operator.json("keys", "end", "log")
    operator.json("keys", "new", "log-2", "-a", "ed25519")
    operator.use("log-2")
    operator.json("trust", "-o", str(tmp_path / "after.json"))
    id_ = "0x" + read_evidence((tmp_path / "old.json").read_bytes()).id.hex()
    note = operator.again("same.json", id_)
    trust = read_trust_root((tmp_path / "after.json").read_bytes())
    assert [note.names(key) for key, _ in trust.log_keys] == [True, True]
    for root in ("before.json", "after.json"):
        assert operator.verdict("same.json", root) == (0, "checkpoint.signed")


def test_witnesses_accept_the_new_key_by_their_configuration(operator: Operator, tmp_path: Path) -> None:
    chain, at = operator.house.chain, int(time.time())
    before = read_trust_root((tmp_path / "before.json").read_bytes())
    first = read_evidence((tmp_path / "old.json").read_bytes()).checkpoint
    witness = witness_of("witness.example", before, tmp_path / "witness", chain)
    assert witness.add_checkpoint(AddCheckpoint(0, (), str(first)).to_bytes(), at)

    operator.json("keys", "end", "log")
    operator.json("keys", "new", "log-2", "-a", "ed25519")
    operator.use("log-2")
    operator.json("trust", "-o", str(tmp_path / "after.json"))
    second = operator.evidence("second.json")
    old, size = first.checkpoint.size, second.checkpoint.size
    proof = tuple(operator.house.follower.refresh().log.consistency(old, size))
    asked = AddCheckpoint(old, proof, str(second)).to_bytes()
    with pytest.raises(NotCosigned) as refused:
        witness.add_checkpoint(asked, at)
    assert refused.value.reason is WitnessRefusal.NOT_SIGNED

    # The witness's operator puts the new trust root in the place of the old one, and starts again on the same store.
    again = witness_of(
        "witness.example", read_trust_root((tmp_path / "after.json").read_bytes()), tmp_path / "witness", chain
    )
    assert again.add_checkpoint(asked, at).cosigned_at(again.key) == at


def test_a_key_that_is_lost_is_ended_by_its_spelling(operator: Operator, tmp_path: Path) -> None:
    """Neither keystore nor store is needed: the trust root has the key, and a witness knows the size."""
    lost = read_trust_root((tmp_path / "before.json").read_bytes()).log_key
    (tmp_path / "house" / "keys" / "log.json").unlink()
    (tmp_path / "house" / "ledger.sqlite").unlink()
    assert operator("keys", "end", "log")[0] == 2
    assert operator("keys", "end", str(lost))[0] == 2, "no store says how far it signed"
    operator.json("keys", "end", str(lost), "--up-to", "40")
    operator.json("keys", "new", "log-2", "-a", "ed25519")
    operator.use("log-2")
    operator.json("trust", "-o", str(tmp_path / "after.json"))
    note = operator.evidence("anew.json")
    assert note.checkpoint.size < 40
    assert operator.verdict("old.json", "after.json") == (0, "checkpoint.signed")
    assert operator.verdict("anew.json", "after.json") == (0, "checkpoint.signed")


def moved(operator: Operator, folder: Path) -> None:
    """Export, and import with no other trust root and with that of after the change; both stores have all of it."""
    export = folder / "export"
    operator.json("export", str(export))
    exported = read_trust_root((export / "keys" / "trust.json").read_bytes())
    assert exported == read_trust_root((folder / "after.json").read_bytes())
    assert len(exported.log_keys) == 2
    for number, words in enumerate(((), ("--trust", str(folder / "after.json")))):
        operator.store(folder / f"imported-{number}.sqlite")
        made = operator.json("import", str(export), *words)
        assert (made["uncovered_entries"], made["contradicting_checkpoints"]) == (0, [])
        audited = operator.json("audit", "--trust", str(folder / "after.json"))
        assert audited["good"] is True
        found = next(item for item in audited["findings"] if item["name"] == "store checkpoints")
        assert found["status"] == "VALID"
    operator.store(folder / "imported-2.sqlite")
    old = operator("import", str(export), "--trust", str(folder / "before.json"))
    assert old[0] == 1, "a trust root of before knows no key that signed the newest checkpoint"


def test_a_log_with_two_keys_moves_house(operator: Operator, tmp_path: Path) -> None:
    operator.json("keys", "end", "log")
    operator.json("keys", "new", "log-2", "-a", "ed25519")
    operator.use("log-2")
    operator.evidence("new.json")
    operator.json("trust", "-o", str(tmp_path / "after.json"))
    moved(operator, tmp_path)


def test_a_log_that_lost_store_and_key_moves_house(operator: Operator, tmp_path: Path) -> None:
    """It comes back from the chain and from what a holder kept, signs anew, and everything is exported then."""
    lost = read_trust_root((tmp_path / "before.json").read_bytes()).log_key
    size = read_evidence((tmp_path / "old.json").read_bytes()).checkpoint.checkpoint.size
    (tmp_path / "house" / "keys" / "log.json").unlink()
    (tmp_path / "house" / "ledger.sqlite").unlink()
    operator.json("keys", "end", str(lost), "--up-to", str(size + 5))
    operator.json("keys", "new", "log-2", "-a", "ed25519")
    operator.use("log-2")
    operator.json("rebuild", str(tmp_path / "old.json"), "--trust", str(tmp_path / "before.json"))
    operator.evidence("anew.json")
    operator.json("trust", "-o", str(tmp_path / "after.json"))
    moved(operator, tmp_path)
    operator.store(tmp_path / "imported-0.sqlite")
    id_ = "0x" + read_evidence((tmp_path / "old.json").read_bytes()).id.hex()
    operator.again("again.json", id_)
    assert operator.verdict("again.json", "after.json") == (0, "checkpoint.signed")


def test_what_cannot_be_ended(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / "earlier-log-keys.txt"
    operator.json("keys", "end", "log", "--up-to", "9")
    held = file.read_bytes()
    operator.json("keys", "new", "log-2", "-a", "ed25519")
    for words, said in [
        (("log",), "has the id of a key before it"),
        (("log-2", "--up-to", "8"), "must be at least that of the key before it"),
        (("trader",), "no Ed25519 key of the name trader"),
        (("log-2",), "the store has no checkpoint"),
    ]:
        code, _, errors = operator("keys", "end", *words)
        assert (code, said in errors.replace("\n", " ")) == (2, True), errors
    assert file.read_bytes() == held
    assert [path.name for path in tmp_path.glob(".earlier*")] == []
