"""Two records compared afresh with a model: levels, bits, values, shared blocking keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mdm.match.blocking import COUNTED, BlockLimits, RecordKey, keys_of
from mdm.match.features import features_of
from mdm.match.generic import Generic, without
from mdm.match.model import Model
from mdm.match.online import Score, contradiction, score
from mdm.party import PartyType
from mdm.registry.concealing import concealed
from mdm.registry.explanations import Compared, SharedKey
from mdm.registry.shown import original, shown
from mdm.registry.words import Said
from mdm.store import lookups

Version = Mapping[str, Any]  # a row of mdm.store.lookups.versions_of

_HOLDS = {
    "phones": "phones",
    "emails": "emails",
    "address": "dwelling",
}  # comparison -> the feature that may be generic
_KEY_WORDS = {
    "identifier": "the same identity number",
    "paper": "the same passport or permit",
    "phone": "the same phone",
    "email": "the same e-mail address",
    "name": "the same given and family name",
    "birth_given": "the same birth date, and given names that begin alike",
    "birth_family": "the same birth date, and family names that begin alike",
    "dwelling_given": "the same dwelling, and given names that begin alike",
    "short_name": "names that begin alike",
    "organisation": "the same company name",
    "organisation_start": "company names that begin alike",
    "dwelling_organisation": "the same address, and company names that begin alike",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A fresh score in words: `compared` for people and data, `said` for sentences, `against` for contradictions."""

    model_id: str
    score: Score
    prior: float
    compared: tuple[Compared, ...]
    said: tuple[Said, ...]
    against: tuple[str, ...]


def weigh(left: Version, right: Version, model: Model, generic: Generic) -> Score:
    """The score of two versions, from the features that the store keeps; `generic` values are no evidence."""
    ours, theirs = (without(features_of(version["cleansed"]), generic) for version in (left, right))
    return score(ours, theirs, model)


def compare(left: Version, right: Version, model: Model, generic: Generic) -> Evidence:
    """Everything that can be said about two records of the model's party type."""
    result = weigh(left, right, model, generic)
    crowded = _crowded(left, generic) | _crowded(right, generic)
    rule = contradiction(result.levels, model)
    compared, said = [], []
    for comparison, level, bits in zip(model.comparisons, result.levels, result.evidence, strict=True):
        name, reached = comparison.name, comparison.levels[level] if level >= 0 else None
        ours, theirs = shown(name, left["cleansed"], model.party), shown(name, right["cleansed"], model.party)
        answer = None if reached is None else reached.words
        if answer is None and name in crowded:
            answer = "held by so many that it says nothing"
        compared.append(
            Compared(
                comparison.words, answer, ours, theirs,
                original(name, left["original"], left["cleansed"], model.party),
                original(name, right["original"], right["cleansed"], model.party),
                bits,
            )
        )  # fmt: skip
        weights = model.weights(comparison)
        code = None if reached is None else reached.code
        said.append(Said(comparison.words, code, answer or "", ours, theirs, bits, weights[0], weights[-1]))
    against = () if rule is None else (rule.words,)
    return Evidence(model.model_id, result, model.prior, tuple(compared), tuple(said), against)


def _crowded(version: Version, generic: Generic) -> set[str]:
    """The comparisons that lose a generic value of a record."""
    row = features_of(version["cleansed"])
    rest = without(row, generic)
    return {name for name, feature in _HOLDS.items() if row[feature] != rest[feature]}


def shared_keys(
    connection: sa.Connection, left: Version, right: Version, *, limits: BlockLimits
) -> tuple[SharedKey, ...]:
    """What both records have by which candidates are found; finer keys for those that are too common."""
    party: PartyType = left["party"]
    ours = {key.key: key for key in keys_of(features_of(left["cleansed"]), party)}
    theirs = {key.key for key in keys_of(features_of(right["cleansed"]), party)}
    common = [key for number, key in ours.items() if number in theirs and number & 3 != COUNTED]
    holders = lookups.holders_of_keys(connection, [key.key for key in common], most=limits.most)
    kept = [key for key in common if key.base is None or holders.get(key.base, 0) > limits.of(key.base)]
    return tuple(SharedKey(in_words_of(key), _value(key), holders[key.key] <= limits.of(key.key)) for key in kept)


def in_words_of(key: RecordKey) -> str:
    """What two records share that have this key."""
    name, refined, _ = key.name.partition("+")
    words = _KEY_WORDS.get(name, name.replace("_", " "))
    return f"{words}, and more besides" if refined else words


def _value(key: RecordKey) -> str:
    text: str = concealed(key.text.partition("|")[2])
    return text.replace("|", ", ")
