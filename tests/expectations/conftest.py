"""What every gate test needs: a real contract and the default policy."""

from __future__ import annotations

import pytest

from mdm.contracts import SourceContract
from mdm.settings import GateSettings
from tests.expectations.rows import contract


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> SourceContract:
    """A source that delivers everything every night."""
    return contract(tmp_path_factory.mktemp("contracts"))


@pytest.fixture(scope="session")
def delta(tmp_path_factory: pytest.TempPathFactory) -> SourceContract:
    """A source that delivers what changed."""
    return contract(tmp_path_factory.mktemp("contracts"), delivery="delta")


@pytest.fixture(scope="session")
def enrichment(tmp_path_factory: pytest.TempPathFactory) -> SourceContract:
    """A source that adds attributes."""
    return contract(tmp_path_factory.mktemp("contracts"), role="enrichment")


@pytest.fixture(scope="session")
def policy() -> GateSettings:
    return GateSettings(max_rejected_share=0.5)
