"""What every command needs: settings, keys, store, chain, and how to show a result."""

from __future__ import annotations

import getpass
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from ledger.config import Settings, load_settings
from ledger.core.encoding.reading import hex_bytes
from ledger.core.statements.origin import Origin
from ledger.edges.chain.contract import Chain, Receipt
from ledger.edges.keys.keystore import Keystore, SigningKey, passphrase_source
from ledger.edges.store import Store
from ledger.edges.witness_http import clients_of
from ledger.errors import HistoryBroken, LedgerError, Malformed, Refused, Unavailable, VerificationFailed
from ledger.journeys.anchor import Anchorer
from ledger.journeys.attest import Relay
from ledger.journeys.cosign import Witnesses
from ledger.journeys.follow import Follower

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_LONG_HEX = re.compile(r"(0x[0-9a-f]{6})[0-9a-f]{16,}([0-9a-f]{6})")
_NAMESPACE = re.compile(r"(?<=/)\{[^{}]*\}|(?<=@)\{[^{}]*\}")
_MARKUP = re.compile(r"\[/?[a-z ]*\]")
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of tables.")]
KeyName = Annotated[str, typer.Option("--key", "-k", help="Name of the key in the keystore that signs.")]


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


def now() -> int:
    """Seconds since 1970: the edge's clock, handed to the core as an argument."""
    return int(time.time())


def show(as_json: bool, value: Any, human: Callable[[], None]) -> None:
    """Print ``value`` as JSON, or let ``human`` print it for people."""
    if as_json:
        typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
    else:
        human()


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on the terminal; long ids fold rather than vanish."""
    drawn = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(str(item) for item in row))
    out.print(drawn)


def facts(title: str, values: Mapping[str, object]) -> None:
    """Names and values, a line each and never broken, so that an id can be copied."""
    width = max(map(len, values))
    out.print(f"[bold]{title}[/]")
    for name, value in values.items():
        out.print(f"  {name.ljust(width)}  {value}", soft_wrap=True, markup=False)


def lines(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """As ``table``, without a frame and never broken: for lists whose last column is an id."""
    cells = [list(columns), *([str(item) for item in row] for row in rows)]
    widths = [max(len(_MARKUP.sub("", row[place])) for row in cells) for place in range(len(columns))]
    out.print(f"[bold]{title}[/]")
    for number, row in enumerate(cells):
        padded = [cell + " " * (width - len(_MARKUP.sub("", cell))) for cell, width in zip(row, widths, strict=True)]
        text = "  " + "  ".join(padded).rstrip()
        out.print(f"[dim]{text}[/]" if number == 0 else text, soft_wrap=True)


def receipt_json(receipt: Receipt | None) -> dict[str, Any] | None:
    """Gas and place of a transaction; None where the statement was in the history before."""
    if receipt is None:
        return None
    return {
        "transaction": receipt.tx_hash,
        "block": receipt.block_number,
        "gas": receipt.gas_used,
        "gas_price_wei": receipt.effective_gas_price,
    }


def bar() -> Progress:
    """Progress on long work; on stderr, so that output can be piped."""
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=err, transient=True,
    )  # fmt: skip


class Stages:
    """One line of a bar for each stage of long work."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def stage(self, name: str, done: int, of: int) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=None)
        self._progress.update(self._tasks[name], completed=done, total=of or None)


def short(text: str) -> str:
    """For reading: long hex cut in the middle, XML paths without namespaces. ``--json`` has all of it."""
    return _NAMESPACE.sub("", _LONG_HEX.sub(r"\1…\2", text))


def identifier(text: str, what: str) -> bytes:
    """A 32-byte id from the command line; Malformed says what was expected."""
    value = hex_bytes(text.lower(), what)
    if len(value) != 32:
        raise Malformed("must be 32 bytes: 0x and 64 hex digits", what)
    return value


def moment(text: str | None) -> int:
    """A time from the command line, ISO 8601 with zone or seconds; now if not given."""
    if text is None:
        return now()
    if text.isdigit():
        return int(text)
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed('a time looks like "2026-11-22T10:00:00Z" or is a number of seconds', "time") from None
    if parsed.tzinfo is None:
        raise Malformed('a time needs its zone, e.g. "2026-11-22T10:00:00Z"', "time")
    return int(parsed.timestamp())


def read_file(path: Path) -> bytes:
    """A file's bytes; Malformed when it cannot be read, as it is the caller's input."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Malformed(f"cannot be read: {error.strerror}", str(path)) from None


def write_file(path: Path, data: bytes) -> None:
    """Write a file, making its folder; Unavailable when the disk says no."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from None


def exit_code(error: LedgerError) -> int:
    """1 refused or contradicted, 2 malformed, 3 nobody could say."""
    if isinstance(error, Malformed):
        return 2
    if isinstance(error, Unavailable):
        return 3
    if isinstance(error, Refused | VerificationFailed | HistoryBroken):
        return 1
    return 3


def failure_json(error: LedgerError) -> str:
    """An error as one JSON object."""
    values = error.values if isinstance(error, Refused) else {}
    plain = {key: "0x" + value.hex() if isinstance(value, bytes) else value for key, value in values.items()}
    return json.dumps({"error": type(error).__name__, "message": str(error), "values": plain})
