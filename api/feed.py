"""What `GET /v1/changes` takes and gives. Field names are for good: clients depend on them."""

from __future__ import annotations

import difflib
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.exceptions import RequestValidationError
from pydantic import Field

from api.models import Masked, View
from mdm.store.changes import TYPES


class Change(View):
    """One change of a customer or a household."""

    position: int = Field(description="its place in the order; `after` of a question for what came later")
    type: str = Field(
        description="created: a new PIN, or one that had been retired | merged: `related` were merged into it | split: "
        "`related` were taken out of it, or it out of them | changed: its golden record or its source keys | "
        "redirected: to `related` | retired: it has no record any more | erased | household_changed: `related` joined, "
        "left, or are there from or until another day; more may have changed of it"
    )
    pin: str | None = Field(default=None, description="the customer")
    chi: str | None = Field(default=None, description="the household or legal entity")
    related: list[str] = Field(default=[], description="the other PINs that it is about")
    run: str = Field(description="the run that caused it; api:... and steward:... are single writes and decisions")
    by: str = Field(description="who: a channel, a steward, or run")
    at: datetime = Field(description="recorded time: `known_at` of the state after it")
    before: Any = Field(default=None, description="include=values: the golden record, or the members; none: left out")
    after: Any = Field(default=None, description="the same after it; nothing is told of an erased person")


class Changes(Masked):
    """Changes in order."""

    changes: list[Change]
    next: int = Field(description="`after` of the next question, also when there was nothing")


def read_types(
    types: Annotated[
        str | None, Query(description=f"only these, with commas between: {', '.join(TYPES)}", max_length=200)
    ] = None,
) -> tuple[str, ...] | None:
    """The types named in `?types=`; None: all."""
    if types is None:
        return None
    asked = [part.strip() for part in types.split(",") if part.strip()]
    for name in asked:
        if name not in TYPES:
            near = difflib.get_close_matches(name, TYPES, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(TYPES)}"
            message = f"no change is of the type {name!r}; {hint}"
            raise RequestValidationError([{"loc": ("query", "types"), "msg": message, "type": "types"}])
    return tuple(asked)


Types = Annotated[tuple[str, ...] | None, Depends(read_types)]
