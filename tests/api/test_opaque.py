"""An opaque document over HTTP: its owner wraps it with the command line, and only the digest goes to the server first.

Some are no text, one is data that the reader of its format refuses.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import main
from tests.api.conftest import Served
from tests.api.test_api import attest_body, declared
from tests.conformance.parts import policy

PDF = (Path(__file__).parents[1] / "vectors" / "pdf" / "original.pdf").read_bytes()
DOCUMENTS = {
    "certificate.pdf": PDF,
    "scan.tiff": b"II*\0" + bytes(range(256)),
    "twice.json": b'{"total":100,"total":900}',
}


class Owner:
    """Runs ``ledger`` where the document is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def runs(self, *words: object) -> dict[str, Any]:
        self._monkeypatch.setattr(sys, "argv", ["ledger", *map(str, words), "--json"])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self._capsys.readouterr().out
        assert not ended.value.code, printed
        value: dict[str, Any] = json.loads(printed)
        return value


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Owner:
    return Owner(monkeypatch, capsys)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_declared_attested_and_verified(served: Served, owner: Owner, tmp_path: Path, name: str) -> None:
    file, copy = tmp_path / name, tmp_path / "copy"
    file.write_bytes(DOCUMENTS[name])
    wrapped = owner.runs("wrap", file, "--format", "opaque")
    assert (wrapped["format"], wrapped["fields"]) == ("opaque", 1)
    id_, made = declared(served, bytes.fromhex(wrapped["digest"][2:]))
    relayed = served.client.post("/v1/attestations", json=attest_body(served, [id_]))
    assert relayed.status_code == 201, relayed.text
    assert served.client.get(f"/v1/declarations/{id_}").json()["declaration"]["digest"] == wrapped["digest"]
    evidence = served.client.get(f"/v1/declarations/{id_}/evidence").json()
    assert evidence["declaration"]["digest"] == "0x" + made.digest.hex()

    def verdict(document: bytes, **demands: Any) -> dict[str, Any]:
        asked = {"evidence": evidence, "document": base64.b64encode(document).decode()}
        answer = served.client.post("/v1/verifications", json=asked | {"policy": json.loads(policy(**demands))})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    whole = Path(wrapped["file"]).read_bytes()
    assert whole.endswith(b"\n" + DOCUMENTS[name])
    found = verdict(whole, show=["*"], max_hidden=0)
    assert (found["conclusion"], set(found["questions"].values())) == ("GOOD", {"VALID"})
    assert (found["fields"], len(found["attested_by"])) == ({"shown": 1, "hidden": 0}, 1)

    for changed in (whole[:-1] + bytes([whole[-1] ^ 1]), whole + b"\n", whole[:-1]):
        found = verdict(changed)
        assert (found["conclusion"], found["questions"]["intact"]) == ("NOT_GOOD", "INVALID")
        assert [item["code"] for item in found["checks"] if item["status"] == "INVALID"] == ["document.another"]

    owner.runs("redact", wrapped["file"], "--hide", "*", "-o", copy)
    found = verdict(copy.read_bytes())
    assert (found["conclusion"], found["fields"]) == ("GOOD", {"shown": 0, "hidden": 1})
    assert verdict(copy.read_bytes(), show=["*"])["conclusion"] == "NOT_GOOD"
    assert verdict(copy.read_bytes(), max_hidden=0)["conclusion"] == "NOT_GOOD"
