"""What identifying takes and gives. Field names are for good: clients depend on them."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from api.attributes import InHand
from api.models import View

MOST_CANDIDATES = 50
_REQUEST: dict[str, Any] = {
    "name": "Carol Diaz",
    "birth_date": "1990-12-12",
    "phones": ["(217) 555-0101"],
    "region": "US",
}


class IdentifyRequest(InHand):
    """Attributes in hand, and how much to answer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _REQUEST})

    onlyCertain: bool = Field(default=False, description="leave out all but a customer that is certain")
    limit: int = Field(default=5, ge=1, le=MOST_CANDIDATES, description="customers to answer at most")


class AttributeEvidence(View):
    """How an attribute that was given compares with the record that matches best."""

    attribute: str
    said: str = Field(description="the answer in words: the same, one letter apart, different ...")
    given: str | None = Field(default=None, description="as cleansed")
    found: str | None = Field(default=None, description="what the record has; left out of personal values without pii")
    bits: float = Field(description="log2 of the Bayes factor; above 0 speaks for one party, below 0 against")


class Candidate(View):
    """A customer that it may be."""

    pin: str
    name: str | None = None
    grade: str = Field(
        description="certain: the night would join it with this customer and no other, and none is close | probable: "
        "it would be joined, but another is close | possible: the evidence is not enough, or something rules it out"
    )
    because: str = Field(description="the grade in words")
    probability: float = Field(description="that the record is of this party, 0 to 1")
    weight: float = Field(description="the same as log2 odds, in bits")
    record: str = Field(description="key (system:local_id) of the record that matches best")
    evidence: list[AttributeEvidence] = Field(description="of what both sides tell, the most telling first")
    against: str | None = Field(default=None, description="what rules out that it is joined by itself")


class TooMany(View):
    """Something given that too many records hold to look at each of them."""

    what: str
    ask: list[str] = Field(description="attributes that would narrow it")


class Remark(View):
    """What cleansing said of a value."""

    attribute: str
    mark: str = Field(description="repaired | suspicious | unreadable (then it was not used)")
    reason: str


_ANSWER: dict[str, Any] = {
    "outcome": "certain",
    "party": "person",
    "candidates": [
        {
            "pin": "401787509130", "name": "Carol Diaz", "grade": "certain",
            "because": "The night would join it with this customer and no other.",
            "probability": 0.99999, "weight": 17.9, "record": "billing:B7",
            "evidence": [
                {"attribute": "phones", "said": "the same, in periods that fit", "given": "+12175550101",
                 "found": "+12175550101", "bits": 15.4},
            ],
        }
    ],
    "too_many": [],
    "remarks": [],
    "compared": 3,
    "more": 0,
    "model_id": "person-0a1b2c3d4e5f",
}  # fmt: skip


class Identification(View):
    """Who it may be."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _ANSWER})

    outcome: str = Field(
        description="certain: the first candidate is | candidates: a choice for somebody who can ask | too_many: what "
        "was given fits too many, see `ask` | nobody"
    )
    party: str
    candidates: list[Candidate] = Field(description="the best first")
    too_many: list[TooMany]
    remarks: list[Remark]
    compared: int = Field(description="records compared")
    more: int = Field(description="customers that `limit` left out")
    model_id: str
