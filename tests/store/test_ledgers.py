"""Runs, quarantine, judgements, tasks, models, lineage, overrides, counters, locks, fingerprint."""

import os
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
import sqlalchemy as sa

from mdm.errors import RunInProgress
from mdm.party import QUARANTINE
from mdm.store import counters, golden, judgements, keys, lineage, locks, models, overrides, pairs, records, runs, tasks
from mdm.store.database import Database
from mdm.store.fingerprint import store_fingerprint
from tests.store import factories as make

TODAY = date(2024, 5, 1)


def test_a_run_from_start_to_end(connection: sa.Connection) -> None:
    runs.start_run(connection, "run1", TODAY)
    runs.put_step(connection, "run1", "read", "running")
    runs.put_step(connection, "run1", "read", "done", counts={"rows": 3}, seconds=0.5, peak_mb=12.0)
    runs.put_step(connection, "run1", "match", "running")
    runs.start_run(connection, "run1", TODAY)
    runs.end_run(connection, "run1", "applied", {"rows": 3})
    found = runs.find_run(connection, "run1")
    assert found is not None
    assert (found["status"], found["report"], found["business_date"]) == ("applied", {"rows": 3}, TODAY)
    assert [(step["step"], step["status"], step["counts"]) for step in runs.steps(connection, "run1")] == [
        ("read", "done", {"rows": 3}),
        ("match", "running", None),
    ]
    assert [run["run_id"] for run in runs.last_runs(connection, 5, status="applied")] == ["run1"]
    assert runs.last_runs(connection, 5, status="failed") == []


def test_deliveries(connection: sa.Connection) -> None:
    delivery = {
        "system": "crm", "file": "a.csv", "digest": "d1", "content_digest": "c1", "kind": "full", "status": "applied",
        "extracted_at": datetime(2024, 5, 1, tzinfo=UTC), "rows_read": 3, "accepted": 1, "unchanged": 1, "duplicate": 0,
        "deletion": 0, "quarantined": 1, "suppressed": 0, "records": 2,
    }  # fmt: skip
    runs.put_deliveries(connection, "run1", [delivery])
    runs.put_deliveries(connection, "run1", [delivery])
    assert len(runs.deliveries(connection, "run1")) == 1
    assert [found["file"] for found in runs.last_deliveries(connection, "crm")] == ["a.csv"]
    assert runs.find_delivery(connection, "crm", content_digest="c1") is not None
    assert runs.find_delivery(connection, "crm", digest="other") is None


def failures(*rows: tuple[str | None, str]) -> pa.Table:
    keyed = [
        {
            "system": "crm",
            "local_id": key,
            "file": "f",
            "line": line,
            "reason": "columns",
            "detail": "d",
            "content": text,
        }
        for line, (key, text) in enumerate(rows, 1)
    ]
    return pa.Table.from_pylist(keyed, schema=QUARANTINE)


def test_quarantine_keeps_a_row_once_until_it_comes_right(connection: sa.Connection) -> None:
    assert runs.put_quarantine(connection, "run1", failures(("k1", "x"), (None, "y"), (None, "y"))) == 2
    assert runs.put_quarantine(connection, "run2", failures(("k1", "x"), ("k2", "z"))) == 1
    assert runs.resolve_quarantine(connection, "run3", pa.table({"system": ["crm"], "local_id": ["k1"]})) == 1
    still = runs.open_quarantine(connection, "crm").to_pylist()
    assert sorted((row["local_id"] or "", row["run_id"]) for row in still) == [("", "run1"), ("k2", "run2")]
    assert runs.put_quarantine(connection, "run4", failures(("k1", "x"))) == 1


def test_expectations_as_a_trend(connection: sa.Connection) -> None:
    for run_id, share in (("run1", 0.5), ("run2", 0.25)):
        runs.start_run(connection, run_id, TODAY)
        connection.exec_driver_sql("update run set started_at = now() - interval '1 h' where run_id = 'run1'")
        result = {
            "suite": "source", "system": "crm", "expectation": "not_null", "column_name": "phone", "success": False,
            "observed": {"n": 1}, "unexpected_count": 1, "unexpected_share": share,
        }  # fmt: skip
        for _ in range(2):
            runs.put_expectation_results(connection, run_id, [result])
    assert len(runs.expectation_results(connection, "run1")) == 1
    (trend,) = runs.expectation_trend(connection, 10)
    assert [point["unexpected_share"] for point in trend["results"]] == [0.5, 0.25]


def test_a_later_judgement_supersedes(connection: sa.Connection) -> None:
    records.put_versions(connection, make.records(1, 2, 3))
    judgements.add_judgement(connection, 2, 1, "same", actor="ann")
    judgements.add_judgement(connection, 1, 2, "different", actor="bob", reason="two people")
    judgements.add_judgement(connection, 2, 3, "unsure", actor="bob")
    found = judgements.judgements_on(connection, [1]).to_pylist()
    assert [(row["left_local_id"], row["right_local_id"], row["verdict"]) for row in found] == [
        ("r1", "r2", "different")
    ]
    assert judgements.judgements_in_force(connection).num_rows == 2
    assert [row["verdict"] for row in judgements.history(connection, 2, 1)] == ["same", "different"]


def asked(left: int, right: int | None, weight: float) -> dict[str, object]:
    return {
        "kind": "possible_match", "left_id": left, "right_id": right, "party": "person", "weight": weight,
        "evidence": "[1.5]", "detail": None,
    }  # fmt: skip


def test_one_open_task_per_question(connection: sa.Connection) -> None:
    first = make.table(asked(1, 2, 1.5), asked(3, None, 0.5), right_id=pa.int64())
    assert tasks.put_tasks(connection, "run1", first) == 2
    assert tasks.put_tasks(connection, "run2", make.table(asked(1, 2, 1.75), asked(3, None, 0.5))) == 0
    page = tasks.list_tasks(connection, count=1)
    assert [(task["left_id"], task["weight"], task["opened_run"]) for task in page] == [(1, 1.75, "run1")]
    assert len(tasks.list_tasks(connection, after=page[0]["task_id"])) == 1
    assert tasks.open_tasks_on(connection, [2])["task_id"].to_pylist() == [page[0]["task_id"]]
    assert tasks.close_tasks(connection, "run2", [page[0]["task_id"]], "judged") == 1
    assert tasks.close_tasks(connection, "run2", [page[0]["task_id"]], "judged") == 0
    assert tasks.count_tasks(connection) == {"possible_match": 1}
    assert tasks.put_tasks(connection, "run3", make.table(asked(1, 2, 1.5))) == 1
    assert tasks.all_tasks(connection, status="closed")["closed_reason"].to_pylist() == ["judged"]


def test_one_current_model_per_party(connection: sa.Connection) -> None:
    for number in (1, 2):
        models.save_model(connection, f"m{number}", "person", {"prior": number})
        models.make_current(connection, f"m{number}")
    models.save_model(connection, "m2", "person", {"prior": "another"})
    current, former = models.current_model(connection, "person"), models.find_model(connection, "m1")
    assert current is not None
    assert former is not None
    assert (current["model_id"], current["definition"], former["status"]) == ("m2", {"prior": 2}, "retired")
    assert models.current_model(connection, "organisation") is None
    assert {model["model_id"] for model in models.list_models(connection)} == {"m1", "m2"}


def event(kind: str, pin: str, other: str | None = None) -> dict[str, object]:
    return {
        "run_id": "run1", "actor": "run", "kind": kind, "pin": pin, "other_pin": other, "record_ids": [1, 2],
        "reason": None,
    }  # fmt: skip


def test_lineage_tells_both_sides(connection: sa.Connection) -> None:
    lineage.add_events(connection, make.table(event("minted", "p1"), event("merged", "p1", "p2")))
    assert [row["kind"] for row in lineage.events_of(connection, "p2")] == ["merged"]
    assert [row["record_ids"] for row in lineage.events_of(connection, "p1")] == [[1, 2], [1, 2]]
    assert lineage.count_events(connection, "run1") == {"merged": 1, "minted": 1}


def test_overrides_last_until_their_last_day(connection: sa.Connection) -> None:
    overrides.set_override(connection, "p1", "sex", "male", actor="ann", reason="told", expires=None)
    overrides.set_override(connection, "p1", "sex", "female", actor="ann", reason="wrong", expires=TODAY)
    overrides.set_override(connection, "p1", "phones", None, actor="ann", reason="asked", expires=None)
    found = overrides.overrides_in_force(connection, TODAY).to_pylist()
    assert [(row["attribute"], row["value"]) for row in found] == [("phones", "null"), ("sex", '"female"')]
    assert overrides.overrides_in_force(connection, date(2024, 5, 2))["attribute"].to_pylist() == ["phones"]
    assert overrides.lift_override(connection, "p1", "phones", actor="ann")
    assert not overrides.lift_override(connection, "p1", "phones", actor="ann")


def test_decisions_remember_the_runs_that_carried_them_out(connection: sa.Connection) -> None:
    """Of an override the first run that held it and the first without it; of a judgement the first."""

    def noted(number: int) -> tuple[object, ...]:
        query = "select run_id, ended_run, ended_by, ended_reason from override where override_id = %s"
        return tuple(connection.exec_driver_sql(query, (number,)).one())

    first = overrides.set_override(connection, "p1", "sex", "male", actor="ann", reason="told", expires=None)
    other = overrides.set_override(connection, "p2", "sex", "male", actor="ann", reason="told", expires=TODAY)
    one, both = pa.chunked_array([["p1"]]), pa.chunked_array([["p1"], ["p2"]])
    overrides.note_carried_out(connection, "run1", pa.array([first, other]), both)
    overrides.note_carried_out(connection, "run2", pa.array([first]), one)
    assert noted(first) == ("run1", None, None, None)
    overrides.lift_override(connection, "p1", "sex", actor="bob", reason="forged")
    overrides.note_carried_out(connection, "run3", pa.array([], pa.int64()), one)
    assert noted(first) == ("run1", "run3", "bob", "forged")
    assert noted(other) == ("run1", None, None, None)  # no run has made that golden record since
    overrides.note_carried_out(connection, "run4", pa.array([], pa.int64()), both)
    assert noted(other) == ("run1", "run4", None, None)  # expired
    judged = judgements.add_judgement(connection, 2, 1, "same", actor="ann")
    for run_id in ("run5", "run6"):
        judgements.note_carried_out(connection, run_id, pa.array([judged]))
    assert [row["run_id"] for row in judgements.history(connection, 1, 2)] == ["run5"]


def test_counters_roll_back(fresh_database: Database) -> None:
    with fresh_database.begin() as connection:
        assert counters.take(connection, "record", 5) == 1
    with pytest.raises(ZeroDivisionError), fresh_database.begin() as connection:
        assert counters.take(connection, "record") / 0
    with fresh_database.begin() as connection:
        assert counters.take(connection, "record") == 6
        counters.advance(connection, "record", 100)
        assert (counters.last_taken(connection, "record"), counters.last_taken(connection, "none")) == (100, 0)


def test_one_run_at_a_time(fresh_database: Database) -> None:
    assert locks.current_holder(fresh_database) is None
    with locks.run_lock(fresh_database, {"run_id": "run7", "command": "mdm run"}):
        busy = f"run run7 is in progress: process {os.getpid()} on"
        with pytest.raises(RunInProgress, match=busy), locks.run_lock(fresh_database, {"run_id": "run8"}):
            pass
        holder = locks.current_holder(fresh_database)
        assert holder is not None
        assert holder["run_id"] == "run7"
    with locks.run_lock(fresh_database, {}):
        pass


def fill(database: Database, *, first_id: int, run_id: str, doc: str) -> dict[str, str]:
    with database.begin() as connection:
        for table in ("record", "record_key", "pair", "golden", "lineage"):
            connection.exec_driver_sql(f"delete from {table}")
        rows = make.records(first_id, first_id + 1, run_id=run_id).to_pylist()
        for row, name in zip(rows, ("a", "b"), strict=True):
            row.update(local_id=name, content_hash=5)
        records.put_versions(connection, pa.Table.from_pylist(rows, schema=make.RECORD))
        keys.load_keys(connection, pa.table({"key": [7], "record_id": [first_id]}))
        pairs.put_pairs(connection, make.pairs((first_id, first_id + 1)))
        golden.put_golden(connection, make.table({"pin": "p1", "doc": doc, "run_id": run_id}))
        minted = {**event("minted", "p1"), "record_ids": [first_id], "run_id": run_id}
        lineage.add_events(connection, make.table(minted, other_pin=pa.string()))
        return store_fingerprint(connection)


def test_the_fingerprint_leaves_out_times_runs_and_numbers(fresh_database: Database) -> None:
    first = fill(fresh_database, first_id=1, run_id="run1", doc="{}")
    again = fill(fresh_database, first_id=50, run_id="run2", doc="{}")
    other = fill(fresh_database, first_id=50, run_id="run2", doc='{"x": 1}')
    assert first == again
    assert {table for table in first if first[table] != other[table]} == {"golden"}
    assert first["record"].startswith("2:")
