"""The option ``--plain``: it may stand anywhere on a command line, and the help of every command has it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

PLAIN = "--plain"
Plain = Annotated[
    bool, typer.Option(PLAIN, help="One fact a line, without tables, colours and progress: for screen readers.")
]


def without_plain(words: Sequence[str]) -> tuple[bool, list[str]]:
    """Whether the option stands among the words of a command line, before a ``--``; and the other words.

    It is taken from there before anything is read: help and errors must heed it as well.

    >>> without_plain(["keys", "--plain", "list"])
    (True, ['keys', 'list'])
    """
    end = list(words).index("--") if "--" in words else len(words)
    kept = [word for word in words[:end] if word != PLAIN]
    return len(kept) < end, [*kept, *words[end:]]


def show_plain(app: typer.Typer) -> None:
    """Let the help of all commands of an app, and of its groups, have the option."""
    for command in app.registered_commands:
        if command.callback is not None:
            command.callback = _with_plain(command.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            show_plain(group.typer_instance)


def _with_plain(command: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(command)
    def run(*given: Any, plain: bool = False, **named: Any) -> Any:
        del plain  # taken from the command line already
        return command(*given, **named)

    known = inspect.signature(command, eval_str=True)
    option = inspect.Parameter("plain", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Plain)
    run.__signature__ = known.replace(parameters=[*known.parameters.values(), option])  # type: ignore[attr-defined]
    run.__annotations__ = {**command.__annotations__, "plain": Plain}
    return run
