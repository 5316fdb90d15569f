"""Several questions to the store at once, each over a connection of its own: the server has a core for each.

Only for what is committed: a connection does not see what another one has written and not yet committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Generic, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.store.database import Database

Answer = TypeVar("Answer")
Rest = TypeVar("Rest")
FEW = 4_000  # values for which one connection does


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


class Begun(Generic[Rest, Answer]):
    """A question that is asked before all of it is known: what can be said so far is found out meanwhile.

    question: is given a connection, and how to wait for the `Rest`.
    """

    def __init__(self, store: Asking, question: Callable[[sa.Connection, Callable[[], Rest]], Answer]) -> None:
        self._rest: Future[Rest] = Future()
        self._answer = store.ask(lambda connection: question(connection, self._rest.result))

    @property
    def ended(self) -> bool:
        """Whether the rest was said, or nobody will."""
        return self._rest.done()

    def end(self, rest: Rest) -> Answer:
        """Say the rest, once; the answer to all of it."""
        self._rest.set_result(rest)
        return self._answer.result()

    def give_up(self) -> None:
        """Let nobody wait for a rest that was not said."""
        self._rest.cancel()


@contextmanager
def asking(database: Database, at_once: int = 2) -> Iterator[Asking]:
    """Ask `at_once` questions at a time; when the block ends all have been answered, or an error is on its way."""
    with ThreadPoolExecutor(at_once, thread_name_prefix="asking") as pool:
        try:
            yield Asking(database, pool)
        finally:
            pool.shutdown(cancel_futures=True)


def ask_in_halves(
    database: Database, question: Callable[[sa.Connection, pa.Array], pa.Table], asked: pa.Array
) -> pa.Table:
    """What `question` answers to each half of the values `asked`, put together; their order plays no part."""
    column = pc.unique(asked.drop_null()).sort()
    middle = len(column) // 2
    parts = [column] if len(column) < FEW else [column[:middle], column[middle:]]
    with asking(database) as store:
        answers = [store.ask(partial(_answer, question, part)) for part in parts]
        return pa.concat_tables([answer.result() for answer in answers])


def _answer(
    question: Callable[[sa.Connection, pa.Array], pa.Table], part: pa.Array, connection: sa.Connection
) -> pa.Table:
    return question(connection, part)
