"""Where the platform is for a browser: its cookie's name, its passkeys' domain, its own pages, and who sends a form."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

# No scheme, no host: a path of ours. Browsers read a backslash as a slash, and throw tabs and line ends away.
_OWN: Final = re.compile(r"/(?![/\\])[!-\[\]-~]{0,1000}\Z", re.ASCII)


def cookie_name(public: str) -> str:
    """What the session's cookie is called under a public address: on https bound to its host by the browser itself."""
    return "__Host-mingjing" if public.startswith("https://") else "mingjing"


def mark_name(public: str) -> str:
    """What the cookie of a known browser's mark is called; `__Host-` would have it sent with every request."""
    return "__Secure-mingjing-known" if public.startswith("https://") else "mingjing-known"


def rp_id(public: str) -> str:
    """The domain that passkeys are made for (WebAuthn's RP id); empty where the address is a number."""
    host = urlsplit(public).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    return ""


def elsewhere(public: str, host: str) -> bool:
    """Whether a page was reached under another host (`Host` header) than the public one: passkeys don't work there."""
    return bool(public) and urlsplit(public).netloc != host


def own_path(text: str, otherwise: str) -> str:
    """`text` if it is a path on this platform, as one may be sent on to after signing in; else `otherwise`."""
    if not _OWN.match(text):
        return otherwise
    found = urlsplit(text)
    return otherwise if found.scheme or found.netloc else text


def from_own_page(site: str, origin: str, host: str, public: str) -> bool:
    """Whether a request that changes something comes from a page of ours.

    `site`: Sec-Fetch-Site, which the browser sets and no page can; where it is missing, Origin has to be our own.
    """
    if site:
        return site == "same-origin"
    return bool(origin) and (origin == public or (host != "" and urlsplit(origin).netloc == host))
