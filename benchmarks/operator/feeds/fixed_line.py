"""The "97" system: landlines, fixed width in GBK bytes, no header; subscribers as registered twenty years ago.

It belongs to the Lanzhou office: numbers of 0931 come without area code, others with.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.operator import places, write
from benchmarks.operator.contacts import write_landline, write_mobile
from benchmarks.operator.feeds.delivery import Delivery, keys, shuffled, truth_of
from benchmarks.operator.feeds.mobile_billing import fifteen
from benchmarks.operator.households import HEAD, PARTNER, TODAY, YEAR
from benchmarks.operator.mess import chosen, misdigit, placeholder
from benchmarks.operator.observe import Sightings
from benchmarks.operator.text import NEVER, Bools, Ints, Text, dates, day, join, number, pick, show, where
from benchmarks.operator.typing_names import hanzi_parts
from benchmarks.operator.world import World

NAME = "fixed_line"
FILE = "F97_20260331.DAT"
WIDTHS = {
    "SUBS_NO": 10,
    "CUST_NAME": 20,
    "ID_NO": 18,
    "TEL": 14,
    "CONTACT": 14,
    "ADDR": 64,
    "ADDR_TYPE": 1,
    "ACCT": 12,
    "PROD": 4,
    "STATUS": 1,
    "OPEN_DT": 8,
    "STOP_DT": 8,
    "UPD_DT": 8,
}


def subscribers(world: World, random: np.random.Generator, share: Bools) -> Ints:
    """The head of each chosen household, or in every third couple the partner."""
    members = world.members
    heads = np.flatnonzero((members.slot == HEAD) & share[members.household])
    _, first = np.unique(members.household[heads], return_index=True)
    heads = heads[first]
    partner = np.minimum(heads + 1, len(members) - 1)
    coupled = (members.household[partner] == members.household[heads]) & (members.slot[partner] == PARTNER)
    return np.where(coupled & chosen(random, len(heads), 0.33), partner, heads)


def grown(world: World, seen: Sightings, years: int = 18) -> Sightings:
    """Only the sightings of people who were of age and had a home on that day."""
    fit = (world.age_at(seen.person, seen.day) >= years) & (world.household_at(seen.person, seen.day) >= 0)
    return Sightings(seen.source, seen.person[fit], seen.day[fit])


def sight(world: World) -> list[Sightings]:
    """Half of the Chinese households with a landline, and a third of the lines in homes since left."""
    random, homes = world.random(NAME), world.homes
    households = np.arange(len(world.households))
    wired = ~world.households.canadian & (world.contacts.landline[:, 1] >= 0)
    now = subscribers(world, random, wired & chosen(random, len(households), 0.5))
    moved = homes.moved[world.members.household[now]]
    start = np.maximum(
        np.maximum(moved, day(1999)), np.maximum(world.members.birth[now] + 19 * YEAR, world.members.joined[now])
    )
    end = np.maximum(start + 60, np.minimum(day(2021), TODAY - 30))
    past = subscribers(world, random, wired & (homes.moved > day(2010)) & chosen(random, len(households), 0.5))
    left = homes.moved[world.members.household[past]] - random.integers(5, 2500, len(past))
    person = np.concatenate([now, past])
    when = np.concatenate([start + (random.random(len(now)) * (np.minimum(end, TODAY) - start)).astype(np.int64), left])
    here = world.household_at(person, when) == world.members.household[person]
    seen = shuffled(random, grown(world, Sightings(NAME, person[here], np.minimum(when[here], TODAY))))
    rows = len(seen)
    seen.shows = shown(random, rows)
    return [seen]


def shown(random: np.random.Generator, rows: int) -> dict[str, Bools]:
    """Which facts a line carries."""
    return {
        "document": chosen(random, rows, 0.78),
        "landline": chosen(random, rows, 0.995),
        "mobile": chosen(random, rows, 0.35),
        "address": chosen(random, rows, 0.96),
    }


def deliver(world: World, seen: list[Sightings]) -> Delivery:
    """One row per line."""
    (lines,) = seen
    key = keys("6", len(lines), 8)
    delivery = Delivery(rows_of(world, lines, key), truth_of(world, lines, key))
    delivery.repeat(world.random(NAME + " repeated"), 0.003)
    return delivery


def write_files(delivery: Delivery, folder: Path, *, file: str = FILE, bad: dict[int, bytes] | None = None) -> None:
    """The extract, with one record cut short and one that no GBK reader can decode."""
    record = sum(WIDTHS.values())
    broken = bad or {
        record * 20: "7000000001孙断行".encode("gbk"),
        record * 80: b"7000000002" + b"\xff\xfe\xfd\x81" * 5 + b" " * (record - 30),
    }
    write.text_file(folder / file, write.lines(write.fixed_width(delivery.rows, WIDTHS)), "gbk", broken)


def rows_of(world: World, seen: Sightings, key: Text) -> pa.Table:
    """One row per line."""
    random, person, rows = world.random(NAME + " rows"), seen.person, len(seen)
    home, shows = world.home_at(person, seen.day), seen.shows
    family, given = hanzi_parts(world, seen, random, traditional=0.01, misheard=0.015)
    opened = seen.day - random.integers(0, 900, rows)
    stay_ends = np.where(
        seen.day < world.homes.moved[world.members.household[person]],
        world.homes.moved[world.members.household[person]],
        NEVER,
    )
    area = places.part(home, "area_code")
    own_city = np.array(area.to_pylist()) == "0931"
    address = places.chinese_line(
        home, np.where(own_city & chosen(random, rows, 0.5), 2, random.choice([0, 1, 3, 4], rows))
    )
    style = np.where(own_city, 4, random.integers(0, 2, rows))
    return pa.table(
        {
            "SUBS_NO": key,
            "CUST_NAME": join(family, given),
            "ID_NO": _identity(world, seen, random),
            "TEL": show(
                shows["landline"],
                write_landline(world.landline_at(person, seen.day), area, places.is_canadian(home), style),
            ),
            "CONTACT": show(
                shows["mobile"],
                write_mobile(
                    world.contacts.mobile_at(person, seen.day), places.is_canadian(home), random.integers(0, 2, rows)
                ),
            ),
            "ADDR": show(shows["address"], address),
            "ADDR_TYPE": where(home.quarters, pa.scalar("G"), pick(("D", "D", " "), random.integers(0, 3, rows))),
            "ACCT": join("L", number(person * 11 % 10_000_019, 9)),
            "PROD": pick(("PSTN", "ISDN", "PHS "), random.choice(3, rows, p=[0.85, 0.05, 0.1])),
            "STATUS": where(stay_ends < NEVER, "C", "A"),
            "OPEN_DT": dates(opened, "%Y%m%d"),
            "STOP_DT": placeholder(random, dates(stay_ends, "%Y%m%d"), 0.02, "00000000"),
            "UPD_DT": dates(seen.day, "%Y%m%d"),
        }
    )


def _identity(world: World, seen: Sightings, random: np.random.Generator) -> Text:
    full = show(seen.shows["document"], world.contacts.national_id.take(pa.array(seen.person)))
    old = (seen.day < day(2008)) & (world.members.birth[seen.person] < day(1990)) & chosen(random, len(seen), 0.75)
    return placeholder(random, misdigit(random, where(old, fifteen(full), full), 0.008), 0.008, "0", "111111111111111")
