"""A folder of trust roots, one for each history that somebody deals with. The origin chooses one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.statements.origin import Origin
from ledger.errors import Malformed, VerificationFailed

MAX_TRUST_ROOTS = 1_000


def trust_files(names: Iterable[str]) -> list[str]:
    """Of the names of a folder's files, those that must be trust roots, in order."""
    return sorted(name for name in names if name.endswith(".json") and not name.startswith("."))


@dataclass(frozen=True, slots=True)
class TrustRoots:
    """Trust roots of several histories, by their origins."""

    by_origin: Mapping[Origin, TrustRoot]

    @classmethod
    def of_files(cls, roots: Mapping[str, TrustRoot]) -> TrustRoots:
        """The trust roots of a folder, by the names of their files.

        :raises Malformed: there is none, there are too many, or two are of one history: both files are named.
        """
        if not 0 < len(roots) <= MAX_TRUST_ROOTS:
            raise Malformed(
                f"must have from 1 to {MAX_TRUST_ROOTS} trust roots, in files that end in .json, not {len(roots)}"
            )
        files: dict[Origin, str] = {}
        for name, root in sorted(roots.items()):
            if root.origin in files:
                raise Malformed(f"{files[root.origin]} and {name} are trust roots of one history, {root.origin}")
            files[root.origin] = name
        return cls({root.origin: root for root in roots.values()})

    def of(self, origin: Origin) -> TrustRoot | None:
        """The trust root of this history; None if there is none."""
        return self.by_origin.get(origin)


def trust_root_of(trust: TrustRoot | TrustRoots, origin: Origin) -> TrustRoot:
    """The trust root of this history. One that was given alone is it: whoever uses it compares the origins.

    :raises VerificationFailed: several were given, and none is of this history.
    """
    if isinstance(trust, TrustRoot):
        return trust
    found = trust.of(origin)
    if found is None:
        held = ", ".join(sorted(map(str, trust.by_origin)))
        raise VerificationFailed(f"this is of {origin}, but only {held} is trusted")
    return found
