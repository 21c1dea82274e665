"""The gallery of templates: found by words and facets, each readable whole in both languages, and taken along."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import pytest

from bidding.form import check_form
from evaluation.acts.publish import UNSERVED
from evaluation.rules import check_rule_set
from evaluation.rules import templates as rule_templates
from evaluation.rules.templates import CATALOGUE, NAMES, example, load
from ledger.basics.canonical import canonical
from tests.support.town import Town, town
from web.public import templates, templates_worked

LINK: Final = re.compile(r'<h2><a href="/templates/([a-z0-9-]+)\?')
LANGS: Final = ("zh", "en")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("gallery")
    with town(folder, f"sqlite:///{folder / 'town.db'}") as place:
        yield place


def shown(made: Town, path: str, status: int = 200) -> str:
    """The text of a page as a reader has it."""
    answer = made.ask("GET", path)
    assert answer.status_code == status, answer.text
    return html.unescape(answer.text)


def words(page: str) -> str:
    """What stands between the marks of a page's main part."""
    main = page[page.index("<main") : page.index("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main))


@pytest.mark.parametrize("lang", LANGS)
def test_the_gallery_shows_every_template_with_its_price_rule(made: Town, lang: str) -> None:
    page = shown(made, f"/templates?lang={lang}")
    assert LINK.findall(page) == list(NAMES)
    for one in CATALOGUE:
        assert one.title[lang] in page
        assert one.summary[lang] in page
        assert f"/simulate?template={one.name}&lang={lang}" in page
    assert page.count("<dd>") >= len(NAMES)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=QCBS", ["consulting-qcbs"]),
        ("q=公路", ["highways-low-price"]),
        ("q=ＡＢＣ+基准价", ["works-abc"]),
        ("q=GOVERNMENT+panel", ["procurement-goods", "procurement-services"]),
        ("law=procurement", ["procurement-goods", "procurement-services"]),
        ("law=none", ["consulting-qcbs"]),
        ("kind=small_works&kind=highways", ["highways-low-price", "small-works", "lowest-price"]),
        ("kind=works&by=panel", ["works-iterated"]),
        ("kind=works&by=panel&q=QCBS", []),
        ("by=machine&by=panel", list(NAMES)),
        ("kind=works&kind=boats", ["checklist-f4", "works-mean", "works-abc", "works-iterated"]),
    ],
)
def test_words_and_facets_narrow_the_gallery(made: Town, query: str, found: list[str]) -> None:
    page = shown(made, f"/templates?lang=en&{query}")
    assert LINK.findall(page) == found
    assert f"Templates found: {len(found)}" in page
    assert ("No template fits" in page) == (not found)


def test_a_count_says_how_many_a_choice_would_leave(made: Town) -> None:
    page = shown(made, "/templates?lang=en&by=panel&kind=works")
    counts = dict(
        re.findall(r'value="(\w+)" id="[\w-]+"(?: checked)?><span>[^<]*</span><span class="choice__count">(\d+)', page)
    )
    assert (counts["works"], counts["procurement_goods"], counts["highways"]) == ("1", "1", "0")
    assert (counts["machine"], counts["panel"]) == ("3", "1")


def test_what_cannot_be_read_is_said_beside_its_field_and_keeps_the_rest(made: Town) -> None:
    page = shown(made, "/templates?lang=en&kind=boats&law=none")
    assert LINK.findall(page) == ["consulting-qcbs"]
    assert '<a href="#kind">' in page
    assert 'id="kind-error"' in page
    page = shown(made, f"/templates?lang=en&q={'x' * 101}")
    assert 'id="q-error"' in page
    assert LINK.findall(page) == []


def test_a_chip_leads_to_the_search_without_it(made: Town) -> None:
    page = shown(made, "/templates?lang=en&q=price&kind=works&law=tendering")
    chips = re.findall(r'<a class="chip" href="([^"]+)"', page)
    assert chips == [
        "/templates?kind=works&law=tendering&lang=en",
        "/templates?q=price&law=tendering&lang=en",
        "/templates?q=price&kind=works&lang=en",
    ]


def test_empty_fields_are_led_away(made: Town) -> None:
    answer = made.ask("GET", "/templates?lang=en&q=&kind=works&law=")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/templates?kind=works&lang=en"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_readable_whole(made: Town, name: str, lang: str) -> None:
    page = shown(made, f"/templates/{name}?lang={lang}")
    said, rules = words(page), cast(dict[str, Any], load(name)[0])
    assert "None" not in said
    assert re.search(r"\{[a-z_]+\}", said) is None
    # A text that is missing stands as the last part of its key.
    assert re.search(r"\b(formula|gallery|rules|why|band)\.[a-z]", said) is None
    for one in [*rules["criteria"], *rules.get("stages", ())]:
        assert one["title"][lang] in said
        assert one["clause"] in said
    for draw in rules["draws"]:
        assert ("、" if lang == "zh" else ", ").join(f"{value}%" for value in draw["values"]) in said
    assert ("没有发现问题" if lang == "zh" else "Nothing found") in said
    assert f"/simulate?template={name}&lang={lang}" in page
    served = "mingjing score" not in said
    assert served == (not any(member in rules for member in UNSERVED))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", NAMES)
def test_the_worked_example_stands_as_its_document_says(made: Town, name: str, lang: str) -> None:
    """The page computes every mark; the document was worked by hand."""
    page, given = shown(made, f"/templates/{name}?lang={lang}"), cast(dict[str, Any], example(name))
    wanted = given["expected"]
    rows = re.findall(r"<tr(?: class=\"marked\")?>(<td.*?)</tr>", page, re.DOTALL)
    assert len(rows) == len(given["bids"])
    for row in rows:
        key = re.search(rf'<a href="/templates/{name}/bids/(\w+)\?', row)
        assert key is not None
        assert (f"<span>{wanted['ranks'].get(key[1], '—')}</span></td><th") in row
        found = dict(re.findall(rf'/bids/{key[1]}\?lang={lang}#c-([\w-]+)"[^>]*>(?:<strong>)?([^<]+)', row))
        for criterion, mark in wanted["marks"].get(key[1], {}).items():
            assert found[criterion] == mark, (key[1], criterion)
        assert (key[1] in wanted["rejected"]) == ("tag--stop" in row)
        behind = shown(made, f"/templates/{name}/bids/{key[1]}?lang={lang}")
        said = words(behind)
        assert "None" not in said
        assert re.search(r"\{[a-z_]+\}", said) is None
        assert set(found) <= set(re.findall(r' id="c-([\w-]+)"', behind))
        for mark in wanted["marks"].get(key[1], {}).values():
            assert mark in said
        assert behind.count("why__result--bad") == len(wanted["rejected"].get(key[1], ())) + (
            key[1] in wanted["set_aside"]
        )


def test_a_reason_names_people_and_questions_not_ids(made: Town) -> None:
    page = shown(made, "/templates/procurement-goods/bids/c?lang=zh")
    assert "与“投标人丁”同为“丙”品牌" in page
    page = shown(made, "/templates/works-mean/bids/f?lang=en")
    assert "“no” to “Holds a work-safety licence in force” does not meet the condition “Work-safety licence”" in page


def test_what_the_linter_finds_stands_on_the_page(made: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """No template has a finding; one that had would say so."""
    rules, form = load("works-mean")
    broken = {**rules, "candidates": 5}
    monkeypatch.setattr(rule_templates, "load", lambda _: (broken, form))
    templates_worked.findings.cache_clear()
    try:
        page = shown(made, "/templates/works-mean?lang=en")
    finally:
        monkeypatch.undo()
        templates_worked.findings.cache_clear()
    assert "lint.too_many_candidates" in page
    assert "Nothing found" not in page


@pytest.mark.parametrize("lang", LANGS)
def test_an_unknown_template_is_not_found(made: Town, lang: str) -> None:
    for name in ("nothing", "works-mean.json", "__init__", "x" * 500):
        page = shown(made, f"/templates/{name}?lang={lang}", 404)
        assert ("没有模板" if lang == "zh" else "There is no template") in page
        shown(made, f"/templates/{name}/bids/a?lang={lang}", 404)
    shown(made, f"/templates/goods/bids/z?lang={lang}", 404)
    answer = made.ask("GET", "/api/templates/nothing/rules.json")
    assert answer.status_code == 404
    assert answer.get_json()["error"]["code"] == "template.unknown"


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_the_templates_and_fit_together(made: Town, name: str) -> None:
    page = shown(made, f"/templates/{name}")
    got = {}
    for file, kept in (("rules", ""), ("form", ".form"), ("example", ".example")):
        assert f'href="/api/templates/{name}/{file}.json" download="{name}{kept}.json"' in page
        answer = made.ask("GET", f"/api/templates/{name}/{file}.json")
        assert answer.content_type == "application/json"
        got[file] = json.loads(answer.data)
    assert canonical(got["rules"]) == canonical(load(name)[0])
    assert got["example"] == example(name)
    assert check_rule_set(got["rules"], check_form(got["form"])).id == name


def test_the_catalogue_is_the_gallerys(made: Town) -> None:
    found = made.get("/api/templates")["templates"]
    assert [one["name"] for one in found] == list(NAMES)
    assert {one["name"] for one in found if one["law"] == "procurement"} == {
        "procurement-goods",
        "procurement-services",
    }


def test_the_simulator_takes_a_template_from_the_address(made: Town) -> None:
    page = shown(made, "/simulate?template=goods&lang=en")
    assert '<option value="goods" selected>' in page
    assert 'href="/templates?lang=en"' in page
    page = shown(made, "/simulate?template=nothing&lang=en", 404)
    assert 'id="template-error"' in page
    assert "There is no template nothing" in page


def test_ways_lead_to_the_gallery(made: Town) -> None:
    for path in ("/", "/simulate", "/tenders"):
        assert 'href="/templates?lang=zh"' in shown(made, path)
    assert templates.blueprint.name == "templates"
