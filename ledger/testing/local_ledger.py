"""A whole ledger on one machine: embedded chain, keys, contract, store. For demo, benches, tests and ``make up``."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ledger.app import App
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import Algorithm
from ledger.edges.chain.contract import Chain, TransactionReceipt, deploy
from ledger.edges.chain.sender import ChainLimits
from ledger.edges.devchain.anvil import DevChain
from ledger.edges.keys.keystore import Keystore, SigningKey
from ledger.edges.store import Store
from ledger.journeys.anchor import Anchorer
from ledger.journeys.follow import Follower
from ledger.journeys.relay import Relay
from ledger.settings import PREFIX, Settings

LIMITS = ChainLimits(confirmations=1)
RELAYER_WEI = 10**21
FREE_GAS = 10**15
"""Gas for small batches in an hour: that of the embedded chain costs nothing, so nobody waits to save it."""


@dataclass
class LocalLedger:
    """Everything under one folder: ``chain/`` (the chain's state), ``keys/``, ``origin``, ``passphrase``, store."""

    folder: Path
    port: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    @cached_property
    def passphrase_file(self) -> Path:
        """Made once, readable by its owner only: nobody is there to be asked for a passphrase."""
        path = self.folder / "passphrase"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(24) + "\n")
        return path

    @cached_property
    def keystore(self) -> Keystore:
        # Light scrypt: these keys guard test coins, and the demo makes a dozen.
        return Keystore(self.folder / "keys", light=True)

    def key(self, name: str, algorithm: Algorithm = Algorithm.SECP256K1) -> SigningKey:
        """A key by name, made when it is first asked for."""
        passphrase = self.passphrase_file.read_text().strip()
        if not self.keystore.has(name):
            self.keystore.create(name, algorithm, passphrase)
        return self.keystore.load(name, passphrase)

    @cached_property
    def devchain(self) -> DevChain:
        return DevChain(self.folder / "chain", self.port)

    def deploy(self) -> tuple[Origin, TransactionReceipt | None]:
        """Deploy with a council of one, or find the contract of an earlier run."""
        relayer = self.key("relayer")
        for account in (relayer, self.key("anchor")):  # one that relays, and one that anchors
            self.devchain.fund(account.address, RELAYER_WEI)
        if self.app.origin_file.exists():
            return self.chain.origin, None
        council = self.key("council").address
        origin, receipt = deploy(self.devchain.url, [council], 1, relayer, self.app.chain_limits)
        self.app.note_origin(origin)
        return origin, receipt

    @cached_property
    def settings(self) -> Settings:
        """Those of a server over this folder, once the chain runs."""
        self.key("log", Algorithm.ED25519)
        return Settings(
            rpc_url=self.devchain.url,
            state_dir=self.folder,
            passphrase_file=self.passphrase_file,
            log_key="log",
            anchor_small_gas_per_hour=FREE_GAS,
        )

    def environment(self, **settings: object) -> dict[str, str]:
        """The environment of a server over this folder, with further settings by their names."""
        own = {
            "rpc_url": self.devchain.url,
            "origin": self.chain.origin,
            "state_dir": self.folder,
            "passphrase_file": self.passphrase_file,
            "relayer_key": "relayer",
            "anchor_key": "anchor",
            "log_key": "log",
            "anchor_small_gas_per_hour": FREE_GAS,
        }
        return {f"{PREFIX}{name.upper()}": str(value) for name, value in (own | settings).items()}

    @cached_property
    def app(self) -> App:
        """The app with the settings of this folder. The chain must run."""
        return App(self.settings)

    @property
    def chain(self) -> Chain:
        return self.app.chain

    @property
    def store(self) -> Store:
        return self.app.store

    @property
    def follower(self) -> Follower:
        return self.app.follower

    @cached_property
    def log_key(self) -> SigningKey:
        return self.key("log", Algorithm.ED25519)

    @property
    def relay(self) -> Relay:
        return self.app.relay

    @property
    def anchorer(self) -> Anchorer:
        return self.app.anchorer
