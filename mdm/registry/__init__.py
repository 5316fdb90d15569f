"""What a channel, or a person at the command line, asks of the master file. Functions over an open connection.

`look_up`, `look_up_household`, `find_xref`, `find_xrefs`: who is it. `versions_of`: what was known of it, and how that
came about. `why`, `explain_records`: why are two records one customer, or not. They read only; the caller opens and
closes the transaction.
"""

from mdm.registry.explanations import Compared, Judged, Link, PairExplanation, SharedKey, Why
from mdm.registry.households import look_up_household
from mdm.registry.keys import SourceKey, read_key
from mdm.registry.lookup import find_xref, find_xrefs, look_up
from mdm.registry.pair import explain_records
from mdm.registry.versions import versions_of
from mdm.registry.views import (
    ALONE,
    INCLUDES,
    CustomerView,
    HouseholdView,
    Include,
    LineageEvent,
    Member,
    SourceRecord,
    VersionsView,
    XrefView,
)
from mdm.registry.why import why

__all__ = [
    "ALONE", "INCLUDES", "Compared", "CustomerView", "HouseholdView", "Include", "Judged", "LineageEvent", "Link",
    "Member", "PairExplanation", "SharedKey", "SourceKey", "SourceRecord", "VersionsView", "Why", "XrefView",
    "explain_records", "find_xref", "find_xrefs", "look_up", "look_up_household", "read_key", "versions_of", "why",
]  # fmt: skip
