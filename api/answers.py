"""A customer as an answer: the document that the caller may see, with the fields that it asked for."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import Response

from api.access import Caller
from api.fields import only
from api.masking import as_shown
from api.models import Customer
from mdm.registry import CustomerView
from mdm.registry.concealing import Beside, concealed

_PLAIN = ("pin", "party", "status", "name", "golden", "golden_since", "as_of", "known_at")
_PARTS = ("redirected_from", "records", "household", "legal_entity", "accounts", "subscriptions", "lineage")


def customer_document(view: CustomerView, caller: Caller, fields: frozenset[str] | None) -> dict[str, Any]:
    """What the answer says of a customer; what there is not is left out.

    Most ask for the golden record alone, as it is: that needs no model to be written.
    """
    if caller.masked or any(getattr(view, name) is not None for name in _PARTS):
        model = Customer.model_validate(as_shown(view, Customer, caller))
        return only(model.model_dump(mode="json", exclude_none=True), fields)
    found = {name: value for name in _PLAIN if (value := getattr(view, name)) is not None}
    if numbers := (view.golden or {}).get("identifiers"):
        found["golden"] = {**found["golden"], "identifiers": concealed(numbers, Beside(view.party))}
    return only(found, fields)


def disclosed(document: dict[str, Any]) -> list[str]:
    """The names of what a document tells, for the audit log."""
    return [*(document.get("golden") or ()), *(name for name in document if name in ("pin", "name", *_PARTS))]


def json_answer(document: dict[str, Any]) -> Response:
    """A document as JSON."""
    return Response(json_text(document), media_type="application/json")


def json_text(document: dict[str, Any]) -> bytes:
    """A document as JSON, times as pydantic writes them."""
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)
