"""``ledger qr`` and ``ledger print``: other programs read the code and the page, and the ledger what is inside."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageFilter

from ledger.cli import main
from ledger.core.document import Format, redact, wrap
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.link import EvidenceLink, read_link
from ledger.core.evidence.pdf import read_pdf
from ledger.core.evidence.reading import read_evidence
from ledger.journeys.print import accompanying_page
from ledger.testing.world import PLANT, World

SITE = "https://ledger.customs.example.nz"
INVOICE = b'{"amount": 100, "seller": "Kim"}'


def attested(name: str = "Plant health", *, revoked: bool = False) -> tuple[World, Evidence]:
    """Evidence of a document that an agency of this name attested."""
    world = World()
    world.enrol("KR-QIA", "KR", [851], PLANT, name=name)
    document = wrap(INVOICE, Format.JSON, bytes(range(32)))
    declaration, signature = world.declare(document.digest, 380)
    batch = world.anchor([declaration])
    id_ = world.attest("KR-QIA", 851, *batch[:2], PLANT)
    if revoked:
        world.revoke(id_, PLANT)
    return world, world.evidence(declaration, signature, batch, document=redact(document, ["$.seller"]))


def words(pdf: bytes) -> str:
    """The text of all pages, as another program reads it."""
    document = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)


def code_on(pdf: bytes, dpi: int, blur: float) -> str:
    """What a reader of codes finds on the first page."""
    image = pypdfium2.PdfDocument(pdf)[0].render(scale=dpi / 72).to_pil().filter(ImageFilter.GaussianBlur(blur))
    (found,) = zxingcpp.read_barcodes(image)
    return found.text


@pytest.fixture
def ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs a command in a folder with evidence: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEDGER_STATE_DIR", str(tmp_path / "state"))
    world, made = attested()
    Path("e.json").write_bytes(made.to_bytes())
    Path("t.json").write_bytes(world.trust.to_bytes())

    def run(*given: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ledger", *given])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, *capsys.readouterr()

    return run


def test_the_code_on_an_image_is_the_link(ledger: Callable[..., tuple[int, str, str]]) -> None:
    code, printed, _ = ledger("qr", "e.json", "--at", f"{SITE}/", "-o", "code.png", "--json")
    assert code == 0
    link, held = json.loads(printed)["link"], read_evidence(Path("e.json").read_bytes())
    assert read_link(link) == EvidenceLink.of(held, SITE)
    (found,) = zxingcpp.read_barcodes(Image.open("code.png"))
    assert found.text == link
    first = Path("code.png").read_bytes()
    ledger("qr", "e.json", "--at", SITE, "-o", "code.png")
    assert Path("code.png").read_bytes() == first
    assert ledger("qr", "e.json", "--at", SITE) == (0, f"{link}\n", "")
    assert ledger("qr", "e.json", "--at", SITE, "-o", "code.svg")[0] == 0
    assert Path("code.svg").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (("qr", "e.json"), "--at: is missing"),
        (("qr", "e.json", "--at", "ledger.example"), "--at: must be the address of a server"),
        (("qr", "e.json", "--at", SITE, "-o", "code.gif"), "--output: must end with .svg or .png"),
        (("qr", "nowhere.json", "--at", SITE), "nowhere.json: cannot be read"),
        (("print", "t.json", "--at", SITE, "-o", "p.pdf"), "t.json: cannot be read as evidence"),
        (("qr", f"{SITE}/q#1.abc"), "link: is cut or changed"),
    ],
)
def test_what_is_wrong_is_named(
    ledger: Callable[..., tuple[int, str, str]], given: tuple[str, ...], error: str
) -> None:
    code, _, errors = ledger(*given)
    assert code == 2
    assert error in errors
    assert not Path("p.pdf").exists()


def test_a_printed_page_is_verified_and_says_that_it_is_not_proven(ledger: Callable[..., tuple[int, str, str]]) -> None:
    assert ledger("print", "e.json", "--at", SITE, "-o", "page.pdf")[0] == 0
    made = Path("page.pdf").read_bytes()
    assert read_pdf(made).evidence == Path("e.json").read_bytes()
    code, printed, _ = ledger("verify", "page.pdf", "-t", "t.json", "--clock", "2030-01-01T00:00:00Z")
    assert code == 0
    assert "The pages of this PDF are not proven" in printed
    Path("invoice.json").write_bytes(INVOICE)
    words_ = ("verify", "page.pdf", "-d", "invoice.json", "-t", "t.json", "--clock", "2030-01-01T00:00:00Z")
    assert ledger(*words_)[0] == 3, "one field is hidden"
    Path("invoice.json").write_bytes(INVOICE.replace(b"100", b"900"))
    assert ledger(*words_)[0] == 1
    ledger("print", "page.pdf", "--at", SITE, "-o", "again.pdf")
    assert Path("again.pdf").read_bytes() == made, "the same bytes from the PDF as from the file"


@pytest.mark.parametrize(("dpi", "blur"), [(300, 2.0), (150, 1.0), (100, 0.5)])
def test_the_code_on_paper_is_read_at_any_resolution(dpi: int, blur: float) -> None:
    _, made = attested()
    link = EvidenceLink.of(made, SITE)
    assert code_on(accompanying_page(made, link), dpi, blur) == str(link)


def test_the_page_says_who_said_what_when_and_what_it_does_not_prove() -> None:
    world, made = attested()
    link = EvidenceLink.of(made, SITE)
    text = words(accompanying_page(made, link))
    for wanted in (
        "Commercial invoice (type 380)",
        "Plant health (KR-QIA, KR): phytosanitary certificate. Accepted: attested by entry",
        "0x " + " ".join(made.id.hex()[at : at + 8] for at in range(0, 64, 8)),  # over two lines
        "Anchored by entry",
        "This page proves nothing",
        "Fields that the evidence discloses: 1; that it hides: 1.",
        f"As of entry {world.history.size - 1} of the history",
    ):
        assert wanted in text, wanted
    assert accompanying_page(made, link) == accompanying_page(read_evidence(made.to_bytes()), link)


@pytest.mark.parametrize("name", ["농림축산검역본부", "Россельхознадзор", "هيئة الجمارك"])
def test_a_name_in_other_letters_is_told_by_its_code(name: str) -> None:
    _, made = attested(name)
    text = words(accompanying_page(made, EvidenceLink.of(made, SITE)))
    assert "KR-QIA (KR; its name is in letters that this page's fonts do not have" in text
    assert "?" not in text


def test_a_revoked_attestation_is_told_as_that() -> None:
    _, made = attested(revoked=True)
    text = words(accompanying_page(made, EvidenceLink.of(made, SITE)))
    assert "Accepted: revoked (entry" in text
    assert "not revoked" not in text


def test_what_pdf_readers_see(tmp_path: Path) -> None:
    from pypdf import PdfReader

    _, made = attested()
    reader = PdfReader(BytesIO(accompanying_page(made, EvidenceLink.of(made, SITE))), strict=True)
    assert list(reader.attachments) == ["ledger-evidence.json"]
    assert len(reader.pages) == 1
