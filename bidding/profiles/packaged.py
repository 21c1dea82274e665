"""The profiles and calendars that come with the platform. A centre adds its own; the notice names which by hash."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, cast

from bidding.profiles.calendar import Calendar
from bidding.profiles.profile import Profile
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal

_PROFILE: Final = re.compile(r"([a-z0-9-]+)\.v([0-9]+)\.json\Z")
_CALENDAR: Final = re.compile(r"calendar-([0-9]{4})\.json\Z")


def _read(name: str) -> dict[str, Json]:
    text = files("bidding.profiles").joinpath("data", name).read_text("utf-8")
    return cast(dict[str, Json], json.loads(text))


def _names() -> list[str]:
    return sorted(item.name for item in files("bidding.profiles").joinpath("data").iterdir())


@cache
def packaged_profiles() -> Mapping[str, Profile]:
    """By SHA-256 of the canonical document, every profile of the package."""
    profiles = [Profile.parse(_read(name)) for name in _names() if _PROFILE.match(name)]
    return {profile.sha256: profile for profile in profiles}


def profile_document(id: str, version: int | None = None) -> dict[str, Json]:
    """The document of a packaged profile, the newest version unless one is named. `Refusal("profile.unknown")`."""
    found = {int(match[2]): name for name in _names() if (match := _PROFILE.match(name)) and match[1] == id}
    wanted = max(found, default=0) if version is None else version
    if wanted not in found:
        raise Refusal("profile.unknown", profile=id, version=wanted)
    return _read(found[wanted])


def calendar_document() -> dict[str, Json]:
    """One calendar document of all packaged years: what a notice lists as `calendar.json`."""
    years = [_read(name) for name in _names() if _CALENDAR.match(name)]
    return {"v": 1, "id": "cn", "years": cast(list[Json], years)}


@cache
def packaged_calendar() -> Calendar:
    """The calendar of all packaged years."""
    return Calendar.parse(calendar_document())
