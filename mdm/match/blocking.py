"""Blocking keys: what two records must share to be compared at all, hashed into the one candidate index.

A key is a few features joined to one text; a list feature gives one key for each element. Party and text are hashed
(61 bits of MD5; DuckDB and Python compute the same number) and kept in the index. The first load, the night's increment
and the online request all find their candidates through these numbers.

A key that too many current records share would explode. One rule, on current counts, for all paths: it is replaced by
its finer keys (the same key with another feature added); a finer key that is itself too common gives no candidates.
Both are reported. Finer keys are in the index only for holders of a key that is too common, or once was.

How many are too many depends on what is shared: fifty people may well have one phone and be worth comparing; of fifty
who have no more in common than a name, hardly two are one. Keys of names, dates and places are *weak*. *Counted* keys
give no candidates at all: they only tell who holds a value. The last two bits of a key's number
say which it is, so that whoever sees the number knows its limit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from mdm.match.features import LISTS
from mdm.match.predicates import Row
from mdm.party import PartyType

STRONG, WEAK, COUNTED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Part:
    """A feature, or its first `take` characters."""

    feature: str
    take: int | None = None


@dataclass(frozen=True, slots=True)
class BlockingKey:
    """A key from `parts`; `unordered` keys do not care which part is which (swapped names).

    `finer`: the parts that replace it when it is too common, one key for each tuple added. `weak`: no number, phone or
    e-mail is among its parts. `counted`: it gives no candidates.
    """

    name: str
    parts: tuple[Part, ...]
    finer: tuple[tuple[Part, ...], ...] = ()
    unordered: bool = False
    weak: bool = True
    counted: bool = False

    @property
    def mark(self) -> int:
        """The last two bits of its numbers."""
        return COUNTED if self.counted else WEAK if self.weak else STRONG

    def refinements(self) -> Iterator[BlockingKey]:
        """The finer keys of this key, as keys of their own."""
        for number, extra in enumerate(self.finer, 1):
            yield BlockingKey(f"{self.name}+{number}", (*self.parts, *extra), weak=self.weak)

    def sql(self) -> str:
        """The key's text over feature columns; NULL when a part is missing. Lists stand as their unnested element."""
        texts = [_part_sql(part) for part in self.parts]
        if self.unordered:
            texts = [f"least({texts[0]}, {texts[1]})", f"greatest({texts[0]}, {texts[1]})", *texts[2:]]
            present = " AND ".join(f"{part.feature} IS NOT NULL" for part in self.parts)
            return f"CASE WHEN {present} THEN '{self.name}' || '|' || " + " || '|' || ".join(texts) + " END"
        return f"'{self.name}' || '|' || " + " || '|' || ".join(texts)

    def texts(self, row: Row) -> Iterator[str]:
        """The same texts of one feature row."""
        choices: list[list[str]] = []
        for part in self.parts:
            value = row[part.feature]
            if value is None:
                return
            values = value if part.feature in LISTS else [value]
            choices.append([text[: part.take] for text in values])
        if self.unordered:
            yield "|".join((self.name, *sorted(choice[0] for choice in choices)))
            return
        heads = [self.name]
        for choice in choices:
            heads = [f"{head}|{text}" for head in heads for text in choice]
        yield from heads

    @property
    def list_feature(self) -> str | None:
        """The list feature among the parts, if any (at most one)."""
        return next((part.feature for part in self.parts if part.feature in LISTS), None)


YEAR = Part("birth", 4)
PLACE = Part("place")
KEYS: dict[PartyType, tuple[BlockingKey, ...]] = {
    "person": (
        BlockingKey("identifier", (Part("identifiers"),), finer=((Part("family", 3),), (Part("birth"),)), weak=False),
        BlockingKey("paper", (Part("papers"),), weak=False),
        BlockingKey("phone", (Part("phones"),), finer=((Part("given", 3),), (Part("birth"),)), weak=False),
        BlockingKey("email", (Part("emails"),), finer=((Part("given", 3),), (Part("birth"),)), weak=False),
        BlockingKey(
            "name",
            (Part("given"), Part("family")),
            finer=((YEAR,), (Part("middle", 1), PLACE), (Part("dwelling"),)),
            unordered=True,
        ),
        BlockingKey(
            "birth_given", (Part("birth"), Part("given", 3)), finer=((Part("family", 2),), (Part("dwelling"),))
        ),
        BlockingKey(
            "birth_family", (Part("birth"), Part("family", 3)), finer=((Part("given", 2),), (Part("dwelling"),))
        ),
        BlockingKey("birth_place", (Part("birth"), PLACE), finer=((Part("family", 1),), (Part("given", 1),))),
        BlockingKey("dwelling", (Part("dwelling"),), counted=True),
        BlockingKey("account", (Part("accounts"),), weak=False, counted=True),
        BlockingKey("dwelling_given", (Part("dwelling"), Part("given", 2))),
        BlockingKey("street_given", (Part("street"), Part("number"), Part("given", 2)), finer=((PLACE,), (YEAR,))),
        BlockingKey("house_family", (Part("number"), PLACE, Part("family", 4)), finer=((Part("street", 4),),)),
        BlockingKey(
            "short_name",
            (Part("given", 3), Part("family", 4), Part("middle", 1)),
            finer=((YEAR,), (Part("street"),)),
        ),
    ),
    "organisation": (
        BlockingKey("identifier", (Part("identifiers"),), weak=False),
        BlockingKey("phone", (Part("phones"),), finer=((Part("organisation", 4),),), weak=False),
        BlockingKey("email", (Part("emails"),), finer=((Part("organisation", 4),),), weak=False),
        BlockingKey("organisation", (Part("organisation"),), finer=((PLACE,), (Part("dwelling"),)), weak=False),
        BlockingKey("organisation_start", (Part("organisation", 8),), finer=((PLACE,), (Part("street"),))),
        BlockingKey("dwelling", (Part("dwelling"),), counted=True),
        BlockingKey("account", (Part("accounts"),), weak=False, counted=True),
        BlockingKey("dwelling_organisation", (Part("dwelling"), Part("organisation", 2))),
    ),
}


@dataclass(frozen=True, slots=True)
class BlockLimits:
    """How many current records may share a key before it is too common: `most`, and `most_weak` for weak keys."""

    most: int
    most_weak: int

    def of(self, key: int) -> int:
        """The limit of a key's number; 0 for one that is only counted."""
        return (self.most, self.most_weak, 0)[key & 3]

    def sql(self, key: str = "key") -> str:
        """The same for DuckDB and PostgreSQL; NULL for a key that is only counted, neither usable nor too common."""
        return f"(CASE {key} % 4 WHEN {STRONG} THEN {self.most} WHEN {WEAK} THEN {self.most_weak} END)"


@dataclass(frozen=True, slots=True)
class RecordKey:
    """One key of a record: its number, and the number of the key that it refines (None: it is not a refinement)."""

    name: str
    text: str
    key: int
    base: int | None = None


def hash_text(party: PartyType, text: str, mark: int) -> int:
    """A key's number: 61 bits of MD5 (of its lower half, little endian) before its mark."""
    digest = hashlib.md5(f"{party}|{text}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[8:], "little") >> 3 << 2 | mark


def keys_of(row: Row, party: PartyType) -> list[RecordKey]:
    """All keys of one feature row, with the finer keys that each has if it is too common."""
    found = []
    for key in KEYS[party]:
        for text in key.texts(row):
            base = hash_text(party, text, key.mark)
            found.append(RecordKey(key.name, text, base))
            element = {**row, key.list_feature: [text.split("|", 1)[1]]} if key.list_feature else row
            for finer in key.refinements():
                numbers = ((t, hash_text(party, t, key.mark)) for t in finer.texts(element))
                found += [RecordKey(finer.name, text_, number, base) for text_, number in numbers]
    return found


def keys_sql(features: str, party: PartyType) -> str:
    """SELECT record_id, name, text, key over a features relation: the keys in bulk, without the finer ones."""
    union = " UNION ALL ".join(
        f"SELECT record_id, '{key.name}' AS name, {key.sql()} AS text, {key.mark} AS mark "
        f"FROM {_elements_sql(features, key)}"
        for key in KEYS[party]
    )
    number = _hash_sql(party, "text", "mark")
    return f"SELECT record_id, name, text, {number} AS key FROM ({union}) WHERE text IS NOT NULL"


def finer_keys_sql(features: str, party: PartyType, common: str) -> str:
    """SELECT record_id, name, text, key, base: the finer keys that replace those of `common` (record_id, name, key)."""
    selects = []
    for key in KEYS[party]:
        if not key.finer:
            continue
        holders = f"(SELECT * FROM {features} SEMI JOIN (SELECT record_id FROM {common} WHERE name = '{key.name}') "
        holders += "USING (record_id))"
        texts = ", ".join(f"{{'name': '{finer.name}', 'text': {finer.sql()}}}" for finer in key.refinements())
        selects.append(
            f"SELECT record_id, unnest([{texts}]) AS finer, {_hash_sql(party, key.sql(), str(key.mark))} AS base, "
            f"{key.mark} AS mark FROM {_elements_sql(holders, key)}"
        )
    union, number = " UNION ALL ".join(selects), _hash_sql(party, "finer.text", "mark")
    return (
        f"SELECT record_id, finer.name AS name, finer.text AS text, {number} AS key, base "
        f"FROM ({union}) SEMI JOIN (SELECT record_id, key AS base FROM {common}) USING (record_id, base) "
        "WHERE finer.text IS NOT NULL"
    )


def _elements_sql(features: str, key: BlockingKey) -> str:
    """`features`, with a row for each element of the list that the key reads, if it reads one."""
    if key.list_feature is None:
        return features
    return f"(SELECT * REPLACE (unnest({key.list_feature}) AS {key.list_feature}) FROM {features})"


def _part_sql(part: Part) -> str:
    return part.feature if part.take is None else f"left({part.feature}, {part.take})"


def _hash_sql(party: PartyType, text: str, mark: str) -> str:
    return f"((md5_number('{party}|' || {text}) >> 67 << 2)::BIGINT | {mark})"
