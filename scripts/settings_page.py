"""``docs/settings.md``, from the settings themselves. ``--check``: is it fresh?"""

from __future__ import annotations

import sys
from pathlib import Path

from ledger.config import DEFAULT_FILE, FILE_VARIABLE, describe

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
HEAD = f"""\
# Settings

Every setting is an environment variable, and a key of a TOML file. The file is the one that `{FILE_VARIABLE}` names, or
`{DEFAULT_FILE}` in the working directory if there is one. The environment wins; a variable that is empty counts as not
set. Relative paths start at the working directory. Settings are checked when a program starts: each problem is one line
that says which variable or key, what shape its value has, and what is permitted. Values are never repeated.

```toml
# ledger.toml
rpc_url = "http://127.0.0.1:8545"
anchor_batch_size = 10000
```

This page is generated (`make generated`).

| variable | key | what it is | permitted | when not set |
|---|---|---|---|---|
"""


def render() -> str:
    """The page."""
    rows = [
        f"| `{item.variable}` | `{item.name}` | {item.description} | {item.permitted} | {item.default} |\n"
        for item in describe()
    ]
    return HEAD + "".join(rows)


def main(check: bool) -> int:
    """Write the page, or with ``check`` say whether it is what it would be."""
    if check:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != render():
            print(f"{PAGE.name} is stale: run `make generated`", file=sys.stderr)
            return 1
    else:
        PAGE.write_text(render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
