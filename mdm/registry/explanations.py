"""What an explanation consists of: words and numbers for a steward, ready to print or to send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Band = Literal["match", "possible match", "non-match"]
Kind = Literal["two records", "two customers", "one customer"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison of two records.

    attribute: what was compared, in words ("given name"). said: the answer in words ("one letter apart"); None when
    one of the two says nothing. left, right: the cleansed values; the originals where the source wrote it otherwise.
    bits: the evidence, log2 of the Bayes factor; above 0 speaks for one person, below 0 against.
    """

    attribute: str
    said: str | None
    left: str | None
    right: str | None
    left_original: str | None
    right_original: str | None
    bits: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A steward's word about the two records, in force: same | different | unsure."""

    verdict: str
    actor: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class SharedKey:
    """Something that both records have and by which candidates are found.

    in_words: "the same phone". value: what it is. usable: False when so many records share it that it is not used.
    """

    in_words: str
    value: str
    usable: bool


@dataclass(frozen=True, slots=True)
class PairExplanation:
    """Why two records are, or are not, taken for one party.

    weight = prior + the sum of the comparisons' bits (log2 odds), None for a person and an organisation, which are
    never compared; probability = the same between 0 and 1. band: where the weight stands against the thresholds.
    stored_weight: what the store has of the two; None when nothing. speaks_against: contradictions, which no sum
    outweighs. refused: why the clustering kept the two apart although their weight would do. asked: a task asks a
    steward about just these two.
    compared_at_night: they share a usable key, so the night compared them.
    """

    left: str
    right: str
    left_pin: str | None
    right_pin: str | None
    party: str
    model_id: str | None
    comparisons: tuple[Compared, ...]
    prior: float | None
    weight: float | None
    probability: float
    match_weight: float
    review_weight: float
    band: Band
    stored_weight: float | None
    speaks_against: tuple[str, ...]
    refused: str | None
    asked: bool
    judgement: Judged | None
    shared_keys: tuple[SharedKey, ...]
    compared_at_night: bool
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain that holds a customer together: a pair of records, or a steward's judgement (no weight)."""

    left: str
    right: str
    weight: float | None
    in_words: str


@dataclass(frozen=True, slots=True)
class Why:
    """The answer to "why are these one customer, or why not".

    two records: `pairs` has just these two; `chain` what connects them when they are in one customer.
    two customers: `pairs` has the strongest pairs between them, the strongest first; empty when nothing connects them.
    one customer: `chain` is what holds it together, the strongest first; `pairs` has the weakest link explained.
    sentences: the whole answer in words. loose: records that no link holds (enrichment, or moved by a steward).
    """

    kind: Kind
    left: str
    right: str
    left_pin: str | None
    right_pin: str | None
    pairs: tuple[PairExplanation, ...]
    chain: tuple[Link, ...]
    loose: tuple[str, ...]
    sentences: tuple[str, ...]
