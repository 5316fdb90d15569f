"""What a feed hands over: the rows of its file as text columns, and the truth about each record."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from benchmarks.operator.observe import Sightings
from benchmarks.operator.text import Ints, Text, constant, dates, join, number
from benchmarks.operator.world import World

TRUTH = pa.schema([(name, pa.string()) for name in ("source", "local_id", "person", "household", "as_of")])


@dataclass
class Delivery:
    """`rows` in the column order of the file; `truth` one row per record with a readable key."""

    rows: pa.Table
    truth: pa.Table

    def add(self, rows: list[dict[str, str | None]], truth: list[tuple[str, str, str, str | None, str]]) -> None:
        """Append hand-made rows (missing columns are null) and their truth."""
        more = pa.Table.from_pylist(rows, schema=self.rows.schema)
        self.rows = pa.concat_tables([self.rows, more]).combine_chunks()
        columns = zip(*truth, strict=True) if truth else [[]] * 5
        known = pa.table([pa.array(column, pa.string()) for column in columns], schema=TRUTH)
        self.truth = pa.concat_tables([self.truth, known]).combine_chunks()

    def repeat(self, random: np.random.Generator, share: float) -> None:
        """Deliver a share of the rows twice, byte for byte."""
        again = np.sort(random.choice(len(self.rows), max(int(len(self.rows) * share), 1), replace=False))
        self.rows = pa.concat_tables([self.rows, self.rows.take(pa.array(again))]).combine_chunks()


def keys(letter: str, rows: int, width: int = 7) -> Text:
    """Local keys in row order: M0000001..."""
    return join(letter, number(np.arange(1, rows + 1), width))


def truth_of(world: World, seen: Sightings, key: Text) -> pa.Table:
    """Truth rows of sightings, at their own days."""
    person, household = seen.truth(world)
    return pa.table([constant(seen.source, len(seen)), key, person, household, dates(seen.day)], schema=TRUTH)


def truth_of_organisations(source: str, rows: Ints, day: Ints, key: Text) -> pa.Table:
    """Truth rows of organisations: no household."""
    nothing = pa.nulls(len(rows), pa.string())
    return pa.table([constant(source, len(rows)), key, join("O", number(rows, 5)), nothing, dates(day)], schema=TRUTH)


def shuffled(random: np.random.Generator, seen: Sightings) -> Sightings:
    """The same sightings in random order: a system's keys say nothing about families."""
    order = random.permutation(len(seen))
    shows = {fact: shown[order] for fact, shown in seen.shows.items()}
    return Sightings(seen.source, seen.person[order], seen.day[order], shows)
