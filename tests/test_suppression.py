"""Keyed hashes: rows of an erased person are recognised, those of the key's next holder are not held."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from mdm.errors import ConfigError
from mdm.suppression import Hasher, Identifier, Suppressed

HASHER = Hasher("a key for tests")
TAX = Identifier("tax_number", "US", "123456789")
PASSPORT = Identifier("passport", "US", "X1234567")
KEY = ("crm", "K001")
ERASED = Suppressed(
    {HASHER.key(*KEY): frozenset({TAX.kind})},
    frozenset({HASHER.identifier(TAX), HASHER.identifier(PASSPORT)}),
    frozenset(HASHER.near(TAX)),
)
OTHER = Identifier("tax_number", "US", "987654321")
ROWS = {
    "their key": (KEY, [], True),
    "their key and number": (KEY, [TAX], True),
    "their key, another's number": (KEY, [OTHER], False),
    "their key, their number with a typo": (KEY, [TAX._replace(value="123456798")], True),
    "their key, a number of another country": (KEY, [OTHER._replace(issuer="CA")], True),
    "their key, a number that proves nothing": (KEY, [Identifier("other", "US", "55555")], True),
    "their key, another passport: they are renewed": (KEY, [PASSPORT._replace(value="Y7654321")], True),
    "their key, another's number and their passport": (KEY, [OTHER, PASSPORT], True),
    "another key": (("crm", "K002"), [], False),
    "the same key of another system": (("billing", "K001"), [], False),
    "another key, their number": (("crm", "K002"), [TAX], True),
    "another key, their passport": (("crm", "K002"), [PASSPORT], True),
    "another key, their number as one of another kind": (("crm", "K002"), [TAX._replace(type="other")], False),
    "no key": (("crm", None), [], False),
    "no key, their number": (("crm", None), [TAX], True),
}


@pytest.mark.parametrize(("key", "identifiers", "held"), ROWS.values(), ids=ROWS.keys())
def test_which_rows_are_held(key: tuple[str, str | None], identifiers: list[Identifier], held: bool) -> None:
    assert ERASED.holds(HASHER, key, identifiers) is held


def test_hashes_depend_on_the_key_and_say_nothing() -> None:
    assert HASHER.key("a", "bc") != HASHER.key("ab", "c")
    assert HASHER.key(*KEY) != Hasher("another key").key(*KEY)
    assert "K001" not in HASHER.key(*KEY)
    with pytest.raises(ConfigError, match="pin_key"):
        Hasher("")


@given(st.text("0123456789", min_size=5, max_size=12), st.text("0123456789", min_size=5, max_size=12))
def test_a_typo_is_recognised(one: str, other: str) -> None:
    if OSA.distance(one, other) <= 1:
        assert not HASHER.near(TAX._replace(value=one)).isdisjoint(HASHER.near(TAX._replace(value=other)))


@given(st.text("0123456789X", min_size=6, max_size=18), st.data())
def test_every_kind_of_typo_is_recognised(value: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(value) - 2))
    character = data.draw(st.sampled_from("0123456789"))
    typos = (
        value[:at] + value[at + 1 :],
        value[:at] + character + value[at:],
        value[:at] + character + value[at + 1 :],
        value[:at] + value[at + 1] + value[at] + value[at + 2 :],
    )
    known = HASHER.near(TAX._replace(value=value))
    assert all(not known.isdisjoint(HASHER.near(TAX._replace(value=typo))) for typo in typos)
