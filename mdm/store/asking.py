"""Several questions to the store at once, each over a connection of its own: the server has a core for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import sqlalchemy as sa

from mdm.store.database import Database

Answer = TypeVar("Answer")


class Asking:
    """Questions under way; see `asking`."""

    def __init__(self, database: Database, pool: ThreadPoolExecutor) -> None:
        self._database, self._pool = database, pool

    def ask(self, question: Callable[[sa.Connection], Answer]) -> Future[Answer]:
        """Begin to ask; the answer is the future's result."""
        return self._pool.submit(self._answer, question)

    def _answer(self, question: Callable[[sa.Connection], Answer]) -> Answer:
        with self._database.begin() as connection:
            return question(connection)


@contextmanager
def asking(database: Database, at_once: int = 2) -> Iterator[Asking]:
    """Ask `at_once` questions at a time; when the block ends all have been answered, or an error is on its way."""
    with ThreadPoolExecutor(at_once, thread_name_prefix="asking") as pool:
        try:
            yield Asking(database, pool)
        finally:
            pool.shutdown(cancel_futures=True)
