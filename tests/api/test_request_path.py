"""What a request may not need: Splink and DuckDB are for the night."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from api.app import make_app
from tests.api.keys import add_key, bearing
from tests.api.serving import in_thread
from tests.api.world import World

LOADED = (
    "import sys, api.app, api.server, mdm.registry, mdm.registry.identify, mdm.registry.search; "
    "heavy = {'splink', 'pandas', 'great_expectations', 'sqlglot'} & set(sys.modules); "
    "sys.exit(', '.join(sorted(heavy)) or 0)"
)


def test_the_service_does_not_load_what_only_the_night_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_no_answer_opens_duckdb_or_imports_splink(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> Any:
        raise AssertionError("DuckDB on the way of a request")

    headers, pin = bearing(add_key(world.database)), world.pin("billing:B7")
    asked = {"name": "Carol Diaz", "birth_date": "1990-12-12", "phones": ["217-555-0101"]}
    known = {name for name in sys.modules if name.partition(".")[0] == "splink"}
    with in_thread(make_app(world.settings)) as client, monkeypatch.context() as patched:
        patched.setattr(duckdb, "connect", refuse)
        patched.setattr(duckdb, "sql", refuse)
        answers = [
            client.get(f"/v1/customers/{pin}?include=records,household,accounts,lineage", headers=headers),
            client.get(f"/v1/customers/{pin}/versions", headers=headers),
            client.get("/v1/customers?phone=217-555-0101", headers=headers),
            client.get("/v1/customers?key=billing:B7", headers=headers),
            client.get("/v1/xref/billing/B7", headers=headers),
            client.post("/v1/customers:identify", json=asked, headers=headers),
        ]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert {name for name in sys.modules if name.partition(".")[0] == "splink"} == known
