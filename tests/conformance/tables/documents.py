"""Documents, wrapped and redacted: docs/formats.md section 2."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from ledger.core.document import Format, Wrapped, disclose, redact, wrap
from ledger.core.tree.merkle import root_of_hashes
from tests.conformance.parts import (
    BAD,
    BROKEN,
    CERTIFICATE,
    GOOD,
    INVOICE,
    SCAN,
    attested,
    case,
    edited,
)


def documents() -> None:
    for name, content, format_ in [
        ("json", CERTIFICATE, Format.JSON), ("xml", INVOICE, Format.XML), ("opaque", SCAN, Format.OPAQUE)
    ]:  # fmt: skip
        made = attested(content=content, format_=format_)
        shut = made.evidence(disclose(made.document, [])).to_bytes()
        full = made.evidence(redact(made.document, [])).to_bytes()
        case(f"document_{name}_wrapped", "the owner's copy", made, document=made.document.to_bytes())
        case(
            f"document_{name}_all_shown",
            "a redacted copy that hides nothing",
            made,
            document=redact(made.document, []).to_bytes(),
        )
        case(f"document_{name}_all_hidden", "the evidence tells the number of fields only", made, evidence=shut)
        case(f"document_{name}_in_evidence", "the evidence discloses the whole document", made, evidence=full)
        other = wrap(content, format_, bytes(32)).to_bytes()
        case(
            f"document_{name}_other_seed_fail",
            "the same content with other salts",
            made,
            document=other,
            exit=BAD,
            failed=("document",),
        )
        spoilt = full.replace(b"trade-ledger/redacted/1", b"trade-ledger/redacted/2")
        case(
            f"document_{name}_of_another_version_fail",
            "a redacted document of version 2",
            made,
            evidence=spoilt,
            exit=BROKEN,
        )

    made = attested()
    partly = redact(made.document, ["$.consignee", "$.goods[0]['net mass']"])
    case("document_redacted", "a copy without buyer and weight", made, document=partly.to_bytes())
    case(
        "document_partly_in_evidence",
        "the evidence discloses some fields",
        made,
        evidence=made.evidence(partly).to_bytes(),
    )
    with_hashes = made.evidence(disclose(made.document, [])).to_bytes()

    def changed(name: str, about: str, old: bytes, new: bytes, code: int = BAD, good: bool = False) -> None:
        wrapped = made.document.to_bytes()
        assert old in wrapped
        full = f"document_{name}" + ("" if good else "_fail")
        failed = ("document",) if code == BAD and not good else ()
        case(
            full,
            about,
            made,
            evidence=with_hashes,
            document=wrapped.replace(old, new),
            exit=GOOD if good else code,
            failed=failed,
        )

    changed("value_changed", "4800 cartons became 4801", b"4800", b"4801")
    changed("number_became_text", "4800 became a text", b"4800", b'"4800"')
    changed("field_removed", "the remarks are gone", b',"remarks":null', b"")
    changed("field_added", "a remark more", b'"remarks":null', b'"remarks":null,"seal":"7"')
    changed("null_became_empty", "null became an empty text", b'"remarks":null', b'"remarks":""')
    changed("white_space", "white space in JSON has no meaning", b'{"certificate"', b'{ "certificate"', good=True)
    changed("number_spelled_otherwise", "1.92005e4 is 19200.5", b"19200.5", b"1.92005e4", good=True)
    changed("name_escaped", "an escape in a name has no meaning", b'"treated"', b'"tr\\u0065ated"', good=True)
    changed("name_twice", "a name twice", b'"remarks":null', b'"remarks":null,"remarks":null', BROKEN)
    changed("seed_of_another_format", "a header that names another format", b"ledger/json/1", b"ledger/pdf/1", BROKEN)
    text = partly.to_bytes()
    for name, about, content in [
        ("redacted_value_changed", "4800 became 4801", text.replace(b'"4800"', b'"4801"')),
        ("redacted_type_changed", "a number said to be a text", text.replace(b'"n","4800"', b'"s","4800"')),
        ("redacted_hidden_dropped", "a hidden hash is gone", _dropped(text)),
        ("redacted_hidden_added", "a hidden hash more, which no field has", _added(text)),
        ("redacted_hidden_changed", "a hidden hash with another last bit", _flipped(text)),
    ]:
        case(
            f"document_{name}_fail", about, made, evidence=with_hashes, document=content, exit=BAD, failed=("document",)
        )
    for name, about, content in [
        ("redacted_white_space", "a space in a canonical file", text.replace(b",", b", ", 1)),
        ("redacted_order", "fields not ascending", _reversed(text)),
        ("redacted_short_salt", "a salt of 15 bytes", _short_salt(text)),
        ("redacted_short_hash", "a hidden hash of 31 bytes", _short_hash(text)),
        ("redacted_hidden_order", "hidden hashes not ascending", _redacted(text, lambda v: v["hidden"].reverse())),
        ("redacted_hidden_twice", "a hidden hash twice", _twice(text)),
        ("redacted_shown_and_hidden", "a field that is shown and hidden", _also_hidden(text, made.document)),
        ("redacted_impossible_shape", "a field inside another", _nested(text)),
    ]:
        case(f"document_{name}_fail", about, made, document=content, exit=BROKEN)
    for name, about, digest in [
        ("digest_unsorted", "the digest is over the field hashes in the order of the document", _unsorted),
        ("digest_without_count", "the digest is over a header without the number of fields", _uncounted),
        ("digest_of_a_tree", "the digest is a root of RFC 9162 over the field hashes", _root),
    ]:
        wrong = attested(digest=digest)
        case(f"document_{name}_fail", about, wrong, document=made.document.to_bytes(), exit=BAD, failed=("document",))
    lie = edited(
        lambda value: value["document"]["fields"][0].__setitem__(2, "Somebody else"), document=redact(made.document, [])
    )
    case(
        "disclosure_changed_fail",
        "the evidence discloses another value",
        made,
        evidence=lie,
        exit=BAD,
        failed=("disclosure", "document"),
    )
    invoice = attested(content=INVOICE, format_=Format.XML)
    for name, about, old, new, good in [
        ("xml_prefix", "another prefix for the same namespace", b"i:", b"inv:", True),
        ("xml_comment", "a comment has no meaning", b"<i:ID>", b"<!-- id --><i:ID>", True),
        ("xml_cdata", "CDATA for escaped text", b"Zespri &amp; co", b"<![CDATA[Zespri & co]]>", True),
        ("xml_namespace", "another namespace", b"urn:example:invoice", b"urn:example:invoices", False),
        (
            "xml_order",
            "two elements exchanged",
            b"<i:ID>INV-7</i:ID><i:Note>Zespri &amp; co</i:Note>",
            b"<i:Note>Zespri &amp; co</i:Note><i:ID>INV-7</i:ID>",
            False,
        ),
        ("xml_instruction", "a processing instruction is bound", b"twice", b"once", False),
    ]:
        content = (
            invoice.document.to_bytes()
            .replace(old, new)
            .replace(b"xmlns:i=", b"xmlns:inv=" if new == b"inv:" else b"xmlns:i=")
        )
        case(
            f"document_{name}" + ("" if good else "_fail"),
            about,
            invoice,
            document=content,
            exit=GOOD if good else BAD,
            failed=() if good else ("document",),
        )
    entity = invoice.document.to_bytes().replace(b"?><i:", b'?><!DOCTYPE i [<!ENTITY e "x">]><i:')
    case("document_xml_entity_fail", "a document type declaration", invoice, document=entity, exit=BROKEN)


def _redacted(text: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    value = json.loads(text)
    change(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _dropped(text: bytes) -> bytes:
    return _redacted(text, lambda value: value["hidden"].pop())


def _added(text: bytes) -> bytes:
    return _redacted(text, lambda value: value["hidden"].append("f" * 64))


def _flipped(text: bytes) -> bytes:
    return _redacted(text, lambda value: value["hidden"].append(f"{int(value['hidden'].pop(), 16) ^ 1:064x}"))


def _twice(text: bytes) -> bytes:
    return _redacted(text, lambda value: value["hidden"].append(value["hidden"][-1]))


def _short_hash(text: bytes) -> bytes:
    return _redacted(text, lambda value: value["hidden"].append(value["hidden"].pop()[:-2]))


def _also_hidden(text: bytes, document: Wrapped) -> bytes:
    def change(value: dict[str, Any]) -> None:
        shown = document.field_hashes[value["fields"][0][0]].hex()
        value["hidden"] = sorted([*value["hidden"], shown])

    return _redacted(text, change)


_HEADER = b"trade-ledger/document/1\njson\n"


def _unsorted(document: Wrapped) -> bytes:
    hashes = list(document.field_hashes.values())
    assert hashes != sorted(hashes)
    return sha256(_HEADER + b"%d\n" % len(hashes) + b"".join(hashes)).digest()


def _uncounted(document: Wrapped) -> bytes:
    return sha256(_HEADER + b"".join(sorted(document.field_hashes.values()))).digest()


def _root(document: Wrapped) -> bytes:
    return root_of_hashes(sorted(document.field_hashes.values()))


def _reversed(text: bytes) -> bytes:
    return _redacted(text, lambda value: value["fields"].reverse())


def _short_salt(text: bytes) -> bytes:
    return _redacted(text, lambda value: value["fields"][0].__setitem__(3, "00" * 15))


def _nested(text: bytes) -> bytes:
    return _redacted(
        text, lambda value: value["fields"].insert(1, [value["fields"][0][0] + "[0]", "s", "x", "00" * 16])
    )
