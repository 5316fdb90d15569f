"""Which records are one customer, case by case."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from mdm.resolve.clusters import Pair
from tests.resolve.cluster_world import RULES, asked, pair, resolve, shown

TWINS = "same family name and birth date, another given name: twins"
BORROWED = "given name and birth date both differ"
OTHER = "the given name differs, and the number that both hold is held under several names"


@pytest.mark.parametrize(
    ("story", "letters", "pairs", "world", "customers", "tasks"),
    [
        ("nobody", "", [], {}, "", ""),
        ("strangers", "AB", [], {}, "A B", ""),
        ("a match", "AB", [pair("AB", 4.0)], {}, "AB", ""),
        ("a possible match", "AB", [pair("AB", 3.999999)], {}, "A B", "AB:possible_match"),
        ("a chain", "ABCD", [pair("AB", 9), pair("BC", 8), pair("CD", 7)], {}, "ABCD", ""),
        ("one task for two customers, the strongest", "ABCD",
         [pair("AB", 9), pair("CD", 9), pair("BC", 2), pair("AD", 3), pair("AC", 1)], {}, "AB CD", "AD:possible_match"),
        ("a weak pair within a customer is no task", "ABC",
         [pair("AB", 9), pair("BC", 9), pair("AC", 1)], {}, "ABC", ""),
        ("records that are not there", "AB", [pair("AX", 9), pair("XB", 9)], {"same": "AX XB"}, "A B", ""),
        ("twins are told apart and nobody is asked", "AB", [pair("AB", 30, TWINS)], {}, "A B", ""),
        ("twins hang together through a record without a given name", "ABC",
         [pair("AB", 30, TWINS), pair("AC", 9), pair("BC", 8)], {}, "ABC", ""),
        ("father and son of one name, each with his number", "ABCD",
         [pair("AB", 12), pair("CD", 12), pair("BC", 9)],
         {"numbers": {"A": "tax:US:111111111", "B": "tax:US:111111111", "C": "tax:US:222222222", "D": ""}},
         "AB CD", "BC:refused_union"),
        ("who has no number goes with the heavier", "FSX", [pair("FX", 9), pair("SX", 8)],
         {"numbers": {"F": "tax:US:111111111", "S": "tax:US:222222222"}}, "FX S", "SX:refused_union"),
        ("a number with one typo is the same number", "AB", [pair("AB", 9)],
         {"numbers": {"A": "tax:US:111111111", "B": "tax:US:111111112"}}, "AB", ""),
        ("two digits swapped are one typo", "AB", [pair("AB", 9)],
         {"numbers": {"A": "tax:US:112345678", "B": "tax:US:121345678"}}, "AB", ""),
        ("two typos are another number", "AB", [pair("AB", 9)],
         {"numbers": {"A": "tax:US:111111111", "B": "tax:US:111111122"}}, "A B", "AB:refused_union"),
        ("numbers of two countries do not contradict", "AB", [pair("AB", 9)],
         {"numbers": {"A": "tax:US:111111111", "B": "tax:CA:222222222"}}, "AB", ""),
        ("an equal number outweighs another that differs", "AB", [pair("AB", 9)],
         {"numbers": {"A": "tax:US:111111111 tax:US:333333333", "B": "tax:US:222222222 tax:US:333333333"}}, "AB", ""),
        ("one kind agrees, another contradicts", "AB", [pair("AB", 9)],
         {"numbers": {"A": "id:CN:1111 tax:US:1111", "B": "id:CN:9999 tax:US:1111"}}, "A B", "AB:refused_union"),
        ("a borrowed number is asked about", "AB", [pair("AB", 25, BORROWED, number=True, ask=True)],
         {"numbers": {"A": "tax:US:111111111", "B": "tax:US:111111111"}}, "A B", "AB:contradiction"),
        ("a contested number proves nothing against its owner's own", "ABC",
         [pair("AB", 25, BORROWED, number=True, ask=True), pair("BC", 9)],
         {"numbers": {"A": "tax:US:111111111", "B": "tax:US:111111111", "C": "tax:US:222222222"}},
         "A BC", "AB:contradiction"),
        ("a number contested among others proves what it did", "ABCD",
         [pair("AB", 25, BORROWED, number=True, ask=True), pair("CD", 9)],
         {"numbers": dict.fromkeys("ABC", "tax:US:111111111") | {"D": "tax:US:222222222"}},
         "A B C D", "AB:contradiction CD:refused_union"),
        ("a number is contested among all who share it", "ABCD",
         [pair("AB", 25, BORROWED, number=True, ask=True), pair("BC", 2, number=True), pair("CD", 9)],
         {"numbers": dict.fromkeys("ABC", "tax:US:111111111") | {"D": "tax:US:222222222"}},
         "A B CD", "AB:contradiction BC:possible_match"),
        ("a contested number does not make up for another given name", "ABC",
         [pair("AB", 25, TWINS, number=True), pair("AC", 12, number=True, contested=OTHER),
          pair("BC", 30, number=True)],
         {"numbers": dict.fromkeys("ABC", "tax:US:111111111")}, "A BC", "AC:contradiction"),
        ("an uncontested one does", "ABC", [pair("AB", 25, TWINS), pair("AC", 12, number=True, contested=OTHER)],
         {"numbers": dict.fromkeys("AC", "tax:US:111111111")}, "AC B", ""),
        ("a number that is contested among others", "ABCD",
         [pair("AB", 25, TWINS, number=True), pair("CD", 12, number=True, contested=OTHER)],
         {"numbers": dict.fromkeys("ABCD", "tax:US:111111111")}, "A B CD", ""),
        ("a judgement outweighs that a number is contested", "ABC",
         [pair("AB", 25, TWINS, number=True), pair("AC", 12, number=True, contested=OTHER),
          pair("BC", 30, number=True)],
         {"numbers": dict.fromkeys("ABC", "tax:US:111111111"), "same": "AC"}, "ABC", ""),
        ("an uncontested number does", "ABC", [pair("AB", 1, "differ"), pair("BC", 9)],
         {"numbers": {"A": "tax:US:111111111", "B": "tax:US:111111111", "C": "tax:US:222222222"}},
         "A B C", "BC:refused_union"),
        ("judged the same", "AB", [], {"same": "AB"}, "AB", ""),
        ("a chain of judgements", "ABCD", [], {"same": "CD AB BC"}, "ABCD", ""),
        ("a judgement outweighs what speaks against it", "AB", [pair("AB", -20, TWINS)],
         {"same": "AB", "numbers": {"A": "tax:US:111111111", "B": "tax:US:222222222"}}, "AB", ""),
        ("numbers that a judgement joined are aliases", "ABC", [pair("AC", 9), pair("BC", 8)],
         {"same": "AB", "numbers": {"A": "tax:US:111111111", "B": "tax:US:222222222", "C": "tax:US:222222222"}},
         "ABC", ""),
        ("judged different", "AB", [pair("AB", 40)], {"different": "AB"}, "A B", ""),
        ("judged different keeps whole customers apart", "ABCD", [pair("AB", 9), pair("CD", 9), pair("BC", 8)],
         {"different": "AD"}, "AB CD", ""),
        ("the judgement works in both directions", "ABCD", [pair("AB", 9), pair("CD", 9), pair("BC", 8)],
         {"different": "DA"}, "AB CD", ""),
        ("who could go with either goes with the heavier", "ABC", [pair("AC", 9), pair("BC", 8)],
         {"different": "AB"}, "AC B", ""),
        ("a judgement against a third record asks nothing of the two", "ABC", [pair("AB", 9), pair("BC", 2)],
         {"different": "AC"}, "AB C", ""),
        ("what was refused before the judgement reached it is not asked either", "ABC", [pair("AC", 9), pair("AB", 8)],
         {"different": "BC", "numbers": {"A": "tax:US:111111111", "C": "tax:US:222222222"}}, "AB C", ""),
        ("customers come in the order of their first key", "DCBA", [pair("DA", 9), pair("CB", 9)], {}, "AD BC", ""),
    ],
)  # fmt: skip
def test_case(story: str, letters: str, pairs: list[Pair], world: dict, customers: str, tasks: str) -> None:  # type: ignore[type-arg]
    found = resolve(letters, pairs, **world)
    assert (shown(found), asked(found)) == (customers, tasks), story


@pytest.mark.parametrize("ends", [("XB", "AX"), ("BX", "XA"), ("XA", "BX"), ("AX", "XB")])
def test_equal_weights_are_taken_in_the_order_of_keys(ends: tuple[str, str]) -> None:
    """X may go with A or with B, not with both: A's key comes first, whatever the order of pairs and of their ends."""
    assert shown(resolve("ABX", [pair(two, 9) for two in ends], different="AB")) == "AX B"


def test_of_equal_pairs_the_one_with_the_first_key_goes_first() -> None:
    """A-D before B-C, although C comes before D."""
    assert shown(resolve("ABCD", [pair("BC", 9), pair("AD", 9)], same="CD", different="AB")) == "ACD B"


def chain(letters: str, weight: float) -> list[Pair]:
    return [pair(a + b, weight) for a, b in pairwise(letters)]


@pytest.mark.parametrize(
    ("weight", "customers", "tasks"),
    [(6.0, "ABCDEFGH", ""), (5.9, "ABCD EFGH", "DE:weak_link")],
)
def test_two_large_groups_need_more_than_a_weak_pair(weight: float, customers: str, tasks: str) -> None:
    found = resolve("ABCDEFGH", [*chain("ABCD", 9), *chain("EFGH", 9), pair("DE", weight)])
    assert (shown(found), asked(found)) == (customers, tasks)


def test_a_small_group_joins_a_large_one_by_a_weak_pair() -> None:
    assert shown(resolve("ABCDEFG", [*chain("ABCD", 9), *chain("EFG", 9), pair("DE", 4.5)])) == "ABCDEFG"


def test_a_customer_of_too_many_records_is_not_plausible() -> None:
    rules = replace(RULES, max_records=3)
    found = resolve("ABCD", [pair("AB", 9), pair("BC", 8), pair("CD", 7)], rules=rules)
    assert (shown(found), asked(found)) == ("ABC D", "CD:oversized")
    assert "4 records" in found.open[0].words


def test_a_judgement_may_make_a_customer_of_any_size() -> None:
    assert shown(resolve("ABCD", [], same="AB BC CD", rules=replace(RULES, max_records=3))) == "ABCD"


def test_a_refusal_names_the_kind_of_number() -> None:
    found = resolve("AB", [pair("AB", 9)], numbers={"A": "tax_number:US:1111", "B": "tax_number:US:2222"})
    assert found.open[0].words == "different numbers: tax_number"
    assert found.open[0].weight == 9
