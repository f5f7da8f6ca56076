"""Measure documents: wrap, verify, redact, and verify whole evidence. Peer: OpenAttestation v2.

Both sides begin with the bytes of a file and end with bytes or a verdict, so reading and printing JSON counts on both.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from functools import cache

from bench import sample_data
from bench.rows import Bar, Row, RowSpec
from bench.runner import Bench, Measurement
from ledger.core.checkpoints.trust import read_trust_root
from ledger.core.document import Format, Redacted, Wrapped, open_document, read_wrapped, redact, wrap
from ledger.core.evidence.reading import read_evidence
from ledger.core.verification.cache import VerificationCache
from ledger.core.verification.verdict import Conclusion
from ledger.core.verification.verify import verify

SCRIPT = "open-attestation"
PACKAGE = "@govtechsg/open-attestation"
PEER = "OpenAttestation v2"
_HIDE = list(sample_data.HIDDEN)
_PATTERNS = [f"$.{name}" for name in _HIDE]


@cache
def inputs() -> tuple[bytes, sample_data.VerifierFiles, Wrapped, str]:
    """The document, a verifier's files for it, the wrapped document, and a description."""
    data, case = sample_data.document(), sample_data.verifier_files()
    wrapped = read_wrapped(case.wrapped)
    return data, case, wrapped, f"a document of {len(data):,} bytes and {len(wrapped.fields)} fields"


def wrapping(bench: Bench) -> Iterator[Row]:
    data, _, _, what = inputs()
    oa = bench.peer(SCRIPT)

    def ours() -> bytes:
        return wrap(data, Format.JSON, secrets.token_bytes(32)).to_bytes()

    for id_, peer, bar in (
        ("wrap", PEER, Bar(">=", 5)),
        ("wrap-without-schema", f"{PEER}, without its JSON schema", None),
    ):
        oa.load(id_, document=data.decode())
        yield bench.rates(RowSpec(id_, f"wrap {what}, salts included", "1/s", peer, bar), ours, oa.timed(id_))


def verifying(bench: Bench) -> Iterator[Row]:
    data, case, _, what = inputs()
    oa = bench.peer(SCRIPT)
    oa.load("verify", document=data.decode())
    spec = RowSpec("verify", f"verify the integrity of {what}", "1/s", PEER, Bar(">=", 4))
    yield bench.rates(spec, lambda: _intact(case.wrapped), oa.timed("verify"))


def evidence(bench: Bench) -> Iterator[Row]:
    data, case, _, _ = inputs()
    oa = bench.peer(SCRIPT)
    oa.load("verify", document=data.decode())

    cache = VerificationCache()

    def ours(cache: VerificationCache | None = cache) -> None:
        verdict = verify(
            read_evidence(case.evidence), clock=sample_data.START + 3_600, document=open_document(case.wrapped),
            trust=read_trust_root(case.trust), cache=cache,
        )  # fmt: skip
        if verdict.conclusion is not Conclusion.GOOD:
            raise AssertionError(f"good evidence was refused: {verdict}")

    def without_caches() -> None:
        ours(None)

    what = "verify whole evidence offline: document, two statements, checkpoint"
    others = "checkpoint and the council's three resolutions are known from other evidence"
    for id_, work, known, bar in (
        ("evidence", ours, others, Bar(">=", 1)),
        ("evidence-first", without_caches, "three resolutions of the council", None),
    ):
        spec = RowSpec(id_, f"{what}, {known}", "1/s", f"{PEER}, integrity alone", bar)
        yield bench.rates(spec, work, oa.timed("verify"))


def redacting(bench: Bench) -> Iterator[Row]:
    data, case, _, what = inputs()
    oa = bench.peer(SCRIPT)
    count = oa.load("redact", document=data.decode(), hide=_HIDE)
    if count != len(_redacted().hidden):
        raise AssertionError(f"the peer hides {count} fields and we hide {len(_redacted().hidden)}")
    spec = RowSpec("redact", f"hide {count} fields of {what}", "1/s", PEER, Bar(">=", 0.3))
    yield bench.rates(
        spec, lambda: redact(read_wrapped(case.wrapped), _PATTERNS).to_bytes(), oa.timed("redact")
    )  # fmt: skip


def verifying_redacted(bench: Bench) -> Iterator[Row]:
    data, _, _, what = inputs()
    oa = bench.peer(SCRIPT)
    oa.load("verify-redacted", document=data.decode(), hide=_HIDE)
    redacted = _redacted()
    file = redacted.to_bytes()
    work = f"verify the integrity of {what}, {len(redacted.hidden)} hidden"
    spec = RowSpec("verify-redacted", work, "1/s", PEER, Bar(">=", 1.5))
    yield bench.rates(spec, lambda: _intact(file), oa.timed("verify-redacted"))


def _redacted() -> Redacted:
    return redact(inputs()[2], _PATTERNS)


def _intact(file: bytes) -> None:
    if open_document(file).digest != inputs()[2].digest:
        raise AssertionError("an intact document has another digest")


MEASUREMENTS = [
    Measurement(("wrap", "wrap-without-schema"), 16, wrapping),
    Measurement(("verify",), 8, verifying),
    Measurement(("evidence", "evidence-first"), 16, evidence),
    Measurement(("redact",), 8, redacting),
    Measurement(("verify-redacted",), 8, verifying_redacted),
]
