"""The evidence that a command is given: a file, a PDF that carries it, a link, a declaration or its file."""

from __future__ import annotations

import re
from pathlib import Path

from ledger.cli.files import EVIDENCE, read_as
from ledger.cli.inputs import mapped_file
from ledger.cli.terminal import open_app, open_service
from ledger.core.encoding.ids import DeclarationId
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.link import EvidenceLink, is_link, read_link, read_site
from ledger.errors import Malformed
from ledger.journeys.by_link import evidence_by_link
from ledger.journeys.verify import VerificationRequest

HELP = "Evidence: a file, a PDF that carries it, the link of a code, a declaration's id, or a declared file's name."
_ID = re.compile("0x[0-9a-f]{64}", re.IGNORECASE)


def evidence_of(given: str, api: str | None = None, key: str | None = None) -> Evidence:
    """The evidence that ``given`` names; raises as its reader, the server or the ledger does.

    :param api: the server to ask about an id; None: by the settings.
    :param key: name of the key to sign in with, where the server wants that.
    """
    if is_link(given):
        return evidence_by_link(read_link(given), open_app().settings.proxy_url)
    if _ID.fullmatch(given):
        return open_service(open_app(), api, key=key).evidence(DeclarationId(bytes.fromhex(given[2:])))
    try:
        return read_as(EVIDENCE, Path(given), VerificationRequest.read).evidence
    except Malformed as error:
        try:
            file = mapped_file(given)
        except Malformed:
            raise error from None
    return open_service(open_app(), api, key=key).evidence(file.id, None, file.digest)


def link_to(evidence: Evidence, given: str, at: str | None, api: str | None = None) -> EvidenceLink:
    """The link under which readers get the evidence: at the server named, else where it came from or by the settings.

    :param at: the server under which readers get it; ``api``: the server that was asked.

    :raises Malformed: no server is named, or it is no address.
    """
    link = read_link(given) if is_link(given) else None
    if at is None and link is not None:
        return link
    made = EvidenceLink.of(evidence, reader_site(at, api))
    return made if link is None else made._replace(key=link.key)


def reader_site(at: str | None, api: str | None = None) -> str:
    """The server under which readers get what a link names: ``at``, else by the settings, else the one that was asked.

    :raises Malformed: no server is named, or it is no address.
    """
    settings = open_app().settings
    site = next((named for named in (at, settings.site, api, settings.api) if named is not None), None)
    if site is None:
        raise Malformed(
            "is missing: the address of the server under which readers get it, https://ledger.example", "--at"
        )
    return read_site(site, "--at")
