"""A server's API as it is asked: through which proxy, and what becomes of its errors."""

from __future__ import annotations

import json

import pytest

from ledger.core.encoding.text import harmless
from ledger.edges.http import open_session
from ledger.edges.server_api import BodyTooLarge, ServerApi, ServerRefused
from ledger.errors import Malformed, MandateMissing, NotSignedIn, RelayBudgetSpent, SetNotKnown, Unavailable
from tests.witnesses import answering

PROXY = "http://proxy.example:3128"
API = ServerApi("https://ledger.example")


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://localhost:8080", None), ("http://127.0.0.1:8080", None), ("http://127.8.9.10", None),
        ("http://[::1]:8080", None), ("https://ledger.example", PROXY), ("http://10.0.0.1", PROXY),
        ("http://localhost.example", PROXY), ("http://[2001:db8::1]", PROXY),
    ],
)  # fmt: skip
def test_no_proxy_for_this_machine(url: str, proxy: str | None) -> None:
    assert open_session(url, PROXY).proxies.get("https") == proxy
    assert open_session(url, None).proxies == {}


def test_a_server_elsewhere_is_asked_through_the_proxy_and_one_here_is_not() -> None:
    said = json.dumps({"from": "the proxy"}).encode()
    with answering(lambda _: (200, {}, said)) as proxy:
        assert ServerApi("http://ledger.example", proxy=proxy).read("/v1/history") == {"from": "the proxy"}
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1"):
            ServerApi("http://127.0.0.1:1", proxy=proxy).read("/v1/history")


def problem(kind: str, detail: str = "as it is", **more: object) -> dict[str, object]:
    return {"type": f"urn:trade-ledger:{kind}", "detail": detail, **more}


def test_a_refusal_that_is_known_has_its_class_values_and_words() -> None:
    values = {"agency": "NZ-MPI", "kind": 132}
    found = API.refusal(problem("MandateMissing", "no mandate", values=values), 403)
    assert (type(found), str(found), found.values) == (MandateMissing, "no mandate", values)  # type: ignore[attr-defined]
    own = {"to": "0x" + "ab" * 20, "data": "0x1234", "chain_id": 5, "value": 0, "gas": None}
    found = API.refusal(problem("SetNotKnown", relay_yourself=own), 404)
    assert isinstance(found, SetNotKnown)
    assert found.transaction is not None
    assert (found.transaction.to, found.transaction.data, found.transaction.gas) == (b"\xab" * 20, b"\x12\x34", None)
    for spoiled in ({}, own | {"to": "0x12"}, own | {"chain_id": "5"}, own | {"data": 7}, [], None):
        found = API.refusal(problem("SetNotKnown", relay_yourself=spoiled), 404)
        assert isinstance(found, SetNotKnown)
        assert found.transaction is None
    assert isinstance(API.refusal(problem("RelayBudgetSpent"), 429), RelayBudgetSpent)


def test_other_problems() -> None:
    assert isinstance(API.refusal(problem("Novel", "of tomorrow"), 403), ServerRefused)
    assert isinstance(API.refusal(problem("VerificationFailed"), 403), ServerRefused)
    assert isinstance(API.refusal(problem("Malformed"), 422), Malformed)
    assert isinstance(API.refusal({}, 413), BodyTooLarge)
    assert isinstance(API.refusal(problem("NotSignedIn"), 401), NotSignedIn)
    assert isinstance(API.refusal(problem("OverQuota"), 429), Unavailable)
    for status in (400, 401, 403, 404, 409, 422, 429, 500, 503):
        assert isinstance(API.refusal({"detail": "a proxy in between"}, status), Unavailable), status


def test_words_are_one_printable_line_of_a_bounded_length() -> None:
    assert harmless("a\x1b[31mb\nc\u202ed\x00e") == "a [31mb c d e"
    assert len(harmless("x" * 10_000)) == 300
    assert harmless(None) == "None"
