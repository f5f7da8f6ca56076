"""An officer's work over HTTP: the inbox, lists by who attested, many at once, members of sets; and who may see it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from api.kit.queries import known_queries
from api.main import with_routes
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.inclusion import set_of
from ledger.core.evidence.renewal import Renewal
from ledger.core.statements.resolutions import AgencyReinstatement, AgencySuspension
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.api import visits
from tests.api.visits import Site

MPI, CUSTOMS = houses.MPI, houses.CUSTOMS
UNKNOWN = "0x" + "ab" * 32


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with visits.site(
        tmp_path_factory.mktemp("site"), lambda house: {"auditors": hex_text(house.key("auditor").address)}
    ) as made:
        yield made


@pytest.fixture(scope="module")
def officer(site: Site) -> TestClient:
    return site.signed_in("plant-officer")


def ids_of(house: LocalLedger, count: int) -> list[bytes]:
    """Of declarations in one anchored batch, in its order: they were received in the same second."""
    return sorted(made.id(house.chain.origin) for made in houses.anchored(house, count))


def get(client: TestClient, path: str, status: int = 200, **query: Any) -> dict[str, Any]:
    answer = client.get(path, params=query)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def inbox(client: TestClient, **query: Any) -> list[str]:
    """The ids of a whole inbox, in pages of two."""
    found: list[str] = []
    more: dict[str, Any] = {}
    while True:
        page = get(client, "/v1/inbox", **({"agency": MPI, "limit": 2} | query | more))
        found += [item["id"] for item in page["inbox"]]
        if page["next_cursor"] is None:
            return found
        more = {"cursor": page["next_cursor"]}


def test_the_inbox_of_an_agency(site: Site, officer: TestClient) -> None:
    before = inbox(officer)
    ids = ids_of(site.house, 3)
    houses.attest(site.house, ids[:1])
    houses.attest(site.house, ids[1:2], CUSTOMS)
    assert inbox(officer) == before + [hex_text(id_) for id_ in ids[1:]]
    item = get(officer, "/v1/inbox", agency=MPI, limit=1000)["inbox"][-2]
    assert (item["id"], item["type_in_words"], item["state"]) == (hex_text(ids[1]), "commercial invoice", "final")
    assert item["age_seconds"] == site.clock.at - item["received_at"]
    (said,) = item["said"]
    expected = (CUSTOMS, 132, "customs clearance notice", 1, "accepted", False, "in force")
    names = ("agency", "kind", "kind_in_words", "outcome", "outcome_in_words", "adverse", "standing")
    assert tuple(said[name] for name in names) == expected


def test_filters_of_the_inbox(site: Site, officer: TestClient) -> None:
    ids = [hex_text(id_) for id_ in ids_of(site.house, 2)]
    whole = inbox(officer)
    assert set(ids) <= set(whole)
    assert inbox(officer, document_type=271) == []
    assert inbox(officer, document_type=380, kind=851) == whole
    received = get(officer, "/v1/inbox", agency=MPI, limit=1000)["inbox"][-1]["received_at"]
    assert set(inbox(officer, since=received)) >= set(ids)
    assert inbox(officer, since="2100-01-01T00:00:00Z") == []
    assert inbox(officer, until="2000-01-01T00:00:00+02:00") == []
    problem = get(officer, "/v1/inbox", 403, agency=MPI, kind=132)
    assert problem["type"].endswith("MandateMissing")
    for text in ("yesterday", "-1", "2026-11-22T10:00:00", "9" * 20):
        problem = get(officer, "/v1/inbox", 422, agency=MPI, since=text)
        assert "since: a time is" in problem["detail"]


def test_who_may_see_an_inbox(site: Site, officer: TestClient) -> None:
    assert get(site.visitor(), "/v1/inbox", 401, agency=MPI)["type"].endswith("NotSignedIn")
    for who in (site.signed_in("trader"), site.signed_in("auditor"), site.signed_in("customs-officer")):
        assert get(who, "/v1/inbox", 403, agency=MPI)["type"].endswith("InboxOfAnother")
    assert get(officer, "/v1/inbox", 422)["detail"].startswith("query.agency")
    houses.enact(site.house, AgencySuspension, MPI)
    try:
        assert get(officer, "/v1/inbox", 403, agency=MPI)["type"].endswith("InboxOfAnother")
    finally:
        houses.enact(site.house, AgencyReinstatement, MPI)
    assert get(officer, "/v1/inbox", agency=MPI)["agency"] == MPI


def test_looking_is_written_down(site: Site, officer: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "api.auth.reads"):
        get(officer, "/v1/inbox", agency=MPI, document_type=380, limit=1)
        officer.post("/v1/declarations/states", json={"ids": [UNKNOWN]})
    inbox_line, states_line = (record.fields for record in caplog.records if record.name == "api.auth.reads")  # type: ignore[attr-defined]
    assert (inbox_line["asked"], inbox_line["agency"]) == ({"inbox": MPI, "document_type": 380}, MPI)
    assert (states_line["asked"], states_line["count"]) == ({"ids": 1}, 0)


def test_lists_by_who_attested(site: Site, officer: TestClient) -> None:
    ids = ids_of(site.house, 3)
    houses.attest(site.house, ids[:2])
    houses.attest(site.house, ids[1:], CUSTOMS)

    def listed(client: TestClient = officer, **query: Any) -> set[str]:
        return {item["id"] for item in get(client, "/v1/declarations", limit=1000, **query)["declarations"]}

    mine = {hex_text(id_) for id_ in ids}
    assert listed(attested_by=MPI) & mine == {hex_text(id_) for id_ in ids[:2]}
    assert listed(not_attested_by=CUSTOMS) & mine == {hex_text(ids[0])}
    assert listed(attested_by=MPI, not_attested_by=CUSTOMS) & mine == {hex_text(ids[0])}
    assert listed(attested_by=MPI, kind=132) == set()
    assert listed(site.signed_in("trader"), attested_by=MPI, not_attested_by=CUSTOMS) & mine == {hex_text(ids[0])}
    assert listed(site.signed_in("stranger"), attested_by=MPI) == set(), "nobody lists another's business"
    assert listed(since=site.clock.at + 1) == listed(received_from=site.clock.at + 1) == set()
    shown = get(officer, "/v1/declarations", attested_by=CUSTOMS, limit=1000)["declarations"]
    assert {one["attestation"]["agency"] for item in shown for one in item["attestations"]} >= {CUSTOMS}
    assert get(officer, "/v1/declarations", 422, kind=851)["detail"].startswith("kind: ")


def test_where_many_stand(site: Site, officer: TestClient) -> None:
    ids = [hex_text(id_) for id_ in ids_of(site.house, 2)]
    asked = {"ids": [ids[1], UNKNOWN, ids[0]]}
    found = officer.post("/v1/declarations/states", json=asked).json()["declarations"]
    assert [one and one["id"] for one in found] == [ids[1], None, ids[0]]
    mine = site.signed_in("trader").post("/v1/declarations/states", json=asked).json()["declarations"]
    assert [one and one["id"] for one in mine] == [ids[1], None, ids[0]]
    stranger = site.signed_in("stranger").post("/v1/declarations/states", json=asked)
    assert stranger.json()["declarations"] == [None] * 3
    assert site.visitor().post("/v1/declarations/states", json=asked).status_code == 401
    for ids in ([], [UNKNOWN] * 1001, ["0x12"]):
        assert officer.post("/v1/declarations/states", json={"ids": ids}).status_code == 422


def test_members_of_an_attested_set(site: Site, officer: TestClient) -> None:
    ids = ids_of(site.house, 4)
    made = houses.attest(site.house, ids[:3])
    houses.revoke(site.house, made, member=ids[1])
    path = f"/v1/attestations/{hex_text(made)}/members"
    page = get(officer, path, limit=2)
    assert [(one["index"], one["id"]) for one in page["members"]] == [(0, hex_text(ids[0])), (1, hex_text(ids[1]))]
    assert [one["revoked_by_entry"] is None for one in page["members"]] == [True, False]
    assert (page["size"], page["next_index"]) == (3, 2)
    assert get(officer, path, start=2) == {
        "size": 3, "members": [{"index": 2, "id": hex_text(ids[2]), "revoked_by_entry": None}], "next_index": None,
    }  # fmt: skip
    assert get(site.signed_in("trader"), path, 403)["type"].endswith("ReadingForbidden")
    assert get(officer, f"/v1/attestations/{UNKNOWN}/members", 404)["type"].endswith("AttestationUnknown")


def test_a_member_that_is_not_in_the_set_is_not_revoked(site: Site) -> None:
    from ledger.core.statements.revocation import Revocation

    ids = ids_of(site.house, 3)
    together, alone = houses.attest(site.house, ids[:2]), houses.attest(site.house, ids[2:])
    key = site.house.key("plant-officer")

    def answer(attestation: bytes, member: bytes) -> tuple[int, str]:
        made = Revocation(attestation, member, 41)
        said = {
            "revocation": made.to_json(), "signer": hex_text(key.address),
            "signature": hex_text(key.sign(made.id(site.origin))),
        }  # fmt: skip
        got = site.visitor().post("/v1/revocations", json=said)
        return got.status_code, got.json().get("detail", "")

    assert answer(together, ids[2]) == (422, "member: is no declaration of the attested set of 2")
    assert answer(alone, ids[0]) == (422, "member: is no declaration of the attested set of 1")
    assert answer(together, ids[1])[0] == 201


def test_evidence_shows_a_server_which_set_was_attested_elsewhere(site: Site, officer: TestClient) -> None:
    """An agency with its own node attests a set, and tells nobody its members but the holders of evidence."""
    ids = ids_of(site.house, 3)
    members, saved = ids[:2], site.house.store.sets.save
    site.house.store.sets.save = lambda *_: None  # type: ignore[method-assign]
    try:
        made = houses.attest(site.house, members)
    finally:
        site.house.store.sets.save = saved  # type: ignore[method-assign]
    assert set(inbox(officer)) >= {hex_text(id_) for id_ in ids}
    with site.house.follower.fresh_history():
        evidence = site.house.app.prover.evidence(ids[0], site.clock.at)
    from ledger.core.evidence.inclusion import BatchTree

    held = Renewal.of(evidence)
    held = held._replace(inclusions=(*held.inclusions, BatchTree(members).inclusion(ids[0])))
    answer = site.visitor().post("/v1/evidence", content=held.to_bytes(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 200, answer.text
    shown = get(officer, f"/v1/declarations/{hex_text(ids[0])}")
    assert [one["id"] for one in shown["attestations"]] == [hex_text(made)]
    left = inbox(officer)
    assert hex_text(ids[0]) not in left
    assert {hex_text(id_) for id_ in ids[1:]} <= set(left)
    # Whoever has the members may publish them too.
    root, size = set_of(members)
    recorded = site.house.follower.refresh().attestations[made].attested
    said = {
        "attestation": recorded.attestation.to_json(), "signer": hex_text(recorded.signer),
        "signature": hex_text(recorded.signature), "members": [hex_text(id_) for id_ in members],
    }  # fmt: skip
    answer = site.visitor().post("/v1/attestations", json=said)
    assert (answer.status_code, site.house.store.sets.members(root, size)) == (200, members)
    assert hex_text(ids[1]) not in inbox(officer)


# ------------------------------------------------------------------------------------------------ unknown parameters


ROUTES = [route for route in with_routes().routes if isinstance(route, APIRoute) and route.path.startswith("/v1/")]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{sorted(route.methods)[0]} {route.path}")
def test_no_route_takes_a_query_parameter_that_it_does_not_document(site: Site, route: APIRoute) -> None:
    path = route.path_format.format_map(dict.fromkeys(route.param_convertors, UNKNOWN))
    method = next(iter(sorted(route.methods - {"HEAD"})))
    answer = site.visitor().request(method, path, params={"not_a_parameter": "1"})
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"].startswith("not_a_parameter: there is no such query parameter here; it takes ")


def test_what_routes_document(site: Site) -> None:
    by_path = {(route.path, *sorted(route.methods)): known_queries(route) for route in ROUTES}
    assert by_path["/v1/declarations/{id}", "GET"] == {"digest"}
    assert by_path["/v1/inbox", "GET"] == {
        "agency", "kind", "document_type", "since", "until", "cursor", "limit",
    }  # fmt: skip
    assert by_path["/v1/stream", "GET"] == {"kind", "declaration", "after", "follow", "digest"}
