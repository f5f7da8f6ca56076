"""What the browser's verifier can find, and its words: ``web/verifier/codes.json``, from the Python table of codes.

Only what an offline verdict can say: the file is part of pages that must stay small.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ledger.core.verification.codes import CODES, STEPS

_WITH_A_CHAIN = ("checkpoint_on_chain.", "origin.another_chain")
_AFTER_A_REPLAY = (".replayed", ".contract_accepted")


def offline_codes() -> Iterator[str]:
    """The codes that a verdict without a chain can have, in the order of the table."""
    return (code for code in CODES if not code.startswith(_WITH_A_CHAIN) and not code.endswith(_AFTER_A_REPLAY))


def tables() -> dict[str, Any]:
    """``codes``: status and words of each; ``steps``: number and question, by the beginning of a code."""
    codes = list(offline_codes())
    steps = {code.partition(".")[0] for code in codes}
    return {
        "codes": {code: [CODES[code].status.value, CODES[code].words.text] for code in codes},
        "steps": {name: [step.number, step.question.name.lower()] for name, step in STEPS.items() if name in steps},
    }


def render() -> str:
    """The file: JSON, one line for each code."""
    return json.dumps(tables(), indent=1, ensure_ascii=False) + "\n"
