"""Gas, by the receipts of an embedded chain: what one attestation or one declaration costs. Peers: EAS, document-store.

All transactions are sent alike, by one account of the node's. Every figure is of a contract in use: nothing is
counted that is paid once, such as an attester's first nonce. Peers' contracts are their packages' own;
``artifacts.mjs`` asserts that they were built with the optimizer on.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from eth_abi.abi import encode as abi_encode
from web3 import HTTPProvider, Web3

from bench.materials import AGENCY, KIND, Key
from bench.rows import Bar, Row, Title
from bench.runner import Bench, Work
from ledger import artifact
from ledger.core.history.entry import Endorsement
from ledger.core.statements.members import NO_END
from ledger.core.statements.origin import Origin
from ledger.core.statements.statement import AgencyEnrolment, Attestation, AttesterAuthorisation, MandateGrant
from ledger.edges.chain import calls
from ledger.edges.devchain.anvil import DevChain

SCRIPT = "artifacts"
PACKAGES = ("@ethereum-attestation-service/eas-contracts", "@tradetrust-tt/document-store")
SET, MULTI = 1_000, 40
A_TRANSACTION = 500  # roots in one call of a peer: more would come near the 16,777,216 gas of EIP-7825
_SCHEMA = "bytes32 declaration,uint16 kind,uint16 outcome,bytes32 detail,uint40 validFrom"
_NONE = bytes(32)
_NOBODY = "0x" + "00" * 20
_RICH = 10**24


@dataclass(frozen=True, slots=True)
class Sent:
    """A kind of transaction, and how many declarations or attestations one carries."""

    send: Callable[[], int]
    carries: int

    def gas(self) -> float:
        """Gas for each that one more of them carries."""
        return self.send() / self.carries


class Node:
    """The embedded chain, and the one account that sends everything."""

    def __init__(self, url: str) -> None:
        self.web3 = Web3(HTTPProvider(url))
        self.sender = Web3.to_checksum_address("0x" + Key("sender").signer.hex())
        self.ask("anvil_impersonateAccount", self.sender)
        self.ask("anvil_setBalance", self.sender, hex(_RICH))

    def ask(self, method: str, *parameters: object) -> Any:
        return self.web3.provider.make_request(method, parameters)  # type: ignore[arg-type]

    def send(self, data: bytes | str, to: str | None = None) -> Any:
        """The receipt of a transaction that did not fail."""
        fields: dict[str, Any] = {"from": self.sender, "data": data, "gas": 16_000_000}
        sent = self.web3.eth.send_transaction(fields | ({"to": to} if to else {}))  # type: ignore[arg-type]
        receipt = self.web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)
        if receipt["status"] != 1:
            raise AssertionError(f"a transaction to {to} failed")
        return receipt

    def deploy(self, shipped: dict[str, Any], *arguments: object) -> Any:
        """A peer's contract."""
        contract = self.web3.eth.contract(abi=shipped["abi"], bytecode=shipped["bytecode"])
        data = contract.constructor(*arguments).data_in_transaction
        return self.web3.eth.contract(self.send(data)["contractAddress"], abi=shipped["abi"])

    def call(self, contract: Any, function: str, *arguments: object) -> int:
        """Gas that a call of a peer's contract used."""
        return int(self.send(contract.encode_abi(function, list(arguments)), contract.address)["gasUsed"])


class Ours:
    """Our contract, with one agency that may attest."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._officer, council = Key("officer"), Key("council")
        self._address = node.send(calls.creation_data([council.signer], 1))["contractAddress"]
        self._origin = Origin(node.web3.eth.chain_id, bytes.fromhex(self._address[2:]))
        for resolution in (
            AgencyEnrolment(AGENCY, "Ministry for Primary Industries", "NZ", "https://mpi.example", 1),
            MandateGrant(AGENCY, KIND, 0, NO_END, 2),
            AttesterAuthorisation(self._officer.signer, AGENCY, 3),
        ):
            endorsement = Endorsement(council.signer, council.sign(resolution.id(self._origin)))
            self._gas(calls.enact(resolution, [endorsement]))

    def anchor(self, size: int) -> int:
        return self._gas(calls.anchor(secrets.token_bytes(32), size))

    def attest(self, size: int) -> int:
        now, name = int(time.time()), secrets.token_bytes
        made = Attestation(AGENCY, KIND, 1, name(32), now, now + 10**7, name(32), size, name(32))
        return self._gas(calls.attest(made, self._officer.signer, self._officer.sign(made.id(self._origin))))

    def _gas(self, call: calls.Call) -> int:
        return int(self._node.send(call.data, self._address)["gasUsed"])


class Eas:
    """EAS with one schema; attestations are signed with its SDK."""

    def __init__(self, node: Node, bench: Bench) -> None:
        shipped = bench.peer(SCRIPT).load("eas")
        self._node, self._sdk, self._officer = node, bench.peer("eas"), Key("officer")
        registry = node.deploy(shipped["SchemaRegistry"])
        self._contract = node.deploy(shipped["EAS"], registry.address)
        self._schema = registry.functions.register(_SCHEMA, _NOBODY, True).call()
        node.call(registry, "register", _SCHEMA, _NOBODY, True)
        self._version = self._contract.functions.eip712Domain().call()[2]
        self._nonce = 0

    def attest(self, data: bytes) -> int:
        """One attestation by delegation."""
        request, signature = self._signed(data)
        asked = (self._schema, request, signature, self._attester, 0)
        return self._node.call(self._contract, "attestByDelegation", asked)

    def attest_many(self, count: int) -> int:
        """So many attestations in one transaction."""
        requests, signatures = zip(*(self._signed(content()) for _ in range(count)), strict=True)
        asked = [(self._schema, list(requests), list(signatures), self._attester, 0)]
        return self._node.call(self._contract, "multiAttestByDelegation", asked)

    def timestamp(self) -> int:
        return self._node.call(self._contract, "timestamp", secrets.token_bytes(32))

    def timestamp_many(self, count: int) -> int:
        return self._node.call(self._contract, "multiTimestamp", _names(count))

    @property
    def _attester(self) -> str:
        return Web3.to_checksum_address("0x" + self._officer.signer.hex())

    def _signed(self, data: bytes) -> tuple[tuple[Any, ...], tuple[int, bytes, bytes]]:
        given = {
            "schema": "0x" + self._schema.hex(), "refUID": "0x" + _NONE.hex(), "data": "0x" + data.hex(),
            "key": "0x" + self._officer.secret.hex(), "contract": self._contract.address,
            "chain": self._node.web3.eth.chain_id, "version": self._version, "nonce": self._nonce,
        }  # fmt: skip
        signature = self._sdk.load("sign", **given)
        self._nonce += 1
        parts = (signature["v"], bytes.fromhex(signature["r"][2:]), bytes.fromhex(signature["s"][2:]))
        return (_NOBODY, 0, True, _NONE, data, 0), parts


class Store:
    """OpenAttestation's document store."""

    def __init__(self, node: Node, bench: Bench) -> None:
        self._node = node
        self._contract = node.deploy(bench.peer(SCRIPT).load("document-store"), "Bench", node.sender)

    def issue(self) -> int:
        return self._node.call(self._contract, "issue", secrets.token_bytes(32))

    def issue_many(self, count: int) -> int:
        return self._node.call(self._contract, "bulkIssue", _names(count))


def content() -> bytes:
    """What our attestation says, as data of an attestation of EAS: about what, kind, outcome, detail, from when."""
    words = [secrets.token_bytes(32), KIND, 1, secrets.token_bytes(32), int(time.time())]
    return bytes(abi_encode(["bytes32", "uint16", "uint16", "bytes32", "uint40"], words))


def measure(bench: Bench) -> Iterator[Row]:
    """All rows of this file, on a chain that is gone afterwards."""
    if artifact.load().settings["optimizer"]["enabled"] is not True:
        raise AssertionError("our own contract was built without the optimizer")
    chain = DevChain(bench.on_disk / "gas-chain")
    chain.start()
    try:
        node = Node(chain.url)
        yield from _rows(bench, Ours(node), Eas(node, bench), Store(node, bench))
    finally:
        chain.stop()


def _rows(bench: Bench, ours: Ours, eas: Eas, store: Store) -> Iterator[Row]:
    def row(title: Title, mine: Sent, peer: Sent) -> Row:
        for sent in (mine, peer):
            sent.gas()  # what is paid once is paid by this one
        return title.row(*zip(*((mine.gas(), peer.gas()) for _ in range(bench.rounds)), strict=True))

    alone, many = Sent(partial(ours.attest, 1), 1), Sent(partial(ours.attest, SET), SET)
    by_delegation = Sent(lambda: eas.attest(content()), 1)
    name = "EAS attestByDelegation"
    yield row(Title("gas-attest", "attest one declaration", "gas", name, Bar("<=", 0.5)), alone, by_delegation)
    least = Sent(lambda: eas.attest(secrets.token_bytes(32)), 1)
    yield row(Title("gas-attest-least", "attest one declaration", "gas", f"{name}, 32 bytes of data"), alone, least)
    what = f"attest one of a set of {SET:,}"
    yield row(Title("gas-attest-set", what, "gas", name, Bar("<=", 0.01)), many, by_delegation)
    multi = Sent(partial(eas.attest_many, MULTI), MULTI)
    yield row(Title("gas-attest-multi", what, "gas", f"EAS multiAttestByDelegation of {MULTI}"), many, multi)

    issue, timestamp = Sent(store.issue, 1), Sent(eas.timestamp, 1)
    mine, what = Sent(partial(ours.anchor, 1), 1), "anchor one declaration alone"
    yield row(Title("gas-anchor-1-store", what, "gas", "document-store issue"), mine, issue)
    yield row(Title("gas-anchor-1-eas", what, "gas", "EAS timestamp"), mine, timestamp)
    for size in (100, 10_000):
        few = min(size, A_TRANSACTION)
        issues, timestamps = Sent(partial(store.issue_many, few), few), Sent(partial(eas.timestamp_many, few), few)
        mine, what = Sent(partial(ours.anchor, size), size), f"anchor one declaration in a batch of {size:,}"
        yield row(Title(f"gas-anchor-{size}-store", what, "gas", f"document-store bulkIssue of {few}"), mine, issues)
        yield row(Title(f"gas-anchor-{size}-eas", what, "gas", f"EAS multiTimestamp of {few}"), mine, timestamps)
        peer = f"document-store issue of one root over {size:,}"
        yield row(Title(f"gas-anchor-{size}-root", what, "gas", peer), mine, Sent(store.issue, size))


def _names(count: int) -> Sequence[bytes]:
    return [secrets.token_bytes(32) for _ in range(count)]


_ANCHORED = [
    f"gas-anchor-{name}"
    for name in ("1-store", "1-eas", "100-store", "100-eas", "100-root", "10000-store", "10000-eas", "10000-root")
]
WORKS = [
    Work(
        ("gas-attest", "gas-attest-least", "gas-attest-set", "gas-attest-multi", *_ANCHORED),
        30, measure,
    )
]  # fmt: skip
