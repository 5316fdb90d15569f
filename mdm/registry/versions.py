"""The versions of a golden record: what changed from one to the next, and which run or person caused it.

Nothing is guessed. A version names the run that wrote it; a judgement or override names the first run that carried it
out (`mdm.store.judgements.note_carried_out`); lineage and versions of records name their run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from mdm.registry.changes import changes_between, in_clear
from mdm.registry.keys import SourceKey, read_key
from mdm.registry.lookup import find_xref
from mdm.registry.masking import as_seen, mask_entry
from mdm.registry.unknown import unknown_pin
from mdm.registry.views import Cause, Decision, LineageEvent, RecordWritten, Version, VersionsView, name_of
from mdm.store import customers, history, lookups

PAGE = 20  # versions
_JUDGED = {
    "same": "the same as", "different": "different from", "unsure": "perhaps the same as",
    "withdrawn": "no longer judged against",
}  # fmt: skip

Row = Mapping[str, Any]


def versions_of(
    connection: sa.Connection, key: str, *, before: int | None = None, count: int = PAGE, mask: bool = False
) -> VersionsView:
    """The versions of the golden record of a PIN, or of the customer of a source key, newest first.

    A PIN that redirects or is retired has the versions of its own time. before: only those with a smaller number.
    mask: without the personal values (`mdm.registry.masking`).
    Raises NotFound with a remedy.
    """
    found = read_key(key)
    pin = find_xref(connection, found).pin if isinstance(found, SourceKey) else found
    assert pin is not None
    state = customers.find_customer(connection, pin)
    if state is None:
        raise unknown_pin(connection, pin, None)
    rows = history.golden_versions(connection, pin, before=before, count=count + 1)
    shown, following = rows[:count], rows[count - 1]["number"] if len(rows) > count else None
    versions = _versions(connection, pin, shown, first=following is None, mask=mask)
    return VersionsView(pin, state["party"], state["status"], state["redirect_to"], tuple(versions), following)


def _versions(
    connection: sa.Connection, pin: str, rows: Sequence[Row], *, first: bool, mask: bool
) -> Iterator[Version]:
    lineage = _said(lookups.lineage_of_pin(connection, pin), mask)
    events = [LineageEvent(**{**row, "records": tuple(row["records"])}) for row in lineage]
    spans = [_span(row, first=first and row is rows[-1]) for row in rows]
    within = [[event for event in events if since <= event.at < until] for since, until in spans]
    moments = {(row["run_id"], row["recorded_from"]) for row in rows}
    moments |= {(event.run_id, event.at) for group in within for event in group}
    causes = _causes(connection, pin, sorted(moments, key=lambda moment: moment[1]), events, mask=mask)
    for row, group in zip(rows, within, strict=True):
        own = (row["run_id"], row["recorded_from"])
        later = dict.fromkeys((event.run_id, event.at) for event in group if (event.run_id, event.at) != own)
        document = row["doc"]
        yield Version(
            row["number"],
            row["recorded_from"],
            row["recorded_to"],
            name_of(document.get("name"), document.get("organisation")),
            changes_between(row["previous"], document, mask_entry if mask else in_clear),
            causes[own],
            tuple(causes[moment] for moment in later),
        )


def _span(row: Row, *, first: bool) -> tuple[datetime, datetime]:
    """From when to when events belong to a version: from its beginning (the first: from any time) to the next one's."""
    beginning, end = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    return beginning if first else row["recorded_from"], row["next_from"] or end


def _causes(
    connection: sa.Connection,
    pin: str,
    moments: Sequence[history.Moment],
    events: Iterable[LineageEvent],
    *,
    mask: bool,
) -> dict[history.Moment, Cause]:
    runs = [run_id for run_id, _ in moments]
    dates = history.business_dates(connection, runs)
    decisions = [*_judged(_said(history.judgements_carried_out(connection, pin, moments), mask))]
    decisions += _pinned(_said(history.overrides_carried_out(connection, pin, runs), mask), dict(moments))
    written = history.records_written(connection, pin, moments)
    return {
        (run_id, at): Cause(
            at,
            run_id,
            dates.get(run_id),
            tuple(decision for run, decision in decisions if run == run_id),
            tuple(event for event in events if (event.run_id, event.at) == (run_id, at)),
            tuple(_written(row) for row in written if row["run_id"] == run_id),
        )
        for run_id, at in moments
    }


def _said(rows: Iterable[Row], mask: bool) -> Iterable[Row]:
    """What people said, and what they pinned, as it may be shown."""
    return [as_seen({**row}, mask=mask) for row in rows]


def _judged(rows: Iterable[Row]) -> Iterator[tuple[str, Decision]]:
    """One decision for all judgements that were made at once, as in an unmerge."""
    for (run_id, at, actor, verdict, reason), group in groupby(rows, key=_same_decision):
        pairs = [(row["left_key"], row["right_key"]) for row in group]
        records = tuple(dict.fromkeys(key for pair in pairs for key in pair))
        words = "; ".join(f"{left} is {_JUDGED[verdict]} {right}" for left, right in pairs)
        yield run_id, Decision("judgement", words, actor, reason, at, records)


def _same_decision(row: Row) -> tuple[Any, ...]:
    return row["run_id"], row["created_at"], row["actor"], row["verdict"], row["reason"]


def _pinned(rows: Iterable[Row], moments: Mapping[str, datetime]) -> Iterator[tuple[str, Decision]]:
    for row in rows:
        attribute, until = row["attribute"], f" until {row['expires']}" if row["expires"] else ""
        words = f"{attribute} is pinned to {_value(row)}{until}"
        yield row["run_id"], Decision("override", words, row["actor"], row["reason"], row["created_at"], (), attribute)
        if row["ended_run"] in moments:
            yield row["ended_run"], _unpinned(row, moments[row["ended_run"]])


def _unpinned(row: Row, noticed: datetime) -> Decision:
    """How an override ended of which a run noticed then that it counts no more: somebody ended it, or it expired."""
    attribute, actor, ended = row["attribute"], row["actor"], row["ended_at"]
    if ended is not None and ended <= noticed:
        words = f"{attribute} is no longer pinned to {_value(row)} by {actor}"
        return Decision("override_ended", words, row["ended_by"], row["ended_reason"], ended, (), attribute)
    words = f"the override of {attribute} by {actor} expired: {row['expires']} was its last day"
    return Decision("override_ended", words, None, None, row["expires"] + timedelta(days=1), (), attribute)


def _value(row: Row) -> str:
    value = row["value"]
    if isinstance(value, Mapping):
        return " ".join(str(part) for part in value.values())
    return "no value" if value is None else str(value)


def _written(row: Row) -> RecordWritten:
    if row["status"] == "deleted":
        return RecordWritten(row["system"], row["local_id"], "deleted")
    return RecordWritten(row["system"], row["local_id"], "new" if row["first"] else "changed")
