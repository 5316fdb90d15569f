"""Why a golden value is what it is, in a sentence for a person (`mdm lookup`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mdm.golden.overrides import RULE as OVERRIDE
from mdm.golden.rules import IN_EFFECT, UNION

_BECAUSE = {
    "most_trusted": "the most trusted source says so",
    "most_recent": "it is the most recent",
    "most_frequent": "most records agree on it",
    "longest": "it is the longest",
    UNION: "every different value is kept",
    IN_EFFECT: "it was in effect on the day asked for",
}


def describe(entry: Mapping[str, Any]) -> str:
    """Why this value (an entry of the document): its record and rule, who agrees, and what came second."""
    if entry["rule"] == OVERRIDE:
        parts = [_pinned(entry["override"])]
    else:
        parts = [f"from {_key(entry['record'])}: {_BECAUSE[entry['rule']]}"]
    parts.append(_support(entry["support"]))
    if "runner_up" in entry:
        runner_up = entry["runner_up"]
        parts.append(f"the next best is {text_of(runner_up)} from {_key(runner_up['record'])}")
    return "; ".join(parts)


def text_of(entry: Mapping[str, Any]) -> str:
    """The value of an entry or runner-up as people write it."""
    value = entry.get("value")
    if isinstance(value, Mapping):
        return value.get("text") or " ".join(dict.fromkeys(str(part) for part in value.values()))
    if value is not None:
        return str(value)
    return " ".join(str(entry[name]) for name in ("product", "number", "status") if name in entry)


def _pinned(override: Mapping[str, Any]) -> str:
    until = f" until {override['expires']}" if override["expires"] else ""
    return f"pinned by {override['actor']}{until}: {override['reason']}"


def _support(records: int) -> str:
    return {0: "no record holds it", 1: "1 record holds it"}.get(records, f"{records} records hold it")


def _key(record: list[str] | tuple[str, str] | None) -> str:
    return "a steward" if record is None else f"{record[0]}:{record[1]}"
