"""Sessions, and forms from elsewhere: on SQLite and on PostgreSQL."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.support.account import application, signed_up, visitor
from tests.support.office import OWN, PASSWORD, Visitor, office
from tests.support.town import Town, code
from web.account import sessions, tables

# --- sessions ---------------------------------------------------------------------------------------------------------


def test_nobody_gets_a_cookie_before_signing_in(place: Town) -> None:
    who = visitor(place)
    for path in ("/", "/account/sign-in", "/account/sign-up", "/account", "/nowhere"):
        assert "Set-Cookie" not in who.get(path).headers, path
    assert "Set-Cookie" not in who.sign_in("nobody").headers


def test_a_session_is_a_cookie_that_no_script_and_no_other_site_has(place: Town) -> None:
    done = visitor(place).sign_up("ann")
    cookie = done.headers["Set-Cookie"]
    assert re.match(r"mingjing=[\w-]{43}; .*HttpOnly; Path=/; SameSite=Lax\Z", cookie), cookie
    safe = Visitor(office(place, "https://bids.example")).sign_up("bob").headers["Set-Cookie"]
    assert re.match(r"__Host-mingjing=[\w-]{43}; .*Secure; HttpOnly; Path=/; SameSite=Lax\Z", safe), safe
    token = cookie.split("=")[1].split(";")[0]
    with place.services.engine.connect() as conn:
        stored = str(conn.execute(sa.select(tables.sessions)).all())
    assert token not in stored


def test_every_sign_in_has_a_new_token_and_signing_out_ends_only_this_one(place: Town) -> None:
    first, second = signed_up(place), visitor(place)
    assert second.sign_in("ann").status_code == 303
    tokens = {one.client.get_cookie("mingjing").value for one in (first, second)}  # type: ignore[union-attr]  # there
    assert len(tokens) == 2
    again = second.client.get_cookie("mingjing")
    assert second.sign_in("ann").status_code == 303
    assert second.client.get_cookie("mingjing") != again
    out = first.post("/account/sign-out")
    assert (out.status_code, out.headers["Location"]) == (303, "/")
    assert "mingjing=;" in out.headers["Set-Cookie"]
    assert not first.signed_in()
    assert second.signed_in()


def test_a_stolen_cookie_is_worth_nothing_once_its_owner_has_signed_out(place: Town) -> None:
    owner, thief = signed_up(place), visitor(place)
    stolen = owner.client.get_cookie("mingjing")
    assert stolen is not None
    thief.client.set_cookie("mingjing", stolen.value)
    assert thief.signed_in()
    owner.post("/account/sign-out")
    assert not thief.signed_in()


def test_a_session_ends_when_it_is_idle_and_in_any_case_at_last(place: Town) -> None:
    who = signed_up(place)
    place.clock.at += sessions.IDLE - timedelta(seconds=1)
    assert who.signed_in()
    place.clock.at += sessions.IDLE - timedelta(seconds=1)
    assert who.signed_in(), "it was used in between"
    place.clock.at += sessions.IDLE + timedelta(seconds=1)
    assert not who.signed_in()
    assert who.sign_in("ann").status_code == 303
    for _ in range(int(sessions.WHOLE / timedelta(hours=1))):
        assert who.signed_in()
        place.clock.at += timedelta(hours=1)
    assert not who.signed_in(), "used all the time, and over"


def test_one_sees_where_one_is_signed_in_and_ends_it_there(place: Town) -> None:
    here, there, third = signed_up(place), visitor(place), visitor(place)
    there.client.post(
        "/account/sign-in",
        data={"name": "ann", "password": PASSWORD},
        headers={**OWN, "User-Agent": "An <odd> browser"},
        buffered=True,
    )
    third.sign_in("ann")
    page = here.get("/account")
    assert "An &lt;odd&gt; browser" in page.text
    assert "127.0.0.1" in page.text
    (ending, *_) = re.findall(r'action="(/account/sessions/[a-z2-7]+/end)\?', page.text.split("An &lt;odd&gt;")[1])
    assert here.post(ending).status_code == 303
    assert not there.signed_in()
    assert third.signed_in()
    assert here.post("/account/sessions/end-others").status_code == 303
    assert here.signed_in()
    assert not third.signed_in()


def test_nobody_ends_anothers_session_or_touches_anothers_passkey(place: Town) -> None:
    ann, bob = signed_up(place, "ann"), signed_up(place, "bob")
    with place.services.engine.connect() as conn:
        rows = conn.execute(
            sa.select(tables.sessions.c.session).join(tables.logins).where(tables.logins.c.name == "bob")
        )
        session = rows.scalar_one()
    ann.post(f"/account/sessions/{session}/end")
    assert bob.signed_in()
    assert ann.post("/account/passkeys/somebodys/remove").status_code == 404
    assert ann.post("/account/passkeys/somebodys/name", name="mine").status_code == 404


def test_a_new_password_ends_every_other_session(place: Town) -> None:
    here, there = signed_up(place), visitor(place)
    there.sign_in("ann")
    assert here.post("/account/password", name="ann", password="seven green bottles fall").status_code == 303
    assert here.signed_in()
    assert not there.signed_in()
    assert there.sign_in("ann").status_code == 400
    assert there.sign_in("ann", "seven green bottles fall").status_code == 303


def test_who_signed_in_long_ago_signs_in_again_before_changing_how(place: Town) -> None:
    who = signed_up(place)
    place.clock.at += sessions.FRESH
    for path in ("/account/password", "/account/code"):
        asked = who.get(f"{path}?lang=en")
        assert (asked.status_code, asked.headers["Location"]) == (
            303,
            f"/account/sign-in?lang=en&next={path.replace('/', '%2F')}%3Flang%3Den",
        )
    sent = who.post("/account/password", name="ann", password="seven green bottles fall")
    assert sent.headers["Location"] == "/account/sign-in?next=%2Faccount"
    assert who.sign_in("ann").status_code == 303, "the password is what it was"
    assert who.get("/account/password").status_code == 200


def test_a_shut_account_is_out_at_once_and_stays_out(place: Town) -> None:
    who = signed_up(place)
    assert who.post("/account/organisation", **application(1)).status_code == 303
    person = who.get("/office/me").get_json()["person"]
    assert place.ask("POST", f"/office/people/{person}/disable", token=place.people["centre"].token).status_code == 200
    assert who.get("/office/me").status_code == 401
    assert not who.signed_in()
    assert "账号已停用" in who.sign_in("ann").text


def test_a_form_sent_after_the_session_has_ended_says_what_to_do(place: Town) -> None:
    who = signed_up(place)
    place.clock.at += sessions.IDLE
    late = who.post("/account/organisation", **application(1))
    assert late.status_code == 401
    assert "已填内容仍在" in late.text


# --- where a request comes from, and where it goes on to --------------------------------------------------------------


def test_what_another_site_sends_changes_nothing(place: Town) -> None:
    who = signed_up(place)
    elsewhere: list[dict[str, str]] = [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ]
    for headers in elsewhere:
        for path in ("/account/sign-out", "/account/organisation", "/account/sessions/end-others", "/account/sign-in"):
            refused = who.send(path, {}, headers)
            assert refused.status_code == 403, (path, headers)
            assert "auth.other_site" in refused.text
    assert who.signed_in()
    assert who.send("/account/sign-out", {}, {"Origin": "http://localhost"}).status_code == 303, (
        "an old browser's own page"
    )


def test_a_token_needs_no_page_and_a_session_does(place: Town) -> None:
    token = place.people["centre"].token
    assert place.ask("POST", "/account/link", {}, token).status_code == 201
    who = signed_up(place)
    who.post("/account/organisation", **application(1))
    plain = who.client.post("/office/tickets", json={}, headers={"Sec-Fetch-Site": "cross-site"}, buffered=True)
    assert (plain.status_code, code(plain)) == (403, "auth.other_site")
    own = who.client.post("/office/tickets", json={}, headers=OWN, buffered=True)
    assert (own.status_code, code(own)) == (400, "canonical.missing_member")


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_signing_in_leads_to_nobody_else(place: Town, onward: str) -> None:
    signed_up(place)
    done = visitor(place).post("/account/sign-in", name="ann", password=PASSWORD, next=onward)
    assert done.headers["Location"] == "/account"
    page = visitor(place).client.get("/account/sign-in", query_string={"next": onward}, buffered=True)
    assert "evil" not in page.text.replace("next=", "") or "alert" not in page.text


def test_signing_in_comes_back_to_the_page_that_was_asked_for(place: Town) -> None:
    signed_up(place)
    who = visitor(place)
    sent = who.get("/account/organisation?lang=en")
    assert sent.headers["Location"] == "/account/sign-in?lang=en&next=%2Faccount%2Forganisation%3Flang%3Den"
    assert 'name="next" value="/account/organisation?lang=en"' in who.get(sent.headers["Location"]).text
    done = who.post("/account/sign-in?lang=en", name="ann", password=PASSWORD, next="/account/organisation?lang=en")
    assert done.headers["Location"] == "/account/organisation?lang=en"


@pytest.mark.parametrize("body", ["a=1&a=2", "name=x&name=y", "name=%FF", "other=1"])
def test_a_form_that_no_page_of_ours_sends_is_refused(place: Town, body: str) -> None:
    headers = {**OWN, "Content-Type": "application/x-www-form-urlencoded"}
    answer = visitor(place).client.post("/account/sign-in", data=body, headers=headers, buffered=True)
    assert answer.status_code == 400
    assert "http.bad_form" in answer.text
