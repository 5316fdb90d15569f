"""Why two records, or two customers, are one, or not; and what holds one customer together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice, product

import sqlalchemy as sa

from mdm.errors import NotFound
from mdm.match.model import Model
from mdm.match.online import contradiction
from mdm.party import PartyType
from mdm.registry.evidence import Version, weigh
from mdm.registry.explanations import PairExplanation, Why
from mdm.registry.keys import SourceKey, read_key
from mdm.registry.lookup import look_up
from mdm.registry.models import current_model
from mdm.registry.pair import explain_versions, find_version
from mdm.registry.refusals import stored_pairs, why_apart
from mdm.registry.views import ALONE, CustomerView
from mdm.registry.whole import explain_customer, way_between, way_sentences
from mdm.settings import Settings
from mdm.store import lookups
from mdm.store.generic import generic_by_kind

MOST_PAIRS = 3  # pairs explained between two customers
MOST_COMPARED = 2_500  # pairs scored afresh in search of the closest one, about a tenth of a second

Versions = dict[int, Version]


@dataclass(frozen=True, slots=True)
class _Subject:
    """What was asked about: a customer, or one of its records. pin None: a record without a customer."""

    text: str
    pin: str | None
    version: Version | None = None


def why(connection: sa.Connection, a: str, b: str, *, settings: Settings) -> Why:
    """Why `a` and `b` are one customer, or are not; each a PIN or `system:local_id`.

    Two records: the evidence between them. A customer or record with itself, or a customer with a record of its own:
    what holds the customer together. Otherwise: the strongest evidence between the two customers. Raises NotFound.
    """
    left, right = _subject(connection, a), _subject(connection, b)
    if left.version is not None and right.version is not None and left.text != right.text:
        return _two_records(connection, left, right, settings)
    if left.pin is None or right.pin is None:
        lonely = left if left.pin is None else right
        raise NotFound(f"{lonely.text} belongs to no customer", remedy="Compare it with another record.")
    if left.pin == right.pin:
        return explain_customer(connection, left.pin, settings)
    return _two_customers(connection, left.pin, right.pin, settings)


def _subject(connection: sa.Connection, text: str) -> _Subject:
    key = read_key(text)
    if isinstance(key, SourceKey):
        version = find_version(connection, key)
        pin = lookups.pins_of_records(connection, [version["record_id"]]).get(version["record_id"])
        return _Subject(str(key), pin, version)
    found = look_up(connection, key, include=ALONE)
    if found.status != "active":
        raise NotFound(f"PIN {found.pin} was {found.status}: it has no records", remedy="Look it up with known_at.")
    return _Subject(found.pin, found.pin)


def _two_records(connection: sa.Connection, left: _Subject, right: _Subject, settings: Settings) -> Why:
    assert left.version is not None
    assert right.version is not None
    pair = explain_versions(connection, left.version, right.version, settings=settings)
    answer = Why("two records", left.text, right.text, left.pin, right.pin, (pair,), (), (), pair.sentences)
    if left.pin is None or left.pin != right.pin or (pair.band == "match" and not pair.speaks_against):
        return answer
    way = way_between(connection, left.pin, left.version, right.version, settings)
    return replace(answer, chain=way, sentences=(*pair.sentences, *way_sentences(left.text, way)))


def _two_customers(connection: sa.Connection, left: str, right: str, settings: Settings) -> Why:
    ours, theirs = _versions(connection, left), _versions(connection, right)
    told = [f"{_named(connection, left)} and {_named(connection, right)} are two customers."]
    if _party(ours) != _party(theirs):
        told.append("One is a person and the other an organisation; the two are never compared.")
        return Why("two customers", left, right, left, right, (), (), (), tuple(told))
    model = current_model(connection, _party(ours))
    between = [p for p in stored_pairs(connection, [*ours, *theirs], model) if (p.left in ours) != (p.right in ours)]
    explained = tuple(
        _explain(connection, ours | theirs, pair.left, pair.right, model, settings) for pair in between[:MOST_PAIRS]
    )
    if not between:
        explained = (_closest(connection, ours, theirs, model, settings),)
        told.append("Among their records no pair was found that comes near a match; the closest is this one.")
    apart = why_apart(connection, list(ours), list(theirs), model, settings)
    told += _strongest(explained, len(between), apart)
    return Why("two customers", left, right, left, right, explained, (), (), tuple(told))


def _strongest(explained: tuple[PairExplanation, ...], stored: int, apart: str | None) -> list[str]:
    first = explained[0]
    head = f"{first.left} and {first.right}:"
    if stored:
        head = f"The strongest evidence between them is that of {first.left} and {first.right}:"
    told = [head, *first.sentences]
    if stored > 1:
        told.append(f"{stored - 1} more pair{'s' if stored > 2 else ''} of their records came near.")
    if apart is not None and first.refused is None and not first.speaks_against:
        told.append(f"What keeps them apart: {apart}.")
    return told


def _explain(
    connection: sa.Connection, versions: Versions, left: int, right: int, model: Model, settings: Settings
) -> PairExplanation:
    return explain_versions(connection, versions[left], versions[right], settings=settings, model=model)


def _closest(
    connection: sa.Connection, ours: Versions, theirs: Versions, model: Model, settings: Settings
) -> PairExplanation:
    """The pair with the greatest weight, those without a contradiction first, scored afresh."""

    generic = generic_by_kind(connection, model.party)

    def order(pair: tuple[Version, Version]) -> tuple[bool, float]:
        found = weigh(*pair, model, generic)
        return contradiction(found.levels, model) is None, found.weight

    left, right = max(islice(product(ours.values(), theirs.values()), MOST_COMPARED), key=order)
    return explain_versions(connection, left, right, settings=settings, model=model)


def _versions(connection: sa.Connection, pin: str) -> Versions:
    ids = [row["record_id"] for row in lookups.records_of_pin(connection, pin) if row["role"] == "customer"]
    return dict(lookups.versions_of(connection, ids))


def _party(versions: Versions) -> PartyType:
    party: PartyType = next(iter(versions.values()))["party"]
    return party


def _named(connection: sa.Connection, pin: str) -> str:
    customer: CustomerView = look_up(connection, pin, include=ALONE)
    return f"{pin} ({customer.name})" if customer.name else pin
