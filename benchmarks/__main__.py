"""`make bench`: every ratio that is promised, measured side by side in one run (docs/benchmarks.md)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from benchmarks import box, hall, opening, scoring, verify
from benchmarks.ratio import Ratio, show
from tests.support.postgres import Cluster

FOLDER: Final = Path(__file__).parents[1] / "build" / "bench"

Measure = Callable[[bool, Console], Iterator[Ratio]]


def boxes(quick: bool, console: Console) -> Iterator[Ratio]:  # noqa: FBT001 - one flag for all
    """The box on both databases."""
    before = 80 if quick else box.FULL
    console.print(f"box: two lots, one with {before} bids, one without")
    folder = FOLDER / "box"
    folder.mkdir(parents=True)
    urls = (f"sqlite:///{folder / 'empty.db'}", f"sqlite:///{folder / 'full.db'}")
    yield box.ratio("SQLite", urls, folder, before=before)
    with Cluster() as cluster:
        urls = (cluster.url(cluster.create()), cluster.url(cluster.create()))
        yield box.ratio("PostgreSQL", urls, folder, before=before)


def openings(quick: bool, console: Console) -> Iterator[Ratio]:  # noqa: FBT001 - as above
    """The worker's opening."""
    bids = 40 if quick else opening.BIDS
    console.print(f"opening: {bids} bids of {opening.SIZE / 1e6:g} MB are sealed first")
    yield from opening.ratios(FOLDER / "opening", bids=bids, console=console)


def verification(quick: bool, console: Console) -> Iterator[Ratio]:  # noqa: FBT001 - as above
    """The verifier."""
    bids = 40 if quick else verify.BIDS
    console.print(f"verify: a tender with {bids} bids on one lot is played first")
    found, operations = verify.ratio(bids=bids)
    console.print(f"verify: bare are {operations}")
    yield found


def halls(quick: bool, console: Console) -> Iterator[Ratio]:  # noqa: FBT001 - as above
    """The opening hall."""
    watchers, rounds = (100, 3) if quick else (hall.WATCHERS, hall.ROUNDS)
    console.print(f"hall: {watchers} watchers, and as many of a bare server beside it")
    yield hall.ratio(watchers=watchers, rounds=rounds)


def marks(quick: bool, console: Console) -> Iterator[Ratio]:  # noqa: FBT001 - as above
    """The vectorised scoring."""
    bids, many = (2_000, 50_000) if quick else (scoring.BIDS, scoring.MANY)
    console.print(f"scoring: the panel's marks of {bids} bids in three ways, F8 over {many} bids")
    yield from scoring.panels(bids=bids, console=console)
    yield scoring.prices(bids=many, console=console)


MEASURES: Final[dict[str, Measure]] = {
    "box": boxes,
    "hall": halls,
    "opening": openings,
    "scoring": marks,
    "verify": verification,
}


@click.command()
@click.option("--quick", is_flag=True, help="A small sample: shows that it runs, proves no ratio.")
@click.option("--only", type=click.Choice(sorted(MEASURES)), multiple=True, help="Measure this alone; again for more.")
def main(quick: bool, only: tuple[str, ...]) -> None:  # noqa: FBT001 - click hands options over by name
    """Measure, print the table, and exit 1 if a ratio is beyond its bound."""
    console = Console(width=140)
    shutil.rmtree(FOLDER, ignore_errors=True)
    try:
        found = [one for name in only or MEASURES for one in MEASURES[name](quick, console)]
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
    show(found, console)
    raise SystemExit(0 if quick or all(one.held for one in found) else 1)


if __name__ == "__main__":
    main()
