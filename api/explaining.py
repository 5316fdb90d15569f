"""Why and how, as answers: what mdm.registry.explanations and mdm.registry.how say, field by field."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from api.models import Customer, LineageEvent, Masked, View
from api.stewarding import Effect, Task


class Compared(View):
    """One comparison of two records."""

    attribute: str = Field(description="what was compared, in words")
    said: str | None = Field(default=None, description="the answer in words; left out when one of the two says nothing")
    left: str | None = Field(default=None, description="as cleansed")
    right: str | None = None
    left_original: str | None = Field(default=None, description="as delivered, where that is something else")
    right_original: str | None = None
    bits: float = Field(description="above 0 speaks for one party, below 0 against")


class Judged(View):
    """A steward's word about the two records, in force."""

    verdict: str
    actor: str
    reason: str | None = None
    at: datetime


class SharedKey(View):
    """Something that both records have, by which candidates are found."""

    in_words: str
    value: str
    usable: bool = Field(description="false: so many records share it that it is not used")


class Pair(View):
    """Why two records are, or are not, taken for one party."""

    left: str
    right: str
    left_pin: str | None = None
    right_pin: str | None = None
    party: str
    model_id: str | None = None
    comparisons: list[Compared]
    prior: float | None = Field(default=None, description="bits before any evidence")
    weight: float | None = Field(default=None, description="prior and all bits of the comparisons (log2 odds)")
    probability: float
    match_weight: float
    review_weight: float
    band: str = Field(description="match | possible match | non-match")
    stored_weight: float | None = None
    speaks_against: list[str] = Field(description="contradictions, which no sum outweighs")
    refused: str | None = Field(default=None, description="what keeps their customers apart though the weight would do")
    asked: bool = Field(description="a task asks about just these two")
    judgement: Judged | None = None
    shared_keys: list[SharedKey]
    compared_at_night: bool
    sentences: list[str]


class Link(View):
    """One link of the chain that holds a customer together; without a weight: a judgement."""

    left: str
    right: str
    weight: float | None = None
    in_words: str


class Why(Masked):
    """Why two records or customers are one, or are not; or what holds one together."""

    kind: str = Field(description="two records | two customers | one customer")
    left: str
    right: str
    left_pin: str | None = None
    right_pin: str | None = None
    pairs: list[Pair]
    chain: list[Link]
    loose: list[str] = Field(description="records that no link holds")
    sentences: list[str] = Field(description="the whole answer in words")


class Joined(View):
    """What joins a record to one that was there, as the evidence stands now."""

    other: str
    weight: float | None = Field(default=None, description="of the pair, in bits; left out for a judgement")
    in_words: str
    actor: str | None = Field(default=None, description="who judged that they are the same")
    reason: str | None = None
    judged_at: datetime | None = None


class Step(View):
    """One step in which a customer came together."""

    kind: str = Field(description="record: one joined | event: something happened to a PIN")
    at: datetime = Field(description="recorded time")
    in_words: str
    record: str | None = None
    by: Joined | None = Field(default=None, description="left out for the first, and where nothing joins it any more")
    event: LineageEvent | None = None


class How(Masked):
    """How a customer came together, the oldest step first."""

    pin: str
    steps: list[Step]


class Side(View):
    """One of the records of a task, whole."""

    record: str
    role: str
    status: str
    extracted_at: datetime
    changed_at: datetime | None = None
    cleansed: dict[str, Any]
    original: dict[str, Any] | None = Field(default=None, description="as it was delivered")
    customer: Customer | None = None


class Would(View):
    """What the verdict same would do, or the judgements that it contradicts."""

    effect: Effect | None = None
    refused: str | None = None
    chain: list[str] | None = None


class Answer(View):
    """What one of two stewards said, of whom the second did not know of the first."""

    task: int
    actor: str
    verdict: str
    reason: str | None = None
    at: datetime


class TaskInFull(Masked):
    """A task with all that is needed to answer it."""

    task: Task
    records: list[Side]
    pair: Pair | None = Field(default=None, description="the evidence between them, compared afresh")
    same: Would | None = Field(default=None, description="only of an open task")
    answers: list[Answer] | None = Field(default=None, description="of a disagreement: what two stewards said")
