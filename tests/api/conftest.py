"""The fixtures of the API."""

from tests.api.serving import client, client_with, nobody
from tests.api.world import town, world

__all__ = ["client", "client_with", "nobody", "town", "world"]
