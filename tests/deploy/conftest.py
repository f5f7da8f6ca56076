from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parent / "containers"
Understood = Callable[..., Any]


@pytest.fixture(scope="session")
def understood(tmp_path_factory: pytest.TempPathFactory) -> Understood:
    """What compose or BuildKit understand of a file, by their own parsers; go.sum pins them."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("there is no Go on this machine, and the parsers of compose and BuildKit are written in it")
    binary = tmp_path_factory.mktemp("containers") / "containers"
    built = subprocess.run(
        [go, "build", "-mod=readonly", "-o", binary, "."], cwd=SOURCE, capture_output=True, text=True, check=False
    )
    if built.returncode:
        pytest.skip(f"Go cannot build the parsers of compose and BuildKit (`make fetch`): {built.stderr[-300:]}")

    def run(*words: object) -> Any:
        done = subprocess.run([binary, *map(str, words)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
