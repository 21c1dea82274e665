"""On PostgreSQL the process that knows the accounts sees nothing of what the box took before it is disclosed.

That no role reads another's tables is tested with the office (`tests/integration/test_office_roles.py`); here, what
lies in the tables that they share.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from ledger.store.engine import create_engine
from tests.support.platform import ROLES, platform
from tests.support.town import INTERVAL


def as_role(url: str, role: str) -> str:
    return f"{url}&options=-c%20role%3Dmingjing_{role}"


def listed(url: str, role: str) -> list[bool]:
    """Of every list of a minute that the role can see: whether it is disclosed."""
    engine = create_engine(as_role(url, role))
    try:
        with engine.connect() as conn:
            rows = conn.execute(sa.text("SELECT disclosed FROM sealed_values WHERE stream = 'box'"))
            return list(rows.scalars())
    finally:
        engine.dispose()


def test_the_office_reads_a_minute_of_the_box_only_once_it_is_disclosed(postgres_url: str, tmp_path: Path) -> None:
    with platform(tmp_path, postgres_url, urls={role: as_role(postgres_url, role) for role in ROLES}) as made:
        made.open(firms=1)
        made.take_all_tickets()
        made.hand_in(made.firm(1), made.seal_bid(made.firm(1), "817263.54"))
        made.wait(INTERVAL)
        assert listed(postgres_url, "worker"), "the worker writes the minutes"
        assert listed(postgres_url, "office") == []
        shown = made.get("/api/streams/box")["events"]
        (name, *_) = shown[-1]["event"]["sealed"]
        asked = made.ask("GET", f"/api/sealed/box/{shown[-1]['event']['version']}/{name}")
        assert asked.get_json()["error"]["code"] == "sealed_value.not_disclosed"

        owner = create_engine(postgres_url)
        with owner.begin() as conn:
            conn.execute(
                sa.text("UPDATE sealed_values SET disclosed = true WHERE stream = 'box' AND name = :name"),
                {"name": name},
            )
        owner.dispose()
        assert set(listed(postgres_url, "office")) == {True}
        assert made.get(f"/api/sealed/box/{shown[-1]['event']['version']}/{name}")["value"]
