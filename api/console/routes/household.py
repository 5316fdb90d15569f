"""GET /console/households/{chi}: who lives, or lived, together, since when, and which records say so"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from api.console.documents import shown
from api.console.pages import render
from api.console.visitors import Visitor, may
from api.routes.households import Chi
from api.store import reading
from mdm.errors import UsageError
from mdm.registry import look_up_household
from mdm.registry.views import name_of
from mdm.stewardship.households import decisions_about
from mdm.store import golden, households

router = APIRouter()


@router.get("/console/households/{chi}")
def household(chi: Chi, visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """A household or legal entity: its members at a day, else all it has and had; as known now, or after a day."""
    as_of = _day(request.query_params.get("as_of"), "as_of")
    known_on = _day(request.query_params.get("known_on"), "known_on")
    known_at = None if known_on is None else datetime.combine(known_on, time.max, UTC)
    with reading(request) as connection:
        view = look_up_household(connection, chi, as_of=as_of, known_at=known_at)
        rows = households.members(connection, view.chi, as_of=as_of, known_at=known_at)
        decided = decisions_about(connection, sorted({row["pin"] for row in rows})) if view.kind == "household" else []
        people = {pin for each in decided for part in ("moved", "others", "apart") for pin in each[part]}
        names = golden.find_names(connection, [*(row["pin"] for row in rows), *people])
        visitor.caller.saw(*(row["pin"] for row in rows), fields=["address", "members", "evidence"])
    members = [_member(row, names.get(row["pin"])) for row in rows]
    now = as_of is None and known_on is None
    for each in decided:
        each["in_force"] = each["withdrawn_at"] is None and not each["overruled"]
    return render(
        request, "household.html", decisions=shown(decided, visitor) if now else [],
        names={pin: name_of(*found) or pin for pin, found in names.items()},
        may_decide=now and view.kind == "household" and view.status == "active" and visitor.may("steward"),
        household=shown(view, visitor), members=shown(members, visitor), as_of=as_of,
        known_on=known_on, current=sum(member["valid_to"] is None for member in members),
    )  # fmt: skip


def _member(row: dict[str, Any], name: tuple[Any, Any] | None) -> dict[str, Any]:
    """A membership as the page shows it."""
    return {
        **{key: row[key] for key in ("pin", "role", "valid_from", "valid_to")},
        "name": None if name is None else name_of(*name), "evidence": row["evidence"] or [],
    }  # fmt: skip


def _day(text: str | None, field: str) -> date | None:
    """A day that was asked for. Raises UsageError when it is none."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no day", remedy="Write it as 2026-03-31.", field=field) from None
