"""Whether a judgement agrees with those in force: what is the same as the same thing cannot be different.

Judgements *same* tie records together; a judgement *different* may not stand between two records that such ties
connect. A judgement that would break this is refused when it is entered, with the chain that it contradicts: a later
night could only obey one of the two, and nobody would know which.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

Verdict = Literal["same", "different", "unsure"]
VERDICTS: tuple[Verdict, ...] = ("same", "different", "unsure")
Two = tuple[int, int]


def contradicted_chain(
    one: int, other: int, verdict: Verdict, same: Iterable[Two], different: Iterable[Two]
) -> tuple[int, ...]:
    """The records of a chain of judgements that the new one would contradict, from end to end; () if there is none.

    same, different: the judgements in force on other pairs (one on these two records is superseded by the new one).
    For *different* the chain leads from `one` to `other` by judgements *same*. For *same* it leads from one record that
    was judged different from another to that other, by judgements *same* and the new one.
    """
    new = frozenset((one, other))
    ties = _ties(two for two in same if frozenset(two) != new)
    if verdict == "different":
        return _path(one, other, ties)
    if verdict == "unsure":
        return ()
    ties.setdefault(one, []).append(other)
    ties.setdefault(other, []).append(one)
    for apart in different:
        if frozenset(apart) != new and (path := _path(*apart, ties)):
            return path
    return ()


def _ties(same: Iterable[Two]) -> dict[int, list[int]]:
    ties: dict[int, list[int]] = {}
    for a, b in same:
        ties.setdefault(a, []).append(b)
        ties.setdefault(b, []).append(a)
    return ties


def _path(start: int, end: int, ties: Mapping[int, Sequence[int]]) -> tuple[int, ...]:
    """The shortest way from `start` to `end`, both included; () if there is none."""
    came_from: dict[int, int] = {start: start}
    waiting = deque([start])
    while waiting:
        record = waiting.popleft()
        if record == end:
            path = [end]
            while path[-1] != start:
                path.append(came_from[path[-1]])
            return tuple(reversed(path))
        for further in ties.get(record, ()):
            if further not in came_from:
                came_from[further] = record
                waiting.append(further)
    return ()
