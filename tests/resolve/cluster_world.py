"""Records named by letters, pairs and judgements between them: what the tests of clusters are written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mdm.resolve.clusters import ClusterRules, Judgements, Pair, Resolution, resolve_clusters

RULES = ClusterRules(match_weight=4.0, review_weight=0.0, max_records=50, weak_link_weight=6.0, weak_link_records=4)


def pair(
    ends: str,
    weight: float,
    against: str | None = None,
    *,
    number: bool = False,
    ask: bool = False,
    contested: str | None = None,
) -> Pair:
    """The pair of two letters."""
    return Pair(ord(ends[0]), ord(ends[1]), weight, against, number, ask, contested)


def resolve(
    letters: str,
    pairs: Sequence[Pair],
    *,
    same: str = "",
    different: str = "",
    numbers: Mapping[str, str] | None = None,
    rules: ClusterRules = RULES,
) -> Resolution:
    """Customers of these letters. `same`, `different`: ``AB CD``; numbers: letter -> ``tax:US:1 tax:CA:2``."""
    return resolve_clusters(
        {ord(letter): ("s", letter) for letter in letters},
        {ord(letter): text.split() for letter, text in (numbers or {}).items()},
        pairs,
        Judgements(
            [(ord(two[0]), ord(two[1])) for two in same.split()], [(ord(a), ord(b)) for a, b in different.split()]
        ),
        rules,
    )


def shown(found: Resolution) -> str:
    """Customers as ``AB C``."""
    return " ".join("".join(map(chr, cluster)) for cluster in found.clusters)


def asked(found: Resolution) -> str:
    """Open items as ``AB:possible_match``, in order."""
    return " ".join(f"{chr(item.left)}{chr(item.right)}:{item.reason}" for item in found.open)
