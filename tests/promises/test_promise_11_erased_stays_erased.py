"""Promise 11: what was erased stays erased.

No byte of the person remains, and the next night does not bring them back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mdm.errors import NotFound, UsageError
from mdm.registry import look_up
from mdm.store import audit, golden, suppression
from pipelines.erasure import Erased, erase, look_at
from tests.pipelines.erased_world import HOUSEMATE, TRACES, World, new_world, traces, xenia
from tests.pipelines.tiny import of_source, people, text

WHY = {"actor": "officer", "reason": "request 2026/114"}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Before the erasure; the tests of this module follow one another."""
    with new_world() as world:
        world.live_before()
        yield world


def others(world: World) -> dict[str, Any]:
    """Key -> (PIN, golden record) of everybody else."""
    found = {}
    with world.database.begin() as connection:
        for number in range(51):
            view = look_up(connection, f"crm:K{number:03}", include=frozenset())
            document = golden.find_golden(connection, view.pin)
            found[f"K{number:03}"] = (view.pin, document and document["doc"])
    return found


def test_a_reason_that_names_the_person_is_refused(world: World) -> None:
    for reason in ("Quetzalcoatl asked", "born 1971-12-09", "the one with 912345678"):
        with pytest.raises(UsageError, match="quotes the customer's own data"):
            erase(world.settings, world.database, world.pin, actor="officer", reason=reason)
    with pytest.raises(NotFound, match="never issued"):
        look_at(world.settings, world.database, "401787509130")
    assert world.pin_of("crm", "X-KEY-1") == world.pin


def test_no_byte_of_the_person_remains(world: World) -> None:
    before = others(world)
    there = {value for found in traces(world).values() for value in found}
    assert there == set(TRACES), "the search finds what it looks for"
    held = look_at(world.settings, world.database, world.pin)
    assert held is not None
    assert held.records == {"calls": ["X-KEY-9"], "crm": ["X-KEY-1"]}
    done = erase(world.settings, world.database, world.pin, **WHY)
    assert traces(world) == {}
    _check_what_stays(world, done)
    assert others(world) == before
    assert (world.settings.var / "log" / "20260401.log").read_text() == "one\nthree\n"
    assert (world.settings.outbound / "changes.csv").read_text() == "a;b\n2;Lee\n"
    assert erase(world.settings, world.database, world.pin, **WHY).held is None
    with world.database.begin() as connection:
        alone = look_up(connection, "crm:K050").household
    assert alone is None or [member.pin for member in alone.members] == [world.pin_of("crm", "K050")]


def of_file(report: dict[str, Any], name: str) -> dict[str, Any]:
    """The account of one file."""
    (found,) = (row for row in report["sources"] if row["file"] == f"{name}.csv")
    return dict(found)


def _check_what_stays(world: World, done: Erased) -> None:
    with world.database.begin() as connection:
        view = look_up(connection, world.pin)
        noted = suppression.find_erasure(connection, world.pin)
    assert view.status == "erased"
    assert view.golden is None
    assert not view.records
    assert view.lineage is not None
    last = view.lineage[-1]
    assert (last.kind, last.actor, last.reason, last.records) == ("erased", "officer", "request 2026/114", ())
    assert noted is not None
    assert noted["purged_at"] is not None
    assert done.left == ()
    with world.database.begin() as connection:  # that somebody looked stays, the PIN too; the key of the record goes
        noted_reads = audit.find_entries(connection, pin=world.pin, actor="3f9a1c22b7")
    assert [(entry["records"], entry["purpose"]) for entry in noted_reads] == [
        (["crm:K003"], "complaint"), (["crm:K003"], "(erased)"),
    ]  # fmt: skip


def test_the_night_does_not_bring_them_back(world: World) -> None:
    """The unfinished night begins anew; the feeds still have the person, under old keys and a new one."""
    changed = [*people(0, 49), HOUSEMATE, xenia(GIVEN="Zephyrine"), xenia("NEW-1", FAMILY="Other")]
    world.workspace.deliver("crm", text(changed) + b"X-KEY-1,unreadable\n", day="20260403")
    world.workspace.deliver("calls", text([xenia("X-KEY-9", TAX=""), {**HOUSEMATE, "ID": "C050"}]), day="20260403")
    report: Any = world.night()
    crm, earlier, calls = (of_file(report, name) for name in ("crm_20260403", "calls_20260331", "calls_20260403"))
    assert (crm["rows_read"], crm["suppressed"], crm["unchanged"], crm["quarantined"]) == (53, 3, 50, 0)
    assert (calls["rows_read"], calls["accepted"], calls["suppressed"]) == (2, 1, 1)
    assert (earlier["rows_read"], earlier["unchanged"], earlier["suppressed"]) == (2, 1, 1), "read again"
    for key in ("X-KEY-1", "NEW-1"):
        assert world.versions("crm", key) == 0
    assert world.versions("calls", "X-KEY-9") == 0
    assert traces(world) == {}
    again: Any = world.night()  # the former one began before the erasure: whom it concerned is looked at once more
    assert not any(again["applied"].values())
    assert of_source(again, "crm")["suppressed"] == 3
