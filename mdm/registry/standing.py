"""Look a customer up as it stands, its golden record alone, by PIN or source key: what a channel asks most."""

from __future__ import annotations

from mdm.registry.keys import SourceKey
from mdm.registry.search import golden_of
from mdm.registry.views import CustomerView
from mdm.store import standing
from mdm.store.asking import Asking
from mdm.store.audit import Entry


async def find_standing(asking: Asking, key: str | SourceKey, entry: Entry) -> CustomerView | None:
    """The active customer of a PIN or source key, with who asked for it noted, in one round trip.

    None, and nothing is noted: there is none, or not so simply (a redirect, a retired PIN); `look_up` says why.
    Raises StoreError when the store is gone.
    """
    if isinstance(key, SourceKey):
        found = await standing.standing_of_key(asking, *key, entry)
    else:
        found = await standing.standing_of_pin(asking, key, entry)
    if found is None:
        return None
    return CustomerView(found.pin, found.party, "active", golden_of(found.doc), golden_since=found.since)
