"""Real-life cases: how values stand in the files of operators, what cleansing is to make of each, and why.

Every module here is one table: `CASES`, and `read`, which runs the cleanser of its kind. `tests/cleanse/test_cases.py`
finds them by themselves. What is expected was written down before it was tried; what cannot be met yet says so in
`fails`, and then has to fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from mdm.cleanse.values import Issue, mark_of


class Case(NamedTuple):
    """A value as delivered.

    given: the text, or its parts by name. region: country of the feed. expected: what the `read` of its module is to
    find. mark: valid | repaired | suspicious | unreadable. fails: why it is not met, empty where it is.
    """

    given: Any
    region: str
    expected: Any
    mark: str
    why: str
    fails: str = ""


def marked(found: Any, issues: Sequence[Issue]) -> tuple[Any, str]:
    """What a cleanser found, and the mark of it."""
    return found, mark_of(issues)
