"""The API driven by a client that was generated from its OpenAPI document, and by generated requests."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
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


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Generate the client, as an integrator would, and import it."""
    folder = tmp_path_factory.mktemp("client")
    document, config = folder / "openapi.json", folder / "config.json"
    document.write_text(openapi())
    config.write_text(json.dumps({"package_name_override": "trade_ledger_client", "post_hooks": []}))
    generator = Path(sys.executable).with_name("openapi-python-client")
    command = [str(generator), "generate", "--path", str(document), "--config", str(config), "--meta", "none"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout, done.stdout
    sys.path.insert(0, str(folder))
    yield importlib.import_module("trade_ledger_client")
    sys.path.remove(str(folder))


def test_a_generated_client_declares_and_reads(served: Served, package: Any) -> None:
    def module(name: str) -> Any:
        return importlib.import_module(f"trade_ledger_client.{name}")

    client = package.Client(base_url="http://testserver")
    client.set_httpx_client(served.client)
    made, signature = houses.declaration(served.house)
    body = module("models").SignedDeclaration.from_dict(
        {"declaration": made.to_json(), "signature": hex_text(signature)}
    )
    operations = {path.stem: path for path in Path(package.__file__).parent.glob("api/*/*.py")}

    def operation(start: str) -> Any:
        (path,) = [path for name, path in operations.items() if name.startswith(start)]
        return module(f"api.{path.parent.name}.{path.stem}")

    state = operation("declare_v1").sync(client=client, body=body)
    for _ in range(100):
        state = operation("get_declaration_v1").sync(client=client, id=state.id)
        if state.state == "final":
            break
        time.sleep(0.1)
    assert state.state == "final"
    assert state.id == hex_text(made.id(served.house.chain.origin))
    agencies = operation("list_agencies_v1").sync(client=client)
    assert [agency.code for agency in agencies] == [houses.MPI, houses.CUSTOMS, houses.CHAMBER]


@schemathesis.serializer("application/x-ndjson")
def _lines(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


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
