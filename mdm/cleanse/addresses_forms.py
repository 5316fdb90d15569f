"""Chinese addresses that differ only in their numbers are read once; the numbers are put into what was found.

No pattern looks at the value of a number, and a key drops only its leading zeros. So a line without such zeros is read
with a stand-in for every number, as `split_address` does, and the places of the numbers are kept (a test holds this
equal to `read_whole`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mdm.cleanse.addresses_chinese import NOT_UNDERSTOOD, line_of, read_compact, read_whole
from mdm.cleanse.addresses_roads import Read, read_road
from mdm.cleanse.fold import CACHED, has_han
from mdm.cleanse.lines_chinese import BY_STAND_IN, COMPACT, OTHER_DIGIT, POSTCODE_HEADS, RUN, STAND_INS
from mdm.cleanse.placeholders import is_placeholder_word
from mdm.cleanse.postal import AddressKeys, AddressText
from mdm.cleanse.values import Issue

_RUNS = re.compile(r"([0-9]+)")
_END = "\x1f"  # between the pieces of a template
_SHOWN = len(AddressText._fields)
_TEXT, _PO_BOX, _POSTCODE, _COUNTRY = map(AddressText._fields.index, ("text", "po_box", "postcode", "country"))
_NO_PARTS = (None,) * (_POSTCODE - 1)
_Places = tuple[str | None, str | None, str | None]


class _Form(NamedTuple):
    """What lines of one shape say: `values` of shown parts and keys; `template` of those with numbers, at `places`."""

    values: tuple[str | None, ...]
    template: str
    places: tuple[int, ...]
    understood: bool


def read_chinese(parts: AddressText, region: str, issues: list[Issue]) -> tuple[AddressText, AddressKeys]:
    """Display parts and keys of a Chinese address; parts that were delivered apart win over the line of text."""
    text, *_, district, locality, province, postcode, country, _ = parts
    apart = text is not None and parts[1:_POSTCODE] != _NO_PARTS
    found = None if apart else read_form(line_of(parts), (locality, district, province), region)
    if found is None:
        return read_whole(parts, region, issues)
    values = found.values
    if text is not None:
        values[_TEXT] = text
    values[_PO_BOX] = parts.po_box
    values[_POSTCODE] = postcode or values[_POSTCODE]
    if country:
        values[_COUNTRY] = country.upper()
    if not found.understood:
        issues.append(NOT_UNDERSTOOD)
    return AddressText._make(values[:_SHOWN]), AddressKeys._make(values[_SHOWN:])


def read_form(line: str, places: _Places, region: str) -> Read | None:
    """A line of text read by its form, in a known locality, district and region; None when to be read as a whole."""
    pieces = _RUNS.split(line)
    numbers = pieces[1::2]
    for number in numbers:
        if number[0] == "0":
            return None
    texts = pieces[::2]
    found = read_road(line, texts, numbers, places, region)
    if found is not None:
        return found
    form = _form("0".join(texts), places, region)
    if form is None:
        return None
    values = list(form.values)
    if form.places:
        for place, piece in zip(form.places, form.template.format(*numbers).split(_END), strict=True):
            values[place] = piece
    return Read(values, form.understood)


@lru_cache(maxsize=CACHED)
def _form(shape: str, places: _Places, region: str) -> _Form | None:
    """A line with 0 for each of its numbers, read with stand-ins; None when it has to be read as a whole."""
    if COMPACT.fullmatch(shape) is None or shape[:1] in POSTCODE_HEADS or shape.count("0") > len(STAND_INS):
        return None
    if not has_han(shape) or is_placeholder_word(shape):
        return None
    known = "".join(filter(None, places))
    if known and (OTHER_DIGIT.search(known) or "{" in known or _END in known):
        return None
    digits = iter(STAND_INS)
    parts = AddressText(locality=places[0], district=places[1], region=places[2])
    shown, keys, line = read_compact(RUN.sub(lambda match: next(digits), shape), parts, region)
    if line.remark is not None or (line.number is not None and not line.on_road):
        return None  # something is to be said of it, or what was found is read again
    values: list[str | None] = [*shown, *keys]
    if "0" not in shape:
        return _Form(tuple(values), "", (), line.left is None)
    pieces = _END.join([value or "" for value in values]).translate(BY_STAND_IN).split(_END)
    numbered = [(at, piece) for at, piece in enumerate(pieces) if "{" in piece]
    template = _END.join([piece for _, piece in numbered])
    return _Form(tuple(values), template, tuple([at for at, _ in numbered]), line.left is None)
