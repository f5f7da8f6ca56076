"""``-`` for standard input and output: the bytes alone go through, and the words beside them. ``ledger unwrap``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.core.document import Format, read_redacted, read_wrapped, redact, wrap
from ledger.core.evidence.pdf import embed, read_pdf
from ledger.testing.world import World
from tests.core.evidence.pdf.pdfs import GOOD

XML = b'<?xml version="1.0"?>\r\n<Order xmlns="urn:x"><ID>42</ID>\n<Note>\xed\x95\x9c</Note></Order>\n'
SCAN = bytes(range(256)) * 3 + b"\r\n\n"
SEED = bytes(range(32))


class Ran:
    """What a command did: exit code, the bytes on standard output, the words on standard error."""

    def __init__(self, done: subprocess.CompletedProcess[bytes]) -> None:
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr.decode()


def ledger(folder: Path, *words: str, stdin: bytes | int = subprocess.DEVNULL) -> Ran:
    """Run the command as a shell does, in a process of its own."""
    given = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
    command = [sys.executable, "-m", "ledger.cli", *words]
    return Ran(subprocess.run(command, cwd=folder, capture_output=True, check=False, **given))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("content", "format_"), [(XML, Format.XML), (SCAN, Format.OPAQUE), (b' {"a": 1e3}\n', Format.JSON)]
)
def test_wrap_reads_standard_input_and_unwrap_gives_every_byte_back(
    tmp_path: Path, content: bytes, format_: Format
) -> None:
    wrapped = ledger(tmp_path, "wrap", "-", stdin=content)
    assert wrapped.code == 0, wrapped.err
    assert (read_wrapped(wrapped.out).data, read_wrapped(wrapped.out).format) == (content, format_)
    assert "digest" in wrapped.err
    back = ledger(tmp_path, "unwrap", "-", stdin=wrapped.out)
    assert (back.code, back.out) == (0, content)
    assert list(tmp_path.iterdir()) == []


def test_the_words_are_json_on_standard_error_where_the_file_is_on_standard_output(tmp_path: Path) -> None:
    (tmp_path / "order.xml").write_bytes(XML)
    for output in ("-", "/dev/stdout"):
        done = ledger(tmp_path, "wrap", "order.xml", "-o", output, "--json")
        assert read_wrapped(done.out).data == XML
        assert json.loads(done.err)["format"] == "xml"


def test_a_file_of_standard_input(tmp_path: Path) -> None:
    done = ledger(tmp_path, "wrap", "-", "-o", "order.wrapped", "--json", stdin=XML)
    assert json.loads(done.out)["file"] == "order.wrapped"
    assert read_wrapped((tmp_path / "order.wrapped").read_bytes()).data == XML


def test_a_pipe_of_four_commands(tmp_path: Path) -> None:
    """wrap, redact, and verify what comes out, with no file but the evidence."""
    wrapped = wrap(XML, Format.XML, SEED)
    world = World()
    declaration, signature = world.declare(wrapped.digest, 380)
    made = world.evidence(declaration, signature, world.anchor([declaration]))
    (tmp_path / "e.json").write_bytes(made.to_bytes())
    (tmp_path / "t.json").write_bytes(world.trust.to_bytes())
    copy = ledger(tmp_path, "redact", "-", "--hide", "//ID", stdin=wrapped.to_bytes())
    assert read_redacted(copy.out).digest == wrapped.digest
    when = ("--clock", "2030-01-01T00:00:00Z", "-t", "t.json")
    verdict = ledger(tmp_path, "verify", "e.json", "-d", "-", *when, "--json", stdin=copy.out)
    assert json.loads(verdict.out)["fields"] == {"shown": len(wrapped.fields) - 1, "hidden": 1}
    same = ledger(tmp_path, "verify", "-", *when, "--json", stdin=made.to_bytes())
    assert json.loads(same.out)["declaration"] == json.loads(verdict.out)["declaration"]
    shown = ledger(tmp_path, "show", "-", "--json", stdin=copy.out)
    assert json.loads(shown.out)["hidden"] == 1
    (tmp_path / "page.pdf").write_bytes(GOOD["reportlab"])
    pdf = ledger(tmp_path, "embed", "-", "page.pdf", "-o", "-", stdin=made.to_bytes())
    assert read_pdf(pdf.out).evidence == made.to_bytes()
    assert "not the pages" in pdf.err


def test_standard_input_is_given_once(tmp_path: Path) -> None:
    done = ledger(tmp_path, "verify", "-", "-d", "-", stdin=b"x")
    assert done.code == 2
    (tmp_path / "e.json").write_bytes(b"x")
    wrapped = wrap(XML, Format.XML, SEED).to_bytes()
    done = ledger(tmp_path, "embed", "-", "-", "-o", "-", stdin=wrapped)
    assert (done.code, done.out) == (2, b"")


@pytest.mark.parametrize("words", [("wrap", "-"), ("unwrap", "-"), ("redact", "-", "--hide", "//ID"), ("verify", "-")])
def test_empty_standard_input_is_named(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = ledger(tmp_path, *words)
    assert (done.code, done.out) == (2, b"")
    assert "standard input: is empty" in done.err


def test_an_error_does_not_go_where_the_file_would(tmp_path: Path) -> None:
    done = ledger(tmp_path, "unwrap", "-", "-o", "-", "--json", stdin=b"no wrapped file")
    assert (done.code, done.out) == (2, b"")
    assert json.loads(done.err)["error"] == "Malformed"
    assert "standard input" in json.loads(done.err)["message"]


def test_a_full_disk_behind_standard_output_is_told(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "ledger.cli", "wrap", "-"]
        done = subprocess.run(command, input=XML, stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, check=False)
    assert done.returncode == 3
    assert b"standard output cannot be written" in done.stderr


def test_input_without_end_is_refused(tmp_path: Path) -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("no /dev/zero")
    done = ledger(tmp_path, "wrap", "/dev/zero", "-o", "-")
    assert (done.code, done.out) == (2, b"")
    assert "over the limit" in done.err


def test_a_seed_is_not_written_to_a_terminal_unasked(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    mine, theirs = pty.openpty()
    command = [sys.executable, "-m", "ledger.cli", "wrap", "-"]
    done = subprocess.run(command, input=XML, stdout=theirs, stderr=subprocess.PIPE, cwd=tmp_path, check=False)
    os.close(theirs)
    os.close(mine)
    assert done.returncode == 2
    assert b"--output" in done.stderr


# ------------------------------------------------------------------------------------------------------ ledger unwrap


@pytest.mark.parametrize("content", [XML, b"", b"\n", SCAN], ids=["xml", "nothing", "a line feed", "every byte"])
def test_unwrap_writes_the_document_beside_its_wrapped_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "o.bin.wrapped").write_bytes(wrap(content, Format.OPAQUE, SEED).to_bytes())
    assert ledger(tmp_path, "unwrap", "o.bin.wrapped").code == 0
    assert (tmp_path / "o.bin").read_bytes() == content
    assert ledger(tmp_path, "unwrap", "o.bin.wrapped").code == 0, "the same bytes are there: nothing is lost"
    assert ledger(tmp_path, "unwrap", "o.bin.wrapped", "-o", "new/o.bin").code == 0
    assert (tmp_path / "new" / "o.bin").read_bytes() == content


def test_unwrap_overwrites_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "o.xml.wrapped").write_bytes(wrap(XML, Format.XML, SEED).to_bytes())
    (tmp_path / "o.xml").write_bytes(b"edited since")
    done = ledger(tmp_path, "unwrap", "o.xml.wrapped")
    assert done.code == 2
    assert "o.xml: exists" in done.err
    assert (tmp_path / "o.xml").read_bytes() == b"edited since"


def test_unwrap_says_what_a_redacted_copy_lacks(tmp_path: Path) -> None:
    (tmp_path / "o.redacted").write_bytes(redact(wrap(XML, Format.XML, SEED), ["//ID"]).to_bytes())
    done = ledger(tmp_path, "unwrap", "o.redacted", "-o", "o.xml")
    assert done.code == 2
    assert "o.redacted: is a redacted copy: it shows 1 fields, hides 1" in done.err
    assert not (tmp_path / "o.xml").exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"plain", "first line"),
        (b"ledger/xml/1 short\n<a/>", "first line"),
        (b"ledger/json/1 " + b"A" * 43 + b"\n<", ""),
    ],
)
def test_unwrap_refuses_what_is_no_wrapped_file(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "f").write_bytes(data)
    done = ledger(tmp_path, "unwrap", "f", "-o", "out")
    assert done.code == 2
    assert words in done.err
    assert "f: " in done.err
    assert not (tmp_path / "out").exists()


def test_unwrap_asks_for_a_name_that_it_cannot_guess(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(wrap(XML, Format.XML, SEED).to_bytes())
    done = ledger(tmp_path, "unwrap", "f")
    assert done.code == 2
    assert "--output" in done.err


def test_unwrap_gives_the_original_of_a_pdf_that_carries_evidence(tmp_path: Path) -> None:
    original = GOOD["reportlab"]
    (tmp_path / "made.pdf").write_bytes(embed(original, b"{}\n"))
    assert ledger(tmp_path, "unwrap", "made.pdf", "-o", "before.pdf").code == 0
    assert (tmp_path / "before.pdf").read_bytes() == original
    assert ledger(tmp_path, "unwrap", "-", stdin=embed(original, b"{}\n")).out == original


def test_a_tlog_proof_is_two_files_and_no_stream(tmp_path: Path) -> None:
    world = World()
    declaration, signature = world.declare(bytes(32), 380)
    made = world.evidence(declaration, signature, world.anchor([declaration]))
    done = ledger(tmp_path, "proof", "make", "-", "-f", "tlog-proof", "-o", "-", stdin=made.to_bytes())
    assert (done.code, done.out) == (2, b"")
    assert "must be a file" in done.err
