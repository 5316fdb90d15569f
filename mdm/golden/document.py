"""The golden document: what is kept, shown and sent for one customer. Its one description.

A JSON object with ``party`` and then, in the order of `rules.ATTRIBUTES`, the attributes that have a value; what is
unknown is left out. The PIN is not part of it. An attribute with one value holds an entry, one with several
(identifiers, phones, emails, accounts, subscriptions, consents, attributes) a list of entries, the best first::

    {"party": "person",
     "name": {"value": {"given": "Wei", "family": "Zhang", "native": "张伟"},
              "record": ["mobile", "K1"], "rule": "most_trusted", "support": 3,
              "runner_up": {"value": {"given": "W", "family": "Zhang"}, "record": ["tv", "9"]}},
     "phones": [{"value": "+8613800000001", "valid_from": "2024-05-01",
                 "record": ["tv", "9"], "rule": "union", "support": 2}],
     "subscriptions": [{"product": "5G", "number": "+8613800000001", "status": "active", "valid_from": "2020-01-01",
                        "record": ["mobile", "K1"], "rule": "union", "support": 1}]}

An entry is, in this order: the value's own fields, ``valid_from`` / ``valid_to`` where known, ``record`` (system, local
id of the best record that holds the value), ``rule``, ``support`` (how many records hold it), and ``runner_up``, the
best different value, where there is one. A value pinned by a steward has ``"record": null``, ``"rule": "override"`` and
``override`` with reason, actor and expiry.
"""

from __future__ import annotations

import json
from typing import Any, Required, TypedDict

RecordKey = tuple[str, str] | list[str]


class RunnerUp(TypedDict, total=False):
    """The best value that differs from the golden one: the fields of its entry without rule and support."""

    type: str
    issuer: str
    product: str
    number: str
    status: str
    purpose: str
    channel: str
    name: str
    value: Any
    valid_from: str
    valid_to: str
    record: Required[RecordKey]


class Pinned(TypedDict):
    """Who pinned a value, why, and until when (ISO date; null: until lifted)."""

    reason: str
    actor: str
    expires: str | None


class Entry(TypedDict, total=False):
    """One golden value with where it came from; `value` is a text, an ISO date or, for what goes whole, an object."""

    type: str  # identifiers
    issuer: str  # identifiers
    product: str  # subscriptions
    number: str  # subscriptions
    status: str  # subscriptions
    purpose: str  # consents
    channel: str  # consents
    name: str  # attributes
    value: Any
    valid_from: str
    valid_to: str
    record: Required[RecordKey | None]
    rule: Required[str]
    support: Required[int]
    override: Pinned
    runner_up: RunnerUp


class Document(TypedDict, total=False):
    """A golden document."""

    party: Required[str]
    name: Entry
    organisation: Entry
    birth_date: Entry
    death_date: Entry
    sex: Entry
    identifiers: list[Entry]
    phones: list[Entry]
    emails: list[Entry]
    address: Entry
    accounts: list[Entry]
    subscriptions: list[Entry]
    consents: list[Entry]
    attributes: list[Entry]


def to_text(document: Document) -> str:
    """The document as its canonical JSON text: keys in the order above, no spaces, characters as they are."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> Document:
    """The document that `to_text` (or the bulk path) wrote."""
    document: Document = json.loads(text)
    return document
