"""`mingjing witness …`: what an institution types that sees to it that a log shows everyone the same tree."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ledger import checkpoint
from ledger.basics import clock
from ledger.basics.canonical import canonical, members, parse_object
from ledger.basics.clock import system_clock
from ledger.basics.errors import Refusal
from ledger.checkpoint import VerifierKey
from ledger.files import write_atomically
from ledger.institution import commands
from ledger.institution.diary import Diary
from ledger.keyfile import create_key, load_key
from ledger.log_client import LogClient
from ledger.witness.witness import Witness


@click.group("witness")
def witness() -> None:
    """See to it that the log shows everyone the same tree."""


@witness.command("init")
@commands.folder_option
@click.option("--name", required=True, help="The name in signature lines, e.g. witness.example.org/a.")
@commands.passphrase_option
def _init(root: Path, name: str, passphrase_file: Path | None) -> None:
    """Make a folder with a fresh key; show the verifier key for the trust file."""
    phrase = commands.passphrase(passphrase_file, confirm=True)
    root.mkdir(parents=True, exist_ok=True)
    key = create_key(root / "key.pem", phrase.encode("utf-8"))
    verifier = checkpoint.witness_key(name, key)
    write_atomically(root / "witness.json", canonical({"v": 1, "name": name}) + b"\n")
    click.echo(f"verifier key: {verifier.text}")


@witness.command("run")
@commands.folder_option
@commands.passphrase_option
@click.option("--log-key", required=True, help="The log's verifier key, from elsewhere than the log.")
@commands.run_options
def _run(root: Path, passphrase_file: Path | None, log_key: str, url: str, interval: float, *, once: bool) -> None:
    """Cosign the log's checkpoints as long as each continues the last."""
    name = str(members(parse_object((root / "witness.json").read_bytes().strip()), "v name")["name"])
    key = load_key(root / "key.pem", commands.passphrase(passphrase_file).encode("utf-8"))
    client = LogClient(f"{url.rstrip('/')}/log")
    process = Witness(root / "state", name, key, VerifierKey.parse(log_key), client)
    diary = Diary(root / "log.jsonl", name, system_clock, click.echo)
    click.echo(f"{name} watches {url}")

    def step() -> None:
        try:
            outcome = process.step()
        except Refusal as why:
            # Nothing ends a witness: the log may be away, or may have to answer for a fork.
            diary.refused("log", why)
            return
        diary.settled("log")
        if outcome.done == "cosigned":
            diary.did("cosigned", size=outcome.size)

    commands.loop(step, interval, once=once)


@witness.command("status")
@commands.folder_option
def _status(root: Path) -> None:
    """Say what was cosigned last, and whether evidence against the log is held."""
    state, evidence = root / "state" / "state", root / "state" / "evidence"
    held = sorted(path.name for path in evidence.iterdir()) if evidence.exists() else []
    click.echo(json.dumps({"evidence": held, "state": state.exists(), "at": clock.text(system_clock())}))
