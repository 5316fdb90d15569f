"""What matching reads of a record: feature columns, made from CLEANSED in DuckDB and, the same, in Python.

Features (text unless told): given, middle, family, former (folded keys), given_native, family_native, nicknames (list),
birth (ISO date), sex, identifiers and papers (lists of ``type:issuer:value``) with their `_kinds` (``type:issuer``),
phone_periods (list of {value, valid_from, valid_to}), phones, emails, accounts (lists), dwelling, street, number,
place, organisation. An empty list is NULL: it says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import duckdb
import pyarrow as pa
from nicknames import NickNamer

from mdm.party import IDENTIFIER_TYPES

PROOF = tuple(sorted(name for name, kind in IDENTIFIER_TYPES.items() if kind.contradicts))
PAPER = tuple(sorted(name for name, kind in IDENTIFIER_TYPES.items() if kind.unique and not kind.contradicts))
PLAIN = {
    "given": "given_key",
    "middle": "middle_key",
    "family": "family_key",
    "former": "former_key",
    "given_native": "given_native",
    "family_native": "family_native",
    "sex": "sex",
    "dwelling": "dwelling_key",
    "street": "street_key",
    "number": "number_key",
    "place": "place_key",
    "organisation": "organisation_key",
}
# The columns of CLEANSED that features are made of.
READ = ("record_id", "party", *PLAIN.values(), "birth_date", "identifiers", "phones", "emails", "accounts")
PERIODS = "phone_periods"
LISTS = ("identifiers", "identifiers_kinds", "papers", "papers_kinds", "phones", "emails", "accounts", "nicknames")


def feature_sql(source: str) -> str:
    """SELECT that turns a CLEANSED relation with a `record_id` into features; needs the table `nickname_groups`."""
    plain = ", ".join(f"{column} AS {name}" for name, column in PLAIN.items())
    return f"""
        SELECT record_id, party, {plain},
               coalesce(nicknames.names, CASE WHEN given_key IS NULL THEN NULL ELSE [given_key] END) AS nicknames,
               birth_date::VARCHAR AS birth,
               {_identifiers_sql(PROOF)} AS identifiers, {_kinds_sql(PROOF)} AS identifiers_kinds,
               {_identifiers_sql(PAPER)} AS papers, {_kinds_sql(PAPER)} AS papers_kinds,
               {_filled("list_transform(phones, lambda p: {'value': p.number, 'valid_from': p.valid_from, 'valid_to': p.valid_to})")} AS phone_periods,
               {_filled("list_sort(list_distinct(list_transform(phones, lambda p: p.number)))")} AS phones,
               {_filled("list_sort(list_distinct(list_transform(emails, lambda e: e.address)))")} AS emails,
               {_filled("list_sort(list_distinct(accounts))")} AS accounts
        FROM {source} LEFT JOIN nickname_groups nicknames ON given_key = nicknames.given
    """  # noqa: E501


def _filled(expression: str) -> str:
    return f"(CASE WHEN len({expression}) > 0 THEN {expression} END)"


def _of_types(types: tuple[str, ...]) -> str:
    names = ", ".join(f"'{name}'" for name in types)
    return f"list_filter(identifiers, lambda i: i.type IN ({names}))"


def _identifiers_sql(types: tuple[str, ...]) -> str:
    text = "i.type || ':' || coalesce(i.issuer, '') || ':' || i.value"
    return _filled(f"list_sort(list_distinct(list_transform({_of_types(types)}, lambda i: {text})))")


def _kinds_sql(types: tuple[str, ...]) -> str:
    text = "i.type || ':' || coalesce(i.issuer, '')"
    return _filled(f"list_sort(list_distinct(list_transform({_of_types(types)}, lambda i: {text})))")


def load_nicknames(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Create the table `nickname_groups(given, names)` for every given name in `source` that has short forms."""
    given = [
        row[0]
        for row in connection.execute(
            f"SELECT DISTINCT given_key FROM {source} WHERE given_key IS NOT NULL ORDER BY ALL"
        ).fetchall()
    ]
    groups = [(name, nickname_group(name)) for name in given]
    kept = [(name, list(group)) for name, group in groups if len(group) > 1]
    table = pa.table(
        {
            "given": pa.array([n for n, _ in kept], pa.string()),
            "names": pa.array([g for _, g in kept], pa.list_(pa.string())),
        }
    )
    connection.register("nickname_rows", table)
    connection.execute("CREATE OR REPLACE TEMP TABLE nickname_groups AS SELECT * FROM nickname_rows")
    connection.unregister("nickname_rows")


@cache
def _nicknames() -> NickNamer:
    return NickNamer()


@lru_cache(maxsize=1 << 17)
def nickname_group(given: str) -> tuple[str, ...]:
    """A given name and the full names that it may be short for, sorted (English; the `nicknames` data set)."""
    return tuple(sorted({given, *_nicknames().canonicals_of(given)}))


def features_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The same features of one CLEANSED row as a dict."""
    row: dict[str, Any] = {name: record.get(column) for name, column in PLAIN.items()}
    row["nicknames"] = list(nickname_group(row["given"])) if row["given"] is not None else None
    row["birth"] = None if record.get("birth_date") is None else str(record["birth_date"])
    for name, types in (("identifiers", PROOF), ("papers", PAPER)):
        kept = [i for i in record.get("identifiers") or () if i["type"] in types]
        row[name] = _distinct(f"{i['type']}:{i['issuer'] or ''}:{i['value']}" for i in kept)
        row[f"{name}_kinds"] = _distinct(f"{i['type']}:{i['issuer'] or ''}" for i in kept)
    phones = record.get("phones") or ()
    row["phone_periods"] = [
        {"value": p["number"], "valid_from": p["valid_from"], "valid_to": p["valid_to"]} for p in phones
    ] or None
    row["phones"] = _distinct(p["number"] for p in phones)
    row["emails"] = _distinct(e["address"] for e in record.get("emails") or ())
    row["accounts"] = _distinct(record.get("accounts") or ())
    return row


def _distinct(values: Any) -> list[str] | None:
    return sorted(set(values)) or None
