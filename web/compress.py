"""Answers made smaller on their way: gzip, for whoever takes it; brotli for what is packed once and never changes.

An answer whose length depends on a secret and on what somebody else chose would give the secret away letter by
letter (BREACH). So what belongs to a person is sent as it is: only answers to requests without cookie and token, which
hold nothing that not everybody may read, are compressed; and static files, which are the same for all; and pages into
which whoever sends somebody there can put nothing (`pack_unchosen`).
"""

from __future__ import annotations

import gzip
from typing import Final

import brotli
from flask import Request, Response

_KINDS: Final = frozenset(
    {"application/atom+xml", "application/json", "image/svg+xml", "text/css", "text/html", "text/javascript"}
)
_LEAST: Final = 512  # bytes; below, the header of the format eats what is won
_LEVEL: Final = 6
_BEST: Final = 9


def best(request: Request) -> str:
    """The name of the smallest packing that the caller takes, empty if it takes none. Browsers take brotli on https."""
    return next((name for name in ("br", "gzip") if request.accept_encodings.quality(name) > 0), "")


def packed_best(data: bytes, name: str) -> bytes:
    """The bytes packed by `best`'s answer, as small as can be: slowly, for what is kept. Empty: as they are."""
    if name == "br":
        return bytes(brotli.compress(data))
    return gzip.compress(data, _BEST, mtime=0) if name else data


def taken(request: Request) -> bool:
    """Whether the caller takes gzip."""
    return request.accept_encodings.quality("gzip") > 0


def packed(data: bytes) -> bytes:
    """The bytes in gzip's format, the same for the same bytes at any time."""
    return gzip.compress(data, _LEVEL, mtime=0)


def pack_unchosen(request: Request, response: Response) -> None:
    """Compresses a person's page in place, if nothing of its address but the language can stand in it."""
    if request.args.keys() <= {"lang"} and request.args.get("lang", "zh") in ("zh", "en") and taken(request):
        response.set_data(packed(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"


def pack(request: Request, response: Response) -> None:
    """Compresses a whole public answer in place. What is streamed, small or already packed stays as it is."""
    if response.mimetype not in _KINDS or response.is_streamed or response.direct_passthrough:
        return
    response.vary.add("Accept-Encoding")
    personal = "Cookie" in request.headers or "Authorization" in request.headers or "Set-Cookie" in response.headers
    if personal or "Content-Encoding" in response.headers or not taken(request) or response.status_code != 200:
        return
    data = response.get_data()
    if len(data) >= _LEAST:
        response.set_data(packed(data))
        response.headers["Content-Encoding"] = "gzip"
