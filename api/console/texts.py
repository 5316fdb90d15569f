"""What the console says, in English and Chinese: `texts/en.toml` and `texts/zh.toml`, which have the same keys.

``t("queue.title")`` is the text of a key; ``{name}`` in it is filled in. What depends on a number has the keys
``queue.tasks.one`` and ``queue.tasks.other`` and is asked for as ``t("queue.tasks", n=3)``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from api.console.sentences import sentences_in

LANGUAGES = {"en": "English", "zh": "简体中文"}
_PERIOD = re.compile(r" \((?:from ([0-9*-]+))?(?: ?until ([0-9*-]+))?\)")
_KINDS = {"national_id", "tax_number", "organisation_id", "passport", "travel_permit", "driving_licence", "health_card"}
_STATUS = re.compile(r" (active|closed|suspended)(?=[ （]|$)")
TAGS = {"en": "en", "zh": "zh-Hans"}  # what the attribute lang says


@dataclass(frozen=True, slots=True)
class Texts:
    """The catalogue of one language."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: Any) -> str:
        """The text of `key`. Raises KeyError: a page asks for what no catalogue has."""
        found = self.texts.get(key)
        if found is None:
            found = self.texts[f"{key}.{'one' if values.get('n') == 1 else 'other'}"]
        shown = {name: f"{value:,}" if isinstance(value, int) else value for name, value in values.items()}
        return found.format(**shown) if shown else found

    def told(self, key: str, values: Mapping[str, Any]) -> str:
        """The text of a key that came from outside, filled in; empty when there is none, or values are missing."""
        try:
            return self.texts[key].format_map(values)
        except (KeyError, ValueError, IndexError, AttributeError):
            return ""

    def words(self, sentence: str | None) -> str:
        """What the machine says in English ("one letter apart"), in this language as far as it is known."""
        if sentence is None:
            return ""
        if self.language != "en":
            return sentences_in(self.language).of(sentence)
        before, _, kind = sentence.partition(": ")
        return f"{before}: {self.of('customer.label', kind)}" if kind else sentence  # "different numbers: national_id"

    def value(self, text: str | None) -> str | None:
        """A value out of a record in this language: its period, and words that sources have in common."""
        if not text:
            return text
        told = self.texts.get(f"customer.value.{text}")
        if told is not None:
            return told
        kind, _, number = text.partition(" ")
        text = f"{self.of('customer.label', kind)} {number}" if number and kind in _KINDS else text
        if self.language == "en":
            return text
        text = _PERIOD.sub(self._period, text)
        return _STATUS.sub(lambda found: f" {self.texts[f'customer.value.{found[1]}']}", text)

    def _period(self, found: re.Match[str]) -> str:
        since, until = found.groups()
        if since and until:
            return f"（{self('customer.period.between', since=since, until=until)}）"
        name, day = ("since", since) if since else ("until", until)
        return f"（{self(f'customer.period.{name}', day=day)}）"

    def of(self, group: str, name: Any) -> str:
        """The text of `group.name`, and the name itself where the catalogue has none: what comes out of data."""
        found = self.texts.get(f"{group}.{name}")
        return str(name) if found is None else found


def _read(name: str) -> str:
    return files(__package__).joinpath("texts", name).read_text(encoding="utf-8")


@cache
def texts_in(language: str) -> Texts:
    """The catalogue of one of `LANGUAGES`."""
    return Texts(language, dict(_flat(tomllib.loads(_read(f"{language}.toml")))))


def language_of(chosen: str | None, accepted: str) -> str:
    """The language of somebody who chose one, else the first of ours that the browser accepts."""
    if chosen in LANGUAGES:
        return chosen
    for part in accepted.split(","):
        language = part.split(";")[0].strip().lower().partition("-")[0]
        if language in LANGUAGES:
            return language
    return "en"


def _flat(document: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in document.items():
        if isinstance(value, str):
            yield f"{before}{name}", value
        else:
            yield from _flat(value, f"{before}{name}.")
