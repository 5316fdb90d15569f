"""What a store must have announced, told from the states that it keeps: independent of how it announces."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

STATES = """
select recorded_from as at, pin, 'customer' as what, status || coalesce(' to ' || redirect_to, '') as said,
    true as there from customer
union all select recorded_to, pin, 'customer', status || coalesce(' to ' || redirect_to, ''), false from customer
where recorded_to < 'infinity'
union all select recorded_from, pin, 'golden', doc, true from golden
union all select recorded_to, pin, 'golden', doc, false from golden where recorded_to < 'infinity'
union all select recorded_from, pin, 'xref', record_id::text, true from xref
union all select recorded_to, pin, 'xref', record_id::text, false from xref where recorded_to < 'infinity'
"""
HOUSEHOLDS = """
select recorded_from as at, chi, concat_ws('|', status, redirect_to, dwelling, doc::text) as said, true as there
from household
union all select recorded_to, chi, concat_ws('|', status, redirect_to, dwelling, doc::text), false from household
where recorded_to < 'infinity'
union all select recorded_from, chi, concat_ws('|', pin, role, valid_from, valid_to), true from membership
union all select recorded_to, chi, concat_ws('|', pin, role, valid_from, valid_to), false from membership
where recorded_to < 'infinity'
"""
Announced = dict[tuple[datetime, str], set[str]]


@dataclass
class _Moment:
    """What came and went of one PIN in one transaction."""

    came: set[tuple[str, str]] = field(default_factory=set)
    went: set[tuple[str, str]] = field(default_factory=set)

    def status(self, side: set[tuple[str, str]]) -> str | None:
        return next((said for what, said in side if what == "customer"), None)


def announced(connection: sa.Connection) -> tuple[Announced, Announced]:
    """(transaction, PIN) -> types, and (transaction, CHI) -> types. Fails when one is announced twice."""
    customers: Announced = defaultdict(set)
    households: Announced = defaultdict(set)
    for row in connection.execute(sa.text("select * from change order by position")).mappings():
        held, name = (customers, row["pin"]) if row["pin"] is not None else (households, row["chi"])
        assert row["type"] not in held[row["at"], name], dict(row)
        held[row["at"], name].add(row["type"])
    return dict(customers), dict(households)


def expected(connection: sa.Connection) -> Announced:
    """(transaction, PIN) -> types: what the states of customers, golden records and cross-references say."""
    moments: dict[tuple[datetime, str], _Moment] = defaultdict(_Moment)
    for row in connection.execute(sa.text(STATES)).mappings():
        moment = moments[row["at"], row["pin"]]
        (moment.came if row["there"] else moment.went).add((row["what"], row["said"]))
    found: Announced = {}
    for key, moment in moments.items():
        came, went = moment.came - moment.went, moment.went - moment.came
        if came or went:
            found[key] = _types(moment.status(went), moment.status(came), {what for what, _ in came | went})
    return {key: types for key, types in found.items() if types}


def _types(before: str | None, after: str | None, changed: set[str]) -> set[str]:
    if after is None:
        return {"changed"} if changed else set()
    kind, was = after.partition(" ")[0], (before or "").partition(" ")[0]
    if kind == "active":
        return {"created"} if was in ("", "retired") else {"changed"}
    return {kind}


def expected_households(connection: sa.Connection) -> set[tuple[datetime, str]]:
    """(transaction, CHI) in which something of a household came or went."""
    sides: dict[tuple[datetime, str], tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for row in connection.execute(sa.text(HOUSEHOLDS)).mappings():
        sides[row["at"], row["chi"]][row["there"]].append(row["said"])
    return {key for key, (went, came) in sides.items() if sorted(went) != sorted(came)}


def as_states_tell(types: set[str]) -> set[str]:
    """Types without what only lineage tells: that a customer took others in, or lost some, is a change of it."""
    structural = types & {"created", "redirected", "retired", "erased"}
    return structural or {"changed"}
