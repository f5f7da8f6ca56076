"""The option ``--plain``: every command has it, and so has ``ledger`` itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

PLAIN = "--plain"
_HELP = "One fact a line, without tables, colours and progress: for screen readers."


def wants_plain(words: Sequence[str]) -> bool:
    """Whether the option stands among the words of a command line, before a ``--``."""
    return PLAIN in words[: words.index("--") if "--" in words else len(words)]


def _option() -> TyperOption:
    """Takes the option from the command line. ``wants_plain`` has seen it: help and errors must heed it as well."""
    return TyperOption(param_decls=[PLAIN], is_flag=True, default=False, expose_value=False, help=_HELP)


class _Command(TyperCommand):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.params.append(_option())


class _Group(TyperGroup):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.params.append(_option())


def add_plain(app: typer.Typer) -> None:
    """Give the option to an app, its commands and its groups."""
    app.info.cls = _Group
    for command in app.registered_commands:
        command.cls = _Command
    for group in app.registered_groups:
        if group.typer_instance is not None:
            group.cls = _Group
            add_plain(group.typer_instance)
