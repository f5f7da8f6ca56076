"""Pieces of documents: what JSON and XML are made of, and what is nearly that. Readers differ about many of them."""

from __future__ import annotations

NUMBERS = [
    "0", "-0", "1", "-1", "10", "1.0", "0.0", "-0.0", "0.1", "2.70", "1.10", "100", "1e2", "1E2", "1e+2", "1e-2",
    "1E20", "1e21", "1E21", "1e22", "123456789012345678901", "1e-6", "1e-7", "0.000001", "0.0000001", "5e-324",
    "4.9e-324", "2e-324", "1e-400", "-1e-400", "0e0", "0E400", "1.7976931348623157e308", "1.7976931348623159e308",
    "1e309", "1e400", "-1e400", "9007199254740991", "-9007199254740991", "9007199254740992", "9007199254740993",
    "-9007199254740992", "9007199254740993.0", "9007199254740992.0", "9007199254740991.0", "90071992547409910e-1",
    "18446744073709551615", "1" + "0" * 30, "1" * 400, "0." + "0" * 30 + "1", "0.1000000000000000055",
    "0.10000000000000001", "0.30000000000000004", "333333333.33333329", "1.0000000000000002", "1.00000000000000011",
    "4.35", "0.002", "1e23", "9.999999999999999e22", "2.2250738585072014e-308", "2.2250738585072011e-308", "1.5e0",
    "15e-1", "1.50000000000000000000000000000000000000",
]  # fmt: skip
NO_NUMBERS = [
    "01", "-01", "+1", "1.", ".5", "-.5", "1.e5", "1e", "1e+", "1e5.5", "0x1", "1_000", "NaN", "Infinity", "-Infinity",
    "-", "--1", "1-", "1 2", "\u0661", "1\u0660", "1\u00a0", "\uff11", "1.\u0661", "1e\u0661", "True", "None", "nul",
    "truefalse", "nan", "inf", "1f", "1L", "0b1", "0o7", "00", "-00", "0.0.0", "1,5", "1d2",
]  # fmt: skip
STRINGS = [
    "", "a", "net mass", "'", "\\\\", '\\"', "\\/", "/", "\\b\\f\\n\\r\\t", "\\u0000", "\\u001f", "\\u0020", "\\u00e9",
    "\\u00E9", "\u00e9", "e\u0301", "\\ud83e\\udd5d", "\U0001f95d", "\\uD83E\\uDD5D", "\u2028", "\u2029", "\u0085",
    "\u007f", "\u0080", "\ufeff", "\\ufeff", "\u200b", "\u202e", "\\u2028", "\ud7ff", "\ue000", "\U0010fffd", "$",
    "[0]", "['a']", "0", "\u0130", "\u1e9e", "ÿ", "\\u0027", "\\u005c", "\\u0008", "\\u000b", "\\u007f", "k" * 300,
]  # fmt: skip
NO_STRINGS = [
    "\\ud800", "\\udc00", "\\udc00\\ud800", "\\ud83ex", "\\ud83e\\u0041", "\ufdd0", "\ufffe", "\uffff", "\U0001fffe",
    "\U0010ffff", "\\ufdd0", "\\uffff", "\\ud83f\\udffe", "\\udbff\\udfff", "\n", "\t", "\x00", "\x1f", "\\x41",
    "\\u12", "\\u123g", "\\u+123", "\\u 123", "\\U00000041", "\\a", "\\'", "\\0", "\\", '"', "\\u00_1",
    "\\u\uff11\uff11\uff11\uff11",
]  # fmt: skip
SPACES = ["", "", "", " ", "\n", "\t", "\r\n", "\r", "  "]
NO_SPACES = ["\u00a0", "\x0b", "\x0c", "\ufeff", "\u2003", "\x00", "/* */", "// \n", "#", "\x85", "\x1e"]
XML_NAMES = [
    "a", "b", "Name", "_x", "x-1", "y.2", "größe", "\u0391", "\u4e2d", "\u0e01", "a\u0300", "A\u00b7", "xml", "XMLa",
    "e1",
]  # fmt: skip
ODD_NAMES = [
    "\u00d7", "a\u00d7", "1a", "-a", ".a", "a:b:c", ":a", "a:", "a b", "\u0132", "\u0149", "\u01c4", "\u0220",
    "\u0483", "\u0487", "\u0513", "\u0531", "\u0560", "\u0610", "\u07c0", "\u0a0b", "\u1100", "\u1101", "\u115f",
    "\u1e9c", "\u200c", "a\u200d", "\u203f", "a\u203f", "\u2070", "\u2126", "\u212a", "\u212b", "\u2180", "\u2160",
    "\u2c00", "\u3006", "\u3007", "\u3021", "\u3031", "\ua000", "\uac00", "\ud7a3", "\ud7a4", "\uf900", "\ufdcf",
    "\ufdd0", "\ufdf0", "\uff21", "\ufffd", "\U00010000", "\U000effff", "\U000f0000", "\U00020000", "a\u0387",
    "a\u0660", "\u037e", "\u037f", "\u0370", "a\u036f", "a\u0345", "a\u0360", "a\u20dd", "a\u20d0", "a\u3005",
    "\u309b", "\u30fb", "a\u30fc", "\ufe73", "a\u3099", "a\ufe20", "\u0200", "\u02a9", "\u02ff", "a\u00b7\u0300", "!",
    "a!", "a\u00a0", "\ufeffa", "a\u0000", "{a}", "",
]  # fmt: skip
XML_TEXTS = [
    "a", " ", "\n", "  b ", "\t", "\r", "\r\n", "&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&#65;", "&#x41;",
    "&#13;", "&#xD;&#10;", "&#9;", "&#32;", "&#xA0;", "\u00a0", "\u0085", "\u2028", "\u00e9", "e\u0301", "\U0001f95d",
    "&#x1F95D;", "]]", "]]&gt;", ">", "'", '"', "--", "&#x85;", "&#x2028;", "\u007f", "\u0080", "&#x7F;", "\ud7ff",
    "\ue000", "\ufffd", "&#xFFFD;", "\U0010ffff", "&#x10FFFF;", "\ufdd0", "\U0001fffe", "&#x1FFFE;", "&#0000000065;",
    "\ufeff",
]  # fmt: skip
NO_TEXTS = [
    "&", "&amp", "&unknown;", "&#0;", "&#x0;", "&#x1F;", "&#x8;", "&#xD800;", "&#xDFFF;", "&#xFFFE;", "&#xFFFF;",
    "&#x110000;", "&#-1;", "&#;", "&#x;", "&#65", "&#a;", "&#X41;", "]]>", "<", "\x00", "\x08", "\x0b", "\x1f",
    "\ufffe", "\uffff", "&AMP;", "& amp;", "&#x41 ;", "&#\u0661;", "&#18446744073709551681;", "&#4294967361;",
]  # fmt: skip
COMMENTS = ["<!---->", "<!-- x -->", "<!--&-->", "<!--<a>-->", "<!-- - -->", "<!--\n-->", "<!--\u00e9-->"]
NO_COMMENTS = ["<!-- -- -->", "<!--->", "<!-- --->", "<!--", "<!- x -->", "<!-->-->", "<! -- x -->", "<!--\x00-->"]
SECTIONS = [
    "<![CDATA[]]>", "<![CDATA[x]]>", "<![CDATA[<a>&amp;]]>", "<![CDATA[ ]]>", "<![CDATA[]]]]>", "<![CDATA[]] >]]>",
    "<![CDATA[\r\n]]>",
]  # fmt: skip
NO_SECTIONS = ["<![CDATA[", "<![cdata[x]]>", "<![CDATA [x]]>", "<![CDATA[x]]", "<![INCLUDE[x]]>", "<![CDATA[\x00]]>"]
INSTRUCTIONS = [
    "<?go?>", "<?go ?>", "<?go now?>", "<?go  a='b' ?>", "<?go\nx?>", "<?go ??>", "<?xml-stylesheet href='x'?>",
    "<?g\u00f6 x?>",
]  # fmt: skip
NO_INSTRUCTIONS = [
    "<?xml version='1.0'?>", "<?XML x?>", "<? go?>", "<?1?>", "<?a:b x?>", "<?go", "<?go>", "<?go\x00?>", "<?xMl?>",
    "<?\u0660?>",
]  # fmt: skip
NAMESPACES = ["urn:one", "urn:two", "http://example.com/(a)/b", "urn:ä", "x y", "urn:&amp;", "urn:[1]/text()"]
ODD_NAMESPACES = [
    "", "{", "urn:{a}", "}", "http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/",
    "http://www.w3.org/2001/XMLSchema-instance", " urn:one", "urn:one ", "urn:&#9;", "urn:\none", "&#x1;", "urn:'",
    "urn:]",
]  # fmt: skip
ATTRIBUTES = [
    "", "v", " v ", "a\nb", "a\tb", "a\r\nb", "&#10;", "&#9;", "&#13;", "&lt;", "&amp;", "&#32;", ">", "\u0085",
    "\u00a0", "{", "]]>", "  ",
]  # fmt: skip
NO_ATTRIBUTES = ["<", "&", "&x;", "\x00", "&#0;", "\uffff"]
DECLARATIONS = [
    '<?xml version="1.0"?>', "<?xml version='1.0'?>", '<?xml version="1.0" encoding="UTF-8"?>',
    '<?xml version="1.0" encoding="utf-8"?>', '<?xml version="1.0" standalone="yes"?>',
    '<?xml version="1.0" encoding="UTF-8" standalone="no" ?>', '<?xml version = "1.0" ?>',
]  # fmt: skip
ODD_DECLARATIONS = [
    '<?xml version="1.1"?>', '<?xml version="1.2"?>', '<?xml version="2.0"?>', "<?xml?>", '<?xml encoding="UTF-8"?>',
    ' <?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-16"?>', '<?xml version="1.0" encoding="utf-16le"?>',
    '<?xml version="1.0" encoding="UTF-16BE"?>', '<?xml version="1.0" encoding="ISO-8859-1"?>',
    '<?xml version="1.0" encoding="US-ASCII"?>', '<?xml version="1.0" encoding="UTF8"?>',
    '<?xml version="1.0" encoding=""?>', '<?xml version="1.0" encoding="x y"?>',
    '<?xml version="1.0" standalone="maybe"?>', '<?xml standalone="yes" version="1.0"?>',
    '<?xml version="1.0" foo="x"?>', '<?XML version="1.0"?>', '<?xml version="1.0">',
    '<?xml version="1.0"?><?xml version="1.0"?>', "<!DOCTYPE a>", '<!DOCTYPE a [<!ENTITY e "x">]>',
    '<!DOCTYPE a SYSTEM "x">', "<!doctype a>", '<?xml version="1.0" encoding="windows-1252"?>',
    '<?xml version="1.0" encoding="UTF-32"?>', '<?xml version="1.0" encoding="UCS-2"?>',
]  # fmt: skip
EXPONENTS = ["0", "1", "5", "16", "20", "21", "300", "308", "323", "324", "400", "007"]
