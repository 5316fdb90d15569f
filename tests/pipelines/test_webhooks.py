"""Subscribers are told of every change, in order for each customer, whatever the others do; and signed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mdm.errors import NotFound, UsageError
from mdm.settings import Settings
from mdm.store import changes
from mdm.store.database import Database, driver_of
from pipelines.webhooks import desk
from pipelines.webhooks.sender import send
from tests.pipelines.receiver import Receiver, receiving
from tests.pipelines.tiny import TinyWorkspace

LOCAL = "[webhooks]\nallow_http = true\nallow_private = true\ntimeout_seconds = 3.0\nlongest_wait_seconds = 1.0\n"
ANNOUNCE = """
insert into change (type, pin, related, run_id, actor)
select 'changed', 'P' || mod(n, %(customers)s), null, 'test', n::text from generate_series(1, %(count)s) n
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Subscribers on this machine are allowed; nobody waits for long."""
    return TinyWorkspace(_made(tmp_path / "ws"), LOCAL).settings


def _made(path: Path) -> Path:
    path.mkdir()
    return path


def announce(database: Database, count: int, customers: int = 10) -> None:
    """Changes of some customers, as somebody else's transaction would announce them."""
    with database.begin() as connection:
        driver_of(connection).execute(changes._HOLD)
        connection.exec_driver_sql(ANNOUNCE, {"count": count, "customers": customers})


def subscribe(settings: Settings, database: Database, receiver: Receiver, name: str = "crm", **how: Any) -> None:
    """Add a subscriber who verifies what it is sent."""
    made = desk.add(settings, database, name, receiver.url, actor="test", **{"since": "start", **how})
    receiver.verify(made["secret"])


def state(database: Database, name: str = "crm") -> dict[str, Any]:
    """What `mdm webhook list` says of a subscriber."""
    (found,) = (each for each in desk.listed(database) if each["name"] == name)
    return found


def again_soon(database: Database) -> None:
    """Let the next try be due."""
    with database.begin() as connection:
        connection.exec_driver_sql("update subscriber set next_at = null")
        connection.exec_driver_sql("update webhook_held set next_at = null")


def in_order(receiver: Receiver, customers: int = 10) -> None:
    """Every customer's changes came in order."""
    for number in range(customers):
        found = receiver.positions(f"P{number}")
        assert found == sorted(found)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A subscriber that takes everything."""
    with receiving() as receiver:
        yield receiver


@pytest.mark.parametrize("batch", [1, 50])
def test_everything_is_told_once_and_in_order(
    settings: Settings, fresh_database: Database, receiver: Receiver, batch: int
) -> None:
    announce(fresh_database, 300)
    subscribe(settings, fresh_database, receiver, batch=batch)
    (sent,) = send(settings, fresh_database)
    assert sent == {"name": "crm", "told": 300, "refused": 0, "error": None}
    assert len(receiver.requests) == 300 / batch
    assert len(receiver.connections) <= settings.webhooks.in_flight
    assert [event["id"] for event in sorted(receiver.events, key=lambda event: event["sequence"])] == sorted(
        receiver.first_time, key=lambda each: int(each.split("-")[0])
    )
    in_order(receiver)
    assert not any("repeated" in event for event in receiver.events)
    assert send(settings, fresh_database) == [{"name": "crm", "told": 0, "refused": 0, "error": None}]
    assert (state(fresh_database)["behind"], state(fresh_database)["ahead"]) == (0, [])


def test_an_event_is_a_cloudevent(settings: Settings, fresh_database: Database, receiver: Receiver) -> None:
    announce(fresh_database, 1)
    subscribe(settings, fresh_database, receiver)
    send(settings, fresh_database)
    ((_, headers, _),) = receiver.requests
    (event,) = receiver.events
    assert headers["content-type"] == "application/cloudevents+json"
    assert headers["webhook-id"] == event["id"]
    assert {name: event[name] for name in ("specversion", "source", "type", "subject", "datacontenttype")} == {
        "specversion": "1.0", "source": "urn:customer-master:01", "type": "mdm.customer.changed", "subject": "P1",
        "datacontenttype": "application/json",
    }  # fmt: skip
    assert datetime.fromisoformat(event["time"]).tzinfo is not None
    assert event["data"] == {
        "position": event["data"]["position"], "type": "changed", "pin": "P1", "related": [], "run": "test", "by": "1",
    }  # fmt: skip


def test_a_refused_change_holds_up_its_customer_only(
    settings: Settings, fresh_database: Database, receiver: Receiver
) -> None:
    announce(fresh_database, 100)
    receiver.answer = lambda events: 500 if events[0]["subject"] == "P3" else 204
    subscribe(settings, fresh_database, receiver)
    send(settings, fresh_database)
    assert len(receiver.events) == 90
    assert (state(fresh_database)["held"], state(fresh_database)["behind"]) == (10, 0)
    announce(fresh_database, 10)
    receiver.answer = lambda events: 204
    again_soon(fresh_database)
    send(settings, fresh_database)
    assert len(receiver.first_time) == len(receiver.events) == 110
    in_order(receiver)
    assert state(fresh_database)["held"] == 0


def test_what_is_refused_for_long_is_a_dead_letter(
    settings: Settings, fresh_database: Database, receiver: Receiver
) -> None:
    announce(fresh_database, 20)
    subscribe(settings, fresh_database, receiver)
    receiver.answer = lambda events: 500 if events[0]["data"]["by"] == "3" else 204  # the first of P3
    send(settings, fresh_database)
    assert state(fresh_database)["held"] == 2
    with fresh_database.begin() as connection:
        connection.exec_driver_sql("update webhook_held set first_at = first_at - interval '4 days', next_at = null")
    send(settings, fresh_database)
    send(settings, fresh_database)
    (dead,) = desk.dead_letters(fresh_database, "crm")
    assert (dead["key"], dead["error"], dead["attempts"]) == ("P3", "answered 500", 2)
    assert (state(fresh_database)["held"], state(fresh_database)["dead_letters"]) == (0, 1)
    assert len(receiver.first_time) == 19
    receiver.answer = lambda events: 204
    assert desk.revive(fresh_database, "crm", actor="test") == 1
    send(settings, fresh_database)
    assert len(receiver.first_time) == 20
    assert desk.dead_letters(fresh_database, "crm") == []


def test_who_is_down_loses_nothing_and_holds_up_nobody(
    settings: Settings, fresh_database: Database, receiver: Receiver
) -> None:
    """One answers 500, one after its time, one is not there, one answers: all at once."""
    with receiving(answer=lambda events: 500) as wrong, receiving(slow=60.0) as late:
        subscribe(settings, fresh_database, receiver)
        subscribe(settings, fresh_database, wrong, "wrong")
        subscribe(settings, fresh_database, late, "late")
        desk.add(settings, fresh_database, "gone", "http://127.0.0.1:9/", actor="test", since="start")
        stop, began = threading.Event(), time.monotonic()
        thread = threading.Thread(target=send, args=(settings, fresh_database), kwargs={"stop": stop})
        thread.start()
        for _ in range(5):
            announce(fresh_database, 100)
            time.sleep(0.2)
        _wait_until(lambda: len(receiver.events) == 500)
        assert time.monotonic() - began < 10
        _wait_until(lambda: all(state(fresh_database, name)["failures"] for name in ("wrong", "late", "gone")))
        errors = [state(fresh_database, name)["error"] for name in ("wrong", "late", "gone")]
        assert errors == ["answered 500", "no answer within 3 s", "connection refused"]
        wrong.answer, late.slow = lambda events: 204, 0.0
        late.done.set()
        _wait_until(lambda: len(wrong.first_time) == len(late.first_time) == 500)
        stop.set()
        thread.join()
    assert not thread.is_alive()
    for each in (receiver, wrong, late):
        in_order(each)
    assert len(receiver.events) == 500
    told = [event for event in late.events if not event.get("repeated")]
    assert len({event["id"] for event in told}) == len(told)
    assert (state(fresh_database, "gone")["behind"], state(fresh_database, "late")["failures"]) == (500, 0)


def _wait_until(what: Any, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def test_paused_resumed_replayed_removed(settings: Settings, fresh_database: Database, receiver: Receiver) -> None:
    subscribe(settings, fresh_database, receiver)
    announce(fresh_database, 10)
    desk.pause(fresh_database, "crm", actor="jane")
    send(settings, fresh_database)
    assert (receiver.events, state(fresh_database)["paused_by"]) == ([], "jane")
    desk.resume(fresh_database, "crm", actor="jane")
    send(settings, fresh_database)
    last = state(fresh_database)["position"]
    desk.replay(fresh_database, "crm", str(last - 4), actor="jane")
    announce(fresh_database, 1)
    send(settings, fresh_database)
    (new,) = (event for event in receiver.events[10:] if "repeated" not in event)  # of several customers any is first
    assert [event["repeated"] for event in receiver.events[10:] if event is not new] == [True] * 4
    assert sorted(receiver.first_time) == sorted(event["id"] for event in (*receiver.events[:10], new))
    desk.remove(fresh_database, "crm", actor="jane")
    assert desk.listed(fresh_database) == []
    with pytest.raises(NotFound, match="no subscriber 'crm'"):
        desk.pause(fresh_database, "crm", actor="jane")


def test_a_subscriber_that_answers_410_is_paused(
    settings: Settings, fresh_database: Database, receiver: Receiver
) -> None:
    announce(fresh_database, 3)
    receiver.answer = lambda events: 410
    subscribe(settings, fresh_database, receiver)
    send(settings, fresh_database)
    assert "410" in state(fresh_database)["paused_by"]
    assert state(fresh_database)["behind"] == 3


def test_secrets_are_rotated(settings: Settings, fresh_database: Database, receiver: Receiver) -> None:
    subscribe(settings, fresh_database, receiver)
    announce(fresh_database, 1)
    made = desk.rotate(settings, fresh_database, "crm", actor="jane")
    send(settings, fresh_database)  # who knows the old one only
    receiver.verify(made["secret"])
    announce(fresh_database, 1)
    send(settings, fresh_database)
    assert [status for status, _, _ in receiver.requests] == [204, 204]
    with fresh_database.begin() as connection:
        connection.exec_driver_sql("update subscriber set former_until = now() - interval '1 second'")
        kept = connection.execute(sa.text("select s::text from subscriber s")).scalar_one()
    announce(fresh_database, 1)
    send(settings, fresh_database)
    (_, headers, _) = receiver.requests[-1]
    assert len(headers["webhook-signature"].split()) == 1
    assert made["secret"].removeprefix("whsec_") not in kept
    assert "secret" not in str(desk.listed(fresh_database))


def test_only_what_the_contract_says(settings: Settings, fresh_database: Database, receiver: Receiver) -> None:
    """Values come masked, or not at all, or as they are; types are left out; all of it is audited."""
    document = '{"party": "person", "phones": [{"value": "+12175550142", "record": ["crm", "1"], "rule": "union"}]}'
    with receiving() as full, receiving() as plain:
        for each, name, how in (
            (receiver, "crm", {"values": True}), (full, "full", {"values": True, "pii": True}), (plain, "plain", {}),
        ):  # fmt: skip
            subscribe(settings, fresh_database, each, name, types=("created",), **how)
        with fresh_database.begin() as connection:
            connection.execute(
                sa.text("insert into golden (pin, doc, run_id) values ('P1', :doc, 't')"), {"doc": document}
            )
            connection.exec_driver_sql(
                "insert into change (type, pin, run_id, actor) values ('created', 'P1', 't', 't'), "
                "('changed', 'P1', 't', 't')"
            )
        send(settings, fresh_database)
        told = [each.events[0]["data"] for each in (receiver, full, plain)]
        assert [len(each.events) for each in (receiver, full, plain)] == [1, 1, 1]
    assert [data.get("after", {}).get("phones", [{}])[0].get("value") for data in told] == [
        "***0142",
        "+12175550142",
        None,
    ]
    with fresh_database.begin() as connection:
        audited = connection.execute(
            sa.text("select actor, pins, masked from audit where action = 'webhook' order by actor")
        ).all()
    assert [tuple(row) for row in audited] == [("webhook:crm", ["P1"], True), ("webhook:full", ["P1"], False)]


BAD = {
    "http": ("http://example.com/", "allow_http"),
    "a file": ("file:///etc/passwd", "https://host/path"),
    "no host": ("https:///x", "https://host/path"),
    "a password": ("https://u:p@example.com/", "signed"),
    "a port that is none": ("https://example.com:x/", "https://host/path"),
}


@pytest.mark.parametrize(("url", "remedy"), BAD.values(), ids=BAD.keys())
def test_addresses_that_are_refused(tmp_path: Path, fresh_database: Database, url: str, remedy: str) -> None:
    strict = TinyWorkspace(_made(tmp_path / "ws")).settings
    with pytest.raises(UsageError) as caught:
        desk.add(strict, fresh_database, "crm", url, actor="test")
    assert remedy in str(caught.value)


def test_private_addresses_are_not_sent_to(
    tmp_path: Path, settings: Settings, fresh_database: Database, receiver: Receiver
) -> None:
    """By their number or by a name that leads to one: refused, and looked at again when the connection is made."""
    strict = TinyWorkspace(_made(tmp_path / "strict"), "[webhooks]\nallow_http = true\n").settings
    announce(fresh_database, 1)
    port = receiver.url.rsplit(":", 1)[1]
    for number, host in enumerate(("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433")):
        url = f"http://{host}:{port}"
        with pytest.raises(UsageError, match="not public"):
            desk.add(strict, fresh_database, f"n{number}", url, actor="test", since="start")
        desk.add(settings, fresh_database, f"n{number}", url, actor="test", since="start")
    send(strict, fresh_database)
    assert receiver.requests == []
    assert {each["error"] for each in desk.listed(fresh_database)} == {
        "its address is not public, and [webhooks] allow_private is false"
    }


def test_two_senders_tell_each_change_once(settings: Settings, fresh_database: Database, receiver: Receiver) -> None:
    subscribe(settings, fresh_database, receiver)
    announce(fresh_database, 200)
    threads = [threading.Thread(target=send, args=(settings, fresh_database)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    send(settings, fresh_database)
    assert len(receiver.events) == len(receiver.first_time) == 200


def test_the_next_try_waits_longer_each_time(settings: Settings, fresh_database: Database, receiver: Receiver) -> None:
    receiver.answer = lambda events: 503
    patient = settings.model_copy(
        update={"webhooks": settings.webhooks.model_copy(update={"longest_wait_seconds": 300.0})}
    )
    subscribe(patient, fresh_database, receiver)
    announce(fresh_database, 1)
    waits = []
    for _ in range(5):
        again_soon(fresh_database)
        send(patient, fresh_database)
        waits.append(state(fresh_database)["next_at"] - datetime.now(UTC))
    for number, wait in enumerate(waits):
        assert timedelta(seconds=2**number * 0.5 - 0.5) <= wait <= timedelta(seconds=2**number)
    assert state(fresh_database)["failures"] == 5
