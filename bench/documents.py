"""Documents, from file contents to file contents: wrap, verify, redact, and whole evidence. Peer: OpenAttestation v2.

Both sides begin with bytes and end with bytes, or with the verdict: reading and printing JSON is counted on both.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from functools import cache

from bench import materials
from bench.rows import Bar, Row, Title
from bench.runner import Bench, Work
from ledger.core.checkpoints.trust import read_trust_root
from ledger.core.document import Format, Redacted, Wrapped, open_document, read_wrapped, redact, wrap
from ledger.core.evidence.payloads import remembered
from ledger.core.evidence.reading import read_evidence
from ledger.core.verification.authority import carried_by_keys
from ledger.core.verification.verdict import Conclusion
from ledger.core.verification.verify import verify

SCRIPT = "open-attestation"
PACKAGE = "@govtechsg/open-attestation"
PEER = "OpenAttestation v2"
_FIVE = Bar(">=", 5)
_HIDE = list(materials.HIDDEN)
_PATTERNS = [f"$.{name}" for name in _HIDE]


@cache
def given() -> tuple[bytes, materials.Case, Wrapped, str]:
    """The document, its evidence, the document wrapped, and words for it."""
    data, case = materials.document(), materials.case()
    wrapped = read_wrapped(case.wrapped)
    return data, case, wrapped, f"a document of {len(data):,} bytes and {len(wrapped.fields)} fields"


def wrapping(bench: Bench) -> Iterator[Row]:
    data, _, _, what = given()
    oa = bench.peer(SCRIPT)

    def ours() -> bytes:
        return wrap(data, Format.JSON, secrets.token_bytes(32)).to_bytes()

    for id_, peer, bar in (("wrap", PEER, _FIVE), ("wrap-without-schema", f"{PEER}, without its JSON schema", None)):
        oa.load(id_, document=data.decode())
        yield bench.rates(Title(id_, f"wrap {what}, salts included", "1/s", peer, bar), ours, oa.timed(id_))


def verifying(bench: Bench) -> Iterator[Row]:
    data, case, _, what = given()
    oa = bench.peer(SCRIPT)
    oa.load("verify", document=data.decode())
    title = Title("verify", f"verify the integrity of {what}", "1/s", PEER, _FIVE)
    yield bench.rates(title, lambda: _intact(case.wrapped), oa.timed("verify"))


def evidence(bench: Bench) -> Iterator[Row]:
    data, case, _, _ = given()
    oa = bench.peer(SCRIPT)
    oa.load("verify", document=data.decode())

    def ours() -> None:
        verdict = verify(
            read_evidence(case.evidence), at=materials.START + 3_600, document=open_document(case.wrapped),
            trust=read_trust_root(case.trust),
        )  # fmt: skip
        if verdict.conclusion is not Conclusion.GOOD:
            raise AssertionError(f"good evidence was refused: {verdict}")

    def first() -> None:
        carried_by_keys.cache_clear()
        remembered.cache_clear()
        ours()

    what = "verify whole evidence offline: document, two statements, checkpoint"
    for id_, work, more, bar in (
        ("evidence", ours, "the council's three resolutions known from other evidence", Bar(">=", 1)),
        ("evidence-first", first, "three resolutions of the council", None),
    ):
        title = Title(id_, f"{what}, {more}", "1/s", f"{PEER}, integrity alone", bar)
        yield bench.rates(title, work, oa.timed("verify"))


def redacting(bench: Bench) -> Iterator[Row]:
    data, case, _, what = given()
    oa = bench.peer(SCRIPT)
    count = oa.load("redact", document=data.decode(), hide=_HIDE)
    if count != len(_redacted().hidden):
        raise AssertionError(f"the peer hides {count} fields and we hide {len(_redacted().hidden)}")
    title = Title("redact", f"hide {count} fields of {what}", "1/s", PEER)
    yield bench.rates(
        title, lambda: redact(read_wrapped(case.wrapped), _PATTERNS).to_bytes(), oa.timed("redact")
    )  # fmt: skip


def verifying_redacted(bench: Bench) -> Iterator[Row]:
    data, _, _, what = given()
    oa = bench.peer(SCRIPT)
    oa.load("verify-redacted", document=data.decode(), hide=_HIDE)
    redacted = _redacted()
    file = redacted.to_bytes()
    title = Title("verify-redacted", f"verify the integrity of {what}, {len(redacted.hidden)} hidden", "1/s", PEER)
    yield bench.rates(title, lambda: _intact(file), oa.timed("verify-redacted"))


def _redacted() -> Redacted:
    return redact(given()[2], _PATTERNS)


def _intact(file: bytes) -> None:
    if open_document(file).digest != given()[2].digest:
        raise AssertionError("an intact document was taken for a changed one")


WORKS = [
    Work(("wrap", "wrap-without-schema"), 16, wrapping),
    Work(("verify",), 8, verifying),
    Work(("evidence", "evidence-first"), 16, evidence),
    Work(("redact",), 8, redacting),
    Work(("verify-redacted",), 8, verifying_redacted),
]
