"""What stewards said of pairs, by the weight that the model gave them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def judged_by_weight(connection: sa.Connection, party: str, width: float) -> list[dict[str, Any]]:
    """The judgements in force of a party type, counted per band of `width` bits: low, asked, verdict, pairs, expected.

    asked: the answer to a task, with the weight that it showed; else somebody judged unasked, and the weight is the
    stored pair's; a pair without weight is left out. expected: how many of them are one party if the weights are right.
    """
    rows = connection.exec_driver_sql(
        """
        select floor(weight / %(width)s) * %(width)s as low, asked, verdict, count(*) as pairs,
            sum(1 / (1 + power(2.0, -least(greatest(weight, -60), 60)))) as expected
        from (
            select j.verdict, t.weight is not null as asked, coalesce(t.weight, p.weight) as weight
            from judgement j
            left join lateral (
                select t.weight, t.party from task t where t.left_id = j.left_id and t.right_id = j.right_id
                and t.closed_by is not null and t.verdict in ('same', 'different', 'unsure') and t.weight is not null
                order by t.closed_at desc limit 1
            ) as t on true
            left join pair p on p.left_id = j.left_id and p.right_id = j.right_id
            where j.superseded_by is null and j.verdict in ('same', 'different', 'unsure')
            and coalesce(t.party, p.party) = %(party)s
        ) as judged
        group by 1, 2, 3 order by 1, 2, 3
        """,
        {"party": party, "width": width},
    )
    return [dict(row) for row in rows.mappings()]
