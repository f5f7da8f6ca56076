"""``ledger completion``: a script by which a shell completes commands and options."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stdout, suppress
from enum import StrEnum
from typing import Annotated

import typer

from ledger.cli.inputs import Json
from ledger.cli.output import print_line, show

PROGRAM = "ledger"
VARIABLE = "_LEDGER_COMPLETE"
"""By this variable the script asks the program, and by it one asks the program for the script."""


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    shell: Annotated[Shell, typer.Argument(help="The shell that completes.")], as_json: Json = False
) -> None:
    """Print the script by which a shell completes commands and options. `ledger help output` says where it goes.

    Example: `ledger completion bash > ~/.local/share/bash-completion/completions/ledger`
    """
    script = _script(shell)

    def human() -> None:
        for line in script.splitlines():
            print_line(line)

    show(as_json, {"shell": shell.value, "script": script}, human)


def _script(shell: Shell) -> str:
    from ledger.cli import app  # which lists this command

    os.environ[VARIABLE] = f"source_{shell.value}"
    try:
        with redirect_stdout(io.StringIO()) as printed, suppress(SystemExit):
            app(args=[], prog_name=PROGRAM)
    finally:
        del os.environ[VARIABLE]
    return printed.getvalue().strip()
