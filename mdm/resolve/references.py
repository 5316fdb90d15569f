"""An enrichment record may say itself whose it is: by PIN, as a warehouse knows it, or by the key of another source.

In a contract `relationships: {kind: customer, local_id: COLUMN}` is a PIN, `{kind: "customer:SOURCE", ...}` the key
of a record of that source. The first that has a value counts, a PIN before a key. Then nothing is matched: it goes with
the customer that has that PIN today (the survivor, for one that was merged away), or with that record; where there is
none it goes with nobody, and never makes a customer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mdm.resolve.lineage import CustomerState

KIND = "customer"


class Named(NamedTuple):
    """A customer that is named: by the key of a source, or by PIN."""

    system: str | None
    local_id: str | None
    pin: str | None


class PinState(NamedTuple):
    """What became of a PIN."""

    status: str
    redirect_to: str | None


def named_by(relationships: Iterable[Mapping[str, Any]] | None) -> Named | None:
    """The customer that an enrichment record names, None when it names nobody."""
    found = [(one["kind"] or "", one["local_id"]) for one in relationships or () if one["local_id"]]
    for kind, value in found:
        if kind == KIND:
            return Named(None, None, re.sub("[^0-9]", "", value))
    for kind, value in found:
        if kind.startswith(f"{KIND}:"):
            return Named(kind.removeprefix(f"{KIND}:"), value, None)
    return None


def pin_today(pin: str, states: Mapping[str, PinState | CustomerState]) -> str | None:
    """Where a PIN leads; None for one that was retired, erased or never issued. states: PIN -> status, redirect_to."""
    state = states.get(pin)
    if state is None or state.status not in ("active", "redirected"):
        return None
    return pin if state.status == "active" else state.redirect_to


__all__ = ["KIND", "Named", "PinState", "named_by", "pin_today"]
