"""The store as one writing request sees it: who hangs together with a few records, and their new states.

Statements are prepared, and results small. Recorded time as in `states.py`: a new state closes the one before, and a
state that the same transaction wrote is replaced without a trace.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa
from psycopg.rows import dict_row

from mdm.errors import StoreError
from mdm.store.connection import driver_of
from mdm.store.references import LINKED
from mdm.store.second_looks import STALE
from mdm.store.tasks import ANSWERED, REGION, SYSTEMS, VALUE

# Both walks end in a subquery for each row (`offset 0` keeps it one): whatever is expected of them beforehand, a plan
# made once looks up by index what they reach, instead of reading whole tables beside it (`plan_once`).
_REACHED = f"""
with recursive reached(record_id) as (
    select unnest(%(seeds)s::bigint[])
    union
    select n.next_id from reached f cross join lateral (
        select p.right_id as next_id from pair p where p.left_id = f.record_id and p.weight >= %(least)s
        union all
        select p.left_id from pair p where p.right_id = f.record_id and p.weight >= %(least)s
        union all
        select j.right_id from judgement j
        where j.left_id = f.record_id and j.verdict = 'same' and j.superseded_by is null
        union all
        select j.left_id from judgement j
        where j.right_id = f.record_id and j.verdict = 'same' and j.superseded_by is null
        union all
        select t.record_id from xref x join xref t on t.pin = x.pin and t.recorded_to = 'infinity'
        where x.record_id = f.record_id and x.recorded_to = 'infinity'
        union all
        {LINKED}
    ) as n
)
select n.* from reached f cross join lateral (
    select r.record_id, r.system, r.local_id, r.incarnation, r.party, r.role, r.recorded_from, x.pin, x.home
    from record r left join xref x on x.record_id = r.record_id and x.recorded_to = 'infinity'
    where r.record_id = f.record_id and r.recorded_to = 'infinity' and r.status = 'accepted' offset 0
) as n order by n.system, n.local_id
"""
_STATES = """
with recursive around(pin) as (
    select c.pin from customer c where c.founder_record_id = any(%(records)s::bigint[]) and c.recorded_to = 'infinity'
    union
    select unnest(%(pins)s::text[])
    union
    select n.next_pin from around a cross join lateral (
        select c.pin as next_pin from customer c where c.redirect_to = a.pin and c.recorded_to = 'infinity'
        union all
        select c.redirect_to from customer c
        where c.pin = a.pin and c.recorded_to = 'infinity' and c.redirect_to is not null
    ) as n
)
select n.* from around a cross join lateral (
    select c.pin, c.party, c.status, c.redirect_to, c.merged_into, c.founder_record_id, c.issued
    from customer c where c.pin = a.pin and c.recorded_to = 'infinity' offset 0
) as n order by n.issued
"""
_VERSION = """
select r.record_id, r.system, r.local_id, r.incarnation, r.party, r.role, r.status, r.content_hash, r.extracted_at,
       r.changed_at, r.recorded_from, r.cleansed, r.original, x.pin, x.home
from record r left join xref x on x.record_id = r.record_id and x.recorded_to = 'infinity'
where r.system = %s and r.local_id = %s and r.recorded_to = 'infinity'
"""
_VERSION_OF = _VERSION.replace("where r.system = %s and r.local_id = %s and", "where r.record_id = %s and")
_PAIRS = """
select left_id, right_id, weight, levels, party from pair
where left_id = any(%(ids)s::bigint[]) and right_id = any(%(ids)s::bigint[])
"""
_ASK = f"""
insert into task (kind, left_id, right_id, party, weight, detail, value, region, systems, status, opened_run)
select a.kind, a.left_id, a.right_id, a.party, a.weight, a.detail, {VALUE}, {REGION}, {SYSTEMS}, 'open', %(run_id)s
from (select %(kind)s::text as kind, %(left_id)s::bigint as left_id, %(right_id)s::bigint as right_id,
             %(party)s::text as party, %(weight)s::double precision as weight, %(detail)s::json as detail) as a
where not {ANSWERED}
on conflict (kind, left_id, right_id) where status = 'open'
do update set weight = excluded.weight, detail = excluded.detail, value = excluded.value returning task_id
"""
_JUDGED = """
select left_id, right_id, verdict, run_id is null from judgement
where superseded_by is null and verdict in ('same', 'different')
and left_id = any(%(ids)s::bigint[]) and right_id = any(%(ids)s::bigint[])
"""
_FORMER = """
select x.home, c.pin, c.status from (
    select home from xref where record_id = %s order by recorded_from desc limit 1
) as x
join customer h on h.pin = x.home and h.recorded_to = 'infinity'
join customer c on c.pin = coalesce(h.redirect_to, h.pin) and c.recorded_to = 'infinity'
"""


# What a statement may fail with; and what a transaction is begun anew for: others changed the same at the same time.
FAULTS = (psycopg.Error, sa.exc.DBAPIError)
_OF_OTHERS = (
    psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure, psycopg.errors.IntegrityError,
    psycopg.errors.LockNotAvailable,
)  # fmt: skip


class Reached(NamedTuple):
    """A current record that hangs together with others; `since`: recorded time of its version."""

    record_id: int
    system: str
    local_id: str
    incarnation: int
    party: str
    role: str
    since: datetime
    pin: str | None
    home: str | None


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


def reached_from(connection: sa.Connection, seeds: Collection[int], *, least_weight: float) -> list[Reached]:
    """All current records that hang together with `seeds`, these included, by (system, local id).

    Through stored pairs of at least `least_weight` bits, judgements *same* in force, and common customers.
    """
    rows = driver_of(connection).execute(_REACHED, {"seeds": list(seeds), "least": least_weight}, prepare=True)
    return [Reached(*row) for row in rows]


def between(
    connection: sa.Connection, record_ids: Sequence[int]
) -> tuple[list[tuple[int, int, float, list[int], str]], list[tuple[int, int, str, bool]]]:
    """What the store has between two of these records.

    Its pairs (left_id, right_id, weight, levels, party), and what is judged (left_id, right_id, same | different, and
    whether nobody has carried it out so far).
    """
    driver, asked = driver_of(connection), {"ids": list(record_ids)}
    with driver.pipeline():
        pairs = driver.execute(_PAIRS, asked, prepare=True)
        judged = driver.execute(_JUDGED, asked, prepare=True)
    return pairs.fetchall(), judged.fetchall()


@contextmanager
def at_once(connection: sa.Connection) -> Iterator[None]:
    """What is written within goes to the server in one message; nothing may be read within."""
    with driver_of(connection).pipeline():
        yield


def states_around(connection: sa.Connection, record_ids: Sequence[int], pins: Collection[str]) -> list[dict[str, Any]]:
    """The current states of `pins`, of what these records founded, and of all that redirect to or from one of them."""
    cursor = driver_of(connection).cursor(row_factory=dict_row)
    return cursor.execute(_STATES, {"records": list(record_ids), "pins": list(pins)}, prepare=True).fetchall()


def former_home(connection: sa.Connection, record_id: int) -> tuple[str, str, str] | None:
    """Of a record without a customer: the home that it had last, the PIN that this leads to today, and its status."""
    return driver_of(connection).execute(_FORMER, (record_id,), prepare=True).fetchone()


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


def documents_of(connection: sa.Connection, record_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The current accepted versions of these records, as survivorship reads them; `cleansed` is JSON text."""
    cursor = driver_of(connection).cursor(row_factory=dict_row)
    return cursor.execute(
        "select record_id, system, local_id, party, role, content_hash, extracted_at, changed_at, cleansed from record "
        "where record_id = any(%s::bigint[]) and recorded_to = 'infinity' and status = 'accepted'",
        (list(record_ids),),
        prepare=True,
    ).fetchall()


def overrides_on(connection: sa.Connection, pins: Sequence[str], on: date) -> list[dict[str, Any]]:
    """What stewards pinned for these customers, in force on a business date; `value` is JSON text."""
    cursor = driver_of(connection).cursor(row_factory=dict_row)
    return cursor.execute(
        "select pin, attribute, value::text as value, reason, actor, expires from override where pin = any(%s) "
        "and ended_at is null and (expires is null or expires >= %s) order by pin, attribute",
        (list(pins), on),
        prepare=True,
    ).fetchall()


def ask(
    connection: sa.Connection, run_id: str, component: Sequence[int], wanted: Sequence[Mapping[str, Any]], reason: str
) -> list[int | None]:
    """Open the tasks `wanted` (kind, left_id, right_id, party, weight, detail as JSON text); their numbers.

    Other open tasks on records of the `component` are closed for `reason`, and reviews whose question is another one by
    now; those that are open already stay. None for what a steward answered before, on the same evidence.
    """
    driver = driver_of(connection)
    numbers: list[int | None] = []
    for task in wanted:
        row = driver.execute(_ASK, {**task, "run_id": run_id}, prepare=True).fetchone()
        numbers.append(None if row is None else row[0])
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
    taken = driver.execute("select pg_try_advisory_xact_lock_shared(%s)", (number,), prepare=True).fetchone()
    if taken is None or not taken[0]:
        driver.execute("select set_config('lock_timeout', %s, true)", (wait,))
        try:
            driver.execute("select pg_advisory_xact_lock_shared(%s)", (number,))
        except psycopg.errors.LockNotAvailable as error:
            remedy = "Nothing was written. Send it again in a few seconds."
            raise StoreError("a night is just being applied", remedy=remedy) from error
        driver.execute("select set_config('lock_timeout', '0', true)")


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
    row = driver_of(connection).execute("select now()").fetchone()
    assert row is not None
    found: datetime = row[0]
    return found


def addresses_of(connection: sa.Connection, record_id: int) -> list[int]:
    """The addresses that the index of addresses has of a record."""
    rows = driver_of(connection).execute(
        "select address from sighting where record_id = %s", (record_id,), prepare=True
    )
    return [address for (address,) in rows]


def those_that_differ(connection: sa.Connection, documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of golden `documents` (pin, doc, run_id) those that are not what the store has."""
    rows = driver_of(connection).execute(
        "select g.pin from unnest(%s::text[], %s::text[]) as n(pin, doc) "
        "join golden g on g.pin = n.pin and g.recorded_to = 'infinity' and g.doc = n.doc",
        ([row["pin"] for row in documents], [row["doc"] for row in documents]),
        prepare=True,
    )
    same = {pin for (pin,) in rows}
    return [row for row in documents if row["pin"] not in same]
