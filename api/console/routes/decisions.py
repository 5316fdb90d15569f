"""GET /console/decisions: what was judged, by oneself or by all, the newest first; each can be taken back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from api.console.documents import shown
from api.console.pages import render
from api.console.visitors import Visitor, may
from api.store import reading
from mdm.store import accounts, judgements

router = APIRouter()

PAGE = 50
ALL = "all"


@router.get("/console/decisions")
def decisions(visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """Judgements of the visitor, of a colleague, or of all."""
    asked = request.query_params
    who = asked.get("who") or visitor.name
    before = asked.get("before", "")
    with reading(request) as connection:
        rows = judgements.page_by_actor(
            connection, None if who == ALL else who.replace("\x00", ""), count=PAGE + 1,
            before=int(before) if before.isdecimal() and len(before) < 19 else None,
        )  # fmt: skip
        people = accounts.stewards(connection)
        visitor.caller.saw(records=[key for row in rows[:PAGE] for key in _keys(row)], fields=["judgement"])
    lines = [shown(_line(row), visitor) for row in rows[:PAGE]]
    last = lines[-1]["judgement"] if len(rows) > PAGE else None
    return render(request, "decisions.html", decisions=lines, who=who, people=people, next=last, everybody=ALL)


def _keys(row: dict[str, Any]) -> tuple[str, str]:
    return f"{row['left_system']}:{row['left_local_id']}", f"{row['right_system']}:{row['right_local_id']}"


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "judgement": row["judgement_id"], "keys": _keys(row), "verdict": row["verdict"], "actor": row["actor"],
        "reason": row["reason"], "at": row["created_at"], "in_force": row["superseded_by"] is None,
    }  # fmt: skip
