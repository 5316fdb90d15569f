"""What texts alone rule out is never admissible, whatever the people say."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from mdm.resolve.dwelling_pairs import DwellingRules, admissible, conceivable

NUMBERS = ("", "1", "2", "12", "13", "112", "1l2", "118", "220")
STREETS = ("", "main st", "mian st", "main street", "西津西路", "gordon dr e", "gordon dr", "oak av")
UNITS = ("", "302", "303", "u302", "3-1-302", "5")
BOXES = ("", "", "", "77", "78")
PLACES = ("", "m4e8v2", "toronto", "torono")


def _drawn(size: int, seed: int) -> dict[str, Any]:
    draw = random.Random(seed)

    def texts(values: tuple[str, ...]) -> Any:
        return np.array([draw.choice(values) for _ in range(size)], dtype=object)

    def flags(share: float) -> Any:
        return np.array([draw.random() < share for _ in range(size)])

    parts = {"number": NUMBERS, "street": STREETS, "unit": UNITS, "box": BOXES, "place": PLACES}
    pairs: dict[str, Any] = {f"{name}_{side}": texts(values) for name, values in parts.items() for side in "ab"}
    pairs |= {f"{name}_{side}": np.full(size, "", dtype=object) for name in ("postcode", "locality") for side in "ab"}
    pairs |= {name: flags(0.3) for name in ("person", "surname", "mates", "rivals", "complement", "whole_a", "whole_b")}
    counts = np.array([draw.choice((1.0, 2.0, 64.0)) for _ in range(size)])
    shares = np.array([draw.choice((0.0, 0.001, 0.2)) for _ in range(size)])
    return pairs | {"share": shares, "on_street": counts, "at_number": counts[::-1], "places": counts,
                    "weak": np.arange(size), "strong": np.arange(size)}  # fmt: skip


def test_every_admissible_pair_is_conceivable() -> None:
    pairs, rules = _drawn(20_000, seed=4), DwellingRules()
    admitted = np.array([join.weak for join in admissible(pairs, rules)])
    possible = conceivable(pairs | {"roles": pairs["complement"]}, rules)
    assert len(admitted) > 100
    assert possible[admitted].all()
    assert not possible.all()
