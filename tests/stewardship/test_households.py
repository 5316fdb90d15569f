"""Who lives with whom by a steward's decision: at once, through nights whatever they say, until it is taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdm.errors import Contradiction, NotFound, Taken, UsageError
from mdm.registry import look_up_household
from mdm.stewardship import decisions
from mdm.stewardship.households import By, HouseholdEffect, decisions_about, merge, move, split, take_back
from mdm.store import due, households
from mdm.store.database import Database
from mdm.store.locks import run_lock
from pipelines.erasure import erase
from pipelines.settling import settle
from tests.pipelines.evenings import After
from tests.pipelines.tiny import TinyWorkspace, person, text
from tests.stewardship.conftest import Desk, desk_of, forty_people

BY = By("jane", "asked them")
TRY = By("jane", "asked them", dry_run=True)
HOME = {"STREET": "12 River Road", "CITY": "Kelso", "ZIP": "10999"}
AWAY = {"STREET": "77 Elm Street", "CITY": "Yakima", "ZIP": "10777"}
TOWN = {1: HOME, 2: HOME, 3: HOME, 4: AWAY, 5: AWAY}


def town(desk: Desk, day: str, moved: dict[int, dict[str, str]] | None = None) -> None:
    """A night: K001, K002 and K003 live at one address, K004 and K005 at another; but for who `moved`.

    The first four have another telephone every night, so that their records change.
    """
    where = TOWN | (moved or {})
    phones = {n: {"PHONE": f"+1 416 55{n} {day[-4:]}"} for n in range(1, 5)}
    rows = [person(n, **(where.get(n, {}) | phones.get(n, {}))) for n in range(40)]
    desk.workspace.deliver("crm", text(rows), day=day)
    assert desk.workspace.night(desk.database)["status"] == "applied"


def homes(desk: Desk) -> set[str]:
    """Who of the five live together now, as `12 3`."""
    found: dict[str, str] = {}
    with desk.database.begin() as connection:
        for number in sorted(TOWN):
            (pin,) = desk.pins(f"crm:K{number:03}")
            now = [row["chi"] for row in households.memberships_of(connection, pin) if row["valid_to"] is None]
            assert len(now) == 1
            found[now[0]] = found.get(now[0], "") + str(number)
    return set(found.values())


def chi(desk: Desk, number: int) -> str:
    (pin,) = desk.pins(f"crm:K{number:03}")
    with desk.database.begin() as connection:
        return next(r["chi"] for r in households.memberships_of(connection, pin) if r["valid_to"] is None)


def pin(desk: Desk, number: int) -> str:
    return desk.pins(f"crm:K{number:03}")[0]


def after_a_second_night(path: Path, database: Database) -> None:
    """Forty people, and then `town`."""
    forty_people(path, database)
    town(desk_of(TinyWorkspace(path, keep=True), database), "20260402")


@pytest.fixture
def five(after: After, open_directory: Path) -> Iterator[Desk]:
    with after(after_a_second_night).copied(open_directory / "ws") as found:
        desk = desk_of(*found)
        assert homes(desk) == {"123", "45"}
        yield desk


def test_a_split_holds_at_once_and_every_night_until_it_is_taken_back(five: Desk) -> None:
    whole = chi(five, 1)
    before = five.everything()
    tried = split(five.writer, whole, [pin(five, 3)], TRY)
    assert five.everything() == before
    done = split(five.writer, whole, [pin(five, 3)], BY)
    assert homes(five) == {"12", "3", "45"}
    assert shown(tried) == shown(done)
    assert [c.chi for c in done.households] == [whole, chi(five, 3)]
    assert done.at_once
    assert chi(five, 1) == whole
    (event,) = changes_of(five, chi(five, 3))
    assert (event["type"], event["actor"]) == ("household_changed", "jane")
    town(five, "20260404", moved={3: AWAY})
    assert homes(five) == {"12", "345"}  # apart from 1 and 2, from nobody else
    town(five, "20260405")
    assert homes(five) == {"12", "3", "45"}
    with (five.workspace.path / "mdm.toml").open("a", encoding="utf-8") as file:
        file.write("[households]\nwhole_from = 0.0\n")  # from now on every night looks at everybody
    town(five, "20260406")
    assert homes(five) == {"12", "3", "45"}
    take_back(five.writer, done.decision, BY)
    assert homes(five) == {"123", "45"}
    with pytest.raises(Taken, match="was taken back by jane"):
        take_back(five.writer, done.decision, BY)
    town(five, "20260407")
    assert homes(five) == {"123", "45"}


def test_a_merge_and_a_move_whatever_the_sources_say(five: Desk) -> None:
    here, there = chi(five, 1), chi(five, 4)
    merged = merge(five.writer, here, [there], BY)
    assert homes(five) == {"12345"}
    after = {change.chi: change.after for change in merged.households}
    assert (after[there].status, after[there].redirect_to) == ("redirected", here)
    assert "river" in (after[here].address or "")
    town(five, "20260403", moved={4: {"STREET": "9 Lost Lane"}})
    assert homes(five) == {"12345"}
    take_back(five.writer, merged.decision, BY)
    assert homes(five) == {"123", "4", "5"}
    town(five, "20260404")
    moved = move(five.writer, chi(five, 1), [pin(five, 3)], chi(five, 4), BY)
    assert homes(five) == {"12", "345"}
    town(five, "20260405")
    assert homes(five) == {"12", "345"}
    with five.database.begin() as connection:
        (entry, *_) = decisions_about(connection, [pin(five, 3)])
    assert (entry["verb"], entry["moved"], entry["reason"]) == ("move", [pin(five, 3)], "asked them")
    assert set(entry["others"]) == {pin(five, 4), pin(five, 5)}
    assert set(entry["apart"]) == {pin(five, 1), pin(five, 2)}
    with five.database.begin() as connection:
        assert "elm" in (look_up_household(connection, chi(five, 3)).address or "")  # not where 3 is seen
    take_back(five.writer, moved.decision, BY)
    assert homes(five) == {"123", "45"}


def test_what_a_run_has_to_see_first_and_a_person_whose_pin_changes_and_who_is_erased(five: Desk) -> None:
    with run_lock(five.database, {"command": "a night"}):
        done = split(five.writer, chi(five, 1), [pin(five, 3)], BY, since=dt.date(2026, 4, 1))
        assert (done.at_once, done.households) == (False, ())
        assert homes(five) == {"123", "45"}
    settled(five)
    assert homes(five) == {"12", "3", "45"}
    with five.database.begin() as connection:
        assert due.all_due(connection).num_rows == 0
        (entry,) = decisions_about(connection, [pin(five, 3)])
    assert (entry["decision"], entry["since"]) == (done.decision, dt.date(2026, 4, 1))
    merged = decisions.merge(five.writer, pin(five, 20), [pin(five, 3)], decisions.By("jane", "one person"))
    assert not split_at_once(five)  # what the merge left due is for a run to settle first
    settled(five)
    assert homes(five) == {"1", "2", "3", "45"}  # who were taken out of a home one after the other are each alone
    assert merged.judgements
    whole = five.pins("crm:K020")
    erase(five.workspace.settings, five.database, whole[0], actor="jane", reason="request 7")
    with five.database.begin() as connection:
        rows = [row._asdict() for row in connection.exec_driver_sql("select * from household_decision")]
    emptied = [row for row in rows if row["verdict"] == "erased"]
    assert emptied
    assert all(row["reason"] is None and row["mover_id"] < 0 > row["other_id"] for row in emptied)


def split_at_once(five: Desk) -> bool:
    return split(five.writer, chi(five, 1), [pin(five, 2)], BY).at_once


def settled(five: Desk) -> None:
    report = settle(five.workspace.settings, five.database)
    assert report is not None
    assert report["status"] == "applied"


def test_what_cannot_be_is_refused_and_says_why_and_a_contradiction_names_its_chain(five: Desk) -> None:
    here, there = chi(five, 1), chi(five, 4)
    one, four, five_ = (pin(five, n) for n in (1, 4, 5))
    before = five.everything()
    refusals = [
        (UsageError, "nobody would stay", lambda: split(five.writer, there, [four, five_], BY)),
        (UsageError, f"{four} is not a member", lambda: split(five.writer, here, [four], BY)),
        (UsageError, "are one household", lambda: merge(five.writer, here, [here], BY)),
        (UsageError, "is still to come", lambda: split(five.writer, here, [one], BY, since=dt.date(2030, 1, 1))),
        (NotFound, "no decision 99", lambda: take_back(five.writer, 99, BY)),
    ]
    for kind, words, act in refusals:
        with pytest.raises(kind, match=words):
            act()
    assert five.everything() == before
    town(five, "20260403", moved={5: {"STREET": "9 Lost Lane"}})
    here, there = chi(five, 1), chi(five, 4)
    merge(five.writer, here, [there], BY)
    with pytest.raises(NotFound, match="is redirected"):
        split(five.writer, there, [pin(five, 4)], BY)
    moved = move(five.writer, here, [pin(five, 4)], chi(five, 5), BY)
    split(five.writer, here, [pin(five, 1)], BY)
    assert homes(five) == {"1", "23", "45"}
    before = five.everything()
    with pytest.raises(Contradiction) as refused:  # 4 would live with 1, 2 and 3 again, who live apart now
        take_back(five.writer, moved.decision, BY)
    assert refused.value.chain[:2] == (pin(five, 1), pin(five, 4))
    assert five.everything() == before


def shown(effect: HouseholdEffect) -> list[tuple[str, str, list[str]]]:
    return [(c.chi, c.after.status, [m.pin for m in c.after.members]) for c in effect.households]


def changes_of(desk: Desk, chi: str) -> list[dict[str, str]]:
    with desk.database.begin() as connection:
        rows = connection.exec_driver_sql("select type, actor from change where chi = %s", (chi,))
        return [row._asdict() for row in rows]
