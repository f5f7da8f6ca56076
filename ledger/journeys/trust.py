"""Trust: make the trust root of this log, the file that verifiers use offline."""

from __future__ import annotations

from pathlib import Path

from ledger.core.checkpoints.log_keys import LogKey
from ledger.core.checkpoints.trust import TrustRoot, majority
from ledger.core.statements.origin import Origin
from ledger.edges.witness_http import witnesses_in
from ledger.errors import Malformed


def own_trust_root(
    origin: Origin, log_keys: tuple[LogKey, ...], witnesses_file: Path | None, threshold: int | None = None
) -> TrustRoot:
    """The trust root of a log: its keys, a file's witnesses, and how many of them must cosign.

    :param log_keys: the present key last.
    :param threshold: more than half of the witnesses unless given.
    :raises Malformed: no log key counts at any size, the keys cannot be those of one log, or the witnesses file cannot
        be read.
    """
    if not log_keys or log_keys[-1].up_to is not None:
        raise Malformed("no checkpoint key: create one (`ledger keys new log -a ed25519`) and set LEDGER_LOG_KEY=log")
    keys = tuple(item.key for item in witnesses_in(witnesses_file)) if witnesses_file is not None else ()
    return TrustRoot(origin, log_keys, keys, majority(len(keys)) if threshold is None else threshold)
