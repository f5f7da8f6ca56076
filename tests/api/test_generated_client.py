"""The API driven by clients that were generated from its OpenAPI document, in two languages, and by generated requests.

Each generator has to be content with the document: it says nothing on either stream that warns.
"""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ledger.core.encoding.reading import hex_text
from scripts.generated import openapi
from tests import houses
from tests.api.conftest import Served
from tests.api.listening import listening

ROOT = Path(__file__).parents[2]
INTEGRATOR = ROOT / "tests" / "clients" / "integrator.ts"
STRANGER = "urn:trade-ledger:"
# As strict as TypeScript has it; the modules of the generated client have no file endings.
TSC = [
    "--strict",
    "--target",
    "es2022",
    "--module",
    "commonjs",
    "--moduleResolution",
    "node10",
    "--lib",
    "es2022,dom,dom.iterable",
]


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, check=False)


def generate_python(document: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Generate the client in Python, as an integrator would."""
    (folder / "openapi.json").write_text(document)
    config = folder / "config.json"
    config.write_text(json.dumps({"package_name_override": "trade_ledger_client", "post_hooks": []}))
    generator = Path(sys.executable).with_name("openapi-python-client")
    words = ["generate", "--path", "openapi.json", "--config", config.name, "--meta", "none"]
    return run(generator, *words, folder=folder)


def compile_integrator(folder: Path) -> subprocess.CompletedProcess[str]:
    """Compile the integrator's program in ``folder``; it asks no ``package.json`` of the folders above what it is."""
    (folder / "package.json").write_text('{"type": "commonjs"}')
    return run(ROOT / "node_modules/.bin/tsc", *TSC, "--outDir", "made", INTEGRATOR.name, folder=folder)


def generate_typescript(document: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Generate the client in TypeScript."""
    (folder / "openapi.json").write_text(document)
    return run(ROOT / "node_modules/.bin/openapi-ts", "-i", "openapi.json", "-o", "client", folder=folder)


Generate = Callable[[str, Path], subprocess.CompletedProcess[str]]
GENERATORS: list[Generate] = [generate_python, generate_typescript]


def complaints(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What a generator says of the document that it would not say of a good one; it may use either stream."""
    said = [
        *done.stderr.splitlines(),
        *(line for line in done.stdout.splitlines() if re.search("warn|error", line, re.I)),
    ]
    return [line for line in said if line.strip()] + ([f"exit code {done.returncode}"] if done.returncode else [])


@pytest.mark.parametrize("generate", GENERATORS)
def test_the_document_generates_a_client_without_a_warning(generate: Generate, tmp_path: Path) -> None:
    assert complaints(generate(openapi(), tmp_path)) == []


def broken(document: dict[str, Any], how: str) -> dict[str, Any]:
    """The document with one thing wrong that a generator cannot make anything of."""
    bulk = document["paths"]["/v1/declarations/bulk"]["post"]
    if how == "a type of lines":
        bulk["requestBody"]["content"]["application/x-ndjson"] = {"schema": {"type": "string"}}
    elif how == "an answer of a type that no client knows":
        bulk["responses"]["200"]["content"] = {"application/x-ndjson": {"schema": {"type": "string"}}}
    else:
        document["components"]["schemas"]["SignedDeclaration"]["properties"]["declaration"] = {"$ref": "#/nowhere"}
    return document


@pytest.mark.parametrize(
    ("generate", "how"),
    [
        (generate_python, "a type of lines"),
        (generate_python, "an answer of a type that no client knows"),
        (generate_python, "a model that is not there"),
        (generate_typescript, "a model that is not there"),
    ],
)
def test_a_document_that_is_broken_is_noticed(generate: Generate, how: str, tmp_path: Path) -> None:
    """Otherwise the test above could not fail: the generators warn on one stream and succeed."""
    document = json.dumps(broken(json.loads(openapi()), how))
    assert complaints(generate(document, tmp_path)) != []


def test_every_body_and_every_error_has_a_model() -> None:
    """Generated clients then have classes for them; bytes and text are what they are."""
    document = json.loads(openapi())
    operations = [item for methods in document["paths"].values() for item in methods.values()]
    names = [item["operationId"] for item in operations]
    assert len(names) == len(set(names)) >= 25
    for item in operations:
        for status, answer in item["responses"].items():
            for media, content in answer.get("content", {}).items():
                schema = content["schema"]
                if int(status) >= 400:
                    assert (media, schema) == ("application/problem+json", {"$ref": "#/components/schemas/Problem"})
                elif media == "application/json":
                    assert schema.get("$ref") or schema["items"]["$ref"], item["operationId"]
        for media, content in item.get("requestBody", {}).get("content", {}).items():
            is_model = "$ref" in content["schema"]
            assert (media, is_model) in (("application/json", True), ("application/octet-stream", False)), item
    verification = document["components"]["schemas"]["VerificationBody"]["properties"]
    assert verification["evidence"] == {"$ref": "#/components/schemas/EvidenceFile"}


@pytest.fixture(scope="module")
def url(served: Served) -> Iterator[str]:
    """A second server over the same store, which listens on a port."""
    with listening(served.client.app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("client")
    assert complaints(generate_python(openapi(), folder)) == []
    sys.path.insert(0, str(folder))
    yield importlib.import_module("trade_ledger_client")
    sys.path.remove(str(folder))


def signed(served: Served) -> dict[str, Any]:
    made, signature = houses.declaration(served.house)
    return {"declaration": made.to_json(), "signature": hex_text(signature)}


def forged(served: Served) -> dict[str, Any]:
    return signed(served) | {"signature": signed(served)["signature"]}


def test_a_client_in_python(served: Served, package: Any) -> None:
    def call(place: str, **more: Any) -> Any:
        return importlib.import_module(f"trade_ledger_client.api.{place}").sync(client=client, **more)

    models = importlib.import_module("trade_ledger_client.models")
    client = package.Client(base_url="http://testserver")
    client.set_httpx_client(served.client)
    said = models.SignedDeclaration.from_dict(signed(served))
    state = call("declarations.declare", body=said)
    others = models.SignedDeclarations.from_dict({"declarations": [signed(served), forged(served)]})
    first, second = call("declarations.declare_many", body=others).results
    assert (first.line, first.status, second.line, second.status) == (1, 202, 2, 403)
    assert second.type_ == STRANGER + "PartyKeyMismatch"
    for _ in range(200):
        state = call("declarations.get_declaration", id=state.id)
        if state.state == "final":
            break
        time.sleep(0.1)
    assert state.state == "final"
    evidence = call("declarations.get_evidence", id=state.id)
    assert evidence.declaration.to_dict() == said.declaration.to_dict()
    assert evidence.inclusions[0].size == state.batch_size
    verdict = call("verifications.verify", body=models.VerificationBody(evidence=evidence, online=False))
    assert (verdict.conclusion, verdict.checks[0].code) == ("UNDECIDED", "document.not_given")
    proof = importlib.import_module("trade_ledger_client.api.declarations.get_tlog_proof")
    assert proof.sync(client=client, id=state.id).startswith("c2sp.org/tlog-proof")
    for made in (
        call("declarations.declare", body=models.SignedDeclaration.from_dict(forged(served))),
        call("declarations.get_declaration", id="0x" + "00" * 32),
        call("history.get_agency", code="nobody"),
    ):
        assert isinstance(made, models.Problem)
        assert made.detail


def test_a_client_in_typescript(served: Served, url: str, tmp_path: Path) -> None:
    """Compiled as strictly as TypeScript can, and run by Node against a server that listens."""
    assert complaints(generate_typescript(openapi(), tmp_path)) == []
    shutil.copy(INTEGRATOR, tmp_path)
    compiled = compile_integrator(tmp_path)
    assert compiled.returncode == 0, compiled.stdout
    session = served.client.headers["Authorization"].removeprefix("Bearer ")
    good = [signed(served) for _ in range(3)]
    given = {"url": url, "session": session, "good": good, "forged": forged(served)}
    done = run("node", "made/integrator.js", json.dumps(given), folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["state"] == "final"
    assert found["results"] == [[1, 202, None], [2, 202, None], [3, 403, STRANGER + "PartyKeyMismatch"]]
    assert found["entries"] >= 2
    assert found["batch"] >= 1
    assert (found["conclusion"], found["listed"]) == ("UNDECIDED", 1)
    assert "origin.nothing_trusted" in found["codes"]
    assert found["problems"] == [
        [403, STRANGER + "PartyKeyMismatch", "string"], [401, STRANGER + "NotSignedIn", "string"],
        [404, STRANGER + "UnknownDeclaration", "string"], [422, STRANGER + "Malformed", "string"],
        [403, STRANGER + "ReadingForbidden", "string"],
    ]  # fmt: skip


def test_the_compiler_notices_a_member_that_is_not_there(tmp_path: Path) -> None:
    """So that the types are held to what is used of them."""
    document = json.loads(openapi())
    del document["components"]["schemas"]["BulkResult"]["properties"]["line"]
    document["components"]["schemas"]["BulkResult"]["required"].remove("line")
    assert complaints(generate_typescript(json.dumps(document), tmp_path)) == []
    shutil.copy(INTEGRATOR, tmp_path)
    compiled = compile_integrator(tmp_path)
    assert compiled.returncode != 0
    assert "'line' does not exist on type 'BulkResult'" in compiled.stdout


schema = schemathesis.openapi.from_dict(json.loads(openapi()))


@pytest.fixture
def server(served: Served) -> Any:
    return served.client.app


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_generated_requests_get_documented_answers(case: Any, server: Any) -> None:
    """No request, well-formed or not, gets an undocumented answer or one of another shape than the document says."""
    response = case.call(app=server)
    assert response.status_code < 500 or response.status_code == 503, response.text
    case.validate_response(
        response, checks=[status_code_conformance, response_schema_conformance, content_type_conformance]
    )
