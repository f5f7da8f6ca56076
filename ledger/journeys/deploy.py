"""Deploy: put the contract on a chain with its first council."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.core.statements.origin import Origin
from ledger.edges.chain.contract import TransactionReceipt, deploy
from ledger.edges.chain.sender import ChainLimits
from ledger.edges.keys.keystore import Keystore, SigningKey
from ledger.journeys.council import founding_signer


def deploy_contract(
    rpc_url: str, members: Sequence[str], threshold: int, keystore: Keystore, relayer: SigningKey, limits: ChainLimits
) -> tuple[Origin, TransactionReceipt]:
    """Deploy the shipped artifact and check the code that is then there.

    :param members: of the first council, by ``0x`` signer or by the name of a key.
    :param threshold: how many of them decide.
    :raises Malformed: a member cannot be in a first council.
    :raises Refused: the contract forbids this council.
    :raises Unavailable: the chain is away, or the relayer cannot pay.
    """
    signers = [founding_signer(name, keystore) for name in members]
    return deploy(rpc_url, signers, threshold, relayer, limits)
