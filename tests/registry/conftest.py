"""The fixtures of the registry: the small town of the API's tests."""

from tests.api.world import town, world

__all__ = ["town", "world"]
