"""A folder's files: what is taken, what is left out and why, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ledger.errors import Malformed
from ledger.journeys.folder import FoundFile, LeftOut, files_in


def names(folder: Path, *aside: Path) -> list[str]:
    return [item.name for item in files_in(folder, aside) if isinstance(item, FoundFile)]


def left(folder: Path, *aside: Path) -> dict[str, tuple[str, bool]]:
    return {item.name: (item.why, item.is_refused) for item in files_in(folder, aside) if isinstance(item, LeftOut)}


def write(folder: Path, *files: str) -> Path:
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file)
    return folder


def test_documents_are_found_by_name_and_others_are_left_out_with_a_reason(tmp_path: Path) -> None:
    folder = write(tmp_path, "b.xml", "a.txt", "deep/er/c.json", ".DS_Store", "~$a.docx", "a.txt.wrapped", ".git/x")
    (folder / "empty.xml").touch()
    assert names(folder) == ["a.txt", "b.xml", "deep/er/c.json"]
    assert left(folder) == {
        ".DS_Store": ("hidden", False),
        ".git": ("hidden", False),
        "a.txt.wrapped": ("a wrapped document, which holds a seed", False),
        "empty.xml": ("empty", False),
        "~$a.docx": ("a lock file", False),
    }


def test_output_and_state_inside_the_folder_are_no_part_of_it(tmp_path: Path) -> None:
    folder = write(tmp_path, "a.txt", "declared/files.json", "state/keys/trader.json", "index.json")
    aside = (folder / "declared", folder / "x" / ".." / "state", folder / "index.json")
    assert names(folder, *aside) == ["a.txt"]


@pytest.mark.parametrize("beside", ["ledger.sqlite", "origin", "servers/x.json", "passphrase"])
def test_a_state_that_was_moved_here_is_no_document(tmp_path: Path, beside: str) -> None:
    folder = write(tmp_path, "a.txt", "old/state/keys/trader.json", f"old/state/{beside}", "keys/list.txt")
    assert names(folder) == ["a.txt", "keys/list.txt"]
    assert left(folder) == {"old/state": ("a state of the ledger, with its keys", False)}


def test_links_out_of_the_folder_are_refused_and_links_inside_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "secret.txt", "other/b.txt")
    folder = write(tmp_path / "ship", "a.txt", "in/c.txt")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "outside").symlink_to(tmp_path / "other")
    (folder / "lost").symlink_to(tmp_path / "nothing")
    (folder / "round").symlink_to(folder)
    (folder / "same.txt").symlink_to(folder / "a.txt")
    assert names(folder) == ["a.txt", "in/c.txt"]
    found = left(folder)
    for name in ("out.txt", "outside"):
        assert found[name] == ("is a link that leads out of the folder: put a copy here instead", True)
    assert found["lost"] == ("is a link that leads nowhere", True)
    assert found["same.txt"] == ("a link to a.txt, which is in the folder", False)
    assert not found["round"][1]


def test_a_hard_link_to_a_file_outside_is_refused_and_one_inside_is_not(tmp_path: Path) -> None:
    write(tmp_path, "secret.txt")
    folder = write(tmp_path / "ship", "a.txt")
    os.link(tmp_path / "secret.txt", folder / "hard.txt")
    os.link(folder / "a.txt", folder / "b.txt")
    assert names(folder) == ["a.txt", "b.txt"]
    why, is_refused = left(folder)["hard.txt"]
    assert is_refused
    assert "hard link to a file outside the folder" in why


def test_a_folder_that_is_a_link_itself_is_read(tmp_path: Path) -> None:
    write(tmp_path / "ship", "a.txt")
    (tmp_path / "link").symlink_to(tmp_path / "ship")
    assert names(tmp_path / "link") == ["a.txt"]


def test_a_folder_that_is_away_is_malformed(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="cannot be read"):
        list(files_in(tmp_path / "nowhere"))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = write(tmp_path, "a.txt")
    os.mkfifo(folder / "pipe")
    assert names(folder) == ["a.txt"]
    assert left(folder)["pipe"] == ("no regular file", False)
