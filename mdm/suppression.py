"""What keeps an erased person from coming back: keyed hashes of source keys and of identifiers.

A hash is HMAC-SHA256 (RFC 2104, FIPS 180-4) under a key derived from the workspace's `pin_key`: without that key nobody
can try numbers against it. Whoever holds both the store and the key can, for numbers are few; so the key is a secret.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from mdm.errors import ConfigError
from mdm.party import IDENTIFIER_TYPES

_PURPOSE = b"customer-master: suppression of erased customers"


class Identifier(NamedTuple):
    """A cleansed identifier."""

    type: str
    issuer: str | None
    value: str

    @property
    def kind(self) -> str:
        """Type and issuer: two different values of one kind can contradict."""
        return f"{self.type}:{self.issuer or ''}"


class Hasher:
    """Keyed hashes of one workspace. Raises ConfigError without a `pin_key`."""

    def __init__(self, pin_key: str) -> None:
        if not pin_key:
            raise ConfigError("instance.pin_key is empty", remedy="Set it in mdm.toml: hashes are made under it.")
        self._secret = hmac.digest(pin_key.encode(), _PURPOSE, "sha256")

    def key(self, system: str, local_id: str) -> str:
        """Of a source key."""
        return self._hash("key", system, local_id)

    def identifier(self, identifier: Identifier) -> str:
        """Of an identifier."""
        return self._hash("identifier", identifier.kind, identifier.value)

    def near(self, identifier: Identifier) -> set[str]:
        """Of an identifier and of all that is left when one of its characters goes.

        Two values within one typo (Damerau-Levenshtein) of each other share one of these (Bocek et al., "Fast
        similarity search in large dictionaries", 2007).
        """
        value = identifier.value
        shorter = {value, *(value[:i] + value[i + 1 :] for i in range(len(value)))}
        return {self._hash("near", identifier.kind, text) for text in shorter}

    def _hash(self, *parts: str) -> str:
        # The parts cannot run into one another: none of them holds a NUL.
        return hmac.digest(self._secret, "\0".join(parts).encode(), "sha256").hex()


@dataclass(frozen=True, slots=True)
class Suppressed:
    """The hashes that rows of one system are held against. keys: digest -> the kinds that prove another party."""

    keys: Mapping[str, frozenset[str]] = field(default_factory=dict)
    identifiers: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.keys or self.identifiers)

    def holds(self, hasher: Hasher, key: tuple[str, str | None], identifiers: Iterable[Identifier]) -> bool:
        """Whether a row is that of an erased person: it has a unique identifier of theirs, or their key.

        Under their key it is another party's if it has an identifier of a kind that they had as well, that is unique,
        stable and one per party, and differs from theirs by more than a typo. Without such proof it is held.
        """
        found = list(identifiers)
        if any(hasher.identifier(each) in self.identifiers for each in found if is_unique(each.type)):
            return True
        system, local_id = key
        proofs = None if local_id is None else self.keys.get(hasher.key(system, local_id))
        if proofs is None:
            return False
        return not any(each.kind in proofs and hasher.near(each).isdisjoint(self.near) for each in found)


def is_unique(kind: str) -> bool:
    """Whether an identifier of this type has one holder at a time."""
    known = IDENTIFIER_TYPES.get(kind)
    return known is not None and known.unique


def is_proof(kind: str) -> bool:
    """Whether two different identifiers of this type prove two parties."""
    known = IDENTIFIER_TYPES.get(kind)
    return known is not None and known.contradicts
