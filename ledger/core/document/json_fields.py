"""A JSON value as fields: one for each scalar and each empty container, named by its RFC 9535 normalized path."""

from __future__ import annotations

from ledger.core.document.json_text import Json, number_text, parse_json
from ledger.core.document.model import Field, Limits, over_paths
from ledger.core.document.paths import name_text


def json_fields(data: bytes, limits: Limits) -> tuple[Field, ...]:
    """The fields of an I-JSON text, in the order of the text.

    :raises Malformed: as :func:`parse_json`, or paths over their limit.
    """
    fields: list[Field] = []
    budget = limits.paths
    waiting: list[tuple[str, Json]] = [("$", parse_json(data, limits))]
    while waiting:
        path, value = waiting.pop()
        kind = type(value)
        if kind is str:
            fields.append(Field(path, "s", value.encode()))  # type: ignore[union-attr]
        elif kind is bool:
            fields.append(Field(path, "b", b"true" if value else b"false"))
        elif value is None:
            fields.append(Field(path, "z", b""))
        elif isinstance(value, dict):
            if not value:
                fields.append(Field(path, "o", b""))
            # Names are no longer than the text; what can explode is the prefix, repeated for each member.
            budget -= len(path) * len(value)
            if budget < 0:
                raise over_paths(limits)
            waiting.extend([(f"{path}[{name_text(name)}]", value[name]) for name in reversed(value)])
        elif isinstance(value, list):
            if not value:
                fields.append(Field(path, "a", b""))
            budget -= len(path) * len(value)
            if budget < 0:
                raise over_paths(limits)
            waiting.extend([(f"{path}[{index}]", value[index]) for index in range(len(value) - 1, -1, -1)])
        else:
            fields.append(Field(path, "n", number_text(value).encode()))
    return tuple(fields)
