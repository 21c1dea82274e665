"""Every route of the office declares who may call it, and nobody else gets further than the door."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from werkzeug.test import TestResponse

from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.hashing import H
from ledger.institution.folder import identity
from tests.support.office import OWN, Visitor
from tests.support.town import Town, code, town
from web import access, assets

ROLES = ("bidder", "tenderee", "agency", "centre", "supervisor")
# What stands for a variable part of a path. The door is before whatever it names.
PARTS = {"tender": "t", "lot": "l", "sha256": "00" * 32, "leaf": "00" * 32, "mail_id": "m", "person": "p"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("routes")
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        made.bidder("ann")
        yield made


def routes(place: Town) -> list[tuple[str, str, access.Policy]]:
    """(method, path with something in its variable parts, policy) of every route."""
    found = []
    for rule in place.office_app.url_map.iter_rules():
        path = rule.rule
        for name in rule.arguments:
            for kind in ("", "path:", "int:"):
                path = path.replace(f"<{kind}{name}>", PARTS.get(name, "x"))
        policy = access.policy_of(place.office_app.view_functions[rule.endpoint])
        assert policy is not None, f"{rule.rule} declares nobody"
        found += [(method, path, policy) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


def token(place: Town, role: str) -> str:
    return place.bidders["ann"].token if role == "bidder" else place.people[role].token


def test_every_route_says_who_may_call_it(place: Town) -> None:
    assert len(routes(place)) > 30


def test_without_a_token_only_public_routes_and_institutions_get_in(place: Town) -> None:
    for method, path, policy in routes(place):
        answer = place.ask(method, path)
        shut = policy.kind in ("people", "login")
        if shut and answer.status_code == 303:
            # A page leads to where one signs in, and from there back to it.
            assert method == "GET"
            assert answer.headers["Location"].startswith(f"/account/sign-in?next={quote(path, '')}"), path
        else:
            assert (answer.status_code == 401) == shut, f"{method} {path}: {answer.status_code}"


def test_a_token_opens_what_its_role_may_and_nothing_else(place: Town) -> None:
    for method, path, policy in routes(place):
        for role in ROLES:
            if policy.kind == "people" and role not in policy.roles:
                answer = place.ask(method, path, token=token(place, role))
                assert answer.status_code == 403, f"{role} {method} {path}: {answer.status_code}"
                assert "auth.forbidden" in answer.text


def test_a_session_opens_what_its_role_may_and_nothing_else(place: Town) -> None:
    for role in ROLES:
        who = signed_in(place, role)
        for method, path, policy in routes(place):
            if policy.kind == "people" and role not in policy.roles:
                answer = who.client.open(path, method=method, headers=OWN, buffered=True)
                assert answer.status_code == 403, f"{role} {method} {path}: {answer.status_code}"
                assert "auth.forbidden" in answer.text


def test_a_session_changes_nothing_from_another_site(place: Town) -> None:
    for role in ROLES:
        who = signed_in(place, role)
        for method, path, policy in routes(place):
            if method != "GET" and (policy.own or policy.kind == "login" or role in policy.roles):
                answer = who.client.open(path, method=method, headers={"Sec-Fetch-Site": "cross-site"}, buffered=True)
                assert answer.status_code == 403, f"{role} {method} {path}: {answer.status_code}"
                assert "auth.other_site" in answer.text


def signed_in(place: Town, role: str) -> Visitor:
    """A browser in which somebody of this role is signed in."""
    who, name = Visitor(place.office_app), f"a-{role}"
    if who.sign_in(name).status_code != 303:
        path = place.ask("POST", "/account/link", {}, token(place, role)).get_json()["path"]
        done = who.sign_up(name, link=path.split("link=")[1])
        assert done.status_code == 303, done.text
    return who


def test_no_route_breaks_over_an_empty_body(place: Town) -> None:
    for method, path, policy in routes(place):
        roles = sorted(policy.roles) or [""]
        answer = place.ask(method, path, token=token(place, roles[0]) if roles[0] else "")
        assert answer.status_code < 500, f"{method} {path}: {answer.text}"


def test_a_wrong_token_opens_nothing(place: Town) -> None:
    answer = place.ask("GET", "/office/me", token="not-a-token")
    assert (answer.status_code, code(answer)) == (401, "auth.bad_token")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_shut_account_opens_nothing(place: Town) -> None:
    bidder = place.bidder("gone")
    who = place.ask("GET", "/office/me", token=bidder.token).get_json()
    assert who["role"] == "bidder"
    shut = place.ask("POST", f"/office/people/{who['person']}/disable", token=place.people["centre"].token)
    assert shut.status_code == 200
    assert code(place.ask("GET", "/office/me", token=bidder.token)) == "auth.bad_token"


def test_a_token_runs_out(place: Town) -> None:
    bidder, now = place.bidder("late"), place.clock.at
    place.clock.at = now.replace(year=now.year + 1)
    try:
        assert code(place.ask("GET", "/office/me", token=bidder.token)) == "auth.bad_token"
    finally:
        place.clock.at = now


def test_every_answer_has_the_headers_that_keep_a_browser_out_of_trouble(place: Town) -> None:
    for path in ("/", "/api/time", "/office/me", "/nowhere", assets.url("css/base.css")):
        headers = place.ask("GET", path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert "unsafe" not in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "no-referrer", path
        assert headers["X-Request-Id"], path


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"{", "http.not_json"),
        (b'{"a":1,"a":2}', "canonical.doubled_member"),
        (b'{"a":1.5}', "canonical.bad_type"),
        (b'{"a":null}', "canonical.bad_type"),
        (b"[]", "canonical.not_object"),
        (b'{"a":"\\ud800"}', "canonical.surrogate"),
        (b"[" * 100_000, "http.not_json"),
    ],
)
def test_a_body_is_read_strictly(place: Town, data: bytes, wanted: str) -> None:
    answer = place.ask("POST", "/office/parties", data=data, token=place.people["centre"].token)
    assert (answer.status_code, code(answer)) == (400, wanted)


def test_a_body_that_is_too_long_is_refused(place: Town) -> None:
    answer = place.ask("POST", "/office/parties", data=b" " * ((1 << 20) + 1), token=place.people["centre"].token)
    assert (answer.status_code, code(answer)) == (413, "http.too_long")


def test_a_program_gets_json_and_a_person_a_page(place: Town) -> None:
    assert place.ask("GET", "/api/nothing").mimetype == "application/json"
    page = place.ask("GET", "/nothing?lang=en")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "There is nothing at this address." in page.text


def test_an_empty_platform_says_so_on_its_first_page(place: Town) -> None:
    assert "目前没有正在招标的项目" in place.ask("GET", "/").text
    assert "还没有公布的招标项目" in place.ask("GET", "/tenders").text
    assert "No tender has been published yet" in place.ask("GET", "/tenders?lang=en").text
    assert "No tender fits" in place.ask("GET", "/tenders?lang=en&q=bridge").text
    assert place.get("/api/tenders") == {"tenders": [], "total": 0, "page": 1, "per_page": 20}


def test_a_query_that_is_out_of_range_is_refused(place: Town) -> None:
    for query in ("page=x", "page=-1", "page=1e3", "page=" + "9" * 30, "q=" + "x" * 101, "state=x", "amount_from=a"):
        assert code(place.ask("GET", f"/api/tenders?{query}")) == "search.malformed", query


def test_an_organisation_is_registered_once_and_properly(place: Town) -> None:
    centre = place.people["centre"].token
    body = {
        "uscc": "911100001000000000",
        "name": {"zh": "某单位", "en": "Somebody"},
        "seal_key": "00" * 32,
        "person": {"ref": "p", "key": "11" * 32},
        "holds": [],
    }
    assert place.ask("POST", "/office/parties", body, centre).status_code == 400
    ann = place.bidders["ann"]
    again = {**body, "uscc": ann.uscc, "seal_key": place.dice(32).hex()}
    assert place.ask("POST", "/office/parties", again, centre).status_code == 400


def test_a_registration_whose_answer_was_lost_is_sent_again(place: Town) -> None:
    centre = place.people["centre"].token
    ann = place.bidders["ann"]
    place.tick(2)
    (registered,) = [one["public"] for one in place.events(f"party/{ann.party}")]
    body = {name: registered[name] for name in ("uscc", "name", "seal_key", "person", "holds")}
    got = place.ask("POST", "/office/parties", body, centre)
    assert got.status_code == 201
    assert got.get_json()["party"] == ann.party
    for token in (ann.token, got.get_json()["token"]):
        assert place.get("/office/me", token=token)["party"] == ann.party
    place.tick(2)
    assert len(place.events(f"party/{ann.party}")) == 1
    somebody = {"party": ann.party, "role": "tenderee", "key": place.dice(32).hex()}
    first, second = (place.ask("POST", "/office/people", somebody, centre).get_json() for _ in range(2))
    assert first["person"] == second["person"]
    assert first["token"] != second["token"]


def test_a_mailbox_is_read_by_its_institution_only(place: Town) -> None:
    path = "/custody/requests?institution=custodian-1"
    keys = {name: identity("custodian", name, place.masters[name]).key for name in ("custodian-1", "custodian-2")}

    def read(key: Ed25519PrivateKey, at: datetime) -> TestResponse:
        asked: dict[str, Json] = {
            "method": "GET",
            "path": "/custody/requests",
            "body_sha256": H(b"").hex(),
            "at": clock.text(at.replace(microsecond=0)),
            "nonce": "00" * 16,
        }
        header = base64.urlsafe_b64encode(canonical(signing.sign("request", asked, key))).decode().rstrip("=")
        return place.ask("GET", path, headers={"Mingjing-Request": header})

    now = place.clock.at
    assert code(place.ask("GET", path)) == "request.header_missing"
    assert code(read(keys["custodian-2"], now)) == "custody.not_institution"
    assert code(read(Ed25519PrivateKey.generate(), now)) == "custody.not_institution"
    assert code(read(keys["custodian-1"], now - timedelta(minutes=11))) == "request.out_of_time"
    assert read(keys["custodian-1"], now).status_code == 200


@pytest.mark.parametrize("path", ["/api/streams/%00", "/api/tenders?q=a%00b", "/tenders/%00", "/tenders?q=%00"])
def test_a_zero_byte_in_an_address_is_a_bad_request(place: Town, path: str) -> None:
    assert place.ask("GET", path).status_code == 400
