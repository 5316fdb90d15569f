"""Promise 9: everything committed is announced at least once, in order for each customer: killed anywhere on the way.

A process changes two customers in turn, each change announced by its transaction, and sends what was announced to a
subscriber. It is killed before its first statement, its second, ... until one process gets to the end: statements of
the database, its commits, and the requests to the subscriber all count. The next process goes on where this one was.
"""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mdm.live import locks
from mdm.settings import Settings
from mdm.store import changes, feed, live
from mdm.store.database import Database
from pipelines.webhooks import desk
from pipelines.webhooks.post import Line
from pipelines.webhooks.sender import send
from tests.pipelines.processes import context
from tests.pipelines.receiver import receiving
from tests.pipelines.tiny import TinyWorkspace

LOCAL = "[webhooks]\nallow_http = true\nallow_private = true\nin_flight = 2\nlongest_wait_seconds = 1.0\n"
PINS, CHANGES = ("P1", "P2"), 4


def test_killed_between_any_two_statements(tmp_path: Path, fresh_database: Database) -> None:
    workspace = TinyWorkspace(tmp_path / "ws", keep=True)
    workspace.path.mkdir()
    (workspace.path / "mdm.toml").write_text(f'[instance]\npin_key = "k"\n{LOCAL}', encoding="utf-8")
    with fresh_database.begin() as connection:
        live.put_states(connection, "customer", "pin", [_customer(number, pin) for number, pin in enumerate(PINS)])
    with receiving() as receiver:
        desk.add(workspace.settings, fresh_database, "crm", receiver.url, actor="test", values=True, since="start")
        for place in itertools.count(1):
            ended = _process(workspace, fresh_database, place)
            _check(fresh_database, receiver.events)
            if ended == 0:
                break
            assert ended == -signal.SIGKILL
    assert place > 15, "it was killed at every statement"
    announced = _announced(fresh_database)
    assert [row["pin"] for row in announced] == [PINS[number % len(PINS)] for number in range(CHANGES)]
    assert {event["data"]["position"] for event in receiver.events} == {row["position"] for row in announced}
    new = [event for event in receiver.events if not event.get("repeated")]
    assert len({event["id"] for event in new}) == len(new), "what is told again says so"


def _customer(number: int, pin: str) -> dict[str, Any]:
    return {"pin": pin, "party": "person", "status": "active", "issued": number, "run_id": "test"}


def _process(workspace: TinyWorkspace, database: Database, place: int) -> int:
    url = database.engine.url.render_as_string(hide_password=False)
    process = context().Process(target=_change_and_send, args=(workspace.path, url, place))
    process.start()
    process.join(120)
    assert process.exitcode is not None
    return int(process.exitcode)


def _announced(database: Database) -> list[dict[str, Any]]:
    with database.read() as connection:
        upto = feed.horizon(connection)
    with database.read() as connection:
        return feed.read_changes(connection, 0, upto, 10**6)


def _check(database: Database, heard: list[dict[str, Any]]) -> None:
    """Heard is only what is committed, and of each customer in order."""
    committed = {row["position"]: row["pin"] for row in _announced(database)}
    assert {event["data"]["position"] for event in heard} <= committed.keys()
    for pin in PINS:
        told = list(dict.fromkeys(event["data"]["position"] for event in heard if event["subject"] == pin))
        assert told == [position for position in committed if committed[position] == pin][: len(told)]


def _change_and_send(path: Path, url: str, place: int) -> None:
    left = itertools.count(place, -1)

    def count(*_: Any) -> None:
        if next(left) == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    with Database(url) as database:
        for event in ("before_cursor_execute", "commit", "begin"):
            sa.event.listen(database.engine, event, count)
        Line.post = _counted(Line.post, count)  # type: ignore[method-assign]
        for number in range(CHANGES):
            _change(database, PINS[number % len(PINS)], number)
        with database.begin() as connection:
            connection.exec_driver_sql("update subscriber set next_at = null")
        send(Settings.load(path), database)


def _change(database: Database, pin: str, number: int) -> None:
    """The change of this number, unless a process before has made it."""
    with database.begin() as connection:
        live.hold(connection, locks.of_pins([pin]))
        if connection.exec_driver_sql(f"select 1 from golden where run_id = '{number}'").first() is None:
            document = f'{{"party": "person", "n": {number}}}'
            live.put_states(connection, "golden", "pin", [{"pin": pin, "doc": document, "run_id": str(number)}])
            changes.touch(connection, [pin], run_id="test", actor=str(number))
            changes.announce(connection)


def _counted(post: Callable[..., Any], count: Callable[[], None]) -> Callable[..., Any]:
    def counted(*arguments: Any) -> Any:
        count()
        answer = post(*arguments)
        count()
        return answer

    return counted
