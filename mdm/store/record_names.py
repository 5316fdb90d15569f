"""What records call the party that they are of."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa


def names_of_records(connection: sa.Connection, record_ids: Iterable[int | None]) -> dict[int, str]:
    """Record id -> the name that it gives: in hanzi, else given, middle and family name, else of the company."""
    rows = connection.exec_driver_sql(
        """
        select record_id, coalesce(
            nullif(concat(doc ->> 'family_native', doc ->> 'given_native'), ''),
            nullif(concat_ws(' ', doc ->> 'name_given', doc ->> 'name_middle', doc ->> 'name_family'), ''),
            doc ->> 'organisation_name'
        ) as name
        from (
            select r.record_id, r.cleansed::json as doc from record r
            where r.record_id = any(%(ids)s::bigint[]) and r.recorded_to = 'infinity'
        ) as named
        """,
        {"ids": sorted({number for number in record_ids if number is not None})},
    )
    return {record_id: name for record_id, name in rows if name}
