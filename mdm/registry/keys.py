"""What one may name: a PIN, or a source key as `system:local_id`; and what to do when there is no such customer."""

from __future__ import annotations

import difflib
import re
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from mdm.errors import NotFound
from mdm.registry.unknown import unknown_key_then
from mdm.resolve.pins import is_valid_id, is_valid_pin
from mdm.store import lookups

_DIGITS = re.compile(r"[0-9]{12}")
_HOUSEHOLD = re.compile(r"[HL][0-9]{12}")


class SourceKey(NamedTuple):
    """The key of a source record."""

    system: str
    local_id: str

    def __str__(self) -> str:
        return f"{self.system}:{self.local_id}"


def read_key(text: str) -> str | SourceKey:
    """A PIN (twelve digits, its check digit right) or a source key. Raises NotFound when `text` is neither."""
    system, separator, local_id = text.strip().partition(":")
    if separator:
        return SourceKey(system.strip(), local_id.strip())
    pin = re.sub(r"[ \u00a0-]", "", system)
    if is_valid_pin(pin):
        return pin
    raise _not_a_pin(text, pin)


def read_pin(text: str) -> str:
    """A PIN. Raises NotFound when `text` is something else."""
    key = read_key(text)
    if isinstance(key, SourceKey):
        raise NotFound(f"{text!r} is not a PIN", remedy="A PIN has twelve digits.")
    return key


def read_source_key(text: str) -> SourceKey:
    """A source key. Raises NotFound when `text` is something else."""
    key = read_key(text)
    if isinstance(key, str):
        raise NotFound(f"{key} is a PIN, not a record", remedy="A record is written system:local_id.")
    return key


def _not_a_pin(text: str, pin: str) -> NotFound:
    remedy = "A PIN has twelve digits; a source key is written system:local_id."
    if _HOUSEHOLD.fullmatch(pin):
        return NotFound(f"{pin} is the id of a household or legal entity, not of a customer", remedy=remedy)
    if _DIGITS.fullmatch(pin):
        return NotFound(
            f"{pin} is not a PIN: its check digit is wrong",
            remedy="One of the digits is mistyped, or two neighbours are swapped. Read it again.",
        )
    found = f"{len(pin)} digits" if pin.isdigit() else repr(text)
    return NotFound(f"neither a PIN nor a source key: {found}", remedy=remedy)


def names_a_household(text: str) -> bool:
    """Whether `text` has the form of a household or legal entity id, its check digit right or not."""
    return _HOUSEHOLD.fullmatch(re.sub(r"[ \u00a0-]", "", text).upper()) is not None


def read_chi(text: str) -> str:
    """A household id (H...) or legal entity id (L...). Raises NotFound when it is neither."""
    chi = re.sub(r"[ \u00a0-]", "", text).upper()
    if is_valid_id("household", chi) or is_valid_id("legal_entity", chi):
        return chi
    if _HOUSEHOLD.fullmatch(chi):
        raise NotFound(f"{chi} is no household: its check digit is wrong", remedy="Read it again.")
    raise NotFound(
        f"{text!r} is no household id",
        remedy="A household id is H and twelve digits, a legal entity id L and twelve digits.",
    )


def unknown_key(connection: sa.Connection, key: SourceKey, known_at: datetime | None = None) -> NotFound:
    """Why a source key has no customer, or had none at a time, and what to do."""
    known = lookups.systems(connection)
    if key.system not in known:
        return NotFound(f"no records of a system {key.system!r}", remedy=_which_systems(key.system, known))
    then = None if known_at is None else unknown_key_then(connection, *key, known_at)
    if then is not None:
        return then
    rejected = lookups.quarantined(connection, *key)
    record = lookups.latest_version(connection, *key)
    if rejected is not None and record is None:
        detail = rejected["detail"] or rejected["reason"]
        where = f"{rejected['file']}:{rejected['line']}"
        return NotFound(f"{key} is in quarantine: {detail}", where=where, remedy="Correct it in the source.")
    if record is None:
        return NotFound(f"no record {key}", remedy=f"{key.system} has no such key; keys count upper and lower case.")
    if record["status"] == "deleted":
        return NotFound(f"{key} was deleted by its source", remedy="Ask with known_at for the customer it belonged to.")
    return NotFound(
        f"{key} belongs to no customer: it comes from an enrichment list, and nobody matches it",
        remedy="Nothing needs to be done; the next night tries again when its data or a customer's change.",
    )


def _which_systems(asked: str, known: list[str]) -> str:
    if not known:
        return "The store is empty: run `mdm run` first."
    near = difflib.get_close_matches(asked, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known)}."
