"""Reads `map:`: canonical keys and the expressions, or entries, that stand for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel

from mdm.contracts.expressions import read_expression
from mdm.contracts.model import (
    ConsentEntry,
    DatedEntry,
    Expression,
    IdentifierEntry,
    RecordMap,
    RelationshipEntry,
    SubscriptionEntry,
)
from mdm.contracts.problems import nearest
from mdm.contracts.reading import Reading
from mdm.contracts.tree import Node
from mdm.contracts.vocabulary import ADDRESS_KEYS, IDENTIFIER_KEYS, MAP_KEYS, SHORT_KEYS, TEXT_KEYS, alias_of

Entry = TypeVar("Entry", bound=BaseModel)


def read_map(node: Node, reading: Reading) -> RecordMap:
    """The record map at `node`."""
    if not isinstance(node.value, dict) or not node.value:
        reading.problems.add(node, "not a map", found=node.shown, expected="a mapping {canonical key: column}")
        return RecordMap()
    groups: dict[str, Any] = {"texts": {}, "address": {}, "identifiers": [], "attributes": {}}
    for name, child in node.value.items():
        _read_key(SHORT_KEYS.get(name, name), name, child, groups, reading)
    groups["identifiers"] = tuple(groups["identifiers"])
    return RecordMap(**groups)


def _read_key(key: str, written: str, node: Node, groups: dict[str, Any], reading: Reading) -> None:
    if key in TEXT_KEYS:
        groups["texts"][TEXT_KEYS[key]] = read_expression(node, reading)
    elif key in ADDRESS_KEYS:
        groups["address"][ADDRESS_KEYS[key]] = read_expression(node, reading)
    elif key in IDENTIFIER_KEYS:
        kind = IDENTIFIER_KEYS[key]
        groups["identifiers"].extend(_identifier(item, kind, reading) for item in reading.items(node))
    elif key in _LISTS:
        groups[key] = tuple(_LISTS[key](item, reading) for item in reading.items(node))
    elif key.startswith("attributes.") and len(key) > len("attributes."):
        groups["attributes"][key.removeprefix("attributes.")] = read_expression(node, reading)
    else:
        meant = alias_of(written) or nearest(written, MAP_KEYS)
        reading.problems.add(
            node, "unknown key", found=repr(written),
            expected="a canonical key; anything else goes to attributes.<name>", suggestion=meant,
        )  # fmt: skip


def _identifier(node: Node, kind: str, reading: Reading) -> IdentifierEntry:
    value = read_expression(node, reading, also=("country",))
    country = node.value.get("country") if isinstance(node.value, dict) else None
    return IdentifierEntry(type=kind, value=value, country=None if country is None else _country(country, reading))


def _country(node: Node, reading: Reading) -> Expression:
    if not isinstance(node.value, str):
        return read_expression(node, reading)
    return Expression(const=read_country(node, reading))


def read_country(node: Node, reading: Reading) -> str:
    """A two-letter country code."""
    code = reading.text(node, expected="a country code").upper()
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        reading.problems.add(node, "not a country", found=node.shown, expected="two letters (ISO 3166) such as CN")
    return code


def _dated(node: Node, reading: Reading) -> DatedEntry:
    value = read_expression(node, reading, also=("from", "to"))
    return DatedEntry(value=value, **_period(node, reading))


def _period(node: Node, reading: Reading) -> dict[str, Expression]:
    if not isinstance(node.value, dict):
        return {}
    return {
        field: read_expression(node.value[name], reading)
        for name, field in (("from", "valid_from"), ("to", "valid_to"))
        if name in node.value
    }


def _subscription(node: Node, reading: Reading) -> SubscriptionEntry:
    entry = _entry(node, reading, SubscriptionEntry, ("product", "number", "status"), also=("from", "to"))
    return entry.model_copy(update=_period(node, reading))


def _consent(node: Node, reading: Reading) -> ConsentEntry:
    return _entry(node, reading, ConsentEntry, ("purpose", "channel", "granted"))


def _entry(
    node: Node, reading: Reading, kind: type[Entry], names: tuple[str, ...], *, also: tuple[str, ...] = ()
) -> Entry:
    fields = reading.fields(node, (*names, *also))
    return kind(**{name: read_expression(fields[name], reading) for name in names if name in fields})


def _relationship(node: Node, reading: Reading) -> RelationshipEntry:
    fields = reading.fields(node, ("kind", "local_id"), required=("kind", "local_id"))
    kind = reading.text(fields["kind"]) if "kind" in fields else "?"
    local_id = read_expression(fields["local_id"], reading) if "local_id" in fields else Expression(const="?")
    return RelationshipEntry(kind=kind, local_id=local_id)


_LISTS: dict[str, Callable[[Node, Reading], object]] = {
    "phones": _dated,
    "emails": _dated,
    "accounts": read_expression,
    "subscriptions": _subscription,
    "relationships": _relationship,
    "consents": _consent,
}
