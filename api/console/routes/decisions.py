"""GET /console/decisions: what was judged, by oneself or by all, the newest first; each can be taken back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from api.console.documents import shown
from api.console.pages import render
from api.console.visitors import Visitor, may
from api.store import reading
from mdm.store import accounts, batches, judgements

router = APIRouter()

PAGE = 50
ALL = "all"


@router.get("/console/decisions")
def decisions(visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """Judgements of the visitor, of a colleague, or of all."""
    asked = request.query_params
    who = (asked.get("who") or visitor.name).replace("\x00", "")
    before = asked.get("before", "")
    with reading(request) as connection:
        rows = judgements.page_by_actor(
            connection, None if who == ALL else who, count=PAGE + 1,
            before=int(before) if before.isdecimal() and len(before) < 19 else None,
        )  # fmt: skip
        together = batches.find_batches(connection, actor=None if who == ALL else who) if not before else []
        people = accounts.stewards(connection)
        visitor.caller.saw(records=[key for row in rows[:PAGE] for key in _keys(row)], fields=["judgement"])
    lines = [shown(_line(row), visitor) for row in rows[:PAGE]]
    many = [
        shown({**row, "batch": row["run_id"].removeprefix(batches.PREFIX)}, visitor)
        for row in together
        if row["holding"]
    ]
    last = lines[-1]["judgement"] if len(rows) > PAGE else None
    return render(
        request, "decisions.html", decisions=lines, batches=many, who=who, people=people, next=last, everybody=ALL
    )  # fmt: skip


def _keys(row: dict[str, Any]) -> tuple[str, str]:
    return f"{row['left_system']}:{row['left_local_id']}", f"{row['right_system']}:{row['right_local_id']}"


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "judgement": row["judgement_id"], "keys": _keys(row), "verdict": row["verdict"], "actor": row["actor"],
        "reason": row["reason"], "at": row["created_at"], "in_force": row["superseded_by"] is None,
        "together": (row["run_id"] or "").startswith(batches.PREFIX),
    }  # fmt: skip
