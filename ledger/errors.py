"""Every error of the product: five questions, one class each, with the values that answer them.

========================  =====================================================  =====================
class                     question                                               at the HTTP door
========================  =====================================================  =====================
``Malformed``             Has the input the right shape?                          422
``VerificationFailed``    Did a check say no?                                     200 with a verdict
``HistoryBroken``         Do two sources contradict each other?                   a finding, or 503
``Refused``               Do the rules forbid this write? (one class a reason)    403, 404 or 409
``Unavailable``           Could anybody say at all?                               503 with Retry-After
========================  =====================================================  =====================
"""

from __future__ import annotations

from typing import ClassVar


class LedgerError(Exception):
    """Root of all errors; ``str(error)`` is fit to be shown to whoever gave the input."""


class Malformed(LedgerError):
    """The input does not have the promised shape.

    ``where`` names the place (a path, a field, "line 3, column 7"), empty when it is the whole input.
    """

    def __init__(self, what: str, where: str = "") -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.what = what
        self.where = where


class VerificationFailed(LedgerError):
    """A check said no: a signature, a proof or a digest does not fit what it is said to fit."""


class HistoryBroken(LedgerError):
    """Two sources that must agree contradict each other; both sides are carried.

    ``number`` is the first entry at which they differ, or None where the difference has no entry.
    """

    def __init__(self, what: str, *, expected: object, found: object, number: int | None = None) -> None:
        at = "" if number is None else f"entry {number}: "
        super().__init__(f"{at}{what}: expected {expected}, found {found}")
        self.what = what
        self.expected = expected
        self.found = found
        self.number = number


class Unavailable(LedgerError):
    """Nobody could say: a node, a store or a file is out of reach. Trying later may help."""


class BatchedElsewhere(Unavailable):
    """Another process has put some of these declarations into a batch."""


class Refused(LedgerError):
    """The rules forbid this write. Subclasses bear the names of the contract's errors.

    ``FIELDS`` names the contract error's arguments in order; ``values`` maps them to what was refused.
    """

    FIELDS: ClassVar[tuple[str, ...]] = ()
    MESSAGE: ClassVar[str] = "the rules forbid this write"

    def __init__(self, *values: object) -> None:
        if len(values) != len(self.FIELDS):
            raise TypeError(f"{type(self).__name__} takes {', '.join(self.FIELDS)}")
        self.values = dict(zip(self.FIELDS, values, strict=True))
        super().__init__(self.MESSAGE.format(**{name: _shown(value) for name, value in self.values.items()}))


def _shown(value: object) -> object:
    return "0x" + value.hex() if isinstance(value, bytes) else value


def _refusal(name: str, fields: str, message: str) -> type[Refused]:
    """One contract error as a class of the same name."""
    return type(
        name,
        (Refused,),
        {"FIELDS": tuple(fields.split()), "MESSAGE": message, "__doc__": message, "__module__": __name__},
    )


AgencyUnknown = _refusal("AgencyUnknown", "agency", "agency {agency} is not enrolled: ask the council to enrol it")
AgencyAlreadyEnrolled = _refusal("AgencyAlreadyEnrolled", "agency", "agency {agency} is enrolled already")
AgencyNotActive = _refusal("AgencyNotActive", "agency", "agency {agency} is suspended: the council can reinstate it")
AgencyNotSuspended = _refusal("AgencyNotSuspended", "agency", "agency {agency} is not suspended")
AttesterUnknown = _refusal("AttesterUnknown", "signer", "{signer} is not an attester: ask the council to authorise it")
AttesterAlreadyAuthorised = _refusal(
    "AttesterAlreadyAuthorised", "signer", "{signer} was authorised before: give the officer a new key"
)
AttesterNotActive = _refusal(
    "AttesterNotActive", "signer from_ until", "attester {signer} may speak from {from_} until {until} only"
)
AttesterDeclaredCompromised = _refusal(
    "AttesterDeclaredCompromised", "signer since", "attester {signer} is declared compromised since {since}"
)
CompromiseInFuture = _refusal(
    "CompromiseInFuture", "since now", "a compromise date ({since}) lies at or before now ({now})"
)
CompromiseNotEarlier = _refusal(
    "CompromiseNotEarlier",
    "since known",
    "a compromise since {known} is recorded; a new date ({since}) must be earlier",
)
AgencyMismatch = _refusal("AgencyMismatch", "signer stated actual", "{signer} speaks for {actual}, not for {stated}")
MandateMissing = _refusal(
    "MandateMissing", "agency kind", "agency {agency} has no mandate for kind {kind} now: ask the council to grant it"
)
MandateOverlaps = _refusal(
    "MandateOverlaps", "agency kind until", "agency {agency} holds a mandate for kind {kind} until {until}"
)
PeriodMalformed = _refusal(
    "PeriodMalformed", "from_ until now", "a period must end after it begins ({from_} to {until}) and after now ({now})"
)
SetMalformed = _refusal(
    "SetMalformed", "root size", "a set has at least one member and a root (root {root}, size {size})"
)
SignatureTooLong = _refusal("SignatureTooLong", "length", "a signature has at most 1024 bytes, not {length}")
SignatureMismatch = _refusal("SignatureMismatch", "signer digest", "{signer} did not sign {digest}")
AttestationAlreadyRecorded = _refusal(
    "AttestationAlreadyRecorded", "id number", "attestation {id} is in the history already, as entry {number}"
)
AttestationUnknown = _refusal("AttestationUnknown", "id", "attestation {id} is not in the history")
AttestationAlreadyRevoked = _refusal(
    "AttestationAlreadyRevoked", "id member", "attestation {id} (member {member}) is revoked already"
)
DeclarationAlreadyWithdrawn = _refusal(
    "DeclarationAlreadyWithdrawn",
    "declaration number",
    "declaration {declaration} is withdrawn already, by entry {number}",
)
DeclarationReplacesItself = _refusal(
    "DeclarationReplacesItself", "declaration", "declaration {declaration} cannot replace itself"
)
ResolutionNumberMismatch = _refusal(
    "ResolutionNumberMismatch", "expected given", "the next council resolution is number {expected}, not {given}"
)
QuorumMissing = _refusal(
    "QuorumMissing", "needed given", "the council decides with {needed} signatures, given were {given}"
)
CouncilMemberUnknown = _refusal("CouncilMemberUnknown", "signer", "{signer} is not a member of the council")
EndorsementsUnordered = _refusal(
    "EndorsementsUnordered", "", "endorsements ascend by the hash of their signers, each once"
)
CouncilMalformed = _refusal(
    "CouncilMalformed", "members threshold", "a council of {members} cannot have the threshold {threshold}"
)

SignerMalformed = _refusal("SignerMalformed", "length", "a signer is 20 to 128 bytes, not {length}")
AgencyCodeMalformed = _refusal(
    "AgencyCodeMalformed", "agency", 'an agency code is 1 to 16 of A-Z, 0-9 and "-", not "{agency}": e.g. NZ-MPI'
)
JurisdictionMalformed = _refusal(
    "JurisdictionMalformed", "jurisdiction", 'a jurisdiction is an ISO 3166-1 alpha-2 code, not "{jurisdiction}"'
)
TextMalformed = _refusal(
    "TextMalformed", "length limit", "a text is 1 to {limit} bytes of UTF-8; this one has {length}"
)
CouncilMemberRepeated = _refusal("CouncilMemberRepeated", "signer", "{signer} is named twice in the council")
DeclarationMismatch = _refusal(
    "DeclarationMismatch", "stated actual", "the withdrawal names declaration {stated}, but carries {actual}"
)
BatchNotAnchored = _refusal("BatchNotAnchored", "root size", "root {root} with size {size} was never anchored")
DeclarationNotIncluded = _refusal(
    "DeclarationNotIncluded",
    "declaration index root size",
    "the proof does not show declaration {declaration} as number {index} of {size} under {root}",
)

# Refusals that only the ledger layer knows; the contract has no such errors.
Reverted = _refusal("Reverted", "reason", "the contract reverted, and not with a reason of its own: {reason}")
ContractMissing = _refusal(
    "ContractMissing",
    "contract chain_id",
    "there is no contract at {contract} on chain {chain_id}: deploy it with `ledger deploy`, or correct the address",
)
GasTooHigh = _refusal(
    "GasTooHigh", "needed limit", "this needs {needed} gas, and one transaction may spend {limit} (EIP-7825)"
)
KeyExists = _refusal("KeyExists", "name", "a key named {name} is there already: keys are never overwritten")
UnknownDeclaration = _refusal(
    "UnknownDeclaration", "declaration", "declaration {declaration} is not in this store: declare it, or ask who did"
)
NotAnchoredYet = _refusal(
    "NotAnchoredYet", "declaration", "declaration {declaration} is accepted but not anchored yet: try again shortly"
)
