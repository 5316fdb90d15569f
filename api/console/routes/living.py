"""Below /console/households/{chi}: split, move, merge, each with both households before and after; taking one back."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.audit import entry_of
from api.console.documents import shown
from api.console.pages import render
from api.console.routes.customer import day_of
from api.console.said import say
from api.console.tried import tried
from api.console.visitors import Form, Visitor, may
from api.deciding import Number
from api.routes.households import Chi
from api.store import reading
from api.writing import writer_of
from mdm.errors import Contradiction, NotFound, UsageError
from mdm.registry import look_up_household
from mdm.registry.keys import read_chi, read_pin
from mdm.stewardship import households as deciding
from mdm.stewardship.households import By, HouseholdEffect
from mdm.store import households
from mdm.store.audit import put_entry

router = APIRouter()

VERBS = ("split", "move", "merge")
NONE = "which"  # of the verbs nobody has chosen one yet


@router.get("/console/households/{chi}/decide")
def form(chi: Chi, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """What it would do, and the form for it."""
    return _page(request, visitor, chi, Form(tuple(request.query_params.multi_items())))


@router.post("/console/households/{chi}/decide")
def decided(chi: Chi, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """Carry it out, or only say what it would do from another day on."""
    asked = visitor.form
    if asked.get("go") != "yes":
        return _page(request, visitor, chi, asked)
    try:
        effect = _act(request, visitor, chi, asked, dry_run=False)
    except (Contradiction, UsageError, NotFound):
        return _page(request, visitor, chi, asked, status=409)
    path = f"/console/households/{read_chi(chi)}"
    response = RedirectResponse(path, 303)
    undo = f"{path}/decisions/{effect.decision}:undo"
    if effect.at_once:
        say(response, f"household.{asked.get('do')}", undo=undo)
    else:
        say(response, "household.waits", tone="warn", undo=undo)
    return response


@router.post("/console/households/{chi}/decisions/{decision}:undo")
def undone(chi: Chi, decision: Number, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """Take a decision back."""
    effect = deciding.take_back(writer_of(request.app), decision, _by(request, visitor, "undone"))
    response = RedirectResponse(f"/console/households/{read_chi(chi)}", 303)
    say(
        response, "household.undone" if effect.at_once else "household.waits", tone="good" if effect.at_once else "warn"
    )
    return response


# -- the parts ---------------------------------------------------------------------------------------------------------


def _page(request: Request, visitor: Visitor, chi: str, asked: Form, *, status: int = 200) -> Response:
    with reading(request) as connection:
        view = look_up_household(connection, chi)
        visitor.caller.saw(*(member.pin for member in view.members), fields=["members"])
    verb = asked.get("do")
    would = tried(lambda: _act(request, visitor, view.chi, asked, dry_run=True), _shown) if verb in VERBS else {}
    return render(
        request, "living.html", status=status, household=shown(view, visitor), verb=verb if verb in VERBS else NONE,
        named=asked.all("member"), to=asked.get("to"), since=asked.get("since"), reason=asked.get("reason"),
        would=shown(would, visitor) | ({"fault": would["fault"]} if "fault" in would else {}),
    )  # fmt: skip


def _act(request: Request, visitor: Visitor, chi: str, asked: Form, *, dry_run: bool) -> HouseholdEffect:
    """Do what the form says, or try it."""
    writer, who = writer_of(request.app), _by(request, visitor, asked.get("reason") or "-", dry_run=dry_run)
    pins, since = asked.all("member"), _since(asked)
    if asked.get("do") == "split":
        return deciding.split(writer, chi, pins, who, since=since)
    with request.app.state.store.read() as connection:
        other = _household_of(connection, asked.get("to"))
    if asked.get("do") == "merge":
        return deciding.merge(writer, chi, [other], who, since=since)
    return deciding.move(writer, chi, pins, other, who, since=since)


def _since(asked: Form) -> date | None:
    text = asked.get("since")
    return day_of(text) if text else None


def _household_of(connection: sa.Connection, text: str) -> str:
    """The household that is meant: by its id, or by the PIN of somebody who lives there."""
    if not text:
        raise UsageError("which household is meant?", remedy="Type its id, or the PIN of somebody there.", field="to")
    if text[:1].upper() in "HL":
        return read_chi(text)
    pin = read_pin(text)
    rows = [row for row in households.memberships_of(connection, pin) if row["valid_to"] is None]
    found = [row["chi"] for row in rows if row["chi"].startswith("H")]
    if not found:
        raise NotFound(f"PIN {pin} lives in no household", remedy="Name a household by its id.")
    return str(found[-1])


def _shown(effect: HouseholdEffect) -> dict[str, Any]:
    return {"waits": not effect.at_once, "changes": effect.households}


def _by(request: Request, visitor: Visitor, reason: str, *, dry_run: bool = False) -> By:
    """Who decides, and why; it goes into the audit log in the transaction of the decision."""

    def note(connection: sa.Connection, effect: HouseholdEffect) -> None:
        visitor.caller.saw(*effect.pins, fields=["household decision", *(["dry run"] if dry_run else [])])
        put_entry(connection, entry_of(request, 200 if dry_run else 303))

    return By(visitor.name, reason, dry_run, note)
