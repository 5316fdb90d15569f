"""Records, keys, pairs and what hangs together: each against a plain oracle."""

from collections import Counter
from itertools import combinations

import networkx as nx
import pyarrow as pa
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm.store import components, customers, judgements, keys, pairs, records
from mdm.store.bulk import copy_rows
from mdm.store.database import Database
from tests.store import factories as make

IDS = st.integers(1, 12)
EDGES = st.sets(st.tuples(IDS, IDS).filter(lambda two: two[0] < two[1]), max_size=10)


@settings(max_examples=25, deadline=None)
@given(st.sets(st.tuples(st.integers(1, 4), IDS), max_size=30), st.integers(1, 4))
def test_candidates_are_those_who_share_a_key(database: Database, held: set[tuple[int, int]], most: int) -> None:
    counts = Counter(key for key, _ in held)
    usable = {(key, record) for key, record in held if counts[key] <= most}
    new = {record for _, record in held if record % 2}
    expected = {(a, b) for key, a in usable for other, b in usable if key == other and a != b and a in new}
    with database.engine.connect() as connection:
        keys.load_keys(connection, _keys(held))
        asked = _keys({(key, record) for key, record in held if record in new})
        found = keys.candidate_pairs(connection, asked, most=most).to_pylist()
        assert sorted((row["record_id"], row["other_id"]) for row in found) == sorted(expected)
        sharing = keys.records_sharing(connection, [1, 2], most=most)
        assert {(key, record) for record, shared in sharing.items() for key in shared} == {
            (key, record) for key, record in usable if key <= 2
        }
        common = {row["key"]: row["records"] for row in keys.common_keys(connection, least=most + 1).to_pylist()}
        assert common == {key: count for key, count in counts.items() if count > most}


def _keys(held: set[tuple[int, int]]) -> pa.Table:
    return pa.table(
        {"key": pa.array([k for k, _ in held], pa.int64()), "record_id": pa.array([r for _, r in held], pa.int64())}
    )


@settings(max_examples=25, deadline=None)
@given(EDGES, EDGES, EDGES, st.lists(IDS, min_size=1, max_size=3))
def test_components_are_those_of_the_graph(
    database: Database,
    strong: set[tuple[int, int]],
    judged: set[tuple[int, int]],
    weak: set[tuple[int, int]],
    seeds: list[int],
) -> None:
    graph = nx.Graph([*strong, *judged, *combinations((10, 11, 12), 2)])
    graph.add_nodes_from(range(1, 13))
    expected = set().union(*(nx.node_connected_component(graph, seed) for seed in seeds))
    weights = {two: 5.0 if two in strong else -1.0 for two in strong | weak}
    with database.engine.connect() as connection:
        pairs.put_pairs(connection, make.pairs(*weights, weight=weights))
        for one, other in judged:
            judgements.add_judgement(connection, other, one, "different", actor="ann")
            judgements.add_judgement(connection, one, other, "same", actor="ann")
        customers.put_xrefs(connection, make.table(*(make.xref(number, "p1") for number in (10, 11, 12))))
        found = components.component_records(connection, seeds, least_weight=0.0)["record_id"].to_pylist()
    assert found == sorted(expected)


def test_deleting_a_record_takes_keys_and_pairs(connection: sa.Connection) -> None:
    records.put_versions(connection, make.records(1, 2, 3))
    keys.load_keys(connection, _keys({(7, 1), (7, 2), (8, 3)}))
    pairs.put_pairs(connection, make.pairs((1, 2), (2, 3)))
    gone = pa.table({"record_id": [1], "extracted_at": [make.LONG_AGO], "run_id": ["run2"]})
    assert records.mark_deleted(connection, gone) == 1
    assert records.mark_deleted(connection, gone) == 0
    found = records.version(connection, 1)
    assert found is not None
    assert (found["status"], found["cleansed"]) == ("deleted", {"n": 1})
    assert sorted(keys.all_keys(connection)["record_id"].to_pylist()) == [2, 3]
    assert pairs.all_pairs(connection)["left_id"].to_pylist() == [2]
    assert records.all_current(connection)["record_id"].to_pylist() == [2, 3]
    assert sorted(records.all_current(connection, accepted_only=False)["record_id"].to_pylist()) == [1, 2, 3]


def test_finding_records(connection: sa.Connection) -> None:
    copy_rows(connection, "record", make.RECORD.names, make.records(1, 2, 3))
    assert sorted(records.current_versions(connection, [2, 3, 4])["local_id"].to_pylist()) == ["r2", "r3"]
    asked = pa.table({"system": ["crm", "crm"], "local_id": ["r1", "none"]})
    assert records.find_current(connection, asked)["cleansed"].to_pylist() == ['{"n":1}']
    assert records.all_current(connection, party="organisation").num_rows == 0


def test_replacing_keys(connection: sa.Connection) -> None:
    """What stays is not written; keys of a record that is not replaced are added."""
    keys.load_keys(connection, _keys({(7, 1), (8, 1), (8, 2)}))
    assert keys.replace_keys(connection, [1], _keys({(8, 1), (9, 1), (9, 2)})) == 2
    found = keys.all_keys(connection).to_pylist()
    assert {(row["key"], row["record_id"]) for row in found} == {(8, 1), (8, 2), (9, 1), (9, 2)}
    assert keys.replace_keys(connection, [1], _keys(set())) == 0
    assert keys.all_keys(connection)["record_id"].unique().to_pylist() == [2]


def test_pairs(connection: sa.Connection) -> None:
    pairs.put_pairs(connection, make.pairs((1, 2), (2, 3), (4, 5)))
    pairs.put_pairs(connection, make.pairs((2, 3), weight=9.0))
    assert [(row["left_id"], row["weight"]) for row in pairs.pairs_touching(connection, [3, 2]).to_pylist()] == [
        (2, 9.0),
        (1, 5.0),
    ]
    found = pairs.find_pair(connection, 3, 2)
    assert found is not None
    assert (found["levels"], found["evidence"]) == ([2, 0], [7.25, -2.25])
    assert pairs.find_pair(connection, 1, 5) is None
    assert pairs.all_pairs(connection, least_weight=6.0).num_rows == 1
    assert pairs.delete_pairs(connection, [2]) == 2
    assert pairs.all_pairs(connection).num_rows == 1


def test_states_around_follow_founders_and_redirects(connection: sa.Connection) -> None:
    states = [
        make.customer("p1", 1),
        make.customer("p2", 2, status="redirected", redirect_to="p1"),
        make.customer("p3", 3, status="retired", founder_record_id=30),
        make.customer("p4", 4),
    ]
    customers.put_customers(connection, make.table(*states))
    customers.put_xrefs(connection, make.table(make.xref(1, "p1"), make.xref(2, "p1"), make.xref(4, "p4")))
    around = {
        seed: customers.states_around(connection, [seed])["pin"].to_pylist() for seed in (1, 2, 30, 4, 99)
    }  # fmt: skip
    assert around == {1: ["p1", "p2"], 2: ["p1", "p2"], 30: ["p3"], 4: ["p4"], 99: []}
    assert customers.count_customers(connection) == {"active": 2, "redirected": 1, "retired": 1}
    assert customers.all_customers(connection, status="retired")["pin"].to_pylist() == ["p3"]
    assert customers.xrefs_of_records(connection, [2])["pin"].to_pylist() == ["p1"]
    assert customers.end_xrefs(connection, pa.table({"record_id": [4]})) == 1
    assert customers.all_xrefs(connection).num_rows == 2
    asked = pa.table({"system": ["crm", "crm"], "local_id": ["r2", "r4"]})
    assert customers.find_xrefs(connection, asked)["local_id"].to_pylist() == ["r2"]
