"""GET /console/customers/{pin}: a customer, now, as it stood on a day, as it was known; and why it is what it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response

from api.console.compared import evidence_rows
from api.console.documents import shown
from api.console.golden import former, golden_rows, record_rows
from api.console.pages import render, texts_of
from api.console.visitors import Visitor, may
from api.deciding import Pin
from api.store import reading
from mdm.errors import NotFound, UsageError
from mdm.registry.how import how
from mdm.registry.keys import read_key, read_pin
from mdm.registry.lookup import look_up
from mdm.registry.versions import versions_of
from mdm.registry.why import why
from mdm.store import customers, overrides

router = APIRouter()

VERSIONS = 5  # on a page


@router.get("/console/customers/{pin}")
def customer(pin: Pin, visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """The customer; a PIN that redirects shows its survivor and says so."""
    asked = _asked(request)
    as_of, known_at = day_of(asked.get("as_of")), _moment(asked.get("known_at"))
    before = asked.get("before", "")
    with reading(request) as connection:
        view = look_up(connection, read_pin(pin), as_of=as_of, known_at=known_at)
        now = view.status == "active" and known_at is None
        steps = how(connection, view.pin, settings=request.app.state.settings).steps if now else ()
        homes = _homes(connection, view.pin) if now else {}
        pinned = overrides.overrides_of(connection, view.pin, ended=False) if now else []
        number = int(before) if before.isdecimal() and len(before) < 10 else None
        versions = versions_of(connection, view.pin, before=number, count=VERSIONS, mask=visitor.masked)
        houses = [house for house in (view.household, view.legal_entity) if house is not None]
        visitor.caller.saw(
            view.pin, *(member.pin for house in houses for member in house.members),
            fields=["golden", "records", "household", "accounts", "lineage", "versions"],
        )  # fmt: skip
    found = shown({"view": view, "steps": steps, "pinned": pinned}, visitor)
    document = found["view"]
    golden = {**(document["golden"] or {}), **{name: document[name] for name in ("accounts", "subscriptions")}}
    return render(
        request, "customer.html", customer=document, name=view.name, rows=golden_rows(golden) if view.golden else [],
        records=record_rows(document, found["steps"], homes), former=former(view.pin, homes), pinned=found["pinned"],
        houses=[document[kind] for kind in ("household", "legal_entity") if document[kind] is not None],
        versions=versions, path=f"/console/customers/{view.pin}", now=now and as_of is None,
        as_of=as_of, known_at=asked.get("known_at"), changing=now and visitor.may("steward"),
    )  # fmt: skip


@router.get("/console/customers/{pin}/why")
def explained(pin: Pin, visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """Why a record, or a customer, is in, or is not; `record`: seen from this record of the customer."""
    asked = _asked(request)
    record, other = asked.get("record", ""), asked.get("other", "").strip()
    with reading(request) as connection:
        found = _why(connection, request, record or read_pin(pin), other or read_pin(pin))
        pins = [each for each in (found.left_pin, found.right_pin) if each] if found is not None else []
        visitor.caller.saw(*pins, fields=["evidence"])
    document = shown(found, visitor) if found is not None else None
    pairs = []
    for pair in document["pairs"] if document is not None else ():
        rows, prior, total = evidence_rows(pair, texts_of(request))
        pairs.append({**pair, "rows": rows, "bars": (prior, total)})
    return render(request, "why.html", found=document, pairs=pairs, pin=read_pin(pin), other=other, record=record)


def day_of(text: str | None) -> date | None:
    """A day as a form sends it; None: none was given. Raises UsageError."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"{text!r} is no day", remedy="Write it as 2026-04-01.") from None


# -- the parts ---------------------------------------------------------------------------------------------------------


def _why(connection: sa.Connection, request: Request, a: str, b: str) -> Any:
    """The explanation; None when there is no such record or customer."""
    try:
        read_key(b)
        return why(connection, a, b, settings=request.app.state.settings)
    except NotFound:
        return None


def _homes(connection: sa.Connection, pin: str) -> dict[str, str]:
    """The records of a customer -> the PIN that each was given first."""
    rows = customers.xrefs_of_pin(connection, pin)
    return {f"{row['system']}:{row['local_id']}": row["home"] for row in rows}


def _asked(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.query_params.items() if value and "\x00" not in value}


def _moment(text: str | None) -> datetime | None:
    """A moment in UTC; a day alone is its end."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text if "T" in text else f"{text}T23:59:59.999999")
    except ValueError:
        raise UsageError(f"{text!r} is no moment", remedy="Write it as 2026-04-01 or 2026-04-01T09:30.") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
