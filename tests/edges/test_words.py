"""What nodes say, word by word, and what is understood by it."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.edges.chain.words import Meaning, meaning_of, revert_data

SAID = {
    Meaning.NONCE_TAKEN: [
        "nonce too low",  # Geth, Erigon, anvil
        "nonce too low: next nonce 5, tx nonce 4",  # Geth, Reth
        "Nonce too low",  # Besu
        "NONCE_TOO_LOW",  # Besu, by the name of the reason
        "OldNonce, Current nonce: 5, nonce of rejected tx: 4",  # Nethermind
        "OwnNonceAlreadyUsed",  # Nethermind
        "ReplacementNotAllowed",  # Nethermind
        "Transaction nonce is too low. Try incrementing the nonce.",  # Parity
        "Transaction gas price supplied is too low. There is another transaction with same nonce in the queue. Try "
        "increasing the gas price or incrementing the nonce.",  # Parity
        "replacement transaction underpriced",  # Geth, Erigon, anvil
        "Replacement transaction underpriced",  # Besu
        "could not replace existing tx",  # Erigon
        "nonce has already been used",
    ],
    Meaning.ALREADY_KNOWN: [
        "already known",  # Geth, Erigon, Reth
        "Known transaction",  # Besu
        "AlreadyKnown",  # Nethermind
        "existing tx with same hash",  # Erigon
        "transaction already imported",  # anvil
        "Transaction with the same hash was already imported.",  # Parity
        "known transaction: 5b9a",  # Geth of old
    ],
    Meaning.NO_FUNDS: [
        "insufficient funds for gas * price + value: balance 0, tx cost 21000, overshot 21000",  # Geth
        "Insufficient funds for gas * price + value",  # anvil
        "Upfront cost exceeds account balance",  # Besu
        "UPFRONT_COST_EXCEEDS_BALANCE",
        "InsufficientFunds, Account balance: 0, cumulative cost: 21000",  # Nethermind
        "insufficient funds for transfer",  # Geth, while simulating
        "Sender doesn't have enough funds to send tx. The max upfront cost is: 21000",  # Hardhat
        "Insufficient funds. The account you tried to send transaction from does not have enough funds.",  # Parity
    ],
    Meaning.FEE_TOO_LOW: [
        "transaction underpriced",  # Geth
        "transaction underpriced: gas tip cap 1, minimum needed 1000000",  # Geth
        "underpriced",  # Erigon
        "fee too low",  # Erigon
        "FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 1, BaseFee: 7",  # Nethermind
        "FeeTooLowToCompete",  # Nethermind
        "max fee per gas less than block base fee: address 0x11, maxFeePerGas: 1, baseFee: 7",  # Geth, Reth
        "max fee per gas less than block base fee",  # anvil
        "Gas price below configured minimum gas price",  # Besu
        "Gas price below current base fee",  # Besu
        "Transaction gas price is too low. It does not satisfy your node's minimal gas price.",  # Parity
    ],
    Meaning.TOO_LARGE: [
        "query returned more than 10000 results",
        "exceed maximum block range: 5000",  # Geth
        "Requested range exceeds maximum RPC range limit",  # Besu
        "Too many logs requested. Max logs per response is 20000.",  # Nethermind
        "query exceeds max block range 100000",  # Reth
        "query exceeds max results 20000, retry with the range 1-5000",  # Reth
        "eth_getLogs is limited to a 10 blocks range",
        "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range",
        "block range is too wide",
        "logs matched by query exceeds limit of 10000",
        "query timeout exceeded",
    ],
    Meaning.NO_BLOCK: [
        "header not found",  # Geth
        "header for hash not found",  # Geth
        "unknown block",  # Geth, Erigon
        "missing trie node 5b9a (path ) state 0x5b9a is not available, not found",  # Geth
        "hash 5b9a is not currently canonical",  # Geth
        "historical state 5b9a is not available",  # Geth
        "block range extends beyond current head block",  # Geth
        "Block not found",  # Besu
        "World state unavailable",  # Besu
        "No state available for block 0x5b9a",  # Nethermind
        "block not found: 0x64",  # Erigon, Reth
        "BlockOutOfRangeError: block height is 5 but requested was 6",  # anvil
        "state already pruned",
    ],
    Meaning.OUT_OF_GAS: [
        "out of gas",  # Geth, Erigon
        "gas required exceeds allowance (500000)",  # Geth
        "intrinsic gas too low",  # Geth
        "Out of gas",  # Besu
        "OutOfGas",  # Nethermind
        "EVM error OutOfGas",  # Reth, anvil
        "out of gas: gas required exceeds allowance: 500000",  # Reth, anvil
        "insufficient gas",
    ],
    Meaning.OTHER: [
        "",
        "no",
        "rate limit",
        "execution reverted",
        "exceeds block gas limit",
        "nonce too high",
        "txpool is full",
        "unknown transaction",
        "the method eth_maxPriorityFeePerGas does not exist/is not available",
    ],
}


@pytest.mark.parametrize(("message", "meaning"), [(message, key) for key, said in SAID.items() for message in said])
def test_what_a_node_means(message: str, meaning: Meaning) -> None:
    assert meaning_of(message) is meaning


DATA = "0x0b4a8c53" + "00" * 31 + "07"
_REVERTED: dict[str, dict[str, Any]] = {
    "Geth, Erigon, Reth": {"code": 3, "message": "execution reverted", "data": DATA},
    "anvil": {"code": 3, "message": "execution reverted: custom error 0x0b4a8c53: 7", "data": DATA},
    "Besu": {"code": -32000, "message": "Execution reverted", "data": DATA},
    "Nethermind": {"code": -32015, "message": "VM execution error.", "data": f"Reverted {DATA}"},
    "Parity": {"code": -32015, "message": "VM execution error.", "data": f"Reverted {DATA}"},
    "Hardhat": {"code": -32603, "message": "reverted with an unrecognized custom error", "data": {"data": DATA}},
    "wrapped": {"code": -32000, "message": "execution reverted", "data": {"originalError": {"data": DATA}}},
    "Ganache": {"message": "VM Exception: revert", "data": {"0x5b9a": {"error": "revert", "return": DATA}}},
    "Ganache 7": {"code": -32000, "message": "VM Exception: revert", "data": {"hash": "0x5b", "result": DATA}},
    "in the message": {"code": -32000, "message": f"execution reverted: {DATA}"},
    "by its shape alone": {"code": -32000, "message": "VM error", "data": DATA},
}  # fmt: skip


@pytest.mark.parametrize("name", _REVERTED)
def test_the_data_of_a_revert_wherever_it_is(name: str) -> None:
    assert revert_data(_REVERTED[name]) == bytes.fromhex(DATA[2:])


@pytest.mark.parametrize(
    "error",
    [
        {"code": 3, "message": "execution reverted"},
        {"code": -32000, "message": "execution reverted", "data": None},
        {"code": -32000, "message": "execution reverted", "data": "0x"},
        {"code": -32015, "message": "VM execution error.", "data": "Reverted 0x"},
        {"code": -32000, "message": "execution reverted", "data": {"see": "plans"}},
    ],
)
def test_a_revert_without_data(error: dict[str, Any]) -> None:
    assert revert_data(error) == b""


@pytest.mark.parametrize(
    "error",
    [
        {},
        {"code": -32005, "message": "rate limit", "data": {"see": "plans", "id": "0x" + "5b" * 16}},
        {"code": -32000, "message": "header not found", "data": "0x" + "5b" * 32},
        {"code": -32000, "message": "insufficient funds", "data": ""},
    ],
)
def test_what_is_no_revert(error: dict[str, Any]) -> None:
    assert revert_data(error) is None
