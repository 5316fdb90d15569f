"""Raw rows of a source become MAPPED records, by one SELECT that is generated from the contract.

Nothing is cleansed here: text is trimmed, empty text is null, columns are composed, split and looked up as the contract
says, and dates whose format it declares become ISO. One SELECT per kind of record, joined by UNION ALL.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from mdm.contracts import Expression, PartyRule, RecordContract, SourceContract
from mdm.contracts.vocabulary import ADDRESS_KEYS, TEXT_KEYS
from mdm.errors import FeedError
from mdm.party import MAPPED
from pipelines.mapping_entries import UNIT, canonical_sql, entries_of, group_sql, group_text_sql, sql_type
from pipelines.mapping_expressions import BLANKS, Values, instant_sql, literal
from pipelines.readers import LINE

__all__ = ["describe_mapping", "map_rows", "mapping_sql"]

RAW = "raw_rows"


def map_rows(
    raw: pa.Table, contract: SourceContract, *, file: str, connection: duckdb.DuckDBPyConnection | None = None
) -> pa.Table:
    """The records of `raw` (text columns and `_line`) as a MAPPED table: first the rows' own, then the further ones.

    A row without a complete key gives one record whose local_id is null, and no further records. Raises FeedError when
    `raw` lacks a column of the contract.
    """
    missing = [name for name in contract.columns() if name not in raw.column_names]
    if missing:
        raise FeedError(f"missing columns: {', '.join(missing)}", where=file)
    if not raw.num_rows:
        return MAPPED.empty_table()
    session = duckdb.connect() if connection is None else connection.cursor()
    try:
        session.execute("SET TimeZone = 'UTC'")
        session.register(RAW, _trimmed(raw.select([*contract.columns(), LINE])))
        mapped = session.sql(mapping_sql(contract, raw.schema, file=file)).to_arrow_table()
    except duckdb.InvalidInputException as error:
        raise FeedError(f"cannot be mapped: {error}", where=file, remedy=f"see {contract.path}") from error
    finally:
        session.close()
    return cast(pa.Table, mapped).cast(MAPPED)


def mapping_sql(contract: SourceContract, schema: pa.Schema, *, file: str) -> str:
    """The SELECT that maps trimmed rows of `schema`; its columns are those of MAPPED."""
    lists = frozenset(field.name for field in schema if pa.types.is_list(field.type))
    kinds: list[RecordContract | None] = [None, *contract.records]
    return "\nUNION ALL\n".join(_record_select(contract, kind, Values(lists), file) for kind in kinds)


def _trimmed(raw: pa.Table) -> pa.Table:
    """Text columns without blanks around the text; "" is null."""
    return pa.table([_trimmed_column(column) for column in raw.columns], names=raw.column_names)


def _trimmed_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_string(column.type):
        return column
    text = pc.utf8_trim(column, BLANKS)
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _record_select(contract: SourceContract, record: RecordContract | None, values: Values, file: str) -> str:
    """The SELECT of the rows' own record (`record` None) or of one kind of further record."""
    rule, mapping = (contract.party, contract.map) if record is None else (record.party, record.map)
    texts = {name: values.scalar(value) for name, value in mapping.texts.items()}
    texts |= {"party": _party(rule, values), "local_id": _key(contract, record, values)}
    if "birth_calendar" in texts:  # a constant says nothing of who has no birth date
        born = texts.get("birth_date", "NULL")
        texts["birth_calendar"] = f"CASE WHEN {born} IS NOT NULL THEN {texts['birth_calendar']} END"
    if rule.column is not None:
        _name_by_party(texts)
    entries = entries_of(mapping, values)
    address, address_text = _address(mapping.address, values) if mapping.address else ("NULL", None)
    deleted = _deleted(contract, values)
    changed = "NULL"
    if contract.changed_at is not None:
        changed = values.name(instant_sql(contract.changed_at, values.lists, contract.extracted_at.timezone))
    canonical = {**texts, "deleted": f"CASE WHEN {deleted} THEN 'true' END"}
    canonical |= {group: group_text_sql(of_group) for group, of_group in entries.items()}
    if contract.changed_at is not None:
        canonical["changed_at"] = f"epoch_us({changed})"
    if address_text is not None:
        canonical["address"] = address_text
    columns = {
        "system": literal(contract.source), "file": literal(file), "line": LINE, "deleted": deleted,
        "changed_at": changed, "address": address, "row_hash": _hash(canonical), **texts,
        **{group: group_sql(group, of_group) for group, of_group in entries.items()},
    }  # fmt: skip
    where = "" if record is None else f" WHERE {_wanted(contract, record, values)}"
    chosen = ", ".join(f"{columns.get(f.name, 'NULL')}::{sql_type(f.type)} AS {f.name}" for f in MAPPED)
    return f"SELECT {chosen} FROM (SELECT {values.select_list()}{LINE} FROM {RAW}){where}"


def _hash(canonical: dict[str, str]) -> str:
    """A BIGINT: the first 15 hex digits (60 bits) of the MD5 of the canonical text."""
    return f"('0x' || left(md5({canonical_sql(canonical)}), 15))::BIGINT"


def _key(contract: SourceContract, record: RecordContract | None, values: Values) -> str:
    parts = [values.column(name) for name in contract.key]
    suffix = "" if record is None else f" || {literal('#' + record.name)}"
    return "(" + " || '-' || ".join(parts) + suffix + ")"  # null when a part is null


def _party(rule: PartyRule, values: Values) -> str:
    if rule.column is None:
        return literal(str(rule.party))
    cases = " ".join(f"WHEN {literal(code.strip())} THEN {literal(party)}" for code, party in rule.values.items())
    return f"CASE {values.column(rule.column)} {cases} END"


def _deleted(contract: SourceContract, values: Values) -> str:
    flag = contract.delivery.deleted_column
    if flag is None:
        return "false"
    codes = ", ".join(literal(code.strip()) for code in contract.delivery.deleted_values)
    return f"coalesce({values.column(flag)} IN ({codes}), false)"


def _name_by_party(texts: dict[str, str]) -> None:
    """Where a column says what the party is, the full name of an organisation is the organisation's name."""
    full, own = texts.get("name_full"), texts.get("organisation_name", "NULL")
    if full is None:
        return
    organisation = f"({texts['party']}) = 'organisation'"
    texts["organisation_name"] = f"CASE WHEN {organisation} THEN coalesce({own}, {full}) ELSE {own} END"
    texts["name_full"] = f"CASE WHEN {organisation} THEN NULL ELSE {full} END"


def _address(fields: dict[str, Expression], values: Values) -> tuple[str, str]:
    """The address struct and its canonical text; null where no column says a place (a country alone is none)."""
    kind = MAPPED.field("address").type
    struct = ", ".join(f"'{field.name}': {values.scalar(fields.get(field.name))}" for field in kind)
    text = canonical_sql({name: values.scalar(value) for name, value in fields.items()}, UNIT)
    places = [
        values.scalar(value)
        for name, value in fields.items()
        if name not in ("country", "kind", "valid_from", "valid_to") and any(value.columns())
    ]
    if not places:
        return f"{{{struct}}}", text
    given = f"coalesce({', '.join(places)}) IS NOT NULL"
    return f"CASE WHEN {given} THEN {{{struct}}} END", f"CASE WHEN {given} THEN {text} END"


def _wanted(contract: SourceContract, record: RecordContract, values: Values) -> str:
    """When a row has this further record: the row has a key, and `when` (or a name or identifier) has a value."""
    if record.when:
        tests = [values.column(name) for name in record.when]
    else:
        named = [value for name, value in record.map.texts.items() if name.startswith(("name_", "organisation_"))]
        named += [entry.value for entry in record.map.identifiers]
        tests = [values.scalar(value) for value in named if any(value.columns())]
    keyed = " AND ".join(f"{values.column(name)} IS NOT NULL" for name in contract.key)
    return f"{keyed} AND coalesce({', '.join([*tests, 'NULL'])}) IS NOT NULL"


def describe_mapping(contract: SourceContract) -> list[tuple[str, str]]:
    """(canonical key, source columns) of every mapped value, for people; further records as `name: key`."""
    described = [("key", " + ".join(contract.key))]
    for prefix, record in [("", contract.map), *((f"{kind.name}: ", kind.map) for kind in contract.records)]:
        named = {key: record.texts[name] for key, name in TEXT_KEYS.items() if name in record.texts}
        named |= {key: record.address[name] for key, name in ADDRESS_KEYS.items() if name in record.address}
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
