"""What was known when, what was true when: asked after nights and decisions, compared with what was answered then."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest

from mdm.errors import NotFound
from mdm.registry import CustomerView, HouseholdView, VersionsView, look_up, look_up_household, versions_of
from mdm.registry.views import Change, Version
from tests.registry.nights import STEWARD, Town


def known(town: Town, key: str, name: str | None = None, day: dt.date | None = None) -> CustomerView:
    """The customer of a key, as known after a night (None: now), and as it was on a day."""
    with town.database.read() as connection:
        return look_up(connection, key, as_of=day, known_at=town.moments[name] if name else None)


def household(town: Town, chi: str, name: str | None = None, day: dt.date | None = None) -> HouseholdView:
    with town.database.read() as connection:
        return look_up_household(connection, chi, as_of=day, known_at=town.moments[name] if name else None)


def versions(town: Town, key: str) -> VersionsView:
    with town.database.read() as connection:
        return versions_of(connection, key)


def change(version: Version, attribute: str) -> Change:
    """How an attribute changed in a version."""
    (found,) = (change for change in version.changes if change.attribute == attribute)
    return found


def names(view: HouseholdView) -> set[str | None]:
    return {member.name for member in view.members}


def test_known_at_answers_what_was_answered_then(lived: Town) -> None:
    """For every moment, of every PIN, key and household that ever was, on every day."""
    assert len(lived.answered) == 6
    for moment, answered in lived.answered.items():
        with lived.database.read() as connection:
            again = lived.answers(connection, moment)
        for question, answer in answered.items():
            assert again[question] == answer, (moment, question)
        assert {again[question] for question in again.keys() - answered.keys()} <= {None}  # not issued yet then


def test_the_answers_do_differ_from_moment_to_moment(lived: Town) -> None:
    answers = list(lived.answered.values())
    for earlier, later in pairwise(answers):
        assert [question for question in earlier if earlier[question] != later[question]]


def test_a_pin_that_was_merged_and_taken_apart(lived: Town) -> None:
    kept, given_up = lived.pin("crm:K5", "first"), lived.pin("billing:B5", "first")
    assert kept != given_up
    assert lived.pin("billing:B5", "merged") == kept
    assert known(lived, given_up, "first").redirected_from is None
    assert known(lived, given_up, "merged").redirected_from == given_up
    assert (known(lived, given_up).pin, known(lived, given_up).redirected_from) == (given_up, None)
    assert [r.local_id for r in known(lived, kept, "merged").records or ()] == ["B5", "K5"]
    assert [r.local_id for r in known(lived, kept).records or ()] == ["K5"]


def test_versions_of_the_survivor_name_run_and_steward(lived: Town) -> None:
    kept, given_up = lived.pin("crm:K5", "first"), lived.pin("billing:B5", "first")
    third, second, first = versions(lived, "crm:K5").versions
    assert [version.number for version in (first, second, third)] == [1, 2, 3]
    assert first.changes[0] == Change("name", None, "Eve Quist", why=first.changes[0].why)
    assert [(r.local_id, r.what) for r in first.cause.records] == [("K5", "new")]
    assert (second.cause.run_id, second.cause.business_date) == ("20260402-01", dt.date(2026, 4, 2))
    assert not second.cause.decisions
    assert [(e.kind, e.pin, e.other_pin) for e in second.cause.events] == [("merged", given_up, kept)]
    assert [(r.local_id, r.what) for r in second.cause.records] == [("B5", "changed")]
    (decision,) = third.cause.decisions
    assert (decision.kind, decision.actor, decision.reason) == ("judgement", STEWARD, "her mother")
    assert set(decision.records) == {"crm:K5", "billing:B5"}
    assert [(e.kind, e.pin) for e in third.cause.events] == [("revived", given_up)]
    assert third.recorded_to is None
    assert (first.recorded_to, second.recorded_to) == (second.recorded_from, third.recorded_from)


def test_versions_of_the_merged_pin_tell_its_end_and_return(lived: Town) -> None:
    kept, given_up = lived.pin("crm:K5", "first"), lived.pin("billing:B5", "first")
    second, first = versions(lived, given_up).versions
    (merge,) = first.later
    assert [(e.kind, e.other_pin) for e in merge.events] == [("merged", kept)]
    assert first.recorded_to == merge.at
    assert second.recorded_from > merge.at
    assert [decision.actor for decision in second.cause.decisions] == [STEWARD]
    assert (change(second, "birth_date").before, change(second, "birth_date").after) == (None, "1990-12-12")
    assert change(second, "phones").removed == ("+12175550909 (from 2019-05-01)",)
    assert change(second, "phones").added == ("+12175550101 (from 2019-05-01)",)


def test_an_override_begins_and_expires(lived: Town) -> None:
    def born(name: str | None) -> str:
        return str((known(lived, "crm:K4", name).golden or {})["birth_date"]["value"])

    assert [born(name) for name in ("merged", "pinned", "unmerged", "moved out", "expired", None)] == [
        "1955-11-30", "1955-11-03", "1955-11-03", "1955-11-03", "1955-11-30", "1955-11-30",
    ]  # fmt: skip
    third, second, first = versions(lived, "crm:K4").versions
    (pinned,), (expired,) = second.cause.decisions, third.cause.decisions
    assert (pinned.kind, pinned.actor, pinned.reason) == ("override", STEWARD, "saw her passport")
    assert (pinned.attribute, pinned.words) == ("birth_date", "birth_date is pinned to 1955-11-03 until 2026-04-03")
    assert "pinned by steward@example until 2026-04-03" in (change(second, "birth_date").why or "")
    assert (expired.kind, expired.actor, expired.at) == ("override_ended", None, dt.date(2026, 4, 4))
    assert third.cause.business_date == dt.date(2026, 4, 4)
    assert [(c.attribute, c.before, c.after) for c in third.changes] == [("birth_date", "1955-11-03", "1955-11-30")]
    assert first.cause.decisions == ()


def test_an_override_that_was_lifted_names_who_lifted_it(lived: Town) -> None:
    with lived.database.engine.connect() as connection:
        before = versions_of(connection, "crm:K4").versions[0]
        connection.exec_driver_sql(
            "update override set ended_at = %(at)s, ended_by = 'chief', ended_reason = 'a forged passport'",
            {"at": before.recorded_from - dt.timedelta(seconds=1)},
        )
        (lifted,) = versions_of(connection, "crm:K4").versions[0].cause.decisions
        connection.rollback()
    assert (lifted.kind, lifted.actor, lifted.reason) == ("override_ended", "chief", "a forged passport")
    assert lifted.words == f"birth_date is no longer pinned to 1955-11-03 by {STEWARD}"


def test_a_phone_that_changed_has_its_two_times(lived: Town) -> None:
    def phones(name: str | None, day: dt.date | None) -> list[str]:
        return [phone["value"] for phone in (known(lived, "crm:K1", name, day).golden or {}).get("phones", ())]

    old, new = "+12175550142", "+12175550143"
    assert (phones("first", None), phones(None, None)) == ([old], [new])
    assert (phones(None, dt.date(2026, 3, 31)), phones(None, dt.date(2026, 4, 1))) == ([], [new])
    assert phones("first", dt.date(2019, 4, 30)) == []


def test_an_address_is_that_of_the_day(lived: Town) -> None:
    def street(name: str | None, day: dt.date | None) -> str | None:
        address = (known(lived, "crm:K3", name, day).golden or {}).get("address")
        return None if address is None else str(address["value"]["street"])

    moved = dt.date(2026, 4, 1)
    assert (street("unmerged", None), street("unmerged", moved), street(None, None)) == ("Oak Street",) * 2 + (
        "Elm Avenue",
    )  # fmt: skip
    assert (street(None, moved), street(None, dt.date(2026, 3, 31))) == ("Elm Avenue", "Oak Street")
    assert street(None, dt.date(2014, 6, 1)) is None
    was = (known(lived, "crm:K3", None, dt.date(2020, 6, 1)).golden or {})["address"]
    assert (was["record"], was["valid_to"], was["rule"]) == (["billing", "B3"], "2026-04-01", "in_effect")


def test_a_household_loses_a_member_on_a_day(lived: Town) -> None:
    oak = known(lived, "crm:K1").household
    assert oak is not None
    everybody, parents = {"Ann Lee", "Bob Lee", "Cara Lee"}, {"Ann Lee", "Bob Lee"}
    assert names(household(lived, oak.chi, "unmerged")) == everybody
    assert names(household(lived, oak.chi, "unmerged", dt.date(2026, 4, 2))) == everybody  # nobody knew better
    assert names(household(lived, oak.chi)) == parents
    assert names(household(lived, oak.chi, None, dt.date(2026, 3, 31))) == everybody
    assert names(household(lived, oak.chi, None, dt.date(2026, 4, 1))) == parents
    assert household(lived, oak.chi, None, dt.date(2014, 6, 1)).members == ()
    hers = known(lived, "crm:K3").household
    assert hers is not None
    assert hers.chi != oak.chi
    assert known(lived, "crm:K3", "unmerged").household == replace_known(household(lived, oak.chi, "unmerged"))
    with pytest.raises(NotFound, match="was not issued yet"):
        household(lived, hers.chi, "unmerged")


def replace_known(view: HouseholdView) -> HouseholdView:
    """As part of a customer's view, which has the time itself."""
    return HouseholdView(view.chi, view.kind, view.status, view.address, view.members)


def test_customer_and_household_agree_at_every_moment_and_day(lived: Town) -> None:
    for answers in lived.answered.values():
        for (kind, *asked), view in answers.items():
            if kind != "customer" or view is None or view.household is None:
                continue
            whole = answers["household", view.household.chi, asked[1]]
            assert view.household == HouseholdView(whole.chi, whole.kind, whole.status, whole.address, whole.members)
            assert view.pin in {member.pin for member in whole.members}
        assert answers["xrefs",] == tuple(
            answers["xref", key] or view for key, view in zip(_keys(answers), answers["xrefs",], strict=True)
        )


def _keys(answers: dict[tuple[object, ...], object]) -> list[object]:
    return [question[1] for question in answers if question[0] == "xref"]


def test_a_customer_that_went(lived: Town) -> None:
    pin = lived.pin("crm:K6", "first")
    assert known(lived, pin).status == "retired"
    assert known(lived, pin, "unmerged").status == "active"
    assert known(lived, "crm:K6", "unmerged").pin == pin
    (version,) = versions(lived, pin).versions
    (end,) = version.later
    assert [event.kind for event in end.events] == ["retired"]
    assert [(record.local_id, record.what) for record in end.records] == [("K6", "deleted")]
    assert version.recorded_to == end.at
    with pytest.raises(NotFound, match="was deleted by its source"):
        known(lived, "crm:K6")


def test_who_was_erased_is_erased_at_any_time(lived: Town) -> None:
    pin = lived.pin("crm:K6", "first")
    with lived.database.engine.connect() as connection:
        connection.exec_driver_sql(
            "update customer set status = 'erased' where pin = %(pin)s and recorded_to = 'infinity'", {"pin": pin}
        )
        for name in ("first", "expired"):
            found = look_up(connection, pin, known_at=lived.moments[name])
            assert (found.status, found.golden, found.household) == ("erased", None, None)
        connection.rollback()


def test_before_the_first_night_nothing_was_known(lived: Town) -> None:
    first = min(version.recorded_from for pin in lived.pins for version in versions(lived, pin).versions)
    with lived.database.read() as connection:
        assert look_up(connection, "crm:K1", known_at=first).name == "Ann Lee"
        for key in ("crm:K1", lived.pin("crm:K1"), "crm:K99"):
            with pytest.raises(NotFound, match="nothing was known at"):
                look_up(connection, key, known_at=first - dt.timedelta(microseconds=1))


def test_every_version_is_what_known_at_shows_from_its_first_moment_to_its_last(lived: Town) -> None:
    for pin in lived.pins:
        for version in versions(lived, pin).versions:
            moments = [version.recorded_from]
            if version.recorded_to is not None:
                moments.append(version.recorded_to - dt.timedelta(microseconds=1))
            for moment in moments:
                with lived.database.read() as connection:
                    found = look_up(connection, pin, known_at=moment)
                assert (found.pin, found.golden_since, found.name) == (pin, version.recorded_from, version.name)


def test_versions_come_in_pages(lived: Town) -> None:
    whole = versions(lived, "crm:K5").versions
    found: list[Version] = []
    with lived.database.read() as connection:
        page = versions_of(connection, "crm:K5", count=1)
        found += page.versions
        while page.next is not None:
            page = versions_of(connection, "crm:K5", before=page.next, count=1)
            found += page.versions
    assert len(found) == 3
    assert tuple(found) == whole
