"""What the office's commands share: whose folder, why, and what became of an act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

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
    return [row["event"] for row in person.office.get(f"/api/streams/{stream}")["events"]]


def told(person: Person, answer: dict[str, Any]) -> None:
    """Says what became of an act: executed, or waiting for whose signature."""
    if answer.get("pending"):
        shell.say("client.act_pending", have=answer["have"], need=answer["need"])
        for row in person.waiting():
            click.echo(f"{row['id']}  {row['act']}  {row['subject']}")
            shell.say("client.act_next", id=row["id"])
    for event in answer.get("events", []):
        shell.say("client.act_done", type=event["type"], stream=event["stream"], version=event["version"])
