"""Runs the cleanser of a part over distinct values: here, or on several processes when there are many."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.abc import MetaPathFinder
from types import TracebackType
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mdm.cleanse.distinct import encode
from mdm.cleanse.names_chinese import pinyin
from mdm.cleanse.parts import LIST_PARTS, SCALAR_PARTS, ListPart, ScalarPart
from mdm.cleanse.values import CleanseContext
from mdm.party import CLEANSED

Kind = Literal["scalar", "list"]
Result = tuple[list[pa.Array], pa.Array, pa.Array]  # outputs, which were kept, issues (null where none)
PARALLEL_FROM = 20_000  # distinct values; below, starting processes costs more than it saves
CHUNK = 20_000  # distinct values per task
GIVE_WAY = 3  # of the 19 steps of niceness: two workers leave it one of two cores
_ISSUES = CLEANSED.field("issues").type


class Workers:
    """Processes that start when first needed and end with the block; one block may serve many batches."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes; they start again when needed."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def run(self, kind: Kind, index: int, values: list[pa.Array], context: CleanseContext) -> Callable[[], Result]:
        """Starts part `index` on equally long columns of distinct values; what comes back waits for its outputs."""
        if self._processes < 2 or len(values[0]) < PARALLEL_FROM:
            found = run_part(kind, index, values, context)
            return lambda: found
        pool = self._started()
        tasks = [pool.submit(_run_task, kind, index, chunk, context) for chunk in _chunks(values)]
        return lambda: _joined([_unpacked(task.result()) for task in tasks])

    def warm(self) -> None:
        """Start the processes, and let them import what they will need, before there is something to do."""
        for _ in range(self._processes):
            self._started().submit(_warm)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # forkserver: a fork of this process would copy the threads of Arrow and DuckDB half
            method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
            self._pool = ProcessPoolExecutor(
                self._processes, mp_context=multiprocessing.get_context(method), initializer=_start
            )
        return self._pool


class _NoPandas(MetaPathFinder):
    """Says that pandas is not installed."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def _start() -> None:
    """A worker: no garbage collector, as it makes no cycles; no pandas; it gives way to the process that it works for.

    Arrow looks for pandas once, at the first list that it is given, and importing it takes seconds. What the other
    process reads is what the workers do next: where it has to wait for them, they will have to wait for it.
    """
    os.nice(GIVE_WAY)
    gc.disable()
    sys.meta_path.insert(0, _NoPandas())
    pa.array([""])
    sys.meta_path.pop(0)


def _warm() -> None:
    pinyin("张")  # reads its dictionaries


def run_part(kind: Kind, index: int, values: list[pa.Array], context: CleanseContext) -> Result:
    """Runs one part over values in this process: ordinary ones as columns, the others one by one, each once."""
    part: ScalarPart | ListPart = SCALAR_PARTS[index] if kind == "scalar" else LIST_PARTS[index]
    if part.ordinary is None:
        return _one_by_one(part, values, context)
    ordinary, found = part.ordinary(values, context)
    count = ordinary.true_count
    if count == len(ordinary):
        return found, pa.repeat(True, count), pa.nulls(count, _ISSUES)
    others = pc.invert(ordinary)
    rest = encode([column.filter(others) for column in values])
    outputs, kept, issues = _one_by_one(part, rest.values, context)
    first, then = np.flatnonzero(ordinary), np.flatnonzero(others)
    order = pa.array(np.argsort(np.concatenate([first, then])))

    def merged(mine: pa.Array, theirs: pa.Array) -> pa.Array:
        return pa.concat_arrays([mine, rest.spread(theirs)]).take(order)

    columns = [merged(column.filter(ordinary), other) for column, other in zip(found, outputs, strict=True)]
    return columns, merged(pa.repeat(True, count), kept), merged(pa.nulls(count, _ISSUES), issues)


def _one_by_one(part: ScalarPart | ListPart, values: list[pa.Array], context: CleanseContext) -> Result:
    rows = zip(*(column.to_pylist() for column in values), strict=True)
    cleanse, missing = part.cleanse, (None,) * max(len(part.outputs), 1)
    found = [cleanse(row, context) for row in rows]
    kept = [cleansed is not None for cleansed, _ in found]
    outputs = [missing if cleansed is None else cleansed for cleansed, _ in found]
    issues = [[(one.attribute, one.mark, one.reason) for one in remarks] if remarks else None for _, remarks in found]
    columns = zip(*outputs, strict=True) if outputs else [()] * len(missing)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, _types(part), strict=True)]
    return arrays, pa.array(kept, pa.bool_()), pa.array(issues, _ISSUES)


def _types(part: ScalarPart | ListPart) -> list[pa.DataType]:
    """Arrow types of the outputs of a part."""
    if isinstance(part, ListPart):
        element = CLEANSED.field(part.column).type.value_type
        return [field.type for field in element] if part.outputs else [element]
    found = []
    for name in part.outputs:
        outer, _, inner = name.partition(".")
        found.append(CLEANSED.field(outer).type.field(inner).type if inner else CLEANSED.field(outer).type)
    return found


def _chunks(values: list[pa.Array]) -> Iterator[bytes]:
    for start in range(0, len(values[0]), CHUNK):
        yield _packed([column.slice(start, CHUNK) for column in values])


def _packed(columns: list[pa.Array]) -> bytes:
    """Arrow IPC bytes: pickling a slice would carry the whole column."""
    batch = pa.record_batch(columns, names=[str(number) for number in range(len(columns))])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def _columns(packed: bytes) -> list[pa.Array]:
    with pa.ipc.open_stream(packed) as reader:
        batch = reader.read_next_batch()
    return list(batch.columns)


def _run_task(kind: Kind, index: int, packed: bytes, context: CleanseContext) -> bytes:
    outputs, kept, issues = run_part(kind, index, _columns(packed), context)
    return _packed([*outputs, kept, issues])


def _unpacked(packed: bytes) -> Result:
    *outputs, kept, issues = _columns(packed)
    return outputs, kept, issues


def _joined(results: list[Result]) -> Result:
    def join(arrays: Any) -> pa.Array:
        return pa.concat_arrays(list(arrays))

    outputs = [join(column) for column in zip(*(result[0] for result in results), strict=True)]
    return outputs, join(result[1] for result in results), join(result[2] for result in results)
