"""The cases, one table for each part of the documents."""

from __future__ import annotations

from tests.conformance.tables.adverse import adverse, lifted_by_others, marks, outcomes, withdrawals
from tests.conformance.tables.authority import forgeries
from tests.conformance.tables.checkpoints import checkpoints, log_keys, trust_folders, trust_roots
from tests.conformance.tables.clocks import clocks
from tests.conformance.tables.complete import complete
from tests.conformance.tables.documents import documents
from tests.conformance.tables.ending import ending
from tests.conformance.tables.entries import entries
from tests.conformance.tables.evidence_file import files
from tests.conformance.tables.force import force
from tests.conformance.tables.inclusions import inclusions, sets
from tests.conformance.tables.one_reading import one_reading
from tests.conformance.tables.others import others
from tests.conformance.tables.pages import pages
from tests.conformance.tables.passkeys import signatures_by_passkeys
from tests.conformance.tables.plain import plain
from tests.conformance.tables.policies import policies
from tests.conformance.tables.postings import postings
from tests.conformance.tables.twins import twins

TABLES = (
    files,
    inclusions,
    sets,
    checkpoints,
    trust_roots,
    log_keys,
    trust_folders,
    entries,
    forgeries,
    signatures_by_passkeys,
    clocks,
    force,
    adverse,
    marks,
    outcomes,
    lifted_by_others,
    withdrawals,
    others,
    postings,
    policies,
    documents,
    plain,
    one_reading,
    twins,
    pages,
    complete,
    ending,
)
