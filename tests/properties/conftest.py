"""Real PostgreSQL for properties of whole nights."""

from tests.store.fixtures import *  # noqa: F403
