"""The trust root in the format of other programs: C2SP tlog-policy."""

from __future__ import annotations

from ledger.core.checkpoints.trust import TrustRoot


def tlog_policy(trust: TrustRoot) -> str:
    """The trust root as a C2SP tlog-policy file, which other programs read: https://c2sp.org/tlog-policy."""
    names = [f"w{number}" for number in range(1, len(trust.witnesses) + 1)]
    lines = [f"log {trust.log_key}"]
    lines += [f"witness {name} {key}" for name, key in zip(names, trust.witnesses, strict=True)]
    if trust.threshold:
        lines.append(f"group enough {trust.threshold} {' '.join(names)}")
    lines.append(f"quorum {'enough' if trust.threshold else 'none'}")
    return "\n".join(lines) + "\n"
