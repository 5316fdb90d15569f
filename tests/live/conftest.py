"""Fixtures of the store."""

from tests.pipelines.evenings import *  # noqa: F403
from tests.store.fixtures import *  # noqa: F403
