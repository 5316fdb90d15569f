"""What every cleanser hands back: a value, and what had to be said about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mdm.cleanse.own_placeholders import OwnPlaceholders

Mark = Literal["repaired", "suspicious", "unreadable"]
VALID = "valid"  # the mark of a value of which nothing had to be said
_WORST_FIRST: tuple[Mark, ...] = ("unreadable", "suspicious", "repaired")


@dataclass(frozen=True, slots=True)
class Issue:
    """One remark: `attribute` as in the canonical record, `mark`, and a reason that a person can read.

    repaired: the value was changed for the better; suspicious: kept, but look at it; unreadable: dropped (null).
    """

    attribute: str
    mark: Mark
    reason: str


def mark_of(issues: Iterable[Issue]) -> str:
    """valid, or the worst mark among the remarks on one value."""
    found = {issue.mark for issue in issues}
    return next((mark for mark in _WORST_FIRST if mark in found), VALID)


@dataclass(frozen=True, slots=True)
class CleansedText:
    """A cleansed text value, or None, with its issues."""

    value: str | None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class CleanseContext:
    """What a delivery says about all of its rows.

    region: ISO 3166 country that phones, addresses and dates are read by; area_code: landline area code of the
    region ("0931"), when the feed leaves it out; role: customer | enrichment; extracted_at: when it was cut; own:
    placeholders of the workspace.
    """

    region: str
    area_code: str | None = None
    role: str = "customer"
    extracted_at: datetime | None = None
    own: OwnPlaceholders | None = None
