"""The vectors of signing in: ``tests/vectors/sign_in.json``. ``python -m tests.sign_in_vectors`` writes them anew.

Keys are made from names, and times are fixed, so the file is always the same.
"""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from ledger.core.encoding.reading import hex_text
from ledger.core.statements.sign_in import SignIn
from ledger.core.statements.typed_message import typed_message
from ledger.testing.world import ORIGIN, PLANT, START
from tests.conformance.parts import CARD

FILE = Path(__file__).parent / "vectors" / "sign_in.json"
SITES = ("https://window.example", "http://localhost:8080", "https://zoll.example/öffnung")


def made() -> list[dict[str, Any]]:
    """Each site with a secp256k1 key and with a P-256 key."""
    found = []
    for number, site in enumerate(SITES):
        for name, key in (("secp256k1", PLANT), ("p256", CARD)):
            statement = SignIn(site, key.signer, sha256(f"nonce {number}".encode()).digest(), START + number)
            id_ = statement.id(ORIGIN)
            found.append(
                {
                    "algorithm": name,
                    "origin": str(ORIGIN),
                    "signIn": statement.to_json(),
                    "typedMessage": typed_message(statement, ORIGIN),
                    "id": hex_text(id_),
                    "signature": hex_text(key.sign(id_)),
                }
            )
    return found


def main() -> int:
    FILE.write_text(json.dumps(made(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
