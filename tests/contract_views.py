"""What the contract itself answers to its view functions. The product replays the history instead of asking."""

from __future__ import annotations

from typing import Any

from ledger.core.encoding.ids import LineName
from ledger.edges.chain.calls import Call
from ledger.edges.chain.contract import Chain


def anchored(chain: Chain, root: bytes, size: int) -> tuple[int, int] | None:
    """(entry number, time) of the anchor; None if there is none."""
    return _number_and_time(chain.query(Call("anchored", (root, size))))


def withdrawn(chain: Chain, declaration: bytes) -> tuple[int, int] | None:
    """(entry number, time) of a declaration's withdrawal; None if there is none."""
    return _number_and_time(chain.query(Call("withdrawn", (declaration,))))


def in_force(chain: Chain, attestation: bytes, member: bytes, at: int | None = None) -> bool:
    """Whether an attestation is in force for a member (id, or zero for the whole set), now or at a time."""
    call = Call("inForce", (attestation, member)) if at is None else Call("inForceAt", (attestation, member, at))
    return bool(chain.query(call)[0])


def may_attest(chain: Chain, signer: bytes, kind: int, at: int) -> bool:
    """Whether a signer may make attestations of a kind at a time."""
    return bool(chain.query(Call("mayAttest", (signer, kind, at)))[0])


def sheet(chain: Chain, line: LineName) -> bytes:
    """The present sheet of a certificate's line (a hash); zero before the first."""
    return bytes(chain.query(Call("sheet", tuple(line)))[0])


def _number_and_time(answer: tuple[Any, ...]) -> tuple[int, int] | None:
    number, at = answer
    return (number, at) if number else None
