"""Our tlog-proofs under verifiers that nobody here wrote: Go torchwood and x/mod/sumdb, Python aics-tlog.

torchwood reads the whole format and a policy with witnesses. sumdb knows notes and trees, but no cosignatures.
aics-tlog knows notes, cosignatures and trees; its proof format is another, so it is given the parts.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ledger.core.checkpoints.note import SignedNote
from ledger.core.checkpoints.tlog_policy import tlog_policy
from ledger.core.proofs.tlog_proof import TlogProof
from tests import exports
from tests.exports import Case

MODULE = Path(__file__).parent / "tlogproof"
CASES = exports.proof_cases()
WRONG = [name for name in CASES if name != "good"]
UNSEEN = {"torchwood": {"extra"}, "sumdb": {"extra", "cosignature"}, "aics-tlog": {"extra"}}
"""What each cannot see by its nature, by the first word: extra data is the application's; sumdb has no witnesses."""


def unseen(peer: str, name: str) -> bool:
    return name.split(maxsplit=1)[0] in UNSEEN[peer]


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """What both Go verifiers say of every case: "" is yes."""
    if shutil.which("go") is None:
        pytest.skip("Go is not on the PATH")
    if subprocess.run(["go", "mod", "download"], cwd=MODULE, check=False, capture_output=True).returncode:
        pytest.skip("the Go modules of tests/peers/tlogproof are not here, or Go is too old: `make fetch` brings them")
    program = tmp_path_factory.mktemp("go") / "tlogproof"
    subprocess.run(["go", "build", "-o", program, "."], cwd=MODULE, check=True)
    run = subprocess.run([program], input=json.dumps([_go(case) for case in CASES.values()]).encode(),
                         check=True, capture_output=True)  # fmt: skip
    return dict(zip(CASES, json.loads(run.stdout), strict=True))


def _go(case: Case) -> dict[str, Any]:
    proof = TlogProof.parse(case.file)
    return {
        "Policy": tlog_policy(case.believed),
        "LogKey": str(case.believed.log_key),
        "Proof": exports.text(case.file),
        "Entry": exports.text(case.entry),
        "Index": proof.index,
        "Path": [exports.text(hash_) for hash_ in proof.path],
    }


def aics_tlog(case: Case) -> str:
    """What aics-tlog says: "" is yes."""
    how = "make setup installs it (peers.lock)"
    peer = pytest.importorskip("aics_tlog", reason=f"aics-tlog asks for Python 3.12, and runs on 3.11 too: {how}")
    proof = TlogProof.parse(case.file)
    found = peer.verify_checkpoint(
        peer.parse_note(str(proof.note)),
        peer.parse_vkey(str(case.believed.log_key)),
        [peer.parse_vkey(str(key)) for key in case.believed.witnesses],
        case.believed.threshold,
        expected_origin=str(case.believed.origin),
    )
    if not found.ok:
        return found.error or f"{found.cosignature_count} cosignatures"
    included = peer.verify_leaf_inclusion(case.entry, proof.index, found.size, list(proof.path), found.root)
    return "" if included else "not included"


@pytest.mark.parametrize("peer", ["torchwood", "sumdb"])
def test_go_accepts(go: dict[str, dict[str, str]], peer: str) -> None:
    assert go["good"][peer.capitalize()] == ""


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("peer", ["torchwood", "sumdb"])
def test_go_refuses(go: dict[str, dict[str, str]], peer: str, name: str) -> None:
    assert (go[name][peer.capitalize()] == "") is unseen(peer, name)


def test_aics_tlog_accepts() -> None:
    assert aics_tlog(CASES["good"]) == ""


@pytest.mark.parametrize("name", WRONG)
def test_aics_tlog_refuses(name: str) -> None:
    assert (aics_tlog(CASES[name]) == "") is unseen("aics-tlog", name)


def test_every_entry_under_aics_tlog() -> None:
    for number in range(6):
        file = TlogProof.of(exports.evidence(), number).to_bytes()
        assert aics_tlog(Case(file, exports.trust(), exports.entry(number))) == ""


def test_the_checkpoint_is_verbatim() -> None:
    note = CASES["good"].file.partition(b"\n\n")[2].decode()
    assert str(SignedNote.parse(note)) == note == str(exports.evidence().checkpoint)
