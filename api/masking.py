"""Answers as the caller may see them: a key without the scope pii gets personal values masked, none all of them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from api.access import Caller
from mdm.registry.masking import as_seen


def as_shown(view: Any, model: type[BaseModel], caller: Caller) -> Any:
    """`view`, of which `model` makes the answer; for a caller without pii the same, masked and marked as such."""
    document = as_seen(_document(view, model), mask=caller.masked)
    return model.model_validate({"masked": True, **document} if caller.masked else document)


def marked(view: Any, model: type[BaseModel]) -> Any:
    """A view that was masked before, marked as such."""
    return model.model_validate({"masked": True, **_document(view, model)})


def _document(view: Any, model: type[BaseModel]) -> dict[str, Any]:
    """What the answer says; without `masked`, which is said once, at the top."""
    return model.model_validate(view).model_dump(mode="json", exclude={"masked"}, exclude_none=True)
