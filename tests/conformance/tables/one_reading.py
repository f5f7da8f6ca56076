"""One reading only: what two readers read differently, names, encodings, and opaque bytes. docs/formats.md section 2."""

from __future__ import annotations

import json
from typing import Any

from ledger.core.document import Format, disclose, redact
from tests.conformance.parts import BROKEN, GOOD, INVOICE, Shipment, attested, case

NUMBERS = b'{"rate":0.1,"price":2.70,"large":1E20,"whole":100000000000000000000,"exact":9007199254740992,"none":0e-400}'
NAMES = '<größe xmlns:数="urn:example:number" 数:값="1"><ข้อ/></größe>'.encode()
PRESERVED = b'<i:Note xml:space="preserve"> <i:b/> </i:Note>'


def one_reading() -> None:
    _numbers()
    _divided_text()
    _names_and_encodings()
    _redacted_copies()
    _opaque()


def _respelled(made: Shipment, name: str, about: str, old: bytes, new: bytes) -> None:
    """The owner's copy with other bytes. The declared digest does not change where the verdict is GOOD."""
    wrapped = made.document.to_bytes()
    assert old in wrapped
    code = BROKEN if name.endswith("_fail") else GOOD
    case(f"reading_{name}", about, made, document=wrapped.replace(old, new), exit=code)


def _numbers() -> None:
    made = attested(content=NUMBERS)
    for name, about, old, new in [
        ("numbers", "numbers that a double keeps", b"2.70", b"2.70"),
        ("number_with_a_zero_less", "2.7 is 2.70", b"2.70", b"2.7"),
        ("number_as_a_writer_prints_it", "100000000000000000000 is 1E20", b"1E20", b"100000000000000000000"),
        ("number_with_an_exponent", "1e+20 is 100000000000000000000", b"100000000000000000000", b"1e+20"),
        ("integer_rounded_fail", "a double has 9007199254740992 for it", b"9007199254740992", b"9007199254740993"),
        ("integer_of_64_bits_fail", "2^64 in full, which is printed as ...2000", b"9007199254740992", b"18446744073709551616"),
        ("integer_rounded_as_fraction_fail", "the same with a fraction of zero", b"9007199254740992", b"9007199254740993.0"),
        ("fraction_rounded_fail", "more digits than a double keeps", b"0.1,", b"0.1000000000000000055,"),
        ("fraction_in_full_fail", "all digits of the double 0.1, which is printed as 0.1", b"0.1,",
         b"0.1000000000000000055511151231257827021181583404541015625,"),
        ("number_becomes_zero_fail", "a number that a double has as zero", b"0e-400", b"1e-400"),
        ("number_overflows_fail", "a number beyond every double", b"1E20", b"1E400"),
    ]:  # fmt: skip
        _respelled(made, name, about, old, new)


def _divided_text() -> None:
    made = attested(content=INVOICE, format_=Format.XML)
    text, line = b"Zespri &amp; co", b"<i:Line"
    for name, about, old, new in [
        ("comment_between_elements", "no text beside it", line, b"\n<!-- line -->\n" + line),
        ("comment_outside_the_root", "beside the root element", b"</i:Invoice>", b"</i:Invoice><!-- end -->"),
        ("comment_inside_text_fail", "some readers see Zespri, others all", text, b"Zespri<!-- --> &amp; co"),
        ("comment_before_text_fail", "some readers see no text at all", text, b"<!-- -->" + text),
        ("comment_after_text_fail", "a comment right after a text", text, text + b"<!-- -->"),
        ("instruction_inside_text_fail", "a processing instruction in a text", text, b"Zespri<?p?> &amp; co"),
        ("instruction_before_text_fail", "a processing instruction before a text", text, b"<?p?>" + text),
        ("section_is_the_whole_text", "one CDATA section holds all of it", text, b"<![CDATA[Zespri & co]]>"),
        ("section_inside_text_fail", "a CDATA border in a text", text, b"Zespri <![CDATA[&]]> co"),
        ("sections_side_by_side_fail", "two CDATA sections", text, b"<![CDATA[Zespri &]]><![CDATA[ co]]>"),
        ("section_after_white_space_fail", "a CDATA section on a line of its own", b"INV-7", b"\n<![CDATA[INV-7]]>"),
        ("section_is_empty", "an empty CDATA section beside white space", line, b" <![CDATA[]]> " + line),
        ("section_is_empty_beside_text_fail", "an empty CDATA section and a text", text, text + b"<![CDATA[]]>"),
    ]:
        _respelled(made, name, about, old, new)
    kept = attested(content=INVOICE.replace(b"<i:Note>Zespri &amp; co</i:Note>", PRESERVED), format_=Format.XML)
    case("reading_white_space_preserved", "white space that counts as text", kept, document=kept.document.to_bytes())
    _respelled(
        kept, "comment_beside_preserved_space_fail", "white space that counts as text, and a comment",
        b"<i:b/> </i:Note>", b"<i:b/> <!-- --></i:Note>",
    )  # fmt: skip


def _names_and_encodings() -> None:
    made = attested(content=NAMES, format_=Format.XML)
    wrapped = made.document.to_bytes()
    case("reading_names_of_both_editions", "names in four scripts", made, document=wrapped)
    for name, about, old, new in [
        ("name_of_the_fifth_edition_fail", "an element in Ethiopic, which the fourth edition has not", "ข้อ", "ሀ"),
        ("name_beyond_the_first_plane_fail", "an element with a letter beyond U+FFFF", "ข้อ", "\U00020000"),
        ("attribute_of_the_fifth_edition_fail", "an attribute with the ligature ij", "값", "\u0133"),
    ]:
        _respelled(made, name, about, old.encode(), new.encode())
    invoice = attested(content=INVOICE, format_=Format.XML)
    declaration = b'<?xml version="1.0"?>'
    for name, about, encoding in [
        ("encoding_utf8_without_hyphen", "utf8 is UTF-8", "utf8"),
        ("encoding_latin1_fail", "a document that says ISO-8859-1", "ISO-8859-1"),
        ("encoding_ascii_fail", "a document that says US-ASCII", "US-ASCII"),
    ]:
        stated = f'<?xml version="1.0" encoding="{encoding}"?>'.encode()
        _respelled(invoice, name, about, declaration, stated)


def _redacted_copies() -> None:
    made = attested(content=NUMBERS)
    text = redact(made.document, ["$.rate"]).to_bytes()
    case("reading_redacted_large_number", "1E20 as a redacted file spells it", made, document=text)
    for name, about, new in [
        ("exponent", "a number not in its RFC 8785 text", b'"n","1e+20"'),
        ("rounded", "an integer that a double rounds", b'"n","100000000000000000001"'),
    ]:
        spoilt = text.replace(b'"n","100000000000000000000"', new, 1)
        case(f"reading_redacted_number_{name}_fail", about, made, document=spoilt, exit=BROKEN)
    invoice = attested(content=INVOICE, format_=Format.XML)
    shown = disclose(invoice.document, ["//Note", "//processing-instruction()"]).to_bytes()
    root = "/{urn:example:invoice}Invoice[1]"
    path = f"{root}/processing-instruction('print')[4]"
    case("reading_redacted_instruction", "an instruction and a text, not side by side", invoice, document=shown)
    for name, about, other in [
        ("beside_text_fail", "an instruction right beside a text", f"{root}/{{urn:example:invoice}}Note[2]/processing-instruction('print')[2]"),
        ("of_the_fifth_edition_fail", "a path with a name that the fourth edition has not", f"{root}/processing-instruction('\u1200')[4]"),
    ]:  # fmt: skip
        case(f"reading_redacted_instruction_{name}", about, invoice, document=_moved(shown, path, other), exit=BROKEN)


def _moved(text: bytes, old: str, new: str) -> bytes:
    """A redacted file with a field at another path."""
    value: dict[str, Any] = json.loads(text)
    assert [item[0] for item in value["fields"]].count(old) == 1
    value["fields"] = sorted([new if item[0] == old else item[0], *item[1:]] for item in value["fields"])
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _opaque() -> None:
    """Bytes that begin like JSON or XML and are neither: opaque because their owner says so."""
    for name, about, content in [
        ("json_lines", "two JSON texts in one file", b'{"a":1}\n{"a":2}\n'),
        ("web_page", "a page with a document type declaration", b"<!DOCTYPE html><html><body>Packing list</body></html>"),
        ("message", "a SWIFT message", b"{1:F01AAAABEBBAXXX0000000000}{2:I700BBBBDEFFXXXXN}{4:\n:20:LC-0001\n-}"),
    ]:  # fmt: skip
        made = attested(content=content, format_=Format.OPAQUE)
        wrapped = made.document.to_bytes()
        case(f"reading_opaque_{name}", about, made, document=wrapped)
        format_ = b"xml" if content.startswith(b"<") else b"json"
        read_so = wrapped.replace(b"ledger/opaque/", b"ledger/" + format_ + b"/")
        said = f"{about}, in a file whose header says {format_.decode()}"
        case(f"reading_opaque_{name}_as_{format_.decode()}_fail", said, made, document=read_so, exit=BROKEN)
