"""What has to be resolved again although no feed said anything: decisions of stewards, overrides that expire,
and customers who were erased."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import sqlalchemy as sa

from mdm.store.bulk import fetch_arrow

_DECIDED = """
with last as (
    select started_at, business_date from run where status = 'applied' order by started_at desc limit 1
), judged as (
    select unnest(array[j.left_id, j.right_id]) as record_id
    from judgement j, last where j.created_at >= last.started_at
), pinned as (
    select o.pin from override o, last
    where o.created_at >= last.started_at or o.ended_at >= last.started_at
    or (o.ended_at is null and o.expires >= last.business_date and o.expires < %(today)s)
), left_behind as (
    select unnest(e.touched) as record_id from erasure e, last where e.erased_at >= last.started_at
)
select record_id from record r join (table judged union table left_behind) as concerned using (record_id)
where r.recorded_to = 'infinity' and r.status = 'accepted'
union
select x.record_id from xref x join pinned using (pin) where x.recorded_to = 'infinity'
order by record_id
"""


def pending_records(connection: sa.Connection, today: date) -> pa.Table:
    """record_id of current records whose customers a decision made since the last applied run concerns.

    today: the business date of the run; an override whose last day lies between the last run's date and it has expired.
    """
    return fetch_arrow(connection, _DECIDED, {"today": today})
