"""GET /console/tasks/{task}: one task, to be decided. POST :answer. POST /console/judgements/{judgement}:undo"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.audit import entry_of
from api.console.compared import MOST_RECORDS, evidence_rows, graph_of, preview, record_column, share_of
from api.console.documents import shown
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
from mdm.registry.views import name_of
from mdm.stewardship import tasks
from mdm.stewardship.decisions import By, take_back
from mdm.stewardship.effect import Effect
from mdm.store import judgements, lookups, task_queue
from mdm.store.audit import put_entry

router = APIRouter()

QUEUE = "/console/tasks"
ANSWERS = ("same", "different", "unsure", "dismiss")
ABOUT_TWO = ("possible_match", "contradiction", "refused_union", "oversized", "weak_link")


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
        weight = tasks.find(connection, task)["weight"]
    if form.get("seen") not in ("", f"{weight}"):
        return _page(request, visitor, task, status=409, note="task.changed", typed=(verdict, reason))
    try:
        found, effect = tasks.close(
            writer_of(request.app),
            task,
            verdict,
            _by(request, visitor, reason or "-"),
            take_over=form.get("over") == "1",
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
    undo = f"/console/judgements/{effect.judgements[0]}:undo" if effect.judgements else f"{QUEUE}/{task}:reopen"
    key, values = f"task.answered.{verdict}", {"task": str(found["task_id"]), "undo": undo}
    if form.get("ready") == then and _holds(request, visitor, then, effect, form.get("ready_pins").split()):
        said = {"key": key, "tone": "good", **values}
        page = render(request, "said.html", now=said)
        page.headers["X-Console-Ready"] = "1"
        return page
    response = RedirectResponse(then, 303)
    say(response, key, **values)
    return response


@router.post("/console/tasks/{task}:reopen")
def reopened(task: Number, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """Take back that a question was dismissed."""
    response = RedirectResponse(f"{QUEUE}/{task}", 303)
    tasks.reopen(writer_of(request.app), task, _noting(request, visitor))
    say(response, "task.undone")
    return response


@router.post("/console/judgements/{judgement}:undo")
def undone(judgement: Number, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """Take a judgement back, and lead to the question that is open again."""
    by = _by(request, visitor, visitor.form.get("reason") or "undone")
    effect = take_back(writer_of(request.app), judgement, by)
    again = f"{QUEUE}/{effect.tasks_opened[0]}" if effect.tasks_opened else inside(visitor.form.get("next"))
    response = RedirectResponse(again, 303)
    say(response, "task.undone" if effect.tasks_opened else "task.undone_settled")
    return response


# -- the parts ---------------------------------------------------------------------------------------------------------


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
    with reading(request) as connection:
        opened = tasks.open_task(connection, task, request.app.state.settings)
        pins = [side.customer.pin for side in opened.sides if side.customer is not None]
        columns = _columns(connection, pins, [side.record for side in opened.sides])
        then = _next(connection, opened.task, asked, visitor.name)
        undo = _undo(connection, opened.task)
        visitor.caller.saw(
            *pins, records=[side.record for side in opened.sides], fields=["record", "golden", "evidence"]
        )
    document = shown(
        {"task": dict(opened.task), "sides": opened.sides, "pair": opened.pair, "columns": columns}, visitor
    )
    rows, prior, total = evidence_rows(document["pair"], texts_of(request)) if document["pair"] else ([], None, None)
    names = [_name(side.cleansed) for side in opened.sides]
    contracts, today = writer_of(request.app).contracts, writer_of(request.app).business_date
    trust = {side.record: _trust(contracts, side.record) for side in opened.sides}
    ages = {side.record: _age(side.changed_at or side.extracted_at, today) for side in opened.sides}
    refused: dict[str, Any] | None = None
    changes: list[dict[str, Any]] = []
    if opened.task["status"] == "open" and visitor.may("steward"):
        refused, changes = _would(request, visitor, opened.task)
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
        undo=undo, asked_about=ASKED,
    )  # fmt: skip


def _undo(connection: sa.Connection, task: Mapping[str, Any]) -> str | None:
    """Where the answer to a closed task is taken back; None: nothing of it is in force."""
    if task["status"] == "closed" and task["verdict"] == "dismissed":
        return f"{QUEUE}/{task['task_id']}:reopen"
    if task["left_id"] is None or task["right_id"] is None:
        return None
    number = judgements.in_force(connection, task["left_id"], task["right_id"])
    return None if number is None else f"/console/judgements/{number}:undo"


def _would(
    request: Request, visitor: Visitor, task: Mapping[str, Any]
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """What keeps "same" from being carried out, and else what it would do."""
    try:
        found = tasks.would(writer_of(request.app), task, By(visitor.name, "a preview"))
    except (StoreError, RunInProgress):  # a night is being applied
        return {"busy": True}, []
    if isinstance(found, Contradiction):
        return {"chain": found.chain}, []
    return None, [] if found is None else preview(found, masked=visitor.masked)


def _next(connection: sa.Connection, task: Mapping[str, Any], asked: dict[str, str], me: str) -> str:
    """Where to go on after a task: to the next one of the same list that nobody else works on, else to the list."""
    sort = sort_of(asked.get("sort"))
    wanted = filters(asked, me)
    place = {"value": task["value"] or 0.0, "weight": task["weight"] or 0.0, "age": 0.0}[sort]
    for after in ((place, task["task_id"]), None):
        rows = task_queue.page_of_tasks(
            connection, sort=sort, after=after, count=1, status="open", others=[task["task_id"]], free_for=me, **wanted
        )
        if rows:
            return f"{QUEUE}/{rows[0]['task_id']}{query(asked)}"
    return QUEUE + query(asked)


def _columns(connection: sa.Connection, pins: list[str], first: list[str]) -> list[dict[str, Any]]:
    """The other records of both customers, as many as there is room for."""
    found: dict[int, str] = {}
    for pin in dict.fromkeys(pins):
        for row in lookups.records_of_pin(connection, pin):
            if f"{row['system']}:{row['local_id']}" not in first:
                found[row["record_id"]] = pin
    chosen = list(found)[: MOST_RECORDS - len(first)]
    versions = lookups.versions_of(connection, chosen)
    return [record_column(versions[number], found[number]) for number in chosen if number in versions]


def _name(cleansed: Mapping[str, Any]) -> str | None:
    """The name of a record as people write it."""
    native = (cleansed.get("family_native") or "") + (cleansed.get("given_native") or "")
    parts = {part: cleansed.get(f"name_{part}") for part in ("given", "middle", "family")}
    return native or name_of({"value": parts}, None) or cleansed.get("organisation_name")


def _trust(contracts: Mapping[str, Any], record: str) -> int | None:
    contract = contracts.get(record.partition(":")[0])
    return None if contract is None else contract.trust.default


def _age(moment: datetime | None, today: date) -> tuple[str, int] | None:
    """How old, by the business date, in the unit that people would use: days, months or years, and how many."""
    if moment is None:
        return None
    days = max((today - moment.astimezone(UTC).date()).days, 0)
    return ("days", days) if days < 60 else ("months", days * 12 // 365) if days < 730 else ("years", days // 365)


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
