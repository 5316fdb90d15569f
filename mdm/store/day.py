"""The queue in numbers: how many tasks there are of what, and what a steward has done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from mdm.store import second_looks
from mdm.store.second_looks import VISIBLE


@dataclass(frozen=True, slots=True)
class Day:
    """A steward's day: answers by verdict, how many of them were taken back, by whomever.

    judged_twice: answers of theirs in the weeks before that somebody else looked at unseen, or that they looked at so;
    agreed: of these.
    """

    answers: dict[str, int]
    undone: int
    judged_twice: int
    agreed: int

    @property
    def done(self) -> int:
        """Tasks answered."""
        return sum(self.answers.values())


def counts(connection: sa.Connection, me: str = "", *, lead: bool = False) -> dict[str, dict[str, int]]:
    """How many tasks are open by kind, region and assignee; a task without region or assignee under ``""``.

    me, lead: of those that somebody may see (`second_looks.VISIBLE`).
    """
    found: dict[str, dict[str, int]] = {"kind": {}, "region": {}, "assignee": {}}
    rows = connection.exec_driver_sql(
        "select kind, region, assignee, grouping(kind), grouping(region), count(*) from task t "
        f"where status <> 'closed' and {VISIBLE} group by grouping sets ((kind), (region), (assignee))",
        {"me": me, "lead": lead},
    )
    for kind, region, assignee, not_kind, not_region, number in rows:
        if not not_kind:
            found["kind"][kind] = number
        elif not not_region:
            found["region"][region or ""] = number
        else:
            found["assignee"][assignee or ""] = number
    return found


def day_of(connection: sa.Connection, actor: str, since: datetime, weeks_before: int = 4) -> Day:
    """What a steward has done since a moment."""
    parameters = {"actor": actor, "since": since}
    answers = connection.exec_driver_sql(
        "select verdict, count(*) from task where closed_by = %(actor)s and closed_at >= %(since)s group by verdict",
        parameters,
    ).all()
    undone = connection.exec_driver_sql(
        "select count(*) from judgement j join judgement later on later.judgement_id = j.superseded_by "
        "where j.actor = %(actor)s and later.verdict = 'withdrawn' and later.created_at >= %(since)s",
        parameters,
    ).scalar_one()
    twice = [
        row
        for row in second_looks.answered(connection, days=7 * weeks_before)
        if actor in (row["first"], row["second"])
    ]
    agreed = [row for row in twice if second_looks.agree(row["first_said"], row["second_said"])]
    return Day({verdict: number for verdict, number in answers}, undone, len(twice), len(agreed))
