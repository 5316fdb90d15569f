"""Answers as the caller may see them: a key without the scope pii gets personal values masked, none all of them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from api.access import Caller
from mdm.registry.masking import as_seen


def seen_by(caller: Caller, document: dict[str, Any], *, party: str | None = None) -> dict[str, Any]:
    """A document of JSON as the caller may see it; for one without pii masked, and marked as such at its top.

    party: whose values they are, where the document does not say.
    """
    shown: dict[str, Any] = as_seen(document, mask=caller.masked, party=party)
    return {"masked": True, **shown} if caller.masked else shown


def as_shown(view: Any, model: type[BaseModel], caller: Caller) -> Any:
    """`view`, of which `model` makes the answer, as the caller may see it."""
    return model.model_validate(seen_by(caller, _document(view, model)))


def marked(view: Any, model: type[BaseModel]) -> Any:
    """A view that was masked before, marked as such."""
    return model.model_validate({"masked": True, **_document(view, model)})


def _document(view: Any, model: type[BaseModel]) -> dict[str, Any]:
    """What the answer says; without `masked`, which is said once, at the top."""
    return model.model_validate(view).model_dump(mode="json", exclude={"masked"}, exclude_none=True)
