"""Dwellings: which flat or house a household lives in and since when, and how each system writes it down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.operator import pools
from benchmarks.operator.households import DORMITORY, NURSING_HOME, Households
from benchmarks.operator.text import ALWAYS, Bools, Ints, Text, day, join, number, options, pick, show, where

STREET_TYPES = (
    ("Street", "St"),
    ("Avenue", "Ave"),
    ("Road", "Rd"),
    ("Drive", "Dr"),
    ("Crescent", "Cres"),
    ("Boulevard", "Blvd"),
)
RUE_TYPES = (("rue", "rue"), ("avenue", "av."), ("boulevard", "boul."), ("chemin", "ch."))
DIRECTIONS = (("West", "W", "Ouest", "O"), ("East", "E", "Est", "E"))
INSTITUTIONS = {
    ("CN", NURSING_HOME): ("夕阳红养老院", "康乐老年公寓", "福寿敬老院", "松鹤颐养院"),
    ("CN", DORMITORY): ("第一学生公寓", "西区学生宿舍", "北校区学生公寓", "研究生公寓"),
    ("CA", NURSING_HOME): ("Sunset Manor", "Riverside Long Term Care", "Golden Years Lodge", "Maplewood Care Centre"),
    ("CA", DORMITORY): (
        "Founders Residence Hall",
        "North Campus Residence",
        "College Student Residence",
        "Lakeside Hall",
    ),
}
LETTERS = "ABCEGHJKLMNPRSTVWXYZ"  # Canada Post uses no D F I O Q U


@dataclass
class Dwellings:
    """One row per dwelling; -1 where a part does not exist."""

    city: Ints
    district: Ints
    street: Ints
    number: Ints
    compound: Ints  # housing compound, or institution of group quarters (see `_institutions`)
    block: Ints
    entrance: Ints
    room: Ints  # Chinese room, Canadian unit
    quarters: Bools

    def take(self, rows: Ints) -> Dwellings:
        """The same columns for the given dwellings."""
        return Dwellings(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass
class Homes:
    """Where each household lives: `dwelling[:, 0]` until the day before `moved`, `dwelling[:, 1]` since."""

    dwelling: Ints
    moved: Ints

    def at(self, household: Ints, when: Ints) -> Ints:
        """The dwelling of each household on each day."""
        return np.asarray(self.dwelling[household, (when >= self.moved[household]).astype(int)])

    def since(self, household: Ints, when: Ints) -> Ints:
        """When the household moved into the dwelling of that day; ALWAYS if before all records."""
        moved = self.moved[household]
        return np.where(when >= moved, moved, ALWAYS)


def settle(random: np.random.Generator, households: Households, spare: int = 0) -> tuple[Dwellings, Homes]:
    """A dwelling for every household, a former one for every fifth; some move into what others left.

    `spare` more are built where households are, for those who move later.
    """
    rows = len(households)
    city = _cities(random, households.canadian)
    moves = (random.random(rows) < 0.2) & ~households.group_quarters
    moved = np.where(moves, random.integers(day(2009), day(2025, 6), rows), ALWAYS)
    former_city = np.where(random.random(rows) < 0.85, city, _cities(random, households.canadian))
    movers = np.flatnonzero(moves)
    home = np.stack([np.arange(rows), np.arange(rows)], axis=1)
    home[movers, 0] = rows + np.arange(len(movers))
    _succeed(random, households, home, moved, movers)
    institution = np.where(households.group_quarters, households.kind, -1)
    dwellings = _build(
        random,
        np.concatenate([city, former_city[movers], city[np.arange(spare) * 7 % rows]]),
        np.concatenate([institution, np.full(len(movers) + spare, -1)]),
    )
    return dwellings, Homes(home, moved)


def _succeed(random: np.random.Generator, households: Households, home: Ints, moved: Ints, movers: Ints) -> None:
    """Every fifth mover takes the dwelling that the mover before left at least a month earlier."""
    for canadian in (False, True):
        line = movers[households.canadian[movers] == canadian]
        line = line[np.argsort(moved[line], kind="stable")]
        before, after = line[:-1:2], line[1::2]
        before = before[: len(after)]
        takes = (random.random(len(after)) < 0.4) & (moved[after] - moved[before] > 30)
        home[after[takes], 1] = home[before[takes], 0]


def _cities(random: np.random.Generator, canadian: Bools) -> Ints:
    all_cities = pools.cities()
    chosen = np.zeros(len(canadian), dtype=np.int64)
    for abroad, country in ((False, "CN"), (True, "CA")):
        index = np.array([i for i, city in enumerate(all_cities) if city.country == country])
        weight = np.array([all_cities[i].weight for i in index], dtype=float)
        rows = np.flatnonzero(canadian == abroad)
        chosen[rows] = random.choice(index, len(rows), p=weight / weight.sum())
    return chosen


def rank_within(groups: Ints) -> Ints:
    """0, 1, 2... for the rows of each group, in row order."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(groups) else np.zeros(0, dtype=np.int64)
    rank = np.empty(len(groups), dtype=np.int64)
    rank[order] = np.arange(len(groups)) - np.repeat(starts, np.diff(np.r_[starts, len(groups)]))
    return rank


def _build(random: np.random.Generator, city: Ints, institution: Ints) -> Dwellings:
    """Put dwellings into buildings of their city: about eight to an apartment building, one to a house."""
    rows = len(city)
    canadian = city >= _first_canadian()
    quarters = institution >= 0
    flat = (~canadian | (random.random(rows) < 0.4)) & ~quarters
    building = np.arange(rows)
    for where_city in np.unique(city):
        mine = np.flatnonzero(flat & (city == where_city))
        building[mine] = mine[random.integers(0, max(len(mine) // 8, 1), len(mine))] if len(mine) else mine
    slot = rank_within(building)
    street = _streets(random, city)
    house = rank_within(np.where(building == np.arange(rows), city * 10_000 + street, -1 - np.arange(rows)))
    district_count = np.array([len(c.districts) for c in pools.cities()])[city]
    compound = np.where(random.random(rows) < 0.55, pools.zipf(random, len(pools.compounds()), rows, q=20), -1)
    base = Dwellings(
        city,
        street * 7 % district_count,
        street,
        3 + (street * 53 + city * 17) % 290 + house * 4 + random.integers(0, 4, rows),
        compound,
        np.full(rows, -1),
        np.full(rows, -1),
        np.full(rows, -1),
        quarters,
    ).take(building)
    spread = (slot * 37 + building) % np.where(base.compound >= 0, 240, 60)
    story, door = (spread // 2) % 10 + 1, spread % 2 + 1
    base.block = np.where(~canadian & (base.compound >= 0), spread // 60 + 1, -1)
    base.entrance = np.where(canadian, -1, (spread // 20) % 3 + 1)
    base.room = np.where(canadian, (slot % 12 + 1) * 100 + slot // 12 + 1, story * 100 + door)
    base.room = np.where(canadian & ~flat, -1, base.room)
    base.compound = np.where(canadian, -1, base.compound)
    for part in (base.block, base.entrance, base.room):
        part[quarters] = -1
    base.compound[quarters] = _institution_index(institution[quarters], canadian[quarters], np.flatnonzero(quarters))
    return base


def _streets(random: np.random.Generator, city: Ints) -> Ints:
    """Streets by Zipf rank, another order in each city."""
    sizes = np.array([len(_street_names(i)) for i in range(len(pools.cities()))])
    rank = np.zeros(len(city), dtype=np.int64)
    for where_city in np.unique(city):
        mine = np.flatnonzero(city == where_city)
        rank[mine] = pools.zipf(random, int(sizes[where_city]), len(mine), q=30)
    return np.asarray((rank + city * 31) % sizes[city])


def _street_names(city: int) -> tuple[str, ...]:
    place = pools.cities()[city]
    if place.country == "CN":
        return pools.roads()
    return pools.rues() if place.region == "QC" else pools.streets()


@cache
def _first_canadian() -> int:
    return next(i for i, city in enumerate(pools.cities()) if city.country == "CA")


@cache
def _compound_names() -> pa.Array:
    return pa.array([*pools.compounds(), *(name for names in INSTITUTIONS.values() for name in names)], pa.string())


def _institution_index(kind: Ints, canadian: Bools, rows: Ints) -> Ints:
    group = canadian * 2 + (kind == DORMITORY)
    return np.asarray(len(pools.compounds()) + group * 4 + rows % 4)


def _by_city(dwellings: Dwellings, attribute: str) -> Text:
    return pick([str(getattr(city, attribute)) for city in pools.cities()], dwellings.city)


def is_canadian(dwellings: Dwellings) -> Bools:
    """Which dwellings are in Canada."""
    return np.asarray(dwellings.city >= _first_canadian())


def is_quebec(dwellings: Dwellings) -> Bools:
    """Which dwellings are written the French way."""
    return np.array([city.region == "QC" for city in pools.cities()])[dwellings.city]


def part(dwellings: Dwellings, name: str) -> Text:
    """One structured part as text: country region city district street number unit building postcode institution."""
    return _PARTS[name](dwellings)


def _district(dwellings: Dwellings) -> Text:
    names = [[d[0] for d in city.districts] for city in pools.cities()]
    start = np.r_[0, np.cumsum([len(row) for row in names])[:-1]]
    chinese = np.where(is_canadian(dwellings), -1, start[dwellings.city] + dwellings.district)
    return pick([name for row in names for name in row], chinese)


def _street(dwellings: Dwellings, form: int) -> Text:
    """Street with type and direction; `form` 0 is written out, 1 abbreviated."""
    cities = pools.cities()
    names = [_street_names(i) for i in range(len(cities))]
    start = np.r_[0, np.cumsum([len(row) for row in names])[:-1]]
    stem = pick([name for row in names for name in row], start[dwellings.city] + dwellings.street)
    kind, way = dwellings.street % 6, np.where(dwellings.street % 5 == 0, dwellings.number % 2, -1)
    english = join(
        stem, " ", pick([t[form] for t in STREET_TYPES], kind), pick([" " + d[form] for d in DIRECTIONS], way)
    )
    rue = pick([t[form] for t in RUE_TYPES], kind % 4)
    french = join(rue, " ", stem, pick([" " + d[2 + form] for d in DIRECTIONS], way))
    quebec, canadian = is_quebec(dwellings), is_canadian(dwellings)
    return where(canadian, where(quebec, french, english), stem)


def _postcode(dwellings: Dwellings) -> Text:
    cities = pools.cities()
    areas = [[a[0] for a in city.districts] for city in cities]
    start = np.r_[0, np.cumsum([len(row) for row in areas])[:-1]]
    area = pick(
        [cities[i].postcode + a for i, row in enumerate(areas) for a in row], start[dwellings.city] + dwellings.district
    )
    block = dwellings.street * 3 + dwellings.number // 40
    canadian = join(
        area, " ", number(block % 9 + 1), pick(list(LETTERS), block // 9 % 20), number(block // 180 % 9 + 1)
    )
    chinese = join(_by_city(dwellings, "postcode"), number(dwellings.district * 11 % 97, 2))
    return where(is_canadian(dwellings), canadian, chinese)


def _numbered(values: Ints, before: str = "", after: str = "") -> Text:
    return show(values >= 0, join(before, number(values), after))


_PARTS = {
    "country": lambda d: where(is_canadian(d), pa.scalar("CA"), pa.scalar("CN")),
    "region": lambda d: _by_city(d, "region"),
    "city": lambda d: _by_city(d, "name"),
    "area_code": lambda d: _by_city(d, "area_code"),
    "district": _district,
    "street": lambda d: _street(d, 0),
    "street_short": lambda d: _street(d, 1),
    "number": lambda d: _numbered(d.number),
    "room": lambda d: _numbered(d.room),
    "compound": lambda d: pick(_compound_names(), d.compound),
    "block": lambda d: _numbered(d.block),
    "entrance": lambda d: _numbered(d.entrance),
    "postcode": _postcode,
}


def chinese_line(dwellings: Dwellings, style: Ints) -> Text:
    """One line, 0 full, 1 without province, 2 dashes and no city, 3 colloquial, 4 without district."""
    get = {name: part(dwellings, name) for name in ("region", "city", "district", "street", "compound")}
    road = join(get["street"], number(dwellings.number), "号")
    inside = join(
        get["compound"],
        _numbered(dwellings.block, after="号楼"),
        _numbered(dwellings.entrance, after="单元"),
        _numbered(dwellings.room, after="室"),
    )
    colloquial = join(
        get["compound"],
        _numbered(dwellings.block, after="栋"),
        _numbered(dwellings.entrance, after="单元"),
        _numbered(dwellings.room),
    )
    dashes = join(
        where(dwellings.room < 0, get["compound"], pa.scalar(None, pa.string())),
        _numbered(dwellings.block, after="-"),
        _numbered(dwellings.entrance, after="-"),
        _numbered(dwellings.room),
    )
    short_city = pc.replace_substring_regex(get["city"], "市$", "")
    return options(
        style,
        join(get["region"], get["city"], get["district"], road, inside),
        join(get["city"], get["district"], road, inside),
        join(get["district"], road, dashes),
        join(short_city, get["district"], road, colloquial),
        join(get["city"], road, inside),
    )


def canadian_line(dwellings: Dwellings, style: Ints) -> Text:
    """One line, 0 as Canada Post wants it, 1 with Apt, 2 with Unit in front, 3 capitals without accents."""
    get = {name: part(dwellings, name) for name in ("street", "street_short", "compound", "city", "region", "postcode")}
    civic = number(dwellings.number)
    house = join(get["compound"], where(dwellings.quarters, ", ", ""))
    quebec = is_quebec(dwellings)
    comma = where(quebec, pa.scalar(", "), pa.scalar(" "))
    apartment = where(quebec, _numbered(dwellings.room, ", app. "), _numbered(dwellings.room, " Apt "))
    post = join(
        house,
        _numbered(dwellings.room, after="-"),
        civic,
        " ",
        get["street"],
        ", ",
        get["city"],
        " ",
        get["region"],
        " ",
        get["postcode"],
    )
    apt = join(
        house,
        civic,
        comma,
        get["street_short"],
        apartment,
        ", ",
        get["city"],
        ", ",
        get["region"],
        ", ",
        pc.replace_substring(get["postcode"], " ", ""),
    )
    unit = join(
        house,
        _numbered(dwellings.room, "Unit ", ", "),
        civic,
        " ",
        get["street_short"],
        ", ",
        get["city"],
        ", ",
        get["region"],
    )
    return options(style, post, apt, unit, plain(pc.utf8_upper(pc.replace_substring(apt, ",", ""))))


def plain(text: Text) -> Text:
    """Without accents, as old systems keep French."""
    return pc.replace_substring_regex(pc.utf8_normalize(text, form="NFD"), r"\p{Mn}", "")
