"""By link: get the evidence that a code on paper leads to, from the server that it names. No account and no chain."""

from __future__ import annotations

from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.link import EvidenceLink
from ledger.core.evidence.reading import read_evidence
from ledger.edges.server_api import ServerApi
from ledger.errors import Malformed, VerificationFailed


def evidence_by_link(link: EvidenceLink, proxy: str | None = None) -> Evidence:
    """The evidence of the declaration and the document that the link names. It is not judged.

    :param proxy: address of the proxy to ask through; None: none.
    :raises UnknownDeclaration: the server has no such declaration, or the link's digest is not its document's.
    :raises NotAnchoredYet: it waits for its batch.
    :raises Unavailable: the server does not answer, or not with evidence.
    :raises VerificationFailed: the answer is no evidence, or is about something else than the link names.
    """
    data = ServerApi(link.site, proxy=proxy).read_bytes(
        f"/v1/declarations/{hex_text(link.id)}/evidence", digest=link.digest
    )
    try:
        made = read_evidence(data)
    except Malformed as error:
        raise VerificationFailed(f"the answer of {link.site} is no evidence: {error}") from None
    link.check(made)
    return made
