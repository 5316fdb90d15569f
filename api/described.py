"""The OpenAPI document: FastAPI's, with the keys that every path takes, and the errors as they really are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from api import problems
from api.access import KEY_HEADER, PURPOSE_HEADER, Needs
from mdm.access import SCOPES

_SCHEMES: dict[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "mdm_<id>_<secret>",
        "description": "a key of `mdm key create`; its scopes say what it opens: "
        + "; ".join(f"{scope}: {words}" for scope, words in SCOPES.items()),
    },
    "key": {
        "type": "apiKey",
        "in": "header",
        "name": KEY_HEADER,
        "description": "the same key, in its own header",
    },
}
_PURPOSE: dict[str, Any] = {
    "name": PURPOSE_HEADER,
    "in": "header",
    "required": False,
    "description": "what the caller needs it for, in a word or two; goes into the audit log, so name no person",
    "schema": {"type": "string", "maxLength": 200, "examples": ["complaint"]},
}
_TRACE = {"X-Request-Id": {"description": "quote it when asking about this", "schema": {"type": "string"}}}


def described(app: FastAPI) -> dict[str, Any]:
    """The document of an application, made once."""
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        document["components"]["securitySchemes"] = _SCHEMES
        scopes = dict(_scopes(app))
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                _add_access(operation, scopes.get((path, method)))
                _name_media_type(operation)
    schema: dict[str, Any] = app.openapi_schema or {}
    return schema


def _scopes(app: FastAPI) -> Iterator[tuple[tuple[str, str], str]]:
    """((path, method), scope) of every route that declares one."""
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        for needed in _needed(dependant) if isinstance(dependant, Dependant) else ():
            for method in route.methods or ():
                yield (str(route.path_format), method.lower()), needed.scope


def _needed(dependant: Dependant) -> Iterator[Needs]:
    for inner in dependant.dependencies:
        if isinstance(inner.call, Needs):
            yield inner.call
        yield from _needed(inner)


def _add_access(operation: dict[str, Any], scope: str | None) -> None:
    """What a key has to do with an operation; nothing where none is needed."""
    if scope is None:
        operation["security"] = []
        return
    operation["security"] = [{name: [scope]} for name in _SCHEMES]
    operation["description"] = f"{operation['description']}\n\nNeeds a key with the scope `{scope}`."
    operation.setdefault("parameters", []).append(_PURPOSE)
    meanings = {
        401: "no key, or one that is unknown, expired or revoked: type says which",
        403: f"the key does not have the scope {scope}: detail says which it has",
        429: "the key has asked too often: Retry-After says when to ask again",
    }
    for code, meaning in meanings.items():
        content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        operation["responses"].setdefault(str(code), {"description": meaning, "content": content, "headers": _TRACE})


def _name_media_type(operation: dict[str, Any]) -> None:
    for code, answer in operation["responses"].items():
        if code >= "400" and "application/json" in answer.get("content", {}):
            answer["content"][problems.MEDIA_TYPE] = answer["content"].pop("application/json")
