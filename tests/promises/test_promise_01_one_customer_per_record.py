"""Promise 1: every current accepted record of a customer-role source belongs to exactly one customer at any moment."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from mdm.registry import SourceKey, find_xrefs, look_up
from mdm.store.database import Database
from tests.promises.life import Life
from tests.promises.towns import Places, World, decide, deliver, start, worlds
from tests.store.fixtures import new_database

# Every state of every table begins and ends with a transaction: between two of these moments nothing changes.
BROKEN = """
with moment as (select distinct recorded_from as at from record union select distinct recorded_from from xref
                union select distinct recorded_from from customer)
select m.at, coalesce(r.system || ':' || r.local_id, 'no record ' || x.record_id), count(c.pin)
from moment m
cross join lateral (select * from record r where r.recorded_from <= m.at and m.at < r.recorded_to
                    and r.status = 'accepted' and r.role = 'customer') as r
left join xref x on x.record_id = r.record_id and x.recorded_from <= m.at and m.at < x.recorded_to
left join customer c on c.pin = x.pin and c.status = 'active' and c.recorded_from <= m.at and m.at < c.recorded_to
group by 1, 2 having count(c.pin) <> 1
union all
select m.at, x.system || ':' || x.local_id, 0 from moment m
join xref x on x.recorded_from <= m.at and m.at < x.recorded_to
where not exists (select from record r where r.record_id = x.record_id and r.status = 'accepted'
                  and r.recorded_from <= m.at and m.at < r.recorded_to)
"""


def broken(database: Database) -> list[tuple[object, ...]]:
    """(moment, record, customers): accepted records without exactly one customer, customers' records not accepted."""
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(sa.text(BROKEN))]


def test_the_lookup_finds_one_customer_for_what_the_feeds_hold_and_for_nothing_else(life: Life) -> None:
    """Also long after: each moment of the past is asked for again."""
    ever = sorted({key for moment in life.moments for key in moment.persons})
    for moment in life.moments:
        expected = set(moment.persons) - life.erased
        with life.database.read() as connection:
            found = find_xrefs(connection, [SourceKey(*key) for key in ever], known_at=moment.at)
            pins = {(view.system, view.local_id): view.pin for view in found if view.pin is not None}
            assert set(pins) == expected, moment.name
            assert {key: pin for key, pin in moment.pins.items() if key not in life.erased} == pins, moment.name
            views = [look_up(connection, pin, known_at=moment.at) for pin in sorted(set(pins.values()))]
        assert {view.status for view in views} == {"active"}
        held = Counter(
            (record.system, record.local_id)
            for view in views
            for record in view.records or ()
            if record.role == "customer"
        )
        assert held == Counter(expected), moment.name


def test_at_every_moment_that_the_tables_know(life: Life) -> None:
    assert broken(life.database) == []


@pytest.mark.slow
@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(world=worlds())
def test_in_any_town(world: World, server_url: str, tmp_path_factory: Places) -> None:
    with new_database(server_url) as database:
        workspace = start(tmp_path_factory.mktemp("town"), database)
        for number, night in enumerate(world.nights):
            deliver(workspace, night, number + 1)
            workspace.night(database)
            decide(database, [decision for decision in world.decided if decision[0] == number])
        workspace.night(database, feeds=False)
        assert broken(database) == []
