"""``ledger completion``: a script by which a shell completes commands and options."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from typer._completion_shared import get_completion_script
from typer.completion import get_completion_inspect_parameters

from ledger.cli.inputs import Json
from ledger.cli.output import print_line, show

PROGRAM = "ledger"
VARIABLE = "_LEDGER_COMPLETE"
"""By this variable the script asks the program."""


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def enable() -> None:
    """Let the program answer the scripts: typer knows its shells only once it has been asked for its own options."""
    get_completion_inspect_parameters()


def completion(
    shell: Annotated[Shell, typer.Argument(help="The shell that completes.")], as_json: Json = False
) -> None:
    """Print the script by which a shell completes commands and options. `ledger help output` says where it goes.

    Example: `ledger completion bash > ~/.local/share/bash-completion/completions/ledger`
    """
    script = get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell.value)

    def human() -> None:
        for line in script.splitlines():
            print_line(line)

    show(as_json, {"shell": shell.value, "script": script}, human)
