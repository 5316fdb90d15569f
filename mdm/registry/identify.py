"""Identify: what a channel has in hand, to the customers that it may be. Writes nothing.

What was given is cleansed as a record is, finds its candidates through the candidate index, and is scored with the
model in use, all as a night would; so the answer is what the night would do with such a record, and what else it may
be. More records are looked at than at night (`identify.max_block`): a person reads the list.

Grades. *certain*: the night would join it with this customer and no other, and among all customers that it may be this
one has a probability of at least `identify.certain`. *probable*: it would join, but another customer is close, or the
weight would do but something speaks against it only weakly. *possible*: less than the night asks for, or refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import orjson
import sqlalchemy as sa

from mdm.cleanse.record import cleanse_record
from mdm.cleanse.values import CleanseContext
from mdm.errors import NotFound, UsageError
from mdm.match.blocking import KEYS, BlockLimits, Part, RecordKey
from mdm.match.features import features_of
from mdm.match.generic import without
from mdm.match.online import Score
from mdm.party import PartyType
from mdm.registry.candidates import Candidate, asked_keys, candidates_of
from mdm.registry.evidence import in_words_of
from mdm.registry.identified import AttributeEvidence, Grade, Identification, Identified, Outcome, Remark, TooMany
from mdm.registry.joining import Joining, would_join
from mdm.registry.matchers import Matcher, matcher_of
from mdm.registry.shown import shown
from mdm.registry.views import name_of
from mdm.registry.words import probability
from mdm.settings import Settings
from mdm.store.candidates_online import Customers, holders_and_version, read_customers

LEAST = -10.0  # bits: less than one in a thousand is not worth showing
MOST_JOINED = 10  # customers that the clustering is asked about
ATTRIBUTES = {
    "given": "name.given", "middle": "name.middle", "family": "name.family", "birth": "birth_date", "sex": "sex",
    "identifiers": "identifiers", "papers": "identifiers", "phones": "phones", "emails": "emails",
    "address": "address", "organisation": "organisation",
}  # fmt: skip
_ASKED = {
    "birth": "birth_date", "given": "name.given", "middle": "name.middle", "family": "name.family",
    "place": "address.postcode", "dwelling": "address", "street": "address.street", "organisation": "organisation",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Best:
    """A customer's record that matches best; without a contradiction if there is one."""

    pin: str
    candidate: Candidate
    score: Score
    against: str | None


def identify(
    connection: sa.Connection,
    mapped: Mapping[str, Any],
    *,
    settings: Settings,
    region: str | None = None,
    limit: int = 5,
    only_certain: bool = False,
) -> Identification:
    """Who it may be that has these attributes (columns of MAPPED, as delivered; `party` among them).

    region: the country that phones, dates and addresses are read by. Raises UsageError when nothing in it can be looked
    for, NotFound before there is a model.
    """
    context = CleanseContext(region=region or settings.cleanse.region, own=settings.own_placeholders)
    cleansed = cleanse_record(mapped, context=context)
    party: PartyType = cleansed["party"]
    document = orjson.loads(orjson.dumps(cleansed))
    row = features_of(document)
    most = settings.identify.max_block
    limits, keys = BlockLimits(most, most), asked_keys(row, party)
    remarks = tuple(Remark(**issue) for issue in cleansed["issues"] or ())
    held, version = holders_and_version(connection, {key: limits.of(key) for key in keys}, party)
    matcher = matcher_of(connection, party, version)
    if matcher is None:
        raise NotFound(f"there are no {party}s yet", remedy="The first `mdm run` with such records trains a model.")
    if not keys:
        raise _nothing_to_look_for(party, remarks)
    found = candidates_of(connection, keys, held, party, limits=limits)
    too_many = tuple(_too_many(key, row, party) for key in found.crowded)
    scores = matcher.score_all(row, [candidate.row for candidate in found.found])
    ranked = _ranked(found.found, scores, matcher)
    there = _read(connection, ranked, found.found, limit, settings)
    compared = {one.stored.record_id: (one.row, score) for one, score in zip(found.found, scores, strict=True)}
    joining = would_join(row, compared, there, matcher.model, settings)
    graded = [(_grade(best, ranked, joining, settings), best) for best in ranked]
    graded.sort(key=lambda item: (_ORDER[item[0][0]], -item[1].score.weight, item[1].pin))
    outcome = _outcome([grade for (grade, _), _ in graded], bool(too_many))
    kept = [item for item in graded if item[0][0] == "certain"] if only_certain else graded
    return Identification(
        outcome=outcome,
        party=party,
        candidates=_told(connection, kept[:limit], there.shown, document, row, matcher),
        too_many=too_many,
        remarks=remarks,
        compared=len(found.found),
        more=max(0, len(kept) - limit),
        model_id=matcher.model_id,
    )


_ORDER: dict[Grade, int] = {"certain": 0, "probable": 1, "possible": 2}


def _outcome(grades: Sequence[Grade], crowded: bool) -> Outcome:
    if "certain" in grades:
        return "certain"
    if crowded and "probable" not in grades:
        return "too_many"
    return "candidates" if grades else "nobody"


def _ranked(found: Sequence[Candidate], scores: Sequence[Score], matcher: Matcher) -> list[_Best]:
    """The best record of each customer, the heaviest first."""
    best: dict[str, _Best] = {}
    for candidate, score in zip(found, scores, strict=True):
        pin = candidate.stored.pin
        if pin is None or score.weight < LEAST:
            continue
        rule = matcher.scorer.contradiction(score.levels)
        one = _Best(pin, candidate, score, None if rule is None else rule.words)
        if pin not in best or _standing(one) > _standing(best[pin]):
            best[pin] = one
    return sorted(best.values(), key=lambda one: (-one.score.weight, one.pin))


def _standing(one: _Best) -> tuple[bool, float]:
    return one.against is None, one.score.weight


def _read(
    connection: sa.Connection, ranked: Sequence[_Best], found: Sequence[Candidate], limit: int, settings: Settings
) -> Customers:
    """The customers that the weight would join, and the documents of those that will most likely be shown."""
    heavy = [one.pin for one in ranked if one.score.weight >= settings.matching.match_weight and one.against is None]
    first = sorted(ranked, key=_standing, reverse=True)[:limit]
    if not first:
        return Customers([], [], [], {})
    known = [one.stored.record_id for one in found]
    return read_customers(
        connection, sorted(heavy[:MOST_JOINED]), known, [one.candidate.stored.record_id for one in first]
    )


def _grade(best: _Best, ranked: Sequence[_Best], joining: Joining, settings: Settings) -> tuple[Grade, str]:
    """The grade of a customer, and why, in words."""
    if best.against is not None:
        return "possible", f"It is not joined by itself: {best.against}."
    if best.pin in joining.refused:
        return "possible", f"It is not joined by itself: {joining.refused[best.pin]}."
    if best.pin not in joining.pins:
        return "possible", "The evidence is not enough for the night to join it."
    if len(joining.pins) > 1:
        return "probable", f"It would join {len(joining.pins)} customers."
    share = _share(best, ranked)
    if share < settings.identify.certain:
        others = sum(other.against is None for other in ranked) - 1
        close = "Another customer is close" if others else "The evidence leaves a doubt"
        return (
            "probable",
            f"{close}: {share:.1%} is less than the {settings.identify.certain:.1%} that certain asks for.",
        )
    return "certain", "The night would join it with this customer and no other."


def _share(best: _Best, ranked: Sequence[_Best]) -> float:
    """How probable it is that it is this customer and none of the others, nor anybody unknown (log2 odds add up)."""
    top = max(best.score.weight, 0.0)
    rivals = [other.score.weight for other in ranked if other.against is None]
    total = 2.0 ** (0.0 - top) + sum(2.0 ** (weight - top) for weight in rivals)
    return float(2.0 ** (best.score.weight - top) / total)


def _told(
    connection: sa.Connection,
    graded: Sequence[tuple[tuple[Grade, str], _Best]],
    read: Mapping[int, tuple[str, str | None]],
    document: Mapping[str, Any],
    row: dict[str, Any],
    matcher: Matcher,
) -> tuple[Identified, ...]:
    """The candidates for people; `read`: documents that were read already."""
    wanted = [best.candidate.stored.record_id for _, best in graded]
    missing = [number for number in wanted if number not in read]
    documents = dict(read) | (read_customers(connection, (), (), missing).shown if missing else {})
    found = []
    for (grade, because), best in graded:
        stored = best.candidate.stored
        cleansed, golden = documents[stored.record_id]
        evidence = _evidence(best, document, orjson.loads(cleansed), row, matcher)
        values = orjson.loads(golden) if golden is not None else {}
        found.append(
            Identified(
                pin=best.pin,
                name=name_of(values.get("name"), values.get("organisation")),
                grade=grade,
                probability=probability(best.score.weight),
                weight=best.score.weight,
                record=f"{stored.system}:{stored.local_id}",
                evidence=evidence,
                against=best.against,
                because=because,
            )
        )
    return tuple(found)


def _evidence(
    best: _Best, document: Mapping[str, Any], theirs: Mapping[str, Any], row: dict[str, Any], matcher: Matcher
) -> tuple[AttributeEvidence, ...]:
    """What each attribute says that both sides tell, the most telling first."""
    crowded = _crowded(row, matcher)
    found = []
    for comparison, level, bits in zip(matcher.model.comparisons, best.score.levels, best.score.evidence, strict=True):
        party = matcher.model.party
        ours, other = shown(comparison.name, document, party), shown(comparison.name, theirs, party)
        if ours is None or other is None:
            continue
        said = comparison.levels[level].words if level >= 0 else "nothing that can be compared"
        if level < 0 and comparison.name in crowded:
            said = "held by so many that it says nothing"
        found.append(AttributeEvidence(ATTRIBUTES[comparison.name], said, ours, other, bits))
    return tuple(sorted(found, key=attrgetter("bits"), reverse=True))


def _crowded(row: dict[str, Any], matcher: Matcher) -> set[str]:
    """The comparisons that lose a value of the row that is generic."""
    rest = without(row, matcher.generic)
    lost = {"phones": "phones", "emails": "emails", "address": "dwelling"}
    return {name for name, feature in lost.items() if row[feature] != rest[feature]}


def _too_many(key: RecordKey, row: Mapping[str, Any], party: PartyType) -> TooMany:
    declared = next(one for one in KEYS[party] if one.name == key.name)
    ask = [_missing(extra, row) for extra in declared.finer]
    return TooMany(in_words_of(key), tuple(dict.fromkeys(name for names in ask for name in names)))


def _missing(parts: Sequence[Part], row: Mapping[str, Any]) -> list[str]:
    return [_ASKED[part.feature] for part in parts if row[part.feature] is None and part.feature in _ASKED]


def _nothing_to_look_for(party: PartyType, remarks: Sequence[Remark]) -> UsageError:
    unreadable = [f"{one.attribute}: {one.reason}" for one in remarks if one.mark == "unreadable"]
    because = f" ({'; '.join(unreadable)})" if unreadable else ""
    needed = {
        "person": "a phone, an e-mail address, an identifier, given and family name, or a birth date with a name",
        "organisation": "a phone, an e-mail address, an identifier, or the company's name",
    }
    return UsageError(f"nothing here can be looked for{because}", remedy=f"Give {needed[party]}.")
