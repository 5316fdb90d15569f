"""GET /console/design: what pages are made of, shown with made-up values."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response

from api.console.graph import Node, drawn
from api.console.marks import marked_pair
from api.console.pages import render
from api.console.visitors import Visitor, may
from api.console.waterfall import waterfall

router = APIRouter()

_COMPARED = (
    ("family", "Zhang", "Zhang", "equal", 5.1),
    ("given", "Wěi", "Wei", "similar", 3.2),
    ("birth", "1968-01-19", "1968-01-16", "similar", 4.4),
    ("phone", "+8613909310588", "+869312337766", "different", -2.5),
)
_SPACES = ("s1", "s2", "s3", "s4", "s5", "s6", "s7")
_SIZES = ("t1", "t2", "t3", "t4", "t5")
_COLOURS = (
    "ground", "panel", "sunk", "line", "line-strong", "ink", "ink-2", "ink-3", "accent", "accent-soft", "good",
    "good-soft", "warn", "warn-soft", "bad", "bad-soft", "calm", "calm-soft", "for", "against", "neutral",
)  # fmt: skip


@router.get("/console/design")
async def design(visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """The tokens and every component."""
    bars = waterfall(-10.5, [bits for *_, bits in _COMPARED], 2.0)
    compared = [
        {"name": name, "pieces": marked_pair(left, right), "kind": kind, "bits": bits, "bar": bar}
        for (name, left, right, kind, bits), bar in zip(_COMPARED, bars[1:], strict=False)
    ]
    graph = drawn(
        [
            [Node("a", "record", "Zhang Wei", "billing:B8"), Node("b", "record", "张伟", "call_centre:C9")],
            [Node("c", "customer", "Zhang Wei", "401787509130")],
            [Node("h", "household", "9 Mill Lane", "H401787509130")],
        ],
        [("a", "c", "held"), ("b", "c", "asked"), ("c", "h", "")],
    )
    return render(
        request, "design.html", spaces=_SPACES, sizes=_SIZES, colours=_COLOURS, compared=compared, prior=bars[0],
        total=bars[-1], graph_drawn=graph,
    )  # fmt: skip
