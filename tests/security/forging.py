"""Evidence as colluders make it: any entries that their keys can sign, under a checkpoint of those who collude."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.history.entry import Attested, Enacted, Entry
from ledger.core.statements.resolutions import (
    AttesterAuthorisation,
    CouncilChange,
    MandateGrant,
    MandateWithdrawal,
)
from ledger.testing.world import COUNCIL, PLANT, Witness
from tests.conformance.parts import (
    EMU,
    KIWI,
    MOA,
    THIEF,
    Shipment,
    attest_anyhow,
    enact_anyhow,
    everything,
    policy,
    requirement,
    shipment,
    statement,
    unruly,
)
from tests.conformance.tables.histories import other_council
from tests.verifier.both import Asked, by_itself, by_ledger

KEYS = tuple(item.key for item in (KIWI, EMU, MOA))
ORIGIN = shipment().world.origin
NOBODY: tuple[Witness, ...] = ()
TOO_FEW = (KIWI,)
ENOUGH = (KIWI, EMU)
DEMANDS = policy(require=[requirement(jurisdictions=("NZ",))])
"""A phytosanitary certificate by an agency of New Zealand, in force."""


@dataclass(frozen=True)
class Said:
    """What both verifiers say alike. ``codes``: of the decisive checks that are INVALID or ERROR.

    ``words``: agency and kind of what agencies say.
    """

    conclusion: str
    codes: frozenset[str]
    words: frozenset[tuple[str, int]] = frozenset()


def asked(
    made: Shipment,
    witnesses: Sequence[Witness] = NOBODY,
    demanded: int = 2,
    change: Callable[[bytes], bytes] = lambda evidence: evidence,
    at: int | None = None,
    **more: Any,
) -> Said:
    """Both verifiers, with a trust root of the true history: log key, three witnesses, ``demanded`` must cosign.

    :param witnesses: who cosigned the checkpoint of all entries of ``made``; the log signed it.
    """
    made.world.witnesses = list(witnesses)
    trust = TrustRoot.of(ORIGIN, replace(made.world.log_key, name=str(ORIGIN)), KEYS, demanded)
    clock = more.pop("clock", made.world.now)
    question = Asked(change(everything(made)), None, trust.to_bytes(), more.pop("policy", DEMANDS), at, clock)
    question = question._replace(**more)
    ours, theirs = by_ledger(question), by_itself(question)
    assert ours == theirs
    failed = {code for _, _, status, decisive, _, code in ours.checks if decisive and status in ("INVALID", "ERROR")}
    words = frozenset((word["agency"], word["kind"]) for word in ours.said.get("attested_by", []))
    return Said(ours.conclusion, frozenset(failed), words)


def attested() -> Shipment:
    """The true history, and a true certificate in it."""
    made = shipment()
    made.attest()
    return made


# ------------------------------------------------------------------------------------ what the log's key can write down


def other_council_later(made: Shipment) -> None:
    """The thief's council takes over in the true history, by nobody's leave."""
    enact_anyhow(made, [THIEF], CouncilChange, (THIEF.signer,), 1)
    attest_anyhow(made, PLANT)


def other_agency(made: Shipment) -> None:
    enact_anyhow(made, [THIEF], AttesterAuthorisation, THIEF.signer, "NZ-MPI")
    attest_anyhow(made, THIEF)


def old_resolution_again(made: Shipment) -> None:
    """The council took the mandate back. The log writes its old grant down once more: it is correctly signed."""
    grant = next(entry for entry in made.world.entries if isinstance(_enacted(entry), MandateGrant))
    enact_anyhow(made, [COUNCIL], MandateWithdrawal, "NZ-MPI", 851)
    unruly(made, grant.content)
    attest_anyhow(made, PLANT)


def without_first_entry(made: Shipment) -> None:
    other_council(made)
    del made.world.entries[0]
    for number, entry in enumerate(made.world.entries):
        made.world.entries[number] = replace(entry, number=number)


INVENTIONS = [other_council, other_council_later, other_agency, old_resolution_again]


def _enacted(entry: Entry) -> Any:
    return entry.content.resolution if isinstance(entry.content, Enacted) else None


# ------------------------------------------------------------------------------------------------------ words of others


def word_by_thief(made: Shipment) -> None:
    """A certificate in the name of the agency's officer, signed by a thief."""
    attest_anyhow(made, PLANT, THIEF)


def word_by_stranger(made: Shipment) -> None:
    attest_anyhow(made, THIEF)


def word_about_another(made: Shipment) -> None:
    """The officer's true certificate for another batch, relabelled for this one."""
    said = statement(made)
    other = replace(said, root=b"\x07" * 32)  # type: ignore[arg-type]
    unruly(made, Attested(said, PLANT.signer, PLANT.sign(other.id(made.world.origin))))


WORDS = [word_by_thief, word_by_stranger, word_about_another]


def in_the_name_of_a_party(hand: Any) -> Shipment:
    """A declaration that bears the trader's key and that ``hand`` signed; anchored, and attested by the officer."""
    made = shipment()
    declaration = replace(made.declared[0], document_type=380)
    made.declared = declaration, hand.sign(declaration.id(made.world.origin))
    made.batch = made.world.anchor([declaration])
    made.attest()
    return made
