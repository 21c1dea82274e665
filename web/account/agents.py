"""What a browser calls itself, short enough for a list: `Firefox 141, Windows`."""

from __future__ import annotations

import re
from typing import Final

# The first that fits: browsers name those, too, that they want to be taken for.
_BROWSERS: Final = (
    ("WeChat", re.compile(r"MicroMessenger/(\d+)")),
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/(\d+)")),
    ("Opera", re.compile(r"OPR/(\d+)")),
    ("QQ", re.compile(r"M?QQBrowser/(\d+)")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"(?:Headless)?Chrome/(\d+)|CriOS/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+).* Safari/")),
)
_SYSTEMS: Final = (
    ("HarmonyOS", "HarmonyOS"),
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("macOS", "Mac OS X"),
    ("Linux", "Linux"),
)
_LONGEST: Final = 60


def called(agent: str) -> str:
    """Browser and system; what is unknown by as much as it says of itself."""
    for name, pattern in _BROWSERS:
        if found := pattern.search(agent):
            system = next((known for known, word in _SYSTEMS if word in agent), "")
            version = next(one for one in found.groups() if one)
            return f"{name} {version}, {system}" if system else f"{name} {version}"
    return agent if len(agent) <= _LONGEST else f"{agent[:_LONGEST]}…"
