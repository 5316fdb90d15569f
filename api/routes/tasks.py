"""GET /v1/tasks, GET /v1/tasks/{id}, POST /v1/tasks/{id}:claim, :assign, :release, :close"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError

from api.deciding import ANSWERS, ASKING, Number, Steward, by, noting, told
from api.explaining import TaskInFull
from api.models import WITHOUT_NUL, Customer
from api.stewarding import AssignRequest, CloseRequest, ReleaseRequest, Task, TaskClosed, Tasks
from api.store import reading
from api.writing import writer_of
from mdm.errors import Contradiction
from mdm.registry.keys import read_pin
from mdm.stewardship import tasks
from mdm.stewardship.decisions import By
from mdm.stewardship.effect import Effect
from mdm.store import second_looks, task_queue

router = APIRouter(prefix="/v1/tasks", tags=["stewardship"])

MOST = 200  # on one page
_CURSOR = re.compile(r"(value|age|weight):(-?[0-9]{1,5}(?:\.[0-9]{1,30})?(?:e-?[0-9]{1,3})?):([0-9]{1,18})")
Kind = Literal[
    "possible_match", "refused_union", "contradiction", "oversized", "weak_link", "generic_value", "disagreement",
    "undelivered",
]  # fmt: skip
Filter = Annotated[str | None, Query(max_length=200, pattern=WITHOUT_NUL)]


@router.get("", response_model=Tasks, responses=ASKING)
def listed(
    caller: Steward,
    request: Request,
    kind: Kind | None = None,
    status: Literal["open", "closed"] = "open",
    party: Literal["person", "organisation"] | None = None,
    system: Filter = None,
    assignee: Filter = None,
    unassigned: Annotated[bool, Query(description="only those that nobody works on")] = False,
    pin: Annotated[str | None, Query(max_length=40, pattern=WITHOUT_NUL, description="about its records")] = None,
    sort: Annotated[
        Literal["value", "age", "weight"],
        Query(description="value: the most uncertain on which most hangs first; age: the oldest; weight: the greatest"),
    ] = "value",
    cursor: Annotated[str | None, Query(max_length=80, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="tasks on a page")] = 50,
) -> Response:
    """What stewards are asked, page by page."""
    after = _after(cursor, sort)
    with reading(request) as connection:
        rows = task_queue.page_of_tasks(
            connection, sort=sort, after=after, count=limit + 1, status=status, kind=kind, party=party, system=system,
            assignee=assignee, unassigned=unassigned, pin=None if pin is None else read_pin(pin), me=caller.name,
            lead=leads(caller),
        )  # fmt: skip
        caller.saw(*(row[f"{side}_pin"] for row in rows[:limit] for side in ("left", "right")), fields=["tasks"])
    document: dict[str, Any] = {"tasks": [_shown(row) for row in rows[:limit]]}
    if len(rows) > limit:
        last = rows[limit - 1]
        document["next"] = f"{sort}:{last['place']!r}:{last['task_id']}"
    return told(document, caller)


@router.get("/{task}", response_model=TaskInFull, responses=ASKING)
def in_full(task: Number, caller: Steward, request: Request) -> Response:
    """A task with both records as cleansed and as delivered, the evidence between them in bits and words, the customers
    they belong to, and what the verdict `same` would do."""
    with reading(request) as connection:
        row = tasks.find_for(connection, task, caller.name, lead=leads(caller))
        look = partial(tasks.open_task, task=row, settings=request.app.state.settings)
        who = By(caller.name, "a preview")
        found, would = tasks.see(writer_of(request.app), connection, row, who, look, foresee=True)
        answers = second_looks.answers(connection, row["checks"]) if row["kind"] == second_looks.DISAGREEMENT else None
        pins = (side.customer.pin for side in found.sides if side.customer is not None)
        caller.saw(*pins, records=[side.record for side in found.sides], fields=["record", "golden", "evidence"])
    document: dict[str, Any] = {
        "task": _shown(found.task),
        "records": [_side(each) for each in found.sides],
        "pair": found.pair,
    }
    if found.task["status"] == "open":
        document["same"] = _would(would)
    if answers is not None:
        document["answers"] = [_answer(each) for each in answers]
    return told(document, caller, party=found.task["party"])


@router.post("/{task}:claim", response_model=Task, responses=ANSWERS)
def claim(task: Number, caller: Steward, request: Request) -> Response:
    """Work on a task. Whoever is second gets 409, and is told who has it."""
    return told(
        _shown(tasks.claim(writer_of(request.app), task, caller.name, noting(request, caller), lead=leads(caller))),
        caller,
    )


@router.post("/{task}:assign", response_model=Task, responses=ANSWERS)
def assign(task: Number, body: AssignRequest, caller: Steward, request: Request) -> Response:
    """Give a task to somebody."""
    note = noting(request, caller)
    found = tasks.give(
        writer_of(request.app), task, body.assignee, caller.name, note, take_over=body.takeOver, lead=leads(caller)
    )  # fmt: skip
    return told(_shown(found), caller)


@router.post("/{task}:release", response_model=Task, responses=ANSWERS)
def release(task: Number, caller: Steward, request: Request, body: ReleaseRequest | None = None) -> Response:
    """Let others work on a task."""
    take_over = body is not None and body.takeOver
    note = noting(request, caller)
    found = tasks.release(writer_of(request.app), task, caller.name, note, take_over=take_over, lead=leads(caller))
    return told(_shown(found), caller)


@router.post("/{task}:close", response_model=TaskClosed, responses=ANSWERS)
def close(task: Number, body: CloseRequest, caller: Steward, request: Request) -> Response:
    """Answer a task: a verdict is kept as a judgement and takes effect at once, in the same transaction.

    Undo it by withdrawing the judgement that the answer names.
    """
    who = by(request, caller, body.reason)
    found, effect = tasks.close(
        writer_of(request.app), task, body.verdict, who, take_over=body.takeOver, lead=leads(caller)
    )  # fmt: skip
    return told({"task": _shown(found), "effect": effect}, caller)


def leads(caller: Any) -> bool:
    """Whether a key settles what two stewards see differently."""
    return "admin" in caller.scopes


# -- the parts ---------------------------------------------------------------------------------------------------------


def _after(cursor: str | None, sort: str) -> tuple[float, int] | None:
    """The place that a cursor names. Raises RequestValidationError when it is none of this order."""
    if cursor is None:
        return None
    found = _CURSOR.fullmatch(cursor)
    if found is None or found[1] != sort:
        message = f"not a cursor of sort={sort}: take `next` of the page before, with the same sort"
        raise RequestValidationError([{"loc": ("query", "cursor"), "msg": message, "type": "cursor"}])
    return float(found[2]), int(found[3])


def _answer(row: Mapping[str, Any]) -> dict[str, Any]:
    named = {"task": row["task_id"], "actor": row["closed_by"], "verdict": row["verdict"]}
    return {**named, "reason": row["closed_reason"], "at": row["closed_at"]}


def _would(found: Effect | Contradiction | None) -> dict[str, Any] | None:
    if isinstance(found, Contradiction):
        return {"refused": found.message, "chain": found.chain}
    return None if found is None else {"effect": found}


def _side(side: tasks.Side) -> dict[str, Any]:
    customer = None
    if side.customer is not None:
        customer = Customer.model_validate(side.customer).model_dump(mode="json", exclude_none=True)
    return {
        "record": side.record, "role": side.role, "status": side.status, "extracted_at": side.extracted_at,
        "changed_at": side.changed_at, "cleansed": side.cleansed, "original": side.original, "customer": customer,
    }  # fmt: skip


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    same = ("kind", "status", "party", "weight", "value", "assignee", "claimed_at", "closed_by", "verdict",
            "closed_reason", "left_pin", "right_pin")  # fmt: skip
    named = {"task": row["task_id"], "left": row["left_key"], "right": row["right_key"], "opened_at": row["created_at"]}
    return {**named, "why": (row["detail"] or {}).get("why"), **{name: row[name] for name in same}}
