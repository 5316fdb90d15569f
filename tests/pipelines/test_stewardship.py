"""A steward's decisions: carried out at once, binding the next night, undone to the PIN.

That they hold through many nights, other models and an erasure, promises 3 and 5 see in the life that they share.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from mdm.errors import NotFound, UsageError
from mdm.store import customers, golden
from mdm.store.database import Database
from pipelines.night import Asked, run_night
from pipelines.stewardship import Decided, judge, override, unmerge
from tests.pipelines.evenings import fixtures_after
from tests.pipelines.tiny import TinyWorkspace, people, person, text

SETTINGS = '[run]\nbusiness_date = 2026-04-01\n[cleanse]\nregion = "US"\n[gates]\nmax_churn = 1.0\n'
WHO = {"actor": "tester", "reason": "a test"}


def eighty_people(path: Path, database: Database) -> None:
    """crm and billing share K005; K001 and K002 have nothing in common."""
    workspace = TinyWorkspace(path, SETTINGS)
    workspace.add("crm", text(people(0, 80)))
    workspace.add("billing", text([person(5, ID="B005")]))
    assert workspace.night(database)["status"] == "applied"


evening, workspace, store = fixtures_after(eighty_people)


def pins(database: Database, *keys: str) -> list[str]:
    with database.begin() as connection:
        found = [customers.find_xref(connection, *key.split(":")) for key in keys]
        return [row["pin"] for row in found if row is not None]


def decided(workspace: TinyWorkspace, database: Database, one: str, other: str, verdict: str) -> Decided:
    return judge(workspace.settings, database, one, other, verdict, **WHO)


def again(workspace: TinyWorkspace, database: Database, day: str) -> None:
    """Another night in which everybody in crm has a new phone."""
    workspace.deliver("crm", text(people(0, 80, PHONE=f"+1 212 555 01{day[-2:]}")), day=day)
    assert workspace.night(database)["status"] == "applied"


def test_different_splits_for_good_until_it_is_taken_back(workspace: TinyWorkspace, store: Database) -> None:
    two = ("crm:K005", "billing:B005")
    (whole, also) = pins(store, *two)
    assert whole == also
    found = decided(workspace, store, *two, "different")
    assert found.report is not None
    assert len(set(found.after.values())) == 2
    again(workspace, store, "20260401")
    apart = pins(store, *two)
    assert apart == [found.after[key] for key in two]
    decided(workspace, store, *two, "unsure")  # taken back: the evidence decides again
    assert set(pins(store, *two)) == {whole}


def test_a_contradiction_is_refused_with_its_chain(workspace: TinyWorkspace, store: Database) -> None:
    decided(workspace, store, "crm:K001", "crm:K002", "same")
    decided(workspace, store, "crm:K002", "crm:K003", "same")
    with pytest.raises(UsageError, match="K001 is the same as crm:K002 is the same as crm:K003"):
        decided(workspace, store, "crm:K001", "crm:K003", "different")
    with pytest.raises(UsageError, match="no such verdict"):
        decided(workspace, store, "crm:K001", "crm:K003", "maybe")
    with pytest.raises(UsageError, match="one record"):
        decided(workspace, store, "crm:K001", "crm:K001", "same")
    with pytest.raises(NotFound, match="K999"):
        decided(workspace, store, "crm:K001", "crm:K999", "same")


def test_unmerging_gives_the_old_pin_back(workspace: TinyWorkspace, store: Database) -> None:
    keys = ("crm:K001", "crm:K002")
    first, second = pins(store, *keys)
    decided(workspace, store, *keys, "same")
    assert pins(store, *keys) == [first, first]
    unmerge(workspace.settings, store, second, **WHO)
    assert pins(store, *keys) == [first, second]
    with pytest.raises(UsageError, match="nothing to take out"):
        unmerge(workspace.settings, store, second, **WHO)
    unmerge(workspace.settings, store, "billing:B005", **WHO)
    assert len(set(pins(store, "crm:K005", "billing:B005"))) == 2
    with pytest.raises(UsageError, match="would leave nothing behind"):
        unmerge(workspace.settings, store, "billing:B005", **WHO)


def test_an_override_holds_until_its_last_day(workspace: TinyWorkspace, store: Database) -> None:
    (pin,) = pins(store, "crm:K001")

    def born() -> str:
        with store.begin() as connection:
            doc = golden.find_golden(connection, pin)
        assert doc is not None
        return str(doc["doc"]["birth_date"]["value"])

    before, last = born(), dt.date(2026, 4, 2)
    override(workspace.settings, store, pin, "birth_date", "1980-03-02", expires=last, **WHO)
    assert born() == "1980-03-02"
    run_night(workspace.settings, store, Asked(business_date=last))
    assert born() == "1980-03-02"
    run_night(workspace.settings, store, Asked(business_date=dt.date(2026, 4, 3)))
    assert born() == before
    override(workspace.settings, store, pin, "birth_date", "1980-03-03", **WHO)
    assert born() == "1980-03-03"
    override(workspace.settings, store, pin, "birth_date", None, lift=True, **WHO)
    assert born() == before
    with pytest.raises(UsageError, match="no such attribute"):
        override(workspace.settings, store, pin, "shoe_size", "43", **WHO)
    for attribute, value in (("birth_date", "soon"), ("birth_date", "1980-02-30"), ("sex", "x")):
        with pytest.raises(UsageError, match=attribute.replace("sex", "no such sex")):
            override(workspace.settings, store, pin, attribute, value, **WHO)
    with pytest.raises(NotFound, match="nothing is pinned"):
        override(workspace.settings, store, pin, "sex", None, lift=True, **WHO)
