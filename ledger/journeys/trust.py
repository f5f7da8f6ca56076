"""Trust: make the trust root of this log, the file that verifiers use offline."""

from __future__ import annotations

from pathlib import Path

from ledger.core.checkpoints.trust import TrustRoot, majority
from ledger.core.statements.origin import Origin
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.witness_http import witnesses_in
from ledger.errors import Malformed
from ledger.journeys.checkpoint import note_key


def own_trust_root(
    origin: Origin, log_key: SigningKey | None, witnesses_file: Path | None, threshold: int | None = None
) -> TrustRoot:
    """The trust root of this log: its own key, a file's witnesses, and how many of them must cosign.

    :param threshold: more than half of them unless given.
    :raises Malformed: there is no log key, or the witnesses file cannot be read.
    """
    if log_key is None:
        raise Malformed("no checkpoint key: create one (`ledger keys new log -a ed25519`) and set LEDGER_LOG_KEY=log")
    keys = tuple(item.key for item in witnesses_in(witnesses_file)) if witnesses_file is not None else ()
    return TrustRoot(origin, note_key(origin, log_key), keys, majority(len(keys)) if threshold is None else threshold)
