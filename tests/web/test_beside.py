"""What lies beside evidence, in the browser: plain files, patterns of a policy, and PDFs that carry evidence."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from random import Random

import pytest

from ledger.core.document import Format, Plain, Redacted, open_beside, redact, wrap
from ledger.core.document.plain import Likeness, compare
from ledger.errors import Malformed
from tests.verifier.both import alone
from tests.verifier.test_patterns_alike import DOCUMENTS, PIECES, outcome_of_ledger
from tests.web.driving import Driver, Refused

SEED = bytes(range(32))
PDFS = Path(__file__).parents[1] / "vectors" / "pdf"
UNKNOWN = {Likeness.UNKNOWN: "unknown"}

# ---------------------------------------------------------------------------------------------------------- plain files

ORDER = '{"buyer":"Kim","lines":[{"qty":1000,"price":9.5},{"qty":1}],"paid":true,"note":null,"extra":{},"Maße":"m²"}'
INVOICE = (
    '<?xml version="1.0"?><i:Invoice xmlns:i="urn:x"><ID>42</ID><Amount currency="EUR">100.00</Amount></i:Invoice>'
)


@pytest.mark.parametrize("hide", [[], ["$.lines"], ["$"]], ids=["nothing", "a part", "everything"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""), ("1000", "1000.0"), ("1000", '"1000"'), ("Kim", "Kim "), ("null", '""'), ("{}", "[]"),
        (',"note":null', ""), ('"paid"', '"tax":0,"paid"'), ('{"qty":1}', '{"qty":1},{"qty":1}'), ("m²", "m2"),
    ],
)  # fmt: skip
def test_a_plain_file_is_compared_as_the_core_does(driver: Driver, hide: list[str], old: str, new: str) -> None:
    copy = redact(wrap(ORDER.encode(), Format.JSON, SEED), hide)
    check_comparison(driver, copy, ORDER.replace(old, new).encode() if old else ORDER.encode())


@pytest.mark.parametrize("hide", [[], ["//Amount"], ["/*"]], ids=["nothing", "a part", "everything"])
@pytest.mark.parametrize(
    "data", [INVOICE, INVOICE.replace("42", "43"), INVOICE.replace("i:", "j:").replace(":i=", ":j=")]
)
def test_a_plain_xml_file_is_compared_as_the_core_does(driver: Driver, hide: list[str], data: str) -> None:
    check_comparison(driver, redact(wrap(INVOICE.encode(), Format.XML, SEED), hide), data.encode())


def check_comparison(driver: Driver, copy: Redacted, data: bytes) -> None:
    expected = compare(copy, Plain(data, copy.format))
    found = driver.ask("beside", disclosed=copy.to_bytes(), data=data)
    assert found["fields"] == [[item.path, UNKNOWN.get(item.likeness, item.likeness.value)] for item in expected.fields]
    assert found["differing"] == expected.differing
    assert found["found"] == expected.found


COPY = redact(wrap(ORDER.encode(), Format.JSON, SEED), ["$.lines"])


@pytest.mark.parametrize(
    "data",
    [
        b"ledger/", b"ledger/json/1 x\n{}", b'{"fields":1}', b'{"fields":[]}\n', b' \n{"a":"trade-ledger/x"}',
        b"\xef\xbb\xbf",
        b'\xef\xbb\xbf {"x":1,"y":"trade-ledger/"}', b'["trade-ledger/"]', b'{"a":"trade-ledger"}',
        b"ledge", b"", b"{",
        ORDER.encode(), b"\xef\xbb\xbf" + ORDER.encode(), b" " + COPY.to_bytes(), COPY.to_bytes(),
        wrap(ORDER.encode(), Format.JSON, SEED).to_bytes(), wrap(b"<a/>", Format.XML, SEED).to_bytes(),
    ],
)  # fmt: skip
def test_what_a_file_beside_evidence_is(driver: Driver, data: bytes) -> None:
    """Wrapped, redacted, plain, or malformed: as the core says."""
    [found] = driver.try_all([("beside", {"disclosed": COPY.to_bytes(), "data": data})])
    try:
        expected = open_beside(data, COPY)
    except Malformed:
        assert isinstance(found, Refused)
    else:
        assert ("differing" in found) is isinstance(expected, Plain)
        if not isinstance(expected, Plain):
            assert found["digest"] == expected.digest.hex()


# ------------------------------------------------------------------------------------------------------------- patterns


@pytest.mark.parametrize("format_", Format)
def test_every_path_is_a_pattern_of_its_field(driver: Driver, format_: Format) -> None:
    data = DOCUMENTS[format_].to_bytes()
    for path in DOCUMENTS[format_].field_hashes:
        assert driver.ask("pattern", data=data, pattern=path) is True


@pytest.mark.parametrize("format_", Format)
def test_patterns_are_read_as_the_core_reads_them(driver: Driver, format_: Format) -> None:
    chance, data = Random(format_), DOCUMENTS[format_].to_bytes()
    begin = {Format.JSON: "$", Format.XML: "/", Format.OPAQUE: ""}[format_]
    found = {True: 0, False: 0, None: 0}
    for number in range(800):
        pattern = begin * (number % 4 > 0) + "".join(chance.choices(PIECES[format_], k=chance.randint(1, 6)))
        expected = outcome_of_ledger(format_, pattern)
        [answer] = driver.try_all([("pattern", {"data": data, "pattern": pattern})])
        assert (None if isinstance(answer, Refused) else answer) is expected, pattern
        found[expected] += 1
    assert min(found.values()) > 0 or format_ is Format.OPAQUE, found


@pytest.mark.parametrize("space", [" ", "\t", "\x1c", "\x1f", "\x85", "\xa0", "\u2028", "\u3000", "\ufeff", "\u200b"])
def test_white_space_before_a_name(driver: Driver, space: str) -> None:
    data = wrap(json.dumps({f"{space}a": 1}).encode(), Format.JSON, SEED).to_bytes()
    [answer] = driver.try_all([("pattern", {"data": data, "pattern": f"$.{space}a"})])
    assert isinstance(answer, Refused) is space.isspace()


# ----------------------------------------------------------------------------------------------------------------- PDFs


@pytest.mark.parametrize("name", ["carrier", "declared", "original"])
def test_pdfs(driver: Driver, name: str) -> None:
    """As they are, and with each of the last 200 bytes changed: what verify.py reads, and nothing else."""
    data = (PDFS / f"{name}.pdf").read_bytes()
    changed = [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(len(data) - 200, len(data))]
    files = [data, data + b"\n", data[:-1], b"%PDF-", b"", *changed]
    read = [check_pdf(driver, file) for file in files]
    assert read[0] is (name != "original")
    assert not any(read[1:5])


def check_pdf(driver: Driver, data: bytes) -> bool:
    [found] = driver.try_all([("pdf", {"data": data})])
    try:
        evidence, wrapped = alone.cut_pdf(data)
    except alone.Malformed:
        assert isinstance(found, Refused)
        return False
    assert b64decode(found["evidence"]) == evidence
    assert (found["wrapped"] and b64decode(found["wrapped"])) == wrapped
    return True


def test_a_note_of_any_size_is_not_looked_for_elsewhere(driver: Driver) -> None:
    """The line at the end may say any place; only what is a note there makes the PDF a declared one."""
    data = (PDFS / "declared.pdf").read_bytes()
    line = data[data.rindex(b"\n%ledger/pdf/1 ") :].split(b"\n")[1]
    for wrong in (line + b"0", line.rpartition(b" ")[0] + b" 1", line[:-1]):
        assert not check_pdf(driver, data.replace(line, wrong))


def test_a_note_within_the_original_says_nothing(driver: Driver) -> None:
    """The original's own bytes are its author's: what looks like a note there does not declare the PDF."""
    begin, evidence = b"%PDF-1.7\n", b"{}\n"
    note = b"ledger/opaque/1 " + b"A" * 43 + b"\n80\n"
    assert len(begin + note) < 80
    original = (begin + note).ljust(80, b"x")
    for at, expected in ((len(begin), False), (len(original) + len(evidence), True)):
        end = f"\n%ledger/pdf/1 80 80 {len(evidence)} {at} {len(note)}\nstartxref\n0\n%%EOF\n".encode()
        assert check_pdf(driver, original + evidence + note + end) is expected
