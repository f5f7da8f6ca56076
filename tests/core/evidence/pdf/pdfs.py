"""PDFs of every build that tests need, written by hand so that one thing at a time can be wrong with them."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

SAMPLES = sorted((Path(__file__).parents[4] / "samples").rglob("*.pdf"))
PAGE = b"q 0.9 0.2 0.2 rg 20 20 60 60 re f Q"
OBJECTS: Mapping[int, bytes] = {
    1: b"<< /Type /Catalog /Pages 2 0 R /Lang (en\\(GB\\)) /ViewerPreferences << /DisplayDocTitle true >> >>",
    2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources << >> >>",
    4: b"<< /Length %d >>\nstream\n%b\nendstream" % (len(PAGE), PAGE),
    5: b"<< /Title (A page) >>",
}
TRAILER = b"/Root 1 0 R /Info 5 0 R /ID [<00> <00>]"
Encode = Callable[[bytes, int], tuple[bytes, bytes]]


def with_table(objects: Mapping[int, bytes] = OBJECTS, trailer: bytes = TRAILER) -> bytes:
    """A file as PDF 1.4 has it: objects, table, trailer."""
    return _revision(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", objects, trailer)


def revised(before: bytes, objects: Mapping[int, bytes], trailer: bytes = TRAILER) -> bytes:
    """A further revision: what any editor appends."""
    prev = before.rsplit(b"startxref\n", 1)[1].split()[0]
    return _revision(before, objects, trailer + b" /Prev " + prev)


def _revision(before: bytes, objects: Mapping[int, bytes], trailer: bytes) -> bytes:
    text, rows = bytearray(before), {0: b"0000000000 65535 f \n"}
    for number, value in objects.items():
        rows[number] = b"%010d 00000 n \n" % len(text)
        text += b"%d 0 obj\n%b\nendobj\n" % (number, value)
    start = len(text)
    text += b"xref\n" + b"".join(b"%d 1\n%b" % row for row in sorted(rows.items()))
    return bytes(text + b"trailer\n<< /Size %d %b >>\nstartxref\n%d\n%%%%EOF\n" % (max(rows) + 1, trailer, start))


def plain(data: bytes, columns: int) -> tuple[bytes, bytes]:
    return b"", data


def deflated(data: bytes, columns: int) -> tuple[bytes, bytes]:
    return b"/Filter /FlateDecode", zlib.compress(data)


def flushed(data: bytes, columns: int) -> tuple[bytes, bytes]:
    """Deflated as Acrobat does it: flushed, but never finished."""
    deflater = zlib.compressobj()
    return b"/Filter /FlateDecode", deflater.compress(data) + deflater.flush(zlib.Z_SYNC_FLUSH)


def predicted(kind: int) -> Encode:
    """Deflated after the PNG predictor of this kind (0 none, 1 sub, 2 up, 3 average, 4 Paeth)."""

    def encode(data: bytes, columns: int) -> tuple[bytes, bytes]:
        out, above = bytearray(), bytes(columns)
        for at in range(0, len(data), columns):
            row = data[at : at + columns]
            out.append(kind)
            for i, value in enumerate(row):
                left, corner = (row[i - 1], above[i - 1]) if i else (0, 0)
                distance = [(abs(above[i] - corner), 0, left), (abs(left - corner), 1, above[i])]
                paeth = min([*distance, (abs(left + above[i] - 2 * corner), 2, corner)])[2]
                guess = [0, left, above[i], (left + above[i]) // 2, paeth][kind]
                out.append((value - guess) & 0xFF)
            above = row
        return b"/Filter [/FlateDecode] /DecodeParms [<< /Predictor 12 /Columns %d >>]" % columns, zlib.compress(out)

    return encode


def with_streams(
    encode: Encode = deflated, objects: Mapping[int, bytes] = OBJECTS, trailer: bytes = TRAILER, container: int = 20
) -> bytes:
    """A file as PDF 1.5 has it: all that is no stream lies in an object stream, and the table is a stream."""
    text, rows = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"), {0: (0, 0, 255)}
    packed = {number: value for number, value in objects.items() if b"stream" not in value}
    for number, value in objects.items():
        if number not in packed:
            rows[number] = 1, len(text), 0
            text += b"%d 0 obj\n%b\nendobj\n" % (number, value)
    index, content = b"", b""
    for place, (number, value) in enumerate(packed.items()):
        rows[number] = 2, container, place
        index += b"%d %d " % (number, len(content))
        content += value + b"\n"
    members, data = deflated(index + content, 1)
    rows[container] = 1, len(text), 0
    text += b"%d 0 obj\n<< /Type /ObjStm /N %d /First %d %b /Length %d >>\nstream\r\n%b\nendstream\nendobj\n" % (
        container, len(packed), len(index), members, len(data), data,
    )  # fmt: skip
    start, last = len(text), container + 1
    rows[last] = 1, start, 0
    numbers = sorted(rows)
    table = b"".join(
        rows[number][0].to_bytes(1) + rows[number][1].to_bytes(3) + rows[number][2].to_bytes(1) for number in numbers
    )
    members, data = encode(table, 5)
    found = b" ".join(b"%d 1" % number for number in numbers)
    text += b"%d 0 obj\n<< /Type /XRef /Size %d %b /W [1 3 1] /Index [%b] %b /Length %d >>\n" % (
        last, last + 1, trailer, found, members, len(data),
    )  # fmt: skip
    text += b"stream\n%b\nendstream\nendobj\n" % data
    return bytes(text + b"startxref\n%d\n%%%%EOF" % start)


def hybrid() -> bytes:
    """A table whose trailer names a stream too (7.5.8.4): object 5 is known to that one alone."""
    text = bytearray(with_table({number: value for number, value in OBJECTS.items() if number != 5}))
    prev = bytes(text).rsplit(b"startxref\n", 1)[1].split()[0]
    first = len(text)
    text += b"5 0 obj\n<< /Title (hidden) >>\nendobj\n"
    start = len(text)
    row = b"\x01" + first.to_bytes(3)
    text += (
        b"6 0 obj\n<< /Type /XRef /Size 7 /W [1 3 0] /Index [5 1] /Length 4 >>\nstream\n%b\nendstream\nendobj\n" % row
    )
    table = len(text)
    text += b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 7 %b /Prev %b /XRefStm %d >>\n" % (TRAILER, prev, start)
    return bytes(text + b"startxref\n%d\n%%%%EOF\n" % table)


def attached(names: bytes, more: Mapping[int, bytes] | None = None) -> dict[int, bytes]:
    """Objects of a file with an attachment ``terms.txt`` (object 10), listed by ``names`` of its catalog."""
    return {
        **OBJECTS,
        1: b"<</Type/Catalog/Pages 2 0 R/Names %b>>" % names,
        9: b"<</Type/EmbeddedFile/Length 5>>\nstream\nterms\nendstream",
        10: b"<</Type/Filespec/F(terms.txt)/UF(terms.txt)/EF<</F 9 0 R>>>>",
        **(more or {}),
    }


def drawn_by_reportlab(pages: int, compress: int) -> bytes:
    """What a printing program makes."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1, pageCompression=compress)
    for number in range(pages):
        canvas.drawString(72, 700, f"Invoice, page {number + 1}")
        canvas.bookmarkPage(str(number))
        canvas.addOutlineEntry(f"Page {number + 1}", str(number))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


LISTS = {
    "in the catalog": (b"<</EmbeddedFiles<</Names[(terms.txt)10 0 R]>>>>", None),
    "beside destinations": (b"<</Dests<</Names[]>>/EmbeddedFiles<</Names[<7465726d732e747874>10 0 R]>>>>", None),
    "by reference": (
        b"11 0 R",
        {11: b"<</EmbeddedFiles 12 0 R>>", 12: b"<</Names 13 0 R>>", 13: b"[(terms.txt)10 0 R]"},
    ),
    "in a tree": (
        b"<</EmbeddedFiles<</Kids[11 0 R 12 0 R]>>>>",
        {11: b"<</Limits[(a)(a)]/Names[(\\141)10 0 R]>>", 12: b"<</Limits[(t)(z)]/Names[(terms.txt)10 0 R]>>"},
    ),
    "under an escaped name": (b"<</Embedded#46iles<</N#61mes[(terms.txt)10 0 R]>>>>", None),
}
GOOD: dict[str, bytes] = {
    "table": with_table(),
    "reportlab": drawn_by_reportlab(3, 0),
    "reportlab, compressed": drawn_by_reportlab(3, 1),
    "streams": with_streams(),
    "streams, uncompressed": with_streams(plain),
    "streams, flushed": with_streams(flushed),
    **{f"streams, predictor {kind}": with_streams(predicted(kind)) for kind in range(5)},
    "two revisions": revised(with_table(), {5: b"<< /Title (A page, again) >>"}),
    "revised catalog": revised(with_table(), {1: b"<</Type/Catalog/Pages 2 0 R>>", 7: b"null"}),
    "table and stream": hybrid(),
    "no end of line": with_table().rstrip(b"\n"),
    "blank end": with_table() + b"\r\n\x00\x00",
    "comments": with_table({**OBJECTS, 1: b"<< % begin >>\n/Type/Catalog %]\r/Pages\n2 0 R % end\n>>"}),
    "names with digits": with_table({**OBJECTS, 1: b"<</Type/Catalog/Pages 2 0 R/AA1<<>>/X[(\\))<28>(())-1.5 null]>>"}),
    **{f"attachments {how}": with_table(attached(*list_)) for how, list_ in LISTS.items()},
    "attachments in streams": with_streams(objects=attached(*LISTS["in a tree"])),
    **{path.name: path.read_bytes() for path in SAMPLES},
}
