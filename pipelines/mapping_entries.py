"""The SQL of list-valued attributes, and the canonical text that the row hash is made of.

Canonical text: of each value that is not null its name, the value and an end mark; names sorted. So a hash depends
neither on the order of source columns nor on columns that a later version of MAPPED adds, nor on null or empty lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from mdm.contracts import Expression, RecordMap
from mdm.party import MAPPED
from pipelines.mapping_expressions import Values, literal

# ASCII unit and record separators; no delivered text has them, and one that had could only hide a change of itself.
UNIT, RECORD = "\x1f", "\x1e"
VALUE = "{value}"


@dataclass(frozen=True)
class Entry:
    """One entry of a list-valued attribute, or (`many`) one entry for each element of a computed list.

    `fields`: SQL by field name, or one SQL text where the elements are plain text; VALUE stands for the element.
    `given`: SQL condition of a single entry.
    """

    fields: dict[str, str] | str
    given: str | None = None
    many: str | None = None

    def list_sql(self) -> str:
        """A list of this entry, null when there is none."""
        if self.many is not None:
            return f"nullif(list_transform({self.many}, lambda x: {self._element('x')}), [])"
        return f"[{self._element()}]" if self.given is None else f"CASE WHEN {self.given} THEN [{self._element()}] END"

    def text_sql(self) -> str:
        """The canonical text of this entry, null or empty when there is none."""
        if self.many is not None:
            return f"array_to_string(list_transform({self.many}, lambda x: {self._canonical('x')}), '')"
        return self._canonical() if self.given is None else f"CASE WHEN {self.given} THEN {self._canonical()} END"

    def _element(self, value: str = "") -> str:
        if isinstance(self.fields, str):
            return self.fields.replace(VALUE, value)
        return "{" + ", ".join(f"'{name}': {sql.replace(VALUE, value)}" for name, sql in self.fields.items()) + "}"

    def _canonical(self, value: str = "") -> str:
        fields = {"value": self.fields} if isinstance(self.fields, str) else self.fields
        return canonical_sql({name: sql.replace(VALUE, value) for name, sql in fields.items()}, UNIT, last=RECORD)


def canonical_sql(values: dict[str, str], end: str = RECORD, last: str = "") -> str:
    """The canonical text of named values, `end` after each, and `last`; nulls leave no trace (concat_ws drops them)."""
    texts = "".join(f"'{name}=' || {values[name]}, " for name in sorted(values))
    return f"concat_ws('{end}', {texts}'{last}')"


def entries_of(mapping: RecordMap, values: Values) -> dict[str, list[Entry]]:
    """The entries of every list-valued attribute that the map gives, by column of MAPPED."""
    found = {
        "identifiers": [
            _valued(e.value, values, {"type": literal(e.type), "country": values.scalar(e.country), "value": VALUE})
            for e in sorted(mapping.identifiers, key=lambda e: e.type)
        ],
        "accounts": [_valued(account, values, VALUE) for account in mapping.accounts],
        "relationships": [
            _valued(e.local_id, values, {"kind": literal(e.kind), "local_id": VALUE}) for e in mapping.relationships
        ],
        "attributes": [
            _valued(expression, values, {"name": literal(name), "value": VALUE})
            for name, expression in sorted(mapping.attributes.items())
        ],
        "subscriptions": [
            _record(dict(e), values, needs=("product", "number")) for e in mapping.subscriptions
        ],
        "consents": [
            _record(dict(e), values, needs=("granted",) if e.granted else ("purpose", "channel"))
            for e in mapping.consents
        ],
    }  # fmt: skip
    for group in ("phones", "emails"):
        found[group] = [
            _valued(
                e.value, values,
                {"value": VALUE, "valid_from": values.scalar(e.valid_from), "valid_to": values.scalar(e.valid_to)},
            )
            for e in getattr(mapping, group)
        ]  # fmt: skip
    return {group: entries for group, entries in found.items() if entries}


def group_sql(group: str, entries: Sequence[Entry]) -> str:
    """The list of all entries, null when there is none."""
    if len(entries) == 1:
        return entries[0].list_sql()
    kind = sql_type(MAPPED.field(group).type)
    joined = " || ".join(f"coalesce({entry.list_sql()}, [])::{kind}" for entry in entries)
    return f"nullif({joined}, []::{kind})"


def group_text_sql(entries: Sequence[Entry]) -> str:
    """The canonical text of all entries, null when there is none."""
    return f"nullif(concat({', '.join(entry.text_sql() for entry in entries)}), '')"


def _valued(expression: Expression, values: Values, fields: dict[str, str] | str) -> Entry:
    """An entry that exists where its value does."""
    many = values.many(expression)
    if many is not None:
        return Entry(fields, many=many)
    value = values.scalar(expression)
    if isinstance(fields, str):
        return Entry(fields.replace(VALUE, value), given=f"{value} IS NOT NULL")
    return Entry({name: sql.replace(VALUE, value) for name, sql in fields.items()}, given=f"{value} IS NOT NULL")


def _record(fields: dict[str, Expression | None], values: Values, *, needs: tuple[str, ...]) -> Entry:
    """An entry of several values: exists where a field of `needs` (any, if none of those reads a column) has one."""
    reading = {name: value for name, value in fields.items() if value is not None and any(value.columns())}
    given = [value for name, value in reading.items() if name in needs] or list(reading.values())
    names = {name: values.scalar(value) for name, value in fields.items()}
    tests = ", ".join(values.scalar(value) for value in given)
    return Entry(names, given=f"coalesce({tests}) IS NOT NULL" if given else None)


def sql_type(kind: pa.DataType) -> str:
    """The DuckDB type of an Arrow type of MAPPED."""
    if pa.types.is_struct(kind):
        return f"STRUCT({', '.join(f'{field.name} {sql_type(field.type)}' for field in kind)})"
    if pa.types.is_list(kind):
        return f"{sql_type(kind.value_type)}[]"
    plain = {pa.string(): "VARCHAR", pa.int64(): "BIGINT", pa.bool_(): "BOOLEAN"}
    return plain.get(kind, "TIMESTAMPTZ")
