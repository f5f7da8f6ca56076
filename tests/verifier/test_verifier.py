"""The stand-alone verifier against the ledger's own: the same verdict on whatever history, question and defect."""

from __future__ import annotations

import ast
import importlib.util
import json
import random
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
from coincurve import PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from ledger.core import codec as co
from ledger.core import statement as st
from ledger.core.document import (
    Format,
    canonical_json,
    disclose,
    open_document,
    parse_json,
    read_redacted,
    redact,
    sniff,
    wrap,
)
from ledger.core.evidence import read_evidence
from ledger.core.pdf import embed, read_pdf
from ledger.core.policy import read_policy, read_trust_root
from ledger.core.signature import recover_address
from ledger.core.typed_data import keccak
from ledger.core.verdict import when
from ledger.core.verification import verify
from ledger.errors import LedgerError, Malformed
from tests.world import COUNCIL, CUSTOMS, ORIGIN, PLANT, Key, Witness, World

ROOT = Path(__file__).parents[2]
FILE = ROOT / "verifier" / "verify.py"
DATA = ROOT.parent / "shared" / "data"
SECOND, THIRD = Key("second plant officer"), Key("third council member")
Found = tuple[str, list[tuple[str, str, str, bool]]]


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("standalone", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["standalone"] = module
    spec.loader.exec_module(module)
    return module


alone = _load()


class Asked(NamedTuple):
    """A question, as the files that hold it."""

    evidence: bytes
    document: bytes | None
    trust: bytes | None
    policy: bytes | None
    at: int


def by_ledger(asked: Asked) -> Found:
    try:
        verdict = verify(
            read_evidence(asked.evidence),
            at=asked.at,
            document=asked.document and open_document(asked.document),
            trust=asked.trust and read_trust_root(asked.trust),
            policy=asked.policy and read_policy(asked.policy),
        )
    except Malformed:
        return "MALFORMED", []
    rows = [(check.name, check.question.name.lower(), check.status.value, check.decisive) for check in verdict.checks]
    return verdict.outcome.name, rows


def by_itself(asked: Asked) -> Found:
    try:
        verdict = alone.Verifier(
            alone.read_evidence(asked.evidence),
            asked.at,
            asked.document and alone.read_document(asked.document),
            asked.trust and alone.read_trust(asked.trust),
            alone.read_policy(asked.policy) if asked.policy else alone.Policy(),
        ).run()
    except alone.Malformed:
        return "MALFORMED", []
    rows = [(check["name"], check["question"], check["status"], check["decisive"]) for check in verdict["checks"]]
    return verdict["outcome"], rows


def question(seed: int) -> Asked:
    """A history of some decisions, attestations and what undoes them, and somebody who asks about one declaration."""
    chance = random.Random(seed)
    witnesses = [Witness("kiwi.example"), Witness("emu.example")][: chance.randrange(3)]
    world = World([COUNCIL, Key("second member")][: chance.choice([1, 2])], witnesses=witnesses)
    world.enrol("NZ-MPI", "NZ", [851], PLANT, SECOND)
    world.enrol("NZ-CUSTOMS", "NZ", [132], CUSTOMS)
    content = {"a": [1, 2.5, "x\u00e9"], "b": {"c": None, "d": True, "e": {}}, "n": 1e21}
    document = wrap(json.dumps(content).encode(), Format.JSON, seed.to_bytes(32))
    declared, other = world.declare(document.digest), world.declare(b"\x05" * 32)[0]
    id_ = declared[0].id(ORIGIN)
    batch = world.anchor([other, declared[0]])
    attested = [world.attest("NZ-MPI", 851, *batch[:2], PLANT)]
    for _ in range(chance.randrange(9)):
        officer, member = chance.choice([PLANT, SECOND]), chance.choice([co.ZERO, id_, other.id(ORIGIN)])
        until, since = world.now + chance.choice([200, 10**6]), world.now - chance.randrange(400)
        moves = [
            lambda o=officer, u=until: attested.append(world.attest("NZ-MPI", 851, *batch[:2], o, until=u)),
            lambda: world.attest("NZ-CUSTOMS", 132, *batch[:2], CUSTOMS, outcome=4),
            lambda o=officer, m=member: world.revoke(chance.choice(attested), o, m),
            lambda o=officer, s=since: world.decide(st.AttesterCompromise, o.signer, s),
            lambda: world.decide(st.AttesterRetirement, SECOND.signer),
            lambda: world.withdraw(declared[0]),
            lambda: world.decide(st.AgencySuspension, "NZ-CUSTOMS"),
            lambda: world.decide(st.MandateWithdrawal, "NZ-MPI", 851),
            lambda: world.decide(st.CouncilChange, (COUNCIL.signer, THIRD.signer), 1),
        ]
        with suppress(LedgerError):  # what the rules refuse is not written
            chance.choice(moves)()
    shown = chance.choice([None, disclose(document, []), disclose(document, ["$.b"]), redact(document, [])])
    policy = {
        "ledger": "trade-ledger/policy/1",
        "allow_skipped": chance.choice([True, False]),
        "clock_tolerance": chance.choice([0, 15, 100]),
        "max_age": chance.choice([None, 100, 1000]),
        "require": [{"kind": 851, "jurisdictions": ["NZ"], "outcomes": [1]}],
        "witnesses": chance.choice([None, 1, 2]),
    }
    return Asked(
        world.evidence(*declared, batch, document=shown).to_bytes(),
        chance.choice([None, document.to_bytes(), redact(document, ["$.a"]).to_bytes()]),
        chance.choice([world.trust.to_bytes()] * 4 + [None]),
        chance.choice([None, json.dumps(policy).encode()]),
        world.now + chance.choice([-300, -100, -10, 0, 500, 10**5]),
    )


SEEDS = some.integers(0, 2**32 - 1)
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(SEEDS)
def test_both_decide_alike(seed: int) -> None:
    asked = question(seed)
    assert by_itself(asked) == by_ledger(asked)


@SLOW
@given(SEEDS, some.data())
def test_both_judge_a_changed_byte_alike(seed: int, data: some.DataObject) -> None:
    asked = question(seed)
    at = data.draw(some.integers(0, len(asked.evidence) - 1))
    bit = 1 << data.draw(some.integers(0, 6))
    changed = asked.evidence[:at] + bytes([asked.evidence[at] ^ bit]) + asked.evidence[at + 1 :]
    asked = asked._replace(evidence=changed)
    assert by_itself(asked) == by_ledger(asked)


def test_it_imports_only_the_standard_library() -> None:
    names = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(FILE.read_bytes()))
        for name in (
            [item.name for item in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "ledger"]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_runs_where_nothing_is_installed(tmp_path: Path, seed: int) -> None:
    """Isolated, without site packages; exit code and verdict as the ledger has them."""
    asked = question(seed)
    command = [sys.executable, "-I", "-S", str(FILE), str(tmp_path / "evidence"), "--json"]
    for name in ("evidence", "document", "trust", "policy"):
        content = getattr(asked, name)
        if content is not None:
            (tmp_path / name).write_bytes(content)
            command += [] if name == "evidence" else [f"--{name}", str(tmp_path / name)]
    done = subprocess.run([*command, "--at", when(asked.at)], capture_output=True, text=True, check=False)
    outcome, rows = by_ledger(asked)
    assert done.returncode == {"GOOD": 0, "NOT_GOOD": 1, "UNDECIDED": 3}[outcome], done.stderr
    said = json.loads(done.stdout)
    assert [(item["name"], item["status"]) for item in said["checks"]] == [(row[0], row[2]) for row in rows]


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff", b"9" * 10_000, b'{"ledger":1,"ledger":1}'])
def test_what_is_no_evidence_is_told_and_nothing_breaks(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "evidence").write_bytes(content)
    command = [sys.executable, "-I", "-S", str(FILE), str(tmp_path / "evidence"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "")
    assert "error" in json.loads(done.stdout)


@given(some.binary(max_size=600))
def test_keccak(data: bytes) -> None:
    assert alone.keccak(data) == keccak(data)


@given(some.binary(min_size=32, max_size=32).filter(any), some.binary(min_size=32, max_size=32), some.integers(0, 64))
@settings(deadline=None, max_examples=40)
def test_recovered_signers(secret: bytes, digest: bytes, at: int) -> None:
    try:
        key = PrivateKey(secret)
    except ValueError:
        return
    made = key.sign_recoverable(digest, hasher=None)
    signature = made[:64] + bytes([made[64] + 27])
    assert alone.recover_address(digest, signature) == recover_address(digest, signature)
    changed = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
    assert alone.recover_address(digest, changed) == recover_address(digest, changed)


@given(some.binary(min_size=32, max_size=32), some.binary(max_size=100), some.integers(0, 63))
@settings(deadline=None, max_examples=40)
def test_ed25519(secret: bytes, message: bytes, at: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(secret)
    signature, public = key.sign(message), key.public_key().public_bytes_raw()
    assert alone.ed25519_fits(public, message, signature)
    assert not alone.ed25519_fits(public, message + b"x", signature)
    changed = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
    assert not alone.ed25519_fits(public, message, changed)


@given(some.floats(allow_nan=False, allow_infinity=False))
@example(5e-324)
@example(1e21)
@example(1e-7)
@example(-0.0)
def test_numbers_are_printed_as_rfc_8785_has_them(value: float) -> None:
    assert alone.number_text(value).encode() == canonical_json(value)


@given(some.text(alphabet='[]{}":,0123456789eE+-. \\untrfalsx\u00e9\ud7ff', max_size=30))
def test_json_is_read_alike(text: str) -> None:
    data = text.encode()
    try:
        expected: object = parse_json(data)
    except Malformed:
        with pytest.raises(alone.Malformed):
            alone.parse_json(data, 100, 100_000)
    else:
        assert alone.parse_json(data, 100, 100_000) == expected


def test_evidence_in_a_pdf(tmp_path: Path) -> None:
    """Cut where the ledger cuts; a PDF that was changed after, or lies about places, is told."""
    pdf = (ROOT / "samples/avocado/certificate-of-origin.pdf").read_bytes()
    wrapped = wrap(pdf, Format.OPAQUE, bytes(32)).to_bytes()
    evidence = question(1).evidence
    assert (
        alone.cut_pdf(embed(pdf, evidence, wrapped)) == (evidence, wrapped) == read_pdf(embed(pdf, evidence, wrapped))
    )
    made = embed(pdf, evidence)
    assert alone.cut_pdf(made) == (evidence, None)
    places = re.compile(rb"(%ledger/pdf/1 [0-9]+ )[0-9]+")
    for changed in (pdf, made + b"\n", made[:-1], places.sub(rb"\g<1>0", made), places.sub(rb"\g<1>99999999", made)):
        with pytest.raises(alone.Malformed):
            alone.cut_pdf(changed)
    (tmp_path / "proven.pdf").write_bytes(made)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(FILE), str(tmp_path / "proven.pdf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, "no trust root"
    assert "not what was added to its pages" in done.stdout


def _documents() -> list[Path]:
    folders = [ROOT / "samples"] + ([DATA] if DATA.is_dir() else [])
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in files if path.stat().st_size < 1 << 20]


def test_digests_of_real_documents() -> None:
    """Every sample, and every third-party document that is present, wrapped and redacted."""
    count = 0
    for path in _documents():
        data = path.read_bytes()
        try:
            wrapped = wrap(data, sniff(data, path.name), bytes(range(32)))
        except Malformed:
            continue
        assert alone.read_document(wrapped.to_bytes()).digest == wrapped.digest, path
        copy = disclose(wrapped, []).to_bytes() if count % 2 else redact(wrapped, []).to_bytes()
        assert alone.read_document(copy).digest == read_redacted(copy).digest == wrapped.digest, path
        count += 1
    assert count >= 19
