"""``python -m scripts.clique up | down | status``: the network under ``state/clique``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from ledger.errors import LedgerError
from scripts.clique.network import CHAIN_ID, Network

FOLDER = Path(__file__).resolve().parents[2] / "state" / "clique"
COINS = 10**24
console = Console(highlight=False)


def up(options: argparse.Namespace) -> None:
    """Make the network if there is none, and start the validators that do not run."""
    if (options.folder / "network.json").exists():
        network = Network(options.folder)
    else:
        funded = {bytes.fromhex(address.removeprefix("0x")): COINS for address in options.fund}
        network = Network.create(options.folder, funded, options.size, options.period, options.chain_id)
    network.start()
    network.wait_for_block(1)
    status(options)


def down(options: argparse.Namespace) -> None:
    """Stop all validators and keep the folder."""
    Network(options.folder).stop()


def status(options: argparse.Namespace) -> None:
    """Print the address and the latest block of each validator."""
    network = Network(options.folder)
    console.print(f"chain {network.chain_id}")
    for validator in network.validators:
        latest = validator.block() if validator.pid is not None else None
        state = f"block {latest[0]} {latest[1]}" if latest else "does not run"
        console.print(f"{validator.url}  {state}", soft_wrap=True)


def main() -> int:
    """Run one command. Print an error as one clear line."""
    parser = argparse.ArgumentParser(prog="python -m scripts.clique", description=__doc__)
    parser.add_argument("action", choices=("up", "down", "status"))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="folder of the network")
    parser.add_argument("--size", type=int, default=4, help="number of validators of a new network")
    parser.add_argument("--period", type=int, default=1, help="seconds between blocks of a new network")
    parser.add_argument("--chain-id", type=int, default=CHAIN_ID, help="chain id of a new network")
    parser.add_argument("--fund", action="append", default=[], metavar="0x…", help="an account that gets coins")
    options = parser.parse_args()
    try:
        {"up": up, "down": down, "status": status}[options.action](options)
    except LedgerError as error:
        console.print(f"[red]{error}[/]")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
