"""The store as one writing request sees it: what a record was, what golden records are made of, and their new states.

Statements are prepared, and results small. Recorded time as in `states.py`: a new state closes the one before, and a
state that the same transaction wrote is replaced without a trace.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa
from psycopg.rows import dict_row

from mdm.errors import StoreError
from mdm.store.connection import at_once, driver_of
from mdm.store.second_looks import STALE
from mdm.store.tasks import ANSWERED, REGION, SYSTEMS, VALUE

_VERSION = """
select r.record_id, r.system, r.local_id, r.incarnation, r.party, r.role, r.status, r.content_hash, r.extracted_at,
       r.changed_at, r.recorded_from, r.cleansed, r.original, x.pin, x.home
from record r left join xref x on x.record_id = r.record_id and x.recorded_to = 'infinity'
where r.system = %s and r.local_id = %s and r.recorded_to = 'infinity'
"""
_VERSION_OF = _VERSION.replace("where r.system = %s and r.local_id = %s and", "where r.record_id = %s and")
_ASK = f"""
insert into task (kind, left_id, right_id, party, weight, detail, value, region, systems, status, opened_run)
select a.kind, a.left_id, a.right_id, a.party, a.weight, a.detail, {VALUE}, {REGION}, {SYSTEMS}, 'open', %(run_id)s
from (select %(kind)s::text as kind, %(left_id)s::bigint as left_id, %(right_id)s::bigint as right_id,
             %(party)s::text as party, %(weight)s::double precision as weight, %(detail)s::json as detail) as a
where not {ANSWERED}
on conflict (kind, left_id, right_id) where status = 'open'
do update set weight = excluded.weight, detail = excluded.detail, value = excluded.value returning task_id
"""


# What a statement may fail with; and what a transaction is begun anew for: others changed the same at the same time.
FAULTS = (psycopg.Error, sa.exc.DBAPIError)
_OF_OTHERS = (
    psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure, psycopg.errors.IntegrityError,
    psycopg.errors.LockNotAvailable,
)  # fmt: skip


Rows = psycopg.Cursor[Any]


def is_of_others(error: BaseException) -> bool:
    """Whether a statement failed because others changed, or hold, the same at the same time."""
    return isinstance(getattr(error, "orig", error), _OF_OTHERS)


def was_held(error: BaseException) -> bool:
    """Whether it was because others hold it."""
    return isinstance(getattr(error, "orig", error), psycopg.errors.LockNotAvailable)


def number_of(text: str) -> int:
    """A positive number of 62 bits for a text: for advisory locks."""
    digest = hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    return (int.from_bytes(digest[:8], "little") >> 2) + 1


def hold(connection: sa.Connection, numbers: Iterable[int]) -> None:
    """Wait for these advisory locks, smallest first; they are held until the transaction ends."""
    wanted = sorted(set(numbers))
    if wanted:
        driver_of(connection).execute(
            "select pg_advisory_xact_lock(n) from (select unnest(%s::bigint[]) as n order by 1) as s",
            (wanted,),
            prepare=True,
        )


def try_hold(connection: sa.Connection, numbers: Iterable[int]) -> bool:
    """Take these advisory locks if all of them are free now; those that were free are kept either way."""
    rows = driver_of(connection).execute(
        "select pg_try_advisory_xact_lock(n) from unnest(%s::bigint[]) as n", (sorted(set(numbers)),), prepare=True
    )
    return all(taken for (taken,) in rows)


def find_version(connection: sa.Connection, system: str, local_id: str) -> dict[str, Any] | None:
    """The current version of a source key with its document (JSON text), original, PIN and home; None if unknown."""
    cursor = driver_of(connection).cursor(row_factory=dict_row)
    return cursor.execute(_VERSION, (system, local_id), prepare=True).fetchone()


def version_of(connection: sa.Connection, record_id: int) -> dict[str, Any] | None:
    """The same of a record id."""
    cursor = driver_of(connection).cursor(row_factory=dict_row)
    return cursor.execute(_VERSION_OF, (record_id,), prepare=True).fetchone()


def put_states(connection: sa.Connection, table: str, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Make `rows`, all with the same columns, the current states of their `key` (one column) in `table`."""
    if not rows:
        return
    end_states(connection, table, key, [row[key] for row in rows])
    insert_rows(connection, table, rows)


def insert_rows(connection: sa.Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append `rows`, all with the same columns."""
    if not rows:
        return
    names = list(rows[0])
    one = f"({', '.join(['%s'] * len(names))})"
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join([one] * len(rows))
    driver_of(connection).execute(
        f'insert into "{table}" ({columns}) values {values}', [row[name] for row in rows for name in names]
    )


def end_states(connection: sa.Connection, table: str, key: str, values: Sequence[Any]) -> None:
    """Close the current states of these keys."""
    if not values:
        return
    where = f"\"{key}\" = any(%(keys)s) and recorded_to = 'infinity'"
    driver_of(connection).execute(
        f'with replaced as (delete from "{table}" where {where} and recorded_from = now()) '
        f'update "{table}" set recorded_to = greatest(now(), recorded_from) where {where} and recorded_from <> now()',
        {"keys": list(values)},
        prepare=True,
    )


def forget_matches(connection: sa.Connection, record_id: int, keys: Collection[int]) -> None:
    """Delete the pairs of a record, and those of its `keys` that the candidate index has."""
    driver = driver_of(connection)
    driver.execute("delete from pair where left_id = %s", (record_id,), prepare=True)
    driver.execute("delete from pair where right_id = %s", (record_id,), prepare=True)
    if keys:
        driver.execute(
            "delete from record_key where key = any(%s::bigint[]) and record_id = %s", (list(keys), record_id),
            prepare=True,
        )  # fmt: skip


def add_keys(connection: sa.Connection, keys: Collection[tuple[int, int]]) -> None:
    """Add (key, record id) to the candidate index; those that it has already stay."""
    if keys:
        numbers, records = zip(*sorted(keys), strict=True)
        driver_of(connection).execute(
            "insert into record_key (key, record_id) select * from unnest(%s::bigint[], %s::bigint[]) "
            "on conflict do nothing",
            (list(numbers), list(records)),
            prepare=True,
        )


class Golden(NamedTuple):
    """What golden records are made of. documents: `documents_of` their records; overrides: what stewards pinned for
    them, in force on a business date (`value` is JSON text); made: PIN -> the golden record that the store has."""

    documents: list[dict[str, Any]]
    overrides: list[dict[str, Any]]
    made: dict[str, str]


def golden_of(connection: sa.Connection, record_ids: Sequence[int], pins: Sequence[str], on: date) -> Golden:
    """What the golden records of customers are made of; `record_ids`: all of theirs."""
    with at_once(connection):
        documents = _documents(connection, record_ids)
        overrides = driver_of(connection).cursor(row_factory=dict_row).execute(
            "select pin, attribute, value::text as value, reason, actor, expires from override where pin = any(%s) "
            "and ended_at is null and (expires is null or expires >= %s) order by pin, attribute",
            (list(pins), on),
            prepare=True,
        )  # fmt: skip
        made = driver_of(connection).execute(
            "select pin, doc from golden where pin = any(%s) and recorded_to = 'infinity'", (list(pins),), prepare=True
        )
        return Golden(documents.fetchall(), overrides.fetchall(), dict(made.fetchall()))


def documents_of(connection: sa.Connection, record_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The current accepted versions of these records, as survivorship reads them; `cleansed` is JSON text."""
    return _documents(connection, record_ids).fetchall()


def _documents(connection: sa.Connection, record_ids: Sequence[int]) -> psycopg.Cursor[dict[str, Any]]:
    cursor = driver_of(connection).cursor(row_factory=dict_row)
    return cursor.execute(
        "select record_id, system, local_id, party, role, content_hash, extracted_at, changed_at, cleansed from record "
        "where record_id = any(%s::bigint[]) and recorded_to = 'infinity' and status = 'accepted'",
        (list(record_ids),),
        prepare=True,
    )


def ask(
    connection: sa.Connection, run_id: str, component: Sequence[int], wanted: Sequence[Mapping[str, Any]], reason: str
) -> list[int | None]:
    """Open the tasks `wanted` (kind, left_id, right_id, party, weight, detail as JSON text); their numbers.

    Other open tasks on records of the `component` are closed for `reason`, and reviews whose question is another one by
    now; those that are open already stay. None for what a steward answered before, on the same evidence.
    """
    driver = driver_of(connection)
    with at_once(connection):
        asked = [driver.execute(_ASK, {**task, "run_id": run_id}, prepare=True) for task in wanted]
        found = [rows.fetchone() for rows in asked]
    numbers: list[int | None] = [None if row is None else row[0] for row in found]
    driver.execute(
        "update task t set status = 'closed', closed_run = %(run_id)s, closed_at = now(), closed_reason = %(reason)s "
        "where (t.left_id = any(%(ids)s::bigint[]) or t.right_id = any(%(ids)s::bigint[])) and ("
        "t.status = 'open' and t.kind <> all('{generic_value,undelivered}') "
        "and t.task_id <> all(%(numbers)s::bigint[]) "
        f"or t.status = 'review' and {STALE})",
        {"run_id": run_id, "reason": reason, "numbers": [n for n in numbers if n is not None], "ids": list(component)},
        prepare=True,
    )
    return numbers


def share(connection: sa.Connection, number: int, *, wait: str) -> None:
    """Hold an advisory lock together with others who share it, until the transaction ends.

    Raises StoreError when somebody has it alone for longer than `wait`; other locks are waited for.
    """
    driver = driver_of(connection)
    driver.execute("select set_config('lock_timeout', %s, true)", (wait,))
    try:
        driver.execute("select pg_advisory_xact_lock_shared(%s)", (number,))
    except psycopg.errors.LockNotAvailable as error:
        remedy = "Nothing was written. Send it again in a few seconds."
        raise StoreError("a night is just being applied", remedy=remedy) from error
    driver.execute("select set_config('lock_timeout', '0', true)")


def try_share_both(connection: sa.Connection, first: int, second: int) -> tuple[bool, bool]:
    """Hold two advisory locks together with others who share them, each unless somebody has it alone.

    The second one only with the first.
    """
    query = (
        "select case when pg_try_advisory_xact_lock_shared(%s) then "
        "case when pg_try_advisory_xact_lock_shared(%s) then 2 else 1 end else 0 end"
    )
    with at_once(connection):  # the beginning of the transaction goes with it
        taken = driver_of(connection).execute(query, (first, second), prepare=True)
    ((count,),) = taken.fetchall()
    return count > 0, count > 1


def try_share(connection: sa.Connection, number: int) -> bool:
    """Hold an advisory lock together with others who share it, unless somebody has it alone."""
    taken = (
        driver_of(connection).execute("select pg_try_advisory_xact_lock_shared(%s)", (number,), prepare=True).fetchone()
    )
    return taken is not None and bool(taken[0])


def wait_at_most(connection: sa.Connection, interval: str) -> None:
    """Wait for no lock longer than this, until the transaction ends: LockNotAvailable."""
    driver_of(connection).execute("select set_config('lock_timeout', %s, true)", (interval,))


def records_of_pin(connection: sa.Connection, pin: str) -> set[int]:
    """The records that have a PIN now."""
    rows = driver_of(connection).execute(
        "select record_id from xref where pin = %s and recorded_to = 'infinity'", (pin,), prepare=True
    )
    return {record_id for (record_id,) in rows}


def plan_once(connection: sa.Connection) -> None:
    """Let the connection plan each statement once and not for each of its values, until the transaction ends.

    To plan what a record hangs together with takes ten times what it takes to find it.
    """
    driver_of(connection).execute("select set_config('plan_cache_mode', 'force_generic_plan', true)", prepare=True)


def transaction_time(connection: sa.Connection) -> datetime:
    """The recorded time of everything that this transaction writes."""
    row = ask_time(connection).fetchone()
    assert row is not None
    found: datetime = row[0]
    return found


def ask_time(connection: sa.Connection) -> Rows:
    """The question of `transaction_time`: one row with it."""
    return driver_of(connection).execute("select now()", prepare=True)


def addresses_of(connection: sa.Connection, record_id: int) -> list[int]:
    """The addresses that the index of addresses has of a record."""
    rows = driver_of(connection).execute(
        "select address from sighting where record_id = %s", (record_id,), prepare=True
    )
    return [address for (address,) in rows]
