"""What of a model is counted rather than learned: plain DuckDB over the table `training` (features, one row a record).

The prior from strict rules, u of numbers, term frequencies, which comparisons have anything to say, and whether the
people of this data live in families.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import duckdb

from mdm.match.comparisons import COMPARISONS, Comparison
from mdm.match.model import DIGITS, Frequencies, default_prior
from mdm.party import PartyType

# What recall a strict rule (equal number, or equal full name with birth date or dwelling) has: Splink's usual guess.
STRICT_RECALL = 0.8
# In data about households more than half of the pairs that share a dwelling are two people; in lists of single people
# next to none are. Below this share of them evidence counts as independent.
FAMILY_SHARE = 0.1
STRICT: dict[PartyType, tuple[tuple[str, ...], ...]] = {
    "person": (
        ("identifiers_first",),
        ("given", "family", "birth"),
        ("given", "family", "dwelling"),
        ("given", "family", "phones_first"),
    ),
    "organisation": (("identifiers_first",), ("organisation", "dwelling"), ("organisation", "phones_first")),
}


def usable_comparisons(connection: duckdb.DuckDBPyConnection, party: PartyType) -> tuple[list[Comparison], list[str]]:
    """Comparisons whose feature takes at least two values, and notes on the others."""
    usable, notes = [], []
    for comparison in COMPARISONS[party]:
        feature = _main_feature(comparison)
        values = count(connection, f"(SELECT DISTINCT {feature} FROM training WHERE {feature} IS NOT NULL LIMIT 2)")
        if values == 2:
            usable.append(comparison)
        else:
            state = "absent" if values == 0 else "constant"
            notes.append(f"{comparison.words} is {state}: not trained, declared defaults are used")
    return usable, notes


def _main_feature(comparison: Comparison) -> str:
    return "street" if comparison.name == "address" else comparison.name


def count_u(connection: duckdb.DuckDBPyConnection, usable: Sequence[Comparison]) -> dict[str, list[float | None]]:
    """u of comparisons of numbers. A slip into somebody else's number is no more likely than holding it."""
    result: dict[str, list[float | None]] = {}
    for comparison in usable:
        if comparison.counted is None:
            continue
        values = f"(SELECT unnest({comparison.name}) AS value FROM training)"
        if comparison.counted == "unique":
            same = 1 / max(count(connection, f"(SELECT DISTINCT value FROM {values})"), 2)
        else:
            holders = count(connection, f"training WHERE {comparison.name} IS NOT NULL")
            pairs = connection.execute(
                f"SELECT coalesce(sum(n * (n - 1) / 2), 0) FROM (SELECT count(*) AS n FROM {values} GROUP BY value)"
            ).fetchall()[0][0]
            same = max(float(pairs), 1.0) / max(holders * (holders - 1) / 2, 2.0)
        same = min(same, 0.5)
        result[comparison.name] = [*[same] * (len(comparison.levels) - 1), max(1 - same, 0.5)]
    return result


def count_pairs(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> float:
    """How many pairs of records share `columns`."""
    present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    return float(
        connection.execute(
            f"SELECT coalesce(sum(n * (n - 1) / 2), 0) FROM "
            f"(SELECT count(*) AS n FROM training WHERE {present} GROUP BY {', '.join(columns)})"
        ).fetchall()[0][0]
    )


def estimate_prior(connection: duckdb.DuckDBPyConnection, party: PartyType, records: int) -> float:
    """log2 odds that two random records match: pairs that a strict rule finds, over its recall."""
    selects = [
        "SELECT a.record_id AS l, b.record_id AS r FROM training a JOIN training b ON "
        + " AND ".join(f"a.{column} = b.{column}" for column in columns)
        + " AND a.record_id < b.record_id"
        for columns in STRICT[party]
        if _largest_block(connection, columns) <= 200
    ]
    found = count(connection, f"({' UNION '.join(selects)})") if selects else 0
    if found == 0:
        return default_prior(records)
    share = min(found / STRICT_RECALL / (records * (records - 1) / 2), 0.5)
    return round(math.log2(share / (1 - share)), DIGITS)


def has_families(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether different people share dwellings or phones: pairs that do, and differ in given name and birth date."""
    shared, apart = 0, 0
    for column in ("dwelling", "phones_first"):
        row = connection.execute(
            f"""
            WITH small AS (SELECT {column} FROM training WHERE given IS NOT NULL AND birth IS NOT NULL
                           GROUP BY 1 HAVING count(*) BETWEEN 2 AND 50)
            SELECT count(*), coalesce(sum(
                (a.birth <> b.birth AND jaro_winkler_similarity(a.given, b.given) < 0.7)::INT), 0)
            FROM training a JOIN training b ON a.{column} = b.{column} AND a.record_id < b.record_id
            WHERE a.{column} IN (SELECT {column} FROM small) AND a.given IS NOT NULL AND b.given IS NOT NULL
              AND a.birth IS NOT NULL AND b.birth IS NOT NULL
            """
        ).fetchall()[0]
        shared, apart = shared + int(row[0]), apart + int(row[1])
    return shared < 50 or apart / shared >= FAMILY_SHARE


def _largest_block(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> int:
    present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    return int(
        connection.execute(
            f"SELECT coalesce(max(n), 0) FROM "
            f"(SELECT count(*) AS n FROM training WHERE {present} GROUP BY {', '.join(columns)})"
        ).fetchall()[0][0]
    )


def count_frequencies(connection: duckdb.DuckDBPyConnection, usable: Sequence[Comparison]) -> dict[str, Frequencies]:
    """Shares of values that occur at least twice; the default is the share of a value that occurs once."""
    tables = {}
    for feature in dict.fromkeys(level.frequency for c in usable for level in c.levels if level.frequency):
        total = count(connection, f"training WHERE {feature} IS NOT NULL")
        if total == 0:
            continue
        rows = connection.execute(
            f"SELECT {feature}, count(*) / {total} FROM training WHERE {feature} IS NOT NULL "
            f"GROUP BY 1 HAVING count(*) > 1 ORDER BY 1"
        ).fetchall()
        tables[feature] = Frequencies(1 / total, dict(rows))
    return tables


def count(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0])
