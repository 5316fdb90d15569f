"""What a column of a target may hold: the words of target contracts, and where each value is found.

A value is found twice: in the golden document of the customer (what the target is told) and in the target's own record
(what it has). Both as DuckDB SQL over the structures `GOLDEN` and `OWN`, read once per row from JSON.

=============================  =======================================================================================
``key`` ``pin`` ``household``  the target's key, the customer's PIN, the household's (or legal entity's) id
``party``                      person | organisation
``action``                     new | changed | moved (to another PIN) | gone | unchanged (in full deliveries)
``moved_from``                 the PIN under which the key was told before, of rows that moved
``repeat``                     1 when the same was delivered before and refused, or not answered
``delivery``                   the number of the delivery
``name.full`` ``birth_date``   values of the golden record, by the names of source contracts; of a list the first that
``phones`` ``address.text``    fits (`matching`, `place`); phones, e-mails and addresses that have ended are left out
=============================  =======================================================================================
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from mdm.contracts.target_model import TargetColumn
from mdm.party import ADDRESS_PARTS, IDENTIFIER_TYPES

OF_ROW = ("key", "pin", "household", "party", "action", "moved_from", "repeat", "delivery")
CONTENT_OF_ROW = ("household", "party")  # those that a customer changes, besides its values
ACTIONS = ("new", "changed", "moved", "gone", "unchanged")
NAME_PARTS = ("prefix", "given", "middle", "family", "suffix", "native")
LISTS = ("phones", "emails", "accounts")
SINGLE = ("birth_date", "death_date", "sex")
DATES = ("birth_date", "death_date")
OPEN = ("attributes", "consents")  # attributes.<name>, consents.<purpose>.<channel>

VALUES = (
    *OF_ROW, "name.full", *(f"name.{part}" for part in NAME_PARTS), "organisation.name", "organisation.form", *SINGLE,
    *(f"identifiers.{name}" for name in IDENTIFIER_TYPES), *LISTS,
    *(f"address.{field}" for field in ADDRESS_PARTS),
)  # fmt: skip

_GROUPS = {"death_date": "birth_date"}
_ENTRY = '"record":["VARCHAR"],"valid_from":"VARCHAR","valid_to":"VARCHAR"'


def _struct(*names: str) -> str:
    return "{" + ",".join(f'"{name}":"VARCHAR"' for name in names) + "}"


GOLDEN = (
    "{"
    f'"party":"VARCHAR","name":{{"value":{_struct(*NAME_PARTS)},{_ENTRY}}},'
    f'"organisation":{{"value":{_struct("name", "form")},{_ENTRY}}},'
    + ",".join(f'"{name}":{{"value":"VARCHAR",{_ENTRY}}}' for name in SINGLE)
    + f',"identifiers":[{{"type":"VARCHAR","value":"VARCHAR",{_ENTRY}}}],'
    + ",".join(f'"{name}":[{{"value":"VARCHAR",{_ENTRY}}}]' for name in LISTS)
    + f',"address":{{"value":{_struct(*ADDRESS_PARTS)},{_ENTRY}}},'
    f'"consents":[{{"purpose":"VARCHAR","channel":"VARCHAR","value":"VARCHAR",{_ENTRY}}}],'
    f'"attributes":[{{"name":"VARCHAR","value":"VARCHAR",{_ENTRY}}}]'
    "}"
)
_DATED = '"valid_to":"VARCHAR"'
OWN = (
    "{"
    + ",".join(
        f'"{name}":"VARCHAR"'
        for name in (
            "name_prefix", "name_given", "name_middle", "name_family", "name_suffix", "given_native", "family_native",
            "organisation_name", "organisation_form", *SINGLE,
        )
    )
    + ',"identifiers":[{"type":"VARCHAR","value":"VARCHAR"}],'
    f'"phones":[{{"number":"VARCHAR",{_DATED}}}],"emails":[{{"address":"VARCHAR",{_DATED}}}],"accounts":["VARCHAR"],'
    f'"address":{_struct(*ADDRESS_PARTS)},'
    '"consents":[{"purpose":"VARCHAR","channel":"VARCHAR","granted":"VARCHAR"}],'
    '"attributes":[{"name":"VARCHAR","value":"VARCHAR"}],'
    '"issues":[{"attribute":"VARCHAR","mark":"VARCHAR","reason":"VARCHAR"}]'
    "}"
)  # fmt: skip
ORIGINAL = '{"name_full":"VARCHAR","organisation_name":"VARCHAR","address":{"text":"VARCHAR"}}'

# What members of `GOLDEN` and `OWN` a value needs; reading less is quicker.
_OWN_LIST = {"phones": "number", "emails": "address"}


@dataclass(frozen=True, slots=True)
class Found:
    """SQL of a value: its text, the record that it comes from ([system, local id]; null: a steward), and its date."""

    text: str
    record: str
    since: str


def is_value(word: str) -> bool:
    """Whether a column may hold this."""
    head, _, rest = word.partition(".")
    if head == "attributes":
        return bool(rest)
    if head == "consents":
        return rest.count(".") == 1 and all(rest.split("."))
    return word in VALUES


def nearest_value(word: str) -> str | None:
    """The value that somebody who wrote `word` meant."""
    found = difflib.get_close_matches(word, VALUES, n=1)
    return found[0] if found else None


def group_of(word: str) -> str:
    """The trust group of a value."""
    head = word.partition(".")[0]
    return _GROUPS.get(head, head)


def attribute_of(word: str) -> str:
    """The attribute of the golden record that a value is of."""
    return word.partition(".")[0]


def is_of_row(column: TargetColumn) -> bool:
    """Whether the column says something of the row, not of the customer."""
    return column.value in OF_ROW


def told(column: TargetColumn) -> Found:
    """The golden value of a column, in the structure ``d`` (`GOLDEN`)."""
    head, _, rest = column.value.partition(".")
    if column.value == "name.full":
        person = _name("d.name.value.native", *(f"d.name.value.{part}" for part in NAME_PARTS[:-1]))
        return Found(
            f"coalesce({person}, d.organisation.value.name)", "coalesce(d.name.record, d.organisation.record)", "NULL"
        )
    if head in ("name", "organisation"):
        return Found(f"d.{head}.value.{rest}", f"d.{head}.record", "NULL")
    if head == "address":
        ended = "d.address.valid_to IS NOT NULL"
        return Found(
            f"CASE WHEN NOT ({ended}) THEN d.address.value.{rest} END", "d.address.record", "d.address.valid_from"
        )
    if head in SINGLE:
        return Found(f"d.{head}.value", f"d.{head}.record", "NULL")
    entry = (
        f"list_filter(d.{head}, lambda e: {' AND '.join(_conditions(column, 'e.value', 'e.valid_to'))})[{column.place}]"
    )
    return Found(f"{entry}.value", f"{entry}.record", f"{entry}.valid_from")


def own(column: TargetColumn) -> str:
    """The target's own value of a column, in the structures ``r`` (`OWN`) and ``o`` (`ORIGINAL`)."""
    head, _, rest = column.value.partition(".")
    if column.value == "name.full":
        parts = (f"r.name_{part}" for part in NAME_PARTS[:-1])
        person = _name("nullif(concat(r.family_native, r.given_native), '')", *parts)
        return f"coalesce(o.name_full, {person}, o.organisation_name, r.organisation_name)"
    if column.value == "name.native":
        return "nullif(concat(r.family_native, r.given_native), '')"
    if head in ("name", "organisation"):
        return f"r.{head}_{rest}"
    if head == "address":
        return "coalesce(o.address.text, r.address.text)" if rest == "text" else f"r.address.{rest}"
    if head in SINGLE:
        return f"r.{head}"
    text = {"phones": "e.number", "emails": "e.address", "accounts": "e", "consents": "e.granted"}.get(head, "e.value")
    ends = "e.valid_to" if head in ("phones", "emails") else None
    entry = f"list_filter(r.{head}, lambda e: {' AND '.join(_conditions(column, text, ends))})[{column.place}]"
    return entry + text.removeprefix("e")


def _name(native: str, prefix: str, *parts: str) -> str:
    """A name in one text: hanzi as they are, else its parts."""
    return f"coalesce({native}, nullif(concat_ws(' ', {', '.join((prefix, *parts))}), ''))"


def _conditions(column: TargetColumn, text: str, ends: str | None) -> Iterator[str]:
    """Which entries of a list a column takes."""
    head, _, rest = column.value.partition(".")
    yield f"{text} IS NOT NULL"
    if ends is not None and head != "accounts":
        yield f"{ends} IS NULL"
    if head == "identifiers":
        yield f"e.type = '{rest}'"
    elif head == "attributes":
        yield f"e.name = {_quoted(rest)}"
    elif head == "consents":
        purpose, _, channel = rest.partition(".")
        yield f"e.purpose = {_quoted(purpose)} AND e.channel = {_quoted(channel)}"
    if column.matching is not None:
        yield f"regexp_full_match({text}, {_quoted(column.matching)})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
