"""Who somebody is, as a hall says it: custodians by the trust file, organisations by their registrations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from web import texts
from web.live.messages import Member, Reason, Text
from web.words import LANGS, Lang, both

NOBODY = Text(zh="", en="")


class Names(Protocol):
    """Where names come from."""

    def party(self, uscc: str, before: int) -> Text | None:
        """The organisation of this code, if its registration stands before this place of the tree."""
        ...

    def custodian(self, id_: str) -> Text:
        """A custodian's name; its id where the trust file does not know it."""
        ...


def text(key: str, **values: Text | str | int) -> Text:
    """A text of the pages in both languages, its values filled in; a `Text` in the language of the sentence."""
    said = {name: {lang: _in(one, lang) for lang in LANGS} for name, one in values.items()}
    return Text(
        **{
            lang: texts.text(key, lang, **{name: one[lang] for name, one in said.items()})  # texts: relayed
            for lang in LANGS
        }
    )


def _in(value: Text | str | int, lang: Lang) -> str | int:
    return getattr(value, lang) if isinstance(value, Text) else value


def reason(said: Mapping[str, Any]) -> Reason | None:
    """A reason of an event, with its words; None for none."""
    if not said:
        return None
    params = {str(name): value if isinstance(value, int) else str(value) for name, value in said["params"].items()}
    return Reason(
        code=said["code"], article=said["article"], params=params, words=Text(**both(said["code"], said["params"]))
    )


def why(found: Reason | None) -> Text:
    """A reason as a clause, with its article."""
    if found is None:
        return NOBODY
    if not found.article:
        return found.words
    return Text(
        zh=f"{found.words.zh}（{found.article}）", en=f"{found.words.en} ({texts.article(found.article, 'en')})"
    )


def members(rows: Iterable[Mapping[str, Any]], names: Names, before: int) -> list[Member]:
    """The parties of a bid."""
    return [
        Member(uscc=row["uscc"], role=row["role"], share=row["share"], name=names.party(row["uscc"], before) or NOBODY)
        for row in rows
    ]


def who(parties: Iterable[Member], bid_key: str) -> Text:
    """A bid's parties in one line; the beginning of its key where they are not known."""
    listed = list(parties)
    if not listed:
        return text("hall.unnamed", bid=bid_key[:16])
    return Text(**{lang: " + ".join(getattr(one.name, lang) or one.uscc for one in listed) for lang in LANGS})
