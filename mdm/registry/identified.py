"""What identifying answers: ranked customers with what speaks for each, in bits and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grade = Literal["certain", "probable", "possible"]
Outcome = Literal["certain", "candidates", "too_many", "nobody"]


@dataclass(frozen=True, slots=True)
class AttributeEvidence:
    """One comparison of what was given with the record that matches best.

    attribute: "birth_date", "phones" ...; said: the answer in words. given, found: the cleansed values. bits: log2 of
    the Bayes factor, above 0 for one party, below 0 against.
    """

    attribute: str
    said: str
    given: str | None
    found: str | None
    bits: float


@dataclass(frozen=True, slots=True)
class Identified:
    """A customer that it may be.

    weight: log2 odds of the best record, with probability the same between 0 and 1. record: key of that record.
    evidence: the attributes that both sides tell. against: what rules out that it is joined by itself; None: nothing.
    because: the grade in words.
    """

    pin: str
    name: str | None
    grade: Grade
    probability: float
    weight: float
    record: str
    evidence: tuple[AttributeEvidence, ...]
    against: str | None
    because: str


@dataclass(frozen=True, slots=True)
class TooMany:
    """Something given that too many records hold to look at each. what: in words. ask: attributes that narrow it."""

    what: str
    ask: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """What the cleanser said of a value. mark: repaired | suspicious | unreadable; unreadable ones were not used."""

    attribute: str
    mark: str
    reason: str


@dataclass(frozen=True, slots=True)
class Identification:
    """The answer. outcome: certain (the first candidate is) | candidates | too_many | nobody.

    compared: how many records were compared. more: how many customers `limit` left out.
    """

    outcome: Outcome
    party: str
    candidates: tuple[Identified, ...]
    too_many: tuple[TooMany, ...]
    remarks: tuple[Remark, ...]
    compared: int
    more: int
    model_id: str
