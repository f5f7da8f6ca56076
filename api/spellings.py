"""How texts in requests are spelled: patterns for schemas, and the words for who spells one otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.core.statements.signature import MAX_SIGNATURE_SIZE

HASH = r"^0x[0-9a-f]{64}$"
SIGNER = r"^0x(?:[0-9a-fA-F]{2}){20,128}$"
SIGNATURE = rf"^0x(?:[0-9a-f]{{2}}){{0,{MAX_SIGNATURE_SIZE}}}$"
AGENCY = r"^[A-Z0-9-]{1,16}$"
WORDS: Mapping[str, str] = {
    HASH: "must be 0x and 64 hex digits in lower case (32 bytes)",
    SIGNER: "must be 0x and two hex digits for each of 20 to 128 bytes",
    SIGNATURE: f"must be 0x and two hex digits in lower case for each of at most {MAX_SIGNATURE_SIZE} bytes",
    AGENCY: 'must be an agency code: 1 to 16 of A-Z, 0-9 and "-", such as NZ-MPI',
}
"""By pattern: what a text must be."""
