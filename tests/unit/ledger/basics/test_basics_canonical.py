from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.basics.canonical import MAX_BYTES, MAX_INT, canonical, members, parse, parse_object, unhex
from ledger.basics.errors import Refusal


def test_strings_are_written_as_rfc_8785_says() -> None:
    # RFC 8785 §3.2.2.2 and the string of the example in §3.2.2: €, $, U+000F, newline, A, ', B, ", \, \, ", /.
    text = "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/"
    assert canonical({"string": text}) == '{"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()
    assert canonical("\b\t\n\f\r\x00\x1f\x7f") == b'"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f"'


def test_members_stand_in_the_order_of_their_names() -> None:
    # RFC 8785 §3.2.3, of its example the names that are ASCII.
    value = {"\r": "Carriage Return", "1": "One", "\x7f": "Control", "": "empty", "B": 1, "a": 2}
    assert [name for name, _ in json.loads(canonical(value), object_pairs_hook=list)] == [
        "",
        "\r",
        "1",
        "B",
        "a",
        "\x7f",
    ]


def test_a_value_outside_the_subset_has_no_spelling() -> None:
    bad: list[tuple[Any, str]] = [
        (None, "bad_type"),
        (1.0, "bad_type"),
        (float("nan"), "bad_type"),
        (b"bytes", "bad_type"),
        ((1, 2), "bad_type"),
        ({"a": {1, 2}}, "bad_type"),
        (MAX_INT + 1, "integer_range"),
        (-MAX_INT - 1, "integer_range"),
        ({1: 2}, "member_name"),
        ({"é": 1}, "member_name"),
        ("\ud800", "surrogate"),
        ({"a": ["\udfff"]}, "surrogate"),
    ]
    for value, code in bad:
        with pytest.raises(Refusal, match=code):
            canonical(value)


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_nesting_ends_at_16() -> None:
    assert parse(canonical(nested(16))) == nested(16)
    with pytest.raises(Refusal, match="too_deep"):
        canonical(nested(17))
    with pytest.raises(Refusal, match=r"canonical\.(too_deep|not_json)"):
        parse(b"[" * 100_000 + b"]" * 100_000)


def test_one_mebibyte_is_the_most() -> None:
    longest = "x" * (MAX_BYTES - 2)
    assert parse(canonical(longest)) == longest
    with pytest.raises(Refusal, match="too_long"):
        canonical(longest + "x")
    with pytest.raises(Refusal, match="too_long"):
        parse(b'"' + b"x" * (MAX_BYTES - 1) + b'"')


@pytest.mark.parametrize(
    "data", ["9" * 400, "-" + "9" * 400, "1" + "0" * 17, "00", "+1", "01", "1_000", "１", "0x10", "1 ", " 1"]
)
def test_numbers_have_one_spelling(data: str) -> None:
    with pytest.raises(Refusal, match=r"^canonical\."):
        parse(data.encode())


def test_only_an_object_is_an_object() -> None:
    assert parse_object(b'{"a":1}') == {"a": 1}
    with pytest.raises(Refusal, match="not_object"):
        parse_object(b"[1]")


def test_members_are_those_and_no_others() -> None:
    assert members({"a": 1, "b": 2}, "a", "b c") == {"a": 1, "b": 2}
    with pytest.raises(Refusal, match=r"missing_member\(member=b\)"):
        members({"a": 1}, "a b")
    with pytest.raises(Refusal, match=r"unknown_member\(member=c\)"):
        members({"a": 1, "c": 1}, "a", "b")
    # A bidder's own words, which end up on other people's terminals.
    with pytest.raises(Refusal) as caught:
        members({"a": 1, "\x1b[2J\r all claims hold": 1}, "a")
    assert caught.value.params == {"member": "\\x1b[2J\\r all claims hold"}
    with pytest.raises(Refusal, match="not_object"):
        members([], "a")


@pytest.mark.parametrize("bad", ["AB", "a", "0x", "ab\n", " ab", "ａｂ", 12, None, b"ab", "zz"])
def test_hex_is_lower_case_and_whole(bad: object) -> None:
    assert unhex("00ff") == b"\x00\xff"
    with pytest.raises(Refusal, match="bad_hex"):
        unhex(bad)


def test_hex_has_the_length_that_is_wanted() -> None:
    with pytest.raises(Refusal, match=r"field=kid, length=32"):
        unhex("ab", 32, "kid")


@pytest.mark.parametrize("depth", [900, 970, 977, 990])
def test_what_nests_deeply_under_a_doubled_member_is_refused_too(depth: int) -> None:
    with pytest.raises(Refusal, match=r"canonical\."):
        parse(b'{"a":1,"a":' + b"[" * depth + b"]" * depth + b"}")
