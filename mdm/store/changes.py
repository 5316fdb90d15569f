"""The outbox: every change of a customer or household, announced by the transaction that made it (read: `feed.py`).

Whoever changes customers says which (`touch`), and announces at the end of its transaction (`announce`, `announce_run`,
`announce_first`, `announce_erased`). What is announced is the difference that the transaction makes: each customer is
looked at as it was before and as it is now, so that what one transaction does and undoes is not announced, and nothing
twice. Positions are given while the customers are held (mdm.live.locks), so those of one customer are in its order; for
the sake of readers a transaction shares, before its first one, an advisory lock whose number says from where on it will
take them. See docs/decisions/0018.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import sqlalchemy as sa

from mdm.store.bulk import Values, load_values
from mdm.store.connection import driver_of

Type = Literal["created", "merged", "split", "changed", "redirected", "retired", "erased", "household_changed"]
TYPES: tuple[Type, ...] = get_args(Type)
ANNOUNCING = 0x6D646D  # the class of the advisory locks of those who announce
ROUND = 2**31  # their numbers are positions modulo this
SEQUENCE = "change_position_seq"
_HOLD = f"""
select pg_advisory_xact_lock_shared({ANNOUNCING}, ((last_value - (not is_called)::int) % {ROUND})::int) from {SEQUENCE}
"""
# To plan the statement below costs four times what it costs to carry it out for a few customers.
_PLANNED_ONCE = "select set_config('plan_cache_mode', 'force_generic_plan', true)"
_OURS = "{0}.xmin = pg_current_xact_id()::xid"  # written, or closed, by this transaction


_STATE = f"""
    select c.pin, c.status, c.redirect_to, was.redirect_to as led_to, {_OURS.format("c")} as fresh,
        case when {_OURS.format("c")} then was.status else c.status end as before
    from (select distinct pin from {{wanted}}) as w join customer c using (pin)
    left join customer was on was.pin = c.pin and was.recorded_to < 'infinity' and {_OURS.format("was")}
    where c.recorded_to = 'infinity'
"""
_HAPPENED = f"""
    select l.kind, l.pin, l.other_pin from {{state}} s join lineage l on l.pin = s.pin where {_OURS.format("l")}
    union
    select l.kind, l.pin, l.other_pin from {{state}} s join lineage l on l.other_pin = s.pin where {_OURS.format("l")}
"""


def _customers(state: str, happened: str) -> str:
    """The statement that announces what this transaction does to customers.

    state, happened: queries of the customers, and of what happened to them; _STATE and _HAPPENED, or what they found.
    """
    return f"""
    insert into change (type, pin, related, run_id, actor)
    with state as ({state}),
    happened as ({happened}),
    parted as (
        select pin, other_pin as part from happened where kind = 'split'
        union select other_pin, pin from happened where kind = 'revived'
    ),
    moved as (
        select pin, other_pin as other from happened where kind = 'moved'
        union select other_pin, pin from happened where kind = 'moved'
    ),
    event as (
        select s.pin, 'created' as type, h.pin as other from state s
        left join happened h on h.other_pin = s.pin and h.kind = 'split'
        where s.status = 'active' and s.fresh and (s.before is null or s.before = 'retired')
        union all
        select s.pin, 'merged', h.pin from state s join happened h on h.other_pin = s.pin and h.kind = 'merged'
        join customer o on o.pin = h.pin and o.recorded_to = 'infinity' and o.redirect_to = s.pin
        where s.status = 'active'
        union all
        select s.pin, 'split', s.led_to from state s where s.status = 'active' and s.before = 'redirected'
        union all
        select s.pin, 'split', o.pin from state s join parted p on p.pin = s.pin
        join customer o on o.pin = p.part and o.recorded_to = 'infinity' and o.status = 'active'
        where s.status = 'active'
        union all
        select s.pin, s.status, s.redirect_to from state s
        where s.fresh and s.status in ('redirected', 'retired') and (s.before, s.led_to) is distinct from
            (s.status, s.redirect_to)
    ),
    others as (
        select s.pin, 'changed' as type, m.other from state s left join moved m on m.pin = s.pin
        where s.status = 'active' and s.before = 'active' and s.pin not in (select pin from event) and (
            exists (select 1 from golden g where g.pin = s.pin and g.recorded_to = 'infinity' and {_OURS.format("g")})
            or exists (select 1 from xref x where x.pin = s.pin and {_OURS.format("x")}
                       group by x.record_id having count(*) = 1)
        )
    )
    select type, pin, array_agg(distinct other) filter (where other is not null), %(run_id)s, %(actor)s
    from (table event union all table others) as found group by type, pin
    order by array_position(%(types)s::text[], type), pin
    """


_SINGLY = _customers(_STATE.format(wanted="unnest(%(pins)s::text[]) as t(pin)"), _HAPPENED.format(state="state"))
# Of many customers the planner must know how many they are: it would compare each with everything that happened.
_LOOK = (
    "create temporary table announced_state on commit drop as "
    + _STATE.format(wanted="(select value as pin from announced_pin) as t"),
    "analyze announced_state",
    "create temporary table announced_lineage on commit drop as " + _HAPPENED.format(state="announced_state"),
    "analyze announced_lineage",
)
_IN_BULK = _customers("table announced_state", "table announced_lineage")
_HOUSEHOLDS = f"""
insert into change (type, chi, related, run_id, actor)
select 'household_changed', chi, array_agg(distinct pin) filter (where pin is not null), %(run_id)s, %(actor)s from (
    select h.chi, null as pin from announced_chi w join household h on h.chi = w.value
    where h.recorded_to = 'infinity' and {_OURS.format("h")}
    union all
    select m.chi, m.pin from announced_chi w join membership m on m.chi = w.value where {_OURS.format("m")}
    group by m.chi, m.pin, m.role, m.valid_from, m.valid_to having count(*) = 1
) as found group by chi order by chi
"""
_FIRST = """
insert into change (type, pin, chi, run_id, actor)
select 'created', pin, null, %(run_id)s, %(actor)s from customer where status = 'active'
union all
select 'household_changed', null, chi, %(run_id)s, %(actor)s from household
"""
_ERASED = """
insert into change (type, pin, chi, run_id, actor)
select 'erased', %(pin)s::text, null, %(run_id)s, %(actor)s
union all
select 'household_changed', null, chi, %(run_id)s, %(actor)s from (
    select distinct chi from membership where pin = %(pin)s and recorded_to = 'infinity' order by chi
) as lived
"""


@dataclass(slots=True)
class _Touched:
    """The customers that a transaction may have changed, why, and who did."""

    transaction: object
    pins: set[str] = field(default_factory=set)
    run_id: str = ""
    actor: str = ""


def touch(connection: sa.Connection, pins: Collection[str], *, run_id: str, actor: str) -> None:
    """Say that the open transaction may have changed these customers: `announce` finds out."""
    touched = _touched(connection)
    touched.pins |= set(pins)
    touched.run_id, touched.actor = run_id, actor


def announce(connection: sa.Connection) -> None:
    """Announce what the open transaction does to the customers that it touched: the last that it does to them."""
    touched = _touched(connection)
    if touched.pins:
        driver, pins = driver_of(connection), sorted(touched.pins)
        with driver.pipeline():
            driver.execute(_PLANNED_ONCE, prepare=True)
            driver.execute(_HOLD, prepare=True)
            driver.execute(_SINGLY, {"pins": pins, **_by(touched.run_id, touched.actor)}, prepare=True)
        touched.pins = set()


def announce_run(connection: sa.Connection, pins: Values, chis: Values, *, run_id: str, actor: str) -> None:
    """Announce what the open transaction does to many customers and households, and to those that it touched."""
    touched = _touched(connection)
    load_values(connection, "announced_pin", pins)
    load_values(connection, "announced_chi", chis)
    driver = driver_of(connection)
    driver.execute("insert into announced_pin select unnest(%s::text[])", (sorted(touched.pins),))
    touched.pins = set()
    driver.execute(_HOLD)
    for table in ("announced_state", "announced_lineage"):
        driver.execute(f"drop table if exists pg_temp.{table}")
    for statement in _LOOK:
        driver.execute(statement)
    driver.execute(_IN_BULK, _by(run_id, actor))
    driver.execute(_HOUSEHOLDS, _by(run_id, actor))


def announce_first(connection: sa.Connection, *, run_id: str, actor: str) -> None:
    """Announce everything that there is: the store was empty before this transaction."""
    _touched(connection).pins = set()
    driver_of(connection).execute(_HOLD)
    driver_of(connection).execute(_FIRST, _by(run_id, actor))


def announce_erased(connection: sa.Connection, pin: str, *, run_id: str, actor: str) -> None:
    """Announce that a customer is erased, before it is: the households that it leaves are told with it."""
    driver_of(connection).execute(_HOLD)
    driver_of(connection).execute(_ERASED, {"pin": pin, **_by(run_id, actor)})


def _touched(connection: sa.Connection) -> _Touched:
    transaction = connection.get_transaction()
    found: _Touched | None = connection.info.get("touched")
    if found is None or found.transaction is not transaction:
        found = connection.info["touched"] = _Touched(transaction)
    return found


def _by(run_id: str, actor: str) -> dict[str, Any]:
    return {"run_id": run_id, "actor": actor, "types": list(TYPES)}
