"""Chinese addresses with a house number on a road, whole columns at once (see `mdm.cleanse.addresses_roads`)."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from mdm.cleanse.addresses_roads import END, Head, Tail, read_head, read_tail
from mdm.cleanse.columns import Columns, dwelling_keys, is_clear
from mdm.cleanse.distinct import encode
from mdm.cleanse.fold import tidy
from mdm.cleanse.placeholders import is_placeholder_word
from mdm.cleanse.templates import MARKS, fill, numbers, shapes
from mdm.cleanse.values import CleanseContext

_LETTERS = "[0-9A-Za-z\u4e00-\u9fff]"
_PIECE = f"^{_LETTERS}(?:{_LETTERS}|-)*$"
_BARE = "^[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*$"
_POSTCODE = "^[0-9A-Za-z]+$"
_MOST = 8  # numbers of an address


def ordinary_roads(values: list[pa.Array], context: CleanseContext) -> Columns:
    """(texts of an address, whether its line of text is all there is) -> texts and keys."""
    text, number, street, unit, building, box, district, locality, province, postcode, country, kind, alone = values
    apart = pc.and_not(pc.and_(street.is_valid(), box.is_null()), text.is_valid())
    for piece in (number, unit, building):
        apart = pc.and_(apart, is_clear(piece, _PIECE))
    apart = pc.and_(apart, is_clear(postcode, _POSTCODE))
    line = pc.if_else(alone, text, _joined(street, _counted(number, "号"), _counted(building, "号楼"), unit))
    clear, slots = numbers(line, _MOST)
    shape = shapes(line)
    asked = pc.and_(pc.and_(pc.or_(alone, apart), clear), pc.match_substring(shape, "0"))
    heads, head_codes = _heads(pc.if_else(asked, shape, None), [locality, district, province], context.region)
    tails, tail_codes = _tails(pc.if_else(asked, shape, None))

    def of_head(name: str) -> pa.Array:
        return pa.array([getattr(head, name, None) for head in heads], pa.string()).take(head_codes)

    def of_tail(at: int) -> pa.Array:
        templates = [None if tail is None else _marked(tail.template.split(END)[at]) for tail in tails]
        return fill(templates, tail_codes, slots)

    read = pc.and_(
        pa.array([head is not None for head in heads], pa.bool_()).take(head_codes),
        pa.array([tail is not None and tail.understood for tail in tails], pa.bool_()).take(tail_codes),
    )
    is_dwelling = pa.array([tail is not None and tail.is_dwelling for tail in tails], pa.bool_()).take(tail_codes)
    shown = pc.if_else(alone, text, _joined(of_head("text"), pc.replace_substring_regex(line, "^[^0-9]*", "")))
    number_key, street_key, unit_key, place = of_tail(3), of_head("street_key"), of_tail(4), of_head("place_key")
    home = dwelling_keys(number_key, street_key, unit_key, place, is_dwelling)
    nothing, country = pa.nulls(len(line), pa.string()), pc.coalesce(country, of_head("country"))
    columns = [
        shown, of_tail(0), of_head("street"), of_tail(1), of_tail(2), nothing, of_head("district"),
        of_head("locality"), of_head("region"), postcode, country, kind,
        pc.if_else(pc.equal(country, "CN"), of_head("code"), None), number_key, street_key, unit_key, place, home,
    ]  # fmt: skip
    return pc.and_(asked, pc.fill_null(read, False)), columns


def _heads(shape: pa.Array, places: list[pa.Array], region: str) -> tuple[list[Head | None], pa.Array]:
    """What stands before the first number, with the places that are known: each once; and which one each row has."""
    distinct = encode([pc.replace_substring_regex(shape, "0.*$", ""), *places])
    rows = zip(*(column.to_pylist() for column in distinct.values), strict=True)
    found = [
        None if head is None or not all(map(_is_ordinary, known)) else read_head(head, tuple(known), region)
        for head, *known in rows
    ]
    return found, distinct.codes


def _tails(shape: pa.Array) -> tuple[list[Tail | None], pa.Array]:
    """What stands from the first number on: each once; and which one each row has."""
    distinct = encode([pc.replace_substring_regex(shape, "^[^0]*0", "")])
    return [None if tail is None else read_tail(tail) for tail in distinct.values[0].to_pylist()], distinct.codes


def _is_ordinary(text: str | None) -> bool:
    """Whether a part is read as it stands."""
    return text is None or (tidy(text) == text and not is_placeholder_word(text))


def _counted(column: pa.Array, word: str) -> pa.Array:
    """A number column with its word: 88 -> 88号."""
    return pc.if_else(pc.match_substring_regex(column, _BARE), pc.binary_join_element_wise(column, word, ""), column)


def _joined(*columns: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(*columns, "", null_handling="replace", null_replacement="")


def _marked(template: str) -> str | None:
    """A template of numbered braces, with marks; None when empty."""
    for at, mark in enumerate(MARKS[:_MOST]):
        template = template.replace(f"{{{at}}}", mark)
    return template or None
