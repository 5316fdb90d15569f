"""GET /console/tasks: the queue. POST /console/tasks/{task}:claim, :assign, :release"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.audit import entry_of
from api.console.documents import shown
from api.console.pages import render
from api.console.routes.sign_in import inside
from api.console.said import say
from api.console.visitors import Visitor, may
from api.deciding import Number
from api.store import reading
from api.writing import writer_of
from mdm.errors import Taken
from mdm.registry.words import probability
from mdm.stewardship import tasks
from mdm.store import accounts, day, record_names, task_queue
from mdm.store.audit import put_entry

router = APIRouter()

KINDS = (
    "possible_match", "contradiction", "refused_union", "oversized", "weak_link", "generic_value", "disagreement",
    "undelivered",
)  # fmt: skip
SORTS: tuple[task_queue.Sort, ...] = ("value", "weight", "age")
AGES = (1, 7, 30, 90)  # days
PAGE = 50
ME, NOBODY = "me", "nobody"


@router.get("/console/tasks")
def queue(visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """The open tasks that are asked for, those first on which most hangs; and the visitor's day."""
    asked = {name: value for name, value in request.query_params.items() if value and "\x00" not in value}
    sort = sort_of(asked.get("sort"))
    with reading(request) as connection:
        rows = task_queue.page_of_tasks(
            connection, sort=sort, after=_after(asked.get("after"), sort), count=PAGE + 1, status="open",
            me=visitor.name, lead=visitor.may("lead"), **filters(asked, visitor.name),
        )  # fmt: skip
        pins = [pin for row in rows[:PAGE] for pin in (row["left_pin"], row["right_pin"]) if pin]
        ids = [row[side] for row in rows[:PAGE] for side in ("left_id", "right_id")]
        names = record_names.names_of_records(connection, ids)
        counts = day.counts(connection, visitor.name, lead=visitor.may("lead"))
        today = day.day_of(connection, visitor.name, datetime.now(UTC).replace(hour=0, minute=0, second=0))
        stewards = accounts.stewards(connection) if visitor.may("lead") else []
        visitor.caller.saw(*pins, fields=["tasks", "name"])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    of_one_kind = len({row["kind"] for row in rows[:PAGE]}) == 1 and rows[0]["kind"] != "disagreement"
    return render(
        request, "tasks.html", tasks=[shown(_line(row, names), visitor) for row in rows[:PAGE]], counts=counts,
        today=today, sort=sort, kinds=KINDS, sorts=SORTS, ages=AGES, stewards=stewards,
        systems=sorted(writer_of(request.app).contracts),
        filtered=bool(asked.keys() - {"sort", "after", "kind", "chosen"}),
        choose=visitor.may("lead") and of_one_kind, chosen=asked.get("chosen") == "all",
        total=sum(counts["kind"].values()),
        next=None if last is None else f"{last['place']!r}:{last['task_id']}",
    )  # fmt: skip


@router.post("/console/tasks/{task}:claim")
def claim(task: Number, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """Work on a task; whoever is second is told."""
    return _given(request, visitor, task, visitor.name, "claimed")


@router.post("/console/tasks/{task}:release")
def release(task: Number, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """Let others work on it."""
    return _given(request, visitor, task, None, "released")


@router.post("/console/tasks/{task}:assign")
def assign(task: Number, visitor: Annotated[Visitor, may("lead")], request: Request) -> Response:
    """Give it to somebody, or take it from them."""
    return _given(request, visitor, task, visitor.form.get("assignee") or None, "assigned", take_over=True)


# -- the parts ---------------------------------------------------------------------------------------------------------


def filters(asked: dict[str, str], me: str) -> dict[str, Any]:
    """What is asked for, as `page_of_tasks` wants it; what it does not know is left out."""
    who, days = asked.get("assignee"), asked.get("age", "")
    age = int(days) if days.isdecimal() and int(days) in AGES else None
    return {
        "kind": asked["kind"] if asked.get("kind") in KINDS else None,
        "system": asked.get("system"),
        "region": asked.get("region"),
        "before": None if age is None else datetime.now(UTC) - timedelta(days=age),
        "assignee": None if who in (None, NOBODY) else me if who == ME else who,
        "unassigned": who == NOBODY,
    }


def sort_of(text: str | None) -> task_queue.Sort:
    """How a list is sorted."""
    return next((sort for sort in SORTS if sort == text), "value")


def _after(text: str | None, sort: str) -> tuple[float, int] | None:
    """The place that a cursor names; what is none of ours is the beginning."""
    place, _, number = (text or "").partition(":")
    try:
        return float(place), int(number)
    except ValueError:
        return None


def _line(row: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    """A task as the list shows it; names are those that the records give."""
    sides = [
        {
            "record": row[f"{side}_key"],
            "pin": row[f"{side}_pin"],
            "name": names.get(row[f"{side}_id"]),
        }
        for side in ("left", "right")
        if row[f"{side}_key"] is not None
    ]
    weight = row["weight"]
    return {
        "task": row["task_id"], "kind": row["kind"], "party": row["party"], "sides": sides, "weight": weight,
        "share": None if weight is None else probability(weight), "value": row["value"], "region": row["region"],
        "assignee": row["assignee"], "opened_at": row["created_at"], "why": (row["detail"] or {}).get("why"),
    }  # fmt: skip


def _given(
    request: Request, visitor: Visitor, task: int, assignee: str | None, done: str, *, take_over: bool = False
) -> Response:
    def note(connection: Any) -> None:
        visitor.caller.saw(fields=["task"])
        put_entry(connection, entry_of(request, 303))

    response = RedirectResponse(inside(visitor.form.get("next")), 303)
    try:
        lead = visitor.may("lead")
        tasks.give(writer_of(request.app), task, assignee, visitor.name, note, take_over=take_over, lead=lead)
        say(response, f"task.{done}", task=str(task), who=assignee or "")
    except Taken as taken:
        say(response, "task.taken", tone="warn", task=str(task), who=taken.holder or "")
    return response
