"""Keys of wallets: each file is encrypted under a passphrase of its own, which is not that of the keystore."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ledger.edges.keys.keystore import first_line, is_wallet
from ledger.errors import Malformed


def wallet_passphrase(
    data: bytes, file: Path | None, ask: Callable[[str], str] | None, where: str, option: str
) -> str | None:
    """The passphrase that opens a key's file; it may be empty. None: nobody gave one, or the file is not encrypted.

    :param data: the key's file; ``where``: its name.
    :param file: a file whose first line is the passphrase; ``option`` is how it was named.
    :param ask: asks a person; None if nobody is there.
    :raises Malformed: there is a ``file``, and nothing to open with it.
    """
    if not is_wallet(data):
        if file is not None:
            raise Malformed(f"opens a wallet, and {where} is none: it holds a key as it is", option)
        return None
    if file is not None:
        return first_line(file)
    return None if ask is None else ask(f"Passphrase of the wallet {where}: ")
