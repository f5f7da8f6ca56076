"""Contract, core, page of formats and stand-alone verifier name the same kinds of entries and the same statements.

A new kind must be added to each of them; docs/adding-an-entry-kind.md lists the places in order.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ledger import artifact
from ledger.core.history.entry import PAYLOADS, RESOLUTION_OF, EntryKind
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.posting import Posting
from ledger.core.statements.resolutions import RESOLUTIONS
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.sign_in import SignIn
from ledger.core.statements.statement import Statement
from ledger.core.statements.withdrawal import Withdrawal
from ledger.edges.chain.calls import ENACTING
from tests import entry_vectors
from tests.entry_vectors import Vector
from tests.verifier.both import alone

ROOT = Path(__file__).resolve().parents[2]
FORMATS = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
STATEMENTS: tuple[type[Statement], ...] = (Declaration, Withdrawal, Attestation, Revocation, Posting, *RESOLUTIONS)
# The contract's function that writes each kind of entry. Its arguments, in their order, are the payload.
FUNCTIONS = {
    EntryKind.COUNCIL_CHANGED: "changeCouncil",
    EntryKind.AGENCY_ENROLLED: "enrolAgency",
    EntryKind.AGENCY_SUSPENDED: "suspendAgency",
    EntryKind.AGENCY_REINSTATED: "reinstateAgency",
    EntryKind.ATTESTER_AUTHORISED: "authoriseAttester",
    EntryKind.ATTESTER_RETIRED: "retireAttester",
    EntryKind.ATTESTER_COMPROMISED: "declareCompromised",
    EntryKind.MANDATE_GRANTED: "grantMandate",
    EntryKind.MANDATE_WITHDRAWN: "withdrawMandate",
    EntryKind.ANCHORED: "anchor",
    EntryKind.ATTESTED: "attest",
    EntryKind.REVOKED: "revoke",
    EntryKind.WITHDRAWN: "withdraw",
    EntryKind.POSTED: "post",
}


def in_solidity(kind: EntryKind) -> str:
    return "".join(part.capitalize() for part in kind.name.split("_"))


def abi_type(parameter: dict[str, object]) -> str:
    """The type of a parameter in the contract's ABI; a struct is the tuple of its members."""
    name, parts = str(parameter["type"]), parameter.get("components")
    if not isinstance(parts, list):
        return name
    return f"({','.join(map(abi_type, parts))}){name.removeprefix('tuple')}"


def test_the_contract_numbers_the_kinds_alike() -> None:
    source = (ROOT / "contracts" / "interfaces" / "ITradeLedger.sol").read_text(encoding="utf-8")
    found = re.search(r"enum EntryKind \{([^}]*)\}", source)
    assert found is not None
    names = [name.strip() for name in found[1].split(",")]
    assert dict(enumerate(names)) == {int(kind): in_solidity(kind) for kind in EntryKind}


@pytest.mark.parametrize("kind", EntryKind, ids=lambda kind: kind.name)
def test_a_payload_is_the_arguments_of_the_contracts_function(kind: EntryKind) -> None:
    (function,) = [
        item for item in artifact.load().abi if item["type"] == "function" and item["name"] == FUNCTIONS[kind]
    ]
    assert PAYLOADS[kind].types == [abi_type(parameter) for parameter in function["inputs"]]


def test_each_resolution_has_a_kind_and_a_call() -> None:
    assert set(RESOLUTION_OF.values()) == set(RESOLUTIONS)
    assert {kind: ENACTING[resolution] for kind, resolution in RESOLUTION_OF.items()} == {
        kind: FUNCTIONS[kind] for kind in RESOLUTION_OF
    }


def test_the_contract_has_the_same_type_strings() -> None:
    source = (ROOT / "contracts" / "libraries" / "TypedData.sol").read_text(encoding="utf-8")
    hashed = re.findall(r"keccak256\(((?:\s*\"[^\"]*\")+)\s*\);", source)
    assert {"".join(re.findall(r'"([^"]*)"', text)) for text in hashed} == {
        statement.encoded_type() for statement in STATEMENTS
    }


def test_the_page_lists_the_statements() -> None:
    section = FORMATS[FORMATS.index("## 3.") : FORMATS.index("## 4.")]
    listed = re.findall(r"^    ([A-Z]\w*\([\w\[\] ,]*\))$", section, re.MULTILINE)
    assert sorted(listed) == sorted(statement.encoded_type() for statement in (*STATEMENTS, SignIn))


def test_the_page_lists_the_kinds_with_their_payloads() -> None:
    rows = re.findall(r"^\| (\d+) \| (\w+) \| [^|]+ \| `\((.*)\)` \|$", FORMATS, re.MULTILINE)
    assert [(int(number), name) for number, name, _ in rows] == [(int(kind), in_solidity(kind)) for kind in EntryKind]
    known = {statement.PRIMARY_TYPE: f"({','.join(statement.abi_types())})" for statement in STATEMENTS}
    known["Endorsement[]"] = "(bytes,bytes)[]"
    for number, _, payload in rows:
        types = [part.split()[0] for part in payload.split(", ")]
        assert [known.get(name, name) for name in types] == PAYLOADS[EntryKind(int(number))].types


def test_the_verifier_has_the_same_type_strings() -> None:
    signed = {alone.DECLARATION, alone.WITHDRAWAL, alone.ATTESTATION, alone.REVOCATION, alone.POSTING}
    stated = signed | set(alone.RESOLUTIONS.values())
    assert stated == {statement.encoded_type() for statement in STATEMENTS}
    assert {int(kind): resolution.encoded_type() for kind, resolution in RESOLUTION_OF.items()} == alone.RESOLUTIONS


@pytest.mark.parametrize("vector", entry_vectors.load(), ids=lambda vector: vector.name)
def test_the_verifier_reads_each_kind(vector: Vector) -> None:
    entry = alone.read_entry(vector.entry)
    assert (entry.number, entry.kind, entry.time, entry.leaf) == (
        vector.number, vector.kind, vector.time, vector.leaf_hash,
    )  # fmt: skip
