"""The table that households and legal entities hand on: who belongs to which group, when, and why."""

from __future__ import annotations

import pyarrow as pa

EVIDENCE = pa.list_(
    pa.struct(
        [
            ("system", pa.string()),
            ("local_id", pa.string()),
            ("effective", pa.date32()),  # from when the record says so
            ("address", pa.string()),  # of the dwelling; for a legal entity the name that it was known by
            ("matched", pa.string()),  # how this spelling came to the dwelling or entity
            ("by", pa.string()),  # what spoke for that
        ]
    )
)
DECIDED, DECIDED_BY = "decided", "steward"  # `matched` and `by` of who counts elsewhere than their records say
MEMBERSHIPS = pa.schema(
    [
        ("kind", pa.string()),  # household | legal_entity
        ("household", pa.int64()),  # 0.. within the kind, in the order of the earliest membership, then customer
        ("customer", pa.string()),
        ("role", pa.string()),  # see `mdm.resolve.roles`, "member" where no source says; head_office | branch
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),  # first day on which it was no longer true; null = open
        ("evidence", EVIDENCE),
    ]
)
