"""What goes over a hall's socket (docs/formats/live.md): one JSON object a frame, of exactly these shapes.

A client says `Watch` once and nothing else. The server says `Hello`, then `Said` with numbered messages in their order,
and now and then `State` (and `Staff`, to those who may have it), which has no number: it is how things stand, not what
happened.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from ledger.basics.errors import Refusal
from web.live.messages import AnyMessage, Message, Strict, Text

VERSION: Final = 1
MAX_SIZE: Final = 64 * 1024  # bytes of one frame from a client
BATCH: Final = 32 * 1024  # bytes of messages after which a `Said` is sent off; one message may be longer

Audience = Literal["public", "staff"]


class Watch(Strict, tag_field="type", tag="watch"):
    """A client's one message: its ticket, and the number of the last message that it has (0: none)."""

    v: Literal[1]
    ticket: Annotated[str, msgspec.Meta(max_length=4096)]
    last: Annotated[int, msgspec.Meta(ge=0, le=1 << 31)]


class Said(Strict, tag_field="type", tag="said"):
    """Numbered messages in their order, without gap, going on from the last that the client has."""

    messages: list[AnyMessage]


class Hello(Strict, tag_field="type", tag="hello"):
    """The server's first frame: which hall, as whom, its time, and the number of the last message there is."""

    v: Literal[1]
    tender: str
    lot: str
    audience: Audience
    now: str
    head: int


class State(Strict, tag_field="type", tag="state"):
    """The lot's phase in a word and a sentence ("" for none), the deadline in force, silent custodians."""

    now: str
    phase: str
    word: Text
    says: Text
    deadline: str
    silent: list[str]


class Owed(Strict):
    """What somebody owes: a step of the profile, by when and by which article; `subject`: an objection, or ""."""

    step: str
    subject: str
    limit: str
    article: str
    lamp: Literal["", "yellow", "red"]
    say: Text


class Staff(Strict, tag_field="type", tag="staff"):
    """What the tenderee, the centre and the supervisor see besides: what is owed, and who is silent."""

    now: str
    owed: list[Owed]
    silent: list[str]


Frame = Hello | Said | State | Staff

_READER: Final = msgspec.json.Decoder(Watch, strict=True)
_CLIENT: Final[msgspec.json.Decoder[Frame]] = msgspec.json.Decoder(Frame, strict=True)
_WRITER: Final = msgspec.json.Encoder()


def read(data: str | bytes) -> Watch:
    """A client's message. Raises `Refusal("live.malformed")`."""
    try:
        return _READER.decode(data)
    except (msgspec.MsgspecError, UnicodeError) as why:
        raise Refusal("live.malformed") from why


def read_frame(data: str | bytes) -> Frame:
    """A server's frame, as a client reads it. Raises `Refusal("live.malformed")`."""
    try:
        return _CLIENT.decode(data)
    except (msgspec.MsgspecError, UnicodeError) as why:
        raise Refusal("live.malformed") from why


def encode(value: Message | Hello | State | Staff | Watch) -> bytes:
    """A frame, or one message for `said`."""
    return _WRITER.encode(value)


def said(messages: list[bytes]) -> bytes:
    """The frame `{"type": "said", "messages": […]}` of messages that are encoded already."""
    return b'{"type":"said","messages":[' + b",".join(messages) + b"]}"
