"""PUT, PATCH, DELETE and GET /v1/records/{system}/{local_id}, and POST /v1/records:validate"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel

from api.access import Caller, needs
from api.masking import seen_by
from api.models import WITHOUT_NUL
from api.problems import Gone, Problem, Wrong
from api.records import RecordBody, Validated, WrittenRecord
from api.store import Connection
from api.writing import known_system, order_of, tag_of, writer_of
from mdm.cleanse.marks import marks_of
from mdm.cleanse.record import cleanse_record
from mdm.cleanse.values import CleanseContext
from mdm.errors import NotFound
from mdm.live.orders import Order, Refused, Written
from mdm.live.stored import from_version
from mdm.live.write import delete_record, patch_record, put_record
from mdm.store import live
from mdm.store.once import OtherOrder

router = APIRouter(prefix="/v1", tags=["records"])

_PROBLEM = {"model": Problem}
ANSWERS: dict[int | str, dict[str, Any]] = {
    404: {"description": "no such system, or no such record", **_PROBLEM},
    409: {"description": "no night has been applied yet: there is nothing to match by", **_PROBLEM},
    410: {"description": "the record is that of a customer who was erased", **_PROBLEM},
    412: {"description": "the record is not the version that If-Match names, or is there already", **_PROBLEM},
    413: {"description": "the body is too large", **_PROBLEM},
    422: {"description": "not valid, or nothing of it can be used: field and remedy", **_PROBLEM},
    503: {"description": "the database cannot be reached, or is too busy; try again", **_PROBLEM},
}
System = Annotated[str, Path(min_length=1, max_length=200, pattern=WITHOUT_NUL, examples=["call_centre"])]
LocalId = Annotated[str, Path(min_length=1, max_length=2000, pattern=WITHOUT_NUL, examples=["CC-1"])]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=200,
        description="chosen by the caller: the same request sent again under it within two days is carried out once "
        "and answered the same",
    ),
]  # fmt: skip
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=200, description="the ETag of the version meant")]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=200, description="*: only if it is new")]
Writing = Annotated[Caller, needs("write")]


@router.put("/records/{system}/{local_id:path}", response_model=WrittenRecord, responses=ANSWERS)
def put(
    system: System, local_id: LocalId, body: RecordBody, caller: Writing, request: Request,
    key: Key = None, if_match: IfMatch = None, if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """A whole record of a source system: cleansed, matched, linked to a customer or a new one, in one transaction."""
    writer = writer_of(request.app)
    known_system(writer, system)
    mapped = body.to_mapped() | _party(body, request, system)
    order = _order(request, caller, system, local_id, body, key, if_match, if_none_match)
    return _answer(caller, lambda: put_record(writer, system, local_id, mapped, order))


@router.patch("/records/{system}/{local_id:path}", response_model=WrittenRecord, responses=ANSWERS)
def patch(
    system: System, local_id: LocalId, body: RecordBody, caller: Writing, request: Request,
    key: Key = None, if_match: IfMatch = None,
) -> Response:  # fmt: skip
    """Change the attributes that are sent, each as a whole (null: no longer known), and leave the others."""
    writer = writer_of(request.app)
    known_system(writer, system)
    order = _order(request, caller, system, local_id, body, key, if_match, None)
    changes = {name: value for name, value in body.to_changes().items() if name != "party" or value is not None}
    return _answer(caller, lambda: patch_record(writer, system, local_id, changes, order))


@router.delete("/records/{system}/{local_id:path}", response_model=WrittenRecord, responses=ANSWERS)
def delete(
    system: System, local_id: LocalId, caller: Writing, request: Request, key: Key = None, if_match: IfMatch = None
) -> Response:
    """The system no longer has the record; its customer goes on with the others, or is retired."""
    writer = writer_of(request.app)
    known_system(writer, system)
    order = _order(request, caller, system, local_id, None, key, if_match, None)

    def act() -> Written:
        found = delete_record(writer, system, local_id, order)
        if found.outcome == "unknown":
            raise NotFound(f"no record {system}:{local_id}", remedy="It may have been deleted before.")
        return found

    return _answer(caller, act)


@router.get("/records/{system}/{local_id:path}", response_model=WrittenRecord, responses=ANSWERS)
def get(
    system: System, local_id: LocalId, caller: Annotated[Caller, needs("lookup")], request: Request,
    connection: Connection,
) -> Response:  # fmt: skip
    """A record as it stands, with the ETag that If-Match takes."""
    known_system(writer_of(request.app), system)
    version = live.find_version(connection, system, local_id)
    if version is None or version["status"] != "accepted":
        raise NotFound(f"no record {system}:{local_id}", remedy="Its system has no such key, or deleted it.")
    caller.saw(version["pin"], records=[f"{system}:{local_id}"], fields=["record"])
    found = Written("unchanged", version["pin"], version["recorded_from"], from_version(version))
    return _told(found, caller)


@router.post("/records:validate", response_model=Validated, responses={k: ANSWERS[k] for k in (404, 413, 422, 503)})
def validate(
    body: RecordBody, caller: Annotated[Caller, needs("identify")], request: Request, system: str | None = None
) -> Response:
    """What cleansing makes of a record, and what it says of it; nothing is written. system: by whose contract."""
    writer = writer_of(request.app)
    contract = None if system is None else writer.contracts[known_system(writer, system)]
    context = CleanseContext(
        region=(contract.region if contract is not None else None) or writer.settings.cleanse.region,
        area_code=contract.area_code if contract is not None else None,
        extracted_at=datetime.now(UTC),
        own=writer.settings.own_placeholders,
    )
    mapped = {**body.to_mapped(), **_party(body, request, system)}
    cleansed = cleanse_record(mapped, context=context)
    shown, remarks = _record(cleansed), cleansed["issues"] or []
    marks = [{"attribute": name, "mark": mark} for name, mark in marks_of(mapped, remarks).items()]
    document = {"usable": bool(shown), "record": shown, "marks": marks, "remarks": remarks}
    return Response(_body(document, caller), media_type="application/json")


# -- the parts ---------------------------------------------------------------------------------------------------------


def _party(body: RecordBody, request: Request, system: str | None) -> dict[str, Any]:
    """What the contract says of the party where the body does not."""
    if body.party is not None or system is None:
        return {}
    rule = writer_of(request.app).contracts[system].party
    return {} if rule.party is None else {"party": rule.party}


def _order(
    request: Request, caller: Caller, system: str, local_id: str, body: BaseModel | None, key: str | None,
    if_match: str | None, if_none_match: str | None,
) -> Order:  # fmt: skip
    caller.saw(records=[f"{system}:{local_id}"], fields=[])
    content = b"" if body is None else body.model_dump_json(exclude_unset=True).encode()
    return order_of(request, caller, content, key=key, if_match=if_match, if_none_match=if_none_match)


def _answer(caller: Caller, act: Any) -> Response:
    try:
        found: Written = act()
    except OtherOrder:
        words = "the Idempotency-Key was used for something else"
        raise Wrong("invalid-request", words, "Choose another one.", "Idempotency-Key") from None
    except Refused as refused:
        raise _problem(refused) from None
    return _told(found, caller)


def _problem(refused: Refused) -> Exception:
    if refused.kind == "erased":
        return Gone("erased", refused.words)
    if refused.kind == "changed":
        return Wrong("changed", refused.words, "Read it (GET), and decide anew.", "If-Match")
    said = "; ".join(f"{issue['attribute']}: {issue['reason']}" for issue in refused.issues)
    words = f"{refused.words}: {said}" if said else refused.words
    return Wrong("invalid-request", words, "Send at least one of name, number, phone, e-mail, address.", "body")


def _told(found: Written, caller: Caller) -> Response:
    document: dict[str, Any] = {"outcome": found.outcome, "pin": found.pin, "previous_pin": found.moved_from,
                                "tasks": list(found.tasks), "version": found.version}  # fmt: skip
    if found.cleansed is not None and found.outcome != "deleted":
        document |= {"record": _record(found.cleansed), "remarks": found.cleansed["issues"] or []}
    document = {name: value for name, value in document.items() if value is not None}
    headers = {} if found.version is None else {"ETag": tag_of(found.version)}
    if found.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(_body(document, caller), 200, headers, "application/json")


_NOT_SHOWN = {"file", "line", "content_hash", "original", "issues", "extracted_at", "system", "local_id"}


def _record(cleansed: dict[str, Any]) -> dict[str, Any]:
    """What of a CLEANSED row is for people: what has a value, without the keys for matching."""
    return {
        name: _plain(value)
        for name, value in cleansed.items()
        if value is not None and name not in _NOT_SHOWN and not name.endswith("_key")
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: inner for name, inner in value.items() if inner is not None}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _body(document: dict[str, Any], caller: Caller) -> bytes:
    """The document as the caller may see it."""
    return orjson.dumps(seen_by(caller, orjson.loads(orjson.dumps(document))))
