"""Chinese addresses that differ only in their numbers are read once; the numbers are put into what was found.

No pattern looks at the value of a number, and a key drops only its leading zeros. So a line without such zeros is read
with a stand-in for every number, as `split_address` does, and the places of the numbers are kept (a test holds this
equal to `read_whole`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mdm.cleanse.addresses_chinese import NOT_UNDERSTOOD, line_of, read_line, read_whole
from mdm.cleanse.fold import CACHED
from mdm.cleanse.lines_chinese import BY_STAND_IN, COMPACT, OTHER_DIGIT, POSTCODE_HEADS, RUN, STAND_INS
from mdm.cleanse.postal import AddressKeys, AddressText
from mdm.cleanse.values import Issue

_LEADING_ZERO = re.compile(r"(?<![0-9])0")
_END = "\x1f"  # between the pieces of a template
_SHOWN = len(AddressText._fields)
_TEXT, _PO_BOX, _POSTCODE, _COUNTRY, _KIND = map(
    AddressText._fields.index, ("text", "po_box", "postcode", "country", "kind")
)
_NO_PARTS = (None,) * (_POSTCODE - 1)


class _Form(NamedTuple):
    """What lines of one shape say: `values` of shown parts and keys; `template` of those with numbers, at `places`."""

    values: tuple[str | None, ...]
    template: str
    places: tuple[int, ...]
    understood: bool


def read_chinese(parts: AddressText, region: str, issues: list[Issue]) -> tuple[AddressText, AddressKeys]:
    """Display parts and keys of a Chinese address; parts that were delivered apart win over the line of text."""
    line = line_of(parts)
    if (
        (parts.text is not None and parts[1:_POSTCODE] != _NO_PARTS)
        or COMPACT.fullmatch(line) is None
        or line[:1] in POSTCODE_HEADS
        or _LEADING_ZERO.search(line) is not None
    ):
        return read_whole(parts, region, issues)
    form = _form(RUN.sub("0", line), parts.locality, parts.district, parts.region, region)
    if form is None:
        return read_whole(parts, region, issues)
    values = list(form.values)
    if form.places:
        pieces = form.template.format(*RUN.findall(line)).split(_END)
        for place, piece in zip(form.places, pieces, strict=True):
            values[place] = piece
    values[_TEXT] = parts.text or values[_TEXT]
    values[_PO_BOX] = parts.po_box
    values[_POSTCODE] = parts.postcode or values[_POSTCODE]
    values[_COUNTRY] = parts.country.upper() if parts.country else values[_COUNTRY]
    if not form.understood:
        issues.append(NOT_UNDERSTOOD)
    return AddressText._make(values[:_SHOWN]), AddressKeys._make(values[_SHOWN:])


@lru_cache(maxsize=CACHED)
def _form(shape: str, locality: str | None, district: str | None, province: str | None, region: str) -> _Form | None:
    """A line with 0 for each of its numbers, read with stand-ins; None when it has to be read as a whole."""
    places = "".join(filter(None, (locality, district, province)))
    if shape.count("0") > len(STAND_INS) or OTHER_DIGIT.search(shape) or OTHER_DIGIT.search(places) or _END in places:
        return None
    digits = iter(STAND_INS)
    parts = AddressText(locality=locality, district=district, region=province)
    shown, keys, line = read_line(RUN.sub(lambda match: next(digits), shape), parts, region)
    if line.number is not None and not line.on_road:
        return None  # what was found is read again
    values: list[str | None] = [*shown, *keys]
    if "0" not in shape:
        return _Form(tuple(values), "", (), line.left is None)
    numbered = [at for at, value in enumerate(values) if value is not None and OTHER_DIGIT.search(value)]
    template = _END.join([(values[at] or "").translate(BY_STAND_IN) for at in numbered])
    return _Form(tuple(values), template, tuple(numbered), line.left is None)
