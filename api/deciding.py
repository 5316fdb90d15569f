"""A steward's decision as a request: by whom, with its entry in the audit log, answered as what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any

import orjson
import sqlalchemy as sa
from fastapi import Path, Request, Response

from api.access import Caller, needs
from api.audit import entry_of
from api.masking import seen_by
from api.models import WITHOUT_NUL, SourceKey
from api.problems import Problem
from mdm.registry import keys
from mdm.stewardship.decisions import By
from mdm.stewardship.effect import Effect
from mdm.store.audit import put_entry

_PROBLEM = {"model": Problem}
ANSWERS: dict[int | str, dict[str, Any]] = {
    404: {"description": "there is none: detail and remedy say why", **_PROBLEM},
    409: {
        "description": "it contradicts judgements in force (type contradiction: chain names the records), or somebody "
        "else was first (type taken: holder says who)",
        **_PROBLEM,
    },
    413: {"description": "the body is too large", **_PROBLEM},
    422: {"description": "the request is not valid: field and remedy", **_PROBLEM},
    503: {"description": "the database cannot be reached, or a night is being applied; try again", **_PROBLEM},
}
ASKING: dict[int | str, dict[str, Any]] = {code: ANSWERS[code] for code in (404, 422, 503)}
Steward = Annotated[Caller, needs("steward")]
Pin = Annotated[str, Path(description="twelve digits", max_length=40, pattern=WITHOUT_NUL, examples=["401787509130"])]
Number = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[17])]


def key_of(key: SourceKey) -> keys.SourceKey:
    """A source key as the domain has it."""
    return keys.SourceKey(key.system, key.local_id)


def by(
    request: Request, caller: Caller, reason: str, *, dry_run: bool = False, records: Iterable[keys.SourceKey] = ()
) -> By:
    """Who decides, and why; what the decision concerns goes into the audit log, in its transaction."""
    named = [str(record) for record in records]

    def note(connection: sa.Connection, effect: Effect) -> None:
        caller.saw(*effect.pins, records=named, fields=["decision", *(["dry run"] if dry_run else [])])
        put_entry(connection, entry_of(request, caller.trail.status))

    return By(caller.name, reason, dry_run, note)


def noting(request: Request, caller: Caller) -> Callable[[sa.Connection], None]:
    """What puts the request into the audit log, in the transaction of a write about a task."""

    def note(connection: sa.Connection) -> None:
        caller.saw(fields=["task"])
        put_entry(connection, entry_of(request, caller.trail.status))

    return note


def told(document: Any, caller: Caller, *, party: str | None = None) -> Response:
    """A document, or views, as the caller may see it; what there is not is left out. party: whose values they are."""
    plain = _without_none(orjson.loads(orjson.dumps(document, option=orjson.OPT_UTC_Z)))
    return Response(orjson.dumps(seen_by(caller, plain, party=party)), media_type="application/json")


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(inner) for name, inner in value.items() if inner is not None or name == "value"}
    return [_without_none(each) for each in value] if isinstance(value, list) else value
