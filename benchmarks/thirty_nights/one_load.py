"""The final state, loaded at once under the same model and judgements: the same customers and households?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.operator.life.deliveries import Operator
from benchmarks.thirty_nights.view import Content, Name, content_of
from mdm.settings import RunSettings, Settings
from mdm.store import judgements, models
from mdm.store.database import Database, open_database
from mdm.store.lookups import latest_version
from pipelines.night import Asked, run_night

SHOWN = 10  # differences told of each kind


def compare(operator: Operator, database: Database, out: Path) -> tuple[dict[str, int], list[str]]:
    """How many customers, golden records and households differ, and the first of them in words."""
    business_date = operator.final(out)
    settings = Settings.load(out).model_copy(update={"run": RunSettings(business_date=business_date)})
    with open_database(None, settings.var) as other:
        same_models(database, other)
        run_night(settings, other)
        if _same_judgements(database, other):
            run_night(settings, other, Asked(feeds=False))
        with database.begin() as mine, other.begin() as theirs:
            return differences(content_of(mine), content_of(theirs))


def same_models(database: Database, other: Database) -> None:
    """Put the models that one store uses into use in another one, which is empty."""
    with database.begin() as mine, other.begin() as theirs:
        for party in ("person", "organisation"):
            model = models.current_model(mine, party)
            if model is not None:
                models.save_model(theirs, model["model_id"], party, model["definition"])
                models.make_current(theirs, model["model_id"])


def _same_judgements(database: Database, other: Database) -> int:
    """Enter the judgements in force on records that are there under the incarnation that was judged; how many."""
    with database.begin() as connection:
        found = judgements.judgements_in_force(connection).to_pylist()
        current = {
            (side, row["judgement_id"]): latest_version(connection, row[f"{side}_system"], row[f"{side}_local_id"])
            for row in found
            for side in ("left", "right")
        }
    entered = 0
    with other.begin() as connection:
        for row in found:
            ids = []
            for side in ("left", "right"):
                here = current[side, row["judgement_id"]]
                there = latest_version(connection, row[f"{side}_system"], row[f"{side}_local_id"])
                if here and there and here["record_id"] == row[f"{side}_id"] and here["status"] == "accepted":
                    ids.append(there["record_id"])
            if len(ids) == 2:
                verdict, actor = row["verdict"], row["actor"]
                judgements.add_judgement(connection, ids[0], ids[1], verdict, actor=actor, reason=row["reason"])
                entered += 1
    return entered


def differences(nights: Content, load: Content) -> tuple[dict[str, int], list[str]]:
    """How many customers, golden records and households differ, and the first of them in words."""
    grouped = {"nights": nights.customers, "one load": load.customers}
    told: list[str] = []
    for name, other in (("nights", load.customers), ("one load", nights.customers)):
        only = [group for group in grouped[name] if group not in other]
        told += [f"customer only in the {name}: {sorted(map(':'.join, group))}" for group in only[:SHOWN]]
    both = nights.customers.keys() & load.customers.keys()
    golden = [group for group in both if nights.customers[group] != load.customers[group]]
    for group in sorted(golden, key=sorted)[:SHOWN]:
        differ = _attributes(nights.customers[group], load.customers[group])
        told.append(f"golden record of {sorted(map(':'.join, group))}: {differ}")
    mine, theirs = nights.households - load.households, load.households - nights.households
    told += [f"household only in the nights: {_said(group)}" for group in list(mine)[:SHOWN]]
    told += [f"household only in the one load: {_said(group)}" for group in list(theirs)[:SHOWN]]
    counts = {
        "customers": len(nights.customers.keys() ^ load.customers.keys()),
        "golden": len(golden),
        "households": len(mine) + len(theirs),
    }
    return counts, told


def _attributes(mine: Any, theirs: Any) -> str:
    mine, theirs = mine or {}, theirs or {}
    names = [name for name in {*mine, *theirs} if mine.get(name) != theirs.get(name)]
    return "; ".join(f"{name}: {mine.get(name)} / {theirs.get(name)}" for name in sorted(names))


def _said(group: frozenset[tuple[Any, ...]]) -> str:
    return "; ".join(sorted(f"{_member(member)} {role} {since} - {until}" for member, role, since, until in group))


def _member(member: frozenset[Name] | str) -> str:
    """A customer by its first records; one without any by its PIN."""
    return member if isinstance(member, str) else str(sorted(map(":".join, member))[:3])
