"""Who was told a PIN that proved wrong: targets by key, subscribers by change, and what became of the correction.

A correction is a key that a split, the end of a merge or the move of a record took from one PIN to another, of a target
that was told the first one. A merge is none: its former PIN leads to the new one for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mdm.store.told import Asked, gather_keys

# the events by which records go from one PIN to another that does not lead there
_PARTED = """
select l.kind, l.actor, l.at, l.reason, l.run_id,
    case l.kind when 'revived' then l.other_pin else l.pin end as wrong,
    case l.kind when 'revived' then l.pin else l.other_pin end as "right"
from lineage l where l.kind in ('split', 'revived', 'moved') and l.other_pin is not null
"""
_SENT = f"""
select t.target, r.key, r.moved_from as wrong, r.pin as "right", p.kind, p.actor, p.at, w.number as told_in,
    d.number as corrected_in, d.status = 'written' as sent, coalesce(n.accepted, a.accepted) as accepted,
    coalesce(n.reason, a.reason) as reason
from sync_row r join sync_delivery d using (delivery_id) join sync_target t on t.target_id = r.target_id
join lateral (select p.* from ({_PARTED}) as p where p.wrong = r.moved_from and p."right" = r.pin
              and p.at <= d.created_at order by p.at desc limit 1) as p on true
left join lateral (select e.number from sync_row o join sync_delivery e using (delivery_id)
    where o.target_id = r.target_id and o.key = r.key and o.delivery_id < r.delivery_id and o.pin = r.moved_from
    order by o.delivery_id desc limit 1) as w on true
left join sync_answer a on a.delivery_id = r.delivery_id and a.key = r.key
left join lateral (select n.accepted, n.reason from sync_row l join sync_answer n using (delivery_id, key)
    where l.target_id = r.target_id and l.key = r.key and l.delivery_id > r.delivery_id and l.pin = r.pin
    order by l.delivery_id desc limit 1) as n on true
where r.moved_from is not null and r.attempt = 1 and (%(name)s::text is null or t.target = %(name)s)
order by p.at, t.target, r.key
"""
_WAITING = f"""
select k.key, s.pin as wrong, x.pin as "right", p.kind, p.actor, p.at, s.number as told_in
from sync_key k join lateral (
    select s.pin, s.action, d.number from sync_row s join sync_delivery d using (delivery_id)
    where s.target_id = %(target)s and s.key = k.key order by s.delivery_id desc limit 1
) as s on true join xref x on x.system = %(system)s and x.local_id = k.key || %(suffix)s and x.recorded_to = 'infinity'
join lateral (select p.* from ({_PARTED}) as p where p.wrong = s.pin and p."right" = x.pin
              order by p.at desc limit 1) as p on true
where s.pin <> x.pin order by p.at, k.key
"""
# who lost records announces it as well as who got them: the lineage says which of the two is which
_SUBSCRIBERS = f"""
select s.name as target, c.pin as key, p.kind, p.wrong, p."right", c.actor, c.at, c.position,
    c.position <= s.position and h.position is null or c.position = any(s.ahead) as taken,
    h.dead_at is not null as dead, h.error
from change c join subscriber s on s.created_at <= c.at
join lateral (select distinct p.kind, p.wrong, p."right" from ({_PARTED}) as p where p.run_id = c.run_id
              and (p.wrong = c.pin and p."right" = any(c.related) or p."right" = c.pin and p.wrong = any(c.related))
) as p on true
left join webhook_held h on h.subscriber = s.name and h.position = c.position
where c.type = 'split' and (%(name)s::text is null or s.name = %(name)s) order by c.position, s.name, p.wrong
"""


@dataclass(frozen=True, slots=True)
class Correction:
    """Somebody who was told `wrong` where it is `right` now.

    to: target | subscriber. key: the target's key, or the PIN that a change was about. because: split, revived (the end
    of a merge) or moved; by, at: who did it, and when. told_in, corrected_in: numbers of deliveries, or the position of
    the change. state: waiting (the next sync sends it) | sent | acknowledged | rejected | given up.
    """

    to: str
    name: str
    key: str
    wrong: str
    right: str
    because: str
    by: str
    at: datetime
    told_in: int | None
    corrected_in: int | None
    state: str
    reason: str | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


def sent(connection: sa.Connection, target: str | None = None) -> Iterator[Correction]:
    """Corrections that are in deliveries, of one target or of all."""
    for row in connection.exec_driver_sql(_SENT, {"name": target}).mappings():
        state = "sent" if row["sent"] else "waiting"
        if row["accepted"] is not None:
            state = "acknowledged" if row["accepted"] else "rejected"
        yield Correction(
            "target", row["target"], row["key"], row["wrong"], row["right"], row["kind"], row["actor"], row["at"],
            row["told_in"], row["corrected_in"], state, None if row["accepted"] else row["reason"],
        )  # fmt: skip


def waiting(connection: sa.Connection, target: str, asked: Asked, after: int, upto: int) -> Iterator[Correction]:
    """Corrections that the next delivery to a target will bring: of changes between two positions."""
    empty = "create temporary table if not exists sync_open (key text, again boolean) on commit drop"
    connection.exec_driver_sql(empty)
    if asked.system is None or after == 0 or not gather_keys(connection, asked, after, upto):
        return
    for row in connection.exec_driver_sql(_WAITING, asked.parameters).mappings():
        yield Correction(
            "target", target, row["key"], row["wrong"], row["right"], row["kind"], row["actor"], row["at"],
            row["told_in"], None, "waiting",
        )  # fmt: skip


def of_subscribers(connection: sa.Connection, name: str | None = None) -> Iterator[Correction]:
    """Changes of type `split` and the subscribers who were there before: whether each has taken it."""
    for row in connection.exec_driver_sql(_SUBSCRIBERS, {"name": name}).mappings():
        state = "acknowledged" if row["taken"] else "given up" if row["dead"] else "waiting"
        yield Correction(
            "subscriber", row["target"], row["key"], row["wrong"], row["right"], row["kind"], row["actor"], row["at"],
            None, row["position"], state, None if row["taken"] else row["error"],
        )  # fmt: skip
