"""Promise 9: nothing is announced that is not committed; everything committed is announced at least once, in order
for each customer.

The change feed: test_promise_09_every_change_is_announced.py. Here: whoever asks (lookup, API) is answered from what is
committed, and from one state of it; a night is seen as a whole or not at all.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from api.app import make_app
from mdm.registry import look_up
from mdm.store import runs
from mdm.store.database import Database
from pipelines.night import APPLY, run_night
from tests.api.keys import add_key
from tests.api.serving import in_thread
from tests.pipelines.evenings import After, first_night
from tests.pipelines.tiny import TinyWorkspace, next_night
from tests.promises.life import Life

KEYS = [f"crm/K{number:03}" for number in range(66)]
WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
# The last that a night writes is its line in this table: with it held, everything else is written and not committed.
HOLD = "lock table run in share row exclusive mode"
MOMENTS_OF_A_RUN = """
select run_id, count(distinct at) from (
    select run_id, recorded_from as at from record union all select run_id, recorded_from from customer
    union all select run_id, recorded_from from xref union all select run_id, recorded_from from golden
    union all select run_id, recorded_from from household union all select run_id, recorded_from from membership
    union all select run_id, at from lineage
) as written group by run_id having count(distinct at) > 1
"""


def answers(client: httpx.Client) -> dict[str, Any]:
    """What a channel hears of every key: its PIN, and the whole of its customer."""
    found: dict[str, Any] = {}
    for key in KEYS:
        answer = client.get(f"/v1/xref/{key}")
        found[key] = (answer.status_code, answer.json().get("pin"))
        if answer.status_code == 200:
            path = f"/v1/customers/{answer.json()['pin']}?include=records,household,lineage"
            found[path] = client.get(path).json()
    return found


def test_who_asks_while_a_night_is_applied_hears_what_was_before(after: After, tmp_path: Path) -> None:
    with after(first_night).copied(tmp_path / "operator") as (workspace, database):
        _ask_while_a_night_is_applied(workspace, database)


def _ask_while_a_night_is_applied(workspace: TinyWorkspace, database: Database) -> None:
    next_night(workspace)
    url = database.engine.url.render_as_string(hide_password=False)
    settings = workspace.settings.model_copy(update={"database_url": url})
    key = add_key(database)
    with in_thread(make_app(settings), key=key) as client, database.engine.connect() as holder:
        before = answers(client)
        with ThreadPoolExecutor(1) as pool:
            night = _night_that_waits(pool, workspace, database, holder)
            with database.read() as reader:  # a question that is put before the end, and answered after it
                asked = look_up(reader, "crm:K003")
                assert answers(client) == before
                _check_uncommitted(database)
                holder.rollback()
                assert night.result(120)["status"] == "applied"
                assert look_up(reader, "crm:K003") == asked
        after = answers(client)
    with database.read() as reader:
        assert look_up(reader, "crm:K003") != asked
    assert (before["crm/K000"][0], after["crm/K000"][0]) == (200, 404)
    assert (before["crm/K059"][0], after["crm/K059"][0]) == (404, 200)


def _night_that_waits(
    pool: ThreadPoolExecutor, workspace: TinyWorkspace, database: Database, holder: sa.Connection
) -> Future[dict[str, Any]]:
    """A night that has written everything, and waits with its commit."""

    def hold(text: str) -> None:
        if text == APPLY:
            holder.exec_driver_sql(HOLD)

    night = pool.submit(run_night, workspace.settings, database, None, hold)
    until = time.monotonic() + 120
    while holder.get_transaction() is None or not _is_waiting(database):
        assert not night.done(), night.result()
        assert time.monotonic() < until
        time.sleep(0.01)
    return night


def _is_waiting(database: Database) -> bool:
    with database.engine.connect() as connection:
        return bool(connection.execute(sa.text(WAITING)).scalar_one())


def _check_uncommitted(database: Database) -> None:
    with database.read() as connection:
        assert [run["status"] for run in runs.last_runs(connection, 2)] == ["running", "applied"]


def test_everything_that_a_run_writes_is_known_from_one_moment_on(life: Life) -> None:
    with life.database.read() as connection:
        assert connection.execute(sa.text(MOMENTS_OF_A_RUN)).all() == []
        written = {run for (run,) in connection.execute(sa.text("select distinct run_id from lineage"))}
        applied = {run["run_id"] for run in runs.last_runs(connection, 100, status="applied")}
    assert len(written) > 4
    assert {run for run in written if not run.startswith("erase-")} <= applied
