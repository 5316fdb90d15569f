"""Texts, e-mails, phones and subscriptions of the commonest forms, whole columns at once: most of what a feed holds.

They say of each row whether it is of such a form, and the cleansed columns, which count only there; the cleansers of
`mdm.cleanse.parts` read the others, and would give the same here (a test holds both equal).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from mdm.cleanse.countries import country_code
from mdm.cleanse.dates import cleanse_date
from mdm.cleanse.distinct import encode
from mdm.cleanse.emails import EMAIL_WORDS, is_ordinary_domain
from mdm.cleanse.fold import PLAIN, tidy
from mdm.cleanse.phones import KINDS, NANP_REGIONS, national_pattern
from mdm.cleanse.placeholders import WORDS
from mdm.cleanse.values import CleanseContext

Columns = tuple[pa.Array, list[pa.Array]]  # whether each row is of an ordinary form; the cleansed columns of those
_MOBILE = r"^(?:\+?86[- ]?)?(1[3-9][0-9])[- ]?([0-9]{4})[- ]?([0-9]{4})$"
_LANDLINE = r"^\(?0([1-9][0-9]{1,2})\)?-?((?:[2-8][0-9]|9[0-47-9])[0-9]{5,6})$"
_NANP = r"^(?:\+?1[-. ]?)?\(?([2-9][0-9]{2})\)?[-. ]?([2-9][0-9]{2})[-. ]?([0-9]{4})$"
_EMAIL = r"^[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,24}$"
_LONGEST = 64  # characters of an e-mail address within which no part of it can be too long
_TIDY = f"^(?:{PLAIN})$"  # what tidying leaves as it is
_SAME_DIGITS = "|".join(f"{digit}{{7}}" for digit in range(10))  # near a placeholder: left to the cleanser


def is_clear(column: pa.Array, form: str) -> pa.Array:
    """Whether each text is of a form (a regular expression) and no placeholder, or is not there."""
    placeholder = pc.is_in(pc.ascii_lower(column), _set(WORDS["word"]))
    return pc.fill_null(pc.and_not(pc.match_substring_regex(column, form), placeholder), True)


def dwelling_keys(number: pa.Array, street: pa.Array, unit: pa.Array, place: pa.Array, known: pa.Array) -> pa.Array:
    """`mdm.cleanse.postal.dwelling` of keys, without a post box, where they are known to name one."""
    keys = [pc.fill_null(key, "") for key in (number, street, unit)]
    return pc.if_else(known, pc.binary_join_element_wise(*keys, "", pc.fill_null(place, ""), "|"), None)


def ordinary_texts(needed: int) -> Callable[[list[pa.Array], CleanseContext], Columns]:
    """Texts that stay as they are, that of column number `needed` known."""

    def ordinary(values: list[pa.Array], context: CleanseContext) -> Columns:
        clear = values[needed].is_valid()
        for column in values:
            clear = pc.and_(clear, pc.fill_null(pc.match_substring_regex(column, _TIDY), True))
        return clear, values

    return ordinary


def ordinary_emails(values: list[pa.Array], context: CleanseContext) -> Columns:
    """(value, valid_from, valid_to) -> (address, valid_from, valid_to)."""
    value, start, end = values
    address = pc.ascii_lower(value)
    plain = pc.and_(pc.match_substring_regex(address, _EMAIL), pc.less_equal(pc.binary_length(address), _LONGEST))
    address = pc.if_else(plain, address, None)
    local = pc.replace_substring_regex(address, "@.*$", "")
    domain = pc.replace_substring_regex(address, "^.*@", "")
    known = pc.and_(address.is_valid(), _each_is(domain, is_ordinary_domain))
    placeholder = pc.or_(pc.is_in(local, _set(EMAIL_WORDS["local"])), pc.is_in(address, _set(EMAIL_WORDS["address"])))
    clear, first, last = periods(start, end, context)
    return pc.and_(pc.and_not(known, placeholder), clear), [address, first, last]


def ordinary_phones(values: list[pa.Array], context: CleanseContext) -> Columns:
    """(value, valid_from, valid_to, country of the record) -> (number, valid_from, valid_to)."""
    value, start, end, home = values
    numbers = _numbers(value, home, context)
    clear, first, last = periods(start, end, context)
    return pc.and_(numbers.is_valid(), clear), [numbers, first, last]


def ordinary_subscriptions(values: list[pa.Array], context: CleanseContext) -> Columns:
    """(product, number, status, valid_from, valid_to, country of the record) -> the first five, cleansed."""
    product, value, status, start, end, home = values
    product, status = _tidied(product), _tidied(status)
    numbers = _numbers(value, home, context)
    clear, first, last = periods(start, end, context)
    readable = pc.and_(clear, pc.or_(numbers.is_valid(), value.is_null()))
    known = pc.or_(pc.or_(product.is_valid(), status.is_valid()), numbers.is_valid())
    return pc.and_(readable, known), [product, numbers, status, first, last]


def _numbers(value: pa.Array, home: pa.Array, context: CleanseContext) -> pa.Array:
    """E.164 of mobile numbers and landlines of China and of numbers of North America; null for all others."""
    found = pa.nulls(len(value), pa.string())
    own = each(home, lambda text: country_code(text) or context.region)
    forms: list[tuple[str, str, str, str, tuple[str, ...]]] = [
        ("CN", _MOBILE, r"\1\2\3", "+86", ("mobile",)),
        ("CN", _LANDLINE, r"\1\2", "+86", ("fixed_line",)),
    ]
    forms += [(region, _NANP, r"\1\2\3", "+1", KINDS) for region in NANP_REGIONS]
    for region, form, national, prefix, kinds in forms:
        here = pc.if_else(pc.equal(own, region), value, None)
        if here.null_count == len(here):
            continue
        here = pc.if_else(pc.match_substring_regex(here, form), here, None)
        digits = pc.replace_substring_regex(here, form, national)
        valid = pc.match_substring_regex(digits, f"^(?:{national_pattern(region, kinds).pattern})$")
        doubtful = pc.or_(pc.match_substring_regex(digits, _SAME_DIGITS), pc.is_in(digits, _placeholders()))
        number = pc.binary_join_element_wise(prefix, digits, "")
        found = pc.coalesce(found, pc.if_else(pc.and_not(valid, doubtful), number, None))
    return found


@cache
def _placeholders() -> pa.Array:
    """Numbers that stand for nothing with some prefix, without it."""
    found = {value.removeprefix(prefix) for value in WORDS["value"] for prefix in ("", "0", "1", "86")}
    return pa.array(sorted(found | {f"1{value}" for value in WORDS["value"]}))


def periods(start: pa.Array, end: pa.Array, context: CleanseContext) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Whether both days are without a remark, and the days: each pair is read once."""
    distinct = encode([start, end])
    pairs = zip(*(column.to_pylist() for column in distinct.values), strict=True)
    days = [[cleanse_date(text, region=context.region, attribute="phones.valid_to") for text in pair] for pair in pairs]
    clear = pa.array([not (first.issues or last.issues) for first, last in days], pa.bool_())
    columns = [pa.array([pair[at].value for pair in days], pa.date32()) for at in (0, 1)]
    return distinct.spread(clear), distinct.spread(columns[0]), distinct.spread(columns[1])


def _tidied(column: pa.Array) -> pa.Array:
    return each(column, tidy)


def _set(words: Iterable[str]) -> pa.Array:
    return pa.array(sorted(words), pa.string())


def _each_is(column: pa.Array, holds: Callable[[str], bool]) -> pa.Array:
    """Whether something holds of each value of a column of few; false for null."""
    distinct = encode([column])
    return distinct.spread(pa.array([text is not None and holds(text) for text in distinct.values[0].to_pylist()]))


def each(column: pa.Array, read: Callable[[str | None], str | None]) -> pa.Array:
    """A column of few values, each of which is read once."""
    distinct = encode([column])
    return distinct.spread(pa.array([read(text) for text in distinct.values[0].to_pylist()], pa.string()))
