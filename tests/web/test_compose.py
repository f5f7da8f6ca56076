"""What the browser wraps, redacts and discloses has the bytes that the core makes of the same documents."""

from __future__ import annotations

import random
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.core.document import Format, Wrapped, open_document, read_redacted, redact, wrap
from ledger.core.evidence.reading import read_evidence
from ledger.errors import Malformed
from tests.web.composing import Composer

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
SEED = bytes(range(32))
HARD = {
    Format.JSON: [
        '{"\U0001f600":1,"\uffee":2,"\u20ac":"\\u001f\\u007f\\u2028","n":[0.1,1e21,1e-7,-0,123]}',
        '{"a":{},"b":[],"c":null,"d":true,"e":"\\"\\\\/\\b\\f\\n\\r\\t","\'":{"\\\\":1}}',
        "[[[[1.5]]],5e-324,1.7976931348623157e308]",
        '"only a text"',
        "\ufeff7",
    ],
    Format.XML: [
        '<a xmlns="urn:x" b="&quot;&#x1F600;"><?pi some data?><d>t</d><b xml:space="preserve"> </b><c/></a>',
        "<r><![CDATA[<&]]></r>",
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def composer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composer]:
    """The browser's modules."""
    made = Composer(tmp_path_factory.mktemp("compose"))
    yield made
    made.close()


def documents() -> list[Wrapped]:
    """Documents of every format, with all that is hard to print: escapes, numbers, characters above U+FFFF."""
    found = [wrap(text.encode(), format_, SEED) for format_, texts in HARD.items() for text in texts]
    found += [wrap(data, Format.OPAQUE, SEED) for data in (b"", b"\x00\xff" * 500, b"ledger/json/1 x\n")]
    for path in sorted(SAMPLES.glob("**/*")):
        format_ = {".json": Format.JSON, ".xml": Format.XML}.get(path.suffix)
        if format_ is not None and path.name != "index.json":
            found.append(wrap(path.read_bytes(), format_, SEED))
    return found


def test_documents_are_wrapped_alike(composer: Composer) -> None:
    made = documents()
    assert len(made) > 12
    for document in made:
        found = composer.ask("wrap", document.data, format=document.format.value, seed=document.seed.hex())
        assert found == {"digest": document.digest.hex(), "file": b64encode(document.to_bytes()).decode()}
        assert b64decode(composer.ask("unwrap", document.to_bytes())) == document.to_bytes()


def test_what_cannot_be_wrapped_is_refused(composer: Composer) -> None:
    for data, format_ in (
        (b'{"a":1,"a":2}', "json"),
        (b"<a><b></a>", "xml"),
        (b"<!DOCTYPE a><a/>", "xml"),
        (b"", "json"),
    ):
        with pytest.raises(Malformed):
            wrap(data, Format(format_), SEED)
        assert "malformed" in composer.ask("wrap", data, format=format_, seed=SEED.hex())
    assert "malformed" in composer.ask("wrap", b"x", format="opaque", seed=SEED[1:].hex())


def test_each_seed_is_another(composer: Composer) -> None:
    seeds = [bytes.fromhex(seed) for seed in composer.ask("seeds", b"")]
    assert {len(seed) for seed in seeds} == {32}
    assert len(set(seeds)) == len(seeds)


def test_documents_are_redacted_alike(composer: Composer) -> None:
    chance = random.Random(15)
    for document in documents():
        paths = list(document.field_hashes)
        for count in {0, 1, len(paths) // 2, len(paths)}:
            hide = sorted(chance.sample(paths, min(count, len(paths))))
            known = redact(document, hide)
            found = composer.ask("redact", document.to_bytes(), hide=hide)
            assert found == {"digest": document.digest.hex(), "file": b64encode(known.to_bytes()).decode()}


def test_a_redacted_copy_is_redacted_further(composer: Composer) -> None:
    document = wrap(HARD[Format.JSON][1].encode(), Format.JSON, SEED)
    first, second, *_ = document.field_hashes
    once = redact(document, [first])
    found = composer.ask("redact", once.to_bytes(), hide=[second])
    assert b64decode(found["file"]) == redact(document, [first, second]).to_bytes()
    assert read_redacted(b64decode(found["file"])).digest == document.digest


def test_evidence_shows_the_document_alike(composer: Composer) -> None:
    folder = ROOT / "tests/conformance/document_json_wrapped"
    evidence = read_evidence((folder / "evidence.json").read_bytes())
    data = (folder / "document").read_bytes()
    document = open_document(data)
    for hide in ([], list(document.field_hashes)[:1], list(document.field_hashes)):
        known = replace(evidence, document=redact(document, hide))
        asked = b64encode(replace(evidence, document=None).to_bytes()).decode()
        found = composer.ask("disclose", data, hide=hide, evidence=asked)
        assert b64decode(found["file"]) == known.to_bytes()


def test_evidence_of_another_document_is_refused(composer: Composer) -> None:
    evidence = (ROOT / "tests/conformance/document_json_wrapped/evidence.json").read_bytes()
    other = wrap(b"{}", Format.JSON, SEED).to_bytes()
    for given in (evidence, b"{}", b'{"declaration":{}}', b"[1]", b"no JSON"):
        assert "malformed" in composer.ask("disclose", other, evidence=b64encode(given).decode())
