"""The sequencer's process is killed (SIGKILL) again and again while events keep coming; its history stays one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from ledger import merkle
from ledger.events import Draft
from ledger.log_client import LogClient
from ledger.mirror import Mirror
from ledger.store import serve, tables, tree
from ledger.store.append import append
from ledger.store.engine import create_engine, reading, transaction
from ledger.store.sequencer import Sequencer
from tests.support.log import LOG, NOON, policy, serving
from tests.support.processes import Children
from tests.support.waiting import wait_until

PROGRAM: Final = """
import sys
from pathlib import Path
from ledger.store.engine import create_engine
from ledger.store.sequencer import Sequencer
from tests.support.log import LOG, policy

log = Sequencer(create_engine(sys.argv[1]), Path(sys.argv[2]), LOG, policy(0))
print("ready", flush=True)
while True:
    log.step()
"""


def test_killed_at_any_moment_it_goes_on_where_it_was(database_url: str, tmp_path: Path, processes: Children) -> None:
    engine, folder, written = create_engine(database_url), tmp_path / "log", 0
    tree.create(engine)
    signed: dict[int, bytes] = {}

    def sizes() -> dict[int, bytes]:
        with reading(engine) as conn:
            table = tables.checkpoints
            return {row.size: bytes(row.root) for row in conn.execute(sa.select(table.c.size, table.c.root))}

    for round_ in range(4):
        child = processes.start(sys.executable, "-c", PROGRAM, database_url, folder)
        child.wait_for("ready")
        begun = max(signed, default=0)
        while max(sizes(), default=0) < begun + 3:
            assert child.exit_code is None, child.output
            with transaction(engine) as conn:
                append(
                    conn, f"tender/n{written}", 0, [Draft("a", {"round": round_}, visible=False)], at=NOON, actor="p"
                )
            written += 1
        child.kill()
        for size, root in sizes().items():
            assert signed.setdefault(size, root) == root
    wait_until(lambda: Sequencer(engine, folder, LOG, policy(0)).step().size == written, "the last entries")
    with reading(engine) as conn:
        entries = tree.entries(conn, 0, written + 1)
    assert len(entries) == written
    assert all(merkle.root_of_entries(entries[:size]) == root for size, root in signed.items())

    def get(path: str) -> bytes | None:
        if path == "checkpoint":
            with reading(engine) as conn:
                return serve.latest(conn)
        return serve.tile(folder, path)

    with serving(get) as base:
        assert Mirror(tmp_path / "mirror", policy(0)).update(LogClient(base)).size == written
    engine.dispose()
