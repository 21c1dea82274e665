"""`mingjing score`: the engine alone, on an auditor's own tables; no server, no database, no network.

Exit statuses: 0 every lot is ranked · 1 a lot failed (流标) · 2 wrong use, or something in the files is wrong: nothing
is marked then, and every fault is told with its file, sheet, row and column.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bidding.form import Form, check_form
from evaluation.inputs.bids import LotRows, read_bids
from evaluation.inputs.derive import derive_form
from evaluation.inputs.draws import Drawn, read_draws
from evaluation.inputs.marks import Marks, read_marks
from evaluation.inputs.table import Faults, Place
from evaluation.rules import Lot, Report, RuleSet, evaluate
from evaluation.rules.document import read as read_rules
from evaluation.rules.lint.paths import path_of
from evaluation.rules.moves import Moves, moves
from evaluation.rules.relations import relations
from ledger.basics.canonical import Json, canonical
from ledger.basics.errors import Refusal
from web import words
from web.cli import rule_files, score_text, score_what_if, shell

FAILED: Final = 1
UNUSABLE: Final = 2
MAX_OUT: Final = 1 << 30
# From how many lots on a bar is worth its line.
_MANY: Final = 50

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(slots=True)
class Run:
    """What a run reads; `derived`: the form document, where nobody gave one."""

    rules: RuleSet
    form: Form
    derived: dict[str, Json] | None
    changes: score_what_if.Changes = field(default_factory=dict)
    lots: list[LotRows] = field(default_factory=list)
    marks: dict[str, Marks] = field(default_factory=dict)
    draws: dict[str, Drawn] = field(default_factory=dict)


@click.command()
@click.argument("ruleset")
@click.argument("bids", type=_FILE)
@click.option("--form", "form_path", type=_FILE, help="Else RULESET's NAME.form.json or .yaml, else derived.")
@click.option("--experts", type=_FILE, metavar="MARKS", help="The panel's marks: CSV, XLSX or JSON.")
@click.option("--draws", type=_FILE, help="Drawn coefficients and the coin `alpha`: JSON, CSV or XLSX.")
@click.option("--json", "as_json", is_flag=True, help="One canonical JSON document with reports and sheets.")
@click.option("--certificates", is_flag=True, help="Each mark with its clause and how it came about.")
@click.option("--as-opened", is_flag=True, help="An answer the form refuses rejects its bid, as at an opening.")
@click.option(
    "--what-if", multiple=True, metavar="[LOT/]BID=QUESTION:ANSWER", help="Also: what moves had BID answered so."
)
@click.option("--lang", type=click.Choice(["zh", "en"]), help="Of what is said; else from $LANG.")
@click.pass_context
def score(  # noqa: PLR0913 - click hands options over by name
    context: click.Context,
    ruleset: str,
    bids: Path,
    form_path: Path | None,
    experts: Path | None,
    draws: Path | None,
    lang: str | None,
    what_if: tuple[str, ...],
    *,
    as_json: bool,
    certificates: bool,
    as_opened: bool,
) -> None:
    """Mark bids by a rule set: ranking and certificates. RULESET: a JSON or YAML file, or a template's name."""
    if lang is not None:
        context.obj = lang
    faults = Faults()
    run = _documents(ruleset, form_path, faults)
    if run is not None:
        _read(run, bids, experts, draws, faults, as_opened=as_opened)
        run.changes = score_what_if.read(what_if, run.lots, run.form, faults, as_opened=as_opened)
    reports = [] if run is None or faults.found else list(_evaluated(run, bids.name, faults))
    moved = [] if run is None or faults.found else list(_moved(run, bids.name, faults))
    if run is None or faults.found:
        _tell(faults, as_json=as_json)
        raise SystemExit(UNUSABLE)
    if as_json:
        document = _document(run, reports)
        if moved:
            document["what_if"] = [score_what_if.shown(lot, run.changes[lot], found) for lot, found in moved]
        _write([canonical(document, MAX_OUT).decode("utf-8")])
    else:
        _write(score_text.lines(run.rules, reports, shell.lang(), certificates=certificates))
        for lot, found in moved:
            _write(["", *score_what_if.lines(run.rules, lot, found, shell.lang())])
    raise SystemExit(FAILED if any(report.failed for report in reports) else 0)


def _documents(ruleset: str, form_path: Path | None, faults: Faults) -> Run | None:
    """Rule set and form; None where one cannot be used, with every fault noted."""
    at = ruleset
    try:
        named = rule_files.load(ruleset, form_path)
        rules = read_rules(named.rules)
        derived = derive_form(rules) if named.form is None else None
        at = named.form_at
        form = check_form(named.form if derived is None else derived)
    except Refusal as why:
        faults.add(Place(why.file if isinstance(why, rule_files.Unreadable) else at), why)
        return None
    wrong = list(relations(rules, form))
    for refusal in wrong:
        faults.add(Place(ruleset, path_of(cast(dict[str, Json], named.rules), refusal)), refusal)
    return None if wrong else Run(rules, form, derived)


def _read(run: Run, bids: Path, experts: Path | None, draws: Path | None, faults: Faults, *, as_opened: bool) -> None:
    try:
        run.lots = read_bids(bids.read_bytes(), bids.name, run.rules, run.form, faults, as_opened=as_opened)
        lots = {lot.id: lot.keys for lot in run.lots}
        if experts is not None:
            run.marks = read_marks(experts.read_bytes(), experts.name, run.rules, lots, faults)
        if draws is not None:
            run.draws = read_draws(draws.read_bytes(), draws.name, run.rules, lots, faults)
    except OSError as exc:
        raise click.UsageError(str(exc)) from exc
    except Refusal as why:
        faults.add(Place(bids.name), why)


def _evaluated(run: Run, file: str, faults: Faults) -> Iterator[Report]:
    for lot in _watched(run.lots):
        try:
            yield evaluate(run.rules, run.form, _lot(run, lot), lot.bids)
        except Refusal as why:
            faults.add(Place(file, f"lot={lot.id}"), why)


def _moved(run: Run, file: str, faults: Faults) -> Iterator[tuple[str, Moves]]:
    """What moves in each lot where a bid is to answer otherwise."""
    for lot in run.lots:
        if lot.id in run.changes:
            try:
                yield lot.id, moves(run.rules, run.form, _lot(run, lot), lot.bids, run.changes[lot.id])
            except Refusal as why:
                faults.add(Place(file, f"lot={lot.id}"), why)


def _lot(run: Run, lot: LotRows) -> Lot:
    drawn = run.draws.get(lot.id, Drawn())
    return Lot(
        lot.id,
        drawn.values,
        drawn.alpha,
        ceiling=lot.limits.get("ceiling"),
        floor=lot.limits.get("floor"),
        experts=run.marks.get(lot.id, {}),
        explanations=lot.explanations,
    )


def _watched(lots: Sequence[LotRows]) -> Iterator[LotRows]:
    """The lots, with a bar on standard error where a person waits."""
    if len(lots) < _MANY or not sys.stderr.isatty():
        yield from lots
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield from bars.track(lots, description=words.say("score.progress", {}, shell.lang()))


def _tell(faults: Faults, *, as_json: bool) -> None:
    if not as_json:
        said = [score_text.fault(one, shell.lang()) for one in faults.told()]
        click.echo("\n".join([*said, words.say("score.faults", {"count": len(said)}, shell.lang())]), err=True)
        return
    rows = [
        {
            "file": one.place.file,
            "sheet": one.place.sheet,
            "row": one.place.row,
            "column": one.place.column,
            "code": one.code,
            "params": dict(one.params),
            "words": words.both(one.code, one.params),
        }
        for one in faults.told()
    ]
    _write([json.dumps({"v": 1, "faults": rows}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))])


def _document(run: Run, reports: Iterable[Report]) -> dict[str, Json]:
    """What `--json` writes: docs/formats/score-inputs.md."""
    made: dict[str, Json] = {
        "v": 1,
        "rule_set": {"id": run.rules.id, "version": run.rules.version, "sha256": run.rules.sha256},
        "form": {"id": run.form.id, "version": run.form.version, "sha256": run.form.sha256},
        "lots": [
            {
                "lot": cast(str, report.summary["lot"]),
                "report": cast(Json, dict(report.summary)),
                "report_sha256": report.sha256,
                "sheets": cast(Json, [dict(report.sheets[row["bid"]]) for row in report.summary["bids"]]),
            }
            for report in reports
        ],
    }
    return made if run.derived is None else {**made, "form_document": run.derived}


def _write(lines: Iterable[str]) -> None:
    try:
        for line in lines:
            click.echo(line)
    except OSError as exc:
        raise click.UsageError(str(exc)) from exc
