"""Charts as SVG: two kinds, drawn in the colour of the text around them, so that they print and work in the dark.

Series differ in dashes and marks, never in colour alone. Each chart has a title and a description for screen readers;
its table twin has every figure (`charts.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 400
_LEFT: Final = 44
_RIGHT: Final = 16
_TOP: Final = 12
_PLOT: Final = 200
_ROW: Final = 40
_DASHES: Final = ("", "6 4", "2 3")
_TICKS: Final = 4


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name and a share of one for each place on the axis."""

    name: str
    values: Sequence[float]


def lines(key: str, title: str, desc: str, axis: tuple[str, Sequence[str]], series: Sequence[Series]) -> str:
    """A chart of shares (0 … 1) over places. `axis`: what the places are, and their names; `key`: an id of the page."""
    name, places = axis
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(places) - 1, 1)
    parts = [_grid()]
    every = max(1, -(-len(places) // 10))
    for index, place in enumerate(places):
        if index % every == 0:
            parts.append(_text(_LEFT + step * index, _TOP + _PLOT + 18, place, "middle"))
    parts.append(_text((_WIDTH + _LEFT) / 2, _TOP + _PLOT + 38, name, "middle"))
    for index, one in enumerate(series):
        points = [(_LEFT + step * at, _height(value)) for at, value in enumerate(one.values)]
        dash = f' stroke-dasharray="{_DASHES[index]}"' if _DASHES[index] else ""
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="currentColor" stroke-width="2"{dash}/>')
        parts.extend(_mark(index, x, y) for x, y in points)
        below = _TOP + _PLOT + 62 + 22 * index
        parts.append(
            f'<line x1="{_LEFT}" y1="{below - 5}" x2="{_LEFT + 34}" y2="{below - 5}" stroke="currentColor" '
            f'stroke-width="2"{dash}/>{_mark(index, _LEFT + 17, below - 5)}'
        )
        parts.append(_text(_LEFT + 44, below, one.name, "start"))
    return _chart(key, title, desc, _TOP + _PLOT + 62 + 22 * len(series), parts)


def bars(key: str, title: str, desc: str, rows: Sequence[tuple[str, float, str]], line: float | None = None) -> str:
    """Horizontal bars of shares (0 … 1).

    `rows`: name, share, what is written behind the bar; `line`: a share to compare with.
    """
    wide = _WIDTH - 2 * _RIGHT - 60
    parts = []
    for index, (name, share, said) in enumerate(rows):
        top = _TOP + _ROW * index
        length = wide * min(max(share, 0.0), 1.0)
        parts.append(_text(_RIGHT, top + 12, name, "start"))
        parts.append(
            f'<rect x="{_RIGHT}" y="{top + 18}" width="{length:.1f}" height="12" fill="currentColor" '
            'fill-opacity="0.55" stroke="currentColor"/>'
        )
        parts.append(_text(_RIGHT + length + 6, top + 29, said, "start"))
    if line is not None:
        x = _RIGHT + wide * line
        parts.append(
            f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{_TOP + _ROW * len(rows)}" stroke="currentColor" '
            'stroke-dasharray="2 3"/>'
        )
    return _chart(key, title, desc, _TOP + _ROW * len(rows) + 4, parts)


def columns(key: str, title: str, desc: str, edges: Sequence[str], shares: Sequence[float]) -> str:
    """A histogram: `shares` of one between `edges`, the highest column full."""
    most = max([*shares, 1e-9])
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(shares), 1)
    parts = [_grid(most)]
    for index, share in enumerate(shares):
        high = _PLOT * share / most
        parts.append(
            f'<rect x="{_LEFT + step * index:.1f}" y="{_TOP + _PLOT - high:.1f}" width="{step * 0.9:.1f}" '
            f'height="{high:.1f}" fill="currentColor" fill-opacity="0.55" stroke="currentColor"/>'
        )
    named = range(0, len(edges), max(1, len(edges) // 5))
    parts.extend(_text(_LEFT + step * index, _TOP + _PLOT + 18, edges[index], "middle") for index in named)
    return _chart(key, title, desc, _TOP + _PLOT + 28, parts)


def _chart(key: str, title: str, desc: str, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" role="img" '
        f'aria-labelledby="{key}-t {key}-d" font-size="13" font-family="inherit">'
        f'<title id="{key}-t">{escape(title)}</title><desc id="{key}-d">{escape(desc)}</desc>{"".join(parts)}</svg>'
    )


def _grid(most: float = 1.0) -> str:
    parts = []
    for tick in range(_TICKS + 1):
        y, share = _height(tick / _TICKS), most * tick / _TICKS
        parts.append(
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" stroke="currentColor" '
            f'stroke-opacity="{0.8 if tick == 0 else 0.2}"/>'
        )
        parts.append(_text(_LEFT - 6, y + 4, f"{share * 100:.0f}%", "end"))
    return "".join(parts)


def _height(share: float) -> float:
    return _TOP + _PLOT * (1 - min(max(share, 0.0), 1.0))


def _text(x: float, y: float, said: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor">{escape(said)}</text>'


def _mark(index: int, x: float, y: float) -> str:
    if index == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="currentColor"/>'
    if index == 1:
        return f'<rect x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7" fill="currentColor"/>'
    return f'<path d="M{x:.1f} {y - 5:.1f}l4.5 8h-9z" fill="currentColor"/>'
