"""What a name is made of: its parts as people read them, its keys as matching reads them."""

from __future__ import annotations

from typing import NamedTuple


class NameParts(NamedTuple):
    """The parts of a name in their own script; former is the name before marriage."""

    prefix: str | None = None
    given: str | None = None
    middle: str | None = None
    family: str | None = None
    suffix: str | None = None
    former: str | None = None


class NameKeys(NamedTuple):
    """Lower-case ASCII letters per part (hanzi as toneless pinyin), and simplified hanzi where the name has them."""

    given: str | None = None
    middle: str | None = None
    family: str | None = None
    former: str | None = None
    given_native: str | None = None
    family_native: str | None = None
