"""Values of an erased person in documents that are about others, or about a whole night: found, and rewritten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa


class Place(NamedTuple):
    """A column of text or of JSON that may quote values of records."""

    table: str
    column: str
    is_json: bool

    @property
    def text(self) -> str:
        """SQL: what it says, JSON without escapes."""
        return f"t.{self.column}::jsonb::text" if self.is_json else f"t.{self.column}"


QUARANTINED = Place("quarantine", "content", False)
PLACES = (
    Place("run", "report", True),
    Place("run_step", "counts", True),
    Place("expectation_result", "observed", True),
    Place("expectation_result", "message", False),
    Place("quarantine", "detail", False),
    QUARANTINED,
    Place("task", "detail", True),
    Place("task", "closed_reason", False),
    Place("judgement", "reason", False),
    Place("household_decision", "reason", False),
    Place("household_decision", "withdrawn_reason", False),
    Place("lineage", "reason", False),
    Place("override", "value", True),
    Place("override", "reason", False),
    Place("generic_value", "value", False),
    Place("model", "definition", True),
    Place("audit", "purpose", False),
    Place("audit", "trace_id", False),
)


def mentioned(connection: sa.Connection, place: Place, patterns: Sequence[str]) -> list[str]:
    """Those of `patterns` (texts as JSON writes them) that occur at a place."""
    return list(
        connection.exec_driver_sql(
            f"with said as materialized (select distinct {place.text} as text from {place.table} t "
            f"where t.{place.column} is not null) "
            "select p from unnest(%(patterns)s::text[]) as p where exists "
            "(select 1 from said where strpos(said.text, p) > 0)",
            {"patterns": list(patterns)},
        ).scalars()
    )


def borne_by_nobody(connection: sa.Connection, leaves: Sequence[str]) -> list[str]:
    """Those of `leaves` (JSON texts with their quotes) that no record of the store has as a value, nor as its key."""
    return list(
        connection.exec_driver_sql(
            """
            select p from unnest(%(leaves)s::text[]) as p where not exists (
                select 1 from record r where strpos(r.cleansed, p) > 0 or strpos(r.original, p) > 0
            ) and not exists (select 1 from record r where r.local_id = p::json #>> '{}')
            """,
            {"leaves": list(leaves)},
        ).scalars()
    )


def documents_with(connection: sa.Connection, place: Place, patterns: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Rows of a place in which one of `patterns` occurs: where (for `rewrite`), and the document or text."""
    shown = f"t.{place.column}::jsonb" if place.is_json else f"t.{place.column}"
    rows = connection.exec_driver_sql(
        f"select t.ctid::text, {shown} from {place.table} t where t.{place.column} is not null and exists "
        f"(select 1 from unnest(%(patterns)s::text[]) as p where strpos({place.text}, p) > 0)",
        {"patterns": list(patterns)},
    ).all()
    yield from ((where, found) for where, found in rows)


def rewrite(connection: sa.Connection, place: Place, where: str, text: str | None) -> None:
    """Put another text (JSON as text) in a row that `documents_with` gave, in the same transaction."""
    cast = "::json" if place.is_json else ""
    connection.exec_driver_sql(
        f"update {place.table} set {place.column} = %(text)s{cast} where ctid = %(where)s::tid",
        {"text": text, "where": where},
    )


def drop(connection: sa.Connection, place: Place, where: str) -> None:
    """Delete such a row."""
    connection.exec_driver_sql(f"delete from {place.table} where ctid = %(where)s::tid", {"where": where})


def rename_model(connection: sa.Connection, where: str, model_id: str, definition: str) -> None:
    """Give a model another definition (JSON text), and it and the pairs that it weighed the name that goes with it."""
    old = connection.exec_driver_sql(
        "update model set definition = %(definition)s::json where ctid = %(where)s::tid returning model_id",
        {"definition": definition, "where": where},
    ).scalar_one()
    names = {"old": old, "new": model_id}
    connection.exec_driver_sql("update pair set model_id = %(new)s where model_id = %(old)s", names)
    connection.exec_driver_sql("update model set model_id = %(new)s where model_id = %(old)s", names)
