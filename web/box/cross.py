"""A page of the office asks the box from another origin: what a browser is told of that (Fetch standard, CORS).

One origin, named in the configuration and said to everybody alike, so that no answer depends on who asks. Browsers
send no cookies here (credentials are never allowed), so the box goes on knowing nobody but bid keys.
"""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request
from werkzeug.wrappers.response import Response as AnyResponse

_METHODS: Final = "DELETE, GET, HEAD, PATCH, POST, PUT"
_SENT: Final = (
    "Content-Type, Mingjing-Request, Mingjing-Ticket, Tus-Resumable, Upload-Length, Upload-Metadata, Upload-Offset"
)
# `Date` is the only time a client tells the box in its requests.
_READ: Final = "Date, Location, Retry-After, Tus-Resumable, Upload-Length, Upload-Offset"
_KEPT: Final = "7200"  # seconds a browser remembers a preflight; none remembers it longer


def install(app: Flask, origin: str) -> None:
    """Lets scripts of pages at `origin` (`https://host[:port]`) ask; with an empty one, no page's."""
    if not origin:
        return

    @app.before_request
    def preflight() -> Response | None:
        if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
            return None
        headers = {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": _SENT,
            "Access-Control-Max-Age": _KEPT,
        }
        return Response(status=204, headers=headers)

    @app.after_request
    def allow(response: AnyResponse) -> AnyResponse:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = _READ
        return response
