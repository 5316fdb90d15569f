"""Many tasks decided together: POST /console/tasks:preview, :decide; GET /console/together/{key}; POST :undo"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Request, Response
from starlette.responses import RedirectResponse

from api.audit import entry_of
from api.console.documents import shown
from api.console.pages import render
from api.console.routes.sign_in import inside
from api.console.said import say
from api.console.visitors import Visitor, may
from api.store import reading
from api.writing import writer_of
from mdm.errors import NotFound, RunInProgress, StoreError, UsageError
from mdm.stewardship.decisions import By
from mdm.stewardship.effect import Effect
from mdm.stewardship.together import Line, Together, close_together, take_back_together, told_of
from mdm.store import record_names, task_queue
from mdm.store.audit import put_entry
from mdm.store.once import Once

router = APIRouter()

QUEUE = "/console/tasks"
Token = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")]
_KEY = re.compile(r"[0-9a-f]{12}")


@router.post("/console/tasks:preview")
def previewed(visitor: Annotated[Visitor, may("lead")], request: Request) -> Response:
    """What one answer to all the chosen tasks would do; nothing is done yet."""
    form = visitor.form
    numbers, reason = _numbers(form.all("task")), form.get("reason")
    missing = "none" if not numbers else "no_reason" if not reason else None
    if missing is not None:
        response = RedirectResponse(inside(form.get("next")), 303)
        say(response, f"together.{missing}", tone="warn")
        return response
    try:
        by = _by(request, visitor, reason, dry_run=True)
        found = close_together(writer_of(request.app), numbers, form.get("verdict"), by)
    except (StoreError, RunInProgress):
        found = None  # a night is being applied
    key = secrets.token_hex(6)
    return _page(request, visitor, found, key=key, numbers=numbers, reason=reason, back=inside(form.get("next")))


@router.post("/console/tasks:decide")
def decided(visitor: Annotated[Visitor, may("lead")], request: Request) -> Response:
    """Do it, once, however often the form is sent; what could not be done is told of each by itself."""
    form = visitor.form
    key, back = form.get("key"), inside(form.get("next"))
    if not _KEY.fullmatch(key):
        raise UsageError("the form is not whole", remedy="Choose the tasks again.")
    by = _by(request, visitor, form.get("reason") or "-")
    order = _order(visitor, key)
    found = close_together(writer_of(request.app), _numbers(form.all("task")), form.get("verdict"), by, order=order)
    response = RedirectResponse(f"/console/together/{key}" if found.refused else back, 303)
    if found.done:
        undo = f"/console/together/{found.batch}:undo"
        say(response, f"together.done.{found.verdict}", n=str(len(found.done)), undo=undo)
    else:
        say(response, "together.nothing", tone="warn")
    return response


@router.get("/console/together/{key}")
def told(key: Token, visitor: Annotated[Visitor, may("lead")], request: Request) -> Response:
    """What became of tasks that the visitor decided together in the last days."""
    with request.app.state.store.read() as connection:
        found = told_of(connection, _order(visitor, key))
    if found is None:
        raise NotFound("nothing is known of that decision any more", remedy="The page of decisions has what was done.")
    return _page(request, visitor, found, key=None, numbers=(), reason="", back=QUEUE)


@router.post("/console/together/{batch}:undo")
def undone(batch: Token, visitor: Annotated[Visitor, may("lead")], request: Request) -> Response:
    """Take all of it back."""
    reason = visitor.form.get("reason") or "undone"
    _, number = take_back_together(writer_of(request.app), batch, _by(request, visitor, reason))
    response = RedirectResponse(inside(visitor.form.get("next")), 303)
    say(response, "together.undone", n=str(number))
    return response


# -- the parts ---------------------------------------------------------------------------------------------------------


def _page(
    request: Request,
    visitor: Visitor,
    found: Together | None,
    *,
    key: str | None,
    numbers: Sequence[int],
    reason: str,
    back: str,
) -> Response:
    """The tasks with what becomes of each. key: of the form that does it; None: it is done."""
    lines: list[dict[str, Any]] = []
    if found is not None:
        with reading(request) as connection:
            tasks = {row["task_id"]: row for row in task_queue.find_tasks(connection, [x.task for x in found.lines])}
            ids = [row[f"{side}_id"] for row in tasks.values() for side in ("left", "right")]
            names = record_names.names_of_records(connection, ids)
            lines = [_line(each, tasks.get(each.task), names) for each in found.lines]
            visitor.caller.saw(*(pin for x in found.lines for pin in (*x.before, *x.after)), fields=["tasks", "name"])
    refused, done = ([each for each in lines if bool(each["refused"]) is wanted] for wanted in (True, False))
    status = 200 if found is not None else 503
    return render(
        request, "together.html", status=status, found=found, refused=shown(refused, visitor),
        lines=shown(done, visitor), key=key, numbers=numbers, reason=reason, back=back,
        verdict=visitor.form.get("verdict") if found is None else found.verdict,
    )  # fmt: skip


def _line(line: Line, task: dict[str, Any] | None, names: dict[int, str]) -> dict[str, Any]:
    """A task with its parties, and the PINs that change."""
    sides = []
    if task is not None:
        sides = [
            {"record": task[f"{side}_key"], "name": names.get(task[f"{side}_id"])}
            for side in ("left", "right")
            if task[f"{side}_id"] is not None
        ]
    moves = [pair for pair in dict.fromkeys(zip(line.before, line.after, strict=True)) if pair[0] != pair[1]]
    return {
        "task": line.task, "sides": sides, "moves": moves, "refused": line.refused, "who": line.who or "",
        "said": line.said, "chain": line.chain,
    }  # fmt: skip


def _numbers(texts: Sequence[str]) -> list[int]:
    return [int(text) for text in texts if text.isdecimal() and len(text) < 19]


def _order(visitor: Visitor, key: str) -> Once:
    return Once(visitor.name, f"together:{key}", key)


def _by(request: Request, visitor: Visitor, reason: str, *, dry_run: bool = False) -> By:
    """Who decides, and why; it goes into the audit log in the transaction of the decision."""

    def note(connection: sa.Connection, effect: Effect) -> None:
        visitor.caller.saw(*effect.pins, fields=["decision", *(["dry run"] if dry_run else [])])
        put_entry(connection, entry_of(request, 200 if dry_run else 303))

    return By(visitor.name, reason, dry_run, note)
