"""The files that pages load: style sheets, modules, pictures, under an address that changes when any of them does.

One hash over all of them stands in the path, not in each name: modules import each other by relative addresses, and a
page never mixes two versions. So nobody has to build anything, and browsers may keep what they have for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from flask import Blueprint, Response, request

from ledger.basics.errors import Refusal
from web import compress
from web.access import FILES, route

blueprint: Final = Blueprint("assets", __name__, static_folder=None)

_TYPES: Final[Mapping[str, str]] = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "wasm": "application/wasm",
    "woff2": "font/woff2",
}
_FOREVER: Final = "public, max-age=31536000, immutable"
_NAMED: Final = 16  # hex digits of the hash in an address


@dataclass(frozen=True)
class Tree:
    """Every file by its path below `web/static`; `version` changes with any of them."""

    files: Mapping[str, bytes]
    version: str


@cache
def tree() -> Tree:
    """All files, read once for each process."""
    files = dict(sorted(_below(resources.files("web").joinpath("static"), "")))
    whole = hashlib.sha256()
    for name, data in files.items():
        whole.update(f"{name}\0{len(data)}\0".encode() + data)
    return Tree(files, whole.hexdigest()[:_NAMED])


@cache
def packed() -> Mapping[str, bytes]:
    """The files that gzip makes smaller, packed once for each process."""
    made = {name: compress.packed(data) for name, data in tree().files.items()}
    return {name: data for name, data in made.items() if len(data) < len(tree().files[name])}


def url(name: str) -> str:
    """The address of a file, for instance of `css/site.css`; KeyError if there is none."""
    if name not in tree().files:
        raise KeyError(name)
    return f"/static/{tree().version}/{name}"


@route(blueprint, "GET", "/static/<version>/<path:name>", FILES)
def asset(version: str, name: str) -> Response:
    """One file. Under another version than today's it is not kept: a page that was open during an update goes on."""
    found = tree()
    kind = _TYPES.get(name.rpartition(".")[2])
    if name not in found.files or kind is None:
        raise Refusal("http.not_found")
    if compress.taken(request) and name in packed():
        answer = Response(packed()[name], content_type=kind, headers={"Content-Encoding": "gzip"})
    else:
        answer = Response(found.files[name], content_type=kind)
    answer.vary.add("Accept-Encoding")
    answer.headers["Cache-Control"] = _FOREVER if version == found.version else "no-store"
    return answer


def _below(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _below(entry, f"{prefix}{entry.name}/")
        elif entry.name.rpartition(".")[2] in _TYPES:
            found.append((prefix + entry.name, entry.read_bytes()))
    return found
