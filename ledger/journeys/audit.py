"""Audit: read the whole history from the chain, replay every rule, and compare with chain, store and checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.core.checkpoint import NoteKey, SignedNote
from ledger.core.entry import EntryKind
from ledger.core.history import History
from ledger.core.merkle import leaf_hash, root_of_hashes
from ledger.edges.chain import Chain
from ledger.edges.store import Store
from ledger.errors import HistoryBroken, LedgerError, VerificationFailed
from ledger.journeys.follow import Progress, quiet


@dataclass(slots=True)
class Finding:
    """One thing that was compared; ``words`` names the first difference where there is one."""

    name: str
    good: bool
    words: str


@dataclass(slots=True)
class AuditReport:
    """What was read and what was found. ``good`` only if every comparison held."""

    origin: str
    size: int = 0
    head: str = ""
    root: str = ""
    kinds: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return all(finding.good for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        return {
            "origin": self.origin,
            "size": self.size,
            "head": self.head,
            "root": self.root,
            "kinds": self.kinds,
            "good": self.good,
            "findings": [{"name": item.name, "good": item.good, "words": item.words} for item in self.findings],
        }


def audit(
    chain: Chain,
    store: Store | None = None,
    notes: Sequence[tuple[str, SignedNote]] = (),
    log_key: NoteKey | None = None,
    progress: Progress = quiet,
) -> AuditReport:
    """Replay the chain's whole log and compare it with everything given.

    ``notes`` are (name, checkpoint) pairs to hold against the history. Nothing here trusts the store or the contract's
    own answers: the history is replayed first, and they are compared with it.

    :raises Unavailable: the node cannot be read to the end.
    """
    report = AuditReport(str(chain.origin))
    size, head, block = chain.head()
    history = History(chain.origin)

    def replay() -> str:
        for logged in chain.entries(0, block):
            kind = EntryKind(logged.entry.kind).name.lower()
            history.apply(logged.entry)
            report.kinds[kind] = report.kinds.get(kind, 0) + 1
            progress(history.size, size)
        return f"{history.size} entries keep every rule and every signature that can be checked here"

    def compare_head() -> str:
        if history.size != size:
            raise HistoryBroken("the contract counts other entries than its log", expected=history.size, found=size)
        if history.head != head:
            raise HistoryBroken(
                "the contract's head is not the fold of its log", expected=history.head.hex(), found=head.hex()
            )
        return f"the contract states the same size and head 0x{head.hex()}"

    def ask_wallets() -> str:
        refused = []
        for number, signer, digest, signature in history.undecided:
            try:
                chain.wallet_accepts(signer, digest, signature)
            except VerificationFailed:
                refused.append(number)
        words = f"{len(history.undecided)} signatures by contracts, which took them when the entry was written"
        # No contradiction: a wallet may have changed its owners since.
        return words + (f"; not any more today: entries {', '.join(map(str, refused[:10]))}" if refused else "")

    def compare_code() -> str:
        chain.check_code()
        return "the deployed code is the shipped artifact's"

    _find(report, "code", compare_code)
    if _find(report, "replay", replay):
        _find(report, "head", compare_head)
        _find(report, "wallets", ask_wallets)
        if store is not None:
            _find(report, "store entries", lambda: _compare_entries(history, store))
            _find(report, "store batches", lambda: _compare_batches(history, store))
            _find(report, "store checkpoints", lambda: _compare_stored_notes(history, store, log_key))
        for name, note in notes:
            _find(report, f"checkpoint {name}", lambda note=note: _compare_note(history, note, log_key))  # type: ignore[misc]
    report.size, report.head = history.size, "0x" + history.head.hex()
    report.root = "0x" + history.tree().root.hex()
    return report


def _find(report: AuditReport, name: str, check: Callable[[], str]) -> bool:
    try:
        report.findings.append(Finding(name, True, check()))
    except (HistoryBroken, VerificationFailed) as error:
        report.findings.append(Finding(name, False, str(error)))
        return False
    except LedgerError as error:
        if type(error).__name__ == "Unavailable":
            raise
        report.findings.append(Finding(name, False, str(error)))
        return False
    return True


def _compare_entries(history: History, store: Store) -> str:
    count = 0
    for logged in store.entries():
        number = logged.entry.number
        if number != count:
            raise HistoryBroken("the store lacks an entry", expected=count, found=number, number=count)
        if number >= history.size:
            raise HistoryBroken(
                "the store has an entry that the chain has not", expected="none", found=number, number=number
            )
        if logged.entry.hash != history.hashes[number]:
            raise HistoryBroken(
                "the store has another entry than the chain",
                expected=history.hashes[number].hex(),
                found=logged.entry.hash.hex(),
                number=number,
            )
        count += 1
    return f"{count} entries in the store are the chain's"


def _compare_batches(history: History, store: Store) -> str:
    count = 0
    for batch in store.batches("anchored"):
        ids = store.leaves(batch.id)
        found = root_of_hashes([leaf_hash(id_) for id_ in ids])
        if (found, len(ids)) != (batch.root, batch.size):
            raise HistoryBroken(
                f"the leaves of batch {batch.id} lead elsewhere", expected=batch.root.hex(), found=found.hex()
            )
        mark = history.anchors.get((batch.root, batch.size))
        if mark is None or mark.number != batch.entry_number:
            raise HistoryBroken(
                f"batch {batch.id} is not where the store says", expected=mark and mark.number, found=batch.entry_number
            )
        for id_ in ids:
            row = store.declaration(id_)
            if row is None or row.declaration.id(history.origin) != id_:
                raise HistoryBroken(
                    f"a declaration of batch {batch.id} was changed or lost", expected=id_.hex(), found=row
                )
        count += 1
    return f"{count} batches in the store lead to their anchored roots, every declaration to its id"


def _compare_stored_notes(history: History, store: Store, log_key: NoteKey | None) -> str:
    stored = store.checkpoints()
    for size, text in stored:
        try:
            _compare_note(history, SignedNote.parse(text), log_key)
        except LedgerError as error:
            raise VerificationFailed(f"the stored checkpoint of {size} entries: {error}") from error
    return f"{len(stored)} checkpoints in the store are of the chain's first entries"


def _compare_note(history: History, note: SignedNote, log_key: NoteKey | None) -> str:
    checkpoint = note.checkpoint
    if checkpoint.origin != history.origin:
        raise HistoryBroken("it is of another history", expected=history.origin, found=checkpoint.origin)
    if checkpoint.size > history.size:
        raise HistoryBroken("it has more entries than the chain", expected=history.size, found=checkpoint.size)
    root = root_of_hashes(history.hashes[: checkpoint.size])
    if root != checkpoint.root:
        raise HistoryBroken(
            f"another root for {checkpoint.size} entries", expected=root.hex(), found=checkpoint.root.hex()
        )
    if log_key is not None:
        note.verify(log_key)
    return f"its {checkpoint.size} entries are the chain's first"
