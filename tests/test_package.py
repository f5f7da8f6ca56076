"""The wheel holds all that an installed ledger needs: no compiler, no Node, no checkout.

It is installed as `pipx install` does, into an environment of its own, which has only what the wheel says that it
needs. That is taken from the environment of the tests, so that no registry is asked.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from ledger.testing.local_ledger import LocalLedger

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "conformance"
SOURCES = ("api", "ledger", "docs", "verifier", "LICENSE", "README.md", "pyproject.toml")
DATA = {
    "api/portal/locale/ar/portal.po",
    "api/portal/locale/es/portal.po",
    "api/portal/locale/fr/portal.po",
    "api/portal/static/decide.js",
    "api/portal/static/declare.js",
    "api/portal/static/document.js",
    "api/portal/static/documents.js",
    "api/portal/static/history.js",
    "api/portal/static/icon.svg",
    "api/portal/static/live.js",
    "api/portal/static/portal.css",
    "api/portal/static/reader.js",
    "api/portal/static/revoke.js",
    "api/portal/static/sign_in.js",
    "api/portal/templates/account.html",
    "api/portal/templates/parts/signing.html",
    "api/portal/templates/sign_in.html",
    "api/portal/templates/agencies.html",
    "api/portal/templates/agency.html",
    "api/portal/templates/attestation.html",
    "api/portal/templates/base.html",
    "api/portal/templates/cases.html",
    "api/portal/templates/declaration.html",
    "api/portal/templates/declare.html",
    "api/portal/templates/document.html",
    "api/portal/templates/documents.html",
    "api/portal/templates/entry.html",
    "api/portal/templates/error.html",
    "api/portal/templates/history.html",
    "api/portal/templates/home.html",
    "api/portal/templates/inbox.html",
    "api/portal/templates/parts.html",
    "api/portal/templates/parts/answers.html",
    "api/portal/templates/parts/inbox_tabs.html",
    "api/portal/templates/parts/problem.html",
    "api/portal/templates/privacy.html",
    "api/portal/templates/said.html",
    "ledger/artifact/TradeLedger.json",
    "ledger/manual/README.txt",
    "ledger/manual/evidence-format.md",
    "ledger/manual/exit.md",
    "ledger/manual/formats.md",
    "ledger/manual/help/exit-codes.md",
    "ledger/manual/help/files.md",
    "ledger/manual/help/output.md",
    "ledger/manual/help/passphrases.md",
    "ledger/manual/help/patterns.md",
    "ledger/manual/pdf.md",
    "ledger/manual/q.html",
    "ledger/manual/sign.html",
    "ledger/manual/verify.html",
    "ledger/py.typed",
}
"""Every file of the wheel that is no module. A new one must be listed here, so that none comes in unseen."""
METADATA = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE", "top_level.txt"}
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources: a build leaves files behind, which the next one would pack."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        place = folder / "sources" / name
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            place.parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, place)
    build = [*PIP, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(folder / "sources")]
    subprocess.run(build, check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an environment that has the wheel and what it needs, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    programs = folder / "bin"
    subprocess.run([*PIP, "--python", str(programs / "python"), "install", "--no-deps", str(wheel)], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in _needed("trade-ledger"):
        if name != "trade-ledger":
            _link(importlib.metadata.distribution(name), packages)
    return programs


def _needed(name: str) -> set[str]:
    """The packages that a package needs, itself included, without extras; from the test's own environment."""
    found: set[str] = set()
    left = [Requirement(name)]
    while left:
        wanted = left.pop()
        known = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if known in found and not wanted.extras:
            continue
        found.add(known)
        for line in importlib.metadata.requires(wanted.name) or ():
            inner = Requirement(line)
            extras = ("", *wanted.extras)
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in extras):
                left.append(inner)
    return found


def _link(package: importlib.metadata.Distribution, into: Path) -> None:
    for file in package.files or ():
        place = into / str(file)
        if ".." not in file.parts and "__pycache__" not in file.parts and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(Path(str(package.locate_file(file))).resolve())


def ledger(
    programs: Path, folder: Path, *words: str, code: int = 0, **settings: object
) -> subprocess.CompletedProcess[str]:
    """Run the installed program as on a machine that has nothing else: no Node on the path, no checkout around."""
    done = subprocess.run(
        [str(programs / "ledger"), *words],
        cwd=folder,
        env=_environment(programs, folder, settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, (words, done.stdout, done.stderr)
    return done


def _environment(programs: Path, folder: Path, settings: dict[str, object]) -> dict[str, str]:
    named = {f"LEDGER_{name.upper()}": str(value) for name, value in settings.items()}
    return {"PATH": str(programs), "HOME": str(folder), "LANG": "C.UTF-8", **named}


def test_the_wheel_installs_these_files_and_no_others(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    about = wheel.name.partition("-py3")[0] + ".dist-info"
    assert {name.partition("/")[0] for name in names} == {"api", "ledger", about}
    assert {name.removeprefix(f"{about}/") for name in names if name.startswith(about)} == METADATA
    ours = {name for name in names if not name.startswith(about)}
    assert {name for name in ours if not name.endswith(".py")} == DATA
    modules = {str(path.relative_to(ROOT)) for top in ("api", "ledger") for path in (ROOT / top).rglob("*.py")}
    assert {name for name in ours if name.endswith(".py")} == {
        name for name in modules if not name.startswith("ledger/testing/")
    }


def test_a_bank_verifies_with_the_installed_program_alone(installed: Path, tmp_path: Path) -> None:
    assert not shutil.which("node", path=str(installed))
    assert ledger(installed, tmp_path, "--version").stdout == "0.1.0\n"
    for name, code in (("at_its_validity", 0), ("at_the_revocation_fail", 1)):
        case = CASES / name
        asked = json.loads((case / "case.json").read_text())
        times = ["--clock", asked["clock"], "--at", asked["at"]]
        ledger(installed, tmp_path, "verify", f"{case}/evidence.json", "-t", f"{case}/trust.json", *times, code=code)
    for topic in ("patterns", "files", "codes", "settings"):
        assert ledger(installed, tmp_path, "help", topic).stdout.startswith("# ")
    assert "complete" in ledger(installed, tmp_path, "completion", "bash").stdout
    assert list(tmp_path.iterdir()) == []


def test_it_serves_a_chain_elsewhere_and_a_trader_asks_it(installed: Path, house: LocalLedger, tmp_path: Path) -> None:
    """The operator and the trader have the wheel only; the chain is somebody else's."""
    server, trader = tmp_path / "server", tmp_path / "trader"
    server.mkdir()
    trader.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shutil.copytree(house.folder / "keys", server / "keys")
    settings = {
        "rpc_url": house.devchain.url, "origin": house.chain.origin, "state_dir": server / "state", "api_port": port,
        "keystore_dir": server / "keys", "passphrase_file": house.passphrase_file, "log_key": "log",
    }  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    (trader / "invoice.xml").write_bytes(b"<Invoice><ID>42</ID><Price>100.00</Price></Invoice>")
    (trader / "passphrase").write_text("four random words here\n")
    asks = {"api": url, "passphrase_file": "passphrase"}
    ledger(installed, server, "trust", "-o", str(trader / "trust.json"), **settings)
    with _serving(installed, server, url, settings):
        ledger(installed, trader, "keys", "new", "trader", **asks)
        done = ledger(
            installed, trader, "declare", "invoice.xml", "--type", "380", "-k", "trader", "--trust", "trust.json",
            "--json", **asks,
        )  # fmt: skip
        (declared,) = json.loads(done.stdout)["declarations"]
        ledger(
            installed, trader, "evidence", declared["id"], "-d", declared["wrapped"], "--disclose", "//ID",
            "-o", "evidence.json", **asks,
        )  # fmt: skip
    said = ledger(installed, trader, "verify", "evidence.json", "-t", "trust.json").stdout
    assert said.startswith("GOOD, without any agency's word: commercial invoice")


@contextmanager
def _serving(programs: Path, folder: Path, url: str, settings: dict[str, object]) -> Iterator[None]:
    with (folder / "log").open("wb") as log, subprocess.Popen(
        [str(programs / "ledger"), "serve"], cwd=folder, env=_environment(programs, folder, settings), stdout=log,
        stderr=log,
    ) as process:  # fmt: skip
        try:
            ends = time.monotonic() + 60
            while not _answers(url):
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < ends, (folder / "log").read_text()
                time.sleep(0.2)
            yield
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{url}/health/ready", timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def test_the_environment_of_the_wheel_is_its_own(installed: Path) -> None:
    """What only tests need cannot be imported there: else the test above would prove nothing."""
    for name, code in (("ledger", 0), ("fastapi", 0), ("pytest", 1), ("hypothesis", 1), ("ledger.testing", 1)):
        run = [str(installed / "python"), "-c", f"import {name}"]
        done = subprocess.run(run, cwd=installed, env={"PATH": os.defpath}, capture_output=True, check=False)
        assert done.returncode == code, name
