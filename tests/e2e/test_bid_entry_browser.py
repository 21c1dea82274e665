"""A partner's entry in the browser: it brings its registration, which counts only where the witnessed log has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from tests.support.proofs import SmallLog, trust
from tests.support.static_pages import served

# Writes the partner's file and reads it again, as the lead does.
TAKE: Final = """async ([entry, own, written, read]) => {
  const {entryFile, readEntry} = await import("/static/js/bid/registration.js");
  try {
    const file = await entryFile(entry, own, written);
    const {party, entry: taken} = await readEntry(JSON.parse(await file.text()), read);
    return {uscc: party.uscc, taken};
  } catch (error) {
    if (!error.code) throw error;
    return {code: error.code};
  }
}"""
READ: Final = """async ([value, trust]) => {
  const {readEntry} = await import("/static/js/bid/registration.js");
  try {
    return {uscc: (await readEntry(value, trust)).party.uscc};
  } catch (error) {
    if (!error.code) throw error;
    return {code: error.code};
  }
}"""
PUBLIC: Final = {
    "party": "p-bee",
    "uscc": "91350100MA0000001X",
    "name": {"zh": "蜜蜂", "en": "Bee"},
    "seal_key": "ab" * 32,
    "person": {"ref": "head-of-bee", "key": "cd" * 32},
    "holds": [],
}
ENTRY: Final = {"party": "p-bee", "seal": {"key": "ab" * 32, "signature": "00" * 64}, "person": {"cms": "30"}}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with served() as url:
        context = browser.new_context()
        made = context.new_page()
        made.goto(f"{url}/")
        yield made
        context.close()


def registered(log: SmallLog, **changed: Any) -> dict[str, Any]:
    """The registration of a partner, with other events before and after it."""
    log.add("log", 1, "log.opened", {})
    about = {"stream": "party/p-bee", "version": 1, "type_": "party.registered", "public": PUBLIC, **changed}
    shown = log.add(**about)
    log.add("box", 1, "box.minute", {"minute": "2026-12-01T04:00:00.000Z"})
    return shown


def test_a_partner_s_file_says_whose_keys_signed(page: Page) -> None:
    log = SmallLog()
    own = {"party": "p-bee", "events": [log.proved(registered(log))]}
    got = page.evaluate(TAKE, [ENTRY, own, trust(), trust()])
    assert got == {"uscc": PUBLIC["uscc"], "taken": ENTRY}, "what is sealed is the entry alone"


def test_no_file_is_written_before_witnesses_have_seen_the_registration(page: Page) -> None:
    log = SmallLog()
    own = {"party": "p-bee", "events": [{**registered(log), "proof": ""}]}
    assert page.evaluate(TAKE, [ENTRY, own, trust(), trust()]) == {"code": "client.not_in_log"}


def changed_public(log: SmallLog) -> dict[str, Any]:
    shown = registered(log)
    other = {**shown["event"], "public": {**PUBLIC, "seal_key": "ef" * 32}}
    return {**log.proved(shown), "event": other}


def few_witnesses(log: SmallLog) -> dict[str, Any]:
    return log.proved(registered(log), witnesses=1)


def of_another(log: SmallLog) -> dict[str, Any]:
    public = {**PUBLIC, "party": "p-cow"}
    return log.proved(registered(log, stream="party/p-cow", public=public))


def second(log: SmallLog) -> dict[str, Any]:
    return log.proved(registered(log, version=2))


def another_kind(log: SmallLog) -> dict[str, Any]:
    return log.proved(registered(log, type_="person.registered"))


def proof_of_another(log: SmallLog) -> dict[str, Any]:
    shown = registered(log)
    return {**shown, "proof": log.proof(0)}


LIES: Final[list[tuple[Callable[[SmallLog], dict[str, Any]], str]]] = [
    (changed_public, "merkle.not_included"),
    (few_witnesses, "checkpoint.too_few_witnesses"),
    (of_another, "home.not_registered"),
    (second, "home.not_registered"),
    (another_kind, "home.not_registered"),
    (proof_of_another, "merkle.not_included"),
]


@pytest.mark.parametrize(("lie", "code"), LIES, ids=lambda one: getattr(one, "__name__", ""))
def test_a_registration_that_is_not_the_log_s_is_refused(
    page: Page, lie: Callable[[SmallLog], dict[str, Any]], code: str
) -> None:
    value = {**ENTRY, "registration": lie(SmallLog())}
    assert page.evaluate(READ, [value, trust()]) == {"code": code}


@pytest.mark.parametrize("dropped", ["registration", "seal", "person", "party"])
def test_a_file_that_lacks_a_member_is_refused(page: Page, dropped: str) -> None:
    log = SmallLog()
    value = {**ENTRY, "registration": log.proved(registered(log))}
    del value[dropped]
    assert page.evaluate(READ, [value, trust()]) == {"code": "canonical.missing_member"}
