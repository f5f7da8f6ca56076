"""Signing in: by any kind of signer, once, for this site, now; and all the ways a session ends or is not given."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from api.auth.shown import NAMED_HOST, PLAIN
from api.kit.logs import formatter
from ledger.core.encoding.ids import Signer
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.origin import Origin
from ledger.core.statements.resolutions import (
    AgencyReinstatement,
    AgencySuspension,
    AttesterAuthorisation,
    AttesterCompromise,
    AttesterRetirement,
)
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.signer import passkey_signer
from ledger.journeys.sign_in import IDLE_SECONDS, LONGEST_SECONDS, MOST_TRIES, NONCE_SECONDS, TRIES_SECONDS
from tests import houses, signing_in
from tests.api import visits
from tests.api.visits import SAME_ORIGIN, Site
from tests.edges.authorities import rpc, wallet_code
from tests.passkeys import Passkey
from tests.signing_in import SITE, bearer

WALLET = Signer(b"\x78" * 20)
HOST = "https://ledger.example"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with visits.site(
        tmp_path_factory.mktemp("site"),
        lambda house: {"operators": hex_text(house.key("operator").address), "auditors": "0x" + "ab" * 20},
    ) as made:
        yield made


def current(visitor: TestClient) -> dict[str, object]:
    answer = visitor.get("/v1/sessions/current")
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def refusal(answer: object) -> tuple[int, str]:
    status, value = answer.status_code, answer.json()  # type: ignore[attr-defined]
    return status, value["type"].removeprefix("urn:trade-ledger:")


# ---------------------------------------------------------------------------------------------------------- who one is


@pytest.mark.parametrize(
    ("name", "algorithm", "roles", "agency"),
    [
        ("trader", Algorithm.SECP256K1, ["party"], None),
        ("card", Algorithm.P256, ["party"], None),
        ("plant-officer", Algorithm.SECP256K1, ["party", "officer"], houses.MPI),
        ("council", Algorithm.SECP256K1, ["party", "council"], None),
        ("operator", Algorithm.SECP256K1, ["party", "operator"], None),
    ],
)
def test_a_key_signs_in_and_sees_who_it_is(
    site: Site, name: str, algorithm: Algorithm, roles: list[str], agency: str | None
) -> None:
    found = current(site.signed_in(name, algorithm))
    assert (found["roles"], found["agency"], found["reads_all"]) == (roles, agency, agency is not None)
    assert found["signer"] == hex_text(site.house.key(name, algorithm).signer(site.origin))


def test_a_passkey_signs_in(site: Site) -> None:
    passkey, visitor = Passkey("of a trader"), site.visitor()
    statement = site.statement(visitor, passkey_signer(site.origin, passkey.point))
    said = signing_in.body(statement, passkey.sign, site.origin)
    answer = visitor.post("/v1/sessions", json=said)
    assert (answer.status_code, answer.json()["roles"]) == (201, ["party"])
    other = signing_in.body(replace(statement, nonce=bytes(32)), passkey.sign, site.origin)
    again = site.statement(visitor, statement.signer)
    said = signing_in.body(again, passkey.sign, site.origin) | {"signature": other["signature"]}
    assert visitor.post("/v1/sessions", json=said).status_code == 403, "an assertion over something else"


def test_a_wallet_contract_signs_in_if_it_is_more_than_a_party(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, visitor = site.house.key("owner"), site.visitor()
    rpc(site.house.devchain.url, "anvil_setCode", hex_text(WALLET), hex_text(wallet_code(owner.address)))

    def answer(sign: object = owner.sign) -> object:
        statement = site.statement(visitor, WALLET)
        return visitor.post("/v1/sessions", json=signing_in.body(statement, sign, site.origin))  # type: ignore[arg-type]

    def no_question(*_: object) -> bool:
        raise AssertionError("a stranger makes the node run a contract")

    with monkeypatch.context() as watched:
        watched.setattr(site.services.app.chain, "accepts", no_question)
        assert refusal(answer()) == (403, "SignatureMismatch")
    houses.enact(site.house, AttesterAuthorisation, WALLET, houses.MPI)
    found = answer()
    assert (found.status_code, found.json()["agency"]) == (201, houses.MPI)  # type: ignore[attr-defined]
    assert refusal(answer(site.house.key("trader").sign)) == (403, "SignatureMismatch")


# ---------------------------------------------------------------------------------------------------- who is not let in


def test_a_nonce_counts_once(site: Site) -> None:
    visitor, key = site.visitor(), site.house.key("trader")
    statement = site.statement(visitor, key.address)
    said = signing_in.body(statement, key.sign, site.origin)
    assert visitor.post("/v1/sessions", json=said).status_code == 201
    assert refusal(visitor.post("/v1/sessions", json=said)) == (403, "NonceUnknown")


def test_a_nonce_that_was_not_given(site: Site) -> None:
    answer = site.sign_in(site.visitor(), site.house.key("trader"), nonce=secrets.token_bytes(32))
    assert refusal(answer) == (403, "NonceUnknown")


def test_a_nonce_is_used_up_by_a_signature_that_does_not_fit(site: Site) -> None:
    """So each signature that is checked costs a nonce, of which an address has few."""
    visitor, key = site.visitor(), site.house.key("trader")
    statement = site.statement(visitor, key.address)
    bad = signing_in.body(statement, site.house.key("owner").sign, site.origin)
    assert refusal(visitor.post("/v1/sessions", json=bad)) == (403, "SignatureMismatch")
    good = signing_in.body(statement, key.sign, site.origin)
    assert refusal(visitor.post("/v1/sessions", json=good)) == (403, "NonceUnknown")


def test_an_old_nonce(site: Site) -> None:
    visitor, key = site.visitor(), site.house.key("trader")
    statement = site.statement(visitor, key.address)
    site.clock.on(NONCE_SECONDS)
    said = signing_in.body(replace(statement, time=site.clock.at), key.sign, site.origin)
    assert refusal(visitor.post("/v1/sessions", json=said)) == (403, "NonceUnknown")


@pytest.mark.parametrize("other", [HOST, "http://localhost:8081", "https://localhost:8080", "http://localhost:8080/"])
def test_a_sign_in_to_another_site(site: Site, other: str) -> None:
    answer = site.sign_in(site.visitor(), site.house.key("trader"), site=other)
    assert refusal(answer) == (403, "SignInElsewhere")


@pytest.mark.parametrize(("off", "status"), [(-301, 403), (-300, 201), (300, 201), (301, 403)])
def test_the_time_of_a_sign_in(site: Site, off: int, status: int) -> None:
    answer = site.sign_in(site.visitor(), site.house.key("trader"), time=site.clock.at + off)
    assert answer.status_code == status
    assert status == 201 or refusal(answer) == (403, "SignInUntimely")


def test_a_sign_in_under_another_origin(site: Site) -> None:
    visitor, key = site.visitor(), site.house.key("trader")
    statement = site.statement(visitor, key.address)
    other = Origin(site.origin.chain_id, site.origin.contract, bytes(32))
    said = signing_in.body(statement, key.sign, other)
    assert refusal(visitor.post("/v1/sessions", json=said)) == (403, "SignatureMismatch")


def test_the_eleventh_sign_in_of_a_minute(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor, key = site.visitor(), site.house.key("trader")
    statement = site.statement(visitor, key.address)
    said = signing_in.body(statement, key.sign, site.origin)
    answers = [visitor.post("/v1/sessions", json=said).status_code for _ in range(MOST_TRIES)]
    assert answers == [201] + [403] * (MOST_TRIES - 1)
    monkeypatch.setattr(site.services.store, "sessions", None)  # it is not even asked
    late = visitor.post("/v1/sessions", json=said)
    assert (refusal(late), late.headers["retry-after"]) == ((429, "TooManySignIns"), str(TRIES_SECONDS))


def test_the_eleventh_nonce_of_a_minute(site: Site) -> None:
    visitor = site.visitor()
    answers = [visitor.post("/v1/sessions/nonces").status_code for _ in range(MOST_TRIES + 1)]
    assert answers == [201] * MOST_TRIES + [429]
    assert site.visitor().post("/v1/sessions/nonces").status_code == 201, "another address"


def test_processes_count_together(site: Site) -> None:
    """Another process has not seen this address; the store has."""
    other = Site(site.house, site.settings, site.clock)
    address = "10.99.0.1"
    for _ in range(MOST_TRIES):
        site.visitor(address).post("/v1/sessions/nonces")
    assert other.visitor(address).post("/v1/sessions/nonces").status_code == 429
    other.services.close()


# ------------------------------------------------------------------------------------------------------ how it is shown


def test_a_session_is_known_to_every_process(site: Site) -> None:
    shown = site.signed_in("trader").headers["authorization"]
    other = Site(site.house, site.settings, site.clock)
    assert other.visitor().get("/v1/sessions/current", headers={"Authorization": shown}).status_code == 200
    other.services.close()


def test_the_store_has_only_the_hash_of_it(site: Site) -> None:
    secret = site.signed_in("trader").headers["authorization"].removeprefix("Bearer ")
    files = list(site.settings.state_dir.glob("ledger.sqlite*"))
    assert files
    assert all(secret[:16].encode() not in file.read_bytes() for file in files)


@pytest.mark.parametrize(
    "shown",
    ["Bearer", "Bearer ", "Bearer x", "Bearer " + "A" * 43, "Bearer " + "A" * 5_000, "Basic " + "A" * 43, "A" * 43,
     "Bearer " + "\xfc" * 43],
)  # fmt: skip
def test_guessing(site: Site, shown: str) -> None:
    answer = site.visitor().get("/v1/sessions/current", headers={"Authorization": shown.encode("latin-1")})  # type: ignore[dict-item]
    assert (refusal(answer), answer.headers["www-authenticate"]) == ((401, "NotSignedIn"), "Bearer")


def test_every_failure_to_show_a_session_looks_the_same(site: Site) -> None:
    ended = site.signed_in("trader")
    assert ended.delete("/v1/sessions/current").status_code == 204
    answers = [
        site.visitor().get("/v1/sessions/current"),
        site.visitor().get("/v1/sessions/current", headers=bearer("A" * 43)),
        ended.get("/v1/sessions/current"),
    ]
    assert len({answer.text.replace(answer.json()["request"], "") for answer in answers}) == 1


def test_signing_out_ends_this_session_alone(site: Site) -> None:
    one, two = site.signed_in("trader"), site.signed_in("trader")
    assert one.delete("/v1/sessions/current").status_code == 204
    assert one.get("/v1/sessions/current").status_code == 401
    assert one.delete("/v1/sessions/current").status_code == 401
    assert two.get("/v1/sessions/current").status_code == 200


def test_it_is_over_after_half_an_hour_without_use_and_after_eight_hours(site: Site) -> None:
    idle, busy = site.signed_in("trader"), site.signed_in("trader")
    assert current(idle)["idle_until"] == site.clock.at + IDLE_SECONDS
    for _ in range(LONGEST_SECONDS // (IDLE_SECONDS - 1)):
        site.clock.on(IDLE_SECONDS - 1)
        assert current(busy)
    assert idle.get("/v1/sessions/current").status_code == 401
    site.clock.on(LONGEST_SECONDS % (IDLE_SECONDS - 1))
    assert busy.get("/v1/sessions/current").status_code == 401


# --------------------------------------------------------------------------------------------------------- the register


@pytest.mark.parametrize(("kind", "error"), [(AttesterRetirement, "AttesterNotActive"),
                                             (AttesterCompromise, "AttesterDeclaredCompromised")])  # fmt: skip
def test_a_key_that_is_over_has_no_session_any_more(site: Site, kind: type, error: str) -> None:
    key = site.officer(f"over by {error}".replace(" ", "-"))
    visitor = site.visitor()
    visitor.headers.update(bearer(site.sign_in(visitor, key).json()["session"]))
    assert current(visitor)["reads_all"] is True
    assert visitor.get("/v1/declarations").status_code == 200
    members = (key.address,) if kind is AttesterRetirement else (key.address, int(time.time()) - 3600)
    houses.enact(site.house, kind, *members)
    assert visitor.get("/v1/declarations").status_code == 401
    assert visitor.get("/v1/sessions/current").status_code == 401
    assert refusal(site.sign_in(site.visitor(), key)) == (403, error)


def test_a_suspended_agency_takes_its_officers_right_and_gives_it_back(site: Site) -> None:
    id_, _ = site.declared()
    officer = site.signed_in("chamber-officer")
    assert officer.get(f"/v1/declarations/{id_}").status_code == 200
    houses.enact(site.house, AgencySuspension, houses.CHAMBER)
    assert (current(officer)["roles"], current(officer)["agency"]) == (["party"], None)
    assert officer.get(f"/v1/declarations/{id_}").status_code == 404
    assert officer.get("/v1/declarations").json()["declarations"] == []
    houses.enact(site.house, AgencyReinstatement, houses.CHAMBER)
    assert officer.get(f"/v1/declarations/{id_}").status_code == 200


def test_while_the_chain_is_away_what_was_known_of_keys_counts(site: Site) -> None:
    officer = site.signed_in("plant-officer")
    assert current(officer)
    site.house.devchain.stop()
    try:
        assert current(officer)["agency"] == houses.MPI
        assert site.signed_in("trader")
    finally:
        site.house.devchain.start()


# ------------------------------------------------------------------------------------------------------------- browsers


def browser(site: Site) -> TestClient:
    """Somebody whose browser keeps the session."""
    visitor = site.visitor()
    answer = site.sign_in(visitor, site.house.key("trader"), "cookie", SAME_ORIGIN)
    assert answer.status_code == 201, answer.text
    return visitor


def test_the_cookie_is_for_the_browser_alone(site: Site) -> None:
    visitor = site.visitor()
    answer = site.sign_in(visitor, site.house.key("trader"), "cookie", SAME_ORIGIN)
    assert answer.json()["session"] is None, "scripts would see it"
    name, *attributes = re.split(r"; ?", answer.headers["set-cookie"])
    assert name.startswith(f"{PLAIN}=")
    assert {item.lower() for item in attributes} == {"httponly", "path=/", "samesite=lax", f"max-age={LONGEST_SECONDS}"}
    assert answer.headers["cache-control"] == "no-store"
    assert visitor.get("/v1/sessions/current").status_code == 200
    assert visitor.delete("/v1/sessions/current", headers=SAME_ORIGIN).status_code == 204
    assert not visitor.cookies


def test_over_tls_the_cookie_is_bound_to_the_host(site: Site) -> None:
    named = Site(site.house, site.settings.model_copy(update={"site": HOST}), site.clock)
    visitor = named.visitor()
    assert refusal(named.sign_in(visitor, site.house.key("trader"), site=SITE)) == (403, "SignInElsewhere")
    answer = named.sign_in(visitor, site.house.key("trader"), "cookie", SAME_ORIGIN, site=HOST)
    name, *attributes = re.split(r"; ?", answer.headers["set-cookie"])
    assert name.startswith(f"{NAMED_HOST}=")
    assert "secure" in {item.lower() for item in attributes}
    assert "domain" not in answer.headers["set-cookie"].lower()
    secret = name.partition("=")[2]
    for cookie, status in ((NAMED_HOST, 200), (PLAIN, 401)):  # the other could come from a neighbour
        shown = {"Cookie": f"{cookie}={secret}"}
        assert named.visitor().get("/v1/sessions/current", headers=shown).status_code == status
    named.services.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({"Origin": SITE}, 204),
        ({"Sec-Fetch-Site": "same-origin", "Origin": SITE}, 204),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": SITE}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
    ids=str,
)
def test_a_write_with_the_cookie_comes_from_this_site(site: Site, headers: dict[str, str], status: int) -> None:
    visitor = browser(site)
    assert visitor.delete("/v1/sessions/current", headers=headers).status_code == status
    assert visitor.get("/v1/sessions/current").status_code == (401 if status == 204 else 200)


@pytest.mark.parametrize("path", ["/v1/declarations", "/v1/declarations/bulk", "/v1/attestations", "/v1/revocations",
                                  "/v1/withdrawals", "/v1/postings", "/v1/verifications", "/v1/evidence"])  # fmt: skip
def test_no_route_takes_a_write_of_another_site_with_the_cookie(site: Site, path: str) -> None:
    visitor = browser(site)
    answer = visitor.post(path, json={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert refusal(answer) == (403, "CrossSite")
    assert visitor.post(path, json={}, headers=SAME_ORIGIN).status_code != 403


def test_another_site_signs_nobody_in(site: Site) -> None:
    """Else its page could sign a victim in as somebody else, who would then see what the victim does."""
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = site.sign_in(site.visitor(), site.house.key("trader"), "cookie", headers)
        assert (refusal(answer), "set-cookie" in answer.headers) == ((403, "CrossSite"), False)


def test_a_program_with_a_bearer_needs_no_word_of_where_it_comes_from(site: Site) -> None:
    assert site.signed_in("trader").delete("/v1/sessions/current").status_code == 204


def test_a_session_that_was_planted_is_not_taken_over(site: Site) -> None:
    """Session fixation: what a browser showed before the sign-in is worth nothing after it."""
    planted, key, visitor = "B" * 43, site.house.key("trader"), site.visitor()
    visitor.cookies.set(PLAIN, planted)
    said = signing_in.body(site.statement(site.visitor(), key.address), key.sign, site.origin, "cookie")
    answer = visitor.post("/v1/sessions", json=said, headers=SAME_ORIGIN)
    assert answer.status_code == 201
    assert planted not in answer.headers["set-cookie"]
    assert site.visitor().get("/v1/sessions/current", headers={"Cookie": f"{PLAIN}={planted}"}).status_code == 401


def test_signing_in_ends_the_session_that_the_browser_had(site: Site) -> None:
    visitor, key = browser(site), site.house.key("trader")
    earlier = visitor.cookies[PLAIN]
    said = signing_in.body(site.statement(site.visitor(), key.address), key.sign, site.origin, "cookie")
    assert visitor.post("/v1/sessions", json=said, headers=SAME_ORIGIN).status_code == 201
    assert site.visitor().get("/v1/sessions/current", headers=bearer(earlier)).status_code == 401
    assert visitor.cookies[PLAIN] != earlier


# ------------------------------------------------------------------------------------------------------- logs, settings


def test_the_log_has_no_session_nonce_or_signature(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(formatter("json"))
    caplog.handler.addFilter(lambda record: record.name != "httpx")  # that is the visitor's own log
    id_, made = site.declared()
    officer, visitor = site.signed_in("plant-officer"), site.visitor()
    statement = site.statement(visitor, site.house.key("trader").address)
    said = signing_in.body(statement, site.house.key("trader").sign, site.origin, "cookie")
    answer = visitor.post("/v1/sessions", json=said, headers=SAME_ORIGIN)
    visitor.post("/v1/sessions", json=said, headers=SAME_ORIGIN)
    for client in (officer, visitor):
        client.get(f"/v1/declarations/{id_}")
        client.get("/v1/sessions/current")
    site.visitor().get(f"/v1/declarations/{id_}/evidence?digest={hex_text(made.digest)}")
    visitor.delete("/v1/sessions/current", headers={"Sec-Fetch-Site": "cross-site"})
    written = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert '"api.auth.reads"' in written
    assert "/v1/sessions/current" in written
    secret = officer.headers["authorization"].removeprefix("Bearer ")
    cookie = re.match(rf"{PLAIN}=([^;]+)", answer.headers["set-cookie"])
    assert cookie is not None
    for hidden in (secret, cookie[1], said["signature"], hex_text(statement.nonce), hex_text(made.digest)):
        assert hidden not in written


def test_by_setting_only_those_who_signed_in_hand_in_statements(site: Site) -> None:
    strict = Site(site.house, site.settings.model_copy(update={"writes_need_session": "yes"}), site.clock)
    made, signature = houses.declaration(site.house)
    said = {"declaration": made.to_json(), "signature": hex_text(signature)}
    with TestClient(strict.app) as visitor:
        for path in ("declarations", "declarations/bulk", "attestations", "revocations", "withdrawals", "postings"):
            assert refusal(visitor.post(f"/v1/{path}", json=said)) == (401, "NotSignedIn"), path
        assert visitor.post("/v1/verifications", json={}).status_code == 422
        assert visitor.post("/v1/evidence", json={}).status_code == 422
        shown = bearer(strict.sign_in(strict.visitor(), site.house.key("owner")).json()["session"])
        assert visitor.post("/v1/declarations", json=said, headers=shown).status_code == 202, (
            "each has its own signature"
        )
        assert visitor.post("/v1/declarations", json=said, headers=bearer("A" * 43)).status_code == 401


def test_without_the_setting_nobody_needs_to_sign_in_to_declare(site: Site) -> None:
    made, signature = houses.declaration(site.house)
    said = {"declaration": made.to_json(), "signature": hex_text(signature)}
    other = Site(site.house, site.settings, site.clock)
    with TestClient(other.app) as visitor:
        assert visitor.post("/v1/declarations", json=said).status_code == 202
