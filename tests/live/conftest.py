"""Fixtures of the store."""

from tests.store.fixtures import *  # noqa: F403
