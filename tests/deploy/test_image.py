"""deploy/Containerfile: pinned, without shells and root, and what it says makes a server that answers."""

from __future__ import annotations

import re
import socket
import subprocess
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ledger.core.statements.signature import Algorithm
from ledger.testing.local_ledger import LocalLedger
from tests.deploy.conftest import Understood
from tests.deploy.image import Image

ROOT = Path(__file__).parents[2]
CONTAINERFILE = ROOT / "deploy" / "Containerfile"
LOCKED = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)
AGAIN = """make it anew:
uv pip compile --universal --generate-hashes --no-annotate --no-header -p 3.11 -c requirements.lock pyproject.toml \
deploy/build.in -o deploy/requirements.lock"""


def locked(path: Path) -> dict[str, str]:
    return dict(LOCKED.findall(path.read_text()))


@pytest.fixture(scope="module")
def said(understood: Understood) -> Mapping[str, Any]:
    made: Mapping[str, Any] = understood("containerfile", CONTAINERFILE)
    return made


def test_the_parser_warns_of_nothing(said: Mapping[str, Any]) -> None:
    assert said["warnings"] == []


def test_bases_are_named_to_the_patch(said: Mapping[str, Any]) -> None:
    assert {stage["base"] for stage in said["stages"]} == {"docker.io/library/python:3.11.14-slim-bookworm"}


def test_it_runs_as_nobody_in_particular(said: Mapping[str, Any]) -> None:
    users = [step["words"][0] for step in said["stages"][-1]["steps"] if step["name"] == "USER"]
    assert users == ["10001:10001"]


def test_only_what_is_copied_leaves_the_folder(said: Mapping[str, Any]) -> None:
    copied = {
        word
        for stage in said["stages"]
        for step in stage["steps"]
        if step["name"] == "COPY" and not step["from"]
        for word in step["words"][:-1]
    }
    lines = (ROOT / "deploy/Containerfile.dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == copied
    assert all((ROOT / path).exists() for path in copied)


def test_the_image_has_the_versions_that_are_tested_and_no_tools() -> None:
    image, tested = locked(ROOT / "deploy/requirements.lock"), locked(ROOT / "requirements.lock")
    differing = {name: version for name, version in image.items() if tested.get(name) != version}
    assert not differing, f"{differing}; {AGAIN}"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[\[<>=; ]", name)[0].lower() for name in project["dependencies"]}
    assert wanted <= set(image), f"{wanted - set(image)} missing; {AGAIN}"
    assert not {"pytest", "mypy", "slither-analyzer", "hypothesis"} & set(image)


def test_what_it_says_makes_a_server_that_answers(said: Mapping[str, Any], house: LocalLedger, tmp_path: Path) -> None:
    """The steps are done in a folder. What only a container adds (its user, its isolation) is not tried here."""
    image = Image(tmp_path / "image", ROOT)
    image.root.mkdir()
    (image.root / "var/lib/ledger").mkdir(parents=True)
    image.build(said["stages"])
    assert not list(image.root.glob("opt/ledger/lib/*/site-packages/pip"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    house.key("log", Algorithm.ED25519)
    variables = image.variables() | {
        "LEDGER_RPC_URL": house.devchain.url,
        "LEDGER_ORIGIN": str(house.chain.origin),
        "LEDGER_KEYSTORE_DIR": str(house.folder / "keys"),
        "LEDGER_PASSPHRASE_FILE": str(house.passphrase_file),
        "LEDGER_LOG_KEY": "log",
        "LEDGER_API_HOST": "127.0.0.1",
        "LEDGER_API_PORT": str(port),
    }
    workdir = image.inside(".")
    command = [str(image.root / "opt/ledger/bin/ledger"), *image.command]
    assert image.entrypoint == ["ledger"]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, env=variables, cwd=workdir, stdout=log, stderr=log)
    try:
        health = [str(image.root / "opt/ledger/bin/python"), *image.words(image.health[1:])[1:]]
        assert image.health[:2] == ["CMD", "python"]
        for _ in range(100):
            healthy = subprocess.run(health, env=variables, cwd=workdir, capture_output=True, check=False)
            if healthy.returncode == 0 or server.poll() is not None:
                break
            time.sleep(0.2)
        assert healthy.returncode == 0, (tmp_path / "log").read_text()
    finally:
        server.terminate()
        server.wait()
    assert (workdir / "ledger.sqlite").exists()  # state lies where the volume is
    unhealthy = subprocess.run(health, env=variables, cwd=workdir, capture_output=True, check=False)
    assert unhealthy.returncode != 0
