"""Feature rows for tests of matching: their types in Arrow, strategies of every script, and a corpus of near misses."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import strategies as st

from mdm.match.features import LISTS
from mdm.match.predicates import MACROS, compared

TEXTS = (
    "given", "middle", "family", "former", "given_native", "family_native", "birth", "sex", "dwelling", "street",
    "number", "place", "organisation",
)  # fmt: skip
PERIOD = pa.struct([("value", pa.string()), ("valid_from", pa.date32()), ("valid_to", pa.date32())])
FEATURES = pa.schema(
    [
        ("record_id", pa.int64()),
        ("party", pa.string()),
        *((name, pa.string()) for name in TEXTS),
        *((name, pa.list_(pa.string())) for name in LISTS),
        ("phone_periods", pa.list_(PERIOD)),
    ]
)

# -- strategies: small alphabets, so that random values are often equal or alike ---------------------------------------

FOLDED = st.text("abn", min_size=1, max_size=7) | st.text("aeinoz", min_size=3, max_size=12)
HANZI = st.text("张章伟炜国", min_size=1, max_size=7)
ANY_SCRIPT = FOLDED | HANZI | st.text("aéÉe\u0301ß", min_size=1, max_size=7) | st.text(min_size=1, max_size=7)
DATES = st.dates(dt.date(1979, 11, 1), dt.date(1981, 2, 20)) | st.dates()
DIGITS = st.text("12", min_size=1, max_size=4)
DAY = st.none() | st.dates(dt.date(2020, 1, 1), dt.date(2020, 1, 6))


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A list of one to three values, or None: an empty list is never a feature."""
    return st.none() | st.lists(values, min_size=1, max_size=3)


def number_text(value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """``type:issuer:value``."""
    return st.tuples(st.sampled_from(["tax_number:US", "tax_number:CA", "national_id:"]), value).map(":".join)


_TEXT_STRATEGIES: dict[str, st.SearchStrategy[str]] = {
    **dict.fromkeys(("given", "middle", "family", "former"), FOLDED),
    **dict.fromkeys(("given_native", "family_native"), HANZI),
    **dict.fromkeys(("dwelling", "street", "place", "organisation"), ANY_SCRIPT),
    "number": DIGITS,
    "birth": DATES.map(str),
    "sex": st.sampled_from(["male", "female"]),
}


@st.composite
def feature_rows(draw: st.DrawFn, texts: st.SearchStrategy[str] | None = None) -> dict[str, Any]:
    """One feature row; `texts` replaces every text but the birth date."""
    values = {
        name: strategy if texts is None or name == "birth" else texts for name, strategy in _TEXT_STRATEGIES.items()
    }
    row: dict[str, Any] = {name: draw(st.none() | values[name]) for name in TEXTS}
    codes = DIGITS if texts is None else texts
    for name in ("identifiers", "papers"):
        row[name] = draw(some(number_text(codes)))
        row[f"{name}_kinds"] = kinds_of(row[name])
    row["phone_periods"] = draw(some(st.fixed_dictionaries({"value": codes, "valid_from": DAY, "valid_to": DAY})))
    row["phones"] = phones_of(row["phone_periods"])
    row["emails"] = draw(some(FOLDED if texts is None else texts))
    row["nicknames"] = draw(some(values["given"])) if row["given"] is not None else None
    return row


def kinds_of(numbers: Sequence[str] | None) -> list[str] | None:
    """The kinds of a list of numbers."""
    return None if numbers is None else sorted({text.rpartition(":")[0] for text in numbers})


def phones_of(periods: Sequence[dict[str, Any]] | None) -> list[str] | None:
    """The numbers of a list of phone periods."""
    return None if periods is None else sorted({period["value"] for period in periods})


# -- tables ------------------------------------------------------------------------------------------------------------


def feature_table(rows: Sequence[dict[str, Any]], party: str = "person") -> pa.Table:
    """Rows as the features table; record ids count from 0."""
    return pa.Table.from_pylist(
        [{"record_id": number, "party": party} | row for number, row in enumerate(rows)], schema=FEATURES
    )


def scratch() -> duckdb.DuckDBPyConnection:
    """A connection in memory that knows the macros."""
    connection = duckdb.connect()
    for macro in MACROS:
        connection.execute(macro)
    return connection


def ask_all_pairs(
    connection: duckdb.DuckDBPyConnection, rows: Sequence[dict[str, Any]], questions: Sequence[str]
) -> list[tuple[Any, ...]]:
    """The answers of SQL conditions over ``_l`` and ``_r`` columns for every two rows, in one query."""
    connection.register("feature_rows", feature_table(rows))
    columns = ", ".join(map(compared, FEATURES.names))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE all_rows AS SELECT {columns} FROM feature_rows")
    sides = [
        "(SELECT " + ", ".join(f"{name} AS {name}_{side}" for name in FEATURES.names) + " FROM all_rows)"
        for side in "lr"
    ]
    found = connection.execute(
        f"SELECT {', '.join(questions)} FROM {sides[0]} CROSS JOIN {sides[1]} ORDER BY record_id_l, record_id_r"
    ).fetchall()
    connection.unregister("feature_rows")
    return found


# -- a corpus of near misses -------------------------------------------------------------------------------------------


KATHERINE: dict[str, Any] = {
    "given": "katherine", "middle": "amelia", "family": "mcallister", "former": None, "nicknames": ["katherine"],
    "given_native": "伟", "family_native": "张", "birth": "1980-02-03", "sex": "female",
    "dwelling": "184|mainroad|5||10001", "street": "mainroad", "number": "184", "place": "10001",
    "organisation": "northernwidgets",
    "identifiers": ["tax_number:US:123456789"], "identifiers_kinds": ["tax_number:US"],
    "papers": ["passport:CA:1234567"], "papers_kinds": ["passport:CA"],
    "phones": ["+14165551234"], "phone_periods": [{"value": "+14165551234", "valid_from": None, "valid_to": None}],
    "emails": ["kate@x.example"],
}  # fmt: skip
_NO_HANZI = {"given_native": None, "family_native": None}
_OTHER_PHONE, _TYPO_PHONE = "+16045550000", "+14165551235"
# One for each way in which a record is known to fall short; so that every level of every comparison is met.
NOT_QUITE_KATHERINE: tuple[dict[str, Any], ...] = (
    _NO_HANZI,
    {"given_native": "炜", "family_native": "章"},
    _NO_HANZI | {"given": "katherime", "middle": "amelja", "family": "mcallistar", "organisation": "northernwidgetz",
                 "nicknames": ["katherime"], "birth": "1980-02-04", "number": "185", "dwelling": "185",
                 "identifiers": ["tax_number:US:123456780"], "papers": ["passport:CA:1234576"],
                 "emails": ["kat@x.example"], "phones": [_TYPO_PHONE],
                 "phone_periods": [{"value": _TYPO_PHONE, "valid_from": None, "valid_to": None}]},
    _NO_HANZI | {"given": "katherixx", "family": "mcallistxx", "organisation": "northernwidgexx",
                 "nicknames": ["katherixx"], "birth": "1980-02-28", "number": "7", "dwelling": "7"},
    _NO_HANZI | {"given": "kathy", "nicknames": ["katherine", "kathy"], "family": "mcallisterson",
                 "organisation": "northernwidgetscanada", "dwelling": "184|mainroad|6||10001"},
    _NO_HANZI | {"given": "k", "nicknames": ["k"], "middle": "a", "street": "elm", "number": "9", "dwelling": "9"},
    _NO_HANZI | {"given": "mcallister", "nicknames": ["mcallister"], "family": "katherine", "street": None,
                 "number": None, "dwelling": None},
    _NO_HANZI | {"family": "jones", "former": "mcallister", "place": "90210", "street": "elm", "dwelling": "x"},
    _NO_HANZI | {"given": "zoe", "nicknames": ["zoe"], "middle": "ruth", "family": "bow", "organisation": "foo",
                 "birth": "1931-12-30", "sex": "male", "place": "k1a0b1", "street": "oak", "dwelling": "y",
                 "identifiers": ["tax_number:US:987654321"], "papers": ["passport:CA:7654321"],
                 "emails": ["z@y.example"], "phones": [_OTHER_PHONE],
                 "phone_periods": [{"value": _OTHER_PHONE, "valid_from": None, "valid_to": None}]},
)  # fmt: skip


def corpus(people: int, *, seed: int = 3) -> list[dict[str, Any]]:
    """Rows that differ from each other in the ways that records of one person do, and in those of strangers."""
    rng = random.Random(seed)
    rows: list[dict[str, Any]] = [dict.fromkeys(FEATURES.names[2:])]  # of whom nothing is known
    rows += [KATHERINE | changes for changes in ({}, *NOT_QUITE_KATHERINE)]
    for _ in range(people):
        row = stranger(rng)
        rows.append(row)
        rows += [near_miss(row, rng) for _ in range(rng.randint(1, 3))]
    return rows


def stranger(rng: random.Random) -> dict[str, Any]:
    """A person (and company) whom nothing links to anybody else, but for chance."""
    hanzi = rng.random() < 0.3
    street = rng.choice(["中山路", "张掖路", "天水北路"]) if hanzi else _word(rng, 8)
    number, place = str(rng.randint(10, 99)), rng.choice(["兰州市城关区", "10001", "k1a0b1", "springfield"])
    period = {
        "value": f"+1416555{rng.randint(1000, 9999)}",
        "valid_from": rng.choice([None, dt.date(2015, 1, 1)]),
        "valid_to": rng.choice([None, dt.date(2019, 12, 31)]),
    }
    numbers = [f"tax_number:US:{rng.randint(10**8, 10**9)}"]
    papers = [f"passport:CA:{rng.randint(10**6, 10**7)}"]
    given = rng.choice(["robert", "elizabeth", "william", _word(rng, 6)])
    return {
        "given": given,
        "middle": _word(rng, 5),
        "family": _word(rng, 7),
        "former": rng.choice([None, _word(rng, 7)]),
        "given_native": rng.choice(["伟", "炜", "国东", "国栋"]) if hanzi else None,
        "family_native": rng.choice(["张", "章", "欧阳"]) if hanzi else None,
        "birth": str(dt.date(1950, 1, 1) + dt.timedelta(days=rng.randrange(18000))),
        "sex": rng.choice(["male", "female", None]),
        "dwelling": f"{number}|{street}|||{place}",
        "street": street,
        "number": number,
        "place": place,
        "organisation": rng.choice(["源成科技银川分公司", "博永网络科技发展"]) if hanzi else _word(rng, 9),
        "identifiers": numbers,
        "identifiers_kinds": kinds_of(numbers),
        "papers": papers,
        "papers_kinds": kinds_of(papers),
        "phone_periods": [period],
        "phones": [period["value"]],
        "emails": [_word(rng, 6) + "@x.example"],
        "nicknames": [given],
    }


def near_miss(row: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The same person as another system might know them: each feature kept, gone, or spoilt."""
    found = dict(row)
    for name in TEXTS:
        if row[name] is not None and rng.random() < 0.45:
            found[name] = _spoil_date(row[name], rng) if name == "birth" else _spoil(row[name], rng)
    if rng.random() < 0.2:
        found["given"], found["family"] = row["family"], row["given"]
    if rng.random() < 0.15:
        found["given"], found["middle"] = row["middle"], row["given"]
    if rng.random() < 0.15:
        found["family"], found["former"] = _word(rng, 7), row["family"]
    found["nicknames"] = None if found["given"] is None else [found["given"]]
    if rng.random() < 0.2:
        found["given"] = row["given"][:3]
        found["nicknames"] = sorted({row["given"], row["given"][:3]})
    for name in ("identifiers", "papers", "emails", "phones"):
        if rng.random() < 0.5:
            texts = [_spoil_end(text, rng) for text in row[name]]
            found[name] = None if rng.random() < 0.2 else texts
    begun = rng.choice([None, dt.date(2020, 2, 1)])
    period = {**row["phone_periods"][0], "valid_from": begun}
    found["phone_periods"] = [period | {"value": number} for number in found["phones"] or ()] or None
    for name in ("identifiers", "papers"):
        found[f"{name}_kinds"] = kinds_of(found[name])
    return found


def _word(rng: random.Random, letters: int) -> str:
    return "".join(rng.choice("abdeiklmnorstuz") for _ in range(letters))


def _spoil(text: str, rng: random.Random) -> str | None:
    at = rng.randrange(len(text))
    ways: list[Callable[[], str | None]] = [
        lambda: None,
        lambda: text[:at] + rng.choice("aeiou19") + text[at + 1 :],
        lambda: text[:at] + text[at + 1 :] or text,
        lambda: text[: at + 1] + text[at:],
        lambda: text[:at] + text[at : at + 2][::-1] + text[at + 2 :],
        lambda: text[:1],
        lambda: text + "son",
        lambda: "de" + text,
        lambda: text[:-2] + "io",
        lambda: _word(rng, 6),
    ]
    return rng.choice(ways)()


def _spoil_end(text: str, rng: random.Random) -> str:
    head, end = text[:-4], text[-4:]
    return head + rng.choice([end[:-1] + "0", end[1] + end[0] + end[2:], "7071", end + "1"])


def _spoil_date(text: str, rng: random.Random) -> str | None:
    year, month, day = text.split("-")
    ways = [
        None,
        f"{year}-{day}-{month}" if int(day) <= 12 else text,
        f"{year}-{month}-01",
        f"{int(year) + 1}-{month}-{day}",
        f"{int(year) + 10}-{month}-{int(day) % 28 + 1:02}",
        str(dt.date(1950, 1, 1) + dt.timedelta(days=rng.randrange(18000))),
    ]
    return rng.choice(ways)
