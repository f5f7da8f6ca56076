"""What a Containerfile would do, done in a folder: RUN, COPY and ENV, without a container and without its isolation."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Step = Mapping[str, Any]
_ELSEWHERE = {"useradd"}  # changes the machine, not the folder


@dataclass
class Image:
    """A folder that stands for the image's root. Paths that begin with / are taken to lie in it."""

    root: Path
    context: Path
    workdir: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    user: str = "root"

    def build(self, stages: Sequence[Mapping[str, Any]]) -> None:
        """All stages, one over the other: what a later one copies from an earlier one is there already."""
        for stage in stages:
            self.workdir, self.environment, self.user = "/", {}, "root"
            for step in stage["steps"]:
                self._do(step)

    def inside(self, path: str) -> Path:
        return self.root / path.lstrip("/") if path.startswith("/") else self.root / self.workdir.lstrip("/") / path

    def words(self, words: Sequence[str]) -> list[str]:
        """A command's words as they are called outside."""
        first, *others = [self._outside(word) for word in words]
        return [sys.executable if first == "python" and not self._has("python") else first, *others]

    def variables(self) -> dict[str, str]:
        """The environment of a process in it."""
        made = {**os.environ, **{name: self._outside(value) for name, value in self.environment.items()}}
        made.pop("PYTHONPATH", None)
        made["PATH"] = self._outside(self.environment.get("PATH", "")).replace("$PATH", os.environ["PATH"])
        return made | ({} if self.environment.get("PATH") else {"PATH": os.environ["PATH"]})

    def _do(self, step: Step) -> None:
        name, words = step["name"], step["words"]
        assert not step["shell"], f"{name} runs a shell: {words}"
        if name == "RUN" and words[0] not in _ELSEWHERE:
            done = subprocess.run(
                self.words(words), cwd=self.inside("."), env=self.variables(), capture_output=True, text=True,
                check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        elif name == "COPY" and not step["from"]:
            self._copy(words)
        elif name == "WORKDIR":
            self.workdir = words[0]
            self.inside(".").mkdir(parents=True, exist_ok=True)
        elif name == "ENV":
            self.environment |= dict(zip(words[::2], words[1::2], strict=True))
        elif name == "USER":
            self.user = words[0]
        elif name in {"ENTRYPOINT", "CMD", "HEALTHCHECK"}:
            setattr(self, {"ENTRYPOINT": "entrypoint", "CMD": "command", "HEALTHCHECK": "health"}[name], words)

    def _copy(self, words: Sequence[str]) -> None:
        *sources, target = words
        for source in sources:
            path = self.context / source
            if path.is_dir():
                shutil.copytree(
                    path, self.inside(target), symlinks=True, ignore=shutil.ignore_patterns("__pycache__"),
                    dirs_exist_ok=True,
                )  # fmt: skip
            else:
                place = self.inside(target) / path.name if target.endswith("/") else self.inside(target)
                shutil.copyfile(path, place)

    def _outside(self, word: str) -> str:
        return word.replace("/opt/", f"{self.root}/opt/").replace("/var/", f"{self.root}/var/")

    def _has(self, program: str) -> bool:
        return shutil.which(program, path=self._outside(self.environment.get("PATH", "")).split(":")[0]) is not None
