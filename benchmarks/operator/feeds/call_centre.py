"""Call centre: contacts typed by ear, Parquet, a delta per quarter with a deletion flag."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.operator import places, write
from benchmarks.operator.contacts import write_mobile
from benchmarks.operator.feeds.delivery import Delivery, keys, shuffled, truth_of
from benchmarks.operator.feeds.fixed_line import grown
from benchmarks.operator.households import CN, FEMALE, HEAD, TODAY
from benchmarks.operator.mess import chosen, misdigit, mistype
from benchmarks.operator.observe import Sightings
from benchmarks.operator.text import Bools, Text, constant, dates, day, join, number, pick, show, where
from benchmarks.operator.typing_names import full_latin, hanzi_parts, latin_parts
from benchmarks.operator.world import World

NAME = "call_centre"
CUTS = ("2025-06-30", "2025-12-31", "2026-03-31")  # one delta each: what changed since the one before


def sight(world: World) -> list[Sightings]:
    """Every fourth grown person with a mobile, once or several times, in the last two years."""
    random, people = world.random(NAME), np.arange(len(world.members))
    callers = np.flatnonzero((world.contacts.mobile >= 0) & chosen(random, len(people), 0.26))
    person = np.repeat(callers, np.minimum(random.geometric(0.57, len(callers)), 6))
    when = day(2024, 4) + random.integers(0, TODAY - day(2024, 4), len(person))
    seen = shuffled(random, grown(world, Sightings(NAME, person, when)))
    order = np.argsort(seen.day, kind="stable")
    seen = Sightings(NAME, seen.person[order], seen.day[order])
    rows, namesakes = len(seen), world.names.suffix[seen.person] > 0
    seen.shows = shown(random, rows)
    seen.shows["mobile"] |= namesakes
    seen.shows["birth"] |= namesakes
    return [seen]


def shown(random: np.random.Generator, rows: int) -> dict[str, Bools]:
    """Which facts a contact carries."""
    return {
        "mobile": chosen(random, rows, 0.93),
        "email": chosen(random, rows, 0.2),
        "birth": chosen(random, rows, 0.35),
    }


def deliver(world: World, seen: list[Sightings]) -> Delivery:
    """One row per contact, and a few contacts deleted again by a later delta."""
    (calls,) = seen
    key = keys("C", len(calls), 8)
    delivery = Delivery(rows_of(world, calls, key), truth_of(world, calls, key))
    gone: list[dict[str, str | None]] = [
        {
            "contact_id": f"C7000000{i}",
            "op": op,
            "called_at": f"{cut}T08:00:00",
            "caller": "test call",
            "phone": "10086",
        }
        for i in range(3)
        for op, cut in (("U", "2025-05-05"), ("D", "2026-01-15"))
    ]
    delivery.add(gone, [])
    return delivery


def write_files(delivery: Delivery, folder: Path) -> None:
    """Three deltas."""
    called = pc.utf8_slice_codeunits(delivery.rows["called_at"], 0, 10)
    before = "0000-00-00"
    for cut in CUTS:
        mask = pc.and_(pc.greater(called, before), pc.less_equal(called, cut))
        write.parquet(folder / f"calls_{cut.replace('-', '')}.parquet", delivery.rows.filter(mask).combine_chunks())
        before = cut


def rows_of(world: World, seen: Sightings, key: Text) -> pa.Table:
    """One row per contact."""
    random, person, rows = world.random(NAME + " rows"), seen.person, len(seen)
    abroad, contacts, shows = world.canadian(person), world.contacts, seen.shows
    phone = write_mobile(contacts.mobile_at(person, seen.day), abroad, random.integers(0, 4, rows))
    home = world.home_at(person, seen.day)
    minute = number(random.integers(0, 60, rows), 2)
    account = np.where(chosen(random, rows, 0.3), person * 7 % 1_000_003 + 1_000_000, -1)
    return pa.table(
        {
            "contact_id": key,
            "op": constant("U", rows),
            "called_at": join(dates(seen.day), "T", number(8 + random.integers(0, 12, rows), 2), ":", minute, ":00"),
            "caller": _name(world, seen, random),
            "phone": misdigit(random, show(shows["mobile"], phone), 0.006),
            "email": mistype(random, show(shows["email"], contacts.email.take(pa.array(person))), 0.03),
            "birth_day": show(shows["birth"], dates(world.members.birth[person], "%Y%m%d")),
            "account_no": show(account >= 0, join("A", number(account, 8))),
            "city": places.part(home, "city"),
            "country": where(abroad, pa.scalar("CA"), pa.scalar("CN")),
            "language": where(abroad, pa.scalar("en"), pa.scalar("zh")),
        }
    )


def _name(world: World, seen: Sightings, random: np.random.Generator) -> Text:
    rows, names = len(seen), world.names
    family, given = hanzi_parts(world, seen, random, traditional=0.0, misheard=0.12)
    latin_family, latin, middle = latin_parts(world, seen, random, nicknamed=0.1)
    latin_family, latin = mistype(random, latin_family, 0.06), mistype(random, latin, 0.06)
    western = full_latin(latin_family, latin, middle, random.choice(4, rows, p=[0.62, 0.2, 0.1, 0.08]))
    hanzi = (names.group[seen.person] == CN) & ~chosen(random, rows, 0.08)
    typed = where(
        hanzi, join(family, given), pc.if_else(pa.array(chosen(random, rows, 0.2)), pc.utf8_lower(western), western)
    )
    # a surname and a courtesy, or no name at all: the phone has to say who it is, so only where the record shows it
    woman = (world.members.sex[seen.person] == FEMALE).astype(np.int64)
    courtesy = where(
        hanzi, join(family, pick(("先生", "女士"), woman)), join(pick(("Mr ", "Mrs "), woman), latin_family)
    )
    alone = chosen(random, rows, 0.02) & seen.shows["mobile"] & (world.members.slot[seen.person] == HEAD)
    nameless = alone & chosen(random, rows, 0.4)
    return show(~nameless, where(alone, courtesy, typed))
