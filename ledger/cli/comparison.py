"""A plain file beside what evidence discloses, for people: a table, and in words what it means and what to do."""

from __future__ import annotations

from ledger.cli.output import Styled, print_line, short, table
from ledger.core.document import Field
from ledger.core.document.plain import ComparedField, Comparison, Likeness, Match

_ORDER = [Likeness.DIFFERENT, Likeness.MISSING, Likeness.ADDED, Likeness.UNKNOWN, Likeness.SAME]
_COLOURS = {
    Likeness.DIFFERENT: Styled("different", "bold red"),
    Likeness.MISSING: Styled("missing in the file", "bold red"),
    Likeness.ADDED: Styled("only in the file", "bold red"),
    Likeness.UNKNOWN: Styled("not disclosed", "yellow"),
    Likeness.SAME: Styled("same", "green"),
}
_TYPES = {"s": "text", "n": "number", "b": "true or false", "z": "null", "o": "empty object", "a": "empty list"}
_MOST_ROWS, _MOST_CHARACTERS = 60, 60


def print_comparison(name: str, found: Comparison) -> None:
    """Print the fields, those that differ first, and what it all says of the file ``name``."""
    ordered = sorted(found.fields, key=lambda item: _ORDER.index(item.likeness))
    rows = [_row(item) for item in ordered[:_MOST_ROWS]]
    table(f"{name} beside the evidence", ("", "field", "evidence", "file", "line"), rows)
    if len(ordered) > _MOST_ROWS:
        print_line(f"and {len(ordered) - _MOST_ROWS} more: --json has all")
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


def _row(item: ComparedField) -> tuple[Styled, str, str, str, str]:
    types = item.declared is not None and item.found is not None and item.declared.type != item.found.type
    path = short(item.path) or "the content"
    line = "" if item.line is None else str(item.line)
    return _COLOURS[item.likeness], path, _shown(item.declared, types), _shown(item.found, types), line


def _shown(field: Field | None, with_type: bool) -> str:
    if field is None:
        return "–"
    if field.type == "x":
        return f"{len(field.value)} bytes"
    text = field.value.decode()
    text = text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"
    return text + (f" ({_TYPES.get(field.type, field.type)})" if with_type else "")
