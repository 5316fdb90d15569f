"""What the nights did: runs, steps, deliveries, quarantine, results of expectations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from mdm.store.bulk import Source, fetch_arrow, load_temporary
from mdm.store.tables import Delivery, ExpectationResult, Run, RunStep, table_of

_RUN, _STEP, _DELIVERY = table_of(Run), table_of(RunStep), table_of(Delivery)


def start_run(connection: sa.Connection, run_id: str, business_date: date) -> None:
    """Note that a run began, or that it goes on: then its report so far is kept."""
    begun = insert(_RUN).values(run_id=run_id, business_date=business_date, status="running")
    connection.execute(
        begun.on_conflict_do_update(index_elements=["run_id"], set_={"status": "running", "ended_at": None})
    )


def end_run(connection: sa.Connection, run_id: str, status: str, report: Mapping[str, Any] | None = None) -> None:
    """Note that a run ended: applied, failed or stopped; with its report."""
    ended = _RUN.update().where(_RUN.c.run_id == run_id)
    connection.execute(ended.values(status=status, report=report, ended_at=sa.func.clock_timestamp()))


def find_run(connection: sa.Connection, run_id: str) -> dict[str, Any] | None:
    """One run, or None."""
    return next(iter(_rows(connection, _RUN.select().where(_RUN.c.run_id == run_id))), None)


def count_runs(connection: sa.Connection, prefix: str) -> int:
    """How many runs have an id that begins so."""
    query = sa.select(sa.func.count()).select_from(_RUN).where(_RUN.c.run_id.startswith(prefix, autoescape=True))
    return int(connection.execute(query).scalar_one())


def last_runs(connection: sa.Connection, count: int, *, status: str | None = None) -> list[dict[str, Any]]:
    """The latest runs, newest first, of one status or any."""
    query = _RUN.select().order_by(_RUN.c.started_at.desc(), _RUN.c.run_id.desc()).limit(count)
    return _rows(connection, query if status is None else query.where(_RUN.c.status == status))


def page_of_runs(
    connection: sa.Connection, count: int, *, after: tuple[datetime, str] | None = None, status: str | None = None
) -> list[dict[str, Any]]:
    """The runs from one on (after: its started_at and run_id), newest first, of one status or any."""
    query = _RUN.select().order_by(_RUN.c.started_at.desc(), _RUN.c.run_id.desc()).limit(count)
    if after is not None:
        query = query.where(sa.tuple_(_RUN.c.started_at, _RUN.c.run_id) < sa.tuple_(*map(sa.literal, after)))
    return _rows(connection, query if status is None else query.where(_RUN.c.status == status))


def put_step(
    connection: sa.Connection,
    run_id: str,
    step: str,
    status: str,
    *,
    counts: Mapping[str, Any] | None = None,
    seconds: float | None = None,
    peak_mb: float | None = None,
) -> None:
    """Note how a step of a run stands: running, done, failed or skipped."""
    values = {
        "status": status,
        "counts": counts,
        "seconds": seconds,
        "peak_mb": peak_mb,
        "ended_at": None if status == "running" else sa.func.clock_timestamp(),
    }
    note = insert(_STEP).values(run_id=run_id, step=step, **values)
    connection.execute(note.on_conflict_do_update(index_elements=["run_id", "step"], set_=values))


def steps(connection: sa.Connection, run_id: str) -> list[dict[str, Any]]:
    """The steps of a run in the order in which they ended, the running one last."""
    order = (_STEP.c.ended_at.asc().nulls_last(), _STEP.c.step)
    return _rows(connection, _STEP.select().where(_STEP.c.run_id == run_id).order_by(*order))


def put_deliveries(connection: sa.Connection, run_id: str, deliveries: Iterable[Mapping[str, Any]]) -> None:
    """Note the files that a run read (columns of `delivery`); those noted for this run before are replaced."""
    connection.execute(_DELIVERY.delete().where(_DELIVERY.c.run_id == run_id))
    rows = [{**delivery, "run_id": run_id} for delivery in deliveries]
    if rows:
        connection.execute(_DELIVERY.insert(), rows)


def deliveries(connection: sa.Connection, run_id: str) -> list[dict[str, Any]]:
    """The files that a run read, by system and name."""
    order = (_DELIVERY.c.system, _DELIVERY.c.file)
    return _rows(connection, _DELIVERY.select().where(_DELIVERY.c.run_id == run_id).order_by(*order))


def last_deliveries(
    connection: sa.Connection, system: str, count: int = 1, *, kind: str | None = None
) -> list[dict[str, Any]]:
    """The applied deliveries of `system` (of one kind, full or delta), the latest extraction first."""
    query = _DELIVERY.select().where(_DELIVERY.c.system == system, _DELIVERY.c.status == "applied")
    if kind is not None:
        query = query.where(_DELIVERY.c.kind == kind)
    order = (_DELIVERY.c.extracted_at.desc(), _DELIVERY.c.delivery_id.desc())
    return _rows(connection, query.order_by(*order).limit(count))


def find_delivery(
    connection: sa.Connection, system: str, *, digest: str | None = None, content_digest: str | None = None
) -> dict[str, Any] | None:
    """The latest applied delivery of `system` with the same bytes, or the same mapped rows, or None."""
    query = _DELIVERY.select().where(_DELIVERY.c.system == system, _DELIVERY.c.status == "applied")
    if digest is not None:
        query = query.where(_DELIVERY.c.digest == digest)
    if content_digest is not None:
        query = query.where(_DELIVERY.c.content_digest == content_digest)
    return next(iter(_rows(connection, query.order_by(_DELIVERY.c.delivery_id.desc()).limit(1))), None)


_QUARANTINE = {
    "system": "text", "local_id": "text", "file": "text", "line": "bigint", "reason": "text", "detail": "text",
    "content": "text",
}  # fmt: skip


def put_quarantine(connection: sa.Connection, run_id: str, source: Source) -> int:
    """Keep rows that failed (mdm.party.QUARANTINE) in `run_id`; how many were not there before.

    A row that failed the same way before and is not resolved keeps its `first_seen`.
    """
    load_temporary(connection, "failed", source, _QUARANTINE)
    connection.exec_driver_sql(
        """
        update quarantine q set run_id = %(run_id)s, file = f.file, line = f.line, detail = f.detail
        from failed f where q.resolved_run is null and q.system = f.system and q.reason = f.reason
        and q.local_id is not distinct from f.local_id and q.content is not distinct from f.content
        """,
        {"run_id": run_id},
    )
    columns = ", ".join(_QUARANTINE)
    return connection.exec_driver_sql(
        f"""
        insert into quarantine ({columns}, run_id) select {columns}, %(run_id)s from (
            select distinct on (system, local_id, reason, content) * from failed
            order by system, local_id, reason, content, line
        ) as f where not exists (
            select 1 from quarantine q where q.resolved_run is null and q.system = f.system and q.reason = f.reason
            and q.local_id is not distinct from f.local_id and q.content is not distinct from f.content
        )
        """,
        {"run_id": run_id},
    ).rowcount


def resolve_quarantine(connection: sa.Connection, run_id: str, accepted: Source) -> int:
    """Close the quarantined rows of keys (system, local_id) that `run_id` accepted.

    Not those that this very run sent there: of two rows of one key it may have accepted the other.
    """
    waiting = "select from quarantine where resolved_run is null and run_id <> %s limit 1"
    if connection.exec_driver_sql(waiting, (run_id,)).first() is None:
        return 0
    load_temporary(connection, "accepted", accepted, {"system": "text", "local_id": "text"})
    return connection.exec_driver_sql(
        "update quarantine q set resolved_run = %(run_id)s from accepted a "
        "where q.system = a.system and q.local_id = a.local_id and q.resolved_run is null "
        "and q.run_id <> %(run_id)s",
        {"run_id": run_id},
    ).rowcount


def open_quarantine(connection: sa.Connection, system: str | None = None) -> pa.Table:
    """The quarantined rows not resolved yet: columns of mdm.party.QUARANTINE, run_id, first_seen."""
    return fetch_arrow(
        connection,
        f"select {', '.join(_QUARANTINE)}, run_id, first_seen from quarantine where resolved_run is null "
        "and (%(system)s::text is null or system = %(system)s) order by system, file, line",
        {"system": system},
    )


def put_expectation_results(connection: sa.Connection, run_id: str, results: Iterable[Mapping[str, Any]]) -> None:
    """Keep what the expectations of one or more suites found (columns of `expectation_result`).

    What this run kept for the same suites and systems before is replaced.
    """
    table = table_of(ExpectationResult)
    rows = [{"severity": "batch", "message": "", **result, "run_id": run_id} for result in results]
    for suite, system in {(row["suite"], row.get("system")) for row in rows}:
        same_system = table.c.system.is_not_distinct_from(system)
        connection.execute(table.delete().where(table.c.run_id == run_id, table.c.suite == suite, same_system))
    if rows:
        connection.execute(table.insert(), rows)


def expectation_results(connection: sa.Connection, run_id: str) -> list[dict[str, Any]]:
    """What the expectations found in one run."""
    table = table_of(ExpectationResult)
    return _rows(connection, table.select().where(table.c.run_id == run_id).order_by(table.c.suite, table.c.result_id))


def expectation_trend(connection: sa.Connection, runs: int) -> list[dict[str, Any]]:
    """Per expectation, what the last `runs` runs found, oldest first: suite, system, expectation, column_name, results.

    Each of `results`: run_id, started_at, success, unexpected_count, unexpected_share, observed.
    """
    rows = connection.exec_driver_sql(
        """
        with recent as (select run_id, started_at from run order by started_at desc limit %(runs)s)
        select e.suite, e.system, e.expectation, e.column_name, json_agg(json_build_object(
            'run_id', e.run_id, 'started_at', r.started_at, 'success', e.success,
            'unexpected_count', e.unexpected_count,
            'unexpected_share', e.unexpected_share, 'observed', e.observed) order by r.started_at) as results
        from recent r join expectation_result e using (run_id)
        group by e.suite, e.system, e.expectation, e.column_name
        order by e.suite, e.system nulls first, e.column_name nulls first, e.expectation
        """,
        {"runs": runs},
    )
    return [dict(row) for row in rows.mappings()]


def expectation_rows(connection: sa.Connection, runs: int, *, system: str | None = None) -> list[dict[str, Any]]:
    """What the expectations found in the last `runs` runs that kept any: flat rows, the columns of the table.

    `system`: of one source only; then runs in which it was not judged do not count.
    """
    table = table_of(ExpectationResult)
    mine = sa.true() if system is None else table.c.system == system
    judged = sa.exists().where(table.c.run_id == _RUN.c.run_id, mine)
    recent = sa.select(_RUN.c.run_id).where(judged).order_by(_RUN.c.started_at.desc()).limit(runs)
    return _rows(connection, table.select().where(table.c.run_id.in_(recent), mine).order_by(table.c.result_id))


def last_started(connection: sa.Connection) -> datetime | None:
    """When the latest run began."""
    found: datetime | None = connection.exec_driver_sql("select max(started_at) from run").scalar()
    return found


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query).mappings()]
