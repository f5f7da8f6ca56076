"""Whether the fields that a redacted file shows fit into one document.

The digest shows that the fields are those that somebody wrapped. It does not show that they came from a document: a
list made up by hand can contain both ``$['total']`` and ``$['total'][0]``. So the shown paths are put into a tree by
the rules of the parsers, and there must be a hidden field for every gap.
"""

from __future__ import annotations

import math
import operator
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence

from ledger.core.document.paths import Step, StepKind, Steps, XmlStep, read_path
from ledger.core.encoding.json_text import has_noncharacter, number_text
from ledger.core.encoding.limits import Format, Limits, over_depth
from ledger.errors import Malformed

# Two texts side by side would be one; text beside an instruction is refused, as readers read it differently.
_NOT_BESIDE = {
    StepKind.TEXT: {StepKind.TEXT, StepKind.INSTRUCTION},
    StepKind.INSTRUCTION: {StepKind.TEXT},
}
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-][0-9]+)?")
_SHORT = 16  # characters; a double keeps every shorter integer
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _is_string(text: str) -> bool:
    return text.isascii() or not has_noncharacter(text)


def _is_number(text: str) -> bool:
    # Most numbers are short integers, or fractions that Python prints the same.
    if len(text) < _SHORT and text.isascii():
        if text.isdigit():
            return text[0] != "0" or text == "0"
        if "." in text and "e" not in text and _is_printed(text):
            return not text.endswith(".0")
    if not _NUMBER.fullmatch(text):
        return False
    number = float(text)
    return math.isfinite(number) and number_text(number) == text


def _is_printed(text: str) -> bool:
    try:
        return repr(float(text)) == text
    except ValueError:
        return False


def _is_text(text: str) -> bool:
    return not _NOT_XML.search(text)


def _is_instruction(text: str) -> bool:
    return _is_text(text) and "?>" not in text and text.lstrip(" \t\r\n") == text


def _is_base64(text: str) -> bool:
    try:
        return b64encode(b64decode(text, validate=True)).decode() == text  # bits that are left over must be zero
    except ValueError:
        return False


_TYPES: dict[Format, dict[str, Callable[[str], bool]]] = {
    Format.JSON: {
        "s": _is_string,
        "n": _is_number,
        "b": lambda text: text in ("true", "false"),
        "z": operator.not_,
        "o": operator.not_,
        "a": operator.not_,
    },
    Format.XML: {"t": _is_text, "e": operator.not_, "p": _is_instruction},
    Format.OPAQUE: {"x": _is_base64},
}


def read_value(format_: Format, path: str, type_: str, text: str) -> bytes:
    """The bytes of a value that the digest binds, from its text in a redacted file.

    :raises Malformed: the format does not have this type, or this is not a value of it; ``where`` is the path.
    """
    is_legal = _TYPES[format_].get(type_)
    if is_legal is None:
        raise Malformed(f"unknown field type: format {format_} has {', '.join(_TYPES[format_])}", path)
    if not is_legal(text):
        raise Malformed(f"not a value of a field of type {type_}", path)
    return b64decode(text) if format_ is Format.OPAQUE else text.encode()


def check_shape(fields: Sequence[tuple[str, str, bytes, bytes]], format_: Format, hidden: int, limits: Limits) -> None:
    """Check that the shown fields (path, type, value, salt) fit into one document with ``hidden`` more fields.

    ``fields`` must ascend by path, so that a path comes before those that continue it.

    :raises Malformed: an invalid path, or two that exclude each other; ``where`` is the path.
    """
    if format_ is not Format.JSON or not _fits_quickly(fields, hidden, limits):
        _check_tree(fields, format_, hidden, limits)


class _Container:
    """An object or array that has a field which is shown.

    ``depth`` is the number of containers around its children. An object has ``members``; of an array, ``items`` are
    shown, and ``last`` is the greatest index.
    """

    __slots__ = ("depth", "items", "last", "members")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.members = False
        self.items = 0
        self.last = -1

    def take(self, index: int) -> bool:
        """One more child, at ``index``, or -1 for a member. False: it would be an object and an array.

        Among paths that ascend, members come before items, because a quote comes before a digit.
        """
        if index < 0:
            self.members = True
            return True
        self.items += 1
        self.last = max(self.last, index)
        return not self.members


def _fits_quickly(fields: Sequence[tuple[str, str, bytes, bytes]], hidden: int, limits: Limits) -> bool:
    """Whether JSON fields fit, without building a tree. False also in doubt: :func:`_check_tree` decides, and says why.

    A path is split at its last bracket: before it is the path of a container, after it one step. Most of both were read
    before. A bracket inside a name leaves something that is neither, and so a doubt.
    """
    look = _Look()
    containers, indices, leaves, depth = look.containers, look.indices, look.leaves, limits.depth
    for path, type_, _, _ in fields:
        around, _, last = path.rpartition("[")
        container = containers.get(around) or look.container(around, depth)
        index = indices.get(last)
        if index is None:
            index = look.index(last)
        if container is None or index is None or not container.take(index):
            return False
        if container.depth + (type_ in ("o", "a")) > depth:
            return False
        leaves.add(path)
    return sum(item.last + 1 - item.items for item in containers.values()) <= hidden


class _Look:
    """What the quick look has seen: containers by path, indices of steps by their text, and paths of fields."""

    def __init__(self) -> None:
        self.containers = {"$": _Container(1)}
        self.indices: dict[str, int] = {}
        self.leaves: set[str] = set()

    def container(self, path: str, depth: int) -> _Container | None:
        """The container at ``path``, which is added with those around it, at most ``depth``. None in doubt."""
        found = self.containers.get(path)
        if found is None and path not in self.leaves and depth:
            before, _, last = path.rpartition("[")
            around, index = self.container(before, depth - 1), self.index(last)
            if around is not None and index is not None and around.take(index):
                found = self.containers[path] = _Container(around.depth + 1)
        return found

    def index(self, last: str) -> int | None:
        """The index that a step is, which begins after its bracket; -1 for a name. None if it is no step."""
        found = self.indices.get(last)
        if found is None:
            if last[:1] == "'" and last[-2:] == "']" and last[1:-2].isidentifier():  # most names
                self.indices[last] = -1
                return -1
            try:
                (step,) = read_path(f"$[{last}", Format.JSON)
            except Malformed:
                return None
            found = self.indices[last] = step if isinstance(step, int) else -1
        return found


def _check_tree(fields: Sequence[tuple[str, str, bytes, bytes]], format_: Format, hidden: int, limits: Limits) -> None:
    root = _Place()
    places = [root]
    for path, type_, value, _ in fields:
        steps = read_path(path, format_)
        place = root
        depth = int(type_ in ("o", "a"))  # an empty object or array is one level deeper than its path
        for step in steps:
            if not isinstance(step, XmlStep) or step.kind is StepKind.ELEMENT:
                depth += 1
            known = place.inside.get(step)
            if known is None:
                place.check_new(step, path)
                known = place.inside[step] = _Place()
                places.append(known)
            place = known
        if depth > limits.depth:
            raise over_depth(limits, path)
        if format_ is Format.XML:
            _check_end(steps, type_, value, path)
        place.leaf = True
    if format_ is Format.XML:
        _check_top(root, hidden)
    elif root.leaf and hidden:
        raise Malformed(f"a document whose only field is shown cannot hide {hidden} more")
    if (gaps := sum(place.gaps() for place in places)) > hidden:
        raise Malformed(f"the shown paths leave {gaps} gaps, more than the {hidden} hidden fields can fill")


class _Place:
    """A node of the document, with the children that are shown."""

    __slots__ = ("inside", "leaf", "numbered")

    def __init__(self) -> None:
        self.inside: dict[Step, _Place] = {}
        self.leaf = False  # a field itself: only the attributes of an empty element can be inside
        self.numbered: dict[int, Step] = {}  # items of an array from 0, children of an element from 1

    def check_new(self, step: Step, path: str) -> None:
        attribute = isinstance(step, XmlStep) and step.kind is StepKind.ATTRIBUTE
        if self.leaf and not attribute:
            raise Malformed("lies inside a field that cannot contain others", path)
        if attribute:
            return
        if isinstance(step, str) if self.numbered else isinstance(step, int) and self.inside:
            raise Malformed("its parent is an object by one path and an array by another", path)
        if isinstance(step, str):
            return
        number = step.position if isinstance(step, XmlStep) else step
        if self.numbered.setdefault(number, step) != step:
            raise Malformed("two different children have this position", path)
        if isinstance(step, XmlStep) and step.kind in _NOT_BESIDE:
            for neighbour in (self.numbered.get(number - 1), self.numbered.get(number + 1)):
                if isinstance(neighbour, XmlStep) and neighbour.kind in _NOT_BESIDE[step.kind]:
                    if neighbour.kind is step.kind:
                        raise Malformed("is a text directly beside another text: both would be one", path)
                    raise Malformed("a text directly beside an instruction, which is refused in a document", path)

    def gaps(self) -> int:
        """The number of numbered children that must exist and are not shown."""
        if not self.numbered:
            return 0
        first = 1 if isinstance(next(iter(self.numbered.values())), XmlStep) else 0
        return max(self.numbered) - first + 1 - len(self.numbered)


def _check_end(steps: Steps, type_: str, value: bytes, path: str) -> None:
    """Check that the path of an XML field leads to a node of its type, and through elements only."""
    *way, end = [step for step in steps if isinstance(step, XmlStep)]
    fitting = {StepKind.ELEMENT: "e", StepKind.INSTRUCTION: "p", StepKind.TEXT: "t", StepKind.ATTRIBUTE: "t"}[end.kind]
    if type_ != fitting:
        raise Malformed(f"a field of type {type_}, but this path leads to type {fitting}", path)
    if any(step.kind is not StepKind.ELEMENT for step in way):
        raise Malformed("only elements can contain others", path)
    if end.kind is StepKind.TEXT and not value:
        raise Malformed("an empty text, which does not exist in a document", path)


def _check_top(root: _Place, hidden: int) -> None:
    elements = 0
    for step in root.inside:
        if isinstance(step, XmlStep):
            if step.kind not in (StepKind.ELEMENT, StepKind.INSTRUCTION):
                raise Malformed("text or an attribute outside the root element")
            elements += step.kind is StepKind.ELEMENT
    if elements > 1 or (not elements and not hidden):
        raise Malformed(f"an XML document has one root element, not {elements}")
