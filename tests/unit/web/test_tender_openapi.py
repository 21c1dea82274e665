"""The description of the interface: whole, of the right version, and of every route that there is."""

from __future__ import annotations

import re

import pytest
from jsonschema import Draft202012Validator

from web.public import openapi

PATHS = openapi.document()["paths"]


def test_the_document_is_openapi_3_1() -> None:
    found = openapi.document("https://bids.example")
    assert found["openapi"] == "3.1.0"
    assert found["servers"] == [{"url": "https://bids.example"}]
    assert {"title", "version"} <= found["info"].keys()


def test_every_operation_has_an_id_of_its_own_an_answer_and_words_in_both_languages() -> None:
    ids = [one.id for one in openapi.OPERATIONS]
    assert len(set(ids)) == len(ids)
    for one in openapi.OPERATIONS:
        assert one.answers, one.id
        assert one.en.strip(), one.id
        assert re.search(r"[\u4e00-\u9fff]", one.zh), one.id
        assert (one.who == "people") == bool(one.roles), one.id
        assert one.method != "GET" or not (one.body or one.media), one.id


def test_parameters_of_the_path_are_described_and_no_others() -> None:
    for one in openapi.OPERATIONS:
        named = {each.name for each in one.parameters if each.place == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", one.path)), one.id


@pytest.mark.parametrize("name", openapi.SCHEMAS)
def test_every_shared_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(dict(openapi.SCHEMAS[name]))


def test_every_reference_leads_somewhere() -> None:
    names = set(re.findall(r"#/components/schemas/(\w+)", str(openapi.document())))
    assert names <= openapi.SCHEMAS.keys()
    assert names
