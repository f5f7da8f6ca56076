"""The file itself: docs/evidence-format.md, "The file"."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ledger.core.document import redact
from tests.conformance.parts import (
    BROKEN,
    attested,
    case,
    edited,
)

OTHER_MEMBERS: list[tuple[str, str, Callable[[dict[str, Any]], Any]]] = [
    ("checkpoint_not_text", "a checkpoint that is a number", lambda value: value.update(checkpoint=7)),
    ("origin_not_text", "an origin that is a number", lambda value: value.update(origin=31337)),
    ("origin_leading_zero", "a chain id with a leading zero", lambda value: value.update(origin=value["origin"].replace(":3", ":03"))),
    ("origin_too_short", "a contract of 19 bytes", lambda value: value.update(origin=value["origin"][:-67] + value["origin"][-65:])),
    ("origin_of_no_chain", "chain id 0", lambda value: value.update(origin=value["origin"].replace(":31337:", ":0:"))),
    ("origin_without_salt", "chain and contract alone", lambda value: value.update(origin=value["origin"][:-65])),
    ("origin_salt_too_short", "63 digits of the salt", lambda value: value.update(origin=value["origin"][:-1])),
    ("origin_salt_too_long", "66 digits of the salt", lambda value: value.update(origin=value["origin"] + "00")),
    ("origin_salt_with_0x", "0x before the salt", lambda value: value.update(origin=value["origin"][:-64] + "0x" + value["origin"][-64:])),
    ("origin_salt_in_upper_case", "the salt in upper case", lambda value: value.update(origin=value["origin"][:-64] + value["origin"][-64:].upper())),
    ("origin_with_newline", "a newline after the origin", lambda value: value.update(origin=value["origin"] + "\n")),
    ("declaration_not_an_object", "a declaration that is a list", lambda value: value.update(declaration=[])),
    ("declaration_member_unknown", "a member that a declaration has not", lambda value: value["declaration"].update(note="x")),
    ("declaration_type_as_text", "a document type in quotes", lambda value: value["declaration"].update(document_type="851")),
    ("declaration_type_negative", "a document type of -1", lambda value: value["declaration"].update(document_type=-1)),
    ("declaration_replaces_too_long", "33 bytes for what it replaces", lambda value: value["declaration"].update(replaces="0x" + "00" * 33)),
    ("party_too_long", "a signer of 129 bytes", lambda value: value["declaration"].update(party="0x" + "11" * 129)),
    ("signature_not_text", "a signature that is a list", lambda value: value.update(signature=[])),
    ("inclusions_not_a_list", "inclusions that are an object", lambda value: value.update(inclusions={})),
    ("inclusion_not_an_object", "an inclusion that is null", lambda value: value.update(inclusions=[None])),
    ("inclusion_member_missing", "an inclusion without root", lambda value: value["inclusions"][0].pop("root")),
    ("inclusion_member_unknown", "a member that an inclusion has not", lambda value: value["inclusions"][0].update(batch=1)),
    ("inclusion_root_too_short", "a root of 31 bytes", lambda value: value["inclusions"][0].update(root="0x" + "00" * 31)),
    ("proof_not_a_list", "a path that is one text", lambda value: value["inclusions"][0].update(proof="0x" + "00" * 32)),
    ("entries_not_a_list", "entries that are an object", lambda value: value.update(entries={})),
    ("entries_null", "null for entries", lambda value: value.update(entries=None)),
    ("entry_not_an_object", "an entry that is a text", lambda value: value["entries"].append("0x")),
    ("entry_member_missing", "an entry without path", lambda value: value["entries"][0].pop("proof")),
    ("entry_member_unknown", "a member that an entry has not", lambda value: value["entries"][0].update(kind=0)),
    ("entry_bytes_empty", "an entry of no bytes", lambda value: value["entries"][0].update(bytes="0x")),
    ("entry_proof_too_long_to_read", "65 hashes", lambda value: value["entries"][0].update(proof=["0x" + "00" * 32] * 65)),
    ("entry_proof_hash_too_long", "a hash of 33 bytes", lambda value: value["entries"][0]["proof"].__setitem__(0, "0x" + "00" * 33)),
    ("document_not_an_object", "a document that is a text", lambda value: value.update(document="none")),
    ("document_empty", "a document without any field", lambda value: value.update(document={
        "fields": [], "format": "json", "hidden": [], "ledger": "trade-ledger/redacted/1"
    })),
]  # fmt: skip


def files() -> None:
    made = attested()
    text = made.evidence().to_bytes()
    seen = attested(content='{"name":"café"}'.encode())
    accented = seen.evidence(redact(seen.document, [])).to_bytes()
    case("attested", "a declaration in a batch of five, attested by one agency; no document given", made)

    def broken(name: str, about: str, content: bytes) -> None:
        case(f"{name}_fail", about, made, evidence=content, exit=BROKEN)

    def member(name: str, about: str, change: Callable[[dict[str, Any]], Any]) -> None:
        broken(name, about, edited(change))

    broken("file_empty", "no bytes at all", b"")
    broken("file_not_json", "the last bracket is missing", text[:-2] + b"\n")
    broken("file_not_utf8", "a byte that is no UTF-8", text.replace(b'"checkpoint"', b'"checkpoin\xff"'))
    broken("file_white_space", "a space after a comma", text.replace(b",", b", ", 1))
    broken(
        "file_indented", "the same content, indented", json.dumps(json.loads(text), indent=1, sort_keys=True).encode()
    )
    broken(
        "file_order_of_names",
        "names not sorted",
        json.dumps(dict(reversed(json.loads(text).items())), separators=(",", ":")).encode() + b"\n",
    )
    broken("file_no_newline", "no newline at the end", text[:-1])
    broken("file_two_newlines", "two newlines at the end", text + b"\n")
    broken("file_byte_order_mark", "a byte order mark", b"\xef\xbb\xbf" + text)
    broken("file_name_twice", "a name twice in one object", b'{"ledger":"x",' + text[1:])
    broken("file_escape", "a letter written as an escape", text.replace(b'"ledger":"trade', b'"ledger":"\\u0074rade'))
    for name, about, old, new in [
        ("file_not_ascii", "a dash as itself and not as its escape", b"\\u2014", "\u2014".encode()),
        ("file_escape_in_upper_case", "an escape in upper case", b"\\u00e9", b"\\u00E9"),
        (
            "file_escaped_slash",
            "an escape where none is needed",
            b'"ledger":"trade-ledger/',
            b'"ledger":"trade-ledger\\/',
        ),
        ("number_with_exponent", "a size of 5e0", b'"size":5}', b'"size":5e0}'),
        ("number_with_leading_zero", "a size of 05", b'"size":5}', b'"size":05}'),
        ("number_minus_zero", "an index of -0", b'"index":2', b'"index":-0'),
        ("number_beyond_2_53", "an index of 2^53", b'"index":2', b'"index":9007199254740992'),
        ("file_lone_surrogate", "half of a pair, in a value", b'"ledger":"', b'"ledger":"\\ud800'),
    ]:
        text_ = accented if old == b"\\u00e9" else text
        assert old in text_
        broken(name, about, text_.replace(old, new, 1))
    broken("file_too_deep", "a hundred thousand brackets", b"[" * 100_000)
    broken("file_not_an_object", "a list", b"[]\n")
    broken(
        "format_of_another_version", "evidence/1", text.replace(b"trade-ledger/evidence/2", b"trade-ledger/evidence/1")
    )
    member("member_missing", "no signature", lambda value: value.pop("signature"))
    member("member_unknown", "a member that the format has not", lambda value: value.update(comment="fine"))
    member("member_null", "a null where bytes are due", lambda value: value.update(signature=None))
    member(
        "hex_upper_case",
        "hexadecimal in upper case",
        lambda value: value.update(signature="0x" + value["signature"][2:].upper()),
    )
    member("hex_odd", "an odd number of digits", lambda value: value.update(signature=value["signature"][:-1]))
    member("hex_without_0x", "hexadecimal without 0x", lambda value: value.update(signature=value["signature"][2:]))
    member("number_as_text", "a size in quotes", lambda value: value["inclusions"][0].update(size="5"))
    member("number_with_fraction", "a size of 5.0", lambda value: value["inclusions"][0].update(size=5.0))
    member("number_negative", "an index of -1", lambda value: value["inclusions"][0].update(index=-1))
    member("number_true", "true for 1", lambda value: value["inclusions"][0].update(index=True))
    member("number_too_large", "an index of 2^64", lambda value: value["inclusions"][0].update(index=1 << 64))
    member(
        "origin_upper_case",
        "the contract's address in upper case",
        lambda value: value.update(origin=value["origin"].upper().replace("EIP155", "eip155").replace("0X", "0x")),
    )
    for name, about, change in OTHER_MEMBERS:
        member(name, about, change)
    member(
        "declaration_without_replaces",
        "a member of the declaration is missing",
        lambda value: value["declaration"].pop("replaces"),
    )
    member(
        "declaration_type_too_large",
        "a document type of 65536",
        lambda value: value["declaration"].update(document_type=65536),
    )
    member("party_too_short", "a signer of 19 bytes", lambda value: value["declaration"].update(party="0x" + "11" * 19))
    member(
        "digest_too_short", "a digest of 31 bytes", lambda value: value["declaration"].update(digest="0x" + "11" * 31)
    )
    member("inclusions_empty", "no inclusion at all", lambda value: value.update(inclusions=[]))
    member("inclusion_twice", "the batch twice", lambda value: value.update(inclusions=value["inclusions"] * 2))
    member(
        "proof_too_long_to_read",
        "65 hashes",
        lambda value: value["inclusions"][0].update(proof=["0x" + "00" * 32] * 65),
    )
    member(
        "proof_hash_too_short",
        "a hash of 31 bytes",
        lambda value: value["inclusions"][0]["proof"].__setitem__(0, "0x" + "00" * 31),
    )
    member("entries_out_of_order", "entries not ascending", lambda value: value.update(entries=value["entries"][::-1]))
    member("entry_twice", "one entry twice", lambda value: value["entries"].insert(1, value["entries"][0]))
