"""A customer as it stands, and the audit entry that it was read: one statement, and so one round trip."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from mdm.store.asking import Asking
from mdm.store.audit import Entry


class Standing(NamedTuple):
    """An active customer with its golden document (JSON text) and since when that is known; None: it has none."""

    pin: str
    party: str
    doc: str | None
    since: datetime | None


# The entry names what the document holds; the parts that are shown apart from it are not read.
_STATEMENT = """
with found as (
    select c.pin, c.party, g.doc, g.recorded_from, array(
        select name from json_object_keys(g.doc::json) as name where name not in ('accounts', 'subscriptions')
    ) as names
    from {found} and c.recorded_to = 'infinity' and c.status = 'active'
    left join golden g on g.pin = c.pin and g.recorded_to = 'infinity'
    {where}
), noted as (
    insert into audit (actor, actor_name, purpose, action, pins, fields, masked, status, trace_id)
    select %(actor)s::text, %(actor_name)s::text, %(purpose)s::text, %(action)s::text, array[pin],
        names || array['pin'] || case when 'organisation' = any(names) and 'name' <> all(names) then array['name'] end,
        %(masked)s::boolean, 200, %(trace_id)s::text
    from found
)
select pin, party, doc, recorded_from from found
"""
_BY_PIN = _STATEMENT.format(found="(select %(pin)s::text as pin) a join customer c on c.pin = a.pin", where="")
_BY_KEY = _STATEMENT.format(
    found="xref x join customer c on c.pin = x.pin",
    where="where x.system = %(system)s and x.local_id = %(local_id)s and x.recorded_to = 'infinity'",
)


async def standing_of_pin(asking: Asking, pin: str, entry: Entry) -> Standing | None:
    """The active customer of a PIN; None, and no entry: there is none, or the PIN leads elsewhere.

    entry: who asks; of whom, which attributes and the status are filled in.
    """
    row = await asking.one(_BY_PIN, {"pin": pin, **_who(entry)})
    return None if row is None else Standing(*row)


async def standing_of_key(asking: Asking, system: str, local_id: str, entry: Entry) -> Standing | None:
    """The same of the record of a source key."""
    row = await asking.one(_BY_KEY, {"system": system, "local_id": local_id, **_who(entry)})
    return None if row is None else Standing(*row)


def _who(entry: Entry) -> dict[str, object]:
    return {
        "actor": entry.actor, "actor_name": entry.actor_name, "purpose": entry.purpose, "action": entry.action,
        "masked": entry.masked, "trace_id": entry.trace_id,
    }  # fmt: skip
