"""GET and POST /console/quality/rows/{row}: a quarantined row, corrected, checked and written as that record"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.audit import entry_of
from api.console.documents import shown
from api.console.pages import render
from api.console.said import say
from api.console.visitors import Forbidden, Form, Visitor, may
from api.deciding import Number
from api.store import reading
from api.writing import writer_of
from mdm.errors import NotFound, Taken
from mdm.live.orders import Order, Refused, Written, cleanse
from mdm.registry.concealing import HIDDEN, Beside, concealed, delivered
from mdm.stewardship.corrections import faults_of, mapped_of, write_corrected
from mdm.store import live, quarantine
from mdm.store.audit import put_entry

router = APIRouter()

WHO = (
    "name_full", "name_given", "name_middle", "name_family", "name_former", "organisation_name", "birth_date",
    "birth_calendar", "sex",
)  # fmt: skip
LISTS = {"phones": "value", "emails": "value", "accounts": None}  # -> the member that a line holds
CALENDARS = ("", "solar", "lunar", "lunar leap")  # of a birth date; nothing said: solar
ADDRESS = ("text", "number", "street", "unit", "building", "district", "locality", "region", "postcode", "country")
NUMBERS = 3  # identity numbers that a form has place for
_HIDDEN = {"system", "local_id", "file", "line", "content_hash", "original", "issues", "extracted_at", "role"}


@router.get("/console/quality/rows/{row}")
def opened(row: Number, visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """A row as it was delivered, and a form with what could be read of it."""
    found, before = _row(request, visitor, row)
    return _page(request, visitor, found, before, found["local_id"] or "", _known(request, found))


@router.post("/console/quality/rows/{row}")
def corrected(row: Number, visitor: Annotated[Visitor, may("steward")], request: Request) -> Response:
    """Check the corrected values, or write them; what is refused stays in quarantine."""
    if visitor.masked:  # masked values would be written in place of the true ones
        raise Forbidden("correction.reveal")
    found, before = _row(request, visitor, row)
    local_id = visitor.form.get("local_id")
    known = _known(request, found)
    mapped = _filled_in(visitor.form, known, _secrets(known, _regions(request, found)))
    faults, cleansed = faults_of(local_id, mapped), None
    writer = writer_of(request.app)
    try:
        if not faults:
            cleansed = cleanse(writer, found["system"], local_id, mapped, datetime.now(UTC))
            if visitor.form.get("write"):
                return _written(request, visitor, found, local_id, mapped)
    except Refused as refused:
        return _page(request, visitor, found, before, local_id, mapped, refused=refused)
    return _page(request, visitor, found, before, local_id, mapped, faults=faults, cleansed=cleansed)


# -- the parts ---------------------------------------------------------------------------------------------------------


def _written(
    request: Request, visitor: Visitor, row: Mapping[str, Any], local_id: str, mapped: dict[str, Any]
) -> Response:
    number = str(row["quarantine_id"])

    def note(connection: sa.Connection, written: Written) -> None:
        visitor.caller.saw(
            written.pin, written.moved_from, records=[f"{row['system']}:{local_id}"],
            fields=["quarantine", "record", written.outcome],
        )  # fmt: skip
        put_entry(connection, entry_of(request, 303))

    version = _moment(visitor.form.get("version"))
    order = Order(visitor.name, version, expect_new=version is None)
    response = RedirectResponse(f"/console/quality?system={row['system']}", 303)
    try:
        written = write_corrected(writer_of(request.app), row, local_id, mapped, order, note)
        record = f"{row['system']}:{local_id}"
        say(response, "correction.written", row=number, record=record, pin=written.pin or "–")
    except Taken:
        say(response, "correction.gone", tone="warn", row=number)
    return response


def _moment(text: str) -> datetime | None:
    """The version that a form names; one that is none of ours is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _row(request: Request, visitor: Visitor, number: int) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The row, and the record that its key has now. Raises NotFound."""
    with reading(request) as connection:
        row = quarantine.find_row(connection, number)
        if row is None:
            raise NotFound(f"no quarantined row {number}", remedy="See the page of data quality.")
        key = visitor.form.get("local_id") or row["local_id"]
        before = live.find_version(connection, row["system"], key) if key else None
        there = before is not None and before["status"] == "accepted"
        named = [f"{row['system']}:{key}"] if key else []
        visitor.caller.saw(before["pin"] if before and there else None, records=named, fields=["quarantine"])
    return row, before if there else None


def _known(request: Request, row: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of the row's values, and the party that the contract says."""
    contract = writer_of(request.app).contracts.get(row["system"])
    if contract is None:
        raise NotFound(f"no source system is called {row['system']!r}", remedy="Its contract is gone.")
    return {"party": contract.party.party, **mapped_of(row["content"])}


def _secrets(known: Mapping[str, Any], regions: frozenset[str]) -> dict[str, str]:
    """The delivered numbers that nobody is shown, by what stands in the form for each: `***1` for the first number."""
    numbers = known.get("identifiers") or []
    seen = concealed(numbers, Beside(known.get("party"), regions))
    return {
        f"{HIDDEN}{place}": number["value"]
        for place, (number, shown) in enumerate(zip(numbers, seen, strict=True), start=1)
        if number["value"] != shown["value"]
    }


def _filled_in(form: Form, known: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """The values of a form as MAPPED; what it has no field for stays as delivered, and so do the dates of a value."""
    mapped = dict(known)
    mapped |= {name: form.get(name) or None for name in ("party", *WHO)}
    for name, member in LISTS.items():
        lines = [line.strip() for line in form.get(name).splitlines() if line.strip()]
        mapped[name] = lines if member is None else _dated(lines, known.get(name) or ())
    parts = {name: form.get(f"address.{name}") or None for name in ADDRESS}
    whole = {**(known.get("address") or {}), **parts}
    mapped["address"] = whole if any(parts.values()) else None
    numbers = zip(*(form.all(f"identifier.{part}") for part in ("type", "country", "value")), strict=False)
    said = [(kind, country.strip() or None, value.strip()) for kind, country, value in numbers]
    mapped["identifiers"] = [
        {"type": kind, "country": country, "value": secrets.get(value, value)} for kind, country, value in said if value
    ]
    return {name: value or None for name, value in mapped.items()}


def _dated(lines: Sequence[str], known: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    before = {each["value"]: dict(each) for each in known}
    return [before.get(line, {"value": line, "valid_from": None, "valid_to": None}) for line in lines]


def _page(
    request: Request, visitor: Visitor, row: Mapping[str, Any], before: Mapping[str, Any] | None, local_id: str,
    mapped: Mapping[str, Any], *, faults: Sequence[str] = (), refused: Refused | None = None,
    cleansed: Mapping[str, Any] | None = None,
) -> Response:  # fmt: skip
    """The page; values are in its form only for whoever may see them."""
    issues = list(refused.issues) if refused else list((cleansed or {}).get("issues") or ())
    made = {
        name: value for name, value in (cleansed or {}).items()
        if value and name not in _HIDDEN and not name.endswith(("_key", "_native"))
    }  # fmt: skip
    regions = _regions(request, row)
    stand_ins = {number: text for text, number in _secrets(_known(request, row), regions).items()}
    numbers = [
        dict(each, value=stand_ins.get(each["value"], each["value"])) for each in mapped.get("identifiers") or ()
    ]
    filled_in = {} if visitor.masked else {**mapped, "identifiers": numbers}
    return render(
        request, "correction.html", status=422 if faults or refused else 200,
        row=shown(dict(row, content=None), visitor),
        content=None if visitor.masked else delivered(row["content"] or "", regions), local_id=local_id, before=before,
        faults=faults, mapped=filled_in, issues=shown(issues, visitor), refused=refused, who=WHO,
        calendars=CALENDARS, lists=LISTS, address=ADDRESS, numbers=NUMBERS, made=shown(made, visitor),
        kept=[name for name in ("subscriptions", "relationships", "consents", "attributes") if mapped.get(name)],
    )  # fmt: skip


def _regions(request: Request, row: Mapping[str, Any]) -> frozenset[str]:
    """The country of the row's feed, by whose rules its numbers are read."""
    writer = writer_of(request.app)
    contract = writer.contracts.get(row["system"])
    return frozenset({(contract.region if contract is not None else None) or writer.settings.cleanse.region})
