"""Which records are one customer: a pure, deterministic function of pairs and judgements.

1. Judgements *same* are joined first, whatever else speaks against it: a steward decided.
2. Then pairs by falling weight (ties by the records' keys) are joined, if the weight reaches `match_weight` and nothing
   refuses the union of the two sides as they stand by then:
   - a judgement *different* between any two records of the two sides;
   - the pair itself shows a contradiction (such as another given name and another birth date);
   - the two sides hold different valid numbers of a kind that nobody has two of, not within one typo of each other
     (numbers that a judgement *same* brought together are accepted aliases);
   - the number that both records of the pair hold is contested: others hold it under names that contradict each other.
     It proves nothing then: it neither keeps two sides apart nor makes up for a given name that differs or is missing;
   - the union would be larger than is plausible, or two groups would hang together by one weak pair.
3. What was refused at a weight that would have matched, and what lies between `review_weight` and `match_weight`, is
   left for a steward, once for each two customers, strongest first.

Only weights, numbers, judgements and keys go in, so the order of arrival cannot matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from mdm.match.predicates import one_edit

Reason = Literal["possible_match", "refused_union", "contradiction", "oversized", "weak_link"]


class Pair(NamedTuple):
    """Two records and their weight in bits.

    contradiction: words of what the pair itself shows against it. same_number: both hold the same number.
    ask: the contradiction is one that a steward should see. contested: what is a contradiction, and is asked about,
    if that number is contested.
    """

    left: int
    right: int
    weight: float
    contradiction: str | None = None
    same_number: bool = False
    ask: bool = False
    contested: str | None = None


class Open(NamedTuple):
    """What a steward should look at: a pair that was not joined, and why not."""

    left: int
    right: int
    weight: float
    reason: Reason
    words: str


@dataclass(frozen=True, slots=True)
class ClusterRules:
    """match_weight, review_weight, weak_link_weight: bits. The guards: see `_refusal`.

    max_records: a person with more records than this is more likely a default value that many people share.
    weak_link_records: two groups that both have this many records need more than a weak pair to become one.
    """

    match_weight: float = 4.0
    review_weight: float = 0.0
    max_records: int = 500
    weak_link_weight: float = 6.0
    weak_link_records: int = 4


@dataclass(frozen=True, slots=True)
class Judgements:
    """What stewards decided, as pairs of record ids."""

    same: Sequence[tuple[int, int]] = ()
    different: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class Resolution:
    """`clusters`: each a sorted list of record ids, in order of their first record's key. `open`: for stewards."""

    clusters: list[list[int]]
    open: list[Open] = field(default_factory=list)


def resolve_clusters(
    keys: Mapping[int, tuple[str, str]],
    numbers: Mapping[int, Sequence[str]],
    pairs: Iterable[Pair],
    judgements: Judgements,
    rules: ClusterRules,
) -> Resolution:
    """Group the records of `keys` (record id -> (system, local id)) into customers.

    numbers: record id -> identifiers that can contradict, as ``type:issuer:value``; may lack records without any.
    pairs: scored pairs, in any order; pairs of records outside `keys` are ignored.
    """
    ordered, numbers = as_they_count(keys, numbers, pairs)
    groups = _Groups(keys, numbers, judgements)
    for left, right in sorted(judgements.same):
        if left in keys and right in keys:
            groups.join(groups.find(left), groups.find(right))
    refused: list[Open] = []
    for pair in ordered:
        a, b = groups.find(pair.left), groups.find(pair.right)
        if a == b:
            continue
        refusal = _refusal(groups, a, b, pair, rules)
        if refusal is None:
            groups.join(a, b)
        elif pair.contradiction is None or pair.ask:
            refused.append(refusal)
    return Resolution(groups.clusters(), _still_open(refused, groups))


def as_they_count(
    keys: Mapping[int, tuple[str, str]], numbers: Mapping[int, Sequence[str]], pairs: Iterable[Pair]
) -> tuple[list[Pair], dict[int, list[str]]]:
    """The pairs among the records of `keys`, the strongest first, and their numbers: contested ones prove nothing."""
    ordered = _by_weight(pairs, keys)
    contested = _contested(numbers, ordered)
    return [_weighed_again(pair, contested) for pair in ordered], _uncontested(numbers, contested)


def _by_weight(pairs: Iterable[Pair], keys: Mapping[int, tuple[str, str]]) -> list[Pair]:
    known = [pair for pair in pairs if pair.left in keys and pair.right in keys]

    def order(pair: Pair) -> tuple[float, tuple[str, str], tuple[str, str]]:
        first, second = sorted((keys[pair.left], keys[pair.right]))
        return -pair.weight, first, second

    return sorted(known, key=order)


def _contested(numbers: Mapping[int, Sequence[str]], pairs: Sequence[Pair]) -> dict[int, set[str]]:
    """Record -> those of its numbers that two records hold whose names contradict each other: one of them borrowed it.

    A dispute reaches the records that hold the number and hang together by pairs that share it; not farther, or a
    component of the store would give other customers alone than together with the rest.
    """
    shared = [
        (pair, set(numbers.get(pair.left, ())) & set(numbers.get(pair.right, ()))) for pair in pairs if pair.same_number
    ]
    disputed = {text for pair, texts in shared if pair.contradiction is not None for text in texts}
    near: dict[tuple[str, int], list[int]] = {}
    open_ends: list[tuple[str, int]] = []
    for pair, texts in shared:
        for text in texts & disputed:
            near.setdefault((text, pair.left), []).append(pair.right)
            near.setdefault((text, pair.right), []).append(pair.left)
            if pair.contradiction is not None:
                open_ends.append((text, pair.left))
    contested: dict[int, set[str]] = {}
    while open_ends:
        text, record = open_ends.pop()
        held = contested.setdefault(record, set())
        if text not in held:
            held.add(text)
            open_ends += [(text, other) for other in near[text, record]]
    return contested


def _uncontested(numbers: Mapping[int, Sequence[str]], contested: Mapping[int, set[str]]) -> dict[int, list[str]]:
    """`numbers` without the contested ones."""
    return {
        record: [text for text in texts if text not in contested.get(record, ())] for record, texts in numbers.items()
    }


def _weighed_again(pair: Pair, contested: Mapping[int, set[str]]) -> Pair:
    """The pair with what speaks against it where the number that both hold is contested."""
    if pair.contested is None or pair.contradiction is not None or pair.left not in contested:
        return pair
    if contested[pair.left].isdisjoint(contested.get(pair.right, ())):
        return pair
    return pair._replace(contradiction=pair.contested, ask=True)


def _refusal(groups: _Groups, a: int, b: int, pair: Pair, rules: ClusterRules) -> Open | None:
    """Why the groups `a` and `b` may not be joined by `pair`, or None."""

    def refuse(reason: Reason, words: str) -> Open:
        return Open(pair.left, pair.right, pair.weight, reason, words)

    if groups.judged_different(a, b):
        return refuse("refused_union", JUDGED)
    if pair.contradiction is not None:
        return refuse("contradiction", pair.contradiction)
    if pair.weight < rules.match_weight:
        return refuse("possible_match", "the evidence is not enough to decide")
    clash = groups.clash(a, b)
    if clash is not None:
        return refuse("refused_union", f"different numbers: {clash}")
    smaller, larger = sorted((len(groups.members[a]), len(groups.members[b])))
    if smaller + larger > rules.max_records:
        return refuse("oversized", f"the customer would have {smaller + larger} records")
    if pair.weight < rules.weak_link_weight and smaller >= rules.weak_link_records:
        return refuse("weak_link", f"{smaller} and {larger} records would hang together by one weak pair")
    return None


JUDGED = "a steward judged them different"


def _still_open(refused: list[Open], groups: _Groups) -> list[Open]:
    """The strongest refusal for each two customers that ended up apart and that no steward has judged."""
    found: dict[tuple[int, int], Open] = {}
    for item in refused:
        a, b = groups.find(item.left), groups.find(item.right)
        if a != b and item.words != JUDGED and not groups.judged_different(a, b):
            found.setdefault((min(a, b), max(a, b)), item)
    return list(found.values())


class _Groups:
    """Disjoint sets of records that know their numbers and whom a steward keeps apart."""

    def __init__(
        self, keys: Mapping[int, tuple[str, str]], numbers: Mapping[int, Sequence[str]], judgements: Judgements
    ) -> None:
        self._keys = keys
        self._parent = {record: record for record in keys}
        self.members = {record: [record] for record in keys}
        self._numbers: dict[int, dict[str, set[str]]] = {}
        for record, texts in numbers.items():
            for text in texts:
                kind, _, value = text.rpartition(":")
                self._numbers.setdefault(record, {}).setdefault(kind, set()).add(value)
        self._apart: dict[int, set[int]] = {}
        for left, right in judgements.different:
            if left in keys and right in keys:
                self._apart.setdefault(left, set()).add(right)
                self._apart.setdefault(right, set()).add(left)

    def find(self, record: int) -> int:
        """The record that stands for the group of `record`."""
        parent = self._parent
        while parent[record] != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    def join(self, a: int, b: int) -> None:
        """Join two groups given by the records that stand for them."""
        if a == b:
            return
        if len(self.members[a]) < len(self.members[b]):
            a, b = b, a
        self._parent[b] = a
        self.members[a] += self.members.pop(b)
        for kind, values in self._numbers.pop(b, {}).items():
            self._numbers.setdefault(a, {}).setdefault(kind, set()).update(values)
        if b in self._apart:
            self._apart.setdefault(a, set()).update(self._apart.pop(b))

    def judged_different(self, a: int, b: int) -> bool:
        """Whether a steward keeps any record of `a` apart from any record of `b`."""
        foes = self._apart.get(a)
        return foes is not None and any(self.find(foe) == b for foe in foes)

    def clash(self, a: int, b: int) -> str | None:
        """The kind of number that `a` and `b` hold different values of, over a typo apart, or None."""
        ours, theirs = self._numbers.get(a), self._numbers.get(b)
        if ours is None or theirs is None:
            return None
        for kind in sorted(ours.keys() & theirs.keys()):
            if not any(one_edit(x, y) for x in ours[kind] for y in theirs[kind]):
                return kind.partition(":")[0]
        return None

    def clusters(self) -> list[list[int]]:
        """All groups, sorted inside and among each other by key."""
        key = self._keys.__getitem__
        found = [sorted(members, key=key) for members in self.members.values()]
        return sorted(found, key=lambda members: key(members[0]))
