"""One customer as a whole: its records, and the chain of evidence that holds them together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from mdm.errors import NotFound
from mdm.match.generic import Generic
from mdm.match.model import Model
from mdm.registry.chain import Edge, path, strongest_tree, unheld
from mdm.registry.evidence import Version, compare
from mdm.registry.explanations import Link, PairExplanation, Why
from mdm.registry.keys import SourceKey
from mdm.registry.models import current_model
from mdm.registry.pair import explain_versions
from mdm.registry.refusals import counted
from mdm.registry.words import and_, compared_sentence, odds_sentence, probability
from mdm.resolve.clusters import Pair
from mdm.settings import Settings
from mdm.store import lookups
from mdm.store.generic import generic_by_kind

PRACTICALLY_CERTAIN = 0.9995


@dataclass(frozen=True, slots=True)
class Whole:
    """A customer's versions by record id, the edges that hold them together, and the records that none holds."""

    pin: str
    versions: dict[int, Version]
    edges: tuple[Edge, ...]
    loose: tuple[int, ...]
    model: Model
    generic: Generic

    def links(self, edges: Sequence[Edge]) -> tuple[Link, ...]:
        """Edges in words."""
        return tuple(self._link(edge) for edge in edges)

    def _link(self, edge: Edge) -> Link:
        left, right = self.versions[edge.left], self.versions[edge.right]
        words = "A steward judged that they are the same."
        if edge.weight is not None:
            words = compared_sentence(compare(left, right, self.model, self.generic).said)
        return Link(key_of(left), key_of(right), edge.weight, words)


def gather(connection: sa.Connection, pin: str, settings: Settings) -> Whole:
    """The records of a customer and the strongest evidence among them. Raises NotFound when there is no model."""
    ids = [row["record_id"] for row in lookups.records_of_pin(connection, pin)]
    versions: dict[int, Version] = dict(lookups.versions_of(connection, ids))
    if not versions:
        raise NotFound(f"PIN {pin} has no records", remedy="Look it up with known_at for those it had.")
    model = current_model(connection, next(iter(versions.values()))["party"])
    same = [(j["left_id"], j["right_id"]) for j in lookups.judgements_among(connection, ids) if j["verdict"] == "same"]
    found = counted(connection, ids, model).pairs
    own = {number for number, version in versions.items() if version["role"] == "customer"}
    strong = [p for p in found if p.weight >= settings.matching.match_weight and p.contradiction is None]
    edges = strongest_tree(sorted(own), [p for p in strong if {p.left, p.right} <= own], same)
    edges += _attachments(strong, own)
    return Whole(
        pin, versions, tuple(edges), tuple(unheld(ids, edges)), model, generic_by_kind(connection, model.party)
    )


def _attachments(strong: Sequence[Pair], own: set[int]) -> list[Edge]:
    """Enrichment records hang on their best customer-role record and hold nothing; `strong`: strongest first."""
    best: dict[int, Edge] = {}
    for pair in strong:
        if (pair.left in own) != (pair.right in own):
            added = pair.right if pair.left in own else pair.left
            best.setdefault(added, Edge(pair.left, pair.right, pair.weight))
    return list(best.values())


def explain_customer(connection: sa.Connection, pin: str, settings: Settings) -> Why:
    """What holds a customer together, its weakest link explained."""
    whole = gather(connection, pin, settings)
    weighed = [edge for edge in whole.edges if edge.weight is not None]
    weakest = min(weighed, key=lambda edge: edge.weight or 0.0, default=None)
    explained: tuple[PairExplanation, ...] = ()
    if weakest is not None:
        ends = whole.versions[weakest.left], whole.versions[weakest.right]
        explained = (explain_versions(connection, *ends, settings=settings, model=whole.model),)
    chain = whole.links(sorted(whole.edges, key=_strength, reverse=True))
    loose = tuple(key_of(whole.versions[number]) for number in whole.loose)
    told = tuple(_told(whole, chain, loose))
    return Why("one customer", pin, pin, pin, pin, explained, chain, loose, told)


def way_between(
    connection: sa.Connection, pin: str, start: Version, end: Version, settings: Settings
) -> tuple[Link, ...]:
    """The links that lead from one record of a customer to another, in order."""
    whole = gather(connection, pin, settings)
    return whole.links(path(whole.edges, start["record_id"], end["record_id"]))


def way_sentences(start: str, way: Sequence[Link]) -> tuple[str, ...]:
    """The way in words, with its weakest link."""
    if not way:
        return ()
    stops, at = [], start
    for link in way:
        at = link.right if link.left == at else link.left
        stops.append(at)
    weakest = min(way, key=lambda link: float("inf") if link.weight is None else link.weight)
    told = f"From {start} the way leads over {and_(stops)}."
    return told, f"Its weakest link is {weakest.left} with {weakest.right}. {weakest.in_words}"


def _strength(edge: Edge) -> float:
    return float("inf") if edge.weight is None else edge.weight


def _told(whole: Whole, chain: Sequence[Link], loose: Sequence[str]) -> Iterator[str]:
    noun = whole.model.party
    if len(whole.versions) == 1:
        yield f"Customer {whole.pin} has one record, {key_of(next(iter(whole.versions.values())))}: nothing to explain."
        return
    systems = {version["system"] for version in whole.versions.values()}
    yield f"Customer {whole.pin} has {len(whole.versions)} records from {_count(len(systems), 'system')}."
    weighed = [link for link in chain if link.weight is not None]
    judged = len(chain) - len(weighed)
    if judged:
        yield f"A steward's word joins {_count(judged, 'pair')} of them."
    if weighed:
        yield from _links_told(weighed, noun)
    if loose:
        yield f"No link holds {and_(list(loose))}: no stored pair joins {'it' if len(loose) == 1 else 'them'} any more."


def _links_told(weighed: Sequence[Link], noun: str) -> Iterator[str]:
    certain = sum(probability(link.weight or 0.0) > PRACTICALLY_CERTAIN for link in weighed)
    all_certain = certain == len(weighed)
    how_many = "practically certain" if len(weighed) == 1 else "all of them practically certain"
    if not all_certain:
        how_many = f"{certain} of them practically certain" if certain else "none of them practically certain"
    hold = "holds" if len(weighed) == 1 else "hold"
    yield f"{_count(len(weighed), 'link')} of evidence {hold} them together, {how_many}."
    weakest = weighed[-1]
    yield f"The weakest link is {weakest.left} with {weakest.right}. {weakest.in_words}"
    yield odds_sentence(weakest.weight or 0.0, noun)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def key_of(version: Version) -> str:
    """The source key of a version as people write it."""
    return str(SourceKey(version["system"], version["local_id"]))
