"""What must hold for every document: spelling does not matter, everything else does, and hiding keeps the digest."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from random import Random
from unittest.mock import patch

import rfc8785
from hypothesis import assume, given
from hypothesis import strategies as some

from ledger.core.document import (
    FieldChange,
    Format,
    Wrapped,
    canonical_json,
    difference,
    digest_of,
    disclose,
    open_document,
    parse,
    parse_json,
    read_redacted,
    read_wrapped,
    redact,
    redaction,
    wrap,
)
from ledger.core.document.paths import name_text, read_path
from ledger.core.document.patterns import select
from ledger.core.encoding.json_text import Json, number_text, read_text
from ledger.core.encoding.limits import DEFAULT_LIMITS
from ledger.errors import Malformed
from tests.core.document import reference
from tests.core.document.mutations import mutate_json, mutate_xml
from tests.core.document.strategies import (
    SEED,
    Element,
    XmlWriter,
    json_values,
    spell_json,
    xml_elements,
)
from tests.verifier.both import alone

randoms = some.randoms(use_true_random=False)


def plain_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def plain_xml(root: Element) -> bytes:
    return XmlWriter(Random(0)).document(root).encode()


documents = some.one_of(
    json_values.map(lambda value: wrap(plain_json(value), Format.JSON, SEED)),
    xml_elements.map(lambda root: wrap(plain_xml(root), Format.XML, SEED)),
    some.binary(max_size=40).map(lambda data: wrap(data, Format.OPAQUE, SEED)),
)


@given(json_values)
def test_json_fields_and_digest_are_those_of_the_reference(value: Json) -> None:
    document = wrap(plain_json(value), Format.JSON, SEED)
    assert {tuple(field) for field in document.fields} == reference.json_fields(document.data)
    assert document.digest == reference.digest("json", reference.json_fields(document.data), SEED)


@given(xml_elements, randoms)
def test_xml_fields_and_digest_are_those_of_the_reference(root: Element, random: Random) -> None:
    document = wrap(XmlWriter(random).document(root).encode(), Format.XML, SEED)
    assert {tuple(field) for field in document.fields} == reference.xml_fields(document.data)
    assert document.digest == reference.digest("xml", reference.xml_fields(document.data), SEED)


@given(json_values, randoms)
def test_another_spelling_of_json_keeps_the_digest(value: Json, random: Random) -> None:
    spelled = spell_json(value, random).encode()
    assert wrap(spelled, Format.JSON, SEED).digest == wrap(plain_json(value), Format.JSON, SEED).digest


@given(xml_elements, randoms, some.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]))
def test_another_spelling_of_xml_keeps_the_digest(root: Element, random: Random, encoding: str) -> None:
    spelled = XmlWriter(random).document(root)
    assume(encoding != "utf-16-be" or spelled.startswith("<"))  # without a mark only markup tells UTF-16
    assert wrap(spelled.encode(encoding), Format.XML, SEED).digest == wrap(plain_xml(root), Format.XML, SEED).digest


@given(json_values, randoms)
def test_one_change_in_json_changes_the_digest_and_is_found(value: Json, random: Random) -> None:
    changed = mutate_json(value, random)
    assume(rfc8785.dumps(changed) != rfc8785.dumps(value))
    original, copy = wrap(plain_json(value), Format.JSON, SEED), wrap(plain_json(changed), Format.JSON, SEED)
    assert copy.digest != original.digest
    assert_names_a_real_difference(original, copy)


@given(xml_elements, randoms)
def test_one_change_in_xml_changes_the_digest_and_is_found(root: Element, random: Random) -> None:
    original, copy = (
        wrap(plain_xml(root), Format.XML, SEED),
        wrap(plain_xml(mutate_xml(root, random)), Format.XML, SEED),
    )
    assert copy.digest != original.digest
    assert_names_a_real_difference(original, copy)


def assert_names_a_real_difference(original: Wrapped, copy: Wrapped) -> None:
    found = difference(original, copy)
    assert found is not None
    ours = {field.path: field for field in original.fields}
    theirs = {field.path: field for field in copy.fields}
    assert ours.get(found.path) != theirs.get(found.path)
    # The same from a file that shows nothing of the original, as long as the copy has something that tells them linked.
    sealed = difference(disclose(original, []), copy)
    known, shown = set(original.field_hashes.values()), set(copy.field_hashes.values())
    assert sealed is not None
    if shown & known and shown - known:
        assert copy.field_hashes[sealed.path] not in known
    else:
        assert sealed.change is FieldChange.UNSHOWN


@given(documents)
def test_a_wrapped_file_reads_back(document: Wrapped) -> None:
    assert read_wrapped(document.to_bytes()) == document
    assert len(document.to_bytes()) - len(document.data) <= 66


@given(documents, randoms)
def test_the_verifier_that_stands_alone_finds_the_same_hashes_and_digest(document: Wrapped, random: Random) -> None:
    paths = list(document.field_hashes)
    redacted = redact(document, random.sample(paths, random.randrange(len(paths) + 1)))
    whole, part = alone.read_document(document.to_bytes()), alone.read_document(redacted.to_bytes())
    assert (whole.digest, whole.shown, whole.hidden) == (document.digest, document.field_hashes, ())
    assert (part.digest, part.shown, part.hidden) == (document.digest, redacted.field_hashes, redacted.hidden)


@given(documents, randoms)
def test_hiding_any_fields_keeps_the_digest_and_reads_back(document: Wrapped, random: Random) -> None:
    paths = list(document.field_hashes)
    hide = random.sample(paths, random.randrange(len(paths) + 1))
    redacted = redact(document, hide)
    opened = open_document(redacted.to_bytes())
    assert opened == redacted
    assert opened.digest == redacted.digest == document.digest
    assert opened.field_hashes == redacted.field_hashes
    assert list(redacted.field_hashes) == [field.path for field in redacted.fields]
    assert {field.path for field in redacted.fields} == set(paths) - set(hide)
    assert disclose(document, [path for path in paths if path not in hide]) == redacted
    # Twice hidden is hidden at once.
    assert redact(redact(document, hide[:1]), hide[1:]) == redacted


@given(documents, randoms)
def test_the_short_way_through_a_redacted_file_agrees_with_the_strict_reader(document: Wrapped, random: Random) -> None:
    paths = list(document.field_hashes)
    file = redact(document, random.sample(paths, random.randrange(len(paths) + 1))).to_bytes()
    assert redaction._shortcut(file, DEFAULT_LIMITS) == _slowly(file)
    for _ in range(8):
        at, more = random.randrange(len(file)), random.choice([b"", b" ", b'"', b",", b"\\u0041", b"[", b"0", b"\xff"])
        damaged = file[:at] + more + file[at + random.randrange(2) :]
        assert outcome(lambda data=damaged: read_redacted(data)) == outcome(lambda data=damaged: _slowly(data))


def _slowly(file: bytes) -> object:
    with patch.object(redaction, "_shortcut", lambda _data, _limits: None):
        return read_redacted(file)


@given(json_values)
def test_a_pattern_without_wildcards_names_what_is_inside(value: Json) -> None:
    """Written as a path and with double quotes, for each container and field of the document."""
    document = wrap(plain_json(value), Format.JSON, SEED)
    steps = {field.path: read_path(field.path, Format.JSON) for field in document.fields}
    for around in {inside[:depth] for inside in steps.values() for depth in range(len(inside) + 1)}:
        expected = {path for path, inside in steps.items() if inside[: len(around)] == around}
        for name in (lambda step: name_text(str(step)), json.dumps):
            pattern = "$" + "".join(f"[{step if isinstance(step, int) else name(step)}]" for step in around)
            assert select(list(steps), Format.JSON, [pattern]) == expected


@given(documents)
def test_every_path_is_in_the_grammar_and_has_its_own_steps(document: Wrapped) -> None:
    steps = {read_path(field.path, document.format) for field in document.fields}
    assert len(steps) == len(document.fields)


@given(documents)
def test_the_digest_is_that_of_field_hashes_in_any_order(document: Wrapped) -> None:
    assert digest_of(document.format, sorted(document.field_hashes.values(), reverse=True)) == document.digest


@given(json_values)
def test_a_redacted_file_is_canonical_json(value: Json) -> None:
    file = disclose(wrap(plain_json(value), Format.JSON, SEED), ["$"]).to_bytes()
    assert file == rfc8785.dumps(json.loads(file)) + b"\n"


@given(some.floats(allow_nan=False, allow_infinity=False))
def test_number_text_is_rfc_8785(number: float) -> None:
    assert number_text(number).encode() == rfc8785.dumps(number) == canonical_json(number)


@given(json_values, randoms)
def test_canonical_json_reads_back_and_is_a_fixed_point(value: Json, random: Random) -> None:
    canonical = canonical_json(parse_json(spell_json(value, random).encode(), exact=True))
    assert canonical == canonical_json(value)


_FRAGMENTS = some.sampled_from([*"{}[],:\"'\\ \n\t0123-+.eE", "true", "null", "NaN", '"a"', "\\ud800", "\ufffe"])


def _damaged(value: Json) -> some.SearchStrategy[str]:
    text = json.dumps(value)
    cuts = some.tuples(some.integers(0, len(text)), some.integers(0, 2), some.one_of(some.just(""), _FRAGMENTS))
    return cuts.map(lambda cut: text[: cut[0]] + cut[2] + text[cut[0] + cut[1] :])


@given(some.one_of(some.lists(_FRAGMENTS, max_size=12).map("".join), json_values.flatmap(_damaged)))
def test_the_short_way_through_json_agrees_with_the_strict_reader(text: str) -> None:
    for exact in (False, True):
        short, strict = partial(parse_json, text.encode()), partial(read_text, text, DEFAULT_LIMITS)
        assert outcome(partial(short, exact=exact)) == outcome(partial(strict, exact=exact))


def outcome(read: Callable[[], object]) -> str:
    try:
        return repr(read())
    except Malformed as error:
        return f"refused: {error}"


@given(some.one_of(some.binary(max_size=60), some.text(max_size=40).map(str.encode)), some.sampled_from(Format))
def test_whatever_the_bytes_the_answer_is_fields_or_malformed(data: bytes, format_: Format) -> None:
    try:
        fields = parse(data, format_)
    except Malformed as error:
        refused = error
    else:
        assert len({field.path for field in fields}) == len(fields) > 0
        return
    assert refused.where.startswith("line ")
