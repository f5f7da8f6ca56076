"""Write ``docs/settings.md`` from the settings themselves. ``--check`` only tells whether the page is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from ledger.settings import DEFAULT_FILE, FILE_VARIABLE, describe

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
HEAD = f"""\
# Settings

Every setting is an environment variable and a key of a TOML file. `{FILE_VARIABLE}` names the file; without it, the
program reads `{DEFAULT_FILE}` in the working directory if there is one. The environment wins. An empty variable counts
as not set. Relative paths start at the working directory. A program checks the settings when it starts. It reports each
problem in one line: the variable or key, the shape of its value, and what is permitted. It never repeats a value.

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
    """Write the page. With ``check``, write nothing and return 1 if the page is stale."""
    if check:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != render():
            print(f"{PAGE.name} is stale: run `make generated`", file=sys.stderr)
            return 1
    else:
        PAGE.write_text(render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
