"""A change as subscribers are told of it: a CloudEvent 1.0 in JSON, alone or in a batch (cloudevents.io, 1.0.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from mdm.registry.masking import as_seen

SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


def type_of(change: str) -> str:
    """The CloudEvents type of a change: mdm.customer.merged, mdm.household.changed."""
    return "mdm.household.changed" if change == "household_changed" else f"mdm.customer.{change}"


def event_id(change: Mapping[str, Any]) -> str:
    """Of a change for ever; another one that takes its position after a restore has another time."""
    at: datetime = change["at"]
    return f"{change['position']}-{int(at.timestamp() * 1_000_000)}"


def event_of(
    change: Mapping[str, Any], instance: str, *, repeated: bool, known: tuple[Any, Any] | None, pii: bool
) -> dict[str, Any]:
    """A change as a CloudEvent. known: what was known before and after, for subscribers who may hear of it."""
    key = key_of(change)
    data = {name: change[name] for name in ("position", "type", "pin", "chi")}
    data |= {"related": change["related"] or [], "run": change["run_id"], "by": change["actor"]}
    if known is not None:
        values = dict(zip(("before", "after"), known, strict=True))
        data |= as_seen(values, mask=not pii) | ({} if pii else {"masked": True})
    found = {
        "specversion": "1.0", "id": event_id(change), "source": f"urn:customer-master:{instance}",
        "type": type_of(change["type"]), "subject": key, "time": change["at"], "datacontenttype": "application/json",
        "partitionkey": key, "sequence": f"{change['position']:020}",
        "data": {name: value for name, value in data.items() if value is not None},
    }  # fmt: skip
    return {**found, "repeated": True} if repeated else found


def key_of(change: Mapping[str, Any]) -> str:
    """Whose changes are told in order: the PIN, or the household's id."""
    return str(change["pin"] or change["chi"])


def body_of(events: list[dict[str, Any]], *, batch: bool) -> bytes:
    """The body of a request: an event, or a list of them in batch mode."""
    return orjson.dumps(events if batch else events[0], option=orjson.OPT_UTC_Z)
