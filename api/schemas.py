"""Shapes of requests and answers. Hex is lower case with 0x; times are seconds since 1970 (UTC); codes are UN's."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api import spellings
from ledger.core.encoding.reading import hex_text
from ledger.core.relaying.rules import MOST_MEMBERS
from ledger.core.statements.signature import MAX_SIGNATURE_SIZE
from ledger.core.statements.signer import signer_from_text
from ledger.errors import Malformed

_HASH = "0x5b7e1c3a9d8f4e2b6a1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a"
_ORIGIN_EXAMPLE = f"eip155:1:0x{'ab' * 20}:{'0e' * 32}"
_ADDRESS = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
_SIGNATURE = "0x" + "1f" * 32 + "2e" * 32 + "1b"
Hash = Annotated[str, Field(pattern=spellings.HASH, description="32 bytes", examples=[_HASH])]


def _plain_signer(text: str) -> str:
    """A signer in lower case; an address in both cases must have the checksum of EIP-55."""
    if text.islower():
        return text
    try:
        return hex_text(signer_from_text(text))
    except Malformed as error:
        raise ValueError(error.what) from None


Signer = Annotated[
    str,
    Field(
        pattern=spellings.SIGNER,
        description="ERC-7913 signer, in lower case in answers. An address may come in any case; in both cases it "
        "must have the checksum of EIP-55",
        examples=[_ADDRESS],
    ),
    AfterValidator(_plain_signer),
]
Signature = Annotated[
    str,
    Field(
        pattern=spellings.SIGNATURE,
        description=f"Signature of the EIP-712 digest, at most {MAX_SIGNATURE_SIZE} bytes (docs/formats.md section 3). "
        "Of an account key also with 0 or 1 as the last byte, or compact (EIP-2098); it is kept in one form",
        examples=[_SIGNATURE],
    ),
]
AgencyCode = Annotated[str, Field(pattern=spellings.AGENCY, examples=["NZ-MPI"])]
UInt16 = Annotated[int, Field(ge=0, lt=1 << 16, strict=True)]
UInt32 = Annotated[int, Field(ge=0, lt=1 << 32, strict=True)]
UInt40 = Annotated[int, Field(ge=0, lt=1 << 40, strict=True)]
UInt64 = Annotated[int, Field(ge=0, lt=1 << 64, strict=True)]


class Shape(BaseModel):
    """Base: no unknown members."""

    model_config = ConfigDict(extra="forbid")


class OwnTransaction(BaseModel):
    """A transaction that relays the statement without this server. Sign it with any account that has coins for its gas.

    `to` is the contract, `data` the call, `gas` what it needs by the node's estimate, or null if nobody estimated it.
    """

    to: str = Field(examples=["0x5fbdb2315678afecb367f032d93f642f64180aa3"])
    data: str = Field(examples=["0x5d35a3d9"])
    chain_id: int = Field(examples=[31337])
    value: int = Field(examples=[0])
    gas: int | None = Field(examples=[101_725])


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(examples=["urn:trade-ledger:MandateMissing"])
    title: str
    status: int
    detail: str
    request: str | None = Field(default=None, description="X-Request-Id: name it when asking the operator")
    values: dict[str, Any] | None = None
    code: str | None = Field(
        default=None, description="With a question to a verifier that cannot be read", examples=["malformed.evidence"]
    )
    rule: str | None = Field(default=None, description="The sections of docs/ that it breaks")
    errors: list[dict[str, str]] | None = None
    relay_yourself: OwnTransaction | None = Field(
        default=None, description="With a statement that this server does not pay for: relay it with your own account"
    )


class Declaration(Shape):
    """A party's statement about one document. EIP-712 type `Declaration`."""

    party: Signer
    digest: Hash
    document_type: UInt16 = Field(description="UNCL 1001", examples=[380])
    replaces: Hash = Field(description="Declaration id, or 32 zero bytes", examples=["0x" + "00" * 32])


class SignedDeclaration(Shape):
    declaration: Declaration
    signature: Signature


class WithdrawalResult(BaseModel):
    """How a declaration ended: the entry of its withdrawal, and what the party said."""

    entry_number: int
    time: int
    reason: int = Field(description="UNCL 1225", examples=[5])
    replacement: Hash = Field(description="Declaration id, or 32 zero bytes")


class DeclarationState(BaseModel):
    """Where a declaration stands."""

    id: Hash
    state: Literal["pending", "batched", "sent", "anchored", "final"]
    received_at: int
    declaration: Declaration
    batch_root: Hash | None = None
    batch_size: int | None = None
    entry_number: int | None = None
    entry_time: int | None = None
    withdrawn_by_entry: int | None = None
    withdrawn: WithdrawalResult | None = None
    attestations: list[AttestationStanding] = []


class SignedDeclarations(Shape):
    """Many at once, at most 10,000."""

    declarations: list[SignedDeclaration]


class BulkResult(BaseModel):
    """What became of one line: 202 stored, 200 known before, or the status it would have had alone.

    `line` counts from 1, blank lines too, as an editor does.

    `id` comes with 202 and 200, `type` and `detail` with any other status.
    """

    line: int = Field(ge=1)
    status: int = Field(examples=[202])
    id: Hash | None = None
    type: str | None = Field(default=None, examples=["urn:trade-ledger:SignatureMismatch"])
    detail: str | None = None


class BulkResults(BaseModel):
    """One for each declaration, in order."""

    results: list[BulkResult]


class DeclarationPage(BaseModel):
    """Some declarations, and the cursor of the next page, null at the end."""

    declarations: list[DeclarationState]
    next_cursor: str | None


class ReferenceResult(BaseModel):
    """A reference in its normal form: capitals and digits."""

    kind: Literal["mrn", "transport_document", "container"]
    number: str = Field(examples=["QQQU6100775"])
    added_at: int


class ReferencesResult(BaseModel):
    """All references of a declaration, and how many of them this request added."""

    references: list[ReferenceResult]
    added: int = 0


class ShareResult(BaseModel):
    """A share: a sealed document that its party left for who has its link. `size` is in bytes."""

    share: Hash
    signer: Signer
    declaration: Hash
    size: int = Field(examples=[48_213])
    made_at: int
    until: int


class SharesResult(BaseModel):
    """The shares of who asks, newest first."""

    shares: list[ShareResult]


class Attestation(Shape):
    """An agency's statement about a set of declarations. EIP-712 type `Attestation`."""

    agency: AgencyCode
    kind: UInt16 = Field(description="UNCL 1001", examples=[851])
    outcome: UInt16 = Field(
        description="UNCL 7365, 4405 or 1373, by kind. One outside its list is refused, and so is an adverse one about "
        "several declarations or with an end (docs/formats.md section 3, Code lists)",
        examples=[1],
    )
    detail: Hash = Field(
        description="Digest of the agency's own document; of several declarations the RFC 9162 root over the digests "
        "of their notices in the order of the set; or zero"
    )
    valid_from: UInt40 = Field(examples=[1795000000])
    valid_until: UInt40 = Field(description="No end is 2^40 - 1", examples=[(1 << 40) - 1])
    root: Hash
    size: UInt64 = Field(examples=[1])
    salt: Hash


class SignedAttestation(Shape):
    attestation: Attestation
    signer: Signer
    signature: Signature
    members: list[Hash] = Field(
        default=[],
        max_length=MOST_MEMBERS,
        description="Declaration ids of the set in order, also of a set of one; not needed for a batch",
    )


class AttestationStanding(BaseModel):
    """An attestation and whether it is in force now."""

    id: Hash
    entry_number: int
    standing: str = Field(examples=["in force", "revoked"])
    attestation: Attestation
    signer: Signer
    decided_by_entry: int | None = Field(default=None, description="The entry that decides the standing")


class Revocation(Shape):
    """EIP-712 type `Revocation`."""

    attestation: Hash
    member: Hash = Field(description="One declaration id, or 32 zero bytes for the whole set")
    reason: UInt16 = Field(description="UNCL 1373", examples=[41])


class SignedRevocation(Shape):
    revocation: Revocation
    signer: Signer
    signature: Signature


class Withdrawal(Shape):
    """EIP-712 type `Withdrawal`."""

    declaration: Hash
    reason: UInt16 = Field(description="UNCL 1225", examples=[5])
    replacement: Hash = Field(description="Declaration id, or 32 zero bytes")


class SignedWithdrawal(Shape):
    declaration: Declaration
    withdrawal: Withdrawal
    signature: Signature


class Posting(Shape):
    """An agency moves a line of a certificate to its next sheet. EIP-712 type `Posting`."""

    agency: AgencyCode
    attestation: Hash = Field(description="Id of the attestation that issued the certificate")
    member: Hash = Field(description="Id of the certificate's declaration")
    line: UInt32 = Field(examples=[1])
    from_: Hash = Field(alias="from", description="Hash of the line's present sheet, or 32 zero bytes to open it")
    to: Hash = Field(description="Hash of the next sheet")


class SignedPosting(Shape):
    posting: Posting
    signer: Signer
    signature: Signature


class PostingResult(BaseModel):
    """A posting, and the entry that records it."""

    entry_number: int
    posting: Posting
    signer: Signer


class LineResult(BaseModel):
    """A line of a certificate: the hash of its present sheet, null before it is opened, and the latest posting."""

    sheet: Hash | None
    latest: PostingResult | None


class Relayed(BaseModel):
    """A statement that is in the history. `gas` is null if it was there before this request."""

    id: Hash
    entry_number: int
    transaction: str | None = None
    gas: int | None = None


class RenewalInclusion(Shape):
    """Where a declaration stands in a batch or an attested set, as evidence says it."""

    root: Hash
    size: UInt64 = Field(examples=[1])
    index: UInt64
    proof: list[Hash] = Field(max_length=64, description="RFC 9162 inclusion path, deepest first")


class RenewalBody(Shape):
    """What a holder of evidence sends to renew it: these members of the evidence, as they are."""

    origin: str = Field(examples=[_ORIGIN_EXAMPLE])
    declaration: Declaration
    signature: Signature
    inclusions: list[RenewalInclusion] = Field(min_length=1, max_length=64)


class CheckResult(BaseModel):
    """What one step of the verification found. docs/evidence-format.md lists the steps and the codes."""

    step: int
    name: str
    question: str
    status: Literal["VALID", "INVALID", "SKIPPED", "ERROR"]
    decisive: bool = Field(description="Whether it counts: another attestation may stand in for this one")
    code: str = Field(description="What was found; programs and translations go by it", examples=["in_force.revoked"])
    rule: str = Field(
        description="The sections of docs/ that the code stands for",
        examples=["evidence-format.md check 13, standing 2"],
    )
    params: dict[str, str | int | list[str] | list[int] | None] = Field(
        description="The values that belong to the code", examples=[{"entry": 17, "time": 1790000000}]
    )
    words: str = Field(description="Code and parameters in English")


class AgencyWordResult(BaseModel):
    """What an agency says of the declaration: an attestation in force, made with authority."""

    agency: AgencyCode
    name: str
    jurisdiction: str
    kind: int = Field(description="UNCL 1001", examples=[132])
    outcome: int = Field(description="UNCL 7365, 4405 or 1373, by kind", examples=[7])
    adverse: bool = Field(description="Whether it holds against the goods or the party")
    words: str = Field(description="The same in English")


class DecidingCheckResult(BaseModel):
    """A check that decided the conclusion, and the rule that it stands for."""

    name: str
    code: str = Field(examples=["in_force.revoked"])
    rule: str = Field(examples=["evidence-format.md check 13, standing 2"])


class FieldCountsResult(BaseModel):
    """How many fields of the declared document were shown, and how many hidden."""

    shown: int
    hidden: int


class VerdictResult(BaseModel):
    """Checks, three questions, and the conclusion."""

    first_line: str = Field(description="Conclusion, document type, and which agencies spoke, in English")
    declaration: Hash
    at: int = Field(description="The time that was judged")
    clock: int = Field(description="The time of the server's clock")
    conclusion: Literal["GOOD", "NOT_GOOD", "UNDECIDED"]
    decided_by: list[DecidingCheckResult] = Field(description="What keeps it from being GOOD; empty where it is GOOD")
    questions: dict[str, str]
    attested_by: list[AgencyWordResult] = Field(description="Adverse words first")
    fields: FieldCountsResult | None = Field(description="Null where no document with the declared digest was given")
    checks: list[CheckResult]


class PeriodResult(BaseModel):
    """Half-open span: from (inclusive) until (exclusive; null is no end)."""

    from_: int = Field(alias="from")
    until: int | None


class AttesterResult(BaseModel):
    signer: Signer
    period: PeriodResult
    compromised_from: int | None


class AgencyResult(BaseModel):
    code: AgencyCode
    name: str
    jurisdiction: str
    uri: str
    active: bool
    mandates: dict[str, list[PeriodResult]]
    attesters: list[AttesterResult]


class EntryResult(BaseModel):
    """One entry: `hash` is SHA-256(0x00 ‖ number ‖ kind ‖ time ‖ payload)."""

    number: int
    kind: str
    time: int
    payload: str
    hash: Hash


class EntryPage(BaseModel):
    entries: list[EntryResult]
    size: int


class HistoryResult(BaseModel):
    """The history's name, size, head and RFC 9162 root, and its latest checkpoint as a signed note."""

    origin: str
    size: int
    head: Hash
    root: Hash
    checkpoint: str | None
    log_key: str | None = Field(
        description="Verifier key of the log that this server signs for; null if it has no log key"
    )


class NonceResult(BaseModel):
    """A number for one sign-in, and what else it has to name."""

    nonce: Hash
    expires_at: int
    origin: str = Field(description="Whose EIP-712 domain the sign-in is under", examples=[_ORIGIN_EXAMPLE])
    sites: list[str] = Field(
        description="Under which addresses this server is reached; the sign-in names one",
        examples=[["https://ledger.example"]],
    )


class SignIn(Shape):
    """A signer's words to a site. EIP-712 type `SignIn`."""

    site: str = Field(
        min_length=1,
        max_length=256,
        description="Address of this server as its client knows it, without a path",
        examples=["https://ledger.example"],
    )
    signer: Signer
    nonce: Hash = Field(description="What `POST /v1/sessions/nonces` gave")
    time: UInt40 = Field(description="Now, by the signer's clock", examples=[1795000000])


class SignedSignIn(Shape):
    sign_in: SignIn
    signature: Signature
    keep: Literal["bearer", "cookie"] = Field(
        default="bearer",
        description="bearer: the answer has the session, for programs. cookie: the browser keeps it, unseen by scripts",
    )


class SessionResult(BaseModel):
    """Who is signed in, until when, and what the key may do by the register of agencies as it is now."""

    signer: Signer
    roles: list[Literal["party", "officer", "council", "operator", "auditor"]] = Field(examples=[["party", "officer"]])
    agency: AgencyCode | None = Field(description="For which agency it speaks")
    reads_all: bool = Field(description="Whether it may read every party's declarations, or its own only")
    begun_at: int
    ends_at: int
    idle_until: int = Field(description="It ends then, unless it is used before")


class OpenedSession(SessionResult):
    """A session that has just begun."""

    session: str | None = Field(
        description="For the header `Authorization: Bearer …`; null if a cookie has it. It is not told again",
        examples=["Zm9yIHRoZSBleGFtcGxlIG9ubHksIDMyIGJ5dGVzIQ"],
    )


class Live(BaseModel):
    status: Literal["alive"] = "alive"


class WitnessResult(BaseModel):
    """A witness that is asked to cosign: the size it cosigned last, and what keeps it from cosigning, if anything."""

    name: str = Field(examples=["witness.mpi.example"])
    cosigned_size: int
    problem: str | None


class DegradedReason(BaseModel):
    """Why a server is degraded. docs/operations.md says what to do about each."""

    code: Literal[
        "chain_away", "chain_wrong", "nodes_differ", "history_broken", "node_away", "anchoring_waits", "batch_refused",
        "backlog_old",
    ]  # fmt: skip
    detail: str


class Ready(BaseModel):
    """`degraded`: declarations are taken in, anchoring may wait. A witness's problem does not count."""

    status: Literal["ready", "degraded"]
    reasons: list[DegradedReason]
    chain: str = Field(description="`answers`, or what is wrong with it")
    anchoring: str = Field(description="Which process anchors, as far as this one knows", examples=["here"])
    pending: int
    oldest_pending_seconds: int | None
    witnesses: list[WitnessResult]


class AgencySaid(BaseModel):
    """What an agency has said of a declaration, in codes and in words, whether it is in force or not."""

    agency: AgencyCode
    kind: int = Field(description="UNCL 1001", examples=[851])
    kind_in_words: str = Field(examples=["phytosanitary certificate"])
    outcome: int = Field(description="UNCL 7365, 4405 or 1373, by kind", examples=[1])
    outcome_in_words: str = Field(examples=["accepted"])
    adverse: bool = Field(description="Whether it holds against the goods or the party")
    standing: str = Field(examples=["in force", "revoked"])
    attestation: Hash


class InboxItem(DeclarationState):
    """A declaration that an agency has not attested, with its type in words, its age, and what agencies said of it."""

    type_in_words: str = Field(examples=["commercial invoice"])
    age_seconds: int = Field(description="Since it was received here")
    said: list[AgencySaid]


class InboxPage(BaseModel):
    """Some of what an agency has not attested, oldest first, and the cursor of the next page, null at the end."""

    agency: AgencyCode
    at: int = Field(description="Time of the server's clock, by which ages and standings are")
    inbox: list[InboxItem]
    next_cursor: str | None


class DeclarationIds(Shape):
    """Declarations to look up."""

    ids: list[Hash] = Field(min_length=1, max_length=1_000)


class DeclarationStates(BaseModel):
    """Where each stands, in the order of the ids; null for one that is not here, or that may not be read."""

    declarations: list[DeclarationState | None]


class MemberResult(BaseModel):
    """A member of an attested set: its index in the set, and the entry that revokes the attestation for it, or null."""

    index: int
    id: Hash
    revoked_by_entry: int | None


class MemberPage(BaseModel):
    """Members of an attested set that are known here, by their index; a set that is known in part has some."""

    size: int = Field(description="How many members the set has", examples=[1])
    members: list[MemberResult]
    next_index: int | None = Field(description="Where the next page begins; null at the end")
