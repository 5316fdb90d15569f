"""The whole explanation of a pair, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mdm.registry.explanations import PairExplanation
from mdm.registry.words import (
    Said,
    compared_sentence,
    odds_sentence,
    settling_sentence,
    silent_sentence,
    threshold_sentence,
)

NOUN = {"person": "person", "organisation": "organisation"}
ASKED = "A task asks the stewards about these two."
SAME_WEIGHT = 1e-5  # bits; weights are rounded to 1e-6


def tell_pair(pair: PairExplanation, said: Sequence[Said]) -> PairExplanation:
    """`pair` with its sentences."""
    weight = 0.0 if pair.weight is None else pair.weight
    facts = [compared_sentence(said), silent_sentence(said)]
    parts = [*facts, *_judgement_of_evidence(pair, said, weight), *_besides(pair, weight)]
    return replace(pair, sentences=tuple(part for part in parts if part))


def _judgement_of_evidence(pair: PairExplanation, said: Sequence[Said], weight: float) -> Iterator[str]:
    noun = NOUN[pair.party]
    if pair.speaks_against:
        enough = " By the rest alone it would have been a match." if pair.band == "match" else ""
        yield f"Against it speaks: {'; '.join(pair.speaks_against)}.{enough}"
        yield "The machine never joins two such records, whatever else agrees."
    else:
        yield odds_sentence(weight, noun)
    yield from _verdict(pair, said, weight, noun)


def _verdict(pair: PairExplanation, said: Sequence[Said], weight: float, noun: str) -> Iterator[str]:
    together = pair.left_pin is not None and pair.left_pin == pair.right_pin
    if together:
        yield _together(pair)
    elif pair.speaks_against or pair.band == "non-match":
        yield f"They are taken for two different {noun}s."
    elif pair.band == "match":
        yield _apart(pair)
    if pair.band == "possible match" and not pair.speaks_against and not together:
        yield "So it is a possible match. " + threshold_sentence(pair.match_weight, noun)
        yield settling_sentence(said, weight, pair.match_weight, pair.review_weight)


def _together(pair: PairExplanation) -> str:
    if pair.band == "match" and not pair.speaks_against:
        return f"So it is a match, and both belong to customer {pair.left_pin}."
    return f"By themselves these two would not be joined; other records hold both in customer {pair.left_pin}."


def _apart(pair: PairExplanation) -> str:
    if pair.left_pin is None or pair.right_pin is None:
        return "So it is a match, but one of the two belongs to no customer."
    pins = f"they belong to two customers, {pair.left_pin} and {pair.right_pin}"
    if pair.refused is not None:
        return f"By this evidence it would be a match, and yet {pins}: {pair.refused}."
    if not pair.compared_at_night:
        return f"By this evidence it would be a match, and yet {pins}, because the night never compared the two."
    return f"By this evidence it would be a match, and yet {pins}."


def _besides(pair: PairExplanation, weight: float) -> Iterator[str]:
    if pair.judgement is not None:
        reason = f' ("{pair.judgement.reason}")' if pair.judgement.reason else ""
        verdict = {"same": "that they are the same", "different": "that they are different"}.get(
            pair.judgement.verdict, "that it cannot be told"
        )
        yield f"A steward, {pair.judgement.actor}, judged on {pair.judgement.at:%Y-%m-%d} {verdict}{reason}."
    if pair.asked:
        yield ASKED
    if not pair.compared_at_night:
        yield _not_compared(pair)
    if pair.stored_weight is not None and abs(pair.stored_weight - weight) > SAME_WEIGHT:
        yield (
            "The store holds an older weighing of these two, which came to another result; "
            "it is replaced when one of the records changes."
        )


def _not_compared(pair: PairExplanation) -> str:
    if pair.shared_keys:
        common = pair.shared_keys[0]
        return f"The night does not compare them: too many records share what they do ({common.in_words})."
    return "The night does not compare them: they share nothing by which candidates are looked for."
