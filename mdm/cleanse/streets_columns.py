"""Civic addresses of Canada, whole columns at once: number and street, perhaps a unit, and the place.

The street line and the place are read apart, each beside an example of the other, and count only where both come out
as they went in. House numbers and units are put in where stand-ins for them went; the street itself holds no number.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from mdm.cleanse.addresses import cleanse_address
from mdm.cleanse.columns import Columns, dwelling_keys, is_clear
from mdm.cleanse.distinct import encode
from mdm.cleanse.fold import CACHED
from mdm.cleanse.placeholders import WORDS
from mdm.cleanse.postal import AddressText
from mdm.cleanse.postcodes import canonical_postcode
from mdm.cleanse.templates import MARKS, fill, numbers, shapes
from mdm.cleanse.values import CleanseContext, Issue

_HERE = "CA"
_GLYPHS = "[!-_a-~À-ÖØ-öø-ÿ]"
_TEXT = f"^[0-9A-Za-zÀ-ÖØ-öø-ÿ]{_GLYPHS}*(?: {_GLYPHS}+)*$"
_DOUBTFUL = "[À-ÿ][À-ÿ]|[0-9][A-Za-zÀ-ÿ]|[A-Za-zÀ-ÿ][0-9]|/"  # perhaps of a wrong encoding; numbers with letters
_FIRST, _INNER = "[ABCEGHJ-NPRSTVXY]", "[ABCEGHJ-NPRSTV-Z]"
_CODE = f"({_FIRST}[0-9]{_INNER}) ?([0-9]{_INNER}[0-9])"
_ENDS_IN_CODE = f"^(.*[^ ,])[ ,]+{_CODE}$"
_STREET_LINE = (
    "([0-9]+(?:-[0-9]+)?, ?[^,0-9]*(?:, [^,0-9]*[0-9]+)?|.*[0-9][^,0-9]*)"  # up to the comma after its numbers
)
_LINE = f"^{_STREET_LINE}, ([^0-9]+)$"
_MOST = 3  # numbers of a street line
_STREET_PARTS = 5  # of the parts of an address after its text, those before the place: number to post box
_STAND_INS, _SAME = ("7919", "6863", "5857"), ("7", "7", "7")
_GAP, _NONE = "\x1f", "\x02"  # between the parts of a shape; for a part that is not there
_CITY, _PROVINCE, _POSTCODE, _PLACE = "Toronto", "ON", "K9Z 9Z9", "k9z9z9"
_EXAMPLE_PLACE = f"{_CITY} {_PROVINCE} {_POSTCODE}"
_NUMBER, _STREET = "1", "Example St"
_EXAMPLE_STREET = f"{_NUMBER} {_STREET}"


class _Street(NamedTuple):
    """Templates of what a street line says: parts, keys and, of parts, the line; whether it tells a dwelling."""

    number: str | None
    street: str | None
    unit: str | None
    building: str | None
    number_key: str | None
    street_key: str | None
    unit_key: str | None
    line: str | None
    is_dwelling: bool


class _Place(NamedTuple):
    """What a place says, its postal code left out; `line` of parts."""

    district: str | None
    locality: str | None
    region: str | None
    key: str | None
    line: str | None


class _Lines(NamedTuple):
    """asked: which rows may be ordinary; street, place: the two lines that are read apart; code: the postal code."""

    asked: pa.Array
    street: pa.Array
    place: pa.Array
    code: pa.Array


def ordinary_streets(values: list[pa.Array], context: CleanseContext) -> Columns:
    """(texts of an address, whether its line of text is all there is) -> texts and keys."""
    text, *_, kind, alone = values
    lines = _cut(values, context.region)
    clear, slots = numbers(lines.street, _MOST)
    asked = pc.fill_null(pc.and_(lines.asked, clear), False)
    streets = encode([pc.if_else(asked, shapes(lines.street), None), alone])
    places = encode([pc.if_else(asked, lines.place, None), alone, lines.code.is_valid()])
    found_streets = [_street(*row) for row in _rows(streets.values)]
    found_places = [_place(*row) for row in _rows(places.values)]

    def of_street(name: str) -> pa.Array:
        return fill([getattr(found, name, None) for found in found_streets], streets.codes, slots)

    def of_place(name: str) -> pa.Array:
        return places.spread(pa.array([getattr(found, name, None) for found in found_places], pa.string()))

    region, code = of_place("region"), lines.code
    for distinct, found in ((streets, found_streets), (places, found_places)):
        asked = pc.and_(asked, distinct.spread(pa.array([one is not None for one in found], pa.bool_())))
    read = pc.and_(asked, _agrees(code, region))
    is_dwelling = streets.spread(pa.array([found is not None and found.is_dwelling for found in found_streets]))
    shown = pc.if_else(alone, text, _with(", ", of_street("line"), _with(" ", of_place("line"), code)))
    place = pc.coalesce(pc.replace_substring(pc.ascii_lower(code), " ", ""), of_place("key"))
    number, street, unit = (of_street(f"{name}_key") for name in ("number", "street", "unit"))
    nothing = pa.nulls(len(text), pa.string())
    columns = [
        shown, *(of_street(name) for name in ("number", "street", "unit", "building")), nothing,
        of_place("district"), of_place("locality"), region, code, pc.if_else(read, _HERE, None), kind,
        nothing, number, street, unit, place, dwelling_keys(number, street, unit, place, is_dwelling),
    ]  # fmt: skip
    return read, columns


def _cut(values: list[pa.Array], region: str) -> _Lines:
    """The line of text, or the parts, of every address in two; the postal code apart."""
    text, *parts, postcode, country, _, alone = values
    asked = pc.equal(pc.coalesce(country, pa.scalar(region.upper())), _HERE)
    asked = pc.and_(asked, pc.or_(alone, text.is_null()))
    for column in (text, *parts):
        asked = pc.and_(asked, is_clear(column, _TEXT))
    ends = pc.fill_null(pc.match_substring_regex(text, _ENDS_IN_CODE), False)
    line = pc.if_else(ends, pc.replace_substring_regex(text, _ENDS_IN_CODE, r"\1"), text)
    given = pc.if_else(ends, pc.replace_substring_regex(text, _ENDS_IN_CODE, r"\2 \3"), postcode)
    asked = pc.and_(asked, pc.fill_null(pc.match_substring_regex(given, f"^{_CODE}$"), True))
    asked = pc.and_(asked, pc.or_(text.is_null(), pc.fill_null(pc.match_substring_regex(line, _LINE), False)))
    street = pc.if_else(alone, pc.replace_substring_regex(line, _LINE, r"\1"), _joined(parts[:_STREET_PARTS]))
    place = pc.if_else(alone, pc.replace_substring_regex(line, _LINE, r"\2"), _joined(parts[_STREET_PARTS:]))
    asked = pc.and_not(asked, pc.match_substring_regex(street, _DOUBTFUL))
    asked = pc.and_not(asked, pc.match_substring_regex(place, "[0-9]"))
    return _Lines(asked, street, place, pc.replace_substring_regex(given, f"^{_CODE}$", r"\1 \2"))


@lru_cache(maxsize=CACHED)
def _street(shape: str | None, alone: bool) -> _Street | None:
    """The templates of a street line, 0 for each of its numbers; None where it has to be read as a whole.

    It is read with numbers of four digits, all of them different, and with one digit, the same everywhere.
    """
    if shape is None:
        return None
    marked, same = _read_street(shape, alone, _STAND_INS), _read_street(shape, alone, _SAME)
    if marked is None or same is None:
        return None
    templates = [_marked(text) for text in marked[:-1]]
    if [text and re.sub(f"[{MARKS}]", _SAME[0], text) for text in templates] != list(same[:-1]):
        return None
    found = _Street._make((*templates, marked.is_dwelling))
    if any(text is not None and re.search(f"[0-9{MARKS}]", text) for text in (found.street, found.street_key)):
        return None
    return None if any(text is not None and re.search("[0-9]", text) for text in templates) else found


def _read_street(shape: str, alone: bool, stand_ins: tuple[str, ...]) -> _Street | None:
    """A street line with stand-ins for its numbers, beside the example of a place."""
    digits = iter(stand_ins)
    line = re.sub("0", lambda match: next(digits), shape)
    if alone:
        asked = AddressText(text=f"{line}, {_EXAMPLE_PLACE}", country=_HERE)
    else:
        parts = [None if part == _NONE else part for part in line.split(_GAP)]
        asked = AddressText._make((None, *parts, None, _CITY, _PROVINCE, _POSTCODE, _HERE, None))
    address, keys, issues = cleanse_address(asked, region=_HERE)
    if address is None or issues:
        return None
    text, number, street, unit, building, box, *place, _, _ = address
    if box is not None or place != [None, _CITY, _PROVINCE, _POSTCODE] or keys.place != _PLACE:
        return None
    shown = (text or "").removesuffix(_EXAMPLE_PLACE).removesuffix(", ") or None
    known = keys.dwelling is not None
    line_shown = None if alone else shown
    return _Street(number, street, unit, building, keys.number, keys.street, keys.unit, line_shown, known)


@lru_cache(maxsize=CACHED)
def _place(line: str | None, alone: bool, coded: bool) -> _Place | None:
    """What a place says beside the example of a street; None where it has to be read as a whole."""
    if line is None:
        return None
    if alone:
        asked = AddressText(text=f"{_EXAMPLE_STREET}, {line}{f' {_POSTCODE}' if coded else ''}", country=_HERE)
    else:
        district, locality, province = (None if part == _NONE else part for part in line.split(_GAP))
        asked = AddressText(
            number=_NUMBER, street=_STREET, district=district, locality=locality, region=province,
            postcode=_POSTCODE if coded else None, country=_HERE,
        )  # fmt: skip
    address, keys, issues = cleanse_address(asked, region=_HERE)
    if address is None or any(issue.attribute != "address.postcode" for issue in issues):
        return None  # whether the postal code agrees with the province is looked at for each of them
    if (address[1:6], address.postcode) != ((_NUMBER, _STREET, None, None, None), _POSTCODE if coded else None):
        return None
    shown = (address.text or "").removeprefix(_EXAMPLE_STREET).removeprefix(", ")
    shown = shown.removesuffix(_POSTCODE).removesuffix(" ") if coded else shown
    return _Place(
        address.district,
        address.locality,
        address.region,
        None if coded else keys.place,
        None if alone else shown or None,
    )


def _agrees(code: pa.Array, province: pa.Array) -> pa.Array:
    """Whether nothing is to be said of a postal code beside its province."""
    district = pc.utf8_slice_codeunits(code, 0, 3)
    distinct = encode([district, province])
    clear = []
    for first, state in _rows(distinct.values):
        issues: list[Issue] = []
        canonical_postcode(None if first is None else f"{first} 1A2", _HERE, issues, state=state)
        clear.append(not issues)
    value = pc.is_in(pc.replace_substring(code, " ", ""), pa.array(sorted(WORDS["value"])))
    return pc.and_not(distinct.spread(pa.array(clear, pa.bool_())), value)


def _joined(columns: list[pa.Array]) -> pa.Array:
    return pc.binary_join_element_wise(*columns, _GAP, null_handling="replace", null_replacement=_NONE)


def _with(between: str, one: pa.Array, other: pa.Array) -> pa.Array:
    """Two texts, or the one that is there."""
    return pc.coalesce(pc.binary_join_element_wise(one, other, between), one, other)


def _rows(columns: list[pa.Array]) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


def _marked(text: str | None) -> str | None:
    """A text with marks where the stand-ins went."""
    if text is not None:
        for mark, number in zip(MARKS, _STAND_INS, strict=False):
            text = text.replace(number, mark)
    return text
