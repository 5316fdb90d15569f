"""Promise 7: running anything twice with the same input and the same business date changes nothing.

And the order of deliveries: what was said before changes nothing, and the report says so.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from mdm.errors import UsageError
from mdm.store import customers, judgements, models, records
from mdm.store.database import Database
from mdm.store.fingerprint import store_fingerprint
from pipelines.accounts import COUNTED
from pipelines.erasure import look_at
from pipelines.models import promote_models, train_candidates
from pipelines.night import Asked, run_night
from pipelines.stewardship import judge, override
from tests.pipelines.evenings import first_night, fixtures_after
from tests.pipelines.tiny import TinyWorkspace, next_night, of_source, people, person, text

# the tests of this module follow one another
evening, workspace, store = fixtures_after(first_night, scope="module")


def _nothing_changed(workspace: TinyWorkspace, database: Database) -> dict[str, Any]:
    with database.begin() as connection:
        before = store_fingerprint(connection)
    report = workspace.night(database)
    assert report["status"] == "unchanged"
    assert "match" not in report["steps"]
    for row in report["sources"]:
        assert row["accepted"] == row["deletion"] == 0
        assert row["rows_read"] == sum(row[name] for name in COUNTED)
    with database.begin() as connection:
        assert store_fingerprint(connection) == before
    return report


def test_the_same_files_again(workspace: TinyWorkspace, store: Database) -> None:
    report = _nothing_changed(workspace, store)
    assert {row["status"] for row in report["sources"]} == {"repeated"}
    assert of_source(report, "crm")["unchanged"] == 46


def test_touched_and_shuffled(workspace: TinyWorkspace, store: Database) -> None:
    rng = random.Random(7)
    for file in (workspace.path / "landing").iterdir():
        header, *lines = file.read_bytes().splitlines(keepends=True)
        rng.shuffle(lines)
        file.write_bytes(b"".join([header, *lines]))
        os.utime(file, (2_000_000_000, 2_000_000_000))
    _nothing_changed(workspace, store)


def test_the_same_content_under_a_later_name(workspace: TinyWorkspace, store: Database) -> None:
    landing = workspace.path / "landing"
    workspace.deliver("billing", (landing / "billing_20260331.csv").read_bytes(), day="20260401")
    report = _nothing_changed(workspace, store)
    assert of_source(report, "billing")["file"] == "billing_20260401.csv"
    assert of_source(report, "billing")["status"] == "repeated"


def test_an_older_file_after_a_newer_one_is_left_aside(workspace: TinyWorkspace, store: Database) -> None:
    for name in ("crm", "billing"):
        for file in (workspace.path / "landing").glob(f"{name}_*"):
            file.unlink()
    workspace.deliver("crm", text(people(0, 10)), day="20260301")
    report = _nothing_changed(workspace, store)
    account = of_source(report, "crm")
    assert account["status"] == "older"
    assert "before the last one applied (crm_20260331.csv)" in account["reason"]
    assert report["missing"] == ["billing"]
    (workspace.path / "landing" / "crm_20260301.csv").unlink()


def test_the_next_night_applies_what_changed_and_only_that(workspace: TinyWorkspace, store: Database) -> None:
    with store.begin() as connection:
        pins = dict(_pins(connection))
    next_night(workspace)
    report = workspace.night(store)
    assert report["status"] == "applied"
    crm = of_source(report, "crm")
    # K003, K004 and K060 to K065 changed, K040, K041 and K059 are new; K000 to K002 are gone from the feed
    assert (crm["accepted"], crm["missing"]) == (11, 3)
    assert crm["unchanged"] == crm["rows_read"] - 11
    with store.begin() as connection:
        after = dict(_pins(connection))
        gone = records.versions(connection, "crm", "K000")
    assert {version["status"] for version in gone} == {"accepted", "deleted"}
    assert ("crm", "K000") not in after
    same = set(pins) & set(after)
    assert all(pins[key] == after[key] for key in same)  # nobody's PIN moved


def test_a_full_feed_that_takes_a_change_back_is_news(workspace: TinyWorkspace, store: Database) -> None:
    """The bytes of two nights ago, cut later: the source has gone back to them."""
    taken_back = [person(3), person(4), *people(5, 37), person(59), *people(60, 6)]
    before = (workspace.path / "landing" / "crm_20260401.csv").read_bytes()
    workspace.deliver("crm", text(taken_back), day="20260402")
    assert of_source(workspace.night(store), "crm")["accepted"] == 2
    workspace.deliver("crm", before, day="20260403")
    assert of_source(workspace.night(store), "crm")["accepted"] == 2


def _same_afterwards(database: Database, what: Callable[[], Any]) -> None:
    """It changes nothing. What is counted and not compared: runs that found nothing to do."""
    with database.begin() as connection:
        before = store_fingerprint(connection)
    what()
    with database.begin() as connection:
        assert store_fingerprint(connection) == before


def test_what_a_person_does_twice(workspace: TinyWorkspace, store: Database) -> None:
    gates = workspace.settings.gates.model_copy(update={"max_churn": 1.0})
    settings = workspace.settings.model_copy(update={"gates": gates})
    with store.begin() as connection:
        pins = dict(_pins(connection))
        current = models.current_model(connection, "person")
    assert current is not None
    pin = pins["crm", "K012"]
    assert pin == pins["billing", "B012"]
    who = {"actor": "steward", "reason": "a test"}

    def refused() -> None:
        with pytest.raises(UsageError):
            promote_models(settings, store, [current["model_id"]])

    for what in (
        partial(judge, settings, store, "crm:K012", "billing:B012", "different", **who),
        partial(override, settings, store, pin, "birth_date", "1980-03-02", **who),
        partial(train_candidates, settings, store),
    ):
        what()
        _same_afterwards(store, what)
    for what in (refused, partial(look_at, settings, store, pin)):
        _same_afterwards(store, what)
    _same_afterwards(store, partial(run_night, settings, store, Asked(dry_run=True)))


def test_the_word_of_another_steward_is_kept(workspace: TinyWorkspace, store: Database) -> None:
    """Who judges the same says something new."""
    for actor in ("ann", "bo"):
        judge(workspace.settings, store, "crm:K013", "crm:K014", "different", actor=actor, reason="seen both")
    with store.begin() as connection:
        rows = judgements.judgements_in_force(connection).to_pylist()
        (row,) = [row for row in rows if {row["left_local_id"], row["right_local_id"]} == {"K013", "K014"}]
        said = judgements.history(connection, row["left_id"], row["right_id"])
    assert [judgement["actor"] for judgement in said] == ["ann", "bo"]


def _pins(connection: Any) -> list[tuple[tuple[str, str], str]]:
    table = customers.all_xrefs(connection)
    keys = zip(table["system"].to_pylist(), table["local_id"].to_pylist(), strict=True)
    return list(zip(keys, table["pin"].to_pylist(), strict=True))
