"""Chinese addresses with a house number on a road: what stands before the number, and from it on, are read apart.

Places and roads repeat (甘肃省兰州市城关区中山路), and so does what follows (0号阳光家园0号楼0单元0室, with 0 for each
number), but hardly their combinations. Each is read together with an example of the other, and counts only where that
shows the road to end where the number begins; no pattern looks from one over the other (a test holds this equal to
`read_whole`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from mdm.cleanse.addresses_chinese import read_compact
from mdm.cleanse.divisions import address_code
from mdm.cleanse.fold import CACHED, simplify
from mdm.cleanse.lines_chinese import BY_STAND_IN, COMPACT, POSTCODE_HEADS, RUN, STAND_INS
from mdm.cleanse.postal import AddressText, dwelling

_EXAMPLE_ROAD, _EXAMPLE_NUMBER = "某路", "0号"
END = "\x1f"  # between the pieces of a template


class Head(NamedTuple):
    """What stands before the house number: parts as shown, and keys."""

    text: str
    street: str | None
    district: str | None
    locality: str | None
    region: str | None
    country: str | None
    street_key: str | None
    place_key: str | None

    @property
    def code(self) -> str | None:
        """The administrative code of its place, if that is in China."""
        return address_code(self.region, self.locality, self.district)


class Tail(NamedTuple):
    """From the house number on: `template` of number, unit, building, and the keys of number and unit."""

    template: str
    is_dwelling: bool
    understood: bool


class Read(NamedTuple):
    """What a line says: `values` of shown parts and then keys; whether all of it was understood."""

    values: list[str | None]
    understood: bool


def read_road(
    line: str, texts: list[str], numbers: list[str], parts: tuple[str | None, str | None, str | None], region: str
) -> Read | None:
    """A `line`, which is `texts` around `numbers` (none begins with 0), of known locality, district and region.

    None where it is not a number on a road and nothing but hanzi, letters, digits and hyphens.
    """
    head = read_head(texts[0], parts, region)
    tail = read_tail("0".join(texts[1:])) if head is not None and numbers else None
    if head is None or tail is None:
        return None
    number, unit, building, number_key, unit_key = tail.template.format(*numbers).split(END)
    text, street, district, locality, province, country, street_key, place = head
    home = dwelling(number_key, street_key, unit_key, None, place) if tail.is_dwelling else None
    values = [
        text + line[len(texts[0]) :], number, street, unit or None, building or None, None, district, locality,
        province, None, country, None, number_key, street_key, unit_key or None, place, home,
    ]  # fmt: skip
    return Read(values, tail.understood)


@lru_cache(maxsize=CACHED)
def read_head(head: str, parts: tuple[str | None, str | None, str | None], region: str) -> Head | None:
    """What stands before a house number, read with an example of one."""
    locality, district, province = parts
    if COMPACT.fullmatch(head) is None or head[:1] in POSTCODE_HEADS:
        return None
    if district is not None and not district.isalpha():
        return None  # with a digit it might reach into the number
    known = AddressText(locality=locality, district=district, region=province)
    shown, keys, line = read_compact(f"{head}{_EXAMPLE_NUMBER}", known, region)
    if (
        line.remark is not None
        or not line.on_road
        or line.number != "0"
        or line.road is None
        or not simplify(head).endswith(line.road)
    ):
        return None
    text = (shown.text or "").removesuffix(_EXAMPLE_NUMBER)
    return Head(
        text, shown.street, shown.district, shown.locality, shown.region, shown.country, keys.street, keys.place
    )


@lru_cache(maxsize=CACHED)
def read_tail(shape: str) -> Tail | None:
    """What stands from a house number on, 0 for each number but the first, read after an example of a road."""
    if COMPACT.fullmatch(shape) is None or shape.count("0") >= len(STAND_INS) or simplify(shape) != shape:
        return None
    digits = iter(STAND_INS)
    text = RUN.sub(lambda match: next(digits), f"0{shape}")
    shown, keys, line = read_compact(_EXAMPLE_ROAD + text, AddressText(), "CN")
    if line.road != _EXAMPLE_ROAD or not line.on_road:
        return None
    found = (shown.number, shown.unit, shown.building, keys.number, keys.unit)
    template = END.join([piece or "" for piece in found]).translate(BY_STAND_IN)
    return Tail(template, keys.dwelling is not None, line.left is None)
