"""The one assembly: settings -> edges -> journeys, for commands, API, witness, demo and tests.

Each part is opened when it is first needed, so an offline command touches neither chain nor store. ``close`` closes
what was opened.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Generic, TypeVar

from ledger.core.anchoring.interval import Pace
from ledger.core.checkpoints.log_keys import LogKey
from ledger.core.checkpoints.note import KeyType, NoteKey
from ledger.core.checkpoints.trust import TrustRoot, read_trust_root
from ledger.core.checkpoints.trust_folder import TrustRoots, trust_root_of
from ledger.core.encoding.ids import Signer
from ledger.core.history.rights import Appointed
from ledger.core.relaying.budget import RelayLimits
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.signer import signer_from_text, signers_of
from ledger.edges.chain.contract import Chain
from ledger.edges.chain.node import shown_address
from ledger.edges.chain.sender import ChainLimits
from ledger.edges.keys.keystore import Keystore, SigningKey, passphrase_source, weakness
from ledger.edges.profiles import Profiles
from ledger.edges.published_log import PublishedLog
from ledger.edges.store import Store
from ledger.edges.witness_http import clients_of
from ledger.errors import HistoryBroken, LedgerError, Malformed, Source, Unavailable
from ledger.journeys.anchor import Anchorer
from ledger.journeys.audit.audit import OtherNode
from ledger.journeys.checkpoint import note_key
from ledger.journeys.cosign import LONGEST_PAUSE_SECONDS, Witnesses
from ledger.journeys.evidence import Prover
from ledger.journeys.follow import Follower
from ledger.journeys.log_keys import earlier_log_keys
from ledger.journeys.own_service import OwnService
from ledger.journeys.relay import Purse, Relay
from ledger.journeys.server_service import CommandKey, Confirm, ServerService
from ledger.journeys.sign_in import SignIns, newest_register
from ledger.journeys.trust import own_trust_root
from ledger.journeys.witness import Witness
from ledger.settings import Settings

Ask = Callable[[str], str]
"""Asks a person for a passphrase, with these words."""

Part = TypeVar("Part")

WEI_PER_GWEI = 10**9
ANCHOR_KEY = "anchor"
MARGIN_SECONDS = 60
"""Beyond the time that a transaction is waited for, until a request counts as dead."""


class _Opened(Generic[Part]):
    """A part of the app that is opened once, when it is first needed. If that fails, the next use tries again."""

    def __init__(self, open_: Callable[[App], Part]) -> None:
        self._open = open_
        self.__doc__ = open_.__doc__

    def __set_name__(self, owner: type[App], name: str) -> None:
        self._name = name

    def __get__(self, app: App, owner: type[App]) -> Part:
        try:
            part: Part = app._parts[self._name]  # type: ignore[assignment]
        except KeyError:
            with app._opening:
                if self._name not in app._parts:
                    app._parts[self._name] = self._open(app)
                part = app._parts[self._name]  # type: ignore[assignment]
        return part


class App:
    """One history: its settings, keys, store, chain, and the journeys over them. Safe to use from threads."""

    def __init__(
        self,
        settings: Settings,
        ask: Ask | None = None,
        *,
        origin: Origin | None = None,
        store: Store | None = None,
        connect: Callable[[], Chain] | None = None,
        look_seconds: float = 0.0,
    ) -> None:
        """
        :param ask: asks a person for the keystore's passphrase if no setting holds it; None: there is nobody to ask.
        :param origin: the history; else by the settings or the chain.
        :param store: a store that is open already, and is not closed here; else that of the settings.
        :param connect: makes the connection to the chain; else to the node of the settings.
        :param look_seconds: how old a look at the chain may be when evidence is made from it.
        """
        self.settings = settings
        self.look_seconds = look_seconds
        self._parts: dict[str, object] = {} if store is None else {"store": store}
        self._opening = RLock()
        self._ask = ask
        self._origin = origin
        self._connect = connect
        self._closing = ExitStack()
        self._passphrase = passphrase_source(
            settings.passphrase, settings.passphrase_file, prompt=ask is not None, ask=ask or getpass.getpass
        )

    def close(self) -> None:
        """Close what was opened here."""
        self._closing.close()

    def __enter__(self) -> App:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ---------------------------------------------------------------------------------------------------------- keys

    @_Opened
    def keystore(self) -> Keystore:
        """The encrypted keys."""
        return Keystore(self.settings.keystore_dir)

    def key(self, name: str) -> SigningKey:
        """A key by name; Malformed if there is none, or the passphrase does not open it."""
        return self.keystore.load(name, self._passphrase())

    def new_passphrase(self, ask: Ask, warn: Callable[[str], None]) -> str:
        """The passphrase for a new key: by the settings, or else what ``ask`` returns; ``warn`` hears if it is weak."""
        found = passphrase_source(self.settings.passphrase, self.settings.passphrase_file, prompt=True, ask=ask)()
        if (why := weakness(found)) is not None:
            warn(f"The passphrase {why}: whoever gets the file of the key can guess it. Four random words are good.")
        return found

    @property
    def profiles(self) -> Profiles:
        """The servers that this machine's user signs in to."""
        return Profiles(self.settings.state_dir / "servers")

    @property
    def has_relayer(self) -> bool:
        """Whether the key that pays for gas is here."""
        return self.keystore.has(self.settings.relayer_key)

    @_Opened
    def relayer(self) -> SigningKey:
        """The key that signs transactions and pays for gas."""
        return self._paying_key(self.settings.relayer_key)

    def _paying_key(self, name: str) -> SigningKey:
        if not self.keystore.has(name):
            words = "there is no such key here, to pay for what goes to the chain"
            raise Malformed(f"{words}: `ledger keys new {name}`, or let a server send it, --api URL", f"key {name}")
        return self.key(name)

    @property
    def anchor_key_name(self) -> str:
        """Name of the key that signs and pays for anchors: set, or ``anchor`` if there is one, or the relayer's."""
        if self.settings.anchor_key is not None:
            return self.settings.anchor_key
        return ANCHOR_KEY if self.keystore.has(ANCHOR_KEY) else self.settings.relayer_key

    @property
    def has_anchor_key(self) -> bool:
        """Whether the key that pays for anchors is here."""
        return self.keystore.has(self.anchor_key_name)

    @_Opened
    def anchor_key(self) -> SigningKey:
        """The key that signs and pays for anchors. With one of its own, relaying never delays anchoring."""
        return self._paying_key(self.anchor_key_name)

    @_Opened
    def log_key(self) -> SigningKey | None:
        """The key that signs checkpoints; None if none is set. Malformed if it has ended."""
        if self.settings.log_key is None:
            return None
        key = self.key(self.settings.log_key)
        if any(earlier.public_key == key.public_key for earlier, _ in self.earlier_log_keys):
            words = f"has ended, says {self.settings.earlier_log_keys_file}: make a new one (`ledger keys new`)"
            raise Malformed(words, "log_key")
        return key

    @property
    def earlier_log_keys(self) -> tuple[LogKey, ...]:
        """The keys that signed checkpoints before ``log_key``; Malformed if their file cannot be read."""
        return earlier_log_keys(self.settings.earlier_log_keys_file)

    def named_log_key(self, name: str) -> NoteKey:
        """The verifier key of a log key of this history, by its name in the keystore or as it is spelled.

        :raises Malformed: it is no verifier key, and no Ed25519 key has this name.
        """
        if "+" in name:
            return NoteKey.parse(name)
        for info in self.keystore.list():
            if info.name == name and info.algorithm is Algorithm.ED25519:
                return NoteKey(str(self.origin), bytes.fromhex(info.public[2:]))
        raise Malformed(f"the keystore has no Ed25519 key of the name {name}: give its verifier key", "key")

    def log_keys(self, origin: Origin) -> tuple[LogKey, ...]:
        """All keys of this log, the present one last."""
        present = () if self.log_key is None else (LogKey(note_key(origin, self.log_key)),)
        return *self.earlier_log_keys, *present

    @_Opened
    def receipt_key(self) -> SigningKey | None:
        """The key that signs the receipts of Transparent Statements; None if none is set."""
        return None if self.settings.receipt_key is None else self.key(self.settings.receipt_key)

    # --------------------------------------------------------------------------------------------------------- chain

    @property
    def origin_file(self) -> Path:
        """Where the origin is noted that is used if the settings name neither an origin nor a contract."""
        return self.settings.state_dir / "origin"

    def note_origin(self, origin: Origin) -> None:
        """Let later commands find this history; Unavailable if the file cannot be written."""
        try:
            self.origin_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.origin_file.write_text(f"{origin}\n")
        except OSError as error:
            raise Unavailable(f"{self.origin_file} cannot be written: {error.strerror}", source=Source.DISK) from None

    @property
    def known_origin(self) -> Origin | None:
        """The origin that was given here, is set, or was noted; None if only the contract's address is set.

        :raises Malformed: no history is named, or two are; or the contract's address has a checksum that does not fit.
        """
        if self._origin is not None:
            return self._origin
        named = self.settings.contract
        contract = None if named is None else signer_from_text(named, "LEDGER_CONTRACT")
        if self.settings.origin is not None:
            origin = Origin.parse(self.settings.origin)
            if contract is not None and contract != origin.contract:
                raise Malformed("LEDGER_ORIGIN and LEDGER_CONTRACT name two contracts: set LEDGER_ORIGIN alone")
            return origin
        if contract is not None:
            return None
        if not self.origin_file.exists():
            raise Malformed(
                "no contract is set: run `ledger deploy`, or set LEDGER_ORIGIN to what it printed elsewhere"
            )
        try:
            return Origin.parse(self.origin_file.read_text("utf-8", "replace").strip())
        except Malformed as error:
            raise Malformed(error.what, str(self.origin_file)) from None

    @property
    def chain_limits(self) -> ChainLimits:
        """How long to wait for the chain, and how much to spend on it."""
        settings, most = self.settings, self.settings.max_fee_per_gas_gwei
        return ChainLimits(
            confirmations=settings.confirmations,
            max_fee_per_gas=None if most is None else int(most * WEI_PER_GWEI),
            rpc_timeout=settings.rpc_timeout_seconds,
            confirmation_timeout=settings.confirmation_timeout_seconds,
            resend_after=settings.resend_after_seconds,
            in_flight=settings.batches_in_flight,
            proxy=settings.proxy_url,
        )

    @_Opened
    def origin(self) -> Origin:
        """The history that this app is about. The chain is asked only if nothing else names its origin."""
        return self.known_origin or self.chain.origin

    @_Opened
    def chain(self) -> Chain:
        """The contract on its chain.

        :raises Malformed: no contract is set.
        :raises Unavailable: the node does not answer; it is asked again next time.
        :raises HistoryBroken: the node is on another chain, or other code is at the address.
        """
        return self._connect_nodes() if self._connect is None else self._connect()

    def _connect_nodes(self) -> Chain:
        return Chain.connect(
            self.settings.rpc_url,
            self.known_origin or self.settings.contract or "",
            self.chain_limits,
            second_rpc_url=self.settings.second_rpc_url,
        )

    def connect(self, rpc_url: str, check_code: bool = True) -> Chain:
        """The contract through one node; see ``Chain.connect``."""
        return Chain.connect(rpc_url, self.known_origin or self.settings.contract or "", self.chain_limits, check_code)

    def other_node(self, rpc_url: str) -> OtherNode:
        """Another node of the same chain, for an audit to compare."""
        return OtherNode(shown_address(rpc_url), lambda: self.connect(rpc_url, check_code=False))

    def published_log(self, url: str) -> PublishedLog:
        """A log where it is served, for a witness or an audit to compare; Malformed if this is no address."""
        return PublishedLog.at(url)

    def use_stored_history(self, warn: Callable[[LedgerError], None]) -> App:
        """This app if the chain answers; else an app over the history in the store, and ``warn`` is told why.

        :raises Unavailable: the chain does not answer, and there is no store.
        :raises Malformed: no contract is set, and there is no store.
        """
        try:
            _ = self.chain
        except (Unavailable, Malformed) as error:
            try:
                store = self.existing_store()
            except Unavailable:
                raise error from None
            warn(error)
            origin, urls = store.origin, (self.settings.rpc_url, self.settings.second_rpc_url)
            limits = self.chain_limits
            return App(
                self.settings,
                self._ask,
                origin=origin,
                store=store,
                connect=lambda: Chain.unchecked(urls[0], origin, limits, urls[1]),
                look_seconds=self.look_seconds,
            )
        return self

    # --------------------------------------------------------------------------------------------------------- store

    @_Opened
    def store(self) -> Store:
        """The store of the history; created if there is none."""
        self.settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._closed_later(Store.open(self.settings.store_address(), self.origin))

    @property
    def has_own_ledger(self) -> bool:
        """Whether a history of one's own is configured: its origin, its contract, or a store."""
        named = self._origin or self.settings.origin or self.settings.contract
        return named is not None or self.origin_file.exists() or self.has_store

    def own_service(self, warn: Callable[[LedgerError], None], clock: Callable[[], int]) -> OwnService:
        """One's own node and store as a service. ``warn`` is told what is wrong where the store can answer alone."""
        return OwnService(
            open_origin=lambda: self.origin,
            open_store=lambda: self.store,
            open_follower=lambda: self.follower,
            open_relay=lambda: self.relay,
            open_prover=lambda: self.use_stored_history(warn).prover,
            open_anchoring=lambda: (self.anchorer, self.witnesses, self.settings.anchor_batch_size),
            confirmations=self.settings.confirmations,
            share_bytes=self.settings.share_bytes,
            clock=clock,
            warn=warn,
        )

    def server_service(
        self,
        url: str,
        confirm: Confirm,
        clock: Callable[[], int],
        says: Callable[[str], None],
        *,
        trust: TrustRoot | TrustRoots | None = None,
        key: str | None = None,
    ) -> ServerService:
        """The server at ``url`` as a service; see ``ServerService``.

        :param trust: says which history, or which of several, the server may be about.
        :param key: name of the key to sign in with, where that is needed; Malformed if there is no such key.
        """
        return ServerService(
            url,
            self.profiles,
            confirm,
            clock,
            trusted=lambda origin: None if trust is None else trust_root_of(trust, origin),
            key=None if key is None else CommandKey(self.keystore.info(key), partial(self.key, key)),
            proxy=self.settings.proxy_url,
            says=says,
        )

    @property
    def has_store(self) -> bool:
        """Whether there seems to be a store, for commands that work without one too."""
        return self.settings.store_url is not None or (self.settings.state_dir / "ledger.sqlite").exists()

    def existing_store(self, origin: Origin | None = None) -> Store:
        """The store, which must exist; Unavailable if it does not. ``origin``: the history that it must be of."""
        return self._closed_later(Store.open(self.settings.store_address(), origin, create=False))

    def _closed_later(self, store: Store) -> Store:
        self._closing.callback(store.close)
        return store

    # ------------------------------------------------------------------------------------------------------ journeys

    @_Opened
    def follower(self) -> Follower:
        """The replayed history."""
        return Follower(self.chain, self.store, self.look_seconds)

    @property
    def finding(self) -> HistoryBroken | None:
        """The contradiction that the follower found and nothing has resolved since; None too if nobody has looked."""
        follower = self._parts.get("follower")
        return follower.finding if isinstance(follower, Follower) else None

    @property
    def relay(self) -> Relay:
        """Carries signed statements to the contract, for whoever holds the relayer key."""
        return Relay(self.chain, self.store, self.follower, self.relayer, self.settings.relay_gas_per_statement)

    def relay_for_others(self, clock: Callable[[], int]) -> Relay:
        """Carries the statements of others, within the budgets of the settings. ``clock``: seconds since 1970."""
        patience = int(self.settings.confirmation_timeout_seconds) + MARGIN_SECONDS
        purse = Purse(self.relay_limits, clock, patience, self.look_seconds)
        return replace(self.relay, purse=purse)

    @property
    def relay_limits(self) -> RelayLimits:
        """How much is spent on the statements of others."""
        settings = self.settings
        return RelayLimits(
            agency=settings.relay_gas_per_agency,
            party=settings.relay_gas_per_party,
            parties=settings.relay_gas_for_parties,
            total=settings.relay_gas_per_day,
            fees=settings.relay_fees_per_day_gwei,
        )

    @property
    def pace(self) -> Pace:
        """How anchoring slows down when small batches, or all batches of a day, cost much; not where gas is free."""
        settings = self.settings
        shortest, longest = settings.anchor_max_age_seconds, settings.anchor_longest_age_seconds
        return Pace(
            shortest=shortest,
            longest=shortest if settings.max_fee_per_gas_gwei == 0 else longest,
            small_gas=settings.anchor_small_gas_per_hour,
            full_size=settings.anchor_full_size,
            day_gas=settings.anchor_gas_per_day,
        )

    @_Opened
    def anchorer(self) -> Anchorer:
        """Forms and sends batches. Always the same one: it remembers what it handed over."""
        return Anchorer(self.chain, self.store, self.follower, self.anchor_key, self.log_key, self.chain_limits)

    @_Opened
    def witnesses(self) -> Witnesses:
        """The witnesses of the witnesses file, who are asked to cosign what is published."""
        longest_pause = min(LONGEST_PAUSE_SECONDS, self.settings.witness_grace_seconds // 2)
        clients = clients_of(self.settings.witnesses_file, self.settings.proxy_url)
        return Witnesses(clients, self.store, longest_pause=longest_pause)

    @_Opened
    def sign_ins(self) -> SignIns:
        """Opens and finds the sessions of those who sign in to the API."""
        settings = self.settings
        appointed = Appointed(signers_of(settings.operators), signers_of(settings.auditors))
        return SignIns(
            self.store,
            self.origin,
            settings.sites(),
            appointed,
            lambda: newest_register(lambda: self.follower, self.look_seconds),
            self._accepts,
        )

    def _accepts(self, signer: Signer, digest: bytes, signature: bytes) -> bool:
        return self.chain.accepts(signer, digest, signature)

    @_Opened
    def prover(self) -> Prover:
        """Makes evidence."""
        return Prover(self.store, self.follower, self.log_key, self.witnesses, self.look_seconds)

    def trust_root(self, witnesses_file: Path | None, threshold: int | None = None) -> TrustRoot:
        """The trust root of this log; see ``own_trust_root``."""
        return own_trust_root(self.origin, self.log_keys(self.origin), witnesses_file, threshold)

    # ------------------------------------------------------------------------------------------------------- witness

    @property
    def witnessed(self) -> TrustRoot:
        """The trust root of the log that is witnessed here; Malformed if its file cannot be read."""
        file = self.settings.trust_file
        try:
            return read_trust_root(file.read_bytes())
        except OSError as error:
            raise Malformed(f"cannot be read: {error.strerror}", str(file)) from None
        except Malformed as error:
            raise Malformed(
                f"cannot be read as a trust root: {error}; set LEDGER_TRUST_FILE to the file that `ledger trust` "
                "wrote for the log", str(file),
            ) from None  # fmt: skip

    @property
    def witness_name(self) -> str:
        """The name under which this witness cosigns; Malformed if none is set."""
        if self.settings.witness_name is None:
            raise Malformed("no name to cosign under: set LEDGER_WITNESS_NAME, e.g. witness.agency.example")
        return self.settings.witness_name

    @property
    def witness_key(self) -> NoteKey:
        """The verifier key of this witness; needs no passphrase."""
        name, info = self.witness_name, self.keystore.info(self.settings.witness_key)
        if info.algorithm is not Algorithm.ED25519:
            raise Malformed("a witness cosigns with Ed25519: `ledger keys new witness -a ed25519`", f"key {info.name}")
        return NoteKey(name, bytes.fromhex(info.public.removeprefix("0x")), KeyType.WITNESS)

    def witness(self) -> Witness:
        """The witness of the log that the trust file names. The node may be away: it is asked with each checkpoint."""
        name, trust = self.witness_name, self.witnessed
        app = App(self.settings, self._ask, origin=trust.origin)
        self._closing.callback(app.close)
        key = app.key(self.settings.witness_key)
        grace = self.settings.witness_grace_seconds
        url = self.settings.log_url
        published = None if url is None else self.published_log(url)
        return Witness(trust, name, key, app.store, lambda: app.follower, grace, published)
