"""A bought list of segments and scores, keyed by phone or e-mail and name; enriches customers, never makes one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.operator import write
from benchmarks.operator.contacts import write_mobile
from benchmarks.operator.feeds.delivery import TRUTH, Delivery, keys
from benchmarks.operator.households import CN, TODAY
from benchmarks.operator.mess import chosen, mistype
from benchmarks.operator.observe import Sightings
from benchmarks.operator.text import constant, join, number, pick, show, where
from benchmarks.operator.typing_names import full_latin, hanzi_parts, latin_parts
from benchmarks.operator.world import World

NAME = "enrichment"
FILE = "segments_2026-03.csv"


def sight(world: World) -> list[Sightings]:
    """Every eighth person with a mobile or an e-mail."""
    random = world.random(NAME)
    mail = world.contacts.email.is_valid().to_numpy(zero_copy_only=False)
    person = np.flatnonzero(((world.contacts.mobile >= 0) | mail) & chosen(random, len(world.members), 0.12))
    return [Sightings(NAME, person, np.full(len(person), TODAY - 20))]


def deliver(world: World, seen: list[Sightings]) -> Delivery:
    """One row per person of the list; no truth, for it makes no customers."""
    (people,) = seen
    random, person, rows = world.random(NAME + " rows"), people.person, len(people)
    family, given = hanzi_parts(world, people, random, traditional=0.0, misheard=0.02)
    latin_family, latin, middle = latin_parts(world, people, random, nicknamed=0.05)
    western = mistype(random, full_latin(latin_family, latin, middle, random.integers(0, 2, rows)), 0.02)
    by_phone = (world.contacts.mobile[person] >= 0) & (
        (random.random(rows) < 0.6)
        | world.contacts.email.take(pa.array(person)).is_null().to_numpy(zero_copy_only=False)
    )
    abroad = world.canadian(person)
    table = pa.table(
        {
            "list_no": keys("E", rows, 6),
            "name": where(world.names.group[person] == CN, join(family, given), western),
            "phone": show(by_phone, write_mobile(world.contacts.mobile[person], abroad, np.full(rows, 2))),
            "email": show(~by_phone | chosen(random, rows, 0.2), world.contacts.email.take(pa.array(person))),
            "country": where(abroad, pa.scalar("CA"), pa.scalar("CN")),
            "segment": pick(
                ("young urban", "family", "silver", "premium", "price sensitive"), random.integers(0, 5, rows)
            ),
            "score": number(random.integers(1, 1000, rows)),
            "as_of": constant("2026-03-11", rows),
        }
    )
    return Delivery(table, TRUTH.empty_table())


def write_files(delivery: Delivery, folder: Path) -> None:
    """A plain CSV with a byte order mark, as spreadsheets save it."""
    text = ",".join(delivery.rows.column_names) + "\n" + write.lines(write.quoted(delivery.rows))
    write.text_file(folder / FILE, text, "utf-8-sig")
