"""Writes ``docs/settings.md`` from the settings themselves."""

from __future__ import annotations

from typing import Any

from ledger.config import Settings

HEAD = """# Settings

From the environment, or from a TOML file (`LEDGER_CONFIG`, else `./ledger.toml`) with the names in lower case and without
`LEDGER_`. The environment wins. Generated from `ledger/config.py` by `make generated`.

| variable | default | permitted | what |
|---|---|---|---|
"""


def render() -> str:
    """The page."""
    schema = Settings.model_json_schema()["properties"]
    return HEAD + "".join(
        f"| `LEDGER_{name.upper()}` | {_default(field)} | {_permitted(schema[name])} | {field.description} |\n"
        for name, field in Settings.model_fields.items()
    )


def _default(field: Any) -> str:
    return "" if field.default is None else f"`{field.default}`"


def _permitted(schema: dict[str, Any]) -> str:
    """Ranges and patterns of a JSON schema in words."""
    parts = schema.get("anyOf", [schema])
    words = []
    for part in parts:
        low = part.get("minimum", part.get("exclusiveMinimum"))
        if "maximum" in part:
            words.append(f"{'above ' if 'exclusiveMinimum' in part else ''}{low} to {part['maximum']}")
        elif low is not None:
            words.append(f"above {low}" if "exclusiveMinimum" in part else f"from {low}")
        if "pattern" in part:
            words.append("0x and 40 hex digits")
    return ", ".join(words)
