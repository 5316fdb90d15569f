"""The fixtures of the console's tests."""

from tests.browser.desk import as_, browser, desk, window

__all__ = ["as_", "browser", "desk", "window"]
