"""Why two records are, or are not, taken for one party."""

from __future__ import annotations

from typing import cast

import sqlalchemy as sa

from mdm.match.blocking import BlockLimits
from mdm.match.model import Model
from mdm.registry.evidence import Evidence, Version, compare, shared_keys
from mdm.registry.explanations import Band, Judged, PairExplanation
from mdm.registry.keys import SourceKey, read_source_key, unknown_key
from mdm.registry.models import current_model
from mdm.registry.narrative import tell_pair
from mdm.registry.refusals import why_apart
from mdm.registry.words import probability
from mdm.settings import MatchingSettings, Settings
from mdm.store import lookups, pairs
from mdm.store.generic import generic_by_kind


def explain_records(connection: sa.Connection, left: str, right: str, *, settings: Settings) -> PairExplanation:
    """Compare two records, each named `system:local_id`, whether or not the night ever did.

    Raises NotFound for an unknown key, and when there is no model yet.
    """
    return explain_versions(
        connection, find_version(connection, read_source_key(left)), find_version(connection, read_source_key(right)),
        settings=settings,
    )  # fmt: skip


def find_version(connection: sa.Connection, key: SourceKey) -> Version:
    """The current version of a record, deleted ones included. Raises NotFound."""
    found = lookups.latest_version(connection, *key)
    if found is None:
        raise unknown_key(connection, key)
    return found


def explain_versions(
    connection: sa.Connection, left: Version, right: Version, *, settings: Settings, model: Model | None = None
) -> PairExplanation:
    """As `explain_records`, of two versions; `model` saves reading it again."""
    pins = lookups.pins_of_records(connection, [left["record_id"], right["record_id"]])
    left_pin, right_pin = pins.get(left["record_id"]), pins.get(right["record_id"])
    if left["party"] != right["party"]:
        return _never_compared(left, right, left_pin, right_pin, settings.matching)
    model = model or current_model(connection, left["party"])
    evidence = compare(left, right, model, generic_by_kind(connection, model.party))
    ids = [left["record_id"], right["record_id"]]
    stored = pairs.find_pair(connection, *ids)
    limits = BlockLimits(settings.matching.max_block, settings.matching.max_weak_block)
    keys = shared_keys(connection, left, right, limits=limits)
    judged = lookups.judgements_among(connection, ids)
    explanation = PairExplanation(
        left=_key(left),
        right=_key(right),
        left_pin=left_pin,
        right_pin=right_pin,
        party=left["party"],
        model_id=evidence.model_id,
        comparisons=evidence.compared,
        prior=evidence.prior,
        weight=evidence.score.weight,
        probability=probability(evidence.score.weight),
        match_weight=settings.matching.match_weight,
        review_weight=settings.matching.review_weight,
        band=band_of(evidence.score.weight, settings.matching),
        stored_weight=None if stored is None else cast(float, stored["weight"]),
        speaks_against=evidence.against,
        refused=_refused(connection, evidence, left_pin, right_pin, model, settings),
        asked=bool(lookups.tasks_among(connection, ids)),
        judgement=next((Judged(j["verdict"], j["actor"], j["reason"], j["created_at"]) for j in judged), None),
        shared_keys=keys,
        compared_at_night=any(key.usable for key in keys),
        sentences=(),
    )
    return tell_pair(explanation, evidence.said)


def band_of(weight: float, matching: MatchingSettings) -> Band:
    """Where a weight (bits) stands."""
    if weight >= matching.match_weight:
        return "match"
    return "possible match" if weight >= matching.review_weight else "non-match"


def _refused(
    connection: sa.Connection,
    evidence: Evidence,
    left_pin: str | None,
    right_pin: str | None,
    model: Model,
    settings: Settings,
) -> str | None:
    """What keeps two customers apart though this pair alone would join them."""
    if left_pin is None or right_pin is None or left_pin == right_pin or evidence.against:
        return None
    if evidence.score.weight < settings.matching.match_weight:
        return None
    left, right = (
        [row["record_id"] for row in lookups.records_of_pin(connection, pin)] for pin in (left_pin, right_pin)
    )
    return why_apart(connection, left, right, model, settings)


def _never_compared(
    left: Version, right: Version, left_pin: str | None, right_pin: str | None, matching: MatchingSettings
) -> PairExplanation:
    kinds = {"person": "a person", "organisation": "an organisation"}
    told = f"{_key(left)} is {kinds[left['party']]} and {_key(right)} is {kinds[right['party']]}: never compared."
    return PairExplanation(
        left=_key(left), right=_key(right), left_pin=left_pin, right_pin=right_pin, party=left["party"],
        model_id=None, comparisons=(), prior=None, weight=None, probability=0.0,
        match_weight=matching.match_weight, review_weight=matching.review_weight, band="non-match",
        stored_weight=None, speaks_against=("one is a person, the other an organisation",), refused=None, asked=False,
        judgement=None, shared_keys=(), compared_at_night=False, sentences=(told,),
    )  # fmt: skip


def _key(version: Version) -> str:
    return str(SourceKey(version["system"], version["local_id"]))
