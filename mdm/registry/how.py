"""How a customer came together, step by step: which record joined when, what joined it, and what happened between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Literal

import sqlalchemy as sa

from mdm.errors import NotFound
from mdm.match.model import Model
from mdm.registry.chain import Edge
from mdm.registry.evidence import compare
from mdm.registry.lookup import look_up
from mdm.registry.models import current_model
from mdm.registry.refusals import counted
from mdm.registry.views import ALONE, LineageEvent
from mdm.registry.words import compared_sentence
from mdm.settings import Settings
from mdm.store import lookups
from mdm.store.generic import generic_by_kind

Kind = Literal["record", "event"]


@dataclass(frozen=True, slots=True)
class Joined:
    """What joins a record to one that was there: a judgement *same* (by whom, why), or a pair of a weight in bits."""

    other: str
    weight: float | None
    in_words: str
    actor: str | None = None
    reason: str | None = None
    judged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step, by recorded time. record: the key that joined, `by` what; or `event`: what happened to a PIN.

    by: as the evidence stands now; None for the first record, and for one that nothing joins any more.
    """

    kind: Kind
    at: datetime
    in_words: str
    record: str | None = None
    by: Joined | None = None
    event: LineageEvent | None = None


@dataclass(frozen=True, slots=True)
class How:
    """The steps of one customer, the oldest first."""

    pin: str
    steps: tuple[Step, ...]


def how(connection: sa.Connection, pin: str, *, settings: Settings) -> How:
    """How the customer of a PIN came together; a redirect is followed. Raises NotFound when it has no records."""
    found = look_up(connection, pin, include=ALONE)
    if found.status != "active":
        raise NotFound(f"PIN {found.pin} was {found.status}: it has no records", remedy="Look it up with known_at.")
    rows = sorted(lookups.records_of_pin(connection, found.pin), key=lambda row: (row["since"], row["record_id"]))
    events = [
        LineageEvent(**{**row, "records": tuple(row["records"])})
        for row in lookups.lineage_of_pin(connection, found.pin)
    ]
    steps = [Step("event", event.at, _event_words(event), event=event) for event in events]
    steps += _records(connection, rows, settings)
    return How(found.pin, tuple(sorted(steps, key=lambda step: (step.at, step.kind == "record"))))


def _records(connection: sa.Connection, rows: Sequence[Mapping[str, Any]], settings: Settings) -> Iterator[Step]:
    """The records in the order in which they joined; of those that came at once, the best joined next."""
    ids = [row["record_id"] for row in rows]
    versions = lookups.versions_of(connection, ids)
    keys = {number: f"{row['system']}:{row['local_id']}" for number, row in versions.items()}
    model = current_model(connection, versions[ids[0]]["party"]) if ids else None
    judged = {
        frozenset((j["left_id"], j["right_id"])): j
        for j in lookups.judgements_among(connection, ids)
        if j["verdict"] == "same"
    }
    edges = _edges(connection, ids, model, judged, settings)
    there: set[int] = set()
    for since, group in groupby(rows, key=lambda row: row["since"]):
        waiting = [row["record_id"] for row in group]
        while waiting:
            edge = next((e for e in edges if _joins(e, there, waiting)), None)
            number = waiting[0] if edge is None else edge.right if edge.left in there else edge.left
            by = None
            if edge is not None and model is not None:
                other = edge.left if number == edge.right else edge.right
                by = _joined(connection, versions, edge, keys[other], model, judged)
            yield Step("record", since, _words(keys[number], by, bool(there)), keys[number], by)
            waiting.remove(number)
            there.add(number)


def _edges(
    connection: sa.Connection, ids: Sequence[int], model: Model | None, judged: Any, settings: Settings
) -> list[Edge]:
    """What can join two of these records, the strongest first: judgements, then pairs."""
    pairs = [] if model is None else counted(connection, ids, model).pairs
    strong = [p for p in pairs if p.weight >= settings.matching.match_weight and p.contradiction is None]
    return [Edge(min(two), max(two), None) for two in judged] + [Edge(p.left, p.right, p.weight) for p in strong]


def _joins(edge: Edge, there: set[int], waiting: Sequence[int]) -> bool:
    return (edge.left in there and edge.right in waiting) or (edge.right in there and edge.left in waiting)


def _joined(
    connection: sa.Connection, versions: Mapping[int, Any], edge: Edge, other: str, model: Model, judged: Any
) -> Joined:
    if edge.weight is None:
        word = judged[frozenset((edge.left, edge.right))]
        told = f"{word['actor']} judged that they are the same."
        return Joined(other, None, told, word["actor"], word["reason"], word["created_at"])
    generic = generic_by_kind(connection, model.party)
    evidence = compare(versions[edge.left], versions[edge.right], model, generic)
    return Joined(other, edge.weight, compared_sentence(evidence.said))


def _words(key: str, by: Joined | None, others: bool) -> str:
    if by is not None:
        return f"{key} joined {by.other}. {by.in_words}"
    return f"{key} joined; no stored pair or judgement joins it by itself." if others else f"{key} was the first."


_EVENTS = {
    "minted": "PIN {pin} was issued",
    "merged": "PIN {pin} was merged into {other}",
    "redirected": "PIN {pin} leads to {other} now",
    "split": "records left PIN {pin} for the new PIN {other}",
    "moved": "records left PIN {pin} for {other}",
    "revived": "PIN {pin} is active again",
    "retired": "PIN {pin} was retired",
    "erased": "PIN {pin} was erased",
}


def _event_words(event: LineageEvent) -> str:
    told = _EVENTS.get(event.kind, event.kind).format(pin=event.pin, other=event.other_pin)
    return f"{told}: {', '.join(event.records)}." if event.records else f"{told}."
