"""Print: the page that accompanies a document on paper. It has the code that leads to evidence, and the evidence in it.

It is named after the accompanying documents of customs, which are printed with the code of an electronic declaration.
The page says in words what the evidence says. It proves nothing: the evidence attached to it does.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.core.encoding.text import when
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.link import EvidenceLink
from ledger.core.evidence.pdf import embed
from ledger.core.evidence.pdf.page import Block, CodeBlock, Style, prints, write_pages
from ledger.core.statements.code_lists import type_in_words
from ledger.core.verification.verdict import Check, Status, Verdict
from ledger.core.verification.verify import verify
from ledger.journeys.qr import modules

_OTHER_LETTERS = "its name is in letters that this page's fonts do not have; the attached evidence has it"
_HALF = len("0x 01234567 01234567 01234567 01234567")  # of an id in groups: one line beside the code
_WARNING = (
    "This page proves nothing: anybody can print one like it. Only the evidence does, in this PDF or behind the code."
)
_ADVICE = (
    "Check the evidence with a program from somebody whom you trust: ledger verify FILE.pdf --trust trust.json, or "
    "python verify.py FILE.pdf --trust trust.json. Whether a document is the declared one, the program says when it is "
    "given the document too: -d DOCUMENT."
)


def accompanying_page(evidence: Evidence, link: EvidenceLink) -> bytes:
    """A PDF with the evidence attached. Equal evidence and link make equal bytes.

    The evidence is told as of its own checkpoint, and is not judged here: nobody here knows which keys a reader
    believes.

    :raises Malformed: it needs more than 50 pages, or the evidence is too large for a PDF.
    """
    last = evidence.entries[-1].entry.time if evidence.entries else 0
    verdict = verify(evidence, clock=last, at=last)
    title = type_in_words(evidence.declaration.document_type)
    heading = title[0].upper() + title[1:]
    pages = write_pages(f"Evidence: {title}", list(_blocks(evidence, verdict, link, heading)))
    return embed(pages, evidence.to_bytes())


def _blocks(evidence: Evidence, verdict: Verdict, link: EvidenceLink, heading: str) -> Iterator[Block | CodeBlock]:
    declaration, id_ = evidence.declaration, grouped(evidence.id)
    yield Block("Evidence accompanying a trade document", Style.SMALL)
    yield Block(f"{heading} (type {declaration.document_type})", Style.TITLE, 8)
    beside = [
        Block("Scan the code, or open the attachment ledger-evidence.json of this PDF.", after=6),
        Block("Declaration", Style.SMALL, 0),
        Block(id_[:_HALF], Style.CODE, 0),
        Block("   " + id_[_HALF:].strip(), Style.CODE, 6),
        Block(str(link), Style.SMALL, 0),
    ]
    yield CodeBlock(modules(link), beside)
    yield Block(_WARNING, Style.STRONG, 8)
    yield Block("Who declared what, and when", Style.HEADING)
    words = (
        "The party with this key declared the document with this digest. A key is no name: nothing says whose it is."
    )
    yield Block(words)
    yield from _code("Party", declaration.party)
    yield from _code("Digest of the document", declaration.digest)
    for check in verdict.checks:
        if check.code in ("anchor.anchored", "declaration.not_signed", "withdrawal.withdrawn", "withdrawal.not_signed"):
            yield Block(_sentence(check.detail))
    yield Block("What agencies said", Style.HEADING)
    said = list(_attestations(evidence, verdict))
    yield from said or [Block("No agency has said anything of this declaration.")]
    as_of = f"As of entry {evidence.checkpoint.checkpoint.size - 1} of the history"
    yield Block(f"{as_of}, {when(verdict.at)}. What came later stands in newer evidence: scan the code.", after=8)
    shown = evidence.document
    yield Block("What the evidence proves of the document", Style.HEADING)
    yield Block(
        "The evidence holds no field of the document: it needs the document beside it."
        if shown is None or not shown.fields
        else f"Fields that the evidence discloses: {len(shown.fields)}; that it hides: {len(shown.hidden)}. "
        "ledger show FILE.pdf prints those that it discloses. Compare them with what is on paper."
    )
    yield Block("How to check it", Style.HEADING)
    yield Block(_ADVICE)
    yield Block(f"History {evidence.origin}", Style.SMALL)


def _attestations(evidence: Evidence, verdict: Verdict) -> Iterator[Block]:
    names = {(word.agency, word.kind): word for word in verdict.attested_by}
    for check in verdict.checks:
        if check.step != 13 or not check.code.startswith("in_force."):
            continue
        agency, kind = check.name.split(" ")[:2]
        word = names.get((agency, int(kind)))
        by = agency
        if word is not None:
            named = f"{word.name} ({agency}, {word.jurisdiction})"
            by = named if prints(named) else f"{agency} ({word.jurisdiction}; {_OTHER_LETTERS})"
        doubt = " It does not count: " + _reason(verdict, agency, kind) if _reason(verdict, agency, kind) else ""
        yield Block(f"{by}: {type_in_words(int(kind))}. {_sentence(check.detail)}{doubt}")


def _reason(verdict: Verdict, agency: str, kind: str) -> str:
    """Why an attestation does not count, if a check of its signature or authority says so."""
    found = [item for item in verdict.checks if item.name.startswith(f"{agency} {kind} ") and _refuses(item)]
    return _sentence(found[0].detail) if found else ""


def _refuses(check: Check) -> bool:
    return check.step in (14, 15, 16, 17) and check.status is Status.INVALID


def _code(name: str, value: bytes) -> Iterator[Block]:
    yield Block(name, Style.SMALL, 0)
    yield Block(grouped(value), Style.CODE, 4)


def grouped(value: bytes) -> str:
    """Hex in groups of eight digits, which people can compare."""
    digits = value.hex()
    return "0x " + " ".join(digits[at : at + 8] for at in range(0, len(digits), 8))


def _sentence(text: str) -> str:
    shown = text if prints(text) else "".join(char if prints(char) else "?" for char in text)
    return shown[:1].upper() + shown[1:].rstrip(".") + "."
