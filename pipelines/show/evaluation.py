"""Precision, recall and F1 (mdm.evaluate) on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.show.console import LEFT, RIGHT, console, table

PARTS = {"pairwise": "pairs of records", "cluster": "whole customers", "household": "pairs in a household"}


def show_evaluation(found: Mapping[str, Any]) -> None:
    """Print the scores and how good the open tasks are."""
    out = console()
    out.print(f"{found['rows']:,} rows of truth, {found['found']:,} of them in the store")
    columns = {"": LEFT, "precision": RIGHT, "recall": RIGHT, "F1": RIGHT}
    rows = [
        [words, *(f"{found[part][score]:.4f}" for score in ("precision", "recall", "f1"))]
        for part, words in PARTS.items()
        if part in found
    ]
    out.print(table(columns, rows))
    tasks = found["tasks"]
    out.print(
        f"{tasks['open']:,} open tasks, {tasks['share_of_rows']:.2%} of the rows; "
        f"{tasks['true_share']:.1%} of the {tasks['judged']:,} that the truth knows are one person"
    )
