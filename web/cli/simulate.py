"""`mingjing simulate`: a rule set tried out before it is published. Needs numpy, hence the [server] extra."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bidding.form import Form, check_form
from evaluation.rules import RuleSet, check_rule_set
from ledger.basics.errors import Refusal
from ledger.basics.money import parse_yuan
from ledger.files import write_atomically
from web import words
from web.cli import rule_files, shell
from web.cli.bid.home import read_loosely

if TYPE_CHECKING:
    from evaluation.simulate.prior import Prior
    from evaluation.simulate.study import Asked

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT: Final = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("ruleset", metavar="RULESET")
@click.argument("form", metavar="[FORM]", required=False, type=_FILE)
@click.option("--bidders", default=20, show_default=True, help="How many bid, 3 to 60.")
@click.option("--trials", default=5000, show_default=True, help="How many tenders are played, 100 to 20000.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same figures.")
@click.option(
    "--prior", "stated", default="lognormal:90,5", show_default=True, metavar="KIND:MEAN,CV", help="In per cent."
)
@click.option("--history", type=_FILE, help="Own past bids instead: a share of the ceiling in per cent a line.")
@click.option(
    "--markup", type=float, help="Per cent of cost that honest firms put on top; 0.6 of the variation if not given."
)
@click.option("--ceiling", metavar="YUAN", help="Where the rule set names none; 10000000.00 if not given.")
@click.option("--answers", type=_FILE, help="JSON: weights of answers by question, in place of the default.")
@click.option(
    "--compare/--no-compare", default=True, help="The same ring under ten formulas, or under the lowest price."
)
@click.option("--json", "as_json", is_flag=True, help="The report (docs/formats/simulation.md) instead of tables.")
@click.option("--html", "sheet", type=_OUT, help="Write charts and tables to this file.")
@shell.in_words
def simulate(ruleset: str, form: Path | None, **given: Any) -> None:  # noqa: ANN401 - click's options, by name
    """Try a rule set out: honest bids, and what a ring of bidders could make of it."""
    from evaluation.simulate import report, study

    rules, of = _documents(ruleset, form)
    asked = _asked(given)
    with _progress(asked.steps, shown=not given["as_json"]) as advance:
        found = study.study(rules, of, asked, advance)
    document = report.document(found, rules, of)
    if given["sheet"] is not None:
        from evaluation.simulate import sheet

        write_atomically(given["sheet"], sheet.page(document, shell.lang()).encode())
    if given["as_json"]:
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    _tell(document)
    if given["sheet"] is not None:
        click.echo(str(given["sheet"]))


def _documents(ruleset: str, form: Path | None) -> tuple[RuleSet, Form]:
    """A template by its name, or two files in JSON or YAML; the form lies beside the rule set where none is named."""
    named = rule_files.load(ruleset, form)
    if named.form is None:
        raise Refusal("simulate.no_form", file=str(Path(ruleset).with_suffix(rule_files.FORMS[0])))
    checked = check_form(named.form)
    return check_rule_set(named.rules, checked), checked


def _asked(given: Mapping[str, Any]) -> Asked:
    from evaluation.simulate.study import Asked

    return Asked(
        bidders=given["bidders"],
        trials=given["trials"],
        seed=given["seed"],
        prior=_prior(given),
        ceiling=None if given["ceiling"] is None else parse_yuan(given["ceiling"]),
        answers={} if given["answers"] is None else _answers(given["answers"]),
        compare=given["compare"],
    )


def _prior(given: Mapping[str, Any]) -> Prior:
    from evaluation.simulate import prior

    markup = None if given["markup"] is None else given["markup"] / 100
    if given["history"] is None:
        return prior.parse(given["stated"], markup)
    try:
        lines = given["history"].read_text("utf-8").split()
        shares = [float(line.rstrip("%")) / 100 for line in lines]
    except ValueError:
        shares = []  # refused below, in the same words as a history that is too short
    return prior.history(shares, markup)


def _answers(path: Path) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for question, weights in read_loosely(path).items():
        if not isinstance(weights, dict):
            raise Refusal("simulate.answers", question=question[:64])
        try:
            found[question] = {text: float(str(weight)) for text, weight in weights.items()}
        except ValueError as exc:
            raise Refusal("simulate.answers", question=question[:64]) from exc
    return found


def _tell(document: Mapping[str, Any]) -> None:
    from evaluation.simulate import sheet
    from evaluation.simulate.charts import charts

    lang, console = shell.lang(), Console()
    for sentence in (document["sentence"][lang], *sheet.assumed(lang, document)):
        click.echo(sentence)
    for chart in charts(document, lang):
        table = Table(title=chart.title, title_justify="left")
        for head in chart.heads:
            table.add_column(head)
        for row in chart.rows:
            table.add_row(*row)
        console.print(table)


@contextmanager
def _progress(steps: int, *, shown: bool) -> Iterator[Callable[[], None]]:
    """A bar on a terminal, and nothing elsewhere: the run is a matter of seconds."""
    if not (shown and sys.stdout.isatty()):
        yield lambda: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(), transient=True) as bars:
        task = bars.add_task(words.say("simulate.running", {}, shell.lang()), total=steps)
        yield lambda: bars.advance(task)
