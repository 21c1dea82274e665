"""What forgeries are made with: hooks into the play, other lines in a bundle, other signatures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from bidding.acts.keys import act_object
from bidding.procedures import listing
from ledger import bundle as bundles
from ledger.basics import signing
from ledger.basics.canonical import Json, canonical, parse
from ledger.bundle import Bundle, Line
from ledger.events import Draft
from tests.forgeries import cast as people
from tests.forgeries.cast import TENDER, key
from tests.forgeries.play import Play, played
from tests.forgeries.stage import SECOND, TENDER_STREAM

F4: Final = f"lot/{TENDER}/f4"
LOW: Final = f"lot/{TENDER}/low"


@dataclass(frozen=True)
class Forgery:
    """A forged bundle: what it is, the claim that must refuse it, and how it is made."""

    name: str
    claim: str
    make: Callable[[], bytes]


FORGERIES: Final[list[Forgery]] = []


def forgery(claim: str) -> Callable[[Callable[[], bytes | Bundle | Play]], None]:
    """Registers a forgery of a claim."""

    def register(make: Callable[[], bytes | Bundle | Play]) -> None:
        def made() -> bytes:
            out = make()
            if isinstance(out, Play):
                out = out.bundle()
            return out.pack() if isinstance(out, Bundle) else out

        FORGERIES.append(Forgery(make.__name__, claim, made))

    return register


def hooked(step: str, until: str, **hooks: Callable[[dict[str, Any]], Mapping[str, Any] | None]) -> Play:
    """The play from `step` on, with some events changed, lists in place; `lot_closed__low` is `lot.closed@low`."""
    play = played(step)
    for name, change in hooks.items():
        type_, _, lot = name.partition("__")
        play.hooks[type_.replace("_", ".", 1) + ("@" + lot if lot else "")] = _changing(change)
    return play.go(until)


def _changing(change: Callable[[dict[str, Any]], Mapping[str, Any] | None]) -> Any:
    def hook(play: Play, _stream: str, draft: Draft) -> Draft | None:
        whole = listing.whole(draft.type, draft.public, play.read)
        public = change(cast(dict[str, Any], parse(canonical(whole))))
        if public is None:
            return None
        if draft.type in listing.MEMBERS:
            # The true list is nothing that anybody names any more.
            del play.documents[str(draft.public[listing.MEMBERS[draft.type]])]
            public = play.said(listing.body(draft.type, public))
        return replace(draft, public=dict(public))

    return hook


def lines(bundle: Bundle, stream: str, change: Callable[[tuple[Line, ...]], tuple[Line, ...]]) -> Bundle:
    """A bundle with another stream, its tree as it was."""
    return replace(bundle, streams={**bundle.streams, stream: change(bundle.streams[stream])})


def edited(line: Line, **public: Json) -> Line:
    """A line whose event says something else."""
    event = bundles.decode(line)
    return replace(line, event=replace(event, public={**event.public, **public}).encode())


def signed_notice(notice: dict[str, Any], *names: str) -> dict[str, Any]:
    """A notice's event, signed."""
    body = {"notice": notice}
    acts = [
        signing.sign("act", act_object("tender.published", TENDER_STREAM, body, "as the file says", at), key(name))
        for at, name in zip((people.START, people.START + SECOND), names or ("tess", "agnes"), strict=True)
    ]
    return {**body, "acts": acts}


def noticed(until: str, change: Callable[[dict[str, Any]], None]) -> Play:
    """The play with another notice, signed by the same two."""

    def other(public: dict[str, Any]) -> dict[str, Any]:
        change(public["notice"])
        return signed_notice(public["notice"])

    return hooked("draft", until, tender_published=other)


def first_candidate(play: Play, lot: str) -> dict[str, Any]:
    """The body of an award to the first candidate."""
    row = cast(Any, play.last("lot.candidates_published", lot).event.public["candidates"])[0]
    return {"bid_key": row["bid_key"], "rank": row["rank"], "price_fen": row["price_fen"]}
