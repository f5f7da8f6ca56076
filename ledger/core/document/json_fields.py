"""A JSON value as fields: one for each scalar and each empty container, named by its RFC 9535 normalized path."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ledger.core.document.field import Field
from ledger.core.document.paths import name_text
from ledger.core.encoding.json_text import Json, number_text, parse_json
from ledger.core.encoding.limits import Limits, over_paths

_new_field = partial(tuple.__new__, Field)  # like Field(...), without its keyword handling: a third faster


def json_fields(data: bytes, limits: Limits) -> tuple[Field, ...]:
    """The fields of an I-JSON text, in the order of the text.

    :raises Malformed: if :func:`parse_json` refuses the text, if a double cannot hold a number exactly, or if the paths
        are together too long.
    """
    value = parse_json(data, limits, exact=True)
    if not isinstance(value, dict | list) or not value:
        return (_leaf("$", value),)
    walk = _Walk(limits)
    walk.through("$", value)
    return tuple(walk.fields)


class _Walk:
    """A walk through all containers; the limits bound how deep they are nested."""

    __slots__ = ("budget", "fields", "limits", "names")

    def __init__(self, limits: Limits) -> None:
        self.fields: list[Field] = []
        self.names = _Names()
        self.limits = limits
        self.budget = limits.paths

    def through(self, around: str, container: dict[str, Json] | list[Json]) -> None:
        """Append the fields inside ``container``, which is at the path ``around`` and not empty."""
        append = self.fields.append
        for key, value in _children(container, self.names):
            path = f"{around}[{key}]"
            if type(value) is str:
                append(_new_field((path, "s", value.encode())))
            elif type(value) is int:
                append(_new_field((path, "n", b"%d" % value)))
            elif (type(value) is dict or type(value) is list) and value:
                # Names are not longer than the text, but the path around them is repeated for each child.
                self.budget -= len(path) * len(value)
                if self.budget < 0:
                    raise over_paths(self.limits)
                self.through(path, value)
            else:
                append(_leaf(path, value))


class _Names(dict[str, str]):
    """Member names as they are written in paths, cached: most names of a document are repeated many times."""

    def __missing__(self, name: str) -> str:
        self[name] = text = f"'{name}'" if name.isidentifier() else name_text(name)
        return text


def _children(container: dict[str, Json] | list[Json], names: _Names) -> Iterator[tuple[str | int, Json]]:
    """Each child's name or index, as it is written in the brackets of a path, and its value."""
    if type(container) is dict:
        return zip(map(names.__getitem__, container), container.values(), strict=True)
    return iter(enumerate(container))


def _leaf(path: str, value: Json) -> Field:
    """The field of a scalar or an empty container."""
    if type(value) is float:
        return _new_field((path, "n", number_text(value).encode()))
    if type(value) is int:
        return _new_field((path, "n", b"%d" % value))
    if type(value) is str:
        return _new_field((path, "s", value.encode()))
    if type(value) is bool:
        return _new_field((path, "b", b"true" if value else b"false"))
    if value is None:
        return _new_field((path, "z", b""))
    return _new_field((path, "o" if type(value) is dict else "a", b""))
