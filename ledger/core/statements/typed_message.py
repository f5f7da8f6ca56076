"""A statement as wallets take it: ``eth_signTypedData_v4`` of EIP-712, with types, domain and message in JSON."""

from __future__ import annotations

from typing import Any

from ledger.core.encoding.reading import hex_text
from ledger.core.statements.origin import Origin
from ledger.core.statements.statement import Statement

_DOMAIN = (
    ("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"),
    ("salt", "bytes32"),
)  # fmt: skip


def typed_message(statement: Statement, origin: Origin) -> dict[str, Any]:
    """What a wallet is asked to sign: the EIP-712 digest of it is ``statement.id(origin)``."""
    kind, members = type(statement).PRIMARY_TYPE, type(statement).typed_members()
    return {
        "types": {
            "EIP712Domain": [{"name": name, "type": type_} for name, type_ in _DOMAIN],
            kind: [{"name": name, "type": type_} for name, type_ in members],
        },
        "primaryType": kind,
        "domain": {
            "name": "TradeLedger",
            "version": "1",
            "chainId": origin.chain_id,
            "verifyingContract": hex_text(origin.contract),
            "salt": hex_text(origin.salt),
        },
        "message": {name: _json(value) for (name, _), value in zip(members, statement.abi_values(), strict=True)},
    }


def _json(value: Any) -> Any:
    """Bytes as hex, wherever they stand."""
    if isinstance(value, bytes):
        return hex_text(value)
    return [_json(item) for item in value] if isinstance(value, list) else value
