"""What the scripts of the bidder's room say is there, and nothing is there that they do not say."""

from __future__ import annotations

import re
from typing import Final

from tests.support.tree import ROOT, assert_none
from web import texts, words
from web.bidder import book

SCRIPTS: Final = sorted((ROOT / "web/static/js/bid").glob("*.js"))
# `text("key")`, `say("key")` of a task, or a beginning that a value follows: text(`stand.${key}`).
WHOLE: Final = re.compile(r'\b(?:text|has)\(\s*"([a-z0-9_.]+)"')
EITHER: Final = re.compile(r'\b(?:text|said)\([^()"]*\? "([a-z0-9_.]+)" : "([a-z0-9_.]+)"')
TASK: Final = re.compile(r'\bsaid\("([a-z0-9_.]+)"')
NAMED: Final = re.compile(r"\b(?:key|stands) = (.+?);")
BEGUN: Final = re.compile(r"\b(?:text|has)\(`([a-z0-9_.]*)\$\{")
# What `fate.js` gives for others to say.
GIVEN: Final = re.compile(r'"((?:fate|told|alarm|verdict)\.[a-z0-9_.]+)"')
GIVEN_BEGUN: Final = re.compile(r"\[`((?:fate|told|alarm|verdict)\.[a-z0-9_.]+)\$\{")


def used() -> tuple[set[str], set[str]]:
    """Keys that stand in the scripts as a whole, and beginnings of others; without `bid.`."""
    whole: set[str] = set()
    begun: set[str] = set()
    for path in SCRIPTS:
        said = path.read_text("utf-8")
        whole |= set(WHOLE.findall(said)) | {key for pair in EITHER.findall(said) for key in pair}
        whole |= {f"task.{key}" for key in TASK.findall(said)}
        for line in NAMED.findall(said):
            whole |= set(re.findall(r'"([a-z0-9_.]+)"', line))
        whole |= set(GIVEN.findall(said))
        begun |= set(GIVEN_BEGUN.findall(said))
        begun |= {one for one in BEGUN.findall(said) if one}
    return whole, begun


def test_every_key_that_a_script_says_has_a_text() -> None:
    whole, begun = used()
    book = {key.removeprefix("bid.") for key in texts.book() if key.startswith("bid.")}
    tasks = {key.removeprefix("task.") for key in book}
    assert len(whole) > 60
    assert_none(sorted(key for key in whole if key not in book and key not in tasks))
    assert_none(sorted(one for one in begun if not any(key.startswith(one) for key in book)))


def raised() -> dict[str, set[str]]:
    """Codes that the browser's own modules refuse with, each with the parameters that they give."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "web/static/js").rglob("*.js"):
        for code, given in re.findall(r'new Refusal\(\s*"([a-z0-9_.]+)"(?:,\s*\{([^}]*)\})?', path.read_text("utf-8")):
            found.setdefault(code, set()).update(re.findall(r"(\w+)(?=\s*(?:[,:]|$))", given))
    return found


def test_words_for_a_code_are_for_a_code_that_exists() -> None:
    for key in texts.book():
        for begin in ("bid.code.", "bid.mend."):
            if key.startswith(begin):
                code = key.removeprefix(begin)
                # Some codes have other words for each field that they name.
                assert any(one in words.book() or one in raised() for one in (code, code.rpartition(".")[0])), key


def test_texts_of_a_browser_keep_the_parameters_of_their_code() -> None:
    fields = re.compile(r"\{([a-z_]+)\}")
    for key, said in texts.book().items():
        for begin in ("bid.code.", "bid.mend."):
            if key.startswith(begin):
                code = key.removeprefix(begin)
                code = code if code in words.book() or code in raised() else code.rpartition(".")[0]
                told = words.book().get(code, {"en": ""})["en"]
                known = set(fields.findall(told)) | raised().get(code, set())
                assert set(fields.findall(said["en"])) <= known | {"found", "from", "until"}, key


def test_the_room_s_book_has_the_words_of_every_code_that_it_can_meet() -> None:
    """Those that its modules refuse with, and those that the box answers; what only a command says is left out."""
    spelled = re.compile(r'"([a-z_]+\.[a-z0-9_]+)"')
    own = {code for folder in ("bid", "sealed") for code in _codes(f"web/static/js/{folder}", "*.js", spelled)}
    boxes = _codes("web/box", "*.py", spelled) | _codes("bidding", "submission.py", spelled)
    given = boxes | _codes("web", "blobs.py", spelled) | _codes("web/office", "tickets.py", spelled)
    given |= _codes("bidding/acts", "issue_ticket.py", spelled) | _codes("ledger/sealed", "blindrsa.py", spelled)
    given = {code for code in given if not code.startswith("access_log.")}  # of a file that the operator reads
    for lang in ("zh", "en"):
        found = book.of(lang).said["words"]
        assert_none(sorted((own | given) & words.book().keys() - found.keys()))
        assert {"bid.seal_void", "lot.win_limit", "log.fork", "submission.late"} <= found.keys()
        assert not {"client.needs_server", "home.damaged", "log.bad_tile"} & found.keys()


def _codes(folder: str, names: str, spelled: re.Pattern[str]) -> set[str]:
    return {code for path in (ROOT / folder).rglob(names) for code in spelled.findall(path.read_text("utf-8"))}
