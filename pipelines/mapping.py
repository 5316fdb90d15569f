"""Raw rows of a source become MAPPED records, by one SELECT that is generated from the contract.

Nothing is cleansed here: text is trimmed, empty text is null, columns are composed, split and looked up as the contract
says, and dates whose format it declares become ISO. One SELECT per kind of record, joined by UNION ALL.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import duckdb
import pyarrow as pa

from mdm.contracts import RecordContract, SourceContract
from mdm.errors import FeedError
from mdm.party import MAPPED
from pipelines.mapping_sql import RAW, Columns, record_select, trimmed_select
from pipelines.readers import LINE

__all__ = ["describe_mapping", "map_rows", "mapping_sql"]


def map_rows(
    raw: pa.Table, contract: SourceContract, *, file: str, connection: duckdb.DuckDBPyConnection | None = None
) -> pa.Table:
    """The records of `raw` (text columns and `_line`) as a MAPPED table, in the order of the rows per kind of record.

    A row without a complete key gives one record whose local_id is null, and no further records. Raises FeedError when
    `raw` lacks a column of the contract.
    """
    missing = [name for name in contract.columns() if name not in raw.column_names]
    if missing:
        raise FeedError(f"missing columns: {', '.join(missing)}", where=file)
    if not raw.num_rows:
        return MAPPED.empty_table()
    connection = duckdb.connect() if connection is None else connection.cursor()
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register(RAW, raw.select([*contract.columns(), LINE]))
        mapped = connection.sql(mapping_sql(contract, raw.schema, file=file)).to_arrow_table()
    except duckdb.InvalidInputException as error:
        raise FeedError(f"cannot be mapped: {error}", where=file, remedy=f"see {contract.path}") from error
    finally:
        connection.close()
    return cast(pa.Table, mapped).cast(MAPPED)


def mapping_sql(contract: SourceContract, schema: pa.Schema, *, file: str) -> str:
    """The SELECT that maps rows of `schema`; its columns are those of MAPPED."""
    lists = frozenset(field.name for field in schema if pa.types.is_list(field.type))
    columns = Columns(lists)
    kinds: list[RecordContract | None] = [None, *contract.records]
    selects = [record_select(contract, kind, columns, file=file) for kind in kinds]
    return trimmed_select(contract, columns) + "\nUNION ALL\n".join(selects)


def describe_mapping(contract: SourceContract) -> list[tuple[str, str]]:
    """(canonical key, source columns) of every mapped value, for people; further records as `name: key`."""
    described = [("key", " + ".join(contract.key))]
    for prefix, record in [("", contract.map), *((f"{kind.name}: ", kind.map) for kind in contract.records)]:
        named = {**record.texts, **{f"address.{key}": value for key, value in record.address.items()}}
        named |= {f"attributes.{key}": value for key, value in record.attributes.items()}
        described += [(prefix + key, _columns(value.columns())) for key, value in named.items()]
        for group in ("identifiers", "phones", "emails", "subscriptions", "relationships", "consents"):
            for entry in getattr(record, group):
                columns = [column for value in entry.expressions() for column in value.columns()]
                key = f"{group}.{entry.type}" if group == "identifiers" else group
                described.append((prefix + key, _columns(columns)))
        described += [(prefix + "accounts", _columns(account.columns())) for account in record.accounts]
    return described


def _columns(names: Iterable[str]) -> str:
    return " + ".join(names) or "constant"
