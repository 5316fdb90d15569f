"""`mdm why` on a terminal: the sentences, then the evidence behind them."""

from __future__ import annotations

from mdm.registry.explanations import PairExplanation, Why
from pipelines.show.console import LEFT, RIGHT, console, heading, table

MOST_LINKS = 15


def show_why(found: Why) -> None:
    """Print the answer in words, then a table per pair that was weighed."""
    out = console()
    for sentence in found.sentences:
        out.print(sentence, soft_wrap=True)
    for pair in found.pairs:
        heading(out, f"{pair.left} and {pair.right}")
        columns = {"": LEFT, pair.left: LEFT, pair.right: LEFT, "says": LEFT, "bits": RIGHT}
        out.print(table(columns, _rows(pair)))
    if len(found.chain) > 1:
        heading(out, "What holds it together")
        for link in found.chain[:MOST_LINKS]:
            weight = "" if link.weight is None else f"{link.weight:6.1f} bits"
            out.print(f"  {weight:>11}  {link.left} - {link.right}: {link.in_words}", soft_wrap=True)
        if len(found.chain) > MOST_LINKS:
            out.print(f"  and {len(found.chain) - MOST_LINKS} more: --json")


def _rows(pair: PairExplanation) -> list[list[object]]:
    rows: list[list[object]] = [
        [
            compared.attribute,
            _written(compared.left, compared.left_original),
            _written(compared.right, compared.right_original),
            compared.said or "one of the two says nothing",
            f"{compared.bits:+.1f}",
        ]
        for compared in pair.comparisons
        if compared.left is not None or compared.right is not None
    ]
    rows.append(["before any evidence", "", "", "how rare it is that two records are one party", f"{pair.prior:+.1f}"])
    rows.append(["together", "", "", f"{pair.band} (a match from {pair.match_weight:g} bits)", f"{pair.weight:+.1f}"])
    return rows


def _written(value: str | None, original: str | None) -> str:
    return "" if value is None else value if original is None else f"{value} (written {original})"
