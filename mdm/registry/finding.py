"""One box for everything: a PIN, a source key, a phone, an e-mail address, an identifier, an account, a name in any
script, an address or the street of one. It says what each customer was found by.

Nothing is scanned: a text is read as whatever it can be, and each reading is looked up in an index. So a name needs its
given and its family name (in either order), a company at least the first eight letters of its key, an address the
beginning of its street; half a name finds nobody.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from mdm.cleanse.record import cleanse_record
from mdm.cleanse.values import CleanseContext
from mdm.errors import NotFound, UsageError
from mdm.match.blocking import keys_of
from mdm.match.features import PAPER, PROOF, features_of
from mdm.party import PartyType
from mdm.registry.keys import SourceKey, names_a_household, read_key
from mdm.registry.search import READERS
from mdm.store import finding

LONGEST = 200  # characters of a search
MOST_HOLDERS = 400  # records looked at for each reading
PAGE = 20
_NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{5,}[0-9]")  # a phone amid other words
_DIGIT = re.compile(r"[0-9]")
# by what a customer was found, the most telling first
BY = ("pin", "key", "identifier", "phone", "email", "account", "name", "organisation", "address", "street")
_OF_KEYS = {"name": "name", "organisation": "organisation", "organisation_start": "organisation", "dwelling": "address"}


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer that was found. by: what of it (names of `BY`). status, redirect_to: as its PIN stands."""

    pin: str
    party: str
    status: str
    redirect_to: str | None
    by: tuple[str, ...]
    golden: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Found:
    """The customers, the most telling first. more: how many were left out. household: its id, if one was asked for."""

    hits: tuple[Hit, ...]
    more: int = 0
    household: str | None = None


def find(connection: sa.Connection, text: str, *, region: str, systems: Sequence[str], count: int = PAGE) -> Found:
    """Whoever a text may mean. region: the country that values are read by; systems: those of source keys."""
    text = " ".join(text.split())[:LONGEST]
    if not text:
        return Found(())
    if names_a_household(text):
        return Found((), household=re.sub(r"[ -]", "", text).upper())
    by: defaultdict[str, set[str]] = defaultdict(set)
    for pin, how in _found(connection, text, region, systems):
        by[pin].add(how)
    ranked = sorted(by, key=lambda pin: (-len(by[pin]), min(BY.index(how) for how in by[pin]), pin))
    states = finding.standing(connection, ranked[:count])
    hits = [_hit(states[pin], by[pin]) for pin in ranked[:count] if pin in states]
    return Found(tuple(hits), more=max(0, len(ranked) - count))


def _hit(state: finding.Standing, by: set[str]) -> Hit:
    told = tuple(how for how in BY if how in by)
    return Hit(state.pin, state.party, state.status, state.redirect_to, told, state.doc)


def _found(connection: sa.Connection, text: str, region: str, systems: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(PIN, by what) of each reading."""
    for part in _parts(text):
        yield from _by_itself(connection, part, systems)
    keys = _keys(text, region)
    for key, pin in finding.pins_holding(connection, sorted(keys), most=MOST_HOLDERS):
        yield pin, keys[key]
    for street, number in _streets(text, region):
        for pin in finding.pins_on_street(connection, street, number, most=MOST_HOLDERS):
            yield pin, "street"


def _parts(text: str) -> list[str]:
    """The whole text, what commas divide, and numbers apart from the words around them."""
    found = [text, *(part.strip() for part in re.split(r"[,;，；、]", text))]
    number = _NUMBER.search(text)
    if number is not None:
        found += [number[0], f"{text[: number.start()]} {text[number.end() :]}"]
    return list(dict.fromkeys(part for part in map(str.strip, found) if part))


def _by_itself(connection: sa.Connection, text: str, systems: Sequence[str]) -> Iterator[tuple[str, str]]:
    """By PIN, by source key, or by the local id of one."""
    try:
        key = read_key(text)
    except NotFound:
        key = SourceKey("", text)
    if isinstance(key, str):
        yield key, "pin"
        return
    named = systems if not key.system else [key.system]
    for pin in finding.pins_of_keys(connection, named, key.local_id):
        yield pin, "key"


def _keys(text: str, region: str) -> dict[int, str]:
    """The numbers of the candidate index of all that the parts of a text can be read as -> what that is."""
    found: dict[int, str] = {}
    for part in _parts(text):
        for name, written in _values(part, region):
            try:
                found |= dict.fromkeys(READERS[name](written, region), name)
            except UsageError:
                continue  # it is none
        for row, party in _rows(part, region):
            found |= {key.key: _OF_KEYS[key.name] for key in keys_of(row, party) if key.name in _OF_KEYS}
    return found


def _values(part: str, region: str) -> Iterator[tuple[str, str]]:
    """What may be a number or an e-mail address, as `READERS` want it."""
    if "@" in part:
        yield "email", part
    if _DIGIT.search(part) is None:
        return
    yield "account", part
    yield "phone", part
    for kind in (*PROOF, *PAPER):
        for issuer in ("", region):
            yield "identifier", f"{kind}:{issuer}:{part}"


def _rows(part: str, region: str) -> Iterator[tuple[Mapping[str, Any], PartyType]]:
    """The features of a person of that name, of a company of that name, of somebody at that address."""
    texts: tuple[tuple[PartyType, dict[str, Any]], ...] = (
        ("organisation", {"organisation_name": part}), ("person", {"address": {"text": part}}),
        ("organisation", {"address": {"text": part}}),
    )  # fmt: skip
    if _DIGIT.search(part) is None:
        texts = (("person", {"name_full": part}), *texts)
    for party, mapped in texts:
        yield _features({"party": party, **mapped}, region), party


def _streets(text: str, region: str) -> Iterator[tuple[str, str | None]]:
    """The street and number of what reads as an address; a street alone needs three letters or two hanzi."""
    row = _features({"party": "person", "address": {"text": text}}, region)
    street = row["street"]
    if street is not None and (len(street) >= 3 or (len(street) >= 2 and not street.isascii())):
        yield street, row["number"]


def _features(mapped: dict[str, Any], region: str) -> dict[str, Any]:
    cleansed = cleanse_record(mapped, context=CleanseContext(region=region))
    return features_of(orjson.loads(orjson.dumps(cleansed)))
