"""Query parameters that several routes take, validated."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import Depends, Query
from fastapi.exceptions import RequestValidationError

from api.times import AS_OF, KNOWN_AT, Day, Instant
from mdm.registry import Include
from mdm.registry.moments import DAY_EXAMPLE, MOMENT_EXAMPLE


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


AsOf = Annotated[Day, Query(description=AS_OF, examples=[DAY_EXAMPLE])]
KnownAt = Annotated[Instant, Query(description=KNOWN_AT, examples=[MOMENT_EXAMPLE])]
Included = Annotated[frozenset[Include], Depends(read_include)]
