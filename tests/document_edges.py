"""Documents at the edge of what formats.md permits: half of them just inside, half just outside."""

from __future__ import annotations

import base64
import json
from hashlib import sha256

SEED = base64.urlsafe_b64encode(bytes(range(32))).rstrip(b"=")


def wrapped(format_: str, content: str | bytes) -> bytes:
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    return b"ledger/" + format_.encode() + b"/1 " + SEED + b"\n" + data


def redacted(format_: str, *fields: tuple[str, str, str], hidden: int = 0) -> bytes:
    rows = sorted(
        [path, type_, text, sha256(path.encode("utf-8", "replace")).hexdigest()[:32]] for path, type_, text in fields
    )
    hashes = sorted(sha256(bytes([number])).hexdigest() for number in range(hidden))
    value = {"fields": rows, "format": format_, "hidden": hashes, "ledger": "trade-ledger/redacted/1"}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"


JSON = [
    *(
        "",
        " ",
        "1",
        "null",
        "tru",
        "True",
        '"x"',
        "'x'",
        "[]",
        "{}",
        "[1,]",
        '{"a":1,}',
        "[1 2]",
        "1 2",
        "1\0",
        "}{",
        "]",
    ),
    *("-0", "-0.0", "01", "+1", ".5", "5.", "1.0", "1e16", "1E400", "1e-400", "NaN", "-Infinity", "\u0661"),
    *("0.1", "2.70", "1E20", "100000000000000000000", "9007199254740993", "9007199254740993.0", "0e-99999999999"),
    *("0.1000000000000000055", "0e" + "9" * 5000, "1e-" + "0" * 5000 + "5", "1e-" + "9" * 5000, "4.94e-324", "5e-324"),
    *("1" + "0" * 30 + "e-30", "0." + "0" * 400 + "1e401", "18446744073709551616", "18446744073709552000"),
    *("9007199254740991", "9007199254740992", "-9007199254740992", "9007199254740992.0", "9" * 9999, "1." + "9" * 9999),
    *('{"a":1,"a":1}', '{"a":1,"\\u0061":1}', '{"":1}', "{1:2}", '"\\x"', '"\\u12"', '"\\/"', '"\t"', '"\x7f"'),
    *(
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        '"\\uffff"',
        '"\uffff"',
        '"\\ufdd0"',
        '{"\\uffff":1}',
        '"\ud800"',
        '"]["',
        '"\\"]"',
    ),
    *("\ufeff1", "\ufeff\ufeff1", "\x0c1", "\u00a01", "//c\n1"),
    *("[" * depth + inside + "]" * depth for depth in (99, 100, 101, 100_000) for inside in ("", "1")),
    *('{"a":' * depth + "1" + "}" * depth for depth in (100, 101, 100_000)),
    *("[" + item * count + "1]" for item in ("1,", "[],", "{},") for count in (99_999, 100_000)),
    '{"' + "a" * 60_000 + '":[' + "1," * 1_200 + "1]}",
    '"' + '\\"' * 100_000,
    '"' + ",[" * 200_000 + '"',
]
SCHEMA = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
XML = [
    *(
        "",
        "<a/>",
        "<a></a>",
        " <a/>",
        "<a/><b/>",
        "<a/>x",
        "x<a/>",
        "<a",
        "<!--",
        "<a>]]></a>",
        "<1a/>",
        "<\u0132/>",
        "<\U00010000/>",
    ),
    *(f"<?xml version={version}?><a/>" for version in ('"1.0"', '"1.1"', '"1.0" standalone="maybe"')),
    *(
        f'<?xml version="1.0" encoding="{name}"?><a/>'
        for name in ("UTF-8", "utf-8", "utf8", "US-ASCII", "ISO-8859-1", "UTF-16", "UTF-16LE")
    ),
    *("<!DOCTYPE a><a/>", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "<a>&x;</a>", "<a>&lt;&#65;</a>", "<a>&#0;</a>"),
    *("<a>&#xFFFE;</a>", "<a>&#x1FFFE;</a>", "<a>&#xD800;</a>", "<a>\x01</a>", "<a>\x7f\x85\u2028\ufeff</a>"),
    *(
        "<a><![CDATA[x]]>y</a>",
        "<a><![CDATA[x]]></a>",
        "<a> <![CDATA[x]]></a>",
        "<a><![CDATA[x]]><![CDATA[y]]></a>",
        "<a><![CDATA[]]></a>",
        "<a><![CDATA[]]><b>x</b></a>",
        "<a>x<![CDATA[]]></a>",
        "<a><![CDATA[]]>x</a>",
        "<a><b/><!-- c -->x</a>",
        "<a> <!-- c --> <b>x</b></a>",
        "<a> <?p?> x</a>",
        "<a> <?p?> <b/></a>",
        "<!-- c --><a>x</a><!-- c -->",
        '<a xml:space="preserve"> <!-- c --></a>',
        '<a xml:space="preserve"><!-- c --></a>',
        "<a>x<!-- c -->y</a>",
        "<a>x<?p d?>y</a>",
        "<a><?p   d ?></a>",
        "<?p d?><a/><?q e?>",
        "<a><?p?></a>",
    ),
    *(
        '<a x="1" x="2"/>',
        '<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>',
        "<p:a/>",
        '<p:a xmlns:p=""/>',
        '<a xmlns:xml="u"/>',
        '<a xmlns:xmlns="u"/>',
        "<xmlns:a/>",
    ),
    *(
        f'<a {name}="{namespace}"/>'
        for name in ("xmlns", "xmlns:p", "xmlns:xml", "xmlns:xmlns")
        for namespace in ("http://www.w3.org/2000/xmlns/", "http://www.w3.org/XML/1998/namespace")
    ),
    *(
        '<a xmlns:p="u{v"/>',
        '<p:a xmlns:p="u{v"/>',
        '<p:a xmlns:p="u}v"/>',
        '<a xmlns="u"/>',
        '<a xmlns=""/>',
        "<A:B:C/>",
    ),
    *(
        '<a xml:space="preserve"> </a>',
        '<a xml:space="preserve"><b xml:space="default"> </b> </a>',
        '<a xml:space="x"> </a>',
    ),
    *(
        "<a> <b/> </a>",
        "<a> x <b/> y </a>",
        "<a>\r\nx\ry</a>",
        '<a x="\n\t\r y"/>',
        '<a x="&#10;"/>',
        '<a x="<"/>',
        "<a b/>",
    ),
    *(
        f"<a {SCHEMA} {more}/>"
        for more in (
            *(
                'xmlns:p="u" xsi:type="p:t"',
                'xsi:type="p:t"',
                'xmlns="d" xsi:type=" t "',
                'xsi:type="t"',
                'xsi:type="xml:t"',
            ),
            *(
                'xsi:type=":t"',
                'xsi:type="p:q:t"',
                'xsi:type=""',
                'xsi:type="a b"',
                'xsi:type="xsi:t"',
                'xsi:nil="true"',
            ),
        )
    ),
    f'<a xmlns:p="u" xmlns="u"><b xmlns:p="v" xmlns="" {SCHEMA} xsi:type="p:t"/><c {SCHEMA} xsi:type="t"/></a>',
    *("<a>" * depth + inside + "</a>" * depth for depth in (100, 101) for inside in ("", "x")),
    "<a>" * 100_000,
    *("<a>" + "<b/>" * count + "</a>" for count in (100_000, 100_001)),
    *("<a " + " ".join(f'x{number}="1"' for number in range(count)) + "/>" for count in (99_999, 100_000)),
    *(f"<{'a' * 60_000}>{'<b/>' * count}</{'a' * 60_000}>" for count in (1100, 1200)),
]
CODED = [
    (mark + text.encode(coding))
    for coding, mark in [("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"), ("utf-16-le", b""), ("utf-32-le", b"")]
    for text in (
        "<a>\u00e9</a>",
        '<?xml version="1.0" encoding="UTF-16"?><a/>',
        '<?xml version="1.0" encoding="UTF-8"?><a/>',
    )
] + [b"\xff\xfe<\0a", b"<a>\xe9</a>", b"<a>\xed\xa0\x80</a>"]
HEADERS = [
    b"ledger/json/1 " + seed + end + b"1"
    for seed, end in [(SEED, b"\r\n"), (SEED + b"=", b"\n"), (SEED[:-1], b"\n"), (SEED[:-1] + b"9", b"\n"), (SEED, b"")]
] + [wrapped("json", "1").replace(b"/1 ", b"/2 "), wrapped("yaml", "1"), wrapped("opaque", ""), wrapped("opaque", "x")]

JSON_PATHS = [
    *(
        "$",
        "$['a']",
        "$[0]",
        "",
        "$.a",
        '$["a"]',
        "$['']",
        "$['\\'']",
        "$['\\\\']",
        "$['\\n']",
        "$['\\u000a']",
        "$['\\u000b']",
    ),
    *(
        "$['\\u001F']",
        "$['\\u007f']",
        "$['\x7f']",
        "$['\t']",
        "$['\uffff']",
        "$['\ud800']",
        "$['\u00e9']",
        "$[00]",
        "$[-1]",
    ),
    *(
        "$[1e1]",
        "$[999999999]",
        "$[1000000000]",
        "$['a'",
        "$['a']x",
        "x$['a']",
        "$['a\\/']",
        "$['\"']",
        "$['']['']",
        "$$",
    ),
]
JSON_VALUES = {
    "n": [
        *(
            "1",
            "1.0",
            "-0",
            "0",
            "1e21",
            "1e+21",
            "1E+21",
            "1e-7",
            "0.000001",
            "1e400",
            "5e-324",
            "4.9e-324",
            "NaN",
            "",
            "+1",
        ),
        *(
            "01",
            ".5",
            "1.",
            "1_0",
            "\u0661",
            "100000000000000000000",
            "9007199254740993",
            "1.7976931348623158e+308",
            " 1",
        ),
    ],
    "b": ["true", "True", ""],
    "z": ["", "null"],
    "o": ["", "{}"],
    "a": ["", "x"],
    "s": ["", "\ufffe", "\ud800", "\0", "\u202e"],
    "x": ["YQ=="],
    "t": ["x"],
}
A, B = "$['a']", "$['b']"
JSON_SHAPES: list[tuple[list[tuple[str, str, str]], int]] = [
    *(([], hidden) for hidden in (0, 1)),
    *(([("$", "s", "x")], hidden) for hidden in (0, 1)),
    ([(A, "s", "x"), (A, "s", "y")], 0),
    ([(A, "s", "x"), (f"{A}['b']", "s", "x")], 0),
    ([(A, "o", ""), (f"{A}['b']", "s", "x")], 0),
    ([(f"{A}['b']", "s", "x"), (f"{A}[0]", "s", "x")], 9),
    *(([("$[1]", "s", "x")], hidden) for hidden in (0, 1)),
    *(([("$[0][2]", "s", "x"), ("$[3]", "s", "x")], hidden) for hidden in (4, 5)),
    *(([("$" + "[0]" * depth, type_, "")], 0) for depth in (99, 100, 101) for type_ in "sa"),
]
XML_PATHS = [
    *(
        "/a[1]",
        "/a[2]",
        "/a[0]",
        "/a[01]",
        "/a",
        "a[1]",
        "/{u}a[1]",
        "/{}a[1]",
        "/{u{}a[1]",
        "/{u}}a[1]",
        "/a:b[1]",
        "/1a[1]",
    ),
    *(
        "/\u00e9[1]",
        "/\u00b7[1]",
        "/a[1]/b[1]",
        "/a[1]/text()[1]",
        "/text()[1]",
        "/@x",
        "/a[1]/@x",
        "/a[1]/@{u}x",
        "/a[1]/@x[1]",
    ),
    *(
        "/a[1]/@x/b[1]",
        "/a[1]/text()[1]/b[1]",
        "/processing-instruction('p')[1]",
        "/a[1]/processing-instruction('xml')[1]",
    ),
    *(
        "/processing-instruction('a:b')[1]",
        "/a[999999999]",
        "/a[1000000000]",
        "/a[1]/@xmlns",
        "/{u v}a[1]",
        "/{\ufffe}a[1]",
    ),
    *("/\u0132[1]", "/a[1]/", "//a[1]", "/{<}a[1]", "/{\x01}a[1]", "/a[1]/comment()[1]", "/text[1]"),
]
XML_TEXTS = [
    "",
    "x",
    " ",
    "\n",
    "\r",
    "\0",
    "\x0b",
    "\x85",
    "\ufffe",
    "\U0001ffff",
    "\ufdd0",
    "\ud800",
    "?>",
    "<&>",
    " x",
    "x ",
]
TEXT, PI = "/a[1]/text()[1]", "/a[1]/processing-instruction('p')[1]"
XML_SHAPES: list[tuple[list[tuple[str, str, str]], int]] = [
    ([("/a[1]", "e", ""), ("/b[2]", "e", "")], 0),
    *(([("/processing-instruction('p')[1]", "p", "x")], hidden) for hidden in (0, 1)),
    ([(TEXT, "t", "x"), ("/a[1]/text()[2]", "t", "x")], 0),
    ([(TEXT, "t", "x"), ("/a[1]/text()[3]", "t", "x")], 1),
    ([("/a[1]/b[1]", "e", ""), ("/a[1]/c[1]", "e", "")], 0),
    ([("/a[1]/b[1]", "e", ""), (TEXT, "t", "x")], 0),
    ([("/a[1]", "e", ""), ("/a[1]/@x", "t", "x"), ("/a[1]/@y", "t", "x")], 0),
    ([("/a[1]", "e", ""), ("/a[1]/b[1]", "e", "")], 0),
    *(([("/a[1]/@x", "t", "x")], hidden) for hidden in (0, 1)),
    ([("/{u}a[1]", "e", ""), ("/{v}a[1]", "e", "")], 0),
    *(([("/a[3]", "e", "")], hidden) for hidden in (1, 2)),
    *(
        ([("/a[1]" * depth + more, type_, text)], 0)
        for depth in (100, 101)
        for more, type_, text in [("", "e", ""), ("/@x", "t", "")]
    ),
]
GOOD = redacted("json", (A, "s", "x"), (B, "s", "x"), hidden=2)
SPELLINGS = [
    *(GOOD[:-1], GOOD + b"\n", GOOD[:-1] + b"\r\n", GOOD.replace(b",", b", ", 1), b"\xef\xbb\xbf" + GOOD, b"{}", b"{"),
    *(
        GOOD.replace(b"redacted/1", b"redacted/2"),
        GOOD.replace(b'"json"', b'"yaml"'),
        GOOD.replace(b'"x"', b'"\\u0078"'),
    ),
    *(
        redacted("opaque", ("", "x", text), hidden=hidden)
        for text in ("", "YQ==", "YQ", "YR==", "YQ==\n")
        for hidden in (0, 1)
    ),
    *(redacted("opaque", hidden=1), redacted("opaque", hidden=2), redacted("opaque", ("$", "x", "YQ=="))),
]

WRAPPED = {
    "json": [wrapped("json", text) for text in JSON],
    "xml": [wrapped("xml", text) for text in XML],
    "encodings": [wrapped("xml", data) for data in CODED],
    "headers": HEADERS,
}
REDACTED = {
    "json paths": [redacted("json", (path, "s", "x"), hidden=3) for path in JSON_PATHS],
    "json values": [redacted("json", (A, type_, text)) for type_, texts in JSON_VALUES.items() for text in texts],
    "json shapes": [redacted("json", *fields, hidden=hidden) for fields, hidden in JSON_SHAPES],
    "xml paths": [
        redacted("xml", (path, type_, text), hidden=2) for path in XML_PATHS for type_, text in ["tx", "px", ("e", "")]
    ],
    "xml texts": [
        redacted("xml", (*where, text)) for where in [(TEXT, "t"), ("/a[1]/@x", "t"), (PI, "p")] for text in XML_TEXTS
    ],
    "xml shapes": [redacted("xml", *fields, hidden=hidden) for fields, hidden in XML_SHAPES],
    "spellings": SPELLINGS,
}
