"""A resolution on its way from hand to hand: a file that council members sign one after the other.

JSON that people may edit: ``ledger`` names the format, ``kind`` the resolution's EIP-712 type, ``resolution`` has its
members, ``endorsements`` the signatures so far.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from ledger.core.encoding.canonical_json import read_file
from ledger.core.encoding.ids import Signer
from ledger.core.encoding.reading import hex_bytes, hex_text, read_list, read_object, read_string
from ledger.core.history.entry import Endorsement
from ledger.core.statements.member_types import MAX_COUNCIL
from ledger.core.statements.resolutions import RESOLUTIONS, Resolution
from ledger.errors import Malformed

FORMAT = "trade-ledger/resolution/1"
_KINDS = {resolution.PRIMARY_TYPE: resolution for resolution in RESOLUTIONS}


class ResolutionFile(NamedTuple):
    """A resolution and the endorsements gathered so far, one a signer. Nothing says that they are authentic."""

    resolution: Resolution
    endorsements: tuple[Endorsement, ...] = ()

    def with_endorsement(self, made: Endorsement) -> ResolutionFile:
        """The file with one endorsement more, in place of an earlier one by the same signer."""
        others = [item for item in self.endorsements if item.signer != made.signer]
        return ResolutionFile(self.resolution, (*others, made))

    def to_bytes(self) -> bytes:
        """The file; ``read_resolution_file`` reads it."""
        value = {
            "ledger": FORMAT,
            "kind": self.resolution.PRIMARY_TYPE,
            "resolution": self.resolution.to_json(),
            "endorsements": [
                {"signer": hex_text(item.signer), "signature": hex_text(item.signature)} for item in self.endorsements
            ],
        }
        return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def read_resolution_file(data: bytes) -> ResolutionFile:
    """Read a resolution file strictly; Malformed names the member. No signature is checked."""
    names = ["ledger", "kind", "resolution", "endorsements"]
    _, kind, resolution, endorsements = read_object(read_file(data, FORMAT), names, "")
    if read_string(kind, "kind") not in _KINDS:
        raise Malformed(f"must be one of {', '.join(_KINDS)}", "kind")
    items = read_list(endorsements, "endorsements", MAX_COUNCIL, "endorsements")
    made = tuple(_endorsement(item, f"endorsements[{number}]") for number, item in enumerate(items))
    if len({item.signer for item in made}) != len(made):
        raise Malformed("names a signer twice", "endorsements")
    return ResolutionFile(_KINDS[kind].from_json(resolution, "resolution"), made)


def _endorsement(value: object, where: str) -> Endorsement:
    signer, signature = read_object(value, ["signer", "signature"], where)
    return Endorsement(Signer(hex_bytes(signer, f"{where}.signer")), hex_bytes(signature, f"{where}.signature"))
