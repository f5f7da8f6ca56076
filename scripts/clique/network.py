"""The validators as one network: make, start, kill, cut apart and join them again."""

from __future__ import annotations

import itertools
import json
import secrets
import shutil
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ledger.core.statements.signature import Algorithm
from ledger.edges.keys.keystore import Keystore, SigningKey
from ledger.errors import Malformed, Source, Unavailable
from scripts.clique.genesis import genesis
from scripts.clique.geth import built
from scripts.clique.validator import Validator

CHAIN_ID = 22_225
_SEALER = "sealer"
_POLL_SECONDS = 0.1
_IN_STEP = 2  # the most blocks between the first and the last validator that are in step


class Network:
    """The network of one folder: ``network.json``, ``genesis.json``, ``passphrase`` and a folder for each validator.

    Validators have numbers from 0. All listen on loopback only, on ports that were free when the network was made. They
    do not discover each other; this class connects them. The keys are made with the network and guard worthless coins.
    """

    def __init__(self, folder: Path, binary: Path | None = None) -> None:
        """Open a network that ``create`` made. Without ``binary``, geth is built if necessary, which takes minutes.

        :raises Malformed: the folder holds no network.
        """
        self._folder = folder.resolve()
        self._binary = binary or built()
        try:
            noted: dict[str, Any] = json.loads((self._folder / "network.json").read_text())
        except FileNotFoundError:
            raise Malformed(f"there is no network in {folder}: make one first", "network") from None
        self.chain_id = int(noted["chain_id"])
        self.validators = tuple(
            Validator(
                self._folder / item["name"],
                item["http_port"],
                item["peer_port"],
                bytes.fromhex(item["node_id"]),
                bytes.fromhex(item["sealer"]),
            )
            for item in noted["validators"]
        )
        self._cut: set[frozenset[int]] = set()

    @classmethod
    def create(
        cls,
        folder: Path,
        funded: Mapping[bytes, int],
        size: int = 4,
        period: int = 1,
        chain_id: int = CHAIN_ID,
        binary: Path | None = None,
    ) -> Network:
        """Make keys, ports and the first block. Start nothing.

        :param funded: wei by address, in the first block.
        :param size: number of validators. Each may seal one block in ``size // 2 + 1``: four continue without one, five
            without two.
        :param period: seconds between blocks.
        :raises Malformed: the folder already holds a network.
        """
        binary = binary or built()
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "network.json").exists():
            raise Malformed(f"there is a network in {folder} already", "network")
        passphrase = secrets.token_urlsafe(24)
        _secret_file(folder / "passphrase", passphrase)
        ports = _free_ports(2 * size)
        noted = []
        for number in range(size):
            own = folder / f"validator{number}"
            own.mkdir()
            # geth can open a file of our keystore.
            sealer = Keystore(own / "keystore", light=True).create(_SEALER, Algorithm.SECP256K1, passphrase)
            noted.append({
                "name": own.name,
                "http_port": ports.pop(),
                "peer_port": ports.pop(),
                "node_id": _node_key(own / "nodekey").hex(),
                "sealer": sealer.public.removeprefix("0x"),
            })  # fmt: skip
        sealers = [bytes.fromhex(str(item["sealer"])) for item in noted]
        first = folder / "genesis.json"
        first.write_text(json.dumps(genesis(chain_id, period, sealers, funded), indent=2) + "\n")
        (folder / "network.json").write_text(json.dumps({"chain_id": chain_id, "validators": noted}, indent=2) + "\n")
        network = cls(folder, binary)
        for validator in network.validators:
            validator.initialise(binary, first)
        return network

    @property
    def urls(self) -> list[str]:
        """JSON-RPC addresses of all validators in order, running or not."""
        return [validator.url for validator in self.validators]

    def live(self) -> list[Validator]:
        """The running validators."""
        return [validator for validator in self.validators if validator.pid is not None]

    def start(self, *numbers: int) -> None:
        """Start these validators, or all, and connect them with the running ones, except across a cut."""
        for number in numbers or range(len(self.validators)):
            self.validators[number].start(self._binary, self.chain_id, self._folder / "passphrase")
        for one, other in itertools.combinations(range(len(self.validators)), 2):
            if frozenset((one, other)) not in self._cut:
                self._join(one, other)

    def stop(self) -> None:
        """Stop all validators in order."""
        for validator in self.validators:
            validator.stop()

    def kill(self, number: int) -> None:
        """Kill one validator."""
        self.validators[number].kill()

    def partition(self, group: Iterable[int]) -> None:
        """Cut all connections between this group and the others, and wait until they are closed."""
        inside = set(group)
        for one, other in itertools.product(inside, set(range(len(self.validators))) - inside):
            self._cut.add(frozenset((one, other)))
            for here, there in ((one, other), (other, one)):
                if self.validators[here].pid is not None:
                    self.validators[here].disconnect(self.validators[there])
        self.wait_for("the cut", lambda: not any(self._connected(*pair) for pair in self._cut), 30)

    def heal(self) -> None:
        """Connect what was cut. geth waits up to 35 s after a failed dial."""
        healed, self._cut = self._cut, set()
        for one, other in healed:
            self._join(one, other)
            self._join(other, one)

    def agreed(self) -> tuple[int, str] | None:
        """The latest block of the slowest live validator, if all have it and none is far behind; else None."""
        numbers = [block[0] for validator in self.live() if (block := validator.block()) is not None]
        if not numbers or max(numbers) - min(numbers) > _IN_STEP:
            return None
        found = {validator.block(min(numbers)) for validator in self.live()}
        return found.pop() if len(found) == 1 else None

    def wait_for_block(self, number: int, seconds: float = 60.0) -> None:
        """Wait until all live validators agree on this block or a later one."""
        self.wait_for(f"block {number}", lambda: (self.agreed() or (-1, ""))[0] >= number, seconds)

    def wait_for(self, what: str, done: Callable[[], object], seconds: float) -> None:
        """Wait until ``done()`` is true.

        :raises Unavailable: it is not true after ``seconds``.
        """
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                heads = [validator.block() for validator in self.live()]
                raise Unavailable(
                    f"no sign of {what} after {seconds:g} s; the live validators are at {heads}", source=Source.CHAIN
                )
            time.sleep(_POLL_SECONDS)

    def remove(self) -> None:
        """Stop the network and delete its folder."""
        self.stop()
        shutil.rmtree(self._folder)

    def _join(self, one: int, other: int) -> None:
        if self.validators[one].pid is not None:
            self.validators[one].connect(self.validators[other])

    def _connected(self, one: int, other: int) -> bool:
        here, there = self.validators[one], self.validators[other]
        return here.pid is not None and there.pid is not None and there.node_id in here.peers()


def _secret_file(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text + "\n")


def _node_key(path: Path) -> bytes:
    """Write a new node key, by which peers know the node, and return the node's id."""
    secret = secrets.token_bytes(32)
    _secret_file(path, secret.hex())
    return SigningKey(Algorithm.SECP256K1, secret).public_key[1:]


def _free_ports(count: int) -> list[int]:
    """``count`` different ports that are free now."""
    sockets: Sequence[socket.socket] = [socket.socket() for _ in range(count)]
    try:
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [int(item.getsockname()[1]) for item in sockets]
    finally:
        for item in sockets:
            item.close()
