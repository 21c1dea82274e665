"""Which format a file has, by its first bytes, and its rows."""

from __future__ import annotations

from typing import Final

from evaluation.inputs.table import MAX_BYTES, Faults, Header, Place, Row, rows_of
from evaluation.inputs.text import json_rows, read_csv, read_json
from evaluation.inputs.workbook import read_workbook
from ledger.basics.errors import Refusal

_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_BLANK: Final = b"\xef\xbb\xbf \t\r\n"


def is_json(data: bytes) -> bool:
    """Whether a file begins as a JSON list or object does."""
    return data.lstrip(_BLANK)[:1] in (b"[", b"{")


def read_rows(data: bytes, file: str, header: Header, faults: Faults) -> list[Row]:
    """The rows of a CSV, XLSX or JSON file; what is wrong with it as a whole is a fault without a row."""
    try:
        rows = _rows(data, file, header, faults)
    except Refusal as why:
        faults.add(Place(file), why)
        return []
    if not rows and not faults.found:
        faults.add(Place(file), Refusal("score.empty"))
    return rows


def _rows(data: bytes, file: str, header: Header, faults: Faults) -> list[Row]:
    if len(data) > MAX_BYTES:
        raise Refusal("score.too_big", limit=MAX_BYTES >> 20)
    if data.startswith(_OLD_EXCEL):
        raise Refusal("score.old_excel")
    if data.startswith(_ZIP):
        return [row for grid in read_workbook(data, file, faults) for row in rows_of(grid, header, faults)]
    if is_json(data):
        return json_rows(read_json(data), file, header, faults)
    return rows_of(read_csv(data, file, faults), header, faults)
