"""Television: JSON lines, nested, several phones in an array; names as "Family, Given", also Chinese ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.operator import places, write
from benchmarks.operator.contacts import write_landline, write_mobile
from benchmarks.operator.feeds.delivery import Delivery, keys, shuffled, truth_of
from benchmarks.operator.feeds.fixed_line import grown, subscribers
from benchmarks.operator.households import CN, FEMALE, FR, HEAD, NURSING_HOME, PARTNER, TODAY, YEAR
from benchmarks.operator.mess import chosen, misdate, mistype
from benchmarks.operator.observe import Sightings
from benchmarks.operator.text import Bools, Text, dates, day, first, join, join_present, number, pick, show, where
from benchmarks.operator.typing_names import hanzi_parts, latin_parts, suffix
from benchmarks.operator.world import World

NAME = "tv"
FILE = "tv_customers.jsonl"
# column -> where it goes in the nested object; phones become an array
PATHS = {
    "id": "id",
    "name": "customer.name",
    "nick": "customer.suffix",
    "born": "customer.born",
    "gender": "customer.gender",
    "language": "customer.language",
    "email": "contact.email",
    "phone1": "contact.phones",
    "phone2": "contact.phones",
    "line": "install.line",
    "kind": "install.kind",
    "country": "install.country",
    "since": "install.since",
    "role": "role",
    "account": "account",
    "package": "package.code",
    "status": "package.status",
    "from": "package.from",
    "to": "package.to",
    "marketing": "optIn",
    "updated": "updated",
}


def sight(world: World) -> list[Sightings]:
    """A third of the Chinese, two of five of the Canadian households; any grown member; some nursing home residents."""
    random, members = world.random(NAME), world.members
    rows, canadian = len(world.households), world.households.canadian
    heads = subscribers(world, random, random.random(rows) < np.where(canadian, 0.42, 0.3))
    other = np.minimum(heads + 2, len(members) - 1)
    same = (members.household[other] == members.household[heads]) & chosen(random, len(heads), 0.25)
    person = np.where(same, other, heads)
    elders = np.flatnonzero(
        (world.households.kind[members.household] == NURSING_HOME) & chosen(random, len(members), 0.4)
    )
    person = np.concatenate([person, elders])
    start = np.maximum(
        np.maximum(day(2012), members.birth[person] + 18 * YEAR), world.homes.moved[members.household[person]]
    )
    start = np.minimum(start, TODAY - 40)
    when = start + (random.random(len(person)) ** 0.6 * (TODAY - start)).astype(np.int64)
    seen = shuffled(random, grown(world, Sightings(NAME, person, when)))
    size = len(seen)
    seen.shows = shown(random, size)
    seen.shows["birth"] |= world.names.suffix[seen.person] > 0
    return [seen]


def shown(random: np.random.Generator, rows: int) -> dict[str, Bools]:
    """Which facts a subscriber's record carries."""
    return {
        "birth": chosen(random, rows, 0.66),
        "mobile": chosen(random, rows, 0.75),
        "landline": chosen(random, rows, 0.4),
        "email": chosen(random, rows, 0.45),
        "address": chosen(random, rows, 0.97),
    }


def deliver(world: World, seen: list[Sightings]) -> Delivery:
    """One object per subscriber."""
    (people,) = seen
    key = keys("TV", len(people), 7)
    delivery = Delivery(rows_of(world, people, key), truth_of(world, people, key))
    delivery.repeat(world.random(NAME + " repeated"), 0.002)
    return delivery


def write_files(delivery: Delivery, folder: Path, *, file: str = FILE) -> None:
    """One object a line; one line ends in the middle, one is not JSON at all."""
    broken = {6_000: b'{"id":"TV9000001","customer":{"name":"Broken, Half"', 20_000: b"### restarted by operator ###"}
    write.text_file(folder / file, write.lines(nested(delivery.rows)), "utf-8", broken)


def nested(rows: pa.Table) -> Text:
    """The JSON text of each row; absent values are absent keys."""
    groups: dict[str, list[Text]] = {}
    for column, path in PATHS.items():
        outer, _, inner = path.rpartition(".")
        text = rows[column].combine_chunks()
        if inner == "phones":
            groups.setdefault("contact.phones", []).append(_quote(text))
        elif inner == "optIn":
            groups.setdefault(outer, []).append(join_key(inner, text))
        else:
            groups.setdefault(outer, []).append(join_key(inner, _quote(text)))
    phones = groups.pop("contact.phones")
    listed = join('"phones":[', join_present(*phones, sep=","), "]")
    groups["contact"].insert(0, listed)
    parts = groups.pop("")
    objects = [join(f'"{name}":{{', join_present(*inner, sep=","), "}") for name, inner in groups.items()]
    return join("{", join_present(parts[0], *objects, *parts[1:], sep=","), "}")


def join_key(name: str, value: Text) -> Text:
    """`"name":value`, null where the value is null."""
    return show(value.is_valid().to_numpy(zero_copy_only=False), join(f'"{name}":', value))


def _quote(text: Text) -> Text:
    return show(text.is_valid().to_numpy(zero_copy_only=False), join('"', text, '"'))


def rows_of(world: World, seen: Sightings, key: Text) -> pa.Table:
    """One object per subscriber, flat; `nested` makes the objects."""
    random, person, rows = world.random(NAME + " rows"), seen.person, len(seen)
    home, shows, members = world.home_at(person, seen.day), seen.shows, world.members
    abroad, contacts = places.is_canadian(home), world.contacts
    mobile = write_mobile(contacts.mobile_at(person, seen.day), abroad, random.integers(0, 4, rows))
    landline = write_landline(
        world.landline_at(person, seen.day), places.part(home, "area_code"), abroad, random.integers(0, 4, rows)
    )
    style = random.choice([0, 1, 3], rows)
    line = where(abroad, places.canadian_line(home, style), places.chinese_line(home, style))
    role = np.select([members.slot[person] == HEAD, members.slot[person] == PARTNER], [0, 1], 2)
    french = world.names.group[person] == FR
    started = seen.day - random.integers(0, 400, rows)
    return pa.table(
        {
            "id": key,
            "name": _name(world, seen, random),
            "nick": show(chosen(random, rows, 0.8), suffix(world, seen)),
            "born": show(shows["birth"], dates(misdate(random, members.birth[person], 0.007))),
            "gender": pick(
                ("male", "female"),
                np.where(chosen(random, rows, 0.9), (members.sex[person] == FEMALE).astype(np.int64), -1),
            ),
            "language": where(abroad, where(french, pa.scalar("fr"), pa.scalar("en")), pa.scalar("zh")),
            "email": show(shows["email"], contacts.email.take(pa.array(person))),
            "phone1": show(shows["mobile"], mobile),
            "phone2": show(shows["landline"], landline),
            "line": show(shows["address"], line),
            "kind": where(
                home.quarters, pa.scalar("institution"), pick(("home", "home", "unknown"), random.integers(0, 3, rows))
            ),
            "country": where(abroad, pa.scalar("CA"), pa.scalar("CN")),
            "since": dates(world.home_since(person, seen.day)),
            "role": show(
                chosen(random, rows, 0.5) & (world.household_at(person, seen.day) == members.household[person]),
                pick(("H", "S", "C"), role),
            ),
            "account": join("TVA", number(person * 3 + 500_000, 8)),
            "package": pick(("BASIC", "SPORTS", "FAMILY", "IPTV4K"), random.integers(0, 4, rows)),
            "status": pick(("active", "active", "suspended"), random.integers(0, 3, rows)),
            "from": dates(started),
            "to": pa.nulls(rows, pa.string()),
            "marketing": pick(("true", "false"), random.integers(0, 2, rows)),
            "updated": dates(seen.day, "%Y-%m-%dT09:30:00Z"),
        }
    )


def _name(world: World, seen: Sightings, random: np.random.Generator) -> Text:
    native, given = hanzi_parts(world, seen, random, traditional=0.02, misheard=0.01)
    family, latin, middle = latin_parts(world, seen, random, nicknamed=0.08)
    latin, family = mistype(random, latin, 0.02), mistype(random, family, 0.02)
    with_middle = join(latin, " ", first(middle, pa.nulls(len(seen), pa.string())))
    latin = where(
        middle.is_valid().to_numpy(zero_copy_only=False) & chosen(random, len(seen), 0.25), with_middle, latin
    )
    hanzi = (world.names.group[seen.person] == CN) & ~chosen(random, len(seen), 0.05)
    swapped = chosen(random, len(seen), 0.01)
    left, right = where(hanzi, native, family), where(hanzi, given, latin)
    return join(where(swapped, right, left), ", ", where(swapped, left, right))
