"""Acknowledgement files: read once, applied whole or refused whole, never lost.

A file is known by its bytes. One that cannot be believed (an unknown delivery, a key that was not sent, a row twice, an
answer that contradicts an earlier one) is refused: nothing of it is kept but why, and it is looked at again by the next
sync, until it is replaced or taken away.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mdm.contracts import Expression, ParquetFormat, PartyRule, RecordMap, SourceContract
from mdm.contracts.target_model import Acknowledgement, TargetContract
from mdm.errors import FeedError, MdmError
from mdm.settings import Settings
from mdm.store import answers, deliveries, undelivered
from mdm.store.database import Database
from mdm.store.deliveries import Target
from pipelines.landing import Delivery as File
from pipelines.readers import read_delivery
from pipelines.sync.reports import Replied

SHOWN = 3  # keys named in a message
FIELDS = ("delivery", "status", "reason")


def read_replies(settings: Settings, database: Database, contract: TargetContract) -> list[Replied]:
    """Read the acknowledgement files of a target that lie in landing/, in the order of their names."""
    answer = contract.acknowledgement
    if answer is None:
        return []
    with database.begin() as connection:
        target = deliveries.find_target(connection, contract.target)
    found = {path for pattern in answer.files for path in settings.landing.glob(pattern) if path.is_file()}
    return [
        replied
        for path in sorted(found)
        if not path.name.startswith(".")
        for replied in _read(settings, database, contract, answer, target, path)
    ]


def _read(
    settings: Settings, database: Database, contract: TargetContract, answer: Acknowledgement, target: Target | None,
    path: Path,
) -> Iterator[Replied]:  # fmt: skip
    file = File(contract.target, path, path.relative_to(settings.landing).as_posix(), dt.datetime.now(dt.UTC))
    digest = file.content_digest()
    if target is None:
        problem = f"{contract.target} was never sent anything\n  See which target this file is of, and take it away."
        yield Replied(file.name, "refused", problem=problem)
        return
    with database.begin() as connection:
        before = answers.find_ack(connection, target.target_id, digest)
    if before is not None and before["status"] == "applied":
        if before["file"] != file.name:
            yield Replied(file.name, "known", problem=f"the same as {before['file']}, read before; take it away")
        return
    facts: dict[str, Any] = {
        "target_id": target.target_id, "file": file.name, "digest": digest, "delivery_id": None, "status": "refused",
        "accepted": 0, "rejected": 0, "problem": None,
    }  # fmt: skip
    try:
        number, rows = _rows(file, contract, answer)
        yield _apply(database, contract, answer, target, number, rows, facts)
    except MdmError as error:
        facts |= {"problem": str(error)}
        with database.begin() as connection:
            answers.put_ack(connection, facts)
        yield Replied(file.name, "refused", problem=str(error))


def _apply(
    database: Database, contract: TargetContract, answer: Acknowledgement, target: Target, number: int, rows: pa.Table,
    facts: dict[str, Any],
) -> Replied:  # fmt: skip
    with database.begin() as connection:
        deliveries.hold_target(connection, contract.target)
        delivery = deliveries.find_delivery(connection, contract.target, number)
        if delivery is None or delivery.status != "written":
            raise MdmError(
                f"delivery {number} of {contract.target} is not known", where=facts["file"],
                remedy=f"The last one is {target.number}. Have the target say which delivery it answers.",
            )  # fmt: skip
        facts |= {"delivery_id": delivery.delivery_id}
        if rows.num_rows > delivery.rows:
            raise MdmError(
                f"{rows.num_rows} rows answer delivery {number}, which had {delivery.rows}", where=facts["file"],
                remedy="Have the target answer this delivery alone; nothing of this file was kept.",
            )  # fmt: skip
        held = answers.weigh(connection, target.target_id, delivery.delivery_id, rows)
        _check(held, number, facts["file"], delivery.withheld)
        accepted = pc.sum(rows["accepted"].cast(pa.int64())).as_py() or 0
        facts |= {"status": "applied", "accepted": accepted, "rejected": rows.num_rows - accepted}
        ack_id = answers.put_ack(connection, facts)
        keys = answers.put_answers(connection, delivery.delivery_id, ack_id, unlisted=answer.rows == "rejected")
        undelivered.close(connection, contract.target, keys)
    return Replied(facts["file"], "applied", number, accepted, rows.num_rows - accepted)


def _check(held: answers.Held, number: int, file: str, withheld: int) -> None:
    """Raise MdmError for answers that cannot be; rows of people erased since are not known any more, and not missed."""
    if len(held.unknown) > withheld:
        raise MdmError(
            f"{len(held.unknown)} rows answer keys that delivery {number} did not have: {_some(held.unknown)}",
            where=file, remedy="Have the target answer what it was sent; nothing of this file was kept.",
        )  # fmt: skip
    if held.answered:
        raise MdmError(
            f"{len(held.answered)} rows were answered otherwise before: {_some(held.answered)}", where=file,
            remedy="The first answer stands. Find out which is right; a row that was accepted wrongly is told again "
            "with the next change of its customer.",
        )  # fmt: skip


def _some(keys: list[str]) -> str:
    shown = ", ".join(keys[:SHOWN])
    return f"{shown}, ..." if len(keys) > SHOWN else shown


# -- rows --------------------------------------------------------------------------------------------------------------


def _rows(file: File, contract: TargetContract, answer: Acknowledgement) -> tuple[int, pa.Table]:
    """The delivery that is answered, and the answers: key, accepted, reason. Raises FeedError."""
    raw = read_delivery(file, _as_source(contract, answer))
    if raw.quarantined.num_rows:
        row = raw.quarantined.to_pylist()[0]
        raise FeedError(
            f"{raw.quarantined.num_rows} rows cannot be read: {row['detail']}", where=f"{file.name}:{row['line']}",
            remedy="Have the target send the file again; nothing of it was kept.",
        )  # fmt: skip
    number = _number(file, raw.table, answer)
    keys = pc.utf8_trim_whitespace(raw.table[answer.key])
    counts = pc.value_counts(keys)
    twice = [each["values"] for each in counts.to_pylist() if each["counts"] > 1]
    if twice:
        raise FeedError(
            f"{len(twice)} keys are answered twice: {_some(sorted(map(str, twice)))}", where=file.name,
            remedy="Have the target answer each row once; nothing of this file was kept.",
        )  # fmt: skip
    reasons = raw.table[answer.reason] if answer.reason else pa.nulls(len(keys), pa.string())
    table = pa.table({"key": keys, "accepted": _accepted(raw.table, answer, file.name), "reason": reasons})
    return number, table


def _accepted(table: pa.Table, answer: Acknowledgement, file: str) -> pa.ChunkedArray:
    if answer.status is None:  # it names only what was refused
        return pa.chunked_array([pa.repeat(pa.scalar(False), table.num_rows)])
    words = pc.utf8_trim_whitespace(table[answer.status])
    known = pc.is_in(words, pa.array([*answer.accepted, *answer.rejected], pa.string()))
    if not pc.all(known).as_py() and table.num_rows:
        strange = sorted(set(words.filter(pc.invert(known)).to_pylist()), key=str)
        raise FeedError(
            f"unknown answers in {answer.status}: {_some([repr(word) for word in strange])}", where=file,
            remedy="Say what they mean in `acknowledgement.status` of the target's contract; nothing was kept.",
        )  # fmt: skip
    return pc.is_in(words, pa.array(list(answer.accepted), pa.string()))


def _number(file: File, table: pa.Table, answer: Acknowledgement) -> int:
    if answer.number_in_name is not None:
        match = re.search(answer.number_in_name, Path(file.name).name)
        texts = {match[1]} if match else set()
        where = f"its name, by {answer.number_in_name}"
    else:
        texts = set(pc.utf8_trim_whitespace(table[answer.delivery]).to_pylist())
        where = f"column {answer.delivery}"
    numbers = {text for text in texts if text is not None and text.isascii() and text.isdecimal()}
    if len(texts) != 1 or not numbers:
        found = ", ".join(sorted(map(str, texts))[:SHOWN]) or "none"
        raise FeedError(
            f"no single number of a delivery in {where}: {found}", where=file.name,
            remedy="One file answers one delivery; have the target send it so.",
        )  # fmt: skip
    return int(numbers.pop())


def _as_source(contract: TargetContract, answer: Acknowledgement) -> SourceContract:
    """The contract by which the readers read it: its key, and the columns that matter as attributes."""
    columns = {name: Expression(column=value) for name in FIELDS if (value := getattr(answer, name)) is not None}
    return SourceContract(
        source=contract.target, party=PartyRule(party="person"), format=answer.format or ParquetFormat(),
        key=(answer.key,), map=RecordMap(attributes=columns), path=contract.path,
    )  # fmt: skip
