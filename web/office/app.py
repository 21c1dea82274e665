"""The office's application factory: which blueprints, who may sign in, and nothing of the box."""

from __future__ import annotations

from flask import Flask

from bidding.store import accounts
from ledger.store.engine import database_now, reading
from web import assets, delivery, page
from web.access import Principal
from web.custody import mailbox as custody
from web.front import behind
from web.office import acts, enrolment, tenders, tickets
from web.public import api, hall, log, pages
from web.services import Services


def create_app(services: Services) -> Flask:
    """The office over its services."""
    app = Flask("web.office", static_folder=None, template_folder="../templates")
    app.extensions["mingjing"] = services
    behind(app, services.config.office.proxies)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's default provider has it

    def sign_in(token: str) -> Principal:
        with reading(services.engine) as conn:
            found = accounts.sign_in(conn, token, database_now(conn))
        return Principal(found.person, found.role, found.party)

    office = services.config.office
    limits = delivery.Limits.of(office.threads, office.requests_per_minute)
    delivery.install(app, sign_in, limits, page.refused, services.config.public.origins())
    for module in (assets, log, api, pages, hall, custody, enrolment, tenders, acts, tickets):
        app.register_blueprint(module.blueprint)
    return app
