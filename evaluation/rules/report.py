"""The report on a lot: one summary, and one sheet of certificates a bid, named in the summary by its hash.

The summary stays small (a few hundred bytes a bid), so that thousands of bids fit one document; sheets are documents of
their own, fetched by hash. docs/formats/certificate.md has the members.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ledger.basics.canonical import MAX_DOCUMENT, Json, canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H

_LISTED = ("bid", "state", "price_fen", "total", "rank")


@dataclass(frozen=True, slots=True)
class Report:
    """`summary`: the document an event names by its hash. `sheets`: bid key to that bid's sheet."""

    summary: Mapping[str, Any]
    sheets: Mapping[str, Mapping[str, Any]]
    _pages: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, summary: dict[str, Json], sheets: Sequence[dict[str, Json]]) -> Report:
        """The report of a summary that still lacks its `bids`, and of sheets in the order of bid keys."""
        rows, pages = [], {}
        for sheet in sheets:
            row, page = {name: sheet[name] for name in _LISTED if name in sheet}, canonical(sheet)
            sha256 = H(page).hex()
            rows.append({**row, "sheet": sha256})
            pages[sha256] = page
        return cls({**summary, "bids": rows}, {cast(str, sheet["bid"]): sheet for sheet in sheets}, pages)

    @property
    def failed(self) -> bool:
        """The lot has no result (流标)."""
        return bool(self.summary["outcome"] == "failed")

    @property
    def candidates(self) -> list[str]:
        """The bid keys of the candidates, the first first."""
        return list(self.summary["candidates"])

    @property
    def ranking(self) -> list[dict[str, Any]]:
        """`[{rank, bid_key, total, price_fen}]` in order.

        `total` is "" where only the price counts, `price_fen` 0 where there is no price.
        """
        rows = [row for row in self.summary["bids"] if "rank" in row]
        return [
            {
                "rank": row["rank"],
                "bid_key": row["bid"],
                "total": row.get("total", ""),
                "price_fen": row.get("price_fen", 0),
            }
            for row in sorted(rows, key=lambda row: (row["rank"], row["bid"]))
        ]

    def document(self) -> bytes:
        """The summary's canonical bytes."""
        return canonical(dict(self.summary), MAX_DOCUMENT)

    @property
    def sha256(self) -> str:
        """The hash by which the evaluation's event names the summary."""
        return H(self.document()).hex()

    def documents(self) -> dict[str, bytes]:
        """The summary and every sheet, by SHA-256: what is stored and bundled."""
        pages = self._pages or {H(page).hex(): page for page in map(canonical, map(dict, self.sheets.values()))}
        summary = self.document()
        return {H(summary).hex(): summary, **pages}


def differences(claimed: Report, recomputed: Report) -> Iterator[Refusal]:
    """Where a claimed report departs from the one the inputs give: `report.*`, nothing if it is the same."""
    for name in sorted((claimed.summary.keys() | recomputed.summary.keys()) - {"bids"}):
        if claimed.summary.get(name) != recomputed.summary.get(name):
            yield Refusal("report.summary_differs", member=name)
    rows = {row["bid"]: row for row in claimed.summary.get("bids", [])}
    wanted = {row["bid"]: row for row in recomputed.summary["bids"]}
    if [row["bid"] for row in claimed.summary.get("bids", [])] != list(wanted):
        yield Refusal("report.bids_differ")
    for bid, row in wanted.items():
        if bid in rows and rows[bid] != row:
            member = next(name for name in sorted(rows[bid].keys() | row) if rows[bid].get(name) != row.get(name))
            yield Refusal("report.bid_differs", bid=bid, member=member)
        sheet = claimed.sheets.get(bid)
        if sheet is None:
            yield Refusal("report.sheet_missing", bid=bid)
        elif sheet != recomputed.sheets[bid]:
            yield Refusal("report.sheet_differs", bid=bid, criterion=_first_difference(sheet, recomputed.sheets[bid]))
    for bid in sorted(claimed.sheets.keys() - wanted.keys()):
        yield Refusal("report.sheet_unknown", bid=str(bid)[:64])


def _first_difference(claimed: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    theirs, ours = claimed.get("certificates"), wanted["certificates"]
    if isinstance(theirs, list):
        for left, right in zip(theirs, ours, strict=False):
            if left != right:
                return str(right["criterion"])
    return "sheet"
