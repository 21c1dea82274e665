"""What the office's commands share: whose folder, why, and what became of an act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from web import texts
from web.cli import shell
from web.cli.desk.person import Person

F = TypeVar("F", bound=Callable[..., Any])


def person_option(command: F) -> F:
    """`--person`: the person's own folder."""
    return click.option(
        "--person",
        "root",
        type=shell.folder(),
        envvar="MINGJING_PERSON",
        required=True,
        help="Your own folder: address, token, key (else $MINGJING_PERSON).",
    )(command)


def reason_option(command: F) -> F:
    """`--reason`: signed with the act and published with it."""
    return click.option("--reason", required=True, help="Why; it is signed and published with the act.")(command)


def events_of(person: Person, stream: str) -> list[dict[str, Any]]:
    """A stream's public events as the office serves them: for reading, not for believing."""
    found: list[dict[str, Any]] = []
    while page := person.office.get(f"/api/streams/{stream}?after={found[-1]['version'] if found else 0}")["events"]:
        found += [row["event"] for row in page]
    return found


def told(person: Person, answer: dict[str, Any]) -> None:
    """Says what became of an act: executed, or waiting for whose signature."""
    if answer.get("pending"):
        shell.say("client.act_pending", have=answer["have"], need=answer["need"])
        for row in person.waiting():
            show_act(row)
            shell.say("client.act_next", id=row["id"])
    for event in answer.get("events", []):
        said = texts.text(f"event.{event['type']}", shell.lang())
        shell.say("client.act_done", said=said, stream=event["stream"], version=event["version"])


def show_act(row: dict[str, Any]) -> None:
    """A waiting act as the second person reads it: what it does, to what, and of a notice what matters most."""
    lang = shell.lang()
    click.echo(f"{row['id']}  {texts.text('event.' + row['act'], lang)}  {row['subject']}")
    notice = row["body"].get("notice")
    if not notice:
        return
    click.echo(f"    {notice['title'][lang]}")
    click.echo(f"    {texts.text('deadline', lang)}: {shell.when(notice['published_for']['deadline'])}")
    for lot in notice["lots"]:
        ceiling = f" · {texts.text('ceiling', lang)} {texts.money(lot['ceiling_fen'])}" if lot["ceiling_fen"] else ""
        click.echo(f"    {texts.text('lot', lang)} {lot['lot']} · {lot['title'][lang]}{ceiling}")
    ids = ", ".join(one["id"] for one in notice["custodians"])
    click.echo(f"    {texts.text('custodians', lang)}: {ids} (t = {notice['t']})")
