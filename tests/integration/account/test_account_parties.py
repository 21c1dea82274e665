"""Organisations that register themselves, and logins of the office's people: on SQLite and on PostgreSQL."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask

from ledger.basics import signing
from tests.support.account import application, errors_of, linked, set_code, signed_up, visitor
from tests.support.office import PASSWORD, Visitor
from tests.support.town import Town
from web.cli.main import main

# --- organisations ----------------------------------------------------------------------------------------------------


def test_on_a_demonstration_an_organisation_is_registered_at_once_and_bids_by_its_session(place: Town) -> None:
    who = signed_up(place)
    assert who.post("/account/organisation", **application(1)).status_code == 303
    me = who.get("/office/me").get_json()
    assert me["role"] == "bidder"
    shown = who.get("/account/organisation?lang=en").text
    assert "Builders 1" in shown
    assert "Builders 1" in who.get("/?lang=en").text, "the page's head says whom one acts for"
    assert who.get("/office/tickets").get_json() == {"lots": []}
    with place.services.engine.connect() as conn:
        events = sa.Table("events", sa.MetaData(), autoload_with=place.services.engine)
        types = conn.execute(sa.select(events.c.type).where(events.c.stream == f"party/{me['party']}")).scalars().all()
    assert types == ["party.registered"]
    again = who.post("/account/organisation", **application(2))
    assert "此登录已有单位" in again.text


def test_elsewhere_the_centre_looks_and_confirms(place: Town, real: Flask) -> None:
    who = Visitor(real)
    who.sign_up("ann")
    set_code(who, place)
    assert who.post("/account/organisation", **application(1)).status_code == 303
    assert "正在由交易中心核对" in who.get("/account/organisation").text
    assert who.get("/office/me").status_code == 403
    assert "已有一份申请在核对中" in who.post("/account/organisation", **application(2)).text
    clerk = linked(place, real, "centre", "clerk")
    listed = clerk.get("/account/applications")
    (path,) = re.findall(r'href="(/account/applications/[a-z2-7]+)\?', listed.text)
    assert "第1建设公司" in clerk.get(path).text
    assert clerk.post(f"{path}/confirm").status_code == 303
    assert who.get("/office/me").get_json()["role"] == "bidder"
    twice = clerk.post(f"{path}/confirm")
    assert twice.status_code == 400
    assert "这份申请已处理过" in twice.text


def test_a_refused_application_says_why_and_is_mended(place: Town, real: Flask) -> None:
    who = Visitor(real)
    who.sign_up("ann")
    set_code(who, place)
    who.post("/account/organisation", **application(1))
    clerk = linked(place, real, "centre", "clerk")
    (path,) = re.findall(r'href="(/account/applications/[a-z2-7]+)\?', clerk.get("/account/applications").text)
    assert list(errors_of(clerk.post(f"{path}/refuse", reason=" "))) == ["reason"]
    assert clerk.post(f"{path}/refuse", reason="营业执照过期 <b>").status_code == 303
    shown = who.get("/account/organisation").text
    assert "营业执照过期 &lt;b&gt;" in shown
    assert 'value="第1建设公司"' in shown, "what was typed is still there"
    assert who.post("/account/organisation", **application(1)).status_code == 303
    waiting = clerk.get("/account/applications").text.split("最近已处理")[0]
    (path,) = re.findall(r'href="(/account/applications/[a-z2-7]+)\?', waiting)
    assert clerk.post(f"{path}/confirm").status_code == 303
    assert who.get("/office/me").get_json()["role"] == "bidder"


def test_nobody_takes_a_registered_organisation_by_saying_what_the_log_says_of_it(place: Town) -> None:
    known = place.bidder("victim")
    stolen = {
        "uscc": known.uscc,
        "name_zh": "victim",
        "name_en": "victim",
        "person_ref": "head-of-victim",
        "holds": "",
        "seal_key": signing.public_bytes(known.seal).hex(),
        "person_key": signing.public_bytes(known.person).hex(),
    }
    thief = signed_up(place, "thief")
    refused = thief.post("/account/organisation", **stolen)
    assert list(errors_of(refused)) == ["uscc"]
    other = thief.post("/account/organisation", **{**stolen, "uscc": application(7)["uscc"]})
    assert list(errors_of(other)) == ["seal_key"]
    assert thief.get("/office/me").status_code == 403


def test_what_is_wrong_with_an_application_stands_beside_its_field_and_stays_typed(place: Town) -> None:
    who = signed_up(place)
    good = application(1)
    bad = {**good, "uscc": good["uscc"][:17] + "0", "person_ref": "13800138000", "name_en": "", "holds": "x"}
    if good["uscc"].endswith("0"):
        bad["uscc"] = good["uscc"][:17] + "1"
    answer = who.post("/account/organisation?lang=en", **bad)
    assert answer.status_code == 400
    assert list(errors_of(answer)) == ["uscc", "name_en", "person_ref", "holds"], "in the order of the page"
    for field in ("uscc", "name_zh", "person_ref", "seal_key"):
        assert f'value="{bad[field]}"' in answer.text, field


@pytest.mark.parametrize("role", ["tenderee", "agency", "supervisor"])
def test_only_the_centre_decides_on_applications(place: Town, real: Flask, role: str) -> None:
    who = linked(place, real, role, f"some-{role}")
    assert who.get("/office/me").get_json()["role"] == role
    assert who.get("/account/applications").status_code == 403
    for path in ("confirm", "refuse"):
        assert who.post(f"/account/applications/x/{path}").status_code == 403


# --- people of the office ---------------------------------------------------------------------------------------------


def test_a_link_makes_one_login_and_only_one(place: Town) -> None:
    path = place.ask("POST", "/account/link", {}, place.people["tenderee"].token).get_json()["path"]
    link = path.split("link=")[1]
    who = visitor(place)
    assert f'value="{link}"' in who.get(path).text
    assert who.sign_up("tess", link=link).status_code == 303
    assert who.get("/office/me").get_json()["person"] == place.people["tenderee"].id
    assert "链接已用过" in visitor(place).sign_up("tess-2", link=link).text
    again = place.ask("POST", "/account/link", {}, place.people["tenderee"].token).get_json()["path"]
    assert "此人已有登录" in visitor(place).sign_up("tess-3", link=again.split("link=")[1]).text


def test_a_link_runs_out(place: Town) -> None:
    path = place.ask("POST", "/account/link", {}, place.people["tenderee"].token).get_json()["path"]
    place.clock.at += timedelta(hours=24)
    assert "链接已用过、已过期" in visitor(place).sign_up("tess", link=path.split("link=")[1]).text
    assert "链接已用过、已过期" in visitor(place).sign_up("tess", link="x").text


def test_the_operator_makes_a_login_whose_password_is_said_once(place: Town) -> None:
    command = ["--lang", "en", "platform", "account", "--config", str(place.path), "--name", "Sam"]
    made = CliRunner().invoke(main, [*command, "--person", place.people["centre"].id])
    assert made.exit_code == 0, made.output
    password = re.search(r'"password": "([a-z2-7-]{19})"', made.output)
    assert password is not None
    who = visitor(place)
    assert who.sign_in("sam", password[1]).status_code == 303
    assert who.get("/account/applications").status_code == 200
    again = CliRunner().invoke(main, [*command, "--person", place.people["centre"].id])
    assert again.exit_code != 0
    assert CliRunner().invoke(main, [*command, "--person", "nobody"]).exit_code != 0


def test_the_table_of_routes_says_of_each_who_may_call_it(place: Town) -> None:
    said = CliRunner().invoke(main, ["--lang", "en", "platform", "routes", "--config", str(place.path)])
    assert said.exit_code == 0, said.output
    rows = said.output.strip().splitlines()
    assert "| GET | `/account/applications` | centre; by token or session |" in rows
    assert "| POST | `/account/sign-in` | anyone, from our own pages |" in rows
    rules = [rule for rule in place.office_app.url_map.iter_rules() if rule.endpoint != "static"]
    assert len(rows) - 2 == sum(len((rule.methods or set()) - {"HEAD", "OPTIONS"}) for rule in rules)
    assert not [row for row in rows if row.endswith("| nobody |")]


def test_the_log_says_what_happened_and_not_to_whom(place: Town, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="mingjing.office"):
        who = signed_up(place, "ann.of.the.firm")
        who.post("/account/organisation", **application(1))
        who.post("/account/sign-out")
        who.sign_in("ann.of.the.firm", "wrong wrong wrong")
    lines = [str(getattr(record, "fields", {})) for record in caplog.records]
    assert [one for one in lines if "'what': 'signed up'" in one]
    assert [one for one in lines if "'what': 'organisation applied'" in one]
    for told in ("ann.of.the.firm", PASSWORD, "wrong wrong", "第1建设公司", "127.0.0.1", application(1)["uscc"]):
        assert not [one for one in lines if told in one], told
