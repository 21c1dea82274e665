"""The loop: minutes, tenders, letters, mail, and the sequencer, over and over."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

import sqlalchemy as sa

from bidding.store import mailbox, pending, tables
from bidding.store.box import lots as box_lots
from bidding.store.box import minutes as box_minutes
from ledger.basics.errors import Refusal
from ledger.store.engine import database_now, reading, transaction
from ledger.store.sequencer import Sequencer
from web.blobs import Blobs, Folder
from web.logs import note
from web.services import LOG_KEY, Services, read_key
from web.worker import leftovers, letters
from web.worker.context import Context
from web.worker.tender import TenderSweep

LOGGER: Final = logging.getLogger("mingjing.worker")


class Worker:
    """One worker over its services. Several may run: they take turns by the streams' versions and the tree's row."""

    def __init__(self, services: Services, blobs: Blobs | None = None) -> None:
        """`blobs`: where the box keeps ciphertexts; the configured folder if not given."""
        folders = services.config.folders
        self._context = Context(services, blobs or Folder(folders.blobs))
        self._sequencer = Sequencer(
            services.engine, folders.log, read_key(folders.keys / LOG_KEY), services.trust.policy
        )
        self._sweeps: dict[str, TenderSweep] = {}
        self._failing: dict[str, str] = {}

    def run(self, stop: threading.Event) -> None:
        """Works until `stop` is set.

        Minutes and tree beat in a thread of their own: however long an opening takes, a minute is written and
        witnessed in time, or bids of other lots would not count.
        """
        pause = self._context.services.config.worker.poll_ms / 1000
        beat = threading.Thread(target=self._beat, args=(stop, pause), name="beat", daemon=True)
        beat.start()
        while not stop.is_set():
            self.sweep()
            stop.wait(pause)
        beat.join()

    def step(self) -> None:
        """Everything that is due now, once."""
        self._guard("minutes", self._minutes)
        self.sweep()
        self._guard("sequencer", self._sequence)

    def sweep(self) -> None:
        """Letters, every tender, sweepings: all but the beat."""
        self._guard("letters", lambda: letters.take(self._context))
        tenders: list[str] = []
        self._guard("tenders", lambda: tenders.extend(self._tenders()))
        for tender in tenders:
            sweep = self._sweeps.setdefault(tender, TenderSweep(self._context, tender))
            self._guard(tender, lambda sweep=sweep, tender=tender: self._parts(tender, sweep))  # type: ignore[misc]  # bound now
        self._guard("sweepings", self._forget)
        self._guard("leftovers", self._clear)

    def _parts(self, tender: str, sweep: TenderSweep) -> None:
        for name, part in sweep.parts():
            self._guard(f"{tender} {name}", part)

    def _beat(self, stop: threading.Event, pause: float) -> None:
        while not stop.is_set():
            self._guard("minutes", self._minutes)
            self._guard("sequencer", self._sequence)
            stop.wait(pause)

    def _minutes(self) -> None:
        services = self._context.services
        with transaction(services.engine) as conn:
            box_minutes.write_minutes(conn, services.interval, services.entropy)

    def _sequence(self) -> None:
        self._sequencer.step()

    def _tenders(self) -> list[str]:
        with reading(self._context.services.engine) as conn:
            found = conn.execute(
                sa.select(tables.tenders.c.tender)
                .where(tables.tenders.c.published_at != "")
                .order_by(tables.tenders.c.published_at, tables.tenders.c.tender)
            )
            return list(found.scalars())

    def _forget(self) -> None:
        with transaction(self._context.services.engine) as conn:
            now = database_now(conn)
            box_lots.forget_nonces(conn, now)
            mailbox.forget(conn, now)
            pending.forget(conn, now)

    def _clear(self) -> None:
        leftovers.clear(self._context.services.engine, self._context.blobs)

    def _guard(self, name: str, work: Callable[[], None]) -> None:
        """Runs one part; what goes wrong is noted (once, until it changes) and tried again at the next sweep."""
        try:
            work()
        except Refusal as refusal:
            self._failed(name, refusal.code, dict(refusal.params))
        except Exception as exc:
            if self._failing.get(name) != type(exc).__name__:
                # One part's trouble must not stop the others.
                LOGGER.exception("failed", extra={"fields": {"part": name}})
            self._failing[name] = type(exc).__name__
        else:
            self._failing.pop(name, None)

    def _failed(self, name: str, code: str, params: dict[str, str | int]) -> None:
        if self._failing.get(name) != code:
            note(LOGGER, "refused", part=name, code=code, params=params)
        self._failing[name] = code
