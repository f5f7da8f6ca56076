"""Which rule decides: for each code the sections of the documents that it stands for.

A verdict names the rule beside each code, so that whoever disputes it knows which sentence to read. The table stands in
docs/evidence-format.md, "The rules", too.
"""

from __future__ import annotations

from collections.abc import Mapping

_E, _F = "evidence-format.md", "formats.md"
_SIGNERS = f'{_F} section 3, "Signers and signatures"'

RULES: Mapping[str, str] = {
    "disclosure.*": f"{_E} check 1; {_F} section 2",
    "document.*": f"{_E} check 2; {_F} section 2",
    "document.plain_*": f'{_E} check 2, "The plain file"; {_F} section 2',
    "batch.*": f"{_E} check 3; {_F} sections 1 and 4",
    "sets.*": f"{_E} check 4; {_F} section 1",
    "origin.*": f"{_E} check 5; {_F} section 3",
    "origin.another_chain": f'{_E} "With fresh facts"; {_F} section 3',
    "checkpoint.*": f"{_E} check 6; {_F} section 6",
    "checkpoint_on_chain.*": f'{_E} "With fresh facts"; {_F} section 6',
    "witnesses.*": f"{_E} check 7; {_F} section 6",
    "entries.*": f"{_E} check 8; {_F} sections 1 and 5",
    "complete.*": f"{_E} check 22; {_F} section 7",
    "anchor.*": f"{_E} check 9; {_F} section 5",
    "declaration.*": f"{_E} check 10; {_SIGNERS}",
    "freshness.*": f"{_E} check 11",
    "since.*": f"{_E} check 23",
    "withdrawal.*": f"{_E} check 12",
    "withdrawal.not_signed": f"{_E} check 12; {_SIGNERS}",
    "in_force.*": f"{_E} check 13, standing 6",
    "in_force.not_yet_attested": f"{_E} check 13, standing 1",
    "in_force.revoked": f"{_E} check 13, standing 2",
    "in_force.lifted": f'{_E} check 13, "lifted hold"; {_F} section 3, "Code lists"',
    "in_force.revocation_in_doubt": f'{_E} check 13, "in doubt"',
    "in_force.compromised": f"{_E} check 13, standing 3",
    "in_force.before_validity": f"{_E} check 13, standing 4",
    "in_force.expired": f"{_E} check 13, standing 5",
    "revocation.*": f"{_E} check 13, revocation; {_SIGNERS}",
    "revocation.only_contract": f'{_E} "Signatures of contracts"',
    "revocation.contract_accepted": f'{_E} "With fresh facts"',
    "revocation.not_empowered": f'{_E} check 13, revocation, and "Authority of an attestation"',
    "compromise.*": f"{_E} check 14",
    "set.*": f"{_E} check 15; {_F} section 1",
    "signature.*": f"{_E} check 16; {_SIGNERS}",
    "signature.only_contract": f'{_E} "Signatures of contracts"',
    "signature.contract_accepted": f'{_E} "With fresh facts"',
    "authority.*": f'{_E} check 17, "Authority of an attestation"',
    "authority.only_contract": f'{_E} "Signatures of contracts"',
    "authority.contract_accepted": f'{_E} "With fresh facts"',
    "policy.*": f'{_E} check 18 and "The policy", `require`',
    "refusal.*": f'{_E} check 19 and "The policy", `refuse`',
    "shown.*": f'{_E} check 20 and "The policy", `show` and `max_hidden`',
    "pages.*": f"{_E} check 21; pdf.md",
}
"""By code, or by the beginning of codes with ``*`` for the rest; the longest that fits a code is its own."""

MALFORMED: Mapping[str, str] = {
    "evidence": f'{_E} "The file"',
    "document": f"{_E} check 2; {_F} section 2",
    "trust": f'{_E} "The trust root"',
    "policy": f'{_E} "The policy"',
}
"""The rule that a part of the question breaks which cannot be read; the code is ``malformed.evidence`` and so on."""


def rule_of(code: str) -> str:
    """The rule of a code; KeyError for one that no rule stands for.

    >>> rule_of("in_force.expired")
    'evidence-format.md check 13, standing 5'
    """
    if code in RULES:
        return RULES[code]
    fitting = [name for name in RULES if name.endswith("*") and code.startswith(name[:-1])]
    return RULES[max(fitting, key=len, default=code)]
