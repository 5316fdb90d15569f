"""The files of the warehouse say what the views of `mart` say, after a full export, after increments, after a kill."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from mdm.errors import ConfigError, Taken
from mdm.store.database import Database
from mdm.store.mart import TABLES
from pipelines.warehouse import export as exporting
from pipelines.warehouse.export import Exported, export
from pipelines.warehouse.folder import WarehouseFolder
from tests.pipelines.processes import context
from tests.pipelines.tiny import COLUMNS, TinyWorkspace, people, person, text

PAGE = (Path(__file__).parents[2] / "docs" / "warehouse.md").read_text(encoding="utf-8")
PRODUCTS = "  accounts: ACCT\n  subscriptions: {product: PLAN, status: STAT, from: SINCE, to: UNTIL}\n"
MORE = ("ACCT", "PLAN", "STAT", "SINCE", "UNTIL")
SETTINGS = (
    "[run]\nbusiness_date = 2026-04-01\n[gates]\nmax_churn = 1.0\nmax_row_count_change = 9\nmax_deleted_share = 1\n"
)


def with_product(row: dict[str, str], plan: str, status: str = "active", until: str = "") -> dict[str, str]:
    """A row of somebody who has a product."""
    has = {"ACCT": f"A-{row['ID']}", "PLAN": plan, "STAT": status, "SINCE": "2020-01-01", "UNTIL": until}
    return row | has


def feeds(workspace: TinyWorkspace, day: str, tv: range, *, ended: range = range(0)) -> None:
    """Broadband at everybody, TV at some, whose subscription has ended or not."""
    internet = [with_product(each, "FIBRE") for each in people(0, 20)]
    television = [
        with_product(person(n, ID=f"T{n:03}"), "BASIC", *(("ended", "2024-05-01") if n in ended else ())) for n in tv
    ]
    workspace.deliver("broadband", text(internet, (*COLUMNS, *MORE)), day=day)
    workspace.deliver("tv", text(television, (*COLUMNS, *MORE)), day=day)


@pytest.fixture(scope="module")
def world(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> TinyWorkspace:
    """After a first night; the tests of this module follow one another."""
    workspace = TinyWorkspace(tmp_path_factory.mktemp("ws"), SETTINGS)
    for source in ("broadband", "tv"):
        workspace.source(source, more=PRODUCTS)
    feeds(workspace, "20260331", range(0, 10), ended=range(8, 10))
    assert workspace.night(module_database)["status"] == "applied"
    return workspace


def announce_all(database: Database) -> None:
    """Say of everybody that they have changed."""
    with database.begin() as connection:
        for name, key in (("customer", "pin"), ("household", "chi")):
            connection.exec_driver_sql(
                f"insert into change (type, {key}, run_id, actor) select 'test', {key}, 'test', 'test' from {name}"
            )


def place_of(world: TinyWorkspace) -> Path:
    return world.settings.outbound / "warehouse"


def opened(place: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB with the views of an export."""
    connection = duckdb.connect()
    connection.execute(f"set file_search_path = '{place}'")
    connection.execute("set timezone = 'UTC'")
    connection.execute((place / "views.sql").read_text())
    return connection


def check(database: Database, place: Path) -> dict[str, int]:
    """Every table has the rows that its view in the database has; how many."""
    counted = {}
    with opened(place) as files, database.read() as store:
        for name in TABLES:
            found = files.sql(f"select * from {name}").to_arrow_table()
            kept = store.exec_driver_sql(f"select * from mart.{name}")
            assert found.column_names == list(kept.keys())
            assert _sorted(row.values() for row in found.to_pylist()) == _sorted(kept), name
            counted[name] = found.num_rows
    return counted


def _sorted(rows: Iterable[Iterable[Any]]) -> list[str]:
    return sorted(str([each.timestamp() if isinstance(each, datetime) else each for each in row]) for row in rows)


def test_a_full_export_has_everything(world: TinyWorkspace, module_database: Database) -> None:
    done = export(module_database, place_of(world))
    assert (done.run, done.kind, done.why_full) == (1, "full", "there is no export yet")
    counted = check(module_database, place_of(world))
    assert counted == done.rows
    assert all(counted[name] for name in TABLES), counted
    assert (counted["record"], counted["account"], counted["subscription"]) == (30, 30, 30)
    with opened(place_of(world)) as files, module_database.read() as store:
        listed = files.execute("select event_id, record_ids from lineage order by 1").fetchall()
        assert listed == [
            tuple(row) for row in store.execute(sa.text("select event_id, record_ids from lineage order by 1"))
        ]
        kinds = {row[0]: row[1] for row in files.execute("describe customer").fetchall()}
    assert (kinds["birth_date"], kinds["recorded_from"]) == ("DATE", "TIMESTAMP WITH TIME ZONE")
    assert place_of(world).stat().st_mode & 0o007 == 0


def test_the_query_of_the_page_answers(world: TinyWorkspace, module_database: Database) -> None:
    (block, other) = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    query = block.partition(".read views.sql")[2]
    with opened(place_of(world)) as files:
        answered = {row[0] for row in files.execute(query).fetchall()}
        assert files.execute(other).fetchall() == []
    with module_database.read() as store:  # people 8 to 19 have no TV (any more), and each lives alone
        chis = {row[0] for row in store.execute(sa.text(
            "select m.chi from membership m join xref x using (pin) where x.system = 'broadband' "
            "and substr(x.local_id, 2)::int >= 8"))}  # fmt: skip
    assert answered == chis
    assert len(answered) == 12


def test_nothing_new_is_nothing_written(world: TinyWorkspace, module_database: Database) -> None:
    before = sorted(path.name for path in place_of(world).rglob("*") if not path.name.startswith("."))
    assert export(module_database, place_of(world)).run is None
    assert sorted(path.name for path in place_of(world).rglob("*") if not path.name.startswith(".")) == before


def test_an_increment_has_what_changed(world: TinyWorkspace, module_database: Database) -> None:
    feeds(world, "20260401", range(2, 12), ended=range(5, 6))
    assert world.night(module_database)["status"] == "applied"
    done = export(module_database, place_of(world))
    assert (done.run, done.kind) == (2, "increment")
    assert 0 < done.rows["customer"] < 20
    check(module_database, place_of(world))


def test_a_killed_export_leaves_what_was_there(world: TinyWorkspace, module_database: Database) -> None:
    announce_all(module_database)
    folder = WarehouseFolder(place_of(world))
    before, url = folder.exports(), module_database.engine.url.render_as_string(hide_password=False)
    views = _rows(place_of(world))
    for renames in (1, 4, 100):
        process = context().Process(target=_export_killed, args=(place_of(world), url, renames))
        process.start()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        assert folder.exports() == before
        assert renames == 100 or _rows(place_of(world)) == views
        assert _rows(place_of(world))["customer"] == (20,)
    assert export(module_database, place_of(world)).run is not None
    check(module_database, place_of(world))
    named = {each.run for each in folder.exports()}
    assert {int(path.name[4:]) for path in place_of(world).glob("*/run=*")} - named == set()


def _rows(place: Path) -> dict[str, Any]:
    with opened(place) as files:
        return {name: files.execute(f"select count(*) from {name}").fetchone() for name in TABLES}


def _export_killed(place: Path, url: str, renames: int) -> None:
    """Killed before so many renames, or before the last."""
    rename, left = Path.rename, iter(range(renames, 0, -1))

    def counted(path: Path, target: Path) -> Path:
        if next(left) == 1 or target.name == "manifest.json":
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(path, target)

    Path.rename = counted  # type: ignore[method-assign]
    with Database(url) as database:
        export(database, place)


def test_another_store_is_exported_anew(world: TinyWorkspace, module_database: Database) -> None:
    """The store was restored from a backup: the change that the last export ended with never happened."""
    folder = WarehouseFolder(place_of(world))
    *former, last = folder.exports()
    ahead = replace(last, mark=replace(last.mark, last=last.mark.last + 1000))
    folder.put_manifest([*former, ahead])
    done = export(module_database, place_of(world))
    assert done.kind == "full"
    assert "restored" in str(done.why_full)
    check(module_database, place_of(world))
    assert [each.run for each in folder.exports()] == [done.run]


def test_much_that_changed_is_exported_whole(
    world: TinyWorkspace, module_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "WHOLE_FROM", 0.0)
    monkeypatch.setattr(exporting, "FEW", 0)
    announce_all(module_database)
    done: Exported = export(module_database, place_of(world))
    assert (done.kind, done.why_full) == ("full", "much of it has changed")


def test_what_is_wrong_is_said(world: TinyWorkspace, module_database: Database, tmp_path: Path) -> None:
    folder = WarehouseFolder(place_of(world))
    with folder.locked(), pytest.raises(Taken, match="another export is being written"):
        export(module_database, place_of(world))
    (tmp_path / "manifest.json").write_text('{"format": 99}')
    with pytest.raises(ConfigError, match="not a manifest"):
        export(module_database, tmp_path)
