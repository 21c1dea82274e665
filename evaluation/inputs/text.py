"""CSV as spreadsheets write it, and JSON rows: bytes in, a grid or rows out."""

from __future__ import annotations

import csv
import io
import json
from typing import Final, cast

from evaluation.inputs.table import MAX_COLUMNS, MAX_ROWS, SHOWN, Faults, Grid, Header, Place, Row, letter
from ledger.basics.errors import Refusal

_SEPARATORS: Final = ",;\t"
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def decoded(data: bytes) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else GB18030. Raises `Refusal("score.encoding")`."""
    marked = [encoding for mark, encoding in _MARKS if data.startswith(mark)]
    for encoding in marked or ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refusal("score.encoding")


def read_csv(data: bytes, file: str, faults: Faults) -> Grid:
    """The one sheet of a CSV file. A formula is a fault: what it shows is not what it says."""
    text, number = decoded(data), 0
    separator, text, skipped = _separator(text)
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for number, cells in enumerate(reader, 1 + skipped):
            if len(rows) > MAX_ROWS or len(cells) > MAX_COLUMNS:
                raise Refusal("score.too_many_cells", rows=MAX_ROWS, columns=MAX_COLUMNS)
            if any(cells):
                rows.append((number, cells))
    except csv.Error as exc:
        faults.add(Place(file, "", number + 1), Refusal("score.csv_malformed", why=str(exc)[:SHOWN]))
    for row, cells in rows:
        for index, cell in enumerate(cells):
            if cell.startswith("="):
                faults.add(Place(file, "", row, letter(index)), Refusal("score.formula", found=cell[:SHOWN]))
    return Grid(Place(file), rows)


def _separator(text: str) -> tuple[str, str, int]:
    """The separator, the text without Excel's `sep=` line, and how many lines that took."""
    first, _, rest = text.partition("\n")
    if first.rstrip("\r").lower().startswith("sep=") and len(first.rstrip("\r")) == len("sep=") + 1:
        return first[4], rest, 1
    plain = "".join(first.split('"')[::2])  # what stands between quotes separates nothing
    return max(_SEPARATORS, key=lambda one: (plain.count(one), one == ",")), text, 0


def read_json(data: bytes) -> object:
    """The value of JSON bytes; numbers keep their spelling as text. Raises `Refusal("score.json")`."""
    try:
        return json.loads(
            decoded(data),
            object_pairs_hook=_object,
            parse_float=str,
            parse_int=str,
            parse_constant=str,
        )
    except (ValueError, RecursionError) as exc:
        raise Refusal("score.json", why=str(exc)[:SHOWN]) from exc


def json_rows(value: object, file: str, header: Header, faults: Faults) -> list[Row]:
    """The rows of a list of objects, each with a table's columns as its members."""
    if not isinstance(value, list) or len(value) > MAX_ROWS:
        raise Refusal("score.json_rows")
    rows = []
    for number, entry in enumerate(value, 1):
        place, cells = Place(file, "", number), {}
        if not isinstance(entry, dict):
            faults.add(place, Refusal("score.json_rows"))
            continue
        for member, cell in cast(dict[str, object], entry).items():
            name, at = header.name(member), Place(file, "", number, member[:SHOWN])
            if member.startswith("#"):
                continue
            if name is None:
                faults.add(at, Refusal("score.column_unknown", column=member[:SHOWN]))
            elif name in cells:
                faults.add(at, Refusal("score.column_doubled", column=name[:SHOWN]))
            elif not isinstance(cell, str):
                faults.add(at, Refusal("score.cell_kind", kind=type(cell).__name__))
            elif cell:
                cells[name] = cell
        rows.append(Row(place, cells, {}))
    return rows


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    out = dict(pairs)
    if len(out) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError("doubled member " + next(name for name in names if names.count(name) > 1)[:SHOWN])
    return out
