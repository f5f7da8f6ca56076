"""Documents in the browser: the vectors of formats.md, and the same reading as the core's, of right and wrong files."""

from __future__ import annotations

import struct
from base64 import b64decode, b64encode
from collections.abc import Iterable
from random import Random
from typing import Any

import pytest

from ledger.core.document import Format, Redacted, Wrapped, open_document, parse, redact, wrap
from ledger.core.encoding.limits import MIB
from ledger.errors import LedgerError
from tests.core.document.vectors import cases, content
from tests.differential import documents
from tests.document_edges import REDACTED, WRAPPED
from tests.web.driving import Driver, Refused

SEED = bytes(range(32))
BY_CHANCE = 2_000


def named(case: dict[str, Any]) -> str:
    return str(case["name"])


def header(format_: str, seed: bytes = SEED) -> bytes:
    return wrap(b"1", Format.JSON, seed).to_bytes().replace(b"/json/", f"/{format_}/".encode()).removesuffix(b"1")


def differences(driver: Driver, files: Iterable[bytes]) -> tuple[list[bytes], int]:
    """The files that the browser reads differently, and how many both read."""
    differ, read = [], 0
    for data in files:
        try:
            expected = open_document(data).digest.hex()
        except LedgerError:
            expected = ""
        [found] = driver.try_all([("digest", {"data": data})])
        if isinstance(found, Refused):
            assert found.kind == "Malformed"
            found = ""
        if found != expected:
            differ.append(data[:300])
        read += bool(found)
    return differ, read


@pytest.mark.parametrize("case", cases("digests"), ids=named)
def test_fields_hashes_and_digest_of_the_vectors(driver: Driver, case: dict[str, Any]) -> None:
    found = driver.ask("document", data=header(case["format"], bytes.fromhex(case["seed"])) + content(case))
    fields = [[path, type_, text] for path, type_, text in case["fields"]]
    assert [
        [path, type_, b64decode(value).hex() if type_ == "x" else b64decode(value).decode()]
        for path, type_, value, *_ in found["fields"]
    ] == fields
    assert {path: hash_ for path, _, _, _, hash_ in found["fields"]} == case["field_hashes"]
    assert found["digest"] == case["digest"]
    assert found["shown"] == len(fields)


@pytest.mark.parametrize("case", cases("same"), ids=named)
def test_spellings_of_one_document_have_one_digest(driver: Driver, case: dict[str, Any]) -> None:
    files = [header(case["format"]) + content(spelling) for spelling in case["spellings"]]
    assert {driver.ask("digest", data=data) for data in files} == {open_document(files[0]).digest.hex()}


@pytest.mark.parametrize("case", cases("different"), ids=named)
def test_other_documents_have_other_digests(driver: Driver, case: dict[str, Any]) -> None:
    files = [header(case["format"]) + content(document) for document in case["documents"]]
    assert len({driver.ask("digest", data=data) for data in files}) == len(files)


@pytest.mark.parametrize("case", [*cases("refused_json"), *cases("refused_xml")], ids=named)
def test_what_is_refused(driver: Driver, case: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="Malformed"):
        driver.ask("fields", format=case["format"], data=content(case))


@pytest.mark.parametrize("files", [*WRAPPED.values(), *REDACTED.values()], ids=[*WRAPPED, *REDACTED])
def test_documents_at_the_edge(driver: Driver, files: list[bytes]) -> None:
    differ, read = differences(driver, files)
    assert not differ
    assert 0 < read < len(files), "some of these should be read and some refused"


def test_documents_by_chance(driver: Driver) -> None:
    chance = Random("tests/web/test_documents.py")
    made = [documents.document(chance) for _ in range(BY_CHANCE)]
    copies = [copy for data in made[: BY_CHANCE // 4] if (copy := documents.copy(chance, data)) is not None]
    differ, read = differences(driver, [*made, *copies])
    assert not differ
    assert read > BY_CHANCE / 10


@pytest.mark.parametrize("hide", [[], ["$.lines"], ["$"]], ids=["nothing", "a part", "everything"])
def test_a_redacted_copy_has_the_digest_of_the_whole(driver: Driver, hide: list[str]) -> None:
    whole = wrap('{"lines":[{"sku":"KIWI","é":1.5}],"paid":true,"at":null}'.encode(), Format.JSON, SEED)
    copy = redact(whole, hide)
    found = driver.ask("document", data=copy.to_bytes())
    assert found["digest"] == whole.digest.hex()
    assert found["hidden"] == [hash_.hex() for hash_ in copy.hidden]
    assert [field[:3] for field in found["fields"]] == [
        [path, type_, b64encode(value).decode()] for path, type_, value in shown(copy)
    ]


def shown(copy: Redacted) -> list[tuple[str, str, bytes]]:
    return [(field.path, field.type, field.value) for field in copy.fields]


@pytest.mark.parametrize("case", cases("rfc8785_numbers"), ids=lambda case: str(case["ieee754"]))
def test_numbers_of_rfc_8785(driver: Driver, case: dict[str, str]) -> None:
    value = struct.unpack(">d", bytes.fromhex(case["ieee754"]))[0]
    if case["text"]:
        assert driver.ask("json", text=case["text"]) == case["text"]
    else:
        with pytest.raises(Refused):
            driver.ask("json", text=repr(value))


@pytest.mark.parametrize("case", cases("rfc8785_texts"), ids=named)
def test_texts_of_rfc_8785(driver: Driver, case: dict[str, str]) -> None:
    text = case["text"].replace("333333333.33333329", "333333333.3333333")  # which documents must not round
    assert driver.ask("json", text=text) == bytes.fromhex(case["canonical_hex"]).decode()


def test_paths_ascend_by_code_points_and_not_by_units_of_utf_16(driver: Driver) -> None:
    texts = [
        "",
        "a",
        "ab",
        "z",
        "\u00e9",
        "\ud7ff",
        "\ue000",
        "\uffff",
        "\U00010000",
        "\U0010ffff",
        "a\U00010000",
        "a\uffff",
    ]
    for left in texts:
        for right in texts:
            expected = (left > right) - (left < right)
            assert driver.ask("compare", left=left, right=right) == expected, (left, right)


@pytest.mark.parametrize(
    "text", ["YQ=", "YQ", "YR==", "YWJ=", "Y=Q=", "YQ==YQ==", "YQ==\n", "Y Q=", "YQ-_", "====", "é==="]
)
def test_base64_has_one_spelling(driver: Driver, text: str) -> None:
    with pytest.raises(Refused, match="base64"):
        driver.ask("base64", text=text)


@pytest.mark.parametrize("size", [*range(5), 6143, 6144, 6145])
def test_base64(driver: Driver, size: int) -> None:
    data = Random(size).randbytes(size)
    assert driver.ask("base64", text=b64encode(data).decode()) == data.hex()


@pytest.mark.parametrize(
    ("format_", "make"),
    [
        ("json", lambda size: b'"' + b"x" * (size - 2) + b'"'),
        ("xml", lambda size: b"<a>" + b"x" * (size - 7) + b"</a>"),
    ],
)
def test_sizes(driver: Driver, format_: str, make: Any) -> None:
    assert len(driver.ask("fields", format=format_, data=make(16 * MIB))) == 1
    with pytest.raises(Refused, match="16 MiB"):
        driver.ask("fields", format=format_, data=make(16 * MIB + 1))


@pytest.mark.parametrize(
    "data",
    [
        b"0." + b"0" * 8_000_000 + b"1" + b"0" * 8_000_000,
        b'{"x":1' + b" " * 16_000_000 + b"}",
        b'"' + b'\\"' * 8_000_000 + b'"',
    ],
    ids=["zeros", "white space", "escapes"],
)
def test_long_runs_take_linear_time(driver: Driver, data: bytes) -> None:
    """Each of these takes hours where the time is quadratic."""
    [found] = driver.try_all([("digest", {"data": header("json") + data})])
    expected = read_or_none(Format.JSON, data)
    assert found == expected if expected else isinstance(found, Refused)


def test_a_long_type_of_white_space_takes_linear_time(driver: Driver) -> None:
    schema = b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    data = b"<a " + schema + b' xsi:type="a' + b" " * 8_000_000 + b'b"/>'
    with pytest.raises(Refused, match="xsi:type"):
        driver.ask("digest", data=header("xml") + data)


def read_or_none(format_: Format, data: bytes) -> str | None:
    try:
        parse(data, format_)
    except LedgerError:
        return None
    return Wrapped(format_, SEED, data).digest.hex()
