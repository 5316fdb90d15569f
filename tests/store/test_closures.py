"""All that hangs together with something, asked for in two goes: the same as a search of the whole graph in Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pyarrow as pa
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mdm.store.addresses import More, closed_around
from mdm.store.components import component_records
from mdm.store.database import Database

FEW = st.integers(1, 8)
EDGES = st.sets(st.tuples(FEW, FEW).filter(lambda ends: ends[0] < ends[1]), max_size=8)
SOME = st.sets(FEW, max_size=3)
Node = TypeVar("Node")
LINKS = st.sets(st.tuples(FEW, FEW), max_size=8)


def reachable(starts: Iterable[Node], edges: Iterable[tuple[Node, Node]]) -> set[Node]:
    """Everything that one comes to from `starts`, which are among it."""
    edges, found = list(edges), set(starts)
    while True:
        more = {b for a, b in edges if a in found} | {a for a, b in edges if b in found}
        if more <= found:
            return found
        found |= more


@contextmanager
def undone(database: Database) -> Iterator[sa.Connection]:
    with database.engine.connect() as connection:
        yield connection
        connection.rollback()


@settings(max_examples=30, deadline=None)
@given(EDGES, SOME, SOME)
def test_records_in_two_goes(database: Database, edges: set[tuple[int, int]], early: set[int], late: set[int]) -> None:
    with undone(database) as connection:
        for left, right in edges:
            connection.exec_driver_sql(
                "insert into pair (left_id, right_id, party, weight, levels, evidence, model_id) "
                "values (%s, %s, 'person', 9, '{}', '{}', 'm')",
                (left, right),
            )
        seeds, rest = (pa.array(sorted(some), pa.int64()) for some in (early, late))
        found = component_records(connection, seeds, least_weight=5.0, then=lambda: rest)["record_id"].to_pylist()
        assert found == sorted(reachable(early | late, edges))
        assert component_records(connection, seeds, least_weight=9.5)["record_id"].to_pylist() == sorted(early)


@settings(max_examples=150, deadline=None)
@given(LINKS, EDGES, LINKS, EDGES, SOME, SOME)
@example({(2, 1)}, set(), {(1, 1)}, set(), {2}, set())  # one who is new where another lives
@example({(2, 1), (3, 2)}, set(), set(), {(1, 2)}, {2}, set())
def test_customers_in_two_goes(
    database: Database,
    seen: set[tuple[int, int]],
    joins: set[tuple[int, int]],
    tonight: set[tuple[int, int]],
    joined: set[tuple[int, int]],
    early: set[int],
    late: set[int],
) -> None:
    """Customers are seen at sites, some of which may be one dwelling; tonight adds sightings and joins."""
    with undone(database) as connection:
        for record, (pin, site) in enumerate(sorted(seen), 1):
            connection.exec_driver_sql(
                "insert into xref (record_id, system, local_id, incarnation, pin, home, run_id) "
                "values (%s, 's', %s, 1, %s, '', 'r')",
                (record, str(record), str(pin)),
            )
            connection.exec_driver_sql("insert into sighting values (%s, 0, %s)", (record, site))
        for weak, strong in joins:
            connection.exec_driver_sql("insert into dwelling_join values (%s, %s, 0, 0, 0, 0, 0)", (weak, strong))
        more = More(
            pa.array(sorted(map(str, late)), pa.string()),
            pa.table({"pin": pa.array([str(p) for p, _ in tonight], pa.string()),
                      "site": pa.array([s for _, s in tonight], pa.int64())}),
            pa.table({"a": pa.array([a for a, _ in joined], pa.int64()),
                      "b": pa.array([b for _, b in joined], pa.int64())}),
        )  # fmt: skip
        pins = pa.array(sorted(map(str, early)), pa.string())
        everything: list[tuple[str | int, str | int]] = [*((str(p), s) for p, s in seen | tonight), *joins, *joined]
        whole = reachable({str(p) for p in early | late}, everything)
        assert set(closed_around(connection, pins, lambda: more).to_pylist()) == {
            n for n in whole if isinstance(n, str)
        }
        stored: list[tuple[str | int, str | int]] = [*((str(p), s) for p, s in seen), *joins]
        known = reachable({str(p) for p in early}, stored)
        assert set(closed_around(connection, pins).to_pylist()) == {n for n in known if isinstance(n, str)}
