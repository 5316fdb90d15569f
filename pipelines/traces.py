"""What documents and files about others still quote of an erased person: found, and taken out.

A report of a night may give a value as an example, a model the frequency of a rare name, a log the text of an error.
Values that others have as well stay where they are about others; a value that only this person had goes everywhere.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from mdm.match.model import Model
from mdm.store import mentions

ERASED = "(erased)"
SHORTEST = 4  # bytes of a text that is looked for inside others; a shorter one must be all there is
DISTINCT = 6  # bytes of a value that makes a row in quarantine this person's
_NOT_VALUES = {"issues", "valid_from", "valid_to"}  # members of a record that say nothing of the person
_NOT_THEIRS = {"business_date", "extracted_at", "run_id", "system", "file", "status", "party", "model_id", "party_type"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Values:
    """everything: texts that the records of a person hold. alone: those of them that no record of anybody else has."""

    everything: frozenset[str]
    alone: frozenset[str] = frozenset()

    @property
    def patterns(self) -> dict[str, str]:
        """Text to look for, as JSON writes it -> value."""
        return {_pattern(value): value for value in self.everything}

    def quoted(self, text: str) -> bool:
        """Whether a text is one that only they had, or has one inside."""
        return text in self.alone or any(value in text for value in self.alone if _is_long(value))

    def made_of(self, text: str) -> bool:
        """Whether a text is a blocking key as reports show it (name|lee|ann), with one of their values in it."""
        return "|" in text and not self.everything.isdisjoint(text.split("|")[1:])


def values_of(texts: Iterable[str], keys: Iterable[str]) -> frozenset[str]:
    """All texts in the documents of a person's records, and their source keys."""
    found = {leaf for text in texts for leaf in _leaves(orjson.loads(text))}
    return frozenset(value for value in {*found, *keys} if len(value) > 1)


def _leaves(document: Any) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, list):
        for each in document:
            yield from _leaves(each)
    elif isinstance(document, dict):
        for name, each in document.items():
            if name not in _NOT_VALUES:
                yield from _leaves(each)


def _is_long(value: str) -> bool:
    return len(value.encode()) >= SHORTEST and _DAY.fullmatch(value) is None


def _pattern(value: str) -> str:
    text = orjson.dumps(value).decode()
    return text[1:-1] if len(value.encode()) >= SHORTEST else text


def scrubbed(document: Any, values: Values) -> Any:
    """The same document without the values: texts that quote one say so, members named like one are left out."""
    if isinstance(document, str):
        return ERASED if values.quoted(document) or values.made_of(document) else document
    if isinstance(document, list):
        return [scrubbed(each, values) for each in document]
    if isinstance(document, dict):
        kept = {name: each for name, each in document.items() if name not in values.alone}
        return {name: each if name in _NOT_THEIRS else scrubbed(each, values) for name, each in kept.items()}
    return document


def scrubbed_model(definition: dict[str, Any], values: Values) -> dict[str, Any]:
    """A model without the frequencies of values that nobody has any more; all weights that are left stay the same."""
    frequencies = {
        name: {
            **table,
            "values": {value: share for value, share in table["values"].items() if value not in values.alone},
        }
        for name, table in definition["frequencies"].items()
    }
    return {**definition, "frequencies": frequencies}


# -- the store ---------------------------------------------------------------------------------------------------------


def take_out(
    connection: sa.Connection, everything: frozenset[str], files: Iterable[Path]
) -> tuple[Values, dict[str, int]]:
    """Take what only they had out of the documents of the store; after their records were deleted.

    Returns the values, for `clean_files`, and how many documents of each table were rewritten. files: are looked at to
    know which values matter.
    """
    patterns = Values(everything).patterns
    found = {place: mentions.mentioned(connection, place, list(patterns)) for place in mentions.PLACES}
    quoted = {patterns[p] for hits in found.values() for p in hits} | _in_files(files, everything)
    alone = mentions.borne_by_nobody(connection, [orjson.dumps(value).decode() for value in sorted(quoted)])
    values = Values(everything, frozenset(orjson.loads(text) for text in alone))
    counts: dict[str, int] = {}
    for place, hits in found.items():
        rows = sum(
            _rewrite(connection, place, *row, values) for row in mentions.documents_with(connection, place, hits)
        )
        if rows:
            counts[place.table] = counts.get(place.table, 0) + rows
    return values, counts


def _rewrite(connection: sa.Connection, place: mentions.Place, where: str, found: Any, values: Values) -> bool:
    """Whether a row quoted them."""
    if place.table == "model":
        definition = scrubbed_model(found, values)
        if definition != found:
            model_id = Model.from_json(orjson.dumps(definition)).model_id
            mentions.rename_model(connection, where, model_id, orjson.dumps(definition).decode())
        return bool(definition != found)
    if place == mentions.QUARANTINED:
        theirs = any(value in found for value in values.alone if len(value.encode()) >= DISTINCT and _is_long(value))
        if theirs:
            mentions.drop(connection, place, where)
        return theirs
    document = scrubbed(found, values)
    if document == found:
        return False
    mentions.rewrite(connection, place, where, orjson.dumps(document).decode() if place.is_json else document)
    return True


# -- files -------------------------------------------------------------------------------------------------------------


def remove_run_files(runs: Path, unfinished: Iterable[str]) -> list[str]:
    """Remove tables of rows that nights left behind, and everything of unfinished nights: they begin anew."""
    begun = set(unfinished)
    removed = []
    for folder in sorted(runs.iterdir()) if runs.is_dir() else ():
        if folder.name in begun or folder.name.startswith("dry-"):
            shutil.rmtree(folder)
            removed.append(folder.name)
            continue
        for file in folder.rglob("*"):
            if file.suffix != ".json" and file.is_file():
                file.unlink()
                removed.append(f"{folder.name}/{file.name}")
    return removed


def text_files(*folders: Path) -> list[Path]:
    """All files below some folders: manifests, logs, exports."""
    return sorted(file for folder in folders if folder.is_dir() for file in folder.rglob("*") if file.is_file())


def _in_files(files: Iterable[Path], everything: frozenset[str]) -> set[str]:
    found: set[str] = set()
    for file in files:
        content = file.read_bytes()
        found |= {value for value in everything - found if _writes(content, value)}
    return found


def _writes(content: bytes, value: str) -> bool:
    """Whether a file has a value, as text or as JSON writes it."""
    return _pattern(value).encode() in content or (len(value.encode()) >= SHORTEST and value.encode() in content)


def clean_files(files: Iterable[Path], values: Values) -> tuple[list[Path], list[Path]]:
    """Take the values out of files: (those that were cleaned, those that only a person can clean).

    JSON is rewritten, text loses the lines that quote a value. A file that is neither is left for a person.
    """
    cleaned, left = [], []
    for file in files:
        content = file.read_bytes()
        alone = any(_writes(content, value) for value in values.alone)
        try:
            kept = _cleaner(file)(content.decode(), values)
        except UnicodeDecodeError:
            left += [file] if alone else []
            continue
        if kept.encode() != content:
            with file.open("r+b") as opened:  # in place: whoever has it open goes on writing to it
                opened.write(kept.encode())
                opened.truncate()
            cleaned.append(file)
    return cleaned, left


def _cleaner(file: Path) -> Callable[[str, Values], str]:
    if file.suffix == ".json":
        return _clean_model if file.name.startswith("model-") else _clean_json
    return _clean_lines


def _clean_json(text: str, values: Values) -> str:
    found = orjson.loads(text)
    kept = scrubbed(found, values)
    return text if kept == found else orjson.dumps(kept, option=orjson.OPT_INDENT_2).decode()


def _clean_model(text: str, values: Values) -> str:
    found = orjson.loads(text)
    kept = scrubbed_model(found, values)
    return text if kept == found else orjson.dumps(kept).decode()


def _clean_lines(text: str, values: Values) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not values.quoted(line))
