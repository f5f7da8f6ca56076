"""What the command line says of a statement that the relayer does not pay for."""

from __future__ import annotations

import json

import pytest

from ledger.cli.output import explain, failure_json
from ledger.errors import NotRelayed, OwnTransaction, StatementGasTooHigh


@pytest.fixture
def declined() -> NotRelayed:
    error = StatementGasTooHigh(500_000)
    error.transaction = OwnTransaction(b"\x5f" * 20, b"\x01" * 300, 31337, 612_345)
    return error


def test_people_are_told_which_transaction_to_send(declined: NotRelayed, capsys: pytest.CaptureFixture[str]) -> None:
    explain(declined)
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("StatementGasTooHigh: this needs more than 500000 gas")
    assert said[1] == "To relay it yourself, send this transaction from any account that has coins for its gas:"
    assert [line.split() for line in said[2:]] == [
        ["chain_id", "31337"], ["to", "0x" + "5f" * 20], ["value", "0"], ["gas", "612345"], ["data", "0x" + "01" * 300],
    ]  # fmt: skip


def test_machines_get_it_too(declined: NotRelayed) -> None:
    said = json.loads(failure_json(declined))["relay_yourself"]
    assert said == {
        "chain_id": 31337, "to": "0x" + "5f" * 20, "value": 0, "gas": 612_345, "data": "0x" + "01" * 300,
    }  # fmt: skip


def test_what_nobody_estimated_is_not_told(declined: NotRelayed, capsys: pytest.CaptureFixture[str]) -> None:
    declined.transaction = OwnTransaction(b"\x5f" * 20, b"\x01", 1)
    explain(declined)
    assert "gas " not in capsys.readouterr().err.partition("\n")[2].replace("its gas:", "")
    declined.transaction = None
    explain(declined)
    assert "relay it yourself, send" not in capsys.readouterr().err
