"""Claims: what is promised, each a pure function of the evidence that yields what speaks against it.

A package writes its claims in its `verify.py`:

    @claim("ledger.first_roll", article="docs/formats/sealing.md §5", zh="…", en="…")
    def first_roll(evidence: Evidence) -> Iterator[Finding]:
        if …:
            yield Failure("roll.not_first", {"lot": lot})

The name `first_roll` is then a `Claim`; `collect(module)` gives a module's claims in the order they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Final, Generic, Literal, TypeVar

from ledger.basics.errors import Param, Refusal

E = TypeVar("E")
Language = Literal["zh", "en"]
Verdict = Literal["holds", "fails", "not_applicable"]

_ID: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+\Z")


@dataclass(frozen=True)
class Failure:
    """What speaks against a claim: a code and parameters, as in `Refusal`."""

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)


@dataclass(frozen=True)
class Remark:
    """What a reader should know though the claim holds ("on the platform's word"): a code and parameters."""

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)


Finding = Failure | Remark


class NotApplicable(Exception):
    """Raised by a claim whose subject isn't in the evidence; the code says why."""

    def __init__(self, code: str, /, **params: Param) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: dict[str, Param] = dict(params)


@dataclass(frozen=True)
class Claim(Generic[E]):
    """A promise: its id, where it comes from (article of law or of a format), its words, and the check."""

    id: str
    article: str
    zh: str
    en: str
    check: Callable[[E], Iterable[Finding]]

    def __call__(self, evidence: E) -> Iterable[Finding]:
        """What the check finds; may raise what the check raises."""
        return self.check(evidence)

    def words(self, language: Language) -> str:
        """The promise in a language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Result:
    """The outcome of one claim. `not_applicable` always states its reason in `remarks`."""

    claim: str
    verdict: Verdict
    remarks: tuple[Remark, ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return self.verdict != "fails"


def claim(id: str, *, article: str, zh: str, en: str) -> Callable[[Callable[[E], Iterable[Finding]]], Claim[E]]:
    """Makes a claim of a check. Raises ValueError for an id unlike `ledger.first_roll` or a missing word."""
    if not _ID.match(id) or not article or not zh or not en:
        raise ValueError(f"a claim needs a dotted id, its article and both words: {id!r}")

    def made(check: Callable[[E], Iterable[Finding]]) -> Claim[E]:
        return Claim(id, article, zh, en, check)

    return made


def collect(*modules: ModuleType) -> list[Claim[object]]:
    """The claims that modules define, in their order. Raises ValueError if two share an id."""
    found: dict[str, Claim[object]] = {}
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Claim) and found.setdefault(value.id, value) is not value:
                raise ValueError(f"two claims called {value.id!r}")
    return list(found.values())


def run(claims: Sequence[Claim[E]], evidence: E) -> list[Result]:
    """Every claim's result; none stops the others, nothing is raised.

    A `Refusal` inside a claim is a failure with its code; any other exception is `claim.crashed`.
    """
    return [run_one(one, evidence) for one in claims]


def run_one(one: Claim[E], evidence: E) -> Result:
    """The result of one claim."""
    remarks: list[Remark] = []
    failures: list[Failure] = []
    try:
        for finding in one(evidence):
            if isinstance(finding, Failure):
                failures.append(finding)
            else:
                remarks.append(finding)
    except NotApplicable as exc:
        if not failures:
            return Result(one.id, "not_applicable", (*remarks, Remark(exc.code, exc.params)))
        remarks.append(Remark(exc.code, exc.params))
    except Refusal as exc:
        failures.append(Failure(exc.code, exc.params))
    except Exception as exc:  # noqa: BLE001 - a forged bundle may break a check anywhere, and must not silence the rest
        failures.append(Failure("claim.crashed", {"claim": one.id, "type": type(exc).__name__}))
    return Result(one.id, "fails" if failures else "holds", tuple(remarks), tuple(failures))


def listing(claims: Iterable[Claim[E]], language: Language) -> list[str]:
    """The printed list: `id: words (article)`, one line a claim."""
    if language == "zh":
        return [f"{one.id}：{one.zh}（{one.article}）" for one in claims]
    return [f"{one.id}: {one.en} ({one.article})" for one in claims]
