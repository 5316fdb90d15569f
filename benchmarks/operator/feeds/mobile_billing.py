"""Mobile billing: one row per contract, GB18030, pipe-separated, a full extract with a control file.

People and, by CUST_TYPE, organisations. A number given up leaves a closed contract behind; its next owner has another.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.operator import organisations as orgs
from benchmarks.operator import places, write
from benchmarks.operator.contacts import write_landline, write_mobile
from benchmarks.operator.feeds.delivery import Delivery, keys, shuffled, truth_of, truth_of_organisations
from benchmarks.operator.households import CN, FEMALE, TODAY, YEAR, ZH
from benchmarks.operator.mess import chosen, misdate, misdigit, placeholder
from benchmarks.operator.observe import Sightings
from benchmarks.operator.text import NEVER, Bools, Ints, Text, constant, dates, day, join, number, pick, show, where
from benchmarks.operator.typing_names import full_latin, hanzi_parts, latin_parts
from benchmarks.operator.world import World

NAME = "mobile_billing"
FILE = "mobile_202603312300.txt"
PLANS = ("4G39", "4G59", "5G99", "5G129", "SIM8", "FAM199")


def sight(world: World) -> list[Sightings]:
    """Three of four Chinese with a mobile, a third of Canadians of Chinese descent; half of the numbers given up."""
    random, people, contacts = world.random(NAME), np.arange(len(world.members)), world.contacts
    share = np.select([world.names.group == CN, world.names.group == ZH], [0.74, 0.35], 0.03)
    customer = (contacts.mobile >= 0) & (random.random(len(people)) < share) & (world.members.birth < TODAY - 17 * YEAR)
    now = np.flatnonzero(customer)
    second = now[chosen(random, len(now), 0.08)]
    closed = np.flatnonzero(customer & (contacts.former >= 0) & chosen(random, len(people), 0.5))
    opened = np.concatenate([contacts.mobile_since[now], contacts.mobile_since[second]])
    touched = opened + (random.random(len(opened)) ** 0.5 * (TODAY - opened)).astype(np.int64)
    person = np.concatenate([now, second, closed])
    when = np.concatenate([touched, contacts.mobile_since[closed] - 1])
    seen = shuffled(random, Sightings(NAME, person, when))
    adult = seen.day - world.members.birth[seen.person] > 16 * YEAR
    seen = Sightings(NAME, seen.person[adult], seen.day[adult])
    rows = len(seen)
    seen.shows = shown(random, rows)
    return [seen]


def shown(random: np.random.Generator, rows: int) -> dict[str, Bools]:
    """Which facts a contract carries."""
    return {
        "document": chosen(random, rows, 0.9),
        "birth": chosen(random, rows, 0.93),
        "mobile": chosen(random, rows, 0.99),
        "landline": chosen(random, rows, 0.3),
        "email": chosen(random, rows, 0.25),
        "address": chosen(random, rows, 0.9),
    }


def deliver(world: World, seen: list[Sightings]) -> Delivery:
    """People, then organisations."""
    (people,) = seen
    rows, key = len(people), keys("M", len(people))
    delivery = Delivery(person_rows(world, people, key), truth_of(world, people, key))
    chosen_orgs = np.flatnonzero(chosen(world.random(NAME + " organisations"), len(world.organisations), 0.6))
    day_of = TODAY - 30 - chosen_orgs * 37 % 3000
    org_key = join("M", number(rows + 1 + np.arange(len(chosen_orgs)), 7))
    table = _organisations(world, chosen_orgs, day_of, org_key)
    delivery.rows = pa.concat_tables([delivery.rows, table]).combine_chunks()
    truth = truth_of_organisations(NAME, chosen_orgs, day_of, org_key)
    delivery.truth = pa.concat_tables([delivery.truth, truth]).combine_chunks()
    delivery.add(*_tests())
    return delivery


def write_files(delivery: Delivery, folder: Path, *, file: str = FILE, bad: dict[int, bytes] | None = None) -> None:
    """The extract, a few broken lines in it, and its control file (which counts the broken lines too)."""
    header = "|".join(delivery.rows.column_names) + "\n"
    text = header + write.lines(write.delimited(delivery.rows, "|"))
    broken = bad or {
        2_000: "M8000001|1|赵断行|1|19790214|620102197902141234".encode("gb18030"),
        9_000: "M8000002|1|钱多列|2|19811105||||13512340000|多|余|的|列|0|0|0|0|0|0|0|0|0|0|0|0|0|0".encode("gb18030"),
        15_000: b"M8000003|1|\xd5\xc5\xff\xff|1|19660606|||||||||||||||||20200101",
    }
    path = folder / file
    write.text_file(path, text, "gb18030", broken)
    write.control_file(path.with_suffix(".ctl"), path, len(delivery.rows) + len(broken))


def person_rows(world: World, seen: Sightings, key: Text) -> pa.Table:
    """One row per contract of a person."""
    random, contacts, person, rows = world.random(NAME + " rows"), world.contacts, seen.person, len(seen)
    home, shows = world.home_at(person, seen.day), seen.shows
    abroad = places.is_canadian(home)
    former = seen.day < contacts.mobile_since[person]
    opened = np.where(former, contacts.former_since[person], contacts.mobile_since[person])
    native = world.names.group[person] == CN
    email = show(shows["email"], contacts.email.take(pa.array(person)))
    address = where(
        abroad,
        join(places.canadian_line(home, np.zeros(rows, dtype=np.int64)), ", CANADA"),
        places.chinese_line(home, random.choice([0, 1, 3, 4], rows, p=[0.4, 0.3, 0.2, 0.1])),
    )
    uncertain = chosen(random, rows, 0.02)
    stop = np.where(former, contacts.mobile_since[person] - 1, NEVER)
    return pa.table(
        {
            "CUST_ID": key,
            "CUST_TYPE": constant("1", rows),
            "CUST_NAME": _name(world, seen, random),
            "SEX": where(uncertain, "9", pick(("1", "2"), (world.members.sex[person] == FEMALE).astype(np.int64))),
            "BIRTH": _birth(world, seen, random),
            "CERT_NO": _certificate(world, seen, opened, random),
            "PASSPORT": show(shows["document"], contacts.passport.take(pa.array(person))),
            "ORG_CODE": pa.nulls(rows, pa.string()),
            "NAT": where(native, pa.scalar("CHN"), pa.scalar("CAN")),
            "MOBILE": placeholder(
                random,
                show(
                    shows["mobile"], write_mobile(contacts.mobile_at(person, seen.day), abroad, np.where(abroad, 2, 0))
                ),
                0.004,
                "13800000000",
            ),
            "HOME_TEL": show(
                shows["landline"],
                write_landline(
                    world.landline_at(person, seen.day),
                    places.part(home, "area_code"),
                    abroad,
                    np.where(abroad, 2, random.integers(0, 4, rows)),
                ),
            ),
            "EMAIL": email,
            "ADDR": show(shows["address"], address),
            "ADDR_TYPE": where(home.quarters, pa.scalar("3"), pick(("1", "1", "1", ""), random.integers(0, 4, rows))),
            "ADDR_FROM": dates(world.home_since(person, seen.day), "%Y%m%d"),
            "ACCT_NO": join("A", number(person * 7 % 1_000_003 + 1_000_000, 8)),
            "PLAN": pick(PLANS, random.integers(0, len(PLANS), rows)),
            "STAT": where(former, "9", pick(("1", "1", "1", "1", "2"), random.integers(0, 5, rows))),
            "OPEN_DT": dates(opened, "%Y%m%d"),
            "CLOSE_DT": dates(stop, "%Y%m%d"),
            "SMS_OK": pick(("Y", "N", ""), random.choice(3, rows, p=[0.5, 0.3, 0.2])),
            "LAST_MOD": dates(seen.day, "%Y%m%d"),
        }
    )


def _name(world: World, seen: Sightings, random: np.random.Generator) -> Text:
    family, given = hanzi_parts(world, seen, random, traditional=0.035, misheard=0.006)
    latin_family, latin_given, middle = latin_parts(world, seen, random, nicknamed=0.0)
    latin = places.plain(full_latin(latin_family, latin_given, middle, np.full(len(seen), 3)))
    pinyin = pc.utf8_upper(join(latin_family, " ", latin_given))
    hanzi = given.is_valid().to_numpy(zero_copy_only=False)
    sounded = chosen(random, len(seen), 0.02)
    return where(
        hanzi & ~sounded, join(family, given), where(hanzi & (world.names.group[seen.person] == CN), pinyin, latin)
    )


def _birth(world: World, seen: Sightings, random: np.random.Generator) -> Text:
    birth = dates(misdate(random, world.members.birth[seen.person], 0.006), "%Y%m%d")
    return placeholder(random, show(seen.shows["birth"], birth), 0.012, "00000000", "19000101", "11111111")


def _certificate(world: World, seen: Sightings, opened: Ints, random: np.random.Generator) -> Text:
    full = show(seen.shows["document"], world.contacts.national_id.take(pa.array(seen.person)))
    old = (world.members.birth[seen.person] < day(1985)) & (opened < day(2006)) & chosen(random, len(seen), 0.6)
    number_ = misdigit(random, where(old, fifteen(full), full), 0.006)
    typed = where(chosen(random, len(seen), 0.3), pc.utf8_lower(number_), number_)
    return placeholder(random, typed, 0.006, "111111111111111", "999999999999999999")


def fifteen(full: Text) -> Text:
    """The identity number as it was before 1999: two-digit year, no check digit."""
    return pc.binary_join_element_wise(pc.utf8_slice_codeunits(full, 0, 6), pc.utf8_slice_codeunits(full, 8, 17), "")


def _organisations(world: World, rows: Ints, day_of: Ints, key: Text) -> pa.Table:
    random, org, size = world.random(NAME + " company"), world.organisations, len(rows)
    code, business = orgs.registration(org, rows)
    known = chosen(random, size, 0.75)
    nothing = pa.nulls(size, pa.string())
    return pa.table(
        {
            "CUST_ID": key,
            "CUST_TYPE": constant("2", size),
            "CUST_NAME": orgs.full_name(org, rows, random.integers(0, 4, size)),
            "SEX": nothing,
            "BIRTH": nothing,
            "CERT_NO": nothing,
            "PASSPORT": nothing,
            "ORG_CODE": show(known, pc.coalesce(code, business)),
            "NAT": where(org.canadian[rows], pa.scalar("CAN"), pa.scalar("CHN")),
            "MOBILE": nothing,
            "HOME_TEL": show(~known | chosen(random, size, 0.7), orgs.phone(org, rows)),
            "EMAIL": nothing,
            "ADDR": orgs.address(org, rows),
            "ADDR_TYPE": constant("2", size),
            "ADDR_FROM": nothing,
            "ACCT_NO": join("A9", number(rows * 13 + 100_000, 7)),
            "PLAN": constant("VPN500", size),
            "STAT": constant("1", size),
            "OPEN_DT": dates(day_of - 700, "%Y%m%d"),
            "CLOSE_DT": nothing,
            "SMS_OK": constant("N", size),
            "LAST_MOD": dates(day_of, "%Y%m%d"),
        }
    )


def _tests() -> tuple[list[dict[str, str | None]], list[tuple[str, str, str, str | None, str]]]:
    """Test customers that somebody left in the production system."""
    names = ("测试", "TEST", "测试用户01")
    rows: list[dict[str, str | None]] = [
        {
            "CUST_ID": f"M700000{i}",
            "CUST_TYPE": "1",
            "CUST_NAME": name,
            "BIRTH": "11111111",
            "CERT_NO": "111111111111111111",
            "NAT": "CHN",
            "MOBILE": "13800000000",
            "ADDR": "测试地址",
            "STAT": "1",
            "OPEN_DT": "20190101",
            "LAST_MOD": "20190101",
        }
        for i, name in enumerate(names)
    ]
    truth: list[tuple[str, str, str, str | None, str]] = [
        (NAME, f"M700000{i}", f"X{i}", None, "2019-01-01") for i in range(len(names))
    ]
    return rows, truth
