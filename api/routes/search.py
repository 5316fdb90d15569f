"""GET /v1/customers?key=|phone=|email=|identifier=|account="""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.access import Caller, needs
from api.answers import customer_document, disclosed, json_answer
from api.fields import Fields
from api.models import WITHOUT_NUL, Customer, View
from api.problems import Problem
from api.store import reading
from mdm.registry.search import PAGE, READERS, search


class Customers(View):
    """Customers by PIN."""

    customers: list[Customer]
    next: str | None = Field(default=None, description="`cursor` of the next page; left out on the last")


router = APIRouter(prefix="/v1", tags=["customers"])

MOST_CUSTOMERS = 100  # on one page
LONGEST = 2000  # characters of a value
ANSWERS: dict[int | str, dict[str, Any]] = {
    422: {
        "model": Problem,
        "description": "a value cannot be read (field names it, detail has the cleanser's reason), or none was given",
    },
    503: {"model": Problem, "description": "the database cannot be reached; try again"},
}


def _value(words: str, example: str) -> Any:
    return Query(max_length=LONGEST, pattern=WITHOUT_NUL, description=words, examples=[example])


Key = Annotated[str | None, _value("a source key, system:local_id", "billing:B1")]
Phone = Annotated[
    str | None, _value("as dialled from `region`, or with + and country (+ is written %2B)", "13909310588")
]
Email = Annotated[str | None, _value("an e-mail address", "ann.lee@mail.example")]
Identifier = Annotated[str | None, _value("type:issuer:value, the issuer may be empty", "national_id:US:536-22-8741")]
Account = Annotated[str | None, _value("an account number, as the source writes it", "A1")]


@router.get("/customers", response_model=Customers, response_model_exclude_none=True, responses=ANSWERS)
def customers(
    caller: Annotated[Caller, needs("lookup")],
    request: Request,
    fields: Fields,
    key: Key = None,
    phone: Phone = None,
    email: Email = None,
    identifier: Identifier = None,
    account: Account = None,
    region: Annotated[
        str | None,
        Query(pattern="^[A-Z]{2}$", description="country (ISO 3166) that numbers are read by", examples=["CN"]),
    ] = None,
    cursor: Annotated[
        str | None, Query(pattern="^[0-9]{12}$", description="`next` of the page before", examples=["401787509130"])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_CUSTOMERS, description="customers on a page")] = PAGE,
) -> Response:
    """The customers that hold all of these values, each in some current record: exactly, after the same cleansing.

    A shared phone has several. What a record held once, and no more, is not found.
    """
    given = {"key": key, **dict(zip(READERS, (phone, email, identifier, account), strict=True))}
    with reading(request) as connection:
        page = search(
            connection,
            {name: text for name, text in given.items() if text is not None},
            region=region or request.app.state.settings.cleanse.region,
            after=cursor or "",
            count=limit,
        )
        shown = [customer_document(view, caller, fields) for view in page.customers]
        for view, document in zip(page.customers, shown, strict=True):
            caller.saw(view.pin, fields=disclosed(document))
    return json_answer({"customers": shown} | ({"next": page.next} if page.next is not None else {}))
