"""Which stored records hang together with tonight's: the store is asked while pairs are still being scored.

What changed is known when the records are identified, and most that hangs together with it does by what the store knows
already. The pairs of the night only add to it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm.store import components
from mdm.store.pending import pending_records
from pipelines.asking import Begun, asking

if TYPE_CHECKING:
    from pipelines.context import Night


class Component:
    """The records that hang together with those of one night. What was begun ends with the block."""

    def __init__(self) -> None:
        self._asking = ExitStack()
        self._begun: Begun[pa.Array, pa.Array] | None = None

    def __enter__(self) -> Component:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._begun is not None:
            self._begun.give_up()
        self._asking.close()

    def begin(self, night: Night) -> None:
        """Ask around what is known to have changed; after the step cleanse."""
        with night.database.begin() as connection:
            seeds = changed(night, connection)
        if len(seeds) and not night.models and self._begun is None:
            store = self._asking.enter_context(asking(night.database, 1))
            self._begun = Begun(store, lambda own, rest: _reached(night, own, seeds, rest))

    def around(self, night: Night, connection: sa.Connection, seeds: pa.Array) -> pa.Array:
        """The records that hang together with `seeds`, among which is what changed; these included."""
        if self._begun is not None and not self._begun.ended:
            return self._begun.end(seeds)
        return _reached(night, connection, seeds)


def _reached(
    night: Night, connection: sa.Connection, seeds: pa.Array, rest: Callable[[], pa.Array] | None = None
) -> pa.Array:
    least = night.settings.matching.review_weight
    found = components.component_records(connection, seeds, least_weight=least, then=rest)
    return found["record_id"].combine_chunks().cast(pa.int64())


def changed(night: Night, connection: sa.Connection) -> pa.Array:
    """Stored records that tonight changed, took away, or is to look at again."""
    read = night.folder.read
    work = read("cleanse", "records", columns=["record_id", "moved"])
    columns = [
        work["record_id"].filter(work["moved"]),
        *(read("cleanse", name, columns=["record_id"])["record_id"] for name in ("gone", "replaced")),
        pending_records(connection, night.business_date)["record_id"],
    ]
    chunks = [chunk for column in columns for chunk in column.cast(pa.int64()).chunks]
    return pc.unique(pa.chunked_array(chunks, pa.int64()))
