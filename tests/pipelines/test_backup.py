"""Backup and restore: what was is there again, and nothing that the world knows since is given a second meaning."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa

from mdm.errors import NotFound, StoreError, UsageError
from mdm.registry import look_up
from mdm.store import suppression
from mdm.store.database import Database, open_database
from mdm.store.fingerprint import store_fingerprint
from pipelines.erasure import erase
from pipelines.jobs.backup import backups, find_backup, folder_of, make_backup
from pipelines.jobs.restore import Report, Wanted, choose, restore
from pipelines.sync.every import sync
from tests.pipelines.processes import PATIENCE, context
from tests.pipelines.tiny import TinyWorkspace, people, text
from tests.store.fixtures import new_database


class World:
    """A workspace with a night of twenty people, and a backup of it."""

    def __init__(self, path: Path) -> None:
        self.workspace = TinyWorkspace(path, keep=True)

    def live(self) -> None:
        """The night, and the backup."""
        self.workspace.add("crm", text(people(0, 20)))
        with self.opened() as database:
            self.workspace.night(database)
            make_backup(self.workspace.settings, database)

    @contextmanager
    def opened(self) -> Iterator[Database]:
        """The database, as a command opens it."""
        settings = self.workspace.settings
        with open_database(settings.database_url, settings.var) as database:
            yield database

    def state(self, database: Database) -> dict[str, str]:
        """One digest per table."""
        with database.begin() as connection:
            return store_fingerprint(connection)

    def pins(self, first: int, count: int) -> dict[str, str]:
        """Key -> PIN of people who are there."""
        with self.opened() as database, database.begin() as connection:
            return {f"K{n:03}": look_up(connection, f"crm:K{n:03}").pin for n in range(first, first + count)}

    def another_night(self) -> dict[str, str]:
        """Ten more people; their PINs."""
        self.workspace.deliver("crm", text(people(0, 30)), day="20260401")
        with self.opened() as database:
            self.workspace.night(database)
        return self.pins(20, 10)

    def put_back(self, **wanted: object) -> Report:
        """Restore the latest backup."""
        asked = Wanted(**wanted)  # type: ignore[arg-type]
        return restore(self.workspace.path, choose(self.workspace.path, asked), asked)


@pytest.fixture(scope="module")
def lived(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A database and a workspace with a night and a backup, to be copied."""
    path = tmp_path_factory.mktemp("lived")
    TinyWorkspace(path, "[run]\nbusiness_date = 2026-04-01\n[backup]\nkeep = 2\n")
    with new_database(server_url) as database, pytest.MonkeyPatch.context() as patch:
        database.close()
        patch.setenv("MDM_DATABASE_URL", database.url)
        World(path).live()
        yield database.url, path


@pytest.fixture
def place(server_url: str, lived: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a copy that the workspace of a test has for itself."""
    with new_database(server_url, name_of(lived[0])) as database:
        database.close()
        monkeypatch.setenv("MDM_DATABASE_URL", database.url)
        yield database.url


@pytest.fixture
def world(place: str, lived: tuple[str, Path], tmp_path: Path) -> World:
    path = tmp_path / "workspace"
    shutil.copytree(lived[1], path)
    for file in path.rglob("issued.json"):
        file.write_text(file.read_text().replace(str(lived[1]), str(path)))
    return World(path)


def name_of(url: str) -> str:
    """The database of a URL."""
    return url.partition("?")[0].rpartition("/")[2]


def status_of(connection: sa.Connection, pin: str) -> str:
    """As a lookup tells it."""
    return look_up(connection, pin).status


def test_no_pin_is_issued_twice_and_everything_issued_resolves(world: World) -> None:
    early, late = world.pins(0, 20), world.another_night()
    with world.opened() as database, database.begin() as connection:
        seen = connection.exec_driver_sql("select max(position) from change").scalar_one()
    (world.workspace.path / "sources" / "crm.yaml").write_text("what somebody spoilt")
    report = world.put_back()
    assert report.files == ["sources/crm.yaml"]
    assert world.pins(0, 20) == early
    with world.opened() as database:
        with database.begin() as connection:
            assert {status_of(connection, pin) for pin in late.values()} == {"retired"}
            with pytest.raises(NotFound):
                look_up(connection, "crm:K020")
            told = connection.exec_driver_sql(
                "select position, type, pin from change where position > %(p)s", {"p": seen}
            )
            announced = {pin: kind for position, kind, pin in told if pin}
        assert {announced[pin] for pin in late.values()} == {"retired"}
        world.workspace.night(database)  # the same feeds again
    again = world.pins(20, 10)
    assert not set(again.values()) & set(late.values())
    assert world.pins(0, 20) == early


def test_a_lost_database_comes_back_with_what_the_files_say(world: World, place: str) -> None:
    late = world.another_night()
    engine = sa.create_engine(place.rpartition("/test_")[0] + "/template1?" + place.partition("?")[2])
    name = name_of(place)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"drop database {name} with (force)")
        connection.exec_driver_sql(f"create database {name}")
    engine.dispose()
    report = world.put_back()
    assert any("could not be read" in text for text in report.left)
    with world.opened() as database, database.begin() as connection:
        assert {status_of(connection, pin) for pin in late.values()} == {"retired"}
    world.another_night()
    assert not set(world.pins(20, 10).values()) & set(late.values())


def test_without_any_word_of_what_was_issued_it_asks(world: World, place: str) -> None:
    for folder in (world.workspace.settings.var, folder_of(world.workspace.settings)):
        (folder / "issued.json").unlink()
    with world.opened() as database, database.begin() as connection:
        connection.exec_driver_sql("drop table counter")  # a database that cannot say it either
    with pytest.raises(UsageError, match="nothing says which PINs"):
        world.put_back()
    report = world.put_back(issued_up_to=100)
    assert report.retired["pin"] == 80


def test_the_store_is_as_it_was(world: World) -> None:
    with world.opened() as database:
        before = world.state(database)
    (world.workspace.settings.var / "issued.json").unlink()  # else those noted ahead are retired
    (folder_of(world.workspace.settings) / "issued.json").unlink()
    world.put_back()
    with world.opened() as database:
        assert world.state(database) == before


def test_who_was_erased_since_stays_erased(world: World) -> None:
    gone = world.pins(3, 1)["K003"]
    with world.opened() as database:
        erase(world.workspace.settings, database, gone, actor="officer", reason="request 2026/114")
    report = world.put_back()
    assert report.erased == [gone]
    with world.opened() as database, database.begin() as connection:
        assert status_of(connection, gone) == "erased"
        assert suppression.find_erasure(connection, gone) is not None


def test_what_is_damaged_or_in_use_is_refused(world: World) -> None:
    contract = world.workspace.path / "sources" / "crm.yaml"
    contract.write_text("of today")
    with world.opened() as database, database.begin() as connection:
        connection.exec_driver_sql("select 1")
        with pytest.raises(StoreError, match="in use"):
            world.put_back()
        assert connection.exec_driver_sql("select 1").scalar_one() == 1
    assert contract.read_text() == "of today"
    assert list(world.workspace.path.glob("before-restore-*")) == []
    (backup,) = backups(folder_of(world.workspace.settings))
    data = max((backup.path / "database").iterdir(), key=lambda file: file.stat().st_size)
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    with pytest.raises(StoreError, match="not as it was written"):
        world.put_back()


MOMENTS = ("workspace", "database", "what was issued and told since", "erasures", "in its place", "done")


def test_killed_it_is_run_again(world: World, place: str) -> None:
    """The store is the old one until it is the restored one, and meanwhile every command says what to do."""
    gone = world.pins(3, 1)["K003"]
    with world.opened() as database:
        erase(world.workspace.settings, database, gone, actor="officer", reason="request 2026/114")
        before = world.state(database)
    (world.workspace.path / "sources" / "crm.yaml").write_text("of today")
    for moment in MOMENTS:
        process = context().Process(target=_killed, args=(world.workspace.path, place, moment))
        process.start()
        process.join(PATIENCE)
        assert process.exitcode == -signal.SIGKILL
        with pytest.raises(StoreError, match=r"a restore of .* was killed") as said, world.opened():
            pass
        assert "run it again: mdm restore" in str(said.value)
        with Database(place) as database, database.begin() as connection:
            assert status_of(connection, gone) == "erased", moment
        with Database(place) as database:
            assert (world.state(database) == before) is (moment != MOMENTS[-1])
    report = world.put_back()
    assert report.erased == [gone]
    assert len([text for text in report.left if "is left of another restore" in text]) >= 3
    with world.opened() as database, database.begin() as connection:
        assert status_of(connection, gone) == "erased"
        assert look_up(connection, "crm:K004").status == "active"
    assert (world.workspace.path / "sources" / "crm.yaml").read_text().startswith("source: crm")


def _killed(path: Path, url: str, moment: str) -> None:
    """A restore that dies at a moment, as it says where it is."""

    def look(text: str) -> None:
        if text == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    os.environ["MDM_DATABASE_URL"] = url
    restore(path, choose(path, Wanted()), Wanted(), look)


def test_backups_are_private_few_and_found_by_their_moment(world: World) -> None:
    settings = world.workspace.settings
    (first,) = backups(folder_of(settings))
    with world.opened() as database:
        for _ in range(2):
            make_backup(settings, database)
    there = backups(folder_of(settings))
    assert len(there) == 2
    assert first.path not in [backup.path for backup in there]
    assert find_backup(folder_of(settings), there[1].moment).path == there[1].path
    assert find_backup(folder_of(settings), there[0].moment).path == there[0].path
    with pytest.raises(NotFound, match="no backup up to"):
        find_backup(folder_of(settings), first.moment)
    readable = [path for path in folder_of(settings).rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    assert readable == []


def test_a_backup_is_enough_for_a_new_machine(world: World, tmp_path: Path) -> None:
    early = world.pins(0, 20)
    shutil.move(world.workspace.path / "backups", tmp_path.parent / f"{tmp_path.name}-backups")
    elsewhere = tmp_path.parent / f"{tmp_path.name}-new"
    elsewhere.mkdir(mode=0o711)
    asked = Wanted(folder=tmp_path.parent / f"{tmp_path.name}-backups", issued_up_to=1000)
    restore(elsewhere, choose(elsewhere, asked), asked)
    world.workspace = TinyWorkspace(elsewhere, keep=True)
    assert world.pins(0, 20) == early
    assert not os.path.exists(elsewhere / "landing" / "crm_20260331.csv")


HUB = """
target: hub
format: {type: json_lines}
file: "hub_{number}.jsonl"
columns: [{KEY: key}, {PIN: pin}, {ACT: action}, {NAME: name.full}]
"""


def test_targets_are_told_what_they_hold_from_the_future(world: World) -> None:
    """A target that knows customers by PIN: what it was sent since is sent as gone, all others as they are."""
    (world.workspace.path / "targets").mkdir()
    (world.workspace.path / "targets" / "hub.yaml").write_text(HUB)
    with world.opened() as database:
        sync(world.workspace.settings, database)
        make_backup(world.workspace.settings, database)
    late = set(world.another_night().values())
    with world.opened() as database:
        (told,) = sync(world.workspace.settings, database)
    assert told.deliveries[-1].number == 2
    report = world.put_back()
    assert report.targets == ["hub"]
    with world.opened() as database:
        (told,) = sync(world.workspace.settings, database)
    (delivery,) = told.deliveries
    rows = [orjson.loads(line) for line in Path(delivery.file).read_text().splitlines()]
    assert delivery.number == 1001
    assert late <= {row["PIN"] or row["KEY"] for row in rows if row["ACT"] == "gone"}
    assert {row["PIN"] for row in rows if row["ACT"] != "gone"} == set(world.pins(0, 20).values())
