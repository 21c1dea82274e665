"""From a tender document in TOML to a draft: all that is wrong is found at once, each with the name of its member."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bidding.form import check_form
from bidding.profiles.packaged import calendar_document, profile_document
from bidding.profiles.profile import Profile
from evaluation.rules import templates
from evaluation.rules.lint import lint
from evaluation.rules.relations import check_rule_set
from ledger.basics import clock
from ledger.basics.canonical import Json, canonical
from ledger.basics.errors import Param, Refusal
from ledger.basics.hashing import H
from ledger.basics.money import parse_yuan
from web.cli.bid.home import read_loosely

_TOP: Final = (
    "title category estimate region profile deadline enquiries_until objections_until custodians t contributors lots"
)
_OPTIONAL: Final = "procedure no_touch lot_limits documents replaces"
_LOT: Final = "lot title ceiling"
_LOT_OPTIONAL: Final = "template form rules max_bytes forms_public"
_MAX_BYTES: Final = 1 << 30


@dataclass(frozen=True)
class Problem:
    """What is wrong with one member."""

    member: str
    code: str
    params: Mapping[str, Param]


@dataclass
class Built:
    """A draft, the documents it names by SHA-256, and everything that is wrong with it."""

    body: dict[str, Json] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def attempt(self, member: str, what: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever is attempted
        """What it gives; None, with the problem noted, where it refuses."""
        try:
            return what()
        except Refusal as why:
            self.problems.append(Problem(member, why.code, why.params))
        return None


def read(path: Path) -> dict[str, Any]:
    """The TOML document of a file; `Refusal("draft.not_toml")`."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise Refusal("draft.not_toml", file=str(path), why=str(exc)[:200]) from exc


def build(doc: Mapping[str, Any], base: Path) -> Built:
    """The draft of a document; paths in it are taken from `base`."""
    made = Built()
    _names(made, "", doc, _TOP, _OPTIONAL)
    rows: list[Json] = []

    def add(name: str, data: bytes) -> str:
        sha256 = H(data).hex()
        made.documents[sha256] = data
        rows.append({"name": name, "sha256": sha256, "size": len(data)})
        return sha256

    profile = made.attempt("profile", lambda: profile_document(str(doc.get("profile", ""))))
    if profile is not None:
        read_profile = Profile.parse(profile)
        made.body["profile"] = {
            "id": read_profile.id,
            "version": read_profile.version,
            "sha256": add("profile.json", canonical(profile)),
        }
    add("calendar.json", canonical(calendar_document()))
    lots = [_lot(made, number, lot, base, add) for number, lot in enumerate(_tables(made, doc, "lots"), 1)]
    for number, item in enumerate(_tables(made, doc, "documents", required=False), 1):
        member = f"documents[{number}]"
        if _names(made, member, item, "name file", ""):
            data = made.attempt(f"{member}.file", lambda item=item: _bytes(base / str(item["file"])))  # type: ignore[misc]  # bound now
            if data is not None:
                add(str(item["name"]), data)
    until = {name: made.attempt(name, lambda name=name: _time(doc, name)) for name in _TIMES}  # type: ignore[misc]  # bound now
    limits = doc.get("lot_limits", {})
    made.body |= {
        "title": _title(made, "title", doc.get("title")),
        "category": str(doc.get("category", "")),
        "procedure": str(doc.get("procedure", "open")),
        "estimate_fen": made.attempt("estimate", lambda: parse_yuan(doc.get("estimate"), "estimate")),
        "region": str(doc.get("region", "")),
        "no_touch": str(doc.get("no_touch", "award")),
        "published_for": until,
        "custodians": list(doc.get("custodians", [])),
        "t": doc.get("t", 0),
        "contributors": list(doc.get("contributors", [])),
        "lot_limits": {"bid": limits.get("bid", 0), "win": limits.get("win", 0)},
        "lots": lots,
        "documents": rows,
        "replaces": str(doc.get("replaces", "")),
    }
    return made


_TIMES: Final = ("enquiries_until", "objections_until", "deadline")


def _lot(made: Built, number: int, lot: Mapping[str, Any], base: Path, add: Callable[[str, bytes], str]) -> Json:
    member = f"lots[{number}]"
    if not _names(made, member, lot, _LOT, _LOT_OPTIONAL):
        return {}
    name, ceiling = str(lot["lot"]), None
    ceiling = made.attempt(f"{member}.ceiling", lambda: parse_yuan(lot["ceiling"], "ceiling"))
    row: dict[str, Json] = {
        "lot": name,
        "title": _title(made, f"{member}.title", lot["title"]),
        "ceiling_fen": ceiling,
        "max_bytes": lot.get("max_bytes", _MAX_BYTES),
        "forms_public": bool(lot.get("forms_public", True)),
        "form": "",
        "rules": "",
    }
    documents = made.attempt(member, lambda: _rules(lot, base))
    if documents is None:
        return row
    rules, form = documents
    checked = made.attempt(f"{member}.form", lambda: check_form(form))
    if checked is not None and made.attempt(f"{member}.rules", lambda: check_rule_set(rules, checked)) is not None:
        for finding in lint(rules, form, ceiling or None):
            if finding.level == "error":
                made.problems.append(Problem(f"{member}.rules", finding.code, finding.params))
    row["form"], row["rules"] = add(f"form-{name}.json", canonical(form)), add(f"rules-{name}.json", canonical(rules))
    return row


def _rules(lot: Mapping[str, Any], base: Path) -> tuple[dict[str, Json], dict[str, Json]]:
    """Rule set and form: a template's, or of two files."""
    if "template" in lot:
        return templates.load(str(lot["template"]))
    if "rules" not in lot or "form" not in lot:
        raise Refusal("draft.rules_missing", lot=str(lot["lot"])[:64])
    return read_loosely(base / str(lot["rules"])), read_loosely(base / str(lot["form"]))


def _names(made: Built, member: str, doc: Mapping[str, Any], required: str, optional: str) -> bool:
    """Whether every member is there; missing and unknown ones are noted."""
    place = f"{member}." if member else ""
    missing = [name for name in required.split() if name not in doc]
    for name in missing:
        made.problems.append(Problem(f"{place}{name}", "draft.missing", {"member": f"{place}{name}"}))
    known = {*required.split(), *optional.split()}
    for name in sorted(doc.keys() - known):
        made.problems.append(Problem(f"{place}{name}", "draft.unknown", {"member": f"{place}{name}"}))
    return not missing


def _tables(made: Built, doc: Mapping[str, Any], name: str, *, required: bool = True) -> list[Mapping[str, Any]]:
    found = doc.get(name, [])
    if not isinstance(found, list) or any(not isinstance(one, dict) for one in found) or (required and not found):
        made.problems.append(Problem(name, "draft.tables", {"member": name}))
        return []
    return found


def _title(made: Built, member: str, value: object) -> Json:
    if not isinstance(value, dict) or sorted(value) != ["en", "zh"] or not all(value.values()):
        made.problems.append(Problem(member, "draft.two_languages", {"member": member}))
        return {}
    return {name: str(text) for name, text in value.items()}


def _time(doc: Mapping[str, Any], name: str) -> str:
    """A TOML time with its zone, in our spelling."""
    value = doc.get(name)
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Refusal("draft.time", member=name)
    return clock.text(value.astimezone(UTC))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise Refusal("bid.no_such_file", file=str(path)) from exc
