"""Which scene answers for which page.

Every template that is a page and every route that answers with one stands here, under one scene that shows it. A house
test finds the page that stands under none; the scene fails that does not show what it answers for.
"""

from __future__ import annotations

from typing import Final

SHOWN: Final[dict[str, frozenset[str]]] = {
    "public": frozenset(
        {
            "GET /",
            "GET /api",
            "GET /design",
            "GET /log",
            "GET /simulate",
            "GET /templates",
            "GET /templates/<name>",
            "GET /templates/<name>/bids/<key>",
            "GET /tenders",
            "GET /tenders/<tender>",
            "GET /tenders/<tender>/documents",
            "GET /tenders/<tender>/lots/<lot>/bids/<bid_key>",
            "GET /tenders/<tender>/lots/<lot>/draw",
            "GET /tenders/<tender>/lots/<lot>/result",
            "GET /tenders/<tender>/notice",
            "GET /tenders/<tender>/timeline",
            "GET /tenders/<tender>/verify",
            "GET /verify",
            "api.html",
            "design.html",
            "front.html",
            "log.html",
            "simulate.html",
            "template.html",
            "template_bid.html",
            "templates.html",
            "tender/bid.html",
            "tender/documents.html",
            "tender/draw.html",
            "tender/notice.html",
            "tender/overview.html",
            "tender/result.html",
            "tender/timeline.html",
            "tender/verify.html",
            "tenders.html",
            "verify.html",
        }
    ),
    "verify": frozenset(
        {
            "POST /tenders/<tender>/verify",
            "POST /verify",
        }
    ),
    "simulate": frozenset(
        {
            "POST /simulate",
        }
    ),
    "errors": frozenset(
        {
            "error.html",
        }
    ),
    "account": frozenset(
        {
            "GET /account",
            "GET /account/code",
            "GET /account/organisation",
            "GET /account/password",
            "GET /account/sign-in",
            "GET /account/sign-up",
            "POST /account/code",
            "POST /account/code/recovery",
            "POST /account/organisation",
            "POST /account/password",
            "POST /account/sign-in",
            "POST /account/sign-up",
            "account/account.html",
            "account/code.html",
            "account/codes.html",
            "account/organisation.html",
            "account/password.html",
            "account/sign_in.html",
            "account/sign_up.html",
        }
    ),
    "centre": frozenset(
        {
            "GET /account/applications",
            "GET /account/applications/<application>",
            "POST /account/applications/<application>/refuse",
            "account/application.html",
            "account/applications.html",
        }
    ),
    "room": frozenset(
        {
            "GET /bid",
            "GET /bid/<tender>/<lot>",
            "GET /bid/lot",
            "bidder/any.html",
            "bidder/home.html",
            "bidder/lot.html",
        }
    ),
    "secret": frozenset(
        {
            "GET /bid/secret",
            "bidder/secret.html",
        }
    ),
    "hall": frozenset(
        {
            "GET /tenders/<tender>/lots/<lot>/hall",
            "hall.html",
        }
    ),
}
