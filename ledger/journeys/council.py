"""Council: draft a resolution, collect the members' signatures in a file, and relay it.

Resolutions enrol, suspend and reinstate agencies, authorise and retire attesters, grant mandates and withdraw them, and
change the council itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.core.encoding.ids import Signer
from ledger.core.encoding.keccak import keccak
from ledger.core.history.entry import Enacted, Endorsement
from ledger.core.history.replay import EntryRef
from ledger.core.statements.origin import Origin
from ledger.core.statements.resolutions import Resolution, make_resolution
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.signer import p256_signer, signer_from_text
from ledger.edges.keys.keystore import Keystore, SigningKey
from ledger.errors import Malformed
from ledger.journeys.relay import Relay, Relayed, relayed


def draft_resolution(relay: Relay, kind: type[Resolution], *members: object) -> Resolution:
    """The council's next resolution, of this kind; ``members``: its values before the number."""
    return make_resolution(kind, members, relay.refresh().agencies.resolutions + 1)


def endorse(resolution: Resolution, key: SigningKey, origin: Origin) -> Endorsement:
    """A council member's signature under a resolution."""
    return Endorsement(key.signer(origin), key.sign(resolution.id(origin)))


def relay_resolution(relay: Relay, resolution: Resolution, endorsements: Sequence[Endorsement]) -> Relayed:
    """Relay a resolution with its members' signatures, in any order.

    :raises Refused: the contract forbids it, or too few have signed.
    """
    ordered = sorted(endorsements, key=lambda endorsement: keccak(endorsement.signer))
    receipt = relay.submit(Enacted(resolution, tuple(ordered)))
    history = relay.refresh()
    made = next((EntryRef(entry.number, entry.time) for entry in receipt.entries if entry.number < history.size), None)
    return relayed(resolution.id(relay.chain.origin), made, receipt)


def founding_signer(name: str, keystore: Keystore) -> Signer:
    """The signer of a member of a first council: ``0x`` hex as it is, or a secp256k1 key of the keystore.

    :raises Malformed: it is not hex, there is no such key, or the key is of another kind.
    """
    if name.startswith("0x"):
        return signer_from_text(name)
    info = keystore.info(name)
    if info.algorithm is not Algorithm.SECP256K1:
        raise Malformed("a first council's P-256 keys need the contract's own verifier: change the council later", name)
    return Signer(_hex(info.public))


def signer_under(origin: Origin, name: str, keystore: Keystore) -> Signer:
    """A signer under a contract (ERC-7913): ``0x`` hex as it is, or a key of the keystore, P-256 included."""
    if not name.startswith("0x"):
        info = keystore.info(name)
        if info.algorithm is Algorithm.P256:
            return p256_signer(origin, _hex(info.public))
    return founding_signer(name, keystore)


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise Malformed("must be hex after 0x", text) from None
