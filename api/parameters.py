"""Query parameters that several routes take, validated."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, get_args

from fastapi import Depends, Query
from fastapi.exceptions import RequestValidationError
from pydantic import BeforeValidator

from mdm.registry import Include

_ZONE_WITH_LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")  # "+" in a query string is a space unless it is written %2B


def read_date(value: Any) -> Any:
    """An ISO date; the texts of numbers, which pydantic takes for seconds, are refused."""
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise ValueError("write a date as YYYY-MM-DD")
    return value


def read_instant(value: Any) -> Any:
    """An ISO date or date and time; without a zone it is UTC."""
    if not isinstance(value, str):
        return value
    try:
        found = datetime.fromisoformat(_ZONE_WITH_LOST_PLUS.sub(r"+\1", value))
    except ValueError:
        raise ValueError("write a time as YYYY-MM-DDTHH:MM:SS+00:00 (+ as %2B), or a date as YYYY-MM-DD") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def read_include(
    include: Annotated[
        str | None, Query(description=f"what to add, with commas between: {', '.join(sorted(get_args(Include)))}")
    ] = None,
) -> frozenset[Include]:
    """The parts named in `?include=`."""
    asked = {part.strip() for part in (include or "").split(",") if part.strip()}
    unknown = sorted(asked - set(get_args(Include)))
    if unknown:
        message = f"nothing is called {unknown[0]!r}; there are {', '.join(sorted(get_args(Include)))}"
        raise RequestValidationError([{"loc": ("query", "include"), "msg": message, "type": "include"}])
    return frozenset(part for part in get_args(Include) if part in asked)


AsOf = Annotated[
    date | None, BeforeValidator(read_date), Query(description="effective time: as things stood on this day")
]
KnownAt = Annotated[
    datetime | None, BeforeValidator(read_instant), Query(description="recorded time: as it was known then")
]
Included = Annotated[frozenset[Include], Depends(read_include)]
