"""What README.md shows of the sample operator: its pictures of the console, and the three calls of a channel."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from api.app import make_app
from mdm import accounts
from mdm.registry import look_up
from mdm.settings import Settings
from mdm.store import accounts as kept
from mdm.store.database import Database, open_database
from pipelines.night import run_night
from tests.api.keys import add_key, bearing
from tests.api.serving import in_thread
from tests.browser.desk import PASSWORD, Window
from tests.browser.pictures import KEPT, take
from tests.house.test_readme import README, ROOT
from tests.store.fixtures import workspace_directory

CALLS = re.findall(r"^```http\n(\w+) (.*)\n(?:\n(.*)\n)?```", README, re.MULTILINE)
TASK = "600000204"  # one name, two lines, two addresses: a question worth asking
SHOWN = re.findall(r"docs/pictures/([\w-]+)\.png", README)
LARGEST = 150_000  # bytes of a picture


@dataclass(frozen=True)
class Operator:
    """The sample operator after its night, served. since: when the night began."""

    database: Database
    url: str
    since: datetime

    def task(self, key: str) -> int:
        """The open task about a record."""
        query = "select min(task_id) from task join record on record_id in (left_id, right_id) where local_id = %s"
        with self.database.read() as connection:
            return int(connection.exec_driver_sql(query, (key,)).scalar_one())

    def pin(self, key: str) -> str:
        """The PIN of a source key."""
        with self.database.read() as connection:
            return look_up(connection, key).pin


@pytest.fixture(scope="module")
def operator() -> Iterator[Operator]:
    """One night for all tests here; `li.na` may see personal values."""
    with workspace_directory() as directory:
        samples = ROOT / "data" / "samples"
        workspace = Path(shutil.copytree(samples, directory / "ws", ignore=shutil.ignore_patterns("var")))
        workspace.chmod(0o755)
        settings, since = Settings.load(workspace), datetime.now(UTC)
        with open_database(None, settings.var) as database:
            run_night(settings, database)
            with database.begin() as connection:
                digest = accounts.digest_password(PASSWORD)
                kept.add_account(
                    connection, "li.na", role="steward", pii=True, created_by="a test", digest=digest, full_name="Li Na"
                )
            with in_thread(make_app(settings)) as client:
                yield Operator(database, str(client.base_url), since)


def test_the_pictures_are_true(operator: Operator, browser: Browser) -> None:
    """What they show stands beside them as text; `make pictures` makes both anew."""
    customer, task = operator.pin("mobile_billing:M9000002"), operator.task(TASK)
    shots: list[tuple[str, str, Any]] = [
        ("queue", "/console/tasks", {}), ("task", f"/console/tasks/{task}", {}),
        ("customer", f"/console/customers/{customer}", {"theme": "dark"}), ("quality", "/console/quality", {}),
        ("task-chinese-390", f"/console/tasks/{task}", {"width": 390}),
    ]  # fmt: skip
    window, wrong = Window(browser, operator.url), []
    for name, path, how in shots:
        page = window.page("li.na", **how)
        page.set_viewport_size({"width": how.get("width", 1280), "height": 800})
        form = {"form_token": page.locator("[name=form_token]").first.input_value()}
        for to, more in (("reveal", {}), ("preferences", {"language": "zh" if "chinese" in name else "en"})):
            page.request.post(f"/console/{to}", form={**form, **more}, headers={"Origin": operator.url})
        page.goto(path)
        wrong += take(page, name, operator.since)
        window.close()
    assert wrong == [], "look at build/pictures; `make pictures` keeps them"
    assert sorted(SHOWN) == sorted(name for name, *_ in shots)
    assert {path.name: path.stat().st_size for path in KEPT.glob("*.png") if path.stat().st_size > LARGEST} == {}


def test_a_channel_developer_gets_a_pin_by_three_calls(operator: Operator) -> None:
    pin = operator.pin("mobile_billing:M9000002")
    key = add_key(operator.database, "lookup", "identify", "write", "pii")

    with httpx.Client(base_url=operator.url, headers=bearing(key), timeout=60) as client:
        json = {"Content-Type": "application/json"}
        answers = [client.request(*call, content=body or None, headers=json) for *call, body in CALLS]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    looked_up, identified, written = (answer.json() for answer in answers)
    assert [customer["pin"] for customer in looked_up["customers"]] == [pin]
    assert identified["candidates"][0]["pin"] == pin
    assert (written["outcome"], written["pin"]) == ("linked", pin)
