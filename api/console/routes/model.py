"""GET /console/model: what each answer of a comparison weighs, and how often stewards confirm the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Request, Response

from api.console.pages import render
from api.console.visitors import Visitor, may
from api.console.waterfall import Bar
from api.store import reading
from mdm.match.model import Model
from mdm.party import PartyType
from mdm.registry.agreement import agreement
from mdm.registry.models import model_in_use
from mdm.registry.precision import Band, precision_by_band
from mdm.registry.words import probability
from mdm.store import models

router = APIRouter()

# Fewer than one of the pairs that a session of training looks at (mdm.match.training.EM_PAIRS): the weight of such an
# answer is a guess without a bottom, and a bar of it would dwarf all others.
NEVER = 1e-5


@router.get("/console/model")
def model(visitor: Annotated[Visitor, may("lookup")], request: Request) -> Response:
    """The models in use: match weights as a chart, and the precision that the stewards' decisions imply."""
    party: PartyType = "organisation" if request.query_params.get("party") == "organisation" else "person"
    matching = request.app.state.settings.matching
    with reading(request) as connection:
        found = model_in_use(connection, party)
        bands = precision_by_band(connection, party)
        stewards, agreed = agreement(connection, party)
        kept = {row["model_id"]: row for row in models.list_models(connection)}
    limits = {"match": matching.match_weight, "review": matching.review_weight}
    return render(
        request, "model.html", model=found, party=party, parties=get_args(PartyType),
        since=None if found is None else kept[found.model_id]["created_at"], rows=() if found is None else chart(found),
        limits={name: (weight, probability(weight)) for name, weight in limits.items()},
        bands=[{"band": band, "bars": _bars(band)} for band in bands],
        answered=sum(band.same + band.different for band in bands),
        stewards=[each for each in stewards if visitor.may("lead") or each[0] == visitor.name], agreed=agreed,
    )  # fmt: skip


# -- the parts ---------------------------------------------------------------------------------------------------------


def chart(model: Model) -> list[dict[str, Any]]:
    """Every comparison with its levels: m, u, bits and a bar from zero, all on one scale; seen: training met it."""
    weights = [
        weight
        for comparison in model.comparisons
        for weight, (m, _) in zip(model.weights(comparison), model.levels[comparison.name], strict=True)
        if m >= NEVER
    ]
    low, high = min(*weights, model.prior, 0.0), max(*weights, 0.0)

    def place(weight: float) -> float:
        return round((weight - low) / ((high - low) or 1.0) * 100, 2)

    def bar(weight: float, kind: str) -> Bar:
        return Bar(kind, min(place(0.0), place(weight)), max(abs(place(weight) - place(0.0)), 0.4), place(0.0), None)

    def levels() -> Iterator[dict[str, Any]]:
        for comparison in model.comparisons:
            answers = zip(comparison.levels, model.levels[comparison.name], model.weights(comparison), strict=True)
            yield {
                "words": comparison.words,
                "levels": [
                    {"words": level.words, "m": m, "u": u, "bits": weight, "counted": level.frequency is not None,
                     "seen": m >= NEVER, "bar": bar(weight, "for" if weight >= 0 else "against")}
                    for level, (m, u), weight in answers
                ],
            }  # fmt: skip

    prior = {"words": None, "bits": model.prior, "bar": bar(model.prior, "prior")}
    return [prior, *levels()]


def _bars(band: Band) -> dict[str, float] | None:
    """Where the interval, the share and what the model expects are, in hundredths; None: nobody answered."""
    if band.precision is None or band.least is None or band.most is None or band.expected is None:
        return None
    return {
        "least": round(100 * band.least, 1), "reach": round(100 * (band.most - band.least), 1),
        "share": round(100 * band.precision, 1), "expected": round(100 * band.expected, 1),
    }  # fmt: skip
