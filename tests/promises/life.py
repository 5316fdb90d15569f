"""A few weeks of a tiny operator, with everything that happens to customers in it, and what was true after each event.

A key says who its row is about (crm:K012, billing:B012 and calls:C012 are person 12) until it is given to a stranger.
Merges and splits by stewards and by another model, an unmerging, an override, deletions, a record that comes back, a
reused key; bad, duplicate and flagged rows, a row of two records; a stopped source, repeated and older files; an
erasure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mdm.registry import SourceKey, find_xrefs
from mdm.store import runs
from mdm.store.database import Database
from pipelines.erasure import erase
from pipelines.models import promote_models
from pipelines.stewardship import judge, override, unmerge
from tests.pipelines.test_models import in_use, stricter
from tests.pipelines.tiny import COLUMNS, TinyWorkspace, person, text

SETTINGS = """
[run]
business_date = 2026-04-10
[cleanse]
region = "US"
[gates]
max_churn = 1.0
max_deleted_share = 1.0
max_row_count_change = 99.0
max_rejected_share = 0.5
"""
WHO = {"actor": "steward", "reason": "a test"}
STRANGER, SPOUSE = 90, 130
PREFIX = {"crm": "K", "billing": "B", "calls": "C", "scores": "S"}
Key = tuple[str, str]


@dataclass(frozen=True)
class Moment:
    """After an event. persons: key of every record of a customer that must be there -> who it is about.

    pins: what the cross-reference says of these keys. together: pairs of keys -> whether a judgement wants them in
    one customer. judged: all that stewards have ever said (verdict, actor, two keys).
    """

    name: str
    at: dt.datetime
    persons: dict[Key, int]
    pins: dict[Key, str | None]
    together: dict[tuple[Key, Key], bool]
    judged: tuple[tuple[str, str, frozenset[Key]], ...]


@dataclass
class Life:
    """The workspace, its store, and what happened. files: name -> data rows; reports: of nights, dry runs as well."""

    workspace: TinyWorkspace
    database: Database
    persons: dict[Key, int] = field(default_factory=dict)
    together: dict[tuple[Key, Key], bool] = field(default_factory=dict)
    judged: list[tuple[str, str, frozenset[Key]]] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    erased: set[Key] = field(default_factory=set)

    def pin(self, system: str, local_id: str) -> str:
        """Whose record it is now."""
        found = self.moments[-1].pins[system, local_id]
        assert found is not None
        return found

    def moment(self, name: str) -> Moment:
        """The moment after the event of this name."""
        return next(moment for moment in self.moments if moment.name == name)

    def deliver(self, system: str, day: str, content: bytes) -> None:
        """A file cut on a day."""
        file = self.workspace.deliver(system, content, day=day)
        self.files[file.name] = len(content.splitlines()) - 1

    def night(self, name: str, **asked: Any) -> dict[str, Any]:
        """Run it, and note what is true afterwards."""
        report = self.workspace.night(self.database, **asked)
        assert report["status"] == ("dry_run" if asked.get("dry_run") else "applied"), report
        self.reports.append(report)
        self.note(name)
        return report

    def judge(self, name: str, one: Key, other: Key, verdict: str) -> None:
        """A steward's word, carried out at once."""
        self.together[one, other] = verdict == "same"
        self.judged.append((verdict, WHO["actor"], frozenset((one, other))))
        judge(self.workspace.settings, self.database, ":".join(one), ":".join(other), verdict, **WHO)
        self.note(name)

    def note(self, name: str) -> None:
        """What is true at this moment."""
        there = sorted(self.persons)
        with self.database.read() as connection:
            at = connection.exec_driver_sql("select clock_timestamp()").scalar_one()
            found = find_xrefs(connection, [SourceKey(*key) for key in there])
        pins = {key: view.pin for key, view in zip(there, found, strict=True)}
        self.moments.append(
            Moment(name, at, dict(self.persons), pins, dict(self.together), tuple(self.judged)),
        )


def keys(system: str, numbers: Iterable[int]) -> dict[Key, int]:
    """The keys of a system's rows about these persons."""
    return {(system, f"{PREFIX[system]}{number:03}"): number for number in numbers}


def _billing(numbers: Iterable[int], **rows: dict[str, str]) -> bytes:
    """People from 18 on have moved; `rows` are changes of one."""
    moved = {"STREET": "7 Elm Street", "ZIP": "10007"}
    return text(person(n, ID=f"B{n:03}", **(moved if n >= 18 else {}), **rows.get(f"B{n:03}", {})) for n in numbers)


def _crm(numbers: Iterable[int], *more: dict[str, str], **rows: dict[str, str]) -> bytes:
    return text([*(person(n, **rows.get(f"K{n:03}", {})) for n in numbers), *more])


def _calls(there: Iterable[int], gone: Iterable[int] = ()) -> bytes:
    rows = [person(n, ID=f"C{n:03}") | {"GONE": flag} for numbers, flag in ((there, ""), (gone, "D")) for n in numbers]
    return text(rows, (*COLUMNS, "GONE"))


def _first_night(life: Life) -> None:
    for system, more in (
        ("crm", {}),
        ("billing", {}),
        ("calls", {"delivery": '{deleted_flag: GONE, values: ["D"]}'}),
        ("scores", {"more": "  attributes.segment: CITY\nrole: enrichment\n"}),
        ("couples", {"more": "records:\n  - {name: spouse, inherit: [address], map: {name.full: SPOUSE}}\n"}),
    ):
        life.workspace.source(system, **more)
    life.deliver("crm", "20260401", _crm(range(50), person(3)) + b"K098,unreadable\n")
    life.deliver("billing", "20260401", _billing(range(10, 24)))
    life.deliver("calls", "20260401", _calls(range(20, 25)))
    life.deliver("scores", "20260401", text([person(5, ID="S005"), person(10, ID="S010")]))
    couple = person(30, ID="P030") | {"SPOUSE": "Zephyr Quill"}
    life.deliver("couples", "20260401", text([couple], (*COLUMNS, "SPOUSE")))
    life.persons |= {("couples", "P030"): 30, ("couples", "P030#spouse"): SPOUSE}
    life.persons |= keys("crm", range(50)) | keys("billing", range(10, 24)) | keys("calls", range(20, 25))
    life.night("first")


def _stewards(life: Life) -> None:
    life.judge("merged", ("crm", "K001"), ("crm", "K002"), "same")
    life.judge("split", ("crm", "K012"), ("billing", "B012"), "different")
    pinned = life.pin("crm", "K007")
    override(life.workspace.settings, life.database, pinned, "birth_date", "1980-03-02", **WHO)
    life.note("pinned")


def _second_night(life: Life) -> None:
    """K000 goes, K005 is given to a stranger, K006 is unreadable; 12 looks still more like one, in vain."""
    proof = {"TAX": "912345678"}
    changed = {
        "K002": {"PHONE": "+1 212 555 0142"}, "K003": {"PHONE": "+1 212 555 0143"}, "K004": {"FAMILY": "Married"},
        "K012": proof,
    }  # fmt: skip
    crm = _crm([n for n in range(1, 50) if n not in (5, 6)], person(STRANGER, ID="K005"), person(51), **changed)
    life.deliver("crm", "20260402", crm + b"K006,unreadable\n")
    billing = [n for n in range(10, 24) if n != 18]
    life.deliver("billing", "20260402", _billing([2, *billing], B012=proof, B013={"PHONE": "+1 212 555 0144"}))
    life.deliver("calls", "20260402", _calls([55], gone=[20]))
    for key in (("crm", "K000"), ("billing", "B018"), ("calls", "C020")):
        del life.persons[key]
    life.persons |= keys("crm", [51]) | keys("billing", [2]) | keys("calls", [55]) | {("crm", "K005"): STRANGER}
    life.night("second")


def _third_night(life: Life) -> None:
    """Of crm an older file, of billing one that is stopped, of calls one beside those of other nights."""
    for file in (life.workspace.path / "landing").glob("crm_*"):
        file.unlink()
    life.deliver("crm", "20260325", _crm(range(10)))
    life.deliver("billing", "20260403", _billing(range(10, 16)) + b"B016,unreadable\n" * 8)
    life.deliver("calls", "20260403", _calls([56], gone=[24]))
    del life.persons["calls", "C024"]
    life.persons |= keys("calls", [56])
    life.night("third")


def _unmerging(life: Life) -> None:
    """Taking the former customer out is a word about each of its records and each of the others."""
    before = life.moments[-1].pins
    taken = life.moment("first").pins["crm", "K002"]
    assert taken is not None
    unmerge(life.workspace.settings, life.database, taken, **WHO)
    life.note("unmerged")
    members = [key for key in before if before[key] == before["crm", "K001"]]
    out = [key for key in members if life.pin(*key) == taken]
    life.together[("crm", "K001"), ("crm", "K002")] = False
    life.judged += [("different", WHO["actor"], frozenset((a, b))) for a in out for b in members if b not in out]
    life.moments.pop()
    life.note("unmerged")


def _another_model(life: Life) -> None:
    """One under which every pair weighs less, and back."""
    former = in_use(life.database)
    for name, model in (("stricter", stricter(life.database)), ("back", former)):
        promote_models(life.workspace.settings, life.database, [model], accept_churn=True)
        life.note(name)


def _erasure(life: Life) -> None:
    erase(life.workspace.settings, life.database, life.pin("crm", "K009"), actor="officer", reason="request 1")
    life.erased.add(("crm", "K009"))
    del life.persons["crm", "K009"]
    life.note("erased")


def _fourth_night(life: Life) -> None:
    """K000, K006 and B018 are back, 9 is sent again."""
    crm = _crm([n for n in range(50) if n != 5], person(STRANGER, ID="K005"), K012={"TAX": "912345678"})
    life.deliver("crm", "20260404", crm)
    life.deliver("billing", "20260404", _billing(range(10, 24)))
    life.night("tried", dry_run=True)
    del life.persons["crm", "K051"], life.persons["billing", "B002"]
    life.persons |= keys("crm", [0]) | keys("billing", [18])
    life.night("fourth")


EVENTS = (
    _first_night, _stewards, _second_night, _third_night, _unmerging, _another_model, _erasure, _fourth_night,
)  # fmt: skip


def lived(path: Path, database: Database) -> Life:
    """The whole life, event by event."""
    life = Life(TinyWorkspace(path, SETTINGS), database)
    for event in EVENTS:
        event(life)
    with database.read() as connection:
        life.reports += [run["report"] for run in runs.last_runs(connection, 100)]
    return life
