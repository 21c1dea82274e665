"""Headers: what a form's ciphertext holds (§5). Shapes only; what the answers mean is bidding's business."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, cast

from ledger.basics.canonical import Json, canonical, members, parse_object, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H

IDENTITY: Final = "identity"
_SIGNED: Final = ("signatures", "statement")
_MAX_NAME: Final = 255
# Fixed ranges, not Unicode categories, which differ between versions; C1 controls and what turns or hides text too.
_NOT_PLAIN: Final = re.compile("[/\\\\\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True)
class File:
    """A file of a bid: plain name, bytes, SHA-256."""

    name: str
    size: int
    sha256: bytes


@dataclass(frozen=True)
class Header:
    """A parsed header. `statement` and `signatures` are the identity part's, None elsewhere."""

    part: str
    salt: bytes
    form: dict[str, str]
    files: tuple[File, ...]
    client: dict[str, str]
    statement: dict[str, Json] | None
    signatures: list[Json] | None
    raw: dict[str, Json]

    @property
    def files_length(self) -> int:
        """The bytes of all files together."""
        return sum(file.size for file in self.files)


def parse_header(data: bytes, part: str) -> Header:
    """The header of canonical bytes, of this part. Raises `Refusal` for every other bytes."""
    return read_header(parse_object(data), part)


def read_header(value: object, part: str) -> Header:
    """The header of an object; the same checks for one about to be sealed and for one just opened."""
    got = members(value, "client files form part salt" + (" signatures statement" if part == IDENTITY else ""))
    if got["part"] != part:
        raise Refusal("sealed.header_part", part=part)
    form, files, client = got["form"], got["files"], members(got["client"], "tool", "machine")
    statement, signatures = got.get("statement"), got.get("signatures")
    if not isinstance(form, dict) or not all(isinstance(answer, str) for answer in form.values()):
        raise Refusal("sealed.header_form")
    if not isinstance(files, list):
        raise Refusal("sealed.header_files")
    if not all(isinstance(word, str) for word in client.values()):
        raise Refusal("sealed.header_client")
    if part == IDENTITY and not (isinstance(statement, dict) and isinstance(signatures, list)):
        raise Refusal("sealed.header_statement")
    listed = tuple(_file(item) for item in files)
    if len({file.name for file in listed}) != len(listed):
        raise Refusal("sealed.header_files")
    return Header(
        part,
        unhex(got["salt"], 32, "salt"),
        cast(dict[str, str], form),
        listed,
        cast(dict[str, str], client),
        cast("dict[str, Json] | None", statement),
        cast("list[Json] | None", signatures),
        got,
    )


def header_sha256(header: dict[str, Json]) -> bytes:
    """`H("mingjing/header/v1\\0" ‖ canonical(header))`, without `statement` and `signatures`. 32 bytes."""
    bare = {name: value for name, value in header.items() if name not in _SIGNED}
    return H(b"mingjing/header/v1\0", canonical(bare))


def _file(value: object) -> File:
    got = members(value, "name sha256 size")
    name, size = got["name"], got["size"]
    if not isinstance(name, str) or not _plain(name):
        raise Refusal("sealed.header_file_name")
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise Refusal("sealed.bad_size", field="files.size")
    return File(name, size, unhex(got["sha256"], 32, "files.sha256"))


def _plain(name: str) -> bool:
    """A name that no file system reads as a path and no screen shows as another: neither separators nor controls."""
    return name not in {"", ".", ".."} and len(name.encode("utf-8")) <= _MAX_NAME and not _NOT_PLAIN.search(name)
