"""``ledger council`` has a command for every resolution that the council can make."""

from __future__ import annotations

import ast
import inspect

from ledger.cli import council
from ledger.core.statements.resolutions import RESOLUTIONS


def test_each_resolution_has_a_command() -> None:
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(council))) if isinstance(node, ast.Call)]
    enacted = [call.args for call in calls if isinstance(call.func, ast.Name) and call.func.id == "_enact"]
    named = {argument.id for arguments in enacted for argument in arguments if isinstance(argument, ast.Name)}
    assert {resolution.__name__ for resolution in RESOLUTIONS} <= named
