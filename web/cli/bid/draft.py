"""A bid while it is being written: answers, files, who bids together, and its number (docs/formats/bid-folder.md).

Everything a person typed stays on the disk, right or wrong; only sealing refuses what is wrong.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, cast

from bidding.form import Form, Problem, check_answers
from bidding.submission import PARTS
from ledger.basics.canonical import Json, canonical, members
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy, system_entropy
from ledger.files import write_atomically
from ledger.sealed.content import BLOCK
from ledger.sealed.header import read_header
from web.cli.bid.home import read_json

TOOL: Final = "mingjing"
# A statement that is not signed yet stands in for the real one where only the shape of a header is looked at.
_UNSIGNED: Final[dict[str, Json]] = {"statement": {}, "signatures": []}


@dataclass(frozen=True)
class Draft:
    """`answers`: part → question → answer; `partners`: (code, share) of the parties of a joint bid, the lead first."""

    folder: Path
    tender: str
    lot: str
    seq: int = 1
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    partners: tuple[tuple[str, str], ...] = ()

    def answers_to(self, part: str) -> dict[str, str]:
        """The answers of a part."""
        return dict(self.answers.get(part, {}))

    def files(self, part: str) -> list[Path]:
        """The files of a part, by name; part `offer` has those in `files/offer`."""
        folder = self.folder / "files" / part
        return sorted(path for path in folder.iterdir() if path.is_file()) if folder.exists() else []

    def save(self) -> None:
        """Write it down."""
        answers: dict[str, Json] = {part: dict[str, Json](self.answers_to(part)) for part in self.answers}
        value: dict[str, Json] = {
            "v": 1,
            "tender": self.tender,
            "lot": self.lot,
            "seq": self.seq,
            "answers": answers,
            "partners": [[uscc, share] for uscc, share in self.partners],
        }
        write_atomically(self.folder / "bid.json", canonical(value) + b"\n", 0o600)

    # --- what is on disk beside it --------------------------------------------------------------------------------

    @property
    def work(self) -> Path:
        """Headers, statement and signatures of this version."""
        return self.folder / "work" / str(self.seq)

    @property
    def sealed(self) -> Path:
        """The submission and the ciphertexts of this version, once sealed."""
        return self.folder / "sealed" / str(self.seq)

    def next(self, seq: int) -> Draft:
        """The bid's next version with the same answers and files."""
        return replace(self, seq=seq)


def read(folder: Path, tender: str, lot: str) -> Draft:
    """The draft in a folder; a new one where there is none."""
    path = folder / "bid.json"
    if not path.exists():
        return Draft(folder, tender, lot)
    got = members(read_json(path), "v tender lot seq answers partners")
    if (got["tender"], got["lot"]) != (tender, lot):
        raise Refusal("bid.other_lot", file=str(path), tender=str(got["tender"]), lot=str(got["lot"]))
    partners = tuple((str(one[0]), str(one[1])) for one in cast(list[Any], got["partners"]))
    return Draft(folder, tender, lot, cast(int, got["seq"]), cast(Any, got["answers"]), partners)


def with_answers(draft: Draft, form: Form, given: Mapping[str, str], removed: tuple[str, ...] = ()) -> Draft:
    """The draft with more answers: each goes to the part that asks its question; unknown ones to `offer`, to be named.

    `removed`: questions whose answers are taken out.
    """
    answers = {part: draft.answers_to(part) for part in PARTS}
    for question, answer in given.items():
        asked = form.question(question)
        answers[asked.part if asked else "offer"][question] = answer
    for question in removed:
        for part in answers.values():
            part.pop(question, None)
    return replace(draft, answers=answers)


def take_file(draft: Draft, part: str, source: Path) -> None:
    """Copies a file into the bid's folder, whole or not at all."""
    if part not in PARTS:
        raise Refusal("bid.unknown_part", part=part, parts=", ".join(PARTS))
    target = draft.folder / "files" / part / source.name
    target.parent.mkdir(parents=True, exist_ok=True)
    # Not beside the target: what a killed command leaves behind must not become a file of the bid.
    temporary = draft.folder / "files" / f".new-{part}-{target.name}"
    shutil.copyfile(source, temporary)
    temporary.replace(target)


def problems(draft: Draft, form: Form) -> list[Problem]:
    """Everything wrong with the answers, part by part, in the form's order."""
    found: list[Problem] = []
    for part in PARTS:
        names = {path.name for path in draft.files(part)}
        found += check_answers(form, part, draft.answers_to(part), names)
    return found


def headers(draft: Draft, entropy: Entropy = system_entropy) -> dict[str, dict[str, Json]]:
    """The parts' headers, with fresh salts and the files' hashes; of the identity without statement and signatures."""
    made: dict[str, dict[str, Json]] = {}
    for part in PARTS:
        rows: list[Json] = []
        for path in draft.files(part):
            size, sha256 = _hash(path)
            rows.append({"name": path.name, "size": size, "sha256": sha256})
        form: dict[str, Json] = dict(draft.answers_to(part))
        made[part] = {
            "part": part,
            "salt": entropy(32).hex(),
            "form": form,
            "files": rows,
            "client": {"tool": TOOL},
        }
        read_header({**made[part], **(_UNSIGNED if part == "identity" else {})}, part)
    return made


def blocks(draft: Draft, part: str, header: Mapping[str, Json]) -> Iterator[bytes]:
    """The bytes of a part's files in the header's order.

    Raises `Refusal("bid.file_changed")` where a file is no longer what was signed: sealing it would void the bid.
    """
    for row in cast(list[dict[str, Any]], header["files"]):
        path, sha = draft.folder / "files" / part / row["name"], hashlib.sha256()
        if not path.exists():
            raise Refusal("bid.file_changed", name=row["name"])
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                sha.update(block)
                yield block
        if sha.hexdigest() != row["sha256"]:
            raise Refusal("bid.file_changed", name=row["name"])


def _hash(path: Path) -> tuple[int, str]:
    size, sha = 0, hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            size += len(block)
            sha.update(block)
    return size, sha.hexdigest()
