"""Accounts of the console: names, roles, passwords, how long somebody waits who guesses."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from mdm import accounts
from mdm.access import SCOPES
from mdm.errors import UsageError


def test_each_role_opens_what_those_before_it_open() -> None:
    opened = [accounts.scopes_of(role, pii=False) for role in accounts.ROLES]
    assert all(less < more for less, more in itertools.pairwise(opened))
    assert opened[0] == {"lookup", "identify"}
    assert accounts.scopes_of("admin", pii=True) - {"lead"} == set(SCOPES)


@pytest.mark.parametrize("name", ["", "two words", "a:b", "a/b", "x" * 81, "a\x00b"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        accounts.read_name(name)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "li.na-li.na1", "x" * 1001])
def test_a_password_that_is_guessed_is_refused(password: str) -> None:
    with pytest.raises(UsageError):
        accounts.check_password(password, "li.na")


def test_a_password_is_known_again_and_no_other() -> None:
    digest = accounts.digest_password("a quiet horse eats")
    assert digest.startswith("$argon2id$")
    assert accounts.is_password(digest, "a quiet horse eats")
    assert not accounts.is_password(digest, "a quiet horse ate")
    assert not accounts.is_password(None, "a quiet horse eats")


def test_whoever_guesses_waits_ever_longer() -> None:
    waits = [accounts.wait_after(failures) for failures in range(40)]
    assert waits[: accounts.FREE_FAILURES] == [timedelta(0)] * accounts.FREE_FAILURES
    assert waits == sorted(waits)
    assert waits[accounts.FREE_FAILURES] < waits[accounts.FREE_FAILURES + 1] < waits[-1] == timedelta(minutes=15)


def test_an_address_of_ipv6_counts_by_its_network() -> None:
    assert accounts.failing_address("2001:db8::1") == accounts.failing_address("2001:db8::2")
    assert accounts.failing_address("192.0.2.1") != accounts.failing_address("192.0.2.2")
