"""Numbers that point at people: mobiles (changed, recycled), family landlines, e-mails, identity documents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from benchmarks.operator import pools
from benchmarks.operator.households import CN, TODAY, YEAR, ZH, Households, Members
from benchmarks.operator.names import Names, english_given, latin_family, latin_given
from benchmarks.operator.places import Dwellings, Homes, plain, rank_within
from benchmarks.operator.text import (
    ALWAYS,
    Bools,
    Ints,
    Text,
    dates,
    day,
    first,
    join,
    number,
    options,
    pick,
    show,
    where,
)

CN_PREFIXES = (130, 133, 135, 138, 139, 151, 158, 159, 186, 188, 189, 177)
# Primes walk through a range of numbers without meeting one twice.
CN_STEP, CN_RANGE = 15_485_863, 100_000_000
CA_STEP, CA_RANGE = 1_299_709, 7_920_000  # exchanges 200-991, without x11 below; 792 * 10,000 numbers
MAIL_DOMAINS = ("mail.example", "post.example", "kuaimail.example", "northmail.example", "webpost.example")
QUARANTINE_DAYS = 90  # a number rests so long before it is given out again


@dataclass
class Contacts:
    """One row per person; numbers are national, as integers; -1 where there is none."""

    mobile: Ints
    mobile_since: Ints
    former: Ints  # mobile before; since `former_since` until the day before `mobile_since`
    former_since: Ints
    landline: Ints  # households x 2, the number in the former and in the present dwelling
    email: Text
    national_id: Text  # resident identity card, people born in China
    sin: Text  # Canadian social insurance number
    licence: Text  # Canadian driving licence
    passport: Text

    def mobile_at(self, person: Ints, when: Ints) -> Ints:
        """The person's mobile number on that day."""
        return np.where(when >= self.mobile_since[person], self.mobile[person], self.former[person])


def equip(
    random: np.random.Generator,
    households: Households,
    members: Members,
    names: Names,
    dwellings: Dwellings,
    homes: Homes,
) -> Contacts:
    """Numbers for everybody of at least ten years."""
    rows = len(members)
    canadian = households.canadian[members.household]
    city = dwellings.city[homes.dwelling[members.household, 1]]
    from_age = members.birth + random.integers(13, 18, rows) * YEAR
    owner = from_age < TODAY - 60
    first_since = np.minimum(np.maximum(from_age, random.integers(day(2003), day(2014), rows)), TODAY - 60)
    changes = owner & (random.random(rows) < 0.33) & (TODAY - first_since > 3 * YEAR)
    changed = np.minimum(
        first_since + 400 + (random.random(rows) * (TODAY - first_since - 800)).astype(np.int64), TODAY - 120
    )
    mobile = np.where(owner, mobiles(1000 + np.arange(rows), canadian, city), -1)
    former = np.where(changes, mobiles(1000 + rows + np.arange(rows), canadian, city), -1)
    contacts = Contacts(
        mobile,
        np.where(changes, changed, first_since),
        former,
        np.where(changes, first_since, ALWAYS),
        _landlines(random, 1000 + 2 * rows, households, dwellings, homes),
        _emails(random, members, names),
        _national_ids(random, households, members, dwellings, homes),
        *_canadian_documents(random, members, names, canadian),
        _passports(random, names, canadian),
    )
    _recycle(random, contacts, canadian)
    return contacts


def mobiles(index: Ints, canadian: Bools, city: Ints) -> Ints:
    """Mobile numbers, another one for each index."""
    prefix = np.array(CN_PREFIXES)[index // 7 % len(CN_PREFIXES)]
    return np.where(canadian, _canadian_numbers(index, city), prefix * CN_RANGE + index * CN_STEP % CN_RANGE)


def _canadian_numbers(index: Ints, city: Ints) -> Ints:
    """Ten digits that no other index has; exchanges like 411 or 911 do not exist and are moved to 9xx."""
    area = np.array([int(place.area_code) for place in pools.cities()])[city]
    walk = index * CA_STEP % CA_RANGE
    exchange, line = 200 + walk // 10_000, walk % 10_000
    exchange = np.where(exchange % 100 == 11, 992 + (exchange // 100 - 2), exchange)
    return area * 10_000_000 + exchange * 10_000 + line


def _landlines(
    random: np.random.Generator, offset: int, households: Households, dwellings: Dwellings, homes: Homes
) -> Ints:
    """Most households have one, a new one in a new dwelling; Chinese ones without area code."""
    rows = len(households)
    has = (random.random(rows) < 0.62) & ~households.group_quarters
    lines = np.full((rows, 2), -1)
    for phase in (0, 1):
        city = dwellings.city[homes.dwelling[:, phase]]
        index = offset + phase * rows + np.arange(rows)
        digits = np.array([place.local_digits for place in pools.cities()])[city]
        local = 10 ** (digits - 1) * (2 + index % 7) + index * CN_STEP % 10 ** (digits - 1)
        lines[:, phase] = np.where(has, np.where(households.canadian, _canadian_numbers(index, city), local), -1)
    same = homes.moved == ALWAYS
    lines[same, 0] = lines[same, 1]
    return lines


def _recycle(random: np.random.Generator, contacts: Contacts, canadian: Bools) -> None:
    """A fifth of the numbers given up become, after their rest, somebody else's present number."""
    for country in (False, True):
        given_up = np.flatnonzero((contacts.former >= 0) & (canadian == country))
        given_up = given_up[random.random(len(given_up)) < 0.2]
        takers = np.flatnonzero((contacts.mobile >= 0) & (canadian == country))
        takers = random.permutation(takers)[: len(given_up)]
        given_up = given_up[: len(takers)]
        ready = contacts.mobile_since[given_up] + QUARANTINE_DAYS + random.integers(5, 900, len(given_up))
        earliest = contacts.former_since[takers] + 30
        fits = (ready < TODAY - 90) & (ready > earliest) & (takers != given_up)
        takers, given_up, ready = takers[fits], given_up[fits], ready[fits]
        contacts.mobile[takers], contacts.mobile_since[takers] = contacts.former[given_up], ready
        moved_on = contacts.former[takers] >= 0
        contacts.former_since[takers[moved_on]] = np.minimum(
            contacts.former_since[takers[moved_on]], ready[moved_on] - 400
        )


def _emails(random: np.random.Generator, members: Members, names: Names) -> Text:
    rows = np.arange(len(members))
    given = first(english_given(names, rows), latin_given(names, rows))
    given, family = (
        pc.replace_substring_regex(plain(pc.utf8_lower(name)), "[^a-z]", "")
        for name in (given, latin_family(names.family))
    )
    serial = number(rows * 7919 % 10 ** max(4, len(str(len(rows)))))
    year = dates(members.birth, "%y")
    style = random.integers(0, 4, len(rows))
    local = options(
        style,
        join(given, ".", family, serial),
        join(family, given, serial),
        join(pc.utf8_slice_codeunits(given, 0, 1), family, year, "_", serial),
        join(pick(["q", "vip", "a", "star"], rows % 4), number(100_000_000 + rows * 7_368_787 % 899_999_963)),
    )
    domain = pick(MAIL_DOMAINS, pools.zipf(random, len(MAIL_DOMAINS), len(rows)))
    has = (random.random(len(rows)) < np.where(names.group == CN, 0.5, 0.8)) & (members.birth < TODAY - 14 * YEAR)
    return show(has, join(local, "@", domain))


def _national_ids(
    random: np.random.Generator, households: Households, members: Members, dwellings: Dwellings, homes: Homes
) -> Text:
    """Region, birth date, serial (odd for men), check digit (GB 11643, ISO 7064 Mod 11,2)."""
    home = dwellings.take(homes.dwelling[members.household, 0])
    codes = [code for city in pools.cities() if city.country == "CN" for _, code in city.districts]
    start = np.r_[0, np.cumsum([len(city.districts) for city in pools.cities() if city.country == "CN"])[:-1]]
    chinese = ~households.canadian[members.household]
    local = start[np.where(chinese, home.city, 0)] + np.where(chinese, home.district, 0)
    elsewhere = random.random(len(members)) < 0.25
    region = np.where(elsewhere, random.integers(0, len(codes), len(members)), local)
    twice = rank_within((region * 100_000 + members.birth + 50_000) * 2 + members.sex)
    serial = ((members.birth * 13 + region * 7) % 400 + twice) * 2 + (1 - members.sex)
    body = join(pick(codes, region), dates(members.birth, "%Y%m%d"), number(serial % 1000, 3))
    return show(chinese, join(body, _mod_11_2(body)))


def _mod_11_2(body: Text) -> Text:
    weights = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
    return pick(list("10X98765432"), _digits(body, 17) @ weights % 11)


def _digits(text: Text, width: int) -> Ints:
    """Decimal digits of texts that are all `width` long (rows x width)."""
    flat = np.frombuffer("".join(text.to_pylist()).encode(), dtype=np.uint8) - 48
    return flat.reshape(len(text), width).astype(np.int64)


def luhn(body: Text, width: int) -> Text:
    """The Luhn check digit for digits that are all `width` long."""
    digits = _digits(body, width)[:, ::-1].copy()
    digits[:, ::2] *= 2
    return number((10 - (digits // 10 + digits % 10).sum(axis=1) % 10) % 10)


def _canadian_documents(
    random: np.random.Generator, members: Members, names: Names, canadian: Bools
) -> tuple[Text, Text]:
    rows = np.arange(len(members))
    body = number(10_000_000 + rows * 7_919 % 69_999_997)
    sin = show(canadian & (members.birth < TODAY - 16 * YEAR), join(body, luhn(body, 8)))
    drives = canadian & (members.birth < TODAY - 17 * YEAR) & (random.random(len(rows)) < 0.8)
    letter = pc.utf8_upper(pc.utf8_slice_codeunits(plain(latin_family(names.family)), 0, 1))
    licence = join(
        letter,
        number(rows * 611_953 % 10_000, 4),
        "-",
        number(rows * 15_485_863 % 100_000, 5),
        "-",
        dates(members.birth, "%y%m%d"),
    )
    return sin, show(drives, licence)


def _passports(random: np.random.Generator, names: Names, canadian: Bools) -> Text:
    rows = np.arange(len(names.group))
    has = canadian & (names.group == ZH) & (random.random(len(rows)) < 0.8)
    return show(has, join(pick(["GA", "HK", "AB", "QM"], rows % 4), number(100_000 + rows * 104_729 % 899_981)))


def write_mobile(value: Ints, canadian: Bools, style: Ints) -> Text:
    """A mobile (or Canadian landline), 0 plain, 1 with dashes, 2 with country code, 3 spaced."""
    digits = number(value)
    chinese = options(
        style,
        digits,
        join(_cut(digits, 0, 3), "-", _cut(digits, 3, 7), "-", _cut(digits, 7, 11)),
        join("+86", digits),
        join("86 ", _cut(digits, 0, 3), " ", _cut(digits, 3, 7), " ", _cut(digits, 7, 11)),
    )
    area, exchange, line = _cut(digits, 0, 3), _cut(digits, 3, 6), _cut(digits, 6, 10)
    american = options(
        style,
        digits,
        join(area, "-", exchange, "-", line),
        join("+1 ", area, " ", exchange, " ", line),
        join("(", area, ") ", exchange, "-", line),
    )
    return show(value >= 0, where(canadian, american, chinese))


def write_landline(value: Ints, area: Text, canadian: Bools, style: Ints) -> Text:
    """A landline, 0 with area code and dash, 1 without dash, 2 with country code, 3 in brackets, 4 local digits."""
    local = number(value)
    chinese = options(
        style,
        join(area, "-", local),
        join(area, local),
        join("+86-", pc.utf8_ltrim(area, characters="0"), "-", local),
        join("(", area, ")", local),
        local,
    )
    return show(value >= 0, where(canadian, write_mobile(value, canadian, np.minimum(style, 3)), chinese))


def _cut(text: Text, start: int, stop: int) -> Text:
    return pc.utf8_slice_codeunits(text, start, stop)
