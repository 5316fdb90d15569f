"""After a restore: what targets are taken to hold, and numbers beyond all that the world has seen."""

from __future__ import annotations

import sqlalchemy as sa

from mdm.store import deliveries, restored


def deliver(connection: sa.Connection, target: str, system: str | None, rows: dict[str, str | None]) -> None:
    """A written delivery; key -> PIN, None for one that is gone."""
    held = deliveries.hold_target(connection, target)
    facts = {
        "kind": "delta", "position_from": 0, "position_to": 7, "business_date": "2026-04-01",
        "contract": f'{{"system": {"null" if system is None else chr(34) + system + chr(34)}}}', "folder": "x",
        "file": "f", "settled": True,
    }  # fmt: skip
    number = deliveries.add_delivery(connection, held, facts)
    deliveries.note_written(connection, number)
    deliveries.advance(connection, held, 7)
    for line, (key, pin) in enumerate(rows.items(), 1):
        connection.exec_driver_sql(
            "insert into sync_row (target_id, key, delivery_id, line, action, pin, attempt, content) values "
            "(%(t)s, %(key)s, %(d)s, %(line)s, %(action)s, %(pin)s, 1, 'c')",
            {"t": held.target_id, "key": key, "d": number, "line": line, "pin": pin,
             "action": "gone" if pin is None else "new"},
        )  # fmt: skip


def last_rows(connection: sa.Connection, target: str) -> dict[str, tuple[str, str | None, str | None]]:
    """Key -> action, PIN and content of its last row."""
    rows = connection.exec_driver_sql(
        "select distinct on (key) key, action, pin, content from sync_row join sync_target using (target_id) "
        "where target = %(target)s order by key, delivery_id desc",
        {"target": target},
    )
    return {key: tuple(rest) for key, *rest in rows}


def test_targets_are_told_everything_anew(connection: sa.Connection) -> None:
    deliver(connection, "billing", "billing", {"K1": "101", "K2": None})
    deliver(connection, "dwh", None, {"101": "101"})
    told = restored.forget_what_targets_hold(connection, {"billing": 1250, "new": 3}, ["202"])
    assert told == ["billing", "dwh", "new"]
    assert last_rows(connection, "billing") == {"K1": ("changed", "101", None), "K2": ("gone", None, "c")}
    assert last_rows(connection, "dwh") == {"101": ("changed", "101", None), "202": ("new", "202", None)}
    found = {name: deliveries.find_target(connection, name) for name in told}
    assert {name: (t.position, t.number) for name, t in found.items() if t} == {
        "billing": (0, 2000), "dwh": (0, 1000), "new": (0, 1000),
    }  # fmt: skip
    assert deliveries.unwritten(connection, "billing") == []


def test_no_number_is_given_again(connection: sa.Connection) -> None:
    connection.exec_driver_sql(
        "insert into counter (name, value) values ('pin', 10), ('record', 5), ('pin reserved for r: first', 8)"
    )
    restored.end_unfinished(connection)
    restored.go_beyond(connection, {"pin": 1000}, 50)
    counters = dict(connection.exec_driver_sql("select name, value from counter").all())
    assert counters == {"pin": 1000, "record": 5 + restored.SOME}
    assert connection.exec_driver_sql("select nextval('change_position_seq')").scalar_one() > 50 + restored.FAR - 1
