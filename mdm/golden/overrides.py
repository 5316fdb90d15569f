"""Overrides: values that a steward pinned. They win over every rule until they expire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mdm.golden.rules import Attribute

RULE = "override"


@dataclass(frozen=True, slots=True)
class Override:
    """A pinned value.

    attribute: its name in the document; of an attribute with slots, dotted: ``identifiers.national_id``,
    ``consents.marketing.sms``, ``attributes.language``.
    value: a text or ISO date, or an object with the value's own fields (``{"given": ..}``, ``{"product": ..}``); None
    says that there is no such value, so that the attribute (or slot) is left out. A value of a union is listed first,
    the others stay.
    expires: last day on which it holds; None until lifted.
    """

    attribute: str
    value: Any
    reason: str
    actor: str
    expires: date | None = None

    def holds_on(self, business_date: date) -> bool:
        """Whether the override has not expired by `business_date`."""
        return self.expires is None or business_date <= self.expires

    @property
    def name(self) -> str:
        """The attribute without its slot."""
        return self.attribute.partition(".")[0]

    @property
    def slot(self) -> tuple[str, ...]:
        """The parts of the slot; () for the whole attribute."""
        _, dot, rest = self.attribute.partition(".")
        return tuple(rest.split(".")) if dot else ()


def apply_overrides(
    attribute: Attribute, entries: list[dict[str, Any]], overrides: Sequence[Override]
) -> list[dict[str, Any]]:
    """`entries` of `attribute` with the overrides that concern it applied; of two for one place the later counts."""
    for override in overrides:
        if override.name == attribute.name:
            entries = _apply(attribute, entries, override)
    return entries


def _apply(attribute: Attribute, entries: list[dict[str, Any]], override: Override) -> list[dict[str, Any]]:
    beside = [entry for entry in entries if not _in_slot(attribute, entry, override.slot)]
    displaced = [entry for entry in entries if _in_slot(attribute, entry, override.slot)]
    if override.value is None:
        return beside
    own = _own_fields(attribute, override)
    equal = [entry for entry in displaced if own.items() <= entry.items()]
    others = [entry for entry in displaced if entry not in equal]
    pinned = own | {"record": None, "rule": RULE, "support": equal[0]["support"] if equal else 0}
    pinned["override"] = {
        "reason": override.reason,
        "actor": override.actor,
        "expires": override.expires.isoformat() if override.expires else None,
    }
    if _keeps_one(attribute, override):
        runner_up = _runner_up(equal, others)
        return sorted([*beside, pinned | runner_up], key=lambda entry: _slot_of(attribute, entry))
    return [pinned, *others, *beside]


def _runner_up(equal: list[dict[str, Any]], others: list[dict[str, Any]]) -> dict[str, Any]:
    """What the records would have said: the displaced winner, or, when it is the pinned value, its own runner-up."""
    if others:
        return {"runner_up": {key: part for key, part in others[0].items() if key not in _EVIDENCE}}
    return {"runner_up": equal[0]["runner_up"]} if equal and "runner_up" in equal[0] else {}


_EVIDENCE = ("rule", "support", "runner_up", "override")


def _keeps_one(attribute: Attribute, override: Override) -> bool:
    return not attribute.keeps_all or "\x1f".join(override.slot) in attribute.one_per


def _slot_of(attribute: Attribute, entry: dict[str, Any]) -> tuple[str, ...]:
    return tuple(entry.get(name, "") for name in attribute.slot)


def _in_slot(attribute: Attribute, entry: dict[str, Any], slot: tuple[str, ...]) -> bool:
    return not slot or _slot_of(attribute, entry) == slot


def _own_fields(attribute: Attribute, override: Override) -> dict[str, Any]:
    """The entry's own fields: the slot's, then those of the value."""
    slot = dict(zip(attribute.slot, override.slot, strict=False))
    if attribute.whole or not isinstance(override.value, dict):
        return slot | {"value": override.value}
    return slot | override.value
