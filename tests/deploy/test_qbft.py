"""Keys and files of a Besu network: what validators must agree on to the byte."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest

from ledger.core.encoding.reading import hex_text
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.signer import address_of
from ledger.edges.keys.keystore import SigningKey
from ledger.errors import Malformed
from scripts import qbft
from scripts.qbft import Node

# The example of Besu's documentation, private-networks/how-to/configure/consensus/qbft, section "Extra data".
DOCUMENTED = [
    bytes.fromhex(address)
    for address in (
        "4592c8e45706cc08b8f44b11e43cba0cfc5892cb",
        "06e23768a0f59cf365e18c2e0c89e151bcdedc70",
        "c5327f96ee02d7bcbc1bf1236b8c15148971e1de",
        "ab5e7f4061c605820d3744227eed91ff8e2c8908",
    )
]
DOCUMENTED_EXTRA = bytes.fromhex(
    "f87aa00000000000000000000000000000000000000000000000000000000000000000f854"
    "944592c8e45706cc08b8f44b11e43cba0cfc5892cb9406e23768a0f59cf365e18c2e0c89e151bcdedc70"
    "94c5327f96ee02d7bcbc1bf1236b8c15148971e1de94ab5e7f4061c605820d3744227eed91ff8e2c8908c080c0"
)


def node(number: int) -> Node:
    key = SigningKey(Algorithm.SECP256K1, number.to_bytes(32))
    return Node(key.public_key[1:], f"10.0.0.{number}", 30303)


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["qbft", *map(str, words)])
    return qbft.main()


def test_extra_data_is_that_of_besus_documentation() -> None:
    assert qbft.extra_data(DOCUMENTED) == DOCUMENTED_EXTRA
    assert qbft.validators_of(DOCUMENTED_EXTRA) == DOCUMENTED


@pytest.mark.parametrize(
    "extra",
    [
        b"",
        b"\x00",
        DOCUMENTED_EXTRA[:-1],
        DOCUMENTED_EXTRA + b"\x00",
        qbft.extra_data([]),
        qbft.extra_data([bytes(19)]),
        qbft.extra_data([bytes(20), bytes(20)]),
        DOCUMENTED_EXTRA.replace(b"\xc0\x80\xc0", b"\xc0\x01\xc0"),  # a round other than 0
        bytes(32) + b"".join(DOCUMENTED) + bytes(65),  # Clique's
    ],
)
def test_other_extra_data_is_refused(extra: bytes) -> None:
    with pytest.raises(Malformed, match="not the extraData"):
        qbft.validators_of(extra)


def test_all_who_name_the_same_validators_get_the_same_bytes(tmp_path: Path) -> None:
    nodes, funded = [node(number) for number in range(1, 5)], [bytes(20), b"\x01" * 20]
    qbft.write_genesis(tmp_path / "one", nodes, funded=funded)
    qbft.write_genesis(tmp_path / "other", nodes[::-1], funded=funded[::-1])
    for name in ("genesis.json", "static-nodes.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()
    qbft.write_genesis(tmp_path / "third", nodes[:3], funded=funded)
    assert (tmp_path / "third/genesis.json").read_bytes() != (tmp_path / "one/genesis.json").read_bytes()


def test_genesis_turns_on_what_the_contract_needs_and_gas_costs_nothing() -> None:
    made = qbft.genesis(DOCUMENTED, 7, 2, {})
    assert made["config"]["cancunTime"] == 0  # the contract is compiled for Cancun
    assert made["config"]["zeroBaseFee"] is True
    assert made["baseFeePerGas"] == "0x0"
    assert made["config"]["chainId"] == 7
    assert made["config"]["qbft"]["blockperiodseconds"] == 2
    assert made["mixHash"] == "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"
    assert qbft.validators_of(bytes.fromhex(made["extraData"][2:])) == sorted(DOCUMENTED)


def test_a_node_is_known_by_the_address_of_its_key() -> None:
    parsed = Node.parse(node(1).enode)
    assert parsed == node(1) == Node.parse(node(1).enode.removeprefix("enode://"))
    assert hex_text(parsed.address) == "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"  # of the secret 1, known to all


@pytest.mark.parametrize(
    "text", ["", "1@10.0.0.1:1", f"{'g' * 128}@10.0.0.1:1", f"{'a' * 128}@validator:1", f"{'a' * 128}@10.0.0.256:1"]
)
def test_what_names_no_node_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="IPv4"):
        Node.parse(text)


def test_a_key_is_for_its_owner_only_and_never_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "key"
    assert run(monkeypatch, "key", file) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key = SigningKey(Algorithm.SECP256K1, bytes.fromhex(file.read_text().strip()))
    said = capsys.readouterr().out
    assert key.public_key[1:].hex() in said
    assert file.read_text().strip() not in said
    before = file.read_bytes()
    assert run(monkeypatch, "key", file) == 1
    assert file.read_bytes() == before


def test_the_genesis_of_many_hands_can_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for number in range(1, 5) for word in ("--validator", node(number).enode)]
    assert run(monkeypatch, "genesis", tmp_path, *words, "--chain-id", 99, "--period", 5) == 0
    capsys.readouterr()
    assert run(monkeypatch, "show", tmp_path / "genesis.json") == 0
    said = capsys.readouterr().out
    assert "chain  99" in said
    for number in range(1, 5):
        assert hex_text(node(number).address) in said
    (tmp_path / "genesis.json").write_text("{}")
    assert run(monkeypatch, "show", tmp_path / "genesis.json") == 1
    assert run(monkeypatch, "genesis", tmp_path, *words[:2], *words[:2]) == 1  # one twice


def test_a_trial_hangs_together_and_is_never_made_over_another(tmp_path: Path) -> None:
    qbft.make_trial(tmp_path)
    made = json.loads((tmp_path / "network/genesis.json").read_text())
    named = {Node.parse(enode) for enode in json.loads((tmp_path / "network/static-nodes.json").read_text())}
    keys = [
        SigningKey(Algorithm.SECP256K1, bytes.fromhex((tmp_path / f"secrets/validator{number}.key").read_text()))
        for number in range(1, 5)
    ]
    assert {item.id for item in named} == {key.public_key[1:] for key in keys}
    addresses = {address_of(key.public_key) for key in keys}
    assert set(qbft.validators_of(bytes.fromhex(made["extraData"][2:]))) == addresses
    for secret in (tmp_path / "secrets").iterdir():
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert (tmp_path / "secrets/postgres_password").read_text().strip() in (
        tmp_path / "secrets/ledger.toml"
    ).read_text()
    with pytest.raises(Malformed, match="is not empty"):
        qbft.make_trial(tmp_path)
