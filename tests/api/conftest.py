"""The fixtures of the API."""

from tests.api.serving import client
from tests.api.world import town, world

__all__ = ["client", "town", "world"]
