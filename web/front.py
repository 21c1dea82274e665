"""Behind a front server: whose address a request comes from."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix


def behind(app: Flask, proxies: int) -> None:
    """Takes the caller's address from `X-Forwarded-For`, to which so many front servers of one's own add; 0: never."""
    if proxies:
        front = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0, x_host=0)
        app.wsgi_app = front  # type: ignore[method-assign]  # as Flask's manual has it
