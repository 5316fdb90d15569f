"""GET /console/tasks/{task}: one task, to be decided. POST :answer. POST /console/judgements/{judgement}:undo"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.audit import entry_of
from api.console.compared import evidence_rows, graph_of, preview, share_of
from api.console.documents import shown
from api.console.looking import age_of, look_at, name_of, pins_of, trust_of
from api.console.pages import query, render, texts_of
from api.console.routes.sign_in import inside
from api.console.routes.tasks import filters, sort_of
from api.console.said import say
from api.console.visitors import Visitor, may
from api.deciding import Number
from api.store import reading
from api.writing import writer_of
from mdm.errors import Contradiction, RunInProgress, StoreError, Taken
from mdm.registry.narrative import ASKED
from mdm.stewardship import tasks
from mdm.stewardship.decisions import By, take_back
from mdm.stewardship.effect import Effect
from mdm.stewardship.second import is_second
from mdm.store import judgements, second_looks, task_queue
from mdm.store.audit import put_entry

router = APIRouter()

QUEUE = "/console/tasks"
ANSWERS = ("same", "different", "unsure", "dismiss")
ABOUT_TWO = ("possible_match", "contradiction", "refused_union", "oversized", "weak_link", "disagreement")


@router.get("/console/tasks/{task}")
def shown_task(task: Number, visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """A task with all that is needed to answer it."""
    return _page(request, visitor, task)


@router.post("/console/tasks/{task}:answer")
def answered(task: Number, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """Carry out an answer and go on to the next task; whoever is second is told, and has what they typed still."""
    form = visitor.form
    verdict, reason = form.get("verdict"), form.get("reason")
    with request.app.state.store.read() as connection:
        weight = tasks.find_for(connection, task, visitor.name, lead=visitor.may("lead"))["weight"]
    if form.get("seen") not in ("", f"{weight}"):
        return _page(request, visitor, task, status=409, note="task.changed", typed=(verdict, reason))
    try:
        found, effect = tasks.close(
            writer_of(request.app),
            task,
            verdict,
            _by(request, visitor, reason or "-"),
            take_over=form.get("over") == "1",
            lead=visitor.may("lead"),
        )
    except Taken as taken:
        return _page(
            request, visitor, task, status=409, note="task.second", typed=(verdict, reason), who=taken.holder or "-"
        )
    except Contradiction as refused:
        return _page(
            request, visitor, task, status=409, note="task.refused", typed=(verdict, reason), chain=refused.chain
        )
    then = inside(form.get("then"))
    key, values = f"task.answered.{verdict}", {"task": str(found["task_id"]), "undo": f"{QUEUE}/{task}:undo"}
    if form.get("ready") == then and _holds(request, visitor, then, effect, form.get("ready_pins").split()):
        said = {"key": key, "tone": "good", **values}
        page = render(request, "said.html", now=said)
        page.headers["X-Console-Ready"] = "1"
        return page
    response = RedirectResponse(then, 303)
    say(response, key, **values)
    return response


@router.post("/console/tasks/{task}:undo")
def taken_back(task: Number, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """Take the answer to a task back, whatever it was, and lead to the question that is open again."""
    by = _by(request, visitor, visitor.form.get("reason") or "undone")
    effect = tasks.undo(writer_of(request.app), task, by, _noting(request, visitor))
    return _undone(f"{QUEUE}/{task}" if effect is None else None, effect, visitor)


@router.post("/console/judgements/{judgement}:undo")
def undone(judgement: Number, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """Take a judgement back, and lead to the question that is open again."""
    by = _by(request, visitor, visitor.form.get("reason") or "undone")
    effect = take_back(writer_of(request.app), judgement, by)
    return _undone(None, effect, visitor)


# -- the parts ---------------------------------------------------------------------------------------------------------


def _undone(again: str | None, effect: Effect | None, visitor: Visitor) -> Response:
    if effect is not None and effect.tasks_opened:
        again = f"{QUEUE}/{effect.tasks_opened[0]}"
    response = RedirectResponse(again or inside(visitor.form.get("next")), 303)
    say(response, "task.undone" if again else "task.undone_settled")
    return response


def _holds(request: Request, visitor: Visitor, where: str, effect: Effect, pins: list[str]) -> bool:
    """Whether the page of the next task, which the browser has already, is still what it would be now."""
    number = where.removeprefix(f"{QUEUE}/").partition("?")[0]
    if not number.isdecimal() or len(number) > 18 or set(pins) & set(effect.pins):
        return False
    with request.app.state.store.read() as connection:
        task = task_queue.find_task(connection, int(number))
    return task is not None and task["status"] == "open" and task["assignee"] in (None, visitor.name)


def _page(
    request: Request,
    visitor: Visitor,
    task: int,
    *,
    status: int = 200,
    note: str | None = None,
    typed: tuple[str, str] = ("", ""),
    who: str = "",
    chain: tuple[str, ...] = (),
) -> Response:
    """The page of a task. note: why an answer was not carried out; typed: the answer and its reason."""
    asked = {name: value for name, value in request.query_params.items() if value and "\x00" not in value}
    lead, settings = visitor.may("lead"), request.app.state.settings
    found: Effect | Contradiction | None = None
    with reading(request) as connection:
        row = tasks.find_for(connection, task, visitor.name, lead=lead)
        look, by = partial(look_at, task=row, settings=settings), By(visitor.name, "a preview")
        (opened, columns), found = tasks.see(writer_of(request.app), connection, row, by, look, foresee=False)
        then = _next(connection, row, asked, visitor.name, lead=lead)
        undo = _undo(connection, row)
        both = second_looks.answers(connection, row["checks"]) if row["kind"] == second_looks.DISAGREEMENT else []
        pins = pins_of(opened)
        visitor.caller.saw(
            *pins, records=[side.record for side in opened.sides], fields=["record", "golden", "evidence"]
        )
    document = shown(
        {"task": dict(opened.task), "sides": opened.sides, "pair": opened.pair, "columns": columns}, visitor
    )
    rows, prior, total = evidence_rows(document["pair"], texts_of(request)) if document["pair"] else ([], None, None)
    names = [name_of(side.cleansed) for side in opened.sides]
    contracts, today = writer_of(request.app).contracts, writer_of(request.app).business_date
    trust = {side.record: trust_of(contracts, side.record) for side in opened.sides}
    ages = {side.record: age_of(side.changed_at or side.extracted_at, today) for side in opened.sides}
    refused: dict[str, Any] | None = None
    changes: list[dict[str, Any]] = []
    if opened.task["status"] == "open" and visitor.may("steward"):
        refused, changes = _would(request, visitor, opened.task, found)
    same_customer = len(pins) == 2 and pins[0] == pins[1]
    return render(
        request, "task.html", status=status, task=document["task"], why=(opened.task["detail"] or {}).get("why"),
        sides=document["sides"], pair=document["pair"], columns=document["columns"], rows=rows, prior=prior,
        total=total, fresh=None if opened.pair is None else share_of(opened.pair.weight),
        names=names, trust=trust, ages=ages, graph_drawn=graph_of(document["sides"], names, texts_of(request)),
        refused=refused, changes=changes, then=then,
        about_two=opened.task["kind"] in ABOUT_TWO and len(opened.sides) == 2,
        back=QUEUE + query(asked), tail=query(asked), note=note, typed=typed, who=who, chain=chain,
        same_customer=same_customer, pins=" ".join(pins),
        undo=undo, asked_about=ASKED, both=shown(both, visitor),
    )  # fmt: skip


def _undo(connection: sa.Connection, task: Mapping[str, Any]) -> str | None:
    """Where the answer to a closed task is taken back; None: nothing of it is in force."""
    if task["status"] != "closed":
        return None
    two = task["left_id"], task["right_id"]
    judged = None not in two and judgements.in_force(connection, *two) is not None
    return f"{QUEUE}/{task['task_id']}:undo" if judged or task["verdict"] == "dismissed" else None


def _would(
    request: Request, visitor: Visitor, task: Mapping[str, Any], found: Effect | Contradiction | None
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """What keeps "same" from being carried out, and else what it would do; found: of a second look it was tried."""
    try:
        if not is_second(task):
            found = tasks.would(writer_of(request.app), task, By(visitor.name, "a preview"))
    except (StoreError, RunInProgress):  # a night is being applied
        return {"busy": True}, []
    if isinstance(found, Contradiction):
        return {"chain": found.chain}, []
    return None, [] if found is None else preview(found, masked=visitor.masked)


def _next(connection: sa.Connection, task: Mapping[str, Any], asked: dict[str, str], me: str, *, lead: bool) -> str:
    """Where to go on after a task: to the next one of the same list that nobody else works on, else to the list."""
    sort = sort_of(asked.get("sort"))
    wanted = filters(asked, me)
    place = {"value": task["value"] or 0.0, "weight": task["weight"] or 0.0, "age": 0.0}[sort]
    for after in ((place, task["task_id"]), None):
        rows = task_queue.page_of_tasks(
            connection, sort=sort, after=after, count=1, status="open", others=[task["task_id"]], free_for=me, me=me,
            lead=lead, **wanted,
        )  # fmt: skip
        if rows:
            return f"{QUEUE}/{rows[0]['task_id']}{query(asked)}"
    return QUEUE + query(asked)


def _by(request: Request, visitor: Visitor, reason: str) -> By:
    """Who decides, and why; what the decision concerns goes into the audit log, in its transaction."""

    def note(connection: sa.Connection, effect: Effect) -> None:
        visitor.caller.saw(*effect.pins, fields=["decision"])
        put_entry(connection, entry_of(request, 303))

    return By(visitor.name, reason, note=note)


def _noting(request: Request, visitor: Visitor) -> Callable[[sa.Connection], None]:
    """What puts an act about a task into the audit log, in its transaction."""

    def note(connection: sa.Connection) -> None:
        visitor.caller.saw(fields=["task"])
        put_entry(connection, entry_of(request, 303))

    return note
