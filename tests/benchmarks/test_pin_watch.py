"""The check of PINs fails when it must: each way in which a PIN can go wrong is found, and nothing else is."""

from __future__ import annotations

import pytest

from benchmarks.thirty_nights.pins import PinWatch
from benchmarks.thirty_nights.view import View

Customers = dict[str, str]  # PIN -> its records, one letter each


def view(customers: Customers, redirects: dict[str, str] | None = None) -> View:
    """A store of these active PINs; a PIN is issued in the order of its name."""
    redirects = redirects or {}
    pins = {*customers, *redirects}
    records = {pin: [("s", letter) for letter in letters] for pin, letters in customers.items()}
    return View(frozenset(customers), redirects, {pin: i for i, pin in enumerate(sorted(pins))}, records, {})


def truth(people: str) -> dict[tuple[str, str], str]:
    """Whose each record is: "a1 b1 c2" says that a and b are of person 1, c of person 2."""
    return {("s", word[0]): word[1:] for word in people.split()}


def checks(*nights: tuple[View, str]) -> list[str]:
    """What was found in all nights."""
    watch = PinWatch()
    return [
        finding.check
        for number, (found, people) in enumerate(nights, 1)
        for finding in watch.look(found, truth(people), number, "night")[0]
    ]


CASES = {
    "nothing happens": ([(view({"P": "ab"}), "a1 b1"), (view({"P": "ab"}), "a1 b1")], []),
    "the key of a sole record passes on": ([(view({"P": "a"}), "a1"), (view({"P": "a"}), "a2")], ["handed on"]),
    "retired, and another PIN for the next": ([(view({"P": "a"}), "a1"), (view({"Q": "a"}), "a2")], []),
    "outvoted by a wrong merge": (
        [(view({"P": "a", "Q": "bc"}), "a1 b2 c2"), (view({"P": "abc"}, {"Q": "P"}), "a1 b2 c2")],
        ["outvoted", "redirected without need"],
    ),
    "a tie denotes both, until one is alone": (
        [(view({"P": "ab"}), "a1 b2"), (view({"P": "a", "Q": "b"}), "a1 b2"), (view({"P": "a", "Q": "b"}), "a1 b2")],
        ["minted without need"],
    ),
    "a tie does not widen what a PIN denotes": (
        [(view({"P": "a"}), "a1"), (view({"P": "ab"}), "a1 b2"), (view({"P": "b"}), "b2")],
        ["handed on after a wrong merge"],
    ),
    "a passing counts once": (
        [(view({"P": "a"}), "a1"), (view({"P": "a"}), "a2"), (view({"P": "a"}), "a2")],
        ["handed on"],
    ),
    "two PINs of one person become one": (
        [(view({"P": "a", "Q": "b"}), "a1 b1"), (view({"P": "ab"}, {"Q": "P"}), "a1 b1")],
        [],
    ),
    "a person falls apart": (
        [(view({"P": "ab"}), "a1 b1"), (view({"P": "a", "Q": "b"}), "a1 b1")],
        ["minted without need"],
    ),
    "two PINs at once for somebody new": (
        [(view({"P": "a"}), "a1"), (view({"P": "a", "Q": "b", "R": "c"}), "a1 b2 c2")],
        ["minted without need"],
    ),
    "a new customer": ([(view({"P": "a"}), "a1"), (view({"P": "a", "Q": "b"}), "a1 b2")], []),
    "a redirect to somebody else": (
        [(view({"P": "ac", "Q": "b"}), "a1 b2 c1"), (view({"P": "abc"}, {"Q": "P"}), "a1 b2 c1")],
        ["redirected without need", "leads astray"],
    ),
    "a wrong merge undone": (
        [
            (view({"P": "ac", "Q": "b"}), "a1 b2 c1"),
            (view({"P": "abc"}, {"Q": "P"}), "a1 b2 c1"),
            (view({"P": "ac", "Q": "b"}), "a1 b2 c1"),
        ],
        ["redirected without need", "leads astray"],
    ),
    "a right merge undone": (
        [
            (view({"P": "a", "Q": "b"}), "a1 b1"),
            (view({"P": "ab"}, {"Q": "P"}), "a1 b1"),
            (view({"P": "a", "Q": "b"}), "a1 b1"),
        ],
        ["revived without need"],
    ),
}


@pytest.mark.parametrize(("nights", "found"), CASES.values(), ids=CASES)
def test_what_is_found(nights: list[tuple[View, str]], found: list[str]) -> None:
    assert checks(*nights) == found
