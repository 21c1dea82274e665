"""`mingjing lint`: what is wrong with a rule set before anybody publishes it.

Exit statuses: 0 no error · 1 errors · 2 wrong use or a file that cannot be read.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from evaluation.rules.lint import ERROR, PANEL, TOUCHLESS, lint
from ledger.basics.errors import Refusal
from ledger.basics.money import parse_yuan
from web import linted, words
from web.cli import rule_files, shell


@click.command("lint")
@click.argument("rules", metavar="RULESET")
@click.argument("form", metavar="[FORM]", required=False, type=shell.file())
@click.option("--ceiling", help="The lot's ceiling price in yuan.")
@click.option("--touch", type=click.Choice([PANEL, TOUCHLESS]), default=PANEL, show_default=True, help="Who marks.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def lint_(rules: str, form: Path | None, ceiling: str | None, touch: str, as_json: bool) -> None:  # noqa: FBT001 - click hands options over by name
    """Say what is wrong with a rule set: a JSON or YAML file, or a template's name; with its form it says more."""
    try:
        named = rule_files.load(rules, form)
        fen = None if ceiling is None else parse_yuan(ceiling)
    except Refusal as why:
        file = f"{why.file}: " if isinstance(why, rule_files.Unreadable) else ""
        raise click.UsageError(file + words.say(why.code, why.params, shell.lang())) from why
    found = lint(named.rules, named.form, fen, touch=touch)
    errors = sum(one.level == ERROR for one in found)
    if as_json:
        said = {"errors": errors, "warnings": len(found) - errors, "findings": [linted.shown(one) for one in found]}
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
    else:
        for one in found:
            click.echo(linted.line(one, shell.lang()))
        shell.say("client.linted", errors=errors, warnings=len(found) - errors)
    raise SystemExit(1 if errors else 0)
