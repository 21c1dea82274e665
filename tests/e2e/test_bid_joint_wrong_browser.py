"""What is wrong with a joint bid or a dongle is said beside its field, with how to mend it; nothing is taken."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from ledger.basics import clock
from ledger.basics.canonical import canonical
from tests.support.authority import Holder, ec_key, name, root, rsa_key
from tests.support.bid_room import Rooms, rooms
from tests.support.bid_work import lie, restore, send, sign_and_seal
from tests.support.joint_bid import Desk, dongles, pem

DEADLINE = timedelta(hours=2)
AUTHORITY = root("测试认证机构")
Changed = Callable[[dict[str, Any]], Any]


@dataclass
class Met:
    """A lead that has signed, its partner before the page where it signs, and somebody who has no part in it."""

    place: Rooms
    lead: Desk
    partner: Desk
    paper: bytes
    entry: bytes


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Met]:
    with rooms(tmp_path_factory.mktemp("rooms"), DEADLINE, cas=[pem(AUTHORITY)]) as place:
        lead, partner = Desk(browser, place, place.firm("ant")), Desk(browser, place, place.firm("bee"))
        lead.lead((partner.firm.uscc, "40"))
        lead.sign()
        paper = lead.saved("#statement-file")
        partner.countersign_page()
        yield Met(place, lead, partner, paper, partner.countersign(paper))
        lead.close()
        partner.close()


def test_parties_that_cannot_stand_are_told_beside_their_fields(met: Met, browser: Browser) -> None:
    desk = Desk(browser, met.place, met.place.firm("fox"))
    desk.lead(("not a code", "0"), share="60.00 %", agreement=False)
    page, other = desk.page, met.partner.firm.uscc
    assert page.locator("#party-0-share").input_value() == "60", "one spelling for a number"
    assert "18 位" in desk.wrong("#party-1-uscc")
    assert "大于 0" in desk.wrong("#party-1-share")
    mistyped = other[:16] + ("1" if other[16] != "1" else "2") + other[17]
    desk.put("#party-1-uscc", mistyped)
    assert "校验位" in desk.wrong("#party-1-uscc")
    desk.put("#party-1-uscc", desk.firm.uscc)
    assert "已经列过" in desk.wrong("#party-1-uscc")
    # As it comes out of a text: full width, small letters, spaces.
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in other.lower())
    desk.put("#party-1-uscc", f" {wide} ")
    assert page.locator("#party-1-uscc").input_value() == other
    expect(page.locator("#party-1-uscc-error")).to_be_hidden()
    desk.put("#party-1-share", "30")
    expect(page.locator("#party-error")).to_contain_text("合计为 90%")
    expect(page.locator("#party-error")).to_contain_text("agreement")
    page.locator("#check-yes").check()
    page.locator("#sign-now").click()
    expect(page.locator("#sign-error")).to_contain_text("投标主体")
    assert page.locator("#statement").is_hidden(), "nothing is signed"
    desk.put("#party-1-share", "40")
    expect(page.locator("#party-error")).not_to_contain_text("合计")
    page.locator("#party-list [data-remove]").last.click()
    expect(page.locator("#party-list li")).to_have_count(0)
    expect(page.locator("#party-error")).to_be_hidden()
    desk.close()


def changed(data: bytes, change: Changed) -> bytes:
    """A file of JSON with something changed in it."""
    value = json.loads(data)
    change(value)
    return canonical(value)


def bare(data: bytes, **members: Any) -> bytes:
    """The statement alone of a lead's file, with other members."""
    return canonical({**json.loads(data)["statement"], **members})


def of_us(met: Met, *codes: str) -> list[dict[str, str]]:
    """Parties of equal shares, the lead first."""
    share = str(100 // len(codes))
    return [{"uscc": code, "role": "member" if at else "lead", "share": share} for at, code in enumerate(codes)]


def share_of(value: dict[str, Any], *shares: str) -> None:
    for party, share in zip(value["statement"]["parties"], shares, strict=True):
        party["share"] = share


def test_a_partner_signs_nothing_that_is_not_what_its_lead_signed(met: Met) -> None:
    desk, ant, bee = met.partner, met.lead.firm.uscc, met.partner.firm.uscc
    cow = met.place.town.bidder("cow").uscc
    cases: dict[str, tuple[bytes, str]] = {
        "no JSON": (b"%PDF-1.7", "不是牵头人交来的"),
        "its own file": (met.entry, "不是牵头人交来的"),
        "a member more": (changed(met.paper, lambda one: one["statement"].update(more="x")), "不是牵头人交来的"),
        "shares that do not add up": (changed(met.paper, lambda one: share_of(one, "60", "30")), "不是牵头人交来的"),
        "other shares": (changed(met.paper, lambda one: share_of(one, "90", "10")), "在途中被改动过"),
        "another lead's words": (
            changed(met.paper, lambda one: one["statement"].update(parties=of_us(met, cow, bee))),
            "在途中被改动过",
        ),
        "another tender": (bare(met.paper, tender="elsewhere"), "不在本平台"),
        "old documents": (bare(met.paper, terms="00" * 32), "已不是现行版本"),
        "not a party": (bare(met.paper, parties=of_us(met, ant, cow)), "没有贵单位"),
        "its own bid": (bare(met.paper, parties=of_us(met, bee, cow)), "牵头人：请在"),
    }
    for label, (data, words) in cases.items():
        desk.give("#paper-file", data)
        assert words in desk.wrong("#paper-file"), label
        assert desk.page.locator("#paper").is_hidden(), label
    newer = bare(met.paper, seq=7)
    desk.countersign(newer)
    desk.give("#paper-file", met.paper)
    assert "已在本机签过第 7 版" in desk.wrong("#paper-file")


def test_what_a_partner_should_know_is_told_before_it_signs(met: Met, browser: Browser) -> None:
    desk = Desk(browser, met.place, met.place.firm("gnu"))
    given = bare(met.paper, parties=of_us(met, met.lead.firm.uscc, desk.firm.uscc))
    desk.countersign_page()
    desk.give("#paper-file", given)
    expect(desk.page.locator("#paper-warnings")).to_contain_text("没有牵头人的签名")
    desk.page.locator("#countersign-now").click()
    assert "先核对" in desk.wrong("#paper-yes"), "nobody signs unread"
    assert desk.page.locator("#given").is_hidden()
    desk.countersign(given)
    desk.give("#paper-file", bare(given_as_paper(given), bid_key="ab" * 32))
    expect(desk.page.locator("#paper-warnings")).to_contain_text("签过另一份联合体投标")
    desk.lead()
    desk.page.wait_for_selector("#form")
    sign_and_seal(desk.page)
    send(desk.page)
    desk.countersign_page()
    desk.give("#paper-file", given)
    assert "请先撤回自己的投标" in desk.wrong("#paper-file")
    desk.close()


def given_as_paper(statement: bytes) -> bytes:
    return canonical({"statement": json.loads(statement)})


def test_a_lead_takes_no_signature_that_would_void_the_bid(met: Met, browser: Browser) -> None:
    lead, ant, bee = met.lead, met.lead.firm.uscc, met.partner.firm.uscc
    outsider = Desk(browser, met.place, met.place.firm("hen"))
    outsider.countersign_page()
    theirs = outsider.countersign(bare(met.paper, parties=of_us(met, ant, outsider.firm.uscc)))
    outsider.close()

    def swapped(one: dict[str, Any]) -> None:
        one["seal"], one["person"] = one["person"], one["seal"]

    def twisted(one: dict[str, Any]) -> None:
        one["person"]["signature"] = one["seal"]["signature"]

    cases: dict[str, tuple[bytes, str]] = {
        "no JSON": (b"\xff\xd8", "不是成员交回的签名文件"),
        "the lead's own file": (met.paper, "不是成员交回的签名文件"),
        "a stranger's": (theirs, "不在本投标的各方之列"),
        "of the wrong keys": (changed(met.entry, swapped), "单位印章的签名：签名所用的不是"),
        "twisted": (changed(met.entry, twisted), "单位负责人的签名：签名与现在的声明不符"),
        "another's registration": (
            changed(met.entry, lambda one: one["registration"]["event"]["public"].update(uscc=ant)),
            "核对不上",
        ),
    }
    for label, (data, words) in cases.items():
        lead.give("#entry-file", data, "bee.json")
        assert words in lead.wrong("#entry-file"), label
        assert "bee.json" in lead.wrong("#entry-file"), label
        expect(lead.state(bee)).to_have_text("待签")
    lead.give("#entry-file", met.entry)
    expect(lead.state(bee)).to_have_text("已签（登记密钥）")
    expect(lead.page.locator("#entry-file-error")).to_be_hidden()
    lead.put("#f-offer-price", "790000")
    lead.sign()
    lead.give("#entry-file", met.entry)
    assert "先前一版" in lead.wrong("#entry-file")
    expect(lead.state(bee)).to_have_text("待签")


def rsa(holder: Holder, code: str, ref: str = "", **how: Any) -> Holder:
    return holder.issue(name("某单位", code, ref), rsa_key(5), **how)


def test_certificates_that_would_not_count_are_refused_with_the_reason(met: Met, tmp_path: Path) -> None:
    desk, code, other = met.lead, met.lead.firm.uscc, met.partner.firm.uscc
    data = desk.saved_by_certificate()
    seal, person = dongles(AUTHORITY, desk.firm, "head-of-ant")
    good, signed = seal.openssl(tmp_path, data), person.openssl(tmp_path, data)
    past: datetime = met.place.town.clock.at - timedelta(days=1)
    stranger = root("别的认证机构")
    sm2 = good.replace(bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("06092a811ccf5506010402"), 1)
    cases: dict[str, tuple[bytes, str]] = {
        "expired": (rsa(AUTHORITY, code, end=past).openssl(tmp_path, data), "不在有效期内"),
        "of another authority": (rsa(stranger, code).openssl(tmp_path, data), "不能链接到信任文件所列"),
        "of another organisation": (
            rsa(AUTHORITY, other).openssl(tmp_path, data),
            other,
        ),
        "of a person": (person.openssl(tmp_path, data), "证书不是该签名人的"),
        "for encryption": (rsa(AUTHORITY, code, usage=False).openssl(tmp_path, data), "加密证书"),
        "attached": (seal.openssl(tmp_path, data, "-nodetach"), "分离式"),
        "SHA-512": (seal.openssl(tmp_path, data, "-md", "sha512"), "SHA-256"),
        "SM2": (sm2, "SM2/SM3"),
        "other bytes": (seal.openssl(tmp_path, data + b" "), "不是现在的待签文件"),
        "without its certificate": (seal.openssl(tmp_path, data, "-nocerts"), "没有签名人的证书"),
        "no signature": (b"garbage" * 40, "DER"),
    }
    for label, (wrong, words) in cases.items():
        desk.certify(wrong, signed)
        assert words in desk.wrong("#cms-seal"), label
        expect(desk.page.locator("#cms-person-error")).to_be_hidden()
        expect(desk.state(code)).to_have_text("已签（登记密钥）")
    desk.certify(good, seal.openssl(tmp_path, data))
    assert "证书不是该签名人的" in desk.wrong("#cms-person")
    spelled = b"-----BEGIN PKCS7-----\n" + base64.encodebytes(good) + b"-----END PKCS7-----\n"
    desk.certify(spelled, base64.encodebytes(signed))
    expect(desk.state(code)).to_have_text("已签（CA 证书）")
    assert desk.page.locator("#by-certificate [aria-invalid=true]").count() == 0


def test_without_the_registered_keys_a_partner_signs_by_certificate(met: Met, browser: Browser, tmp_path: Path) -> None:
    firm = met.place.firm("imp")
    desk = Desk(browser, met.place, firm, restored=False)
    given = bare(met.paper, parties=of_us(met, met.lead.firm.uscc, firm.uscc))
    desk.countersign_page()
    desk.give("#paper-file", given)
    expect(desk.page.locator("#no-key")).to_be_visible()
    assert desk.page.locator("#countersign-now").is_hidden()
    data = desk.saved_by_certificate()
    desk.page.locator("#paper-yes").check()
    seal = AUTHORITY.issue(name("印章", firm.uscc), ec_key())
    person = AUTHORITY.issue(name("负责人", firm.uscc, "head-of-imp"), ec_key())
    desk.certify(seal.openssl(tmp_path, data), seal.openssl(tmp_path, data))
    assert "证书不是该签名人的" in desk.wrong("#cms-person")
    desk.certify(seal.openssl(tmp_path, data), person.openssl(tmp_path, data))
    desk.page.wait_for_selector("#given:not([hidden])")
    entry = json.loads(desk.saved("#entry-save"))
    assert set(entry) == {"party", "seal", "person", "registration"}
    assert set(entry["seal"]) == {"cms"}
    desk.close()


def test_a_registration_that_no_witness_has_seen_signs_nothing_yet(met: Met, browser: Browser) -> None:
    made = met.place.town
    made.asleep = set(made.witness_keys)
    desk = Desk(browser, met.place, met.place.firm("jay"))
    desk.countersign_page()
    desk.give("#paper-file", bare(met.paper, parties=of_us(met, met.lead.firm.uscc, desk.firm.uscc)))
    desk.page.locator("#paper-yes").check()
    desk.page.locator("#countersign-now").click()
    expect(desk.page.locator("#countersign-error")).to_contain_text("尚未被见证方见证")
    assert desk.page.locator("#given").is_hidden()
    made.asleep = set()
    made.settle()
    desk.close()


def test_certificates_are_judged_by_the_proved_deadline(met: Met, browser: Browser, tmp_path: Path) -> None:
    past: datetime = met.place.town.clock.at - timedelta(days=1)
    told = clock.text(past - timedelta(days=1))
    for role in ("lead", "partner"):
        desk = Desk(browser, met.place, met.place.firm(f"told-{role}"), restored=False)
        lie(desk.context, met.place, desk.firm, deadline=told)
        restore(desk.page, met.place, desk.firm)
        if role == "lead":
            desk.lead()
            desk.sign()
        else:
            desk.countersign_page()
            desk.give("#paper-file", bare(met.paper, parties=of_us(met, met.lead.firm.uscc, desk.firm.uscc)))
            desk.read()
            expect(desk.page.locator("#paper-deadline")).not_to_contain_text(told[:10])
            desk.page.locator("#paper-yes").check()
        data = desk.saved_by_certificate()
        expired = rsa(AUTHORITY, desk.firm.uscc, end=past).openssl(tmp_path, data)
        desk.certify(expired, dongles(AUTHORITY, desk.firm, f"head-of-told-{role}")[1].openssl(tmp_path, data))
        assert "不在有效期内" in desk.wrong("#cms-seal"), role
        expect(desk.page.locator("#alerts .alert", has_text="截止时间")).to_have_count(1)
        desk.close()


# Last, for it moves the deadline of the module's rooms into the past.
def test_after_the_deadline_there_is_nothing_to_sign(met: Met) -> None:
    made = met.place.town
    made.until(made.clock.at + DEADLINE + timedelta(minutes=1))
    met.partner.countersign_page()
    met.partner.give("#paper-file", met.paper)
    assert "截止" in met.partner.wrong("#paper-file")
