"""What the records of an erased person say, read for two ends: a reason that names nobody, and keyed hashes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from mdm.errors import UsageError
from mdm.store.mentions import borne_by_nobody
from mdm.store.suppression import Hash
from mdm.suppression import Hasher, Identifier, is_proof, is_unique

_NAMING = re.compile(
    r"name_(?!prefix|suffix)\w+|organisation_name|birth_date|emails|phones|identifiers|address|accounts"
)


def check_reason(reason: str, texts: Sequence[dict[str, Any]]) -> None:
    """A reason is kept; so it must not say who it was. Raises UsageError when it quotes a value of `texts`."""
    for value in {leaf for text in texts for name in text if _NAMING.fullmatch(name) for leaf in _leaves(text[name])}:
        if len(value) < 2 or (value.isascii() and len(value) < 3):
            continue
        found = re.search(rf"\b{re.escape(value)}\b", reason, re.I) if value.isascii() else value in reason
        if found:
            raise UsageError(
                "the reason quotes the customer's own data, and is kept", remedy="Give one without: a case number."
            )


def _leaves(document: Any) -> Iterator[str]:
    """Names, numbers and lines of an address; not its country or kind, nor types, products and dates of anything."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, list):
        for each in document:
            yield from _leaves(each)
    elif isinstance(document, dict):
        for name in ("value", "number", "address", "text"):
            yield from _leaves(document.get(name))


def _identifiers(texts: Sequence[dict[str, Any]]) -> list[Identifier]:
    """The unique identifiers of their records, as cleansed."""
    entries = [entry for text in texts for entry in text.get("identifiers") or () if "issuer" in entry]
    found = {Identifier(entry["type"], entry["issuer"], entry["value"]) for entry in entries}
    return sorted((each for each in found if is_unique(each.type)), key=str)


def hashes_of(
    connection: sa.Connection, hasher: Hasher, keys: Mapping[tuple[str, str], bool], texts: Sequence[dict[str, Any]]
) -> Iterator[Hash]:
    """Of the keys that are still theirs, and of unique identifiers that no other record has as well.

    To be asked when their own records are gone. keys: (system, local id) -> whether it is still theirs.
    """
    identifiers = _identifiers(texts)
    alone = borne_by_nobody(connection, [orjson.dumps(each.value).decode() for each in identifiers])
    only_theirs = [each for each in identifiers if orjson.dumps(each.value).decode() in alone]
    proofs = tuple(sorted({each.kind for each in only_theirs if is_proof(each.type)}))
    for (system, local_id), theirs in keys.items():
        if theirs:
            yield Hash(hasher.key(system, local_id), "key", system, proofs)
    for each in only_theirs:
        yield Hash(hasher.identifier(each), "identifier")
    for digest in {digest for each in only_theirs if is_proof(each.type) for digest in hasher.near(each)}:
        yield Hash(digest, "near")
