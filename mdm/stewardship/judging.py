"""Judgements entered: valid ones are kept, one that contradicts a chain of others is refused, and the chain named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from mdm.errors import Contradiction, NotFound, Taken, UsageError
from mdm.resolve.judging import VERDICTS, Two, Verdict, contradicted_chain
from mdm.stewardship.naming import Named
from mdm.store import judgements

Pairs = Sequence[tuple[Named, Named]]


def read_verdict(text: str) -> Verdict:
    """A verdict. Raises UsageError when it is none."""
    for verdict in VERDICTS:
        if text == verdict:
            return verdict
    raise UsageError(f"no such verdict: {text}", remedy=f"One of: {', '.join(VERDICTS)}.")


def keep(connection: sa.Connection, pairs: Pairs, verdict: Verdict, actor: str, reason: str | None) -> tuple[int, ...]:
    """Keep one verdict about each of `pairs`; all of them, or none when one contradicts what is in force.

    What the same person said before in the same words is in force already. Raises Contradiction; UsageError for a
    record and itself.
    """
    for a, b in pairs:
        if a.record_id == b.record_id:
            raise UsageError(f"{a.key} is one record", remedy="A judgement is about two.")
    judgements.lock(connection)
    table = judgements.tied_to(connection, sorted({record.record_id for pair in pairs for record in pair}))
    _check(pairs, verdict, table)
    return tuple(_add(connection, pairs, verdict, actor, reason, table).values())


def check_fits(connection: sa.Connection, pairs: Pairs, verdict: Verdict) -> None:
    """Raise Contradiction where a verdict, in place of what is judged of these pairs, contradicts what else is."""
    _check(pairs, verdict, judgements.tied_to(connection, sorted({each.record_id for pair in pairs for each in pair})))


def keep_what_fits(
    connection: sa.Connection, pairs: Pairs, verdict: Verdict, actor: str, reason: str | None
) -> list[int | Contradiction]:
    """As `keep`, of each pair by itself, those before it counted in: its judgement, or what it contradicts."""
    judgements.lock(connection)
    table = judgements.tied_to(connection, sorted({record.record_id for pair in pairs for record in pair}))
    in_force = {_two(row["left_id"], row["right_id"]): row["verdict"] for row in table}
    refused: dict[Two, Contradiction] = {}
    for a, b in pairs:
        same, different = ([two for two, said in in_force.items() if said == word] for word in ("same", "different"))
        chain = contradicted_chain(a.record_id, b.record_id, verdict, same, different)
        if chain:
            refused[_two(a.record_id, b.record_id)] = _contradiction(chain, a, b, verdict, pairs, table)
        else:
            in_force[_two(a.record_id, b.record_id)] = verdict
    fit = [(a, b) for a, b in pairs if _two(a.record_id, b.record_id) not in refused]
    found: dict[Two, int | Contradiction] = {**refused, **_add(connection, fit, verdict, actor, reason, table)}
    return [found[_two(a.record_id, b.record_id)] for a, b in pairs]


def withdraw(connection: sa.Connection, judgement_id: int, actor: str, reason: str) -> tuple[int, dict[str, Any]]:
    """Lift a judgement in force: nothing is judged of its two records then; the new number, and what was lifted.

    Raises NotFound; Taken when a later one on the same two stands, or it was withdrawn before.
    """
    judgements.lock(connection)
    found = judgements.find_judgement(connection, judgement_id)
    if found is None:
        raise NotFound(f"no judgement {judgement_id}", remedy="GET /v1/judgements?record= or ?pin= lists them.")
    later = found["superseded_by"]
    after = None if later is None else judgements.find_judgement(connection, later)
    if after is not None:
        word = "was withdrawn" if after["verdict"] == "withdrawn" else f"was replaced (judgement {later})"
        remedy = "See what is in force: GET /v1/judgements?record=."
        raise Taken(f"judgement {judgement_id} {word} by {after['actor']}", holder=after["actor"], remedy=remedy)
    if found["verdict"] not in VERDICTS:
        raise Taken(f"judgement {judgement_id} is itself a withdrawal", holder=found["actor"], remedy="Judge anew.")
    (number,) = judgements.add_judgements(
        connection, [(found["left_id"], found["right_id"])], "withdrawn", actor=actor, reason=reason
    )
    return number, found


def check_not_apart(connection: sa.Connection, one: Sequence[Named], other: Sequence[Named]) -> None:
    """Raise Contradiction when a record of `one` was judged different from one of `other`."""
    ours, theirs = ({record.record_id for record in side} for side in (one, other))
    for row in judgements.tied_to(connection, sorted(ours | theirs)):
        left, right = row["left_id"], row["right_id"]
        if row["verdict"] == "different" and ((left in ours and right in theirs) or (left in theirs and right in ours)):
            chain = tuple(_key(row, side) for side in ("left", "right"))
            raise Contradiction(
                f"{chain[0]} and {chain[1]} were judged different by {row['actor']}",
                chain=chain,
                remedy=f"Withdraw judgement {row['judgement_id']} first, if it is wrong.",
            )


def _add(
    connection: sa.Connection, pairs: Pairs, verdict: Verdict, actor: str, reason: str | None,
    table: Sequence[dict[str, Any]],
) -> dict[Two, int]:  # fmt: skip
    """Keep what nothing contradicts; what was said before, in the same words, is in force already."""
    said = {
        _two(row["left_id"], row["right_id"]): row["judgement_id"]
        for row in table
        if (row["verdict"], row["actor"], row["reason"]) == (verdict, actor, reason)
    }
    wanted = list(dict.fromkeys(_two(a.record_id, b.record_id) for a, b in pairs))
    new = [two for two in wanted if two not in said]
    said |= zip(new, judgements.add_judgements(connection, new, verdict, actor=actor, reason=reason), strict=True)
    return {two: said[two] for two in wanted}


def _check(pairs: Pairs, verdict: Verdict, table: Sequence[dict[str, Any]]) -> None:
    new = {_two(a.record_id, b.record_id) for a, b in pairs}
    in_force = [row for row in table if _two(row["left_id"], row["right_id"]) not in new]
    same, different = (
        [(row["left_id"], row["right_id"]) for row in in_force if row["verdict"] == wanted]
        for wanted in ("same", "different")
    )
    for a, b in pairs:
        chain = contradicted_chain(a.record_id, b.record_id, verdict, same, different)
        if chain:
            raise _contradiction(chain, a, b, verdict, pairs, table)
        if verdict == "same":
            same.append((a.record_id, b.record_id))


def _contradiction(
    chain: Sequence[int], a: Named, b: Named, verdict: Verdict, pairs: Pairs, table: Iterable[dict[str, Any]]
) -> Contradiction:
    names = {record.record_id: record.key for pair in pairs for record in pair}
    for row in table:
        names |= {row[f"{side}_id"]: _key(row, side) for side in ("left", "right")}
    keys = tuple(names[record] for record in chain)
    told = " is the same as ".join(keys)
    if verdict == "different":
        message = f"{a.key} and {b.key} cannot be different: {told}"
    else:
        message = f"{a.key} and {b.key} cannot be the same: then {told}, and the ends were judged different"
    remedy = "Change one of the judgements of this chain first: mdm judge A B unsure."
    return Contradiction(message, chain=keys, remedy=remedy)


def _key(row: dict[str, Any], side: str) -> str:
    return f"{row[f'{side}_system']}:{row[f'{side}_local_id']}"


def _two(one: int, other: int) -> Two:
    return (one, other) if one < other else (other, one)
