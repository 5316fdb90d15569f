"""Names of the commonest forms, whole columns at once: 张伟, Ann Lee; see `mdm.cleanse.names_ordinary`.

As in `mdm.cleanse.columns`: the cleanser reads what is left, and would give the same here (a test holds both equal).
Names are put together of words, and words repeat: each is read once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mdm.cleanse import names_chinese as chinese
from mdm.cleanse.columns import Columns
from mdm.cleanse.distinct import encode
from mdm.cleanse.names_ordinary import LATIN_NAME, family_hanzi, given_hanzi, word
from mdm.cleanse.placeholders import is_placeholder_name
from mdm.cleanse.values import CleanseContext

_HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"
_HANZI_NAME = f"^{_HAN}{{2,4}}$"
_LATIN_NAME = f"^(?:{LATIN_NAME})$"


class _Words(NamedTuple):
    """Words of names in Latin letters: one array for each thing to know of them, null where a word is not ordinary."""

    known: pa.Array
    shown: pa.Array
    given: pa.Array
    rest: pa.Array
    middle: pa.Array
    family: pa.Array
    title: pa.Array
    suffix: pa.Array
    particle: pa.Array
    surname: pa.Array
    syllables: pa.Array

    def where(self, chosen: pa.Array, other: _Words) -> _Words:
        """These words where chosen, else the others."""
        return _Words(*(pc.if_else(chosen, mine, theirs) for mine, theirs in zip(self, other, strict=True)))


def ordinary_names(values: list[pa.Array], context: CleanseContext) -> Columns:
    """(party, full name, parts of a name, name of an organisation) -> parts, keys, and nothing of an organisation."""
    party, full, prefix, given, middle, family, suffix, former, organisation = values
    asked = pc.and_not(organisation.is_null(), pc.fill_null(pc.equal(party, "organisation"), False))
    for part in (prefix, suffix, former):
        asked = pc.and_(asked, part.is_null())
    without = pc.and_(given.is_null(), family.is_null())
    whole = pc.and_(pc.and_(asked, without), pc.and_(middle.is_null(), full.is_valid()))
    apart = pc.and_(asked, pc.and_(given.is_valid(), family.is_valid()))
    native = pc.fill_null(pc.match_substring_regex(pc.if_else(whole, full, given), _HAN), False)
    split = _split_hanzi(pc.if_else(pc.and_(whole, native), full, None))
    both = pc.and_(apart, pc.and_(native, middle.is_null()))
    split = [pc.coalesce(part, own) for part, own in zip(split, _not_swapped(both, given, family), strict=True)]
    hanzi, in_hanzi = _in_hanzi(split[0], split[1])
    mine = pc.and_not(apart, native)
    delivered = [pc.if_else(mine, part, None) for part in (given, middle, family)]
    split = _split_words(pc.if_else(pc.and_not(whole, native), full, None))
    first, second, last = (pc.coalesce(part, own) for part, own in zip(split, delivered, strict=True))
    latin, in_latin = _in_latin(first, second, last, whole, context.region)
    found = pc.or_(hanzi, latin)
    nothing = pa.nulls(len(full), pa.string())
    columns = [pc.coalesce(one, other) for one, other in zip(in_hanzi, in_latin, strict=True)]
    return found, [*columns, nothing, nothing, nothing]


def _split_hanzi(full: pa.Array) -> list[pa.Array]:
    """Given and family names of full names that are ordinary."""
    distinct = encode([pc.if_else(pc.match_substring_regex(full, _HANZI_NAME), full, None)])
    pairs = [
        chinese.split_ordinary(text)
        if text is not None and chinese.is_ordinary(text) and not is_placeholder_name(text)
        else (None, None)
        for text in distinct.values[0].to_pylist()
    ]
    return [distinct.spread(pa.array([pair[at] for pair in pairs], pa.string())) for at in (0, 1)]


def _not_swapped(asked: pa.Array, given: pa.Array, family: pa.Array) -> list[pa.Array]:
    """Given and family names in hanzi that were delivered apart and stand where they belong."""
    distinct = encode([pc.if_else(asked, given, None), pc.if_else(asked, family, None)])
    pairs = [
        (None, None) if own is None or chinese.is_swapped_hanzi(own, last) else (own, last)
        for own, last in zip(*(column.to_pylist() for column in distinct.values), strict=True)
    ]
    return [distinct.spread(pa.array([pair[at] for pair in pairs], pa.string())) for at in (0, 1)]


def _in_hanzi(given: pa.Array, family: pa.Array) -> Columns:
    """Parts and keys of names in hanzi."""
    first, first_key, first_known = _natives(given, given_hanzi)
    last, last_key, last_known = _natives(family, family_hanzi)
    found = pc.and_(first_known, last_known)
    no = pa.nulls(len(given), pa.string())
    columns = [no, given, no, family, no, no, first_key, no, last_key, no, first, last]
    return found, [pc.if_else(found, column, None) for column in columns]


def _natives(column: pa.Array, read: Any) -> tuple[pa.Array, pa.Array, pa.Array]:
    """(simplified hanzi, their key, whether they are ordinary) of words in hanzi."""
    distinct = encode([column])
    found = [None if text is None else read(text) for text in distinct.values[0].to_pylist()]
    texts = [pa.array([None if one is None else one[at] for one in found], pa.string()) for at in (0, 1)]
    known = pa.array([one is not None for one in found], pa.bool_())
    return distinct.spread(texts[0]), distinct.spread(texts[1]), distinct.spread(known)


def _split_words(full: pa.Array) -> list[pa.Array]:
    """The first, perhaps a middle, and the last word of full names of two or three words that may be ordinary."""
    distinct = encode([full])
    texts = distinct.values[0]
    placeholder = pa.array([text is not None and is_placeholder_name(text) for text in texts.to_pylist()], pa.bool_())
    clear = pc.and_not(pc.match_substring_regex(texts, _LATIN_NAME), placeholder)
    parts = pc.split_pattern(pc.if_else(clear, texts, None), " ")
    flat, starts = parts.flatten(), parts.offsets.to_numpy()
    count = np.diff(starts)
    last = pa.array(starts[1:] - 1, mask=count < 2)
    second = pa.array(starts[:-1] + 1, mask=count < 3)
    first = pa.array(starts[:-1], mask=count < 2)
    return [distinct.spread(flat.take(places)) for places in (first, second, last)]


def _in_latin(given: pa.Array, middle: pa.Array, family: pa.Array, whole: pa.Array, region: str) -> Columns:
    """Parts and keys of names in Latin letters; `whole`: of those the order of the words is to be found."""
    first, second, last = (_words(column, region) for column in (given, middle, family))
    alone = middle.is_null()
    found = pc.and_(pc.and_(first.known, last.known), pc.or_(alone, second.known))
    ordered = pc.and_(first.syllables, last.syllables)  # in pinyin the family name comes first
    plain = pc.invert(pc.or_(first.title, last.suffix))
    settled = pc.or_(alone, pc.invert(pc.or_(second.particle, pc.and_(ordered, second.syllables))))
    found = pc.and_(found, pc.or_(pc.invert(whole), pc.and_(plain, settled)))
    turned = pc.and_(pc.and_(whole, alone), pc.and_(ordered, pc.or_(first.surname, pc.invert(last.surname))))
    first, last = last.where(turned, first), first.where(turned, last)
    swapped = pc.and_(pc.and_not(first.surname, last.surname), last.syllables)  # which needs a remark
    found = pc.fill_null(pc.and_not(found, swapped), False)
    rest = pc.binary_join_element_wise(pc.fill_null(first.rest, ""), pc.fill_null(second.middle, ""), "")
    no = pa.nulls(len(given), pa.string())
    columns = [
        no, first.shown, second.shown, last.shown, no, no, first.given, pc.if_else(pc.equal(rest, ""), None, rest),
        last.family, no, no, no,
    ]  # fmt: skip
    return found, [pc.if_else(found, column, None) for column in columns]


def _words(column: pa.Array, region: str) -> _Words:
    """What there is to know of each word; false and null of those that are not ordinary."""
    distinct = encode([column])
    found = [None if text is None else word(text, region) for text in distinct.values[0].to_pylist()]

    def texts(of: Any) -> pa.Array:
        return distinct.spread(pa.array([None if one is None else of(one) for one in found], pa.string()))

    def flags(of: Any) -> pa.Array:
        return distinct.spread(pa.array([one is not None and of(one) for one in found], pa.bool_()))

    return _Words(
        flags(lambda one: True),
        texts(lambda one: one.shown),
        texts(lambda one: one.given[0]),
        texts(lambda one: one.given[1]),
        texts(lambda one: one.middle),
        texts(lambda one: one.family),
        flags(lambda one: one.title),
        flags(lambda one: one.suffix),
        flags(lambda one: one.particle),
        flags(lambda one: one.surname),
        flags(lambda one: one.syllables),
    )
