"""The rules of resolving as a workspace has set them: one reading for nights, writes and whoever explains them."""

from __future__ import annotations

from mdm.resolve.clusters import ClusterRules
from mdm.settings import Settings


def cluster_rules(settings: Settings) -> ClusterRules:
    """The clustering rules of the settings."""
    matching, guards = settings.matching, settings.resolve
    return ClusterRules(
        match_weight=matching.match_weight,
        review_weight=matching.review_weight,
        max_records=guards.max_customer_records,
        weak_link_weight=guards.weak_link_weight,
    )
