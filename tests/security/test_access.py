"""Who may read what: a test for each row of the table in SECURITY.md, by HTTP and from outside."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from api.kit.logs import formatter
from api.routes.ledger import stream as stream_route
from ledger.core.document import Format, disclose, wrap
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.core.evidence.reading import read_evidence
from ledger.core.evidence.renewal import Renewal
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import ZERO
from ledger.core.statements.resolutions import AgencySuspension
from ledger.core.statements.withdrawal import Withdrawal
from ledger.core.tree.tile_files import read_bundle
from ledger.journeys.shares import make_share
from ledger.journeys.withdraw import relay_withdrawal
from tests import houses
from tests.api import visits
from tests.api.visits import Site


@dataclass
class Business:
    """A server; two parties, of whom the trader declared what an agency attested; and who may read what."""

    site: Site
    id_: str
    declaration: Declaration
    attestation: str
    others: list[tuple[str, Declaration]]
    stranger: TestClient
    party: TestClient
    officer: TestClient
    auditor: TestClient
    council: TestClient
    operator: TestClient

    @property
    def path(self) -> str:
        return f"/v1/declarations/{self.id_}"

    @property
    def shown(self) -> str:
        """Shows the digest."""
        return f"digest={hex_text(self.declaration.digest)}"

    def told(self, visitor: TestClient, path: str) -> int:
        """The status of a question."""
        return visitor.get(path).status_code


@pytest.fixture(scope="module")
def business(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Business]:
    with visits.site(
        tmp_path_factory.mktemp("business"),
        lambda house: {
            "operators": hex_text(house.key("operator").address),
            "auditors": hex_text(house.key("auditor").address),
        },
    ) as site:
        id_, made = site.declared()
        others = [site.declared("competitor") for _ in range(3)]
        attestation = hex_text(houses.attest(site.house, [hex_bytes(id_, "id")]))
        who = {name: site.signed_in(key) for name, key in (
            ("party", "trader"), ("officer", "customs-officer"), ("auditor", "auditor"), ("council", "council"),
            ("operator", "operator"),
        )}  # fmt: skip
        site.visitor().get(f"/v1/declarations/{id_}/evidence?digest={hex_text(made.digest)}")  # signs a checkpoint
        yield Business(site, id_, made, attestation, others, site.visitor(), **who)


def problem(answer: httpx.Response) -> tuple[int, dict[str, Any]]:
    """Status and problem, without what names the request."""
    return answer.status_code, {name: value for name, value in answer.json().items() if name != "request"}


# ----------------------------------------------------------------------------------------------------------- everybody


def public(business: Business) -> dict[str, bytes]:
    """All that a stranger gets without knowing anything, by path."""
    visitor = business.stranger
    size = visitor.get("/v1/history").json()["size"]
    covered = int(visitor.get("/v1/log/checkpoint").text.splitlines()[1])
    paths = [
        "/v1/history", f"/v1/history/entries?start=0&limit={size}", f"/v1/history/entries/{size - 1}", "/v1/agencies",
        f"/v1/agencies/{houses.MPI}", "/v1/log/checkpoint", f"/v1/log/checkpoints/{covered}",
        f"/v1/log/tile/0/000.p/{covered}", f"/v1/log/tile/entries/000.p/{covered}",
        f"/v1/log/index/{covered}/root", "/health/live", "/health/ready",
        "/metrics", "/openapi.json", "/v1/stream?follow=false&after=0-0", f"/v1/attestations/{business.attestation}",
        f"/v1/attestations/{business.attestation}/lines/{business.id_}/1",
    ]  # fmt: skip
    found = {}
    for path in paths:
        answer = visitor.get(path)
        assert answer.status_code == 200, path
        found[path] = answer.content
    return found


def test_everybody_reads_the_log(business: Business) -> None:
    found = public(business)
    path = next(path for path in found if "entries/000" in path)
    assert len(read_bundle(found[path])) == int(path.rpartition("/")[2])


def test_everybody_reads_the_history(business: Business) -> None:
    page = business.stranger.get("/v1/history/entries?limit=1000").json()
    assert len(page["entries"]) == page["size"]


def test_everybody_reads_the_agencies(business: Business) -> None:
    assert houses.MPI in [item["code"] for item in business.stranger.get("/v1/agencies").json()]


def test_everybody_reads_an_attestation_and_a_line(business: Business) -> None:
    """It says nothing that the history does not say."""
    shown = business.stranger.get(f"/v1/attestations/{business.attestation}").json()
    entry = business.stranger.get(f"/v1/history/entries/{shown['entry_number']}").json()
    said = shown["attestation"]
    for value in (said["root"], said["salt"], said["detail"]):
        assert value.removeprefix("0x") in entry["payload"]
    assert business.told(business.stranger, f"/v1/attestations/{business.attestation}/lines/{business.id_}/1") == 200


def test_everybody_follows_entries_and_batches(business: Business) -> None:
    told = business.stranger.get("/v1/stream?follow=false&after=0-0").text
    assert "event: entry" in told
    assert business.id_ not in told


def test_everybody_sees_health_and_how_much_waits(business: Business) -> None:
    assert business.stranger.get("/health/ready").json()["pending"] == 0


def test_who_reaches_the_metrics_sees_how_busy_it_is(business: Business) -> None:
    assert "ledger_backlog_declarations" in business.stranger.get("/metrics").text


def test_everybody_verifies_what_he_brings(business: Business) -> None:
    evidence = business.stranger.get(f"{business.path}/evidence?{business.shown}").json()
    verdict = business.stranger.post("/v1/verifications", json={"evidence": evidence, "online": True}).json()
    assert verdict["conclusion"] == "GOOD"
    answer = business.stranger.post("/v1/verifications", json={"evidence": {"declaration": business.id_}})
    assert answer.status_code == 422, "an id alone is nothing"


def test_who_has_evidence_renews_it(business: Business) -> None:
    held = business.stranger.get(f"{business.path}/evidence?{business.shown}").content
    asked = Renewal.of(read_evidence(held)).to_bytes()
    json_type = {"Content-Type": "application/json"}
    assert business.stranger.post("/v1/evidence", content=asked, headers=json_type).status_code == 200
    signature = read_evidence(held).signature.hex().encode()
    forged = asked.replace(signature, b"11" * (len(signature) // 2))
    assert business.stranger.post("/v1/evidence", content=forged, headers=json_type).status_code == 403


def test_who_has_a_signed_declaration_learns_its_state(business: Business) -> None:
    key = business.site.house.key("trader")
    made = business.declaration
    said = {"declaration": made.to_json(), "signature": hex_text(key.sign(hex_bytes(business.id_, "id")))}
    with TestClient(Site(business.site.house, business.site.settings, business.site.clock).app) as visitor:
        assert visitor.post("/v1/declarations", json=said).json()["state"] in {"anchored", "final"}
        forged = said | {"signature": hex_text(business.site.house.key("owner").sign(bytes(32)))}
        assert visitor.post("/v1/declarations", json=forged).status_code == 403


# ---------------------------------------------------------------------------------------------------- parties' business


def listed(visitor: TestClient, query: str = "") -> set[str]:
    answer = visitor.get(f"/v1/declarations{query}")
    assert answer.status_code == 200, answer.text
    return {item["id"] for item in answer.json()["declarations"]}


def test_a_party_lists_its_own_declarations(business: Business) -> None:
    theirs = {id_ for id_, _ in business.others}
    trader = hex_text(business.declaration.party)
    competitor = hex_text(business.others[0][1].party)
    assert listed(business.party) == listed(business.party, f"?party={trader}") == {business.id_}
    for visitor in (business.party, business.council, business.operator):
        answer = visitor.get(f"/v1/declarations?party={competitor}")
        assert answer.status_code == 403
        nobodys = visitor.get(f"/v1/declarations?party=0x{'11' * 20}")
        assert problem(answer) == problem(nobodys), "whether there is such a party is not said"
    assert listed(business.council) == listed(business.operator) == set()
    assert theirs.isdisjoint(listed(business.party, "?document_type=380&received_from=0"))
    assert business.told(business.stranger, "/v1/declarations") == 401
    digest = {"Ledger-Digest": hex_text(business.declaration.digest)}
    assert business.stranger.get(f"/v1/declarations?party={trader}", headers=digest).status_code == 401


def test_officers_and_auditors_list_everybodys(business: Business) -> None:
    everything = {business.id_, *(id_ for id_, _ in business.others)}
    assert listed(business.officer) == listed(business.auditor) == everything
    competitor = hex_text(business.others[0][1].party)
    assert listed(business.officer, f"?party={competitor}") == everything - {business.id_}


ONE = ["", "/evidence", "/tlog-proof", "/transparent-statement"]


def test_officers_read_the_inbox_of_their_agency(business: Business) -> None:
    path = f"/v1/inbox?agency={houses.CUSTOMS}"
    assert {item["id"] for item in business.officer.get(path).json()["inbox"]} >= {id_ for id_, _ in business.others}
    assert business.told(business.officer, f"/v1/inbox?agency={houses.MPI}") == 403, "another agency's"
    for who in (business.party, business.auditor, business.council, business.operator):
        assert business.told(who, path) == 403
    assert business.told(business.stranger, path) == 401


def test_many_declarations_are_read_as_each_of_them(business: Business) -> None:
    ids = [business.id_, *(id_ for id_, _ in business.others), "0x" + "00" * 32]

    def read(visitor: TestClient) -> list[str | None]:
        answer = visitor.post("/v1/declarations/states", json={"ids": ids})
        return [found and found["id"] for found in answer.json()["declarations"]]

    assert read(business.officer) == read(business.auditor) == [*ids[:-1], None]
    assert read(business.party) == [business.id_, None, None, None, None]
    assert read(business.council) == read(business.operator) == [None] * 5
    assert business.stranger.post("/v1/declarations/states", json={"ids": ids}).status_code == 401


def test_officers_and_auditors_read_the_members_of_a_set(business: Business) -> None:
    path = f"/v1/attestations/{business.attestation}/members"
    assert [business.told(who, path) for who in (business.officer, business.auditor)] == [200, 200]
    for who in (business.party, business.council, business.operator):
        assert business.told(who, path) == 403
    assert business.told(business.stranger, path) == 401


def test_the_digest_or_a_session_opens_a_declaration(business: Business) -> None:
    others_digest = f"digest={hex_text(business.others[0][1].digest)}"
    for what in ONE:
        path = business.path + what
        assert business.told(business.stranger, f"{path}?{business.shown}") == 200
        in_header = {"Ledger-Digest": hex_text(business.declaration.digest)}
        assert business.stranger.get(path, headers=in_header).status_code == 200
        assert business.told(business.stranger, path) == 401
        assert business.told(business.stranger, f"{path}?{others_digest}") == 404
        for visitor, status in (
            (business.party, 200), (business.officer, 200), (business.auditor, 200), (business.council, 404),
            (business.operator, 404),
        ):  # fmt: skip
            assert business.told(visitor, path) == status, what
        assert business.told(business.officer, f"{path}?{others_digest}") == 404, "what one gives counts"


def test_a_wrong_digest_looks_like_an_unknown_declaration(business: Business) -> None:
    """To strangers with any digest, and to those who are signed in without the right; nothing tells them apart."""
    unknown = f"0x{'00' * 32}"
    for what in ONE:
        pairs = [
            (business.stranger, f"?digest=0x{'11' * 32}"), (business.council, ""), (business.operator, ""),
            (business.stranger, ""),
        ]  # fmt: skip
        for visitor, query in pairs:
            known = visitor.get(f"{business.path}{what}{query}")
            nobodys = visitor.get(f"/v1/declarations/{unknown}{what}{query}")
            assert known.text.replace(business.id_, unknown).replace(
                known.json()["request"], nobodys.json()["request"]
            ) == nobodys.text, (what, query)  # fmt: skip
            assert known.headers.keys() == nobodys.headers.keys()


def test_a_stream_of_a_declaration_needs_the_same(business: Business, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/v1/stream?follow=false&declaration={business.id_}"
    assert '"state"' in business.stranger.get(f"{path}&{business.shown}").text
    assert business.told(business.stranger, path) == 401
    assert business.told(business.stranger, f"{path}&digest=0x{'11' * 32}") == 404
    for visitor, status in ((business.party, 200), (business.officer, 200), (business.council, 404)):
        assert business.told(visitor, path) == status
    monkeypatch.setattr(stream_route, "JUDGED_SECONDS", 0.0)
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(business.party.get, f"/v1/stream?declaration={business.id_}")
        try:
            assert '"state"' in following.result(60).text, "it ends by itself"
        except TimeoutError:
            business.site.services.hub.close()
            raise


def test_the_officers_of_a_suspended_agency_are_strangers_to_others_business(business: Business) -> None:
    officer = business.site.signed_in("chamber-officer")
    assert business.told(officer, business.path) == 200
    houses.enact(business.site.house, AgencySuspension, houses.CHAMBER)
    assert business.told(officer, business.path) == 404
    assert listed(officer) == set()


def test_reads_of_others_business_are_logged(business: Business, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.setFormatter(formatter("json"))
    competitor = hex_text(business.others[0][1].party)
    for visitor in (business.party, business.officer, business.auditor):
        visitor.get(business.path)
        visitor.get(f"/v1/declarations?party={competitor}")
    business.stranger.get(f"{business.path}?{business.shown}")
    lines = [vars(record)["fields"] for record in caplog.records if record.name == "api.auth.reads"]
    officer = hex_text(business.site.house.key("customs-officer").address)
    auditor = hex_text(business.site.house.key("auditor").address)
    asked = {"party": competitor}
    assert lines == [
        {"reader": reader, "roles": ["party", role], "agency": agency, **what}
        for reader, role, agency in ((officer, "officer", houses.CUSTOMS), (auditor, "auditor", None))
        for what in (
            {"what": "status", "declaration": business.id_}, {"what": "list", "asked": asked, "count": 3},
        )
    ]  # fmt: skip
    assert hex_text(business.declaration.digest) not in caplog.text
    assert logging.getLogger("api.auth.reads").isEnabledFor(logging.INFO), "at any level that the server logs"


def test_a_session_says_who_one_is_to_its_holder(business: Business) -> None:
    found = {name: getattr(business, name).get("/v1/sessions/current").json()["roles"] for name in
             ("party", "officer", "auditor", "council", "operator")}  # fmt: skip
    assert found == {"party": ["party"]} | {
        name: ["party", name] for name in ("officer", "auditor", "council", "operator")
    }
    assert business.told(business.stranger, "/v1/sessions/current") == 401


# --------------------------------------------------------------------------------------- what chain, log and tiles tell


def test_a_competitor_lists_no_partys_volume(business: Business) -> None:
    """All that is public, the log's own bytes included, names neither party, nor document, nor declaration."""
    found = public(business)
    bundle = next(data for path, data in found.items() if "entries/000" in path)
    raw = b"".join(found.values()) + b"".join(read_bundle(bundle))
    for id_, made in [(business.id_, business.declaration), *business.others]:
        for secret in (hex_bytes(id_, "id"), made.digest, made.party):
            assert secret not in raw
            if secret != hex_bytes(business.id_, "id"):  # which stands in the path of the line that was asked for
                assert secret.hex().encode() not in raw


def test_everybody_sees_how_many_declarations_a_batch_has(business: Business) -> None:
    """Of all parties together: where one party alone declares, it is that party's volume."""
    told = business.stranger.get("/v1/stream?follow=false&after=0-0&kind=changes").text
    assert told.count('"kind":"anchored"') == 1 + len(business.others)
    assert '"batch_size":1' in told


def test_everybody_sees_what_an_agency_attests(business: Business) -> None:
    """How much, of which kind, with what outcome: not of whom."""
    said = business.stranger.get(f"/v1/attestations/{business.attestation}").json()["attestation"]
    assert (said["agency"], said["size"], said["outcome"]) == (houses.MPI, 1, 1)
    assert "party" not in said


def test_a_withdrawal_opens_its_declaration_to_everybody(business: Business) -> None:
    """It shows party, digest and type on the chain: whoever reads it has id and digest."""
    site = business.site
    id_, made = site.declared("withdrawing")
    key = site.house.key("withdrawing")
    withdrawal = Withdrawal(DeclarationId(hex_bytes(id_, "id")), 1)
    done = relay_withdrawal(site.house.relay, made, withdrawal, key.sign(withdrawal.id(site.origin)))
    entry = business.stranger.get(f"/v1/history/entries/{done.number}").json()["payload"]
    assert made.digest.hex() in entry
    assert made.party.hex() in entry
    assert business.told(business.stranger, f"/v1/declarations/{id_}?digest={hex_text(made.digest)}") == 200


def test_a_revocation_or_posting_names_a_declaration_and_opens_nothing(business: Business) -> None:
    """Its id, without the digest. The set of one that follows from an id leads to its attestations, which all see."""
    site = business.site
    member = hex_bytes(business.id_, "id")
    done = houses.post(site.house, hex_bytes(business.attestation, "id"), member, ZERO, b"\x01" * 32)
    entry = business.stranger.get(f"/v1/history/entries/{done.number}").json()["payload"]
    assert member.hex() in entry
    assert business.declaration.digest.hex() not in entry
    assert business.told(business.stranger, business.path) == 401


@pytest.fixture
def found(business: Business) -> Iterator[tuple[str, str]]:
    """A declaration of the trader that is found by a container's number: its id, and its document's digest."""
    key = business.site.house.key("trader")
    document = wrap(b'{"containerNumber": "CSQU3054383", "price": "secret"}', Format.JSON, bytes(32))
    made = Declaration(key.address, document.digest, 705)
    id_ = made.id(business.site.origin)
    business.site.house.store.declarations.add([(made, key.sign(id_))], business.site.origin, business.site.clock.at)
    copy = disclose(document, ["$.containerNumber"]).to_bytes()
    path = f"/v1/declarations/{hex_text(id_)}/references"
    added = business.party.post(path, content=copy, headers={"Content-Type": "application/json"})
    assert (added.status_code, added.json()["added"]) == (201, 1), added.text
    yield hex_text(id_), hex_text(made.digest)
    assert business.party.delete(path).status_code == 204


def test_references_are_for_those_who_may_see_the_declaration(business: Business, found: tuple[str, str]) -> None:
    id_, digest = found
    path = f"/v1/declarations/{id_}/references"
    for visitor in (business.party, business.officer, business.auditor):
        (kept,) = visitor.get(path).json()["references"]
        assert (kept["kind"], kept["number"]) == ("container", "CSQU3054383")
    for visitor in (business.council, business.operator):
        assert visitor.get(path).status_code == 404
    assert business.stranger.get(path).status_code == 401
    assert business.stranger.get(f"{path}?digest={digest}").status_code in (401, 422)
    for visitor, status in ((business.officer, 403), (business.council, 404), (business.stranger, 401)):
        assert visitor.delete(path).status_code == status
        sent = visitor.post(path, content=b"{}", headers={"Content-Type": "application/json"})
        assert sent.status_code == (422 if status != 401 else 401), "nothing is told of a copy that is none"
    assert len(business.party.get(path).json()["references"]) == 1


def share(business: Business) -> tuple[str, bytes]:
    """The path of a new share of the trader, and what is sealed."""
    document = wrap(b'{"price": 1}', Format.JSON, bytes(32))
    declaration = DeclarationId(hex_bytes(business.id_, "id"))
    new, _ = make_share(document, "https://ledger.example", declaration, business.site.clock.at + 86_400)
    asked = {"share": hex_text(new.id), "declaration": business.id_, "until": str(new.until)}
    headers = {"Content-Type": "application/octet-stream"}
    assert business.party.post("/v1/shares", params=asked, content=new.sealed, headers=headers).status_code == 201
    return f"/v1/shares/{hex_text(new.id)}", new.sealed


def test_who_has_the_id_of_a_share_gets_what_is_sealed(business: Business) -> None:
    path, sealed = share(business)
    assert business.stranger.get(path).content == sealed
    assert b"price" not in sealed
    assert business.told(business.stranger, f"{path[:-1]}{'0' if path[-1] != '0' else '1'}") == 404


def test_a_party_lists_its_own_shares(business: Business) -> None:
    path, _ = share(business)
    assert path.rpartition("/")[2] in business.party.get("/v1/shares").text
    for visitor in (business.officer, business.auditor, business.council, business.operator):
        assert visitor.get("/v1/shares").json() == {"shares": []}
        visitor.delete(path)
    assert business.told(business.stranger, "/v1/shares") == 401
    assert business.stranger.delete(path).status_code == 401
    assert business.told(business.stranger, path) == 200, "nobody else removed it"


def test_a_look_up_shows_what_the_session_may_read(
    business: Business, found: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    id_, digest = found
    queries = [f"digest={digest}", "reference=CSQU3054383", "reference=csqu+305438-3"]
    for query in queries:
        for visitor, expected in (
            (business.party, [id_]), (business.officer, [id_]), (business.auditor, [id_]), (business.council, []),
            (business.operator, []),
        ):  # fmt: skip
            listed = visitor.get(f"/v1/declarations?{query}")
            assert [item["id"] for item in listed.json()["declarations"]] == expected, (query, listed.text)
        assert business.stranger.get(f"/v1/declarations?{query}").status_code == 401
    with caplog.at_level(logging.INFO):
        business.auditor.get("/v1/declarations?reference=CSQU3054383")
    assert "CSQU3054383" not in "".join(
        formatter("json").format(record) for record in caplog.records if record.name.startswith(("api", "ledger"))
    )
    assert business.party.get("/v1/declarations?reference=!").status_code == 422
    assert business.officer.get(f"/v1/declarations?digest={digest}&attested_by={houses.MPI}").status_code == 422
