"""A customer as its page shows it: each golden value with where it comes from, and how its records came in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mdm.golden.describe import text_of
from mdm.golden.overrides import RULE as OVERRIDE
from mdm.golden.rules import ATTRIBUTES
from mdm.registry.changes import worded

Document = Mapping[str, Any]


# what stands beside a value and says which one it is
_LABELS = {"identifiers": ("type", "issuer"), "attributes": ("name",), "consents": ("purpose", "channel")}


def golden_rows(golden: Document) -> list[dict[str, Any]]:
    """The attributes of a golden document (masked, if it must be) in their order, each with its values."""
    rows = []
    for name in ATTRIBUTES:
        entries = golden.get(name)
        if not entries:
            continue
        listed = entries if isinstance(entries, list | tuple) else [entries]
        rows.append({"attribute": name, "values": [_value(name, entry) for entry in listed]})
    return rows


def _value(attribute: str, entry: Document) -> dict[str, Any]:
    """A value in words, its period, and what its source box says."""
    apart = ("valid_from", "valid_to", *_LABELS.get(attribute, ()))
    bare = {name: each for name, each in entry.items() if name not in apart}
    labels = [entry[name] for name in _LABELS.get(attribute, ()) if entry.get(name)]
    runner_up = entry.get("runner_up")
    return {
        "text": worded(attribute, bare), "labels": labels,
        "since": entry.get("valid_from"), "until": entry.get("valid_to"),
        "slot": ".".join([attribute, *_slot(attribute, entry)]), "record": _key(entry.get("record")),
        "rule": entry["rule"], "support": entry["support"], "override": entry.get("override"),
        "pinned": entry["rule"] == OVERRIDE,
        "other": None if runner_up is None else text_of(runner_up),
        "other_record": None if runner_up is None else _key(runner_up.get("record")),
    }  # fmt: skip


def _slot(attribute: str, entry: Document) -> list[str]:
    return [str(entry.get(part) or "") for part in ATTRIBUTES[attribute].slot]


def _key(record: Any) -> str | None:
    return f"{record[0]}:{record[1]}" if record else None


def record_rows(view: Document, steps: list[Document], homes: Mapping[str, str]) -> list[dict[str, Any]]:
    """The records of a customer; joined: over which record each came in; home: the PIN that it was first given."""
    by = {step["record"]: step["by"] for step in steps if step["record"] is not None}
    first = next(iter(by), None)
    rows = []
    for record in view["records"] or ():
        key = f"{record['system']}:{record['local_id']}"
        rows.append(
            {
                **record,
                "key": key,
                "joined": by.get(key),
                "known": key in by,
                "first": key == first,
                "home": homes.get(key),
            }
        )
    return rows


def former(pin: str, homes: Mapping[str, str]) -> dict[str, list[str]]:
    """The customers that were merged into one and still have records in it: their PIN -> these records."""
    found: dict[str, list[str]] = {}
    for key, home in homes.items():
        if home != pin:
            found.setdefault(home, []).append(key)
    return found


def inputs_of(attribute: str, golden: Document) -> list[dict[str, str]]:
    """What is asked for to pin an attribute (or one slot of it), with what it is now: name and value of each part."""
    name, _, slot = attribute.partition(".")
    declared = ATTRIBUTES.get(name)
    if declared is None:
        return []
    now = next(_entries(golden.get(name), name, slot), {})
    if not declared.whole and name != "subscriptions":
        value = now.get("value")
        return [{"name": "value", "value": "" if value is None else str(value)}]
    inside = now.get("value") if declared.whole else now
    fields = [field for field, _ in declared.fields if field not in declared.slot]
    return [{"name": field, "value": str((inside or {}).get(field) or "")} for field in fields]


def _entries(entries: Any, name: str, slot: str) -> Iterator[Document]:
    listed = entries if isinstance(entries, list | tuple) else [entries] if entries else []
    return (entry for entry in listed if not slot or ".".join(_slot(name, entry)) == slot)


def typed_value(attribute: str, form: Any) -> Any:
    """What a form for pinning says: a text, an object of its parts, true or false, or None for "no such value"."""
    name = attribute.partition(".")[0]
    declared = ATTRIBUTES.get(name)
    if form.get("none") == "1" or declared is None:
        return None
    if declared.whole or name == "subscriptions":
        parts = {field: form.get(f"value.{field}") for field, _ in declared.fields if field not in declared.slot}
        was = {field: form.get(f"was.{field}") for field in parts}
        if "text" in parts and parts["text"] == was["text"] and parts != was:
            del parts["text"]  # a line that its parts, which were changed, contradict
        return {field: value for field, value in parts.items() if value}
    value = form.get("value.value")
    return value.lower() in ("true", "yes", "1") if name == "consents" else value
