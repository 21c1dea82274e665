"""A rule set and its form as a command names them: a template, or a file in JSON or YAML with the form beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evaluation.inputs.documents import read_document
from evaluation.rules import templates
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal

FORMS: Final = (".form.json", ".form.yaml", ".form.yml")


@dataclass(frozen=True, slots=True)
class Named:
    """The two documents as read; `form`: None where there is none; `form_at`: what to call it when it is at fault."""

    rules: Json
    form: Json | None
    form_at: str


class Unreadable(Refusal):
    """A refusal of one of the files. `file`: which."""

    def __init__(self, file: str, why: Refusal) -> None:
        super().__init__(why.code, **why.params)
        self.file = file


def load(ruleset: str, form: Path | None = None) -> Named:
    """What stands in the file `ruleset` and in `form`, else in `NAME.form.json` (`.yaml`, `.yml`) beside it.

    A template's name brings its own form. Raises `Unreadable`, and `Refusal("rules.unknown_template")` for what is
    neither a file nor a template.
    """
    path = Path(ruleset)
    if not path.is_file():
        rules, own = templates.load(ruleset)
        return Named(rules, own, ruleset) if form is None else Named(rules, _read(form), str(form))
    beside = (path.with_name(path.stem + ending) for ending in FORMS)
    form = form or next((one for one in beside if one.is_file()), None)
    return Named(_read(path), None if form is None else _read(form), ruleset if form is None else str(form))


def _read(path: Path) -> Json:
    try:
        return read_document(path.read_bytes())
    except OSError as exc:
        raise Unreadable(str(path), Refusal("home.not_json", file=str(path), why=str(exc)[:200])) from exc
    except Refusal as why:
        raise Unreadable(str(path), why) from why
