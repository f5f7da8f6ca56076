"""A JSON value as fields: one for each scalar and each empty container, named by its RFC 9535 normalized path."""

from __future__ import annotations

from ledger.core.document.field import FieldBytes
from ledger.core.document.paths import name_text
from ledger.core.encoding.json_text import SAFE_INTEGER, Json, check_read, number_text, read_quickly, read_strictly
from ledger.core.encoding.limits import Limits, over_paths
from ledger.errors import Malformed


def json_fields(data: bytes, limits: Limits) -> FieldBytes:
    """The fields of an I-JSON text, in the order of the text.

    The walk through the value that orjson read also counts what shows whether orjson read the text as it is; so most
    texts are walked through once. In doubt the strict reader decides, and says why.

    :raises Malformed: if :func:`read_strictly` refuses the text, or if the paths are together too long.
    """
    try:
        text, value = read_quickly(data, limits)
        walk = _Walk(limits)
        walk.add(b"$", value, limits.depth)
        check_read(text, value, walk.members, floats=walk.floats)
    except (ValueError, Malformed):
        walk = _Walk(limits)
        walk.add(b"$", read_strictly(data, limits, exact=True), limits.depth)
    return walk.fields


class _Walk:
    """A walk through all containers; the limits bound how deep they are nested.

    ``members`` is the number of members of all objects, ``floats`` whether a number is a double.
    """

    __slots__ = ("budget", "fields", "floats", "limits", "members", "names")

    def __init__(self, limits: Limits) -> None:
        self.fields = FieldBytes([], [])
        self.names = _Names()
        self.limits = limits
        self.budget = limits.paths
        self.members = 0
        self.floats = False

    def add(self, path: bytes, value: Json, depth: int) -> None:
        """Append the field of a value, or the fields inside it, of at most ``depth`` nested containers.

        :raises ValueError: more, or an integer beyond 2^53 - 1 in magnitude: the strict reader has neither.
        :raises Malformed: the paths are together too long.
        """
        if type(value) is int:
            if not -SAFE_INTEGER <= value <= SAFE_INTEGER:
                raise ValueError
            text = b"n%d" % value
        elif type(value) is dict or type(value) is list:
            if not depth:
                raise ValueError
            if value:
                if path != b"$":
                    # Names are not longer than the text, but the path around them is repeated for each child.
                    self.budget -= (len(path) if path.isascii() else len(path.decode())) * len(value)
                    if self.budget < 0:
                        raise over_paths(self.limits)
                self.through(path, value, depth - 1)
                return
            text = b"o" if type(value) is dict else b"a"
        elif type(value) is str:
            text = b"s" + value.encode()
        elif type(value) is float:
            self.floats = True
            text = b"n" + number_text(value).encode()
        elif type(value) is bool:
            text = b"btrue" if value else b"bfalse"
        else:
            text = b"z"
        self.fields.paths.append(path)
        self.fields.values.append(text)

    def through(self, around: bytes, container: dict[str, Json] | list[Json], depth: int) -> None:
        """Add each child. Most are strings, which do not go through :meth:`add`."""
        add_path, add_value = self.fields.paths.append, self.fields.values.append
        if type(container) is dict:
            self.members += len(container)
            names = self.names
            for name, value in container.items():
                path = around + names[name]
                if type(value) is str:
                    add_path(path)
                    add_value(b"s" + value.encode())
                elif type(value) is int and -SAFE_INTEGER <= value <= SAFE_INTEGER:
                    add_path(path)
                    add_value(b"n%d" % value)
                else:
                    self.add(path, value, depth)
        else:
            for index, value in enumerate(container):
                path = b"%b[%d]" % (around, index)
                if type(value) is str:
                    add_path(path)
                    add_value(b"s" + value.encode())
                elif type(value) is int and -SAFE_INTEGER <= value <= SAFE_INTEGER:
                    add_path(path)
                    add_value(b"n%d" % value)
                else:
                    self.add(path, value, depth)


class _Names(dict[str, bytes]):
    """Member names as they are written in paths, cached: most names of a document are repeated many times."""

    def __missing__(self, name: str) -> bytes:
        self[name] = text = (f"['{name}']" if name.isidentifier() else f"[{name_text(name)}]").encode()
        return text
