"""``ledger deploy``, ``history``, ``trust``, ``serve``: the contract, its history, and the API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.desk import (
    Desk,
    Json,
    facts,
    lines,
    now,
    out,
    receipt_json,
    show,
    write_file,
)
from ledger.cli.serving import logging_config, share_figures
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.witnessing import tlog_policy
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.signature import p256_signer
from ledger.core.verification.verdict import when
from ledger.edges.chain.contract import deploy as deploy_contract
from ledger.edges.keys.keystore import Algorithm
from ledger.edges.witness_http import witnesses_in
from ledger.errors import Malformed
from ledger.journeys.anchor import note_key

_LAST_ANSWERS_SECONDS = 30  # for requests under way when the server is told to stop


def register(root: typer.Typer) -> None:
    """Add these commands to the root."""
    for command in (deploy, history, trust, serve):
        root.command()(command)


def deploy(
    member: Annotated[list[str], typer.Option("--member", "-m", help="Key name or 0x signer of a council member.")],
    threshold: Annotated[int, typer.Option(help="How many members decide.")] = 1,
    as_json: Json = False,
) -> None:
    """Deploy the contract with its first council; only the shipped artifact, checked after.

    Example: `ledger deploy --member council`
    """
    desk = Desk()
    members = [member_signer(desk, name) for name in member]
    origin, receipt = deploy_contract(
        desk.settings.rpc_url, members, threshold, desk.relayer, desk.settings.chain_limits()
    )
    write_file(desk.contract_file, f"0x{origin.contract.hex()}\n".encode())
    value = {"origin": str(origin), **(receipt_json(receipt) or {})}
    show(as_json, value, lambda: facts("Deployed", value))


def member_signer(desk: Desk, name: str) -> bytes:
    """A signer from 0x hex or from the name of a secp256k1 key in the keystore."""
    if name.startswith("0x"):
        try:
            return bytes.fromhex(name[2:])
        except ValueError:
            raise Malformed("must be hex after 0x", name) from None
    info = desk.keystore.info(name)
    if info.algorithm is not Algorithm.SECP256K1:
        raise Malformed("a first council's P-256 keys need the contract's own verifier: change the council later", name)
    return bytes.fromhex(info.public.removeprefix("0x"))


def signer_of(desk: Desk, name: str) -> bytes:
    """A signer under the contract: 0x hex as it is, or a key of the keystore, P-256 included."""
    if name.startswith("0x"):
        return member_signer(desk, name)
    info = desk.keystore.info(name)
    if info.algorithm is Algorithm.P256:
        return p256_signer(desk.origin, bytes.fromhex(info.public.removeprefix("0x")))
    return member_signer(desk, name)


def history(
    number: Annotated[int | None, typer.Argument(help="One entry by number; the latest entries if not given.")] = None,
    last: Annotated[int, typer.Option(help="How many of the latest entries.")] = 20,
    as_json: Json = False,
) -> None:
    """Show entries of the history: number, time, kind, hash.

    Example: `ledger history 12`
    """
    desk = Desk()
    replayed = desk.follower.refresh()
    numbers = range(max(0, replayed.size - last), replayed.size) if number is None else [number]
    if number is not None and not 0 <= number < replayed.size:
        raise Malformed(f"the history has the entries 0 to {replayed.size - 1}", f"entry {number}")
    rows: list[dict[str, Any]] = []
    for chosen in numbers:
        entry = desk.follower.entry(chosen)
        name = entry.kind.name.lower()
        rows.append({"number": chosen, "time": when(entry.time), "kind": name, "hash": hex_text(entry.hash)})
    title = f"{desk.origin}\nsize {replayed.size}, head 0x{replayed.head.hex()}"
    value = {"origin": str(desk.origin), "size": replayed.size, "head": hex_text(replayed.head), "entries": rows}
    show(as_json, value, lambda: lines(title, ("number", "time", "kind", "hash"), [list(row.values()) for row in rows]))


def trust(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the trust root.")] = Path("trust.json"),
    witnesses: Annotated[
        Path | None, typer.Option(help="Witnesses file: a verifier key a line; what follows it is passed over.")
    ] = None,
    threshold: Annotated[
        int | None, typer.Option(help="How many of them must have cosigned; more than half if not given.")
    ] = None,
    policy_text: Annotated[
        Path | None, typer.Option("--policy-text", help="Write it as a C2SP tlog-policy too, for other programs.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the trust root file that verifiers use offline: origin, checkpoint key, witnesses and how many must cosign.

    Example: `ledger trust -o trust.json --witnesses witnesses.txt --threshold 2`
    """
    root = trust_root(Desk(), witnesses, threshold)
    write_file(output, root.to_bytes())
    if policy_text is not None:
        write_file(policy_text, tlog_policy(root).encode())
    value = {
        "file": str(output),
        "origin": str(root.origin),
        "log_key": str(root.log_key),
        "witnesses": [str(key) for key in root.witnesses],
        "threshold": root.threshold,
    }
    names = ", ".join(key.name for key in root.witnesses)
    show(as_json, value, lambda: facts("Trust root", value | {"witnesses": names}))


def trust_root(desk: Desk, witnesses: Path | None, threshold: int | None = None) -> TrustRoot:
    """The trust root of this log: its own key, a file's witnesses, and how many must cosign (most, if not given)."""
    if desk.log_key is None:
        raise Malformed("no checkpoint key: create one (`ledger keys new log -a ed25519`) and set LEDGER_LOG_KEY=log")
    keys = tuple(item.key for item in witnesses_in(witnesses)) if witnesses is not None else ()
    enough = len(keys) // 2 + 1 if keys and threshold is None else threshold or 0
    return TrustRoot(desk.origin, note_key(desk.origin, desk.log_key), keys, enough)


def serve() -> None:
    """Serve the API and anchor in the background, by the settings.

    Example: `LEDGER_API_PORT=8080 ledger serve`
    """
    import uvicorn

    settings = Desk().settings
    out.print(f"[bold]http://{settings.api_host}:{settings.api_port}/docs[/]  (started {when(now())})")
    if settings.api_processes > 1:
        share_figures()
    uvicorn.run(
        "api.main:create_app",
        factory=True,
        host=settings.api_host,
        port=settings.api_port,
        workers=settings.api_processes,
        timeout_graceful_shutdown=_LAST_ANSWERS_SECONDS,
        log_level=settings.log_level,
        log_config=logging_config(settings),
        access_log=False,
        server_header=False,
    )
