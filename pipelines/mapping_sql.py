"""The DuckDB SQL of the mapping: expressions, entries of lists, the row hash, and the SELECT of one kind of record."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pyarrow as pa

from mdm.contracts import (
    ConsentEntry,
    DatedEntry,
    Expression,
    IdentifierEntry,
    PartyRule,
    RecordContract,
    RecordMap,
    RelationshipEntry,
    SourceContract,
    SubscriptionEntry,
)
from mdm.party import MAPPED

RAW, TRIMMED, LINE = "raw_rows", "trimmed", "_line"
# Blanks that legacy systems fill fields with: ASCII blanks, no-break, en..hair, zero-width, ideographic, BOM.
BLANKS = " \t\n\r\f\v\u00a0\u2002\u2003\u2009\u200b\u3000\ufeff"
# Columns of MAPPED that say where a record came from, not what it says.
PROVENANCE = ("system", "file", "line", "row_hash")


@dataclass(frozen=True)
class Columns:
    """Which source columns hold lists."""

    lists: frozenset[str] = field(default_factory=frozenset)

    def of(self, name: str) -> str:
        """A column as one text; of a list its first element."""
        return f"{_name(name)}[1]" if name in self.lists else _name(name)


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _trim(sql: str) -> str:
    return f"nullif(trim({sql}, {_text(BLANKS)}), '')"


def trimmed_select(contract: SourceContract, columns: Columns) -> str:
    """The common table of trimmed columns; lists lose their empty elements."""
    parts = []
    for name in contract.columns():
        quoted = _name(name)
        if name in columns.lists:
            items = f"list_transform({quoted}, lambda x: {_trim('x')})"
            parts.append(f"list_filter({items}, lambda x: x IS NOT NULL) AS {quoted}")
        else:
            parts.append(f"{_trim(quoted)} AS {quoted}")
    return f"WITH {TRIMMED} AS (SELECT {', '.join(parts)}, {LINE} FROM {RAW})\n"


def record_select(contract: SourceContract, record: RecordContract | None, columns: Columns, *, file: str) -> str:
    """The SELECT of the row's own record (`record` None) or of one kind of further record."""
    rule, mapping = (contract.party, contract.map) if record is None else (record.party, record.map)
    values = _values(mapping, columns)
    values["party"] = _party(rule, columns)
    values["local_id"] = _key(contract, record, columns)
    values["deleted"] = _deleted(contract, columns)
    if contract.changed_at is not None:
        values["changed_at"] = instant_sql(contract.changed_at, columns, contract.extracted_at.timezone)
    if rule.column is not None:
        _name_by_party(values)
    inner = ", ".join(f"{sql} AS {_name(name)}" for name, sql in values.items())
    where = "" if record is None else f" WHERE {_wanted(contract, record, columns)}"
    outer = {
        "system": _text(contract.source),
        "file": _text(file),
        "line": LINE,
        "row_hash": row_hash_sql(tuple(values)),
        **{name: _name(name) for name in values},
    }
    chosen = ", ".join(f"{outer.get(f.name, 'NULL')}::{sql_type(f.type)} AS {_name(f.name)}" for f in MAPPED)
    return f"SELECT {chosen} FROM (SELECT {inner}, {LINE} FROM {TRIMMED}{where})"


def _values(mapping: RecordMap, columns: Columns) -> dict[str, str]:
    """MAPPED column -> SQL, only for what the map gives."""
    values = {name: expression_sql(value, columns) for name, value in mapping.texts.items()}
    if mapping.address:
        values["address"] = _address(mapping, columns)
    lists = {
        "identifiers": [_identifier(e, columns) for e in sorted(mapping.identifiers, key=lambda e: e.type)],
        "phones": [_dated(e, columns) for e in mapping.phones],
        "emails": [_dated(e, columns) for e in mapping.emails],
        "accounts": [many_sql(e, columns, "{}") for e in mapping.accounts],
        "subscriptions": [_subscription(e, columns) for e in mapping.subscriptions],
        "relationships": [_relationship(e, columns) for e in mapping.relationships],
        "consents": [_consent(e, columns) for e in mapping.consents],
        "attributes": [
            many_sql(value, columns, f"{{'name': {_text(name)}, 'value': {{}}}}")
            for name, value in sorted(mapping.attributes.items())
        ],
    }
    values |= {name: _joined(items, name) for name, items in lists.items() if items}
    return values


def _joined(items: Sequence[str], name: str) -> str:
    """Lists (null when empty) put together to one, null when all are."""
    if len(items) == 1:
        return items[0]
    kind = sql_type(MAPPED.field(name).type)
    joined = " || ".join(f"coalesce({item}, []::{kind})::{kind}" for item in items)
    return f"nullif({joined}, []::{kind})"


# --- one value ---------------------------------------------------------------------------------------------


def expression_sql(expression: Expression, columns: Columns) -> str:
    """One text value."""
    if expression.const is not None:
        source = _text(expression.const)
    elif expression.column is not None:
        source = columns.of(expression.column)
    else:
        source = _composed(expression, columns)
    return _steps(source, expression)


def _composed(expression: Expression, columns: Columns) -> str:
    """The parts joined without nulls; null when no column among them has a value."""
    parts = [expression_sql(part, columns) for part in expression.parts]
    joined = f"concat_ws({_text(expression.join)}, {', '.join(parts)})"
    from_columns = [sql for sql, part in zip(parts, expression.parts, strict=True) if any(part.columns())]
    if not from_columns:
        return joined
    return f"CASE WHEN coalesce({', '.join(from_columns)}) IS NOT NULL THEN {joined} END"


def _steps(sql: str, expression: Expression) -> str:
    if expression.pattern is not None:
        sql = _trim(f"regexp_extract({sql}, {_text(expression.pattern)}, {expression.group})")
    if expression.split is not None:
        sql = _trim(f"split_part({sql}, {_text(expression.split)}, {expression.part})")
    if expression.values is not None:
        sql = _looked_up(sql, expression)
    if expression.default is not None:
        sql = f"coalesce({sql}, {_text(expression.default)})"
    if expression.formats:
        sql = f"coalesce({_date(sql, expression.formats)}, {sql})"
    return sql


def _looked_up(sql: str, expression: Expression) -> str:
    cases = " ".join(
        f"WHEN {_text(code.strip())} THEN {'NULL' if value is None else _text(value)}"
        for code, value in (expression.values or {}).items()
    )
    otherwise = sql if expression.otherwise == "keep" else "NULL"
    return f"CASE {sql} {cases} ELSE {otherwise} END"


def _date(sql: str, formats: tuple[str, ...]) -> str:
    """ISO text of the first format that fits, else null."""
    dates = [_iso(sql, form) for form in formats]
    return dates[0] if len(dates) == 1 else f"coalesce({', '.join(dates)})"


def _iso(sql: str, form: str) -> str:
    moment = _moment(sql, form)
    timed = re.search(r"%[HMSfIp]", form)
    return f"strftime({moment}, '%Y-%m-%dT%H:%M:%S')" if timed else f"CAST(CAST({moment} AS DATE) AS VARCHAR)"


def _moment(sql: str, form: str) -> str:
    """A timestamp, or null. Digits without separators must fill the format: 1931102 is no %Y%m%d."""
    parsed = f"try_strptime({sql}, {_text(form)})"
    exact = f" AND strftime({parsed}, {_text(form)}) = {sql}" if re.search(r"%[A-Za-z]%", form) else ""
    return f"CASE WHEN year({parsed}) > 0{exact} THEN {parsed} END"


def instant_sql(expression: Expression, columns: Columns, timezone: str) -> str:
    """An instant: the declared formats, else ISO; null when the text is neither. Local times are in `timezone`."""
    if expression.const is not None and not expression.formats:
        return _constant_instant(expression.const, timezone)
    sql = expression_sql(expression.model_copy(update={"formats": ()}), columns)
    zone = _text(timezone)
    moments = [f"timezone({zone}, {_moment(sql, form)})" for form in expression.formats]
    zoned = rf"regexp_matches({sql}, 'T?\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$')"
    iso = (
        f"CASE WHEN {zoned} THEN try_cast({sql} AS TIMESTAMPTZ) ELSE timezone({zone}, try_cast({sql} AS TIMESTAMP)) END"
    )
    return f"coalesce({', '.join([*moments, iso])})"


def _constant_instant(text: str, timezone: str) -> str:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return "NULL"
    local = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
    return f"TIMESTAMPTZ {_text(local.astimezone(dt.UTC).isoformat())}"


# --- entries of lists --------------------------------------------------------------------------------------


def many_sql(expression: Expression, columns: Columns, shape: str) -> str:
    """A list of entries, null when empty; `shape` is the SQL of one entry with {} for its value.

    A list column, or a column with a separator, gives one entry per element.
    """
    items = None
    if expression.column in columns.lists:
        items = _name(str(expression.column))
    elif expression.separator is not None:
        plain = expression_sql(
            Expression(column=expression.column, const=expression.const, parts=expression.parts), columns
        )
        items = f"string_split({plain}, {_text(expression.separator)})"
    if items is None:
        value = expression_sql(expression, columns)
        return f"CASE WHEN {value} IS NOT NULL THEN [{_shaped(shape, value)}] END"
    one = _steps(_trim("x"), expression)
    values = f"list_filter(list_transform({items}, lambda x: {one}), lambda x: x IS NOT NULL)"
    return f"nullif(list_transform({values}, lambda x: {_shaped(shape, 'x')}), [])"


def _shaped(shape: str, value: str) -> str:
    return shape.replace("{}", value)


def _optional(expression: Expression | None, columns: Columns) -> str:
    return "NULL::VARCHAR" if expression is None else expression_sql(expression, columns)


def _identifier(entry: IdentifierEntry, columns: Columns) -> str:
    country = _optional(entry.country, columns)
    return many_sql(entry.value, columns, f"{{'type': {_text(entry.type)}, 'country': {country}, 'value': {{}}}}")


def _dated(entry: DatedEntry, columns: Columns) -> str:
    start, end = _optional(entry.valid_from, columns), _optional(entry.valid_to, columns)
    return many_sql(entry.value, columns, f"{{'value': {{}}, 'valid_from': {start}, 'valid_to': {end}}}")


def _subscription(entry: SubscriptionEntry, columns: Columns) -> str:
    fields = {name: getattr(entry, name) for name in SubscriptionEntry.model_fields}
    return _struct_list(fields, columns, needs=("product", "number"))


def _consent(entry: ConsentEntry, columns: Columns) -> str:
    fields = {name: getattr(entry, name) for name in ConsentEntry.model_fields}
    return _struct_list(fields, columns, needs=("granted",) if entry.granted is not None else ("purpose", "channel"))


def _struct_list(fields: dict[str, Expression | None], columns: Columns, *, needs: tuple[str, ...]) -> str:
    """One entry, made where a field of `needs` (any field, if none of those reads a column) has a value."""
    reading = {name: value for name, value in fields.items() if value is not None and any(value.columns())}
    given = [value for name, value in reading.items() if name in needs] or list(reading.values())
    struct = ", ".join(f"'{name}': {_optional(value, columns)}" for name, value in fields.items())
    if not given:
        return f"[{{{struct}}}]"
    tests = ", ".join(expression_sql(value, columns) for value in given)
    return f"CASE WHEN coalesce({tests}) IS NOT NULL THEN [{{{struct}}}] END"


def _relationship(entry: RelationshipEntry, columns: Columns) -> str:
    return many_sql(entry.local_id, columns, f"{{'kind': {_text(entry.kind)}, 'local_id': {{}}}}")


def _address(mapping: RecordMap, columns: Columns) -> str:
    """The address struct; null when no part of it that comes from a column says where (a country alone does not)."""
    kind = MAPPED.field("address").type
    fields = ", ".join(
        f"'{field.name}': {_optional(mapping.address.get(field.name), columns)}"
        for field in kind
    )  # fmt: skip
    places = [
        value for name, value in mapping.address.items()
        if name not in ("country", "kind", "valid_from", "valid_to") and any(value.columns())
    ]  # fmt: skip
    if not places:
        return f"{{{fields}}}"
    tests = ", ".join(expression_sql(value, columns) for value in places)
    return f"CASE WHEN coalesce({tests}) IS NOT NULL THEN {{{fields}}} END"


# --- the record --------------------------------------------------------------------------------------------


def _key(contract: SourceContract, record: RecordContract | None, columns: Columns) -> str:
    parts = [columns.of(name) for name in contract.key]
    suffix = "" if record is None else f" || {_text('#' + record.name)}"
    return " || '-' || ".join(parts) + suffix  # null when a part is null


def _party(rule: PartyRule, columns: Columns) -> str:
    if rule.column is None:
        return _text(str(rule.party))
    cases = " ".join(f"WHEN {_text(code.strip())} THEN {_text(party)}" for code, party in rule.values.items())
    return f"CASE {columns.of(rule.column)} {cases} END"


def _deleted(contract: SourceContract, columns: Columns) -> str:
    flag = contract.delivery.deleted_column
    if flag is None:
        return "false"
    codes = ", ".join(_text(code.strip()) for code in contract.delivery.deleted_values)
    return f"coalesce({columns.of(flag)} IN ({codes}), false)"


def _name_by_party(values: dict[str, str]) -> None:
    """Where a column says what the party is, the full name of an organisation is the organisation's name."""
    full, own = values.get("name_full"), values.get("organisation_name", "NULL")
    if full is None:
        return
    organisation = f"({values['party']}) = 'organisation'"
    values["organisation_name"] = f"CASE WHEN {organisation} THEN coalesce({own}, {full}) ELSE {own} END"
    values["name_full"] = f"CASE WHEN {organisation} THEN NULL ELSE {full} END"


def _wanted(contract: SourceContract, record: RecordContract, columns: Columns) -> str:
    """When a row has this further record: the row has a key, and `when` (or a name or identifier) has a value."""
    if record.when:
        tests = [columns.of(name) for name in record.when]
    else:
        named = [value for name, value in record.map.texts.items() if name.startswith(("name_", "organisation_"))]
        named += [entry.value for entry in record.map.identifiers]
        tests = [expression_sql(value, columns) for value in named if any(value.columns())]
    keyed = " AND ".join(f"{columns.of(name)} IS NOT NULL" for name in contract.key)
    return f"{keyed} AND coalesce({', '.join([*tests, 'NULL'])}) IS NOT NULL"


# --- the row hash ------------------------------------------------------------------------------------------


def row_hash_sql(names: Sequence[str]) -> str:
    """A BIGINT over the mapped columns `names`: the first 15 hex digits (60 bits) of the MD5 of their canonical text.

    Canonical text: for each value that is not null, by name of the column: name, length, value. So it depends neither
    on the order of columns nor on columns that a later version of MAPPED adds, and md5 is the same everywhere.
    """
    texts = [_canonical(name) for name in sorted(names) if name not in PROVENANCE]
    return f"('0x' || left(md5(concat({', '.join(texts)})), 15))::BIGINT"


def _canonical(name: str) -> str:
    kind, column = MAPPED.field(name).type, _name(name)
    if pa.types.is_boolean(kind):
        return f"CASE WHEN {column} THEN '{name};' ELSE '' END"
    if pa.types.is_timestamp(kind):
        return _measured(name, f"epoch_us({column})::VARCHAR")
    if pa.types.is_struct(kind):
        return f"CASE WHEN {column} IS NULL THEN '' ELSE '{name}{{' || {_struct_text(kind, column)} || '}}' END"
    if pa.types.is_list(kind):
        inner = _struct_text(kind.value_type, "x") if pa.types.is_struct(kind.value_type) else _measured("", "x")
        items = f"array_to_string(list_transform({column}, lambda x: {inner}), ',')"
        return f"coalesce('{name}[' || {items} || ']', '')"
    return _measured(name, column)


def _struct_text(kind: pa.StructType, value: str) -> str:
    fields = sorted(field.name for field in kind)
    return f"concat({', '.join(_measured(name, f'{value}.{_name(name)}') for name in fields)})"


def _measured(name: str, value: str) -> str:
    return f"coalesce('{name}=' || length({value}) || ':' || {value} || ';', '')"


def sql_type(kind: pa.DataType) -> str:
    """The DuckDB type of an Arrow type of MAPPED."""
    if pa.types.is_struct(kind):
        return f"STRUCT({', '.join(f'{_name(field.name)} {sql_type(field.type)}' for field in kind)})"
    if pa.types.is_list(kind):
        return f"{sql_type(kind.value_type)}[]"
    plain = {
        pa.string(): "VARCHAR",
        pa.int64(): "BIGINT",
        pa.bool_(): "BOOLEAN",
        pa.timestamp("us", tz="UTC"): "TIMESTAMPTZ",
    }
    return plain[kind]
