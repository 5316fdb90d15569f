"""Companies: names with legal forms and their everyday abbreviations, registration numbers, branches, a person to call.

A Chinese branch has a registration of its own and is a party of its own; a Canadian corporation is one party under its
business number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.operator import pools
from benchmarks.operator.contacts import luhn
from benchmarks.operator.households import TODAY, YEAR, Households, Members
from benchmarks.operator.places import STREET_TYPES
from benchmarks.operator.text import Bools, Ints, Text, join, number, options, pick, show, where

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


@dataclass
class Organisations:
    """One row per organisation; `parent` is the head office of a branch, else -1."""

    canadian: Bools
    city: Ints
    stem: Ints
    trade: Ints
    form: Ints
    parent: Ints
    contact: Ints  # person
    phone: Ints
    street: Ints
    number: Ints

    def __len__(self) -> int:
        return len(self.city)


def found_organisations(
    random: np.random.Generator, rows: int, members: Members, households: Households
) -> Organisations:
    """Head offices, then for every seventh Chinese one a branch in another city."""
    places = pools.cities()
    chinese = sum(city.country == "CN" for city in places)
    canadian = np.arange(rows) % 5 >= 3
    city = np.where(
        canadian, chinese + random.integers(0, len(places) - chinese, rows), random.integers(0, chinese, rows)
    )
    stems = np.where(canadian, len(_canadian_stems()), len(pools.company_words("cn_stem")) ** 2)
    trades = np.where(canadian, len(pools.company_words("ca_trade")), len(pools.company_words("cn_trade")))
    rank = np.arange(rows) // 5 * 3 + np.arange(rows) % 5
    stem, trade = rank * 523 % stems, (rank * 523 // stems + rank) % trades
    form = random.integers(0, 6, rows)
    heads = np.flatnonzero(~canadian & (random.random(rows) < 0.15))
    parent = np.concatenate([np.full(rows, -1), heads])
    city = np.concatenate([city, (city[heads] + 1) % chinese])
    canadian, stem, trade, form = (np.concatenate([part, part[heads]]) for part in (canadian, stem, trade, form))
    total = len(parent)
    return Organisations(
        canadian,
        city,
        stem,
        trade,
        form,
        parent,
        _contacts(random, members, households, canadian),
        2_000_000 + np.arange(total) * 104_729 % 7_900_000,
        random.integers(0, 60, total),
        1 + random.integers(0, 400, total),
    )


def _contacts(random: np.random.Generator, members: Members, households: Households, canadian: Bools) -> Ints:
    contact = np.zeros(len(canadian), dtype=np.int64)
    working = (members.birth < TODAY - 24 * YEAR) & (members.birth > TODAY - 64 * YEAR)
    for country in (False, True):
        able = np.flatnonzero(working & (households.canadian[members.household] == country))
        rows = np.flatnonzero(canadian == country)
        contact[rows] = able[random.integers(0, len(able), len(rows))]
    return contact


@cache
def _canadian_stems() -> list[str]:
    return [*pools.company_words("ca_stem"), *pools.canadian_surnames("en")]


def core_name(org: Organisations, rows: Ints) -> Text:
    """The name without city and legal form: 鑫达商贸, Maple Ridge Logistics."""
    han, trades = pools.company_words("cn_stem"), pools.company_words("cn_trade")
    stem = np.where(org.canadian[rows], -1, org.stem[rows])
    chinese = join(
        pick(han, np.where(stem < 0, -1, stem // len(han))), pick(han, np.where(stem < 0, -1, stem % len(han)))
    )
    chinese = join(chinese, pick(trades, np.where(stem < 0, -1, org.trade[rows])))
    words, crafts = _canadian_stems(), pools.company_words("ca_trade")
    index = np.where(org.canadian[rows], org.stem[rows], -1)
    canadian = join(
        pick(words, index), where(org.canadian[rows], " ", ""), pick(crafts, np.where(index < 0, -1, org.trade[rows]))
    )
    return where(org.canadian[rows], canadian, chinese)


def full_name(org: Organisations, rows: Ints, style: Ints) -> Text:
    """0 as registered, 1 another spelling of the form, 2 without form (and city), 3 capitals or full-width brackets."""
    core, branch = core_name(org, rows), org.parent[rows] >= 0
    origin = np.where(branch, org.city[org.parent[rows]], org.city[rows])
    names = [city.name.removesuffix("市") for city in pools.cities()]
    city, here = pick(names, origin), pick(names, org.city[rows])
    office = show(branch, join(here, "分公司"))
    form = pick(pools.company_words("cn_form"), org.form[rows] % 3)
    other = pick(("有限责任公司", "有限公司", "股份公司"), org.form[rows] % 3)
    bracket = join("（", city, "）")
    chinese = options(
        style,
        join(city, core, form, office),
        join(city, "市", core, other, office),
        join(core, office),
        join(core, bracket, form, office),
    )
    forms = pools.company_words("ca_form")
    swapped = ("Incorporated", "Limited", "Ltd", "Corporation", "Inc", "Ltee")
    canadian = options(
        style,
        join(core, " ", pick(forms, org.form[rows])),
        join(core, " ", pick(swapped, org.form[rows])),
        core,
        pc.utf8_upper(join(core, " ", pick(forms, org.form[rows]))),
    )
    return where(org.canadian[rows], canadian, chinese)


def registration(org: Organisations, rows: Ints) -> tuple[Text, Text]:
    """(统一社会信用代码, Canadian business number); each null in the other country."""
    districts = np.array([city.districts[0][1] if city.country == "CN" else "000000" for city in pools.cities()])
    region = pa.array(districts[org.city[rows]])
    body = join("91", region, "MA", number(rows * 7 % 10, 1), number(rows * 104_729 % 900_001, 6))
    spread = "".join(body.to_pylist())
    values = np.array([USCC_ALPHABET.index(letter) for letter in spread]).reshape(len(rows), 17)
    check = (31 - values @ np.array(USCC_WEIGHTS) % 31) % 31
    uscc = join(body, pick(list(USCC_ALPHABET), check))
    digits = number(10_000_000 + rows * 611_953 % 79_999_987)
    business = join(digits, luhn(digits, 8))
    return show(~org.canadian[rows], uscc), show(org.canadian[rows], business)


def phone(org: Organisations, rows: Ints) -> Text:
    """The switchboard, with area code, abroad with country code."""
    cities = pools.cities()
    area = pick([city.area_code for city in cities], org.city[rows])
    digits = np.array([city.local_digits for city in cities])[org.city[rows]]
    local = number(np.where(digits == 8, org.phone[rows] * 10 + 8, org.phone[rows]))
    exchange = join("+1 (", area, ") ", pc.utf8_slice_codeunits(local, 0, 3), "-", pc.utf8_slice_codeunits(local, 3, 7))
    return where(org.canadian[rows], exchange, join(area, "-", local))


def address(org: Organisations, rows: Ints) -> Text:
    """The office address in one line."""
    cities = pools.cities()
    street, civic = org.street[rows], number(org.number[rows])
    chinese = join(
        pick([city.region + city.name + city.districts[0][0] for city in cities], org.city[rows]),
        pick(pools.roads(), street),
        civic,
        "号",
        number(org.number[rows] % 19 + 3),
        "层",
    )
    kind = pick([long for long, _ in STREET_TYPES], street % 6)
    tail = pick([f", {city.name}, {city.region}" for city in cities], org.city[rows])
    return where(org.canadian[rows], join(civic, " ", pick(pools.streets(), street), " ", kind, tail), chinese)
