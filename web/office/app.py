"""The office's application factory: which blueprints, who may sign in, and nothing of the box."""

from __future__ import annotations

from flask import Flask

from web import assets, delivery, page
from web.account import app as account
from web.account.door import Door
from web.bidder import pages as bidder
from web.custody import mailbox as custody
from web.front import behind
from web.office import acts, enrolment, tenders, tickets
from web.public import api, front, hall, linting, log, logpage, openapi, opendata, simulate, verify
from web.public import templates as template_pages
from web.public import tender as tender_pages
from web.public import tenders as listing
from web.services import Services


def create_app(services: Services) -> Flask:
    """The office over its services."""
    app = Flask("web.office", static_folder=None, template_folder="../templates")
    app.extensions["mingjing"] = services
    behind(app, services.config.office.proxies)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's default provider has it

    office = services.config.office
    limits = delivery.Limits.of(office.threads, office.requests_per_minute)
    door = Door(services)
    delivery.install(app, door, limits, page.refused, services.config.public.origins())
    assets.tree()  # a module that cannot be served fails the start, not every page
    public = (
        assets,
        log,
        api,
        linting,
        opendata,
        openapi,
        front,
        listing,
        tender_pages,
        hall,
        verify,
        simulate,
        template_pages,
        logpage,
    )
    for module in (*public, bidder, custody, enrolment, tenders, acts, tickets):
        app.register_blueprint(module.blueprint)
    account.install(app, door)
    return app
