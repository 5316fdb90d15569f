"""Key accounts: a workbook of companies kept by hand; the contact person is a further record of the row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.operator import organisations as orgs
from benchmarks.operator import write
from benchmarks.operator.contacts import write_mobile
from benchmarks.operator.feeds.delivery import Delivery, keys, truth_of, truth_of_organisations
from benchmarks.operator.households import CN, TODAY
from benchmarks.operator.mess import chosen
from benchmarks.operator.observe import Sightings
from benchmarks.operator.text import Ints, Text, dates, join, pick, show, where
from benchmarks.operator.typing_names import full_latin, hanzi_parts, latin_parts
from benchmarks.operator.world import World

NAME = "key_accounts"
FILE = "key_accounts_2026Q1.xlsx"
LIMIT = 4_000  # organisations; a key account desk is small, and sheets are slow


def _listed(world: World) -> tuple[Ints, Ints]:
    """(organisation, day) of each line of the sheet; some companies are listed twice."""
    random, once = world.random(NAME + " list"), np.arange(min(len(world.organisations), LIMIT))
    listed = np.sort(np.concatenate([once, once[chosen(random, len(once), 0.3)]]))
    return listed, TODAY - random.integers(20, 900, len(listed))


def sight(world: World) -> list[Sightings]:
    """The contact persons; `row` is the organisation's line in the sheet."""
    random, org = world.random(NAME), world.organisations
    listed, when = _listed(world)
    named = np.flatnonzero(chosen(random, len(listed), 0.6))
    seen = Sightings(NAME, org.contact[listed[named]], when[named], row=named)
    seen.shows = {"mobile": chosen(random, len(seen), 0.9), "email": chosen(random, len(seen), 0.3)}
    for shown in seen.shows.values():
        shown |= ~seen.shows["mobile"]
    return [seen]


def deliver(world: World, seen: list[Sightings]) -> Delivery:
    """One row per account; the contact person is <account>#contact."""
    (people,) = seen
    random, org = world.random(NAME), world.organisations
    listed, when = _listed(world)
    key = keys("KA", len(listed), 6)
    code, business = orgs.registration(org, listed)
    size, known, spoken = (
        len(listed),
        chosen(random, len(listed), 0.85),
        random.choice(4, len(listed), p=[0.55, 0.2, 0.15, 0.1]),
    )
    branch = org.parent[listed] >= 0
    contact = contacts_of(world, people, random, size)
    rows = pa.table(
        {
            "账号 Account": key,
            "公司名称 Company": orgs.full_name(org, listed, spoken),
            "类型 Type": where(branch, "分公司 Branch", "总部 Head office"),
            "统一社会信用代码": show(known | branch, code),
            "BN": show(known, _with_program(business, random.integers(0, 3, size))),
            "电话 Phone": show(~known | chosen(random, size, 0.85), orgs.phone(org, listed)),
            "地址 Address": orgs.address(org, listed),
            "国家 Country": where(org.canadian[listed], pa.scalar("加拿大"), pa.scalar("中国")),
            **contact,
            "产品 Product": pick(("MPLS", "SIP trunk", "Leased line", "Cloud PBX"), random.integers(0, 4, size)),
            "开通 Since": dates(when - random.integers(100, 2000, size)),
            "更新 Updated": dates(when),
        }
    )
    truth = truth_of_organisations(NAME, listed, when, key)
    persons = truth_of(world, people, join(key.take(pa.array(people.row)), "#contact"))
    return Delivery(rows, pa.concat_tables([truth, persons]).combine_chunks())


def write_files(delivery: Delivery, folder: Path, *, file: str = FILE) -> None:
    """A workbook with two rows above its header."""
    titles = ["大客户清单 Key accounts", "截至 2026-03-31，内部资料 internal"]
    write.excel(folder / file, "客户 Accounts", titles, delivery.rows)


def _with_program(business: Text, style: Ints) -> Text:
    """A business number alone or with one of its program accounts."""
    ending = pick(("", "RC0001", "RT0001"), style)
    return show(business.is_valid().to_numpy(zero_copy_only=False), join(business, ending))


def contacts_of(world: World, seen: Sightings, random: np.random.Generator, size: int) -> dict[str, Text]:
    """The columns of the contact person in a sheet of `size` rows; `seen.row` says in which."""
    family, given = hanzi_parts(world, seen, random, traditional=0.0, misheard=0.0)
    latin_family, latin, middle = latin_parts(world, seen, random, nicknamed=0.0)
    western = full_latin(latin_family, latin, middle, np.zeros(len(seen), dtype=np.int64))
    hanzi = world.names.group[seen.person] == CN
    abroad = world.canadian(seen.person)
    mobile = write_mobile(world.contacts.mobile_at(seen.person, seen.day), abroad, np.where(abroad, 2, 1))
    index = np.full(size, -1)
    index[seen.row] = np.arange(len(seen))
    columns = {
        "联系人 Contact": where(hanzi, join(family, given), western),
        "手机 Mobile": show(seen.shows["mobile"], mobile),
        "邮箱 E-mail": show(seen.shows["email"], world.contacts.email.take(pa.array(seen.person))),
    }
    return {name: pick(text, index) for name, text in columns.items()}
