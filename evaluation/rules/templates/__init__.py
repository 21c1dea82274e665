"""Rule sets to start from, each with its form, as they are published: `NAME.json` and `NAME.form.json`."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Final, cast

from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal

NAMES: Final = ("checklist-f4", "lowest-price")


def load(name: str) -> tuple[dict[str, Json], dict[str, Json]]:
    """The rule set and the form of a template, as documents. Raises `Refusal("rules.unknown_template")`."""
    if name not in NAMES:
        raise Refusal("rules.unknown_template", name=name[:64], known="|".join(NAMES))
    return _read(f"{name}.json"), _read(f"{name}.form.json")


def _read(name: str) -> dict[str, Json]:
    return cast(dict[str, Json], json.loads(files(__name__).joinpath(name).read_text("utf-8")))
