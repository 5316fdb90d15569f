"""Numbers for new records and customers, taken in blocks, so that writers do not wait for each other's counters."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import sqlalchemy as sa

from mdm.store import counters

BLOCK = 64


class Opens(Protocol):
    """A store that opens transactions, as `Database` does."""

    def begin(self) -> AbstractContextManager[sa.Connection]: ...


class Numbers:
    """Blocks of the sequences of one store, for one process. What is left of one when it ends is never given."""

    def __init__(self, database: Opens) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._left: dict[str, range] = {}

    def one(self, name: str) -> int:
        """The next number of the sequence `name`."""
        with self._lock:
            numbers = self._at_least(name, 1)
            self._left[name] = numbers[1:]
            return numbers[0]

    @contextmanager
    def some(self, name: str, most: int) -> Iterator[list[int]]:
        """A list whose first entry is the first of `most` consecutive numbers; set it to the first that is unused."""
        with self._lock:
            numbers = self._at_least(name, most)
            using = [numbers[0]]
            yield using
            self._left[name] = range(using[0], numbers.stop)

    def _at_least(self, name: str, count: int) -> range:
        left = self._left.get(name, range(0))
        if len(left) < count:
            size = max(BLOCK, count)
            with self._database.begin() as connection:
                first = counters.take(connection, name, size)
            left = range(first, first + size)
        return left


class Peeking(Numbers):
    """The numbers that would be next, of which none is taken: for what is tried and rolled back."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers, self._ahead = numbers, dict[str, int]()

    @contextmanager
    def some(self, name: str, most: int) -> Iterator[list[int]]:
        """As `Numbers.some`; the numbers that an earlier call used are not given again, by this object."""
        ahead = self._ahead.get(name, 0)
        with self._numbers._lock:
            left = self._numbers._left[name] = self._numbers._at_least(name, ahead + most)
            first = left[ahead]
        using = [first]
        yield using
        self._ahead[name] = ahead + using[0] - first

    def one(self, name: str) -> int:
        """The next number of the sequence `name`."""
        with self.some(name, 1) as using:
            using[0] += 1
            return using[0] - 1
