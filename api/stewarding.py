"""What a steward's calls take and give. Field names are for good: clients depend on them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.attributes import Strict
from api.models import WITHOUT_NUL, Masked, SourceKey, View

MOST_RECORDS = 50  # of one side of a judgement, or of a split
MOST_CUSTOMERS = 20  # merged at once
MOST_TASKS = 200  # decided together
Reason = Annotated[
    str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*\S[^\x00]*$", description="why; kept with it")
]
Steward = Annotated[str, Field(min_length=1, max_length=200, pattern=WITHOUT_NUL)]
_KEY_1 = {"system": "mobile_billing", "local_id": "M9000001"}
_KEY_2 = {"system": "call_centre", "local_id": "C90000006"}


def _example(**members: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"example": members})


class Decision(Strict):
    """What every decision says."""

    reason: Reason
    dryRun: bool = Field(default=False, description="only tell what it would do: everything is rolled back")


class JudgementRequest(Decision):
    """A verdict about two records, or about each of some with each of others."""

    model_config = _example(left=_KEY_1, right=_KEY_2, verdict="different", reason="called both")

    left: SourceKey | Annotated[list[SourceKey], Field(min_length=1, max_length=MOST_RECORDS)]
    right: SourceKey | Annotated[list[SourceKey], Field(min_length=1, max_length=MOST_RECORDS)]
    verdict: Literal["same", "different", "unsure"]


class WithdrawRequest(Decision):
    """Why a judgement is taken back."""

    model_config = _example(reason="wrong button")


class MergeRequest(Decision):
    """The customers that are the same as the one in the path."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        json_schema_extra={"example": {"with": ["401787509130"], "reason": "saw the passport", "dryRun": True}},
    )

    others: list[Annotated[str, Field(max_length=40, pattern=WITHOUT_NUL)]] = Field(
        alias="with", min_length=1, max_length=MOST_CUSTOMERS, description="their PINs"
    )


class UnmergeRequest(Decision):
    """What is taken out: one record, or a customer that was merged into this one."""

    model_config = _example(record=_KEY_2, reason="father and son", dryRun=True)

    record: SourceKey | None = None
    former_pin: Annotated[str, Field(max_length=40, pattern=WITHOUT_NUL)] | None = Field(
        default=None, description="a PIN that redirects to this one; it is active again then"
    )


class SplitRequest(Decision):
    """The records that are taken out."""

    model_config = _example(records=[_KEY_1, _KEY_2], reason="two people of one name", dryRun=True)

    records: list[SourceKey] = Field(min_length=1, max_length=MOST_RECORDS)
    together: bool = Field(
        default=False, description="they are one customer; else the evidence among them says which they are"
    )


class OverrideRequest(Decision):
    """The value that a customer shows, whatever its records say."""

    model_config = _example(value="1980-03-02", reason="saw the passport", expires="2027-12-31")

    value: Any = Field(description="a text, or an object of the attribute's parts; null: there is no such value")
    expires: date | None = Field(default=None, description="last day on which it holds; without it: until lifted")


class AssignRequest(Strict):
    """Who shall work on a task."""

    model_config = _example(assignee="li.na", takeOver=True)

    assignee: Steward
    takeOver: bool = Field(default=False, description="though somebody else works on it now")


class ReleaseRequest(Strict):
    """Nobody works on a task any more."""

    takeOver: bool = Field(default=False, description="though it is somebody else who works on it")


class CloseRequest(Strict):
    """The answer to a task."""

    model_config = _example(verdict="same", reason="same signature")

    verdict: Literal["same", "different", "unsure", "dismiss"] = Field(
        description="the first three are kept as a judgement; dismiss judges nothing. What was unsure or dismissed is "
        "not asked again while the evidence stays the same"
    )
    reason: Reason
    takeOver: bool = Field(default=False, description="though somebody else works on it now")


class CloseManyRequest(Decision):
    """One answer to many tasks of one kind."""

    model_config = _example(tasks=[17, 18, 23], verdict="same", reason="the same file, delivered twice", dryRun=True)

    tasks: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] = Field(min_length=1, max_length=MOST_TASKS)
    verdict: Literal["same", "different", "unsure", "dismiss"] = Field(description="as of one task")


class TakeBackRequest(Decision):
    """What was decided together, and why it is taken back."""

    model_config = _example(batch="0f3c9a51d2e7", reason="wrong list")

    batch: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$", description="as the answer of `/v1/tasks:close` names it")]


# -- answers -----------------------------------------------------------------------------------------------------------


class CustomerState(BaseModel):
    """A customer before or after a decision."""

    status: str = Field(description="active | redirected | retired | erased")
    redirect_to: str | None = None
    name: str | None = None
    records: list[str] = Field(description="keys (system:local_id)")
    households: list[str] = Field(
        description="before: in which it was. after: those that its records bring along; the next run settles which "
        "of them it is in"
    )
    golden: dict[str, Any] | None = None


class CustomerChange(BaseModel):
    """What a decision does to one PIN."""

    pin: str = Field(description="a new one is final only when it is carried out")
    before: CustomerState | None = Field(default=None, description="left out for a new PIN")
    after: CustomerState


class MovedRecord(BaseModel):
    """A record that has another PIN."""

    record: str
    before: str | None = None
    after: str | None = None


class Effect(Masked):
    """What a decision did, or with dryRun would do: the same shape."""

    dry_run: bool
    run_id: str = Field(description="under which the history of the customers has it")
    judgements: list[int] = Field(description="numbers of what was kept; withdraw one of them to undo it")
    moved: list[MovedRecord]
    customers: list[CustomerChange] = Field(description="every customer that it concerns, by PIN")
    tasks_opened: list[int]
    tasks_closed: list[int]


class Judgement(View):
    """What somebody judged of two records."""

    judgement: int
    left: str
    right: str
    verdict: str = Field(description="same | different | unsure | withdrawn")
    actor: str
    reason: str | None = None
    at: datetime
    in_force: bool
    superseded_by: int | None = Field(default=None, description="a later one on the same two")


class Judgements(Masked):
    """Judgements, the newest first."""

    judgements: list[Judgement]
    next: int | None = Field(default=None, description="`cursor` of the next page; left out on the last")


class Override(View):
    """A value that is pinned, or was."""

    attribute: str
    value: Any = None
    reason: str
    actor: str
    expires: date | None = None
    since: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None
    ended_reason: str | None = None


class Overrides(Masked):
    """What is pinned for a customer."""

    pin: str
    overrides: list[Override]


class Task(View):
    """A question to a steward."""

    task: int
    kind: str = Field(
        description="possible_match | refused_union | contradiction | oversized | weak_link | generic_value | "
        "disagreement (of two stewards; for keys with the scope admin) | undelivered (a target never took it)"
    )
    status: str = Field(description="open | closed")
    party: str
    weight: float | None = Field(default=None, description="of the two records, in bits (log2 odds)")
    value: float | None = Field(
        default=None, description="how uncertain (bits of doubt) times how much hangs on it (log2 of 1 + the records)"
    )
    why: str | None = Field(default=None, description="why it is asked")
    left: str | None = None
    right: str | None = None
    left_pin: str | None = None
    right_pin: str | None = None
    assignee: str | None = None
    claimed_at: datetime | None = None
    opened_at: datetime
    closed_by: str | None = Field(default=None, description="the steward; left out when a run or a write closed it")
    verdict: str | None = Field(default=None, description="same | different | unsure | dismissed")
    closed_reason: str | None = None


class Tasks(Masked):
    """A page of tasks."""

    tasks: list[Task]
    next: str | None = Field(default=None, description="`cursor` of the next page; left out on the last")


class TaskClosed(Masked):
    """A task that was answered, and what that did."""

    task: Task
    effect: Effect


class TaskLine(BaseModel):
    """What became, or would become, of one task of many."""

    task: int
    records: list[str] = Field(description="keys (system:local_id)")
    before: list[str | None] = Field(description="their PINs")
    after: list[str | None]
    judgement: int | None = None
    refused: str | None = Field(
        default=None,
        description="left out when it was done. gone: there is no such task | closed | taken: by `who` | "
        "contradiction: of the judgements of `chain` | not_two: it is not about two records | cannot: be judged, "
        "`said` why",
    )
    who: str | None = None
    said: str | None = None
    chain: list[str] | None = None


class TasksClosed(Masked):
    """Many tasks answered together: those that could be, and why not the others."""

    dry_run: bool
    batch: str = Field(description="by which all of it is taken back")
    verdict: str
    done: list[TaskLine]
    refused: list[TaskLine]
    customers_before: int = Field(description="active customers of the records of what was done")
    customers_after: int
    redirected: int = Field(description="PINs that lead to another now")
    minted: int = Field(description="PINs that are new")
    tasks_opened: int = Field(description="questions that it raises")


class TakenBack(Masked):
    """What was decided together and is taken back."""

    tasks: int = Field(description="answers that were in force, and are no more")
    effect: Effect
