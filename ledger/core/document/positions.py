"""Positions in patterns: where ``[n]`` of a path and ``[n]`` of XPath lead to different elements.

In a path, ``[n]`` counts all children of the parent; in XPath it counts those that the step names. ``//Line[2]`` is the
second child if that is a Line, or else the second Line. Who hides a field must not hide another one by this slip.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ledger.core.document.paths import Step, StepKind, Steps, XmlStep, beginning
from ledger.errors import Malformed


class PositionTest(NamedTuple):
    """One step of an XML pattern: whether steps may be skipped before it, what it names, its position (0: any).

    ``any_kind``: it is ``*``, which in XPath names elements only.
    """

    deep: bool
    names: Callable[[Step], bool]
    position: int
    any_kind: bool = False


def check_positions(pattern: str, tests: Sequence[PositionTest], paths: Sequence[tuple[str, Steps]]) -> str:
    """Words about what the pattern matches in XPath only; empty if that is nothing, or the same.

    :param paths: the fields of the document, with their steps.
    :raises Malformed: the pattern leads to other elements in a path than in XPath; ``where`` is the pattern.
    """
    if not any(test.position for test in tests) or any(path.startswith(f"{pattern}/") for path, _ in paths):
        return ""  # a path as the program prints it is meant as it is printed
    ours = _ends(tests, paths, lambda test, _parent, step: test.position in {0, step.position})
    theirs = _ends(tests, paths, _xpath(tests, paths))
    if ours == theirs or not theirs:
        return ""
    if not ours:
        return f"; if you count as in XPath, among those of the name only, write {_first(theirs)}"
    raise Malformed(
        "a position can be read in two ways here. Counted among all children, as in a path, this is "
        f"{_first(ours - theirs or ours)}; counted among those of the name only, as in XPath, it is "
        f"{_first(theirs - ours or theirs)}. Write the path that you mean",
        pattern,
    )


_Takes = Callable[[PositionTest, Steps, XmlStep], bool]


def _ends(tests: Sequence[PositionTest], paths: Sequence[tuple[str, Steps]], takes: _Takes) -> set[str]:
    """What the pattern leads to, each as its path. It takes a step if that is named so, and ``takes`` says yes."""
    found = set()
    for path, steps in paths:
        places = {0}
        for number, step in enumerate(steps):
            if not isinstance(step, XmlStep):
                break
            following = set()
            for place in places:
                test = tests[place]
                if test.deep:
                    following.add(place)
                if test.names(step) and takes(test, steps[:number], step):
                    following.add(place + 1)
            if len(tests) in following:
                found.add(beginning(path, number + 1))
                break
            places = following
    return found


def _xpath(tests: Sequence[PositionTest], paths: Sequence[tuple[str, Steps]]) -> _Takes:
    """Whether a step has the position of a test among its siblings that the test names."""
    children: dict[Steps, set[XmlStep]] = {}
    for _, steps in paths:
        for number, step in enumerate(steps):
            if isinstance(step, XmlStep) and step.position:
                children.setdefault(steps[:number], set()).add(step)
    ranks: dict[tuple[int, Steps], dict[XmlStep, int]] = {}

    def takes(test: PositionTest, parent: Steps, step: XmlStep) -> bool:
        if not test.position:
            return True
        key = (tests.index(test), parent)
        if key not in ranks:
            alike = (child for child in children[parent] if test.names(child))
            counted = (child for child in alike if not test.any_kind or child.kind is StepKind.ELEMENT)
            named = sorted(counted, key=lambda child: child.position)
            ranks[key] = {child: rank for rank, child in enumerate(named, 1)}
        return ranks[key].get(step) == test.position

    return takes


def _first(paths: set[str]) -> str:
    first, others = min(paths), len(paths) - 1
    return first if not others else f"{first} (and {others} more like it)"
