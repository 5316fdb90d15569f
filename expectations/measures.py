"""What the expectations look at: narrow columns and figures, computed in Arrow from the nested tables.

Great Expectations works on pandas, where nested columns are slow and large; here each question about a row becomes one
small column of numbers or flags. The expectations decide on them, nothing here does.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from expectations.duplicates import Flags
from mdm.party import IDENTIFIER_TYPES

_NAMES = ("name_full", "name_given", "name_middle", "name_family", "name_former", "organisation_name")
_USABLE = (
    *("name_given", "name_family", "name_former", "given_native", "family_native", "organisation_name", "birth_date"),
    *("identifiers", "phones", "emails", "address", "accounts", "subscriptions"),
)

E164 = r"^\+[1-9][0-9]{3,14}$"
"""ITU-T E.164: a plus, the country code, at most fifteen digits."""

PLAUSIBLE = (date(1850, 1, 1), date(2100, 12, 31))
"""Wider than what the cleanser lets through, and not tied to today: a test feed may be set in 2040."""

_LISTS = ("identifiers", "phones", "emails", "accounts", "subscriptions")


def filled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether a column says anything: text or date not null, list not empty, struct with a field that is filled."""
    kind = column.type
    if pa.types.is_list(kind):
        return pc.fill_null(pc.greater(pc.list_value_length(column), 0), False)
    if pa.types.is_struct(kind):
        return any_filled([pc.struct_field(column, index) for index in range(kind.num_fields)], len(column))
    return pc.is_valid(column)


def any_filled(columns: list[pa.ChunkedArray], size: int) -> pa.ChunkedArray:
    """Row by row, whether any of `columns` is filled."""
    answer = pa.chunked_array([pa.array(np.zeros(size, dtype=bool))])
    for column in columns:
        answer = pc.or_(answer, filled(column))
    return answer


def source_rows(mapped: pa.Table, superseded: Flags, *, role: str) -> pd.DataFrame:
    """One narrow row per row of MAPPED.

    key_length (null without a key), key_has_control, superseded, party (text; "" when unknown, "deleted" for a
    deletion, which need not say), has_content (true for a deletion). The attributes of an enrichment row are content.
    """
    keys, deleted = mapped["local_id"], pc.fill_null(mapped["deleted"], False)
    lists = [*_LISTS, *(("attributes",) if role == "enrichment" else ())]
    content = any_filled([mapped[name] for name in (*_NAMES, *lists, "address")], mapped.num_rows)
    frame = pa.table(
        {
            "key_length": pc.cast(pc.utf8_length(keys), pa.float64()),
            "key_has_control": pc.fill_null(pc.match_substring_regex(keys, r"\p{Cc}"), False),
            "superseded": pa.array(superseded),
            "party": pc.if_else(deleted, "deleted", pc.fill_null(mapped["party"], "")),
            "has_content": pc.or_(deleted, content),
        }
    )
    return frame.to_pandas()


def fields(table: pa.Table) -> pd.DataFrame:
    """One row per column of `table`: `name: type`."""
    return pd.DataFrame({"field": [f"{column.name}: {column.type}" for column in table.schema]})


def figures(values: dict[str, float | None]) -> pd.DataFrame:
    """One row of numbers; those that are not known are left out."""
    return pd.DataFrame({name: [float(value)] for name, value in values.items() if value is not None})


def cleansed_rows(cleansed: pa.Table) -> pd.DataFrame:
    """One narrow row per record of CLEANSED: has_key, usable, dates_plausible, phones_valid, identifiers_valid.

    usable: anything to know the party by or to reach it; the attributes of an enrichment record are usable too.
    """
    size = cleansed.num_rows
    enrichment = pc.fill_null(pc.equal(cleansed["role"], "enrichment"), False)
    usable = any_filled([cleansed[name] for name in _USABLE], size)
    phones = _elements_match(cleansed["phones"], "number", E164)
    types = pc.is_in(_flat(cleansed["identifiers"], "type"), value_set=pa.array(list(IDENTIFIER_TYPES)))
    values = pc.fill_null(pc.greater(pc.utf8_length(_flat(cleansed["identifiers"], "value")), 0), False)
    frame = pa.table(
        {
            "has_key": pc.and_(pc.is_valid(cleansed["system"]), pc.is_valid(cleansed["local_id"])),
            "usable": pc.or_(usable, pc.and_(enrichment, filled(cleansed["attributes"]))),
            "dates_plausible": pc.and_(_plausible(cleansed["birth_date"]), _plausible(cleansed["death_date"])),
            "phones_valid": phones,
            "identifiers_valid": _rows_without(cleansed["identifiers"], pc.invert(pc.and_(types, values))),
        }
    )
    return frame.to_pandas()


def _plausible(dates: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether each date is missing or within `PLAUSIBLE`."""
    earliest, latest = (pa.scalar(day, pa.date32()) for day in PLAUSIBLE)
    return pc.fill_null(pc.and_(pc.greater_equal(dates, earliest), pc.less_equal(dates, latest)), True)


def _flat(lists: pa.ChunkedArray, field: str) -> pa.ChunkedArray:
    """One field of all elements of a list column."""
    return pc.struct_field(pc.list_flatten(lists), field)


def _elements_match(lists: pa.ChunkedArray, field: str, pattern: str) -> pa.Array:
    """Row by row, whether `field` of every element matches `pattern`; a null does not."""
    matches = pc.fill_null(pc.match_substring_regex(_flat(lists, field), pattern), False)
    return _rows_without(lists, pc.invert(matches))


def _rows_without(lists: pa.ChunkedArray, bad: pa.ChunkedArray) -> pa.Array:
    """Row by row, whether none of its elements is bad; `bad` has one flag per element."""
    answer = np.ones(len(lists), dtype=bool)
    answer[pc.list_parent_indices(lists.combine_chunks()).filter(bad.combine_chunks()).to_numpy()] = False
    return pa.array(answer)
