"""Promise 6: every golden value names the record, or the override, that it came from and the rule that chose it.

And it is true: the named record is one of the customer's own, and holds the value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.operator.workspace import generate
from mdm.golden.overrides import RULE as OVERRIDE
from mdm.golden.rules import RULES, UNION
from mdm.registry import look_up
from mdm.settings import Settings
from mdm.store import customers, golden, records
from mdm.store.database import Database
from pipelines.night import run_night
from tests.promises.life import WHO, Life

CHOSEN = {*RULES, UNION}
SAID_OF = {"record", "rule", "support", "override", "runner_up", "valid_from", "valid_to"}
LISTS = {
    "identifiers": {"type": "type", "issuer": "issuer", "value": "value"},
    "phones": {"value": "number"},
    "emails": {"value": "address"},
    "subscriptions": {"product": "product", "number": "number", "status": "status"},
    "consents": {"purpose": "purpose", "channel": "channel", "value": "granted"},
    "attributes": {"name": "name", "value": "value"},
}
NAME = {
    "prefix": "name_prefix", "given": "name_given", "middle": "name_middle", "family": "name_family",
    "suffix": "name_suffix",
}  # fmt: skip
ORGANISATION = {"name": "organisation_name", "form": "organisation_form"}
PERIOD = {"valid_from", "valid_to"}


def held(attribute: str, record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The values of an attribute that a cleansed record holds, as an entry would write them."""
    if attribute in LISTS:
        return [_fields(item, LISTS[attribute]) for item in record.get(attribute) or ()]
    if attribute == "accounts":
        return [{"value": account} for account in record.get("accounts") or ()]
    if attribute == "address":
        return [
            {"value": {k: v for k, v in (record.get("address") or {}).items() if v is not None and k not in PERIOD}}
        ]
    if attribute == "name":
        native = "".join(record.get(part) or "" for part in ("family_native", "given_native"))
        return [{"value": _fields(record, NAME) | ({"native": native} if native else {})}]
    if attribute == "organisation":
        return [{"value": _fields(record, ORGANISATION)}]
    return [{"value": record.get(attribute)}]


def _fields(item: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {field: item[name] for field, name in names.items() if item.get(name) is not None}


def check_every_value(database: Database) -> Counter[tuple[str, str]]:
    """Fails at the first value that does not say truly where it comes from. How many per attribute and rule."""
    found: Counter[tuple[str, str]] = Counter()
    with database.read() as connection:
        own: dict[str, set[tuple[str, str]]] = {}
        for row in customers.all_xrefs(connection).to_pylist():
            own.setdefault(row["pin"], set()).add((row["system"], row["local_id"]))
        active = customers.all_customers(connection, status="active")["pin"].to_pylist()
        assert set(own) == set(active)
        for pin in active:
            document = golden.find_golden(connection, pin)
            assert document is not None, pin
            known = {
                (row["system"], row["local_id"]): row["cleansed"]
                for key in own[pin]
                for row in records.versions(connection, *key)
                if row["recorded_to"] is None
            }
            for attribute, entries in document["doc"].items():
                for entry in [entries] if isinstance(entries, dict) else entries:
                    if attribute == "party":
                        continue
                    check_entry(attribute, entry, known)
                    found[attribute, entry["rule"]] += 1
    return found


def check_entry(attribute: str, entry: dict[str, Any], known: dict[tuple[str, str], Any]) -> None:
    """An entry of a golden document, against the customer's own records."""
    if entry["rule"] == OVERRIDE:
        assert entry["record"] is None
        assert entry["override"]["actor"]
        assert entry["override"]["reason"]
    else:
        assert entry["rule"] in CHOSEN
        assert "override" not in entry
        assert entry["support"] >= 1
        assert own_fields(entry) in held(attribute, known[tuple(entry["record"])]), (attribute, entry)
    if "runner_up" in entry:
        second = entry["runner_up"]
        assert own_fields(second) in held(attribute, known[tuple(second["record"])]), (attribute, entry)
        assert own_fields(second) != own_fields(entry)


def own_fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in entry.items() if name not in SAID_OF}


def test_in_a_life_of_several_nights(life: Life) -> None:
    found = check_every_value(life.database)
    attributes = {attribute for attribute, _ in found}
    assert attributes == {"name", "birth_date", "identifiers", "phones", "address", "attributes"}
    assert found["birth_date", OVERRIDE] == 1
    with life.database.read() as connection:
        pinned = (look_up(connection, "crm:K007").golden or {})["birth_date"]
    assert (pinned["value"], pinned["override"]) == ("1980-03-02", {**pinned["override"], **WHO})


@pytest.mark.slow
def test_in_the_operator_of_the_benchmarks(open_directory: Path, fresh_database: Database) -> None:
    generate(1000, 6, open_directory)
    report = run_night(Settings.load(open_directory), fresh_database)
    assert report["status"] == "applied"
    found = check_every_value(fresh_database)
    assert {attribute for attribute, _ in found} > {"organisation", "accounts", "subscriptions", "emails", "sex"}
