"""The files that pages load: style sheets, modules, pictures, under an address that changes when any of them does.

One hash over all of them stands in the path, not in each name: modules import each other by relative addresses, and a
page never mixes two versions. So nobody has to build anything, and browsers may keep what they have for ever.

Our modules are served without their comments (`web.slim`), and hashed as they are served. `python -m web.assets` says
from a checkout what a platform of that version has to serve, for whoever compares (docs/formats/api.md).
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from flask import Blueprint, Response, request

from ledger.basics.errors import Refusal
from web import compress, slim
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
_OURS: Final = "js/"  # libraries are served as they were published


@dataclass(frozen=True)
class Tree:
    """Every file as it is served, by its path below `web/static`; `version` changes with any of them."""

    files: Mapping[str, bytes]
    version: str


@cache
def tree() -> Tree:
    """All files, read once for each process."""
    files = {name: _served(name, data) for name, data in sorted(_below(resources.files("web").joinpath("static"), ""))}
    whole = hashlib.sha256()
    for name, data in files.items():
        whole.update(f"{name}\0{len(data)}\0".encode() + data)
    return Tree(files, whole.hexdigest()[:_NAMED])


@cache
def packed(name: str, how: str) -> bytes:
    """A file by one of the packings of `web.compress.best`, packed once for each process; KeyError if there is none."""
    return compress.packed_best(tree().files[name], how)


def url(name: str) -> str:
    """The address of a file, for instance of `css/site.css`; KeyError if there is none."""
    if name not in tree().files:
        raise KeyError(name)
    return f"/static/{tree().version}/{name}"


def listing() -> str:
    """A line for each file, as `sha256sum` writes it: its SHA-256, and its path on the platform."""
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {url(name)[1:]}\n" for name, data in tree().files.items())


@route(blueprint, "GET", "/static/<version>/<path:name>", FILES)
def asset(version: str, name: str) -> Response:
    """One file. Under another version than today's it is not kept: a page that was open during an update goes on."""
    found = tree()
    kind = _TYPES.get(name.rpartition(".")[2])
    if name not in found.files or kind is None:
        raise Refusal("http.not_found")
    how = compress.best(request)
    if how and len(packed(name, how)) < len(found.files[name]):
        answer = Response(packed(name, how), content_type=kind, headers={"Content-Encoding": how})
    else:
        answer = Response(found.files[name], content_type=kind)
    answer.vary.add("Accept-Encoding")
    answer.headers["Cache-Control"] = _FOREVER if version == found.version else "no-store"
    return answer


def _served(name: str, data: bytes) -> bytes:
    if not (name.startswith(_OURS) and name.endswith(".js")):
        return data
    try:
        return slim.slim(data.decode()).encode()
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _below(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _below(entry, f"{prefix}{entry.name}/")
        elif entry.name.rpartition(".")[2] in _TYPES:
            found.append((prefix + entry.name, entry.read_bytes()))
    return found


if __name__ == "__main__":
    sys.stdout.write(listing())
