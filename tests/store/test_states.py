"""Recorded time: what was known when stays known."""

import time
from datetime import UTC, datetime

import pyarrow as pa
import pytest
import sqlalchemy as sa

from mdm.store import customers, golden, households, records
from mdm.store.database import Database
from mdm.store.states import StateCounts
from tests.store import factories as make


def now() -> datetime:
    moment = datetime.now(UTC)
    time.sleep(0.002)
    return moment


def goldens(**documents: str) -> pa.Table:
    return make.table(*({"pin": pin, "doc": doc, "run_id": "run1"} for pin, doc in documents.items()))


def test_each_state_is_known_for_its_time(fresh_database: Database) -> None:
    moments = [now()]
    for document in ('{"v": 1}', '{"v": 2}'):
        with fresh_database.begin() as connection:
            golden.put_golden(connection, goldens(p1=document))
        time.sleep(0.002)
        moments.append(now())
    with fresh_database.begin() as connection:
        golden.end_golden(connection, pa.table({"pin": ["p1"]}))
    moments.append(now())
    with fresh_database.begin() as connection:
        known = [golden.find_golden(connection, "p1", known_at=moment) for moment in moments]
        assert [found and found["doc"]["v"] for found in known] == [None, 1, 2, None]
        assert golden.find_golden(connection, "p1") is None
        assert [state["doc"]["v"] for state in golden.golden_states(connection, "p1")] == [1, 2]
        assert golden.all_golden(connection).num_rows == 0


def test_what_is_equal_is_left_alone(fresh_database: Database) -> None:
    with fresh_database.begin() as connection:
        assert golden.put_golden(connection, goldens(p1="{}", p2="{}")) == StateCounts(2, 0, 0)
    with fresh_database.begin() as connection:
        again = goldens(p1="{}", p2='{"new": 1}', p3="{}")
        assert golden.put_golden(connection, again) == StateCounts(inserted=2, changed=1, equal=1)
    with fresh_database.begin() as connection:
        assert connection.exec_driver_sql("select count(*) from golden").scalar() == 4
        found = golden.golden_documents(connection, ["p1", "p2", "p9"]).to_pylist()
        assert sorted(row["doc"] for row in found) == ['{"new": 1}', "{}"]


def test_two_states_in_one_transaction_leave_the_last(connection: sa.Connection) -> None:
    golden.put_golden(connection, goldens(p0="{}"))
    golden.put_golden(connection, goldens(p1='{"v": 1}'))
    golden.put_golden(connection, goldens(p1='{"v": 2}'))
    assert [state["doc"] for state in golden.golden_states(connection, "p1")] == [{"v": 2}]


def test_versions_of_a_record(fresh_database: Database) -> None:
    with fresh_database.begin() as connection:
        records.put_versions(connection, make.records(1, 2))
    with fresh_database.begin() as connection:
        unchanged = records.put_versions(connection, make.records(1, run_id="run2", extracted_at=datetime.now(UTC)))
        assert unchanged == StateCounts(0, 0, 1)
        changed = records.put_versions(connection, make.records(1, content_hash=77))
        assert changed == StateCounts(1, 1, 0)
    with fresh_database.begin() as connection:
        found = records.versions(connection, "crm", "r1")
        assert [version["content_hash"] for version in found] == [1, 77]
        assert found[0]["recorded_to"] == found[1]["recorded_from"]
        assert found[1]["recorded_to"] is None
        assert records.current_hashes(connection, "crm").num_rows == 2
        assert records.current_hashes(connection, "other").num_rows == 0


@pytest.mark.parametrize("many", [0, 5_000_000])
def test_the_hashes_of_a_source_are_told_by_a_large_store_as_by_a_small_one(
    connection: sa.Connection, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(records, "_MANY", many)
    connection.exec_driver_sql("analyze record")
    records.put_versions(connection, make.records(1, 2, 3))
    told = records.hashes_of_source(connection, "crm")
    assert told.column_names == ["local_id", "status", "content_hash", "extracted_at"]
    assert sorted(zip(*(told[name].to_pylist() for name in told.column_names[:3]), strict=True)) == [
        ("r1", "accepted", 1), ("r2", "accepted", 2), ("r3", "accepted", 3)
    ]  # fmt: skip
    assert told["extracted_at"].unique().to_pylist() == make.records(1)["extracted_at"].to_pylist()
    assert records.hashes_of_source(connection, "other").num_rows == 0
    assert records.hashes_of(connection, "crm", pa.table({"local_id": ["r2", "r9"]}))["local_id"].to_pylist() == ["r2"]


def test_a_reused_key_ends_the_old_incarnation(fresh_database: Database) -> None:
    with fresh_database.begin() as connection:
        records.put_versions(connection, make.records(1))
        customers.put_xrefs(connection, make.table(make.xref(1, "p1")))
    with fresh_database.begin() as connection:
        records.put_versions(connection, make.records(9, local_id="r1", incarnation=2))
        customers.put_xrefs(connection, make.table(make.xref(9, "p2", local_id="r1", incarnation=2)))
    with fresh_database.begin() as connection:
        assert records.version(connection, 1) is None
        assert [row["record_id"] for row in records.versions(connection, "crm", "r1")] == [1, 9]
        found = customers.find_xref(connection, "crm", "r1")
        assert found is not None
        assert (found["pin"], found["incarnation"]) == ("p2", 2)
        assert customers.xrefs_of_pin(connection, "p1") == []


def test_known_at_for_customers_and_members(fresh_database: Database) -> None:
    with fresh_database.begin() as connection:
        customers.put_customers(connection, make.table(make.customer("p1"), make.customer("p2", 2)))
        customers.put_xrefs(connection, make.table(make.xref(1, "p1"), make.xref(2, "p2")))
        households.put_memberships(connection, make.table(MEMBER, valid_from=pa.date32(), valid_to=pa.date32()))
    moment = now()
    with fresh_database.begin() as connection:
        merged = make.customer("p2", 2, status="redirected", redirect_to="p1")
        customers.put_customers(connection, make.table(merged))
        customers.put_xrefs(connection, make.table(make.xref(2, "p1")))
        households.end_memberships(connection, pa.table({"chi": ["H1"], "pin": ["p1"], "period": [1]}))
    with fresh_database.begin() as connection:
        before = customers.find_customer(connection, "p2", known_at=moment)
        after = customers.find_customer(connection, "p2")
        assert before is not None
        assert after is not None
        assert (before["status"], after["status"]) == ("active", "redirected")
        led = customers.resolve_pin(connection, "p2")
        assert led is not None
        assert led["pin"] == "p1"
        assert [x["pin"] for x in (customers.find_xref(connection, "crm", "r2", known_at=moment) or {},)] == ["p2"]
        assert [x["local_id"] for x in customers.xrefs_of_pin(connection, "p1")] == ["r1", "r2"]
        assert [x["local_id"] for x in customers.xrefs_of_pin(connection, "p1", known_at=moment)] == ["r1"]
        assert households.members(connection, "H1") == []
        assert len(households.members(connection, "H1", known_at=moment)) == 1


MEMBER = {
    "chi": "H1", "pin": "p1", "period": 1, "role": None, "valid_from": None, "valid_to": None, "evidence": '["crm:r1"]',
    "run_id": "run1",
}  # fmt: skip
