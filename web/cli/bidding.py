"""The bidder's commands from the sealed bid on: submit, replace, withdraw, status, supply, ask, object."""

from __future__ import annotations

import json
from dataclasses import replace as changed
from pathlib import Path
from typing import Final

import click

from web import words
from web.cli import shell
from web.cli.bid import draft as drafts
from web.cli.bid.home import Home
from web.cli.bid.job import Job
from web.cli.bid.rehearsal import rehearse as rehearsal
from web.cli.bidder import _pair, home_option, lot_arguments

_KINDS: Final = {"submission": "client.kind_submission", "withdrawal": "client.kind_withdrawal"}


@click.command()
@lot_arguments
@home_option
@shell.in_words
def submit(tender: str, lot: str, root: Path) -> None:
    """Send the sealed bid; again after a cut line, it goes on where it was. The receipt is checked and kept."""
    job = Job(Home(root))
    with job.home.alone():
        said = job.submit(job.draft(tender, lot))
    shell.say(
        "client.accepted",
        at=shell.when(str(said["at"])),
        minute=shell.when(str(said["minute"])),
        sha256=said["submission_sha256"],
    )


@click.command()
@lot_arguments
@home_option
@click.option("--set", "given", multiple=True, metavar="QUESTION=VALUE", help="A changed answer; again for more.")
@click.option("--prepare", is_flag=True, help="Only begin the next version: fill, sign, seal and submit by hand.")
@shell.in_words
def replace(tender: str, lot: str, root: Path, given: tuple[str, ...], *, prepare: bool) -> None:
    """Replace the bid by its next version, sealed anew. The old one is never opened."""
    job = Job(Home(root))
    with job.home.alone():
        old, known = job.draft(tender, lot), job.known(tender)
        draft = changed(old, seq=job.next_seq(old))
        draft = drafts.with_answers(draft, known.form(lot), dict(_pair(one, "=") for one in given))
        draft.save()
        if prepare:
            shell.say("client.next_version", seq=draft.seq)
            return
        job.sign(draft)
        job.sign_own(draft)
        job.seal(draft, known)
        said = job.submit(draft)
    shell.say(
        "client.accepted",
        at=shell.when(str(said["at"])),
        minute=shell.when(str(said["minute"])),
        sha256=said["submission_sha256"],
    )


@click.command()
@lot_arguments
@home_option
@shell.in_words
def withdraw(tender: str, lot: str, root: Path) -> None:
    """Withdraw the bid before the deadline. It stays shut for ever."""
    job = Job(Home(root))
    with job.home.alone():
        said = job.withdraw(job.draft(tender, lot))
    shell.say("client.withdrawn", at=shell.when(str(said["at"])), minute=shell.when(str(said["minute"])))


@click.command()
@home_option
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@shell.in_words
def status(root: Path, *, as_json: bool) -> None:
    """What the box has of you: receipts, whether their minutes are witnessed, and whether the roll names them."""
    job = Job(Home(root))
    with job.home.alone():
        found = [job.status(tender, lot) for tender, lot in job.home.bids()]
    if as_json:
        click.echo(json.dumps(found))
        return
    if not found:
        shell.say("client.status_none")
    for one in found:
        shell.say("client.status_lot", tender=one["tender"], lot=one["lot"], deadline=shell.when(one["deadline"]))
        if not one["bids"]:
            shell.say("client.status_no_bid")
        newest = max((row["seq"] for row in one["bids"]), default=0)
        for row in one["bids"]:
            kind = words.say(_KINDS[row["kind"]], {}, shell.lang())
            shell.say("client.status_bid", kind=kind, seq=row["seq"], at=shell.when(row["at"]))
            if row["seq"] < newest:
                shell.say("client.status_replaced")
            witnessed = "client.minute_witnessed" if row["witnessed"] else "client.minute_waits"
            shell.say(witnessed, minute=shell.when(row["minute"]))
            if row["stale"]:
                shell.say("client.stale_terms")
            if row["on_roll"] is not None and row["kind"] == "submission":
                shell.say("client.on_roll" if row["on_roll"] else "client.not_on_roll", sha256=row["sha256"])


@click.command()
@lot_arguments
@home_option
@click.option("--sha256", default="", help="Only this ciphertext; else all of the bid.")
@shell.in_words
def supply(tender: str, lot: str, root: Path, sha256: str) -> None:
    """Send ciphertexts of your accepted bid again, where the platform lost them."""
    job = Job(Home(root))
    with job.home.alone():
        sent = job.supply(tender, lot, sha256)
    shell.say("client.supplied", count=len(sent))


@click.command()
@lot_arguments
@home_option
@click.option("--text", required=True, help="The question, at most 4,000 characters.")
@shell.in_words
def ask(tender: str, lot: str, root: Path, text: str) -> None:
    """Ask about the documents. The question is published, who asked it is known to nobody."""
    job = Job(Home(root))
    with job.home.alone():
        ticket = job.home.ticket(tender, lot)
        said = job.box(tender, lot).letter("enquiries", {"tender": tender, "lot": lot, "text": text}, ticket)
    shell.say("client.asked", id=said["id"])


@click.command("object")
@lot_arguments
@home_option
@click.option("--kind", type=click.Choice(["documents", "opening", "result"]), required=True)
@click.option("--text", required=True, help="The objection, at most 4,000 characters.")
@shell.in_words
def object_(tender: str, lot: str, root: Path, kind: str, text: str) -> None:
    """Object to the documents, the opening or the result. It is published with your bid key, not your name."""
    job = Job(Home(root))
    with job.home.alone():
        body: dict[str, object] = {"tender": tender, "lot": lot, "kind": kind, "text": text}
        # To the documents a ticket is enough, and is all that is shown: the objection is published before the roll.
        ticket = job.home.ticket(tender, lot) if kind == "documents" else None
        said = job.box(tender, lot).letter("objections", body, ticket)  # type: ignore[arg-type]  # strings are Json
    shell.say("client.objected", id=said["id"])


@click.command()
@lot_arguments
@home_option
@click.option("--text", required=True, help="The explanation, at most 4,000 characters; it is published.")
@shell.in_words
def explain(tender: str, lot: str, root: Path, text: str) -> None:
    """Explain a price that the rules find abnormally low, in time, or add to what you said."""
    job = Job(Home(root))
    with job.home.alone():
        said = job.box(tender, lot).letter("explanations", {"tender": tender, "lot": lot, "text": text}, None)
    shell.say("client.explained", id=said["id"])


@click.command()
@home_option
@click.option("--tender", help="Take the custodians of this tender; else those of the trust file.")
@click.option("--seconds", default=60, show_default=True, help="How long answers are waited for.")
@shell.in_words
def rehearse(root: Path, tender: str | None, seconds: int) -> None:
    """Seal random bytes to the custodians' throw-away keys and have them opened: try all of it before it counts."""
    job = Job(Home(root))
    with job.home.alone():
        rehearsal(job, tender, seconds)
