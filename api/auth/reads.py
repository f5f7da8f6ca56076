"""Who read whose declarations: a line in the log for each read by somebody who may read every party's.

A line says who, what and when, and nothing of contents: the reader's signer, role and agency; the declaration's id, or
what a list was asked for and how many it showed. No other line of the log names a signer.
"""

from __future__ import annotations

import logging
from typing import Any

from api.auth.reader import Reader
from ledger.core.encoding.reading import hex_text
from ledger.core.history.rights import Rights
from ledger.core.statements.declaration import Declaration

log = logging.getLogger("api.auth.reads")
log.setLevel(logging.INFO)  # whatever level the server logs: nobody may read unseen


def read_one(reader: Reader, id_: bytes, declaration: Declaration | None, what: str) -> None:
    """Note that a declaration was read, unless by its own party, or by one who gave its digest.

    :param what: what was read of it.
    """
    rights = None if reader.session is None else reader.session.rights
    if rights is not None and rights.reads_all and (declaration is None or declaration.party != rights.signer):
        _note(rights, what=what, declaration=hex_text(id_))


def read_list(rights: Rights, asked: dict[str, Any], count: int) -> None:
    """Note that declarations were listed, unless by their own party.

    :param asked: what the list was restricted to.
    """
    if asked.get("party") != hex_text(rights.signer):
        given = {name: value for name, value in asked.items() if value is not None}
        _note(rights, what="list", asked=given, count=count)


def _note(rights: Rights, **what: Any) -> None:
    who = {"reader": hex_text(rights.signer), "roles": list(rights.roles), "agency": rights.agency}
    log.info("read", extra={"fields": who | what})
