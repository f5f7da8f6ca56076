"""Council: draft a resolution, collect the members' signatures in a file, and relay it.

Resolutions enrol, suspend and reinstate agencies, authorise and retire attesters, grant mandates and withdraw them, and
change the council itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.core.encoding.keccak import keccak
from ledger.core.history.entry import Endorsement
from ledger.core.history.history import Mark
from ledger.core.statements.origin import Origin
from ledger.core.statements.statement import Resolution, make_resolution
from ledger.edges.chain import calls
from ledger.edges.keys.keystore import SigningKey
from ledger.journeys.relay import Relay, Relayed, relayed


def draft_resolution(relay: Relay, kind: type[Resolution], *members: object) -> Resolution:
    """The council's next resolution, of this kind and with these members before its number."""
    return make_resolution(kind, members, relay.refresh().agencies.resolutions + 1)


def endorse(resolution: Resolution, key: SigningKey, origin: Origin) -> Endorsement:
    """A council member's signature under a resolution."""
    return Endorsement(key.signer(origin), key.sign(resolution.id(origin)))


def relay_resolution(relay: Relay, resolution: Resolution, endorsements: Sequence[Endorsement]) -> Relayed:
    """Relay a resolution with its members' signatures, in any order.

    :raises Refused: the contract forbids it, or too few have signed.
    """
    ordered = sorted(endorsements, key=lambda endorsement: keccak(endorsement.signer))
    receipt = relay.submit(calls.enact(resolution, ordered))
    history = relay.refresh()
    mark = next((Mark(entry.number, entry.time) for entry in receipt.entries if entry.number < history.size), None)
    return relayed(resolution.id(relay.chain.origin), mark, receipt)
