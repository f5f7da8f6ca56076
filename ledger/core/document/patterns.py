"""Patterns that name fields: an exact path, or a shorter way to say it.

A pattern matches a field if it leads to it or to something around it, so the pattern of an object, list or element
matches everything inside. ``*`` matches any one step, ``..`` (JSON) and ``//`` (XML) any number of them.

- JSON: ``$.lines[*].price``, ``$..price``, ``$['net mass']``, ``$["net mass"]``; ``$`` is the whole document.
- XML: ``/Invoice/InvoiceLine/Price/@currencyID``, ``//PriceAmount``, ``//{urn:example}Note[3]/text()``. A name without
  ``{namespace}`` matches in any or no namespace, and without ``[n]`` at any position. **``[n]`` means what it means in
  a path**: the position among all children of the parent, and not, as in XPath, among those of the same name. Where
  these are two elements of the document, the pattern is refused (see :mod:`.positions`).
- opaque: the empty path, or ``*``.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from ledger.core.document.paths import Step, StepKind, Steps, XmlStep, name_text, read_path
from ledger.core.document.positions import PositionTest, check_positions
from ledger.core.document.xml_names import NCNAME_PATTERN
from ledger.core.encoding.limits import Format
from ledger.errors import Malformed

_CANDIDATES = 2_000  # distinct short forms that are compared for a hint, as comparing is slow


MAX_PATTERN = 256


class _Test(NamedTuple):
    """One step of a pattern: whether steps of the path may be skipped before it, and which step it matches."""

    deep: bool
    takes: Callable[[Step], bool]
    wanted: str | int | None = None  # the only step that it matches
    counted: PositionTest | None = None  # of XML: the same, with the position apart


def select(paths: Sequence[str], format_: Format, patterns: Sequence[str]) -> set[str]:
    """Those of ``paths`` (fields of one document) that at least one of ``patterns`` matches.

    :raises Malformed: a pattern that cannot be read, that does not match any path, or whose position has two meanings
        here; ``where`` is the pattern, and the message gives the nearest path that exists, or the two.
    """
    known = set(paths)
    chosen = known.intersection(patterns)
    others = [pattern for pattern in patterns if pattern not in known]
    if not others:
        return chosen
    steps: list[tuple[str, Steps]] = []
    ordered: list[str] = []
    for pattern in others:
        tests = _read(pattern, format_)
        if (around := _only_path(tests, format_)) is not None:
            ordered = ordered or sorted(paths)
            named = _inside(ordered, around)
        else:
            steps = steps or _steps(paths, format_)
            named = [path for path, of_path in steps if _matches(tests, of_path)]
        counted = [test.counted for test in tests if test.counted is not None]
        in_xpath = check_positions(pattern, counted, steps) if counted else ""
        if not named:
            hint = in_xpath or _hint(pattern, _steps(paths, format_))
            raise Malformed(f"does not match any field shown here{hint}", pattern)
        chosen.update(named)
    return chosen


def _inside(ordered: Sequence[str], around: str) -> Sequence[str]:
    """Of paths in order, those inside ``around``: they begin with it, as it ends with a bracket or is $."""
    first = end = bisect_left(ordered, around)
    while end < len(ordered) and ordered[end].startswith(around):
        end += 1
    return ordered[first:end]


def _steps(paths: Sequence[str], format_: Format) -> list[tuple[str, Steps]]:
    return [(path, read_path(path, format_)) for path in paths]


def _only_path(tests: Sequence[_Test], format_: Format) -> str | None:
    """The path that a JSON pattern means, if it means only one (with everything inside)."""
    if format_ is not Format.JSON:
        return None
    path = "$"
    for test in tests:
        if test.deep or test.wanted is None:
            return None
        path += f"[{test.wanted if isinstance(test.wanted, int) else name_text(test.wanted)}]"
    return path


def check_pattern(pattern: str) -> None:
    """Malformed unless documents of some format can have a field that the pattern matches, and it is short."""
    if len(pattern) > MAX_PATTERN:
        raise Malformed(f"a pattern must have at most {MAX_PATTERN} characters, not {len(pattern)}")
    if pattern not in ("", "*"):
        _read(pattern, Format.XML if pattern.startswith("/") else Format.JSON)


def unmatched(paths: Iterable[str], format_: Format, patterns: Sequence[str]) -> list[str]:
    """The ``patterns`` that match none of ``paths``. A pattern that is not of this format matches none.

    Each path is read once, for all patterns together: every test of every pattern, and the end of every pattern, is one
    bit of a number. So the work hardly depends on how many patterns there are.
    """
    start = deep = at = 0
    tests: list[_Test] = []
    ends: dict[int, str] = {}
    missing = []
    for pattern in patterns:
        try:
            read = _read(pattern, format_)
        except Malformed:
            missing.append(pattern)
            continue
        start |= 1 << at
        for number, test in enumerate(read):
            deep |= test.deep << (at + number)
        at += len(read)
        ends[at] = pattern
        tests += [*read, _Test(False, lambda _step: False)]
        at += 1
    wanted, found = sum(1 << end for end in ends), 0
    takes: dict[Step, int] = {}
    for path in paths:
        places = start
        found |= places & wanted
        for step in read_path(path, format_):
            if (mask := takes.get(step)) is None:
                mask = sum(1 << number for number, test in enumerate(tests) if test.takes(step))
                takes[step] = mask
            places = (places & mask) << 1 | places & deep
            found |= places & wanted
        if found == wanted:
            break
    left = {pattern for end, pattern in ends.items() if not found >> end & 1}
    return [pattern for pattern in patterns if pattern in left or pattern in missing]


def _matches(tests: Sequence[_Test], steps: Steps) -> bool:
    """Whether the whole pattern matches the path or a beginning of it.

    It keeps the set of all positions in the pattern that the path may have reached, so many ``//`` cost as much as one.
    """
    if not tests:
        return True
    places = {0}
    for step in steps:
        following = set()
        for place in places:
            deep, takes, *_ = tests[place]
            if deep:
                following.add(place)
            if takes(step):
                if place + 1 == len(tests):
                    return True
                following.add(place + 1)
        places = following
    return False


def _read(pattern: str, format_: Format) -> list[_Test]:
    if format_ is Format.OPAQUE:
        if pattern not in ("", "*"):
            raise Malformed("an opaque document has one field, named by the empty path or *", pattern)
        return []
    token, test, start, help_ = _GRAMMAR[format_]
    if not pattern.startswith(help_[0]):
        raise Malformed(f"a pattern for {format_} must begin with {help_[0]}, like {help_}", pattern)
    tests = []
    while start < len(pattern):
        match = token.match(pattern, start)
        if match is None:
            raise Malformed(f"no step of a pattern begins at character {start + 1}; write it like {help_}", pattern)
        tests.append(test(match, pattern))
        start = match.end()
    return tests


_JSON_TOKEN = re.compile(
    r"(\.\.|\.)?(?:"
    r"\[(?:(?P<index>0|[1-9][0-9]{0,8})|(?P<any>\*)|(?P<quoted>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))\]"
    r"|(?<=\.)(?:(?P<every>\*)|(?P<name>[^.\[\]*'\"\s][^.\[\]*'\"]*)))"
)


def _json_test(match: re.Match[str], pattern: str) -> _Test:
    dots = match[1]
    if dots == "." and match["name"] is None and match["every"] is None:
        raise Malformed(f"character {match.start() + 1}: a single '.' must be followed by a name", pattern)
    if match["any"] or match["every"]:
        return _Test(dots == "..", lambda _step: True)
    wanted: str | int
    if match["index"] is not None:
        wanted = int(match["index"])
    elif match["name"] is not None:
        wanted = match["name"]
    else:
        wanted = _unquoted(match["quoted"], pattern)
    return _Test(dots == "..", lambda step: step == wanted, wanted)


def _unquoted(quoted: str, pattern: str) -> str:
    if quoted[0] == "'":  # to JSON: escape double quotes, and single ones no longer
        body = quoted[1:-1].replace("\\'", "'").replace('"', '\\"')
        quoted = f'"{body}"'
    try:
        return str(json.loads(quoted))
    except json.JSONDecodeError:
        raise Malformed("a quoted name with an unknown escape sequence", pattern) from None


_XML_TOKEN = re.compile(
    rf"(//|/)(?:(?P<text>text\(\))|processing-instruction\((?P<pi>'(?P<target>{NCNAME_PATTERN})')?(?P<pi_end>\))"
    rf"|(?P<at>@)?(?:\{{(?P<namespace>[^{{}}]*)\}})?(?P<local>{NCNAME_PATTERN}|\*))"
    r"(?:\[(?P<position>[1-9][0-9]{0,8})\])?"
)


def _xml_test(match: re.Match[str], pattern: str) -> _Test:
    del pattern
    deep, namespace, local = match[1] == "//", match["namespace"], match["local"]
    position = int(match["position"] or 0)
    if match["text"]:
        kinds, local = {StepKind.TEXT}, "*"
    elif match["pi_end"]:
        kinds, local = {StepKind.INSTRUCTION}, match["target"] or "*"
    elif match["at"]:
        kinds = {StepKind.ATTRIBUTE}
    elif local == "*" and namespace is None:
        kinds = set(StepKind)
    else:
        kinds = {StepKind.ELEMENT}

    def names(step: Step) -> bool:
        return (
            isinstance(step, XmlStep)
            and step.kind in kinds
            and (local in ("*", step.local))
            and (namespace is None or namespace == step.namespace)
        )

    def takes(step: Step) -> bool:
        return names(step) and isinstance(step, XmlStep) and position in (0, step.position)

    return _Test(deep, takes, counted=PositionTest(deep, names, position, kinds == set(StepKind)))


_GRAMMAR = {
    Format.JSON: (_JSON_TOKEN, _json_test, 1, "$.lines[*].price"),
    Format.XML: (_XML_TOKEN, _xml_test, 0, "/Invoice/InvoiceLine/Price or //Price"),
}


def _hint(pattern: str, steps: Sequence[tuple[str, Steps]]) -> str:
    """Words about the nearest path that exists, or the first one inside the nearest container.

    Positions and namespaces are ignored.
    """
    paths: dict[str, str] = {}
    for path, of_path in steps:
        short = ""
        for step in of_path:
            short += _short(step)
            paths.setdefault(short, path)
        if len(paths) >= _CANDIDATES:
            break
    wanted = re.sub(r"\{[^{}]*\}|\[(?:\*|[0-9]+)\]|^\$", "", pattern).replace("..", ".").replace("//", "/")
    nearest = get_close_matches(wanted, paths, n=1, cutoff=0)
    return f"; the nearest is {paths[nearest[0]]}" if nearest else ""


def _short(step: Step) -> str:
    if isinstance(step, XmlStep):
        return f"/{'@' if step.kind is StepKind.ATTRIBUTE else ''}{step.local or step.kind}"
    return f".{step}" if isinstance(step, str) else ""
