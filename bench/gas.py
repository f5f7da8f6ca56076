"""Measure gas by the receipts of an embedded chain, for one attestation, posting or declaration.

The peers are EAS and document-store.

One account sends all transactions in the same way. Every figure is of a contract in use, without one-time costs such as
an attester's first nonce. The peers' contracts come from their packages; ``peers/artifacts.mjs`` asserts that they were
built with the optimizer on.
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

from bench.rows import Bar, Row, RowSpec
from bench.runner import Bench, Measurement
from bench.sample_data import AGENCY, KIND
from ledger import artifact
from ledger.core.encoding.ids import AttestationId, DeclarationId, Root
from ledger.core.history.entry import Endorsement
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.origin import Origin
from ledger.core.statements.posting import BALANCE_CONFIRMATION, Posting
from ledger.core.statements.resolutions import AgencyEnrolment, AttesterAuthorisation, MandateGrant
from ledger.edges.chain import calls
from ledger.edges.devchain.anvil import DevChain
from ledger.testing.world import Key

SCRIPT = "artifacts"
PACKAGES = ("@ethereum-attestation-service/eas-contracts", "@tradetrust-tt/document-store")
SET, MULTI = 1_000, 40
ROOTS_A_TRANSACTION = 500  # in one call of a peer; more would come near the 16,777,216 gas of EIP-7825
_SCHEMA = "bytes32 declaration,uint16 kind,uint16 outcome,bytes32 detail,uint40 validFrom"
_ZERO_BYTES = bytes(32)
_ZERO_ADDRESS = "0x" + "00" * 20
_BALANCE_WEI = 10**24


@dataclass(frozen=True, slots=True)
class TransactionKind:
    """A kind of transaction: how to send one, and the number of declarations or attestations in it."""

    send: Callable[[], int]
    carries: int

    def gas(self) -> float:
        """Send one more, and return the gas for each declaration or attestation in it."""
        return self.send() / self.carries


class BenchChain:
    """The embedded chain, and the one account that sends every transaction."""

    def __init__(self, url: str) -> None:
        self.web3 = Web3(HTTPProvider(url))
        self.sender = Web3.to_checksum_address("0x" + Key("sender").signer.hex())
        self.ask("anvil_impersonateAccount", self.sender)
        self.ask("anvil_setBalance", self.sender, hex(_BALANCE_WEI))

    def ask(self, method: str, *parameters: object) -> Any:
        return self.web3.provider.make_request(method, parameters)  # type: ignore[arg-type]

    def send(self, data: bytes | str, to: str | None = None) -> Any:
        """Send a transaction and return its receipt. A failed transaction is an AssertionError."""
        fields: dict[str, Any] = {"from": self.sender, "data": data, "gas": 16_000_000}
        sent = self.web3.eth.send_transaction(fields | ({"to": to} if to else {}))  # type: ignore[arg-type]
        receipt = self.web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)
        if receipt["status"] != 1:
            raise AssertionError(f"a transaction to {to} failed")
        return receipt

    def deploy(self, shipped: dict[str, Any], *arguments: object) -> Any:
        """Deploy a peer's contract."""
        contract = self.web3.eth.contract(abi=shipped["abi"], bytecode=shipped["bytecode"])
        data = contract.constructor(*arguments).data_in_transaction
        return self.web3.eth.contract(self.send(data)["contractAddress"], abi=shipped["abi"])

    def call(self, contract: Any, function: str, *arguments: object) -> int:
        """Call a peer's contract and return the gas used."""
        return int(self.send(contract.encode_abi(function, list(arguments)), contract.address)["gasUsed"])


class OurContract:
    """Our contract, with one agency that may attest and post, and a certificate that it issued."""

    def __init__(self, chain: BenchChain) -> None:
        self._chain = chain
        self._officer, council = Key("officer"), Key("council")
        self._address = chain.send(calls.creation_data([council.signer], 1))["contractAddress"]
        domain = chain.web3.eth.contract(self._address, abi=list(artifact.load().abi)).functions.eip712Domain().call()
        self._origin = Origin(chain.web3.eth.chain_id, bytes.fromhex(self._address[2:]), domain[5])
        for resolution in (
            AgencyEnrolment(AGENCY, "Ministry for Primary Industries", "NZ", "https://mpi.example", 1),
            MandateGrant(AGENCY, KIND, 0, NO_END, 2),
            AttesterAuthorisation(self._officer.signer, AGENCY, 3),
            MandateGrant(AGENCY, BALANCE_CONFIRMATION, 0, NO_END, 4),
        ):
            endorsement = Endorsement(council.signer, council.sign(resolution.id(self._origin)))
            self._gas(calls.enact(resolution, [endorsement]))
        self._certificate = DeclarationId(secrets.token_bytes(32))
        self._issue, _ = self._attest(1)
        self._lines, self._sheet = 0, ZERO

    def anchor(self, size: int) -> int:
        return self._gas(calls.anchor(Root(secrets.token_bytes(32)), size))

    def attest(self, size: int) -> int:
        return self._attest(size)[1]

    def open_line(self) -> int:
        """Gas of the first posting of one more line."""
        self._lines += 1
        return self._post(self._lines, ZERO, secrets.token_bytes(32))

    def next_sheet(self) -> int:
        """Gas of moving line 0 to its next sheet; of opening it, the first time."""
        before, self._sheet = self._sheet, secrets.token_bytes(32)
        return self._post(0, before, self._sheet)

    def _attest(self, size: int) -> tuple[AttestationId, int]:
        now, name = int(time.time()), secrets.token_bytes
        made = Attestation(AGENCY, KIND, 1, name(32), now, now + 10**7, Root(name(32)), size, name(32))
        id_ = made.id(self._origin)
        return id_, self._gas(calls.attest(made, self._officer.signer, self._officer.sign(id_)))

    def _post(self, line: int, before: bytes, after: bytes) -> int:
        made = Posting(AGENCY, self._issue, self._certificate, line, before, after)
        return self._gas(calls.post(made, self._officer.signer, self._officer.sign(made.id(self._origin))))

    def _gas(self, call: calls.Call) -> int:
        return int(self._chain.send(call.data, self._address)["gasUsed"])


class EasContract:
    """EAS with one schema. Its SDK signs the attestations."""

    def __init__(self, chain: BenchChain, bench: Bench) -> None:
        shipped = bench.peer(SCRIPT).load("eas")
        self._chain, self._sdk, self._officer = chain, bench.peer("eas"), Key("officer")
        registry = chain.deploy(shipped["SchemaRegistry"])
        self._contract = chain.deploy(shipped["EAS"], registry.address)
        self._schema = registry.functions.register(_SCHEMA, _ZERO_ADDRESS, True).call()
        chain.call(registry, "register", _SCHEMA, _ZERO_ADDRESS, True)
        self._version = self._contract.functions.eip712Domain().call()[2]
        self._nonce = 0

    def attest(self, data: bytes) -> int:
        """Gas of one attestation by delegation."""
        request, signature = self._signed(data)
        asked = (self._schema, request, signature, self._attester, 0)
        return self._chain.call(self._contract, "attestByDelegation", asked)

    def attest_many(self, count: int) -> int:
        """Gas of ``count`` attestations in one transaction."""
        requests, signatures = zip(*(self._signed(attested_data()) for _ in range(count)), strict=True)
        asked = [(self._schema, list(requests), list(signatures), self._attester, 0)]
        return self._chain.call(self._contract, "multiAttestByDelegation", asked)

    def timestamp(self) -> int:
        return self._chain.call(self._contract, "timestamp", secrets.token_bytes(32))

    def timestamp_many(self, count: int) -> int:
        return self._chain.call(self._contract, "multiTimestamp", _random_roots(count))

    @property
    def _attester(self) -> str:
        return Web3.to_checksum_address("0x" + self._officer.signer.hex())

    def _signed(self, data: bytes) -> tuple[tuple[Any, ...], tuple[int, bytes, bytes]]:
        given = {
            "schema": "0x" + self._schema.hex(), "refUID": "0x" + _ZERO_BYTES.hex(), "data": "0x" + data.hex(),
            "key": "0x" + self._officer.secret.hex(), "contract": self._contract.address,
            "chain": self._chain.web3.eth.chain_id, "version": self._version, "nonce": self._nonce,
        }  # fmt: skip
        signature = self._sdk.load("sign", **given)
        self._nonce += 1
        parts = (signature["v"], bytes.fromhex(signature["r"][2:]), bytes.fromhex(signature["s"][2:]))
        return (_ZERO_ADDRESS, 0, True, _ZERO_BYTES, data, 0), parts


class DocumentStore:
    """OpenAttestation's document store."""

    def __init__(self, chain: BenchChain, bench: Bench) -> None:
        self._chain = chain
        self._contract = chain.deploy(bench.peer(SCRIPT).load("document-store"), "Bench", chain.sender)

    def issue(self) -> int:
        return self._chain.call(self._contract, "issue", secrets.token_bytes(32))

    def issue_many(self, count: int) -> int:
        return self._chain.call(self._contract, "bulkIssue", _random_roots(count))


def attested_data() -> bytes:
    """The content of our attestation as data for EAS: declaration, kind, outcome, detail, start of validity."""
    words = [secrets.token_bytes(32), KIND, 1, secrets.token_bytes(32), int(time.time())]
    return bytes(abi_encode(["bytes32", "uint16", "uint16", "bytes32", "uint40"], words))


def posted_data() -> bytes:
    """The content of our posting as data for EAS: attestation, declaration, line, sheet before, sheet after."""
    attestation, declaration, before, after = (secrets.token_bytes(32) for _ in range(4))
    types = ["bytes32", "bytes32", "uint32", "bytes32", "bytes32"]
    return bytes(abi_encode(types, [attestation, declaration, 1, before, after]))


def measure(bench: Bench) -> Iterator[Row]:
    """Measure all rows of this file on a chain that ends with this call."""
    if artifact.load().settings["optimizer"]["enabled"] is not True:
        raise AssertionError("our own contract was built without the optimizer")
    devchain = DevChain(bench.disk_folder / "gas-chain")
    devchain.start()
    try:
        chain = BenchChain(devchain.url)
        yield from _rows(bench, OurContract(chain), EasContract(chain, bench), DocumentStore(chain, bench))
    finally:
        devchain.stop()


def _rows(bench: Bench, ours: OurContract, eas: EasContract, store: DocumentStore) -> Iterator[Row]:
    def row(spec: RowSpec, mine: TransactionKind, peer: TransactionKind) -> Row:
        for transaction in (mine, peer):
            transaction.gas()  # this first transaction pays the one-time costs
        return spec.row(*zip(*((mine.gas(), peer.gas()) for _ in range(bench.rounds)), strict=True))

    alone, many = TransactionKind(partial(ours.attest, 1), 1), TransactionKind(partial(ours.attest, SET), SET)
    by_delegation = TransactionKind(lambda: eas.attest(attested_data()), 1)
    name = "EAS attestByDelegation"
    yield row(RowSpec("gas-attest", "attest one declaration", "gas", name, Bar("<=", 0.5)), alone, by_delegation)
    least = TransactionKind(lambda: eas.attest(secrets.token_bytes(32)), 1)
    yield row(RowSpec("gas-attest-least", "attest one declaration", "gas", f"{name}, 32 bytes of data"), alone, least)
    what = f"attest one of a set of {SET:,}"
    yield row(RowSpec("gas-attest-set", what, "gas", name, Bar("<=", 0.01)), many, by_delegation)
    multi = TransactionKind(partial(eas.attest_many, MULTI), MULTI)
    yield row(RowSpec("gas-attest-multi", what, "gas", f"EAS multiAttestByDelegation of {MULTI}"), many, multi)

    moved = TransactionKind(lambda: eas.attest(posted_data()), 1)
    for id_, what, post in (
        ("gas-post-opening", "open a line of a certificate", ours.open_line),
        ("gas-post", "move a line of a certificate to its next sheet", ours.next_sheet),
    ):
        yield row(RowSpec(id_, what, "gas", f"{name}, sheets not checked"), TransactionKind(post, 1), moved)

    issue, timestamp = TransactionKind(store.issue, 1), TransactionKind(eas.timestamp, 1)
    mine, what = TransactionKind(partial(ours.anchor, 1), 1), "anchor one declaration alone"
    yield row(RowSpec("gas-anchor-1-store", what, "gas", "document-store issue"), mine, issue)
    yield row(RowSpec("gas-anchor-1-eas", what, "gas", "EAS timestamp"), mine, timestamp)
    for size in (100, 10_000):
        few = min(size, ROOTS_A_TRANSACTION)
        issues, timestamps = (
            TransactionKind(partial(store.issue_many, few), few),
            TransactionKind(partial(eas.timestamp_many, few), few),
        )
        mine, what = TransactionKind(partial(ours.anchor, size), size), f"anchor one declaration in a batch of {size:,}"
        yield row(RowSpec(f"gas-anchor-{size}-store", what, "gas", f"document-store bulkIssue of {few}"), mine, issues)
        yield row(RowSpec(f"gas-anchor-{size}-eas", what, "gas", f"EAS multiTimestamp of {few}"), mine, timestamps)
        peer = f"document-store issue of one root over {size:,}"
        yield row(RowSpec(f"gas-anchor-{size}-root", what, "gas", peer), mine, TransactionKind(store.issue, size))


def _random_roots(count: int) -> Sequence[bytes]:
    return [secrets.token_bytes(32) for _ in range(count)]


_ANCHORED = [
    f"gas-anchor-{name}"
    for name in ("1-store", "1-eas", "100-store", "100-eas", "100-root", "10000-store", "10000-eas", "10000-root")
]
MEASUREMENTS = [
    Measurement(
        (
            "gas-attest", "gas-attest-least", "gas-attest-set", "gas-attest-multi", "gas-post-opening", "gas-post",
            *_ANCHORED,
        ),
        35, measure,
    )
]  # fmt: skip
