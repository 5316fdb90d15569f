"""PINs: digit layout, check digit, permutation, speed."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_10

from mdm.errors import ConfigError
from mdm.resolve.pins import (
    CAPACITY,
    _permute,
    _round_tables,
    instance_of,
    is_valid_id,
    is_valid_pin,
    mint_household_ids,
    mint_legal_entity_ids,
    mint_pins,
)

KEY = "a key for tests"


def one_pin(counter: int, *, instance: str = "07", key: str = KEY) -> str:
    return mint_pins(counter, 1, instance=instance, key=key)[0]


counters = st.integers(0, CAPACITY - 1)
instances = st.integers(0, 99).map("{:02d}".format)


@settings(max_examples=40)
@given(counters, instances, st.sampled_from([KEY, "another", "张伟"]))
def test_layout_and_check_digit_equal_to_stdnum(counter: int, instance: str, key: str) -> None:
    pin = one_pin(counter, instance=instance, key=key)
    assert len(pin) == 12
    assert pin[0] in "123456789"
    assert instance_of(pin) == pin[1:3] == instance
    assert pin[-1] == mod_11_10.calc_check_digit(pin[:-1])
    assert is_valid_pin(pin)


@given(counters, st.integers(0, 11), st.integers(1, 9))
def test_a_typo_of_one_digit_is_always_detected(counter: int, place: int, shift: int) -> None:
    pin = one_pin(counter)
    typo = pin[:place] + str((int(pin[place]) + shift) % 10) + pin[place + 1 :]
    assert not is_valid_pin(typo)


@given(st.integers(0, CAPACITY - 60), st.integers(0, 30), st.integers(0, 30))
def test_minting_in_two_parts_is_minting_at_once(start: int, first: int, second: int) -> None:
    at_once = mint_pins(start, first + second, instance="07", key=KEY)
    parts = mint_pins(start, first, instance="07", key=KEY) + mint_pins(start + first, second, instance="07", key=KEY)
    assert parts == at_once


def test_a_large_range_never_repeats() -> None:
    pins = mint_pins(0, 300_000, instance="01", key=KEY)
    assert len(set(pins)) == len(pins)
    far = mint_pins(CAPACITY - 100_000, 100_000, instance="01", key=KEY)
    assert set(far).isdisjoint(pins)


def test_the_permutation_is_undone_by_its_inverse() -> None:
    """Bijective: running the Feistel rounds backwards, walking back into range, returns the counters."""
    tables = _round_tables("customer", "01", KEY)
    counters = np.array([0, 1, 2, 12_345, CAPACITY // 2, CAPACITY - 1], dtype=np.int64)
    found = []
    for value in _permute(counters, tables).tolist():
        while True:
            left, right = value >> 15, value & 0x7FFF
            for table in reversed(tables):
                left, right = right ^ int(table[left]), left
            value = (left << 15) | right
            if value < CAPACITY:
                break
        found.append(value)
    assert found == counters.tolist()


def test_neighbouring_counters_do_not_look_like_neighbours() -> None:
    pins = [int(pin) for pin in mint_pins(0, 2_000, instance="01", key=KEY)]
    steps = np.abs(np.diff(np.array(pins)))
    assert float(np.median(steps)) > 10**11  # a third of the range apart, as strangers are
    assert {str(pin)[0] for pin in pins} == set("123456789")


def test_another_key_another_instance_another_kind_gives_other_numbers() -> None:
    mine = mint_pins(0, 100, instance="01", key=KEY)
    assert set(mine).isdisjoint(mint_pins(0, 100, instance="01", key="another"))
    assert set(mine).isdisjoint(mint_pins(0, 100, instance="02", key=KEY))
    households = mint_household_ids(0, 100, instance="01", key=KEY)
    assert {chi[1:] for chi in households}.isdisjoint(mine)


def test_the_numbers_never_change() -> None:
    """A change of this list would reuse or lose numbers of a running master file."""
    assert mint_pins(0, 3, instance="01", key=KEY) == FROZEN_PINS
    assert mint_household_ids(0, 1, instance="01", key=KEY) == FROZEN_CHIS


FROZEN_PINS = ["601317038717", "801262260166", "401239268707"]
FROZEN_CHIS = ["H501686123184"]


def test_household_and_legal_entity_ids_are_of_the_same_make() -> None:
    chi = mint_household_ids(5, 1, instance="31", key=KEY)[0]
    entity = mint_legal_entity_ids(5, 1, instance="31", key=KEY)[0]
    assert chi[0] == "H"
    assert is_valid_id("household", chi)
    assert instance_of(chi) == "31"
    assert not is_valid_pin(chi)
    assert entity[0] == "L"
    assert is_valid_id("legal_entity", entity)
    assert not is_valid_id("household", entity)
    assert not is_valid_id("household", chi[1:])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345678901",
        "1234567890123",
        "012345678901",
        " 23456789012",
        "12345678901x",
        "１２３４５６７８９０１２",
        "1234567890\n",
    ],
)
def test_what_is_no_pin(text: str) -> None:
    assert not is_valid_pin(text)


def test_a_valid_pin_with_a_line_break_is_no_pin() -> None:
    assert not is_valid_pin(one_pin(1) + "\n")


@pytest.mark.parametrize(("instance", "key"), [("1", KEY), ("001", KEY), ("ab", KEY), ("１２", KEY), ("01", "")])
def test_unusable_settings_are_refused(instance: str, key: str) -> None:
    with pytest.raises(ConfigError):
        mint_pins(0, 1, instance=instance, key=key)


def test_an_instance_that_ran_out_says_so() -> None:
    assert len(mint_pins(CAPACITY - 1, 1, instance="01", key=KEY)) == 1
    with pytest.raises(ConfigError, match="900,000,000"):
        mint_pins(CAPACITY - 1, 2, instance="01", key=KEY)
    with pytest.raises(ValueError, match="start at 0"):
        mint_pins(-1, 1, instance="01", key=KEY)
    assert mint_pins(CAPACITY, 0, instance="01", key=KEY) == []


def test_six_hundred_thousand_pins_in_seconds() -> None:
    start = time.perf_counter()
    pins = mint_pins(0, 600_000, instance="01", key=KEY)
    assert len(pins) == 600_000
    assert time.perf_counter() - start < 3
