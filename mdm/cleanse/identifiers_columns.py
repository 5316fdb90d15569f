"""Identifiers of the commonest forms, whole columns at once: identity cards, social insurance numbers, plain codes.

As in `mdm.cleanse.columns`: the cleanser reads what is left, and would give the same here (a test holds both equal).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mdm.cleanse.columns import Columns
from mdm.cleanse.countries import country_code
from mdm.cleanse.distinct import encode
from mdm.cleanse.divisions import divisions
from mdm.cleanse.fold import tidy
from mdm.cleanse.identifiers import LONGEST, SHORTEST, has_rules
from mdm.cleanse.identity_card import CHECK, EARLIEST, NOBODY, PROVINCES, WEIGHTS
from mdm.cleanse.placeholders import WORDS
from mdm.cleanse.sex import cleanse_sex
from mdm.cleanse.values import CleanseContext

Check = Callable[[pa.Array], np.ndarray]
_CARD = rf"^(?:{'|'.join(sorted(PROVINCES))})[0-9]{{15}}[0-9X]$"
_SIN = r"^[1-79][0-9]{8}$"
_PLAIN = rf"^[0-9A-Z]{{{SHORTEST},{LONGEST}}}$"
_DOUBTFUL = "XXX|" + "|".join(f"^{character}+$" for character in "0123456789")  # masked, or a placeholder
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


@cache
def _placeholders() -> pa.Array:
    return pa.array(sorted(WORDS["value"] | {word.upper() for word in WORDS["word"]}))


def ordinary_identifiers(values: list[pa.Array], context: CleanseContext) -> Columns:
    """(type, country, value, country, birth date, its calendar and sex of the record) -> (type, issuer, value)."""
    kind, country, value, home, birth_date, calendar, sex = values
    made = encode([kind, country, home])
    kinds, countries, homes = (column.to_pylist() for column in made.values)
    makes = [_make(*row, context.region) for row in zip(kinds, countries, homes, strict=True)]
    issuer = made.spread(pa.array([issuer for issuer, _ in makes], pa.string()))
    rule = made.spread(pa.array([rule for _, rule in makes], pa.string()))
    is_card = pc.and_(pc.equal(rule, "card"), _agree(value, birth_date, sex, context.region))
    is_card = pc.and_(is_card, calendar.is_null())
    valid = pc.or_(_where(is_card, _CARD, value, _are_cards), _where(pc.equal(rule, "sin"), _SIN, value, _are_sins))
    valid = pc.or_(valid, _where(pc.equal(rule, "plain"), _PLAIN, value, _are_codes))
    return pc.and_not(valid, pc.fill_null(pc.is_in(value, _placeholders()), True)), [kind, issuer, value]


def _make(kind: str | None, country: str | None, home: str | None, region: str) -> tuple[str | None, str | None]:
    """(issuer, the rule by which its ordinary values are known) of identifiers of a kind; (None, None): none is."""
    if not kind:
        return None, None
    said = tidy(country)
    if said is not None:
        issuer = country_code(said) or said.strip().upper()
    else:
        issuer = country_code(home) or country_code(region) or region.upper()
    if not has_rules(kind, issuer):
        return issuer, "plain"
    return {("national_id", "CN"): (issuer, "card"), ("tax_number", "CA"): (issuer, "sin")}.get(
        (kind, issuer), (None, None)
    )


def _where(asked: pa.Array, form: str, value: pa.Array, check: Check) -> pa.Array:
    """Whether each value is asked for, of a form, and passes a check."""
    asked = pc.fill_null(pc.and_(asked, pc.match_substring_regex(value, form)), False)
    found = np.zeros(len(value), bool)
    at = np.flatnonzero(asked)
    if len(at):
        found[at] = check(value.take(pa.array(at)))
    return pa.array(found)


def _agree(card: pa.Array, birth_date: pa.Array, sex: pa.Array, region: str) -> pa.Array:
    """Whether birth date and sex are those of an identity card, or missing."""
    parts = [pc.utf8_slice_codeunits(card, start, stop) for start, stop in ((6, 10), (10, 12), (12, 14))]
    days = [pc.binary_join_element_wise(*parts, between) for between in ("-", "")]
    same = pc.or_(pc.equal(birth_date, days[0]), pc.equal(birth_date, days[1]))
    sexes = encode([sex])
    said = sexes.spread(
        pa.array([cleanse_sex(text, region=region).value for text in sexes.values[0].to_pylist()], pa.string())
    )
    male = pc.is_in(pc.utf8_slice_codeunits(card, 16, 17), pa.array(list("13579")))
    fits = pc.or_(said.is_null(), pc.equal(pc.fill_null(pc.equal(said, "male"), False), male))
    return pc.and_(pc.or_(birth_date.is_null(), pc.fill_null(same, False)), fits)


def _are_cards(values: pa.Array) -> np.ndarray:
    """Which numbers of 18 characters hold a county, a birth date and the check character of ISO 7064 MOD 11-2."""
    characters = _characters(values, 18)
    digits = (characters[:, :17] - ord("0")).astype(np.int32)
    year, month, day = (digits[:, at : at + n] @ 10 ** np.arange(n)[::-1] for at, n in ((6, 4), (10, 2), (12, 2)))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = _DAYS[np.where(month <= 12, month, 0)] + (leap & (month == 2))
    check = np.frombuffer(CHECK.encode(), np.uint8)[digits @ np.array(WEIGHTS) % 11]
    known = np.asarray(pc.is_in(pc.utf8_slice_codeunits(values, 0, 6), _counties())) | (digits[:, 0] == 8)
    known &= np.asarray(pc.not_equal(pc.utf8_slice_codeunits(values, 6, 14), NOBODY))
    return np.asarray(known & (year >= EARLIEST) & (day >= 1) & (day <= last) & (check == characters[:, 17]))


@cache
def _counties() -> pa.Array:
    return pa.array(sorted(divisions().known))


def _are_sins(values: pa.Array) -> np.ndarray:
    """Which numbers of nine digits end in the check digit of Luhn."""
    digits = (_characters(values, 9) - ord("0")).astype(np.int32)
    digits[:, 1::2] *= 2
    digits[digits > 9] -= 9
    return np.asarray(digits.sum(axis=1) % 10 == 0)


def _are_codes(values: pa.Array) -> np.ndarray:
    """Which letters and digits hold a digit, are not all the same character and not masked."""
    clear = pc.and_not(pc.match_substring_regex(values, "[0-9]"), pc.match_substring_regex(values, _DOUBTFUL))
    return np.asarray(clear)


def _characters(values: pa.Array, length: int) -> np.ndarray:
    """The characters of ASCII texts of one length, a row of codes for each."""
    fixed = values.cast(pa.binary()).cast(pa.binary(length))
    return np.frombuffer(fixed.buffers()[1], np.uint8)[: length * len(fixed)].reshape(-1, length)
