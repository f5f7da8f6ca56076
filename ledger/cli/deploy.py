"""``ledger deploy``: the contract with its first council."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli.desk import Desk
from ledger.cli.inputs import Json, write_file
from ledger.cli.output import facts, receipt_json, show
from ledger.core.statements.signature import p256_signer
from ledger.edges.chain.contract import deploy as deploy_contract
from ledger.edges.keys.keystore import Algorithm
from ledger.errors import Malformed


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
