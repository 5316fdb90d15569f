"""Written one by one through the API, people end as the customers, golden records and households that a night gives.

    python -m benchmarks.parity [--people 1000] [--shuffles 3] [--set linked_feeds|sample] [--scratch DIR]
                              [--json OUT]

A night on the whole set trains the models. The records of some people (the truth says only whose they are) are loaded
by one night of their own, under these models; and, for every shuffle, into a store of its own record by record: as the
body of a PUT, some in another version first, some taken back in between, and records of others written and deleted. At
the end a run without feeds settles what single writes left. Leaves with 1 when anything differs.
"""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from api.records import RecordBody
from benchmarks.accuracy import CASES, Case
from benchmarks.scratch import scratch_directory
from benchmarks.table import Figure, add_json, finish
from benchmarks.thirty_nights.one_load import differences, same_models
from benchmarks.thirty_nights.view import Content, content_of
from mdm.contracts import load_contracts
from mdm.live.orders import Order, Writer
from mdm.live.write import delete_record, put_record
from mdm.registry.moments import read_day
from mdm.settings import Settings
from mdm.store.database import Database, open_database
from pipelines.night import Asked, run_night
from pipelines.settling import settle

SETS = ("linked_feeds", "sample operator")
SEED = 7
ALTERED, TAKEN_BACK, STRANGERS = 0.3, 0.1, 0.1  # shares of the records; strangers are of people who were not chosen
ANOTHER = 0.1  # of the altered: the record of somebody else, whose key is given to another person then
Key = tuple[str, str]  # system, local id
Row = dict[str, Any]  # of MAPPED, and `extracted_at`


@dataclass(frozen=True, slots=True)
class Step:
    """One request: `row` written under a key, or (None) the key deleted."""

    key: Key
    row: Row | None


@dataclass(frozen=True, slots=True)
class Parity:
    """What came of one shuffle. differing: customers, golden records, households that differ from the one load."""

    requests: int
    seconds: float
    differing: dict[str, int]
    told: list[str]


# -- the requests ------------------------------------------------------------------------------------------------------


def shuffled(rows: Mapping[Key, Row], strangers: Mapping[Key, Row], dice: random.Random) -> list[Step]:
    """Requests in a random order that leave exactly `rows`: each key's own in their order."""
    everybody = [*rows.values()]
    lives = []
    for key, row in rows.items():
        life = [Step(key, row)]
        if dice.random() < ALTERED:
            life.insert(0, Step(key, _altered(row, everybody, dice)))
        if dice.random() < TAKEN_BACK:
            life = [Step(key, row), Step(key, None), *life]
        lives.append(life)
    lives += [[Step(key, row), Step(key, None)] for key, row in strangers.items()]
    placed = [(moment, step) for life in lives for moment, step in zip(_moments(len(life), dice), life, strict=True)]
    return [step for _, step in sorted(placed, key=lambda pair: pair[0])]


def _moments(count: int, dice: random.Random) -> list[float]:
    return sorted(dice.random() for _ in range(count))


def _altered(row: Row, everybody: Sequence[Row], dice: random.Random) -> Row:
    """The row as it might have been before: some values are those of another one."""
    other = dice.choice(everybody)
    if dice.random() < ANOTHER and other["party"] == row["party"]:
        return {**other, "system": row["system"], "local_id": row["local_id"]}
    names = ["phones", "address", "emails", "name_given", "birth_date", "accounts", "identifiers"]
    return {**row, **{name: other[name] for name in dice.sample(names, 2)}}


_TEXTS = ("birth_date", "birth_calendar", "death_date", "sex", "household_role", "changed_at")


def body_of(row: Row) -> RecordBody:
    """The body of a PUT that says what a row of MAPPED says, but for ends of periods that are no dates (`00000000`).

    A night drops these with a remark, the API refuses them.
    """
    row = {name: _dated(value) for name, value in row.items()}
    name = {part: row[f"name_{part}"] for part in _NAME}
    lists = ("phones", "emails", "identifiers", "accounts", "subscriptions", "relationships", "consents", "attributes")
    said = {
        "party": row["party"], "name": name if any(name.values()) else None, "organisation": row["organisation_name"],
        **{column: row[column] for column in _TEXTS},
        "address": _without_nulls(row["address"]), **{column: row[column] or [] for column in lists},
    }  # fmt: skip
    return RecordBody.model_validate(said)


def _dated(value: Any) -> Any:
    if isinstance(value, list):
        return [_dated(each) for each in value]
    if not isinstance(value, dict) or "valid_to" not in value:
        return value
    return value | {name: _day(value[name]) for name in ("valid_from", "valid_to")}


def _day(text: str | None) -> str | None:
    try:
        return None if text is None else read_day(text).isoformat()
    except ValueError:
        return None


def _without_nulls(parts: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {name: part for name, part in (parts or {}).items() if part is not None} or None


_NAME = ("full", "prefix", "given", "middle", "family", "suffix", "former")


def carry_out(writer: Writer, steps: Sequence[Step]) -> None:
    """Send the requests one after the other."""
    for step in steps:
        if step.row is None:
            delete_record(writer, *step.key, Order("parity"))
        else:
            put_record(writer, *step.key, body_of(step.row).to_mapped(), Order("parity", at=step.row["extracted_at"]))


# -- the stores --------------------------------------------------------------------------------------------------------


def workspace_of(case: Case, path: Path) -> Settings:
    """A copy of the workspace of a set, with an empty store."""
    shutil.copytree(case.workspace, path, ignore=shutil.ignore_patterns("var"))
    path.chmod(0o711)
    return Settings.load(path, landing=case.landing)


def received(settings: Settings, database: Database) -> dict[Key, Row]:
    """What the feeds say, record by record: the files of a run that is ended after its first step."""
    run_night(settings, database, Asked(only="receive"))
    return {
        (row["system"], row["local_id"]): row
        for file in sorted(_received_files(settings))
        for row in pq.read_table(file).to_pylist()
    }


def one_load(case: Case, path: Path, models: Database, chosen: set[Key]) -> Content:
    """What a night makes of the chosen records alone."""
    settings = workspace_of(case, path)
    with open_database(None, settings.var) as database:
        same_models(models, database)
        run_night(settings, database, Asked(only="receive"))
        for file in _received_files(settings):
            table = pq.read_table(file)
            keys = zip(table["system"].to_pylist(), table["local_id"].to_pylist(), strict=True)
            pq.write_table(table.filter([key in chosen for key in keys]), file)
        run_night(settings, database)
        with database.read() as connection:
            return content_of(connection)


def one_by_one(case: Case, path: Path, models: Database, steps: Sequence[Step]) -> Content:
    """What single writes make of them, settled at the end."""
    settings = workspace_of(case, path)
    with open_database(None, settings.var) as database:
        same_models(models, database)
        carry_out(Writer.of(database, settings, load_contracts(settings.sources)), steps)
        settle(settings, database)
        with database.read() as connection:
            return content_of(connection)


def _received_files(settings: Settings) -> Iterator[Path]:
    return (settings.var / "runs").glob("*/receive/changed-*.parquet")


def choose(case: Case, rows: Mapping[Key, Row], people: int, dice: random.Random) -> tuple[set[Key], set[Key]]:
    """The keys of all records of some people, with those of systems that no truth names (bought lists); and others."""
    with case.truth.open(encoding="utf-8", newline="") as file:
        whose = {(row["source"], row["local_id"]): row["person"] for row in csv.DictReader(file)}
    everybody = sorted(set(whose.values()))
    wanted = set(dice.sample(everybody, min(people, len(everybody))))
    named = {system for system, _ in whose}
    chosen = {key for key in rows if key[0] not in named or whose.get(key) in wanted}
    others = sorted(rows.keys() - chosen)
    return chosen, set(dice.sample(others, min(len(others), round(len(chosen) * STRANGERS))))


def measure_parity(case: Case, scratch: Path, people: int, shuffles: int) -> Iterator[Parity]:
    """One set: train, load once, then shuffle after shuffle."""
    settings = workspace_of(case, scratch / "whole")
    dice = random.Random(SEED)
    with open_database(None, settings.var) as models:
        rows = received(settings, models)
        run_night(settings, models)
        chosen, strangers = choose(case, rows, people, dice)
        mine = {key: rows[key] for key in sorted(chosen)}
        load = one_load(case, scratch / "load", models, chosen)
        for number in range(shuffles):
            steps = shuffled(mine, {key: rows[key] for key in sorted(strangers)}, random.Random(SEED + number))
            began = time.monotonic()
            written = one_by_one(case, scratch / f"shuffle{number}", models, steps)
            yield Parity(len(steps), time.monotonic() - began, *differences(written, load))


def main() -> None:
    """Parse the arguments, measure, print what differs and the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity", description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=1000, help="people whose records are written (default 1000)")
    parser.add_argument("--shuffles", type=int, default=3, help="orders in which they are (default 3)")
    parser.add_argument("--set", choices=SETS, action="append", help="only this one (default both)")
    parser.add_argument("--scratch", type=Path, help="an empty directory to work in, kept (default: one that is not)")
    add_json(parser)
    asked = parser.parse_args()
    figures = []
    with scratch_directory(asked.scratch) as scratch:
        for case in (make() for make in CASES):
            if case.name not in (asked.set or SETS) or not case.truth.exists():
                continue
            folder = scratch / case.name.replace(" ", "_")
            folder.mkdir(mode=0o711)
            for number, found in enumerate(measure_parity(case, folder, asked.people, asked.shuffles), 1):
                print("\n".join(found.told), flush=True)
                name = f"{case.name}, shuffle {number}"
                figures.append(Figure(f"{name}: requests", found.requests, "requests"))
                figures.append(Figure(f"{name}: time", found.seconds, "s"))
                for what, count in found.differing.items():
                    figures.append(Figure(f"{name}: {what} that differ from one load", count, "", None, 0))
    finish(figures, asked.json)


if __name__ == "__main__":
    main()
