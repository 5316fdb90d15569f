"""A task as a page shows it: evidence as rows, records as columns, what "same" would do, the graph around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api.console.graph import Drawn, Node, drawn
from api.console.marks import Pieces, as_taken, marked_pair
from api.console.texts import Texts
from api.console.waterfall import Bar, waterfall
from mdm.match.comparisons import COMPARISONS
from mdm.registry.changes import changes_between, in_clear
from mdm.registry.masking import mask_entry
from mdm.registry.shown import shown as value_of
from mdm.registry.views import Change
from mdm.registry.words import probability
from mdm.stewardship.effect import CustomerChange, Effect

MOST_RECORDS = 8
# what a column of a record shows, as mdm.registry.shown calls it -> as evidence calls it
ATTRIBUTES = {
    "given": "given name", "middle": "middle name", "family": "family name", "organisation": "company name",
    "birth": "birth date", "sex": "sex", "identifiers": "identity number", "papers": "passport or permit",
    "phones": "phone", "emails": "e-mail", "address": "address",
}  # fmt: skip


# answers of comparisons that say that both values are one, however they are written
EQUAL = frozenset(
    level.words
    for comparisons in COMPARISONS.values()
    for comparison in comparisons
    for level in comparison.levels
    if level.code in ("same", "same_characters")
)


def kind_of(compared: Mapping[str, Any]) -> str:
    """How two values stand to each other: equal | similar | different | silent (one of the two says nothing)."""
    said = compared.get("said")
    if said is None or said == "held by so many that it says nothing":
        return "silent"
    if said == "different":
        return "different"
    return "equal" if said in EQUAL else "similar"


def evidence_rows(pair: Mapping[str, Any], t: Texts) -> tuple[list[dict[str, Any]], Bar | None, Bar | None]:
    """Of a pair (mdm.registry.explanations): a row for each comparison that has a value, the bars of prior and sum."""
    if pair.get("prior") is None:
        return [], None, None
    comparisons = pair["comparisons"]
    bars = waterfall(pair["prior"], [each["bits"] for each in comparisons], pair["match_weight"])
    rows: list[dict[str, Any]] = []
    told: set[tuple[str, str]] = set()
    for each, bar in zip(comparisons, bars[1:], strict=False):
        if each.get("left") is None and each.get("right") is None:
            continue
        kind = kind_of(each)
        left, right = marked_pair(t.value(each.get("left")), t.value(each.get("right")))
        pieces: tuple[Pieces, Pieces] = as_taken(left, kind), as_taken(right, kind)
        delivered = {side: each.get(side) for side in ("left_original", "right_original")}
        delivered = {side: None if (side, text) in told else text for side, text in delivered.items()}
        told |= {(side, text) for side, text in delivered.items() if text is not None}  # a whole name, once
        rows.append({**each, **delivered, "kind": kind, "pieces": pieces, "bar": bar})
    return rows, bars[0], bars[-1]


def record_column(version: Mapping[str, Any], pin: str | None) -> dict[str, Any]:
    """A record of the customers: its values by attribute, in a shape that masking knows."""
    cleansed, party = version["cleansed"], version["party"]
    values = [{"attribute": words, "value": value_of(name, cleansed, party)} for name, words in ATTRIBUTES.items()]
    return {
        "record": f"{version['system']}:{version['local_id']}", "system": version["system"], "pin": pin,
        "changed_at": version["changed_at"], "extracted_at": version["extracted_at"], "values": values,
    }  # fmt: skip


def preview(effect: Effect, *, masked: bool) -> list[dict[str, Any]]:
    """What a decision does to each customer: what becomes of its PIN, how many records, which golden values change.

    Those that stay come first.
    """
    changes = [_change(change, masked=masked) for change in effect.customers]
    return sorted(changes, key=lambda change: bool(change["what"] == "redirected"))


def _change(change: CustomerChange, *, masked: bool) -> dict[str, Any]:
    before, after = change.before, change.after
    differences: tuple[Change, ...] = ()
    if after.golden is not None:
        was = None if before is None else before.golden
        differences = changes_between(was, after.golden, mask_entry if masked else in_clear)
    what = "new" if before is None else "same" if after.status == before.status else after.status
    name = after.name or (None if before is None else before.name)
    return {
        "pin": change.pin, "what": what, "to": after.redirect_to, "name": name,
        "records_before": len(before.records) if before is not None else 0, "records": len(after.records),
        "changes": [each for each in differences if not each.same_values],
    }  # fmt: skip


def graph_of(sides: Sequence[Mapping[str, Any]], names: Iterable[str | None], t: Texts) -> Drawn:
    """The records of a task, their customers, and the households of these."""
    columns: tuple[list[Node], list[Node], list[Node]] = ([], [], [])
    links: list[tuple[str, str, str]] = []
    seen: set[str] = set()
    for side, name in zip(sides, names, strict=True):
        columns[0].append(Node(side["record"], "record", name or side["record"], side["record"]))
        customer = side.get("customer")
        if customer is None:
            continue
        links.append((side["record"], customer["pin"], "held"))
        if customer["pin"] not in seen:
            seen.add(customer["pin"])
            columns[1].append(
                Node(customer["pin"], "customer", customer["pin"], t("records", n=len(customer["records"] or ())))
            )
        for home in (customer.get("household"), customer.get("legal_entity")):
            if home is not None:
                links.append((customer["pin"], home["chi"], ""))
                if home["chi"] not in seen:
                    seen.add(home["chi"])
                    columns[2].append(Node(home["chi"], "household", home["chi"], t("members", n=len(home["members"]))))
    if len(columns[0]) == 2:
        links.append((columns[0][0].name, columns[0][1].name, "asked"))
    return drawn(columns, links)


def share_of(weight: float | None) -> float | None:
    """The probability of a weight."""
    return None if weight is None else probability(weight)
