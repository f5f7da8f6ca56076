"""The trust root in the format of other programs: C2SP tlog-policy."""

from __future__ import annotations

from ledger.core.checkpoints.trust import TrustRoot
from ledger.errors import Malformed


def tlog_policy(trust: TrustRoot) -> str:
    """The trust root as a C2SP tlog-policy file, which other programs read: https://c2sp.org/tlog-policy.

    Such a file cannot say up to which size a key counts, so it names only the log key that counts at any size.

    :raises Malformed: there is none.
    """
    key, up_to = trust.log_keys[-1]
    if up_to is not None:
        words = "no log key counts at any size, and a tlog-policy cannot say up to which one does"
        raise Malformed(words, "trust root.log_keys")
    names = [f"w{number}" for number in range(1, len(trust.witnesses) + 1)]
    lines = [f"log {key}"]
    lines += [f"witness {name} {witness}" for name, witness in zip(names, trust.witnesses, strict=True)]
    if trust.threshold:
        lines.append(f"group enough {trust.threshold} {' '.join(names)}")
    lines.append(f"quorum {'enough' if trust.threshold else 'none'}")
    return "\n".join(lines) + "\n"
