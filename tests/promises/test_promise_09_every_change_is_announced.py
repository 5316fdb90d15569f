"""Promise 9: nothing is announced that is not committed; everything committed is announced, in order for each customer.

So far: the outbox and who pulls from it. What must be announced is told from the states that the store keeps
(`announced.py`), over a life with everything that happens to customers, and over single writes and decisions.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from api.app import make_app
from mdm.live import locks
from mdm.registry.keys import SourceKey
from mdm.stewardship.decisions import By, judge
from mdm.store import changes, feed, live
from mdm.store.database import Database
from pipelines.settling import settle
from tests.api.keys import add_key
from tests.api.serving import in_thread
from tests.live.writing import delete, put, writer_of
from tests.pipelines.tiny import TinyWorkspace, people, person, text
from tests.promises.announced import announced, as_states_tell, expected, expected_households
from tests.promises.life import Life
from tests.stewardship.conftest import put_models

WRITERS, ROUNDS, CUSTOMERS = 6, 25, 4


def all_of(database: Database) -> list[dict[str, Any]]:
    """Everything that was announced, as a puller hears it."""
    with database.read() as connection:
        upto = feed.horizon(connection)
    with database.read() as connection:
        return feed.read_changes(connection, 0, upto, 10**6)


def check(database: Database, *, but: frozenset[str] = frozenset()) -> None:
    """Announced is exactly what the states say; `but` PINs of which they say nothing any more."""
    with database.read() as connection:
        customers, households = announced(connection)
        of_pins = {key: as_states_tell(types) for key, types in customers.items() if key[1] not in but}
        assert of_pins == {key: types for key, types in expected(connection).items() if key[1] not in but}
        if not but:
            assert households.keys() == expected_households(connection)


def test_a_whole_life_is_announced(life: Life) -> None:
    found = all_of(life.database)
    erased = frozenset(row["pin"] for row in found if row["type"] == "erased")
    assert len(erased) == 1
    check(life.database, but=erased)
    assert {row["type"] for row in found} == set(changes.TYPES)
    with life.database.read() as connection:
        told = feed.values_of(connection, [row["position"] for row in found])
        of_erased = [told[row["position"]] for row in found if row["pin"] in erased]
        assert set(of_erased) == {(None, None)}
        for row in found:
            before, after = told[row["position"]]
            if row["type"] in ("redirected", "retired"):
                assert (before is not None, after) == (True, None)
            elif row["type"] in ("changed", "merged"):
                assert None not in (before, after)


def test_the_life_is_told_by_what_happened(life: Life) -> None:
    merged, apart = life.moment("merged").pins["crm", "K001"], life.moment("first").pins["crm", "K002"]
    told = [(row["type"], row["pin"], row["related"]) for row in all_of(life.database)]
    assert merged is not None
    for one in (
        ("merged", merged, [apart]),
        ("redirected", apart, [merged]),
        ("split", apart, [merged]),
    ):
        assert one in told
    assert any(kind == "split" and pin == merged and apart in related for kind, pin, related in told if related)


@pytest.fixture
def workspace(fresh_database: Database, open_directory: Path) -> TinyWorkspace:
    """A town of a dozen, after its first night."""
    found = TinyWorkspace(open_directory / "ws", "[run]\nbusiness_date = 2026-04-30\n[gates]\nmax_churn = 1.0\n")
    found.add("crm", text(people(0, 12)))
    found.source("web")
    put_models(fresh_database)
    found.night(fresh_database)
    return found


def test_single_writes_and_decisions_are_announced(workspace: TinyWorkspace, fresh_database: Database) -> None:
    database, writer = fresh_database, writer_of(workspace, fresh_database)
    heard = len(all_of(database))

    def news() -> list[tuple[str, str | None, list[str] | None]]:
        nonlocal heard
        found = all_of(database)[heard:]
        heard += len(found)
        check(database)
        return [(row["type"], row["pin"], row["related"]) for row in found if row["pin"] is not None]

    assert news() == []
    new = put(writer, "web", person(50, ID="W1")).pin
    assert news() == [("created", new, None)]
    put(writer, "web", person(50, ID="W1"))
    assert news() == []
    put(writer, "web", person(50, ID="W1", PHONE="+1 212 555 0142"))
    assert news() == [("changed", new, None)]
    old = put(writer, "web", person(3, ID="W2")).pin
    assert news() == [("changed", old, None)]
    keys = [SourceKey("web", "W1")], [SourceKey("web", "W2")]
    judge(writer, *keys, "same", By("jane", "a test", dry_run=True))
    assert news() == []
    judge(writer, *keys, "same", By("jane", "a test"))
    assert news() == [("merged", old, [new]), ("redirected", new, [old])]
    judge(writer, *keys, "different", By("jane", "a test"))
    assert news() == [("split", min(new, old), [max(new, old)]), ("split", max(new, old), [min(new, old)])]
    delete(writer, "web", "W1")
    assert news() == [("retired", new, None)]
    put(writer, "web", person(50, ID="W1"))
    assert news() == [("created", new, None)]
    assert settle(workspace.settings, database) is not None
    assert news() == []  # of customers; of households it is checked
    workspace.night(database)
    assert news() == []
    url = database.engine.url.render_as_string(hide_password=False)
    settings = workspace.settings.model_copy(update={"database_url": url})
    with in_thread(make_app(settings), key=add_key(database)) as client, ThreadPoolExecutor(1) as pool:
        asked = {"after": all_of(database)[-1]["position"], "wait": 30}
        waiting = pool.submit(client.get, "/v1/changes", params=asked, timeout=60)
        time.sleep(0.5)
        assert not waiting.done()
        late = put(writer, "web", person(51, ID="W3")).pin
        heard = waiting.result().json()["changes"]
    assert [(change["type"], change["pin"], change["by"]) for change in heard] == [("created", late, "a test")]


def test_a_puller_misses_nothing(workspace: TinyWorkspace, fresh_database: Database) -> None:
    """Writers of the same few customers, some of whom roll back, and some of whom take their time to commit."""
    with fresh_database.read() as connection:
        found = connection.execute(sa.text("select pin, doc from golden order by pin limit :n"), {"n": CUSTOMERS}).all()
    pins = [pin for pin, _ in found]
    counted, committed = Counter[str](), Counter[str]()
    before = all_of(fresh_database)  # taken here: the writers may be ahead of who pulls
    done = threading.Event()

    def write(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(ROUNDS):
            pin, fails = dice.choice(pins), dice.random() < 0.2
            connection = fresh_database.engine.connect()
            with connection, connection.begin() as transaction:
                connection.exec_driver_sql("select pg_current_xact_id()")  # early: its number says nothing
                time.sleep(dice.random() / 200)
                live.hold(connection, locks.of_pins([pin]))
                number = counted[pin] + (not fails)
                row = {"pin": pin, "doc": f'{{"party": "person", "n": {number}}}', "run_id": "test"}
                live.put_states(connection, "golden", "pin", [row])
                changes.touch(connection, [pin], run_id="test", actor=str(number))
                changes.announce(connection)
                time.sleep(dice.random() / 100)
                if fails:
                    transaction.rollback()
                    continue
                counted[pin] = number  # while it is held
                committed[pin] += 1

    def pull() -> list[dict[str, Any]]:
        heard: list[dict[str, Any]] = []
        after, last = before[-1]["position"], False
        while not last:
            last = done.is_set()
            with fresh_database.read() as connection:
                upto = feed.horizon(connection)
            with fresh_database.read() as connection:
                heard += feed.read_changes(connection, after, upto, 1000)
            after = max(after, upto)
        return heard

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        pulled = pool.submit(pull)
        for writer in [pool.submit(write, seed) for seed in range(WRITERS)]:
            writer.result()
        done.set()
    heard = pulled.result()
    assert Counter(row["pin"] for row in heard) == committed
    for pin in pins:
        assert [int(row["actor"]) for row in heard if row["pin"] == pin] == [*range(1, committed[pin] + 1)]
    assert len(all_of(fresh_database)) == len(before) + len(heard)
