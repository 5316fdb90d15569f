"""Golden values that a steward pins: which are valid, and keeping them."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from mdm.errors import NotFound, UsageError
from mdm.golden.rules import ATTRIBUTES, Attribute
from mdm.party import IDENTIFIER_TYPES
from mdm.registry.keys import read_pin
from mdm.stewardship.naming import active_customer
from mdm.store import overrides

DATES = ("birth_date", "death_date")
SEXES = ("male", "female")
LONGEST = 2000  # characters of a text


def pin_value(
    connection: sa.Connection, pin: str, attribute: str, value: Any, *, actor: str, reason: str, expires: date | None
) -> str:
    """Pin a golden value until and including `expires` (None: until lifted); the PIN. Raises NotFound, UsageError."""
    found: str = active_customer(connection, read_pin(pin))["pin"]
    check_value(attribute, value)
    overrides.set_override(connection, found, attribute, value, actor=actor, reason=reason, expires=expires)
    return found


def lift_value(connection: sa.Connection, pin: str, attribute: str, *, actor: str, reason: str | None) -> str:
    """End the override in force; the PIN. Raises NotFound when there is none, UsageError."""
    found: str = active_customer(connection, read_pin(pin))["pin"]
    check_value(attribute, None)
    if not overrides.lift_override(connection, found, attribute, actor=actor, reason=reason):
        raise NotFound(f"nothing is pinned on {attribute} of PIN {pin}")
    return found


def check_value(attribute: str, value: Any) -> None:
    """An attribute of the document, and a value of its kind; None is always one: there is no such value."""
    if attribute.partition(".")[0] not in ATTRIBUTES:
        raise UsageError(f"no such attribute: {attribute}", remedy=f"One of: {', '.join(ATTRIBUTES)}.")
    if attribute in DATES and value is not None and not _is_day(value):
        raise UsageError(f"{attribute} is a date, not {value!r}", remedy="Write it as 1968-05-04.")
    if attribute == "sex" and value not in (None, *SEXES):
        raise UsageError(f"no such sex: {value!r}", remedy=f"One of: {', '.join(SEXES)}.")


def check_shape(attribute: str, value: Any) -> None:
    """Raise UsageError when a value has not the shape of its attribute: a text, or an object of its own fields."""
    check_value(attribute, value)
    name, _, slot = attribute.partition(".")
    declared = ATTRIBUTES[name]
    _check_slot(declared, slot.split(".") if slot else [])
    if value is None:
        return
    fields = [field for field, _ in declared.fields if field not in declared.slot]
    if isinstance(value, dict) and (declared.whole or len(fields) > 1):
        unknown = sorted(set(value) - set(fields))
        if unknown or not value:
            problem = f"no such part: {unknown[0]!r}" if unknown else "no part is given"
            raise UsageError(f"{name}: {problem}", remedy=f"There are: {', '.join(fields)}.", field="value")
        values = list(value.values())
    elif declared.whole or name == "subscriptions":
        example = f'{{"{fields[0]}": "..."}}'
        raise UsageError(
            f"{name} is an object, such as {example}", remedy=f"Parts: {', '.join(fields)}.", field="value"
        )
    else:
        values = [value]
    for each in values:
        if name == "consents" and isinstance(each, bool):
            continue
        if name == "consents" or not isinstance(each, str) or not each.strip() or len(each) > LONGEST:
            kind = "true or false" if name == "consents" else f"a text of 1 to {LONGEST} characters"
            raise UsageError(f"{name}: {each!r:.60} is not {kind}", remedy="null says: no such value.", field="value")


def _check_slot(declared: Attribute, parts: list[str]) -> None:
    """`identifiers.national_id`: as many parts as the attribute is divided by."""
    if len(parts) > len(declared.slot) or not all(parts):
        kinds = ".".join([declared.name, *(f"<{part}>" for part in declared.slot)])
        raise UsageError(f"no such attribute: {'.'.join([declared.name, *parts])}", remedy=f"Write it as {kinds}.")
    if declared.slot and not parts:
        kinds = ".".join([declared.name, *(f"<{part}>" for part in declared.slot)])
        raise UsageError(f"{declared.name}: which one is meant?", remedy=f"Write it as {kinds}.", field="attribute")
    if declared.name == "identifiers" and parts[0] not in IDENTIFIER_TYPES:
        known = ", ".join(IDENTIFIER_TYPES)
        raise UsageError(f"no such identifier: {parts[0]}", remedy=f"One of: {known}.", field="attribute")


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
