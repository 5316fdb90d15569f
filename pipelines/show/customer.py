"""`mdm lookup` on a terminal: the complete customer, and why every value is what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from mdm.golden.describe import describe, text_of
from mdm.registry import CustomerView, HouseholdView, LineageEvent
from mdm.registry.changes import period
from mdm.registry.concealing import concealed
from mdm.registry.moments import exactly
from pipelines.show.console import LEFT, console, heading, table

MOST_RECORDS = 20  # --json has them all
NO_GOLDEN = {
    "retired": "This PIN is retired: none of its records is left. It will never mean somebody else.",
    "erased": "This customer was erased; nothing is kept but the number.",
    "active": "Its golden record of that time is no longer kept.",  # somebody who was part of it then was erased
}


def show_customer(view: CustomerView) -> None:
    """Print the golden record with its provenance, household, accounts, records and history."""
    out = console()
    out.print(Text.assemble(f"PIN {view.pin}  ", (view.name or "", "bold"), f"  ({view.party})"))
    if view.redirected_from:
        out.print(f"  {view.redirected_from} was merged into it")
    _times(out, view)
    if view.golden is None:
        out.print(f"  {NO_GOLDEN.get(view.status, view.status)}")
    else:
        _golden(out, concealed(view.golden))
    for household in (view.household, view.legal_entity):
        if household is not None:
            _household(out, household, view.pin)
    _accounts(out, view)
    _records(out, view)
    _lineage(out, view)


def show_household(view: HouseholdView) -> None:
    """Print a household or legal entity by itself."""
    out = console()
    if view.redirected_from:
        out.print(f"{view.redirected_from} was merged into {view.chi}")
    if view.status != "active":
        out.print(f"{view.chi} is {view.status}")
    _times(out, view)
    _household(out, view, "")
    if not view.members:
        out.print("  Nobody belonged to it then." if view.as_of or view.known_at else "  Nobody belongs to it.")


def _times(out: Console, view: CustomerView | HouseholdView) -> None:
    """Which two times the answer is for, and since when it is known."""
    if view.as_of is not None:
        out.print(f"  what was true on {view.as_of} (values without dates always count)")
    if view.known_at is not None:
        out.print(f"  what was known at {exactly(view.known_at)}")
    if isinstance(view, CustomerView) and view.golden_since is not None:
        out.print(f"  this golden record is known since {exactly(view.golden_since)}")


def _golden(out: Console, document: Mapping[str, Any]) -> None:
    heading(out, "Golden record")
    out.print(table({"": LEFT, "value": LEFT, "why": LEFT}, _entries(document)))


def _entries(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for attribute, found in document.items():
        if attribute == "party":
            continue
        for entry in found if isinstance(found, list) else [found]:
            yield _label(attribute, entry), f"{_value(entry)}{period(entry)}", describe(entry)


def _label(attribute: str, entry: Mapping[str, Any]) -> str:
    """The name of a line: what the entry itself says it is, else the attribute."""
    names = {
        "identifiers": ("type", "issuer"), "attributes": ("name",), "consents": ("purpose", "channel"),
    }.get(attribute, ())  # fmt: skip
    words = [str(entry[name]) for name in names if entry.get(name)]
    prefix = ["consent"] if attribute == "consents" else []
    return " ".join([*prefix, *words] if words else [_SINGULAR.get(attribute, attribute)]).replace("_", " ")


_SINGULAR = {"phones": "phone", "emails": "e-mail", "accounts": "account", "birth_date": "born", "death_date": "died"}


def _value(entry: Mapping[str, Any]) -> str:
    """A name with its native spelling shows that; everything else as the golden record writes it."""
    value = entry.get("value")
    if isinstance(value, Mapping) and "native" in value:
        return str(value["native"])
    return text_of(entry)


def _household(out: Console, household: HouseholdView, pin: str) -> None:
    heading(out, f"{household.kind.replace('_', ' ').capitalize()} {household.chi}")
    if household.address:
        out.print(f"  {household.address}")
    for member in household.members:
        mark = "*" if member.pin == pin else " "
        since = f", since {member.valid_from}" if member.valid_from else ""
        until = f", until {member.valid_to}" if member.valid_to else ""
        role = f", {member.role}" if member.role else ""
        out.print(f" {mark} {member.pin}  {member.name or '(no name)'}{role}{since}{until}")


def _accounts(out: Console, view: CustomerView) -> None:
    if not view.accounts and not view.subscriptions:
        return
    heading(out, "Accounts and subscriptions")
    for entry in (*(view.accounts or ()), *(view.subscriptions or ())):
        out.print(f"  {text_of(entry)}{period(entry)}  from {':'.join(entry['record'] or ('a steward',))}")


def _records(out: Console, view: CustomerView) -> None:
    if not view.records:
        return
    heading(out, f"Records ({len(view.records)})")
    for system, keys in _by_system(view.records[:MOST_RECORDS]).items():
        out.print(f"  {system}: {', '.join(keys)}", soft_wrap=True)
    if len(view.records) > MOST_RECORDS:
        out.print(f"  and {len(view.records) - MOST_RECORDS} more: --json")


def _by_system(records: Iterable[Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for record in records:
        found.setdefault(record.system, []).append(record.local_id)
    return found


def _lineage(out: Console, view: CustomerView) -> None:
    if not view.lineage:
        return
    heading(out, "History")
    for event in view.lineage:
        out.print(f"  {exactly(event.at)}  {event_words(event)}")


def event_words(event: LineageEvent) -> str:
    """What happened to a PIN, in a line."""
    joint = {"merged": "into", "redirected": "to", "moved": "to", "split": "into", "revived": "out of"}
    other = f" {joint.get(event.kind, 'with')} {event.other_pin}" if event.other_pin else ""
    reason = f": {event.reason}" if event.reason else ""
    records = f", {', '.join(event.records[:MOST_RECORDS])}" if event.records and event.kind != "minted" else ""
    return f"{event.kind} {event.pin}{other}{records} by {event.actor}, run {event.run_id}{reason}"
