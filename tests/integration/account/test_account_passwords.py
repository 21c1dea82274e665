"""Passwords, codes and attempts: on SQLite and on PostgreSQL."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from ledger.store.engine import transaction
from tests.support.account import application, errors_of, set_code, signed_up, visitor
from tests.support.office import OWN, PASSWORD, Visitor, office
from tests.support.town import Town
from web.account import attempts, known, logins, tables, totp
from web.account.passkey import Made

WRONG = "登录名、密码或验证码不对"
WAIT = "尝试次数过多"
MARK = "mingjing-known"
SIGN_IN = "/account/sign-in"


def test_wrong_passwords_are_answered_alike_whoever_is_there(place: Town) -> None:
    signed_up(place)
    seen = {
        re.sub(r'value="(ann|nobody)"', "", visitor(place).sign_in(name, "wrong wrong wrong").text)
        for name in ("ann", "nobody")
    }
    assert len(seen) == 1
    assert WRONG in seen.pop()


def test_too_many_attempts_wait_in_words_and_a_restart_forgets_nothing(place: Town) -> None:
    signed_up(place)
    who = visitor(place)
    for _ in range(5):
        assert who.sign_in("ann", "wrong wrong wrong").status_code == 400
    for again in (who, Visitor(office(place))):
        held = again.sign_in("ann")
        assert (held.status_code, held.headers["Retry-After"]) == (429, "15")
        assert f"{WAIT}，请 15 秒后再试" in held.text
    place.clock.at += timedelta(seconds=15)
    assert who.sign_in("ann", "wrong wrong wrong").status_code == 400
    assert who.sign_in("ann").headers["Retry-After"] == "30"
    place.clock.at += timedelta(seconds=30)
    assert who.sign_in("ann").status_code == 303
    assert who.sign_in("ann", "wrong wrong wrong").status_code == 400, "a success begins anew"
    assert who.sign_in("ann").status_code == 303


def test_strangers_who_try_a_name_do_not_make_its_owner_wait(place: Town) -> None:
    owner = signed_up(place)
    strangers = visitor(place)
    assert [strangers.sign_in("ann", "wrong wrong wrong").status_code for _ in range(6)] == [400] * 5 + [429]
    assert visitor(place).sign_in("ann").status_code == 429, "in a browser that she never used she waits with them"
    assert owner.post("/account/sign-out").status_code == 303
    assert owner.sign_in("ann").status_code == 303
    assert strangers.sign_in("ann", "wrong wrong wrong").status_code == 429, "her success gives them nothing"


def test_a_known_browser_has_its_own_count_and_no_more_tries_than_another(place: Town) -> None:
    owner = signed_up(place)
    assert [owner.sign_in("ann", "wrong wrong wrong").status_code for _ in range(6)] == [400] * 5 + [429]
    assert visitor(place).sign_in("ann").status_code == 303, "nobody else waits for it"
    place.clock.at += timedelta(seconds=15)
    assert owner.sign_in("ann").status_code == 303


def test_a_browser_is_known_to_the_login_that_was_opened_in_it_and_to_no_other(place: Town) -> None:
    signed_up(place)
    bob = signed_up(place, "bob")
    assert [bob.sign_in("ann", "wrong wrong wrong").status_code for _ in range(6)] == [400] * 5 + [429]
    assert visitor(place).sign_in("ann").status_code == 429, "they were counted against her name"
    nobodys = [bob.sign_in("nobody", "wrong wrong wrong").status_code for _ in range(6)]
    assert nobodys == [400] * 5 + [429], "a name that is nobody's is nobody's there, too"


@pytest.mark.parametrize("spoilt", ["", "x", "{made}.{nonce}.{other}", "2999-01-01T00:00:00.000Z.{nonce}.{mac}"])
def test_a_mark_that_is_not_the_platforms_own_counts_for_nothing(place: Town, spoilt: str) -> None:
    owner, stranger = signed_up(place), visitor(place)
    found = owner.client.get_cookie(MARK, path=SIGN_IN)
    assert found is not None
    made, nonce, mac = found.value.rsplit(".", 2)
    other = f"{int(mac[0], 16) ^ 1:x}{mac[1:]}"
    stranger.client.set_cookie(MARK, spoilt.format(made=made, nonce=nonce, mac=mac, other=other), path=SIGN_IN)
    for _ in range(5):
        stranger.sign_in("ann", "wrong wrong wrong")
    assert visitor(place).sign_in("ann").status_code == 429


def test_a_mark_runs_out_and_another_password_voids_those_of_other_browsers(place: Town) -> None:
    owner, elsewhere = signed_up(place), visitor(place)
    assert elsewhere.sign_in("ann").status_code == 303
    assert owner.post("/account/password", password="violet harbour six tables").status_code == 303

    def tried(who: Visitor) -> int:
        for _ in range(6):
            visitor(place).sign_in("ann", "wrong wrong wrong")
        who.post("/account/sign-out")
        return who.sign_in("ann", "violet harbour six tables").status_code

    assert tried(owner) == 303, "the browser in which it was set stays known"
    assert tried(elsewhere) == 429
    place.clock.at += known.LIFE
    assert tried(owner) == 429


def test_codes_void_the_marks_that_a_password_alone_has_left(place: Town) -> None:
    owner, before = signed_up(place), [visitor(place) for _ in range(2)]
    assert [one.sign_in("ann").status_code for one in before] == [303, 303]
    secret, _ = set_code(owner, place)
    tries = [one.sign_in("ann", code="000000").status_code for one in before for _ in range(3)]
    assert tries == [400] * 5 + [429], "counted against the name, whatever browser they come from"
    owner.post("/account/sign-out")
    code = totp.code(secret, totp.step_of(place.clock.at) + 1)
    assert owner.sign_in("ann", code=code).status_code == 303, "the browser in which they were set stays known"


def test_guesses_from_known_browsers_do_not_add_up_however_many_there_are(place: Town) -> None:
    owner, most = signed_up(place), attempts.browsers("").free
    known_ones = [visitor(place) for _ in range(most // 5 + 1)]
    assert {one.sign_in("ann").status_code for one in known_ones} == {303}
    tries = [one.sign_in("ann", "wrong wrong wrong").status_code for one in known_ones for _ in range(5)]
    assert tries == [400] * most + [429] * 5
    assert owner.sign_in("ann").status_code == 429
    assert visitor(place).sign_in("ann").status_code == 303, "a stranger's browser does not wait for them"
    place.clock.at += timedelta(seconds=15)
    assert owner.sign_in("ann").status_code == 303
    assert known_ones[-1].sign_in("ann", "wrong wrong wrong").status_code == 400, "a success begins anew"


def test_the_mark_is_sent_to_nothing_but_signing_in_and_read_by_no_script(place: Town) -> None:
    def cookie(public: str) -> str:
        done = Visitor(office(place, public)).sign_up("ann" if public else "bob")
        (found,) = [one for one in done.headers.getlist("Set-Cookie") if "-known=" in one]
        return found

    plain, safe = cookie(""), cookie("https://bids.example")
    value = r"2026-12-01T01:00:00\.000Z\.[0-9a-f]{32}\.[0-9a-f]{64}"
    rest = "HttpOnly; Path=/account/sign-in; SameSite=Strict"
    assert re.match(rf"mingjing-known={value}; .*{rest}\Z", plain), plain
    assert re.match(rf"__Secure-mingjing-known={value}; .*Secure; {rest}\Z", safe), safe
    who = signed_up(place, "cid")
    assert who.get("/account").status_code == 200
    who.post("/account/sign-out")
    assert who.client.get_cookie(MARK, path=SIGN_IN) is not None, "it stays when the session ends"


def test_names_that_are_nobodys_wait_just_the_same(place: Town) -> None:
    who = visitor(place)
    found = [who.sign_in("nobody", "wrong wrong wrong").status_code for _ in range(6)]
    assert found == [400] * 5 + [429]


def test_one_address_can_t_try_every_name(place: Town) -> None:
    who = visitor(place)
    free = attempts.address("").free
    found = [who.sign_in(f"name-{number}", "wrong wrong wrong").status_code for number in range(free + 1)]
    assert found == [400] * free + [429]
    elsewhere = place.office_app.test_client().post(
        "/account/sign-in",
        data={"name": "name-x", "password": "wrong wrong wrong"},
        headers=OWN,
        environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
        buffered=True,
    )
    assert elsewhere.status_code == 400


def test_one_address_can_t_fill_the_table_of_logins(place: Town) -> None:
    free = attempts.arrival("").free
    with transaction(place.services.engine) as conn:
        for _ in range(free):
            attempts.admit(conn, [attempts.arrival("127.0.0.1")], place.clock.at)
    held = visitor(place).sign_up("one-more")
    assert (held.status_code, held.headers["Retry-After"]) == (429, "15")
    place.clock.at += timedelta(seconds=15)
    assert visitor(place).sign_up("one-more").status_code == 303


def test_tries_at_the_same_moment_are_all_counted_before_any_is_judged(place: Town) -> None:
    now, subject = place.clock.at, attempts.account("ann")
    for _ in range(subject.free):
        with transaction(place.services.engine) as conn:
            attempts.admit(conn, [subject], now)
    with transaction(place.services.engine) as conn, pytest.raises(Exception, match=r"signin\.wait"):
        attempts.admit(conn, [subject], now)


def test_a_code_is_asked_for_once_it_is_set_and_opens_once(place: Town) -> None:
    who = signed_up(place)
    secret, codes = set_code(who, place)
    assert len(set(codes)) == 10
    other = visitor(place)
    now = totp.step_of(place.clock.at)
    assert other.sign_in("ann").status_code == 400, "without a code"
    assert other.sign_in("ann", code=totp.code(secret, now)).status_code == 400, "it was used when it was set"
    place.clock.at += timedelta(seconds=30)
    assert other.sign_in("ann", "wrong wrong wrong", totp.code(secret, now + 1)).status_code == 400
    assert other.sign_in("ann", code=totp.code(secret, now + 1)).status_code == 303, "no wrong password uses it up"
    assert other.sign_in("ann", code=totp.code(secret, now + 1)).status_code == 400, "and never again"
    assert other.sign_in("ann", code=f" {codes[0].upper()} ").status_code == 303
    assert other.sign_in("ann", code=codes[0]).status_code == 400
    assert "还剩 9 个恢复码" in other.get("/account").text
    fresh = re.findall(r"<code>([a-z2-7]{5}-[a-z2-7]{5})</code>", other.post("/account/code/recovery").text)
    assert len(fresh) == 10
    place.clock.at += timedelta(minutes=10)
    assert other.sign_in("ann", code=codes[1]).status_code == 400
    assert other.sign_in("ann", code=fresh[1]).status_code == 303


def test_a_wrong_code_sets_nothing(place: Town) -> None:
    who = signed_up(place)
    shown = who.get("/account/code").text
    refused = who.post("/account/code", code="000000")
    assert list(errors_of(refused)) == ["code"]
    assert re.findall("<code>(.*?)</code>", shown) == re.findall("<code>(.*?)</code>", refused.text), "the same secret"
    assert visitor(place).sign_in("ann").status_code == 303


def test_the_picture_says_what_the_text_beside_it_says(place: Town) -> None:
    shown = signed_up(place).get("/account/code").text
    assert re.search(r'<svg [^>]*class="qr"', shown)
    assert "style=" not in shown


def test_a_password_alone_acts_for_nobody_where_it_is_no_demonstration(place: Town, real: Flask) -> None:
    who = Visitor(real)
    assert who.sign_up("ann").status_code == 303
    assert "只有密码还不能代表单位办事" in who.get("/account").text
    assert who.post("/account/organisation", **application(1)).status_code == 403
    asked = who.get("/account/applications")
    assert asked.headers["Location"].startswith("/account/code?next=")
    set_code(who, place)
    assert who.post("/account/organisation", **application(1)).status_code == 303


def test_a_password_alone_does_not_take_the_place_of_a_passkey(place: Town, real: Flask) -> None:
    owner, thief = Visitor(real), Visitor(real)
    assert owner.sign_up("ann").status_code == 303
    with transaction(place.services.engine) as conn:
        login = conn.execute(sa.select(tables.logins.c.login)).scalar_one()
        logins.add_passkey(conn, login, Made(b"credential", b"key", 0), "phone", place.clock.at, place.services.entropy)
    assert thief.sign_in("ann").status_code == 303
    with transaction(place.services.engine) as conn:
        (passkey,) = conn.execute(sa.select(tables.passkeys.c.passkey)).scalars()
    for path, fields in (
        ("code", {"code": "000000"}),
        ("password", {"name": "ann", "password": PASSWORD}),
        (f"passkeys/{passkey}/remove", {}),
    ):
        refused = thief.post(f"/account/{path}", **fields)
        assert refused.status_code == 403, path
        assert "通行密钥" in refused.text
    assert owner.signed_in()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": "", "password": ""}, ["name", "password"]),
        ({"name": "a b", "password": PASSWORD}, ["name"]),
        ({"name": "ann", "password": "short"}, ["password"]),
        ({"name": "ann", "password": "password1234"}, ["password"]),
        ({"name": "taken", "password": PASSWORD}, ["name"]),
    ],
)
def test_what_is_wrong_with_signing_up_stands_beside_its_field(
    place: Town, fields: dict[str, str], wrong: list[str]
) -> None:
    signed_up(place, "taken")
    answer = visitor(place).post("/account/sign-up", **fields)
    assert answer.status_code == 400
    assert list(errors_of(answer)) == wrong
    if fields["name"]:
        assert f'value="{fields["name"]}"' in answer.text, "what was typed stays"
    assert not fields["password"] or fields["password"] not in answer.text, "passwords don't"
