"""A report as one HTML file that stands alone: the sentence first, charts with their tables, the assumptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from evaluation.simulate.charts import Chart, charts
from evaluation.simulate.told import FAMILIES

_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 17px/1.7 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; margin: 0 auto;
  max-width: 60rem; padding: 1rem; }
svg { display: block; max-width: 36rem; width: 100%; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1rem 0; }
th, td { border-bottom: 1px solid; padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; }
td:last-child { min-width: 12em; }
.lead { font-size: 1.25rem; }
@media print { .wide { overflow: visible; } section { break-inside: avoid; } }
""".strip()

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "title": {"zh": "评标办法推演", "en": "A rule set tried out"},
    "about": {
        "zh": "{bidders} 家投标人，{trials} 次推演，种子 {seed}。诚实投标的先验：均值为最高限价的 {mean}，"
        "变异系数 {cv}；成本为报价除以 {cost}。",
        "en": "{bidders} bidders, {trials} tenders, seed {seed}. Honest bids: mean {mean} of the ceiling, "
        "coefficient of variation {cv}; cost is price over {cost}.",
    },
    "bound": {
        "zh": "串通的数字是所试办法中最好的一种，只是下限：更巧妙的串通会中标更多。收益低于诚实投标的办法不计入。",
        "en": "Figures of rings are those of the best way that was tried, a lower bound: a cleverer ring wins more. "
        "Ways that earn less than honest bids are not counted.",
    },
    "left_out": {"zh": "推演不包括：{left_out}。", "en": "Not played: {left_out}."},
    "tried": {"zh": "所试的串通办法", "en": "Ways to collude that were tried"},
}


def said(key: str, lang: str, document: Mapping[str, Any]) -> str:
    """A sentence about a report: `title`, `about`, `bound`, `left_out`, `tried`."""
    prior = document["prior"]
    return _WORDS[key][lang].format(
        bidders=document["bidders"],
        trials=document["trials"],
        seed=document["seed"],
        mean=_percent(prior["mean"]),
        cv=_percent(prior["cv"]),
        left_out=("；" if lang == "zh" else "; ").join(one[lang] for one in document["left_out"]),
        cost=f"{1 + float(prior['markup']):.3g}",
    )


def assumed(lang: str, document: Mapping[str, Any]) -> list[str]:
    """The sentences that stand under the clerk's: how it was played, what figures of rings are, what was left out."""
    keys = ("about", "bound", "left_out") if document["left_out"] else ("about", "bound")
    return [said(key, lang, document) for key in keys]


def page(document: Mapping[str, Any], lang: str) -> str:
    """The report as an HTML document in `zh` or `en`."""
    title = f"{said('title', lang, document)} · {document['rule_set']['title'][lang]}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="lead">{escape(document["sentence"][lang])}</p>',
        *(f"<p>{escape(line)}</p>" for line in assumed(lang, document)),
        *(_section(chart) for chart in charts(document, lang)),
        f"<h2>{escape(said('tried', lang, document))}</h2>",
        f"<ul>{''.join(f'<li>{escape(one[lang])}</li>' for one in FAMILIES.values())}</ul>",
    ]
    tag = "zh-CN" if lang == "zh" else "en"
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
    )
    return f'<!doctype html>\n<html lang="{tag}"><head>{head}</head><body><main>{"".join(body)}</main></body></html>\n'


def _section(chart: Chart) -> str:
    return f"<section><h2>{escape(chart.title)}</h2>{chart.svg}{''.join(_table(chart))}</section>"


def _table(chart: Chart) -> Iterator[str]:
    yield f'<div class="wide" tabindex="0" role="region" aria-label="{escape(chart.title)}"><table><thead><tr>'
    yield from (f'<th scope="col">{escape(head)}</th>' for head in chart.heads)
    yield "</tr></thead><tbody>"
    for first, *rest in chart.rows:
        yield f'<tr><th scope="row">{escape(first)}</th>'
        yield from (f"<td>{escape(cell)}</td>" for cell in rest)
        yield "</tr>"
    yield "</tbody></table></div>"


def _percent(share: str) -> str:
    return f"{float(share) * 100:g}%"
