"""`/api/openapi.json` and the page that shows it: the interface for programs, from its one description."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response

from web import page
from web.access import PUBLIC, route
from web.delivery import json_response
from web.page import language
from web.public.described import people, public
from web.public.described.operation import Answer, Operation, Parameter
from web.public.described.shapes import COMPONENTS, Schema
from web.public.opendata import RELEASE
from web.services import services

blueprint: Final = Blueprint("openapi", __name__, static_folder=None)

OPERATIONS: Final = (*public.API, *public.LOG, *people.OFFICE, *people.CUSTODY)
SCHEMAS: Final[Mapping[str, Schema]] = {**COMPONENTS, "Release": RELEASE}


@route(blueprint, "GET", "/api/openapi.json", PUBLIC)
def described() -> Response:
    """The interface, described for programs."""
    return json_response(document(services().config.public.office))


@route(blueprint, "GET", "/api", PUBLIC)
def api() -> Response:
    """The interface, described for people."""
    groups: dict[str, list[Operation]] = {}
    for one in OPERATIONS:
        groups.setdefault(one.tag, []).append(one)
    return page.render(
        "api.html",
        groups=groups,
        said=lambda one: getattr(one, language()),
        pretty=lambda schema: json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True),
        schemas=SCHEMAS,
        address=services().config.public.office,
    )


def document(address: str = "") -> dict[str, Any]:
    """The OpenAPI 3.1 document. `address`: where the platform is reached, "" where nobody said."""
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    found: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Mingjing",
            "version": "1",
            "summary": "Public e-bidding where every award is a proof",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {
                "Refused": {
                    "description": "refused: a code, and why in both languages",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
                }
            },
        },
    }
    return {**found, "servers": [{"url": address}]} if address else found


def _operation(one: Operation) -> dict[str, Any]:
    out: dict[str, Any] = {
        "operationId": one.id,
        "summary": one.en,
        "x-summary-zh": one.zh,
        "tags": [one.tag],
        "responses": {
            **{str(answer.status): _answer(answer) for answer in one.answers},
            "default": {"$ref": "#/components/responses/Refused"},
        },
    }
    if one.parameters:
        out["parameters"] = [_parameter(parameter) for parameter in one.parameters]
    if one.who == "people":
        out["security"] = [{"token": []}]
        out["x-roles"] = list(one.roles)
    if one.who == "institution":
        out["x-signed-by"] = "institution"
    if one.body is not None or one.media:
        media = one.media or "application/json"
        content = {media: {"schema": one.body}} if one.body is not None else {media: {}}
        out["requestBody"] = {"required": True, "content": content}
    return out


def _parameter(one: Parameter) -> dict[str, Any]:
    out: dict[str, Any] = {
        "name": one.name,
        "in": one.place,
        "required": one.place == "path",
        "description": one.en,
        "x-description-zh": one.zh,
        "schema": one.schema,
    }
    if one.example:
        out["example"] = int(one.example) if one.schema.get("type") == "integer" else one.example
    return out


def _answer(one: Answer) -> dict[str, Any]:
    content = {one.media: {"schema": one.schema} if one.schema is not None else {}}
    return {"description": one.en, "x-description-zh": one.zh, "content": content}
