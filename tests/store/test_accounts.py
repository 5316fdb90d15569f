"""Accounts, sessions and kept forms in the store."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from mdm.store import accounts, sessions

HOUR = timedelta(hours=1)
TIMES = {"idle": HOUR, "longest": 12 * HOUR}


def test_an_account_is_added_once(connection: sa.Connection) -> None:
    assert accounts.add_account(connection, "li.na", role="steward", pii=False, created_by="a test", digest="x")
    assert not accounts.add_account(connection, "li.na", role="admin", pii=True, created_by="a test")
    found = accounts.find_account(connection, "li.na")
    assert found is not None
    assert (found.role, found.digest) == ("steward", "x")
    assert all("digest" not in each for each in accounts.list_accounts(connection))


def test_a_session_ends_by_signing_out_by_idling_by_age_and_with_its_account(connection: sa.Connection) -> None:
    accounts.add_account(connection, "ann", role="viewer", pii=False, created_by="a test")

    def ended(digest: str, change: str | None = None) -> bool:
        sessions.add_session(connection, digest, "ann")
        if change is not None:
            connection.exec_driver_sql(f"update console_session set {change} where digest = '{digest}'")
        found = sessions.find_session(connection, digest, **TIMES)
        assert found is not None
        return found.ended

    assert not ended("fresh")
    assert ended("idle", "seen_at = now() - interval '61 minutes'")
    assert ended("old", "created_at = now() - interval '13 hours'")
    sessions.end_session(connection, "fresh")
    assert sessions.find_session(connection, "fresh", **TIMES).ended  # type: ignore[union-attr]
    assert not ended("again")
    accounts.disable(connection, "ann", by="a test")
    assert sessions.find_session(connection, "again", **TIMES).ended  # type: ignore[union-attr]
    assert sessions.find_session(connection, "never", **TIMES) is None


def test_a_kept_form_is_its_senders_alone(connection: sa.Connection) -> None:
    form = [("verdict", "same"), ("reason", "他说是"), ("record", "a"), ("record", "b")]
    sessions.keep_form(connection, "ann", "/console/tasks/1", form)
    (kept,) = sessions.kept_forms(connection, "ann")
    assert kept.form == form
    sessions.drop_form(connection, "bob", kept.kept_id)
    assert sessions.kept_forms(connection, "bob") == []
    assert len(sessions.kept_forms(connection, "ann")) == 1
    sessions.drop_form(connection, "ann", kept.kept_id)
    assert sessions.kept_forms(connection, "ann") == []


def test_failures_count_by_name_and_address_until_one_succeeds(connection: sa.Connection) -> None:
    for _ in range(3):
        accounts.add_failure(connection, ["name", "address"], HOUR)
    accounts.forget_failures(connection, "name")
    found = accounts.failures_of(connection, ["name", "address"], HOUR)
    assert {who: count for who, (count, _) in found.items()} == {"address": 3}
