"""What changed between two documents: by lines and words, bounded, whatever is compared."""

from __future__ import annotations

import random
from typing import Final

import pytest

from web.public import differences
from web.public.differences import MAX_BYTES, MAX_LINES, Line, between

SHOWN: Final = {"same", "new"}


def side(lines: tuple[Line, ...], other: str) -> list[str]:
    """One side of a difference without its folded lines: what `other` says is not on it."""
    out = []
    for line in lines:
        if line.kind in ("fold", other):
            continue
        out.append("".join(piece.text for piece in line.pieces if piece.kind != other))
    return out


def test_a_changed_word_is_marked_in_its_line() -> None:
    found = between(b"the road is 5 km long\n", b"the road is 7 km long\n")
    assert found is not None
    (line,) = found
    assert line.kind == "changed"
    assert [(one.kind, one.text) for one in line.pieces] == [
        ("same", "the road is "),
        ("gone", "5"),
        ("new", "7"),
        ("same", " km long"),
    ]


def test_chinese_is_compared_character_by_character() -> None:
    found = between("工期三百天".encode(), "工期两百天".encode())
    assert found is not None
    assert [(one.kind, one.text) for one in found[0].pieces] == [
        ("same", "工期"),
        ("gone", "三"),
        ("new", "两"),
        ("same", "百天"),
    ]


def test_long_stretches_that_did_not_change_are_folded_and_counted() -> None:
    before = [f"line {number}" for number in range(30)]
    after = [*before[:15], "a line between", *before[15:]]
    found = list(differences.lines(before, after))
    assert [line.kind for line in found] == ["fold", "same", "same", "new", "same", "same", "fold"]
    assert [line.count for line in found if line.kind == "fold"] == [13, 13]


def test_equal_documents_have_no_difference() -> None:
    assert between(b"a\nb\n", b"a\nb\n") == ()


def test_json_is_compared_by_its_members_however_it_is_written() -> None:
    assert between(b'{"b":1,"a":[2]}', b'{ "a": [2], "b": 1 }') == ()
    found = between(b'{"b":1,"a":2}', b'{"a":2,"b":3}')
    assert found is not None
    assert [line.kind for line in found if line.kind not in ("same", "fold")] == ["changed"]


@pytest.mark.parametrize(
    "data",
    [b"\xff\xfe", b"%PDF\x00", b"x" * (MAX_BYTES + 1), b"\n" * (MAX_LINES + 1), b"[" * 60_000],
    ids=["no text", "binary", "too long", "too many lines", "deep"],
)
def test_what_cannot_be_compared_is_left_to_its_hash_or_to_its_plain_lines(data: bytes) -> None:
    found = between(data, b"text")
    assert found is None or data.startswith(b"[")


def test_both_sides_can_be_read_off_a_difference(rng: random.Random) -> None:
    words = ["甲", "乙", "price", " ", "7", "。"]
    for _ in range(200):
        before, after = ([("".join(rng.choices(words, k=4))) for _ in range(rng.randrange(4))] for _ in range(2))
        found = tuple(differences.lines(before, after))
        if found and not any(line.kind == "fold" for line in found):
            assert side(found, "new") == before
            assert side(found, "gone") == after
