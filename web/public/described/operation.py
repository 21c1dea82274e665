"""One operation of the interface: who may call it, what goes in, what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from web.public.described.shapes import Schema

Method = Literal["GET", "POST", "PUT"]
Who = Literal["anyone", "institution", "people"]

JSON: Final = "application/json"
PLAIN: Final = "text/plain; charset=utf-8"
BYTES: Final = "application/octet-stream"


@dataclass(frozen=True)
class Parameter:
    """A part of the path, a query or a header. `example`: a value that reads well."""

    name: str
    place: Literal["path", "query", "header"]
    schema: Schema
    zh: str
    en: str
    example: str = ""


@dataclass(frozen=True)
class Answer:
    """What a caller gets when it goes well. `schema` None for what is no JSON."""

    status: int
    zh: str
    en: str
    schema: Schema | None = None
    media: str = JSON


@dataclass(frozen=True)
class Operation:
    """A method of an address (in OpenAPI's spelling, `{name}`). `example`: an answer or a body, as text.

    `roles`: of people; `body`: the schema of a JSON body, `media` of any other.
    """

    method: Method
    path: str
    zh: str
    en: str
    answers: tuple[Answer, ...]
    who: Who = "anyone"
    roles: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: Schema | None = None
    media: str = ""
    example: str = ""
    refusals: Mapping[int, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """A name of its own: `get_api_tenders_tender`."""
        words = self.path.replace("{", "").replace("}", "").strip("/")
        return f"{self.method.lower()}_{words.replace('/', '_').replace('.', '_').replace('-', '_')}"

    @property
    def tag(self) -> str:
        """The first part of its address."""
        return self.path.split("/")[1]
