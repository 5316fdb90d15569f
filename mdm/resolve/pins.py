"""PINs, household ids and legal entity ids: twelve digits made for people and for two levels (design.md, decision 7).

    4  17  30598261  5    digit 1      1-9, so that no system drops a leading zero
    F  II  PPPPPPPP  C    digits 2-3   the instance that issued it (`mdm.toml`), so that provinces never collide
                          digits 4-11  together with digit 1: the permuted counter, 9 * 10**8 values
                          digit 12     check digit, ISO 7064 Mod 11,10 (as `stdnum.iso7064.mod_11_10`)

A household id (CHI) is ``H`` and twelve such digits, a legal entity id ``L`` and twelve such digits.

The counter says in which order numbers were issued; the permutation hides it, so that nobody who knows one PIN can
guess the neighbours or count the customers. It is a balanced Feistel network on 30 bits, whose round functions are
tables drawn from SHAKE-256 under the workspace's key, with cycle walking into [0, 9 * 10**8) (Black and Rogaway,
"Ciphers with Arbitrary Finite Domains", 2002). Thirty bits are few: this is unguessability in practice, not
cryptography, and a PIN is never a secret. Because it is a permutation, two counters never give the same number: what
is counted once is never reused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import shake_256
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from stdnum.iso7064 import mod_11_10

from mdm.errors import ConfigError

Kind = Literal["customer", "household", "legal_entity"]

PREFIX: Final[dict[Kind, str]] = {"customer": "", "household": "H", "legal_entity": "L"}
CAPACITY: Final = 9 * 10**8  # numbers that one instance can issue of one kind

_HALF_BITS: Final = 15  # two halves of 15 bits: 2**30 is the smallest even power of two above CAPACITY
_HALF: Final = 1 << _HALF_BITS
_ROUNDS: Final = 8  # four would do for an ideal round function (Luby and Rackoff, 1988); eight cost nothing

_DIGITS = re.compile(r"[1-9][0-9]{11}")

_Integers = npt.NDArray[np.int64]


def mint_pins(counter_from: int, count: int, *, instance: str, key: str) -> list[str]:
    """The PINs of the counters `counter_from` ... `counter_from + count - 1`, in that order.

    `instance` is two digits, `key` the workspace's `pin_key`. The same arguments give the same PINs for ever.
    Raises ConfigError when the instance or the key is unusable, or the instance has run out of numbers.
    """
    return mint_ids("customer", counter_from, count, instance=instance, key=key)


def mint_household_ids(counter_from: int, count: int, *, instance: str, key: str) -> list[str]:
    """Household ids (CHI), as `mint_pins`; households have a counter of their own."""
    return mint_ids("household", counter_from, count, instance=instance, key=key)


def mint_legal_entity_ids(counter_from: int, count: int, *, instance: str, key: str) -> list[str]:
    """Legal entity ids, as `mint_pins`; legal entities have a counter of their own."""
    return mint_ids("legal_entity", counter_from, count, instance=instance, key=key)


def mint_ids(kind: Kind, counter_from: int, count: int, *, instance: str, key: str) -> list[str]:
    """Identifiers of `kind` for a range of counters; see `mint_pins`."""
    _check_settings(counter_from, count, instance, key)
    if count == 0:
        return []
    counters = np.arange(counter_from, counter_from + count, dtype=np.int64)
    numbers = _with_check_digit(_with_instance(_permute(counters, _round_tables(kind, instance, key)), int(instance)))
    prefix = PREFIX[kind]
    return [prefix + str(number) for number in numbers.tolist()]


def is_valid_pin(text: str) -> bool:
    """Whether `text` has the form of a PIN and its check digit is right; says nothing of whether it was ever issued."""
    return is_valid_id("customer", text)


def is_valid_id(kind: Kind, text: str) -> bool:
    """Whether `text` has the form and the check digit of an identifier of `kind`."""
    prefix = PREFIX[kind]
    digits = text.removeprefix(prefix)
    return text.startswith(prefix) and _DIGITS.fullmatch(digits) is not None and bool(mod_11_10.is_valid(digits))


def instance_of(text: str) -> str:
    """The two digits of the instance that issued a valid PIN, household id or legal entity id."""
    return text[-11:-9]


def _check_settings(counter_from: int, count: int, instance: str, key: str) -> None:
    if re.fullmatch(r"[0-9]{2}", instance) is None:
        raise ConfigError(
            f"the instance code is {instance!r}, and must be two digits",
            where="mdm.toml: instance",
            remedy='for example "01"; each level and province needs a code of its own',
        )
    if not key:
        raise ConfigError("there is no key for minting PINs", where="mdm.toml: pin_key", remedy="run `mdm init`")
    if counter_from < 0 or count < 0:
        raise ValueError(f"counters start at 0: from {counter_from}, {count} of them")
    if counter_from + count > CAPACITY:
        raise ConfigError(
            f"instance {instance} has issued all of its {CAPACITY:,} numbers",
            where="mdm.toml: instance",
            remedy="give this workspace a further instance code",
        )


@lru_cache(maxsize=16)
def _round_tables(kind: Kind, instance: str, key: str) -> Sequence[_Integers]:
    """One table of 2**15 pseudo-random halves for each round, drawn from the key (64 KiB of SHAKE-256 each)."""
    return tuple(
        np.frombuffer(
            shake_256(f"mdm {kind} {instance} round {number}\n{key}".encode()).digest(2 * _HALF), dtype="<u2"
        ).astype(np.int64)
        & (_HALF - 1)
        for number in range(_ROUNDS)
    )


def _permute(counters: _Integers, tables: Sequence[_Integers]) -> _Integers:
    """The permutation of [0, CAPACITY): encipher, and encipher again whatever falls outside (1.19 times on average)."""
    values = _encipher(counters, tables)
    outside = np.flatnonzero(values >= CAPACITY)
    while outside.size:
        values[outside] = _encipher(values[outside], tables)
        outside = outside[values[outside] >= CAPACITY]
    return values


def _encipher(values: _Integers, tables: Sequence[_Integers]) -> _Integers:
    left, right = values >> _HALF_BITS, values & (_HALF - 1)
    for table in tables:
        left, right = right, left ^ table[right]
    return (left << _HALF_BITS) | right


def _with_instance(values: _Integers, instance: int) -> _Integers:
    """Eleven digits: the first digit of the nine, the instance, the other eight."""
    nine = values + 10**8
    return (nine // 10**8) * 10**10 + instance * 10**8 + nine % 10**8


def _with_check_digit(numbers: _Integers) -> _Integers:
    """Twelve digits; ISO 7064 Mod 11,10 over whole columns, equal to `stdnum.iso7064.mod_11_10` (tested)."""
    check = np.full_like(numbers, 5)
    for place in range(10, -1, -1):
        check = (_doubled(check) + numbers // 10**place) % 10
    return numbers * 10 + (1 - _doubled(check)) % 10


def _doubled(check: _Integers) -> _Integers:
    return np.where(check == 0, 10, check) * 2 % 11
