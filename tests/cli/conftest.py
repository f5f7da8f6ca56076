from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest


@pytest.fixture
def unshared() -> Callable[[list[str]], list[str]]:
    """Puts a command into a network namespace of its own; skips where the system does not let us make one."""
    if subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system lets nobody make a network namespace (unshare -rn)")
    return lambda command: ["unshare", "-rn", *command]
