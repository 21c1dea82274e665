"""Tables as people and spreadsheets write them: what is read, and every fault at its place."""

from __future__ import annotations

import datetime as dt
import io
import json
import sys
import zipfile
from collections.abc import Callable
from typing import Any, Final

import openpyxl
import pytest

from evaluation.inputs.files import read_rows
from evaluation.inputs.table import Faults, Header, letter
from evaluation.inputs.workbook import MAX_UNPACKED

HEADER: Final = Header({"bid": "bid", "投标": "bid", "price": "price", "note": "note"})
Found = tuple[list[dict[str, str]], list[tuple[str, str, int, str]]]


# A workbook's times have no zone.
DAY: Final = dt.datetime(2026, 1, 31, tzinfo=dt.UTC).replace(tzinfo=None)


def read(data: bytes) -> Found:
    """The rows, and the faults as (code, sheet, row, column)."""
    faults = Faults()
    rows = read_rows(data, "f", HEADER, faults)
    places = [(one.code, one.place.sheet, one.place.row, one.place.column) for one in faults.found]
    return [dict(row.cells) for row in rows], places


def workbook(fill: Callable[[Any], None]) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "s"
    book.active.append(["bid", "price"])
    fill(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


PLAIN: Final = [{"bid": "a", "price": "1.50"}, {"bid": "b", "price": "2"}]


@pytest.mark.parametrize(
    "data",
    [
        b"bid,price\r\na,1.50\r\nb,2\r\n",
        b"\xef\xbb\xbfbid,price\na,1.50\n\nb,2",
        b"bid;price\na;1.50\nb;2\n",
        b"bid\tprice\na\t1.50\nb\t2\n",
        b"sep=;\nbid;price\na;1.50\nb;2\n",
        b'"bid","price"\n"a","1.50"\n"b","2"\n',
        "投标,price\na,1.50\nb,2\n".encode("gb18030"),
        "投标,price\na,1.50\nb,2\n".encode(),
        "bid\tprice\na\t1.50\nb\t2\n".encode("utf-16"),
        b'"bid",price,"# a, remark; here"\na,1.50,x\nb,2,\n',
        b'[{"bid": "a", "price": 1.50}, {"price": "2", "bid": "b", "#": "x"}]',
    ],
)
def test_every_spelling_of_a_table_is_the_same_table(data: bytes) -> None:
    assert read(data) == (PLAIN, [])


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        (b"bid,price\na,=1+1\nb,2\n", [("score.formula", "", 2, "B")]),
        (b"bid,cost\na,1\n", [("score.column_unknown", "", 1, "B")]),
        (b"bid,bid\na,1\n", [("score.column_doubled", "", 1, "B")]),
        (b"bid\na,1\nb,2\n", [("score.cell_headless", "", 2, "B"), ("score.cell_headless", "", 3, "B")]),
        (b'bid,price\na,"1\n', [("score.csv_malformed", "", 2, "")]),
        (b"\xff\xff\xff", [("score.encoding", "", 0, "")]),
        (b"", [("score.empty", "", 0, "")]),
        (b"bid,price\n", [("score.empty", "", 0, "")]),
        (b"\xd0\xcf\x11\xe0rest", [("score.old_excel", "", 0, "")]),
        (b"[1]", [("score.json_rows", "", 1, "")]),
        (b"{}", [("score.json_rows", "", 0, "")]),
        (b'[{"bid": "a", "bid": "b"}]', [("score.json", "", 0, "")]),
        (b'[{"bid": true, "x": "1"}]', [("score.cell_kind", "", 1, "bid"), ("score.column_unknown", "", 1, "x")]),
        (b"[" * 100_000, [("score.json", "", 0, "")]),
        (b"PK\x03\x04", [("score.workbook", "", 0, "")]),
        (",".join(["bid"] * 501).encode(), [("score.too_many_cells", "", 0, "")]),
    ],
)
def test_a_fault_has_its_place(data: bytes, faults: list[tuple[str, str, int, str]]) -> None:
    assert read(data)[1] == faults


def test_a_number_of_a_workbook_is_its_shortest_decimal() -> None:
    def fill(book: Any) -> None:
        for value in (7.6799999999999997, 5.0, 3, 0.1, dt.date(2026, 1, 31), DAY, "1"):
            book.active.append(["a", value])

    rows, faults = read(workbook(fill))
    assert [row["price"] for row in rows] == ["7.68", "5", "3", "0.1", "2026-01-31", "2026-01-31", "1"]
    assert faults == []


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("=1+1", "score.formula"),
        (1e-9, "score.number_not_plain"),
        (1e300, "score.number_not_plain"),
        (True, "score.cell_kind"),
        (DAY.replace(hour=9), "score.cell_time"),
        (dt.time(9), "score.cell_kind"),
        (dt.timedelta(hours=30), "score.cell_kind"),
    ],
)
def test_a_cell_that_is_no_plain_value_is_refused(value: object, code: str) -> None:
    assert read(workbook(lambda book: book.active.append(["a", value])))[1] == [(code, "s", 2, "B")]


def test_what_is_hidden_or_merged_is_refused() -> None:
    def hide(book: Any) -> None:
        sheet = book.active
        sheet.append(["a", 1])
        sheet.append(["b", 2])
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["B"].hidden = True
        sheet.merge_cells("A5:B5")
        book.create_sheet("other").append(["bid"])
        book["other"].sheet_state = "veryHidden"
        book.create_sheet("bare").sheet_state = "hidden"

    assert read(workbook(hide))[1] == [
        ("score.merged", "s", 5, "A"),
        ("score.hidden", "s", 1, "B"),
        ("score.hidden", "s", 2, "B"),
        ("score.hidden", "s", 3, ""),
        ("score.hidden", "s", 3, "B"),
        ("score.hidden", "other", 0, ""),
    ]


def test_every_visible_sheet_is_read() -> None:
    def fill(book: Any) -> None:
        book.active.append(["a", 1])
        more = book.create_sheet("t")
        more.append(["price", "投标"])
        more.append([2, "b"])
        book.create_sheet("empty")

    assert read(workbook(fill)) == ([{"bid": "a", "price": "1"}, {"bid": "b", "price": "2"}], [])


def packed(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return stream.getvalue()


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = packed({"xl/workbook.xml": b"\0" * (MAX_UNPACKED + 1)})
    assert len(bomb) < 1 << 20
    assert read(bomb)[1] == [("score.workbook_too_big", "", 0, "")]
    assert read(packed({f"p{number}": b"" for number in range(1001)}))[1] == [("score.workbook_too_big", "", 0, "")]


def test_a_workbook_with_entities_or_without_parts_is_refused() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha">]><x>&a;</x>'
    for parts in ({"[Content_Types].xml": laughs}, {"x": b"y"}, {"[Content_Types].xml": b"<"}):
        assert read(packed(parts))[1] == [("score.workbook", "", 0, "")]


def test_one_cell_far_out_does_not_make_a_table_of_billions() -> None:
    def fill(book: Any) -> None:
        book.active["XFD1048576"] = 1

    assert read(workbook(fill))[1] == [("score.too_many_cells", "", 0, "")]


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    data = workbook(lambda book: book.active.append(["a", 1]))
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    faults = Faults()
    assert read_rows(data, "f", HEADER, faults) == []
    assert [(one.code, one.params) for one in faults.found] == [("score.needs_library", {"library": "openpyxl"})]


def test_columns_are_lettered_as_spreadsheets_do() -> None:
    assert [letter(index) for index in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


def test_json_numbers_keep_their_spelling() -> None:
    data = json.dumps([{"bid": "a", "price": "x"}]).replace('"x"', "1e-9").encode()
    assert read(data) == ([{"bid": "a", "price": "1e-9"}], [])  # the form refuses it
