"""Build the conformance kit: a folder by which a stranger tests a verifier, and the same folder as a zip file.

``make conformance-kit`` writes ``build/conformance-kit/`` and ``build/conformance-kit-VERSION.zip``: the same bytes
from the same files.
"""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path

from ledger import __version__

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "conformance"
PAGES = ("evidence-format.md", "formats.md", "pdf.md")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time that a zip file can say


def build(target: Path) -> int:
    """Write the kit into the folder ``target``, in the place of what is there; how many cases it has."""
    if target.exists():
        shutil.rmtree(target)
    for folder in ("cases", "pages", "reference"):
        (target / folder).mkdir(parents=True)
    count = 0
    for file in sorted(CASES.glob("*/case.json")):
        shutil.copytree(file.parent, target / "cases" / file.parent.name)
        count += 1
    for name in PAGES:
        shutil.copyfile(ROOT / "docs" / name, target / "pages" / name)
    for source, name in [
        (CASES / "KIT.md", "README.md"), (CASES / "run.py", "run.py"), (CASES / "index.json", "index.json"),
        (ROOT / "verifier" / "verify.py", "reference/verify.py"), (ROOT / "LICENSE", "LICENSE"),
    ]:  # fmt: skip
        shutil.copyfile(source, target / name)
    (target / "VERSION").write_text(f"trade document ledger {__version__}, {count} cases\n")
    return count


def pack(folder: Path, archive: Path) -> None:
    """Put a folder into a zip file: names in order, without the times of files."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            info = zipfile.ZipInfo(f"{folder.name}/{file.relative_to(folder).as_posix()}", _EPOCH)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            made.writestr(info, file.read_bytes())


def main() -> int:
    """Build folder and zip file under ``build/``."""
    target = ROOT / "build" / "conformance-kit"
    count = build(target)
    archive = target.with_name(f"conformance-kit-{__version__}.zip")
    pack(target, archive)
    print(f"{target.relative_to(ROOT)}: {count} cases; read its README.md. The same as {archive.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
