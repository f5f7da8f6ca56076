"""Commands of packages that are installed beside this one, found by their entry points."""

from __future__ import annotations

from collections.abc import Callable, Container
from importlib.metadata import EntryPoint, entry_points

import typer

from ledger.cli.output import warn
from ledger.errors import Source, Unavailable

COMMAND_GROUP = "ledger.commands"
"""Entry-point group: an installed package adds commands by naming a ``typer.Typer`` in it."""


def add_installed(app: typer.Typer, taken: Container[str]) -> None:
    """Add the commands of all installed packages, by name.

    A command that cannot be loaded is listed too, and says why when it is called; the others work. A command that would
    replace one of ours (``taken``) is left out with a warning on stderr.
    """
    for entry in sorted(entry_points(group=COMMAND_GROUP), key=lambda entry: entry.name):
        if entry.name in taken:
            warn(f"{_package(entry)} is left out: `ledger {entry.name}` is a command already")
            continue
        try:
            group = entry.load()
            if not isinstance(group, typer.Typer):
                raise TypeError(f"{entry.value} is not a typer.Typer")
        except Exception as error:
            app.command(
                entry.name,
                help=f"Cannot be loaded: call it to see why ({_package(entry)}).",
                context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
            )(_failing(entry, error))
        else:
            app.add_typer(group, name=entry.name)


def _failing(entry: EntryPoint, error: Exception) -> Callable[[], None]:
    def command() -> None:
        raise Unavailable(
            f"{_package(entry)} cannot add `ledger {entry.name}`: {type(error).__name__}: {error}",
            source=Source.MACHINE,
        ) from error

    return command


def _package(entry: EntryPoint) -> str:
    made_by = entry.dist
    return f"the package of {entry.value}" if made_by is None else f"the package {made_by.name} {made_by.version}"
