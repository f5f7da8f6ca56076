"""A plain file beside what evidence discloses: field by field, and in words what it means and what to do."""

from __future__ import annotations

from ledger.cli.output import Styled, print_line, short
from ledger.core.document import Field
from ledger.core.document.plain import ComparedField, Comparison, Likeness, Match

_ORDER = [Likeness.DIFFERENT, Likeness.MISSING, Likeness.ADDED, Likeness.UNKNOWN, Likeness.SAME]
_COLOURS = {
    Likeness.DIFFERENT: "bold red",
    Likeness.MISSING: "bold red",
    Likeness.ADDED: "bold red",
    Likeness.UNKNOWN: "yellow",
    Likeness.SAME: "green",
}
_WORDS = {
    Likeness.DIFFERENT: "different",
    Likeness.MISSING: "missing in the file",
    Likeness.ADDED: "only in the file",
    Likeness.UNKNOWN: "not disclosed",
    Likeness.SAME: "same",
}
_TYPES = {"s": "text", "n": "number", "b": "true or false", "z": "null", "o": "empty object", "a": "empty list"}
_MOST = {Likeness.SAME: 20, Likeness.UNKNOWN: 20}  # fields that are listed; of those that differ, 100
_MOST_CHARACTERS = 60


def print_comparison(name: str, found: Comparison) -> None:
    """Print the fields, those that differ first, and what it all says of the file ``name``."""
    print_line(Styled(f"{name} beside the evidence", "bold"))
    for likeness in _ORDER if found.match is not Match.NOTHING else ():
        items = [item for item in found.fields if item.likeness is likeness]
        most = _MOST.get(likeness, 100)
        for item in items[:most]:
            print_line("  ", Styled(_WORDS[likeness], _COLOURS[likeness]), "  ", _path(item))
            for side, value in _values(item):
                print_line(f"    {side}: {value}")
        if len(items) > most:
            print_line(f"  and {len(items) - most} more: {_WORDS[likeness]} (--json has all)")
    print_line(in_words(name, found))


def in_words(name: str, found: Comparison) -> str:
    """What the comparison says, and what to do."""
    counts = found.counts
    same, bad = counts[Likeness.SAME], len(found.differing)
    match found.match:
        case Match.SAME:
            return f"{name} is the declared document: all {same} fields are as the evidence discloses them"
        case Match.IN_PART:
            return (
                f"{same} fields of {name} are as declared, and {found.hidden} fields cannot be compared, because the "
                "evidence hides them: they may be as declared or not. Ask the trader for the wrapped file, for a "
                "redacted copy that shows them, or for evidence made with --disclose-all"
            )
        case Match.NOTHING:
            return (
                f"{name} cannot be compared: the evidence hides all {found.hidden} fields. Ask the trader for the "
                "wrapped file, for a redacted copy, or for evidence made with --disclose-all"
            )
        case Match.DIFFERS if not bad:
            return (
                f"{name} is not the declared document: it has {found.found} fields, and the declared document "
                f"{found.declared}; the {same} fields that can be compared are the same"
            )
        case _:
            whole = "" if same else "; no field is the same, so this may be another file altogether"
            return f"{name} is not the declared document: {bad} fields differ, and {same} are the same{whole}"


def _path(item: ComparedField) -> str:
    line = "" if item.line is None else f" (line {item.line})"
    return (short(item.path) or "the content") + line


def _values(item: ComparedField) -> list[tuple[str, str]]:
    """What stands in the evidence and in the file, where it matters."""
    if item.likeness in (Likeness.SAME, Likeness.UNKNOWN):
        return []
    types = item.declared is not None and item.found is not None and item.declared.type != item.found.type
    sides = [("evidence", item.declared), ("file    ", item.found)]
    return [(side, _shown(field, types)) for side, field in sides if field is not None]


def _shown(field: Field, with_type: bool) -> str:
    if field.type == "x":
        return f"{len(field.value)} bytes"
    text = field.value.decode()
    text = text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"
    return text + (f" ({_TYPES.get(field.type, field.type)})" if with_type else "")
