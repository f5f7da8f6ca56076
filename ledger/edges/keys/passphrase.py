"""Where the keystore's passphrase comes from: a setting, a file, or a person."""

from __future__ import annotations

import getpass
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ledger.core.encoding.text import text_of
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


def first_line(file: Path) -> str:
    """The first line of a text file, as editors of any system write it: the passphrase that it holds.

    :raises Malformed: the file is not text.
    :raises Unavailable: it cannot be read.
    """
    try:
        return text_of(file.read_bytes()).partition("\n")[0].rstrip("\r")
    except Malformed:
        raise Malformed("is not UTF-8 text", str(file)) from None
    except OSError as error:
        raise Unavailable(f"the passphrase file {file} cannot be read: {error.strerror}", source=Source.DISK) from None


def prepared(passphrase: str) -> str:
    """A passphrase in the one form under which keys are encrypted, whatever keyboard or system it was typed on.

    As the profile OpaqueString of RFC 8265: spaces of all kinds become the common one, and letters with their marks
    have the form NFC. Nothing else changes.
    """
    spaced = "".join(" " if unicodedata.category(char) == "Zs" else char for char in passphrase)
    return unicodedata.normalize("NFC", spaced)


def spellings(passphrase: str) -> list[str]:
    """The forms under which a key may have been encrypted with this passphrase: of this program first, then of others.

    Without letters beyond ASCII there is one.
    """
    forms = (prepared(passphrase), passphrase, *(unicodedata.normalize(form, passphrase) for form in ("NFD", "NFKC")))
    return list(dict.fromkeys(forms))


SHORT = 12
"""Characters that a passphrase should have at least."""


def weakness(passphrase: str) -> str | None:
    """What makes a passphrase easy to guess for whoever gets the file of the key, in words; None if nothing does."""
    if len(passphrase) < SHORT:
        return f"has {len(passphrase)} character{'' if len(passphrase) == 1 else 's'}, and should have {SHORT} or more"
    if len(set(passphrase)) < 5:
        return f"has only {len(set(passphrase))} different characters"
    return None


def _ask_for_passphrase(passphrase: str | Secret | None, file: Path | None, ask: Callable[[str], str] | None) -> str:
    if passphrase is not None:
        found, where = passphrase if isinstance(passphrase, str) else passphrase.get_secret_value(), "LEDGER_PASSPHRASE"
    elif file is not None:
        found, where = first_line(file), str(file)
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
