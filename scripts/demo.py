"""``make demo``: the main job on the sample documents, on an embedded chain. All files stay in ``demo-output/``."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from ledger.cli.output import short
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.witnesses_file import KnownWitness
from ledger.core.document import disclose, read_wrapped, redact
from ledger.core.encoding.ids import AttestationId, DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.inclusion import set_of
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.resolutions import AgencyEnrolment, AttesterAuthorisation, MandateGrant, Resolution
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.withdrawal import Withdrawal
from ledger.core.verification.verdict import Status
from ledger.edges.chain.contract import TransactionReceipt
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.witness_http import WitnessClient
from ledger.errors import MandateMissing
from ledger.journeys.attest import relay_attestation
from ledger.journeys.audit.audit import Scope, audit
from ledger.journeys.checkpoint import note_key
from ledger.journeys.cosign import Witnesses
from ledger.journeys.council import draft_resolution, endorse, relay_resolution
from ledger.journeys.declare import Declared, DocumentFile, Rejected, StoreIntake, declare_files
from ledger.journeys.evidence import evidence_of
from ledger.journeys.export import PublicKeys, export_ledger
from ledger.journeys.relay import Relayed
from ledger.journeys.revoke import relay_revocation
from ledger.journeys.withdraw import relay_withdrawal
from ledger.testing.local_ledger import LocalLedger
from scripts.local_witnesses import witness_of, witnessing

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
OUTPUT = ROOT / "demo-output"
LEDGER = Path(sys.executable).with_name("ledger")
CLEARANCE, PHYTOSANITARY, ORIGIN_CERTIFICATE = 132, 851, 861
WITNESSES = ("witness.nz-customs.example", "witness.nl-douane.example")
CERTIFICATES = (PHYTOSANITARY, ORIGIN_CERTIFICATE)
RELEASED, ACCEPTED, REVOKED, REPLACE = 4, 1, 41, 5
# The report converts gas with these prices: gwei for a unit of gas, US dollars for an ether. It says so.
GAS_PRICE_GWEI, ETHER_USD = 1, 3000

console = Console(highlight=False)


class Demo:
    """One run of the demo. Each step prints what it does and adds it to the report."""

    def __init__(self) -> None:
        shutil.rmtree(OUTPUT, ignore_errors=True)
        self.local = LocalLedger(OUTPUT / "local")
        self.report: dict[str, Any] = {"steps": []}
        self.witnesses: list[KnownWitness] = []
        self.number = 0
        self.begun = time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        self.number += 1
        console.rule(f"[bold]{self.number}. {title}", align="left")
        yield

    def say(self, text: str, spent: TransactionReceipt | int | None = None) -> None:
        gas = spent if isinstance(spent, int) or spent is None else spent.gas_used
        console.print(f"   {short(text)}" + (f"  [dim]({gas:,} gas)[/]" if gas else ""))
        self.report["steps"].append({"step": self.number, "what": text, "gas": gas})

    def run(self) -> int:
        local = self.local
        local.devchain.start()
        with ExitStack() as running:
            running.callback(local.devchain.stop)
            self._run_on_the_chain(running)
        with self.step("Chain and platform are gone; one Python file verifies"):
            self._verify_without_the_ledger()
        (OUTPUT / "report.json").write_text(json.dumps(self.report, indent=2) + "\n")
        seconds = time.monotonic() - self.begun
        console.print(
            Panel(
                f"Done in {seconds:.1f} s. Look at [bold]demo-output/[/]: wrapped/ (the trader's copies), bank/ (what"
                " the bank got), export/ (all that a successor needs), report.json.\nChange a byte in bank/, then run\n"
                "  .venv/bin/ledger verify demo-output/bank/evidence.json -d demo-output/bank/invoice.redacted "
                "-t demo-output/bank/trust.json\n"
                f"See this story in the portal, in a browser: [bold]make up STATE={_relative(self.local.folder)}[/] "
                "starts the chain again and prints the address."
            )
        )
        return 0

    def _run_on_the_chain(self, running: ExitStack) -> None:
        with self.step("A contract with a council of one"):
            origin, receipt = self.local.deploy()
            self.say(f"origin {origin}", receipt)
        with self.step("Two agencies witness its history, each beside its own node"):
            self._start_witnesses(running)
        with self.step("The council enrols agencies, authorises their keys and grants mandates"):
            self._enrol_agencies()
        index = _read("index.json")
        with self.step("The trader wraps, signs and declares all documents; one batch anchors them"):
            declared = self._declare(index)
        with self.step("Agencies attest within their mandates"):
            attested = self._attest(declared, index)
        with self.step("An attempt outside a mandate is refused"):
            self._attest_outside_the_mandate(next(iter(declared.values())))
        with self.step("A certificate is revoked"):
            self._revoke(attested, declared)
        with self.step("An invoice is replaced by a corrected one"):
            invoice = self._replace(declared, index)
        with self.step("A redacted invoice goes to the bank, which verifies it offline"):
            self._hand_to_the_bank(invoice)
        with self.step("One byte is changed, and the verdict names it"):
            self._change_a_byte()
        with self.step("An auditor replays the history"):
            self._audit()
        with self.step("The operator leaves and exports everything as plain files"):
            self._export()
        self._print_costs(declared)

    def _officer(self, code: str) -> SigningKey:
        return self.local.key(f"{code.lower()}-officer")

    def _start_witnesses(self, running: ExitStack) -> None:
        local, folder = self.local, OUTPUT / "witnesses"
        trust = TrustRoot.of(local.chain.origin, note_key(local.chain.origin, local.log_key))
        for name in WITNESSES:
            key = local.key(name, Algorithm.ED25519)
            self.witnesses.append(running.enter_context(witnessing(witness_of(name, key, trust, folder, local.chain))))
            self.say(f"{self.witnesses[-1]}")

    def _enrol_agencies(self) -> None:
        council = self.local.key("council")

        def enact(kind: type[Resolution], *members: object) -> int:
            resolution = draft_resolution(self.local.relay, kind, *members)
            endorsement = endorse(resolution, council, self.local.chain.origin)
            receipt = relay_resolution(self.local.relay, resolution, [endorsement]).receipt
            return receipt.gas_used if receipt else 0

        for agency in _read("agencies.json"):
            code = agency["agency"]
            gas = enact(
                AgencyEnrolment, code, agency["name"], agency["jurisdiction"], f"https://{code.lower()}.example"
            )
            gas += enact(AttesterAuthorisation, self._officer(code).address, code)
            for kind in agency["kinds"]:
                gas += enact(MandateGrant, code, kind, 0, NO_END)
            kinds = ", ".join(map(str, agency["kinds"]))
            self.say(f"{code:13} {agency['name']}, may attest {kinds} (UNCL 1001)", gas)

    def _declare(self, index: Sequence[dict[str, Any]]) -> dict[str, Declared]:
        replacements = {item["file"] for item in index if item.get("replaces")}
        sources = [
            DocumentFile(SAMPLES / item["file"], item["file"], item["type"])
            for item in index
            if item["file"] not in replacements
        ]
        declared = self._declare_files(sources)
        (report,) = self.local.anchorer.run(len(declared), _now())
        self.batch = report
        table = Table("document", "type", "declaration id")
        for item in declared.values():
            table.add_row(item.source.name, str(item.source.document_type), short(hex_text(item.id)))
        console.print(table)
        self.say(f"{report.batch.size} declarations under one root {hex_text(report.batch.root)}", report.receipt)
        self.report["declarations"] = {name: hex_text(item.id) for name, item in declared.items()}
        return declared

    def _declare_files(self, sources: Sequence[DocumentFile]) -> dict[str, Declared]:
        local, found = self.local, {}
        for item in declare_files(
            sources, OUTPUT / "wrapped", local.key("trader"), StoreIntake(local.store, local.chain.origin, _now()),
            lambda: secrets.token_bytes(32),
        ):  # fmt: skip
            if isinstance(item, Rejected):
                raise item.error
            assert isinstance(item, Declared)
            found[item.source.name] = item
        return found

    def _attest_set(
        self, code: str, kind: int, outcome: int, ids: Sequence[DeclarationId]
    ) -> tuple[AttestationId, Relayed]:
        officer = self._officer(code)
        root, size = set_of(ids)
        statement = Attestation(code, kind, outcome, ZERO, _now() - 60, NO_END, root, size, secrets.token_bytes(32))
        id_ = statement.id(self.local.chain.origin)
        relayed = relay_attestation(self.local.relay, statement, officer.address, officer.sign(id_), ids)
        return id_, relayed

    def _attest(self, declared: dict[str, Declared], index: Sequence[dict[str, Any]]) -> dict[str, AttestationId]:
        attested: dict[str, AttestationId] = {}
        agencies = {item["file"]: item["agency"] for item in index}
        for name, item in declared.items():
            kind = item.source.document_type
            if kind in CERTIFICATES and agencies[name]:
                code = agencies[name]
                attested[name], done = self._attest_set(code, kind, ACCEPTED, [item.id])
                self.say(f"{code} certifies {name}: attestation {hex_text(attested[name])}", done.receipt)
        for code in sorted({code for name, code in agencies.items() if code and name in declared}):
            others = [item.id for name, item in declared.items() if agencies[name] == code and name not in attested]
            if others:
                id_, done = self._attest_set(code, CLEARANCE, RELEASED, others)
                self.say(f"{code} releases {len(others)} declarations in one attestation {hex_text(id_)}", done.receipt)
        return attested

    def _attest_outside_the_mandate(self, item: Declared) -> None:
        try:
            self._attest_set("NZ-MPI", CLEARANCE, RELEASED, [item.id])
        except MandateMissing as error:
            self.say(f"[green]refused[/]: {error}")
        else:
            raise SystemExit("the contract accepted an attestation outside its mandate")

    def _revoke(self, attested: dict[str, AttestationId], declared: dict[str, Declared]) -> None:
        name = next(name for name in attested if declared[name].source.document_type == PHYTOSANITARY)
        with self.local.follower.fresh_history() as history:
            code = history.attestations[attested[name]].attested.attestation.agency
        statement, officer = Revocation(attested[name], reason=REVOKED), self._officer(code)
        done = relay_revocation(
            self.local.relay, statement, officer.address, officer.sign(statement.id(self.local.chain.origin))
        )
        self.say(f"{code} revoked its certificate for {name} (entry {done.number}, reason {REVOKED})", done.receipt)
        self._verify(self._evidence(declared[name], "revoked"), declared[name].wrapped, expect=1)

    def _replace(self, declared: dict[str, Declared], index: Sequence[dict[str, Any]]) -> Declared:
        item = next(item for item in index if item.get("replaces"))
        old = declared[item["replaces"]]
        (new,) = self._declare_files(
            [DocumentFile(SAMPLES / item["file"], item["file"], item["type"], old.id)]
        ).values()
        (report,) = self.local.anchorer.run(10, _now())
        self.say(f"{item['file']} declared as replacing {item['replaces']}: {hex_text(new.id)}", report.receipt)
        trader = self.local.key("trader")
        statement = Withdrawal(old.id, REPLACE, new.id)
        signature = trader.sign(statement.id(self.local.chain.origin))
        done = relay_withdrawal(self.local.relay, old.declaration, statement, signature)
        self.say(f"{item['replaces']} withdrawn, naming its replacement (entry {done.number})", done.receipt)
        id_, attested = self._attest_set("NZ-CUSTOMS", CLEARANCE, RELEASED, [new.id])
        self.say(f"NZ-CUSTOMS releases on the corrected invoice: {hex_text(id_)}", attested.receipt)
        return new

    @property
    def _trust(self) -> TrustRoot:
        """A trust root that demands both witnesses' cosignatures."""
        keys, origin = tuple(known.key for known in self.witnesses), self.local.chain.origin
        return TrustRoot.of(origin, note_key(origin, self.local.log_key), keys, len(keys))

    def _evidence(self, item: Declared, folder: str) -> Path:
        local = self.local
        wrapped = read_wrapped(item.wrapped.read_bytes())
        witnesses = Witnesses([WitnessClient(known) for known in self.witnesses], local.store)
        shown = disclose(wrapped, [])
        made = evidence_of(item.id, local.store, local.follower, local.log_key, _now(), shown, witnesses)
        target = OUTPUT / folder
        target.mkdir(exist_ok=True)
        (target / "trust.json").write_bytes(self._trust.to_bytes())
        (target / "evidence.json").write_bytes(made.to_bytes())
        return target / "evidence.json"

    def _hand_to_the_bank(self, invoice: Declared) -> None:
        evidence = self._evidence(invoice, "bank")
        redacted = redact(read_wrapped(invoice.wrapped.read_bytes()), ["//PriceAmount", "//Contact"])
        self.redacted = evidence.with_name("invoice.redacted")
        self.redacted.write_bytes(redacted.to_bytes())
        self.say(f"{len(redacted.fields)} fields shown, {len(redacted.hidden)} hidden (unit prices, contacts)")
        self._verify(evidence, self.redacted, expect=0)

    def _change_a_byte(self) -> None:
        data = self.redacted.read_bytes()
        fields = json.loads(data)["fields"]
        path, _, value, _ = next(field for field in fields if "PayableAmount" in field[0] and "@" not in field[0])
        position = data.index(b'"' + value.encode() + b'"', data.index(json.dumps(path).encode())) + 1
        digit = b"9" if data[position : position + 1] != b"9" else b"8"
        changed = self.redacted.with_name("invoice-changed.redacted")
        changed.write_bytes(data[:position] + digit + data[position + 1 :])
        self.say(f"byte {position}: {value} became {digit.decode()}{value[1:]}")
        self._verify(self.redacted.with_name("evidence.json"), changed, expect=1)

    def _verify(self, evidence: Path, document: Path, expect: int) -> None:
        """Run the command that a stranger would run, in its own process, without a chain."""
        trust = evidence.with_name("trust.json")
        self._run_verifier(
            [str(LEDGER), "verify"], evidence, ["-d", _relative(document), "-t", _relative(trust)], expect
        )

    def _run_verifier(self, program: list[str], evidence: Path, options: list[str], expect: int) -> None:
        command = [*program, _relative(evidence), *options]
        console.print(f"   [dim]$ {Path(command[0]).name} {' '.join(command[1:])}[/]")
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        console.print(done.stdout.rstrip(), soft_wrap=True)
        if done.returncode != expect:
            raise SystemExit(f"expected exit code {expect}, got {done.returncode}: {done.stderr}")

    def _audit(self) -> None:
        report = audit(self.local.chain, Scope(store=self.local.store)).report
        table = Table("", "compared", "finding")
        for item in report.findings:
            colour = "green" if item.status is Status.VALID else "bold red"
            table.add_row(f"[{colour}]{item.status.value}[/]", item.name, short(item.words))
        console.print(table)
        if not report.good:
            raise SystemExit("the audit found a difference")
        self.report["audit"] = report.to_json()

    def _export(self) -> None:
        with self.local.follower.fresh_history() as history:
            export = export_ledger(
                OUTPUT / "export", self.local.store, history, PublicKeys(self._trust), [OUTPUT / "wrapped"]
            )
        counts, size, files = export.manifest.counts, export.manifest.size, export.manifest.files.number
        self.say(f"{files} files: {size} entries, {counts.evidence} evidence, {counts.documents} documents")

    def _verify_without_the_ledger(self) -> None:
        """Run the exported ``verify.py`` in an interpreter that sees no installed package."""
        export, bank = OUTPUT / "export", OUTPUT / "bank"
        program = [sys.executable, "-I", "-S", _relative(export / "formats" / "verify.py")]
        options = ["-d", _relative(self.redacted), "-t", _relative(export / "keys" / "trust.json")]
        self._run_verifier(program, bank / "evidence.json", [*options, "-p", "samples/policies/bank.json"], expect=0)

    def _print_costs(self, declared: dict[str, Declared]) -> None:
        gas = [step["gas"] for step in self.report["steps"] if step["gas"]]
        receipt = self.batch.receipt
        assert receipt is not None
        one = receipt.gas_used / len(declared)
        price = GAS_PRICE_GWEI * 1e-9 * ETHER_USD
        table = Table("what", "gas", f"US$ at {GAS_PRICE_GWEI} gwei and {ETHER_USD} US$ an ether")
        table.add_row("anchoring, a document of this batch", f"{one:,.0f}", f"{one * price:.4f}")
        table.add_row("anchoring, the whole batch", f"{receipt.gas_used:,}", f"{receipt.gas_used * price:.4f}")
        table.add_row("everything in this demo", f"{sum(gas):,}", f"{sum(gas) * price:.4f}")
        console.print(table)
        self.report["gas"] = {"anchor_a_document": one, "anchor_batch": receipt.gas_used, "all": sum(gas)}


def _read(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((SAMPLES / name).read_text())
    return found


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _now() -> int:
    return int(time.time())


if __name__ == "__main__":
    sys.exit(Demo().run())
