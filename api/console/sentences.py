"""What the machine says in English sentences of a fixed form, in another language: ``Sentences("zh").of(sentence)``.

The forms are in `texts/words_<language>.toml`. A hole of a form is named by what it takes: `{n}` a number, `{pin}` a
PIN, `{key}` a source key, `{word}` a word that is known, `{list}` and `{choice}` several things ("a, b and c", "a phone
or an e-mail"), `{any}` whatever stands there. What a hole took is looked up by itself. Tests hold the forms against
what `mdm.registry` says of evidence, and against the expectations.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_HOLE = re.compile(r"\{([a-z]+)([0-9]*)\}")
_TAKES = {"n": r"[0-9][0-9,]*", "pin": r"[0-9]{12}(?: \(.*\))?", "key": "[^;]+?"}  # the others: anything
_LIST = re.compile(r", | and ")
_CHOICE = re.compile(r"(?:, | or )(?=an? )")
_ARTICLE = re.compile(r"an? ")
_CLAUSE = re.compile(r"; (?=the |one |of the |it is )")
_AGREED = re.compile(r"(?:, | and )(?=the same )")
_DIFFERENT = re.compile(r"the ([a-z -]+) differ( \(.*?\))?(?:, and so do (.+))?")
_ALSO = re.compile(r"(?:, | and )(?=the )")
_VALUED = re.compile(r"(.+?)( \(.* / .*\))?")


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a sentence, and what it is in the other language."""

    pattern: re.Pattern[str]
    holes: tuple[str, ...]
    text: str

    @classmethod
    def of(cls, english: str, text: str) -> Form:
        """From a line of the file."""
        parts = _HOLE.split(english)  # text, kind, digits, text, ...
        pattern = re.escape(parts[0])
        for kind, after in zip(parts[1::3], parts[3::3], strict=True):
            pattern += f"({_TAKES.get(kind, '.+?')}){re.escape(after)}"
        return cls(re.compile(pattern, re.DOTALL), tuple(kind + n for kind, n in _HOLE.findall(english)), text)


class Sentences:
    """The words and forms of one language."""

    def __init__(self, language: str) -> None:
        text = files(__package__).joinpath("texts", f"words_{language}.toml").read_text(encoding="utf-8")
        found = tomllib.loads(text)
        self.sentences = tuple(Form.of(*each) for each in found.pop("sentences").items())
        self.clauses = tuple(Form.of(*each) for each in found.pop("clauses").items())
        self.marks: Mapping[str, str] = found.pop("marks")
        self.known: Mapping[str, str] = found

    def of(self, sentence: str) -> str:
        """The sentence, or word, in this language; as it is where no form fits."""
        return self._find(sentence) or sentence

    def _find(self, text: str) -> str | None:
        found = self.known.get(text) or self._compared(text) or self._filled(self.sentences, text)
        found = found or self._several(text)
        if found is None and ": " in text:
            before, _, after = text.partition(": ")
            found = f"{self.known[before]}{self.marks[': ']}{self.of(after)}" if before in self.known else None
        return found

    def _several(self, text: str) -> str | None:
        """What is told one after the other: "A is the same as B; C is different from D"."""
        parts = [self._find(each) for each in text.split("; ")] if "; " in text else []
        known = [each for each in parts if each is not None]
        return self.marks["; "].join(known) if known and len(known) == len(parts) else None

    def _filled(self, forms: Iterable[Form], text: str) -> str | None:
        for form in forms:
            found = form.pattern.fullmatch(text)
            took = {} if found is None else dict(zip(form.holes, found.groups(), strict=True))
            words = [part for hole, part in took.items() if hole.startswith("word")]
            if found is not None and all(word in self.known for word in words):
                return form.text.format(**{hole: self._part(hole, part) for hole, part in took.items()})
        return None

    def _part(self, hole: str, text: str) -> str:
        if hole.startswith("list"):
            return self.marks["and"].join(self.of(each) for each in _LIST.split(text))
        if hole.startswith("choice"):
            return self.marks["or"].join(self.of(_ARTICLE.sub("", each, count=1)) for each in _CHOICE.split(text))
        return self.of(text)

    # -- clauses of `mdm.registry.words.compared_sentence`: what agrees, nearly agrees, differs

    def _compared(self, text: str) -> str | None:
        if not text.endswith("."):
            return None
        clauses = [self._clause(each) for each in _CLAUSE.split(text[0].lower() + text[1:-1])]
        known = [each for each in clauses if each is not None]
        return f"{self.marks['; '].join(known)}{self.marks['.']}" if len(known) == len(clauses) else None

    def _clause(self, text: str) -> str | None:
        agreed = [each.removeprefix("the same ") for each in _AGREED.split(text)]
        if text.startswith("the same ") and all(each in self.known for each in agreed):
            return self.marks["agree"].format(self.marks["and"].join(self.known[each] for each in agreed))
        different = _DIFFERENT.fullmatch(text)
        if different is not None:
            return self._differ(*different.groups())
        bare, values = _VALUED.fullmatch(text).groups()  # type: ignore[union-attr]
        found = self._filled(self.clauses, bare)
        return None if found is None else f"{found}{self._values(values)}"

    def _differ(self, first: str, values: str | None, others: str | None) -> str:
        also = [each.removeprefix("the ") for each in _ALSO.split(others)] if others else []
        parts = [(first, values), *(_VALUED.fullmatch(each).groups() for each in also)]  # type: ignore[union-attr]
        return self.marks["differ"].format(
            self.marks["and"].join(f"{self.of(name)}{self._values(values)}" for name, values in parts)
        )

    def _values(self, text: str | None) -> str:
        return "" if text is None else self.marks["()"].format(text[2:-1])


@cache
def sentences_in(language: str) -> Sentences:
    """The forms of one language."""
    return Sentences(language)
