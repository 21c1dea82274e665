"""`mingjing verify`, `mingjing bundle`, `mingjing claims`: what a stranger does with a tender's evidence.

Exit statuses of `verify`: 0 every claim holds · 1 a claim fails · 2 wrong use or an unreadable file · 3 consistent in
itself, but without a trust file nobody knows whose log it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import click

from evaluation.verify import CLAIMS, Report
from evaluation.verify import verify as judge
from ledger import bundle as bundles
from ledger import trust as trusts
from ledger.basics.errors import Refusal
from ledger.claims import Failure, Remark, Result, listing
from ledger.files import write_atomically
from ledger.http import HttpClient
from ledger.trust import Trust
from web import words
from web.cli import shell
from web.words import Lang

_MARKS: Final = {"holds": "✓", "fails": "✗", "not_applicable": "–"}
# How many failures of one claim are shown; the rest is counted.
_SHOWN: Final = 5
_UNUSABLE: Final = 2

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", metavar="BUNDLE", type=_FILE)
@click.option("--trust", "trust_path", type=_FILE, help="Your own trust file. It never comes from the platform.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def verify(file: Path, trust_path: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click hands options over by name
    """Check a tender's evidence bundle, claim by claim. Needs no network and believes nobody."""
    try:
        data = file.read_bytes()
    except OSError as exc:
        raise click.UsageError(str(exc)) from exc
    report = judge(data, _trust(trust_path))
    lang = shell.lang()
    click.echo(
        json.dumps(_object(report), ensure_ascii=False, indent=2) if as_json else "\n".join(_lines(report, lang))
    )
    raise SystemExit(report.status)


@click.command()
@click.argument("tender")
@click.option("--platform", "address", envvar="MINGJING_PLATFORM", required=True, help="Else $MINGJING_PLATFORM.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to; TENDER.zip if not given.")
def bundle(tender: str, address: str, out: Path | None) -> None:
    """Fetch a tender's evidence bundle from a platform."""
    target = out or Path(f"{Path(tender).name}.zip")
    data = HttpClient(address, timeout=300).get(f"api/tenders/{tender}/bundle.zip", most=bundles.MAX_BYTES)
    write_atomically(target, data)
    click.echo(str(target))


@click.command()
def claims() -> None:
    """List everything that `verify` checks, with the article or format it rests on."""
    for line in listing(CLAIMS, shell.lang()):
        click.echo(line)


def _trust(path: Path | None) -> Trust | None:
    if path is None:
        return None
    try:
        return trusts.parse(path.read_bytes())
    except OSError as exc:
        raise click.UsageError(str(exc)) from exc
    except Refusal as why:
        raise click.UsageError(words.say(why.code, why.params, shell.lang())) from why


def _lines(report: Report, lang: Lang) -> Iterable[str]:
    by_id = {claim.id: claim for claim in CLAIMS}
    for result in report.results:
        claim = by_id[result.claim]
        yield f"{_MARKS[result.verdict]} {claim.id}: {claim.words(lang)} ({claim.article})"
        yield from _findings(result, lang)
    yield ""
    yield _conclusion(report, lang)
    if not report.known:
        yield from (f"  {what}: {value}" for what, value in report.fingerprints.items())


def _findings(result: Result, lang: Lang) -> Iterable[str]:
    for failure in result.failures[:_SHOWN]:
        yield f"    ✗ {_said(failure, lang)} [{failure.code}]"
    if len(result.failures) > _SHOWN:
        yield f"    … {len(result.failures) - _SHOWN}"
    for remark in result.remarks[:_SHOWN]:
        yield f"    · {_said(remark, lang)}"
    if len(result.remarks) > _SHOWN:
        yield f"    … {len(result.remarks) - _SHOWN}"


def _said(finding: Failure | Remark, lang: Lang) -> str:
    return words.say(finding.code, finding.params, lang)


def _conclusion(report: Report, lang: Lang) -> str:
    held = sum(result.verdict == "holds" for result in report.results)
    skipped = sum(result.verdict == "not_applicable" for result in report.results)
    numbers = {"held": held, "failed": len(report.failing), "skipped": skipped, "tender": report.tender}
    code = {0: "verify.holds", 1: "verify.fails", 3: "verify.unknown_log"}[report.status]
    return words.say(code, numbers, lang)


def _object(report: Report) -> dict[str, object]:
    return {
        "tender": report.tender,
        "status": report.status,
        "trusted": report.known,
        "fingerprints": dict(report.fingerprints),
        "claims": [
            {
                "claim": result.claim,
                "verdict": result.verdict,
                "failures": [_finding(one) for one in result.failures],
                "remarks": [_finding(one) for one in result.remarks],
            }
            for result in report.results
        ],
    }


def _finding(one: Failure | Remark) -> dict[str, object]:
    return {"code": one.code, "params": dict(one.params), "words": words.both(one.code, one.params)}
