"""The store: declarations, batches, attested sets, checkpoints, and an index of the history. SQLAlchemy.

It is memory, not authority: whatever it says is signed by somebody, or replayed from the chain and compared with it.
If it is lost, this is lost with it: declarations that are not anchored yet, which declarations are in which set, and
what parties left here for others (references, shares).

``Store.open`` checks schema and origin and hands out one object for each thing that is kept. In reading order:

==================== ==================================================================================
``database``         one database: connections, transactions, and what its failures mean
``postgres_dialect`` PostgreSQL through pg8000, with broken connections noticed
``schema``           tables of a package, made and upgraded by its own migrations
``migrations``       those of the store, one file each; never edited
``tables``           the store's tables
``limits``           what a column holds, how many rows one statement names
``rows``             one row of each table as a value, and back
``bulk``             many rows at once
``transactions``     writes that touch several tables: forming and anchoring batches, appending entries
``declarations``     declarations, taken in once and found again
``batches``          from formed to final
``sets``             the members of attested sets
``inclusions``       what evidence proves of batches and sets that are known in part
``inbox_sets``       note of which sets members became known
``inbox``            what each agency has attested, as sets of bits, to find what it has not
``references``       the references, such as an MRN, by which declarations are found
``shares``           sealed documents that parties leave for who has a link
``entries``          the index of the history
``index_pages``      the index of subjects, at the sizes of the newest checkpoints
``checkpoints``      every published checkpoint, with its cosignatures
``cosigned``         what this store's owner has cosigned as a witness
``events``           what has changed since a reader last looked
``status``           how much is under way, and whether the store can be written
``idempotency``      responses to requests that clients may repeat
``sessions``         who is signed in, the nonces given for it, and who tried how often
``relaying``         what the relayer spent on statements of others, and what is reserved
``leadership``       who leads and who sends, among processes
``restore``          one transaction that writes what exports and evidence contain
``backup``           a copy of a SQLite database as of one moment
``store``            opens all of this
==================== ==================================================================================

Another package keeps its own tables in the same database: it makes a :class:`Schema` of its own migrations and works on
a :class:`Database`, as ``store`` does.
"""

from ledger.core.anchoring.batches import Batch, BatchState, DeclarationState
from ledger.edges.store.database import Database
from ledger.edges.store.declarations import MAX_PAGE, Pending
from ledger.edges.store.events import Cursor, Reorganised, Step, StoreEvent
from ledger.edges.store.idempotency import StoredResponse
from ledger.edges.store.inbox import Marked, Numbered
from ledger.edges.store.leadership import Candidate
from ledger.edges.store.restore import Restoration
from ledger.edges.store.rows import DeclarationRow, IndexedEntry
from ledger.edges.store.schema import Schema
from ledger.edges.store.status import StoreStatus
from ledger.edges.store.store import Store

__all__ = [
    "MAX_PAGE",
    "Batch",
    "BatchState",
    "Candidate",
    "Cursor",
    "Database",
    "DeclarationRow",
    "DeclarationState",
    "IndexedEntry",
    "Marked",
    "Numbered",
    "Pending",
    "Reorganised",
    "Restoration",
    "Schema",
    "Step",
    "Store",
    "StoreEvent",
    "StoreStatus",
    "StoredResponse",
]
