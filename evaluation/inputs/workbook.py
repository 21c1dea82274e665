"""XLSX: each visible sheet as a grid of text. Reads only what a person sees, and no more than fits.

openpyxl comes with the extra `score` and is imported when a workbook is there. A number is a binary float in the file:
it counts as its shortest decimal text (`7.6799999999999997` is 7.68), which must be a plain decimal.
"""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from datetime import date, datetime, time
from itertools import islice
from typing import Any, Final
from xml.etree.ElementTree import ParseError  # nosec B405 - the error alone; openpyxl parses

from evaluation.inputs.table import MAX_COLUMNS, MAX_ROWS, SHOWN, Faults, Grid, Place, letter
from ledger.basics.errors import Refusal

MAX_UNPACKED: Final = 128 << 20
MAX_PARTS: Final = 1000
MAX_CELLS: Final = 2_000_000
_EXACT: Final = 10**15
# What openpyxl lets through of a workbook that is none.
_BROKEN: Final = (
    *(ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError, EOFError, OSError),
    *(NotImplementedError, zipfile.BadZipFile, zlib.error, ParseError),
)


def read_workbook(data: bytes, file: str, faults: Faults) -> list[Grid]:
    """The visible sheets that hold something. Raises `Refusal("score.workbook*" | "score.needs_library")`."""
    try:
        from openpyxl import load_workbook  # noqa: PLC0415 - of the extra `score`; CSV and JSON do without
    except ModuleNotFoundError as exc:
        raise Refusal("score.needs_library", library="openpyxl") from exc
    try:
        _check_packed(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that nobody reads here
            book = load_workbook(io.BytesIO(data), data_only=False, keep_links=False)
        return [grid for sheet in book.worksheets if (grid := _sheet(sheet, file, faults)).rows]
    except _BROKEN as exc:
        raise Refusal("score.workbook", why=str(exc)[:SHOWN]) from exc


def _check_packed(data: bytes) -> None:
    """That it does not unpack to more than fits: sizes that an archive states are not believed."""
    left = MAX_UNPACKED
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS:
            raise Refusal("score.workbook_too_big", limit=MAX_UNPACKED >> 20)
        for part in parts:
            with archive.open(part) as stream:
                found = stream.read(left + 1)
            left -= len(found)
            if left < 0:
                raise Refusal("score.workbook_too_big", limit=MAX_UNPACKED >> 20)
            if b"<!DOCTYPE" in found or b"<!ENTITY" in found:
                raise Refusal("score.workbook", why="DOCTYPE")


def _sheet(sheet: Any, file: str, faults: Faults) -> Grid:  # noqa: ANN401 - openpyxl ships no types
    place = Place(file, str(sheet.title)[:SHOWN])
    if sheet.max_row > MAX_ROWS or sheet.max_column > MAX_COLUMNS or sheet.max_row * sheet.max_column > MAX_CELLS:
        raise Refusal("score.too_many_cells", rows=MAX_ROWS, columns=MAX_COLUMNS)
    if sheet.sheet_state != "visible":
        if any(value is not None for row in sheet.iter_rows(values_only=True) for value in row):
            faults.add(place, Refusal("score.hidden"))
        return Grid(place, ())
    for merged in islice(sheet.merged_cells.ranges, 20):
        faults.add(Place(file, place.sheet, merged.min_row, letter(merged.min_col - 1)), Refusal("score.merged"))
    hidden_rows = {number for number, shape in sheet.row_dimensions.items() if shape.hidden}
    hidden_columns = _hidden_columns(sheet)
    rows: list[tuple[int, list[str]]] = []
    for number, cells in enumerate(sheet.iter_rows(), 1):
        read = [_cell(cell, place, faults) for cell in cells]
        if not any(read):
            continue
        rows.append((number, read))
        shown = {index for index, text in enumerate(read) if text}
        if number in hidden_rows:
            faults.add(Place(file, place.sheet, number), Refusal("score.hidden"))
        for index in sorted(shown & hidden_columns):
            faults.add(Place(file, place.sheet, number, letter(index)), Refusal("score.hidden"))
    return Grid(place, rows)


def _hidden_columns(sheet: Any) -> set[int]:  # noqa: ANN401 - openpyxl ships no types
    found: set[int] = set()
    for shape in sheet.column_dimensions.values():
        if shape.hidden:  # one entry may stand for a run of columns
            found.update(range(shape.min - 1, min(shape.max, MAX_COLUMNS)))
    return found


def _cell(cell: Any, place: Place, faults: Faults) -> str:  # noqa: ANN401 - openpyxl ships no types
    value = cell.value
    if value is None:
        return ""
    at = Place(place.file, place.sheet, cell.row, letter(cell.column - 1))
    if cell.data_type == "f" or (isinstance(value, str) and value.startswith("=")):
        faults.add(at, Refusal("score.formula", found=str(value)[:SHOWN]))
        return ""
    if isinstance(value, str) and cell.data_type != "e":
        return value
    try:
        return _written(value)
    except Refusal as why:
        faults.add(at, why)
        return ""


def _written(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float, date)):
        raise Refusal("score.cell_kind", kind=type(value).__name__)
    if isinstance(value, datetime):
        if value.time() != time():
            raise Refusal("score.cell_time", found=value.isoformat(" "))
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = str(int(value)) if abs(value) < _EXACT and value == int(value) else repr(value)
    if not all(one in "-.0123456789" for one in text):
        raise Refusal("score.number_not_plain", found=text[:SHOWN])
    return text
