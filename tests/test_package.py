"""The wheel holds all that an installed ledger needs: no compiler, no Node, no checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEEDED = [
    "ledger/artifact/TradeLedger.json",
    "ledger/manual/README.txt",
    "ledger/manual/evidence-format.md",
    "ledger/manual/formats.md",
    "ledger/manual/verify.py",
    "ledger/py.typed",
    "ledger/edges/store/migrations/env.py",
    "ledger/edges/store/migrations/versions/r0001_tables.py",
    "ledger/cli/__init__.py",
    "ledger/core/document/xml_fields.py",
    "api/routes/ledger/declarations.py",
    "api/portal/static/q.html",
    "api/portal/static/q.css",
    "api/portal/static/q.js",
]


def test_the_wheel_works_alone(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        assert [name for name in NEEDED if name not in names] == []
        assert not [
            name for name in names if name.startswith(("tests/", "scripts/", "samples/", "bench/", "ledger/testing/"))
        ]
        packed.extractall(tmp_path / "installed")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import ledger, ledger.artifact;"
        "from ledger.edges.store import Store; from ledger.core.statements.origin import Origin;"
        "assert ledger.__file__.startswith(sys.argv[1]);"
        "assert ledger.artifact.load().bytecode;"
        "Store.open(f'sqlite:///{sys.argv[1]}/ledger.sqlite', Origin(1, bytes(20), bytes(32))).close()"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "installed")], check=True, cwd=tmp_path)
