"""Modules that are loaded when they are used, each in a fresh process: what was imported before would hide it."""

import subprocess
import sys

LAZY = """
import sys
from expectations.later import loaded_when_used
with loaded_when_used("xml.dom.minidom"):
    import xml.dom.minidom
    import xml.dom.pulldom
assert "xml.dom.minicompat" not in sys.modules
assert type(xml.dom.pulldom).__name__ == "module"
assert xml.dom.minidom.parseString("<a/>").documentElement.tagName == "a"
assert "xml.dom.minicompat" in sys.modules
"""

GATE = """
import sys
import pandas as pd
from expectations.engine import validate
from expectations.suites import SOURCE_ROWS
frame = pd.DataFrame({"key_length": [2.0, None], "key_has_control": False, "superseded": False, "party": "person",
                      "has_content": True})
outcomes = validate(SOURCE_ROWS, frame)
assert [name for name, outcome in outcomes.items() if not outcome.success] == ["missing_key.key_length"], outcomes
assert not [name for name in sys.modules if name.startswith(("altair.", "scipy.stats."))]
import altair
assert altair.Chart and sys.modules["altair"].Chart
"""


def run(code: str) -> None:
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert found.returncode == 0, found.stderr


def test_a_module_is_run_at_its_first_use_and_others_at_once() -> None:
    run(LAZY)


def test_a_gate_loads_neither_plots_nor_statistics() -> None:
    run(GATE)
