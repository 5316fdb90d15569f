"""The document of a record says what its columns said, and comes back as they were."""

import json
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm.party import CLEANSED
from pipelines.documents import IN_DOCUMENT, STORED, document_sql, to_stored

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=3)
DOCUMENT = pa.schema([CLEANSED.field(name) for name in IN_DOCUMENT])


def values(kind: pa.DataType) -> st.SearchStrategy[Any]:
    """Any value of an Arrow type, or null."""
    return st.none() | present(kind)


def present(kind: pa.DataType) -> st.SearchStrategy[Any]:
    """Any value of an Arrow type but null."""
    if pa.types.is_list(kind):
        return st.lists(present(kind.value_type), max_size=2)
    if pa.types.is_struct(kind):
        return st.fixed_dictionaries({field.name: values(field.type) for field in kind})
    return st.dates(date(1, 1, 1), date(9999, 12, 31)) if pa.types.is_date(kind) else TEXT


def without_nulls(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: without_nulls(value) if isinstance(value, dict) else value
        for name, value in found.items()
        if value is not None
    }


@settings(max_examples=30, deadline=None)
@given(st.fixed_dictionaries({field.name: values(field.type) for field in DOCUMENT}))
def test_a_document_is_the_record_without_nulls_outside_lists(row: dict[str, Any]) -> None:
    connection = duckdb.connect()
    record = pa.Table.from_pylist([row], schema=DOCUMENT)
    connection.register("record", record)
    found = connection.sql(f"SELECT {document_sql()} AS cleansed FROM record").to_arrow_table()
    expected = json.loads(json.dumps(without_nulls(record.to_pylist()[0]), default=str))
    text = found["cleansed"][0].as_py()
    assert json.loads(text) == expected
    assert list(json.loads(text)) == list(expected)
    others = [pa.nulls(1, field.type) for field in STORED if field.name not in (*IN_DOCUMENT, "cleansed")]
    names = [name for name in STORED.names if name not in IN_DOCUMENT]
    back = to_stored(pa.table([*others, found["cleansed"]], names=[*names, "cleansed"]), connection)
    assert back.select(IN_DOCUMENT).to_pylist() == record.to_pylist()
