"""Write the generated files, for example the contract artifact. ``--check`` only names stale ones."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api.main import with_routes
from scripts import artifact, recognition_tables, settings_page, verifier_words

ROOT = Path(__file__).resolve().parent.parent


def openapi() -> str:
    """The OpenAPI document, from the routes alone: no store, key or chain is opened."""
    document: dict[str, Any] = with_routes().openapi()
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


GENERATED: dict[str, Callable[[], str]] = {
    "ledger/artifact/TradeLedger.json": lambda: artifact.render(artifact.built()),
    "docs/openapi.json": openapi,
    "docs/settings.md": settings_page.render,
    "web/verifier/recognition.json": recognition_tables.render,
    "web/verifier/codes.json": verifier_words.render,
}


def main(check: bool) -> int:
    """Write every file. With ``check``, write nothing, name the stale files, and return 1 if there are any."""
    stale = []
    for name, render in GENERATED.items():
        path, text = ROOT / name, render()
        if not path.exists() or path.read_text() != text:
            stale.append(name)
            if not check:
                path.write_text(text)
    if check and stale:
        print(f"stale: {', '.join(stale)}; run `make generated` and commit the result", file=sys.stderr)
        return 1
    print(f"{len(GENERATED)} generated files are up to date" if not stale else f"written: {', '.join(stale)}")
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
