"""Both doors of intake over HTTP: the same declarations pass, the same are refused, and a line answers for itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from api.kit import metrics
from api.main import create_app
from api.routes.ledger import bulk
from api.routes.ledger.convert import refuse_repeated_names
from api.services import Services
from ledger.app import App
from ledger.core.encoding.ids import Signer
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.signature import SECP256K1_N
from ledger.core.statements.signer import checksummed
from ledger.edges.chain.contract import Chain
from ledger.edges.store import Store
from ledger.errors import Malformed, Source, Unavailable
from ledger.settings import Settings
from ledger.testing.world import ORIGIN, TRADER

NOW = 1_795_000_000
REFUSED = {"door": "bulk", "outcome": "refused"}
LONG = '{"declaration": "' + "x" * bulk.MAX_LINE + '"}'


class Door:
    """A server without a chain that anchors nothing, and its client."""

    def __init__(self, client: TestClient, store: Store) -> None:
        self.client = client
        self.store = store

    def single(self, body: str) -> Any:
        return self.client.post("/v1/declarations", content=body, headers={"Content-Type": "application/json"})

    def bulk(self, body: Any) -> list[dict[str, Any]]:
        answer = self.client.post("/v1/declarations/bulk", content=body, headers={"Content-Type": bulk.NDJSON})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == bulk.NDJSON
        results = [json.loads(line) for line in answer.content.split(b"\n")[:-1]]
        assert [result["line"] for result in results] == list(range(1, len(results) + 1))
        return results


def no_chain() -> Chain:
    raise AssertionError("the chain was asked")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("door")
    store = Store.open(f"sqlite:///{folder / 'ledger.sqlite'}", ORIGIN)
    chosen = Settings(state_dir=folder, origin=str(ORIGIN))
    app = App(chosen, store=store, connect=no_chain)
    with TestClient(create_app(Services(app, lambda: NOW)), raise_server_exceptions=False) as client:
        yield Door(client, store)


_numbers = iter(range(1, 1 << 32))


def fresh() -> dict[str, Any]:
    """A signed declaration that nobody has made before."""
    made = Declaration(TRADER.signer, next(_numbers).to_bytes(32), 380)
    return {"declaration": made.to_json(), "signature": hex_text(TRADER.sign(made.id(ORIGIN)))}


def id_of(said: dict[str, Any]) -> str:
    return hex_text(Declaration.from_json(said["declaration"]).id(ORIGIN))


def text(said: object) -> str:
    return json.dumps(said, separators=(",", ":"))


def twice(said: dict[str, Any]) -> str:
    """Two digests: a signature fits the last, and who reads the first is deceived."""
    return text(said).replace('"digest":', f'"digest":"0x{"00" * 32}","digest":')


def test_a_new_declaration_and_its_repetition(door: Door) -> None:
    said = fresh()
    first = door.single(text(said))
    assert first.status_code == 202
    assert first.json() == {
        "id": id_of(said), "state": "pending", "received_at": NOW, "declaration": said["declaration"],
        "batch_root": None, "batch_size": None, "entry_number": None, "entry_time": None, "withdrawn_by_entry": None,
        "withdrawn": None, "attestations": [],
    }  # fmt: skip
    again = door.single(text(said))
    assert (again.status_code, again.json()) == (202, first.json())
    assert door.bulk(text(said)) == [{"line": 1, "status": 200, "id": id_of(said)}]


def test_a_repetition_says_where_it_stands(door: Door) -> None:
    said = fresh()
    door.single(text(said))
    id_ = bytes.fromhex(id_of(said)[2:])
    batch = door.store.batches.form(b"\x01" * 32, [id_], NOW)
    again = door.single(text(said)).json()
    assert (again["state"], again["batch_size"]) == ("batched", batch.size)


@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
def test_every_line_has_its_answer_however_the_body_is_cut(door: Door, size: int) -> None:
    good = [fresh() for _ in range(600)]
    forged = fresh() | {"signature": hex_text(TRADER.sign(bytes(32)))}
    lines = [text(said) for said in good]
    lines[2:2] = ["nonsense", text(forged), LONG, twice(fresh()), text(good[0])]
    if size == 1:
        lines = lines[:7]
    body = "\n".join(lines).encode()
    results = door.bulk(body[start : start + size] for start in range(0, len(body), size))
    assert [result["status"] for result in results[:7]] == [202, 202, 422, 403, 422, 422, 200]
    assert [result["status"] for result in results[7:]] == [202] * (len(lines) - 7)
    kinds = [result["type"].removeprefix("urn:trade-ledger:") for result in results[2:6]]
    assert kinds == ["Malformed", "PartyKeyMismatch", "Malformed", "Malformed"]
    assert "longer than" in results[4]["detail"]
    assert "a name that this object already has" in results[5]["detail"]
    for line, result in zip(lines, results, strict=True):
        if result["status"] == 202:
            assert result["id"] == id_of(json.loads(line))
            assert door.store.declarations.get(bytes.fromhex(result["id"][2:])) is not None


def test_line_ends(door: Door) -> None:
    lines = [text(fresh()) for _ in range(2)]
    assert [item["status"] for item in door.bulk("\n".join(lines))] == [202, 202]
    assert [item["status"] for item in door.bulk("\n".join(lines) + "\n")] == [200, 200]
    assert [item["status"] for item in door.bulk("\r\n".join(lines) + "\r\n")] == [200, 200]
    assert door.bulk("") == []


@pytest.mark.parametrize("size", [1, 5, 1 << 20])
def test_blank_lines_and_a_byte_order_mark_are_passed_over(door: Door, size: int) -> None:
    """As editors and spreadsheets write them; each result names the line that it is about, as an editor counts."""
    before = metrics.COUNTED.get_sample_value("ledger_declarations_received_total", REFUSED) or 0
    lines = ["", text(fresh()), "   ", "\t\r", text(fresh()), "nonsense", "\r", text(fresh()) + "\r", " " * 9_000, ""]
    body = b"\xef\xbb\xbf" + "\n".join(lines).encode()
    cut = (body[start : start + size] for start in range(0, len(body), size))
    answer = door.client.post("/v1/declarations/bulk", content=cut, headers={"Content-Type": bulk.NDJSON})
    found = [json.loads(line) for line in answer.content.splitlines()]
    told = [(item["line"], item["status"]) for item in found]
    assert told == [(2, 202), (5, 202), (6, 422), (8, 202), (9, 422)]
    assert "longer than" in found[-1]["detail"], "the content of a line that is cut might be lost"
    assert metrics.COUNTED.get_sample_value("ledger_declarations_received_total", REFUSED) == before + 2


def test_a_byte_order_mark_costs_no_declaration(door: Door) -> None:
    """The single door skips it, so the other one does too; in the middle it is none."""
    first, second = text(fresh()), text(fresh())
    assert door.single("\ufeff" + first).status_code == 202
    assert [item["status"] for item in door.bulk(f"\ufeff{first}\n{second}")] == [200, 202]
    assert [item["status"] for item in door.bulk(f"{first}\n\ufeff{second}")] == [200, 422]


def test_one_json_value_is_answered_by_one(door: Door) -> None:
    """As generated clients send it; lines that are called JSON stay lines."""
    good, bad = [fresh() for _ in range(600)], fresh() | {"signature": "0x00"}
    value = {"declarations": [*good[:300], bad, "nonsense", *good[300:], good[0]]}
    answer = door.client.post("/v1/declarations/bulk", json=value)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    results = answer.json()["results"]
    assert [item["line"] for item in results] == list(range(1, 604))
    assert [item["status"] for item in results] == [202] * 300 + [422, 422] + [202] * 300 + [200]
    lines = "\n".join(map(text, good[:2]))
    answer = door.client.post("/v1/declarations/bulk", content=lines, headers={"Content-Type": "application/json"})
    assert (answer.headers["content-type"], answer.text.count('"status":200')) == (bulk.NDJSON, 2)
    wrong = door.client.post("/v1/declarations/bulk", json={"declarations": good[:1], "more": 1})
    assert json.loads(wrong.content)["status"] == 422


def respelled(said: dict[str, Any]) -> list[str]:
    """The same signature as other wallets write it."""
    plain = bytes.fromhex(said["signature"][2:])
    bare = plain[:64] + bytes([plain[64] - 27])
    compact = plain[:32] + bytes([plain[32] | (plain[64] - 27) << 7]) + plain[33:64]
    return [hex_text(bare), hex_text(compact)]


def test_an_account_keys_signature_in_its_other_forms(door: Door) -> None:
    """They are stored in the one form, so that evidence is the same whoever hands the declaration in."""
    for place in range(2):
        single, many = fresh(), fresh()
        assert door.single(text(single | {"signature": respelled(single)[place]})).status_code == 202
        assert [item["status"] for item in door.bulk(text(many | {"signature": respelled(many)[place]}))] == [202]
        for said in (single, many):
            row = door.store.declarations.get(bytes.fromhex(id_of(said)[2:]))
            assert row is not None
            assert hex_text(row.signature) == said["signature"]
            assert door.bulk(text(said))[0]["status"] == 200, "the same declaration, whatever its form"


def test_the_true_reason_why_a_signature_is_not_taken(door: Door) -> None:
    said = fresh()
    plain = bytes.fromhex(said["signature"][2:])
    s = SECP256K1_N - int.from_bytes(plain[32:64])
    high = plain[:32] + s.to_bytes(32) + bytes([55 - plain[64]])
    der = encode_dss_signature(int.from_bytes(plain[:32]), int.from_bytes(plain[32:64]))
    for signature, words in [(high, "upper half"), (der, "DER"), (plain[:63], "63 bytes")]:
        sent = text(said | {"signature": hex_text(signature)})
        single, (line,) = door.single(sent), door.bulk(sent)
        assert (single.status_code, single.json()["type"]) == (422, "urn:trade-ledger:Malformed")
        assert words in single.json()["detail"]
        assert (line["status"], line["detail"]) == (422, single.json()["detail"])


def test_a_party_in_any_case_and_with_a_wrong_checksum(door: Door) -> None:
    for spell in (checksummed, lambda signer: "0x" + signer.hex().upper()):
        said = fresh()
        sent = said | {"declaration": said["declaration"] | {"party": spell(TRADER.signer)}}
        answer = door.single(text(sent))
        assert (answer.status_code, answer.json()["declaration"]) == (202, said["declaration"])
        assert door.bulk(text(sent)) == [{"line": 1, "status": 200, "id": id_of(said)}]
    wrong = checksummed(TRADER.signer).swapcase().replace("X", "x", 1)
    answer = door.single(text(said | {"declaration": said["declaration"] | {"party": wrong}}))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:trade-ledger:Malformed")
    assert "EIP-55" in answer.json()["detail"]


def test_too_many_lines_are_refused_as_a_whole(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MAX_LINES", 600)
    lines = [text(fresh()) for _ in range(601)]
    answer = door.client.post("/v1/declarations/bulk", content="\n".join(lines))
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:trade-ledger:TooLarge")
    results = door.bulk("\n".join(lines[:600]))  # sent again in smaller parts, each is stored once
    assert {result["status"] for result in results} <= {200, 202}


@pytest.mark.parametrize(
    ("party", "kind", "words"),
    [
        (b"\x77" * 20, "PartyKeyMismatch", "no wallet contract (ERC-1271) is asked"),
        (b"\x77" * 20 + bytes(64), "PartyVerifierUnknown", f"names the verifier 0x{'77' * 20}"),
        (ORIGIN.p256_verifier + bytes(64), "Malformed", "a P-256 signature is r ‖ s, 64 bytes; this has 65"),
    ],
    ids=["wallet contract", "foreign verifier", "no key"],
)
def test_a_party_that_is_no_key_is_refused_and_no_chain_is_asked(
    door: Door, party: bytes, kind: str, words: str
) -> None:
    """The server has no chain to ask, and the message says what is wrong and what to do."""
    made = Declaration(Signer(party), next(_numbers).to_bytes(32), 380)
    said = {"declaration": made.to_json(), "signature": hex_text(TRADER.sign(made.id(ORIGIN)))}
    status = 422 if kind == "Malformed" else 403
    single = door.single(text(said))
    assert (single.status_code, single.json()["type"]) == (status, f"urn:trade-ledger:{kind}")
    assert words in single.json()["detail"]
    first, second = door.bulk("\n".join([text(said), text(fresh())]))
    assert (first["status"], first["type"], second["status"]) == (status, f"urn:trade-ledger:{kind}", 202)
    assert words in first["detail"]
    assert door.store.declarations.get(made.id(ORIGIN)) is None


def test_a_store_that_cannot_write_is_told_to_each(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> list[bool]:
        raise Unavailable("the store has no room left: free some disk space and try again", source=Source.STORE)

    said = [fresh(), fresh()]
    with monkeypatch.context() as patched:
        patched.setattr(door.store.declarations, "add_with_ids", full)
        single = door.single(text(said[0]))
        assert (single.status_code, single.json()["type"]) == (503, "urn:trade-ledger:Unavailable")
        assert single.headers["retry-after"].isdigit()
        results = door.bulk("nonsense\n" + "\n".join(map(text, said)))
        assert [result["status"] for result in results] == [422, 503, 503]
        assert "no room" in results[1]["detail"]
    assert [result["status"] for result in door.bulk("\n".join(map(text, said)))] == [202, 202]


# What is done to a signed declaration before it is sent. None of these is one any more, but for spelling and order.
_Spot = some.sampled_from([(), ("declaration",)])
_SCALAR = some.one_of(
    some.none(), some.booleans(), some.integers(-(1 << 70), 1 << 70), some.floats(allow_nan=False),
    some.text(max_size=4), some.lists(some.integers(), max_size=2),
    some.sampled_from(["0X" + "AB" * 20, "0x" + "AB" * 32]), some.binary(max_size=33).map(hex_text),
)  # fmt: skip
_NAME = some.one_of(
    some.sampled_from(["party", "digest", "document_type", "replaces", "signature", "declaration"]),
    some.text(max_size=4),
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(some.lists(some.tuples(_Spot, _NAME, some.none() | some.just("gone") | _SCALAR), max_size=2))
@example([((), "color", 1)])
@example([(("declaration",), "replaces", "gone")])
@example([(("declaration",), "document_type", 380.0)])
def test_both_doors_take_and_refuse_the_same(door: Door, changes: list[tuple[tuple[str, ...], str, Any]]) -> None:
    said: Any = fresh()
    for spot, name, value in changes:
        place = said
        for step in spot:
            place = place.get(step) if isinstance(place, dict) else None
        if isinstance(place, dict):
            if value == "gone":
                place.pop(name, None)
            else:
                place[name] = value
    body = text(said)
    (result,) = door.bulk(body)
    single = door.single(body)
    assert single.status_code == (202 if result["status"] == 200 else result["status"])
    if single.status_code == 202:
        assert single.json()["declaration"] == said["declaration"]
        assert single.json()["id"] == result["id"]
    else:
        assert single.json()["type"] == result["type"]
    if single.status_code == 422:
        assert all(item["where"] for item in single.json().get("errors", []))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(some.data())
def test_no_member_is_named_twice(door: Door, data: some.DataObject) -> None:
    """Wherever it stands, however it is spelled, and whatever its value."""
    said = text(fresh())
    name = data.draw(some.sampled_from(["party", "digest", "document_type", "replaces", "signature", "declaration"]))
    spelled = "".join(data.draw(some.sampled_from([letter, f"\\u{ord(letter):04x}"])) for letter in name)
    value = json.dumps(data.draw(_SCALAR))
    at = said.index(f'"{name}"')
    body = f'{said[:at]}"{spelled}":{value},{said[at:]}'
    assert door.single(body).status_code == 422
    assert [result["status"] for result in door.bulk(body)] == [422]


def test_a_repeated_name_is_found_whatever_members_there_are() -> None:
    """The check does not know the shape: a member that is added some day cannot make it blind."""
    said = fresh()
    said["declaration"]["purpose"] = 'any "text" at all'
    said["remarks"] = ["x", {"by": "z"}]
    refuse_repeated_names(text(said).encode())
    for name in ("purpose", "digest", "remarks", "by", "signature"):
        with pytest.raises(Malformed, match="already has"):
            refuse_repeated_names(text(said).replace(f'"{name}":', f'"{name}":"","{name}":').encode())


def test_escapes_and_white_space_are_no_difference(door: Door) -> None:
    said = text(fresh())
    escaped = said.replace('"party"', '"\\u0070arty"').replace('"0x', '"\\u0030x').replace(":", " : ")
    assert door.single(escaped).status_code == 202
    assert [result["status"] for result in door.bulk(said)] == [200]
