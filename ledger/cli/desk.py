"""What every command needs: settings, keys, store, chain, and how to show a result."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from ledger.cli.output import err
from ledger.config import Settings, load_settings
from ledger.core.statements.origin import Origin
from ledger.edges.chain.contract import Chain
from ledger.edges.keys.keystore import Keystore, SigningKey, passphrase_source
from ledger.edges.store import Store
from ledger.edges.witness_http import clients_of
from ledger.errors import Malformed, Unavailable
from ledger.journeys.anchor import Anchorer
from ledger.journeys.cosign import Witnesses
from ledger.journeys.follow import Follower
from ledger.journeys.relay import Relay


class Desk:
    """Opens things when they are first needed, so that an offline command touches no chain and no store."""

    @cached_property
    def settings(self) -> Settings:
        return load_settings()

    @cached_property
    def keystore(self) -> Keystore:
        return Keystore(self.settings.keystore_dir)

    @cached_property
    def passphrase(self) -> Callable[[], str]:
        return passphrase_source(self.settings.passphrase, self.settings.passphrase_file, prompt=True)

    def new_passphrase(self) -> str:
        """For a key that is made now: a person is asked twice, for a slip would lose the key."""
        given = self.settings.passphrase, self.settings.passphrase_file
        return passphrase_source(*given, prompt=True, ask=_ask_twice)()

    def key(self, name: str) -> SigningKey:
        return self.keystore.load(name, self.passphrase())

    @property
    def contract_file(self) -> Path:
        """Where ``ledger deploy`` notes the contract that later commands use by default."""
        return self.settings.state_dir / "contract"

    @cached_property
    def contract(self) -> str:
        """The contract's address: by the settings, or the one that was deployed from here."""
        contract = self.settings.contract
        if contract is None and self.contract_file.exists():
            contract = self.contract_file.read_text().strip()
        if contract is None:
            raise Malformed("no contract is set: run `ledger deploy`, or set LEDGER_CONTRACT to its address")
        return contract

    @cached_property
    def chain(self) -> Chain:
        return Chain.connect(self.settings.rpc_url, self.contract, self.settings.chain_id, self.settings.chain_limits())

    def settle_for_the_store(self) -> None:
        """Where the chain does not answer, or none is set, go on with the history that the store names, and say so."""
        try:
            _ = self.chain
        except (Unavailable, Malformed) as error:
            try:
                self.store = Store.open(self.settings.store_url_or_default(), None, create=False)
            except Unavailable:
                raise error from None  # there is nothing to settle for
            self.chain = Chain.unasked(self.settings.rpc_url, self.store.origin, self.settings.chain_limits())
            err.print(f"[yellow]{error}[/]", soft_wrap=True)

    @property
    def origin(self) -> Origin:
        return self.chain.origin

    @cached_property
    def store(self) -> Store:
        self.settings.state_dir.mkdir(parents=True, exist_ok=True)
        return Store.open(self.settings.store_url_or_default(), self.origin)

    @cached_property
    def follower(self) -> Follower:
        return Follower(self.chain, self.store)

    @cached_property
    def relayer(self) -> SigningKey:
        return self.key(self.settings.relayer_key)

    @cached_property
    def log_key(self) -> SigningKey | None:
        return self.key(self.settings.log_key) if self.settings.log_key else None

    @cached_property
    def relay(self) -> Relay:
        return Relay(self.chain, self.store, self.follower, self.relayer)

    @cached_property
    def witnesses(self) -> Witnesses:
        """Those of the witnesses file, who are asked to cosign what is published."""
        return Witnesses(clients_of(self.settings.witnesses_file), self.store)

    @cached_property
    def anchorer(self) -> Anchorer:
        return Anchorer(self.chain, self.store, self.follower, self.relayer, self.log_key)


def _ask_twice(prompt: str) -> str:
    first = getpass.getpass(prompt)
    if getpass.getpass("Once more: ") != first:
        raise Malformed("the two are not the same", "passphrase")
    return first
