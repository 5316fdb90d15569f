"""Below /console/customers/{pin}: unmerge and override, each with what it would do before it is done; lift; undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.audit import entry_of
from api.console.compared import preview
from api.console.documents import shown
from api.console.golden import inputs_of, typed_value
from api.console.pages import query, render, texts_of
from api.console.routes.customer import day_of
from api.console.said import say
from api.console.tried import tried
from api.console.visitors import Visitor, may
from api.deciding import Pin
from api.store import reading
from api.writing import writer_of
from mdm.errors import Contradiction, UsageError
from mdm.golden.rules import ATTRIBUTES
from mdm.registry.keys import SourceKey, read_key, read_pin
from mdm.registry.lookup import look_up
from mdm.stewardship import decisions
from mdm.stewardship.decisions import By
from mdm.stewardship.effect import Effect
from mdm.store.audit import put_entry

router = APIRouter()

MOST_UNDONE = 500  # judgements of one decision


@router.get("/console/customers/{pin}/unmerge")
def unmerge_form(pin: Pin, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """What taking a record, or a former customer, out would do; and the form for it."""
    return _unmerge_page(request, visitor, read_pin(pin), request.query_params.get("what", "").replace("\x00", ""))


@router.post("/console/customers/{pin}/unmerge")
def unmerged(pin: Pin, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """Take it out."""
    what = visitor.form.get("what")
    by = _by(request, visitor, visitor.form.get("reason") or "-")
    try:
        effect = decisions.unmerge(writer_of(request.app), read_pin(pin), _named(what), by)
    except Contradiction:
        return _unmerge_page(request, visitor, read_pin(pin), what, status=409)
    path = f"/console/customers/{read_pin(pin)}"
    response = RedirectResponse(path, 303)
    undo = None
    if 0 < len(effect.judgements) <= MOST_UNDONE:
        undo = f"{path}/undo{query({}, judgements=','.join(map(str, effect.judgements)))}"
    say(response, "customer.unmerged", what=what, undo=undo)
    return response


@router.post("/console/customers/{pin}/undo")
def undone(pin: Pin, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """Take the judgements of one decision back."""
    texts = request.query_params.get("judgements", "").split(",")
    numbers = [int(text) for text in texts if text.isdecimal() and len(text) < 19]
    if not numbers or len(numbers) > MOST_UNDONE:
        raise UsageError("no judgements are named")
    decisions.take_back_all(writer_of(request.app), numbers, _by(request, visitor, "undone"))
    response = RedirectResponse(f"/console/customers/{read_pin(pin)}", 303)
    say(response, "customer.undone")
    return response


@router.get("/console/customers/{pin}/override")
def override_form(pin: Pin, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """The form for setting a value; without an attribute, which one it shall be."""
    return _override_page(request, visitor, read_pin(pin), request.query_params.get("attribute", "").strip())


@router.post("/console/customers/{pin}/override")
def overridden(pin: Pin, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """Set it, or only say what that would do."""
    attribute, reason = visitor.form.get("attribute"), visitor.form.get("reason")
    tried = visitor.form.get("do") != "go"

    def act() -> Effect:
        by = _by(request, visitor, reason or "-", dry_run=tried)
        value, expires = typed_value(attribute, visitor.form), day_of(visitor.form.get("expires"))
        return decisions.override(writer_of(request.app), read_pin(pin), attribute, value, by, expires=expires)

    if tried:
        return _override_page(request, visitor, read_pin(pin), attribute, would=_would(act, visitor))
    try:
        act()
    except UsageError as fault:
        return _override_page(request, visitor, read_pin(pin), attribute, would={"fault": fault}, status=422)
    path = f"/console/customers/{read_pin(pin)}"
    response = RedirectResponse(path, 303)
    called = _called(request, attribute)
    say(response, "customer.overridden", attribute=called, undo=f"{path}/lift{query({}, attribute=attribute)}")
    return response


@router.post("/console/customers/{pin}/lift")
def lifted(pin: Pin, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """End an override."""
    attribute = visitor.form.get("attribute") or request.query_params.get("attribute", "")
    decisions.lift(writer_of(request.app), read_pin(pin), attribute, _by(request, visitor, "lifted"))
    response = RedirectResponse(f"/console/customers/{read_pin(pin)}", 303)
    say(response, "customer.lifted", attribute=_called(request, attribute))
    return response


# -- the parts ---------------------------------------------------------------------------------------------------------


def _unmerge_page(request: Request, visitor: Visitor, pin: str, what: str, *, status: int = 200) -> Response:
    def act() -> Effect:
        by = _by(request, visitor, "a preview", dry_run=True)
        return decisions.unmerge(writer_of(request.app), pin, _named(what), by)

    would = _would(act, visitor)
    return render(request, "unmerge.html", status=status, pin=pin, what=what, would=would)


def _override_page(
    request: Request, visitor: Visitor, pin: str, attribute: str, *, would: Any = None, status: int = 200
) -> Response:
    with reading(request) as connection:
        view = look_up(connection, pin, include=frozenset({"accounts"}))
        visitor.caller.saw(view.pin, fields=["golden"])
    document = shown(view, visitor)
    inputs = inputs_of(attribute, document["golden"] or {})
    typed = dict(visitor.form.pairs)
    for each in inputs:
        masked = "*" in each["value"]
        each["was"] = "" if masked else each["value"]
        each["value"] = typed.get(f"value.{each['name']}", each["was"])
    return render(
        request, "override.html", status=status, pin=view.pin, name=view.name, attribute=attribute, inputs=inputs,
        known=[name for name in ATTRIBUTES if name not in ("accounts",)], would=would, typed=typed,
    )  # fmt: skip


def _would(act: Callable[[], Effect], visitor: Visitor) -> dict[str, Any]:
    """Changes and moved records of what is only tried; or what keeps it from being done."""

    def shown(effect: Effect) -> dict[str, Any]:
        changes = sorted(preview(effect, masked=visitor.masked), key=lambda each: bool(each["what"] == "new"))
        return {"changes": changes, "moved": effect.moved}

    return tried(act, shown)


def _called(request: Request, attribute: str) -> str:
    """An attribute as people call it: "Identity numbers", whichever of them."""
    return texts_of(request).of("attribute", attribute.partition(".")[0])


def _named(what: str) -> SourceKey | str:
    return read_key(what)


def _by(request: Request, visitor: Visitor, reason: str, *, dry_run: bool = False) -> By:
    """Who decides, and why; it goes into the audit log in the transaction of the decision."""

    def note(connection: sa.Connection, effect: Effect) -> None:
        visitor.caller.saw(*effect.pins, fields=["decision", *(["dry run"] if dry_run else [])])
        put_entry(connection, entry_of(request, 200 if dry_run else 303))

    return By(visitor.name, reason, dry_run, note)
