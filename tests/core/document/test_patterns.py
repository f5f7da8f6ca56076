"""Naming fields to hide or to show."""

from __future__ import annotations

import pytest

from ledger.core.document import Format, Wrapped, disclose, redact, wrap
from ledger.errors import Malformed
from tests.core.document.examples import CERTIFICATE, INVOICE, SCAN
from tests.core.document.strategies import SEED

CERT = "{urn:example:certificate}"
COMMON = "{urn:example:common}"
ROOT = f"/{CERT}Certificate[1]"

EVERYTHING_IN_JSON = set(INVOICE.field_hashes)
EVERYTHING_IN_XML = set(CERTIFICATE.field_hashes)


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ("$['lines'][0]['price']", {"$['lines'][0]['price']"}),
        ("$.lines[0].price", {"$['lines'][0]['price']"}),
        ('$["lines"][0]["price"]', {"$['lines'][0]['price']"}),
        ("$.lines[*].price", {"$['lines'][0]['price']", "$['lines'][1]['price']"}),
        ("$.*[*].price", {"$['lines'][0]['price']", "$['lines'][1]['price']"}),
        ("$..price", {"$['lines'][0]['price']", "$['lines'][1]['price']"}),
        ("$..['price']", {"$['lines'][0]['price']", "$['lines'][1]['price']"}),
        ("$..[1].sku", {"$['lines'][1]['sku']"}),
        ("$..lines..sku", {"$['lines'][0]['sku']", "$['lines'][1]['sku']"}),
        ("$.lines[0]", {f"$['lines'][0]['{name}']" for name in ("sku", "net mass", "price")}),
        ("$.buyer", {"$['buyer']['name']", "$['buyer']['country']"}),
        ("$.buyer.*", {"$['buyer']['name']", "$['buyer']['country']"}),
        ("$..net mass", {"$['lines'][0]['net mass']", "$['lines'][1]['net mass']"}),
        ("$['lines'][*]['net mass']", {"$['lines'][0]['net mass']", "$['lines'][1]['net mass']"}),
        (r"$['O\'Neil']", {r"$['O\'Neil']"}),
        ('$["O\'Neil"]', {r"$['O\'Neil']"}),
        (r"$['\u0064ue']", {"$['due']"}),
        ("$.notes", {"$['notes']"}),
        ("$", EVERYTHING_IN_JSON),
        ("$.*", EVERYTHING_IN_JSON),
        ("$..*", EVERYTHING_IN_JSON),
    ],
)
def test_json_patterns(pattern: str, named: set[str]) -> None:
    assert_names(INVOICE, pattern, named)


FIRST, SECOND = f"{ROOT}/{COMMON}Line[2]", f"{ROOT}/{COMMON}Line[3]"
CURRENCIES = {f"{FIRST}/{COMMON}Price[1]/@currencyID", f"{SECOND}/{COMMON}Price[1]/@currencyID"}
PRICES = CURRENCIES | {f"{FIRST}/{COMMON}Price[1]/text()[1]", f"{SECOND}/{COMMON}Price[1]/text()[1]"}
NOTES = {f"{FIRST}/{COMMON}Note[2]", f"{SECOND}/{CERT}Note[2]/text()[1]"}


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        (f"{FIRST}/{COMMON}Price[1]/@currencyID", {f"{FIRST}/{COMMON}Price[1]/@currencyID"}),
        ("/Certificate/*[2]/Price/@currencyID", {f"{FIRST}/{COMMON}Price[1]/@currencyID"}),
        ("/Certificate/Line/Price/@currencyID", CURRENCIES),
        ("//@currencyID", CURRENCIES),
        ("//Price/@*", CURRENCIES),
        ("//Price", PRICES),
        ("//Line//Price", PRICES),
        (f"//{COMMON}Price", PRICES),
        ("//*/Price", PRICES),
        ("//Note", NOTES),
        (f"//{CERT}Note", {f"{SECOND}/{CERT}Note[2]/text()[1]"}),
        (f"//{COMMON}Note", {f"{FIRST}/{COMMON}Note[2]"}),
        ("/Certificate/Line[3]", {path for path in EVERYTHING_IN_XML if path.startswith(SECOND)}),
        ("/*/ID/text()", {f"{ROOT}/{COMMON}ID[1]/text()[1]"}),
        ("//text()", {path for path in EVERYTHING_IN_XML if "/text()" in path}),
        ("//Price/text()[1]", PRICES - CURRENCIES),
        ("//processing-instruction()", {f"{ROOT}/processing-instruction('print')[4]"}),
        ("/Certificate/processing-instruction('print')", {f"{ROOT}/processing-instruction('print')[4]"}),
        ("/Certificate/*[4]", {f"{ROOT}/processing-instruction('print')[4]"}),
        (f"/{CERT}*", EVERYTHING_IN_XML),
        ("/Certificate", EVERYTHING_IN_XML),
        (ROOT, EVERYTHING_IN_XML),
        ("//*", EVERYTHING_IN_XML),
    ],
)
def test_xml_patterns(pattern: str, named: set[str]) -> None:
    assert_names(CERTIFICATE, pattern, named)


@pytest.mark.parametrize("pattern", ["", "*"])
def test_opaque_patterns(pattern: str) -> None:
    assert_names(SCAN, pattern, {""})


def assert_names(document: Wrapped, pattern: str, named: set[str]) -> None:
    assert {field.path for field in disclose(document, [pattern]).fields} == named
    assert {field.path for field in redact(document, [pattern]).fields} == set(document.field_hashes) - named


def test_quotes_and_backslashes_in_names() -> None:
    document = wrap(b'{"a\\\\":1,"\\"":2,"\'":3,"\\\\\'":4}', Format.JSON, SEED)
    patterns = [r"$['a\\']", "$['\"']", r"$['\'']", r"$['\\\'']"]
    for pattern, field in zip(patterns, document.fields, strict=True):
        assert_names(document, pattern, {field.path})
    assert_names(document, r'$["a\\"]', {document.fields[0].path})
    assert_names(document, r'$["\""]', {document.fields[1].path})


def test_patterns_add_up() -> None:
    both = disclose(INVOICE, ["$.number", "$..price"])
    assert [field.path for field in both.fields] == ["$['lines'][0]['price']", "$['lines'][1]['price']", "$['number']"]


@pytest.mark.parametrize(
    ("document", "pattern", "says"),
    [
        (
            INVOICE,
            "$.lines[*].prise",
            r"does not match any field shown here; the nearest is \$\['lines'\]\[0\]\['price'\]",
        ),
        (
            INVOICE,
            "$.lines[2].price",
            r"does not match any field shown here; the nearest is \$\['lines'\]\[0\]\['price'\]",
        ),
        (INVOICE, "$['lines'][0]['price'][0]", "does not match any field"),
        (INVOICE, "$.line", r"the nearest is \$\['lines'\]\[0\]"),
        (INVOICE, "$.lines['0']", "does not match any field"),
        (CERTIFICATE, "//Prise", r"the nearest is .*Price\[1\]"),
        (
            CERTIFICATE,
            "/Certificate/Line[1]/Price",
            r"if you count as in XPath.* write .*Line\[2\]/.*Price\[1\]$",
        ),
        (CERTIFICATE, "/Line", "does not match any field"),
        (CERTIFICATE, "//{}Price", "does not match any field"),
        (CERTIFICATE, "//@Price", "does not match any field"),
        (INVOICE, "lines", r"a pattern for json must begin with \$"),
        (INVOICE, "", r"a pattern for json must begin with \$"),
        (INVOICE, "/lines", r"a pattern for json must begin with \$"),
        (INVOICE, "$lines", "no step of a pattern begins at character 2"),
        (INVOICE, "$.", "no step of a pattern begins at character 2"),
        (INVOICE, "$..", "no step of a pattern begins at character 2"),
        (INVOICE, "$...price", "no step of a pattern begins at character 2"),
        (INVOICE, "$.lines[-1]", "no step of a pattern begins at character 8"),
        (INVOICE, "$.lines[0:1]", "no step of a pattern begins at character 8"),
        (INVOICE, "$.lines[?@.price]", "no step of a pattern begins at character 8"),
        (INVOICE, "$.lines[price]", "no step of a pattern begins at character 8"),
        (INVOICE, "$.['lines']", "a single '.' must be followed by a name"),
        (INVOICE, r"$['\x']", "a quoted name with an unknown escape sequence"),
        (CERTIFICATE, "Certificate", "a pattern for xml must begin with /"),
        (CERTIFICATE, "/", "no step of a pattern begins at character 1"),
        (CERTIFICATE, "///Price", "no step of a pattern begins at character 1"),
        (CERTIFICATE, "//c:Note", "no step of a pattern begins at character 4"),
        (CERTIFICATE, "//Line[0]", "no step of a pattern begins at character 7"),
        (CERTIFICATE, "//Line[last()]", "no step of a pattern begins at character 7"),
        (CERTIFICATE, "//Line/..", "no step of a pattern begins at character 7"),
        (SCAN, "$", "an opaque document has one field"),
    ],
)
def test_patterns_that_name_nothing_are_refused(document: Wrapped, pattern: str, says: str) -> None:
    for act in (redact, disclose):
        with pytest.raises(Malformed, match=says) as refusal:
            act(document, [pattern])
        assert refusal.value.where == pattern


def test_a_hidden_field_cannot_be_named_again() -> None:
    redacted = redact(INVOICE, ["$..price"])
    with pytest.raises(Malformed, match="does not match any field shown here"):
        redact(redacted, ["$..price"])


def test_many_deep_steps_cost_no_more_than_their_number() -> None:
    # A matcher that goes back and tries again would be here until the sun goes out.
    with pytest.raises(Malformed, match="does not match any field"):
        redact(CERTIFICATE, ["//*" * 40 + "/nothing"])
