"""Broadband: CSV in UTF-8, both countries; structured addresses; each account has a payer and, often, another user."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.operator import places, write
from benchmarks.operator.contacts import write_mobile
from benchmarks.operator.feeds.delivery import Delivery, keys, shuffled, truth_of
from benchmarks.operator.feeds.fixed_line import grown, subscribers
from benchmarks.operator.households import CN, TODAY, YEAR
from benchmarks.operator.mess import chosen, misdate, misdigit, mistype, placeholder
from benchmarks.operator.names import latin_family
from benchmarks.operator.observe import Sightings
from benchmarks.operator.text import NEVER, Bools, Ints, Text, dates, day, join, number, pick, show, where
from benchmarks.operator.typing_names import hanzi_parts, latin_parts, suffix
from benchmarks.operator.world import World

NAME = "broadband"
FILE = "bb_accounts_20260331.csv"
PRODUCTS = ("FTTH-100", "FTTH-300", "FTTH-1000", "CABLE-75", "DSL-8")


def sight(world: World) -> list[Sightings]:
    """(payers, users): two of five Chinese and three of five Canadian households, some also where they lived before."""
    random, homes = world.random(NAME), world.homes
    rows, canadian = len(world.households), world.households.canadian
    now = subscribers(world, random, random.random(rows) < np.where(canadian, 0.62, 0.4))
    again = now[chosen(random, len(now), 0.1)]
    recent = np.concatenate([now, again])
    start = np.maximum(
        np.maximum(homes.moved[world.members.household[recent]], day(2011)), world.members.birth[recent] + 19 * YEAR
    )
    late = start + (random.random(len(recent)) ** 0.7 * np.maximum(TODAY - start, 1)).astype(np.int64)
    past = subscribers(world, random, (homes.moved > day(2010)) & chosen(random, rows, 0.35))
    early = homes.moved[world.members.household[past]] - random.integers(5, 1500, len(past))
    unwed = np.flatnonzero(
        (world.members.earlier >= 0) & (world.members.joined > day(2012)) & chosen(random, len(world.members), 0.15)
    )
    alone = world.members.joined[unwed] - random.integers(5, 700, len(unwed))
    payers = Sightings(
        NAME, np.concatenate([recent, past, unwed]), np.minimum(np.concatenate([late, early, alone]), TODAY)
    )
    payers = shuffled(random, grown(world, payers))
    users = _users(world, random, payers)
    for seen, document in ((payers, 0.6), (users, 0.0)):
        seen.shows = shown(random, len(seen), document=document)
    for seen in (payers, users):
        seen.shows["birth"] |= world.names.suffix[seen.person] > 0
    return [payers, users]


def shown(random: np.random.Generator, rows: int, *, document: float = 0.6) -> dict[str, Bools]:
    """Which facts a payer's record carries; of a user (`document` 0) less is known."""
    facts = {
        "birth": chosen(random, rows, 0.75 if document else 0.6),
        "mobile": chosen(random, rows, 0.8 if document else 0.6),
        "email": chosen(random, rows, 0.6),
        "address": np.ones(rows, dtype=bool),
    }
    return facts | ({"document": chosen(random, rows, document)} if document else {})


def _users(world: World, random: np.random.Generator, payers: Sightings) -> Sightings:
    """In every third account another member of the household that day; `person` -1 elsewhere."""
    members, person = world.members, payers.person
    step = np.array([1, -1, 2, 3])[random.integers(0, 4, len(person))]
    other = np.clip(person + step, 0, len(members) - 1)
    together = world.household_at(other, payers.day) == world.household_at(person, payers.day)
    old = payers.day - members.birth[other] > 7 * YEAR
    uses = together & old & (other != person) & chosen(random, len(person), 0.5)
    rows = np.flatnonzero(uses)
    seen = Sightings(NAME, other[rows], payers.day[rows])
    seen.row = rows
    return seen


def deliver(world: World, seen: list[Sightings]) -> Delivery:
    """One row per account; the user's record is <account>#user."""
    payers, users = seen
    key = keys("BB", len(payers), 8)
    user_key = join(key.take(pa.array(users.row)), "#user")
    truth = pa.concat_tables([truth_of(world, payers, key), truth_of(world, users, user_key)]).combine_chunks()
    delivery = Delivery(rows_of(world, payers, users, key), truth)
    delivery.repeat(world.random(NAME + " repeated"), 0.002)
    return delivery


def write_files(delivery: Delivery, folder: Path, *, file: str = FILE, bad: dict[int, bytes] | None = None) -> None:
    """A CSV with one line that lost its end and one with a comma too many."""
    text = ",".join(delivery.rows.column_names) + "\n" + write.lines(write.quoted(delivery.rows))
    broken = bad or {
        5_000: b"BB90000001,FTTH-100,A,2019-01-01",
        12_000: b"BB90000002,DSL-8,A,,,CA,Ann,,Lost" + b"," * 40,
    }
    write.text_file(folder / file, text, "utf-8", broken)


def rows_of(world: World, payers: Sightings, users: Sightings, key: Text) -> pa.Table:
    """One row per account; `users.row` says in which row a user is."""
    random, person, rows = world.random(NAME + " rows"), payers.person, len(payers)
    home = world.home_at(person, payers.day)
    abroad, contacts = places.is_canadian(home), world.contacts
    moved = world.homes.moved[world.members.household[person]]
    ended = np.where(
        (payers.day < moved) & (world.household_at(person, payers.day) == world.members.household[person]), moved, NEVER
    )
    names, documents = _names(world, payers, random, "payer_"), payers.shows["document"]
    maiden = world.names.maiden[person]
    former = show(
        (maiden >= 0) & (payers.day >= world.members.married[person]) & chosen(random, rows, 0.5), latin_family(maiden)
    )
    others = _spread(_names(world, users, random, "user_") | _reach(world, users, random, "user_"), users.row, rows)
    return pa.table(
        {
            "account_no": key,
            "product": pick(PRODUCTS, random.integers(0, len(PRODUCTS), rows)),
            "status": where(ended < NEVER, "T", pick(("A", "A", "A", "S"), random.integers(0, 4, rows))),
            "start_date": dates(np.minimum(payers.day, TODAY) - random.integers(0, 700, rows)),
            "end_date": dates(ended),
            "country": where(abroad, pa.scalar("CA"), pa.scalar("CN")),
            **names,
            "payer_former": former,
            "payer_id_card": misdigit(random, show(documents, contacts.national_id.take(pa.array(person))), 0.005),
            "payer_licence": show(documents, contacts.licence.take(pa.array(person))),
            "payer_sin": show(documents & chosen(random, rows, 0.5), _sin(contacts.sin.take(pa.array(person)))),
            **_reach(world, payers, random, "payer_"),
            **others,
            **_address(home),
            "address_type": where(
                home.quarters, pa.scalar("GQ"), pick(("RES", "RES", ""), random.integers(0, 3, rows))
            ),
            "address_from": dates(world.home_since(person, payers.day)),
            "updated_at": dates(payers.day),
        }
    )


def _sin(sin: Text) -> Text:
    return show(
        sin.is_valid().to_numpy(zero_copy_only=False),
        join(
            pc.utf8_slice_codeunits(sin, 0, 3),
            " ",
            pc.utf8_slice_codeunits(sin, 3, 6),
            " ",
            pc.utf8_slice_codeunits(sin, 6, 9),
        ),
    )


def _names(world: World, seen: Sightings, random: np.random.Generator, prefix: str) -> dict[str, Text]:
    native, given = hanzi_parts(world, seen, random, traditional=0.01, misheard=0.01)
    family, latin, middle = latin_parts(world, seen, random, nicknamed=0.07)
    latin, family = mistype(random, latin, 0.02), mistype(random, family, 0.02)
    hanzi = (world.names.group[seen.person] == CN) & ~chosen(random, len(seen), 0.08)
    first_name, last_name = where(hanzi, given, latin), where(hanzi, native, family)
    swapped = chosen(random, len(seen), 0.02)
    first_name, last_name = where(swapped, last_name, first_name), where(swapped, first_name, last_name)
    plain = chosen(random, len(seen), 0.15)
    first_name, last_name = (where(plain & ~hanzi, places.plain(name), name) for name in (first_name, last_name))
    return {
        f"{prefix}first": first_name,
        f"{prefix}middle": show(~hanzi & chosen(random, len(seen), 0.5), middle),
        f"{prefix}last": last_name,
        f"{prefix}suffix": show(chosen(random, len(seen), 0.7), suffix(world, seen)),
    }


def _reach(world: World, seen: Sightings, random: np.random.Generator, prefix: str) -> dict[str, Text]:
    """Birth date (as each country writes it), phone and e-mail."""
    person, size = seen.person, len(seen)
    abroad = world.canadian(person)
    birth = misdate(random, world.members.birth[person], 0.008)
    written = where(abroad, dates(birth, "%m/%d/%Y"), dates(birth))
    mobile = write_mobile(
        world.contacts.mobile_at(person, seen.day), abroad, random.choice(4, size, p=[0.4, 0.3, 0.15, 0.15])
    )
    email = mistype(random, world.contacts.email.take(pa.array(person)), 0.004)
    return {
        f"{prefix}dob": placeholder(
            random, show(seen.shows["birth"], written), 0.008, "0000-00-00", "01/01/1900", only=seen.shows["mobile"]
        ),
        f"{prefix}phone": show(seen.shows["mobile"], mobile),
        f"{prefix}email": show(seen.shows["email"], email),
    }


def _spread(columns: dict[str, Text], row: Ints, rows: int) -> dict[str, Text]:
    """Columns of some rows laid out over all rows."""
    index = np.full(rows, -1)
    index[row] = np.arange(len(row))
    return {name: pick(text, index) for name, text in columns.items()}


def _address(home: places.Dwellings) -> dict[str, Text]:
    abroad = places.is_canadian(home)
    block, entrance = places.part(home, "block"), places.part(home, "entrance")
    building = join(
        where(block.is_valid().to_numpy(zero_copy_only=False), join(block, "号楼"), ""),
        where(entrance.is_valid().to_numpy(zero_copy_only=False), join(entrance, "单元"), ""),
    )
    room = places.part(home, "room")
    return {
        "civic_no": where(abroad, number(home.number), join(number(home.number), "号")),
        "street": places.part(home, "street"),
        "estate": places.part(home, "compound"),
        "building": building,
        "unit": where(abroad, room, show(home.room >= 0, join(room, "室"))),
        "district": places.part(home, "district"),
        "city": places.part(home, "city"),
        "province": places.part(home, "region"),
        "postal_code": places.part(home, "postcode"),
    }
