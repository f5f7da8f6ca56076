"""Verify a folder: a verdict about each piece of evidence in it, with its document where one lies there."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.trust_folder import TrustRoots
from ledger.core.document import Wrapped, open_beside, open_document
from ledger.core.encoding.ids import Digest
from ledger.core.evidence.pdf import carries_evidence
from ledger.core.verification.policy import VerificationPolicy
from ledger.core.verification.verdict import Verdict
from ledger.errors import DefiniteNo, LedgerError, Malformed, Unavailable
from ledger.journeys.verify import VerificationRequest

EVIDENCE = ".evidence.json"
_IS_EVIDENCE = re.compile(rb'"ledger":"trade-ledger/evidence/')
_IS_REDACTED = re.compile(rb'"ledger":"trade-ledger/redacted/')
_IS_WRAPPED = re.compile(rb"ledger/(?:json|xml|opaque)/1 ")
_END = 4096  # bytes in which a file of the ledger names its format

WORST_FIRST = (1, 2, 3, 0)
"""Exit codes from the worst on: not good, malformed, undecided, good."""


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """What was found of one file of evidence: a verdict, or the error because of which there is none.

    ``name`` is relative to the folder; ``document`` is the file that was verified with it, None if none was found.
    """

    name: str
    document: Path | None
    verdict: Verdict | None
    error: LedgerError | None = None

    @property
    def exit_code(self) -> int:
        """What ``ledger verify`` would say of this file alone."""
        if self.verdict is not None:
            return self.verdict.conclusion.value
        return 3 if isinstance(self.error, Unavailable) else 2


@dataclass(frozen=True, slots=True)
class FolderContents:
    """The evidence in a folder, by name, and the documents by the digest that evidence asks for.

    ``others``: by name, files that are nothing of the ledger's. One is taken for the plain document of the evidence
    that is named after it, and compared.
    """

    evidence: Mapping[str, Path]
    documents: Mapping[Digest, Path]
    unreadable: tuple[tuple[str, LedgerError], ...] = ()
    others: Mapping[str, Path] = field(default_factory=dict)


def contents_of(folder: Path, documents: Path | None = None) -> FolderContents:
    """What lies in a folder and in those inside it, told by content; links are not followed.

    :param documents: another folder in which documents lie.
    :raises Malformed: the folder cannot be read, or it has no evidence.
    """
    evidence: dict[str, Path] = {}
    found: dict[Digest, tuple[int, Path]] = {}
    others: dict[str, Path] = {}
    unreadable: list[tuple[str, LedgerError]] = []
    for root in dict.fromkeys((folder, documents or folder)):
        for name, path in _files(root):
            try:
                data = path.read_bytes()
                if root is folder and _is_evidence(name, data):
                    evidence[name] = path
                elif _IS_WRAPPED.match(data) or _IS_REDACTED.search(data, max(0, len(data) - _END)):
                    opened = open_document(data)
                    # A wrapped document shows all; of two redacted copies, one that shows more says more.
                    shown = len(opened.hidden) + (0 if isinstance(opened, Wrapped) else 1)
                    if opened.digest not in found or shown < found[opened.digest][0]:
                        found[opened.digest] = shown, path
                else:
                    others[name] = path
            except OSError as error:
                unreadable.append((name, Malformed(f"cannot be read: {error.strerror}", name)))
            except Malformed as error:
                unreadable.append((name, Malformed(f"cannot be read as a document: {error}", name)))
    if not evidence:
        raise Malformed("has no evidence: give the folder that `ledger evidence --all` wrote", str(folder))
    return FolderContents(evidence, {digest: path for digest, (_, path) in found.items()}, tuple(unreadable), others)


def verify_folder(
    contents: FolderContents,
    judge: Callable[[VerificationRequest], Verdict],
    trust: TrustRoot | TrustRoots | None = None,
    policy: VerificationPolicy | None = None,
) -> Iterator[FileVerdict]:
    """A verdict for each piece of evidence, in the order of names.

    :param judge: reaches one verdict.
    """
    for name in sorted(contents.evidence):
        try:
            held = VerificationRequest.read(contents.evidence[name].read_bytes())
        except OSError as error:
            yield FileVerdict(name, None, None, Malformed(f"cannot be read: {error.strerror}"))
            continue
        except Malformed as error:
            yield FileVerdict(name, None, None, Malformed(f"cannot be read as evidence: {error}"))
            continue
        path = contents.documents.get(held.evidence.declaration.digest)
        path = path or contents.others.get(name.removesuffix(EVIDENCE))
        try:
            document = None if path is None else open_beside(path.read_bytes(), held.evidence.document)
            yield FileVerdict(name, path, judge(replace(held, document=document, trust=trust, policy=policy)))
        except OSError as error:
            yield FileVerdict(name, path, None, Malformed(f"{path} cannot be read: {error.strerror}"))
        except (DefiniteNo, Unavailable) as error:
            yield FileVerdict(name, path, None, error)


def worst(codes: list[int]) -> int:
    """The worst of several exit codes: 1 not good, then 2 malformed, 3 undecided, 0 good."""
    return min(codes, key=WORST_FIRST.index, default=0)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    def fail(error: OSError) -> None:
        raise Malformed(f"cannot be read: {error.strerror}", str(error.filename))

    for place, folders, names in os.walk(folder, onerror=fail):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(folder).as_posix(), path


def _is_evidence(name: str, data: bytes) -> bool:
    if name.endswith(EVIDENCE) or carries_evidence(data):
        return True
    return data[:1] == b"{" and _IS_EVIDENCE.search(data, max(0, len(data) - _END)) is not None
