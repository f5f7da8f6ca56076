"""Evidence in a PDF: the original stays, everything else is told by the bytes, and no change goes unnoticed."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zlib
from contextlib import suppress
from pathlib import Path

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ledger.core.document import Format, open_document, wrap
from ledger.core.evidence.evidence import MAX_EVIDENCE_BYTES
from ledger.core.evidence.pdf import (
    MAX_PDF_BYTES,
    Carried,
    carries_evidence,
    embed,
    is_pdf,
    original_of,
    read_pdf,
)
from ledger.errors import Malformed
from tests import fetched
from tests.core.evidence.pdf.pdfs import (
    GOOD,
    OBJECTS,
    TRAILER,
    attached,
    deflated,
    plain,
    revised,
    with_streams,
    with_table,
)

EVIDENCE = b'{"ledger":"trade-ledger/evidence/2","text":"\\u00e9 endstream endobj"}\n'
SEED = bytes(range(32))
VECTORS = Path(__file__).parents[3] / "vectors" / "pdf"
SHARED = sorted((Path(__file__).parents[5] / "shared" / "data").rglob("*.pdf"))
REAL = [*fetched.PDFS, *SHARED]
DAMAGED = {
    "issue-297.pdf": "no object where the tables of the PDF place one",
    "selenium-pypdf-issue-177.pdf": "not a complete PDF, from '%PDF-' to '%%EOF'",
    "toy.pdf": "rows are 20 bytes",
}
"""PDFs that other readers repair in silence: nothing is attached to a file whose own tables are wrong."""


def wrapped(pdf: bytes) -> bytes:
    return wrap(pdf, Format.OPAQUE, SEED).to_bytes()


def printed(catalog: pypdf.generic.DictionaryObject) -> dict[str, bytes]:
    """The members of a catalog as pypdf would write them, but for the one that lists attachments."""
    members = {name: io.BytesIO() for name in catalog if name != "/Names"}
    for name, out in members.items():
        catalog.raw_get(name).write_to_stream(out)
    return {name: out.getvalue() for name, out in members.items()}


@pytest.fixture(params=GOOD)
def pdf(request: pytest.FixtureRequest) -> bytes:
    return GOOD[request.param]


# ----------------------------------------------------------------------------------------------- there and back


def test_the_original_is_a_prefix_and_comes_back(pdf: bytes) -> None:
    made = embed(pdf, EVIDENCE)
    assert made[: len(pdf)] == pdf
    assert made == embed(pdf, EVIDENCE)
    assert read_pdf(made) == Carried(EVIDENCE, None)
    assert original_of(made) == pdf
    assert (carries_evidence(made), carries_evidence(pdf)) == (True, False)


def test_a_declared_pdf_comes_back_as_its_wrapped_document(pdf: bytes) -> None:
    carried = read_pdf(embed(pdf, EVIDENCE, wrapped(pdf)))
    assert carried == Carried(EVIDENCE, wrapped(pdf))
    assert carried.document is not None
    assert open_document(carried.document).digest == wrap(pdf, Format.OPAQUE, SEED).digest


def test_another_program_sees_the_attachments_and_the_same_pages(pdf: bytes) -> None:
    check_by_pypdf(pdf, embed(pdf, EVIDENCE, wrapped(pdf)), strict=True)


def check_by_pypdf(pdf: bytes, made: bytes, strict: bool) -> None:
    """Two attachments more, and nothing else."""
    before = pypdf.PdfReader(io.BytesIO(pdf), strict=strict)
    after = pypdf.PdfReader(io.BytesIO(made), strict=strict)
    attachments = dict(after.attachments.items())
    assert attachments.pop("ledger-evidence.json") == [EVIDENCE]
    header, length = attachments.pop("ledger-document.txt")[0].splitlines(keepends=True)
    assert header + pdf[: int(length)] == wrapped(pdf)
    assert attachments == dict(before.attachments.items())
    assert [page.extract_text() for page in after.pages] == [page.extract_text() for page in before.pages]
    assert after.metadata == before.metadata
    assert printed(after.root_object) == printed(before.root_object)
    assert after.trailer["/ID"] == before.trailer["/ID"] if "/ID" in before.trailer else "/ID" not in after.trailer


def test_the_update_is_the_same_for_ever() -> None:
    """tests/vectors/pdf, written once: whoever changes a byte of the format names another version."""
    original, carrier, declared = (
        (VECTORS / f"{name}.pdf").read_bytes() for name in ("original", "carrier", "declared")
    )
    assert embed(original, b"{}\n") == carrier
    assert embed(original, b"{}\n", wrapped(original)) == declared


needs_poppler = pytest.mark.skipif(
    shutil.which("pdfdetach") is None, reason="pdfdetach is not installed: apt-get install poppler-utils"
)


@needs_poppler
def test_poppler_takes_the_evidence_out(pdf: bytes, tmp_path: Path) -> None:
    file, out = tmp_path / "made.pdf", tmp_path / "out.json"
    file.write_bytes(embed(pdf, EVIDENCE))
    done = subprocess.run(
        ["pdfdetach", "-savefile", "ledger-evidence.json", "-o", str(out), str(file)], capture_output=True, check=True
    )
    assert (out.read_bytes(), done.stderr) == (EVIDENCE, b"")


def test_a_program_without_a_pdf_library_finds_the_evidence(pdf: bytes) -> None:
    """docs/pdf.md: the fourth line from the end says where everything is."""
    made = embed(pdf, EVIDENCE, wrapped(pdf))
    mark, length, at, size, note_at, note_size = made.splitlines()[-4].split()
    assert mark == b"%ledger/pdf/1"
    assert made[int(at) : int(at) + int(size)] == EVIDENCE
    note = made[int(note_at) : int(note_at) + int(note_size)]
    assert note.splitlines(keepends=True)[0] + made[: int(length)] == wrapped(pdf)


@given(evidence=some.binary(max_size=400))
def test_any_evidence_comes_back(evidence: bytes) -> None:
    assert read_pdf(embed(GOOD["table"], evidence)).evidence == evidence


@pytest.mark.skipif(not REAL, reason="PDFs of other programs are not here: `make fetch` brings them")
@needs_poppler
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_real_pdfs(path: Path, tmp_path: Path) -> None:
    """Each carries evidence, and other programs find it there; but for those that are encrypted or damaged."""
    data, file, out = path.read_bytes(), tmp_path / "made.pdf", tmp_path / "out.json"
    if path.name in DAMAGED or pypdf.PdfReader(path).is_encrypted:
        with pytest.raises(Malformed, match=DAMAGED.get(path.name, "is encrypted")):
            embed(data, EVIDENCE, wrapped(data))
        return
    made = embed(data, EVIDENCE, wrapped(data))
    assert read_pdf(made) == Carried(EVIDENCE, wrapped(data))
    check_by_pypdf(data, made, strict=False)
    file.write_bytes(made)
    subprocess.run(["pdfdetach", "-savefile", "ledger-evidence.json", "-o", str(out), str(file)], check=True)
    assert out.read_bytes() == EVIDENCE


# ------------------------------------------------------------------------------------------- changed afterwards

MADE = {
    name: embed(GOOD[name], EVIDENCE, wrapped(GOOD[name])) for name in ("table", "streams", "attachments in a tree")
}
CARRIED = {name: read_pdf(made) for name, made in MADE.items()}


@pytest.mark.parametrize("name", MADE)
@given(data=some.data())
@settings(max_examples=300)
def test_no_changed_byte_goes_unnoticed(name: str, data: some.DataObject) -> None:
    """Either the file is refused, or it hands out another document or other evidence, which their checks refuse."""
    made = MADE[name]
    at = data.draw(some.integers(0, len(made) - 1))
    changed = bytearray(made)
    changed[at] ^= data.draw(some.integers(1, 255))
    with suppress(Malformed):
        found = read_pdf(bytes(changed))
        assert found != CARRIED[name]
        assert at < len(GOOD[name]) or found.evidence != EVIDENCE or found.document != CARRIED[name].document


@pytest.mark.parametrize("name", MADE)
def test_no_byte_of_the_update_is_free(name: str) -> None:
    """Beyond the document, only the evidence's own bytes and the seed's decide elsewhere: all others are told here."""
    made, begin = MADE[name], len(GOOD[name])
    seed = CARRIED[name].document or b""
    free = [made.index(EVIDENCE), made.index(seed[:60], begin)]
    for at in range(begin, len(made)):
        if free[0] <= at < free[0] + len(EVIDENCE) or free[1] <= at < free[1] + 60:
            continue
        changed = bytearray(made)
        changed[at] ^= 1
        with pytest.raises(Malformed):
            read_pdf(bytes(changed))


OVER = b"q 1 1 1 rg 0 0 100 100 re f Q"
DRAWN_OVER = {4: b"<< /Length %d >>\nstream\n%b\nendstream" % (len(OVER), OVER)}


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made + b"\n",
        lambda made: made + b" ",
        lambda made: made[:-1],
        lambda made: made + made[len(GOOD["table"]) :],
        lambda made: revised(made, DRAWN_OVER),
        lambda made: revised(made, DRAWN_OVER) + made[made.rindex(b"\n%ledger/pdf/1") :],
    ],
    ids=["a line", "a space", "cut", "its update again", "drawn over", "drawn over, with the old last lines"],
)
def test_what_is_appended_later_is_noticed(change: object) -> None:
    made = embed(GOOD["table"], EVIDENCE, wrapped(GOOD["table"]))
    changed = change(made)  # type: ignore[operator]
    with pytest.raises(Malformed, match="changed after|not exactly"):
        read_pdf(changed)


def test_a_document_drawn_over_before_is_another_document() -> None:
    """The update of a forger stands between the document and ours: then it is part of what the digest is over."""
    pdf = GOOD["table"]
    forged = revised(pdf, DRAWN_OVER)
    header = wrapped(pdf)[: -len(pdf)]
    document = read_pdf(embed(forged, EVIDENCE, header + forged)).document
    assert document is not None
    assert open_document(document).digest != wrap(pdf, Format.OPAQUE, SEED).digest


def test_a_catalog_with_more_than_attachments_is_refused() -> None:
    """Well-formed, and every offset right: only writing the update again tells."""
    made = MADE["table"]
    begin = len(GOOD["table"])
    unlisted = made[begin:].replace(b"/Names<<", b"/NAmes<<", 1)
    moved = made[begin:].replace(b"/Pages 2 0 R", b"/Pages 3 0 R", 1)
    acting = made[begin:].replace(b"/Lang (en\\(GB\\))", b"/AA 3 0 R       ", 1)
    for forged in (made[:begin] + update for update in (unlisted, moved, acting)):
        assert (len(forged), forged == made) == (len(made), False)
        with pytest.raises(Malformed, match="not exactly"):
            read_pdf(forged)


def test_the_document_must_be_this_pdf() -> None:
    pdf = GOOD["table"]
    for other in (wrapped(pdf + b" "), wrapped(pdf[:-1]), pdf, b"", wrapped(pdf).replace(b"opaque", b"json")):
        with pytest.raises(Malformed, match="must wrap exactly this PDF"):
            embed(pdf, EVIDENCE, other)


def test_evidence_is_attached_once() -> None:
    made = embed(GOOD["table"], EVIDENCE)
    with pytest.raises(Malformed, match="has an attachment named ledger-evidence.json"):
        embed(made, EVIDENCE)
    assert embed(original_of(made), b"newer") == embed(GOOD["table"], b"newer")


# ---------------------------------------------------------------------------------------------- broken, hostile


def catalog(members: bytes, more: dict[int, bytes] | None = None) -> bytes:
    return with_table({**OBJECTS, 1: b"<</Type/Catalog/Pages 2 0 R%b>>" % members, **(more or {})})


TABLE = with_table()
BOMB = with_streams(lambda data, columns: deflated(bytes(1 << 25), 1))
BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "not a (complete )?PDF"),
    "text": (b"ledger", "not a (complete )?PDF"),
    "header only": (b"%PDF-1.4\n", "not a complete PDF, from"),
    "cut": (TABLE[:-20], "not a complete PDF, from"),
    "bytes before": (b"\n" + TABLE, "not a (complete )?PDF"),
    "bytes after": (TABLE + b"more", "not a complete PDF, from"),
    "table elsewhere": (re.sub(rb"startxref\n\d+", b"startxref\n9", TABLE), "no object where"),
    "table beyond the end": (re.sub(rb"startxref\n\d+", b"startxref\n9999999999", TABLE), "no object where"),
    "rows of 19 bytes": (TABLE.replace(b" n \n", b" n\n"), "rows are 20 bytes"),
    "object elsewhere": (TABLE.replace(b"1 0 obj\n", b"8 0 obj\n", 1), "object 8 where object 1 is expected"),
    "catalog missing": (with_table(trailer=b"/Info 5 0 R"), "catalog missing"),
    "another object as catalog": (with_table(trailer=b"/Root 2 0 R"), "invalid catalog"),
    "catalog is a number": (with_table({**OBJECTS, 1: b"17"}), "not a dictionary"),
    "catalog refers to itself": (with_table({**OBJECTS, 1: b"1 0 R"}), "circular references"),
    "catalog names a member twice": (catalog(b"/Pages 3 0 R"), "without a name, or a name twice"),
    "twice, by an escape": (catalog(b"/P#61ges 3 0 R"), "without a name, or a name twice"),
    "odd members": (catalog(b"/Lang"), "without a value"),
    "nested too deep": (catalog(b"/X" + b"[" * 101 + b"]" * 101), "deeper"),
    "closed wrongly": (catalog(b"/X[>>"), "without an opening one"),
    "string without end": (catalog(b"/X(" + b"("), "string without an end|not a PDF value"),
    "value too long": (catalog(b"/X(" + bytes(1 << 20) + b")"), "a string without an end"),
    "encrypted": (with_table(trailer=TRAILER + b" /Encrypt 5 0 R"), "encrypted"),
    "encrypted before": (revised(with_table(trailer=TRAILER + b" /Encrypt 5 0 R"), {}), "encrypted"),
    "signed form": (catalog(b"/AcroForm<</SigFlags 3/Fields[<</FT/Sig/T(a)/V 6 0 R>>]>>"), "signed"),
    "signed form, by reference": (
        catalog(b"/AcroForm 6 0 R", {6: b"<</Fields 7 0 R>>", 7: b"[8 0 R]", 8: b"<</FT/#53ig/V<<>>>>"}),
        "signed",
    ),
    "signed below a parent": (
        catalog(b"/AcroForm<</Fields[6 0 R]>>", {6: b"<</FT/Sig/Kids[7 0 R]>>", 7: b"<</T(a)/V<<>>>>"}),
        "signed",
    ),
    "form in a circle": (catalog(b"/AcroForm<</Fields[6 0 R]>>", {6: b"<</Kids[6 0 R]>>"}), "too many fields"),
    "signed, permissions": (catalog(b"/Perms<</DocMDP 6 0 R>>"), "signed"),
    "signature": (with_table({**OBJECTS, 6: b"<</Type/Sig/ByteRange[0 1 2 3]>>"}), "signed"),
    "names in a circle": (catalog(b"/Names<</EmbeddedFiles 6 0 R>>", {6: b"<</Kids[6 0 R]>>"}), "is circular"),
    "name without value": (catalog(b"/Names<</EmbeddedFiles<</Names[(a)]>>>>"), "without a value"),
    "name is no string": (catalog(b"/Names<</EmbeddedFiles<</Names[/a 1 0 R]>>>>"), "not a string"),
    "names are no tree": (catalog(b"/Names<</EmbeddedFiles[]>>"), "not a dictionary"),
    "our name": (
        with_table(attached(b"<</EmbeddedFiles<</Names[(ledger-evidence.json)10 0 R]>>>>")),
        "named ledger-evidence",
    ),
    "our name, in hex": (
        with_table(attached(b"<</EmbeddedFiles<</Names[<" + b"ledger-evidence.json".hex().encode() + b">10 0 R]>>>>")),
        "named ledger-evidence",
    ),
    "too many objects": (with_table(trailer=TRAILER).replace(b"/Size 6", b"/Size 9999999999"), "too many objects"),
    "bomb": (BOMB, "larger than 4194304 bytes"),
    "damaged compression": (with_streams(lambda data, columns: (b"/Filter /FlateDecode", b"no zlib")), "damaged"),
    "cut compression": (
        with_streams(lambda data, columns: (deflated(data, 1)[0], zlib.compress(data)[:-4])),
        "cut off",
    ),
    "unknown filter": (with_streams(lambda data, columns: (b"/Filter /LZWDecode", data)), "unsupported compression"),
    "unknown predictor": (
        with_streams(lambda data, columns: (b"/Filter/FlateDecode/DecodeParms<</Predictor 2>>", zlib.compress(data))),
        "unsupported compression",
    ),
    "cut rows": (with_streams(lambda data, columns: (b"", data[:-1])), "cut off"),
    "widths of nothing": (with_streams(plain).replace(b"/W [1 3 1]", b"/W [0 0 0]"), "three widths"),
}  # fmt: skip


@pytest.mark.parametrize("flags", [1, 3])
def test_an_empty_signature_field_is_no_signature(flags: int) -> None:
    """/SigFlags says that there is a field for a signature, not that there is one (ISO 32000-2, table 225)."""
    pdf = catalog(b"/AcroForm<</SigFlags %d/Fields[6 0 R]>>" % flags, {6: b"<</FT/Sig/T(Sig1)/Rect[0 0 0 0]>>"})
    assert read_pdf(embed(pdf, EVIDENCE)).evidence == EVIDENCE


@pytest.mark.parametrize("case", BAD)
def test_a_pdf_that_cannot_carry_evidence_is_refused_in_words(case: str) -> None:
    data, words = BAD[case]
    with pytest.raises(Malformed, match=words):
        embed(data, EVIDENCE)
    with pytest.raises(Malformed):
        read_pdf(data)


def test_sections_that_lead_in_a_circle_end() -> None:
    """Each is read once; what they say together still holds."""
    start = TABLE.rsplit(b"startxref\n", 1)[1].split()[0]
    looped = TABLE.replace(b"/Root", b"/Prev %b /Root" % start)
    assert read_pdf(embed(looped, EVIDENCE)).evidence == EVIDENCE


def test_sizes_are_limited() -> None:
    with pytest.raises(Malformed, match="evidence: must have at most"):
        embed(TABLE, bytes(MAX_EVIDENCE_BYTES + 1))
    large = b"%PDF-" + bytes(MAX_PDF_BYTES - 4)
    for refuses in (read_pdf, lambda data: embed(data, EVIDENCE), lambda data: embed(data[:-1], EVIDENCE)):
        with pytest.raises(Malformed, match="at most 67108864 bytes|not a complete PDF, from"):
            refuses(large)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a (complete )?PDF"),
        (TABLE, "carries no evidence"),
        (MADE["table"].replace(b"%ledger/pdf/1 ", b"%ledger/pdf/2 "), "carries no evidence"),
        (re.sub(rb"(pdf/1) \d+", rb"\1 99999999", MADE["table"]), "invalid note on the document"),
        (re.sub(rb"(pdf/1 \d+) \d+ \d+", rb"\1 99999999 1", MADE["table"]), "not exactly"),
        (re.sub(rb"(pdf/1 \d+ \d+ \d+) \d+ \d+", rb"\1", MADE["table"]), "not exactly"),
        (re.sub(rb"(pdf/1) ", rb"\1 0", MADE["table"]), "changed after"),
    ],
    ids=["nothing", "no evidence", "later version", "length beyond", "place beyond", "no note", "leading zero"],
)
def test_what_carries_no_evidence_says_so(data: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read_pdf(data)
    assert is_pdf(data) is (data != b"")


FRAGMENTS = [
    b"<<", b">>", b"[", b"]", b"(", b")", b"<", b">", b"/Type", b"/Catalog", b"/Names", b"/EmbeddedFiles", b"/Kids",
    b"/Pages", b"1 0 R", b"2 0 R", b"6 0 R", b"1 0 obj", b"endobj", b"stream\n", b"endstream", b"xref\n", b"0 6\n",
    b"trailer", b"%x\n", b"\\", b"\x00", b" ", b"-1", b"9999999999", b"null", b"/Prev 15", b"/XRefStm 15",
    b"/W [8 8 8]",
]  # fmt: skip


@given(
    base=some.sampled_from(sorted(GOOD)),
    pieces=some.lists(
        some.tuples(some.integers(0), some.integers(0, 40), some.sampled_from(FRAGMENTS) | some.binary(max_size=4)),
        min_size=1, max_size=6,
    ),
)  # fmt: skip
@settings(max_examples=1500, deadline=None)
def test_whatever_the_bytes_the_answer_is_a_pdf_or_malformed(base: str, pieces: list[tuple[int, int, bytes]]) -> None:
    data = GOOD[base]
    for at, cut, piece in pieces:
        place = at % len(data) if data else 0
        data = data[:place] + piece + data[place + cut :]
    with suppress(Malformed):
        made = embed(data, EVIDENCE)
        assert read_pdf(made) == Carried(EVIDENCE, None)


@given(some.lists(some.sampled_from(FRAGMENTS), max_size=60))
@settings(max_examples=500, deadline=None)
def test_no_catalog_breaks_the_reader(fragments: list[bytes]) -> None:
    with suppress(Malformed):
        made = embed(
            with_table({**OBJECTS, 1: b"<</Type/Catalog/Pages 2 0 R" + b" ".join(fragments) + b">>"}), EVIDENCE
        )
        assert read_pdf(made).evidence == EVIDENCE
