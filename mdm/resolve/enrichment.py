"""Third-party records add to a customer and never make one: each goes to the customer of its best match."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mdm.resolve.clusters import Pair


def attach_enrichment(
    enrichment: Mapping[int, tuple[str, str]],
    pairs: Iterable[Pair],
    keys: Mapping[int, tuple[str, str]],
    match_weight: float,
) -> dict[int, int]:
    """Enrichment record -> the customer-role record (of `keys`) that it goes with; without a match it has no entry.

    The heaviest pair of at least `match_weight` bits that shows no contradiction decides, ties by (system, local id).
    Enrichment records never tie customers together, nor follow each other.
    """
    best: dict[int, tuple[float, tuple[str, str], int]] = {}
    for pair in pairs:
        if pair.weight < match_weight or pair.contradiction is not None:
            continue
        for record, other in ((pair.left, pair.right), (pair.right, pair.left)):
            if record in enrichment and other in keys:
                found = (-pair.weight, keys[other], other)
                best[record] = min(found, best.get(record, found))
    return {record: other for record, (_, _, other) in best.items()}
