"""What we sent and what comes back: a value that a source repeats after us says nothing of its own.

A record's value is an *echo* when the target was told just this value under this key, and the record did not hold it
before of its own. The record's version carries the mark (`issues`: attribute, ``echo``, the value where the attribute
has several); survivorship takes an echo for the least of all candidates (`mdm.golden.candidates`). It is decided once,
when the version arrives, by what was sent until then and by the version before; so it does not depend on the order in
which other records arrive.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from mdm.contracts.target_model import TargetColumn, TargetContract
from mdm.golden.candidates import ECHO
from mdm.golden.rules import ATTRIBUTES
from mdm.sync.characters import UNIT
from mdm.sync.made import content_columns, without_sql
from mdm.sync.values import CONTENT_OF_ROW, ORIGINAL, OWN, attribute_of, own

# What was sent under keys that come back: system, local_id, content, and the layout (place in a list) that it has.
SENT = pa.schema([("system", pa.string()), ("local_id", pa.string()), ("layout", pa.int64()), ("content", pa.string())])


def mark_echoes(
    cleansed: pa.Table,
    before: pa.Table | None,
    sent: pa.Table,
    layouts: Sequence[TargetContract],
    scratch: duckdb.DuckDBPyConnection,
) -> pa.Table:
    """`cleansed` (rows of CLEANSED) with echoes among their issues.

    before: the versions that these records had (system, local_id, cleansed, original), None or empty for none.
    """
    if sent.num_rows == 0 or cleansed.num_rows == 0:
        return cleansed
    nothing = pa.schema([(name, pa.string()) for name in ("system", "local_id", "cleansed", "original")]).empty_table()
    names = ("cleansed_now", "versions_before", "sent")
    tables = (cleansed, nothing if before is None else before, sent)
    for name, table in zip(names, tables, strict=True):
        scratch.register(name, table)
    queries = [_echoes(n, layout) for n, layout in enumerate(layouts)]
    found = scratch.sql(" UNION ".join(query for query in queries if query)).to_arrow_table() if any(queries) else None
    if found is not None and found.num_rows:
        scratch.register("echoed", found)
        marked = scratch.sql(f"""
            SELECT c.place, list({{'attribute': attribute, 'mark': '{ECHO}', 'reason': reason}}
                                 ORDER BY attribute, reason) AS echoes
            FROM echoed JOIN (SELECT system, local_id, row_number() OVER () - 1 AS place FROM cleansed_now) c
            USING (system, local_id) GROUP BY c.place ORDER BY c.place""").to_arrow_table()
        scratch.unregister("echoed")
        cleansed = _with_issues(cleansed, marked)
    for name in names:
        scratch.unregister(name)
    return cleansed


def _with_issues(cleansed: pa.Table, marked: pa.Table) -> pa.Table:
    """Only the rows that have echoes are touched, in one column."""
    issues = cleansed["issues"].to_pylist()
    for place, echoes in zip(marked["place"].to_pylist(), marked["echoes"].to_pylist(), strict=True):
        issues[place] = [*(issues[place] or ()), *echoes]
    kind = cleansed.schema.field("issues")
    return cleansed.set_column(cleansed.schema.get_field_index("issues"), kind, pa.array(issues, kind.type))


def _echoes(number: int, contract: TargetContract) -> str | None:
    """SQL: (system, local_id, attribute, reason) of the echoes of what was sent in one layout."""
    parts = []
    columns = [(n, c) for n, c in enumerate(content_columns(contract), 1) if c.value not in CONTENT_OF_ROW]
    for attribute in dict.fromkeys(attribute_of(column.value) for _, column in columns):
        if attribute not in ATTRIBUTES:
            continue
        own_columns = [(place, column) for place, column in columns if attribute_of(column.value) == attribute]
        if ATTRIBUTES[attribute].column is None:
            parts.append(_of_one(attribute, own_columns))
        else:
            parts += [_of_list(attribute, place, column) for place, column in own_columns]
    if not parts:
        return None
    texts = {column.name: f"CAST({own(column)} AS VARCHAR)" for _, column in columns}
    values = ", ".join(f"{text} AS v{place}" for (place, _), text in zip(columns, texts.values(), strict=True))
    return f"""(
    WITH now AS (
        SELECT system, local_id, {values} FROM (
            SELECT r.*, from_json(r.original, '{ORIGINAL}') AS o
            FROM cleansed_now r SEMI JOIN sent USING (system, local_id)
        ) r
    ), old AS (
        SELECT system, local_id, {values}, r.issues AS issues FROM (
            SELECT system, local_id, from_json(cleansed, '{OWN}') AS r, from_json(original, '{ORIGINAL}') AS o
            FROM versions_before SEMI JOIN sent USING (system, local_id)
        )
    ), told AS (
        SELECT system, local_id, string_split(content, chr(31)) AS c FROM sent
        WHERE layout = {number} AND content IS NOT NULL
    )
    {" UNION ".join(parts)})"""


def _of_one(attribute: str, columns: Sequence[tuple[int, TargetColumn]]) -> str:
    """An attribute with one value is an echo when all that was sent of it in one delivery is there."""
    alike = " AND ".join(f"coalesce({without_sql(f'n.v{p}', c)}, '') = t.c[{p}]" for p, c in columns)
    some = " OR ".join(f"n.v{place} IS NOT NULL" for place, _ in columns)
    held = " AND ".join(f"b.v{place} IS NOT DISTINCT FROM n.v{place}" for place, _ in columns)
    return _select(attribute, "''", f"({some}) AND {alike}", held, "true")


def _of_list(attribute: str, place: int, column: TargetColumn) -> str:
    alike = f"n.v{place} IS NOT NULL AND {without_sql(f'n.v{place}', column)} = t.c[{place}]"
    slot = column.value.partition(".")[2].replace("'", "''").replace(".", UNIT)  # as `candidates.echo_key` names it
    reason = f"concat('{slot}: ', n.v{place})" if slot else f"n.v{place}"
    return _select(attribute, reason, alike, f"b.v{place} IS NOT DISTINCT FROM n.v{place}", f"i.reason = {reason}")


def _select(attribute: str, reason: str, alike: str, held: str, marked: str) -> str:
    """Unless the version before held it, and not as an echo."""
    echoed = f"len(list_filter(b.issues, lambda i: i.mark = '{ECHO}' AND i.attribute = '{attribute}' AND {marked})) > 0"
    return f"""
    SELECT n.system, n.local_id, '{attribute}' AS attribute, {reason} AS reason
    FROM now n JOIN told t USING (system, local_id) LEFT JOIN old b ON b.system = n.system AND b.local_id = n.local_id
    WHERE {alike} AND NOT (b.system IS NOT NULL AND {held} AND NOT coalesce({echoed}, false))"""
