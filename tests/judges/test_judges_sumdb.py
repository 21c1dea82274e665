"""Go's checksum-database code reads our log: notes, tiles, bundles, inclusion and consistency."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ledger.events import Draft, unblinded
from ledger.store import tree
from ledger.store.append import append
from ledger.store.engine import create_engine, transaction
from ledger.store.sequencer import Sequencer
from tests.support.go import program
from tests.support.log import LOG, NOON, ORIGIN, note_over, policy

SOURCE = Path(__file__).with_name("sumdb.go")


def judged(folder: Path, note: str, vkey: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    (tmp_path / "note").write_text(note, encoding="utf-8")
    command = [program(SOURCE), folder, vkey, tmp_path / "note"]
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("size", [1, 256, 700])
def test_go_accepts_our_log(sqlite_url: str, tmp_path: Path, size: int) -> None:
    engine = create_engine(sqlite_url)
    tree.create(engine)
    with transaction(engine) as conn:
        for number in range(size - 1):
            append(conn, f"tender/n{number}", 0, [Draft("a", {}, visible=False)], at=NOON, actor="p")
        append(
            conn,
            "lot/t/l",
            0,
            [Draft("a", {}, before=(unblinded("roll", {}, {}),) if size > 1 else (), visible=size > 1)],
            at=NOON,
            actor="p",
        )
    Sequencer(engine, tmp_path / "log", LOG, policy(0)).step()
    with transaction(engine) as conn:
        entries = tree.entries(conn, 0, 1000)
    engine.dispose()
    verdict = judged(tmp_path / "log", note_over(entries, witnesses=2), policy().log.text, tmp_path)
    assert verdict.stdout == f"{ORIGIN} {len(entries)} entries, 2 unknown signatures\n", verdict.stdout + verdict.stderr


def test_go_refuses_what_we_refuse(sqlite_url: str, tmp_path: Path) -> None:
    engine = create_engine(sqlite_url)
    tree.create(engine)
    with transaction(engine) as conn:
        for number in range(300):
            append(conn, f"tender/n{number}", 0, [Draft("a", {}, visible=False)], at=NOON, actor="p")
    Sequencer(engine, tmp_path / "log", LOG, policy(0)).step()
    with transaction(engine) as conn:
        entries = tree.entries(conn, 0, 1000)
    engine.dispose()
    other = note_over([*entries[:-1], bytes(32)])
    assert "refused" in judged(tmp_path / "log", other, policy().log.text, tmp_path).stdout
    forged = note_over(entries).replace("300", "299")
    assert "refused" in judged(tmp_path / "log", forged, policy().log.text, tmp_path).stdout
