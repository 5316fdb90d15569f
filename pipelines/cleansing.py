"""Cleansing on processes of their own, which begins with a source as soon as it is received.

Reading feeds keeps one core busy; cleansing what was read is the longest work of a first night and keeps all of them
busy. So the step receive hands in each source that passed its gate, and the step cleanse fetches the results. A night
that goes on after it was killed hands in what it finds in the files of receive.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc

from mdm.cleanse.batch import start_batch
from mdm.cleanse.values import CleanseContext
from mdm.cleanse.workers import Workers
from mdm.contracts import SourceContract
from mdm.party import INSTANT

PROCESSES = 2  # that cleanse side by side
MANY = 16 << 20  # bytes of feeds from which on these will be needed
ContextOf = Callable[[SourceContract, dt.datetime], CleanseContext]


class Cleansing:
    """The sources that are being cleansed. Its processes end with the block."""

    def __init__(self) -> None:
        self._workers = Workers(PROCESSES)
        self._started: dict[str, Callable[[], pa.Table]] = {}

    def __enter__(self) -> Cleansing:
        self._workers.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._started.clear()
        self._workers.__exit__(kind, error, trace)

    def __contains__(self, source: str) -> bool:
        return source in self._started

    @property
    def sources(self) -> tuple[str, ...]:
        """Those that were started and not fetched, the first to be done first."""
        return tuple(self._started)

    def expect(self, size: int) -> bool:
        """Feeds of `size` bytes are going to be read: where that is much, the processes start meanwhile."""
        if size >= MANY:
            self._workers.warm()
        return size >= MANY

    def start(self, contract: SourceContract, changed: pa.Table, context_of: ContextOf) -> None:
        """Begin with the rows of a source (MAPPED and `extracted_at`).

        Each row keeps the time at which its own delivery was cut.
        """
        parts = []
        cuts = changed["extracted_at"].unique().to_pylist()
        for extracted_at in cuts:
            of_delivery = changed
            if len(cuts) > 1:
                of_delivery = changed.filter(pc.equal(changed["extracted_at"], pa.scalar(extracted_at, INSTANT)))
            of_delivery = of_delivery.drop_columns(["extracted_at"])
            parts.append(start_batch(of_delivery, context=context_of(contract, extracted_at), workers=self._workers))
        self._started[contract.source] = lambda: pa.concat_tables([part() for part in parts])

    def finish(self, contract: SourceContract) -> pa.Table:
        """CLEANSED of a source that was started. The processes end with the last one, and free their memory."""
        cleansed = self._started.pop(contract.source)()
        if not self._started:
            self._workers.close()
        return cleansed
