"""GET /console/search: whoever a text may mean; /console/search/answers: the same as a fragment, while one types."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.console.documents import shown
from api.console.pages import render
from api.console.visitors import Visitor, may
from api.store import reading
from api.writing import writer_of
from mdm.registry.finding import Found, Hit, find
from mdm.registry.views import name_of

router = APIRouter()

PAGE, AT_ONCE = 50, 8
EXACT = ("pin", "key")
EXAMPLES = ("name", "pinyin", "phone", "pin", "key", "identifier", "address", "both")


@router.get("/console/search")
def search(visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """What was found; one customer that was named exactly is shown itself."""
    text = _asked(request)
    found = _find(request, visitor, text, PAGE)
    if found.household is not None:
        return RedirectResponse(f"/console/households/{found.household}", 303)
    if len(found.hits) == 1 and found.hits[0].by[0] in EXACT:
        return RedirectResponse(f"/console/customers/{found.hits[0].pin}", 303)
    return render(request, "search.html", text=text, hits=_lines(found, visitor), more=found.more, examples=EXAMPLES)


@router.get("/console/search/answers")
def answers(visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """The first few, below the box."""
    text = _asked(request)
    found = _find(request, visitor, text, AT_ONCE)
    return render(
        request, "answers.html", text=text, hits=_lines(found, visitor), more=found.more, household=found.household
    )


def _asked(request: Request) -> str:
    return request.query_params.get("q", "").replace("\x00", "").strip()


def _find(request: Request, visitor: Visitor, text: str, count: int) -> Found:
    settings = request.app.state.settings
    with reading(request) as connection:
        found = find(
            connection, text, region=settings.cleanse.region, systems=sorted(writer_of(request.app).contracts),
            count=count,
        )  # fmt: skip
        visitor.caller.saw(*(hit.pin for hit in found.hits), fields=["search", "name"])
    return found


def _lines(found: Found, visitor: Visitor) -> list[dict[str, Any]]:
    """The hits as lists show them."""
    return [_line(hit, shown(hit, visitor)) for hit in found.hits]


def _line(hit: Hit, document: dict[str, Any]) -> dict[str, Any]:
    golden = document["golden"] or {}
    address = (golden.get("address") or {}).get("value") or {}
    places = dict.fromkeys(address.get(part) for part in ("locality", "region"))
    text = address.get("text")
    if not isinstance(text, str) or text.startswith("*"):
        text = ", ".join(place for place in places if place) or None
    return {
        "pin": hit.pin, "party": hit.party, "status": hit.status, "redirect_to": hit.redirect_to, "by": hit.by,
        "name": name_of(golden.get("name"), golden.get("organisation")), "latin": _latin(golden),
        "born": (golden.get("birth_date") or {}).get("value"), "address": text,
        "phone": next((phone["value"] for phone in golden.get("phones") or ()), None),
    }  # fmt: skip


def _latin(golden: dict[str, Any]) -> str | None:
    """A name in letters beside the one in hanzi, where a record has it so."""
    other = (golden.get("name") or {}).get("runner_up")
    return name_of(other, None) if other is not None and "native" not in other["value"] else None
