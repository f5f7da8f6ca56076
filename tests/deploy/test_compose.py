"""deploy/compose.yaml, as compose's own parser understands it: who runs as whom, what is open, what is secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ledger.edges.keys.keystore import Keystore
from ledger.settings import describe, load_settings
from scripts import qbft
from scripts.qbft import Node
from tests.deploy.conftest import Understood

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "deploy" / "compose.yaml"
VALIDATORS = [f"validator{number}" for number in range(1, 5)]
# Each option of Besu can be set as BESU_ and its name. Those that we set, and the page that says so; seen for 26.4.
# besu.hyperledger.org/public-networks/reference/cli/options
REFERENCE = {"genesis-file", "min-gas-price", "nat-method", "node-private-key-file", "p2p-host", "p2p-port"}
# …/public-networks/how-to/connect/static-nodes
STATIC_NODES = {"static-nodes-file", "discovery-enabled"}
# …/public-networks/how-to/configure-besu/profile
PROFILE = {"profile", "sync-mode", "data-storage-format"}
# …/private-networks/tutorials/qbft; rpc-http-host stands in the image's Dockerfile
TUTORIAL = {"data-path", "host-allowlist", "rpc-http-api", "rpc-http-enabled", "rpc-http-host"}
DOCUMENTED = REFERENCE | STATIC_NODES | PROFILE | TUTORIAL


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trial")
    qbft.make_trial(folder)
    return folder


@pytest.fixture(scope="module")
def project(home: Path, understood: Understood) -> Mapping[str, Any]:
    made: Mapping[str, Any] = understood("compose", COMPOSE, home / ".env")
    return made


def test_it_is_four_validators_a_store_and_two_of_us(project: Mapping[str, Any]) -> None:
    assert set(project["services"]) == {*VALIDATORS, "postgres", "api", "ledger"}
    assert project["services"]["api"]["deploy"]["replicas"] == 2
    assert project["services"]["ledger"]["profiles"] == ["tools"]  # not started with the others


def test_nobody_can_do_more_than_it_must(project: Mapping[str, Any]) -> None:
    for name, service in project["services"].items():
        uid = int(service["user"].partition(":")[0])
        assert uid != 0, name
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name
        limits = service["deploy"]["resources"]["limits"]
        assert int(limits["memory"]) <= 2 << 30, name
        assert float(limits["cpus"]) <= 2, name
        assert service.get("healthcheck") or name == "api", name  # the API's stands in its image


def test_only_the_api_is_open_and_only_to_the_proxy(project: Mapping[str, Any]) -> None:
    open_ = {name for name, service in project["services"].items() if service.get("ports")}
    assert open_ == {"api"}
    assert {port["host_ip"] for port in project["services"]["api"]["ports"]} == {"127.0.0.1"}
    for network in ("store", "chain"):
        assert project["networks"][network]["internal"]
    assert set(project["services"]["postgres"]["networks"]) == {"store"}
    for name in VALIDATORS:
        assert set(project["services"][name]["networks"]) == {"chain"}


def test_secrets_are_files_and_stand_nowhere_else(project: Mapping[str, Any], home: Path) -> None:
    for secret in project["secrets"].values():
        assert Path(secret["file"]).parent == home / "secrets"
        assert Path(secret["file"]).is_file()
    told = json.dumps(project)
    for file in (home / "secrets").iterdir():
        assert file.read_text().strip() not in told, file.name
    for name, service in project["services"].items():
        for variable in service.get("environment") or {}:
            assert "PASSWORD" not in variable or variable.endswith("_FILE"), (name, variable)
        mine = {secret["source"] for secret in service.get("secrets", [])}
        assert mine & set(VALIDATORS) <= {name}  # a validator sees its own key, and nobody else's


def test_what_is_mounted_is_what_a_trial_makes(project: Mapping[str, Any], home: Path) -> None:
    for name, service in project["services"].items():
        for volume in service["volumes"]:
            assert Path(volume["source"]).is_relative_to(home), name
            assert Path(volume["source"]).is_dir(), name
            assert volume.get("read_only") or volume["target"].startswith("/var/lib/"), name


def test_besu_gets_options_that_are_documented(project: Mapping[str, Any]) -> None:
    for name in VALIDATORS:
        variables = project["services"][name]["environment"]
        options = {key.removeprefix("BESU_").lower().replace("_", "-") for key in variables if key.startswith("BESU_")}
        assert options == DOCUMENTED


def test_validators_are_found_where_the_network_says(project: Mapping[str, Any], home: Path) -> None:
    named = [Node.parse(enode) for enode in json.loads((home / "network/static-nodes.json").read_text())]
    hosts = {}
    for name in VALIDATORS:
        service = project["services"][name]
        variables, address = service["environment"], service["networks"]["chain"]["ipv4_address"]
        assert variables["BESU_P2P_HOST"] == address
        secret = Path(project["secrets"][service["secrets"][0]["source"]]["file"])
        assert variables["BESU_NODE_PRIVATE_KEY_FILE"] == f"/run/secrets/{service['secrets'][0]['target']}"
        hosts[address, int(variables["BESU_P2P_PORT"])] = secret.read_text().strip()
        assert name in variables["BESU_HOST_ALLOWLIST"].split(",")
    assert {(node.host, node.port) for node in named} == set(hosts)
    for node in named:
        key = qbft.SigningKey(qbft.Algorithm.SECP256K1, bytes.fromhex(hosts[node.host, node.port]))
        assert node.id == key.public_key[1:]


def test_our_settings_are_settings_and_fit_the_trial(
    project: Mapping[str, Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = dict(project["services"]["api"]["environment"])
    assert project["services"]["ledger"]["environment"] == variables
    known = {item.variable for item in describe()} | {"LEDGER_CONFIG"}
    assert set(variables) <= known
    for name, value in variables.items():
        outside = value.replace("/run/secrets/", f"{home}/secrets/").replace("/keys", f"{home}/keys")
        monkeypatch.setenv(name, outside)
    settings = load_settings()
    assert str(settings.store_address()).endswith("@postgres/ledger")
    assert settings.passphrase_file is not None
    keystore, passphrase = Keystore(settings.keystore_dir), settings.passphrase_file.read_text().strip()
    assert {info.name for info in keystore.list()} == {"relayer", "anchor", "council", "log"}
    assert keystore.load(settings.relayer_key, passphrase).algorithm == "secp256k1"
