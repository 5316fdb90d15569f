"""Look customers up by a phone, an e-mail address, an identifier or an account: exactly, after the same cleansing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from mdm.cleanse.emails import cleanse_email
from mdm.cleanse.fold import tidy
from mdm.cleanse.identifiers import cleanse_identifier
from mdm.cleanse.phones import cleanse_phone
from mdm.cleanse.values import Issue
from mdm.errors import UsageError
from mdm.match.blocking import KEYS, hash_text
from mdm.match.features import PAPER, PROOF
from mdm.party import IDENTIFIER_TYPES
from mdm.registry.keys import SourceKey
from mdm.registry.views import CustomerView
from mdm.store.searching import customers_holding, standing_customer

PAGE = 20
KEY = "key"  # of a source record
_ISSUED = "type:issuer:value, the issuer may be empty (national_id:CN:620102196203081535, passport::E1234567)"


@dataclass(frozen=True, slots=True)
class Page:
    """Customers by PIN. next: the PIN after which the next page begins; None on the last."""

    customers: tuple[CustomerView, ...]
    next: str | None


def search(
    connection: sa.Connection, given: Mapping[str, str], *, region: str, after: str = "", count: int = PAGE
) -> Page:
    """The customers that hold every value of `given` (KEY or names of `READERS` -> text), each in some record.

    region: the country that phones and identifiers are read by. Raises UsageError that names the value which cannot be
    read, with the cleanser's reason.
    """
    if not given:
        raise UsageError("nothing to look for was given", remedy=f"Give one of {', '.join((KEY, *READERS))}.")
    values = [READERS[name](text, region) for name, text in given.items() if name != KEY]
    record = _source_key(given[KEY]) if KEY in given else None
    found = customers_holding(connection, values, record=record, after=after, count=count + 1)
    views = []
    for one in found[:count]:
        views.append(CustomerView(one.pin, one.party, "active", golden_of(one.doc), golden_since=one.since))
    return Page(tuple(views), views[-1].pin if len(found) > count else None)


def find_active(connection: sa.Connection, pin: str) -> CustomerView | None:
    """A customer as it stands now, its golden record alone: what most ask for. None for any PIN that is not active.

    The same as `look_up` without parts, in one round trip.
    """
    found = standing_customer(connection, pin)
    if found is None or found.status != "active":
        return None
    return CustomerView(found.pin, found.party, "active", golden_of(found.doc), golden_since=found.since)


def golden_of(doc: str | None) -> dict[str, Any] | None:
    """A golden document without what is shown apart from it."""
    if doc is None:
        return None
    golden: dict[str, Any] = orjson.loads(doc)
    for apart in ("accounts", "subscriptions"):
        golden.pop(apart, None)
    return golden


def _source_key(text: str) -> SourceKey:
    system, separator, local_id = text.partition(":")
    if not separator:
        raise UsageError("key: a source key is written system:local_id", field=KEY)
    return SourceKey(system, local_id)


def _phone(text: str, region: str) -> list[int]:
    read = cleanse_phone(text, region=region)
    return _keys("phone", _value("phone", read.number, read.issues))


def _email(text: str, region: str) -> list[int]:
    read = cleanse_email(text, region=region)
    return _keys("email", _value("email", read.address, read.issues))


def _account(text: str, region: str) -> list[int]:
    return _keys("account", _value("account", tidy(text), ()))


def _identifier(text: str, region: str) -> list[int]:
    kind, _, rest = text.partition(":")
    issuer, separator, value = rest.partition(":")
    if not separator:
        raise UsageError(f"identifier: written {_ISSUED}", field="identifier")
    if kind not in (*PROOF, *PAPER):
        known = ", ".join(name for name, type_ in IDENTIFIER_TYPES.items() if type_.unique)
        raise UsageError(
            f"identifier: no type {kind!r} can be looked up", remedy=f"There are: {known}.", field="identifier"
        )
    read = cleanse_identifier(kind, value, country=issuer or None, region=region)
    kind = read.kind or kind
    held = f"{kind}:{read.issuer or ''}:{_value('identifier', read.value, read.issues)}"
    return _keys("identifier" if kind in PROOF else "paper", held)


READERS: Mapping[str, Callable[[str, str], list[int]]] = {
    "phone": _phone,
    "email": _email,
    "identifier": _identifier,
    "account": _account,
}


def _value(name: str, value: str | None, issues: Sequence[Issue]) -> str:
    """A value that could be read. Raises UsageError with the reason."""
    if value is None:
        reason = "; ".join(issue.reason for issue in issues) or "there is nothing in it"
        raise UsageError(f"{name}: {reason}", remedy="Look for it as it is written, or use identify.", field=name)
    return value


def _keys(name: str, value: str) -> list[int]:
    """The numbers in the candidate index of a value that a person or an organisation may hold."""
    return [
        hash_text(party, f"{name}|{value}", key.mark)
        for party, keys in KEYS.items()
        for key in keys
        if key.name == name
    ]
