"""Drawn towns: people who share phones and dwellings, with typos; the nights on which each of their records came,
changed and went; and what stewards decided. Limits are low, so that keys become too common and phones generic, and are
so no more. One fixed model.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest
from hypothesis import strategies as st

from mdm.match.model import untrained
from mdm.store import judgements, models
from mdm.store.database import Database
from mdm.store.lookups import latest_version
from tests.pipelines.tiny import TinyWorkspace, text

NIGHTS = 3
SEED = 31  # of the busy town: four come late, three go, three change, a phone of eight is one of six then
SETTINGS = """
[run]
business_date = 2026-04-30
[matching]
match_weight = 6.0
max_block = 4
max_weak_block = 3
generic_people = 5
[gates]
max_deleted_share = 1.0
max_row_count_change = 99.0
max_rejected_share = 1.0
max_churn = 1.0
"""
COLUMNS = ("ID", "GIVEN", "FAMILY", "BORN", "PHONE", "STREET", "CITY", "ZIP", "TAX", "UPDATED")
PHONES = ("+1 416 555 0101", "+1 416 555 0102", "+1 416 555 0103")
STREETS = ("1 Main Street", "2 Main Street", "30 Oak Street")
CHANGED = 'changed_at: {column: UPDATED, format: "%Y-%m-%d"}\n'
Places = pytest.TempPathFactory
Decision = tuple[int, tuple[str, str], tuple[str, str], str]


@dataclass(frozen=True)
class World:
    """nights: per night what each source holds, key -> row. decided: after which night, which two keys, what.

    dated: whether the sources say when a row changed. Without, it is as old as its delivery, which differs by the
    order of arrival; and so may the golden value that is newer than others as much trusted.
    """

    nights: list[dict[str, dict[str, dict[str, str]]]]
    decided: list[Decision] = field(default_factory=list)
    dated: bool = False


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A town over NIGHTS nights, and what stewards decided."""
    dice = random.Random(draw(st.integers(0, 2**32)))
    nights = town(dice, people=draw(st.integers(4, 9)), records=draw(st.integers(6, 16)))
    return World(nights, _decided(dice, nights, draw(st.integers(0, 2))), draw(st.booleans()))


def busy_town() -> World:
    """One town in which everything happens: records that come late, change, and go, and two judgements."""
    dice = random.Random(SEED)
    nights = town(dice, people=8, records=16)
    return World(nights, _decided(dice, nights, 2))


def _decided(dice: random.Random, nights: list[dict[str, dict[str, dict[str, str]]]], most: int) -> list[Decision]:
    """So many judgements at most, of records that are always there."""
    last = [
        (source, key) for source, held in nights[-1].items() for key in held if all(key in n[source] for n in nights)
    ]
    dice.shuffle(last)
    judged = min(most, len(last) // 2)  # no record twice: nothing that could contradict
    return [
        (dice.randrange(NIGHTS), last[2 * n], last[2 * n + 1], dice.choice(("same", "different")))
        for n in range(judged)
    ]


def town(dice: random.Random, people: int = 6, records: int = 10) -> list[dict[str, dict[str, dict[str, str]]]]:
    """What two sources hold each night. A record's name and birth date stay: no key is given to somebody else."""
    there = [_person(dice) for _ in range(people)]
    rows: dict[tuple[str, str], list[dict[str, str] | None]] = {}
    for number in range(records):
        source = dice.choice(("crm", "web"))
        key = f"{source[0].upper()}{number:02}"
        rows[source, key] = _life(dice, _seen(dice, dice.choice(there)) | {"ID": key})
    for source in ("crm", "web"):  # an empty full delivery is stopped by its gate, and then deletes nobody
        key = f"{source[0].upper()}99"
        rows[source, key] = [_seen(dice, dice.choice(there)) | {"ID": key}] * NIGHTS
    return [
        {
            source: {key: row for (of, key), life in rows.items() if of == source and (row := life[night]) is not None}
            for source in ("crm", "web")
        }
        for night in range(NIGHTS)
    ]


def _person(dice: random.Random) -> dict[str, str]:
    return {
        "GIVEN": dice.choice(("Ann", "Anna", "Bo", "Carla")),
        "FAMILY": dice.choice(("Lee", "Novak", "Okafor")),
        "BORN": dice.choice(("1980-02-03", "1980-02-04", "1991-11-12")),
        "PHONE": dice.choice(PHONES),
        "STREET": dice.choice(STREETS),
        "CITY": "Springfield",
        "ZIP": "10001",
        "TAX": dice.choice(("", "", f"9{dice.randrange(10**8):08}")),
        "UPDATED": "2026-03-31",
    }


def _seen(dice: random.Random, person: Mapping[str, str]) -> dict[str, str]:
    """The person as a system has it."""
    seen = dict(person)
    if dice.random() < 0.3:
        seen["GIVEN"] = dice.choice(("", seen["GIVEN"][:1], seen["GIVEN"] + "e"))
    for name in ("PHONE", "STREET", "TAX"):
        if dice.random() < 0.2:
            seen[name] = ""
    return seen


def _life(dice: random.Random, last: dict[str, str]) -> list[dict[str, str] | None]:
    """What a source holds each night: not yet there, another phone or street before, gone at the end."""
    last = last | {"UPDATED": f"2026-03-{1 + int(last['ID'][1:]) % 5:02}"}
    life: list[dict[str, str] | None] = [last] * NIGHTS
    for night in range(NIGHTS - 1):
        if dice.random() < 0.4:
            before = {
                "PHONE": dice.choice(PHONES),
                "STREET": dice.choice(STREETS),
                "UPDATED": f"2026-02-{night + 1:02}",
            }
            life[night] = last | before
    for night in range(dice.choice((0, 0, 1, 2))):
        life[night] = None
    if dice.random() < 0.15:
        life[-1] = None
    return life


def deliver(workspace: TinyWorkspace, night: Mapping[str, Mapping[str, Mapping[str, str]]], day: int) -> None:
    for source, rows in night.items():
        content = text([dict(row) for row in rows.values()], COLUMNS)
        workspace.deliver(source, content, day=f"202604{day:02}")


def start(path: Path, database: Database, delivery: str = "full", *, dated: bool = False) -> TinyWorkspace:
    workspace = TinyWorkspace(path, SETTINGS)
    for source in ("crm", "web"):
        workspace.source(source, delivery=delivery, more=CHANGED if dated else "")
    with database.begin() as connection:
        for party in ("person", "organisation"):
            model = untrained(party, records=50)
            models.save_model(connection, model.model_id, party, orjson.loads(model.to_json()))
            models.make_current(connection, model.model_id)
    return workspace


def decide(database: Database, decided: Sequence[Decision]) -> None:
    """Enter judgements; the next run carries them out."""
    with database.begin() as connection:
        for _, one, other, verdict in decided:
            ids = [version["record_id"] for name in (one, other) if (version := latest_version(connection, *name))]
            judgements.add_judgement(connection, *ids, verdict, actor="a test", reason="drawn")
