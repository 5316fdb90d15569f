"""Customers are a function of pairs, numbers and judgements: what holds for any of them, in any order."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm.match.predicates import one_edit
from mdm.resolve.clusters import ClusterRules, Judgements, Pair, Resolution, resolve_clusters

RULES = ClusterRules(match_weight=4.0, review_weight=0.0, max_records=6, weak_link_weight=6.0, weak_link_records=2)
OPEN_RULES = replace(RULES, max_records=10**6, weak_link_weight=-1e9)  # no guard bites
LOW, HIGH = -2.0, 11.0
BORROWED = "the number is held under several names"


class World(NamedTuple):
    """What clusters are made from."""

    keys: dict[int, tuple[str, str]]
    numbers: dict[int, list[str]]
    pairs: list[Pair]
    judgements: Judgements

    def resolve(self, rules: ClusterRules = RULES) -> Resolution:
        return resolve_clusters(self.keys, self.numbers, self.pairs, self.judgements, rules)


@st.composite
def worlds(draw: st.DrawFn, *, most: int = 9) -> World:
    """A few records in two systems; weights of whole bits, so that ties are common."""
    count = draw(st.integers(0, most))
    ids = draw(st.permutations(range(100, 100 + count)))
    keys = {record: (f"s{number % 2}", f"K{number}") for number, record in enumerate(ids)}
    values = ["tax:US:1111", "tax:US:1112", "tax:US:9999", "tax:CA:1111", "id:CN:5555", "id:CN:7777"]
    numbers = {r: draw(st.lists(st.sampled_from(values), max_size=2, unique=True)) for r in keys if draw(st.booleans())}
    two = [(a, b) for a in keys for b in keys if a != b]
    if not two:
        return World(keys, {}, [], Judgements())
    pairs = [
        Pair(a, b, float(weight), against, number, ask, BORROWED if number and contested else None)
        for (a, b), weight, against, number, ask, contested in draw(
            st.lists(
                st.tuples(
                    st.sampled_from(two),
                    st.integers(int(LOW), int(HIGH)),
                    st.sampled_from([None, None, None, "names differ"]),
                    st.booleans(),
                    st.booleans(),
                    st.booleans(),
                ),
                max_size=3 * most,
                unique_by=lambda drawn: frozenset(drawn[0]),  # the candidate index gives each pair once
            )
        )
    ]
    judged = st.lists(st.sampled_from(two), max_size=2)
    return World(keys, numbers, pairs, Judgements(draw(judged), draw(judged)))


def owner(found: Resolution) -> dict[int, int]:
    """Record -> number of its customer."""
    return {record: number for number, cluster in enumerate(found.clusters) for record in cluster}


def components(records: Iterable[int], edges: Iterable[tuple[int, int]]) -> list[set[int]]:
    """Connected components, by networkx."""
    graph = nx.Graph()
    graph.add_nodes_from(records)
    graph.add_edges_from((a, b) for a, b in edges if a in graph and b in graph)
    return [set(component) for component in nx.connected_components(graph)]


def together_by_judgement(world: World) -> list[set[int]]:
    return components(world.keys, world.judgements.same)


MANY = settings(max_examples=50, deadline=None)


@MANY
@given(worlds())
def test_every_record_is_of_one_customer_and_all_is_in_the_order_of_keys(world: World) -> None:
    clusters = world.resolve().clusters
    assert sorted(record for cluster in clusters for record in cluster) == sorted(world.keys)
    keyed = [[world.keys[record] for record in cluster] for cluster in clusters]
    assert keyed == sorted(sorted(cluster) for cluster in keyed)


@MANY
@given(worlds(), st.integers(0, 10**6))
def test_the_order_of_arrival_does_not_matter(world: World, seed: int) -> None:
    rng = random.Random(seed)

    def mixed(pair: Pair) -> Pair:
        return pair._replace(left=pair.right, right=pair.left) if rng.random() < 0.5 else pair

    def shuffled(items: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        found = [(a, b) if rng.random() < 0.5 else (b, a) for a, b in items]
        rng.shuffle(found)
        return found

    keys = list(world.keys.items())
    pairs = [mixed(pair) for pair in world.pairs]
    rng.shuffle(keys)
    rng.shuffle(pairs)
    numbers = {record: rng.sample(texts, len(texts)) for record, texts in reversed(world.numbers.items())}
    other = World(
        dict(keys),
        numbers,
        pairs,
        Judgements(shuffled(world.judgements.same), shuffled(world.judgements.different)),
    )
    assert_same(world.resolve(), other.resolve())


def assert_same(one: Resolution, other: Resolution, renamed: dict[int, int] | None = None) -> None:
    """The same customers and the same open items, whichever end of a pair is called left."""
    name = renamed or {}
    assert [[name.get(r, r) for r in cluster] for cluster in one.clusters] == other.clusters

    def items(found: Resolution, names: dict[int, int]) -> set[tuple[object, ...]]:
        return {
            (frozenset({names.get(i.left, i.left), names.get(i.right, i.right)}), i.weight, i.reason, i.words)
            for i in found.open
        }

    assert items(one, name) == items(other, {})
    assert len(one.open) == len(other.open)


@MANY
@given(worlds(), st.integers(0, 10**6))
def test_record_ids_do_not_matter_only_keys_do(world: World, seed: int) -> None:
    """The same records loaded in another order get other ids, and form the same customers."""
    ids = list(world.keys)
    new = dict(zip(ids, random.Random(seed).sample(range(1000), len(ids)), strict=True))
    other = World(
        {new[record]: key for record, key in world.keys.items()},
        {new[record]: texts for record, texts in world.numbers.items()},
        [pair._replace(left=new[pair.left], right=new[pair.right]) for pair in world.pairs],
        Judgements(
            [(new[a], new[b]) for a, b in world.judgements.same],
            [(new[a], new[b]) for a, b in world.judgements.different],
        ),
    )
    assert_same(world.resolve(), other.resolve(), new)


@MANY
@given(worlds())
def test_judged_the_same_is_one_customer_and_judged_different_never_is(world: World) -> None:
    of = owner(world.resolve())
    groups = together_by_judgement(world)
    for group in groups:
        assert len({of[record] for record in group}) == 1
    joined = {record: number for number, group in enumerate(groups) for record in group}
    for a, b in world.judgements.different:
        # A steward may contradict himself: then *same* wins, by rule 1.
        assert joined[a] == joined[b] or of[a] != of[b]


@MANY
@given(worlds())
def test_contradicting_numbers_never_meet_without_a_judgement_or_an_alias_between(world: World) -> None:
    """A customer's numbers of one kind hang together by typos, common holders and judgements.

    Each union needs one number of the one side to be a typo away from one of the other, for each kind both have;
    so inside a customer the numbers of a kind are connected through records, judgements and typos.
    """
    of = owner(world.resolve())
    contested = contested_numbers(world)
    joined = {r: number for number, group in enumerate(together_by_judgement(world)) for r in group}
    for kind in ("tax:US", "tax:CA", "id:CN"):
        holders: dict[int, set[tuple[int, str]]] = {}
        for record, texts in world.numbers.items():
            for text in texts:
                if text.rpartition(":")[0] == kind and (record, text) not in contested:
                    holders.setdefault(of[record], set()).add((record, text))
        for nodes in holders.values():
            graph = nx.Graph()
            graph.add_nodes_from(nodes)
            graph.add_edges_from(
                (x, y) for x in nodes for y in nodes if joined[x[0]] == joined[y[0]] or one_edit(x[1], y[1])
            )
            assert nx.is_connected(graph)


def contested_numbers(world: World) -> set[tuple[int, str]]:
    """(record, number) of whom hangs together, by pairs that share the number, with two whose names contradict."""
    found: set[tuple[int, str]] = set()
    for text in {text for texts in world.numbers.values() for text in texts}:
        holders = {record for record, texts in world.numbers.items() if text in texts}
        sharing = [pair for pair in world.pairs if pair.same_number and {pair.left, pair.right} <= holders]
        disputes = [pair.left for pair in sharing if pair.contradiction is not None]
        for group in components(holders, [(pair.left, pair.right) for pair in sharing]):
            if group & set(disputes):
                found |= {(record, text) for record in group}
    return found


def as_they_read(world: World) -> list[Pair]:
    """The pairs with what speaks against those whose common number is contested."""
    contested = contested_numbers(world)
    found = []
    for pair in world.pairs:
        common = set(world.numbers.get(pair.left, ())) & set(world.numbers.get(pair.right, ()))
        borrowed = any({(pair.left, text), (pair.right, text)} <= contested for text in common)
        if pair.contested is not None and pair.contradiction is None and borrowed:
            pair = pair._replace(contradiction=pair.contested, ask=True)
        found.append(pair._replace(same_number=False, contested=None))
    return found


@MANY
@given(worlds())
def test_a_contested_number_proves_nothing(world: World) -> None:
    contested = contested_numbers(world)
    without = {
        record: [text for text in texts if (record, text) not in contested] for record, texts in world.numbers.items()
    }
    assert_same(world.resolve(), world._replace(numbers=without, pairs=as_they_read(world)).resolve())


@MANY
@given(worlds(most=12))
def test_without_anything_against_it_customers_are_connected_components(world: World) -> None:
    free = world._replace(
        numbers={},
        judgements=Judgements(world.judgements.same),
        pairs=[pair._replace(contradiction=None) for pair in world.pairs],
    )
    edges = [(p.left, p.right) for p in free.pairs if p.weight >= RULES.match_weight]
    expected = components(free.keys, [*edges, *free.judgements.same])
    found = free.resolve(OPEN_RULES)
    assert sorted(map(sorted, expected)) == sorted(map(sorted, found.clusters))
    assert {item.reason for item in found.open} <= {"possible_match"}


@MANY
@given(worlds())
def test_no_customer_is_larger_than_plausible_unless_judged(world: World) -> None:
    joined = together_by_judgement(world)
    for cluster in world.resolve().clusters:
        assert len(cluster) <= RULES.max_records or any(set(cluster) == group for group in joined)


@MANY
@given(worlds())
def test_every_customer_hangs_together_by_matches_and_judgements(world: World) -> None:
    pairs = as_they_read(world)
    links = [(p.left, p.right) for p in pairs if p.weight >= RULES.match_weight and p.contradiction is None]
    for cluster in world.resolve().clusters:
        assert len(components(cluster, [*links, *world.judgements.same])) == 1


@MANY
@given(worlds())
def test_one_open_item_for_two_customers_and_never_about_what_is_decided(world: World) -> None:
    found = world.resolve()
    of = owner(found)
    asked = [frozenset({of[item.left], of[item.right]}) for item in found.open]
    assert all(len(two) == 2 for two in asked)
    assert len(set(asked)) == len(asked)
    apart = {frozenset({of[a], of[b]}) for a, b in world.judgements.different}
    assert not apart & set(asked)
    given_pairs = {frozenset(pair[:2]): pair for pair in world.pairs}
    for item, two in zip(found.open, asked, strict=True):
        pair = given_pairs[frozenset({item.left, item.right})]
        assert item.weight == pair.weight
        assert pair.contradiction is None or pair.ask
        between = [
            other.weight
            for other in world.pairs
            if {of[other.left], of[other.right]} == two and (other.contradiction is None or other.ask)
        ]
        assert item.weight == max(between)


@MANY
@given(worlds())
def test_whatever_speaks_for_a_match_and_was_not_joined_is_asked_unless_judged(world: World) -> None:
    found = world.resolve()
    of = owner(found)
    asked = {frozenset({of[item.left], of[item.right]}) for item in found.open}
    apart = {frozenset({of[a], of[b]}) for a, b in world.judgements.different}
    for pair in world.pairs:
        two = frozenset({of[pair.left], of[pair.right]})
        if len(two) == 2 and (pair.contradiction is None or pair.ask):
            assert two in asked | apart


@MANY
@given(worlds(most=12), st.integers(0, 3))
def test_each_connected_component_can_be_resolved_alone(world: World, cut: int) -> None:
    """What a night resolves again is a component of pairs and judgements *same*, never the whole store."""
    pairs = [pair for pair in world.pairs if (pair.left + pair.right) % 4 != cut]
    whole = world._replace(pairs=pairs)
    edges = [(p.left, p.right) for p in pairs]
    parts = components(world.keys, [*edges, *world.judgements.same])
    clusters, items = [], set()
    for part in parts:
        found = whole._replace(keys={r: key for r, key in world.keys.items() if r in part}).resolve()
        clusters += found.clusters
        items |= set(found.open)
    expected = whole.resolve()
    assert sorted(map(sorted, clusters)) == sorted(map(sorted, expected.clusters))
    assert items == set(expected.open)


@MANY
@given(worlds())
def test_resolving_again_with_the_answer_as_judgements_changes_nothing(world: World) -> None:
    """A steward who confirms every customer as it stands moves nobody."""
    found = world.resolve(OPEN_RULES)
    links = [(a, b) for cluster in found.clusters for a, b in pairwise(cluster)]
    confirmed = Judgements([*world.judgements.same, *links], world.judgements.different)
    again = world._replace(judgements=confirmed, pairs=[]).resolve(OPEN_RULES)
    assert again.clusters == found.clusters
