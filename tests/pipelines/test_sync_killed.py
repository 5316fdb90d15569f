"""`mdm sync` killed at each thing that it does to files: there is nothing or the whole, and it is sent once."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from mdm.store.database import Database
from pipelines.sync.every import sync
from tests.pipelines.evenings import fixtures_after
from tests.pipelines.processes import PATIENCE, context
from tests.pipelines.test_sync import forty_people
from tests.pipelines.tiny import TinyWorkspace

DATA, CONTROL = "b_001.csv", "b_001.ctl"
# event of the interpreter, part of its first argument -> what lies in the target's folder then
MOMENTS = {
    "before the data is written": ("open", f".{DATA}.part", set()),
    "before the control file is written": ("open", f".{CONTROL}.part", {f".{DATA}.part"}),
    "before the data has its name": ("os.rename", f".{DATA}.part", {f".{DATA}.part", f".{CONTROL}.part"}),
    "before the control file has its name": ("os.rename", f".{CONTROL}.part", {DATA, f".{CONTROL}.part"}),
}


evening, workspace, store = fixtures_after(forty_people)


@pytest.mark.parametrize(("event", "of", "there"), MOMENTS.values(), ids=MOMENTS)
def test_killed_and_gone_on_with(
    workspace: TinyWorkspace, store: Database, event: str, of: str, there: set[str]
) -> None:
    folder = workspace.path / "outbound" / "billing"
    url = store.engine.url.render_as_string(hide_password=False)
    process = context().Process(target=_sync, args=(workspace.path, url, event, of))
    process.start()
    process.join(PATIENCE)
    assert process.exitcode == -signal.SIGKILL
    assert {file.name for file in folder.iterdir()} == there
    taken = (folder / DATA).read_bytes() if DATA in there else None
    if taken is not None:
        (folder / DATA).unlink()  # the target was quick
    (report,) = sync(workspace.settings, store)
    assert [(sent.number, sent.rows, sent.resumed) for sent in report.deliveries] == [(1, 12, True)]
    assert {file.name for file in folder.iterdir()} == ({CONTROL} if taken else {DATA, CONTROL})
    assert sync(workspace.settings, store)[0].deliveries == []


def _sync(path: Path, url: str, event: str, of: str) -> None:
    def look(name: str, arguments: tuple[object, ...]) -> None:
        if name == event and str(arguments[0]).endswith(of):
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)
    with Database(url) as database:
        sync(TinyWorkspace(path, keep=True).settings, database)
