"""Where the keystore's passphrase comes from: a setting, a file, or a person."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ledger.errors import Malformed, Source, Unavailable


class Secret(Protocol):
    """pydantic's SecretStr, or a class like it."""

    def get_secret_value(self) -> str: ...


def passphrase_source(
    passphrase: str | Secret | None,
    file: Path | None,
    *,
    prompt: bool,
    ask: Callable[[str], str] = getpass.getpass,
) -> Callable[[], str]:
    """A function that gives the passphrase: ``passphrase``, or the first line of ``file``, or a ``prompt``'s answer.

    The first of these that is set counts. It is read when the function is first called, and only once.

    :raises Malformed: (the returned function) none is set, or the passphrase is empty.
    :raises Unavailable: (the returned function) the file cannot be read.
    """
    known: list[str] = []

    def source() -> str:
        if not known:
            known.append(_ask_for_passphrase(passphrase, file, ask if prompt else None))
        return known[0]

    return source


def _ask_for_passphrase(passphrase: str | Secret | None, file: Path | None, ask: Callable[[str], str] | None) -> str:
    if passphrase is not None:
        found, where = passphrase if isinstance(passphrase, str) else passphrase.get_secret_value(), "LEDGER_PASSPHRASE"
    elif file is not None:
        where = str(file)
        try:
            found = file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
        except UnicodeDecodeError:
            raise Malformed("is not UTF-8 text", where) from None
        except OSError as error:
            raise Unavailable(
                f"the passphrase file {file} cannot be read: {error.strerror}", source=Source.DISK
            ) from None
    elif ask is not None:
        where = "prompt"
        try:
            found = ask("Passphrase of the keystore: ")
        except EOFError:
            found = ""
    else:
        raise Malformed(
            "is needed: set LEDGER_PASSPHRASE_FILE to a file that holds it, or LEDGER_PASSPHRASE", "passphrase"
        )
    if not found:
        raise Malformed("the passphrase is empty", where)
    return found
