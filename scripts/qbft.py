"""Make the files of the Besu network of ``deploy/``: node keys, genesis file, static nodes, or a whole trial.

    python -m scripts.qbft key FILE        make a node key; each administration does this on its own machine
    python -m scripts.qbft genesis DIR --validator NODE_ID@IP:PORT ...    make the genesis file; all get the same bytes
    python -m scripts.qbft show FILE       print what a genesis file says, to compare it by telephone
    python -m scripts.qbft trial DIR       make everything that deploy/compose.yaml needs, on one machine

A node key is 32 bytes in hex in a file of mode 0600, as Besu reads it (``--node-private-key-file``). A secret stays on
the machine that made it. In a trial one machine makes them all.
"""

from __future__ import annotations

import argparse
import hashlib
import ipaddress
import json
import os
import re
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rlp
from rich.console import Console

from ledger.core.statements.origin import ADDRESS_SIZE
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.signer import address_of
from ledger.edges.keys.keystore import Keystore, SigningKey
from ledger.errors import LedgerError, Malformed

CHAIN_ID = 22_226
PERIOD = 2
GAS_LIMIT = 30_000_000
VANITY_SIZE = 32
# This value marks a block of IBFT or QBFT.
MIX_HASH = b"ctical byzantine fault tolerance"
COINS = 10**21
TRIAL_SIZE = 4
TRIAL_ADDRESS, P2P_PORT = "172.30.53.{}", 30303  # as deploy/compose.yaml has them
BESU_UID = 1000  # the account of Besu's image; root gives it the files of a trial
_NODE = re.compile(r"([0-9a-f]{128})@([0-9.]+):([0-9]{1,5})")
console = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class Node:
    """A validator as the others know it: public key (64 bytes), IPv4 address and port."""

    id: bytes
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Node:
        """Read ``NODE_ID@IP:PORT``, with or without ``enode://`` in front.

        :raises Malformed: the text has another form.
        """
        match = _NODE.fullmatch(text.removeprefix("enode://"))
        try:
            if match is None:
                raise ValueError
            node = cls(bytes.fromhex(match[1]), str(ipaddress.IPv4Address(match[2])), int(match[3]))
        except ValueError:
            raise Malformed("is 128 hex digits, @, an IPv4 address, : and a port", text) from None
        return node

    @property
    def address(self) -> bytes:
        """The validator's address, 20 bytes."""
        return address_of(b"\x04" + self.id)

    @property
    def enode(self) -> str:
        return f"enode://{self.id.hex()}@{self.host}:{self.port}"


def extra_data(validators: Sequence[bytes]) -> bytes:
    """QBFT's extraData of the first block: rlp([32 bytes of vanity, validators, no vote, round 0, no seals])."""
    return bytes(rlp.encode([bytes(VANITY_SIZE), list(validators), [], b"", []]))


def validators_of(extra: bytes) -> list[bytes]:
    """The validators in a first block's extraData.

    :raises Malformed: ``extra_data`` does not make these bytes.
    """
    try:
        validators = [bytes(item) for item in rlp.decode(extra)[1]]
    except (rlp.DecodingError, IndexError, TypeError):
        validators = []
    whole = validators and all(len(item) == ADDRESS_SIZE for item in validators)
    if not whole or len(set(validators)) != len(validators) or extra_data(validators) != extra:
        raise Malformed("is not the extraData of a first QBFT block", "extraData")
    return validators


def genesis(validators: Sequence[bytes], chain_id: int, period: int, funded: Mapping[bytes, int]) -> dict[str, Any]:
    """Besu's genesis file as JSON: QBFT, all rules up to Cancun from the first block on, free gas.

    :param validators: addresses, in any order; the same set gives the same file.
    :param period: seconds between blocks.
    :param funded: wei by address.
    """
    return {
        "config": {
            "chainId": chain_id,
            "berlinBlock": 0,
            "londonBlock": 0,
            "shanghaiTime": 0,
            "cancunTime": 0,
            "zeroBaseFee": True,
            "qbft": {"blockperiodseconds": period, "epochlength": 30_000, "requesttimeoutseconds": 2 * period},
        },
        "nonce": "0x0",
        "timestamp": "0x0",
        "extraData": "0x" + extra_data(sorted(validators)).hex(),
        "gasLimit": hex(GAS_LIMIT),
        "baseFeePerGas": "0x0",
        "difficulty": "0x1",
        "mixHash": "0x" + MIX_HASH.hex(),
        "coinbase": "0x" + bytes(ADDRESS_SIZE).hex(),
        "alloc": {address.hex(): {"balance": hex(funded[address])} for address in sorted(funded)},
    }


def new_node_key(path: Path) -> bytes:
    """Write a new node key and return the node's id. An existing file is never overwritten."""
    secret = secrets.token_bytes(32)
    key = SigningKey(Algorithm.SECP256K1, secret)
    _write_secret(path, secret.hex())
    return key.public_key[1:]


def write_genesis(
    folder: Path, nodes: Sequence[Node], chain_id: int = CHAIN_ID, period: int = PERIOD, funded: Sequence[bytes] = ()
) -> None:
    """Write ``genesis.json`` and ``static-nodes.json``. They are not secret, and they are the same for all."""
    if len({node.id for node in nodes}) != len(nodes) or not nodes:
        raise Malformed("must name at least one validator, each once", "validators")
    made = genesis([node.address for node in nodes], chain_id, period, dict.fromkeys(funded, COINS))
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "genesis.json", made)
    _write_json(folder / "static-nodes.json", sorted(node.enode for node in nodes))


def make_trial(folder: Path) -> None:
    """Make everything that ``deploy/compose.yaml`` mounts: four validators, PostgreSQL and the API on one machine.

    :raises Malformed: the folder is not empty. Files in use must not be overwritten.
    """
    if folder.exists() and any(folder.iterdir()):
        raise Malformed("is not empty: choose another folder", str(folder))
    for own in ("postgres", "state", "keys", "secrets", *(f"validator{number}" for number in range(1, TRIAL_SIZE + 1))):
        (folder / own).mkdir(mode=0o700, parents=True)
    nodes = []
    for number in range(1, TRIAL_SIZE + 1):
        id_ = new_node_key(folder / "secrets" / f"validator{number}.key")
        nodes.append(Node(id_, TRIAL_ADDRESS.format(10 + number), P2P_PORT))
    passphrase, password = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    _write_secret(folder / "secrets" / "passphrase", passphrase)
    _write_secret(folder / "secrets" / "postgres_password", password)
    _write_secret(folder / "secrets" / "ledger.toml", f'store_url = "postgresql://ledger:{password}@postgres/ledger"')
    keystore = Keystore(folder / "keys")
    keystore.create("relayer", Algorithm.SECP256K1, passphrase)
    keystore.create("anchor", Algorithm.SECP256K1, passphrase)
    keystore.create("council", Algorithm.SECP256K1, passphrase)
    keystore.create("log", Algorithm.ED25519, passphrase)
    write_genesis(folder / "network", nodes)
    uid, gid = (BESU_UID, BESU_UID) if os.getuid() == 0 else (os.getuid(), os.getgid())
    (folder / ".env").write_text(f"LEDGER_HOME={folder.resolve()}\nLEDGER_UID={uid}\nLEDGER_GID={gid}\n")
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, uid, gid)


def show(path: Path) -> None:
    """Print digest, chain, rules and validators of a genesis file."""
    try:
        data = path.read_bytes()
        made = json.loads(data)
        config, extra = made["config"], bytes.fromhex(made["extraData"].removeprefix("0x"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Malformed(f"is not a genesis file: {error}", str(path)) from None
    console.print(f"sha256 {hashlib.sha256(data).hexdigest()}\nchain  {config['chainId']}\nqbft   {config['qbft']}")
    for address in validators_of(extra):
        console.print(f"0x{address.hex()}")


def main() -> int:
    """Run one command. Print an error as one clear line."""
    parser = argparse.ArgumentParser(prog="python -m scripts.qbft", description="Make the files of a Besu network.")
    actions = parser.add_subparsers(dest="action", required=True)
    for name, what in (("key", "file to write"), ("show", "genesis file"), ("trial", "folder to make")):
        actions.add_parser(name).add_argument("path", type=Path, help=what)
    common = actions.add_parser("genesis")
    common.add_argument("path", type=Path, help="folder to write into")
    common.add_argument("--validator", action="append", required=True, metavar="NODE_ID@IP:PORT")
    common.add_argument("--chain-id", type=int, default=CHAIN_ID)
    common.add_argument("--period", type=int, default=PERIOD, help="seconds between blocks")
    common.add_argument("--fund", action="append", default=[], metavar="0x…", help="an account that gets coins")
    given = parser.parse_args()
    try:
        if given.action == "key":
            console.print(f"node id {new_node_key(given.path).hex()}", soft_wrap=True)
        elif given.action == "show":
            show(given.path)
        elif given.action == "trial":
            make_trial(given.path)
        else:
            funded = [bytes.fromhex(account.removeprefix("0x")) for account in given.fund]
            nodes = [Node.parse(text) for text in given.validator]
            write_genesis(given.path, nodes, given.chain_id, given.period, funded)
            show(given.path / "genesis.json")
    except LedgerError as error:
        console.print(f"[red]{error}[/]")
        return 1
    return 0


def _write_secret(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Malformed(f"cannot be written: {error.strerror}", str(path)) from None
    with os.fdopen(handle, "w") as file:
        file.write(text + "\n")


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
