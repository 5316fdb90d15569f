"""What would be done, before it is: a decision that is only tried, and what keeps it from being done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mdm.errors import Contradiction, NotFound, RunInProgress, StoreError, UsageError

E = TypeVar("E")


def tried(act: Callable[[], E], shown: Callable[[E], dict[str, Any]]) -> dict[str, Any]:
    """What a page shows of what `act`, a dry run, would do; or why not: `fault` (with its `chain`), `busy`: a night."""
    try:
        effect = act()
    except Contradiction as refused:
        return {"chain": refused.chain, "fault": refused}
    except (UsageError, NotFound) as fault:
        return {"fault": fault}
    except (StoreError, RunInProgress):
        return {"busy": True}
    return shown(effect)
