"""The tables of the store. Hashes and signatures are bytes, times seconds since 1970 (UTC), numbers at most 63 bits.

The migrations make the same tables; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

_HASH = LargeBinary(32)
_HEX = String(66)  # hashes of blocks and transactions as the node writes them: 0x and 64 digits
_NUMBER = BigInteger()
_STATE = String(8)
_PENDING = text("batch_id IS NULL")
_REORGANISED = text("kind = 'reorganised'")
_COUNTED = BigInteger().with_variant(Integer, "sqlite")  # only a column of type INTEGER counts up in SQLite

META = Table(
    "meta",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

BATCHES = Table(
    "batches",
    metadata,
    Column("id", _COUNTED, primary_key=True),
    Column("root", _HASH, nullable=False),
    Column("size", _NUMBER, nullable=False),
    Column("state", _STATE, nullable=False),
    Column("created_at", _NUMBER, nullable=False),
    Column("tx_hash", _HEX),
    # No foreign key: the index of the history may be dropped and read again at any time.
    Column("entry_number", _NUMBER),
    Column("entry_time", _NUMBER),
    # The last transaction that carried it, and what the node said when it was sent.
    Column("nonce", _NUMBER),
    Column("tip", _NUMBER),
    Column("max_fee", _NUMBER),
    Column("sent_at", _NUMBER),
    Column("retry_at", _NUMBER),
    Column("tries", _NUMBER, nullable=False, server_default="0"),
    Column("problem", Text),
    # What the transaction that anchored it cost, fees in gwei; empty if this server did not see its receipt.
    Column("gas", _NUMBER),
    Column("fees", _NUMBER),
    UniqueConstraint("root", "size"),
    CheckConstraint("size > 0", name="not_empty"),
    CheckConstraint("state IN ('batched', 'sent', 'anchored', 'final')", name="state"),
    CheckConstraint("(state IN ('anchored', 'final')) = (entry_number IS NOT NULL)", name="anchored_by_an_entry"),
    Index(None, "state", "id"),
    Index(None, "entry_number"),
    Index(None, "created_at"),
)

DECLARATIONS = Table(
    "declarations",
    metadata,
    Column("id", _HASH, primary_key=True),
    Column("party", LargeBinary(128), nullable=False),
    Column("digest", _HASH, nullable=False),
    Column("document_type", Integer, nullable=False),
    Column("replaces", _HASH, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("received_at", _NUMBER, nullable=False),
    # A declaration without a batch is pending; one in a batch has the batch's state.
    Column("batch_id", _COUNTED, ForeignKey("batches.id")),
    Column("batch_index", _NUMBER),
    UniqueConstraint("batch_id", "batch_index"),
    CheckConstraint("(batch_id IS NULL) = (batch_index IS NULL)", name="placed_in_batch"),
    # Every page is ordered by (received_at, id), so every index ends with these columns.
    Index(None, "received_at", "id"),
    Index("ix_declarations_pending", "received_at", "id", sqlite_where=_PENDING, postgresql_where=_PENDING),
    Index(None, "party", "received_at", "id"),
    Index(None, "document_type", "received_at", "id"),
    Index(None, "digest"),
)

# References that a party disclosed in a redacted copy, in their normal form, by which the declaration is found. The
# party erases them; nothing else of the copy is kept.
REFERENCES = Table(
    "declared_references",
    metadata,
    Column("declaration", _HASH, ForeignKey("declarations.id"), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("number", String(35), primary_key=True),
    Column("added_at", _NUMBER, nullable=False),
    Index(None, "number"),
)

ENTRIES = Table(
    "entries",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=False),
    Column("kind", Integer, nullable=False),
    Column("topic", _HASH, nullable=False),
    Column("time", _NUMBER, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("hash", _HASH, nullable=False),
    Column("block_number", _NUMBER, nullable=False),
    Column("block_hash", _HEX, nullable=False),
    Column("tx_hash", _HEX, nullable=False),
    Column("log_index", _NUMBER, nullable=False),
    Index(None, "topic", "kind", "number"),
)

ATTESTED_SETS = Table(
    "attested_sets",
    metadata,
    Column("id", _COUNTED, primary_key=True),
    Column("root", _HASH, nullable=False),
    Column("size", _NUMBER, nullable=False),
    UniqueConstraint("root", "size"),
)

SET_MEMBERS = Table(
    "set_members",
    metadata,
    Column("set_id", _COUNTED, ForeignKey("attested_sets.id"), primary_key=True),
    Column("position", _NUMBER, primary_key=True, autoincrement=False),
    # No foreign key: an agency may attest declarations that are in another store.
    Column("declaration", _HASH, nullable=False),
    Index(None, "declaration"),
)

# Inclusions that holders' evidence proves, of batches and attested sets of which not all members are known.
INCLUSIONS = Table(
    "places",
    metadata,
    Column("root", _HASH, primary_key=True),
    Column("size", _NUMBER, primary_key=True, autoincrement=False),
    Column("position", _NUMBER, primary_key=True, autoincrement=False),
    Column("declaration", _HASH, nullable=False),
    Column("path", LargeBinary, nullable=False),  # RFC 9162 inclusion path, deepest first, 32 bytes a hash
    Index(None, "declaration"),
)

CHECKPOINTS = Table(
    "checkpoints",
    metadata,
    Column("size", _NUMBER, primary_key=True, autoincrement=False),
    Column("root", _HASH, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", _NUMBER, nullable=False),
)

# The index of subjects, at the sizes of the newest checkpoints. A page is that of its prefix (hexadecimal digits) from
# one size until another; ``until`` is MAX_NUMBER while no newer size has another page.
INDEX_SIZES = Table(
    "index_sizes",
    metadata,
    Column("size", _NUMBER, primary_key=True, autoincrement=False),
    Column("root", _HASH, nullable=False),  # RFC 9162 root of the entries: which history it is
    Column("index_root", _HASH, nullable=False),
)

INDEX_PAGES = Table(
    "index_pages",
    metadata,
    Column("prefix", String(64), primary_key=True),
    Column("since", _NUMBER, primary_key=True, autoincrement=False),
    Column("until", _NUMBER, nullable=False),
    Column("page", LargeBinary, nullable=False),
    Index(None, "until"),
    Index(None, "since"),
)

# What this store's owner, as a witness, has cosigned of a log: never two roots for one size, never backwards.
COSIGNED = Table(
    "cosigned",
    metadata,
    Column("size", _NUMBER, primary_key=True, autoincrement=False),
    Column("root", _HASH, nullable=False),
    Column("index_root", _HASH, nullable=False),
    Column("cosigned_at", _NUMBER, nullable=False),
)

# Events: one row for each change of a batch, and one for each reorganisation, which took back ``depth`` entries from
# ``entry_number`` on.
CHANGES = Table(
    "changes",
    metadata,
    Column("id", _COUNTED, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("batch_id", _COUNTED),
    Column("entry_number", _NUMBER),
    Column("depth", _NUMBER),
    Index("ix_changes_reorganised", "id", sqlite_where=_REORGANISED, postgresql_where=_REORGANISED),
)

# The first response to a request that its client may repeat; a request without a status is still under way.
IDEMPOTENCY = Table(
    "idempotency",
    metadata,
    Column("client", String(64), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request", _HASH, nullable=False),
    Column("status", Integer),
    Column("body", LargeBinary),
    Column("created_at", _NUMBER, nullable=False),
    Index(None, "created_at"),
)

# Nonces that were given for sign-ins; a used one is kept until it would be too old, so that nobody uses it again.
NONCES = Table(
    "nonces",
    metadata,
    Column("nonce", _HASH, primary_key=True),
    Column("client", String(64), nullable=False),
    Column("created_at", _NUMBER, nullable=False),
    Column("used_at", _NUMBER),
    Index(None, "created_at"),
    Index(None, "client", "created_at"),
)

# Who tried to sign in when, so that a client address is held back by all processes together.
SIGN_IN_TRIES = Table(
    "sign_in_tries",
    metadata,
    Column("id", _COUNTED, primary_key=True),
    Column("client", String(64), nullable=False),
    Column("tried_at", _NUMBER, nullable=False),
    Index(None, "tried_at"),
    Index(None, "client", "tried_at"),
)

# Sessions, by the SHA-256 of what their holders show. What they show is nowhere here.
SESSIONS = Table(
    "sessions",
    metadata,
    Column("name", _HASH, primary_key=True),
    Column("signer", LargeBinary(128), nullable=False),
    Column("begun_at", _NUMBER, nullable=False),
    Column("used_at", _NUMBER, nullable=False),
    Index(None, "used_at"),
    Index(None, "begun_at"),
    Index(None, "signer", "used_at"),
)

# Shares: documents that parties left for who has a link, sealed with a key that is nowhere here. ``until``: the last
# second is the one before. One that was removed keeps its row, without pieces and size, for as long as it counts in
# what its signer may make in an hour.
SHARES = Table(
    "shares",
    metadata,
    Column("id", _HASH, primary_key=True),
    Column("signer", LargeBinary(128), nullable=False),
    Column("declaration", _HASH, ForeignKey("declarations.id"), nullable=False),
    Column("size", _NUMBER, nullable=False),
    Column("made_at", _NUMBER, nullable=False),
    Column("until", _NUMBER, nullable=False),
    Column("removed_at", _NUMBER),
    Index(None, "signer", "made_at"),
    Index(None, "until", "size"),
    Index(None, "removed_at"),
)

# The bytes of a share, in pieces, so that who reads one holds little of it in memory.
SHARE_PIECES = Table(
    "share_pieces",
    metadata,
    Column("share", _HASH, ForeignKey("shares.id"), primary_key=True),
    Column("number", _NUMBER, primary_key=True, autoincrement=False),
    Column("bytes", LargeBinary, nullable=False),
)

# What the relayer spent on statements of others in a day, by hour (seconds since 1970, by 3,600). Fees in gwei.
RELAY_SPENDING = Table(
    "relay_spending",
    metadata,
    Column("hour", _NUMBER, primary_key=True, autoincrement=False),
    Column("payer_kind", String(8), primary_key=True),
    Column("payer", LargeBinary(128), primary_key=True),
    Column("gas", _NUMBER, nullable=False),
    Column("fees", _NUMBER, nullable=False),
)

# What is reserved for statements that are being relayed, at most one row for each statement. A row whose end nobody saw
# counts as spent, and goes after a day.
RELAY_RESERVATIONS = Table(
    "relay_reservations",
    metadata,
    Column("statement", _HASH, primary_key=True),
    Column("payer_kind", String(8), nullable=False),
    Column("payer", LargeBinary(128), nullable=False),
    Column("gas", _NUMBER, nullable=False),
    Column("fees", _NUMBER, nullable=False),
    Column("created_at", _NUMBER, nullable=False),
)

# What an agency has not attested yet is found by sets of bits: docs/adr/0032. All of it follows from the entries and
# the members of sets, and is made anew if it is lost. META has how far it was made ("inbox").
#
# The declarations that entries anchor, numbered in that order. ``leaf``: the first 8 bytes of the hash of the
# declaration as a leaf, by which it is found if it is attested as a set of one.
INBOX_NUMBERS = Table(
    "inbox_numbers",
    metadata,
    Column("declaration", _HASH, primary_key=True),
    Column("number", _NUMBER, nullable=False),
    Column("leaf", _NUMBER, nullable=False),
    Index(None, "number", unique=True),
    Index(None, "leaf"),
)

# Blocks of numbers: when the first and the last declaration of each was received.
INBOX_BLOCKS = Table(
    "inbox_blocks",
    metadata,
    Column("block", _NUMBER, primary_key=True, autoincrement=False),
    Column("first_received", _NUMBER, nullable=False),
    Column("last_received", _NUMBER, nullable=False),
)

# One bit for each number of a block, the lowest first: is it of this document type?
INBOX_TYPES = Table(
    "inbox_types",
    metadata,
    Column("document_type", Integer, primary_key=True, autoincrement=False),
    Column("block", _NUMBER, primary_key=True, autoincrement=False),
    Column("bits", LargeBinary, nullable=False),
)

# The same: has this agency attested it under this kind? An empty agency and kind 0: is it withdrawn?
INBOX_ATTESTED = Table(
    "inbox_attested",
    metadata,
    Column("agency", String(16), primary_key=True),
    Column("block", _NUMBER, primary_key=True, autoincrement=False),
    Column("kind", Integer, primary_key=True, autoincrement=False),
    Column("bits", LargeBinary, nullable=False),
    Index(None, "block"),
)

# Sets of which members became known since; ``position``: how many of them were looked at.
INBOX_SETS = Table(
    "inbox_sets",
    metadata,
    Column("root", _HASH, primary_key=True),
    Column("size", _NUMBER, primary_key=True, autoincrement=False),
    Column("position", _NUMBER, nullable=False, server_default="0"),
)
