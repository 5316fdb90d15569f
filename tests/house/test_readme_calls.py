"""The three calls of README.md that a channel needs, over HTTP, on the sample operator."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from mdm.settings import Settings
from mdm.store.database import open_database
from pipelines.night import run_night
from tests.api.keys import add_key
from tests.api.serving import serving
from tests.house.test_readme import README, ROOT
from tests.store.fixtures import workspace_directory

CALLS = re.findall(r"^```http\n(\w+) (.*)\n(?:\n(.*)\n)?```", README, re.MULTILINE)


def test_a_channel_developer_gets_a_pin_by_three_calls() -> None:
    with workspace_directory() as directory:
        workspace = Path(
            shutil.copytree(ROOT / "data" / "samples", directory / "ws", ignore=shutil.ignore_patterns("var"))
        )
        workspace.chmod(0o755)
        settings = Settings.load(workspace)
        with open_database(None, settings.var) as database:
            run_night(settings, database)
            key = add_key(database, "lookup", "identify", "write", "pii")
            with serving(settings, key=key) as (client, _):
                pin = client.get("/v1/xref/mobile_billing/M9000002").json()["pin"]
                json = {"Content-Type": "application/json"}
                answers = [client.request(*call, content=body or None, headers=json) for *call, body in CALLS]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    looked_up, identified, written = (answer.json() for answer in answers)
    assert [customer["pin"] for customer in looked_up["customers"]] == [pin]
    assert identified["candidates"][0]["pin"] == pin
    assert (written["outcome"], written["pin"]) == ("linked", pin)
