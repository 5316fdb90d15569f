"""Characters that a target cannot write: found in whole columns, repaired in the few rows that have them."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from mdm.contracts.target_model import Policy, TargetColumn, TargetContract, TargetFormat, Unwritable

UNIT = "\x1f"  # separates the values of a row's content: in no cleansed value
DOUBLE = frozenset({"gbk", "gb2312", "cp936", "big5", "cp950", "euc_kr", "cp949"})  # what is not ASCII has two bytes
_KEPT, _CUT = "the target's own value", "cut"


def family_of(encoding: str) -> str:
    """single, double, utf-8 or other: how many bytes a character that is not ASCII has."""
    name = codecs.lookup(encoding).name
    if name.replace("-", "_") in DOUBLE:
        return "double"
    if name == "utf-8":
        return name
    return "single" if len(bytes(range(256)).decode(name, "replace")) == 256 else "other"


def length_of(text: str, layout: TargetFormat) -> int:
    """The length of a text in the unit of the target's widths."""
    return len(text) if layout.unit == "characters" else len(text.encode(layout.encoding, "replace"))


def unwritable_in(texts: pa.ChunkedArray, layout: TargetFormat) -> frozenset[str]:
    """The characters of a column that the target cannot write; those of the file's own structure among them."""
    if layout.writes_everything:  # but for these; to look for them is many times as fast as to look at every letter
        structure = frozenset(f"\r\n\0{layout.delimiter}")
        data = [_text_of(chunk) for chunk in texts.chunks]
        return frozenset(c for c in structure if not _is_writable(c, layout) and any(c in text for text in data))
    seen: set[str] = set()
    for chunk in texts.chunks:
        seen |= set(_text_of(chunk))
    return frozenset(letter for letter in seen if letter != UNIT and not _is_writable(letter, layout))


def _text_of(chunk: pa.Array) -> str:
    """All texts of an array in one: its buffer is just that."""
    if len(chunk) == 0 or chunk.buffers()[2] is None:
        return ""
    offsets = memoryview(chunk.buffers()[1]).cast("q" if pa.types.is_large_string(chunk.type) else "i")
    first, last = offsets[chunk.offset], offsets[chunk.offset + len(chunk)]
    text: bytes = chunk.buffers()[2][first:last].to_pybytes()
    return text.decode()


def _is_writable(letter: str, layout: TargetFormat) -> bool:
    if layout.type in ("json_lines", "parquet", "excel"):
        structure = ""
    else:
        structure = "\r\n" if layout.type == "fixed_width" or layout.quote is None else ""
        structure += layout.delimiter if layout.type == "delimited" and layout.quote is None else ""
    if letter in structure or letter == "\0":
        return False
    if layout.type in ("parquet", "excel"):
        return True
    try:
        letter.encode(layout.encoding)
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Repaired:
    """A row's content as it can be written, and what was altered: COLUMN U+XXXX letter>text, one line per field."""

    content: str
    altered: str


class Repairer:
    """Repairs rows of one contract."""

    def __init__(self, contract: TargetContract, columns: Sequence[TargetColumn], bad: Iterable[str]) -> None:
        self._layout, self._columns, self._rule = contract.format, columns, contract.unwritable
        self._bad = frozenset(bad)
        self._texts: dict[tuple[str, Policy], str] = {}

    def repair(self, content: str, own: str | None) -> Repaired | None:
        """None when nothing had to be altered. own: the values that the target has, in the same order."""
        values = content.split(UNIT)
        olds = own.split(UNIT) if own is not None else [""] * len(values)
        notes = []
        for place, column in enumerate(self._columns):
            found, note = self._value(column, values[place], olds[place])
            if note:
                values[place] = found
                notes.append(f"{column.name} {note}")
        return Repaired(UNIT.join(values), "\n".join(notes)) if notes else None

    def _value(self, column: TargetColumn, text: str, old: str) -> tuple[str, str]:
        notes = []
        bad = [letter for letter in dict.fromkeys(text) if letter in self._bad]
        policy = column.unwritable or self._rule.policy
        if bad and policy == "keep" and old and not self._bad & set(old):
            notes = [f"{_named(letter)}>{_KEPT}" for letter in bad]
            text = old
        elif bad:
            notes = [f"{_named(letter)}>{self._substitute(letter, policy)}" for letter in bad]
            text = "".join(self._substitute(letter, policy) if letter in self._bad else letter for letter in text)
        if column.width is not None and length_of(text, self._layout) > column.width:
            notes.append(_CUT)
            while length_of(text, self._layout) > column.width:
                text = text[:-1]
        return text, " ".join(notes)

    def _substitute(self, letter: str, policy: Policy) -> str:
        found = self._texts.get((letter, policy))
        if found is None:
            found = self._texts[letter, policy] = substitute(letter, policy, self._rule, self._layout)
        return found


def substitute(letter: str, policy: Policy, rule: Unwritable, layout: TargetFormat) -> str:
    """What is written in place of a character: by the table, in Latin letters, or what stands for all others."""
    if letter in rule.table:
        return rule.table[letter]
    if letter in "\r\n\0" or letter == layout.delimiter:
        return " "
    if policy == "transliterate":
        from anyascii import anyascii  # only where there is something to transliterate

        text = anyascii(letter)
        if text and all(_is_writable(each, layout) for each in text):
            return str(text)
    return rule.otherwise


def counted(altered: Iterable[str]) -> Mapping[str, int]:
    """What was altered in how many rows: field and character -> rows."""
    found: dict[str, int] = {}
    for text in altered:
        for line in text.split("\n"):
            found[line] = found.get(line, 0) + 1
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _named(letter: str) -> str:
    return f"U+{ord(letter):04X} {letter}" if letter.isprintable() else f"U+{ord(letter):04X}"
