"""The web shop: customers register themselves; a full extract at noon, and each change at once as a line of its own.

Not one of the seven feeds of the sample workspace: only the thirty nights have it (`benchmarks.operator.life`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.operator import places, write
from benchmarks.operator.contacts import write_mobile
from benchmarks.operator.feeds.delivery import Delivery, keys, shuffled, truth_of
from benchmarks.operator.feeds.fixed_line import grown
from benchmarks.operator.households import CN, TODAY
from benchmarks.operator.mess import chosen, mistype
from benchmarks.operator.observe import Sightings
from benchmarks.operator.text import Bools, Text, dates, day, join_present, show, where
from benchmarks.operator.typing_names import hanzi_parts, latin_parts
from benchmarks.operator.world import World

NAME = "web_shop"
FILE = "web_202603311200.jsonl"
COLUMNS = ("id", "given", "family", "born", "id_card", "mobile", "email", "line", "country", "updated")


def sight(world: World) -> list[Sightings]:
    """Every eighth grown person with an e-mail, in the last three years."""
    random, people = world.random(NAME), np.arange(len(world.members))
    mail = world.contacts.email.is_valid().to_numpy(zero_copy_only=False)
    person = np.flatnonzero(mail & chosen(random, len(people), 0.12))
    when = day(2023, 4) + random.integers(0, TODAY - day(2023, 4), len(person))
    seen = shuffled(random, grown(world, Sightings(NAME, person, when)))
    seen.shows = shown(random, len(seen))
    return [seen]


def shown(random: np.random.Generator, rows: int) -> dict[str, Bools]:
    """Which facts somebody tells a form; the e-mail is obligatory."""
    return {
        "document": chosen(random, rows, 0.2),
        "birth": chosen(random, rows, 0.7),
        "mobile": chosen(random, rows, 0.8),
        "email": np.ones(rows, dtype=bool),
        "address": chosen(random, rows, 0.8),
    }


def deliver(world: World, seen: list[Sightings]) -> Delivery:
    """One object per account."""
    (people,) = seen
    key = keys("W", len(people), 7)
    return Delivery(rows_of(world, people, key), truth_of(world, people, key))


def rows_of(world: World, seen: Sightings, key: Text) -> pa.Table:
    """One flat object per account, typed by the customer."""
    random, person, rows = world.random(NAME + " rows"), seen.person, len(seen)
    native, given = hanzi_parts(world, seen, random, traditional=0.02, misheard=0.0)
    family, latin, _ = latin_parts(world, seen, random, nicknamed=0.1)
    hanzi = (world.names.group[person] == CN) & ~chosen(random, rows, 0.1)
    home, shows = world.home_at(person, seen.day), seen.shows
    abroad = places.is_canadian(home)
    style = random.choice([0, 1, 3], rows)
    line = where(abroad, places.canadian_line(home, style), places.chinese_line(home, style))
    mobile = write_mobile(world.contacts.mobile_at(person, seen.day), abroad, random.integers(0, 4, rows))
    return pa.table(
        {
            "id": key,
            "given": where(hanzi, given, mistype(random, latin, 0.01)),
            "family": where(hanzi, native, mistype(random, family, 0.01)),
            "born": show(shows["birth"], dates(world.members.birth[person])),
            "id_card": show(shows["document"], world.contacts.national_id.take(pa.array(person))),
            "mobile": show(shows["mobile"], mobile),
            "email": show(shows["email"], world.contacts.email.take(pa.array(person))),
            "line": show(shows["address"], line),
            "country": where(abroad, pa.scalar("CA"), pa.scalar("CN")),
            "updated": dates(seen.day, "%Y-%m-%dT10:00:00Z"),
        }
    )


def write_files(delivery: Delivery, folder: Path, *, file: str = FILE) -> None:
    """One object a line; absent values are absent keys."""
    columns = [_member(name, delivery.rows[name].combine_chunks()) for name in COLUMNS]
    text = write.lines(join_present(*columns, sep=",")) if len(delivery.rows) else ""
    lines = "".join(f"{{{line}}}\n" for line in text.splitlines())
    write.text_file(folder / file, lines, "utf-8")


def _member(name: str, text: Text) -> Text:
    return show(text.is_valid().to_numpy(zero_copy_only=False), write.delimited(_quoted(name, text), ""))


def _quoted(name: str, text: Text) -> pa.Table:
    rows = len(text)
    return pa.table({"a": pa.repeat(f'"{name}":"', rows), "b": text, "c": pa.repeat('"', rows)})
