"""The real browser: Debian's chromium, driven by Playwright, which downloads none of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser")
SERIOUS = ("serious", "critical")


def path_of_chromium() -> str:
    """Where the browser is; without it a test is skipped and says why, but in CI it fails."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        why = "there is no chromium: make test installs it as root or by sudo; else: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    return found


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser without a window. The sandbox needs a user who is not root, and there is nothing of others to open."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path_of_chromium(), args=["--no-sandbox", "--disable-gpu"], chromium_sandbox=False
        )
        yield browser
        browser.close()


def faults_of(page: Page) -> list[str]:
    """What axe-core finds that is serious or critical, in words."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['help']}: {[node['target'] for node in each['nodes']][:5]}"
        for each in found
        if each["impact"] in SERIOUS
    ]
