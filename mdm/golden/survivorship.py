"""The golden record of one customer: a pure function of its records, the policy, the overrides and the business date.

This is the online execution of `rules`; `bulk` is the other. The order of the records does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, cast

from mdm.golden.candidates import Candidate, Source, candidates
from mdm.golden.document import Document
from mdm.golden.overrides import Override, apply_overrides
from mdm.golden.policy import Policy, make_policy
from mdm.golden.rules import UNION, Attribute, Trust, decayed_trust

Entry = dict[str, Any]


def golden_record(
    records: Sequence[Source],
    *,
    trust: Trust | None = None,
    rules: Mapping[str, str] | None = None,
    half_life_days: Mapping[str, float] | None = None,
    overrides: Sequence[Override] = (),
    business_date: date,
) -> Document:
    """The document (see `document`) of the customer that `records`, rows of `CLEANSED`, belong to; at least one record.

    trust, rules, half_life_days: see `policy.make_policy`. overrides: what stewards pinned; those that expired before
    `business_date` do not count. Raises ConfigError when a setting is wrong, ValueError without records.
    """
    policy = make_policy(trust=trust, rules=rules, half_life_days=half_life_days)
    return golden_document(records, policy=policy, overrides=overrides, business_date=business_date)


def golden_document(
    records: Sequence[Source], *, policy: Policy, overrides: Sequence[Override] = (), business_date: date
) -> Document:
    """`golden_record` with a policy made beforehand: for callers with many customers."""
    if not records:
        raise ValueError("a customer has at least one record")
    document: Entry = {"party": _party(records)}
    pinned = [override for override in overrides if override.holds_on(business_date)]
    for attribute in policy.attributes:
        entries = apply_overrides(attribute, entries_of(attribute, records, policy.trust), pinned)
        if entries:
            document[attribute.name] = entries if attribute.column else entries[0]
    return cast(Document, document)


def entries_of(attribute: Attribute, records: Iterable[Source], trust: Trust) -> list[Entry]:
    """The golden entries of one attribute: the winner of each slot, or all values of a union, best first."""
    found = [candidate for record in records for candidate in candidates(attribute, record, trust)]
    found.sort(key=lambda candidate: candidate.slot)
    return [
        entry
        for slot, group in groupby(found, key=lambda candidate: candidate.slot)
        for entry in _slot_entries(attribute, slot, list(group))
    ]


def _slot_entries(attribute: Attribute, slot: str, found: list[Candidate]) -> list[Entry]:
    if len(found) > 1:
        found = _ranked(attribute, found)
    if attribute.keeps_all and slot not in attribute.one_per:
        return [_entry(attribute, candidate, UNION) for candidate in found]
    best = _entry(attribute, found[0], attribute.order)
    if len(found) > 1:
        best["runner_up"] = _value(attribute, found[1])
    return [best]


def _ranked(attribute: Attribute, found: list[Candidate]) -> list[Candidate]:
    """One candidate for each different value, best first, with the features that depend on the others."""
    _compare_dates(attribute, found)
    values: dict[str, list[Candidate]] = {}
    for candidate in found:
        values.setdefault(candidate.same, []).append(candidate)
    different = []
    for holders in values.values():
        support = len({candidate.record for candidate in holders if not candidate.echo})
        sound = max(candidate.sound for candidate in holders)
        for candidate in holders:
            candidate.support = support
        best = min(holders, key=lambda candidate: candidate.rank(attribute.spokesman))
        best.sound = sound
        different.append(best)
    return sorted(different, key=lambda candidate: candidate.rank(attribute.features))


def _compare_dates(attribute: Attribute, found: list[Candidate]) -> None:
    """Decay trust, and mark what has ended, by the newest date among the candidates; undated counts as the oldest."""
    dates = [candidate.seen for candidate in found if candidate.seen is not None]
    newest, oldest = max(dates, default=0), min(dates, default=0)
    for candidate in found:
        seen = oldest if candidate.seen is None else candidate.seen
        candidate.trust = decayed_trust(candidate.declared_trust, newest - seen, attribute.half_life_days)
        candidate.current = int(not dates or not candidate.ended_by(newest))


def _entry(attribute: Attribute, candidate: Candidate, rule: str) -> Entry:
    return _value(attribute, candidate) | {"rule": rule, "support": candidate.support}


def _value(attribute: Attribute, candidate: Candidate) -> Entry:
    """The value's own fields, its period, and its record."""
    value: Entry = {"value": candidate.fields} if attribute.whole else dict(candidate.fields)
    for name in ("valid_from", "valid_to"):
        moment = getattr(candidate, name)
        if moment is not None:
            value[name] = moment.isoformat()
    value["record"] = list(candidate.record)
    return value


def _party(records: Sequence[Source]) -> str:
    """person or organisation, as the first customer-role record says; a customer never mixes them."""
    first = min(records, key=lambda record: (record["role"] != "customer", record["system"], record["local_id"]))
    return str(first["party"])
