"""What a page shows of the store: plain documents, with personal values masked for whoever may not see them now."""

from __future__ import annotations

from typing import Any

import orjson

from api.console.visitors import Visitor
from mdm.registry.masking import as_seen


def shown(view: Any, visitor: Visitor) -> Any:
    """A view, or a document of views, as dictionaries and lists; masked unless the visitor has revealed the values.

    Whatever comes from a record or a golden document goes through here before a template sees it.
    """
    plain = orjson.loads(orjson.dumps(view, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS, default=str))
    return as_seen(plain, mask=visitor.masked)
