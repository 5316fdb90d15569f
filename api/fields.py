"""`?fields=`: sparse answers."""

from __future__ import annotations

import difflib
from typing import Annotated, Any, get_args

from fastapi import Depends, Query
from fastapi.exceptions import RequestValidationError

from api.models import Customer
from mdm.golden.rules import ATTRIBUTES
from mdm.registry import Include

_APART = ("accounts", "subscriptions")  # attributes that stand beside the golden record
_GOLDEN = frozenset(f"golden.{name}" for name in ATTRIBUTES if name not in _APART)
NAMES = frozenset(Customer.model_fields) | _GOLDEN
_PARTS: dict[str, Include] = {name: name for name in get_args(Include)} | {
    "subscriptions": "accounts", "legal_entity": "household",
}  # fmt: skip
DESCRIPTION = (
    "only these, with commas between: names of the answer, and golden.phones for one attribute of the golden record. "
    "The PIN is always there; parts of `include` that are named need not be included"
)


def read_fields(
    fields: Annotated[str | None, Query(description=DESCRIPTION, examples=["name,golden.phones"])] = None,
) -> frozenset[str] | None:
    """The names of `?fields=`; None: everything."""
    if fields is None:
        return None
    asked = frozenset(part.strip() for part in fields.split(",") if part.strip())
    for name in sorted(asked - NAMES):
        near = difflib.get_close_matches(name, sorted(NAMES), n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        message = f"nothing is called {name!r}{hint}"
        raise RequestValidationError([{"loc": ("query", "fields"), "msg": message, "type": "fields"}])
    return asked


def parts_of(fields: frozenset[str] | None) -> frozenset[Include]:
    """The parts of `include` that are named."""
    return frozenset(_PARTS[name] for name in fields or () if name in _PARTS)


def only(document: dict[str, Any], fields: frozenset[str] | None) -> dict[str, Any]:
    """A customer's answer with these fields, in the order that it has."""
    if fields is None:
        return document
    kept = {name: value for name, value in document.items() if name in fields or name in ("pin", "masked")}
    inner = {name.removeprefix("golden.") for name in fields if name.startswith("golden.")}
    if inner and "golden" not in fields and document.get("golden") is not None:
        kept["golden"] = {name: value for name, value in document["golden"].items() if name in inner}
    return kept


Fields = Annotated[frozenset[str] | None, Depends(read_fields)]
