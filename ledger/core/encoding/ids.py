"""Types for the byte strings that name things, so that mypy refuses one where another is asked for.

All are ``bytes`` at run time.
"""

from __future__ import annotations

from typing import NamedTuple, NewType

DeclarationId = NewType("DeclarationId", bytes)
"""The EIP-712 digest of a declaration, 32 bytes."""

AttestationId = NewType("AttestationId", bytes)
"""The EIP-712 digest of an attestation, 32 bytes."""

Digest = NewType("Digest", bytes)
"""The digest of a document: the RFC 9162 root over its salted fields, 32 bytes."""

ShareId = NewType("ShareId", bytes)
"""What names a share at a server, 32 bytes. It follows from the share's key, and says nothing of it."""

Root = NewType("Root", bytes)
"""The RFC 9162 root over the ids of a batch or a set, or over the entries of a history, 32 bytes."""

Signer = NewType("Signer", bytes)
"""An ERC-7913 signer, 20 to 128 bytes."""

Subject = NewType("Subject", bytes)
"""What an entry is about: a type (1 byte) and what names it, 1 to 129 bytes."""

SubjectKey = NewType("SubjectKey", bytes)
"""The key of a subject in the index: a hash of the subject, 32 bytes."""

IndexRoot = NewType("IndexRoot", bytes)
"""The root of the index of subjects, 32 bytes; zero of an empty one."""


class LineName(NamedTuple):
    """What names a line of a certificate: the attestation that issued it, the certificate's declaration, a number."""

    attestation: AttestationId
    member: DeclarationId
    line: int


class SetName(NamedTuple):
    """What names a batch or a set of declarations: the root over its ids and their count."""

    root: Root
    size: int
