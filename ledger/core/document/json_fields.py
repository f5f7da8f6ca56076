"""A JSON value as fields: one for each scalar and each empty container, named by its RFC 9535 normalized path."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ledger.core.document.json_text import Json, number_text, parse_json
from ledger.core.document.model import Field, Limits, over_paths
from ledger.core.document.paths import name_text

_new_field = partial(tuple.__new__, Field)  # as Field(...), which spends a third of its time on naming its parts


def json_fields(data: bytes, limits: Limits) -> tuple[Field, ...]:
    """The fields of an I-JSON text, in the order of the text.

    :raises Malformed: as :func:`parse_json`, or paths over their limit.
    """
    value = parse_json(data, limits)
    if not isinstance(value, dict | list) or not value:
        return (_leaf("$", value),)
    fields: list[Field] = []
    names = _Names()
    budget = limits.paths
    open_containers = [("$", _children(value, names))]
    while open_containers:
        around, children = open_containers[-1]
        for key, value in children:
            path = f"{around}[{key}]"
            if type(value) is str:
                fields.append(_new_field((path, "s", value.encode())))
            elif isinstance(value, dict | list) and value:
                # Names are no longer than the text; what can explode is the path around them, repeated for each child.
                budget -= len(path) * len(value)
                if budget < 0:
                    raise over_paths(limits)
                open_containers.append((path, _children(value, names)))
                break
            else:
                fields.append(_leaf(path, value))
        else:
            open_containers.pop()
    return tuple(fields)


class _Names(dict[str, str]):
    """Member names as they stand in paths. Most names of a document come again and again."""

    def __missing__(self, name: str) -> str:
        self[name] = text = name_text(name)
        return text


def _children(container: dict[str, Json] | list[Json], names: _Names) -> Iterator[tuple[str | int, Json]]:
    """What stands in the brackets of a path, and the value there."""
    if isinstance(container, dict):
        return zip(map(names.__getitem__, container), container.values(), strict=True)
    return iter(enumerate(container))


def _leaf(path: str, value: Json) -> Field:
    """The field of a scalar or an empty container."""
    if isinstance(value, str):
        return Field(path, "s", value.encode())
    if value is True or value is False:
        return Field(path, "b", b"true" if value else b"false")
    if value is None:
        return Field(path, "z", b"")
    if isinstance(value, int | float):
        return _new_field((path, "n", number_text(value).encode()))
    return Field(path, "o" if isinstance(value, dict) else "a", b"")
