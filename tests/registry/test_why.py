"""Explanations: a matched pair, a possible match, a non-match, twins, father and son, customers and what holds them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from mdm.errors import NotFound
from mdm.registry import Why, explain_records, look_up, why
from mdm.settings import Settings
from mdm.store import judgements, lookups
from tests.api.world import RETIRED, World

JARGON = ("bits", "log", "odds", "same_characters", "two_parts", "Bayes", "prior", "_")


@pytest.fixture
def settings(world: World) -> Settings:
    return world.settings


def told(found: Why) -> str:
    text = " ".join(found.sentences)
    assert not [word for word in JARGON if word in text.replace("a test", "")], text
    assert text[0].isupper() or text[0].isdigit()
    assert text.endswith(".")
    return text


def test_a_matched_pair(town: sa.Connection, settings: Settings) -> None:
    found = why(town, "billing:B2", "shop:S2", settings=settings)
    pair, text = found.pairs[0], told(found)
    assert (found.kind, pair.band, pair.compared_at_night) == ("two records", "match", True)
    assert pair.left_pin == pair.right_pin == look_up(town, "shop:S2").pin
    assert "one given name is a short form of the other (Robert / Bob)" in text
    assert "The same family name, the same birth date and the same phone" in text
    assert "practically certain" in text or "Out of 1,000 such pairs about 99" in text
    assert f"So it is a match, and both belong to customer {pair.left_pin}." in text
    assert pair.weight == pytest.approx((pair.prior or 0) + sum(c.bits for c in pair.comparisons), abs=1e-5)


def test_the_stored_pair_is_the_fresh_one(town: sa.Connection, settings: Settings) -> None:
    pair = explain_records(town, "billing:B2", "shop:S2", settings=settings)
    assert pair.stored_weight == pair.weight
    town.exec_driver_sql("update pair set weight = weight - 1")
    pair = explain_records(town, "billing:B2", "shop:S2", settings=settings)
    assert "an older weighing" in " ".join(pair.sentences)


def test_both_directions_say_the_same(town: sa.Connection, settings: Settings) -> None:
    there, back = (explain_records(town, *keys, settings=settings) for keys in (("billing:B2", "shop:S2"), ("shop:S2", "billing:B2")))  # fmt: skip  # noqa: E501
    assert (there.weight, there.band, there.shared_keys) == (back.weight, back.band, back.shared_keys)
    assert [(c.left, c.right) for c in there.comparisons] == [(c.right, c.left) for c in back.comparisons]


def test_a_possible_match_says_what_would_settle_it(town: sa.Connection, settings: Settings) -> None:
    found = why(town, "billing:B7", "shop:S3", settings=settings)
    pair, text = found.pairs[0], told(found)
    assert (pair.band, pair.asked) == ("possible match", True)
    assert text.startswith("The same full name. Nothing can be said of ")
    assert "So it is a possible match. The machine joins two records by itself only if at least 94 of 100" in text
    assert "It would be settled if both records told an identity number, a birth date or a phone" in text
    assert "Until then a steward decides. A task asks the stewards about these two." in text


def test_a_non_match(town: sa.Connection, settings: Settings) -> None:
    found = why(town, "billing:B8", "shop:S4", settings=settings)
    pair, text = found.pairs[0], told(found)
    assert (pair.band, pair.stored_weight, pair.compared_at_night) == ("non-match", None, False)
    assert text.startswith(
        "The given names differ (Wei / Ming), and so do the family names (Zhang / Chen), the birth dates "
        "(1968-01-19 / 1999-03-08) and the phones"
    )
    assert "They are taken for two different persons." in text
    assert "they share nothing by which candidates are looked for" in text


def test_twins(town: sa.Connection, settings: Settings) -> None:
    found = why(town, "billing:B3", "billing:B4", settings=settings)
    pair, text = found.pairs[0], told(found)
    assert "The same family name, the same birth date, the same phone and the same dwelling" in text
    assert "the given names differ (Mia / Zoe)" in text
    assert "twins" in text
    assert "The machine never joins two such records, whatever else agrees." in text
    assert "such pairs are one person" not in text
    assert pair.left_pin != pair.right_pin


def test_father_and_son_of_one_name(town: sa.Connection, settings: Settings) -> None:
    found = why(town, "billing:B5", "billing:B6", settings=settings)
    pair, text = found.pairs[0], told(found)
    assert text.startswith("The same full name, the same phone and the same dwelling; the birth dates differ ")
    assert "and so do the identity numbers" in text
    assert pair.left_pin != pair.right_pin
    assert pair.refused is not None
    assert (
        f"they belong to two customers, {pair.left_pin} and {pair.right_pin}: the two customers hold different" in text
    )


def test_originals_stand_beside_what_was_cleansed(town: sa.Connection, settings: Settings) -> None:
    pair = explain_records(town, "billing:B2", "shop:S2", settings=settings)
    said = {comparison.attribute: comparison for comparison in pair.comparisons}
    assert (said["phone"].right, said["phone"].right_original) == ("+12175550177", "217-555-0177")
    assert (said["given name"].left, said["given name"].left_original) == ("Robert", None)
    assert (said["identity number"].said, said["identity number"].right) == (None, None)
    assert ("the same phone", "+12175550177", True) in [(k.in_words, k.value, k.usable) for k in pair.shared_keys]


def test_what_holds_a_customer_together(town: sa.Connection, settings: Settings) -> None:
    pin = look_up(town, "billing:B1").pin
    found = why(town, pin, "shop:S5", settings=settings)
    assert found == why(town, pin, pin, settings=settings) == why(town, "shop:S5", "shop:S5", settings=settings)
    assert (found.kind, len(found.chain), found.loose) == ("one customer", 2, ())
    weights = [link.weight for link in found.chain if link.weight is not None]
    assert weights == sorted(weights, reverse=True)
    assert found.pairs[0].weight == weights[-1]
    text = told(found)
    assert text.startswith(f"Customer {pin} has 3 records from 2 systems. 2 links of evidence hold them together")
    assert "The weakest link is billing:B1 with shop:S1. The same full name and the same birth date; the phones" in text


def test_two_records_that_only_others_connect(town: sa.Connection, settings: Settings) -> None:
    found = why(town, "billing:B1", "shop:S5", settings=settings)
    assert found.pairs[0].band == "non-match"
    assert [(link.left, link.right) for link in found.chain] == [("billing:B1", "shop:S1"), ("shop:S1", "shop:S5")]
    text = told(found)
    assert "By themselves these two would not be joined; other records hold both in customer" in text
    assert "From billing:B1 the way leads over shop:S1 and shop:S5." in text


def test_a_customer_of_one_record(town: sa.Connection, settings: Settings) -> None:
    found = why(town, "shop:S4", "shop:S4", settings=settings)
    assert (found.chain, found.pairs) == ((), ())
    assert "has one record, shop:S4: nothing to explain" in told(found)


def test_two_customers(town: sa.Connection, settings: Settings) -> None:
    carol, also_carol = look_up(town, "billing:B7").pin, look_up(town, "shop:S3").pin
    found = why(town, carol, also_carol, settings=settings)
    assert (found.kind, len(found.pairs)) == ("two customers", 1)
    text = told(found)
    assert text.startswith(f"{carol} (Carol Diaz) and {also_carol} (Carol Diaz) are two customers.")
    assert "The strongest evidence between them is that of billing:B7 and shop:S3:" in text


def test_two_customers_without_any_candidate_pair(town: sa.Connection, settings: Settings) -> None:
    found = why(town, look_up(town, "billing:B8").pin, "shop:S4", settings=settings)
    assert found.kind == "two customers"
    assert "no pair was found that comes near a match" in told(found)


def test_a_judgement_is_told_and_keeps_customers_apart(town: sa.Connection, settings: Settings) -> None:
    ids = [record["record_id"] for key in ("B5", "B6") if (record := lookups.latest_version(town, "billing", key))]
    judgements.add_judgement(town, *ids, "different", actor="jane", reason="father and son")
    pair = explain_records(town, "billing:B5", "billing:B6", settings=settings)
    assert pair.judgement is not None
    assert (pair.judgement.verdict, pair.judgement.actor) == ("different", "jane")
    assert pair.refused == "a steward (jane) judged that they are different"
    assert "A steward, jane, judged on " in " ".join(pair.sentences)
    assert 'that they are different ("father and son").' in " ".join(pair.sentences)


def test_persons_and_organisations_are_never_compared(town: sa.Connection, settings: Settings) -> None:
    pair = why(town, "billing:B1", "firms:F1", settings=settings).pairs[0]
    assert (pair.band, pair.weight) == ("non-match", None)
    assert pair.sentences == ("billing:B1 is a person and firms:F1 is an organisation: never compared.",)
    customers = why(town, look_up(town, "billing:B1").pin, "firms:F1", settings=settings)
    assert "the two are never compared" in told(customers)


def test_organisations(town: sa.Connection, settings: Settings) -> None:
    text = told(why(town, "firms:F1", "firms:F2", settings=settings))
    assert "the same phone" in text
    assert "one organisation" in text


def test_what_cannot_be_explained(town: sa.Connection, settings: Settings) -> None:
    with pytest.raises(NotFound, match="no record billing:none"):
        why(town, "billing:none", "shop:S1", settings=settings)
    with pytest.raises(NotFound, match="was retired"):
        why(town, RETIRED, "shop:S1", settings=settings)
    with pytest.raises(NotFound, match="is a PIN, not a record"):
        explain_records(town, look_up(town, "shop:S1").pin, "shop:S1", settings=settings)
    town.exec_driver_sql("delete from model")
    with pytest.raises(NotFound, match="no matching model of persons yet"):
        why(town, "billing:B1", "shop:S1", settings=settings)
