"""Personal values as they are shown to a key without the scope pii: enough to recognise them, not enough to use them.

`MASKS` says for every attribute of a record what is done; an attribute that stands neither there nor in `PLAIN` fails a
test. Names stay: a masked answer still says who it is. The shape of a document stays the same. All functions are pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mdm.registry.concealing import HIDDEN, Beside, concealed

_SHOWN_OF = ((9, 4), (7, 3), (5, 2))  # characters that a number has at least, and how many of its last ones stay
_DAY = re.compile(r"([0-9]{4})-[0-9]{2}-[0-9]{2}")
_WITH_PERIOD = re.compile(r"(.*?)((?: \((?:from|until) [^()]*\))?)", re.DOTALL)
_MAIL = re.compile(r"(?<![^\s@<>(),;:\"])[^\s@<>(),;:\"]+@[^\s@<>(),;:\"]+")
_NUMBER = re.compile(r"(?<![\w*])\+?\w*[0-9](?:[ .()/-]{0,2}\w*[0-9]){4,}\w*")
_IN_BRACKETS = re.compile(r" \((?:[^;]|;(?! ))*? / .*?\)(?=[;,.]| and |$)")


def ending(text: str) -> str:
    """The last characters of a number: `***0142`."""
    kept = next((shown for least, shown in _SHOWN_OF if len(text) >= least), 0)
    return HIDDEN + text[len(text) - kept :]


def mail(text: str) -> str:
    """First letter and domain of an e-mail address: `a***@mail.example`."""
    name, at, domain = text.rpartition("@")
    return f"{name[:1]}{HIDDEN}@{domain}" if at and name else HIDDEN


def year(text: str) -> str:
    """The year of a day: `1980-**-**`; a day that is not written so shows nothing, for it could show more."""
    found = _DAY.fullmatch(text)
    return f"{found[1]}-**-**" if found else HIDDEN


def nothing(text: str) -> str:
    """Nothing of it."""
    return HIDDEN


def free(text: str) -> str:
    """A text of somebody's own words, without the e-mail addresses, days and numbers in it."""
    text = _MAIL.sub(lambda found: mail(found[0]), text)
    text = _DAY.sub(lambda found: year(found[0]), text)
    return _NUMBER.sub(lambda found: ending(found[0]), text)


@dataclass(frozen=True, slots=True)
class Mask:
    """What is done to the values of an attribute.

    text: to a value. members: those of an entry that hold a value. parts: what stays of a value that goes whole. An
    entry is an item of a record's list, an entry of a golden document, or its runner-up.
    """

    text: Callable[[str], str]
    members: tuple[str, ...] = ("value",)
    parts: frozenset[str] = frozenset()

    def of(self, value: Any) -> Any:
        """Anything that stands under the name of the attribute, masked."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self.of(each) for each in value]
        if isinstance(value, Mapping):
            return {name: self._member(name, each) for name, each in value.items()}
        return value

    def _member(self, name: str, value: Any) -> Any:
        if name == "runner_up" or (name in self.members and not isinstance(value, str)):
            return self.of(value)
        if name in self.members or (self.parts and name not in self.parts and isinstance(value, str)):
            return self.text(value)
        return _named(name, value)


_OF_AN_ADDRESS = frozenset(
    {"locality", "region", "country", "kind", "valid_from", "valid_to", "rule", "system", "local_id"}
)
# attribute -> what is done to it; by its names in MAPPED, CLEANSED and golden documents alike
MASKS: dict[str, Mask] = {
    "identifiers": Mask(ending),
    "birth_date": Mask(year),
    "death_date": Mask(year),
    "phones": Mask(ending, ("value", "number")),
    "emails": Mask(mail, ("value", "address")),
    "address": Mask(nothing, parts=_OF_AN_ADDRESS),
    "accounts": Mask(ending),
    "subscriptions": Mask(ending, ("number",)),
    "attributes": Mask(free),
    **{name: Mask(nothing) for name in ("number_key", "street_key", "unit_key", "place_key", "dwelling_key")},
}
# what else a record or golden document has
PLAIN = frozenset(
    {
        "system", "local_id", "party", "role", "deleted", "file", "line", "row_hash", "content_hash", "extracted_at",
        "changed_at", "original", "issues", "name", "name_full", "name_prefix", "name_given", "name_middle",
        "name_family", "name_suffix", "name_former", "given_key", "middle_key", "family_key", "former_key",
        "given_native", "family_native", "organisation", "organisation_name", "organisation_key", "organisation_form",
        "sex", "birth_calendar", "household_role", "relationships", "consents",
    }
)  # fmt: skip
# what comparisons and explanations call attributes
_CALLED = {
    "birth": "birth_date", "birth date": "birth_date", "identity number": "identifiers", "papers": "identifiers",
    "passport or permit": "identifiers", "phone": "phones", "e-mail": "emails",
}  # fmt: skip
# members that hold a value of the attribute that the member `attribute` beside them names
_VALUES = frozenset(
    {
        "value", "before", "after", "added", "removed", "left", "right", "left_original", "right_original", "given",
        "found", "delivered", "cleansed", "was", "became",
    }
)  # fmt: skip
_OWN_WORDS = frozenset({"reason", "ended_reason", "closed_reason", "detail"})
_SENTENCES = frozenset({"sentences", "in_words", "because"})


def as_seen(document: Any, *, mask: bool, party: str | None = None) -> Any:
    """A document of JSON as it leaves for somebody: masked, or all of it but for the numbers that nobody is shown.

    party: whose values they are, where the document does not say.
    """
    found = concealed(document, Beside(party))
    return _masked(found) if mask else found


def masked(document: Any) -> Any:
    """A document of JSON with all personal values in it masked, wherever they stand."""
    return as_seen(document, mask=True)


def _masked(document: Any) -> Any:
    if isinstance(document, list | tuple):
        return [_masked(each) for each in document]
    if not isinstance(document, Mapping):
        return document
    called = document.get("attribute")
    mask = mask_of(called) if isinstance(called, str) else None
    found = {
        name: _valued(mask, each) if mask is not None and name in _VALUES else _named(name, each)
        for name, each in document.items()
    }
    if "usable" in found and "in_words" in found:  # a blocking key: values that records share, run together
        found["value"] = HIDDEN
    return found


def mask_of(attribute: str) -> Mask | None:
    """What is done to an attribute, by any of its names, or one slot of it (`identifiers.passport`); None: nothing."""
    name = attribute.partition(".")[0]
    return MASKS.get(_CALLED.get(name, name))


def mask_text(attribute: str, text: str) -> str:
    """Values of an attribute as people write them: `+12175550142 (from 2019-05-01), +1...`."""
    mask = mask_of(attribute)
    return text if mask is None else _worded(mask, text)


def mask_entry(attribute: str, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """An entry of a golden document, its runner-up and the words of who pinned it included."""
    mask, entry = mask_of(attribute), concealed(entry)
    found: Mapping[str, Any] = _masked(entry) if mask is None else mask.of(entry)
    return found


def _named(name: str, value: Any) -> Any:
    """What stands under a name in a document."""
    if name in MASKS:
        return MASKS[name].of(value)
    if name in _OWN_WORDS:
        return free(value) if isinstance(value, str) else _masked(value)
    if name in _SENTENCES:
        return [_told(each) for each in value] if isinstance(value, list | tuple) else _told(value)
    if name == "original" and isinstance(value, str):
        return _delivered(value)
    return _masked(value)


def _valued(mask: Mask, value: Any) -> Any:
    if isinstance(value, str):
        return _worded(mask, value)
    if isinstance(value, list | tuple):
        return [_valued(mask, each) for each in value]
    return mask.of(value)


def _worded(mask: Mask, text: str) -> str:
    if mask.text is nothing or mask.text is free:
        return mask.text(text)
    parts = (_WITH_PERIOD.fullmatch(part) for part in text.split(", "))
    return ", ".join(mask.text(part[1]) + part[2] for part in parts if part is not None)


def _told(sentence: Any) -> Any:
    """A sentence without the values that stand in it in brackets: `the phones differ (... / ...)`."""
    return _IN_BRACKETS.sub("", sentence) if isinstance(sentence, str) else _masked(sentence)


def _delivered(text: str) -> str:
    """The JSON of what was delivered, masked; anything else is hidden."""
    try:
        return orjson.dumps(_masked(orjson.loads(text))).decode()
    except orjson.JSONDecodeError:
        return HIDDEN
