"""A document: from bytes to fields to a salted digest, and back to a copy that shows only some of it.

docs/formats.md, section 2, is the specification. In reading order:

=============== =======================================================================================
``field``       one path and value; the format of a file
``digest``      salts, field hashes, the digest
``xml_names``   the names that every reader of XML takes
``paths``       the grammar of field paths
``json_fields`` JSON to fields
``xml_fields``  XML to fields
``wrapped``     the owner's file
``positions``   where a position means one element in a path, and another in XPath
``patterns``    how to name fields to hide or show
``shape``       whether fields fit into one document
``redaction``   the file for another reader, with some fields hidden
``references``  the references, such as an MRN, that a document's fields hold
``difference``  which field of a copy differs from its original
``file_names``  which files of a folder are documents, and what their copies are called
``plain``       a plain file beside what evidence discloses
=============== =======================================================================================

Public vectors plug in at :func:`parse_json` and :func:`canonical_json` (RFC 8785, RFC 7493; ``ledger.core.encoding``)
and at :func:`parse`.
"""

from ledger.core.document.difference import Difference, FieldChange, difference
from ledger.core.document.digest import SALT_SIZE, SEED_SIZE, digest_of, field_hash, hash_fields
from ledger.core.document.field import Field, sniff
from ledger.core.document.plain import Plain, open_beside
from ledger.core.document.redaction import Disclosed, Redacted, disclose, open_document, read_redacted, redact
from ledger.core.document.wrapped import Wrapped, parse, read_wrapped, wrap
from ledger.core.encoding.json_text import canonical_json, parse_json
from ledger.core.encoding.limits import DEFAULT_LIMITS, Format, Limits

__all__ = [
    "DEFAULT_LIMITS",
    "SALT_SIZE",
    "SEED_SIZE",
    "Difference",
    "Disclosed",
    "Field",
    "FieldChange",
    "Format",
    "Limits",
    "Plain",
    "Redacted",
    "Wrapped",
    "canonical_json",
    "difference",
    "digest_of",
    "disclose",
    "field_hash",
    "hash_fields",
    "open_beside",
    "open_document",
    "parse",
    "parse_json",
    "read_redacted",
    "read_wrapped",
    "redact",
    "sniff",
    "wrap",
]
