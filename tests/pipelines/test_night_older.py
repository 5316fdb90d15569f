"""A full extract that was cut before a channel wrote something newer neither takes it back nor deletes it."""

from __future__ import annotations

from pathlib import Path

from mdm.store import records
from mdm.store.database import Database
from tests.pipelines.tiny import TinyWorkspace, of_source, people, person, text

NEW_PHONE, NEWER_PHONE = "+1 212 555 0143", "+1 212 555 0144"


def _phone(database: Database, local_id: str) -> str | None:
    with database.begin() as connection:
        found = [v for v in records.versions(connection, "shop", local_id) if v["recorded_to"] is None]
    if not found or found[0]["status"] != "accepted":
        return None
    phone: str = found[0]["cleansed"]["phones"][0]["number"]
    return phone


def test_what_a_channel_wrote_after_the_cut_stays(open_directory: Path, fresh_database: Database) -> None:
    workspace = TinyWorkspace(open_directory, '[cleanse]\nregion = "US"\n')
    workspace.add("shop", text(people(0, 20)))
    workspace.night(fresh_database)

    workspace.source("shop", delivery="delta")  # what the channel writes on 2 April
    written = [person(3, PHONE=NEW_PHONE), person(30)]
    workspace.deliver("shop", text(written), day="20260402")
    workspace.night(fresh_database)

    workspace.source("shop")  # a full extract of 1 April that comes after it
    workspace.deliver("shop", text([*people(0, 10), *people(11, 10)]), day="20260401")
    (workspace.path / "landing" / "shop_20260402.csv").unlink()
    account = of_source(workspace.night(fresh_database), "shop")
    assert (account["status"], account["accepted"], account["unchanged"], account["missing"]) == ("applied", 1, 19, 1)
    assert _phone(fresh_database, "K003") == NEW_PHONE.replace(" ", "")
    assert _phone(fresh_database, "K030") is not None
    assert _phone(fresh_database, "K010") is None  # what is older than the extract goes by it
    assert _phone(fresh_database, "K020") is not None

    workspace.deliver("shop", text([person(3, PHONE=NEWER_PHONE), *people(4, 6), *people(11, 10)]), day="20260403")
    account = of_source(workspace.night(fresh_database), "shop")
    assert account["missing"] == 4  # K000, K001, K002 and K030, which the channel wrote before this cut
    assert _phone(fresh_database, "K003") == NEWER_PHONE.replace(" ", "")


def test_an_older_full_extract_than_the_last_one_is_left_alone(open_directory: Path, fresh_database: Database) -> None:
    workspace = TinyWorkspace(open_directory, '[cleanse]\nregion = "US"\n')
    workspace.add("shop", text(people(0, 20)))
    workspace.night(fresh_database)
    (workspace.path / "landing" / "shop_20260331.csv").unlink()
    workspace.deliver("shop", text(people(0, 5)), day="20260330")
    assert of_source(workspace.night(fresh_database), "shop")["status"] == "older"
