"""The tables by which documents say their type, for the reader in the browser: ``web/verifier/recognition.json``."""

from __future__ import annotations

import json

from ledger.core.statements import code_names
from ledger.core.statements import recognition_tables as tables


def render() -> str:
    """One JSON object; every table is that of the Python module with the same name, in lower case."""
    value = {
        "ubl_types": tables.UBL_TYPES,
        "ubl_codes": tables.UBL_CODES,
        "cefact_types": tables.CEFACT_TYPES,
        "wco_responses": tables.WCO_RESPONSES,
        "ncts_types": tables.NCTS_TYPES,
        "code_members": tables.CODE_MEMBERS,
        "name_members": tables.NAME_MEMBERS,
        "edifact_types": tables.EDIFACT_TYPES,
        "x12_types": tables.X12_TYPES,
        "type_codes": code_names.TYPE_CODES,
        "called": code_names.CALLED,
        "around": sorted(code_names.AROUND),
        "about": sorted(code_names.ABOUT),
        "endings": sorted(code_names.ENDINGS),
    }
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
