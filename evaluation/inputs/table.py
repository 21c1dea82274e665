"""A table of text cells from CSV, XLSX or JSON, with the place of each cell, so that a fault can be found again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Final

from ledger.basics.errors import Param, Refusal

MAX_BYTES: Final = 64 << 20
MAX_ROWS: Final = 1_000_000
MAX_COLUMNS: Final = 500
SHOWN: Final = 64
# A column whose header begins so is a remark, and one without a header may hold nothing.
REMARK: Final = "#"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: `sheet` "" where a file has one only, `row` from 1 (0: the whole), `column` as `C`."""

    file: str
    sheet: str = ""
    row: int = 0
    column: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a place: `code` and `params` as in a `Refusal`."""

    place: Place
    code: str
    params: Mapping[str, Param]


@dataclass(frozen=True, slots=True)
class Row:
    """`cells`: text by the column's name, without the empty ones; `columns`: by name, the label of each column."""

    place: Place
    cells: Mapping[str, str]
    columns: Mapping[str, str]

    def at(self, name: str) -> Place:
        """The place of one cell."""
        return Place(self.place.file, self.place.sheet, self.place.row, self.columns.get(name, name))


@dataclass(slots=True)
class Faults:
    """Collects what is wrong, to be told at once."""

    found: list[Fault] = field(default_factory=list)

    def add(self, place: Place, why: Refusal) -> None:
        """Notes one."""
        self.found.append(Fault(place, why.code, dict(why.params)))

    def told(self) -> list[Fault]:
        """All, by file, sheet and row; of one cell the first: what follows from it would only repeat it."""
        first: dict[Place, Fault] = {}
        out = [one for one in self.found if not one.place.column or first.setdefault(one.place, one) is one]
        sheets = list(dict.fromkeys((one.place.file, one.place.sheet) for one in out))
        order = {sheet: number for number, sheet in enumerate(sheets)}
        return sorted(out, key=lambda one: (order[one.place.file, one.place.sheet], one.place.row))


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet as it was typed: `(row number from 1, cells)`; rows without any text are left out."""

    place: Place
    rows: Sequence[tuple[int, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Header:
    """How columns are named: every accepted spelling → name. `free`: other names may stand too, as they are."""

    names: Mapping[str, str]
    free: bool = False

    def name(self, spelled: str) -> str | None:
        """The name of a column, None where nobody knows it."""
        return self.names.get(spelled, self.names.get(spelled.lower(), spelled if self.free else None))


def letter(index: int) -> str:
    """The spreadsheet's letters of a column, from 0: A … Z, AA and so on."""
    out = ""
    while index >= 0:
        out, index = ascii_uppercase[index % 26] + out, index // 26 - 1
    return out


def rows_of(grid: Grid, header: Header, faults: Faults) -> list[Row]:
    """The rows under the first one, which names the columns."""
    if not grid.rows:
        return []
    number, first = grid.rows[0]
    columns: dict[int, str] = {}
    for index, written in enumerate(first):
        spelled = written.strip()
        if not spelled or spelled.startswith(REMARK):
            continue
        place = Place(grid.place.file, grid.place.sheet, number, letter(index))
        name = header.name(spelled)
        if name is None:
            faults.add(place, Refusal("score.column_unknown", column=spelled[:SHOWN]))
        elif name in columns.values():
            faults.add(place, Refusal("score.column_doubled", column=name[:SHOWN]))
        else:
            columns[index] = name
    labels = {name: letter(index) for index, name in columns.items()}
    remarks = {index for index, written in enumerate(first) if written.strip().startswith(REMARK)}
    unnamed = {index for index, written in enumerate(first) if written.strip() and index not in columns} | remarks
    rows = []
    for number, cells in grid.rows[1:]:
        place = Place(grid.place.file, grid.place.sheet, number)
        rows.append(
            Row(place, {name: cells[at] for at, name in columns.items() if at < len(cells) and cells[at]}, labels)
        )
        for index, cell in enumerate(cells):
            if cell and index not in columns and index not in unnamed:
                faults.add(
                    Place(grid.place.file, grid.place.sheet, number, letter(index)), Refusal("score.cell_headless")
                )
    return rows


def wanted(rows: Iterable[Row], names: Sequence[str], faults: Faults) -> list[Row]:
    """The rows that have something in each of these columns; a fault for every other."""
    out = []
    for row in rows:
        missing = [name for name in names if name not in row.cells]
        for name in missing:
            faults.add(row.at(name), Refusal("score.cell_missing", column=name))
        if not missing:
            out.append(row)
    return out
