"""Rule sets to start from, each with its form and a worked example: `NAME.json`, `NAME.form.json`, `NAME.example.json`.

`catalogue.json` says for whom each is, in the order in which they are shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, cast

from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal


@dataclass(frozen=True, slots=True)
class Entry:
    """A template as a gallery shows it. `kind`: `works`, `highways`, `goods`, `services`, `procurement_goods`, ….

    `rule`: the price rule, "" where the lowest (evaluated) price wins; `title`, `summary`: `{zh, en}`.
    """

    name: str
    kind: str
    category: str
    law: str
    rule: str
    experts: bool
    title: Mapping[str, str]
    summary: Mapping[str, str]


def load(name: str) -> tuple[dict[str, Json], dict[str, Json]]:
    """The rule set and the form of a template, as documents. Raises `Refusal("rules.unknown_template")`."""
    _known(name)
    return _read(f"{name}.json"), _read(f"{name}.form.json")


def example(name: str) -> dict[str, Json]:
    """Bids on a template and what comes of them, worked by hand (docs/formats/rule-set.md). Raises as `load`."""
    _known(name)
    return _read(f"{name}.example.json")


def _known(name: str) -> None:
    if name not in NAMES:
        raise Refusal("rules.unknown_template", name=name[:64], known="|".join(NAMES))


def _read(name: str) -> dict[str, Json]:
    return cast(dict[str, Json], json.loads(files(__name__).joinpath(name).read_text("utf-8")))


def _entry(one: Mapping[str, Any]) -> Entry:
    rules = cast(dict[str, Any], _read(f"{one['name']}.json"))
    return Entry(
        name=one["name"],
        kind=one["kind"],
        category=rules["category"],
        law=rules["law"],
        rule=rules["price"]["rule"] if "price" in rules else "",
        experts="panel" in rules,
        title=rules["title"],
        summary=one["summary"],
    )


CATALOGUE: Final = tuple(_entry(one) for one in cast(list[dict[str, Any]], _read("catalogue.json")["templates"]))
NAMES: Final = tuple(entry.name for entry in CATALOGUE)
