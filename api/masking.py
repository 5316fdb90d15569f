"""Answers as the caller may see them: a key without the scope pii gets personal values masked."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from api.access import Caller
from mdm.registry.masking import masked


def as_shown(view: Any, model: type[BaseModel], caller: Caller) -> Any:
    """`view`, of which `model` makes the answer; for a caller without pii the same, masked and marked as such."""
    return model.model_validate({"masked": True, **masked(_document(view, model))}) if caller.masked else view


def marked(view: Any, model: type[BaseModel]) -> Any:
    """A view that was masked before, marked as such."""
    return model.model_validate({"masked": True, **_document(view, model)})


def _document(view: Any, model: type[BaseModel]) -> dict[str, Any]:
    """What the answer says; without `masked`, which is said once, at the top."""
    return model.model_validate(view).model_dump(mode="json", exclude={"masked"}, exclude_none=True)
