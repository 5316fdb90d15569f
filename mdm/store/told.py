"""What targets were told: facts of keys that may have to be told, and the ledger of what was (`sync_row`).

A target's last row of a key is what it is taken to hold. The ledger grows with what changes, under full deliveries too:
the file of a full delivery is the last row of every key up to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import copy_rows, fetch_columns, load_temporary

PORTION = 50_000  # keys whose facts are held at once: golden documents are of 1 to 4 KB
COLUMNS = ("target_id", "key", "delivery_id", "line", "action", "pin", "moved_from", "attempt", "content", "altered")
_LAST = """
left join lateral (
    select s.pin, s.moved_from, s.action, s.content, s.attempt from sync_row s
    where s.target_id = %(target)s and s.key = k.key order by s.delivery_id desc limit 1
) t on true
"""
_NEVER = """
left join lateral (
    select null::text as pin, null::text as moved_from, null::text as action, null::text as content,
        null::smallint as attempt
) t on true
"""
# The household that a customer lives in, or the legal entity: a membership without end.
_HOUSEHOLD = """
(select m.chi from membership m where m.pin = p.pin and m.recorded_to = 'infinity' and m.valid_to is null
 order by m.period desc, m.chi limit 1)
"""


_STANDING = """
select key, case when delivery_id = %(delivery)s then action else 'unchanged' end as action, pin,
    case when delivery_id = %(delivery)s then moved_from end as moved_from,
    case when delivery_id = %(delivery)s then attempt else 1::smallint end as attempt, content
from (
    select distinct on (key) * from sync_row
    where target_id = %(target)s and delivery_id <= %(delivery)s order by key, delivery_id desc
) as told where action <> 'gone' or delivery_id = %(delivery)s and line > 0
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom a target is told. system: the source whose keys are asked about; None: of PINs. record: see contracts.

    own: whether the target's own records are needed; household: whether households are.
    """

    target_id: int
    system: str | None
    record: str | None = None
    own: bool = False
    household: bool = False

    @property
    def suffix(self) -> str:
        """What a local id has after the target's key."""
        return f"#{self.record}" if self.record else ""

    @property
    def local_id(self) -> str:
        """SQL: whether `x.local_id` is one of the target's, of sources whose rows carry several records."""
        return "x.local_id like %(like)s" if self.record else "x.local_id not like '%%#%%'"

    @property
    def parameters(self) -> dict[str, object]:
        return {
            "target": self.target_id, "system": self.system, "suffix": self.suffix, "like": f"%{self.suffix}",
            "cut": len(self.suffix),
        }  # fmt: skip


def gather_keys(connection: sa.Connection, asked: Asked, after: int, upto: int) -> int:
    """Table `sync_key` (place, key): keys that changes between two positions concern; with those of `sync_open` again.

    after: 0 for all there is.
    """
    found = _all_keys(asked) if after == 0 else _changed_keys(asked)
    connection.exec_driver_sql("drop table if exists pg_temp.sync_key")
    connection.exec_driver_sql(
        "create temporary table sync_key on commit drop as "
        'select row_number() over (order by key collate "C") as place, key, bool_or(again) as again from ('
        f"select distinct key, false as again from ({found}) as f union all "
        "select key, true from sync_open where again) as k group by key",
        {**asked.parameters, "after": after, "upto": upto},
    )
    connection.exec_driver_sql("create unique index on sync_key (place)")
    connection.exec_driver_sql("analyze sync_key")
    return int(connection.exec_driver_sql("select count(*) from sync_key").scalar_one())


def _changed_keys(asked: Asked) -> str:
    pins = (
        "select distinct pin from (select c.pin from change c where c.position > %(after)s and c.position <= %(upto)s "
        "union all select unnest(c.related) from change c "
        "where c.position > %(after)s and c.position <= %(upto)s) as p "
        "where pin is not null"
    )
    if asked.system is None:
        return f"select pin as key from ({pins}) as w"
    # every PIN that a key had, so that one that left a customer is found by its former PIN
    return (
        f"select left(x.local_id, length(x.local_id) - %(cut)s) as key from ({pins}) as w join xref x using (pin) "
        f"where x.system = %(system)s and {asked.local_id}"
    )


def _all_keys(asked: Asked) -> str:
    told = "select s.key from sync_row s where s.target_id = %(target)s"
    if asked.system is None:
        return (
            f"select c.pin as key from customer c where c.recorded_to = 'infinity' and c.status = 'active' union {told}"
        )
    return (
        "select left(x.local_id, length(x.local_id) - %(cut)s) as key from xref x "
        f"where x.recorded_to = 'infinity' and x.system = %(system)s and {asked.local_id} union {told}"
    )


def facts(connection: sa.Connection, asked: Asked, keys: int, *, first: bool) -> Iterator[pa.Table]:
    """What the store knows of the keys of `sync_key`, in portions, by key: see `mdm.sync.made.FACTS`.

    first: nothing was ever told.
    """
    household = _HOUSEHOLD if asked.household else "null::text"
    own = "null::text as own, null::text as original, null::bigint as own_date"
    joins = ""
    if asked.own:
        own = (
            "r.cleansed as own, r.original, "
            "(extract(epoch from coalesce(r.changed_at, r.extracted_at)) * 1000000)::bigint as own_date"
        )
        joins = "left join record r on r.record_id = p.record_id and r.recorded_to = 'infinity'"
    query = f"""
        select k.key, p.pin, {household} as household, g.doc, {own}, t.pin as told_pin, t.moved_from as told_from,
            t.action as told_action, t.content as told, t.attempt, k.again
        from sync_key k left join lateral ({_holder(asked)}) p on true
        left join golden g on g.pin = p.golden and g.recorded_to = 'infinity' {joins} {_NEVER if first else _LAST}
        where k.place > %(from)s and k.place <= %(upto)s order by k.place
    """
    # each by its index: for a portion of the keys the planner would read whole tables
    connection.exec_driver_sql("set local enable_hashjoin = off; set local enable_mergejoin = off")
    for start in range(0, keys, PORTION):
        yield fetch_columns(connection, query, {**asked.parameters, "from": start, "upto": start + PORTION})
    connection.exec_driver_sql("set local enable_hashjoin = on; set local enable_mergejoin = on")


def _holder(asked: Asked) -> str:
    """Whose a key is: pin, the PIN whose golden record it has, the record."""
    if asked.system is None:
        return (
            "select case c.status when 'active' then c.pin when 'redirected' then c.redirect_to end as pin, "
            "case c.status when 'active' then c.pin end as golden, null::bigint as record_id "
            "from customer c where c.pin = k.key and c.recorded_to = 'infinity'"
        )
    return (
        "select x.pin, x.pin as golden, x.record_id from xref x "
        "where x.system = %(system)s and x.local_id = k.key || %(suffix)s and x.recorded_to = 'infinity'"
    )


def dates_of(connection: sa.Connection, keys: pa.Table) -> pa.Table:
    """system, local_id, date of current records: microseconds since 1970."""
    load_temporary(connection, "sync_origin", keys, {"system": "text", "local_id": "text"})
    return fetch_columns(
        connection,
        "select r.system, r.local_id, "
        "(extract(epoch from coalesce(r.changed_at, r.extracted_at)) * 1000000)::bigint as date "
        "from sync_origin w join record r using (system, local_id) where r.recorded_to = 'infinity'",
    )


def add_rows(connection: sa.Connection, rows: pa.Table) -> int:
    """Append rows (`COLUMNS`) to the ledger; how many."""
    return copy_rows(connection, "sync_row", COLUMNS, rows)


def rows_of(connection: sa.Connection, target_id: int, delivery_id: int, *, full: bool) -> Iterator[pa.Table]:
    """The rows of a delivery's file in their order, in portions, as `mdm.sync.layout` writes them.

    full: the last row of every key up to this delivery; those that it did not bring itself are `unchanged`.
    """
    shown = "key, action, pin, moved_from, attempt, content"
    parameters: dict[str, object] = {"target": target_id, "delivery": delivery_id}
    file = "sync_row where target_id = %(target)s and delivery_id = %(delivery)s"
    if full:
        connection.exec_driver_sql("drop table if exists pg_temp.sync_file")
        connection.exec_driver_sql(
            f"""
            create temporary table sync_file on commit drop as
            select row_number() over (order by key collate "C") as line, {shown} from ({_STANDING}) as last
            """,
            parameters,
        )
        file = "sync_file where true"
    lines = connection.exec_driver_sql(f"select max(line) from {file}", parameters).scalar() or 0
    for start in range(0, int(lines), PORTION):
        yield fetch_columns(
            connection,
            f"select {shown} from {file} and line > %(from)s and line <= %(upto)s order by line",
            {**parameters, "from": start, "upto": start + PORTION},
        )


def count_standing(connection: sa.Connection, target_id: int, delivery_id: int) -> int:
    """The lines of a full delivery."""
    parameters = {"target": target_id, "delivery": delivery_id}
    return int(connection.exec_driver_sql(f"select count(*) from ({_STANDING}) as last", parameters).scalar_one())


def summary_of(connection: sa.Connection, target_id: int, delivery_id: int) -> tuple[dict[str, int], int, list[str]]:
    """Of a delivery's own rows: how many of each action, how many repeats, and what was altered in them."""
    rows = connection.exec_driver_sql(
        "select action, count(*), count(*) filter (where attempt > 1) from sync_row "
        "where target_id = %(target)s and delivery_id = %(delivery)s group by action order by action",
        {"target": target_id, "delivery": delivery_id},
    ).all()
    altered = connection.exec_driver_sql(
        "select altered from sync_row where target_id = %(target)s and delivery_id = %(delivery)s "
        "and altered is not null",
        {"target": target_id, "delivery": delivery_id},
    ).scalars()
    return {action: count for action, count, _ in rows}, sum(again for *_, again in rows), list(altered)


__all__ = [
    "COLUMNS", "PORTION", "Asked", "add_rows", "count_standing", "dates_of", "facts", "gather_keys", "rows_of",
    "summary_of",
]  # fmt: skip
