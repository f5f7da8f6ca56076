"""Every error of the product: five questions, one class each, with the values that answer them.

========================  =====================================================  =====================
class                     question                                               at the HTTP door
========================  =====================================================  =====================
``Malformed``             Has the input the right shape?                          422
``VerificationFailed``    Did a check say no?                                     200 with a verdict
``HistoryBroken``         Do two sources contradict each other?                   a finding, or 503
``Refused``               Do the rules forbid this write? (one class a reason)    403, 404, 409, 429
``Unavailable``           Could anybody say at all?                               503 with Retry-After
========================  =====================================================  =====================

The first four are a ``DefiniteNo``: somebody could judge, and the answer is no. ``Unavailable`` stands apart from them,
so that whoever catches a no cannot take "nobody could say" for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar

_NO_END = (1 << 40) - 1
_TIMES = frozenset({"from_", "known", "since", "time", "until"})


class LedgerError(Exception):
    """Root of all errors; ``str(error)`` is fit to be shown to whoever gave the input.

    Only a door catches it. Core and journeys say whether they mean a ``DefiniteNo``, ``Unavailable``, or both.
    """

    @property
    def public(self) -> str:
        """What strangers are told: the same, unless the message is for the operator alone."""
        return str(self)


class DefiniteNo(LedgerError):
    """Somebody could judge, and the answer is no. Asking again gives the same answer."""


class Malformed(DefiniteNo):
    """The input does not have the promised shape.

    ``where`` names the place (a path, a field, "line 3, column 7"), empty when it is the whole input. ``part`` says
    which of several inputs it is, for programs; empty where there is one.
    """

    def __init__(self, what: str, where: str = "", part: str = "") -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.what = what
        self.where = where
        self.part = part


class WrongPassphrase(Malformed):
    """A passphrase does not open a key."""


class VerificationFailed(DefiniteNo):
    """A check said no: a signature, a proof or a digest does not fit what it is said to fit."""


class HistoryBroken(DefiniteNo):
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


class AnotherHistory(HistoryBroken):
    """The node that was asked has another chain, or another history at the contract's address, than was named."""


class NodesDiffer(HistoryBroken):
    """Two nodes of one chain contradict each other: at most one of them is right, and nobody here can say which."""


class Source(StrEnum):
    """What could not answer: the metric ``ledger_http_unavailable_total`` counts by it."""

    CHAIN = "chain"
    """A node: it is away, refuses, lags behind, or its fees are beyond the limit."""
    STORE = "store"
    QUEUE = "queue"
    """Too much work is waiting already."""
    LOG = "log"
    """The published log: it has no checkpoint that covers an entry, or its server is away."""
    WITNESS = "witness"
    KEY = "key"
    """This installation does not hold the key that the answer needs."""
    DISK = "disk"
    """A file or folder, other than the store's, cannot be read or written."""
    MACHINE = "machine"
    """A program, a port or a process that is needed on this machine."""


class Unavailable(LedgerError):
    """Nobody could say, because ``source`` is out of reach. Trying later may help."""

    def __init__(self, message: str, *, source: Source, public: str | None = None) -> None:
        super().__init__(message)
        self.source = source
        self._public = public

    @property
    def public(self) -> str:
        return str(self) if self._public is None else self._public


class NodeLags(Unavailable):
    """The node does not have yet what it, or another node, has shown. It is no sign that the chain took it back."""

    def __init__(self, message: str) -> None:
        super().__init__(message, source=Source.CHAIN, public="the chain's node lags behind: try again shortly")


class BatchedElsewhere(Unavailable):
    """Another process has put some of these declarations into a batch."""


class Refused(DefiniteNo):
    """The rules forbid this write. Each error of the contract has a subclass of the same name.

    ``FIELDS`` names the contract error's arguments in order, and ``values`` maps these names to their values. Times are
    seconds since 1970; the message shows them as dates.
    """

    FIELDS: ClassVar[tuple[str, ...]] = ()
    MESSAGE: ClassVar[str] = "the rules forbid this write"

    def __init__(self, *values: object) -> None:
        if len(values) != len(self.FIELDS):
            raise TypeError(f"{type(self).__name__} takes {', '.join(self.FIELDS)}")
        self.values = dict(zip(self.FIELDS, values, strict=True))
        super().__init__(self.MESSAGE.format(**{name: _shown(name, value) for name, value in self.values.items()}))


def _shown(name: str, value: object) -> object:
    """A value as a message shows it: bytes as hex, times as dates in UTC."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if name not in _TIMES or not isinstance(value, int):
        return value
    if name == "until" and value == _NO_END:
        return "further notice"
    try:
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError):  # beyond the year 9999
        return f"second {value}"


# ------------------------------------------------------------- one class for each error of the contract, with its name


class SignerMalformed(Refused):
    FIELDS = ("length",)
    MESSAGE = "a signer is 20 to 128 bytes, not {length}"


class AgencyCodeMalformed(Refused):
    FIELDS = ("agency",)
    MESSAGE = 'an agency code is 1 to 16 characters A-Z, 0-9 or "-", for example NZ-MPI, not "{agency}"'


class JurisdictionMalformed(Refused):
    FIELDS = ("jurisdiction",)
    MESSAGE = 'a jurisdiction is an ISO 3166-1 alpha-2 code, not "{jurisdiction}"'


class TextMalformed(Refused):
    FIELDS = ("length", "limit")
    MESSAGE = "a text is 1 to {limit} bytes of UTF-8, and this one has {length} bytes"


class PeriodMalformed(Refused):
    FIELDS = ("from_", "until", "time")
    MESSAGE = (
        "a period must end after it begins and must not be in the past: this one is from {from_} until {until}, "
        "and now is {time}"
    )


class SetMalformed(Refused):
    FIELDS = ("root", "size")
    MESSAGE = "a set has at least one member, and its root is not zero: this one has root {root} and size {size}"


class PostingMalformed(Refused):
    FIELDS = ("from_", "to")
    MESSAGE = "a posting moves a line to another sheet, whose hash is not zero: this one moves it from {from_} to {to}"


class CouncilMalformed(Refused):
    FIELDS = ("members", "threshold")
    MESSAGE = (
        "a council has 1 to 32 members and a threshold of at most their number, not {members} members and "
        "threshold {threshold}"
    )


class SignatureTooLong(Refused):
    FIELDS = ("length", "limit")
    MESSAGE = "a signature has at most {limit} bytes, not {length}"


class SignatureMismatch(Refused):
    FIELDS = ("signer", "digest")
    MESSAGE = "{signer} did not sign {digest}"


class ResolutionNumberMismatch(Refused):
    FIELDS = ("expected", "given")
    MESSAGE = "the next council resolution has the number {expected}, not {given}"


class QuorumMissing(Refused):
    FIELDS = ("needed", "given")
    MESSAGE = "the resolution has too few endorsements: {given}, and the council's threshold is {needed}"


class EndorsementsUnordered(Refused):
    FIELDS = ("signer",)
    MESSAGE = "endorsements must ascend by the hash of their signers, without repeats: {signer} is out of order"


class CouncilMemberUnknown(Refused):
    FIELDS = ("signer",)
    MESSAGE = "{signer} is not a member of the council"


class CouncilMemberRepeated(Refused):
    FIELDS = ("signer",)
    MESSAGE = "{signer} is named twice in the council"


class AgencyUnknown(Refused):
    FIELDS = ("agency",)
    MESSAGE = "agency {agency} is not enrolled: ask the council to enrol it"


class AgencyAlreadyEnrolled(Refused):
    FIELDS = ("agency",)
    MESSAGE = "agency {agency} is already enrolled"


class AgencyNotActive(Refused):
    FIELDS = ("agency", "since")
    MESSAGE = "agency {agency} has been suspended since {since}: the council can reinstate it"


class AgencyNotSuspended(Refused):
    FIELDS = ("agency",)
    MESSAGE = "agency {agency} is not suspended"


class AgencyMismatch(Refused):
    FIELDS = ("signer", "stated", "actual")
    MESSAGE = "this needs an attester of agency {stated}, but {signer} speaks for agency {actual}"


class AttesterUnknown(Refused):
    FIELDS = ("signer",)
    MESSAGE = "{signer} is not an attester: ask the council to authorise it"


class AttesterAlreadyAuthorised(Refused):
    FIELDS = ("signer", "agency")
    MESSAGE = "{signer} was already authorised, for agency {agency}: use a new key"


class AttesterNotActive(Refused):
    FIELDS = ("signer", "from_", "until")
    MESSAGE = "attester {signer} is retired: it spoke for its agency from {from_} until {until}"


class AttesterDeclaredCompromised(Refused):
    FIELDS = ("signer", "since")
    MESSAGE = "attester {signer} is declared compromised since {since}"


class CompromiseInFuture(Refused):
    FIELDS = ("since", "time")
    MESSAGE = "a compromise date must not be in the future: {since} is later than now, {time}"


class CompromiseNotEarlier(Refused):
    FIELDS = ("since", "known")
    MESSAGE = "a compromise since {known} is recorded, and a new date must be earlier: {since} is not"


class MandateMissing(Refused):
    FIELDS = ("agency", "kind")
    MESSAGE = "agency {agency} has no mandate for kind {kind} now: ask the council to grant it"


class MandateOverlaps(Refused):
    FIELDS = ("agency", "kind", "until")
    MESSAGE = "agency {agency} already has a mandate for kind {kind} until {until}: a new one must not begin before"


class AttestationUnknown(Refused):
    FIELDS = ("id",)
    MESSAGE = "attestation {id} is not in the history"


class AttestationAlreadyRecorded(Refused):
    FIELDS = ("id", "number")
    MESSAGE = "attestation {id} is already recorded, as entry {number}"


class AttestationAlreadyRevoked(Refused):
    FIELDS = ("id", "member")
    MESSAGE = "attestation {id} is already revoked for member {member}"


class SheetStale(Refused):
    FIELDS = ("attestation", "member", "line", "current")
    MESSAGE = (
        "this posting moves from another sheet than the present one: line {line} of attestation {attestation} for "
        "member {member} has the sheet {current} (zero if it was never opened); somebody else may have posted first"
    )


class DeclarationMismatch(Refused):
    FIELDS = ("stated", "actual")
    MESSAGE = "the withdrawal names declaration {stated}, but comes with declaration {actual}"


class DeclarationReplacesItself(Refused):
    FIELDS = ("declaration",)
    MESSAGE = "declaration {declaration} cannot replace itself"


class DeclarationAlreadyWithdrawn(Refused):
    FIELDS = ("declaration", "number")
    MESSAGE = "declaration {declaration} is already withdrawn, by entry {number}"


class DeclarationNotIncluded(Refused):
    FIELDS = ("declaration", "index", "root", "size")
    MESSAGE = "the proof does not show that declaration {declaration} is number {index} of {size} under root {root}"


class BatchNotAnchored(Refused):
    FIELDS = ("root", "size")
    MESSAGE = "no batch with root {root} and size {size} was anchored"


# ------------------------------------------------------------------- refusals that are not errors of the contract


class Reverted(Refused):
    FIELDS = ("reason",)
    MESSAGE = "the contract reverted without an error of its own: {reason}"


class ContractMissing(Refused):
    FIELDS = ("contract", "chain_id")
    MESSAGE = (
        "there is no contract at {contract} on chain {chain_id}: deploy it with `ledger deploy`, or correct the address"
    )


class PartyKeyMismatch(Refused):
    FIELDS = ("party", "digest")
    MESSAGE = (
        "the key of party {party} did not sign {digest}: a party is a key, and no wallet contract (ERC-1271) is asked; "
        "sign with the party's own key, or declare with a key as the party"
    )


class PartyVerifierUnknown(Refused):
    FIELDS = ("verifier",)
    MESSAGE = (
        "the party names the verifier {verifier}, which is not this contract's own: declare with the key of an "
        "account, or with a key under a verifier that the contract deployed"
    )


class GasTooHigh(Refused):
    FIELDS = ("needed", "limit")
    MESSAGE = "this needs {needed} gas, and one transaction may spend {limit} (EIP-7825)"


class KeyExists(Refused):
    FIELDS = ("name",)
    MESSAGE = "a key named {name} is there already: keys are never overwritten"


class UnknownDeclaration(Refused):
    FIELDS = ("declaration",)
    MESSAGE = (
        "there is no declaration {declaration} here, or you may not read it: check its id and its document's digest, "
        "or ask who declared it"
    )


class NotAnchoredYet(Refused):
    FIELDS = ("declaration",)
    MESSAGE = "declaration {declaration} is accepted but not anchored yet: try again shortly"


class SignInElsewhere(Refused):
    MESSAGE = "the sign-in names another site than this server: sign in at the address under which it is reached"


class SignInUntimely(Refused):
    FIELDS = ("limit",)
    MESSAGE = "the time of the sign-in is more than {limit} seconds away from the server's clock: set the clock"


class NonceUnknown(Refused):
    MESSAGE = "the server did not give this nonce, or it was used, or it is too old: ask for another one"


class TooManySignIns(Refused):
    FIELDS = ("most", "span")
    MESSAGE = "more than {most} sign-ins in {span} seconds from this address: wait so long"


class NotSignedIn(Refused):
    MESSAGE = "sign in first; or give the document's digest, where the route takes one"


class ReadingForbidden(Refused):
    MESSAGE = "this key may read only what its own party declared"


class InboxOfAnother(Refused):
    FIELDS = ("agency",)
    MESSAGE = (
        "the inbox of {agency} is for its attesters while they speak for it: sign in with a key that the council "
        "authorised for {agency}"
    )


class CopyOfAnother(Refused):
    FIELDS = ("declared", "found")
    MESSAGE = "the copy is of another document: its digest is {found}, and the declaration is of {declared}"


class OnlyItsParty(Refused):
    FIELDS = ("declaration",)
    MESSAGE = "only its party may do this with the declaration {declaration}: sign in with the party's key"


class ShareUnknown(Refused):
    MESSAGE = "there is no such share here: its time is over, its party removed it, or the link was cut or changed"


class ShareExists(Refused):
    MESSAGE = "there is another share under this id: seal the document again, with a new key"


class TooManyShares(Refused):
    FIELDS = ("most", "retry_after")
    MESSAGE = "this key has made {most} shares in an hour: make the next in {retry_after} seconds"


class NoRoomForShare(Refused):
    FIELDS = ("most",)
    MESSAGE = "the shares of this key would take more than {most} bytes: remove some (`ledger share list`)"


class TooManyReferences(Refused):
    FIELDS = ("declaration", "most")
    MESSAGE = "the declaration {declaration} would have more than {most} references: erase some first"


# ------------------------------------------------------------------------------------ what the relayer does not pay for


@dataclass(frozen=True, slots=True)
class OwnTransaction:
    """A transaction that anybody can send to relay a statement himself: to the contract ``to`` (20 bytes), value 0.

    ``gas``: what it needs by the node's estimate, with a margin; None where nobody estimated it.
    """

    to: bytes
    data: bytes
    chain_id: int
    gas: int | None = None


class NotRelayed(Refused):
    """This relayer does not pay for a statement that the contract may take. ``transaction`` relays it without him."""

    MESSAGE = "this relayer does not pay for it: relay it yourself"
    transaction: OwnTransaction | None = None


class SetNotKnown(NotRelayed):
    FIELDS = ("root", "size")
    MESSAGE = (
        "the set with root {root} and size {size} is not anchored, and its members are not known here: send its "
        "members too, if they were declared here; else this relayer does not pay for the attestation, and you can "
        "relay it yourself"
    )


class DeclarationNotKnown(NotRelayed):
    FIELDS = ("declaration",)
    MESSAGE = (
        "declaration {declaration} was not declared here, so this relayer does not pay for its withdrawal: relay it "
        "where it was declared, or yourself"
    )


class DeclarationNotAnchored(NotRelayed):
    FIELDS = ("declaration",)
    MESSAGE = (
        "declaration {declaration} is not anchored yet, so this relayer does not pay for its withdrawal: try again "
        "shortly, or relay it yourself"
    )


class StatementGasTooHigh(NotRelayed):
    FIELDS = ("limit",)
    MESSAGE = "this needs more than {limit} gas, which is the most that this relayer spends on one statement"


class WalletNotConvinced(NotRelayed):
    FIELDS = ("signer", "limit")
    MESSAGE = (
        "the contract at the address of {signer} did not accept the signature within {limit} gas, which is the most "
        "that this relayer spends on one statement: if it needs more, relay the statement yourself"
    )


class RelayBudgetSpent(NotRelayed):
    FIELDS = ("whose", "limit", "unit", "needed", "retry_after")
    MESSAGE = (
        "this relayer spends at most {limit} {unit} on {whose} in 24 hours, and this statement would need up to "
        "{needed} {unit} more: try again in {retry_after} seconds, or relay it yourself"
    )


class NotAttestable(Refused):
    FIELDS = ("refused", "given", "problems")
    MESSAGE = "{refused} of {given} cannot be attested, so nothing was signed:\n  {problems}"


class NotRevocable(Refused):
    FIELDS = ("refused", "given", "problems")
    MESSAGE = "{refused} of {given} cannot be revoked, so nothing was signed:\n  {problems}"


class RelayUnderWay(Refused):
    FIELDS = ("statement",)
    MESSAGE = "statement {statement} is being relayed already: ask again shortly"
