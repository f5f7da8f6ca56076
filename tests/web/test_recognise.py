"""The browser proposes the document type that the core finds, and takes a file for the same format."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.core.document import sniff
from ledger.core.statements.recognition import recognise
from tests.core.statements.test_recognition import DOCUMENTS, SAID, SAMPLES
from tests.web.composing import Composer

NAMES = ("", "invoice.xml", "Order.JSON", "scan.pdf", "xml")


@pytest.fixture(scope="module")
def composer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composer]:
    """The browser's modules."""
    made = Composer(tmp_path_factory.mktemp("compose"))
    yield made
    made.close()


def test_it_proposes_the_same_types(composer: Composer) -> None:
    for data, code, _ in SAID:
        assert composer.ask("recognise", data)["type"] == code, data[:200]


def test_it_proposes_the_same_types_for_files(composer: Composer) -> None:
    files = [path for folder in (SAMPLES, DOCUMENTS) for path in sorted(folder.rglob("*")) if path.is_file()]
    assert len(files) > 10
    for path in files:
        data = path.read_bytes()
        if len(data) <= 1 << 20:
            assert composer.ask("recognise", data)["type"] == recognise(data).document_type, path


@pytest.mark.parametrize("name", NAMES)
def test_it_takes_a_file_for_the_same_format(composer: Composer, name: str) -> None:
    for data in (
        b"",
        b"{",
        b" \n[1]",
        b"\xef\xbb\xbf<a/>",
        "<a/>".encode("utf-16"),
        "<a/>".encode("utf-16-be"),
        b"%PDF",
        b"a{",
    ):
        assert composer.ask("recognise", data, name=name)["format"] == sniff(data, name), data
