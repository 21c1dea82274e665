"""Codes, passwords, waiting times, cookies, ways on, forms: what signing in is made of, without a database."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from bidding.parties import uscc_check_character
from ledger.basics.errors import Refusal
from tests.support.log import refused
from web import forms
from web.account import agents, applications, attempts, logins, origin, passwords, totp
from web.forms import Problems

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
FORM = "application/x-www-form-urlencoded"
# RFC 6238, Appendix B: the rows of SHA-1, eight digits.
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_ROWS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]


@pytest.mark.parametrize(("seconds", "wanted"), RFC_ROWS)
def test_codes_are_those_of_the_rfc(seconds: int, wanted: str) -> None:
    step = totp.step_of(datetime.fromtimestamp(seconds, UTC))
    assert totp.code(RFC_SECRET, step, 8) == wanted
    assert totp.code(RFC_SECRET, step) == wanted[2:]


def test_a_code_opens_one_step_early_or_late_and_never_twice() -> None:
    now = datetime.fromtimestamp(1111111111, UTC)
    step = totp.step_of(now)
    found = [totp.matching(RFC_SECRET, totp.code(RFC_SECRET, step + away), now, 0) for away in range(-3, 4)]
    assert found == [None, None, step - 1, step, step + 1, None, None]
    assert totp.matching(RFC_SECRET, totp.code(RFC_SECRET, step), now, step) is None
    assert totp.matching(RFC_SECRET, totp.code(RFC_SECRET, step - 1), now, step) is None
    assert totp.matching(RFC_SECRET, totp.code(RFC_SECRET, step + 1), now, step) == step + 1


def test_a_code_that_is_no_code_is_none() -> None:
    now = datetime.fromtimestamp(1111111111, UTC)
    for given in ("", "12345", "1234567", "abcdef", "十二三四五六"):
        assert totp.matching(RFC_SECRET, given, now, 0) is None
    assert totp.matching(RFC_SECRET, "０５０ ４７１", now, 0) == totp.step_of(now)


def test_the_address_for_an_app_escapes_what_it_carries() -> None:
    found = totp.address("ABC", "ann@example.org", "明镜 & co")
    assert found.startswith("otpauth://totp/%E6%98%8E%E9%95%9C%20%26%20co%3Aann%40example.org?secret=ABC&issuer=")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "password.short"),
        ("elevenchars", "password.short"),
        ("x" * 257, "password.long"),
        ("passwordpassword", "password.common"),
        ("Password123456", "password.common"),
        ("qwertyuiop123", "password.common"),
        ("aaaaaaaaaaaaaaaa", "password.common"),
        ("abcabcabcabcabc", "password.common"),
        ("123456789012345", "password.common"),
        ("woaini1314520", "password.common"),
        ("ann-of-the-firm", "password.name"),
        ("Ann-Of-The-Firm1", "password.name"),
    ],
)
def test_passwords_that_are_guessed_first_are_refused(password: str, why: str) -> None:
    with pytest.raises(Refusal) as found:
        passwords.check(password, "ann-of-the-firm")
    assert found.value.code == why


@pytest.mark.parametrize(
    "password",
    [
        "tomato river nine lamps",
        "我家门前有两棵枣树都很高",
        "kY7#pQ2!vR9z",
        "correct horse battery staple",
        "x8wq-3mzp-v2ke-9trn",
    ],
)
def test_a_long_password_needs_no_signs_and_no_capitals(password: str) -> None:
    assert passwords.check(password, "ann") == password


def test_a_password_is_the_same_however_its_letters_are_composed() -> None:
    stored = passwords.hashed("caf\u00e9 terrace at noon")
    assert stored.startswith("$argon2id$v=19$m=32768,t=3,p=1$")
    assert passwords.matches(stored, "cafe\u0301 terrace at noon")
    assert not passwords.matches(stored, "cafe terrace at noon")
    assert not passwords.matches("", "nobody's password"), "who is not there has no password, not even that one"


def test_waiting_doubles_from_15_seconds_to_15_minutes_and_is_forgotten() -> None:
    waits = [attempts.wait(failures, 5, timedelta(0)).total_seconds() for failures in range(14)]
    assert waits == [0, 0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900, 900]
    assert attempts.wait(7, 5, timedelta(seconds=50)) == timedelta(seconds=10)
    assert attempts.wait(7, 5, timedelta(seconds=60)) == timedelta(0)
    assert attempts.wait(10_000, 5, timedelta(0)) == timedelta(minutes=15)
    assert attempts.wait(7, 5, attempts.FORGOTTEN) == timedelta(0)


def test_a_cookie_is_bound_to_its_host_where_that_can_be() -> None:
    assert origin.cookie_name("https://bids.example.gov.cn") == "__Host-mingjing"
    assert origin.cookie_name("http://localhost:8000") == origin.cookie_name("") == "mingjing"


@pytest.mark.parametrize(
    ("public", "wanted"),
    [
        ("https://bids.example.gov.cn", "bids.example.gov.cn"),
        ("http://localhost:8000", "localhost"),
        ("http://127.0.0.1:8000", ""),
        ("http://[::1]:8000", ""),
        ("", ""),
    ],
)
def test_passkeys_belong_to_a_name_and_not_to_a_number(public: str, wanted: str) -> None:
    assert origin.rp_id(public) == wanted


@pytest.mark.parametrize("path", ["/", "/account", "/tenders/x?lang=en&q=%E8%B7%AF", "/bid/t/l#part", "/a//b"])
def test_one_is_sent_on_to_a_page_of_ours(path: str) -> None:
    assert origin.own_path(path, "/home") == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "account",
        "//evil.example",
        "/\\evil.example",
        "/x\\y",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "/a b",
        "/路",
        "/\x00",
        "/" + "x" * 2000,
    ],
)
def test_one_is_never_sent_on_to_somebody_else(path: str) -> None:
    assert origin.own_path(path, "/home") == "/home"


@pytest.mark.parametrize(
    ("site", "sender", "wanted"),
    [
        ("same-origin", "", True),
        ("same-origin", "https://evil.example", True),  # no page can set Sec-Fetch-Site: the browser has judged
        ("same-site", "https://bids.example", False),
        ("cross-site", "https://bids.example", False),
        ("none", "", False),
        ("", "https://bids.example", True),
        ("", "http://inner:8000", True),
        ("", "https://evil.example", False),
        ("", "https://bids.example.evil.example", False),
        ("", "null", False),
        ("", "", False),
    ],
)
def test_only_our_own_pages_change_anything(site: str, sender: str, wanted: bool) -> None:  # noqa: FBT001 - a column
    assert origin.from_own_page(site, sender, "inner:8000", "https://bids.example") is wanted


def test_without_a_host_nobody_is_our_own_page() -> None:
    assert not origin.from_own_page("", "null", "", "")


@pytest.mark.parametrize("name", ["ann", "a.b_c-d@e.f+g", "ANN ", "13800138000", "x" * 64])
def test_a_login_name_may_be_an_address_or_a_number(name: str) -> None:
    assert logins.check_name(name) == name.strip().lower()


@pytest.mark.parametrize("name", ["", "ab", "安安安", "a b c", ".ann", "ann\n", "x" * 65, "ａｎｎ"])
def test_a_login_name_is_plain(name: str) -> None:
    if name == "ann\n":
        assert logins.check_name(name) == "ann"
        return
    with refused("login.name"):
        logins.check_name(name)


def test_a_form_has_the_fields_that_were_asked_for() -> None:
    assert forms.parse(FORM, b"a=1&b=%E8%B7%AF%0D%0Ax", "a b c") == {"a": "1", "b": "路\nx", "c": ""}
    assert forms.parse("", b"", "a") == {"a": ""}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (FORM, b"a=1&a=2"),
        (FORM, b"a=1&other=2"),
        (FORM, b"a=%FF"),
        (FORM, b"a=\xff"),
        (FORM, b"a=%00"),
        (FORM, b"a=1&b=2&c=3&d=4"),
        ("application/json", b'{"a": 1}'),
        ("multipart/form-data", b"a=1"),
        ("text/plain", b"a=1"),
    ],
)
def test_a_form_is_read_strictly(kind: str, data: bytes) -> None:
    with refused("http.bad_form"):
        forms.parse(kind, data, "a b c")


GOOD = {
    "uscc": "91350100M000100Y43",
    "name_zh": "诚信建设",
    "name_en": "Honest Builders",
    "person_ref": "Head-1",
    "holds": "",
    "seal_key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "person_key": "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
}


def read(**changed: str) -> tuple[dict[str, object], dict[str, str]]:
    problems = Problems()
    body = applications.read({**GOOD, **changed}, problems)
    return dict(body), {field: why.code for field, why in problems.items()}


def test_an_application_is_taken_as_it_was_meant() -> None:
    other = "91350100MA0000001"
    held = other + uscc_check_character(other)
    body, problems = read(uscc=" ９１350100m000100y43 ", holds=f"{held}；\n{held.lower()}")
    assert problems == {}
    assert body["holds"] == [held]
    assert body["uscc"] == GOOD["uscc"]
    assert body["person"] == {"ref": "head-1", "key": GOOD["person_key"]}


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("uscc", "", "field.required"),
        ("uscc", "91350100M000100Y44", "application.check_digit"),
        ("uscc", "91350100M000100Y4", "application.uscc"),
        ("uscc", "91350100I000100Y43", "application.uscc"),
        ("name_zh", " ", "field.required"),
        ("name_en", "x" * 201, "field.too_long"),
        ("person_ref", "张三", "application.person_ref"),
        ("person_ref", "13800138000", "application.personal_number"),
        ("person_ref", "11010519491231002X", "application.personal_number"),
        ("holds", "91350100M000100Y43", "application.holds_itself"),
        ("holds", "nonsense", "application.uscc"),
        ("seal_key", "", "field.required"),
        ("seal_key", "xyz", "application.key"),
        ("person_key", "00" * 32, "application.key"),
    ],
)
def test_what_is_wrong_with_an_application_is_said_of_its_field(field: str, value: str, why: str) -> None:
    assert read(**{field: value})[1] == {field: why}


def test_one_key_for_two_is_refused() -> None:
    assert read(person_key=GOOD["seal_key"])[1] == {"seal_key": "party.one_key_for_two"}


@pytest.mark.parametrize(
    ("agent", "short"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0", "Firefox 141, Windows"),
        (f"{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15", "Safari 18, macOS"),
        (f"{MAC} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0 Safari/537.36 Edg/138.0", "Edge 138, macOS"),
        (f"{MAC} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0 Safari/537.36", "Chrome 138, macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) CriOS/138.0 Mobile Safari/604.1", "Chrome 138, iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/120.0 Mobile Safari/537.36 MicroMessenger/8.0", "WeChat 8, Android"),
        ("Firefox/140.0", "Firefox 140"),
        ("curl/8.5", "curl/8.5"),
        ("", ""),
        ("x" * 200, "x" * 60 + "…"),
    ],
)
def test_a_browser_is_called_by_its_short_name(agent: str, short: str) -> None:
    assert agents.called(agent) == short
