"""Values that too many people hold to say anything of one of them: the shop's own number, the mailbox of an agency.

A phone, e-mail address or dwelling is *generic* when `matching.generic_people` people of a party type or more, told
apart by name and birth date, hold it in their current records. Then it is no evidence, neither for nor against: records
are compared as if they did not have it. Blocking keys keep it, so that who is compared with whom does not depend on it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import duckdb

from mdm.party import PartyType

Generic = Mapping[str, Collection[str]]  # kind -> values
KINDS = ("phone", "email", "dwelling")  # names of blocking keys, each of the value alone
_FEATURES: dict[str, tuple[str, ...]] = {"phone": ("phones", "phone_periods"), "email": ("emails",)}
_OF_DWELLING = ("dwelling", "street", "number")


def people_sql(features: str, holders: str) -> str:
    """SELECT key, people: how many people the records in `holders` (key, record_id) are, by their `features`."""
    return (
        f"SELECT key, count(DISTINCT (given, family, birth, organisation)) AS people "
        f"FROM {holders} JOIN {features} USING (record_id) GROUP BY key"
    )


def leave_out(connection: duckdb.DuckDBPyConnection, features: str, party: PartyType, generic: Generic) -> None:
    """Take the `generic` values of a party type (kind -> values) out of its rows in the table `features`."""
    for kind, lists in _FEATURES.items():
        values = sorted(generic.get(kind, ()))
        if values:
            changes = ", ".join(f"{name} = {_without(name)}" for name in lists)
            connection.execute(
                f"UPDATE {features} SET {changes} FROM (SELECT ?::VARCHAR[] AS generic) g "
                f"WHERE party = '{party}' AND list_has_any({lists[0]}, g.generic)",
                [values],
            )
    dwellings = sorted(generic.get("dwelling", ()))
    if dwellings:
        nothing = ", ".join(f"{name} = NULL" for name in _OF_DWELLING)
        connection.execute(
            f"UPDATE {features} SET {nothing} WHERE party = '{party}' AND list_contains(?::VARCHAR[], dwelling)",
            [dwellings],
        )


def _without(feature: str) -> str:
    value = "x.value" if feature == "phone_periods" else "x"
    rest = f"list_filter({feature}, lambda x: NOT list_contains(g.generic, {value}))"
    return f"(CASE WHEN len({rest}) > 0 THEN {rest} END)"


def without(row: dict[str, Any], generic: Generic) -> dict[str, Any]:
    """The same of one feature row; a row that has none of them is given back as it is."""
    if not _has_any(row, generic):
        return row
    found = dict(row)
    for kind, lists in _FEATURES.items():
        for name in lists:
            values = found[name] or ()
            rest = [x for x in values if (x["value"] if isinstance(x, dict) else x) not in generic.get(kind, ())]
            found[name] = rest or None
    if found["dwelling"] in generic.get("dwelling", ()):
        found.update(dict.fromkeys(_OF_DWELLING))
    return found


def _has_any(row: Mapping[str, Any], generic: Generic) -> bool:
    held = {"phone": row["phones"], "email": row["emails"], "dwelling": (row["dwelling"],)}
    return any(value in values for kind, values in generic.items() for value in held[kind] or ())
