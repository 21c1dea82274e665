"""The evidence bundle of a tender: one zip that a stranger checks without asking anybody (docs/formats/bundle.md).

It has one spelling: files stored uncompressed, sorted, undated, every one listed in `SHA256SUMS`. The reader writes
what it read once more and wants the same bytes, so that no byte of a bundle says nothing. The sums prove nothing
against a forger, who redoes them; they name the file in which an accident happened.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from ledger import events
from ledger.basics.canonical import canonical, members, parse_object
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import check_id
from ledger.claims import Failure
from ledger.events import Event
from ledger.merkle import Frontier

VERSION: Final = 1
SUMS: Final = "SHA256SUMS"
README: Final = (
    b"Evidence bundle of a tender (Mingjing), format v1.\n"
    b"Check it offline: mingjing verify BUNDLE --trust TRUST. The trust file comes from elsewhere, never from here.\n"
    b"sha256sum -c SHA256SUMS shows damage by accident; only the log, its witnesses and the claims show a forgery.\n"
)

MAX_FILES: Final = 65_534
MAX_BYTES: Final = (1 << 32) - 1

_PATH: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*(?:/[A-Za-z0-9][A-Za-z0-9._:-]*)*\Z", re.ASCII)
_LINE: Final = re.compile(rb"(0|[1-9][0-9]{0,17}) ([0-9a-f]{64}) ")
_VALUE: Final = re.compile(rb"([1-9][0-9]{0,17}) ([0-9a-f]{64}) ([a-z0-9][a-z0-9._:/-]{0,127}) ")
_PROOF: Final = re.compile(r"(0|[1-9][0-9]{0,17})((?: [0-9a-f]{64})*)\Z", re.ASCII)
_NOTE: Final = re.compile(r"checkpoints/([0-9]{18})\.txt\Z", re.ASCII)
_NAMED: Final = re.compile(r"(submissions|withdrawals|forms|documents)/([0-9a-f]{64})\Z", re.ASCII)

_LOCAL: Final = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL: Final = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END: Final = struct.Struct("<4sHHHHIIH")
_DATE: Final = 0x0021  # 1 January 1980, the first that a zip can say

T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """A disclosed event: `index` of its leaf, `salt` (32 bytes), `event` (canonical bytes)."""

    index: int
    salt: bytes
    event: bytes

    @property
    def leaf(self) -> bytes:
        """Its entry in the tree, 32 bytes."""
        return events.leaf(self.salt, self.event)


@dataclass(frozen=True)
class Value:
    """A disclosed sealed value of an event: `version` of the event in its stream, `value` canonical bytes."""

    version: int
    salt: bytes
    name: str
    value: bytes


@dataclass(frozen=True)
class Bundle:
    """What a bundle holds, read but not believed.

    `edge`: the left edge of the tree where `entries` begin; `proofs`: index → inclusion proof (leaf's sibling first,
    under the whole tree of the bundle) of each event left of that; `notes`: size → witnessed checkpoint.
    `submissions`, `withdrawals`: canonical envelopes, `forms`: ciphertexts, `documents`: bytes, all by SHA-256 (hex).
    `trust`: the trust file as the platform tells it, for comparing.
    """

    tender: str
    edge: Frontier
    entries: tuple[bytes, ...]
    proofs: Mapping[int, tuple[bytes, ...]]
    notes: Mapping[int, bytes]
    streams: Mapping[str, tuple[Line, ...]]
    values: Mapping[str, tuple[Value, ...]]
    submissions: Mapping[str, bytes]
    withdrawals: Mapping[str, bytes]
    forms: Mapping[str, bytes]
    documents: Mapping[str, bytes]
    trust: bytes

    @property
    def size(self) -> int:
        """The size of the tree it reaches to."""
        return self.edge.size + len(self.entries)

    def files(self) -> dict[str, bytes]:
        """Path → bytes of everything but the sums."""
        tree = {"start": self.edge.size, "size": self.size}
        out = {
            "README.txt": README,
            "bundle.json": canonical({"v": VERSION, "tender": self.tender, "tree": tree}),
            "trust.json": self.trust,
            "tree/edge.bin": self.edge.to_bytes(),
            "tree/entries.bin": b"".join(struct.pack(">H", len(entry)) + entry for entry in self.entries),
            "tree/proofs.txt": "".join(
                f"{index}{''.join(' ' + one.hex() for one in proof)}\n" for index, proof in sorted(self.proofs.items())
            ).encode(),
        }
        out |= {f"checkpoints/{size:018d}.txt": note for size, note in self.notes.items()}
        for stream, lines in self.streams.items():
            out[f"streams/{stream}.txt"] = b"".join(
                b"%d %s %s\n" % (one.index, one.salt.hex().encode(), one.event) for one in lines
            )
        for stream, values in self.values.items():
            out[f"values/{stream}.txt"] = b"".join(
                b"%d %s %s %s\n" % (one.version, one.salt.hex().encode(), one.name.encode(), one.value)
                for one in values
            )
        for kind in ("submissions", "withdrawals", "forms", "documents"):
            out |= {f"{kind}/{sha256}": data for sha256, data in getattr(self, kind).items()}
        return out

    def pack(self) -> bytes:
        """The zip."""
        files = self.files()
        return pack({**files, SUMS: sums(files)})


@dataclass
class Contents:
    """What could be read: the bundle, if there is one at all, and everything that is not as the format says.

    `hashes`: path → SHA-256 (hex) of every file but the sums, for whoever asks for one again.
    """

    bundle: Bundle | None = None
    problems: list[Failure] = field(default_factory=list)
    hashes: Mapping[str, str] = field(default_factory=dict)


def sums(files: Mapping[str, bytes]) -> bytes:
    """`SHA256SUMS` of these files, as `sha256sum` writes it."""
    return _listed({path: H(data).hex() for path, data in files.items()})


def _listed(hashes: Mapping[str, str]) -> bytes:
    return "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(hashes.items())).encode()


def read(data: bytes) -> Contents:
    """Reads a bundle; nothing is raised, everything that is wrong is among the problems."""
    contents = Contents()
    try:
        files = unpack(data)
    except Refusal as why:
        contents.problems.append(Failure(why.code, why.params))
        return contents
    contents.hashes = {path: H(one).hex() for path, one in files.items() if path != SUMS}
    contents.problems += _check_sums(files.get(SUMS), contents.hashes)
    contents.bundle = _Reader({path: one for path, one in files.items() if path != SUMS}, contents.problems).bundle()
    return contents


# --- the zip ----------------------------------------------------------------------------------------------------------


def pack(files: Mapping[str, bytes]) -> bytes:
    """The one zip of these files: stored, sorted, undated. Raises `Refusal("bundle.too_big" | "bundle.path")`."""
    directory, pieces = _Directory(), []
    for path, data in sorted(files.items()):
        pieces += [directory.header(path, data), data]
    return b"".join([*pieces, directory.end()])


class _Directory:
    """What a zip has besides its files: a header before each of them, the directory behind them all."""

    def __init__(self) -> None:
        self._entries: list[bytes] = []
        self._at = 0

    def header(self, path: str, data: bytes) -> bytes:
        """The header of the next file."""
        name, crc, size = _name(path), zlib.crc32(data), len(data)
        if len(self._entries) == MAX_FILES:
            raise Refusal("bundle.too_big", limit=MAX_FILES)
        if self._at + size > MAX_BYTES - (1 << 24):
            raise Refusal("bundle.too_big", limit=MAX_BYTES)
        numbers = (_DATE, crc, size, size, len(name), 0)
        self._entries.append(_CENTRAL.pack(b"PK\1\2", 20, 20, 0, 0, 0, *numbers, 0, 0, 0, 0, self._at) + name)
        self._at += _LOCAL.size + len(name) + size
        return _LOCAL.pack(b"PK\3\4", 20, 0, 0, 0, *numbers) + name

    def end(self) -> bytes:
        """The directory."""
        entries, count = b"".join(self._entries), len(self._entries)
        return entries + _END.pack(b"PK\5\6", 0, 0, count, count, len(entries), self._at, 0)


def unpack(data: bytes) -> dict[str, bytes]:
    """The files of a zip as `pack` makes it; `Refusal("bundle.not_a_bundle" | "bundle.path" | "bundle.spelling")`.

    It is read from its first byte on and never through its directory, takes no more memory than the file has bytes, and
    whatever `pack` would not have written, bombs, comments, encryption and doubled names included, is refused: around
    the files stand exactly the bytes that it writes there, and the files in its order.
    """
    files: dict[str, bytes] = {}
    directory, at, last = _Directory(), 0, ""
    while data[at : at + 4] == b"PK\3\4":
        if len(data) < at + _LOCAL.size or len(files) == MAX_FILES:
            raise Refusal("bundle.not_a_bundle", at=at)
        *_, size, _, name_length, extra = _LOCAL.unpack_from(data, at)
        start = at + _LOCAL.size + name_length + extra
        path = data[at + _LOCAL.size : at + _LOCAL.size + name_length].decode("latin-1")
        if path in files or start + size > len(data):
            raise Refusal("bundle.not_a_bundle", at=at)
        files[path] = data[start : start + size]
        if data[at:start] != directory.header(path, files[path]) or path <= last:
            raise Refusal("bundle.spelling", at=at)
        at, last = start + size, path
    if not files:
        raise Refusal("bundle.not_a_bundle", at=at)
    if data[at:] != directory.end():
        raise Refusal("bundle.spelling", at=at)
    return files


def _name(path: str) -> bytes:
    if not _PATH.match(path) or ".." in path or len(path) > 300:
        raise Refusal("bundle.path", path=path[:64].encode("ascii", "replace").decode("ascii"))
    return path.encode("ascii")


def _check_sums(listed: bytes | None, hashes: Mapping[str, str]) -> Iterator[Failure]:
    """Every file has the hash that the sums name, and the sums name every file and no other."""
    if listed is None:
        yield Failure("bundle.file_missing", {"path": SUMS})
        return
    if listed == _listed(hashes):
        return
    named = {line[66:]: line[:64] for line in listed.decode("latin-1").split("\n")[:-1]}
    for path in sorted(hashes.keys() | named.keys()):
        if path not in hashes:
            yield Failure("bundle.file_missing", {"path": path[:100]})
        elif named.get(path) != hashes[path]:
            yield Failure("bundle.file_damaged", {"path": path[:100]})
    yield Failure("bundle.sums")


# --- what the files say -----------------------------------------------------------------------------------------------


class _Reader:
    """Reads file by file; one that is no good is noted, and what it should have held is empty."""

    def __init__(self, files: Mapping[str, bytes], problems: list[Failure]) -> None:
        self._files = files
        self._problems = problems

    def bundle(self) -> Bundle | None:
        head = self._of("bundle.json", _head)
        if head is None:
            return None
        tender, start = head
        edge = self._of("tree/edge.bin", lambda data: Frontier.from_bytes(start, data)) if start else Frontier.empty()
        named: dict[str, dict[str, bytes]] = {"submissions": {}, "withdrawals": {}, "forms": {}, "documents": {}}
        notes: dict[int, bytes] = {}
        for path, data in self._files.items():
            if match := _NAMED.match(path):
                named[match[1]][match[2]] = data
            elif match := _NOTE.match(path):
                notes[int(match[1])] = data
        if edge is None:
            return None
        made = Bundle(
            tender=tender,
            edge=edge,
            entries=self._of("tree/entries.bin", _entries) or (),
            proofs=self._of("tree/proofs.txt", _proofs) or {},
            notes=notes,
            streams=self._folder("streams", _lines),
            values=self._folder("values", _values),
            submissions=named["submissions"],
            withdrawals=named["withdrawals"],
            forms=named["forms"],
            documents=named["documents"],
            trust=self._files.get("trust.json", b""),
        )
        self._compare(made)
        return made

    def _of(self, path: str, read: Callable[[bytes], T]) -> T | None:
        if path not in self._files:
            self._problems.append(Failure("bundle.file_missing", {"path": path}))
            return None
        try:
            return read(self._files[path])
        except Refusal as why:
            self._problems.append(Failure("bundle.file_malformed", {"path": path[:100], "why": why.code}))
            return None

    def _folder(self, name: str, read: Callable[[bytes], tuple[T, ...]]) -> dict[str, tuple[T, ...]]:
        out: dict[str, tuple[T, ...]] = {}
        for path in self._files:
            if path.startswith(name + "/") and path.endswith(".txt"):
                found = self._of(path, read)
                if found is not None:
                    out[path[len(name) + 1 : -4]] = found
        return out

    def _compare(self, made: Bundle) -> None:
        """What is said in another way than the format's, or in a file that the format has not, is a problem."""
        again = made.files()
        for path in sorted(self._files.keys() | again.keys()):
            if path not in again:
                self._problems.append(Failure("bundle.file_unknown", {"path": path[:100]}))
            elif path not in self._files:
                self._problems.append(Failure("bundle.file_missing", {"path": path[:100]}))
            elif again[path] != self._files[path]:
                self._problems.append(Failure("bundle.file_malformed", {"path": path[:100], "why": "bundle.spelling"}))


def _head(data: bytes) -> tuple[str, int]:
    obj = members(parse_object(data), "v tender tree")
    tree = members(obj["tree"], "start size")
    start, size = tree["start"], tree["size"]
    if type(obj["v"]) is not int or obj["v"] != VERSION:
        raise Refusal("bundle.version", wanted=VERSION)
    if type(start) is not int or type(size) is not int or not 0 <= start <= size:
        raise Refusal("bundle.malformed")
    return check_id(obj["tender"], "tender"), start


def _entries(data: bytes) -> tuple[bytes, ...]:
    out, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        entry = data[at + 2 : at + 2 + length]
        if len(entry) != length:
            raise Refusal("bundle.malformed")
        out.append(events.check_entry(entry))
        at += 2 + length
    return tuple(out)


def _proofs(data: bytes) -> dict[int, tuple[bytes, ...]]:
    out: dict[int, tuple[bytes, ...]] = {}
    for line in _split(data):
        match = _PROOF.match(line.decode("latin-1"))
        if match is None:
            raise Refusal("bundle.malformed")
        out[int(match[1])] = tuple(bytes.fromhex(item) for item in match[2].split())
    return out


def _lines(data: bytes) -> tuple[Line, ...]:
    out = []
    for line in _split(data):
        match = _LINE.match(line)
        if match is None:
            raise Refusal("bundle.malformed")
        out.append(Line(int(match[1]), bytes.fromhex(match[2].decode()), line[match.end() :]))
    return tuple(out)


def _values(data: bytes) -> tuple[Value, ...]:
    out = []
    for line in _split(data):
        match = _VALUE.match(line)
        if match is None:
            raise Refusal("bundle.malformed")
        salt, name = bytes.fromhex(match[2].decode()), match[3].decode()
        out.append(Value(int(match[1]), salt, name, line[match.end() :]))
    return tuple(out)


def _split(data: bytes) -> list[bytes]:
    """The lines of a text; canonical JSON has no newline of its own."""
    if data and not data.endswith(b"\n"):
        raise Refusal("bundle.malformed")
    return data.split(b"\n")[:-1]


def decode(line: Line) -> Event:
    """The event of a line. Raises `Refusal("canonical.*" | "event.malformed")`."""
    return events.decode(line.event)
