"""Values that so many hold that they are no evidence: DuckDB and Python leave out the same."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from mdm.match.generic import leave_out, people_sql, without

VALUES = st.lists(st.sampled_from(("a", "b", "c")), max_size=3, unique=True).map(lambda found: sorted(found) or None)
TEXTS = st.sampled_from((None, "x", "y"))
ROWS = st.fixed_dictionaries(
    {"phones": VALUES, "emails": VALUES, "dwelling": TEXTS, "street": TEXTS, "number": TEXTS, "place": TEXTS}
)
GENERIC = st.fixed_dictionaries(
    {}, optional={"phone": st.just({"a", "c"}), "email": st.just({"b"}), "dwelling": st.just({"x"})}
)
SCHEMA = pa.schema(
    [
        ("record_id", pa.int64()),
        ("party", pa.string()),
        ("phones", pa.list_(pa.string())),
        ("phone_periods", pa.list_(pa.struct([("value", pa.string())]))),
        ("emails", pa.list_(pa.string())),
        *((name, pa.string()) for name in ("dwelling", "street", "number", "place")),
    ]
)


@given(st.lists(ROWS, min_size=1, max_size=6), GENERIC)
def test_in_bulk_as_one_by_one(rows: list[dict[str, Any]], generic: dict[str, set[str]]) -> None:
    numbered = [
        {"record_id": number, "party": "person", **row, "phone_periods": _periods(row["phones"])}
        for number, row in enumerate(rows)
    ]
    with duckdb.connect() as connection:
        connection.register("given_rows", pa.Table.from_pylist(numbered, schema=SCHEMA))
        connection.execute("CREATE TABLE features AS FROM given_rows")
        leave_out(connection, "features", "organisation", generic)  # nobody here
        leave_out(connection, "features", "person", generic)
        found = connection.sql("FROM features ORDER BY record_id").to_arrow_table().to_pylist()
    assert found == [without(row, generic) for row in numbered]


def _periods(phones: list[str] | None) -> list[dict[str, str]] | None:
    return None if phones is None else [{"value": phone} for phone in phones]


def test_people_are_told_apart_by_name_and_birth_date() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE features AS FROM (VALUES (1, 'ann', 'lee', '1980-01-01', NULL), (2, 'ann', 'lee', "
            "'1980-01-01', NULL), (3, 'ann', 'lee', NULL, NULL), (4, 'bo', 'lee', NULL, NULL), "
            "(5, NULL, NULL, NULL, 'x')) "
            "f(record_id, given, family, birth, organisation)"
        )
        connection.execute("CREATE TABLE holders AS SELECT 7 AS key, record_id FROM features")
        assert connection.execute(people_sql("features", "holders")).fetchall() == [(7, 4)]
