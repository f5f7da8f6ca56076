"""How long work says how far it is: to a terminal, or to nobody."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Told how much is done, and how much there is."""

StageProgress = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and how much there is (0: not counted)."""


def no_progress(done: int, of: int) -> None:
    """Tells nobody."""


def no_stages(stage: str, done: int, of: int) -> None:
    """Tells nobody."""
