"""Shapes of the ledger's own files, for the OpenAPI document: generated clients then know their members.

The files are read and judged by the core alone, strictly and from their bytes; see docs/evidence-format.md and
docs/formats.md.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas import Declaration, Hash, RenewalInclusion, Shape, Signature, UInt40

_Digits32 = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="32 bytes in hex, without 0x")]


class RedactedFile(Shape):
    """A redacted copy: some fields with their salts, the field hashes of the others (docs/formats.md section 2)."""

    fields: list[Annotated[list[str], Field(min_length=4, max_length=4)]] = Field(
        description="Path, type, value and salt of each field that is shown"
    )
    format: Literal["json", "xml", "opaque"]
    hidden: list[_Digits32] = Field(description="The field hashes of the hidden fields, ascending")
    ledger: str = Field(examples=["trade-ledger/redacted/1"])


class ProvenEntryFile(Shape):
    """An entry of the history, and its inclusion in the checkpoint."""

    bytes: str = Field(pattern="^0x(?:[0-9a-f]{2})*$")
    proof: list[Hash] = Field(max_length=64, description="RFC 9162 inclusion path, deepest first")


class IndexProofFile(Shape):
    """The numbers of all entries about each subject in question, and the proof that there are no others."""

    hashes: str = Field(description="Base64")
    lists: list[list[int]]
    steps: str


class EvidenceFile(Shape):
    """Evidence: one file that proves one document (docs/evidence-format.md, "The file")."""

    ledger: str = Field(examples=["trade-ledger/evidence/2"])
    origin: str
    declaration: Declaration
    signature: Signature
    inclusions: list[RenewalInclusion] = Field(min_length=1, description="The batch first, then other attested sets")
    entries: list[ProvenEntryFile]
    index: IndexProofFile
    checkpoint: str = Field(description="A signed note: origin, size, root, index root, signatures")
    document: RedactedFile | None


class LogKeyFile(Shape):
    """A key that signs the log's checkpoints, and the size up to which it counts."""

    key: str
    up_to: int | None


class TrustRootFile(Shape):
    """A trust root: what a verifier believes beforehand (docs/evidence-format.md, "The trust root")."""

    ledger: str = Field(examples=["trade-ledger/trust-root/2"])
    origin: str
    log_keys: list[LogKeyFile]
    witnesses: list[str]
    threshold: int


class RequirementFile(Shape):
    """An attestation that must be in force."""

    kind: int
    jurisdictions: list[str]
    outcomes: list[int]


class RefusalFile(Shape):
    """An attestation that must not be in force."""

    kind: int
    outcomes: list[int]


class PolicyFile(Shape):
    """A policy: what a verifier demands (docs/evidence-format.md, "The policy")."""

    ledger: str = Field(examples=["trade-ledger/policy/2"])
    allow_skipped: bool
    clock_tolerance: int
    max_age: int | None
    max_hidden: int | None
    refuse: list[RefusalFile]
    require: list[RequirementFile]
    show: list[str]
    witnesses: int | None


class VerificationBody(Shape):
    """What to verify. The document's bytes are used and forgotten; nothing of them is stored or logged."""

    evidence: EvidenceFile
    document: str | None = Field(default=None, description="Base64 of the document: wrapped, redacted or plain")
    trust: TrustRootFile | None = None
    policy: PolicyFile | None = None
    at: UInt40 | None = Field(default=None, description="Decide as at this time; now if null")
    online: bool = Field(default=True, description="Ask the chain for fresh facts")
